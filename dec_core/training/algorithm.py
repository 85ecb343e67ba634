"""Deep Embedded Clustering, from images to clusters (Xie, Girshick and Farhadi 2016).

    1. pretrain            train the autoencoder to reproduce the images            section 3.2
    2. initialize_centers  k-means on z = encoder(x) places the cluster centers     section 3.2
                           (center_init="random": they are the z of images drawn at random)
    3. cluster             repeat: q = t-kernel(z, centers)                         equation 1
                                   p = sharpened q, over all samples                equation 3
                                   some steps of gradient descent on KL(p || q)     equations 2, 4, 5
                           until fewer than `tol` of the samples change cluster, or
                           `max_iterations` gradient steps are done

The config's `method` says how far to go: "dec" is all of it; "joint" trains encoder, decoder and centers
on gamma * KL(p || q) + mean squared error (the tutorial, 9.8; IDEC, Guo et al. 2017; with convolutions
DCEC, Guo et al. 2017); "autoencoder" ends with step 2; "kmeans" is step 2 on pixels; "umap_gmm" finds
the groups in a UMAP of the images by a Gaussian mixture. The last two train no network. What step 3
minimises, and what it updates, is the method's: a file each in `methods/`, of which `toward_target.py` has
the equations above; `dcn.py` and `vade.py` have those of other papers.

With `first_target="umap_gmm"` the responsibilities of that mixture are the first p, held for
`first_target_steps`, in which `tol` ends nothing; then p is equation 3 again. q and z are the
network's own throughout.

Centers and the first target of very many images are found on an even part of them. A held target is
then one of that part, and held on it; from the next one on all images are trained on.

Everything is a generator of events (`events.py`). It prints, logs and saves nothing, and never sees
what class an image is of: `labels` are the clusters that were found. The `TrainingState` holds all that
must survive a pause: between two events it can be saved, loaded and continued, with the same result as
without a pause.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from dec_core.analysis.features import pixels
from dec_core.analysis.metrics import contingency_table, match
from dec_core.even_part import part_of_many
from dec_core.methods import METHODS, fits_mixture, held_steps
from dec_core.training.augmentation import distort
from dec_core.training.events import (
    CentersInitialized,
    ClusterProgress,
    Diverged,
    Event,
    Finished,
    PretrainProgress,
    TargetProgress,
)
from dec_core.training.methods import objective_of
from dec_core.training.mixture import Known, Mixture, computed
from dec_core.training.objective import Objective
from dec_core.training.parts import blocks, shuffled
from dec_core.training.state import TrainingState
from dec_core.training.steps import ClusterSteps, Distortion, Embedder, as_images, cluster_steps, pretrain_steps

STRETCH = 10  # batches in one compiled call: the longest that a pause has to wait
HEAD_START = 3  # events before a mixture starts in parallel, so that the first are shown at once
TELL_EVERY = 0.2  # seconds between two reports while waiting for a mixture


def train(state: TrainingState, x: np.ndarray, known: Known = computed) -> Iterator[Event]:
    """Run the rest of the algorithm from wherever `state` stands.

    Parameters
    ----------
    state : TrainingState
        Changed in place. `TrainingState(config, image_shape)` starts afresh.
    x : ndarray of uint8 or float32, shape (n, height * width)
        Samples as rows. Of uint8, 0..255, the networks see x / 255; float32 they see as it is.
    known : callable
        Whoever keeps what a mixture finds gives it back here; without it, all is computed.

    Yields
    ------
    Event
        Ends with `Finished`, or with `Diverged`. Closing the generator stops training.

    Raises
    ------
    ValueError
        If x is neither uint8 nor float32, or not of shape (n, height * width).
    """
    x = state.check(x)
    mixture = None
    if state.phase == "pretraining":
        for number, event in enumerate(pretrain(state, x)):
            yield event
            if number >= HEAD_START:
                mixture = mixture or _mixture(state, x, known)  # in parallel with the rest of the pretraining
    if state.phase == "centers":
        yield from initialize_centers(state, x, mixture or _mixture(state, x, known))
    if state.phase == "clustering" and METHODS[state.config.method].trains_centers:
        yield from cluster(state, x)
    elif state.phase == "clustering":
        yield _finished(state, "centers")


def _mixture(state: TrainingState, x: np.ndarray, known: Known = computed) -> Mixture | None:
    """UMAP and a mixture under way, where the run needs them and has not had them."""
    wanted = fits_mixture(state.config) and state.phase in ("pretraining", "centers")
    return Mixture(state.config, x[part_of_many(len(x))], state.image_shape, known) if wanted else None


def pretrain(state: TrainingState, x: np.ndarray) -> Iterator[Event]:
    """Minimise the mean squared error of decoder(encoder(x)) against x, in shuffled batches."""
    config = state.config
    if not (state.epoch or state.batch):
        state.center(x)
    n_batches = -(-len(x) // config.batch_size)  # the last batch of an epoch may be smaller
    optimizer = state.start_optimizer("pretraining", config.pretrain_epochs * n_batches)
    distort = _distortion(state) if config.pretrain_augment else None
    steps = pretrain_steps(state.autoencoder, optimizer, as_images(x, state.input_shape), config.batch_size, distort)
    while state.epoch < config.pretrain_epochs:
        order = shuffled(x, config.random_state, state.epoch)  # (n,)
        while state.batch < n_batches:
            last = min(state.batch + STRETCH, n_batches)
            state.loss_sum += float(steps(order, state.batch, last, state.epoch * n_batches))
            state.batch = last
            loss = state.loss_sum / last
            if not np.isfinite(loss):
                yield _diverged(state)
                return
            if last < n_batches:
                yield PretrainProgress(state.epoch + 1, config.pretrain_epochs, last, n_batches, loss)
        state.epoch, state.batch, state.loss_sum = state.epoch + 1, 0, 0.0
        if state.epoch == config.pretrain_epochs:
            state.phase = "centers"
        yield PretrainProgress(state.epoch, config.pretrain_epochs, n_batches, n_batches, loss)


def initialize_centers(state: TrainingState, x: np.ndarray, mixture: Mixture | None = None) -> Iterator[Event]:
    """Place the centers by k-means on z or at the z of random images; or as the mean images of a mixture.

    `mixture` is one that is under way; where the config needs one and none is given, it begins here.
    """
    config = state.config
    mixture = mixture or _mixture(state, x)
    while mixture and not mixture.wait(TELL_EVERY):
        yield TargetProgress(mixture.status)
    if METHODS[config.method].centers_from == "umap_mixture":
        yield from _mix(state, x, mixture)
        return
    z = Embedder(state.encoder, as_images(x, state.input_shape))()  # (n, latent_dim)
    if not np.isfinite(z).all():
        yield _diverged(state)
        return
    labels, inertia = objective_of(config).place(state, z)
    state.z, state.labels = z, labels
    if mixture:
        responsibilities = mixture.result().responsibilities
        labels_there = labels[part_of_many(len(x))]
        state.p = responsibilities[:, _partners(responsibilities.argmax(axis=1), labels_there, config.n_clusters)]
    state.phase = "clustering"
    yield CentersInitialized(labels, inertia, mixture.n_starts if mixture else 1)


def _partners(components: np.ndarray, labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """The component that belongs to each cluster, one to one, so that most samples agree. Shape (n_clusters,)."""
    return match(contingency_table(components, labels, n_clusters, n_clusters))


def _mix(state: TrainingState, x: np.ndarray, mixture: Mixture) -> Iterator[Event]:
    """The groups of a mixture as they are. z is the UMAP; a center is the mean image of its cluster."""
    groups = mixture.result()
    state.z, state.p = groups.z, groups.responsibilities  # (n, 10), (n, n_clusters)
    state.labels = state.p.argmax(axis=1)
    weights = state.p / np.maximum(state.p.sum(axis=0), 1e-12)
    state.cluster_centers = weights.T @ pixels(x)  # (n_clusters, n_features)
    means = weights.T @ state.z
    state.phase = "clustering"
    inertia = float(np.square(state.z - means[state.labels]).sum())
    yield CentersInitialized(state.labels, inertia, mixture.n_starts)


def cluster(state: TrainingState, x: np.ndarray) -> Iterator[Event]:
    """Train on what the method minimises (`dec_core.training.methods`), with an update every so many steps."""
    config = state.config
    images = as_images(x, state.input_shape)
    embed = Embedder(state.encoder, images)
    objective = objective_of(config)(state)
    part, steps = objective.part(), _steps(objective, images)
    held = held_steps(config)
    while state.iteration < config.max_iterations:
        if state.iteration % config.update_interval == 0 and state.updated_at != state.iteration:
            z = embed()
            if not _is_finite(state, z):
                yield _diverged(state)
                return
            yield objective.update(z)
            if (objective.part() is None) != (part is None):
                part, steps = objective.part(), _steps(objective, images)
        # read from the state, not from the event: a run that was interrupted at this update ends here as well
        if state.updated_at == state.iteration > held and state.delta_label < config.tol:
            break
        until_update = config.update_interval - state.iteration % config.update_interval
        n_steps = min(STRETCH, until_update, config.max_iterations - state.iteration)
        totals, state.next_batch = steps(objective.targets(), state.next_batch, state.iteration, n_steps)
        objective.keep()
        state.iteration += n_steps
        clustering, error, added = (totals / n_steps).tolist()
        if not np.isfinite(totals).all():
            yield _diverged(state)
            return
        reconstruction = error if METHODS[config.method].trains_decoder else None
        added = None if state.own.added_loss is None else added
        yield ClusterProgress(state.iteration, config.max_iterations, clustering, reconstruction, added)
    reason = "tol" if state.iteration < config.max_iterations else "max_iterations"
    if reason == "max_iterations":
        state.z = embed()
        if not _is_finite(state, state.z):  # after its last step: its loss was that of the weights before
            yield _diverged(state)
            return
        state.labels = np.concatenate([state.q(block).argmax(axis=1) for block in blocks(len(images))])
    yield _finished(state, reason)


def _steps(objective: Objective, images: np.ndarray) -> ClusterSteps:
    """The compiled loop, over the images that the objective trains on."""
    part = objective.part()
    augment = objective.state.config.augment
    return cluster_steps(
        objective, images if part is None else images[part], _distortion(objective.state) if augment else None
    )


def _finished(state: TrainingState, reason: str) -> Finished:
    state.phase = "finished"
    return Finished(reason, state.iteration, state.labels)


def _distortion(state: TrainingState) -> Distortion:
    """Distort each batch by its own seed."""
    seed, strength = state.config.random_state, state.config.distortion
    return lambda x, step: distort(x, state.image_shape, tf.stack([seed, step]), strength)


def _is_finite(state: TrainingState, z: np.ndarray) -> bool:
    """Whether the weights are numbers still: gradients may be none where the loss is one."""
    return bool(np.isfinite(z).all() and np.isfinite(state.cluster_centers).all())


def _diverged(state: TrainingState) -> Diverged:
    config, phase = state.config, "clustering" if state.phase == "clustering" else "pretraining"
    if state.phase == "centers" == state.own.first_phase(config.method):
        message = "z: the encoder gives values that are no numbers, expected finite ones; look at its weights"
        return Diverged(phase, state.epoch, state.iteration, message)
    optimizer = config.pretrain_optimizer if phase == "pretraining" else config.cluster_optimizer
    field, smaller = config.smaller_rate(phase)
    or_adam = ", or adam with 0.001" if optimizer == "sgd" else ""
    message = (
        f"The loss is no longer a number: the steps were most likely too large. Received the learning rate "
        f"{getattr(config, field):g} for {optimizer} in {phase} ({field}); try {smaller:g}{or_adam}."
    )
    if state.own.added_loss is not None and phase == "clustering":
        message += " Or added_loss, or its gradient, is no number."
    return Diverged(phase, state.epoch, state.iteration, message)
