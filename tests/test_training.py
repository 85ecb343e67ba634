import dataclasses
import gc

import keras
import numpy as np
import pytest

from dec_core import machine
from dec_core.analysis.assignment import target_distribution
from dec_core.training import TrainingState, cluster, optimizers, pretrain, train
from dec_core.training.events import (
    CentersInitialized,
    ClusterProgress,
    Diverged,
    Finished,
    PretrainProgress,
    TargetUpdated,
)

pytestmark = pytest.mark.slow


def new_state(config):
    return TrainingState(config, (8, 8))


@pytest.fixture(scope="module")
def whole(small, digits):
    state = new_state(small)
    return state, list(train(state, digits.x))


def test_events_come_in_order_and_number(whole, small):
    _, events = whole
    kinds = [type(event) for event in events if not isinstance(event, ClusterProgress)]
    n_calls = 2  # 15 batches an epoch, ten in one call
    expected = [PretrainProgress] * small.pretrain_epochs * n_calls + [CentersInitialized] + [TargetUpdated] * 3
    assert kinds == [*expected, Finished]
    ended = [event.epoch for event in events if isinstance(event, PretrainProgress) and event.epoch_ended]
    assert ended == [1, 2, 3, 4, 5, 6]
    assert [event.iteration for event in events if isinstance(event, TargetUpdated)] == [0, 20, 40]
    assert [event.iteration for event in events if isinstance(event, ClusterProgress)] == [10, 20, 30, 40, 50, 60]


def test_it_learns(whole):
    _, events = whole
    losses = [event.loss for event in events if isinstance(event, PretrainProgress) and event.epoch_ended]
    assert losses[-1] < 0.7 * losses[0]


def test_steps_bring_q_closer_to_the_same_p(small, digits):
    state = new_state(small)
    kl = lambda p, q: np.mean(np.sum(p * np.log(p / q), axis=1))  # noqa: E731
    for event in train(state, digits.x):
        if isinstance(event, TargetUpdated):
            p, before = state.p, kl(state.p, state.q())
            assert event.kl_divergence == pytest.approx(before, abs=1e-5)
        if isinstance(event, ClusterProgress) and event.iteration == 20:
            break
    state.z = state.embed(digits.x)
    assert kl(p, state.q()) < 0.97 * before


def test_events_are_frozen_and_bring_labels(whole, digits):
    _, events = whole
    end = events[-1]
    assert end.reason == "max_iterations" and end.n_iterations == 60
    assert end.labels.shape == (len(digits.x),) and set(end.labels) <= set(range(10))
    with pytest.raises(dataclasses.FrozenInstanceError):
        end.reason = "tol"


def test_the_same_seed_gives_the_same_labels_twice(whole, small, digits):
    again = list(train(new_state(small), digits.x))[-1].labels
    assert np.array_equal(whole[1][-1].labels, again)
    other = list(train(new_state(small.changed(random_state=1)), digits.x))[-1].labels
    assert not np.array_equal(whole[1][-1].labels, other)


@pytest.fixture(scope="module")
def recipe(small, digits):
    """(config, events) of a run that draws distortions and lowers its learning rate."""
    config = small.changed(pretrain_augment=True, augment=True, learning_rate_decay="cosine")
    return config, list(train(new_state(config), digits.x))


@pytest.mark.parametrize("stop_at", [3, 18])  # in an epoch, between two updates; elsewhere: test_cuts
def test_a_run_cut_anywhere_goes_on_as_if_nothing_had_happened(recipe, digits, stop_at):
    config, uncut = recipe
    state = new_state(config)
    training = train(state, digits.x)
    seen = [next(training) for _ in range(stop_at)]
    training.close()
    resumed = TrainingState.from_arrays(config, (8, 8), state.to_arrays())
    rest = list(train(resumed, digits.x))
    assert [type(event) for event in seen + rest] == [type(event) for event in uncut]
    assert np.array_equal(rest[-1].labels, uncut[-1].labels)


@pytest.fixture(scope="module")
def taught(small, digits):
    """(config, state, events, p after each update) of a run whose first target is a mixture's."""
    config = small.changed(
        first_target="umap_gmm", first_target_steps=60, features="gradients", gmm_n_init=2,
        cluster_optimizer="adam", cluster_learning_rate=0.01, max_iterations=100,
    )  # fmt: skip
    state, events, targets = new_state(config), [], []
    for event in train(state, digits.x):
        events.append(event)
        if isinstance(event, CentersInitialized | TargetUpdated):
            targets.append(state.p.copy())
    return config, state, events, targets


