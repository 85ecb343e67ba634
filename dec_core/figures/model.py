"""What does the system look like? Encoder down to z, decoder back up, clusters below z; and the same as a table.

Drawn in pixels of a sheet 560 wide, with matplotlib's objects alone: a web server's threads share no pyplot.
The picture in each box is its output, on a log scale: the side of an image and its channels, or the length of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Any

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon

from dec_core.analysis.verdict import thousands
from dec_core.architecture import Architecture, Layer, Shape, architecture
from dec_core.figures.palette import GREY, TEN
from dec_core.methods import METHODS

if TYPE_CHECKING:
    from dec_core.config import RunConfig

WIDTH, COLUMN, MARGIN, DPI = 560, 264, 8, 100  # pixels, all but the last
LINE, PADDING = 15, 11  # of the text in a box
MIDDLE = (WIDTH - COLUMN) / 2  # left edge of the boxes of z and of the clusters
TOP = 64  # where the columns begin, below titles and loss
HIGH = 420  # what the columns fill, if their gaps stay between these two
GAPS = 13, 30
COLOURS = {"encoder": TEN[0], "decoder": TEN[1], "z": GREY, "clusters": TEN[4]}
ON_DARK = COLOURS | {"clusters": "#b98be0"}  # the same violet, lighter


# -- the table


def layer_table(config: RunConfig, image_shape: Shape) -> list[dict[str, Any]]:
    """One row for each layer, in the order of the data: part, layer, kind, output shape, parameters."""
    described = architecture(config, image_shape)
    parts = {"encoder": described.encoder, "decoder": described.decoder, "clustering": _clustering(config, described)}
    return [
        {
            "part": part,
            "layer": layer.name,
            "kind": layer.kind,
            "output shape": shape_text(layer.shape),
            "parameters": layer.n_parameters,
        }
        for part, layers in parts.items()
        for layer in layers
    ]


def n_parameters(table: list[dict[str, Any]], *parts: str) -> int:
    """The parameters of a `layer_table`: of all of it, or of these parts."""
    return sum(row["parameters"] for row in table if not parts or row["part"] in parts)


def shape_text(shape: Shape) -> str:
    """ "28×28×1", or "1 152" for a vector."""
    return "×".join(thousands(n) for n in shape)


def _clustering(config: RunConfig, described: Architecture) -> tuple[Layer, ...]:
    """The clustering layer, where the method trains one."""
    if not METHODS[config.method].trains_centers:
        return ()
    centers = config.n_clusters * described.latent_dim
    return (Layer("ClusteringLayer", "clustering", (config.n_clusters,), centers, {"alpha": config.alpha}),)


# -- the diagram


def model_figure(config: RunConfig, image_shape: Shape, *, dark: bool = False) -> Figure:
    """The diagram of a system: its layers, its clusters, and the losses that train them.

    Parameters
    ----------
    config : RunConfig
    image_shape : (int, int) or (int, int, int)
        Height, width and, of colour images, channels.
    dark : bool
        For a dark page. The figure's own background is transparent.

    Raises
    ------
    ValueError
        If the architecture cannot reproduce images of this size.
    """
    described = architecture(config, image_shape)
    image = image_shape if len(image_shape) == 3 else (*image_shape, 1)
    if not METHODS[config.method].has_network:
        return _pixels_figure(config, image, dark)
    return _network_figure(config, described, image, dark)


def _network_figure(config: RunConfig, described: Architecture, image: Shape, dark: bool) -> Figure:
    down = [_image_box(image, described.input_shape), *(_layer_box(layer, "encoder") for layer in described.encoder)]
    z = down.pop()
    up = [_layer_box(layer, "decoder") for layer in reversed(described.decoder)]
    clusters = _clusters_box(config, described)
    high = max(_height(down), _height(up))
    at_z = TOP + high + GAPS[1]
    at_clusters = at_z + z.height + GAPS[1]
    end = at_clusters + clusters.height + 30
    sheet = _Sheet(end, dark, [image, *(layer.shape for layer in (*described.encoder, *described.decoder))])
    _titles(sheet, described)
    sheet.column(down, MARGIN, high, upwards=False)
    sheet.column(up, WIDTH - MARGIN - COLUMN, high, upwards=True)
    sheet.arrow((MIDDLE + 60, at_z - GAPS[1]), (MIDDLE + 60, at_z))
    sheet.arrow((MIDDLE + COLUMN - 60, at_z), (MIDDLE + COLUMN - 60, at_z - GAPS[1]))
    sheet.box(z, MIDDLE, at_z, sign="z")
    sheet.arrow((WIDTH / 2, at_clusters - GAPS[1]), (WIDTH / 2, at_clusters))
    sheet.box(clusters, MIDDLE, at_clusters, sign="q" if METHODS[config.method].trains_centers else "")
    _losses(sheet, config, at_clusters + clusters.height / 2)
    sheet.text(WIDTH / 2, end - 13, _sum_text(config, described), 7.5, ha="center", dim=True)
    return sheet.figure


def _pixels_figure(config: RunConfig, image: Shape, dark: bool) -> Figure:
    images, clusters = _image_box(image, (image[0] * image[1] * image[2],)), _groups_box(config)
    below = MARGIN + images.height + GAPS[1]
    sheet = _Sheet(below + clusters.height + MARGIN, dark, [image])
    sheet.box(images, MIDDLE, MARGIN)
    sheet.arrow((WIDTH / 2, MARGIN + images.height), (WIDTH / 2, below))
    sheet.box(clusters, MIDDLE, below)
    return sheet.figure


def _titles(sheet: _Sheet, described: Architecture) -> None:
    """Names and sizes of the two columns, on the outside."""
    for name, layers, x, side in (
        ("Encoder", described.encoder, MARGIN, "left"),
        ("Decoder", described.decoder, WIDTH - MARGIN, "right"),
    ):
        sheet.text(x, 20, name, 10, ha=side, weight="bold")
        sheet.text(x, 38, f"{_sum(layers)} parameters", 7.5, ha=side, dim=True)


def _losses(sheet: _Sheet, config: RunConfig, y: float) -> None:
    """What is minimised, between what it compares: x and its reconstruction, p and q."""
    method = METHODS[config.method]
    pretrains = "during pretraining" if method.trains_centers else "the only loss"
    when = "in both phases" if method.trains_decoder else pretrains
    for x in (MARGIN + COLUMN - 32, WIDTH - MARGIN - COLUMN + 32):
        sheet.arrow((x, TOP), (x, 46), head=False)
    sheet.loss("reconstruction", ["mean squared error", when], WIDTH / 2 - 74, 10, 148)
    if not method.trains_centers:
        return
    lines = ["γ · KL(p‖q)", f"γ = {config.gamma:g}"] if method.trains_decoder else ["KL(p‖q)", "during clustering"]
    sheet.arrow((MIDDLE + COLUMN, y), (MIDDLE + COLUMN + 18, y), head=False)
    sheet.loss("clustering", lines, MIDDLE + COLUMN + 18, y - 18, WIDTH - MARGIN - MIDDLE - COLUMN - 18)


def _sum_text(config: RunConfig, described: Architecture) -> str:
    layers = [*described.encoder, *described.decoder]
    clustering = _clustering(config, described)
    if not clustering:
        return f"{_sum(layers)} parameters in the autoencoder"
    return (
        f"parameters: {_sum(layers)} in the autoencoder + {_sum(clustering)} in the clusters = "
        f"{_sum([*layers, *clustering])}"
    )


def _sum(layers: Sequence[Layer]) -> str:
    return thousands(sum(layer.n_parameters for layer in layers))


# -- boxes


@dataclass(frozen=True)
class _Box:
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


def _layer_box(layer: Layer, part: str) -> _Box:
    """A layer with weights says what it does in three lines; one that only rearranges is slim."""
    look = "z" if layer.name == "z" else part
    if not layer.n_parameters:
        return _Box(layer.name, look, layer.kind, ("0 parameters",), layer.shape)
    options = layer.options
    settings = []
    if "kernel_size" in options:
        settings = [f"{options['kernel_size']}×{options['kernel_size']}", f"stride {options['strides']}"]
        settings += ["valid"] if options["padding"] == "valid" else []
    settings.append({"relu": "ReLU", None: "linear"}.get(options["activation"], options["activation"]))
    lines = ", ".join(settings), f"{thousands(layer.n_parameters)} parameters"
    return _Box(layer.name, look, layer.kind, lines, layer.shape)


def _image_box(image: Shape, input_shape: Shape) -> _Box:
    reshaping = f"flattened to {shape_text(input_shape)} numbers" if len(input_shape) == 1 else "input as they are"
    values = f"{'RGB' if image[2] == 3 else 'gray levels'} from 0 to 1"
    return _Box("images", "z", "Images", (values, reshaping), image)


def _clusters_box(config: RunConfig, described: Architecture) -> _Box:
    if not METHODS[config.method].trains_centers:
        return _kmeans_box(config, "z")
    (layer,) = _clustering(config, described)
    lines = f"Student's t, α = {config.alpha:g}", f"{thousands(layer.n_parameters)} parameters"
    return _Box("clusters", "clusters", layer.kind, lines, layer.shape)


def _groups_box(config: RunConfig) -> _Box:
    if METHODS[config.method].centers_from == "kmeans":
        return _kmeans_box(config, "pixels")
    lines = f"of UMAP, {config.n_neighbors} neighbors", f"{config.n_clusters} clusters, {config.gmm_n_init} starts"
    return _Box("clusters", "clusters", "Gaussian mixture", lines, (config.n_clusters,))


def _kmeans_box(config: RunConfig, where: str) -> _Box:
    starts = f"the best of {config.kmeans_n_init} starts" if config.kmeans_n_init > 1 else "one start"
    lines = f"{config.n_clusters} clusters", starts
    return _Box("clusters", "clusters", f"k-means on {where}", lines, (config.n_clusters,))


def _height(column: list[_Box]) -> float:
    """What a column needs: its boxes, with gaps that fill the sheet but neither gape nor touch."""
    n_gaps = max(len(column) - 1, 1)
    boxes = sum(box.height for box in column)
    return boxes + n_gaps * min(max((HIGH - boxes) / n_gaps, GAPS[0]), GAPS[1])


# -- drawing


class _Sheet:
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

    def column(self, boxes: list[_Box], x: float, high: float, *, upwards: bool) -> None:
        """Boxes from TOP on, spread over `high`, with arrows the way the data goes."""
        gap = (high - sum(box.height for box in boxes)) / max(len(boxes) - 1, 1)
        y = TOP
        for box in boxes:
            self.box(box, x, y)
            if box is not boxes[-1]:
                ends = (x + COLUMN / 2, y + box.height), (x + COLUMN / 2, y + box.height + gap)
                self.arrow(*(reversed(ends) if upwards else ends))
            y += box.height + gap

    def box(self, box: _Box, x: float, y: float, *, sign: str = "") -> None:
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
