"""The diagram of a system and the figures on paper: their numbers, and that nothing is cut off or overlaps."""

import io
import re
import warnings
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from dec_core.analysis.metrics import confusion
from dec_core.config import RunConfig
from dec_core.figures.heatmap import heatmap
from dec_core.figures.model import layer_table, model_figure, n_parameters
from dec_core.figures.reconstructions import reconstruction_figure
from dec_core.presets import PRESETS

pytestmark = pytest.mark.slow

SYSTEMS = {name: (config, (28, 28)) for name, config in PRESETS.items()}


def add(name, shape, **values):
    SYSTEMS[name] = RunConfig.make(dataset="own-test", **values), shape


add("colour", (64, 64, 3), autoencoder="conv_transpose", method="joint", gamma=0.00123)
add("deepest", (512, 512, 3), autoencoder="conv_upsampling", filters=(512,) * 5, method="joint", gamma=1e-5)
add("deepest transposed", (512, 512, 3), autoencoder="conv_transpose", filters=(512,) * 5, method="autoencoder")
add("valid", (31, 31), autoencoder="conv_transpose", filters=(512,))
add("widest", (512, 512, 3), hidden_units=(4096,) * 6, latent_dim=128, n_clusters=50, alpha=0.123)
add("smallest", (2, 2), hidden_units=(2,), latent_dim=1, method="joint", gamma=100.0)
add("long", (3, 200), hidden_units=(7, 3), method="autoencoder", kmeans_n_init=1)


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_text()]


def said(figure):
    return "\n".join(text.get_text() for text in texts(figure)).replace("\u2009", " ")


def extents(figure, artists):
    renderer = FigureCanvasAgg(figure).get_renderer()
    return {f"{i} {artist}": artist.get_window_extent(renderer) for i, artist in enumerate(artists)}


def overlaps(boxes):
    """Pairs that share more than a pixel in both directions."""
    return [
        (a, b) for (a, p), (b, q) in combinations(boxes.items(), 2)
        if min(p.x1, q.x1) - max(p.x0, q.x0) > 1 and min(p.y1, q.y1) - max(p.y0, q.y0) > 1
    ]  # fmt: skip


def inside(box, outer):
    return outer.x0 <= box.x0 and outer.y0 <= box.y0 and box.x1 <= outer.x1 and box.y1 <= outer.y1


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_cut_off_and_nothing_overlaps(system):
    figure = model_figure(*SYSTEMS[system])
    written = extents(figure, texts(figure))
    assert [name for name, box in written.items() if not inside(box, figure.bbox)] == []
    assert overlaps(written) == []
    boxes = extents(figure, [patch for patch in figure.axes[0].patches if (patch.get_gid() or "").startswith("box-")])
    assert len(boxes) >= 2 and overlaps(boxes) == []
    assert all(inside(box, figure.bbox) for box in boxes.values())
    for text in written.values():  # each stands in a box or outside of all, on no edge
        touched = [box for box in boxes.values() if box.overlaps(text)]
        assert all(inside(text, box) for box in touched)


@pytest.mark.parametrize("system", ["tutorial-conv-joint", "kmeans-pixels"])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_drawn_with_every_glyph_on_no_background(system, dark):
    figure, file = model_figure(*SYSTEMS[system], dark=dark), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that the font lacks
        figure.savefig(file, format="raw")
    pixels = np.frombuffer(file.getvalue(), np.uint8).reshape(-1, 4)
    assert pixels[0, 3] == 0
    (head,) = {text.get_color() for text in texts(figure) if text.get_text() == "Images"}
    assert (head > "#80") is dark


def test_the_numbers_are_the_tutorials():
    conv, dense = said(model_figure(*SYSTEMS["tutorial-conv-dec"])), said(model_figure(*SYSTEMS["tutorial-dec"]))
    assert "275 979 in the autoencoder + 100 in the clusters = 276 079" in conv
    assert "3 330 794 in the autoencoder + 100 in the clusters = 3 330 894" in dense
    for line in (
        "832 parameters",
        "51 264 parameters",
        "14×14×32",
        "5×5, stride 2, ReLU",
        "3×3, stride 2, valid, ReLU",
    ):
        assert line in conv
    assert re.search("^784$", dense, re.M) and "1 002 000 parameters" in dense


def test_every_method_shows_what_it_does():
    texts = {name: said(model_figure(*system)) for name, system in SYSTEMS.items()}
    assert "γ · KL(p‖q)" in texts["tutorial-conv-joint"] and "mean squared error" in texts["tutorial-conv-joint"]
    assert "γ = 0.1" in texts["tutorial-conv-joint"] and "γ" not in texts["tutorial-dec"]
    assert "KL(p‖q)" in texts["tutorial-dec"] and "during pretraining" in texts["tutorial-dec"]
    assert "k-means on z" in texts["tutorial-autoencoder"] and "KL" not in texts["tutorial-autoencoder"]
    assert "k-means on pixels" in texts["kmeans-pixels"] and "Encoder" not in texts["kmeans-pixels"]


def test_the_table_has_every_layer_and_its_sums():
    table = layer_table(*SYSTEMS["tutorial-conv-joint"])
    assert table[0] == {
        "part": "encoder", "layer": "conv1", "kind": "Conv2D", "output shape": "14×14×32", "parameters": 832
    }  # fmt: skip
    assert table[-1]["kind"] == "ClusteringLayer" and table[-1]["parameters"] == 100
    assert n_parameters(table) == 276_079 and n_parameters(table, "encoder", "decoder") == 275_979
    assert [row["part"] for row in layer_table(*SYSTEMS["tutorial-autoencoder"])] == ["encoder"] * 4 + ["decoder"] * 4
    assert n_parameters(layer_table(*SYSTEMS["kmeans-pixels"])) == 0


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="30×30"):
        model_figure(RunConfig.make(dataset="own-test", autoencoder="conv_transpose"), (30, 30))


def cells(figure):
    return [int(text.get_text()) for text in figure.axes[0].texts]


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_the_heatmap_has_each_cluster_below_its_class():
    y, labels = np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 0, 0])
    counts = confusion(y, labels, 2)
    figure, unnamed = heatmap(counts, names=("a cat", "a dog")), heatmap(counts)
    assert cells(figure) == [2, 1, 0, 2]
    axes = figure.axes[0]
    assert ticks(axes.xaxis) == ["1", "0"] and ticks(axes.yaxis) == ["a cat", "a dog"]
    assert ticks(unnamed.axes[0].yaxis) == ["0", "1"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Clustering label", "True label") and axes.get_title()


def test_figures_leave_no_global_state():
    heatmap(confusion(np.array([0, 1]), np.array([0, 1]), 3))
    model_figure(*SYSTEMS["first-look"])
    import matplotlib.pyplot as plt  # seaborn has imported it

    assert plt.get_fignums() == []


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 6, 9, 3)])
def test_reconstructions_stand_below_their_originals(shape):
    images = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    figure = reconstruction_figure(images, 255 - images, "abc"[: len(images)])
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert np.array_equal(shown, [*images, *(255 - images)])
    assert [axes.get_title() for axes in figure.axes[: len(images)]] == list("abc"[: len(images)])


def test_reconstructions_of_other_images_are_refused():
    with pytest.raises(ValueError, match="one shape and a caption"):
        reconstruction_figure(np.zeros((2, 8, 8), np.uint8), np.zeros((2, 9, 9), np.uint8), "ab")
