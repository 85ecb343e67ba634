"""A transposed convolution as Keras has it, computed another way."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from dec_core.networks.summed_bias import SummedBias, registered

FEW = 4  # output channels up to which it is faster so on a processor


@registered
class SubPixelConv2DTranspose(SummedBias, keras.layers.Conv2DTranspose):
    """Conv2DTranspose of stride 2 and padding "same", as a convolution of stride 1 on the small image.

    The same sums in another order. A pixel at an even place is a sum over every second row of the kernel, one at an odd
    place over the others, and so for columns: four small kernels, whose outputs are then laid side by side (Shi et al.,
    *Is the deconvolution layer the same as a convolutional layer?*, 2016). TensorFlow computes a transposed convolution
    as the gradient of a convolution, which with few output channels is slower on a processor (`docs/performance.md`).

    Weights are those of Conv2DTranspose.

    Raises
    ------
    ValueError
        For another stride, padding or dilation.
    """

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        if self.strides != (2, 2) or self.padding != "same" or self.dilation_rate != (1, 1):
            raise ValueError(
                f"received strides {self.strides}, padding {self.padding!r}, dilation {self.dilation_rate}; "
                "expected strides 2, padding 'same', dilation 1"
            )

    def products(self, inputs):
        """(batch, height, width, channels) -> (batch, 2 height, 2 width, filters)."""
        rows, columns = (ops.cast(phases(size), self.compute_dtype) for size in self.kernel_size)
        kernel = ops.einsum("tru,scv,uvoi->tsirco", rows, columns, self.kernel)
        kernel = ops.reshape(kernel, (rows.shape[0], columns.shape[0], inputs.shape[-1], 4 * self.filters))
        return spread(ops.conv(inputs, kernel, strides=1, padding="same"), self.filters)


def phases(size: int) -> np.ndarray:
    """Which row of a kernel of `size` rows meets which neighbour: 0 or 1, shape (n_neighbours, 2, size).

    [t, r, u] is 1 where row u of the kernel carries the small image's row m + t - n_neighbours // 2 to the large one's
    row 2 m + r.
    """
    before = max(size - 2, 0) // 2  # rows that padding "same" puts before an image of even height
    reach = size // 2
    meets = np.zeros((2 * reach + 1, 2, size), "float32")
    for row in range(size):
        for phase in (0, 1):
            shift, odd = divmod(phase + before - row, 2)
            if not odd and abs(shift) <= reach:
                meets[shift + reach, phase, row] = 1
    used = np.flatnonzero(meets.any(axis=(1, 2)))
    margin = min(used[0], len(meets) - 1 - used[-1])
    return meets[margin : len(meets) - margin]


def spread(h, filters: int):
    """(batch, height, width, 4 filters) -> (batch, 2 height, 2 width, filters): the four phases side by side."""
    height, width = h.shape[1:3]
    h = ops.reshape(h, (-1, height, width, 2, 2, filters))
    return ops.reshape(ops.transpose(h, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, filters))
