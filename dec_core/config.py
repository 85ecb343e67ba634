"""What a run is: one frozen, validated record, JSON in and out.

Every field carries a label, a group (in the order in which it acts), its valid range and one
documented line. That line is the tooltip in the app, the help on the command line and the row in
the docs; there is no second copy of it. `dec_core.fields` gives them as data.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from dec_core.architecture import architecture, is_one_line
from dec_core.json_text import parse_json, read_json
from dec_core.methods import METHODS, fits_mixture, uses_mixture_target

GROUPS = ("Data", "Architecture", "Pretraining", "Clustering")
BUNDLED = {"mnist": (70_000, (28, 28)), "digits": (1_797, (8, 8))}  # number and shape of the images
OWN_DATA = "own-"  # prefix of the names of people's own data sets

Optimizer = Literal["sgd", "adam", "adadelta"]


class ConfigError(ValueError):
    """A configuration that cannot be run. `problems` maps each field to what is wrong with it."""

    def __init__(self, problems: dict[str, str]):
        self.problems = problems
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))


def _units(value: Any) -> Any:
    """Accept "500, 500, 2000" (a text field, the command line) wherever a list of integers is meant."""
    if isinstance(value, str):
        try:
            return tuple(int(part) for part in value.replace("-", ",").split(",") if part.strip())
        except ValueError:
            raise ValueError("expected whole numbers separated by commas, as in 500, 500, 2000") from None
    return tuple(value) if isinstance(value, list) else value


def _dataset(name: Any) -> Any:
    if isinstance(name, str) and name not in BUNDLED and not name.startswith(OWN_DATA):
        raise ValueError(f"expected {' or '.join(BUNDLED)}, or the name of your own dataset, {OWN_DATA}...")
    return name


def _setting(default: Any, group: str, label: str, help: str, *, advanced: bool = False, **limits: Any) -> Any:
    extra = {"group": group, "label": label, "advanced": advanced}
    return Field(default, description=help, json_schema_extra=extra, **limits)


Units = Annotated[int, Field(ge=2, le=4096, strict=True)]
Filters = Annotated[int, Field(ge=1, le=512, strict=True)]


class RunConfig(BaseModel):
    """Data, architecture and hyperparameters of one run. The defaults are the tutorial's dense system.

    Raises
    ------
    ConfigError
        From `RunConfig.make`, `RunConfig.from_json` and `changed`, for unknown fields, wrong types,
        values out of range and impossible combinations: every problem at once, by field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    # -- data
    dataset: Annotated[str, BeforeValidator(_dataset)] = _setting(
        "mnist", "Data", "Dataset",
        "mnist: 70 000 handwritten digits of 28×28 pixels. digits: 1 797 of 8×8, for a demo in seconds.",
        max_length=100,
    )  # fmt: skip
    n_samples: int | None = _setting(
        None, "Data", "Number of images",
        "Use only this many: the first ones, or evenly spread ones of your own data. Leave empty to use all.",
        ge=50,
    )  # fmt: skip
    deskew: bool = _setting(
        False, "Data", "Deskew",
        "Shear each image so that its ink stands upright. Helps with handwriting; uses no labels.",
    )  # fmt: skip
    # -- architecture
    method: Literal[*METHODS] = _setting(
        "dec", "Architecture", "Method",
        "dec: DEC. joint: with reconstruction, as IDEC. autoencoder: k-means on z. kmeans, umap_gmm: no network.",
    )  # fmt: skip
    autoencoder: Literal["dense", "conv_transpose", "conv_upsampling"] = _setting(
        "dense", "Architecture", "Autoencoder",
        "dense: fully connected. conv_transpose, conv_upsampling: convolutions of stride 2, undone by Conv2DTranspose "
        "or by UpSampling2D.",
    )  # fmt: skip
    hidden_units: Annotated[tuple[Units, ...], BeforeValidator(_units)] = _setting(
        (500, 500, 2000), "Architecture", "Hidden units (encoder layers)",
        "Units in each hidden layer of the encoder, first to last; the decoder mirrors them.",
        min_length=1, max_length=6,
    )  # fmt: skip
    filters: Annotated[tuple[Filters, ...], BeforeValidator(_units)] = _setting(
        (32, 64, 128), "Architecture", "Filters",
        "Filters of each convolution of the encoder, first to last; each halves height and width.",
        min_length=1, max_length=5,
    )  # fmt: skip
    latent_dim: int = _setting(
        10, "Architecture", "Latent dimension (size of z)",
        "How many numbers the encoder keeps of each image: the dimension of z.", ge=1, le=128,
    )  # fmt: skip
    initializer: Literal["variance_scaling", "glorot_uniform"] = _setting(
        "variance_scaling", "Architecture", "Initializer",
        "variance_scaling: uniform, variance 1/(3 · inputs), as in the tutorial. glorot_uniform: Keras's default.",
        advanced=True,
    )  # fmt: skip
    precision: Literal["float32", "bfloat16"] = _setting(
        "float32", "Architecture", "Precision",
        "float32: the tutorial's arithmetic. bfloat16: all layers but z's in half the bits; faster on some processors.",
        advanced=True,
    )  # fmt: skip
    # -- pretraining
    pretrain_epochs: int = _setting(
        300, "Pretraining", "Epochs", "How many times the autoencoder sees every image before clustering starts.",
        ge=1, le=2000,
    )  # fmt: skip
    pretrain_optimizer: Optimizer = _setting(
        "sgd", "Pretraining", "Optimizer",
        "sgd: gradient descent with momentum. adam, adadelta: a step size for every weight.",
    )  # fmt: skip
    pretrain_learning_rate: float = _setting(
        1.0, "Pretraining", "Learning rate",
        "Step size of the autoencoder's training: about 1 for sgd and adadelta on this loss, 0.001 for adam.",
        gt=0, le=10,
    )  # fmt: skip
    learning_rate_decay: Literal["constant", "cosine"] = _setting(
        "constant", "Pretraining", "Learning-rate schedule",
        "constant: the step size stays, as in the tutorial. cosine: it falls to zero over each phase.",
        advanced=True,
    )  # fmt: skip
    pretrain_augment: bool = _setting(
        False, "Pretraining", "Augment (rotate, shear, scale, shift)",
        "Rotate, shear, scale and shift each image a little whenever the autoencoder sees it.",
    )  # fmt: skip
    distortion: float = _setting(
        1.0, "Pretraining", "Augmentation strength",
        "1: rotation up to 6°, scale and shear up to 10 %, shift up to a pixel in 28. 2: twice that.", gt=0, le=4,
        advanced=True,
    )  # fmt: skip
    batch_size: int = _setting(
        256, "Pretraining", "Batch size", "Images per gradient step, in pretraining and in clustering.", ge=8, le=4096,
    )  # fmt: skip
    # -- clustering
    n_clusters: int = _setting(
        10, "Clustering", "Number of clusters", "How many clusters to look for; labels are not used.", ge=2, le=50,
    )  # fmt: skip
    first_target: Literal["kmeans", "umap_gmm"] = _setting(
        "kmeans", "Clustering", "Initial target p",
        "kmeans: p sharpens the q of k-means on z. umap_gmm: p is what UMAP and a Gaussian mixture find in the images.",
    )  # fmt: skip
    first_target_steps: int = _setting(
        1400, "Clustering", "Hold the initial target for (steps)",
        "Gradient steps for which the initial target p is held; after them p sharpens q again.", ge=1, le=200_000,
    )  # fmt: skip
    features: Literal["pixels", "gradients"] = _setting(
        "pixels", "Clustering", "Features for UMAP",
        "pixels: gray levels. gradients: histograms of the directions of strokes, patch by patch (HOG).",
    )  # fmt: skip
    n_neighbors: int = _setting(
        10, "Clustering", "Neighbors in UMAP (n_neighbors)",
        "How many neighbors of each image UMAP keeps close: few show fine structure, many the whole.", ge=2, le=200,
    )  # fmt: skip
    compare_distorted: bool = _setting(
        False, "Clustering", "Augmented neighbors",
        "Neighbors are also sought for slightly rotated, sheared and scaled copies of each image: nine searches.",
    )  # fmt: skip
    gmm_n_init: int = _setting(
        8, "Clustering", "Mixture restarts (n_init)",
        "The Gaussian mixture is fitted this many times from random starts; the fit of highest likelihood is kept.",
        ge=1, le=100, advanced=True,
    )  # fmt: skip
    update_interval: int = _setting(
        140, "Clustering", "Update interval", "Gradient steps between two updates of the target p.", ge=1, le=10_000,
    )  # fmt: skip
    cluster_optimizer: Optimizer = _setting(
        "sgd", "Clustering", "Optimizer", "The optimizer that moves encoder and centers together.",
    )  # fmt: skip
    cluster_learning_rate: float = _setting(
        0.01, "Clustering", "Learning rate",
        "Step size while clustering; small, so that clusters sharpen rather than scatter.", gt=0, le=10,
    )  # fmt: skip
    gamma: float = _setting(
        0.1, "Clustering", "Clustering loss weight γ",
        "Weight of KL(p‖q) relative to the reconstruction's mean squared error when both are trained together.",
        ge=0, le=100,
    )  # fmt: skip
    augment: bool = _setting(
        False, "Clustering", "Augment (rotate, shear, scale, shift)",
        "Rotate, shear, scale and shift each image a little at every clustering step; p stays that of the clean image.",
    )  # fmt: skip
    tol: float = _setting(
        0.001, "Clustering", "Tolerance (stop when fewer images change)",
        "Stop when, between two target updates, a smaller fraction of the images than this changes cluster.",
        ge=0, le=0.5,
    )  # fmt: skip
    max_iterations: int = _setting(
        8000, "Clustering", "Maximum iterations", "Stop after at most this many gradient steps.",
        ge=1, le=200_000,
    )  # fmt: skip
    alpha: float = _setting(
        1.0, "Clustering", "Degrees of freedom α",
        "Degrees of freedom of Student's t in q (DEC, equation 1): a larger α gives distant centers less weight.",
        ge=0.1, le=100, advanced=True,
    )  # fmt: skip
    kmeans_n_init: int = _setting(
        20, "Clustering", "k-means restarts (n_init)",
        "k-means places the initial centers this many times from random starts and keeps the tightest.",
        ge=1, le=100, advanced=True,
    )  # fmt: skip
    momentum: float = _setting(
        0.9, "Pretraining", "Momentum (SGD)", "How much of the previous step SGD keeps; adam and adadelta ignore it.",
        ge=0, lt=1, advanced=True,
    )  # fmt: skip
    # -- repeatability
    random_state: int = _setting(
        0, "Data", "Seed", "The same seed on the same machine gives the same labels.", ge=0, le=2**31 - 1,
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits_together(self) -> RunConfig:
        if self.dataset in BUNDLED:
            self.check_images(*BUNDLED[self.dataset])
        return self

    def check_images(self, n: int, image_shape: tuple[int, ...]) -> None:
        """Raise `ConfigError` if `n` images of `image_shape` cannot be trained with this config."""
        problems = {}
        if self.n_samples is not None and self.n_samples > n:
            problems["n_samples"] = f"received {self.n_samples}, but there are {n} images; use {n} or fewer"
        used = min(self.n_samples or n, n)
        for name in ("n_clusters", "batch_size"):
            value = getattr(self, name)
            if value > used and applies(name, self):
                problems[name] = f"received {value}, but there are only {used} images; use {used} or fewer"
        if self.deskew and len(image_shape) == 3:
            problems["deskew"] = "received color images, but only gray ones can be deskewed; switch it off"
        if is_one_line(image_shape):
            problems |= self._problems_of_lines(image_shape)
        try:
            architecture(self, image_shape)
        except ValueError as error:
            problems["autoencoder"] = str(error)
        if problems:
            raise ConfigError(problems)

    def _problems_of_lines(self, image_shape: tuple[int, ...]) -> dict[str, str]:
        """What images of one line cannot be used with, by field."""
        what = f"images of {image_shape[0]}×{image_shape[1]} pixels are one line"
        problems = {
            name: f"received True, but {what}, which cannot be turned or sheared; switch it off"
            for name in ("deskew", "pretrain_augment", "augment", "compare_distorted")
            if getattr(self, name) and applies(name, self)
        }
        if self.features == "gradients" and applies("features", self):
            problems["features"] = f"received gradients, but {what}, in which no stroke has a direction; choose pixels"
        return problems

    @classmethod
    def make(cls, /, **values: Any) -> RunConfig:
        """The config with these fields, the rest at their defaults. Raises `ConfigError`."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(problems_of(error)) from None

    def changed(self, /, **values: Any) -> RunConfig:
        """This config with some fields replaced, validated again. Raises `ConfigError`."""
        return RunConfig.make(**{**self.model_dump(), **values})

    @classmethod
    def from_json(cls, source: str | Path) -> RunConfig:
        """Read what `to_json` wrote, from text or from a file's path. Raises `ConfigError`."""
        try:
            values = read_json(source) if isinstance(source, Path) else parse_json(source)
        except ValueError as error:
            what = f"{source.name} {error}" if isinstance(source, Path) else f"expected JSON, but {error}"
            raise ConfigError({"config": what}) from None
        if not isinstance(values, dict):
            raise ConfigError({"config": f"received {_shown(values)}, expected a JSON object of fields"})
        return cls.make(**values)

    def to_json(self) -> str:
        """All fields as indented JSON."""
        return self.model_dump_json(indent=2)


def _with_network(*names: str, where: Callable[[RunConfig], bool] = lambda _: True) -> dict[str, Any]:
    return dict.fromkeys(names, lambda config: METHODS[config.method].has_network and where(config))


def _trains_centers(config: RunConfig) -> bool:
    return METHODS[config.method].trains_centers


def _uses_sgd(config: RunConfig) -> bool:
    return config.pretrain_optimizer == "sgd" or (_trains_centers(config) and config.cluster_optimizer == "sgd")


def _augments(config: RunConfig) -> bool:
    return config.pretrain_augment or (_trains_centers(config) and config.augment)


APPLIES: dict[str, Callable[[RunConfig], bool]] = {  # where each field has any effect; a test that none is forgotten
    **dict.fromkeys(("dataset", "n_samples", "deskew", "random_state", "method", "n_clusters"), lambda _: True),
    **_with_network(
        "autoencoder", "latent_dim", "initializer", "precision", "pretrain_epochs", "pretrain_optimizer",
        "pretrain_learning_rate", "learning_rate_decay", "pretrain_augment", "batch_size",
    ),
    **_with_network("hidden_units", where=lambda config: config.autoencoder == "dense"),
    **_with_network("filters", where=lambda config: config.autoencoder != "dense"),
    **_with_network("momentum", where=_uses_sgd),
    **_with_network("distortion", where=_augments),
    **dict.fromkeys(
        ("first_target", "update_interval", "cluster_optimizer", "cluster_learning_rate", "augment", "tol",
         "max_iterations", "alpha"), _trains_centers,
    ),
    "gamma": lambda config: METHODS[config.method].trains_decoder,
    "first_target_steps": uses_mixture_target,
    **dict.fromkeys(("features", "n_neighbors", "compare_distorted", "gmm_n_init"), fits_mixture),
    "kmeans_n_init": lambda config: METHODS[config.method].centers_from == "kmeans",
}  # fmt: skip


def applies(name: str, config: RunConfig) -> bool:
    """Whether a field has any effect, given the others: `gamma` only where both losses are trained, and so on."""
    return APPLIES[name](config)


def problems_of(error: ValidationError) -> dict[str, str]:
    """Pydantic's list of errors as one line per field: what came, what is allowed."""
    problems: dict[str, str] = {}
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ConfigError):
            problems.update(cause.problems)
            continue
        name = str(item["loc"][0])
        if item["type"] == "extra_forbidden":
            problems[name] = unknown_field(name)
        else:
            reason = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
            problems[name] = f"received {_shown(item['input'])}, {reason[0].lower() + reason[1:]}"
    return problems


def unknown_field(name: str) -> str:
    """What to say of a name that is no field."""
    return f"there is no such field; the fields are {', '.join(RunConfig.model_fields)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
