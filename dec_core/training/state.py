"""What training remembers between two events: networks, optimizer, counters, p and labels."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np

from dec_core.analysis.assignment import q_by
from dec_core.analysis.features import mean_pixels, pixels
from dec_core.architecture import architecture
from dec_core.config import RunConfig
from dec_core.even_part import MANY, part_of_many
from dec_core.machine import fast_precision
from dec_core.methods import METHODS
from dec_core.networks import autoencoder, with_heads
from dec_core.networks.mean_image import AddMean, SubtractMean
from dec_core.networks.own import penalties, seeds_of
from dec_core.training.counters import check_counters
from dec_core.training.methods import objective_of
from dec_core.training.optimizers import SGD, Adadelta, Adam
from dec_core.training.own_parts import NO_PARTS, OwnParts

COUNTERS = ("epoch", "batch", "loss_sum", "iteration", "next_batch", "updated_at", "n_updates", "delta_label")
ARRAYS = ("p", "labels", "z")
MEMORY = "memory_"  # before the name of an array of the method's own


class TrainingState:
    """Where a run stands. `train` moves it on; `to_arrays` and `from_arrays` carry it over a restart.

    Parameters
    ----------
    config : RunConfig
    image_shape : (int, int) or (int, int, int)
        Height, width and, of colour images, channels.
    own : OwnParts
        What is in place of our own parts; they are checked already.

    Attributes
    ----------
    phase : {"pretraining", "centers", "clustering", "finished"}
    epoch, batch : int
        Pretraining epochs done, and batches done in the next one.
    iteration, n_updates : int
        Gradient steps and target updates done while clustering.
    updated_at : int
        Gradient steps done before the last target update; -1 before the first.
    delta_label : float
        Fraction of the samples that changed cluster at the last target update; 1 before the first.
    labels : ndarray of int, shape (n,), or None before the centers are placed
    z : ndarray of float32, shape (n, latent_dim), or None
        Embedding of all samples at the last target update.
    p : ndarray of float32, shape (n, n_clusters), or None
        Of very many images, while it is held, of the part on which it was found (`even_part`).
        Of a method that keeps q it is q as well: the responsibilities of a mixture.
    memory : dict of str to ndarray
        What else the method has to remember (`Objective.memory`); empty before its first update.

    Raises
    ------
    ValueError
        Where Keras is set to make weights of another type than float32.
    """

    def __init__(self, config: RunConfig, image_shape: tuple[int, ...], own: OwnParts = NO_PARTS):
        if keras.config.floatx() != "float32":
            raise ValueError(
                f"keras.config.floatx(): received {keras.config.floatx()!r}, expected 'float32', in which networks and "
                "centers are kept; keras.config.set_floatx('float32')"
            )
        self.config, self.image_shape, self.own = config, tuple(image_shape), own
        self.n_features = prod(image_shape)
        described = architecture(config, self.image_shape)
        precision = fast_precision() if config.precision == "auto" else config.precision
        if own.has_networks:
            self.encoder, self.decoder = own.networks(config.random_state)
        else:
            self.encoder, self.decoder = autoencoder(described, config.initializer, config.random_state, precision)
        self.variational_encoder, self.heads = None, []
        if described.heads:
            start = config.initializer, config.random_state
            self.variational_encoder, self.heads = with_heads(self.encoder, described, *start)
        self.autoencoder = keras.Model(self.encoder.input, self.decoder(self.encoder.output), name="autoencoder")
        self.clustering_layer = objective_of(config).layer(config)
        q = self.clustering_layer(self.encoder.output)
        self.clustering_model = keras.Model(self.encoder.input, q, name="dec")
        self.phase = own.first_phase(config.method)
        self.epoch = self.batch = self.iteration = self.next_batch = self.n_updates = 0
        self.updated_at, self.loss_sum, self.delta_label = -1, 0.0, 1.0
        self.p = self.labels = self.z = None
        self.memory: dict[str, np.ndarray] = {}
        self._optimizer: tuple[str, int, keras.optimizers.Optimizer] | None = None

    @property
    def cluster_centers(self) -> np.ndarray:
        """Centers in z, float32, shape (n_clusters, latent_dim)."""
        return self.clustering_layer.cluster_centers.numpy()

    @cluster_centers.setter
    def cluster_centers(self, centers: np.ndarray) -> None:
        self.clustering_layer.cluster_centers.assign(centers)

    def center(self, x: np.ndarray) -> None:
        """Have the mean of rows of uint8 or float32, (n, n_features), subtracted and added, where the config says so.

        Of very many images it is that of an even part.
        """
        layers = [*self.encoder.layers, *self.decoder.layers]
        layers = [layer for layer in layers if isinstance(layer, SubtractMean | AddMean)]
        if layers:
            mean = mean_pixels(x[part_of_many(len(x))])
            for layer in layers:
                layer.mean.assign(mean.reshape(layer.mean.shape))

    def q(self, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Soft assignment of samples at the last embedding, of all or those at `rows`, shape (n, n_clusters)."""
        kind = METHODS[self.config.method].q
        kept = self.p[rows] if kind == "responsibilities" and self.p is not None else None
        prior = self.clustering_layer.prior()
        return q_by(kind, self.z[rows], self.cluster_centers, self.config.alpha, kept, prior)

    def embed(self, x: np.ndarray) -> np.ndarray:
        """z of images given as rows of uint8 or float32, (n, n_features) -> (n, latent_dim)."""
        return self._in_batches(self.encoder, x.reshape(-1, *self.input_shape))

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """What the autoencoder makes of rows of uint8 or float32, (n, n_features) -> (n, n_features)."""
        return self.decode(self.embed(x))

    def decode(self, z: np.ndarray) -> np.ndarray:
        """(n, latent_dim) -> (n, n_features), float32 as the networks see x: of images about 0..1."""
        return self._in_batches(self.decoder, z).reshape(len(z), -1)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape in which the encoder takes one image: flat for the dense one."""
        return self.encoder.input_shape[1:]

    @staticmethod
    def _in_batches(model: keras.Model, rows: np.ndarray, size: int = 2048) -> np.ndarray:
        parts = (pixels(rows[i : i + size]) for i in range(0, len(rows), size))
        return np.concatenate([keras.ops.convert_to_numpy(model(part, training=False)) for part in parts])

    def start_optimizer(self, phase: str, n_steps: int) -> keras.optimizers.Optimizer:
        """The optimizer of a phase of `n_steps`: made new on entering it, the same one when a run goes on."""
        if self._optimizer is None or self._optimizer[0] != phase:
            optimizer = _optimizer(self.config, phase, n_steps)
            pretraining = phase == "pretraining"
            optimizer.build(self.autoencoder.trainable_variables if pretraining else self.clustering_variables())
            self._optimizer = phase, n_steps, optimizer
        return self._optimizer[2]

    def clustering_variables(self) -> list:
        """What gradients move while clustering, as the method says."""
        return objective_of(self.config).variables(self)

    def clustering_penalties(self) -> list:
        """What layers of one's own add to the loss while clustering, as regularizers do; ours add nothing."""
        return penalties(self.encoder, *([self.decoder] if METHODS[self.config.method].trains_decoder else []))

    def check(self, x: np.ndarray) -> np.ndarray:
        """x as it is, or a ValueError that says what was expected."""
        if x.ndim != 2 or x.shape[1] != self.n_features or x.dtype not in (np.uint8, np.float32):
            raise ValueError(
                f"x: received {x.dtype} {x.shape}, expected uint8 or float32 of shape (n, {self.n_features})"
            )
        self.config.check_images(len(x), self.image_shape)
        if len(x) > MANY and not METHODS[self.config.method].has_network:
            raise ValueError(
                f"method: received {self.config.method} for {len(x):,} images, expected at most {MANY:,}; "
                "with more, take a method with a network, which places them all"
            )
        n_batches = -(-len(x) // self.config.batch_size)
        n_before = len(x) if self.labels is None else len(self.labels)
        if len(x) != n_before or max(self.batch, self.next_batch) >= n_batches:
            raise ValueError(
                f"x: received {len(x)} images, expected as many as training began with; give the same ones"
            )
        return x

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays. Weights come in the layers' order, optimizer variables in its own."""
        arrays = {f"weight_{i}": np.asarray(v) for i, v in enumerate(self._weights())}
        arrays |= {name: np.asarray(getattr(self, name)) for name in COUNTERS}
        arrays |= {name: value for name in ARRAYS if (value := getattr(self, name)) is not None}
        arrays |= {f"{MEMORY}{name}": value for name, value in self.memory.items()}
        arrays["phase"] = np.asarray(self.phase)
        if self._optimizer:
            phase, n_steps, optimizer = self._optimizer
            arrays["optimizer_phase"], arrays["optimizer_steps"] = np.asarray(phase), np.asarray(n_steps)
            arrays |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(optimizer.variables)}
        return arrays

    @classmethod
    def from_arrays(
        cls, config: RunConfig, image_shape: tuple[int, ...], arrays: dict[str, Any], own: OwnParts = NO_PARTS
    ) -> TrainingState:
        """The state whose arrays `to_arrays` gave.

        Raises
        ------
        ValueError
            If it is of another architecture, or its counters cannot be those of a run of `config`.
        """
        arrays = {"delta_label": np.asarray(1.0)} | arrays  # earlier versions did not keep it
        check_counters(arrays, config)
        state = cls(config, image_shape, own)
        _assign(state._weights(), arrays, "weight")
        for name in COUNTERS:
            setattr(state, name, arrays[name].item())
        for name in ARRAYS:
            setattr(state, name, arrays.get(name))
        state.memory = {name.removeprefix(MEMORY): arrays[name] for name in arrays if name.startswith(MEMORY)}
        state.phase = str(arrays["phase"])
        if "optimizer_phase" in arrays:
            optimizer = state.start_optimizer(str(arrays["optimizer_phase"]), arrays["optimizer_steps"].item())
            _assign(optimizer.variables, arrays, "optimizer")
        return state

    @classmethod
    def from_pretrained(cls, config: RunConfig, image_shape: tuple[int, ...], arrays: dict[str, Any]) -> TrainingState:
        """A state that begins where pretraining has ended, with the autoencoder of `to_arrays`.

        Raises ValueError if it is of another architecture, or was not trained to its end.
        """
        if str(arrays["phase"]) == "pretraining":
            raise ValueError("pretrained: received an autoencoder in the midst of its training, expected a trained one")
        state = cls(config, image_shape)
        _assign(state.autoencoder.weights, arrays, "weight")
        state.phase, state.epoch = "centers", arrays["epoch"].item()
        return state

    def _weights(self) -> list:
        of_heads = [weight for head in self.heads for weight in head.weights]
        return [*self.autoencoder.weights, *self.clustering_layer.weights, *of_heads, *seeds_of(self.autoencoder)]


def _optimizer(config: RunConfig, phase: str, n_steps: int) -> keras.optimizers.Optimizer:
    pretraining = phase == "pretraining"
    name = config.pretrain_optimizer if pretraining else config.cluster_optimizer
    rate = config.pretrain_learning_rate if pretraining else config.cluster_learning_rate
    if config.learning_rate_decay == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, n_steps)
    if name == "sgd":
        return SGD(rate, config.momentum)
    return {"adam": Adam, "adadelta": Adadelta}[name](rate)


def _assign(variables: list, arrays: dict[str, Any], prefix: str) -> None:
    for i, variable in enumerate(variables):
        saved = arrays.get(f"{prefix}_{i}")
        if saved is None or saved.shape != tuple(variable.shape):
            received = "nothing" if saved is None else f"shape {saved.shape}"
            raise ValueError(
                f"checkpoint: received {received} for {variable.path}, expected shape {tuple(variable.shape)}; "
                "it belongs to another architecture"
            )
        variable.assign(saved)
