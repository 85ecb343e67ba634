"""The screen Compare: which runs, what differs and what it did, their curves, matrices and maps side by side."""

from __future__ import annotations

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
from pages.shared.pulse import pulse_of, redraw_on_news
from pages.shared.snapshot_view import shown as shown_data
from pages.shared.text import escape, sentence

IN_A_ROW = 4
EVERY = 1.0  # seconds between two looks at runs that train
ABOUT_TABLE = (
    "The scores: the mean over the seeds, with least and greatest, then only the fields in which the runs differ. "
    "Below a score, the difference to the reference; one within the spread of the seeds is said to be none."
)
ABOUT_CURVES = (
    "Lines are means over the seeds, bands reach from least to greatest. A diamond: from there on p is made from q, "
    "not taken from the mixture. Epochs of clustering are gradient steps × batch size / images."
)
ABOUT_BESIDE = (
    "At each run's newest moment. A cluster has the name and colour of the reference's that shares most images with "
    "it; maps are turned to lie alike. Click a cell, and what lies in such a cell stands out in all. Shift and drag in "
    "a map to enclose points, and the same images stand out. Zoom into one map, and all follow. A click on a point "
    "opens it."
)


def screen() -> None:
    """Draw it; while a compared run trains, anew when there is something new."""
    with st.container(key="unseen"):
        components.keys({" ": [], "ArrowRight": []}, {"/": "shell"})
        components.load_plotly()
    problems, followed = take_comparison()
    if followed and not st.session_state.compared.runs:
        _first_choice()
    seen = st.session_state.compared
    for problem in problems:
        st.warning(sentence(problem), icon=":material/link_off:")
    known = focus.index().entries(archived=True)
    by_id = {entry.id: entry for entry in known}
    gone = [run_id for run_id in seen.runs if run_id not in by_id]
    if gone:
        st.warning(f"There is no run {escape(', '.join(map(repr, gone)))} on this server.", icon=":material/link_off:")
    chosen = [by_id[run_id] for run_id in seen.runs if run_id in by_id]
    shown, together = _setups(chosen, known, seen)
    told = {"icon": ":material/checklist:", "key": "choose_runs", "on_change": "rerun"}
    choosing = st.expander("Choose runs", expanded=len(chosen) < 2, **told)
    if choosing.open:
        with choosing:
            choose_runs(seen.runs)
    undo_bar()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="compared"):
        chips(shown, _reference(shown, seen))
        if chosen:
            _seeds(on=together)
        sound = [setup for setup in shown if _is_whole(setup.first)]
        if sound:
            report_button(sound, _reference(sound, seen))
    write_link()
    st.fragment(_view)(tuple(seen.runs), _active(shown))


def _first_choice() -> None:
    """Begin with something to look at: the run in focus, or the newest, and the newest of the same data."""
    ended = [entry for entry in focus.index().entries() if entry.status.state == "finished" and entry.config]
    focused = focus.focused_run(told=False)
    first = next((entry for entry in ended if focused and entry.id == focused.id), ended[0] if ended else None)
    if first is None:
        return
    alike = [e for e in ended if e.config.dataset == first.config.dataset and e.id != first.id]
    another = next((e for e in alike if len(setups([first, e], [first, e], together=True)) == 2), None)
    compare(runs=tuple(e.id for e in (first, another) if e))


def _reference(shown: list[Setup], seen: Comparison) -> Setup | None:
    """The set-up against which the others are held: the chosen one, or else the first."""
    chosen = (setup for setup in shown if seen.reference in {entry.id for entry in setup.entries})
    return next(chosen, shown[0] if shown else None)


def _setups(chosen: list[Entry], known: list[Entry], seen: Comparison) -> tuple[list[Setup], bool]:
    """The set-ups, and whether seeds stand together: as was asked, or else unless two of one set-up were chosen."""
    apart, whole = (setups(chosen, known, together=together) for together in (False, True))
    together = seen.seeds == "together" if seen.seeds else len(whole) == len(chosen)
    return whole if together else apart, together


def _seeds(*, on: bool) -> None:
    st.toggle(
        "Seeds together", on, key=f"together_{on}", help="Show runs that differ in their seed alone as one: the mean, "
        "with a band from least to greatest.", on_change=lambda: compare(seeds="apart" if on else "together"),
    )  # fmt: skip


def _active(shown: list[Setup]) -> list[RunFolder]:
    """The runs that something new is still to come of, the one that trains before those that wait."""
    active = [entry for setup in shown for entry in setup.entries if entry.active]
    return [entry.folder for entry in sorted(active, key=lambda entry: entry.status.state == "queued")]


