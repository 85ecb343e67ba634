"""Deep Embedded Clustering: the method, its runs on disk, its scores and figures. No screen in here.

Importing it is light; TensorFlow is imported by what trains, when it trains.
"""

from dec_core.config import ConfigError, RunConfig
from dec_core.presets import PRESETS as presets

__all__ = ["ConfigError", "RunConfig", "presets"]
__version__ = "0.1.0"
