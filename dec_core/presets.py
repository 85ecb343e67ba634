"""Named configs. A preset's name is derived from a config, never stored with it."""

from __future__ import annotations

from dec_core.config import RunConfig

PRESETS: dict[str, RunConfig] = {
    "first-look": RunConfig.make(
        n_samples=10_000,
        deskew=True,
        hidden_units=(500, 250),
        pretrain_epochs=40,
        pretrain_optimizer="adam",
        pretrain_learning_rate=0.001,
        kmeans_n_init=10,
        update_interval=40,
        cluster_learning_rate=0.1,
        augment=True,
        max_iterations=1000,
        tol=0.0,
    ),
    "tutorial-dec": RunConfig.make(),
}

DESCRIPTIONS: dict[str, str] = {
    "first-look": "10 000 digits in under a minute: small enough to watch, good enough to believe.",
    "tutorial-dec": "The tutorial's dense system, all 70 000 digits and 300 epochs: the better part of an hour.",
}


def preset(name: str) -> RunConfig:
    """The config of that name. Raises ValueError that lists the names there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f"preset: received {name!r}, expected one of {', '.join(PRESETS)}") from None


def name_of(config: RunConfig) -> str:
    """The preset that a config equals up to its seed, or "custom"."""
    for name, known in PRESETS.items():
        if known.changed(random_state=config.random_state) == config:
            return name
    return "custom"
