"""The table of what differs and what it did, and the curves over each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dec_core.config import RunConfig, applies, field_title, fields, is_taught
from dec_core.data.loading import positions
from dec_core.figures.comparison import Cell, Row, comparison_table, value_text
from dec_core.figures.overlay import SCORES, Line, overlay, overlay_in_words
from dec_core.figures.palette import RUNS
from dec_core.runs.comparing import Setup, Spread, difference, differing
from dec_core.runs.index import Entry
from pages.parts import components, focus
from pages.parts.comparing.chips import names_of
from pages.parts.comparing.compared import Compared
from pages.parts.picker import name, outcome

ABOUT_SCORES = {
    "acc": "Share of the images in the cluster matched to their class.",
    "nmi": "Normalized mutual information of clusters and classes.",
    "ari": "Adjusted Rand index.",
    "silhouette": "How tight and far apart clusters are in z; no label is asked.",
    "confidence": "Mean over the images of the largest q.",
    "seconds": "Of training, all phases together.",
}
CURVES = 250  # pixels


def table(shown_setups: list[Setup], reference: Setup) -> str:
    """As HTML: the scores beside those of the reference, then the fields that differ."""
    varying = differing([setup.first.config for setup in shown_setups if setup.first.config])
    scores = [score for score in ABOUT_SCORES if any(setup.spread(score) for setup in shown_setups)]
    columns = [("Seconds" if score == "seconds" else SCORES[score][0], ABOUT_SCORES[score]) for score in scores]
    columns += [(field_title(field), fields()[field]["help"]) for field in varying]
    rows = []
    for slot, (setup, called) in enumerate(zip(shown_setups, names_of(shown_setups), strict=True)):
        config = setup.first.config
        cells = [_score(setup, reference, score) for score in scores]
        cells += [_field(config, field) for field in varying]
        rows.append(Row(called, _standing(setup), RUNS[slot], cells))
    return comparison_table(columns, rows)


def _field(config: RunConfig | None, name: str) -> Cell:
    if config is None:
        return Cell("–", told="This run's config cannot be read.")
    if not applies(name, config):
        return Cell("–", told="It has no effect here.")
    return Cell(value_text(getattr(config, name)))


def _standing(setup: Setup) -> str:
    active = [entry for entry in setup.entries if entry.active]
    if active:
        return f"{len(active)} under way" if len(setup.entries) > 1 else "under way"
    return "" if setup.first.status.state == "finished" else outcome(setup.first.status)


def _score(setup: Setup, reference: Setup, score: str) -> Cell:
    here, there = setup.spread(score), reference.spread(score)
    if here is None:
        return Cell("–")
    below, told = [(_over(here, score), "")], ""
    if there is not None and setup is not reference:
        found = difference(here, there)
        better = (found.change > 0) != (score == "seconds")
        amount = _text(abs(found.change), score)
        change = f"{'▲' if found.change > 0 else '▼'} {amount}" if amount.strip("0. %s") else "±0"
        tone = ("up" if better else "down") if found.certain else ""
        told = found.words and f"{found.words[0].upper()}{found.words[1:]}."
        below.append(("≈ no difference" if found.same else change, tone))
    return Cell(_text(here.mean, score), below, told)


def _over(spread: Spread, score: str) -> str:
    if spread.n == 1:
        return "1 seed"
    return f"{spread.n} seeds: {_text(spread.low, score)} to {_text(spread.high, score)}"


def _text(value: float, score: str) -> str:
    if score == "seconds":
        return f"{value:.0f} s"
    return f"{100 * value:.1f} %" if score == "acc" else f"{value:.3f}"


def score_of(shown_setups: list[Setup], seen: Compared) -> str:
    """The score of the curves: what was asked for, or else the first that there is."""
    return seen.score or next((s for s in ("acc", "silhouette") if any(x.spread(s) for x in shown_setups)), "acc")


def curves(shown_setups: list[Setup], seen: Compared) -> None:
    """All curves over each other: a line with its band for each set-up, and one for each run that is under way."""
    named = zip(shown_setups, names_of(shown_setups), RUNS, strict=False)
    lines = [line for setup, called, colour in named for line in _lines(setup, called, colour)]
    score = score_of(shown_setups, seen)
    figure = overlay(lines, score, seen.by, seen.smooth / 100, CURVES)
    components.plot(figure.to_json(), "Curves over each other", overlay_in_words(lines, score), "overlay", CURVES)


def _lines(setup: Setup, called: str, colour: str) -> list[Line]:
    counted = setup.counted
    others = [entry for entry in setup.entries if entry.active and entry not in counted]
    found = [_line(called, colour, counted), *(_line(name(entry), colour, [entry]) for entry in others)]
    return [line for line in found if line is not None]


def _line(title: str, colour: str, entries: Sequence[Entry]) -> Line | None:
    config = entries[0].config
    if config is None:
        return None
    try:
        n = len(positions(config.dataset, config.n_samples, root=focus.RUNS))
    except ValueError:  # its data are gone
        return None
    histories = [focus.reader(entry.id).refresh() for entry in entries]
    return Line(
        escape(title, quote=False),
        colour,
        histories,
        n,
        config.batch_size,
        config.first_target_steps if is_taught(config) else 0,
    )