def test_a_mixtures_target_is_held_and_then_sharpened_from_q(taught):
    _, _, events, (placed, *targets) = taught
    iterations = [event.iteration for event in events if isinstance(event, TargetUpdated)]
    assert iterations == [0, 20, 40, 60, 80]
    assert all(np.array_equal(p, placed) for p in targets[:3])
    assert not any(np.array_equal(p, placed) for p in targets[3:])
    assert all(np.allclose(p.sum(axis=1), 1, atol=1e-4) for p in targets)


def test_a_mixtures_groups_go_to_the_centers_that_share_most_with_them(taught):
    _, _, events, (placed, *_) = taught
    kmeans = next(event.labels for event in events if isinstance(event, CentersInitialized))
    groups = placed.argmax(axis=1)
    shared = np.mean(groups == kmeans)
    assert shared > 0.5
    assert all(shared > np.mean(np.roll(np.arange(10), turn)[groups] == kmeans) for turn in range(1, 10))


def test_the_network_learns_what_the_mixture_found(taught, digits):
    _, state, events, (placed, *_) = taught
    agreed = [np.mean(e.labels == placed.argmax(axis=1)) for e in events if isinstance(e, TargetUpdated)]
    assert agreed[3] > agreed[0] + 0.15
    assert np.array_equal(events[-1].labels, state.q().argmax(axis=1))


def test_a_run_taught_by_a_mixture_goes_on_where_it_was_cut(taught, digits):
    """Before the mixture is there; afterwards: test_cuts."""
    config, _, uncut, _ = taught
    state = new_state(config)
    training = train(state, digits.x)
    for event in training:
        if isinstance(event, PretrainProgress):
            break
    training.close()
    rest = list(train(TrainingState.from_arrays(config, (8, 8), state.to_arrays()), digits.x))
    assert np.array_equal(rest[-1].labels, uncut[-1].labels)


@pytest.mark.parametrize("changes", [{}, {"method": "joint", "augment": True}, {"method": "kmeans"}], ids=str)
def test_float32_is_seen_as_it_is_and_uint8_divided_by_255(small, digits, changes):
    x, config = digits.x[:600], small.changed(max_iterations=20, pretrain_epochs=1, **changes)
    of_levels, of_floats = new_state(config), new_state(config)
    floats = (x / 255).astype(np.float32)
    *_, last = train(of_levels, x)
    *_, of_floats_last = train(of_floats, floats)
    assert np.array_equal(last.labels, of_floats_last.labels)
    assert of_floats.cluster_centers == pytest.approx(of_levels.cluster_centers, abs=1e-4)
    assert of_floats.embed(floats) == pytest.approx(of_levels.embed(x), abs=1e-4)  # TensorFlow may multiply by 1/255


def test_what_is_finer_than_a_gray_level_and_beyond_0_to_1_is_kept(small):
    rng = np.random.default_rng(0)
    x = np.where(np.arange(300) % 2, 1, -1)[:, None] * 1e-4 + rng.normal(0, 1e-5, (300, 64))
    state = new_state(small.changed(method="kmeans", n_clusters=2))
    *_, last = train(state, x.astype(np.float32))
    assert np.array_equal(last.labels == last.labels[0], np.arange(300) % 2 == 0)
    assert np.array_equal(state.embed(x.astype(np.float32)), x.astype(np.float32))


def test_a_step_size_that_falls_ends_at_nothing(small, digits):
    config = small.changed(learning_rate_decay="cosine", pretrain_epochs=2)
    state = new_state(config)
    rates = []
    for event in train(state, digits.x):
        if isinstance(event, PretrainProgress):
            rates.append(float(state.start_optimizer("pretraining", 0).learning_rate))
    n = 30  # steps: 15 an epoch
    assert rates == pytest.approx([0.005 * 0.5 * (1 + np.cos(np.pi * i / n)) for i in (10, 15, 25, 30)], abs=1e-6)
    assert float(state.start_optimizer("clustering", 0).learning_rate) == pytest.approx(0, abs=1e-7)


