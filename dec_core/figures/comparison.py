"""How do runs differ, and what did it do? Differing fields, and scores compared with the reference's, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dec_core.analysis.spread import Difference, Spread, difference
from dec_core.analysis.verdict import LEVEL
from dec_core.config import RunConfig, applies
from dec_core.fields import field_title, fields
from dec_core.figures.shown import SCORES, score_shown, value_text

CSS = """
<style>
.compared { overflow-x: auto; }
.compared table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
.compared th, .compared td { padding: 0.28rem 0.6rem; text-align: left; vertical-align: top; border: 0;
  border-bottom: 1px solid rgba(128,128,128,0.25); }
.compared thead th { font-weight: 600; white-space: nowrap; }
.compared tbody th { font-weight: 600; min-width: 9rem; }
.compared i { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 2px; margin-right: 0.45em; }
.compared small { display: block; opacity: 0.75; font-weight: 400; font-size: 0.78rem; white-space: nowrap; }
.compared .up { color: #1a7f5a; opacity: 1; } .compared .down { color: #c2410c; opacity: 1; }
.compared .none { opacity: 0.55; }
@media (prefers-color-scheme: dark) { .compared .up { color: #4cc38a; } .compared .down { color: #ff9a5c; } }
</style>
"""
ONE_SEED = (
    "One seed each proves nothing: another seed alone changes the scores, too. Train more seeds of both to compare."
)
COMPARED_SCORES = SCORES | {"seconds": ("Seconds", "Training time, all phases.")}


@dataclass(frozen=True)
class Contestant:
    """A set-up to be compared with others.

    Attributes
    ----------
    name, colour : str
    config : RunConfig or None
        None where it cannot be read.
    spreads : mapping of str to Spread
        Of those scores of `COMPARED_SCORES` that it has, over its seeds.
    standing : str
        What is worth saying of its state; "" of a finished one.
    link : str
        Where to read more about it; "" for nowhere.
    """

    name: str
    colour: str
    config: RunConfig | None
    spreads: Mapping[str, Spread]
    standing: str = ""
    link: str = ""


def compared_with_reference(contestants: Sequence[Contestant], reference: int, varying: Sequence[str]) -> str:
    """The table as HTML: the first score, the fields in `varying`, the other scores, and how they differ."""
    scores = [score for score in COMPARED_SCORES if any(score in one.spreads for one in contestants)]
    first, others = scores[:1], scores[1:]
    columns = [COMPARED_SCORES[score] for score in first]
    columns += [(field_title(field), fields()[field]["help"]) for field in varying]
    columns += [COMPARED_SCORES[score] for score in others]
    baseline = contestants[reference]
    rows = []
    for one in contestants:
        cells = [_score(one, baseline, score) for score in first] + [_field(one.config, field) for field in varying]
        cells += [_score(one, baseline, score) for score in others]
        rows.append(Row(one.name, one.standing, one.colour, cells, one.link))
    return comparison_table(columns, rows)


def _field(config: RunConfig | None, name: str) -> Cell:
    if config is None:
        return Cell("–", explanation="This run's config cannot be read.")
    if not applies(name, config):
        return Cell("–", explanation="Has no effect in this run.")
    return Cell(value_text(getattr(config, name)))


def _score(one: Contestant, reference: Contestant, score: str) -> Cell:
    spread = one.spreads.get(score)
    if spread is None:
        return Cell("–")
    mean, seeds = _text(spread.mean, score), (_over(spread, score), "")
    if one is not reference and not _same_images(one, reference) and score != "seconds":
        explanation = "It was trained on other images; the two cannot be compared."
        return Cell(mean, [seeds, ("other images", "")], explanation)
    if one is reference or score not in reference.spreads:
        return Cell(mean, [seeds])
    gap = difference(spread, reference.spreads[score], _level(score))
    return Cell(mean, [seeds, _change(gap, score)], gap.caveat and f"{gap.caveat[0].upper()}{gap.caveat[1:]}.")


def is_of_one_seed(contestants: Sequence[Contestant], reference: int) -> bool:
    """Whether a score is compared with the reference's where both have one seed only: `ONE_SEED` is said then."""
    baseline = contestants[reference]
    return any(
        one.spreads[score].n == baseline.spreads[score].n == 1
        for one in contestants
        if one is not baseline and _same_images(one, baseline)
        for score in SCORES
        if score in one.spreads and score in baseline.spreads
    )


def _level(score: str) -> float:
    """Up to where two runs of one seed each are level."""
    return 0.0 if score == "seconds" else LEVEL


def _change(gap: Difference, score: str) -> tuple[str, str]:
    """A difference as text, and whether it is certainly better ("up"), certainly worse ("down") or neither ("")."""
    better = (gap.change > 0) != (score == "seconds")
    tone = ("up" if better else "down") if gap.certain else ""
    if gap.same:
        return "≈ no difference", tone
    amount = _amount(gap.change, score)
    return f"{'▲' if gap.change > 0 else '▼'} {amount}" if amount else "±0", tone


def _same_images(one: Contestant, other: Contestant) -> bool:
    return one.config is None or other.config is None or one.config.dataset == other.config.dataset


def _over(spread: Spread, score: str) -> str:
    if spread.n == 1:
        return "1 seed"
    return f"{spread.n} seeds: {_text(spread.low, score).split()[0]} – {_text(spread.high, score)}"


def _text(value: float, score: str) -> str:
    return f"{value:.0f} s" if score == "seconds" else score_shown(score, value)


def _amount(change: float, score: str) -> str:
    """How large a difference is; "" where it is too small to be written."""
    text = _text(abs(change), score).replace("%", "points")
    return text if any(digit in text for digit in "123456789") else ""


def findings(contestants: Sequence[Contestant], reference: int) -> list[str]:
    """A sentence on each one's accuracy, or without labels its silhouette, compared with the reference's."""
    baseline = contestants[reference]
    score = next((score for score in ("acc", "silhouette") if score in baseline.spreads), None)
    if score is None:
        return []
    return [_finding(one, baseline, score) for one in contestants if one is not baseline and score in one.spreads]


def _finding(one: Contestant, baseline: Contestant, score: str) -> str:
    names, noun = (f"“{one.name}”", f"“{baseline.name}”"), COMPARED_SCORES[score][0].lower()
    if not _same_images(one, baseline):
        return f"{names[0]} was trained on other images than {names[1]}; they cannot be compared."
    spread, reference = one.spreads[score], baseline.spreads[score]
    gap = difference(spread, reference, _level(score))
    if gap.same:
        return f"{' and '.join(names)}: {gap.caveat.replace('no difference', f'no difference in {noun}')}."
    amount = _amount(gap.change, score)
    if not amount:
        return f"{' and '.join(names)} are equal in {noun}; {gap.caveat}."
    direction = "above" if gap.change > 0 else "below"
    certainty = f", more than the spread over their {spread.n} and {reference.n} seeds" if gap.certain else ""
    caveat = "" if gap.certain else f"; {gap.caveat}"
    return f"{names[0]} is {amount} {direction} {names[1]} in {noun}{certainty}{caveat}."


@dataclass(frozen=True)
class Cell:
    """A value; below it lines of text, each meant as "up", "down" or ""; and an explanation in its tooltip."""

    text: str
    below: Sequence[tuple[str, str]] = ()
    explanation: str = ""


@dataclass(frozen=True)
class Row:
    """One set-up: its name, what stands below it, its colour, its values in the order of the columns, a link."""

    name: str
    below: str
    colour: str
    cells: Sequence[Cell]
    link: str = ""


def comparison_table(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> str:
    """The table as HTML with its style. All texts are escaped.

    Parameters
    ----------
    columns : sequence of (name, explanation)
    rows : sequence of Row
    """
    head = "".join(
        f'<th scope="col" title="{escape(explanation)}">{escape(name)}</th>' for name, explanation in columns
    )
    body = "".join(_row(row) for row in rows)
    return (
        f'{CSS}<div class="compared" tabindex="0" role="region" aria-label="Scores of the runs">'  # may scroll sideways
        f'<table><thead><tr><th scope="col">Run</th>{head}</tr></thead>{body}</table></div>'
    )


def _row(row: Row) -> str:
    mark = f'<i style="background:{escape(row.colour)}"></i>'
    name = f'<a href="{escape(row.link)}">{escape(row.name)}</a>' if row.link else escape(row.name)
    heading = f'<th scope="row">{mark}{name}{_small(row.below)}</th>'
    return f"<tbody><tr>{heading}{''.join(_cell(cell) for cell in row.cells)}</tr></tbody>"


def _cell(cell: Cell) -> str:
    nothing = ' class="none"' if cell.text == "–" else ""
    below = "".join(_small(text, tone) for text, tone in cell.below)
    title = f' title="{escape(cell.explanation)}"' if cell.explanation else ""
    return f"<td{nothing}{title}>{escape(cell.text)}{below}</td>"


def _small(text: str, tone: str = "") -> str:
    mark = f' class="{tone}"' if tone else ""
    return f"<small{mark}>{escape(text)}</small>" if text else ""
