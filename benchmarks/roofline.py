"""What a step takes at least: for its arithmetic, and for what it moves through memory.

As in the roofline model (Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model for
multicore architectures"), with both limits measured here. A step is a chain of operations that wait for each other:
products, which are bound by arithmetic, and all else, which is bound by memory. So the two times add up rather than
hide behind each other, and a step that takes as long as both has nothing left but to move less.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import peers
from benchmarks.bench import REPEATS, repeated
from dec_core.work.room import n_cores

if TYPE_CHECKING:
    from dec_core.training import TrainingState

LARGE = 2048  # rows and columns of the product that is taken for the limit of arithmetic
COPIED = 16 * 2**20  # bytes of each array that is copied: about as many as the weights of the tutorial's network have
MASTER = 4  # bytes of a weight as the optimizer has it
MOMENTUM = 5 * MASTER  # moved for a weight: gradient, velocity and weight are read, velocity and weight written
CASTS = 2 * (MASTER + 2)  # moved for a weight: to bfloat16 on its way there, and its gradient back
PRODUCTS = 3  # of a layer in training: there, back to its inputs, back to its weights
# how often an output of a layer is written or read: by its product; by the next layer, there and back to the weights;
# its gradient written, cut by the activation (two read, one written), summed for the bias, and read by both products
OUTPUTS = 10
SHOWN = 2  # the same where nothing is trained: written, and read by the next layer


def operations_of_an_image(state: TrainingState, *, clustering: bool) -> float:
    """Floating point operations of the products for one image: there, back to the weights and to the layers' inputs.

    While clustering, the encoder alone, and once more there for the z of the next update.
    """
    forward = [multiplied(layer) for layer in _layers(state, clustering=clustering)]
    first = forward[0]  # whose inputs, the images, have no gradient
    return PRODUCTS * sum(forward) - first + clustering * sum(forward)


def bytes_of_a_step(state: TrainingState, *, clustering: bool) -> float:
    """Bytes that a step with momentum moves; while clustering, with the z of as many images for the next update."""
    from dec_core.training.steps import EMBED_BATCH

    batch, moved = state.config.batch_size, 0.0
    for layer in _layers(state, clustering=clustering):
        size = MASTER if layer.compute_dtype == "float32" else 2
        weights, outputs = layer.count_params(), batch * prod(layer.output.shape[1:])
        casts = CASTS if size < MASTER else 0
        moved += weights * (PRODUCTS * size + casts + MOMENTUM) + outputs * OUTPUTS * size
        if clustering:
            passes = batch / EMBED_BATCH  # in which the weights are read, or cast and read
            moved += passes * weights * (size + casts / 2) + outputs * SHOWN * size
    return moved


def multiplied(layer: Any) -> float:
    """Floating point operations of one layer for one image."""
    transposed = "Transpose" in type(layer).__name__  # each of its inputs meets the whole kernel
    places = (layer.input.shape if transposed else layer.output.shape)[1:-1]
    return 2.0 * prod(layer.kernel.shape) * prod(places)


def fastest_product(precision: str) -> float:
    """GFLOP/s of a product large enough to be limited by arithmetic alone."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((LARGE, LARGE)), precision) for _ in range(2))
    seconds = peers.seconds(lambda: repeated(a, b)) / REPEATS
    return 2 * LARGE**3 / seconds / 1e9


def bandwidth() -> float:
    """GB/s, read and written, of copies of `COPIED` bytes, parted among all cores."""
    source, target = np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)
    parts = list(zip(np.array_split(source, n_cores()), np.array_split(target, n_cores()), strict=True))

    def copy() -> None:
        for _ in range(REPEATS):
            list(pool.map(lambda part: np.copyto(part[1], part[0]), parts))

    with ThreadPoolExecutor(n_cores()) as pool:
        return 2 * COPIED * REPEATS / peers.seconds(copy) / 1e9


def _layers(state: TrainingState, *, clustering: bool) -> list[Any]:
    layers = [*state.encoder.layers, *(() if clustering else state.decoder.layers)]
    return [layer for layer in layers if hasattr(layer, "kernel")]
