"""The screen Inspect: matrix and filters, embedding over the timeline, gallery or card; all of one selection."""

from __future__ import annotations

import contextlib

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.analysis.verdict import thousands
from dec_core.config import ConfigError
from dec_core.data import DataError
from dec_core.gallery import run_id
from dec_core.glossary import explained
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import ACTIVE
from pages.inspect import choices, view_components, views
from pages.inspect.downloads import export
from pages.inspect.draw import draw_button
from pages.inspect.filters import filters
from pages.inspect.sample import card
from pages.inspect.second_run import comparison
from pages.inspect.through_time import through_time
from pages.inspect.timeline import timeline
from pages.inspect.validate_view import understood
from pages.inspect.view_state import ViewState, change_view, take_view, write_link
from pages.shared import focus, link
from pages.shared.box import box, to_come
from pages.shared.news import MOMENTS, redraw_on_news, seen
from pages.shared.opened import opened
from pages.shared.permission import may_run
from pages.shared.pinned import pin_button
from pages.shared.places import runs_root
from pages.shared.sharing import share_menu
from pages.shared.text import escape, sentence

MATRIX, CENTERS, SCENE, LINE, RIGHT_SIDE, CHOICES = 264, 98, 552, 108, 669, 46  # heights in pixels
LINE_TO_COME = "Train a run or pick one above to inspect its images here."
FIRST = run_id("first-look")  # the recording that is offered where there is no run
LINE_BEFORE_MOMENTS = "The run is about to begin; its first snapshot appears here within seconds."
LINE_NO_MOMENTS = "This run ended before its first snapshot. Pick another one above."
ABOUT_MATRIX = (
    f"{explained('confusion_matrix', 'matching')}\n\n"
    "Rows are classes, columns clusters; blue cells are matched, orange ones errors. Click a cell, row or column "
    "to select its samples (keyboard: arrows, then Enter)."
)
MATRIX_TO_COME = "Once the centers are initialized: how many images of each class are in each cluster."
NEIGHBOURS_TO_COME = "Once the centers are initialized: which clusters are second nearest to the images of each."
ABOUT_NEIGHBOURS = "Rows are clusters; columns are the cluster with the second-largest q."
ABOUT_SCENE = (
    f"All samples, placed by their z.\n\n{explained('pca', 'umap')}\n\n"
    "To zoom, scroll or use two fingers; to move, drag; *Show all* resets. Click a point to open it; use Lasso (or "
    "Shift and drag) to select several. Points follow the timeline; the UMAP of each snapshot starts from that of the "
    "next, so that what does not move in z holds still. Above the timeline: ACC, or how many samples the selected cell "
    "held; triangles mark the largest changes of ACC."
)
ABOUT_CENTERS = (
    "Above, of each cluster the image whose z is nearest to the center: a real one. Below it the center, decoded, "
    "and the cluster's size at the timeline's snapshot. Where the decoder did not learn along (method dec), decoded "
    "centers blur while images stay sharp."
)
ABOUT_GALLERY = (
    "Below each image: class → cluster. The colored line is its cluster, the gray bar its confidence (q of its "
    "cluster)."
)
ABOUT_CARD = (
    f"{explained('z', 'q', 'p')}\n\n"
    "In the difference, orange ink was lost and blue ink was added. The paths lead from its z to a center, decoded. "
    "Click a neighbor to open it, or the strip to go to that snapshot; “Show the numbers” has every q, p, distance and "
    "loss with its formula."
)


def screen(run: RunFolder | None) -> None:
    """Draw it for the run in focus; while that trains, anew when there is something new."""
    if run is None:
        link.asked()  # what it asks has no run to be asked of
        _nothing(LINE_TO_COME, offers=True)
        return
    st.fragment(_view)(run, run.status.state in ACTIVE)


