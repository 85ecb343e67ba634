"""The four boxes of the live view, each headed by the question it answers.

A box has its final height from the first paint, and says what will appear in it until it does.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.glossary import explained
from dec_core.methods import METHODS
from pages.shared import components, focus
from pages.shared.box import box, choice, to_come
from pages.shared.focus import inspect_next
from pages.shared.snapshot_view import shown
from pages.shared.text import escape
from pages.shared.views import BOTTOM, TOP, Views

COLOURS = {"digit": "digit", "cluster": "cluster", "wrong": "wrong"}

ABOUT_EMBEDDING = (
    "Each point is an image, placed by its z. The true digit or class is its label, which only colors the picture: the "
    f"network never sees it.\n\n{explained('pca', 'umap')}\n\n"
    "While the clusters form, UMAP is computed every few seconds of an even part of the images, each time from the "
    "layout before, so that points move with z; below the points it says of how many, and at which step.\n\n"
    "To zoom, scroll or use two fingers; to move, drag; *Show all* resets."
)
ABOUT_CONFUSION = (
    f"{explained('confusion_matrix', 'matching')}\n\n"
    "Rows are classes, columns clusters, in the order of the classes they are matched to, so that letters need not "
    "ascend; orange cells are errors. Click a cell to inspect its images."
)
ABOUT_SIZES = "How many images are in each cluster. Without labels there are no classes to compare them with."
ABOUT_CURVES = (
    "Left: the reconstruction error by epoch of pretraining; then, where the decoder learns along, both losses by "
    "gradient step. KL jumps at each target update, as p has just been sharpened, and falls as q follows.\n\n"
    "Right: accuracy, NMI, ARI and the share of images that changed cluster, by gradient step. Dashed lines: what "
    "k-means and UMAP with a Gaussian mixture reach without clustering in a network.\n\n"
    "The vertical line: before it the target p is the mixture's, after it p is computed from q. That p is much nearer "
    "to q, so KL drops there.\n\n"
    "Click a point to inspect that snapshot; triangles mark the largest changes."
)
ABOUT_DIGITS = (
    f"{explained('reconstruction')}\n\nCluster centers are decoded in the same way. The number beside a cluster's name "
    "is how many images it holds: the center of a nearly empty one decodes to a blur, as the decoder has seen no image "
    "near it."
)


class Boxes:
    """The boxes of one run, or of none yet.

    Parameters
    ----------
    views : Views
        What they show.
    number : int or None
        That of the moment, where browsers follow the run and fetch what comes later.
    url : str
        Below which they find it; that of the run's live view unless said otherwise.
    version : str
        Of all parts at this moment; "" where each has its own.
    """

    def __init__(self, views: Views, number: int | None = None, url: str = "", version: str = ""):
        self.views, self.number = views, number
        self.url, self.version = url or f"live/{quote(views.run_id or '')}", version
        self.run_id, self.config, self.newest = views.run_id, views.config, views.newest

    def show(self) -> None:
        """Draw all four."""
        if self.views.damage:
            st.warning(escape(self.views.damage), icon=":material/warning:")
        upper, lower = st.columns(2), st.columns(2)
        about = ABOUT_CONFUSION if self.views.labelled else ABOUT_SIZES
        with upper[0], box("embedding", "How do the groups come apart?", ABOUT_EMBEDDING) as controls:
            self._embedding(controls)
        with (
            upper[1],
            box("confusion", self._question(), about) as controls,
        ):
            self._confusion(controls)
        with lower[0], box("curves", "Is it getting better?", ABOUT_CURVES):
            self._curves()
        with lower[1], box("digits", "What does it see?", ABOUT_DIGITS):
            self._digits()

    def _followed(self, part: str) -> dict[str, Any] | None:
        """Where the browser finds later frames of a part, and which one this is."""
        if self.number is None:
            return None
        version = self.version or self.views.versions[part]
        return {"url": self.url, "part": part, "version": version, "number": self.number}

    def _embedding(self, controls: DeltaGenerator) -> None:
        if self.newest is None:
            to_come("Up to 10\u2009000 images as points, which separate into groups as the network learns.", TOP)
            return
        with controls:
            colour_by = "cluster"
            if self.views.labelled:
                names = COLOURS | {"digit": f"true {shown(self.config).kind}"}
                colour_by = choice("Color", names, "digit", "colour_by")
            space = _projection() if self.views.umap else st.session_state.get("projection", "umap")
        frame = self.views.points(space, colour_by)
        components.points(frame, "embedding", TOP, self._followed(f"points.{space}.{colour_by}"))

    def _question(self) -> str:
        if self.config is None or shown(self.config).kind == "digit":
            return "Which digits are mixed up?"
        return "Which classes are mixed up?" if self.views.labelled else "How large are the clusters?"

    def _confusion(self, controls: DeltaGenerator) -> None:
        if not self.views.has_matrix:
            counted = "images of each class" if self.views.labelled else "images"
            to_come(f"Once the centers are initialized: how many {counted} are in each cluster.", TOP)
            return
        data, followed = self.views.matrix(), self._followed("matrix")
        if not self.views.labelled:
            components.plot(*data.values(), "sizes", TOP, None, followed)
            return
        components.plot(*data.values(), "confusion", TOP, lambda cell: self._inspect(cell["of"]), followed)
        with controls:
            components.link_to_images(self.views.mixed(), "mixed", self._inspect, self._followed("mixed"))

    def _inspect(self, of: list[str]) -> None:
        """Look at the images of a class in a cluster, as what was clicked names them: it may be of a later moment."""
        true, cluster = of
        inspect_next(self.run_id, true=true, cluster=cluster)

    def _curves(self) -> None:
        if self.config is not None and not METHODS[self.config.method].has_network:
            to_come("No network is trained, so there are no curves.", BOTTOM)
        elif self.views.has_curves:
            data, followed = self.views.curves(), self._followed("curves")
            components.plot(*data.values(), "curves", BOTTOM, self._look_at, followed)
        else:
            to_come("First the reconstruction error, then accuracy, NMI and ARI.", BOTTOM)

    def _look_at(self, point: dict[str, Any]) -> None:
        """Open the moment of a point of the curves: its epoch, or its gradient step."""
        clustered = point["panel"] == "x2"
        upto = [
            number
            for number, taken in enumerate(focus.reader(self.run_id).refresh().snapshots)
            if taken["clustered"] == clustered and taken["iteration" if clustered else "epoch"] <= point["x"]
        ]
        if upto:
            inspect_next(self.run_id, moment=str(upto[-1]))

    def _digits(self) -> None:
        if self.newest is None:
            to_come("Digits, their reconstructions, and the decoded cluster centers.", BOTTOM)
            return
        components.digits(*self.views.digits().values(), "digits", BOTTOM, self._followed("digits"))


def _projection() -> str:
    """UMAP, or PCA for who has chosen it, now or in an earlier run."""
    state = st.session_state
    state.projection = choice("Projection", {"umap": "UMAP", "pca": "PCA"}, state.get("projection", "umap"), "space")
    return state.projection
