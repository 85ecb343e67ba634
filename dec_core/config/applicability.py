"""Where a field of a config has any effect: `gamma` only where both losses are trained, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dec_core.architecture import has_linear_end
from dec_core.methods import METHODS, fits_mixture, uses_kmeans, uses_mixture_target

if TYPE_CHECKING:
    from dec_core.config.run_config import RunConfig


def _with_network(*names: str, where: Callable[[RunConfig], bool] = lambda _: True) -> dict[str, Any]:
    return dict.fromkeys(names, lambda config: METHODS[config.method].has_network and where(config))


def _trains_centers(config: RunConfig) -> bool:
    return METHODS[config.method].trains_centers


def _weighs(field: str) -> Callable[[RunConfig], bool]:
    """Whether the method's clustering loss has this weight."""
    return lambda config: (loss := METHODS[config.method].loss) is not None and loss.weight == field


def _uses_sgd(config: RunConfig) -> bool:
    return config.pretrain_optimizer == "sgd" or (_trains_centers(config) and config.cluster_optimizer == "sgd")


def _augments(config: RunConfig) -> bool:
    return config.pretrain_augment or (_trains_centers(config) and config.augment)


WEIGHTS = {method.loss.weight for method in METHODS.values() if method.loss and method.loss.weight}

APPLIES: dict[str, Callable[[RunConfig], bool]] = {  # where each field has any effect; a test that none is forgotten
    **dict.fromkeys(("dataset", "n_samples", "deskew", "random_state", "method", "n_clusters"), lambda _: True),
    **_with_network(
        "autoencoder", "latent_dim", "initializer", "precision", "pretrain_epochs", "pretrain_optimizer",
        "pretrain_learning_rate", "learning_rate_decay", "pretrain_augment", "batch_size",
    ),
    **_with_network("centered", where=has_linear_end),
    **_with_network("hidden_units", where=lambda config: config.autoencoder == "dense"),
    **_with_network("filters", where=lambda config: config.autoencoder != "dense"),
    **_with_network("momentum", where=_uses_sgd),
    **_with_network("distortion", where=_augments),
    **dict.fromkeys(
        ("update_interval", "cluster_optimizer", "cluster_learning_rate", "augment", "tol", "max_iterations",
         ), _trains_centers,
    ),
    "center_init": lambda config: _trains_centers(config) and METHODS[config.method].centers_from == "kmeans",
    **dict.fromkeys(("first_target", "alpha"), lambda config: METHODS[config.method].has_target),
    **{weight: _weighs(weight) for weight in WEIGHTS},
    "first_target_steps": uses_mixture_target,
    **dict.fromkeys(("features", "n_neighbors", "compare_distorted"), fits_mixture),
    "gmm_n_init": lambda config: fits_mixture(config) or METHODS[config.method].centers_from == "mixture",
    "kmeans_n_init": uses_kmeans,
}  # fmt: skip


def applies(name: str, config: RunConfig) -> bool:
    """Whether a field has any effect, given the others: `gamma` only where both losses are trained, and so on."""
    return APPLIES[name](config)
