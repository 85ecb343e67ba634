"""In what do runs differ, and what did it do? Differing fields, and scores beside those of the reference, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

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


@dataclass(frozen=True)
class Cell:
    """A value; below it lines of text, each meant as "up", "down" or ""; and what is told when one points at it."""

    text: str
    below: Sequence[tuple[str, str]] = ()
    told: str = ""


@dataclass(frozen=True)
class Row:
    """One set-up: its name, what stands below it, its colour, its values in the order of the columns."""

    name: str
    below: str
    colour: str
    cells: Sequence[Cell]


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
    heading = f'<th scope="row">{mark}{escape(row.name)}{_small(row.below)}</th>'
    return f"<tbody><tr>{heading}{''.join(_cell(cell) for cell in row.cells)}</tr></tbody>"


def _cell(cell: Cell) -> str:
    nothing = ' class="none"' if cell.text == "–" else ""
    below = "".join(_small(text, tone) for text, tone in cell.below)
    told = f' title="{escape(cell.told)}"' if cell.told else ""
    return f"<td{nothing}{told}>{escape(cell.text)}{below}</td>"


def _small(text: str, tone: str = "") -> str:
    mark = f' class="{tone}"' if tone else ""
    return f"<small{mark}>{escape(text)}</small>" if text else ""


def value_text(value: Any) -> str:
    """A field's value as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "all" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