def test_a_checkpoint_of_another_architecture_is_refused(whole, small):
    with pytest.raises(ValueError, match="another architecture"):
        TrainingState.from_arrays(small.changed(hidden_units=(128, 65)), (8, 8), whole[0].to_arrays())


def test_it_stops_by_tol(small, digits):
    events = list(train(new_state(small.changed(tol=0.5)), digits.x))
    assert events[-1].reason == "tol" and events[-1].n_iterations == 20
    assert np.array_equal(events[-1].labels, events[-2].labels)


def test_a_number_that_is_none_is_noticed_and_explained(small, digits):
    config = small.changed(pretrain_optimizer="sgd", pretrain_learning_rate=10.0, hidden_units=(512, 512, 512, 512))
    state = new_state(config)
    state.autoencoder.set_weights([100 * w for w in state.autoencoder.get_weights()])
    events = list(train(state, digits.x))
    assert isinstance(events[-1], Diverged) and len(events) < 20
    message = events[-1].message  # with the name of the form, and that of the config
    assert "the learning rate 10 for sgd in pretraining (pretrain_learning_rate); try 1, or adam with 0.001." in message


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (np.zeros((200, 63), np.uint8), r"received .* expected"),
        (np.zeros((200, 64)), r"received float64 .*, expected uint8 or float32 of shape \(n, 64\)"),
        (np.zeros((100, 64), np.uint8), r"batch_size: received 128, but there are only 100 images"),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(small, bad, said):
    with pytest.raises(ValueError, match=said):
        next(train(new_state(small), bad))


def test_labels_are_nowhere_in_training():
    import inspect

    assert list(inspect.signature(train).parameters) == ["state", "x", "known"]


def test_clustering_follows_the_tutorials_loop(small, digits):
    """The tutorial's loop, written with Keras's own predict and train_on_batch, gives the same weights and labels."""
    config = small.changed(cluster_optimizer="sgd", cluster_learning_rate=0.05, max_iterations=45)
    ours, theirs = new_state(config), new_state(config)
    for state in (ours, theirs):
        for _ in pretrain(state, digits.x):
            pass
        state.labels = np.zeros(len(digits.x), dtype=int)
        state.cluster_centers = state.embed(digits.x[:10])
        state.phase = "clustering"
    for _ in cluster(ours, digits.x):
        pass

    model, x, size = theirs.clustering_model, digits.x.astype("float32") / 255, config.batch_size
    model.compile(keras.optimizers.SGD(0.05, 0.9), "kld")
    index = 0
    for iteration in range(config.max_iterations):
        if iteration % config.update_interval == 0:
            p = target_distribution(model.predict(x, verbose=0))
        batch = slice(index * size, min((index + 1) * size, len(x)))
        model.train_on_batch(x[batch], p[batch])
        index = index + 1 if (index + 1) * size <= len(x) else 0

    for a, b in zip(ours.clustering_model.get_weights(), model.get_weights(), strict=True):
        assert a == pytest.approx(b, abs=2e-4)
    agree = np.mean(ours.labels == model.predict(x, verbose=0).argmax(axis=1))
    assert agree > 0.998


def test_pretraining_follows_keras_fit_on_the_same_batches(small, digits):
    config = small.changed(pretrain_epochs=2, pretrain_optimizer="sgd", pretrain_learning_rate=0.5)
    ours, theirs = new_state(config), new_state(config)
    for _ in pretrain(ours, digits.x):
        pass
    model, x, size = theirs.autoencoder, digits.x.astype("float32") / 255, config.batch_size
    model.compile(keras.optimizers.SGD(0.5, 0.9), "mse")
    for epoch in range(2):
        order = np.random.default_rng([config.random_state, epoch]).permutation(len(x))
        for first in range(0, len(x), size):
            rows = x[order[first : first + size]]
            model.train_on_batch(rows, rows)
    for a, b in zip(ours.autoencoder.get_weights(), model.get_weights(), strict=True):
        assert a == pytest.approx(b, abs=1e-4)


def placed(config, digits):
    """State and event where the centers are placed, from an untrained autoencoder."""
    state = new_state(config)
    state.phase = "centers"
    return state, next(event for event in train(state, digits.x) if isinstance(event, CentersInitialized))


