"""What a run is doing, in one line, and the buttons that act on it: the same row in every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.verdict import verdict, verdict_without_labels
from dec_core.config import RunConfig
from dec_core.reading.progress import Progress
from dec_core.runs.folder import RunFolder, config_of
from dec_core.runs.history import History
from dec_core.runs.lock import RunIsTaken
from dec_core.runs.status import ACTIVE, RunStatus
from pages.shared import focus
from pages.shared.by_instructor import note_command
from pages.shared.keeping import goes_first, rule
from pages.shared.permission import NOT_YOURS, may_run
from pages.shared.replay import can_replay
from pages.shared.sharing import share_menu
from pages.shared.snapshot_view import newest_clustered, shown
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.train.downloads import downloads
from pages.train.known_run import find_known_run, forget_known_run, offer_known_run

UNDER_WAY = {
    "pause": "Pausing after this batch …",
    "stop": "Stopping after this batch …",
    "resume": "Resuming …",
    "step": "Stepping …",
}
TO_START = "Train a new run with the settings in the form."
CANNOT_START = "A setting in the form is not possible; it is marked there."
TO_PAUSE = "Pause after this batch. Key: space"
TO_RESUME = "Continue training. Key: space"
TO_STEP = "Train until the next target update (in pretraining, the next epoch), then pause. Key: →"
SET_ASIDE = "Paused; another run has its place, and Resume puts it back into the line."
WHEN_ENDED = "Report, notebook, labels and new images, once the run has ended."
TO_REPLAY = "Watch again how this run went; nothing is trained."
TO_CLOSE = "Show again how it ended."
TO_STOP = "End this run; training so far is saved."


def controls(run: RunFolder | None, status: RunStatus | None, config: RunConfig | None, line: str) -> None:
    """The state line and Start, Pause or Resume, Step, Stop. `config` is what Start would train.

    The buttons act in callbacks: those run before anything else, so that a click is not lost when
    another one interrupts the script.
    """
    state = status.state if status else ""
    mine = run is not None and may_run("command", run)
    go_on = mine and (state == "paused" or (status is not None and status.resumable))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        st.markdown(f"**{escape(line)}**", width="stretch")
        if run is not None:
            share_menu(run)  # first, since it comes and goes: those that act on the run stay where they are
        _button(
            "start",
            "Start",
            "play_arrow",
            config is not None,
            f"{TO_START} {escape(rule())}" if config else CANNOT_START,
            _start,
            config,
            is_main=not go_on,
        )
        # two buttons, not one that changes its meaning: a click that comes late still says what was meant
        if go_on:
            _button("resume", "Resume", "resume", True, TO_RESUME, _resume, run, is_main=True)
        elif run is not None and state == "finished" and can_replay(run.id):
            is_shown = st.session_state.get("replayed") == run.id
            name, icon, about = ("Close replay", "close", TO_CLOSE) if is_shown else ("Replay", "replay", TO_REPLAY)
            _button("replay", name, icon, True, about, _replay, run)
        else:
            _button("pause", "Pause", "pause", mine and state == "running", TO_PAUSE, tell, run, "pause")
        _button("step", "Step", "skip_next", mine and state in ("running", "paused"), TO_STEP, tell, run, "step")
        _button("stop", "Stop", "stop", mine and state in ACTIVE, TO_STOP, tell, run, "stop")
        if run is not None and state not in ACTIVE:
            downloads(run, focus.reader(run.id).history, run.config)
        else:  # its place, so that the buttons stay where they are when a run ends
            st.menu_button("More", ["Export"], key="more_later", disabled=True, help=WHEN_ENDED)
    offer_known_run(config, _train)
    if soon := goes_first():
        st.caption(f":material/auto_delete: {escape(soon)}")


def _button(
    key: str, name: str, icon: str, enabled: bool, explained: str, act: Callable, *arguments: Any, is_main: bool = False
) -> None:
    st.button(
        name,
        key=key,
        icon=f":material/{icon}:",
        type="primary" if is_main else "secondary",
        disabled=not enabled,
        help=explained,
        on_click=act,
        args=arguments,
    )


def _replay(run: RunFolder) -> None:
    """Show how it went, or its end again."""
    is_shown = st.session_state.get("replayed") == run.id
    st.session_state.replayed = "" if is_shown else run.id


def _start(config: RunConfig) -> None:
    """Train it, unless that is what is training: the second click of a double one comes with the same config."""
    focused = focus.focused_run(warn=False)
    is_training = focused is not None and focused.status.state in ACTIVE and config_of(focused) == config
    if is_training and may_run("command", focused):
        return
    if not find_known_run(config):
        _train(config)


def _train(config: RunConfig) -> None:
    """Train it, whether or not it was trained before."""
    forget_known_run()
    try:
        with writing("The new run"):
            run = focus.start(config)
    except ValueError as error:
        tell_problem(error)
        return
    focus.focus_on(run.id)
    st.session_state.page_changed = True
    before = st.session_state.pop("compare_with", None)
    if before is not None:
        focus.go_to("compare", run=run.id, runs=f"{before},{run.id}")


def _resume(run: RunFolder) -> None:
    if not may_run("command", run):
        tell_problem(ValueError(NOT_YOURS))
        return
    note_command("resume", [run])
    if run.status.state == "paused":
        tell(run, "resume")
        st.session_state.page_changed = run.status.state != "paused"  # it had given its place up, and waits for one
        return
    try:
        with writing("The run"):
            focus.supervisor().resume(run)
    except RunIsTaken:
        st.toast("Another program has just resumed this run and is training it.", icon=":material/info:")
    except ValueError as error:
        tell_problem(error)
        return
    st.session_state.page_changed = True  # also where somebody else has just resumed it


def tell(run: RunFolder, command: str) -> None:
    """Send a command; the state line says so until the worker has obeyed."""
    if not may_run("command", run):
        tell_problem(ValueError(NOT_YOURS))
        return
    before = run.status
    note_command(command, [run])
    try:
        is_obeyed = focus.supervisor().command(run, command)
    except ValueError as error:
        tell_problem(error)
        return
    if is_obeyed and (command, before.state) != ("pause", "paused"):  # it paused while the button was on its way
        st.session_state.sent = run.id, command, before
    elif run.status.state in ACTIVE:  # else it has just ended, as the page is about to show
        whose = "belongs to a sweep; pause it on Sweep" if run.sweep else "is controlled by another program"
        st.toast(f"This run {whose}.", icon=":material/info:")


def under_way(run: RunFolder, status: RunStatus) -> str:
    """The command that was sent to a run and that its worker has yet to obey, in words; "" if there is none."""
    run_id, command, before = st.session_state.get("sent", ("", "", None))
    if run_id != run.id or status.state != before.state:
        return ""
    # a run that pauses or ends says so by its state; one that goes on, by whatever it writes next
    return UNDER_WAY[command] if command in ("pause", "stop") or status.updated == before.updated else ""


def state_line(
    run: RunFolder,
    status: RunStatus,
    standing: Progress,
    history: History,
    config: RunConfig,
    in_form: RunConfig | None = None,
) -> str:
    """Where a run that has begun stands; once it has ended, what came out. `in_form` is what Start would train."""
    phase_line = standing.status_line.split(" · ")[0]
    if status.state == "running":
        at = f" · on {status.machine}" if status.machine else ""
        return under_way(run, status) or f"{standing.status_line}{at}"
    if status.state == "paused":
        where = SET_ASIDE if status.is_set_aside else "Paused."
        differs = "" if in_form in (None, config) else ". Resume goes on as it began; the form is for a new run"
        return under_way(run, status) or f"{where} {phase_line}{differs}"
    if status.state == "finished":
        return _result(run.id, history, config)
    return f"{status.state.capitalize()}. {phase_line}"


def _result(run_id: str, history: History, config: RunConfig) -> str:
    now = newest_clustered(run_id) if history.snapshots else None
    confusion = None if now is None else now.confusion
    if confusion is not None:
        data = shown(config)
        return verdict(confusion, data.classes, "digit" if data.kind == "digit" else "image")
    sizes = (history.end or {}).get("sizes")
    return verdict_without_labels(np.array(sizes)) if sizes else "Finished."
