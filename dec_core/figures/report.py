"""A run, or several beside each other, as one HTML file that needs nothing else: to send, to print, to keep.

    html = report([summary("runs/20261125-120000-ab12")])

Everything stands in the file: pictures, plotly.js, the style and the config, as JSON in
`<script type="application/json" id="dec-config">` (of further runs `dec-config-2`, ...), from which
`dec_core.runs.config_in` reads it again. A policy in its head forbids it to ask any server for anything.
Of words that people have chosen (names of data and of classes) none is taken for HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig, applies, field_title, is_taught
from dec_core.figures.comparison import value_text
from dec_core.figures.overlay import Line, overlay, overlay_in_words
from dec_core.figures.palette import RUNS
from dec_core.figures.sections import SCORES, found, plot, section, sections, stacked
from dec_core.figures.shown import duration_shown, heading, score_shown

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass(frozen=True)
class Comparison:
    """What is said of several runs together, ready-made.

    Attributes
    ----------
    fields, scores : list of (str, list of str)
        Rows: a label, and a value for each run. `fields` are those in which the configs differ.
    curves : plotly Figure or None
        The runs' curves, laid over each other, in the colours of `dec_core.figures.palette.RUNS`.
    curves_in_words : str
        Their finding.
    sentences : sequence of str
        What can be said of the runs together.
    """

    fields: Sequence[tuple[str, Sequence[str]]]
    scores: Sequence[tuple[str, Sequence[str]]]
    curves: Figure | None = None
    curves_in_words: str = ""
    sentences: Sequence[str] = ()


def report(runs: Sequence, comparison: Comparison | None = None, file_name: str = "report.html") -> str:
    """The whole file, as text.

    Parameters
    ----------
    runs : sequence of dec_core.runs.summary.RunSummary, or anything with its attributes
        At least one.
    comparison : Comparison or None
        Stands before the runs, where there are several.
    file_name : str
        What the file will be called: the command that makes a run again names it.
    """
    if comparison is None:
        return _page(heading(runs[0]), sections(runs[0], 1, 1, file_name))
    title = f"{len(runs)} runs compared"
    chapters = [sections(run, number, 2, file_name) for number, run in enumerate(runs, 1)]
    return _page(title, "\n".join([_compared(runs, comparison, title), *chapters]))


def compared(runs: Sequence, differing: Sequence[str]) -> Comparison:
    """What stands first in a report on several runs.

    Parameters
    ----------
    runs : sequence of dec_core.runs.summary.RunSummary, or anything with its attributes
    differing : sequence of str
        The fields in which their configs differ, as `dec_core.runs.comparing.differing` finds them.
    """
    fields = [(field_title(name), [_value(run.config, name) for run in runs]) for name in differing]
    scores = [
        (title, [score_shown(name, run.scores[name]) if name in run.scores else "–" for run in runs])
        for name, (title, _) in SCORES.items()
        if any(name in run.scores for run in runs)
    ]
    scores.append(("Time", [duration_shown(run.seconds) for run in runs]))
    scores.append(("Gradient steps", [thousands(run.n_steps) if run.n_steps else "–" for run in runs]))
    lines = [_line(run, number) for number, run in enumerate(runs) if run.history.pretrain and run.sizes is not None]
    if not lines:
        return Comparison(fields, scores)
    score = "acc" if any("acc" in run.scores for run in runs) else "silhouette"
    safe = [replace(line, name=escape(line.name, quote=False)) for line in lines]  # plotly takes tags for markup
    return Comparison(fields, scores, stacked(overlay(safe, score, "iteration")), overlay_in_words(lines, score))


def _value(config: RunConfig, name: str) -> str:
    return value_text(getattr(config, name)) if applies(name, config) else "–"


def _line(run: Any, number: int) -> Line:
    held = run.config.first_target_steps if is_taught(run.config) else 0
    n, colour = int(run.sizes.sum()), RUNS[number % len(RUNS)]
    return Line(heading(run), colour, [run.history], n, run.config.batch_size, held)


def _page(title: str, body: str) -> str:
    own = files("dec_core.figures")
    style, script = (own.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
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


def _compared(runs: Sequence, told: Comparison, title: str) -> str:
    names = [_name(run, number) for number, run in enumerate(runs, 1)]
    parts = [f'<header class="comparison"><p class="above">Deep clustering</p><h1>{escape(title)}</h1>']
    parts.append(found(told.sentences))
    parts.append(section(2, "What came out", _table("What came out", names, told.scores)))
    if told.curves is not None:
        drawn = plot(told.curves, "Curves of all runs", told.curves_in_words)
        parts.append(section(2, "Which learns faster?", drawn))
    same = "<p>All runs have the same config.</p>"
    differing = _table("In what the configs differ", names, told.fields) if told.fields else same
    return "\n".join([*parts, section(2, "In what they differ", differing), "</header>"])


def _name(run: Any, number: int) -> str:
    swatch = f'<span class="swatch" style="background:{RUNS[(number - 1) % len(RUNS)]}"></span>'
    return f'{swatch}<a href="#run-{number}">{escape(heading(run))}</a>'


def _table(title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Rows of plain text below `names`, which are HTML; it scrolls by itself where the screen is narrow."""
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = [
        f'<tr><th scope="row">{escape(label)}</th>{"".join(f"<td>{escape(value)}</td>" for value in values)}</tr>'
        for label, values in rows
    ]
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
