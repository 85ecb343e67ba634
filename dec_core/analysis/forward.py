"""A trained encoder or decoder without TensorFlow: its layers, one by one, in numpy.

The web process shows what the networks make of a drawn digit or of any point in z, and must not import TensorFlow. A
single image costs a millisecond or some twenty, so nothing faster is needed. `dec_core.architecture` describes the
layers; the weights are those that Keras trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dec_core.architecture import MEAN_IMAGES, Layer

ACTIVATIONS = {
    None: lambda h: h,
    "relu": lambda h: np.maximum(h, 0),
    "sigmoid": lambda h: 0.5 * (1 + np.tanh(0.5 * h)),  # 1 / (1 + exp(-h)), which would overflow
}


def forward(x: np.ndarray, layers: Sequence[Layer], weights: Sequence[np.ndarray]) -> np.ndarray:
    """What a network makes of its input: z of images, or images of z.

    Parameters
    ----------
    x : ndarray, shape (n, *input shape of the first layer)
    layers : sequence of Layer
        Encoder or decoder of an `Architecture`.
    weights : sequence of ndarray
        Kernel and bias of each layer that has them, or its mean image, in the order of the layers.

    Returns
    -------
    ndarray of float32, shape (n, *output shape of the last layer)
        Of a decoder about 0..1.
    """
    h, remaining = np.asarray(x, dtype=np.float32), iter(weights)
    for layer in layers:
        n_arrays = 2 if layer.has_kernel else int(layer.kind in MEAN_IMAGES)
        h = LAYERS[layer.kind](h, layer, *(next(remaining) for _ in range(n_arrays)))
    return h


def _dense(h: np.ndarray, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return ACTIVATIONS[layer.options["activation"]](h @ kernel + bias)


def _convolution(h: np.ndarray, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """kernel: (size, size, channels, filters). "same" pads as TensorFlow does: what is odd goes after."""
    size, stride = layer.options["kernel_size"], layer.options["strides"]
    if layer.options["padding"] == "same":
        lacking = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in h.shape[1:3]]
        h = np.pad(h, ((0, 0), *((each // 2, each - each // 2) for each in lacking), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(h, (size, size), axis=(1, 2))[
        :, ::stride, ::stride
    ]  # (n, rows, columns, c, size, size)
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
    "SubtractMean": lambda h, layer, mean: h - mean,
    "AddMean": lambda h, layer, mean: h + mean,
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "Flatten": lambda h, layer: h.reshape(len(h), -1),
    "Reshape": lambda h, layer: h.reshape(-1, *layer.shape),
    "UpSampling2D": lambda h, layer: h.repeat(layer.options["size"], axis=1).repeat(layer.options["size"], axis=2),
}
