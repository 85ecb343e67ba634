"""A sheet of boxes, arrows and losses: what the picture of a network is drawn with.

In pixels, with matplotlib's objects alone: a web server's threads share no pyplot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon

from dec_core.analysis.verdict import thousands
from dec_core.architecture import Shape
from dec_core.figures.palette import GREY, TEN

WIDTH, COLUMN, DPI = 560, 264, 100  # of the sheet and of a box, in pixels
LINE, PADDING = 15, 11  # of the text in a box
TOP = 64  # where the columns begin, below titles and loss
COLOURS = {"encoder": TEN[0], "decoder": TEN[1], "z": GREY, "clusters": TEN[4]}
ON_DARK = COLOURS | {"clusters": "#b98be0"}  # the same violet, lighter


def shape_text(shape: Shape) -> str:
    """ "28×28×1", or "1 152" for a vector."""
    return "×".join(thousands(n) for n in shape)


@dataclass(frozen=True)
class Box:
    """A rounded box: bold kind, dim lines below it, and at the right the output's shape with a picture of its size."""

    name: str
    look: str
    kind: str
    lines: tuple[str, ...]
    shape: Shape

    @property
    def slim(self) -> bool:
        return len(self.lines) == 1

    @property
    def height(self) -> int:
        return PADDING + LINE * (1 if self.slim else 1 + len(self.lines))


class Sheet:
    """A figure measured in pixels from its upper left corner, and the pieces that are drawn on it."""

    def __init__(self, height: float, dark: bool, shapes: list[Shape]):
        self.figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="none")
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.axis("off")
        self.ink, self.faint, self.colours = ("#fafafa", 0.2, ON_DARK) if dark else ("#262730", 0.1, COLOURS)
        self.longest = max((shape[0] for shape in shapes if len(shape) == 1), default=1)
        self.widest = max(max(shape[:2]) for shape in shapes if len(shape) == 3)

    def text(self, x: float, y: float, text: str, size: float, *, dim: bool = False, **options: Any) -> None:
        self.axes.text(x, y, text, fontsize=size, color=self.ink, alpha=0.8 if dim else 1, va="center", **options)

    def arrow(self, start: tuple[float, float], end: tuple[float, float], *, head: bool = True) -> None:
        style = {
            "arrowstyle": "-|>" if head else "-",
            "color": GREY,
            "lw": 1.2,
            "shrinkA": 1,
            "shrinkB": 1,
            "mutation_scale": 9,
        }
        self.axes.annotate("", end, start, arrowprops=style)

    def column(self, boxes: list[Box], x: float, high: float, *, upwards: bool) -> None:
        """Boxes from TOP on, spread over `high`, with arrows the way the data goes."""
        gap = (high - sum(box.height for box in boxes)) / max(len(boxes) - 1, 1)
        y = TOP
        for box in boxes:
            self.box(box, x, y)
            if box is not boxes[-1]:
                ends = (x + COLUMN / 2, y + box.height), (x + COLUMN / 2, y + box.height + gap)
                self.arrow(*(reversed(ends) if upwards else ends))
            y += box.height + gap

    def box(self, box: Box, x: float, y: float, *, sign: str = "") -> None:
        """A box with its upper left corner at (x, y), and to its left the sign for what comes out of it."""
        colour = self.colours[box.look]
        if sign:
            self.text(x - 14, y + box.height / 2, sign, 13, ha="right", style="italic")
        self._frame(f"box-{box.name}", x, y, COLUMN, box.height, colour)
        first, right = y + (PADDING + LINE) / 2, x + COLUMN - 10
        self.text(x + 10, first, box.kind, 8 if box.slim else 8.5, weight="bold")
        if box.slim:
            self.text(x + COLUMN / 2 + 8, first, box.lines[0], 7.5, dim=True, ha="center")
            self.text(right, first, shape_text(box.shape), 8, ha="right")
            return
        for i, line in enumerate(box.lines, 1):
            self.text(x + 10, first + i * LINE, line, 7.5, dim=True)
        self.text(right, first + 2 * LINE, shape_text(box.shape), 8, ha="right")
        self._picture(box.shape, right, y + 21, colour)

    def loss(self, name: str, lines: list[str], x: float, y: float, width: float) -> None:
        """Two lines in a frame as round as can be."""
        self._frame(f"box-loss-{name}", x, y, width, 36, GREY, rounding=18)
        self.text(x + width / 2, y + 12, lines[0], 8, weight="bold", ha="center")
        self.text(x + width / 2, y + 26, lines[1], 7, dim=True, ha="center")

    def _frame(
        self, gid: str, x: float, y: float, width: float, height: float, colour: str, rounding: float = 6
    ) -> None:
        style = f"round,pad=0,rounding_size={rounding}"
        look = {"facecolor": to_rgba(colour, self.faint), "edgecolor": colour, "lw": 1.2, "gid": gid}
        self.axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, **look))

    def _picture(self, shape: Shape, x: float, y: float, colour: str) -> None:
        """A block for (height, width, channels), a bar for a vector, ending at x and centred at height y."""
        if len(shape) == 1:
            half = 3 + 10 * log2(1 + shape[0]) / log2(1 + max(self.longest, shape[0]))
            self._polygon([(x - 6, y - half), (x, y - half), (x, y + half), (x - 6, y + half)], colour, 0.65)
            return
        tall, wide = (4 + 14 * log2(1 + side) / log2(1 + self.widest) for side in shape[:2])
        deep = 1.1 * log2(1 + shape[2])
        left, right, top, low = x - deep - wide, x - deep, y + (deep - tall) / 2, y + (deep + tall) / 2
        self._polygon([(left, top), (left + deep, top - deep), (right + deep, top - deep), (right, top)], colour, 0.35)
        self._polygon([(right, top), (right + deep, top - deep), (right + deep, low - deep), (right, low)], colour, 0.9)
        self._polygon([(left, top), (right, top), (right, low), (left, low)], colour, 0.65)

    def _polygon(self, corners: list[tuple[float, float]], colour: str, strength: float) -> None:
        self.axes.add_patch(Polygon(corners, facecolor=to_rgba(colour, strength), edgecolor=colour, lw=0.5))