def _view(run_ids: tuple[str, ...], active: list[RunFolder]) -> None:
    focus.go_on()
    before = pulse_of(*active)  # first: what comes while this is drawn is news
    seen = st.session_state.compared
    if seen.runs != run_ids:
        st.rerun()
    known = focus.index().entries(archived=True)
    by_id = {entry.id: entry for entry in known}
    chosen = [by_id[run_id] for run_id in run_ids if run_id in by_id]
    shown, _ = _setups(chosen, known, seen)
    if {run.id for run in active} != {run.id for run in _active(shown)}:
        st.rerun()
    write_link()
    if not shown:
        with box("scores", "What differs, and what did it do?", ABOUT_TABLE):
            to_come("Choose two runs or more in the table above.", 200)
        return
    reference = _reference(shown, seen)
    left, right = st.columns([56, 44])
    with (
        left,
        box("scores", "What differs, and what did it do?", ABOUT_TABLE),
        st.container(height=scores.CURVES, border=False),
    ):
        st.html(scores.table(shown, reference))
    with right, box("overlay", "Which is better?", ABOUT_CURVES) as head:
        with head:
            _choices(shown, seen)
        scores.curves(shown, seen)
    _beside(shown, reference, seen)
    if active:
        redraw_on_news(active, before, EVERY)


def _choices(shown: list[Setup], seen: Comparison) -> None:
    """What the curves show."""
    found = [s for s in SCORES if s in ("delta_label", "kl_divergence") or any(x.spread(s) for x in shown)]
    score = scores.score_of(shown, seen)
    told = found if score in found else [score, *found]
    st.selectbox(
        "Score", told, told.index(score), key=f"score_{score}", format_func=lambda s: SCORES[s][0], width=104,
        label_visibility="collapsed", on_change=lambda: compare(score=st.session_state[f"score_{score}"]),
    )  # fmt: skip
    st.selectbox(
        "Along", list(AXES), list(AXES).index(seen.by), key=f"by_{seen.by}", format_func=AXES.get, width=136,
        label_visibility="collapsed", on_change=lambda: compare(by=st.session_state[f"by_{seen.by}"]),
    )  # fmt: skip
    smooth = {0: "as it is", 60: "smooth", 90: "smoother"}
    options = list(smooth) if seen.smooth in smooth else [*smooth, seen.smooth]
    st.selectbox(
        "Smoothing", options, options.index(seen.smooth), key=f"smooth_{seen.smooth}", width=122,
        format_func=lambda s: smooth.get(s, f"{s} %"), label_visibility="collapsed",
        on_change=lambda: compare(smooth=st.session_state[f"smooth_{seen.smooth}"]),
    )  # fmt: skip


def _beside(shown: list[Setup], reference: Setup, seen: Comparison) -> None:
    """Matrices, and below them maps; all show what is chosen in one."""
    ids = [setup.first.id for setup in shown]
    there = side_by_side.sides(ids, reference.first.id)
    sound = [side for side in there if side is not None]
    masks, names = iter(side_by_side.masks(sound, seen)), names_of(shown)
    space = side_by_side.space_of(sound, seen)
    with box("beside", "Which images are grouped otherwise?", ABOUT_BESIDE) as head:
        with head:
            _chosen(sound, seen, space)
        for start in range(0, len(shown), IN_A_ROW):
            row = shown[start : start + IN_A_ROW]
            for offset, place in enumerate(st.columns(max(len(row), min(len(shown), IN_A_ROW)))[: len(row)]):
                slot = start + offset
                with place:
                    st.markdown(f"**{escape(_shown_name(shown[slot], names[slot]))}**")
                    side = there[slot]
                    if side is None:
                        _lacking(shown[slot].first)
                        continue
                    if side.run.n_unreadable:
                        st.caption("Its newest snapshot is damaged; the newest one that can be read is shown.")
                    mask = next(masks)
                    side_by_side.matrix(side, slot, seen)
                    side_by_side.embedding(side, slot, seen, space, mask)
                    if mask is not None:
                        st.caption(f"{thousands(int(mask.sum()))} chosen")


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
    words = "Once the centers are placed." if entry.active else "It has no clusters that can be shown; see Inspect."
    to_come(words, side_by_side.MATRIX + side_by_side.MAP)


def _chosen(sound: list[Aligned], seen: Comparison, space: str) -> None:
    """What is chosen, in words, the way back, and the projection."""
    words = [f"true {seen.true}"] if seen.true else []
    words += [f"in cluster {seen.cluster}"] if seen.cluster else []
    words += ["enclosed"] if seen.lasso else []
    if words:
        st.button(
            escape(", ".join(words)), icon=":material/close:", key="clear_chosen", on_click=compare,
            kwargs={"true": "", "cluster": "", "lasso": ""}, help="Take the choice back.",
        )  # fmt: skip
    if sound and all("umap" in side.snapshot.spaces() for side in sound):
        picked = choice("Projection", {"umap": "UMAP", "pca": "PCA"}, space, f"space_{space}")
        if picked != space:
            compare(space=picked, lasso="")
            st.rerun()
