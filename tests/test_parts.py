"""Very many images: what is found on a part of them, what is computed block by block, in which order files are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.even_part import MANY, PART, part_of_many
from dec_core.training import TrainingState, parts, train
from dec_core.training.events import CentersInitialized, Finished, TargetUpdated


@given(st.integers(1, 3000), st.integers(0, 5), st.integers(0, 3))
def test_every_image_is_seen_once_an_epoch_in_memory_and_in_a_file(n, seed, epoch):
    mapped = np.zeros((n, 1), np.uint8).view(np.memmap)
    for x in (np.zeros((n, 1), np.uint8), mapped):
        order = parts.shuffled(x, seed, epoch)
        assert sorted(order.tolist()) == list(range(n))
        assert np.array_equal(order, parts.shuffled(x, seed, epoch))


def test_a_file_is_read_in_pieces_that_are_shuffled_with_others(monkeypatch):
    monkeypatch.setattr(parts, "PIECE", 4)
    monkeypatch.setattr(parts, "PIECES", 8)
    order = parts.shuffled(np.zeros((640, 1), np.uint8).view(np.memmap), 0, 0)
    first = {int(i) // 4 for i in order[:32]}  # of eight pieces, whole ones, from all over the file
    assert len(first) == 8 and max(first) - min(first) > 20
    assert not np.array_equal(order[:32], np.sort(order[:32]))
    assert not np.array_equal(order, parts.shuffled(np.zeros((640, 1), np.uint8).view(np.memmap), 0, 1))


@given(st.integers(1, 1_000_000))
def test_blocks_are_all_samples_and_a_part_lies_evenly_in_them(n):
    assert [i for block in parts.blocks(n) for i in (block.start, block.stop)][-1] == n
    assert sum(block.stop - block.start for block in parts.blocks(n)) == n
    index = np.arange(n)[part_of_many(n)]
    assert len(index) == (n if n <= MANY else PART)
    assert index[0] == 0 and index[-1] == n - 1 and (np.diff(index) > 0).all()


@pytest.mark.slow
def test_in_blocks_a_run_is_what_it_is_as_a_whole(small, digits, monkeypatch):
    whole, blocked = TrainingState(small, (8, 8)), TrainingState(small, (8, 8))
    events = list(train(whole, digits.x))
    monkeypatch.setattr(parts, "BLOCK", 37)
    others = list(train(blocked, digits.x))
    assert [type(event) for event in events] == [type(event) for event in others]
    assert np.array_equal(whole.labels, blocked.labels)
    assert blocked.p == pytest.approx(whole.p, abs=1e-5)
    losses = [[event.kl_divergence for event in each if isinstance(event, TargetUpdated)] for each in (events, others)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.slow
def test_of_many_images_centers_come_from_a_part_and_all_have_labels(small, digits, many):
    trained = TrainingState(small, (8, 8))
    events = list(train(trained, digits.x))
    placed = next(event for event in events if isinstance(event, CentersInitialized))
    assert len(placed.labels) == len(trained.labels) == len(trained.p) == len(digits.x)
    nearest = np.square(trained.z[:, None] - trained.cluster_centers).sum(axis=2).argmin(axis=1)
    assert np.array_equal(nearest, trained.labels) and isinstance(events[-1], Finished)


@pytest.mark.slow
def test_a_first_target_of_many_images_is_held_on_its_part_then_all_have_one(small, digits, many):
    config = small.changed(
        first_target="umap_gmm", first_target_steps=20, update_interval=10, max_iterations=40, tol=0.0
    )
    whole, cut = TrainingState(config, (8, 8)), TrainingState(config, (8, 8))
    sizes = [len(whole.p) for event in train(whole, digits.x) if isinstance(event, TargetUpdated)]
    assert sizes == [50, 50, len(digits.x), len(digits.x)]

    for event in train(cut, digits.x):  # resumed while the target is held
        if isinstance(event, TargetUpdated) and event.iteration == 10:
            break
    resumed = TrainingState.from_arrays(config, (8, 8), cut.to_arrays())
    list(train(resumed, digits.x))
    assert np.array_equal(resumed.labels, whole.labels) and np.array_equal(resumed.z, whole.z)


@pytest.mark.slow
def test_without_a_network_many_images_are_refused(small, digits, many):
    with pytest.raises(ValueError, match=r"received umap_gmm for .* expected at most 150"):
        next(train(TrainingState(small.changed(method="umap_gmm"), (8, 8)), digits.x))
