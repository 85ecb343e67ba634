"""python -m benchmarks live-umap, on a small run."""

import numpy as np
import pytest

from benchmarks import live_umap
from dec_core.analysis.projection import pca_plane
from dec_core.work import live_umap as frames

pytestmark = pytest.mark.slow


@pytest.mark.night  # it trains twice
def test_it_measures_frames_slowdown_and_steadiness(small, monkeypatch):
    monkeypatch.setattr(frames.LiveUmap, "offer", at_once)
    monkeypatch.setattr(live_umap, "AFTER", 1)
    monkeypatch.setattr(live_umap, "BLOCK", 2)
    figures = live_umap.measure(small.changed(pretrain_epochs=1, update_interval=5), 1)
    assert figures["n_points"] == figures["snapshot_points"] == 1797 and figures["frames_a_minute"] > 0
    assert len(figures["slowdowns"]) == 4 and figures["slowdowns"][0] > 0  # of five blocks
    assert figures["wandering"] < figures["wandering_independent"]
    said = live_umap.table({"preset": "small", "processor": "P", **figures})
    assert said.startswith("P.\n\n| small | |\n|---|---|\n| points in a frame | 1797 |")
    assert "nan" not in said


def at_once(self, z, labels, iteration, plane):
    """Lays out what is offered while training waits, so that there are frames however slow the machine is."""
    z = z[self._samples]
    self._start = pca_plane(z)
    self._frame(z, labels[self._samples].astype(np.uint8), iteration)
