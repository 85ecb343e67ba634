"""What a run is: one frozen, validated record, JSON in and out.

Every field carries a label, a group (in the order in which it acts), its valid range and one
documented line. That line is the tooltip in the app, the help on the command line and the row in
the docs; there is no second copy of it. `dec_core.fields` gives them as data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dec_core.architecture import architecture, is_one_line
from dec_core.config.applicability import applies
from dec_core.config.field_types import AUTO, BUNDLED, DatasetName, Filters, Layers, Optimizer, Units, setting
from dec_core.json_text import parse_json, read_json
from dec_core.methods import METHODS

WHO_LOOKS = f'; DEC(config, n_clusters="{AUTO}") and --set n_clusters={AUTO} look for the number'


class ConfigError(ValueError):
    """A configuration that cannot be run. `problems` maps each field to what is wrong with it."""

    def __init__(self, problems: dict[str, str]):
        self.problems = problems
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))


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
    dataset: DatasetName = setting(
        "mnist", "Data", "Dataset",
        "mnist: 70 000 digits of 28×28 pixels. digits: 1 797 of 8×8. mnist-unbalanced: few 0s, all 9s, by label.",
        max_length=100,
    )  # fmt: skip
    n_samples: int | None = setting(
        None, "Data", "Number of images",
        "Use only this many: the first ones, or evenly spread ones of your own data. Leave empty to use all.",
        ge=50,
    )  # fmt: skip
    deskew: bool = setting(
        False, "Data", "Deskew",
        "Shear each image so that its ink stands upright. Helps with handwriting; uses no labels.",
    )  # fmt: skip
    centered: bool = setting(
        False, "Data", "Subtract the mean image",
        "The encoder sees each image minus the mean of all; the decoder adds it again. Helps on bright backgrounds.",
    )  # fmt: skip
    # -- architecture
    method: Literal[*METHODS] = setting(
        "dec", "Architecture", "Method",
        "joint: IDEC, with reconstruction. dcn: DCN. vade: VaDE. autoencoder: k-means on z. Others: no network.",
    )  # fmt: skip
    autoencoder: Literal["dense", "conv_transpose", "conv_upsampling"] = setting(
        "dense", "Architecture", "Autoencoder",
        "dense: fully connected. conv_transpose, conv_upsampling: convolutions of stride 2, undone by Conv2DTranspose "
        "or by UpSampling2D.",
    )  # fmt: skip
    hidden_units: Annotated[tuple[Units, ...], Layers] = setting(
        (500, 500, 2000), "Architecture", "Hidden units (encoder layers)",
        "Units in each hidden layer of the encoder, first to last; the decoder mirrors them.",
        min_length=1, max_length=6,
    )  # fmt: skip
    filters: Annotated[tuple[Filters, ...], Layers] = setting(
        (32, 64, 128), "Architecture", "Filters",
        "Filters of each convolution of the encoder, first to last; each halves height and width.",
        min_length=1, max_length=5,
    )  # fmt: skip
    latent_dim: int = setting(
        10, "Architecture", "Latent dimension (size of z)",
        "How many numbers the encoder keeps of each image: the dimension of z.", ge=1, le=512,
    )  # fmt: skip
    initializer: Literal["variance_scaling", "glorot_uniform"] = setting(
        "variance_scaling", "Architecture", "Initializer",
        "variance_scaling: uniform, variance 1/(3 · inputs), as in the tutorial. glorot_uniform: Keras's default.",
        advanced=True,
    )  # fmt: skip
    precision: Literal["float32", "bfloat16", "auto"] = setting(
        "float32", "Architecture", "Precision",
        "float32: as in the tutorial. bfloat16: half the bits in all layers but z's. auto: what is faster here.",
        advanced=True,
    )  # fmt: skip
    # -- pretraining
    pretrain_epochs: int = setting(
        300, "Pretraining", "Epochs", "How many times the autoencoder sees every image before clustering starts.",
        ge=1, le=2000,
    )  # fmt: skip
    pretrain_optimizer: Optimizer = setting(
        "sgd", "Pretraining", "Optimizer",
        "sgd: gradient descent with momentum. adam, adadelta: a step size for every weight.",
    )  # fmt: skip
    pretrain_learning_rate: float = setting(
        1.0, "Pretraining", "Learning rate",
        "Step size of the autoencoder's training: about 1 for sgd and adadelta on this loss, 0.001 for adam.",
        gt=0, le=10,
    )  # fmt: skip
    learning_rate_decay: Literal["constant", "cosine"] = setting(
        "constant", "Pretraining", "Learning-rate schedule",
        "constant: the step size stays, as in the tutorial. cosine: it falls to zero over each phase.",
        advanced=True,
    )  # fmt: skip
    pretrain_augment: bool = setting(
        False, "Pretraining", "Augment (rotate, shear, scale, shift)",
        "Rotate, shear, scale and shift each image a little whenever the autoencoder sees it.",
    )  # fmt: skip
    distortion: float = setting(
        1.0, "Pretraining", "Augmentation strength",
        "1: rotation up to 6°, scale and shear up to 10 %, shift up to a pixel in 28. 2: twice that.", gt=0, le=4,
        advanced=True,
    )  # fmt: skip
    batch_size: int = setting(
        256, "Pretraining", "Batch size", "Images per gradient step, in pretraining and in clustering.", ge=8, le=4096,
    )  # fmt: skip
    # -- clustering
    n_clusters: int = setting(
        10, "Clustering", "Number of clusters", "How many clusters to look for; labels are not used.", ge=2, le=200,
    )  # fmt: skip
    first_target: Literal["kmeans", "umap_gmm"] = setting(
        "kmeans", "Clustering", "Initial target p",
        "kmeans: p sharpens the q of k-means on z. umap_gmm: p is what UMAP and a Gaussian mixture find in the images.",
    )  # fmt: skip
    first_target_steps: int = setting(
        1400, "Clustering", "Hold the initial target for (steps)",
        "Gradient steps for which the initial target p is held; after them p sharpens q again.", ge=1, le=200_000,
    )  # fmt: skip
    features: Literal["pixels", "gradients", "deformed"] = setting(
        "pixels", "Clustering", "Features for UMAP",
        "pixels: gray levels. gradients: directions of strokes (HOG). deformed: the same, where strokes may shift by "
        "two pixels (IDM).",
    )  # fmt: skip
    n_neighbors: int = setting(
        10, "Clustering", "Neighbors in UMAP (n_neighbors)",
        "How many neighbors of each image UMAP keeps close: few show fine structure, many the whole.", ge=2, le=200,
    )  # fmt: skip
    compare_distorted: bool = setting(
        False, "Clustering", "Augmented neighbors",
        "Neighbors are also sought for slightly rotated, sheared and scaled copies of each image: nine searches.",
    )  # fmt: skip
    gmm_n_init: int = setting(
        8, "Clustering", "Mixture restarts (n_init)",
        "The Gaussian mixture is fitted this many times from random starts; the fit of highest likelihood is kept.",
        ge=1, le=100, advanced=True,
    )  # fmt: skip
    update_interval: int = setting(
        140, "Clustering", "Update interval", "Gradient steps between two updates of the target p.", ge=1, le=10_000,
    )  # fmt: skip
    cluster_optimizer: Optimizer = setting(
        "sgd", "Clustering", "Optimizer", "The optimizer that moves encoder and centers together.",
    )  # fmt: skip
    cluster_learning_rate: float = setting(
        0.01, "Clustering", "Learning rate",
        "Step size while clustering: for sgd about 0.01 (dec) or 1 (joint), for adam 0.001. Large: clusters scatter.",
        gt=0, le=10,
    )  # fmt: skip
    gamma: float = setting(
        0.1, "Clustering", "Clustering loss weight γ",
        "Weight of KL(p‖q) beside the reconstruction's mean squared error. Large: reconstructions blur.",
        ge=0, le=100,
    )  # fmt: skip
    kmeans_weight: float = setting(
        0.1, "Clustering", "k-means loss weight λ",
        "Weight of the k-means loss beside the reconstruction's mean squared error. Large: z gathers at few centers.",
        ge=0, le=100,
    )  # fmt: skip
    kl_weight: float = setting(
        1e-4, "Clustering", "Prior weight β",
        "Weight of the KL divergence from the mixture beside the reconstruction's error. Large: z says less.",
        ge=0, le=1,
    )  # fmt: skip
    augment: bool = setting(
        False, "Clustering", "Augment (rotate, shear, scale, shift)",
        "Rotate, shear, scale and shift each image a little at every clustering step; p stays that of the clean image.",
    )  # fmt: skip
    tol: float = setting(
        0.001, "Clustering", "Tolerance (stop when fewer images change)",
        "Stop when a smaller fraction of images changes cluster between updates; not while an initial target is held.",
        ge=0, le=0.5,
    )  # fmt: skip
    max_iterations: int = setting(
        8000, "Clustering", "Maximum iterations", "Stop after at most this many gradient steps.",
        ge=1, le=200_000,
    )  # fmt: skip
    alpha: float = setting(
        1.0, "Clustering", "Degrees of freedom α",
        "Degrees of freedom of Student's t in q (DEC, equation 1): a larger α gives distant centers less weight.",
        ge=0.1, le=100, advanced=True,
    )  # fmt: skip
    center_init: Literal["kmeans", "random"] = setting(
        "kmeans", "Clustering", "Initial centers",
        "kmeans: those of k-means on z. random: the z of images drawn by the seed, so that some groups get no center.",
        advanced=True,
    )  # fmt: skip
    kmeans_n_init: int = setting(
        20, "Clustering", "k-means restarts (n_init)",
        "k-means places the initial centers this many times from random starts and keeps the tightest.",
        ge=1, le=100, advanced=True,
    )  # fmt: skip
    momentum: float = setting(
        0.9, "Pretraining", "Momentum (SGD)", "How much of the previous step SGD keeps; adam and adadelta ignore it.",
        ge=0, lt=1, advanced=True,
    )  # fmt: skip
    # -- repeatability
    random_state: int = setting(
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
        try:
            architecture(self, image_shape)
        except ValueError as error:
            problems["autoencoder"] = str(error)
        if is_one_line(image_shape):
            problems |= self._problems_of_lines(image_shape)
        if problems:
            raise ConfigError(problems)

    def _problems_of_lines(self, image_shape: tuple[int, ...]) -> dict[str, str]:
        """What images of one line, and vectors, cannot be used with, by field."""
        height, width = image_shape[:2]
        lines = f"images of {height}×{width} pixels, each one line"
        what = f"these are {f'vectors of {width} numbers, or images of one line' if height == 1 else lines}"
        problems = {
            name: f"received True, but {what}, which cannot be turned or sheared; switch it off"
            for name in ("deskew", "pretrain_augment", "augment", "compare_distorted")
            if getattr(self, name) and applies(name, self)
        }
        if self.features != "pixels" and applies("features", self):
            problems["features"] = (
                f"received {self.features}, but {what}, in which no stroke has a direction; choose pixels"
            )
        if self.autoencoder != "dense" and applies("autoencoder", self):
            problems["autoencoder"] = (
                f"received {self.autoencoder}, but {what}, of which no convolution halves both sides; choose dense"
            )
        return problems

    def smaller_rate(self, phase: str) -> tuple[str, float]:
        """Field and value of a tenth of the learning rate of a phase, to be tried where training diverged in it."""
        field = "pretrain_learning_rate" if phase == "pretraining" else "cluster_learning_rate"
        return field, float(f"{getattr(self, field) / 10:.3g}")

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
            hint = WHO_LOOKS if name == "n_clusters" and repr(item["input"]) == repr(AUTO) else ""
            problems[name] = f"received {_shown(item['input'])}, {reason[0].lower() + reason[1:]}{hint}"
    return problems


def unknown_field(name: str) -> str:
    """What to say of a name that is no field."""
    return f"there is no such field; the fields are {', '.join(RunConfig.model_fields)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
