"""What the four boxes of a run show at one moment, as their components take it: the same for all who watch.

Each part has a version, which is another one for another content. Nothing here draws on the screen.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import numpy as np

from dec_core.analysis.in_words import centers_in_words, matrix_in_words, sizes_in_words
from dec_core.analysis.metrics import cluster_sizes
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import most_mixed, thousands
from dec_core.config import RunConfig
from dec_core.figures.curves import curves_in_words
from dec_core.figures.palette import colours
from dec_core.methods import METHODS
from dec_core.reading.live_umap import LiveUmap, live_umap_stamp
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.history import History
from pages.shared.components import digit_row, digits_data, plot_data
from pages.shared.snapshot_view import (
    confusion_json,
    curves_json,
    embedding_frame,
    live_frame,
    newest,
    shown,
    sizes_json,
)

TOP, BOTTOM = 266, 222  # heights in pixels of the contents of the upper and lower boxes
MOST_LETTERS = 40  # of a class's name beside a box's question
COLOURS = ("digit", "cluster", "wrong")
SPACES = ("umap", "pca")


class Views:
    """The views of one run at one moment, or of none yet.

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
        self.umap, self.live = self._umap()

    def _umap(self) -> tuple[str | int, LiveUmap | None]:
        """The file of the newest snapshot's UMAP; else the stamp of a frame made while training, and the frame."""
        if self.newest is None:
            return "", None
        run = self.newest.run
        if run.umap_file or not self.clustered:
            return run.umap_file or "", None
        stamp = live_umap_stamp(run.folder)
        live = live_frame(run.folder, stamp, len(run.view))
        return (stamp, live) if live else ("", None)

    # -- which there are

    @property
    def labelled(self) -> bool:
        """Whether classes are known; before there is a run, as if they were."""
        return self.config is None or shown(self.config).y is not None

    @property
    def has_matrix(self) -> bool:
        """Whether there are clusters to count images in."""
        return self.clustered

    @property
    def has_curves(self) -> bool:
        """Whether there is something to draw of a network that learns."""
        trained = self.config is not None and METHODS[self.config.method].has_network
        return trained and bool(self.history.pretrain or self.history.end)

    @property
    def damage(self) -> str:
        """What cannot be read of the snapshots, in words."""
        if self.newest is None:
            return "All snapshots of this run are damaged and cannot be read." if self.history.snapshots else ""
        damaged = "The latest snapshot is damaged; the latest readable one is shown."
        return damaged if self.newest.run.n_unreadable else ""

    @cached_property
    def versions(self) -> dict[str, str]:
        """By part: a text that is another one for another content. Parts that cannot be drawn yet are not in it."""
        versions = {"curves": _hash(self.run_id, self.history.n_records)} if self.has_curves else {}
        if self.newest is None:
            return versions
        of_newest = self.newest.run.version, self.newest.number
        versions["digits"] = _hash(*of_newest)
        if self.clustered:
            versions |= dict.fromkeys(("matrix", "mixed") if self.labelled else ("matrix",), _hash(*of_newest))
        return versions | {
            f"points.{space}.{colour_by}": _hash(*of_newest, space == "umap" and self.umap, colour_by)
            for space in SPACES
            for colour_by in (COLOURS if self.labelled else COLOURS[1:2])
        }

    def frame(self, part: str) -> bytes:
        """What the browser is given of a part, one of those in `versions`."""
        kind, _, choices = part.partition(".")
        if kind == "points":
            return self.points(*choices.split("."))
        return json.dumps(getattr(self, kind)()).encode()

    # -- what they show

    def points(self, space: str, colour_by: str) -> bytes:
        """The frame of the embedding; by PCA where there is no UMAP, and without clusters by class."""
        colour_by = colour_by if self.clustered else "digit"  # without labels, grey
        umap, live = (self.umap, self.live) if space == "umap" else ("", None)
        return embedding_frame(*self._of_newest(), umap, colour_by, self.newest, live)

    def matrix(self) -> dict[str, str]:
        """The confusion matrix, or cluster sizes where classes are not known."""
        confusion, run = self.newest.confusion, self.newest.run
        if confusion is None:
            sizes = cluster_sizes(self.newest.labels, run.config.n_clusters)
            figure = sizes_json(*self._of_newest(), TOP, self.newest)
            return plot_data(figure, "Cluster sizes", sizes_in_words(sizes, run.letters))
        figure = confusion_json(*self._of_newest(), TOP, self.newest)
        return plot_data(figure, "Confusion matrix", matrix_in_words(confusion, run.classes, run.noun))

    def mixed(self) -> dict[str, Any]:
        """The larger error of the two classes that are mixed up most, as a link to its images."""
        mixed, names = most_mixed(self.newest.confusion), self.newest.run.classes
        if mixed is None:
            return {"label": "", "href": "", "of": []}
        true, cluster = names[mixed.true], self.newest.run.letters[mixed.cluster]
        one, other = (
            _cut(names[value]) for value in (mixed.true, mixed.other if mixed.true == mixed.one else mixed.one)
        )
        label = f"{thousands(mixed.n_wrong)} of the {one}s {'is' if mixed.n_wrong == 1 else 'are'} among the {other}s"
        query = urlencode({"run": self.run_id, "true": true, "cluster": cluster})
        return {"label": label, "href": f"inspect?{query}", "of": [true, cluster]}

    def curves(self) -> dict[str, str]:
        """Losses, scores and changes so far."""
        figure = curves_json(self.run_id, self.history.n_records, BOTTOM, self.history, self.config)
        return plot_data(figure, "Curves", curves_in_words(self.history))

    def digits(self) -> dict[str, Any]:
        """Images, their reconstructions, and the cluster centers."""
        data, trained = shown(self.config), METHODS[self.config.method].has_network
        rows = [digit_row("Images", data.examples, data.captions)]
        if trained:
            rows = [
                digit_row("Images, and below them their reconstructions", data.examples),
                digit_row("", self.newest.arrays["reconstructions"], data.captions),
            ]
        rows += [self._centers(trained=trained)] if self.clustered else []
        return digits_data(rows, "Reconstructions", self._digits_in_words(trained=trained))

    def _of_newest(self) -> tuple[str, int]:
        """What names the newest snapshot and all that is known of it."""
        return self.newest.run.version, self.newest.number

    def _centers(self, *, trained: bool) -> dict[str, Any]:
        run = self.newest.run
        by_name = np.argsort(run.cluster_order)
        sizes = cluster_sizes(self.newest.labels, len(by_name))[by_name]
        names = [f"{letter(i)}\n{thousands(size)}" for i, size in enumerate(sizes)]  # one line where it fits
        learns = trained and not METHODS[self.config.method].trains_decoder
        how = " (the decoder has not learned since pretraining)" if learns else ""
        title = f"Cluster centers, {'decoded' if trained else 'mean images'}{how}; cluster sizes"
        return digit_row(title, self.newest.arrays["decoded_centers"][by_name], names, colours(run.colour_by_place))

    def _digits_in_words(self, *, trained: bool) -> str:
        sentences = [f"{len(shown(self.config).examples)} images{' and their reconstructions' if trained else ''}."]
        if self.clustered:
            run = self.newest.run
            sentences.append(centers_in_words(self.newest.class_of, run.letters, run.classes))
        return " ".join(sentences)


def _cut(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[:MOST_LETTERS]}…"


def _hash(*made_of: Any) -> str:
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