def test_random_centers_are_the_z_of_images_that_the_seed_draws(small, digits):
    config = small.changed(center_init="random")
    state, event = placed(config, digits)
    squared = np.square(state.z[:, None] - state.cluster_centers).sum(axis=2)  # (n, n_clusters)
    drawn = squared.argmin(axis=0)
    assert squared.min(axis=0) == pytest.approx(0) and len(set(drawn)) == 10
    assert np.array_equal(event.labels, squared.argmin(axis=1)) and event.labels.dtype == np.int32
    assert event.inertia == pytest.approx(squared.min(axis=1).sum(), rel=1e-5)
    assert np.array_equal(placed(config, digits)[0].cluster_centers, state.cluster_centers)
    other, _ = placed(config.changed(random_state=1), digits)
    others = np.square(other.z[:, None] - other.cluster_centers).sum(axis=2).argmin(axis=0)
    assert set(others) != set(drawn)


def test_kmeans_places_centers_with_less_to_their_images_than_chance(small, digits):
    by_chance, drawn = placed(small.changed(center_init="random"), digits)
    by_kmeans, tight = placed(small, digits)
    assert np.array_equal(by_chance.z, by_kmeans.z) and tight.inertia < 0.9 * drawn.inertia


def test_a_run_from_random_centers_trains_to_its_end(small, digits):
    events = list(train(new_state(small.changed(center_init="random", pretrain_epochs=1)), digits.x))
    assert (
        isinstance(events[-1], Finished)
        and np.isfinite([e.loss for e in events if isinstance(e, ClusterProgress)]).all()
    )


def test_half_the_bits_give_the_same_labels(small, digits):
    """From one autoencoder and the same centers; in hidden layers only, so that z and losses stay float32."""
    state = new_state(small)
    for event in train(state, digits.x):
        if isinstance(event, CentersInitialized):
            begun = state.to_arrays()
            break
    ends = {}
    for precision in ("float32", "bfloat16"):
        ends[precision] = TrainingState.from_arrays(small.changed(precision=precision), (8, 8), begun)
        assert list(train(ends[precision], digits.x))[-1].n_iterations == 60
    exact, fast = ends["float32"], ends["bfloat16"]
    assert np.mean(exact.labels == fast.labels) > 0.99
    assert fast.z.dtype == fast.cluster_centers.dtype == np.float32
    difference = np.abs(exact.z - fast.z)
    assert 0 < difference.max() < 0.02 * exact.z.std()


@pytest.mark.parametrize(
    ("flags", "computed_in"),
    [
        ("fpu avx2 avx512f", "float32"),
        ("avx2 avx512_bf16", "bfloat16"),
        ("amx_bf16 amx_tile", "bfloat16"),
        ("", "float32"),
    ],
)
def test_precision_goes_by_the_processor_where_the_config_says_so(small, monkeypatch, flags, computed_in):
    monkeypatch.setattr(machine, "_cpuinfo", lambda field: flags if field == "flags" else "")
    by_precision = {p: new_state(small.changed(precision=p)) for p in ("auto", "float32", "bfloat16")}
    dtypes = {p: [layer.compute_dtype for layer in s.autoencoder.layers] for p, s in by_precision.items()}
    assert dtypes["auto"] == dtypes[computed_in] and dtypes["float32"] != dtypes["bfloat16"]


def test_half_the_bits_learn_as_well(whole, small, digits):
    losses = lambda events: [e.loss for e in events if isinstance(e, PretrainProgress) and e.epoch_ended]  # noqa: E731
    fast = losses(train(new_state(small.changed(precision="bfloat16")), digits.x))
    assert fast == pytest.approx(losses(whole[1]), rel=0.05) and fast != losses(whole[1])


def test_no_batch_is_empty_where_the_batch_size_divides_the_data(small, digits):
    """The tutorial's index runs one batch too far there; an empty batch would make the loss NaN."""
    events = list(train(new_state(small.changed(batch_size=128)), digits.x[: 128 * 10]))
    assert isinstance(events[-1], Finished)


