"""A trained decoder without TensorFlow: its layers, one by one, in numpy.

The web process shows what the decoder makes of any point in z, and must not import TensorFlow. A single image costs
a millisecond or some twenty, so nothing faster is needed. `dec_core.architecture` describes the layers; the weights
are those that Keras trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dec_core.architecture import Layer

ACTIVATIONS = {
    None: lambda h: h,
    "relu": lambda h: np.maximum(h, 0),
    "sigmoid": lambda h: 0.5 * (1 + np.tanh(0.5 * h)),  # 1 / (1 + exp(-h)), which would overflow
}


def decode(z: np.ndarray, layers: Sequence[Layer], weights: Sequence[np.ndarray]) -> np.ndarray:
    """What a decoder makes of points in z.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    layers : sequence of Layer
        The decoder of an `Architecture`.
    weights : sequence of ndarray
        Kernel and bias of each layer that has them, in the order of the layers.

    Returns
    -------
    ndarray of float32, shape (n, *output shape of the last layer)
        About 0..1.
    """
    h, remaining = np.asarray(z, dtype=np.float32), iter(weights)
    for layer in layers:
        kernel_and_bias = (next(remaining), next(remaining)) if layer.n_parameters else ()
        h = LAYERS[layer.kind](h, layer, *kernel_and_bias)
    return h


def _dense(h: np.ndarray, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return ACTIVATIONS[layer.options["activation"]](h @ kernel + bias)


def _convolution(h: np.ndarray, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Of stride 1, as decoders use it. kernel: (size, size, channels, filters)."""
    size = layer.options["kernel_size"]
    if layer.options["padding"] == "same":
        before, after = (size - 1) // 2, size // 2
        h = np.pad(h, ((0, 0), (before, after), (before, after), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(
        h, (size, size), axis=(1, 2)
    )  # (n, rows, columns, c, size, size)
    out = np.einsum("nrcaij,ijaf->nrcf", windows, kernel, optimize=True)
    return ACTIVATIONS[layer.options["activation"]](out + bias)


def _transposed_convolution(h: np.ndarray, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Every pixel lays the kernel over the larger image, `strides` apart. kernel: (size, size, filters, channels)."""
    size, stride = layer.options["kernel_size"], layer.options["strides"]
    n, rows, columns, _ = h.shape
    spread = np.zeros((n, (rows - 1) * stride + size, (columns - 1) * stride + size, kernel.shape[2]), np.float32)
    for i in range(size):
        for j in range(size):
            laid = spread[:, i : i + rows * stride : stride, j : j + columns * stride : stride]
            laid += h @ kernel[i, j].T
    height, width, _ = layer.shape
    top, left = (max(spread.shape[axis] - side, 0) // 2 for axis, side in ((1, height), (2, width)))
    out = spread[:, top : top + height, left : left + width]
    return ACTIVATIONS[layer.options["activation"]](out + bias)


LAYERS = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "Reshape": lambda h, layer: h.reshape(-1, *layer.shape),
    "UpSampling2D": lambda h, layer: h.repeat(layer.options["size"], axis=1).repeat(layer.options["size"], axis=2),
}
