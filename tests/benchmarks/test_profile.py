"""python -m benchmarks profile: where the time goes."""

import pytest

from dec_core.config import RunConfig

pytestmark = pytest.mark.slow


def test_the_profile_says_where_the_time_of_a_run_goes(small):
    from benchmarks.profile import PARTS, _phases

    found, total = _phases(small.changed(pretrain_epochs=2, max_iterations=40))
    assert set(found) == {*PARTS, "the rest"} and sum(found.values()) == pytest.approx(total)
    assert min(found.values()) >= 0
    for phase in ("gradient steps, autoencoder", "gradient steps, clustering", "k-means on z", "q, p and labels"):
        assert found[phase] > 0
    assert found["waiting at the end for what runs beside"] > 0
    assert found["waiting for UMAP and the mixture"] == 0


def test_what_a_phase_calls_of_another_by_way_of_a_third_counts_once(monkeypatch):
    from benchmarks import profile

    now = iter(range(100))
    monkeypatch.setattr(
        profile, "PARTS", {"outer": [("test_profile.py", "_outer")], "inner": [("test_profile.py", "_inner")]}
    )
    monkeypatch.setattr(profile.time, "perf_counter", lambda: next(now))
    profile._phase.cache_clear()
    with profile.PhaseClock() as clock:  # the clock is read at every border: one second from each to the next
        _outer()
        assert list(_inner()) == [1]
    profile._phase.cache_clear()
    assert clock.seconds == {"outer": 3, "inner": 4, "the rest": 4}


def _outer():
    return _between()


def _between():
    return list(_inner())


def _inner():
    yield 1


def test_the_profile_says_which_operations_a_step_is_made_of(small):
    from benchmarks.profile import OPERATIONS, SHORT, _clustering, _operations, _pretraining
    from dec_core.data import load
    from dec_core.training import TrainingState

    x = load("mnist", 1024).x
    for events in (_pretraining, _clustering):
        state = TrainingState(
            small.changed(dataset="mnist", n_samples=1024, hidden_units=(256, 256), **SHORT), (28, 28)
        )
        found, wall = _operations(events(state, x))
        assert set(found) <= {*OPERATIONS, "the rest"} and min(found.values()) > 0 < wall
        assert found["products and convolutions"] > 0.1 * sum(found.values()) and found["optimizer"] > 0


def test_the_products_of_an_image_are_counted():
    from benchmarks.roofline import operations_of_an_image
    from dec_core.training import TrainingState

    dense = TrainingState(RunConfig.make(hidden_units=(500,)), (28, 28))
    encoder = 2 * (784 * 500 + 500 * 10)
    assert operations_of_an_image(dense, clustering=True) == 4 * encoder - 2 * 784 * 500
    assert operations_of_an_image(dense, clustering=False) == 6 * encoder - 2 * 784 * 500
    conv = TrainingState(RunConfig.make(autoencoder="conv_transpose", filters=(32, 64, 128)), (28, 28))
    first, second, third = 14 * 14 * 32 * 25, 7 * 7 * 64 * 25 * 32, 3 * 3 * 128 * 9 * 64  # 28 -> 14 -> 7 -> 3
    encoder = 2 * (first + second + third + 1152 * 10)
    assert operations_of_an_image(conv, clustering=True) == 4 * encoder - 2 * first


def test_the_bytes_of_a_step_are_counted():
    from benchmarks.roofline import bytes_of_a_step
    from dec_core.training import TrainingState

    in_float32 = TrainingState(RunConfig.make(hidden_units=(500,)), (28, 28))
    hidden, z, back, pixels = 784 * 500 + 500, 500 * 10 + 10, 10 * 500 + 500, 500 * 784 + 784  # weights
    outputs = 256 * (500 + 10 + 500 + 784)
    # each weight read twice, its gradient written; then the optimizer: three read, two written
    assert bytes_of_a_step(in_float32, clustering=False) == 32 * (hidden + z + back + pixels) + 40 * outputs
    # an eighth of the 2048 images of a pass for z: an eighth of the weights; outputs written and read
    trained, passed = 32 * (hidden + z) + 40 * 256 * 510, 4 * (hidden + z) / 8 + 8 * 256 * 510
    assert bytes_of_a_step(in_float32, clustering=True) == trained + passed
    in_bfloat16 = TrainingState(RunConfig.make(hidden_units=(500,), precision="bfloat16"), (28, 28))
    # half of it where products are, casts there (read 4, written 2) and back (2, 4); z as before
    expected = 38 * (hidden + back + pixels) + 20 * (outputs - 2560) + 32 * z + 40 * 2560
    assert bytes_of_a_step(in_bfloat16, clustering=False) == expected


def test_both_limits_of_a_machine_are_measured(monkeypatch):
    from benchmarks import roofline

    monkeypatch.setattr(roofline, "LARGE", 64)
    monkeypatch.setattr(roofline, "COPIED", 2**20)
    monkeypatch.setattr(roofline.peers, "seconds", lambda work: work() or 0.5)  # whatever the machine takes
    assert roofline.fastest_product("float32") == pytest.approx(2 * 64**3 * roofline.REPEATS / 0.5 / 1e9)
    assert roofline.bandwidth() == pytest.approx(2 * 2**20 * roofline.REPEATS / 0.5 / 1e9)
