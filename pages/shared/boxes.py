"""The four boxes of the live view, each headed by the question it answers.

A box has its final height from the first paint, and says what will appear in it until it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.analysis.metrics import Confusion
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import most_mixed, thousands, verdict
from dec_core.config import RunConfig
from dec_core.figures.curves import curves_in_words
from dec_core.figures.palette import colour
from dec_core.methods import METHODS
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.history import History
from pages.shared import components
from pages.shared.box import box, choice, to_come
from pages.shared.focus import inspect_next
from pages.shared.snapshot_view import confusion_json, curves_json, embedding_frame, newest, shown, sizes_json
from pages.shared.text import escape

TOP, BOTTOM = 284, 222  # heights in pixels of the contents of the upper and lower boxes
MOST_LETTERS = 40  # of a class's name beside a box's question
COLOURS = {"digit": "digit", "cluster": "cluster", "wrong": "wrong"}

ABOUT_EMBEDDING = (
    "Each point is an image, placed by its z. PCA: the plane in which z varies most. "
    "UMAP: neighbours stay neighbours (McInnes, Healy and Melville 2018). "
    "Wheel to zoom, drag to move, double click to go back."
)
ABOUT_CONFUSION = (
    "Rows are true digits, columns clusters, matched one to one so that the diagonal holds as many as it can "
    "(Hungarian method). Orange cells are errors. Click a cell to see its images."
)
ABOUT_CURVES = (
    "Left: the mean squared error of the autoencoder. Right: accuracy, NMI, ARI and the share of images that "
    "changed cluster; dashed, what k-means reaches on pixels and on z, and UMAP and a mixture without any network. "
    "At the foot: where p is that of the mixture, and where it is made from q. Click a point to look at that moment; "
    "triangles mark the largest changes."
)
ABOUT_DIGITS = "What the decoder makes of the z of an image, and of the cluster centers."


class Boxes:
    """The boxes of one run, or of none yet.

    Parameters
    ----------
    run_id : str or None
    history : History
    config : RunConfig or None
        The run's own.
    """

    def __init__(self, run_id: str | None, history: History, config: RunConfig | None):
        self.run_id, self.history, self.config = run_id, history, config
        self.newest: Snapshot | None = newest(run_id) if history.snapshots else None
        self.clustered = self.newest is not None and self.newest.clustered

    def show(self) -> None:
        """Draw all four."""
        self._what_is_damaged()
        upper, lower = st.columns(2), st.columns(2)
        with upper[0], box("embedding", "How do the groups come apart?", ABOUT_EMBEDDING) as beside:
            self._embedding(beside)
        with upper[1], box("confusion", self._question(), ABOUT_CONFUSION) as beside:
            self._confusion(beside)
        with lower[0], box("curves", "Is it getting better?", ABOUT_CURVES):
            self._curves()
        with lower[1], box("digits", "What does it see?", ABOUT_DIGITS):
            self._digits()

    def _embedding(self, beside: DeltaGenerator) -> None:
        if self.newest is None:
            to_come("Up to 10\u2009000 images as points that part into groups as the network learns.", TOP)
            return
        labelled, umap_file = shown(self.config).y is not None, self.newest.run.umap_file
        with beside:
            colour_by = "cluster"
            if labelled:
                names = COLOURS | {"digit": shown(self.config).kind}
                colour_by = choice("Colour", names, "digit", "colour_by")
            space = choice("Projection", {"umap": "UMAP", "pca": "PCA"}, "umap", "space") if umap_file else "pca"
        if not self.clustered:
            colour_by = "digit"  # there are no clusters yet; without labels, grey
        umap_file = umap_file if space == "umap" else None
        frame = embedding_frame(*self._of_newest(), umap_file, colour_by, self.newest)
        components.points(frame, "embedding", TOP)

    def _what_is_damaged(self) -> None:
        if self.newest is None and self.history.snapshots:
            st.warning("No snapshot of this run can be read: they are damaged.", icon=":material/warning:")
        elif self.newest is not None and self.newest.run.n_unreadable:
            said = "The newest snapshot is damaged; the newest one that can be read is shown."
            st.warning(said, icon=":material/warning:")

    def _of_newest(self) -> tuple[str, int]:
        """What names the newest snapshot and all that is known of it."""
        return self.newest.run.version, self.newest.number

    def _question(self) -> str:
        if self.config is None or shown(self.config).kind == "digit":
            return "Which digits are mixed up?"
        return "How large are the clusters?" if shown(self.config).y is None else "Which classes are mixed up?"

    def _confusion(self, beside: DeltaGenerator) -> None:
        if not self.clustered:
            to_come("Once the centers are placed: which digit lies in which cluster.", TOP)
            return
        found = self.newest.confusion
        if found is None:
            figure = sizes_json(*self._of_newest(), TOP, self.newest)
            components.plot(figure, "Cluster sizes", "Sizes of the clusters", "sizes", TOP)
            return
        names, pair = self.newest.run.classes, most_mixed(found)
        words = verdict(found, names, "images")
        if pair:
            words = f"{names[pair[0]]} and {names[pair[1]]} are mixed most: {pair[2]} images, either way."
        letters = self.newest.run.letters
        figure = confusion_json(*self._of_newest(), TOP, self.newest)

        def clicked(cell: dict[str, Any]) -> None:
            row, column = found.classes[int(cell["y"])], found.clusters[int(cell["x"])]
            inspect_next(self.run_id, true=names[row], cluster=letters[column])

        components.plot(figure, "Confusion matrix", words, "confusion", TOP, clicked)
        if pair:
            with beside:
                self._worth_a_look(found, names, letters)

    def _worth_a_look(self, found: Confusion, names: Sequence[str], letters: list[str]) -> None:
        """The cell with the most errors, one click away."""
        n = found.n_matched
        wrong = np.where(found.right, 0, found.counts)[:n, :n]
        i, j = np.unravel_index(wrong.argmax(), wrong.shape)
        one, other = (escape(names[found.classes[cell]], MOST_LETTERS) for cell in (i, j))
        label = f"{thousands(wrong[i, j])} of the {one}s lie with the {other}s"
        query = {"run": self.run_id, "true": names[found.classes[i]], "cluster": letters[found.clusters[j]]}
        st.page_link(
            "inspect/inspect.py",
            label=label,
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=query,
        )

    def _curves(self) -> None:
        if self.config is not None and not METHODS[self.config.method].has_network:
            to_come("No network is trained, so there are no curves.", BOTTOM)
        elif self.history.pretrain or self.history.end:
            figure = curves_json(self.run_id, self.history.n_records, BOTTOM, self.history, self.config)
            components.plot(figure, "Curves", curves_in_words(self.history), "curves", BOTTOM, self._look_at)
        else:
            to_come("Curves: first the error of the autoencoder, then how well clusters and digits agree.", BOTTOM)

    def _look_at(self, point: dict[str, Any]) -> None:
        """Open the moment of a point of the curves: its epoch, or its gradient step."""
        clustered = point["panel"] == "x2"
        upto = [
            number
            for number, taken in enumerate(self.history.snapshots)
            if taken["clustered"] == clustered and taken["iteration" if clustered else "epoch"] <= point["x"]
        ]
        if upto:
            inspect_next(self.run_id, moment=str(upto[-1]))

    def _digits(self) -> None:
        if self.newest is None:
            to_come("Digits, what the autoencoder makes of them, and what each cluster center looks like.", BOTTOM)
            return
        data = shown(self.config)
        trained = METHODS[self.config.method].has_network
        rows = [components.digit_row("Images", data.examples, data.captions)]
        if trained:
            rows = [
                components.digit_row("Images, and below them their reconstructions", data.examples),
                components.digit_row("", self.newest.arrays["reconstructions"], data.captions),
            ]
        if self.clustered:
            by_name = np.argsort(self.newest.run.cluster_order)
            numbers = range(len(by_name))
            decoded, names = self.newest.arrays["decoded_centers"][by_name], [letter(i) for i in numbers]
            title = "Cluster centers, decoded" if trained else "Cluster centers: the mean of their images"
            rows.append(components.digit_row(title, decoded, names, [colour(i) for i in numbers]))
        words = "Images, their reconstructions and the decoded cluster centers" if trained else "Images and mean images"
        components.digits(rows, "Reconstructions", words, "digits", BOTTOM)
