"""As many clusters and numbers in z as a config allows: trained, shown and exported."""

import numpy as np
import pytest
from PIL import Image
from recorded_runs import recorded
from screens import app_over, opened_at

from dec_core.analysis.metrics import confusion
from dec_core.cli import main
from dec_core.figures.heatmap import heatmap
from dec_core.reading.run import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(small, tmp_path_factory) -> Run:
    root = tmp_path_factory.mktemp("many") / "runs"
    root.mkdir()
    most = small.changed(n_clusters=200, latent_dim=512, kmeans_n_init=1, pretrain_epochs=1, max_iterations=20)
    return Run.open(recorded(root, most))


@pytest.mark.parametrize("page", ["train", "inspect", "compare"])
def test_screens_show_very_many_clusters(page, run):
    chosen = {"runs": run.folder.id} if page == "compare" else {"run": run.folder.id}
    with app_over(run.folder.path.parent):
        at = opened_at(page, **chosen)
    assert not at.exception and not at.error


@pytest.mark.parametrize("kind", ["html", "notebook"])
def test_very_many_clusters_are_exported(kind, run, tmp_path):
    assert main(["export", str(run.folder.path), "--to", kind, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").stat().st_size > 1000


def test_figures_of_very_many_clusters_are_no_larger_than_a_wall(run):
    assert main(["figures", str(run.folder.path)]) == 0
    width, height = Image.open(run.folder.path / "figures" / "confusion.png").size
    assert max(width, height) < 8000


def test_a_heatmap_of_few_clusters_has_its_numbers_and_one_of_very_many_has_none():
    y = np.arange(400)
    few, many = (heatmap(confusion(y % k, y % k, k)) for k in (10, 200))
    assert len(few.axes[0].texts) == 100 and not many.axes[0].texts
