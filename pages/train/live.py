"""The live view of a run: state, controls, numbers and boxes. The same while it trains and after."""

from __future__ import annotations

import threading
from functools import partial

import streamlit as st

from dec_core.config import ConfigError, RunConfig
from dec_core.data import DataError
from dec_core.gallery import run_id
from dec_core.glossary import tooltip
from dec_core.methods import METHODS
from dec_core.reading.divergence import smaller_rate
from dec_core.reading.progress import Progress
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.status import ACTIVE, WAITED, RunStatus
from pages.shared import components, focus
from pages.shared.boxes import Boxes
from pages.shared.by_instructor import said_of
from pages.shared.permission import may_run
from pages.shared.replay import can_replay, replay
from pages.shared.snapshot_view import shown
from pages.shared.text import as_written, escape, sentence
from pages.shared.views import Views
from pages.train.controls import controls, state_line, under_way
from pages.train.following import follow
from pages.train.moment import moment_of
from pages.train.prepared import prepared_line
from pages.train.stepper import stepper
from pages.train.words import Findings, Number, numbers, texts_of, what_is_found

TO_BEGIN = "Press Start: the autoencoder learns to reconstruct the images, then clusters form."
WITHOUT_NETWORK = "Press Start: the images are clustered at once, without a network."
TO_MEND = "Start waits for the setting that is marked in the form."
MOST_FOUND = 1000  # letters of what can be said of the clusters


def live(run: RunFolder | None, config: RunConfig | None) -> None:
    """Show `run`, anew as it goes on while it is active; `config` is what Start would train."""
    with st.container(key="unseen"):
        components.load_plotly()
    if config is not None:
        threading.Thread(target=shown, args=[config], daemon=True).start()  # so that Start finds it made
    active = run is not None and run.status.state in ACTIVE
    st.session_state.pop("page_changed", None)  # it is what is being drawn
    st.fragment(_view)(run, config, active)


def _view(run: RunFolder | None, config: RunConfig | None, active: bool) -> None:
    focus.go_on()
    if st.session_state.pop("page_changed", False):  # by a click: before any of what was there is drawn once more
        st.rerun()
    if run is None:
        _nothing_yet(config)
        return
    if not may_run("see", run):  # it is shared or shown to all no longer
        st.rerun()
    try:
        moment = moment_of(run)
    except (ConfigError, DataError) as error:
        controls(None, None, config, "This run cannot be shown.")
        st.error(f"{sentence(error)} Choose another run, or start one.", icon=":material/error:")
        return
    status = moment.status
    if active != (status.state in ACTIVE):
        st.rerun()  # the whole page: the picker shows the outcome
    line = moment.line  # of one that waits, which is as much work as all the rest of a moment
    if status.state != "queued":
        line = state_line(run, status, moment.standing, moment.history, moment.config, config)
    controls(run, status, config, line)
    bar = partial(follow, moment, awaits=bool(under_way(run, status)))
    stepper(status.state, moment.standing, moment.config, status.progress.get("iteration", 0), bar)
    _trouble(run, status, moment.config)
    _meanwhile(run, status)
    if status.state == "finished" and st.session_state.get("replayed") == run.id and can_replay(run.id):
        replay(run.id)  # without numbers and findings, which are those of the end
        return
    _numbers(moment.numbers)
    if status.state != "failed":  # then, what to do is said where its failure is
        _findings(moment.findings)
    Boxes(moment.views, None if moment.over else moment.number).show()


def _nothing_yet(config: RunConfig | None) -> None:
    """What will be seen of a run, once there is one."""
    earlier = " Earlier runs are in the list above." if focus.index().entries() else ""
    trains = config is None or METHODS[config.method].has_network
    begin = prepared_line() or f"{TO_BEGIN if trains else WITHOUT_NETWORK}{earlier}"
    controls(None, None, config, begin if config else f"{TO_MEND}{earlier}")
    stepper("", Progress("", 0.0, -1), config, 0, partial(follow, None))
    with st.container(key="before_run"):  # on a phone without all that is empty
        _numbers(numbers(History(), {}))
    _findings(what_is_found("", History(), None))
    Boxes(Views(None, History(), None)).show()


def _trouble(run: RunFolder, status: RunStatus, config: RunConfig) -> None:
    """What went wrong, what is saved, what to do; the log where there is one."""
    if status.diverged:
        _offer_smaller_rate(status, config)
        return
    if status.state == "failed":
        st.error(f"{sentence(status.message)} {_way_on(status)}", icon=":material/error:")
    elif status.state == "interrupted":
        cause = status.message or "The process that trained this run has ended."
        st.warning(f"{sentence(cause)} {_way_on(status)}", icon=":material/power_off:")
    elif status.state == "stopped" and status.message:
        st.info(f"{sentence(status.message)} {_way_on(status)}", icon=":material/timer_off:")
    elif by_instructor := said_of(run, status):
        st.info(as_written(by_instructor), icon=":material/front_hand:")
    elif status.state == "finished" and status.message:
        st.warning(f"{sentence(status.message)} What is shown here comes from its records.", icon=":material/info:")
    log = run.log_tail() if status.state in ("failed", "interrupted") else ""
    if log:
        with st.expander("Last lines of the worker's log"):
            st.code(log, language=None)


def _meanwhile(run: RunFolder, status: RunStatus) -> None:
    """For who waits in the line: something to look at."""
    if status.state == "queued" and focus.supervisor().ahead_of(run):
        st.button("Watch a recording meanwhile", key="meanwhile", icon=":material/videocam:", on_click=_watch,
                  help="Your run begins by itself; it stands in the list above.")  # fmt: skip


def _watch() -> None:
    recording = run_id("first-look")
    focus.focus_on(recording)
    st.session_state.replayed = recording
    st.session_state.page_changed = True


def _way_on(status: RunStatus) -> str:
    """What Resume does."""
    if status.message == WAITED:
        return ""  # says so itself
    return "Training so far is saved; Resume continues from there." if status.seconds else "Resume tries again."


def _offer_smaller_rate(status: RunStatus, config: RunConfig) -> None:
    """A run that has diverged would diverge again: a smaller learning rate, in the form."""
    field, rate = smaller_rate(status, config)
    st.error(sentence(status.message), icon=":material/error:")
    st.button("Try a tenth of the learning rate", key="smaller_rate", icon=":material/edit:",
              help=f"Fills the form with this run's settings, but {escape(field)} {rate:g}. Then press Start.",
              on_click=_fill_with, args=(config.changed(**{field: rate}),))  # fmt: skip


def _fill_with(config: RunConfig) -> None:
    focus.fill_with(config)
    st.session_state.page_changed = True  # the form lies outside of the part that a click draws anew


def _numbers(shown_numbers: list[Number]) -> None:
    """All in a row. What they have changed by is colored by the browser, which also brings them up to date: live.js."""
    with st.container(horizontal=True, gap="medium", key="numbers"):
        for number in shown_numbers:
            label, value, change = texts_of(number)
            st.metric(label, value, change or "\u2003", delta_color="off", delta_arrow="off", help=tooltip(number.key),
                      width=number.width)  # fmt: skip


def _findings(findings: Findings) -> None:
    """What can be said of the clusters without labels."""
    with st.container(key="findings"):
        if findings.is_warning:
            st.warning(escape(findings.text, MOST_FOUND), icon=":material/warning:")
        else:
            st.caption(escape(findings.text, MOST_FOUND) or "\u2003")
