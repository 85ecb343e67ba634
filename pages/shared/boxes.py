"""The four boxes of the live view, each headed by the question it answers.

A box has its final height from the first paint, and says what will appear in it until it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.analysis.in_words import centers_in_words, matrix_in_words, sizes_in_words
from dec_core.analysis.metrics import cluster_sizes
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import MixedUp, most_mixed, thousands
from dec_core.config import RunConfig
from dec_core.figures.curves import curves_in_words
from dec_core.figures.palette import colours
from dec_core.glossary import explained
from dec_core.methods import METHODS
from dec_core.reading.live_umap import LiveUmap, live_umap_stamp
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.history import History
from pages.shared import components
from pages.shared.box import box, choice, to_come
from pages.shared.focus import inspect_next
from pages.shared.snapshot_view import (
    confusion_json,
    curves_json,
    embedding_frame,
    live_frame,
    newest,
    shown,
    sizes_json,
)
from pages.shared.text import escape

TOP, BOTTOM = 266, 222  # heights in pixels of the contents of the upper and lower boxes
MOST_LETTERS = 40  # of a class's name beside a box's question
COLOURS = {"digit": "digit", "cluster": "cluster", "wrong": "wrong"}

ABOUT_EMBEDDING = (
    "Each point is an image, placed by its z. The true digit or class is its label, which only colors the picture: the "
    f"network never sees it.\n\n{explained('pca', 'umap')}\n\n"
    "While the clusters form, UMAP is computed every few seconds of an even part of the images, each time from the "
    "layout before, so that points move with z; below the points it says of how many, and at which step.\n\n"
    "Scroll to zoom, drag to move, double-click to reset."
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
        about = ABOUT_CONFUSION if self._labelled() else ABOUT_SIZES
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

    def _embedding(self, controls: DeltaGenerator) -> None:
        if self.newest is None:
            to_come("Up to 10\u2009000 images as points, which separate into groups as the network learns.", TOP)
            return
        labelled, umap, live = shown(self.config).y is not None, *self._umap()
        with controls:
            colour_by = "cluster"
            if labelled:
                names = COLOURS | {"digit": f"true {shown(self.config).kind}"}
                colour_by = choice("Color", names, "digit", "colour_by")
            space = _projection() if umap else "pca"
        if not self.clustered:
            colour_by = "digit"  # there are no clusters yet; without labels, grey
        umap, live = (umap, live) if space == "umap" else ("", None)
        frame = embedding_frame(*self._of_newest(), umap, colour_by, self.newest, live)
        components.points(frame, "embedding", TOP)

    def _umap(self) -> tuple[str | int, LiveUmap | None]:
        """The file of the newest snapshot's UMAP; else the stamp of a frame made while training, and the frame."""
        run = self.newest.run
        if run.umap_file or not self.clustered:
            return run.umap_file or "", None
        stamp = live_umap_stamp(run.folder)
        live = live_frame(run.folder, stamp, len(run.view))
        return (stamp, live) if live else ("", None)

    def _what_is_damaged(self) -> None:
        if self.newest is None and self.history.snapshots:
            st.warning("All snapshots of this run are damaged and cannot be read.", icon=":material/warning:")
        elif self.newest is not None and self.newest.run.n_unreadable:
            message = "The latest snapshot is damaged; the latest readable one is shown."
            st.warning(message, icon=":material/warning:")

    def _of_newest(self) -> tuple[str, int]:
        """What names the newest snapshot and all that is known of it."""
        return self.newest.run.version, self.newest.number

    def _question(self) -> str:
        if self.config is None or shown(self.config).kind == "digit":
            return "Which digits are mixed up?"
        return "Which classes are mixed up?" if self._labelled() else "How large are the clusters?"

    def _labelled(self) -> bool:
        """Whether classes are known; before there is a run, as if they were."""
        return self.config is None or shown(self.config).y is not None

    def _confusion(self, controls: DeltaGenerator) -> None:
        if not self.clustered:
            counted = "images of each class" if self._labelled() else "images"
            to_come(f"Once the centers are initialized: how many {counted} are in each cluster.", TOP)
            return
        confusion = self.newest.confusion
        if confusion is None:
            figure = sizes_json(*self._of_newest(), TOP, self.newest)
            sizes = cluster_sizes(self.newest.labels, self.newest.run.config.n_clusters)
            finding = sizes_in_words(sizes, self.newest.run.letters)
            components.plot(figure, "Cluster sizes", finding, "sizes", TOP)
            return
        names, letters = self.newest.run.classes, self.newest.run.letters
        finding = matrix_in_words(confusion, names, self.newest.run.noun)
        figure = confusion_json(*self._of_newest(), TOP, self.newest)

        def clicked(cell: dict[str, Any]) -> None:
            row, column = confusion.classes[int(cell["y"])], confusion.clusters[int(cell["x"])]
            inspect_next(self.run_id, true=names[row], cluster=letters[column])

        components.plot(figure, "Confusion matrix", finding, "confusion", TOP, clicked)
        mixed = most_mixed(confusion)
        if mixed:
            with controls:
                self._worth_a_look(mixed, names, letters)

    def _worth_a_look(self, mixed: MixedUp, names: Sequence[str], letters: list[str]) -> None:
        """The larger error of the two classes that are mixed up most, one click away."""
        other = mixed.other if mixed.true == mixed.one else mixed.one
        ones, others = (escape(names[value], MOST_LETTERS) for value in (mixed.true, other))
        label = f"{thousands(mixed.n_wrong)} of the {ones}s {'is' if mixed.n_wrong == 1 else 'are'} among the {others}s"
        query = {"run": self.run_id, "true": names[mixed.true], "cluster": letters[mixed.cluster]}
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
            to_come("First the reconstruction error, then accuracy, NMI and ARI.", BOTTOM)

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
            to_come("Digits, their reconstructions, and the decoded cluster centers.", BOTTOM)
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
            decoded = self.newest.arrays["decoded_centers"][by_name]
            sizes = cluster_sizes(self.newest.labels, len(by_name))[by_name]
            names = [f"{letter(i)}\n{thousands(size)}" for i, size in enumerate(sizes)]  # one line where it fits
            learns = trained and not METHODS[self.config.method].trains_decoder
            how = " (the decoder has not learned since pretraining)" if learns else ""
            title = f"Cluster centers, {'decoded' if trained else 'mean images'}{how}; cluster sizes"
            rows.append(components.digit_row(title, decoded, names, colours(self.newest.run.colour_by_place)))
        components.digits(rows, "Reconstructions", self._digits_in_words(trained=trained), "digits", BOTTOM)

    def _digits_in_words(self, *, trained: bool) -> str:
        sentences = [f"{len(shown(self.config).examples)} images{' and their reconstructions' if trained else ''}."]
        if self.clustered:
            run = self.newest.run
            sentences.append(centers_in_words(self.newest.class_of, run.letters, run.classes))
        return " ".join(sentences)


def _projection() -> str:
    """UMAP, or PCA for who has chosen it, now or in an earlier run."""
    state = st.session_state
    state.projection = choice("Projection", {"umap": "UMAP", "pca": "PCA"}, state.get("projection", "umap"), "space")
    return state.projection