def test_distortion_moves_ink_a_little_and_repeats_by_seed():
    import tensorflow as tf

    from dec_core.training.augmentation import distort

    rows = np.zeros((3, 784), np.float32)
    rows.reshape(3, 28, 28)[:, 10:18, 12:16] = 1.0
    first, again, other = (np.asarray(distort(rows, (28, 28), tf.constant([0, s]))) for s in (5, 5, 6))
    least = np.asarray(distort(rows, (28, 28), tf.constant([0, 5]), strength=0.01))
    assert np.abs(least - rows).max() < 0.1 < np.abs(first - rows).max()
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])  # each image its own
    assert first.min() >= 0 and first.max() <= 1
    assert first.sum(axis=1) == pytest.approx(rows.sum(axis=1), rel=0.3)
    y, x = np.mgrid[:28, :28]
    for image in first.reshape(3, 28, 28):
        assert (image * y).sum() / image.sum() == pytest.approx(13.5, abs=1.6)
        assert (image * x).sum() / image.sum() == pytest.approx(13.5, abs=1.6)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optimizers.SGD(0.3, 0.9), keras.optimizers.SGD(0.3, 0.9)),
        (optimizers.SGD(0.3), keras.optimizers.SGD(0.3)),
        (optimizers.Adam(0.02), keras.optimizers.Adam(0.02)),
        (
            optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 30)),
            keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 30)),
        ),
    ],
    ids=["sgd with momentum", "sgd", "adam", "adam with a schedule"],
)
def test_a_step_in_one_pass_is_that_of_keras(ours, theirs):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(7, 5)).astype(np.float32)
    our_weights, their_weights = keras.Variable(start), keras.Variable(start)
    ours.build([our_weights])
    theirs.build([their_weights])
    for _ in range(30):
        gradient = rng.normal(size=start.shape).astype(np.float32)
        ours.apply([gradient], [our_weights])
        theirs.apply([gradient], [their_weights])
        assert np.abs(np.asarray(our_weights) - np.asarray(their_weights)).max() < 1e-5  # of steps of .02 to .3
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        assert np.abs(np.asarray(mine) - np.asarray(other)).max() < 2e-6
    assert np.abs(np.asarray(our_weights) - start).max() > 0.1


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", pytest.param("adam", marks=pytest.mark.night), pytest.param("adadelta", marks=pytest.mark.night)],
)
def test_nothing_of_a_run_is_left_when_it_is_over(small, digits, optimizer):
    tiny = small.changed(hidden_units=(8,), pretrain_epochs=1, max_iterations=1, kmeans_n_init=1)
    before, during = n_graphs(), 0
    for event in train(new_state(tiny.changed(pretrain_optimizer=optimizer, cluster_optimizer=optimizer)), digits.x):
        during = n_graphs() if isinstance(event, ClusterProgress) else during
    assert n_graphs() == before < during


def n_graphs() -> int:
    """What TensorFlow has compiled and holds, with the images that went into it."""
    gc.collect()
    return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())


# -- around the mean image


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_the_mean_is_that_of_the_images_and_stays(small, digits, kind):
    x = digits.x if kind is np.uint8 else (digits.x / 255).astype(np.float32)
    state = new_state(small.changed(centered=True))
    before = {weight.path for weight in state.autoencoder.trainable_variables}
    list(train(state, x))
    first, last = state.encoder.get_layer("minus_mean").mean, state.decoder.get_layer("plus_mean").mean
    expected = digits.x.mean(axis=0) / 255
    assert np.asarray(first) == pytest.approx(expected, abs=1e-6) and np.array_equal(first, last)
    assert not {first.path, last.path} & before
    resumed = TrainingState.from_arrays(state.config, (8, 8), state.to_arrays())
    assert np.array_equal(resumed.embed(x), state.embed(x))


def test_what_is_added_to_all_images_alike_changes_nothing_around_the_mean(small, digits):
    """Worked by hand: (x + 3) - mean(x + 3) = x - mean(x), and a loss of differences is the same."""
    x = (digits.x / 255).astype(np.float32)
    ends = {}
    for centered in (True, False):
        config = small.changed(centered=centered, method="autoencoder", pretrain_epochs=3)
        for added in (0, 3):
            state = new_state(config)
            found = [e.loss for e in train(state, x + np.float32(added)) if isinstance(e, PretrainProgress)]
            ends[centered, added] = found[-1]
    assert ends[True, 3] == pytest.approx(ends[True, 0], rel=1e-3)
    assert abs(ends[False, 3] / ends[False, 0] - 1) > 0.1  # and it does without


def test_a_pretrained_autoencoder_brings_its_mean(small, digits):
    state = new_state(small.changed(centered=True))
    for _ in pretrain(state, digits.x):
        pass
    other = TrainingState.from_pretrained(state.config, (8, 8), state.to_arrays())
    assert np.array_equal(other.embed(digits.x), state.embed(digits.x))
