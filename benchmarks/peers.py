"""The same work done by others, for `bench` to be held against: plain Keras, PyTorch, ClustPy's DEC.

PyTorch and ClustPy are not needed by anything else, so they may be missing; whoever has them installed
(`pip install torch clustpy`) gets their rows. Each function returns the seconds of the better of two, after one
that compiles or warms up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from itertools import pairwise
from typing import Any

import numpy as np

from dec_core.config import RunConfig
from dec_core.machine import fast_precision

PREDICTED = 2048  # images at a time, where there is no gradient


def seconds(function: Callable[[], Any]) -> float:
    """The better of two, after one that is not counted."""
    function()
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return min(taken)


def keras_epoch(config: RunConfig, x: np.ndarray) -> float:
    """An epoch of the autoencoder by `fit`, as the tutorial has it, of Keras's own layers and optimizers."""
    import keras

    encoder, decoder = _keras_encoder(config), _keras_decoder(config)
    model = keras.Sequential([*encoder.layers, *decoder.layers])
    floats = x.reshape(-1, *encoder.input_shape[1:]).astype(np.float32) / 255
    optimizer = {"sgd": keras.optimizers.SGD(1.0, 0.9), "adadelta": keras.optimizers.Adadelta(1.0)}
    model.compile(optimizer[config.pretrain_optimizer], "mse")
    return seconds(lambda: model.fit(floats, floats, batch_size=config.batch_size, epochs=1, verbose=0))


def keras_interval(config: RunConfig, x: np.ndarray) -> float:
    """The tutorial's loop from one target update to the next: predict all, then train_on_batch for each step."""
    import keras

    from dec_core.analysis.assignment import target_distribution
    from dec_core.networks import ClusteringLayer

    model = keras.Sequential([_keras_encoder(config), ClusteringLayer(config.n_clusters)])
    model.compile(keras.optimizers.SGD(0.01, 0.9), "kld")
    size, floats = config.batch_size, x.astype(np.float32) / 255

    def interval() -> None:
        p = target_distribution(model.predict(floats, verbose=0))
        for i in range(config.update_interval):
            first = i * size % (len(x) - size)
            model.train_on_batch(floats[first : first + size], p[first : first + size])

    return seconds(interval)


