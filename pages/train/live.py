"""The live view of a run: state, controls, numbers and boxes. The same while it trains and after."""

from __future__ import annotations

import threading
import time

import streamlit as st

from dec_core.analysis.verdict import hardly_learned, thousands
from dec_core.config import ConfigError, RunConfig
from dec_core.data import DataError
from dec_core.figures.shown import SCORES
from dec_core.glossary import tooltip
from dec_core.methods import METHODS
from dec_core.reading.divergence import smaller_rate
from dec_core.reading.known import stages_taken_line
from dec_core.reading.progress import Progress, progress
from dec_core.reading.summary import findings, is_suspect
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.status import ACTIVE, WAITED, RunStatus
from pages.shared import components, focus
from pages.shared.boxes import Boxes
from pages.shared.opened import opened
from pages.shared.permission import may_run
from pages.shared.pulse import pulse_of, redraw_on_news
from pages.shared.snapshot_view import shown
from pages.shared.text import escape, sentence
from pages.train.controls import controls, state_line, under_way
from pages.train.effects import expected_seconds, rates_of_server
from pages.train.stepper import stepper

EVERY = 1.0  # seconds between two looks at a run,
EVERY_AT_FIRST = 0.25  # until its first record or its answer to a command, and
EVERY_AFTER = 2.0  # once it has ended
WAIT_FOR_MORE = 900.0  # seconds after a run's end in which what comes late is looked for: a full server is slow
WITH_LABELS = ("acc", "nmi", "ari")
WITHOUT_LABELS = ("silhouette", "confidence")
TO_BE_FOUND = "Once clusters form, a check without labels tells here whether groups look merged or split."
STARTED_TWICE = "In the first fit of UMAP and the Gaussian mixture, groups looked merged, so a second was made."
TO_BEGIN = "Press Start: the autoencoder learns to reconstruct the images, then clusters form."
TO_MEND = "Start waits for the setting that is marked in the form."
MOST_FOUND = 1000  # letters of what can be said of the clusters


def live(run: RunFolder | None, config: RunConfig | None) -> None:
    """Show `run`, anew as it goes on while it is active; `config` is what Start would train."""
    with st.container(key="unseen"):
        components.load_plotly()
    if config is not None:
        threading.Thread(target=shown, args=[config], daemon=True).start()  # so that Start finds it made
    active = run is not None and run.status.state in ACTIVE
    st.fragment(_view)(run, config, active)


def _view(run: RunFolder | None, config: RunConfig | None, active: bool) -> None:
    focus.go_on()
    if run is None:
        earlier = " Earlier runs are in the list above." if focus.index().entries() else ""
        controls(
            None,
            None,
            config,
            f"{TO_BEGIN if config else TO_MEND}{earlier}",
        )
        stepper("", Progress("", 0.0, -1), config)
        _numbers(History(), {})
        _findings("", History(), None)
        Boxes(None, History(), None).show()
        return
    if not may_run("see", run):  # it is shared or shown to all no longer
        st.rerun()
    try:
        run_config = run.config
        shown(run_config)
    except (ConfigError, DataError) as error:
        controls(None, None, config, "This run cannot be shown.")
        st.error(f"{sentence(error)} Choose another run, or start one.", icon=":material/error:")
        return
    pulse = pulse_of(run)  # first: what comes while this is drawn is news
    status, history = run.status, focus.reader(run.id).refresh()
    if active != (status.state in ACTIVE):
        st.rerun()  # the whole page: the picker shows the outcome
    standing = progress(status, history, run_config, expected_seconds(run_config, rates_of_server(run_config)))
    controls(run, status, config, state_line(run, status, standing, history, run_config, config))
    stepper(status.state, standing, run_config, status.progress.get("iteration", 0))
    _trouble(run, status, run_config)
    failed = status.state == "failed"
    _numbers(history, status.outcome, failed=failed)
    _findings(run.id, history, run_config, failed=failed)
    Boxes(run.id, history, run_config).show()
    seconds = EVERY_AT_FIRST if under_way(run, status) else _until_next_look(status, history, run_config)
    if seconds:
        redraw_on_news([run], pulse, seconds)


def _until_next_look(status: RunStatus, history: History, config: RunConfig) -> float:
    """Seconds after which the browser asks whether there is more to show; 0 where nothing more will come."""
    if status.state in ACTIVE:
        return EVERY if history.n_records or status.state == "paused" else EVERY_AT_FIRST
    # its UMAP, the score of a mixture, or why it has ended: a worker that was killed is gone before the server knows
    recent = time.time() - status.updated < WAIT_FOR_MORE
    return EVERY_AFTER if recent and _is_more_to_come(status, history, config) else 0.0


