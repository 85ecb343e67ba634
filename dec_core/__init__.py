"""Deep Embedded Clustering: the method, its runs on disk, its scores and figures. No screen in here.

    DEC               the method as a scikit-learn estimator: fit, predict, transform
    ClusteringLayer   the Keras layer that turns z into q (equation 1 of the paper)
    RunConfig         what is trained and how; frozen and validated
    ConfigError       why a RunConfig cannot be, by field
    presets           named RunConfigs

Importing it is light; TensorFlow is imported by what trains, when it trains.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dec_core.config import ConfigError, RunConfig
from dec_core.presets import PRESETS as presets

if TYPE_CHECKING:
    from dec_core.estimator import DEC
    from dec_core.networks import ClusteringLayer

__all__ = ["DEC", "ClusteringLayer", "ConfigError", "RunConfig", "__version__", "presets"]
__version__ = "0.6.0"  # pyproject.toml reads it here

ON_DEMAND = {"DEC": "dec_core.estimator", "ClusteringLayer": "dec_core.networks"}  # scikit-learn, TensorFlow


def __getattr__(name: str) -> Any:
    if name not in ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(ON_DEMAND[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