def _nothing(message: str, *, offers: bool = False) -> None:
    """Say why there is nothing to see yet, and what will be seen; a recording is there to look at."""
    boxes = (
        ("matrix", "Which digits are mixed up?", ABOUT_MATRIX, "How many images of each class are in each cluster."),
        ("scene", "Where do they lie?", ABOUT_SCENE, "All images as points, through the whole training."),
        ("gallery", "Which ones?", ABOUT_GALLERY, "The images that are selected; of one, all that the network makes."),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        st.markdown(message, width="stretch")
        if offers and (runs_root() / FIRST).exists():
            st.button("Look at a recording: first look", key="look_at_recording", icon=":material/videocam:",
                      type="primary", on_click=focus.focus_on, args=[FIRST])  # fmt: skip
    for place, (key, question, about, to_see) in zip(st.columns([30, 41, 29]), boxes, strict=True):
        with place, box(key, question, about):
            to_come(to_see, SCENE)


def _view(folder: RunFolder, active: bool) -> None:
    before = seen(MOMENTS, folder.id)  # first: what comes while this is drawn is news
    if active != (folder.status.state in ACTIVE) or not may_run("see", folder):  # it is shared or shown no longer
        st.rerun()
    _draw(folder, active)
    if active or focus.supervisor().is_completing(folder):
        redraw_on_news(before)


def _draw(folder: RunFolder, active: bool) -> None:
    history = focus.reader(folder.id).refresh()
    try:
        folder.config  # noqa: B018  (raises where it cannot be read)
        if not history.snapshots:
            _nothing(LINE_BEFORE_MOMENTS if active else LINE_NO_MOMENTS)
            return
        run = opened(folder.id)
    except (ConfigError, DataError) as error:
        st.error(f"{sentence(error)} Choose another run.", icon=":material/error:")
        return
    if not run.snapshots:
        st.error(
            "All snapshots of this run are damaged and cannot be read. Choose another run.", icon=":material/error:"
        )
        return
    if run.n_unreadable:
        st.warning("The latest snapshot is damaged; the latest readable one is shown.", icon=":material/warning:")
    try:
        now, second, mask, problems = understood(run, *take_view(folder.id))
        for problem in problems:
            st.warning(sentence(problem), icon=":material/link_off:")
        write_link()
        _show(run, now, st.session_state.view, mask, second, active=active)
    except ValueError as error:  # a damaged snapshot
        st.error(sentence(error), icon=":material/error:")
        st.button("Go to the latest snapshot", on_click=change_view, kwargs={"moment": None})


def _show(
    run: Run, now: Snapshot, view: ViewState, mask: np.ndarray | None, second: Snapshot | None, *, active: bool
) -> None:
    chosen = np.arange(run.n) if mask is None else np.flatnonzero(mask)
    _headline(run, now, view, chosen, second)
    _offer(run, active=active)
    left, middle, right = st.columns([30, 41, 29])
    with left:
        about = ABOUT_MATRIX if run.y is not None else ABOUT_NEIGHBOURS
        with box("matrix", _question(run), about) as head:
            with head:
                choices.share(view)
            if run.clustered:
                views.matrix(run, now, view, MATRIX)
                _way_to_images(run, chosen, is_chosen=mask is not None)
            else:
                to_come(MATRIX_TO_COME if run.y is not None else NEIGHBOURS_TO_COME, MATRIX)
        filters(run, now, view)
        if run.clustered:
            with box("centers", "What does each cluster look like?", ABOUT_CENTERS):
                views.centers(run, now, view, CENTERS)
    with middle, box("scene", "Where do they lie?", ABOUT_SCENE) as head:
        with head:
            choices.colour_and_space(run, now, view)
        views.embedding(run, now, view, mask, SCENE)
        timeline(run, now, view, LINE, training=active)
    with right, _right_box(view) as head:
        if view.sample is not None:
            with head:
                pin_button(run.folder.id, view.sample)
            card(run, now, view.sample, RIGHT_SIDE)
        else:
            with st.container(horizontal=True, gap="small", key="head-order"):
                choices.order_and_group(run, view)
            views.gallery(run, now, view, chosen, RIGHT_SIDE - CHOICES)
    if run.clustered:
        through_time(run, now, view)
        comparison(run, now, view, second, mask)


def _way_to_images(run: Run, chosen: np.ndarray, *, is_chosen: bool) -> None:
    """On a phone, where the images stand far below the cell that was tapped; elsewhere it is not seen."""
    if is_chosen and len(chosen):
        with st.container(key="to_images"):
            noun = run.noun if len(chosen) == 1 else f"{run.noun}s"
            view_components.to_images({"label": f"Show the {thousands(len(chosen))} {noun} ↓"})


def _right_box(view: ViewState) -> contextlib.AbstractContextManager[DeltaGenerator]:
    if view.sample is None:
        return box("gallery", "Which ones?", ABOUT_GALLERY)
    return box("gallery", "Why does it lie there?", ABOUT_CARD)


def _question(run: Run) -> str:
    if run.y is None:
        return "Which clusters are close?"
    return "Which digits are mixed up?" if run.noun == "digit" else "Which classes are mixed up?"


def _headline(run: Run, now: Snapshot, view: ViewState, chosen: np.ndarray, second: Snapshot | None) -> None:
    """The selection in words, with its count, and the way back."""
    applied = view.selection if now.clustered else view.selection.without_clusters
    description = applied.in_words("digit" if run.noun == "digit" else "class")
    name = f"{run.noun}s" if len(chosen) != 1 else run.noun
    which = f": {escape(description)}" if description else f", all in this run, {escape(_when(now))}"
    line = f"**{thousands(len(chosen))} {escape(name)}**{which}"
    if description and now.wrong is not None and len(chosen):
        line += f" · {thousands(int(now.wrong[chosen].sum()))} wrong"
    if applied != view.selection:
        line += " · filters that need clusters have no effect yet"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        st.markdown(line, width="stretch")
        if description:
            st.button("Clear filters", icon=":material/close:", key="clear", help="Remove all filters.",
                      on_click=change_view, kwargs={"selection": Selection()})  # fmt: skip
        draw_button(run)
        share_menu(run.folder, view.to_query())
        export(run, now, view, chosen, second)


def _when(now: Snapshot) -> str:
    return f"at step {thousands(now.iteration)}" if now.clustered else f"after epoch {now.epoch} of pretraining"


def _offer(run: Run, *, active: bool) -> None:
    """Say what a run lacks, and offer to compute it."""
    if active or not run.clustered or run.n_unreadable or not may_run("command", run.folder):
        return
    if run.added:
        _offer_all_umaps(run)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        if focus.supervisor().is_completing(run.folder):
            st.caption("Neighbors and a UMAP of all samples are being computed; this takes a minute or two.")
            return
        st.caption(f"Nearest neighbors and a UMAP of all samples are not computed for this run{escape(_unknown(run))}.")
        _button("Compute neighbors and UMAP", run)


def _offer_all_umaps(run: Run) -> None:
    """Where UMAP is of the last snapshot alone."""
    if run.umaps or len(run.snapshots) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        if focus.supervisor().is_completing(run.folder):
            st.caption("UMAP of the earlier snapshots is being computed; this takes a minute or two.")
            return
        st.caption("UMAP is computed for the latest snapshot only.")
        _button("Compute UMAP of all snapshots", run)


def _unknown(run: Run) -> str:
    """That z is not known of all samples, where that is so."""
    with contextlib.suppress(ValueError):  # the newest snapshot may be damaged
        if len(run.at(-1).rows) < run.n:
            return f"; z is known for {thousands(len(run.view))} of {thousands(run.n)} samples"
    return ""


def _button(label: str, run: Run) -> None:
    """Has a worker add what is missing."""
    busy = st.session_state.pop("complete_refused", False)
    st.button(label, key="complete", icon=":material/calculate:", on_click=_complete, args=[run.folder])
    if busy:
        st.caption("The server is busy training; try again when the run has ended.")


def _complete(folder: RunFolder) -> None:
    st.session_state.complete_refused = not may_run("command", folder) or not focus.supervisor().complete(folder)
