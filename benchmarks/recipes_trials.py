"""What the recipes train: presets over seeds, their ingredients one by one, and others for the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dec_core.config import RunConfig
from dec_core.presets import CHAPTERS, ON_10_000, PRESETS

FASHION = "Fashion-MNIST"
WHOLE = 0.6  # of a class must lie in its cluster, and of a cluster belong to its class
SECTIONS = ("presets", "methods", "ingredients", "others")

# as it was when its ingredients were measured; since then its decoder learns along and its batches are smaller
FULL = PRESETS["first-look"].changed(
    method="dec", precision="float32", batch_size=256, pretrain_epochs=8, update_interval=40, max_iterations=1200,
    first_target_steps=800, cluster_learning_rate=0.001,
)  # fmt: skip
INGREDIENTS: dict[str, tuple[dict[str, Any], str]] = {  # what switches it off, where it comes from
    "deskew": ({"deskew": False}, "shear until second moments are upright; for handwriting"),
    "initial target p of UMAP + mixture": (
        {"first_target": "kmeans"},
        "McConville et al. 2019 (N2D), here as a target",
    ),
    "gradients as features for UMAP": ({"features": "pixels"}, "Dalal and Triggs 2005"),
    "augmentation, autoencoder": ({"pretrain_augment": False}, "Guo et al. 2018 (DEC-DA)"),
    "augmentation, clustering": ({"augment": False}, "Guo et al. 2018 (DEC-DA)"),
    "cosine learning-rate schedule": ({"learning_rate_decay": "constant"}, "Loshchilov and Hutter 2017"),
}
BESIDES: dict[str, tuple[dict[str, Any], str]] = {  # what is not in `first-look`, and what switches it on
    "augmented neighbors": ({"compare_distorted": True}, "ours; after Guo et al. 2018"),
}
METHODS_COMPARED = {  # one network, optimizer and number of steps
    method: PRESETS.get(method, RunConfig.make(method=method, **ON_10_000))
    for method in ("autoencoder", "dec", "joint", "dcn", "vade")
}
PLAIN = FULL.changed(**{name: value for off, _ in INGREDIENTS.values() for name, value in off.items()})
SHORT = {"n_samples": 10_000, "pretrain_epochs": 8, "pretrain_optimizer": "adam", "pretrain_learning_rate": 0.001,
         "max_iterations": 700, "tol": 0.0}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One config of one section. `name` is what its row is called, `data` what its images are."""

    section: str
    name: str
    data: str
    config: RunConfig


def trials(n_seeds: int, fashion: str | None, changes: dict[str, Any]) -> Iterator[Trial]:
    """Everything that is trained: first what is quick, last the presets that take minutes."""

    def over_seeds(n: int, section: str, name: str, data: str, config: RunConfig) -> Iterator[Trial]:
        for seed in range(n):
            yield Trial(section, name, data, config.changed(random_state=seed, **changes))

    quick = {name: PRESETS[name] for name in ("first-look", "fast", "umap-gmm")}
    quick["first-look, plain DEC in batches of 256"] = FULL
    quick["umap-gmm, features=gradients"] = PRESETS["umap-gmm"].changed(features="gradients")
    for name, config in quick.items():
        yield from over_seeds(n_seeds, "presets", name, "MNIST", config)
    for name, config in METHODS_COMPARED.items():
        yield from over_seeds(min(n_seeds, 3), "methods", name, "MNIST", config)
    sets = {"MNIST": {}, **({FASHION: {"dataset": fashion, "deskew": False}} if fashion else {})}
    few = min(n_seeds, 2)
    for data, chosen in sets.items():
        yield from over_seeds(few, "ingredients", "all", data, FULL.changed(**chosen))
        yield from over_seeds(few, "ingredients", "none", data, PLAIN.changed(**chosen))
        for name, (off, _) in INGREDIENTS.items():
            if "deskew" in off and "deskew" in chosen:
                continue
            on = {field: getattr(FULL, field) for field in off}
            if "features" in off:  # nothing is compared unless UMAP is asked
                on["first_target"] = "umap_gmm"
            yield from over_seeds(few, "ingredients", f"all but {name}", data, FULL.changed(**off, **chosen))
            yield from over_seeds(few, "ingredients", f"only {name}", data, PLAIN.changed(**on, **chosen))
        for name, (on, _) in BESIDES.items():
            yield from over_seeds(few, "ingredients", f"all and {name}", data, FULL.changed(**on, **chosen))
            alone = PLAIN.changed(first_target="umap_gmm", **on, **chosen)
            yield from over_seeds(few, "ingredients", f"only {name}", data, alone)
    yield from over_seeds(few, "others", "kmeans-pixels", "MNIST", PRESETS["kmeans-pixels"].changed(n_samples=10_000))
    for name in ("tutorial-conv-dec", "tutorial-dense-joint", "tutorial-autoencoder"):
        yield from over_seeds(few, "others", f"{name}, short", "MNIST", PRESETS[name].changed(**SHORT))
    for data, chosen in {"MNIST": {"n_samples": 3000}, "digits": {"dataset": "digits", "n_samples": None}}.items():
        for features in ("pixels", "gradients"):
            config = PRESETS["umap-gmm"].changed(deskew=False, features=features, **chosen)
            yield from over_seeds(n_seeds, "others", f"umap-gmm, {features}, as written", data, config)
        yield from over_seeds(few, "others", "first-look, as written", data, FULL.changed(deskew=False, **chosen))
    for name in (name for name, chapter in CHAPTERS.items() if chapter == "Best"):
        yield from over_seeds(n_seeds, "presets", name, "MNIST", PRESETS[name])
