"""In what do runs differ, and what did it do? Differing fields, and scores beside those of the reference, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dec_core.analysis.spread import Spread, difference
from dec_core.config import RunConfig, applies, field_title, fields
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
TOLD = SCORES | {"seconds": ("Seconds", "Of training, all phases together.")}


@dataclass(frozen=True)
class Contestant:
    """A set-up, as it is held against others.

    Attributes
    ----------
    name, colour : str
    config : RunConfig or None
        None where it cannot be read.
    spreads : mapping of str to Spread
        Of those scores of `TOLD` that it has, over its seeds.
    standing : str
        What is worth saying of its state; "" of a finished one.
    link : str
        Where more is told of it; "" for nowhere.
    """

    name: str
    colour: str
    config: RunConfig | None
    spreads: Mapping[str, Spread]
    standing: str = ""
    link: str = ""


def beside_the_reference(contestants: Sequence[Contestant], reference: int, varying: Sequence[str]) -> str:
    """The table as HTML: the first score, the fields in `varying`, the other scores; each beside the reference's."""
    scores = [score for score in TOLD if any(score in one.spreads for one in contestants)]
    first, others = scores[:1], scores[1:]
    columns = [TOLD[score] for score in first]
    columns += [(field_title(field), fields()[field]["help"]) for field in varying]
    columns += [TOLD[score] for score in others]
    against = contestants[reference]
    rows = []
    for one in contestants:
        cells = [_score(one, against, score) for score in first] + [_field(one.config, field) for field in varying]
        cells += [_score(one, against, score) for score in others]
        rows.append(Row(one.name, one.standing, one.colour, cells, one.link))
    return comparison_table(columns, rows)


def _field(config: RunConfig | None, name: str) -> Cell:
    if config is None:
        return Cell("–", told="This run's config cannot be read.")
    if not applies(name, config):
        return Cell("–", told="It has no effect here.")
    return Cell(value_text(getattr(config, name)))


def _score(one: Contestant, reference: Contestant, score: str) -> Cell:
    here, there = one.spreads.get(score), reference.spreads.get(score)
    if here is None:
        return Cell("–")
    below, told = [(_over(here, score), "")], ""
    if one is not reference and not _same_images(one, reference) and score != "seconds":
        below.append(("other images", ""))
        told = "It was trained on other images: the two cannot be compared."
    elif there is not None and one is not reference:
        found = difference(here, there)
        better = (found.change > 0) != (score == "seconds")
        amount = _amount(found.change, score)
        change = f"{'▲' if found.change > 0 else '▼'} {amount}" if amount else "±0"
        tone = ("up" if better else "down") if found.certain else ""
        told = found.caveat and f"{found.caveat[0].upper()}{found.caveat[1:]}."
        below.append(("≈ no difference" if found.same else change, tone))
    return Cell(_text(here.mean, score), below, told)


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
    """What may be said of each one's accuracy, or without labels of its silhouette, beside the reference's."""
    score = next((score for score in ("acc", "silhouette") if score in contestants[reference].spreads), None)
    if score is None:
        return []
    against, said = contestants[reference], []
    name, there = TOLD[score][0], against.spreads[score]
    for one in contestants:
        here = one.spreads.get(score)
        if one is against or here is None:
            continue
        if not _same_images(one, against):
            said.append(f"“{one.name}” was trained on other images than “{against.name}”: they cannot be compared.")
            continue
        found, names, what = difference(here, there), (f"“{one.name}”", f"“{against.name}”"), name.lower()
        if found.same:
            said.append(f"{' and '.join(names)}: no difference in {what} beyond the spread of the seeds.")
            continue
        amount = _amount(found.change, score)
        if not amount:
            said.append(f"{' and '.join(names)} are alike in {what}; {found.caveat}.")
            continue
        way = "above" if found.change > 0 else "below"
        sure = f", more than the spread over their {here.n} and {there.n} seeds"
        caution = sure if found.certain else f"; {found.caveat}"
        said.append(f"{names[0]} lies {amount} {way} {names[1]} in {what}{caution}.")
    return said


@dataclass(frozen=True)
class Cell:
    """A value; below it lines of text, each meant as "up", "down" or ""; and what is told when one points at it."""

    text: str
    below: Sequence[tuple[str, str]] = ()
    told: str = ""


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
    head = "".join(f'<th scope="col" title="{escape(told)}">{escape(name)}</th>' for name, told in columns)
    body = "".join(_row(row) for row in rows)
    return (
        f'{CSS}<div class="compared"><table><thead><tr><th scope="col">Run</th>{head}</tr></thead>{body}</table></div>'
    )


def _row(row: Row) -> str:
    mark = f'<i style="background:{escape(row.colour)}"></i>'
    name = f'<a href="{escape(row.link)}">{escape(row.name)}</a>' if row.link else escape(row.name)
    heading = f'<th scope="row">{mark}{name}{_small(row.below)}</th>'
    return f"<tbody><tr>{heading}{''.join(_cell(cell) for cell in row.cells)}</tr></tbody>"


def _cell(cell: Cell) -> str:
    nothing = ' class="none"' if cell.text == "–" else ""
    below = "".join(_small(text, tone) for text, tone in cell.below)
    told = f' title="{escape(cell.told)}"' if cell.told else ""
    return f"<td{nothing}{told}>{escape(cell.text)}{below}</td>"


def _small(text: str, tone: str = "") -> str:
    mark = f' class="{tone}"' if tone else ""
    return f"<small{mark}>{escape(text)}</small>" if text else ""
