"""What a run costs, worked out by hand."""

import pytest

from dec_core.config import RunConfig
from dec_core.reading import cost as costs
from dec_core.reading.cost import Rates, cost, rates

DENSE = RunConfig.make(
    dataset="digits", hidden_units=(20, 10), latent_dim=5, batch_size=100, pretrain_epochs=3, max_iterations=60,
    update_interval=20,
)  # fmt: skip
ENCODER = 64 * 20 + 20 + 20 * 10 + 10 + 10 * 5 + 5
DECODER = 5 * 10 + 10 + 10 * 20 + 20 + 20 * 64 + 64


def test_a_dense_network_by_hand():
    needed = cost(DENSE, 1797, (8, 8))
    assert needed.n_parameters == ENCODER + DECODER
    assert (needed.batches_an_epoch, needed.pretrain_steps, needed.cluster_steps) == (18, 54, 60)
    assert needed.n_bytes == 1797 * (64 + 4 * 5)
    assert needed.work.pretraining == 3 * (ENCODER + DECODER) * 1797 * 3
    assert needed.work.centers == 0
    assert needed.work.clustering == 3 * ENCODER * 100 * 60 + ENCODER * 1797 * 3


def test_of_a_part_only_that_part_counts():
    assert cost(DENSE.changed(n_samples=200), 1797, (8, 8)).pretrain_steps == 3 * 2
    assert cost(DENSE.changed(n_samples=200), 150, (8, 8)).batches_an_epoch == 2


def test_a_decoder_that_is_trained_along_costs():
    joint = cost(DENSE.changed(method="joint"), 1797, (8, 8))
    assert joint.work.clustering - cost(DENSE, 1797, (8, 8)).work.clustering == 3 * DECODER * 100 * 60


def test_without_a_network_nothing_is_trained():
    needed = cost(DENSE.changed(method="kmeans"), 1797, (8, 8))
    assert (needed.n_parameters, needed.pretrain_steps, needed.cluster_steps) == (0, 0, 0)


MIXED = {"first_target": "umap_gmm"}


def test_of_umap_what_the_pretraining_does_not_hide_is_waited_for(monkeypatch):
    monkeypatch.setattr(costs, "BESIDE_UMAP", 2)
    each = Rates(1.0, 1.0, 1.0)
    monkeypatch.setattr(costs, "GRAPH", 8 * (ENCODER + DECODER))
    waited = [cost(DENSE.changed(**MIXED, pretrain_epochs=n), 1797, (8, 8)).seconds(each).centers for n in (1, 2)]
    assert waited == [1797 * 2 * (ENCODER + DECODER), 0]  # a step is 3 products, and takes twice as long beside UMAP
    alone = cost(DENSE.changed(method="umap_gmm"), 1797, (8, 8))
    assert alone.seconds(each).centers == alone.work.centers == 1797 * 8 * (ENCODER + DECODER)
    assert alone.seconds(each._replace(compiling=5.0)).centers == alone.work.centers + 5
    assert cost(DENSE, 1797, (8, 8)).seconds(each._replace(compiling=5.0)).centers == 0  # without a mixture


def test_deformed_images_are_compared_for_each_neighbor():
    def graph(features, image_shape):
        config = DENSE.changed(method="umap_gmm", features=features, n_neighbors=20)
        return cost(config, 1797, image_shape).work.centers

    for image_shape, share in (((28, 28), 1), ((8, 8), 8 * 8 / 28**2), ((64, 14, 3), 0.5)):  # of 28 x 28 places
        assert graph("pixels", image_shape) == graph("gradients", image_shape) == costs.GRAPH * 1797
        added = graph("deformed", image_shape) - graph("gradients", image_shape)
        assert added == pytest.approx(costs.DEFORMED * share * 3 * 20 * 1797)


def test_the_fastest_umap_counts_as_what_came_before_it_only_adds(monkeypatch):
    monkeypatch.setattr(costs, "_products_a_second", lambda: 1000.0)
    monkeypatch.setattr(costs, "umap_is_compiled", lambda: False)
    config = DENSE.changed(**MIXED)
    needed = cost(config, 1797, (8, 8))
    took = [{"pretraining": 1.0, "centers": n * needed.work.centers / 1000 - 1, "clustering": 1.0} for n in (5, 2, 3)]
    known = [(config, seconds, needed) for seconds in took]
    assert rates(config, []).centers == 0.001 and rates(config, []).compiling == costs.COMPILING
    assert rates(config, known[:1]).centers == 0.001  # perhaps it was compiled for this one
    assert rates(config, known).centers == pytest.approx(0.002) and rates(config, known).compiling == 0


def test_what_numba_keeps_is_looked_for_where_it_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not costs.umap_is_compiled()
    (tmp_path / "umap_0123").mkdir()
    (tmp_path / "umap_0123" / "layouts._nb_optimize_layout_euclidean_single_epoch-63.py311.nbi").touch()
    assert costs.umap_is_compiled()


def test_a_convolution_is_done_at_every_place():
    network = DENSE.changed(autoencoder="conv_transpose", filters=(4,), latent_dim=2, pretrain_epochs=1)
    encoder = (3 * 3 * 4 + 4) * 4 * 4 + (4 * 4 * 4 * 2 + 2)  # at each place of the 4 x 4 that stride 2 leaves
    assert costs._products(costs.architecture(network, (8, 8)).encoder, (8, 8, 1)) == encoder


def test_a_run_like_one_that_was_trained_takes_as_long():
    needed = cost(DENSE, 1797, (8, 8))
    known = [(DENSE, {"pretraining": 4.0, "clustering": 2.0}, needed)]
    assert sum(needed.seconds(rates(DENSE, known))) == pytest.approx(6.0) and rates(DENSE, known).measured
    twice = cost(DENSE.changed(pretrain_epochs=6), 1797, (8, 8))
    assert sum(twice.seconds(rates(DENSE, known))) == pytest.approx(10.0)


def test_others_say_nothing_of_another_kind_of_network(monkeypatch):
    monkeypatch.setattr(costs, "_products_a_second", lambda: 1000.0)
    monkeypatch.setattr(costs, "umap_is_compiled", lambda: True)
    needed = cost(DENSE, 1797, (8, 8))
    known = [(DENSE.changed(autoencoder="conv_transpose"), {"pretraining": 4.0}, needed)]
    of_network = DENSE.changed(precision="float32")
    assert rates(of_network, known) == (0.001, 0.001, 0.001, 0.0, False)
    monkeypatch.setattr(costs, "fast_precision", lambda: "bfloat16")
    assert rates(DENSE.changed(precision="auto"), known).clustering == 0.001 / costs.IN_BFLOAT16
    assert rates(of_network, known).clustering == 0.001
