"""Named configs. A preset's name is derived from a config, never stored with it."""

from __future__ import annotations

from functools import cache
from math import ceil

from dec_core.config import BUNDLED, RunConfig, applies

MOST_EPOCHS = 2000  # that a config may have

CONVOLUTIONAL = {
    "initializer": "glorot_uniform",
    "pretrain_optimizer": "adadelta",
    "pretrain_epochs": 100,
    "cluster_optimizer": "adam",
    "cluster_learning_rate": 0.001,
}

# DEC whose first target is what UMAP and a mixture find; every ingredient and its effect: docs/recipes.md
MIXTURE_TARGET = {
    "deskew": True,
    "first_target": "umap_gmm",
    "features": "gradients",
    "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.001,
    "pretrain_augment": True,
    "learning_rate_decay": "cosine",
    "kmeans_n_init": 5,
    "cluster_optimizer": "adam",
    "cluster_learning_rate": 0.001,
    "augment": True,
    "tol": 0.0,
}

# the decoder learns along, so that what it makes of the centers looks like what is in the clusters
WITH_DECODER = {"method": "joint", "precision": "auto"}

# methods of other papers, on images as they are, so that a run takes minutes
ON_10_000 = {
    "n_samples": 10_000,
    "hidden_units": (500, 500, 1000),
    "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.001,
    "pretrain_epochs": 20,
    "kmeans_n_init": 5,
    "gmm_n_init": 3,
    "cluster_optimizer": "adam",
    "cluster_learning_rate": 0.0005,
    "update_interval": 40,
    "max_iterations": 400,
    "tol": 0.0,
}

# all images, and neighbours sought among distorted images, too
LONGER = MIXTURE_TARGET | {
    "compare_distorted": True,
    "distortion": 1.5,
    "gmm_n_init": 3,
    "pretrain_epochs": 10,
    "update_interval": 274,
    "max_iterations": 5480,
    "first_target_steps": 4110,
}

# neighbours that forgive handwriting, and as many steps as it takes to learn what they teach
LONGEST = LONGER | {
    "features": "deformed",
    "compare_distorted": False,
    "max_iterations": 10_960,
    "first_target_steps": 9864,
}

PRESETS: dict[str, RunConfig] = {
    "first-look": RunConfig.make(
        **MIXTURE_TARGET,
        **WITH_DECODER,
        gamma=0.3,
        n_samples=10_000,
        hidden_units=(500, 500, 1000),
        batch_size=128,
        pretrain_epochs=8,
        update_interval=40,
        max_iterations=1400,
        first_target_steps=960,
    ),
    "fast": RunConfig.make(
        **MIXTURE_TARGET,
        **WITH_DECODER,
        gamma=0.4,
        hidden_units=(500, 500, 1000),
        batch_size=512,
        pretrain_epochs=4,
        gmm_n_init=3,
        update_interval=137,
        max_iterations=1096,
        first_target_steps=822,
    ),
    "best": RunConfig.make(**LONGEST, **WITH_DECODER, gamma=0.4),
    "best-no-prior": RunConfig.make(**LONGEST | {"deskew": False}, **WITH_DECODER, gamma=0.4),
    "best-conv": RunConfig.make(**LONGER, autoencoder="conv_transpose", initializer="glorot_uniform"),
    "best-umap": RunConfig.make(method="umap_gmm", deskew=True, features="deformed", n_neighbors=20, gmm_n_init=32),
    "kmeans-pixels": RunConfig.make(method="kmeans"),
    "umap-gmm": RunConfig.make(method="umap_gmm", deskew=True),
    "tutorial-autoencoder": RunConfig.make(method="autoencoder"),
    "tutorial-dec": RunConfig.make(),
    "tutorial-conv-dec": RunConfig.make(autoencoder="conv_transpose", **CONVOLUTIONAL),
    "tutorial-conv-upsampling": RunConfig.make(autoencoder="conv_upsampling", filters=(16, 8, 8), **CONVOLUTIONAL),
    "tutorial-conv-joint": RunConfig.make(autoencoder="conv_transpose", method="joint", **CONVOLUTIONAL),
    "tutorial-dense-joint": RunConfig.make(method="joint", cluster_learning_rate=1.0),
    "dcn": RunConfig.make(method="dcn", **ON_10_000, kmeans_weight=0.1),
    "vade": RunConfig.make(method="vade", **ON_10_000, kl_weight=1e-4),
}

