"""The live view of a run: state, controls, numbers and the four boxes. The same while it trains and after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.analysis.verdict import most_mixed, verdict, verdict_without_labels
from dec_core.config import ConfigError, RunConfig
from dec_core.figures.confusion import confusion_figure, sizes_figure
from dec_core.figures.curves import curves, curves_in_words
from dec_core.figures.palette import colour, letter
from dec_core.runs.folder import ACTIVE, RunFolder, RunStatus
from dec_core.runs.history import History
from dec_core.runs.progress import Progress, progress
from pages.parts import components, focus
from pages.parts.moment import confusion_at, embedding_frame, examples, moment, places

TOP, BOTTOM, HEADING = 292, 226, 34  # heights of the upper and lower boxes' contents, in pixels
ANSWER_WITHIN = 0.8  # seconds to wait for a worker to obey before the page says that it was told
WAITING = {
    "pause": "Pausing after this batch …",
    "stop": "Stopping after this batch …",
    "resume": "Resuming …",
    "step": "Going one step …",
}
RESUMABLE = ("stopped", "failed", "interrupted")


def live(run: RunFolder | None, config: RunConfig | None) -> None:
    """Show `run`, once a second while it is active; `config` is what Start would train."""
    active = run is not None and run.status.state in ACTIVE
    components.keys({" ": ["pause", "resume"], "ArrowRight": ["step"]})
    st.fragment(_view, run_every=1.0 if active else None)(run.id if run else None, config, active)


def _view(run_id: str | None, config: RunConfig | None, active: bool) -> None:
    if run_id is None:
        _controls(None, None, config, "Press Start: an autoencoder learns to see, then the clusters form.")
        _stepper(None, Progress("", 0.0, -1))
        _numbers(History(), {})
        _boxes(None, History(), None)
        return
    run = RunFolder(focus.RUNS / run_id)
    status, history = run.status, focus.reader(run_id).refresh()
    try:
        own = run.config
    except ConfigError as error:
        _controls(None, None, config, "This run cannot be shown.")
        st.error(str(error))
        return
    if status.state not in ACTIVE and active:
        st.rerun()  # the whole page: the picker shows the outcome, and the clock stops
    standing = progress(status, history, own)
    _controls(run, status, config, _state_line(run, status, standing, history, own))
    _stepper(status, standing)
    _trouble(run, status)
    _numbers(history, status.outcome)
    _boxes(run_id, history, own)
    if status.state == "finished" and history.umap is None and time.time() - (run.path / "status.json").stat().st_mtime < 90:
        _look_again_for_umap(run_id)


@st.fragment(run_every=2.0)
def _look_again_for_umap(run_id: str) -> None:
    """A run has ended a moment ago: redraw once its UMAP is there."""
    if focus.reader(run_id).refresh().umap:
        st.rerun()


# -- state and controls


def _state_line(run: RunFolder, status: RunStatus, standing: Progress, history: History, config: RunConfig) -> str:
    if status.state == "queued":
        ahead = focus.supervisor().ahead_of(run)
        return "Starting …" if not ahead else f"Waiting: {ahead} run{'s' if ahead > 1 else ''} before this one"
    if status.state == "running":
        told = st.session_state.get("told")
        return WAITING[told[1]] if told and told[0] == run.id and time.time() - told[2] < 5 else standing.words
    if status.state == "paused":
        return f"Paused. {standing.words.split(' · ')[0]}"
    if status.state == "finished":
        return _result(run.id, history, config)
    return f"{status.state.capitalize()}. {standing.words.split(' · ')[0]}; everything up to here is kept"


def _result(run_id: str, history: History, config: RunConfig) -> str:
    found = confusion_at(run_id, history.snapshots[-1]["file"], config) if history.snapshots else None
    if found is not None:
        return verdict(found)
    sizes = history.updates[-1].get("sizes") if history.updates else None
    return verdict_without_labels(np.array(sizes)) if sizes else "Finished."


def _controls(run: RunFolder | None, status: RunStatus | None, config: RunConfig | None, line: str) -> None:
    """What is going on, and the buttons: one row, the same in every state."""
    state = status.state if status else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        st.markdown(f"**{line}**", width="stretch")
        if st.button("Start", key="start", type="primary", icon=":material/play_arrow:", disabled=config is None, help="Train a new run with the choices in the sidebar."):
            focus.focus_on(focus.supervisor().start(config).id)
            st.rerun()
        if state in ("paused", *RESUMABLE):
            if st.button("Resume", icon=":material/resume:", key="resume", help="Go on. Key: space"):
                _resume(run, state)
        elif st.button("Pause", icon=":material/pause:", key="pause", disabled=state != "running", help="Key: space"):
            _tell(run, "pause", "paused")
        if st.button("Step", icon=":material/skip_next:", key="step", disabled=state not in ("running", "paused"), help="Go to the next target update (in pretraining: the next epoch), then pause. Key: →"):
            _tell(run, "step", "running")
        if st.button("Stop", icon=":material/stop:", key="stop", disabled=state not in ACTIVE):
            _tell(run, "stop", "stopped")


def _tell(run: RunFolder, command: str, expected: str) -> None:
    """Send a command, wait a moment for the worker to obey, and redraw; say so if it has yet to."""
    if not focus.supervisor().command(run, command):
        st.toast("This run is trained by another program; only that one can control it.", icon=":material/info:")
        return
    st.session_state.told = run.id, command, time.time()
    until = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < until and run.status.state != expected:
        time.sleep(0.03)
    if run.status.state == expected:
        del st.session_state.told
    st.rerun(scope="app" if expected == "stopped" else "fragment")


def _resume(run: RunFolder, state: str) -> None:
    if state == "paused":
        _tell(run, "resume", "running")
    else:
        focus.supervisor().resume(run)
        st.rerun()


def _stepper(status: RunStatus | None, standing: Progress) -> None:
    """Autoencoder, centers, clustering: which is done, which is under way."""
    done = status is not None and status.state == "finished"
    marks = []
    for number, name in enumerate(("autoencoder", "centers", "clustering")):
        icon = "check_circle" if done or standing.step > number else "pending" if standing.step == number else "circle"
        marks.append(f":material/{icon}: {name}")
    st.progress(1.0 if done else min(standing.fraction, 1.0), text="\u2003".join(marks))


def _trouble(run: RunFolder, status: RunStatus) -> None:
    """What went wrong, what is kept, what to do; the log where there is one."""
    if status.state == "failed":
        st.error(f"{status.message} What was trained before is kept; Resume goes on from there.", icon=":material/error:")
    elif status.state == "interrupted":
        st.warning(
            f"{status.message or 'The process that trained this run has ended.'} Resume goes on where it stood.",
            icon=":material/power_off:",
        )
    if status.state in ("failed", "interrupted") and run.log_tail():
        with st.expander("Last lines of the worker's log"):
            st.code(run.log_tail(), language=None)


# -- numbers


def _numbers(history: History, outcome: dict[str, float]) -> None:
    """The scores with their change since the update before."""
    before = history.updates[-2] if len(history.updates) > 1 else {}
    newest = history.updates[-1] if history.updates else {}
    changed = next((r["delta_label"] for r in reversed(history.updates) if "delta_label" in r), None)
    with st.container(horizontal=True, gap="medium", key="numbers"):
        for key, name, explained in (
            ("acc", "Accuracy", "Share of the images that lie in the cluster matched to their digit (DEC, equation 10)."),
            ("nmi", "NMI", "Normalized mutual information of clusters and digits: 1 is perfect, 0 is chance."),
            ("ari", "ARI", "Adjusted Rand index: pairs judged alike, corrected for chance; 1 is perfect, 0 is chance."),
        ):
            value = outcome.get(key)
            change = newest[key] - before[key] if key in newest and key in before else None
            percent = key == "acc"
            st.metric(
                name,
                None if value is None else f"{100 * value:.1f} %" if percent else f"{value:.3f}",
                None if change is None else f"{100 * change:+.1f} %" if percent else f"{change:+.3f}",
                help=explained,
                width=144,
            )
        st.metric("Changed", None if changed is None else f"{100 * changed:.2f} %", help="Share of the images that changed cluster at the last update.", width=144)
        loss = history.pretrain[-1]["loss"] if history.pretrain else None
        st.metric("Reconstruction error", None if loss is None else f"{loss:.4f}", help="Mean squared difference of a pixel, 0 to 1, between images and reconstructions.", width=180)


# -- the boxes


def _boxes(run_id: str | None, history: History, config: RunConfig | None) -> None:
    """The four boxes, each headed by the question it answers."""
    newest = moment(run_id, history.snapshots[-1]["file"]) if history.snapshots else None
    clustered = _first_clustered(run_id, history) if history.centers else None
    upper, lower = st.columns(2), st.columns(2)
    with upper[0], _box("embedding", "How do the groups come apart?", "Each point is an image, placed by its z. PCA: the plane of largest variance. UMAP: neighbours stay neighbours (McInnes et al. 2018).") as beside:
        _embedding(run_id, history, config, newest, clustered, beside)
    with upper[1], _box("confusion", "Which digits are mixed up?", "Rows are true digits, columns clusters, matched one to one so that the diagonal is largest (Hungarian method). Orange cells are errors."):
        _confusion(run_id, config, newest, clustered)
    with lower[0], _box("curves", "Is it getting better?", "Left: the autoencoder's mean squared error. Right: accuracy, NMI, ARI and the share that changed cluster, with k-means for comparison."):
        if history.pretrain:
            components.plot(curves(history, BOTTOM), curves_in_words(history), "curves")
        else:
            _to_come("Curves: first the error of the autoencoder, then how well clusters and digits agree.", BOTTOM)
    with lower[1], _box("digits", "What does it see?", "What the decoder makes of an image's z, and of the cluster centers."):
        _digits(run_id, config, newest, clustered)


def _first_clustered(run_id: str, history: History) -> str | None:
    """The first snapshot that knows clusters."""
    for snapshot in history.snapshots:
        if snapshot.get("clustered"):
            return snapshot["file"]
    return None


@contextmanager
def _box(key: str, question: str, explained: str) -> Iterator[DeltaGenerator]:
    """A box headed by its question; yields the place beside the question, for controls."""
    with st.container(border=True, key=f"box-{key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, height=HEADING, border=False, key=f"head-{key}"):
            st.markdown(f"**{question}**", help=explained, width="stretch")
            beside = st.container(horizontal=True, width="content", gap="small")
        yield beside


def _to_come(words: str, height: int) -> None:
    """What will appear in a box, in words, at the height it will have."""
    with st.container(height=height, border=False, horizontal_alignment="center", vertical_alignment="center"):
        st.markdown(f":gray[{words}]", text_alignment="center")


def _embedding(run_id, history, config, newest, clustered, beside) -> None:
    if newest is None:
        _to_come("10\u2009000 images as points, that part into groups as the network learns.", TOP)
        return
    choices = {"digit": "digit", "cluster": "cluster", "wrong": "wrong"}
    with beside:
        colour_by = st.segmented_control("Colour", list(choices), default="digit", format_func=choices.get, key="colour_by", label_visibility="collapsed", required=True)
        space = "pca"
        if history.umap:
            space = st.segmented_control("Projection", ["umap", "pca"], default="umap", format_func=str.upper, key="space", label_visibility="collapsed", required=True)
    if clustered is None and colour_by != "digit":
        colour_by = "digit"
    umap_file = history.umap if space == "umap" else None
    frame = embedding_frame(run_id, newest.file, clustered, umap_file, colour_by, config)
    components.points(frame, "embedding", TOP)


def _confusion(run_id, config, newest, clustered) -> None:
    if clustered is None:
        _to_come("The confusion matrix: once the centers are placed, which digit lies in which cluster.", TOP)
        return
    found = confusion_at(run_id, newest.file, config)
    order = places(run_id, clustered, config)
    if found is None:
        sizes = np.bincount(newest.labels, minlength=config.n_clusters)
        components.plot(sizes_figure(sizes, order, TOP), "Sizes of the clusters", "confusion")
        return
    pair = most_mixed(found)
    words = f"{pair[0]} and {pair[1]} mixed most: {pair[2]} digits." if pair else "No digit lies in a wrong cluster."
    components.plot(confusion_figure(found, order, TOP), words, "confusion")


def _digits(run_id, config, newest, clustered) -> None:
    if newest is None:
        _to_come("Digits beside what the autoencoder makes of them, and what each cluster center looks like.", BOTTOM)
        return
    images, captions = examples(config)
    rows = [
        components.digit_row("Images, and below them their reconstructions", images),
        components.digit_row("", newest.reconstructions, captions),
    ]
    if newest.decoded_centers is not None and clustered is not None:
        order = places(run_id, clustered, config)
        by_name = np.argsort(order)
        rows.append(
            components.digit_row(
                "Cluster centers, decoded", newest.decoded_centers[by_name],
                [letter(i) for i in range(len(by_name))], [colour(i) for i in range(len(by_name))],
            )
        )  # fmt: skip
    components.digits(rows, "Images, their reconstructions and the decoded cluster centers", "digits", BOTTOM)
