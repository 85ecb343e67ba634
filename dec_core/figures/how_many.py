"""How many groups: the score of each number, and beside it its groups, so that one sees which merge and split."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dec_core.analysis.how_many import Candidate, HowMany
from dec_core.figures.palette import GREY, RIGHT, colour

ROW, FOOT = 34, 90  # pixels of a candidate's row, and of axis and titles
THICK = 0.8  # of a row
N_EXAMPLES = 10  # images of a strange group: one row of them


def how_many_figure(found: HowMany, images: np.ndarray | None = None) -> go.Figure:
    """A row for each number of groups: its score as a bar, and all images in one line, a colour for each group.

    The images stand in the same order in all rows, by the groups of all candidates, so that a group lies below the
    groups that it was made of or splits into. Colours are those of the best candidate's groups; images that are in no
    group leave a gap. `layout.meta` has the best number, its sentence, and of each strange group a sentence and, if
    `images` are given (those that were asked about, of shape (n, height, width[, channels])), some of its images.
    """
    figure = make_subplots(
        1, 2, shared_yaxes=True, column_widths=[0.28, 0.72], horizontal_spacing=0.03,
        subplot_titles=["Score", "Groups"],
    )  # fmt: skip
    rows = [str(candidate.n_clusters) for candidate in found.candidates]
    scores = [candidate.score for candidate in found.candidates]
    figure.add_bar(
        x=scores, y=rows, orientation="h", width=THICK, showlegend=False,
        marker_color=[RIGHT if candidate is found.best else GREY for candidate in found.candidates],
        text=[f"{score:.2f}" for score in scores], textposition="auto",
        customdata=[[c.share, c.separation, *c.sizes] for c in found.candidates],
        hovertemplate="%{y} groups: found for %{customdata[0]:.0%} of the sizes (smallest group %{customdata[2]} to "
        "%{customdata[3]} images), separation %{customdata[1]:.2f}<extra></extra>",
    )  # fmt: skip
    order = np.lexsort([candidate.labels for candidate in reversed(found.candidates)])
    for row, candidate in zip(rows, found.candidates, strict=True):
        _segments(figure, row, candidate, found.best, order)
    strange: list[dict[str, object]] = [{"finding": group.in_words()} for group in found.strange]
    if images is not None:
        for told, group in zip(strange, found.strange, strict=True):
            told["images"] = images[group.images[:N_EXAMPLES]].tolist()
    figure.update_layout(
        height=ROW * len(rows) + FOOT, barmode="overlay", margin={"l": 56, "r": 10, "t": 30, "b": 44},
        plot_bgcolor="rgba(0,0,0,0)",
        meta={"n_clusters": found.n_clusters, "finding": found.in_words(), "strange": strange},
    )  # fmt: skip
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=rows, showgrid=False)
    figure.update_yaxes(title={"text": "number of groups", "standoff": 4}, col=1)
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True)
    figure.update_xaxes(range=[0, 1.02 * max(scores)], nticks=3, tickangle=0, col=1)
    figure.update_xaxes(range=[0, found.n_seen], title={"text": "images", "standoff": 4}, col=2)
    return figure


def _segments(figure: go.Figure, row: str, candidate: Candidate, best: Candidate, order: np.ndarray) -> None:
    """The groups of a candidate as bars on one line; of a group that is in several places, each place."""
    labels = candidate.labels[order]
    starts = np.flatnonzero(np.diff(labels, prepend=-2))
    lengths = np.diff(starts, append=len(labels))
    kept = labels[starts] >= 0
    groups, starts, lengths = labels[starts][kept], starts[kept], lengths[kept]
    of_best = [_counterpart(best.labels[candidate.labels == group]) for group in groups]
    sizes = np.bincount(candidate.labels[candidate.labels >= 0])[groups]
    figure.add_bar(
        x=lengths, base=starts, y=[row] * len(starts), orientation="h", width=THICK, showlegend=False,
        marker={"color": [GREY if place < 0 else colour(place) for place in of_best],
                "line": {"color": "white", "width": 1.5}},
        customdata=sizes, hovertemplate=f"of {row} groups, one of %{{customdata}} images<extra></extra>",
        row=1, col=2,
    )  # fmt: skip


def _counterpart(labels: np.ndarray) -> int:
    """The group of the best candidate that most of these images are in; -1 for none."""
    return int(np.bincount(labels + 1).argmax()) - 1
