"""The table of what differs and what it did, and the curves over each other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dec_core.data.loading import positions
from dec_core.figures.comparison import (
    COMPARED_SCORES,
    ONE_SEED,
    Contestant,
    compared_with_reference,
    is_of_one_seed,
)
from dec_core.figures.overlay import Line, line_of, overlay, overlay_in_words
from dec_core.figures.palette import RUN_COLOURS
from dec_core.reading.comparison import Setup, differing
from dec_core.runs.index import Entry
from pages.compare.chips import names_of
from pages.compare.state import Comparison
from pages.shared import components, focus
from pages.shared.picker import name, outcome
from pages.shared.places import runs_root
from pages.shared.recorded import as_trained

CURVES = 250  # pixels


def contestants(shown_setups: list[Setup]) -> list[Contestant]:
    """The set-ups as they stand beside each other."""
    names = names_of(shown_setups)
    return [_contestant(*each) for each in zip(shown_setups, names, RUN_COLOURS, strict=False)]


def _contestant(setup: Setup, called: str, colour: str) -> Contestant:
    spreads = {score: spread for score in COMPARED_SCORES if (spread := setup.spread(score))}
    return Contestant(called, colour, as_trained(setup.first), spreads, _standing(setup))


def table(shown_setups: list[Setup], reference: Setup) -> None:
    """The scores beside those of the reference, then the fields that differ; above it what one seed each is worth."""
    varying = differing([as_trained(setup.first) for setup in shown_setups if setup.first.config])
    compared, number = contestants(shown_setups), shown_setups.index(reference)
    if is_of_one_seed(compared, number):
        st.caption(ONE_SEED)
    st.html(compared_with_reference(compared, number, varying))


def _standing(setup: Setup) -> str:
    active = [entry for entry in setup.entries if entry.active]
    if active:
        return f"{len(active)} in progress" if len(setup.entries) > 1 else "in progress"
    return "" if setup.first.status.state == "finished" else outcome(setup.first.status)


def score_of(shown_setups: list[Setup], comparison: Comparison) -> str:
    """The score of the curves: what was asked for, or else the first that there is."""
    return comparison.score or next((s for s in ("acc", "silhouette") if any(x.spread(s) for x in shown_setups)), "acc")


def curves(shown_setups: list[Setup], comparison: Comparison) -> None:
    """All curves over each other: a line with its band for each set-up, and one for each run that is under way."""
    lines, score = lines_of(shown_setups), score_of(shown_setups, comparison)
    figure, text = _drawn(_stamp(shown_setups, lines), score, comparison.by, comparison.smooth, lines)
    components.plot(figure, "Curves over each other", text, "overlay", CURVES)


def _stamp(shown_setups: list[Setup], lines: list[Line]) -> list:
    """Another one once a curve is another."""
    states = [[(entry.id, entry.status.state) for entry in setup.entries] for setup in shown_setups]
    return [states, [(line.name, line.colour, [history.n_records for history in line.histories]) for line in lines]]


@st.cache_data(max_entries=50, show_spinner=False)  # plotly takes half of what the whole screen does
def _drawn(stamp: list, score: str, by: str, smooth: int, _lines: list[Line]) -> tuple[str, str]:
    """The figure as JSON, and in words."""
    return overlay(_lines, score, by, smooth / 100, CURVES).to_json(), overlay_in_words(_lines, score)


def lines_of(shown_setups: list[Setup]) -> list[Line]:
    """A line for each set-up, and one for each of its runs that is under way."""
    named = zip(shown_setups, names_of(shown_setups), RUN_COLOURS, strict=False)
    return [line for setup, called, colour in named for line in _lines(setup, called, colour)]


def _lines(setup: Setup, called: str, colour: str) -> list[Line]:
    counted = setup.counted
    others = [entry for entry in setup.entries if entry.active and entry not in counted]
    lines = [_line(called, colour, counted), *(_line(name(entry), colour, [entry]) for entry in others)]
    return [line for line in lines if line is not None]


def _line(title: str, colour: str, entries: Sequence[Entry]) -> Line | None:
    config = as_trained(entries[0])
    if config is None:
        return None
    try:
        n = len(positions(config.dataset, config.n_samples, root=runs_root()))
    except ValueError:  # its data are gone
        return None
    histories = [focus.reader(entry.id).refresh() for entry in entries]
    return line_of(title, colour, histories, n, config)