def _is_more_to_come(status: RunStatus, history: History, config: RunConfig) -> bool:
    """Whether the worker still adds to a run that has ended: `dec_core.work.postprocess`."""
    scored = (
        status.state == "finished" and "acc" in status.outcome and METHODS[config.method].centers_from != "umap_mixture"
    )
    return history.umap is None or (scored and history.mixture is None)


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
    elif status.state == "finished" and status.message:
        st.warning(f"{sentence(status.message)} What is shown here comes from its records.", icon=":material/info:")
    log = run.log_tail() if status.state in ("failed", "interrupted") else ""
    if log:
        with st.expander("Last lines of the worker's log"):
            st.code(log, language=None)


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


def _numbers(history: History, outcome: dict[str, float], *, failed: bool = False) -> None:
    """The scores with their change since the update before; of a run that failed, with the step they are of."""
    before = history.updates[-2] if len(history.updates) > 1 else {}
    newest = history.updates[-1] if history.updates else {}
    changed = next((r["delta_label"] for r in reversed(history.updates) if "delta_label" in r), None)
    kl = next((r["kl_divergence"] for r in reversed(history.updates) if "kl_divergence" in r), None)
    with st.container(horizontal=True, gap="medium", key="numbers"):
        for key in WITHOUT_LABELS if "silhouette" in outcome else WITH_LABELS:
            plain = failed and key in outcome
            change = f"at step {thousands(newest.get('iteration', 0))}" if plain else _change(key, newest, before)
            look = {"delta_color": "off", "delta_arrow": "off"} if plain else {}
            st.metric(SCORES[key][0], _shown(key, outcome.get(key)), change, help=tooltip(key), width=144, **look)
        st.metric("KL(p‖q)", None if kl is None else f"{max(kl, 0.0):.3f}", help=tooltip("kl"), width=110)
        share = None if changed is None else f"{100 * changed:.2f} %"
        st.metric("Changed", share, help=tooltip("changed"), width=144)
        error, since = _reconstruction_error(history)
        st.metric("Reconstruction error", error, since, delta_color="off", delta_arrow="off",
                  help=tooltip("reconstruction_error"), width=220)  # fmt: skip


def _reconstruction_error(history: History) -> tuple[str | None, str | None]:
    """The newest there is, and of when it is where training has gone on since without the decoder."""
    together = [r["reconstruction_loss"] for r in history.kl if r.get("reconstruction_loss") is not None]
    if together:
        return f"{together[-1]:.4f}", None
    if not history.pretrain:
        return None, None
    return f"{history.pretrain[-1]['loss']:.4f}", "of pretraining" if history.updates else None


def _findings(run_id: str, history: History, config: RunConfig | None, *, failed: bool = False) -> None:
    """What can be said of the clusters without labels; at the end, also how the network compares to none.

    Of a run that failed nothing is said: what to do is said where its failure is.
    """
    if failed:
        return
    sentences = [] if history.judged or history.end else [TO_BE_FOUND]
    first = next((snapshot["file"] for snapshot in history.snapshots if snapshot["clustered"]), None)
    if first:
        sentences += findings(history, config, opened(run_id).letters)
    if history.centers and history.centers.get("n_starts", 1) > 1:
        sentences.append(STARTED_TWICE)
    sentences += [line] if (line := stages_taken_line(history)) else []
    too_short = _too_short(history, config) if config else ""
    sentences = [too_short, *sentences] if too_short else sentences
    text = " ".join(sentences)
    with st.container(key="findings"):
        if too_short or (first and is_suspect(history)):
            st.warning(escape(text, MOST_FOUND), icon=":material/warning:")
        else:
            st.caption(escape(text, MOST_FOUND) or "\u2003")


def _too_short(history: History, config: RunConfig) -> str:
    """That the autoencoder was pretrained too little to be of use; "" before its end, and where it was not."""
    newest = history.pretrain[-1] if history.pretrain else None
    if newest is None or (newest["epoch"], newest["batch"]) != (newest["n_epochs"], newest["n_batches"]):
        return ""
    return hardly_learned(newest["loss"], shown(config).spread)


def _shown(key: str, value: float | None, sign: str = "") -> str | None:
    """Accuracy as per cent, NMI and ARI as fractions."""
    if value is None:
        return None
    return f"{100 * value:{sign}.1f} %" if key == "acc" else f"{value:{sign}.3f}"


def _change(key: str, now: dict, before: dict) -> str | None:
    """The change of a score since the update before, unless it is too small to be seen."""
    if key not in now or key not in before:
        return None
    text = _shown(key, now[key] - before[key], "+")
    return None if float(text.removesuffix(" %")) == 0 else text