DESCRIPTIONS: dict[str, str] = {
    "first-look": "10 000 deskewed digits. UMAP and a Gaussian mixture give the initial target; the "
    "decoder learns along.",
    "fast": "The same recipe on all 70 000 digits.",
    "best": "All 70 000 digits. UMAP's neighbors are those most alike when strokes may shift a little.",
    "best-no-prior": "Like best, without deskewing.",
    "best-conv": "A convolutional autoencoder and plain DEC on all digits, with augmented neighbors for UMAP.",
    "best-umap": "No network. UMAP, with the 20 neighbors most alike when strokes may shift, and a Gaussian mixture. "
    "Good for clothes, too; cannot assign new images.",
    "kmeans-pixels": "No network: k-means on the pixels. The baseline that deep clustering has to beat.",
    "umap-gmm": "No network: UMAP of deskewed digits and a Gaussian mixture. Hard to beat; cannot assign new images.",
    "tutorial-autoencoder": "The dense autoencoder, then k-means on z: what pretraining alone achieves.",
    "tutorial-dec": "The tutorial's dense DEC on all 70 000 digits, 300 epochs.",
    "tutorial-conv-dec": "Convolutional autoencoder with Conv2DTranspose, then DEC with adam.",
    "tutorial-conv-upsampling": "Smaller convolutional autoencoder with UpSampling2D, then DEC with adam.",
    "tutorial-conv-joint": "Convolutional; clustering and reconstruction losses trained jointly (DCEC).",
    "tutorial-dense-joint": "Dense; clustering and reconstruction losses trained jointly (IDEC).",
    "dcn": "DCN on 10 000 digits: a k-means loss beside the reconstruction, with centers that follow their images.",
    "vade": "VaDE on 10 000 digits: a variational autoencoder whose prior has a Gaussian for each cluster.",
}


CHAPTERS: dict[str, str] = {  # as the tutorial tells its story
    "first-look": "Start here",
    "fast": "Start here",
    "best": "Best",
    "best-no-prior": "Best",
    "best-conv": "Best",
    "best-umap": "Best",
    "kmeans-pixels": "Baseline",
    "umap-gmm": "Baseline",
    "tutorial-autoencoder": "Baseline",
    "tutorial-dec": "Dense",
    "tutorial-conv-dec": "Convolutional",
    "tutorial-conv-upsampling": "Convolutional",
    "tutorial-conv-joint": "Joint",
    "tutorial-dense-joint": "Joint",
    "dcn": "Other methods",
    "vade": "Other methods",
}


ENOUGH_STEPS = 600  # of pretraining: with fewer, on MNIST and the digits, k-means on z finds less than on pixels


def fitted_to(config: RunConfig, n_images: int) -> dict[str, int | None]:
    """The fields in which a config has to differ to learn from a data set that is smaller than its own.

    A subset of a larger data set means all of a smaller one. A batch that does not fit becomes a quarter of the images.
    Epochs become so many that pretraining takes as many gradient steps as before, or `ENOUGH_STEPS` if that is less.

    Parameters
    ----------
    config : RunConfig
        For its own data set.
    n_images : int
        How many the other one has.
    """
    n_before = config.n_samples or (BUNDLED[config.dataset][0] if config.dataset in BUNDLED else n_images)
    if n_images >= n_before:
        return {}
    changes: dict[str, int | None] = {"n_samples": None}
    batch_size = config.batch_size if config.batch_size <= n_images else max(8, n_images // 4)
    steps = min(ENOUGH_STEPS, config.pretrain_epochs * ceil(n_before / config.batch_size))
    epochs = min(MOST_EPOCHS, ceil(steps / ceil(n_images / batch_size)))
    changes["batch_size"] = batch_size
    changes["pretrain_epochs"] = max(config.pretrain_epochs, epochs)
    return {name: value for name, value in changes.items() if value != getattr(config, name)}


def for_own_images(name: str) -> dict[str, bool]:
    """The fields in which the preset of that name differs for a person's own images.

    Deskewing is for handwriting. Recipes were found on digits, whose background is 0; with the mean subtracted any is,
    about. The tutorial's systems stay the tutorial's.
    """
    return {"deskew": False, "centered": not name.startswith("tutorial-")}


def preset(name: str) -> RunConfig:
    """The config of that name. Raises ValueError that lists the names there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f"preset: received {name!r}, expected one of {', '.join(PRESETS)}") from None


def name_of(config: RunConfig) -> str:
    """The preset that a config equals up to its seed, or "custom"."""
    for name, known in PRESETS.items():
        if known.model_copy(update={"random_state": config.random_state}) == config:
            return name
    return "custom"


def nearest(config: RunConfig) -> str:
    """The preset from which a config differs in the fewest fields, the seed aside; only fields that act count."""
    values = _acting(config)
    differs = {name: sum(values[n] != value for n, value in acting.items()) for name, acting in _of_presets().items()}
    return min(differs, key=differs.get)


@cache
def _of_presets() -> dict[str, dict[str, object]]:
    return {name: _acting(known) for name, known in PRESETS.items()}


def _acting(config: RunConfig) -> dict[str, object]:
    """All fields but the seed, None where they have no effect."""
    names = [name for name in RunConfig.model_fields if name != "random_state"]
    return {name: getattr(config, name) if applies(name, config) else None for name in names}