def torch_epoch(config: RunConfig, x: np.ndarray, kind: str) -> float:
    """An epoch of the same autoencoder, the images resident. `kind`: float32, bfloat16 (autocast), or compiled, in the
    faster of the two."""
    import torch

    data = torch.from_numpy(x.astype(np.float32) / 255)
    if config.autoencoder != "dense":
        data = data.reshape(-1, 1, 28, 28)
    network = torch.nn.Sequential(*_torch_encoder(config), *_torch_decoder(config))
    if kind == "compiled":
        network = torch.compile(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)

    def epoch() -> None:
        for index in torch.randperm(len(data)).split(config.batch_size):
            batch = data[index]
            with _autocast(kind):
                loss = torch.nn.functional.mse_loss(network(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return seconds(epoch)


def torch_interval(config: RunConfig, x: np.ndarray, kind: str) -> float:
    """From one target update to the next: q and p of all images, then a step for each batch."""
    import torch

    data = torch.from_numpy(x.astype(np.float32) / 255)
    encoder = torch.nn.Sequential(*_torch_encoder(config))
    centers = torch.nn.Parameter(torch.randn(config.n_clusters, config.latent_dim))
    optimizer = torch.optim.SGD([*encoder.parameters(), centers], lr=0.01, momentum=0.9)

    def assign(batch: Any) -> Any:
        with _autocast(kind):
            z = encoder(batch)
        q = 1 / (1 + torch.cdist(z.float(), centers).square())
        return q / q.sum(1, keepdim=True)

    if kind == "compiled":
        assign = torch.compile(assign)

    def interval() -> None:
        with torch.no_grad():
            q = torch.cat([assign(batch) for batch in data.split(PREDICTED)])
            p = q.square() / q.sum(0)
            p = p / p.sum(1, keepdim=True)
        for i in range(config.update_interval):
            first = i * config.batch_size % (len(data) - config.batch_size)
            rows = slice(first, first + config.batch_size)
            loss = torch.nn.functional.kl_div(assign(data[rows]).log(), p[rows], reduction="batchmean")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return seconds(interval)


def clustpy_epoch(config: RunConfig, x: np.ndarray) -> float:
    """An epoch of ClustPy's feedforward autoencoder of the same sizes."""
    autoencoder, floats = _clustpy_autoencoder(config), x.astype(np.float32) / 255
    settings = {"batch_size": config.batch_size, "optimizer_params": {"lr": 1e-3}}
    with silence():
        return seconds(lambda: autoencoder.fit(n_epochs=1, data=floats, **settings))


def clustpy_interval(config: RunConfig, x: np.ndarray) -> float:
    """As many steps of ClustPy's DEC, which makes p of each batch alone; by the difference of one epoch and three."""
    from clustpy.deep import DEC

    floats = x.astype(np.float32) / 255
    settings = {"n_clusters": config.n_clusters, "batch_size": config.batch_size, "pretrain_epochs": 1}
    start = {"initial_clustering_params": {"n_init": 1}, "random_state": 0}

    def taken(n_epochs: int) -> float:
        model = DEC(clustering_epochs=n_epochs, neural_network=_clustpy_autoencoder(config), **settings, **start)
        started = time.perf_counter()
        with silence():
            model.fit(floats)
        return time.perf_counter() - started

    n_batches = -(-len(x) // config.batch_size)
    return (taken(3) - taken(1)) / 2 * config.update_interval / n_batches


@contextmanager
def silence() -> Iterator[None]:
    """No progress bars of others."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


def _autocast(kind: str) -> Any:
    import torch

    in_float32 = kind == "float32" or (kind == "compiled" and fast_precision() == "float32")
    return nullcontext() if in_float32 else torch.autocast("cpu", torch.bfloat16)


def _keras_encoder(config: RunConfig) -> Any:
    from keras import Sequential
    from keras.layers import Conv2D, Dense, Flatten, Input

    z = Dense(config.latent_dim)
    if config.autoencoder == "dense":
        return Sequential([Input((784,)), *(Dense(n, "relu") for n in config.hidden_units), z])
    one, two, three = config.filters
    return Sequential([
        Input((28, 28, 1)), Conv2D(one, 5, 2, "same", activation="relu"), Conv2D(two, 5, 2, "same", activation="relu"),
        Conv2D(three, 3, 2, "valid", activation="relu"), Flatten(), z,
    ])  # fmt: skip


def _keras_decoder(config: RunConfig) -> Any:
    from keras import Sequential
    from keras.layers import Conv2DTranspose, Dense, Input, Reshape

    z = Input((config.latent_dim,))
    if config.autoencoder == "dense":
        return Sequential([z, *(Dense(n, "relu") for n in reversed(config.hidden_units)), Dense(784)])
    one, two, three = config.filters
    return Sequential([
        z, Dense(9 * three, "relu"), Reshape((3, 3, three)), Conv2DTranspose(two, 3, 2, "valid", activation="relu"),
        Conv2DTranspose(one, 5, 2, "same", activation="relu"), Conv2DTranspose(1, 5, 2, "same"),
    ])  # fmt: skip


def _torch_encoder(config: RunConfig) -> list:
    from torch import nn

    if config.autoencoder == "dense":
        return _torch_dense((784, *config.hidden_units, config.latent_dim))
    one, two, three = config.filters
    return [
        nn.Conv2d(1, one, 5, 2, 2), nn.ReLU(), nn.Conv2d(one, two, 5, 2, 2), nn.ReLU(),
        nn.Conv2d(two, three, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(9 * three, config.latent_dim),
    ]  # fmt: skip


def _torch_decoder(config: RunConfig) -> list:
    from torch import nn

    if config.autoencoder == "dense":
        return _torch_dense((config.latent_dim, *reversed(config.hidden_units), 784))
    one, two, three = config.filters
    return [
        nn.Linear(config.latent_dim, 9 * three), nn.ReLU(), nn.Unflatten(1, (three, 3, 3)),
        nn.ConvTranspose2d(three, two, 3, 2), nn.ReLU(), nn.ConvTranspose2d(two, one, 5, 2, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(one, 1, 5, 2, 2, 1),
    ]  # fmt: skip


def _torch_dense(units: tuple[int, ...]) -> list:
    from torch import nn

    layers = []
    for inputs, outputs in pairwise(units):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers[:-1]


def _clustpy_autoencoder(config: RunConfig) -> Any:
    from clustpy.deep.neural_networks import FeedforwardAutoencoder

    return FeedforwardAutoencoder([784, *config.hidden_units, config.latent_dim])
