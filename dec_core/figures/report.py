"""A run, or several side by side, as one HTML file that needs nothing else: to send, to print, to keep.

    html = report([summary("runs/20261125-120000-ab12")])

Everything stands in the file: pictures, plotly.js, the style and the config, as JSON in
`<script type="application/json" id="dec-config">` (of further runs `dec-config-2`, ...), from which
`dec_core.reading.config_in` reads it again. A policy in its head forbids it to ask any server for anything.
Of words that people have chosen (names of data and of classes) none is taken for HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from dec_core.figures.comparison import Contestant, compared_with_reference, findings
from dec_core.figures.overlay import Line, overlay, overlay_in_words
from dec_core.figures.sections import plot, section, sections, sentences_html, stacked
from dec_core.figures.shown import heading

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass(frozen=True)
class ComparedSetups:
    """The opening chapter of a report on several set-ups, ready to print.

    Attributes
    ----------
    title : str
    table : str
        HTML of scores and differing fields, of `dec_core.figures.comparison`.
    sentences : sequence of str
        What can be said of their differences.
    curves : plotly Figure or None
        Their curves, laid over each other.
    curves_in_words : str
    """

    title: str
    table: str
    sentences: Sequence[str] = ()
    curves: Figure | None = None
    curves_in_words: str = ""


def report(runs: Sequence, comparison: ComparedSetups | None = None, file_name: str = "report.html") -> str:
    """The whole file, as text.

    Parameters
    ----------
    runs : sequence of dec_core.reading.summary.RunSummary, or anything with its attributes
        At least one.
    comparison : ComparedSetups or None
        Stands before the runs.
    file_name : str
        What the file will be called: the command that makes a run again names it.
    """
    if comparison is None:
        return _page(heading(runs[0]), sections(runs[0], 1, 1, file_name))
    chapters = [sections(run, number, 2, file_name) for number, run in enumerate(runs, 1)]
    return _page(comparison.title, "\n".join([_compared(comparison), *chapters]))


def compared(
    contestants: Sequence[Contestant], lines: Sequence[Line], varying: Sequence[str], reference: int = 0
) -> ComparedSetups:
    """The opening chapter of a report on several set-ups.

    Parameters
    ----------
    contestants : sequence of Contestant
    lines : sequence of Line
        Their curves, as far as they have any.
    varying : sequence of str
        The fields in which their configs differ, as `dec_core.reading.comparison.differing` finds them.
    reference : int
        The one that the others are compared with.
    """
    title = f"{len(contestants)} configurations compared" if len(contestants) > 1 else contestants[0].name
    table, sentences = compared_with_reference(contestants, reference, varying), findings(contestants, reference)
    if not lines:
        return ComparedSetups(title, table, sentences)
    score = "acc" if any("acc" in one.spreads for one in contestants) else "silhouette"
    figure = stacked(overlay(lines, score, "iteration"))
    return ComparedSetups(title, table, sentences, figure, overlay_in_words(lines, score))


def _page(title: str, body: str) -> str:
    assets = files("dec_core.figures")
    style, script = (assets.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    plotly = files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="dec_core">
<title>{escape(title)} · Deep clustering</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
<script>{plotly}</script>
<script type="module">
{script}</script>
</body>
</html>
"""


def _compared(comparison: ComparedSetups) -> str:
    parts = [f'<header class="comparison"><p class="above">Deep clustering</p><h1>{escape(comparison.title)}</h1>']
    parts.append(sentences_html(comparison.sentences))
    table = f'<div class="wide" tabindex="0" role="region" aria-label="Scores">{comparison.table}</div>'
    parts.append(section(2, "What differs, and what effect did it have?", table))
    if comparison.curves is not None:
        figure = plot(comparison.curves, "Curves of all runs", comparison.curves_in_words)
        parts.append(section(2, "Which is better?", figure))
    return "\n".join([*parts, "</header>"])
