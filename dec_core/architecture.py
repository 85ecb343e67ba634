"""What a network looks like, layer by layer, without building it: shapes, parameters, which sizes fit.

One description serves all: `dec_core.networks` builds Keras layers from it, the app and
`dec_core.figures.model` show it before anything is trained, and `RunConfig` refuses images that an
architecture cannot reproduce. It imports no TensorFlow, and stands below the config, of which it needs `NetworkFields`.

    dense            x -> hidden_units -> z -> hidden_units reversed -> x
    conv_transpose   strided convolutions, then Conv2DTranspose           (the tutorial, 9.6.1)
    conv_upsampling  strided convolutions, then Conv2D and UpSampling2D   (the tutorial, 9.6.2)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import Any, Protocol

from dec_core.methods import METHODS

Shape = tuple[int, ...]
MEAN_IMAGES = ("SubtractMean", "AddMean")  # kinds of layers that have a mean image, of `dec_core.networks.mean_image`
LARGEST = 512  # pixels along one side, up to which fitting sizes are looked for


def is_one_line(image_shape: Shape) -> bool:
    """Whether images are one pixel high or wide: nothing in them runs in a direction, or can be turned."""
    return min(image_shape[:2]) < 2


class NetworkFields(Protocol):
    """The fields of a `RunConfig` that decide what its network looks like."""

    method: str
    autoencoder: str
    hidden_units: Shape
    filters: Shape
    latent_dim: int
    centered: bool


@dataclass(frozen=True)
class Layer:
    """One layer: its Keras class, name, arguments, and what it makes of its input.

    Attributes
    ----------
    kind : str
        Name of the class in `keras.layers`, or one of `MEAN_IMAGES`.
    options : dict
        Its keyword arguments, apart from name and initializer.
    shape : tuple of int
        Output shape, without the batch.
    n_parameters : int
    """

    kind: str
    name: str
    shape: Shape
    n_parameters: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def has_kernel(self) -> bool:
        """Whether it multiplies by a kernel, and adds a bias."""
        return self.n_parameters > 0 and self.kind not in MEAN_IMAGES


@dataclass(frozen=True)
class Architecture:
    """Encoder and decoder as lists of layers, and the shapes at their ends.

    `heads` take what z takes: that of a variational method gives the logarithms of the variances of z.
    """

    input_shape: Shape
    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    heads: tuple[Layer, ...] = ()

    @property
    def latent_dim(self) -> int:
        """Length of z."""
        return self.encoder[-1].shape[0]

    @property
    def n_parameters(self) -> int:
        """Of the autoencoder: encoder, its heads, and decoder."""
        return sum(layer.n_parameters for layer in (*self.encoder, *self.heads, *self.decoder))


def architecture(config: NetworkFields, image_shape: Shape) -> Architecture:
    """The autoencoder that `config` describes, for images of (height, width) or (height, width, channels).

    Raises
    ------
    ValueError
        If the strides of a convolutional autoencoder cannot reach the size of the images.
    """
    image = image_shape if len(image_shape) == 3 else (*image_shape, 1)
    if not METHODS[config.method].has_network:
        return Architecture((prod(image),), (Layer("Identity", "z", (prod(image),)),), ())
    built = _autoencoder(config, image)
    if config.centered and has_linear_end(config):
        built = _centered(built)
    if not METHODS[config.method].is_variational:
        return built
    return replace(built, heads=(dense("log_variance", prod(built.encoder[-2].shape), config.latent_dim, None),))


def _autoencoder(config: NetworkFields, image: Shape) -> Architecture:
    if config.autoencoder == "dense":
        return _dense(prod(image), config.hidden_units, config.latent_dim)
    padding = check_size(config, image)
    build = _conv_transpose if config.autoencoder == "conv_transpose" else _conv_upsampling
    return build(image, config.filters, config.latent_dim, padding)


def has_linear_end(config: NetworkFields) -> bool:
    """Whether the decoder can give what is below a mean image; a sigmoid cannot."""
    return config.autoencoder != "conv_upsampling"


def _centered(built: Architecture) -> Architecture:
    """The same between the mean image subtracted and the mean image added."""
    first, last = (
        Layer(kind, name, built.input_shape, prod(built.input_shape))
        for kind, name in zip(MEAN_IMAGES, ("minus_mean", "plus_mean"), strict=True)
    )
    return replace(built, encoder=(first, *built.encoder), decoder=(*built.decoder, last))


# -- dense


def _dense(n_features: int, hidden_units: Shape, latent_dim: int) -> Architecture:
    def layers(start: int, widths: list[tuple[str, int, str | None]]) -> Iterator[Layer]:
        for name, units, activation in widths:
            yield dense(name, start, units, activation)
            start = units

    down = [(f"encoder_{i}", units, "relu") for i, units in enumerate(hidden_units)]
    up = [(f"decoder_{i}", units, "relu") for i, units in reversed(list(enumerate(hidden_units)))]
    encoder = layers(n_features, [*down, ("z", latent_dim, None)])
    decoder = layers(latent_dim, [*up, ("reconstruction", n_features, None)])
    return Architecture((n_features,), tuple(encoder), tuple(decoder))


def dense(name: str, n_inputs: int, units: int, activation: str | None) -> Layer:
    """A Dense layer."""
    return Layer("Dense", name, (units,), (n_inputs + 1) * units, {"units": units, "activation": activation})


# -- convolutional


def check_size(config: NetworkFields, image: Shape) -> str:
    """The padding that lets the decoder return to the size of the images. Raises ValueError if none does."""
    depth = len(config.filters)
    padding = _padding(config.autoencoder, image[:2], depth)
    if padding is None:
        fit = [size for size in range(4, LARGEST) if _padding(config.autoencoder, (size, size), depth)]
        smaller, larger = [s for s in fit if s < min(image[:2])][-2:], [s for s in fit if s > min(image[:2])][:2]
        sizes = ", ".join(f"{size}×{size}" for size in [*smaller, *larger])
        raise ValueError(
            f"received images of {image[0]}×{image[1]}, but {depth} convolutions of stride 2 cannot return to that "
            f"size; sizes that can: {sizes}; the dense autoencoder takes any"
        )
    return padding


def _padding(kind: str, size: Shape, depth: int) -> str | None:
    """ "same" or "valid" for the layer that the tutorial treats so, or None where neither fits every side."""
    reached = {
        "conv_transpose": lambda side, padding: _transposed(side, depth, padding),
        "conv_upsampling": lambda side, padding: _upsampled(side, depth, padding),
    }[kind]
    fitting = [p for p in ("same", "valid") if all(reached(side, p) == side for side in size)]
    return fitting[0] if fitting else None


def _transposed(side: int, depth: int, padding: str) -> int:
    """Where Conv2DTranspose layers arrive that undo `depth` strided convolutions, the innermost with `padding`."""
    inner = _halved(side, depth - 1)
    code = ceil(inner / 2) if padding == "same" else (inner - 3) // 2 + 1
    back = 2 * code if padding == "same" else 2 * code + 1
    return back * 2 ** (depth - 1) if code > 0 else 0


def _upsampled(side: int, depth: int, padding: str) -> int:
    """Where UpSampling2D layers arrive, the last of which follows a convolution with `padding`."""
    before_last = _halved(side, depth) * 2 ** (depth - 1)
    return 2 * (before_last if padding == "same" else before_last - 2)


def _halved(side: int, times: int) -> int:
    for _ in range(times):
        side = ceil(side / 2)
    return side


def _conv_transpose(image: Shape, filters: Shape, latent_dim: int, padding: str) -> Architecture:
    """Kernels of 5, the innermost of 3, strides of 2, ReLU; z and the reconstruction are linear."""
    depth = len(filters)
    kernels, paddings = [5] * (depth - 1) + [3], ["same"] * (depth - 1) + [padding]
    steps = list(zip(range(1, depth + 1), filters, kernels, paddings, strict=True))
    encoder, shape = [], image
    for i, n_filters, kernel, pad in steps:
        encoder.append(_conv(f"conv{i}", shape, n_filters, kernel, strides=2, padding=pad))
        shape = encoder[-1].shape
    encoder += _to_z(shape, latent_dim, None)
    decoder = _from_z(shape, latent_dim)
    for (i, _, kernel, pad), n_filters in zip(reversed(steps), [*filters[-2::-1], image[2]], strict=True):
        name = f"deconv{i}" if i > 1 else "reconstruction"
        decoder.append(_deconv(name, shape, n_filters, kernel, pad, "relu" if i > 1 else None))
        shape = decoder[-1].shape
    return Architecture(image, tuple(encoder), tuple(decoder))


def _conv_upsampling(image: Shape, filters: Shape, latent_dim: int, padding: str) -> Architecture:
    """Kernels of 3; z is ReLU and the reconstruction a sigmoid, as in the tutorial."""
    depth = len(filters)
    encoder, shape = [], image
    for i, n_filters in enumerate(filters, 1):
        encoder.append(_conv(f"conv{i}", shape, n_filters, 3, strides=2, padding="same"))
        shape = encoder[-1].shape
    encoder += _to_z(shape, latent_dim, "relu")
    decoder = _from_z(shape, latent_dim)
    for i, n_filters in zip(range(depth, 0, -1), reversed(filters), strict=True):
        pad = padding if i == 1 else "same"
        decoder.append(_conv(f"up_conv{i}", shape, n_filters, 3, strides=1, padding=pad))
        height, width, channels = decoder[-1].shape
        shape = (2 * height, 2 * width, channels)
        decoder.append(Layer("UpSampling2D", f"up{i}", shape, 0, {"size": 2}))
    decoder.append(_conv("reconstruction", shape, image[2], 3, strides=1, padding="same", activation="sigmoid"))
    return Architecture(image, tuple(encoder), tuple(decoder))


def _to_z(shape: Shape, latent_dim: int, activation: str | None) -> list[Layer]:
    return [Layer("Flatten", "flatten", (prod(shape),)), dense("z", prod(shape), latent_dim, activation)]


def _from_z(shape: Shape, latent_dim: int) -> list[Layer]:
    widened = dense("widen", latent_dim, prod(shape), "relu")
    return [widened, Layer("Reshape", "reshape", shape, 0, {"target_shape": shape})]


def _conv(
    name: str, shape: Shape, filters: int, kernel: int, *, strides: int, padding: str, activation: str = "relu"
) -> Layer:
    height, width, channels = shape
    sides = [ceil(n / strides) if padding == "same" else (n - kernel) // strides + 1 for n in (height, width)]
    n_parameters = (kernel * kernel * channels + 1) * filters
    options = {
        "filters": filters, "kernel_size": kernel, "strides": strides, "padding": padding, "activation": activation
    }  # fmt: skip
    return Layer("Conv2D", name, (*sides, filters), n_parameters, options)


def _deconv(name: str, shape: Shape, filters: int, kernel: int, padding: str, activation: str | None) -> Layer:
    height, width, channels = shape
    sides = [2 * n if padding == "same" else (n - 1) * 2 + kernel for n in (height, width)]
    n_parameters = (kernel * kernel * channels + 1) * filters
    options = {"filters": filters, "kernel_size": kernel, "strides": 2, "padding": padding, "activation": activation}
    return Layer("Conv2DTranspose", name, (*sides, filters), n_parameters, options)
