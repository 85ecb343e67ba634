"""What does the system look like? Encoder down to z, decoder back up, clusters below z; and the same as a table.

The picture in each box is its output, on a log scale: the side of an image and its channels, or the length of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from dec_core.analysis.verdict import thousands
from dec_core.architecture import MEAN_IMAGES, Architecture, Layer, Shape, architecture
from dec_core.figures.sheet import COLUMN, TOP, WIDTH, Box, Sheet, shape_text
from dec_core.methods import METHODS, loss_weight, weighed_loss

if TYPE_CHECKING:
    from dec_core.config import RunConfig

MARGIN = 8  # pixels
MIDDLE = (WIDTH - COLUMN) / 2  # left edge of the boxes of z and of the clusters
HIGH = 420  # what the columns fill, if their gaps stay between these two
GAPS = 13, 30


# -- the table


def layer_table(config: RunConfig, image_shape: Shape) -> list[dict[str, Any]]:
    """One row for each layer, in the order of the data: part, layer, kind, output shape, parameters."""
    described = architecture(config, image_shape)
    encoder = (*described.encoder, *described.heads)
    parts = {"encoder": encoder, "decoder": described.decoder, "clustering": _clustering(config, described)}
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


def _clustering(config: RunConfig, described: Architecture) -> tuple[Layer, ...]:
    """The clustering layer, where the method trains one."""
    if not METHODS[config.method].trains_centers:
        return ()
    centers, shape = config.n_clusters * described.latent_dim, (config.n_clusters,)
    if METHODS[config.method].q == "mixture":
        return (Layer("MixtureLayer", "clustering", shape, 2 * centers + config.n_clusters),)
    return (Layer("ClusteringLayer", "clustering", shape, centers, {"alpha": config.alpha}),)


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
    if described.heads:
        z = replace(z, lines=(*z.lines, f"{thousands(described.heads[0].n_parameters)} for its variances"))
    up = [_layer_box(layer, "decoder") for layer in reversed(described.decoder)]
    clusters = _clusters_box(config, described)
    high = max(_height(down), _height(up))
    at_z = TOP + high + GAPS[1]
    at_clusters = at_z + z.height + GAPS[1]
    end = at_clusters + clusters.height + 30
    sheet = Sheet(end, dark, [image, *(layer.shape for layer in (*described.encoder, *described.decoder))])
    _titles(sheet, described)
    sheet.column(down, MARGIN, high, upwards=False)
    sheet.column(up, WIDTH - MARGIN - COLUMN, high, upwards=True)
    sheet.arrow((MIDDLE + 60, at_z - GAPS[1]), (MIDDLE + 60, at_z))
    sheet.arrow((MIDDLE + COLUMN - 60, at_z), (MIDDLE + COLUMN - 60, at_z - GAPS[1]))
    sheet.box(z, MIDDLE, at_z, sign="z")
    sheet.arrow((WIDTH / 2, at_clusters - GAPS[1]), (WIDTH / 2, at_clusters))
    sheet.box(clusters, MIDDLE, at_clusters, sign="q" if METHODS[config.method].has_target else "")
    _losses(sheet, config, at_clusters + clusters.height / 2)
    sheet.text(WIDTH / 2, end - 13, _sum_text(config, described), 7.5, ha="center", dim=True)
    return sheet.figure


def _pixels_figure(config: RunConfig, image: Shape, dark: bool) -> Figure:
    images, clusters = _image_box(image, (image[0] * image[1] * image[2],)), _groups_box(config)
    below = MARGIN + images.height + GAPS[1]
    sheet = Sheet(below + clusters.height + MARGIN, dark, [image])
    sheet.box(images, MIDDLE, MARGIN)
    sheet.arrow((WIDTH / 2, MARGIN + images.height), (WIDTH / 2, below))
    sheet.box(clusters, MIDDLE, below)
    return sheet.figure


def _titles(sheet: Sheet, described: Architecture) -> None:
    """Names and sizes of the two columns, on the outside."""
    for name, layers, x, side in (
        ("Encoder", (*described.encoder, *described.heads), MARGIN, "left"),
        ("Decoder", described.decoder, WIDTH - MARGIN, "right"),
    ):
        sheet.text(x, 20, name, 10, ha=side, weight="bold")
        sheet.text(x, 38, f"{_sum(layers)} parameters", 7.5, ha=side, dim=True)


def _losses(sheet: Sheet, config: RunConfig, y: float) -> None:
    """What is minimised, between what it compares: x and its reconstruction, p and q."""
    method = METHODS[config.method]
    pretrains = "during pretraining" if method.trains_centers else "the only loss"
    when = "in both phases" if method.trains_decoder else pretrains
    for x in (MARGIN + COLUMN - 32, WIDTH - MARGIN - COLUMN + 32):
        sheet.arrow((x, TOP), (x, 46), head=False)
    sheet.loss("reconstruction", ["mean squared error", when], WIDTH / 2 - 74, 10, 148)
    if not method.trains_centers:
        return
    weight = loss_weight(config)
    lines = [weighed_loss(config), "during clustering" if weight is None else f"{method.loss.factor} = {weight:g}"]
    sheet.arrow((MIDDLE + COLUMN, y), (MIDDLE + COLUMN + 18, y), head=False)
    sheet.loss("clustering", lines, MIDDLE + COLUMN + 18, y - 18, WIDTH - MARGIN - MIDDLE - COLUMN - 18)


def _sum_text(config: RunConfig, described: Architecture) -> str:
    layers = [*described.encoder, *described.heads, *described.decoder]
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


def _layer_box(layer: Layer, part: str) -> Box:
    """A layer with weights says what it does in three lines; one that only rearranges is slim."""
    look = "z" if layer.name == "z" else part
    if not layer.n_parameters:
        return Box(layer.name, look, layer.kind, ("0 parameters",), layer.shape)
    if layer.kind in MEAN_IMAGES:
        lines = "the mean image", f"{thousands(layer.n_parameters)} numbers"
        return Box(layer.name, look, layer.kind, lines, layer.shape)
    options = layer.options
    settings = []
    if "kernel_size" in options:
        settings = [f"{options['kernel_size']}×{options['kernel_size']}", f"stride {options['strides']}"]
        settings += ["valid"] if options["padding"] == "valid" else []
    settings.append({"relu": "ReLU", None: "linear"}.get(options["activation"], options["activation"]))
    lines = ", ".join(settings), f"{thousands(layer.n_parameters)} parameters"
    return Box(layer.name, look, layer.kind, lines, layer.shape)


def _image_box(image: Shape, input_shape: Shape) -> Box:
    reshaping = f"flattened to {shape_text(input_shape)} numbers" if len(input_shape) == 1 else "input as they are"
    values = f"{'RGB' if image[2] == 3 else 'gray levels'} from 0 to 1"
    return Box("images", "z", "Images", (values, reshaping), image)


def _clusters_box(config: RunConfig, described: Architecture) -> Box:
    if not METHODS[config.method].trains_centers:
        return _kmeans_box(config, "z")
    (layer,) = _clustering(config, described)
    method = METHODS[config.method]
    if method.q == "mixture":
        lines = "in z, diagonal", f"{thousands(layer.n_parameters)} parameters"
        return Box("clusters", "clusters", "Gaussian mixture", lines, layer.shape)
    if not method.has_target:
        lines = f"{config.n_clusters} clusters", f"{thousands(layer.n_parameters)} numbers"
        return Box("clusters", "clusters", "Nearest center", lines, layer.shape)
    lines = f"Student's t, α = {config.alpha:g}", f"{thousands(layer.n_parameters)} parameters"
    return Box("clusters", "clusters", layer.kind, lines, layer.shape)


def _groups_box(config: RunConfig) -> Box:
    if METHODS[config.method].centers_from == "kmeans":
        return _kmeans_box(config, "pixels")
    lines = f"of UMAP, {config.n_neighbors} neighbors", f"{config.n_clusters} clusters, {config.gmm_n_init} starts"
    return Box("clusters", "clusters", "Gaussian mixture", lines, (config.n_clusters,))


def _kmeans_box(config: RunConfig, where: str) -> Box:
    starts = f"the best of {config.kmeans_n_init} starts" if config.kmeans_n_init > 1 else "one start"
    lines = f"{config.n_clusters} clusters", starts
    return Box("clusters", "clusters", f"k-means on {where}", lines, (config.n_clusters,))


def _height(column: list[Box]) -> float:
    """What a column needs: its boxes, with gaps that fill the sheet but neither gape nor touch."""
    n_gaps = max(len(column) - 1, 1)
    boxes = sum(box.height for box in column)
    return boxes + n_gaps * min(max((HIGH - boxes) / n_gaps, GAPS[0]), GAPS[1])
