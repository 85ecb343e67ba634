"""The screen Compare: which runs, what differs and what it did, their curves, matrices and maps side by side."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.figures.overlay import AXES, SCORES
from dec_core.reading.alignment import Aligned
from dec_core.reading.comparison import Setup, setups
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import Entry
from pages.compare import scores, side_by_side
from pages.compare.archive import undo_bar
from pages.compare.chips import chips, names_of
from pages.compare.choosing import choose_runs
from pages.compare.report import report_button
from pages.compare.state import Comparison, compare, take_comparison, write_link
from pages.shared import components, focus
from pages.shared.box import box, choice, to_come
from pages.shared.news import RUN, redraw_on_news, seen
from pages.shared.snapshot_view import shown as shown_data
from pages.shared.text import escape, sentence

IN_A_ROW = 4
ABOUT_TABLE = (
    "Scores are means over the seeds, with minimum and maximum; then follow only the fields in which the runs differ. "
    "Below each score is the difference from the reference; one within the spread of the seeds counts as none."
)
ABOUT_CURVES = (
    "Lines are means over the seeds; bands reach from minimum to maximum. A diamond marks where the target p is first "
    "computed from q rather than taken from the mixture. The score's axis begins at the lowest curve. Epochs of "
    "clustering are gradient steps × batch size / images."
)
ABOUT_BESIDE = (
    "Each run's latest snapshot. A cluster has the name and color of the reference's cluster with which it shares "
    "the most images; maps are rotated to match the reference. Click a cell to highlight its images in every run. "
    "Shift and drag in a map to enclose points and highlight the same images everywhere. All maps zoom together. Click "
    "a point to open it in Inspect."
)


def screen() -> None:
    """Draw it; while a compared run trains, anew when there is something new."""
    with st.container(key="unseen"):
        components.load_plotly()
    problems, followed = take_comparison()
    if followed and not st.session_state.compared.runs:
        _first_choice()
    comparison = st.session_state.compared
    for problem in problems:
        st.warning(sentence(problem), icon=":material/link_off:")
    by_id, known = _runs(comparison.runs)
    gone = [run_id for run_id in comparison.runs if run_id not in by_id]
    if gone:
        st.warning(f"There is no run {escape(', '.join(map(repr, gone)))} on this server.", icon=":material/link_off:")
    chosen = [by_id[run_id] for run_id in comparison.runs if run_id in by_id]
    shown, together = _setups(chosen, known, comparison)
    options = {"icon": ":material/checklist:", "key": "choose_runs", "on_change": "rerun"}
    choosing = st.expander("Choose runs", expanded=len(chosen) < 2, **options)
    if choosing.open:
        with choosing:
            choose_runs(comparison.runs)
    undo_bar()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="compared"):
        chips(shown, _reference(shown, comparison))
        if chosen:
            _seeds(on=together)
        sound = [setup for setup in shown if _is_whole(setup.first)]
        if sound:
            report_button(sound, _reference(sound, comparison))
    write_link()
    st.fragment(_view)(tuple(comparison.runs), _active(shown))


def _runs(compared: Collection[str]) -> tuple[dict[str, Entry], list[Entry]]:
    """All runs by their ids, and those that may be seeds of one set-up: recordings only where they were chosen."""
    runs = focus.index().entries(archived=True, recorded=True)
    return {entry.id: entry for entry in runs}, [each for each in runs if not each.recorded or each.id in compared]


def _first_choice() -> None:
    """Begin with something to look at: the run in focus, or the newest, and the newest of the same data."""
    ended = [entry for entry in focus.index().entries() if entry.status.state == "finished" and entry.config]
    focused = focus.focused_run(warn=False)
    first = next((entry for entry in ended if focused and entry.id == focused.id), ended[0] if ended else None)
    if first is None:
        return
    alike = [e for e in ended if e.config.dataset == first.config.dataset and e.id != first.id]
    another = next((e for e in alike if len(setups([first, e], [first, e], together=True)) == 2), None)
    pair = sorted((e for e in (first, another) if e), key=lambda entry: entry.status.created)
    compare(runs=tuple(entry.id for entry in pair))  # the older first: it is the reference


def _reference(shown: list[Setup], comparison: Comparison) -> Setup | None:
    """The set-up against which the others are held: the chosen one, or else the first."""
    chosen = (setup for setup in shown if comparison.reference in {entry.id for entry in setup.entries})
    return next(chosen, shown[0] if shown else None)


def _setups(chosen: list[Entry], known: list[Entry], comparison: Comparison) -> tuple[list[Setup], bool]:
    """The set-ups, and whether seeds stand together: as was asked, or else unless two of one set-up were chosen."""
    apart, whole = (setups(chosen, known, together=together) for together in (False, True))
    together = comparison.seeds == "together" if comparison.seeds else len(whole) == len(chosen)
    return whole if together else apart, together


def _seeds(*, on: bool) -> None:
    st.toggle(
        "Combine seeds", on, key=f"together_{on}", help="Show runs that differ only in their seed as one: the mean, "
        "with a band from minimum to maximum.", on_change=lambda: compare(seeds="apart" if on else "together"),
    )  # fmt: skip


def _active(shown: list[Setup]) -> list[RunFolder]:
    """The runs that something new is still to come of, the one that trains before those that wait."""
    active = [entry for setup in shown for entry in setup.entries if entry.active]
    return [entry.folder for entry in sorted(active, key=lambda entry: entry.status.state == "queued")]


def _view(run_ids: tuple[str, ...], active: list[RunFolder]) -> None:
    focus.go_on()
    before = seen(RUN, *(run.id for run in active))  # first: what comes while this is drawn is news
    comparison = st.session_state.compared
    if comparison.runs != run_ids:
        st.rerun()
    by_id, known = _runs(run_ids)
    chosen = [by_id[run_id] for run_id in run_ids if run_id in by_id]
    shown, _ = _setups(chosen, known, comparison)
    if {run.id for run in active} != {run.id for run in _active(shown)}:
        st.rerun()
    write_link()
    if not shown:
        with box("scores", "What differs, and what effect did it have?", ABOUT_TABLE):
            to_come("Choose two or more runs in the table above.", 200)
        return
    reference = _reference(shown, comparison)
    left, right = st.columns([56, 44])
    with (
        left,
        box("scores", "What differs, and what effect did it have?", ABOUT_TABLE),
        st.container(height=scores.CURVES, border=False),
    ):
        scores.table(shown, reference)
    with right, box("overlay", "Which is better?", ABOUT_CURVES) as head:
        with head:
            _choices(shown, comparison)
        scores.curves(shown, comparison)
    _beside(shown, reference, comparison)
    if active:
        redraw_on_news(before)


def _choices(shown: list[Setup], comparison: Comparison) -> None:
    """What the curves show."""
    scored = [s for s in SCORES if s in ("delta_label", "kl_divergence") or any(x.spread(s) for x in shown)]
    score = scores.score_of(shown, comparison)
    offered = scored if score in scored else [score, *scored]
    st.selectbox(
        "Score", offered, offered.index(score), key=f"score_{score}", format_func=lambda s: SCORES[s][0], width=104,
        label_visibility="collapsed", on_change=lambda: compare(score=st.session_state[f"score_{score}"]),
    )  # fmt: skip
    st.selectbox(
        "Along", list(AXES), list(AXES).index(comparison.by), key=f"by_{comparison.by}", width=136,
        format_func=AXES.get, label_visibility="collapsed",
        on_change=lambda: compare(by=st.session_state[f"by_{comparison.by}"]),
    )  # fmt: skip
    smooth = {0: "unsmoothed", 60: "smooth", 90: "smoother"}
    options = list(smooth) if comparison.smooth in smooth else [*smooth, comparison.smooth]
    st.selectbox(
        "Smoothing", options, options.index(comparison.smooth), key=f"smooth_{comparison.smooth}", width=122,
        format_func=lambda s: smooth.get(s, f"{s} %"), label_visibility="collapsed",
        on_change=lambda: compare(smooth=st.session_state[f"smooth_{comparison.smooth}"]),
    )  # fmt: skip


def _beside(shown: list[Setup], reference: Setup, comparison: Comparison) -> None:
    """Matrices, and below them maps; all show what is chosen in one."""
    ids = [setup.first.id for setup in shown]
    aligned = side_by_side.sides(ids, reference.first.id)
    sound = [side for side in aligned if side is not None]
    masks, names = iter(side_by_side.masks(sound, comparison)), names_of(shown)
    space = side_by_side.space_of(sound, comparison)
    with box("beside", "Which images are grouped differently?", ABOUT_BESIDE) as head:
        with head:
            _chosen(sound, comparison, space)
        if len(sound) > 1:
            st.caption("Clusters are named after the reference's clusters.")
        for start in range(0, len(shown), IN_A_ROW):
            row = shown[start : start + IN_A_ROW]
            for offset, place in enumerate(st.columns(max(len(row), min(len(shown), IN_A_ROW)))[: len(row)]):
                slot = start + offset
                with place:
                    st.markdown(f"**{escape(_shown_name(shown[slot], names[slot]))}**")
                    side = aligned[slot]
                    if side is None:
                        _lacking(shown[slot].first)
                        continue
                    if side.run.n_unreadable:
                        st.caption("Its latest snapshot is damaged; the latest readable one is shown.")
                    mask = next(masks)
                    side_by_side.matrix(side, slot, comparison)
                    side_by_side.embedding(side, slot, comparison, space, mask)
                    if mask is not None:
                        st.caption(f"{thousands(int(mask.sum()))} selected")


def _shown_name(setup: Setup, called: str) -> str:
    """What is shown of a set-up is one run."""
    config = setup.first.config
    return f"{called}: seed {config.random_state}" if config and len(setup.counted) > 1 else called


def _is_whole(entry: Entry) -> bool:
    """Whether config and data of a run are there."""
    try:
        return entry.config is not None and shown_data(entry.config) is not None
    except ValueError:
        return False


def _lacking(entry: Entry) -> None:
    """Why there is no matrix and no map of a run."""
    message = (
        "Once the centers are initialized." if entry.active else "It has no clusters that can be shown; see Inspect."
    )
    to_come(message, side_by_side.MATRIX + side_by_side.MAP)


def _chosen(sound: list[Aligned], comparison: Comparison, space: str) -> None:
    """What is chosen, in words, the way back, and the projection."""
    parts = [f"class {comparison.true}"] if comparison.true else []
    parts += [f"in cluster {comparison.cluster}"] if comparison.cluster else []
    parts += ["in the lasso"] if comparison.lasso else []
    if parts:
        st.button(
            escape(", ".join(parts)), icon=":material/close:", key="clear_chosen", on_click=compare,
            kwargs={"true": "", "cluster": "", "lasso": ""}, help="Clear the selection.",
        )  # fmt: skip
    if sound and all("umap" in side.snapshot.spaces() for side in sound):
        picked = choice("Projection", {"umap": "UMAP", "pca": "PCA"}, space, f"space_{space}")
        if picked != space:
            compare(space=picked, lasso="")
            st.rerun()
