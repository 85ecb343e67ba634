"""Deep Embedded Clustering: the method, its runs on disk, its scores and figures. No screen in here.

Importing it is light; TensorFlow is imported by what trains, when it trains.
"""

from typing import TYPE_CHECKING

from dec_core.config import ConfigError, RunConfig
from dec_core.presets import PRESETS as presets

if TYPE_CHECKING:
    from dec_core.estimator import DEC

__all__ = ["DEC", "ConfigError", "RunConfig", "presets"]
__version__ = "0.5.0"


def __getattr__(name: str):
    if name == "DEC":  # on demand: it brings scikit-learn
        from dec_core.estimator import DEC

        return DEC
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
