"""The methods that go on after their centers are placed, a file each: losses, updates, what must survive a pause."""

from __future__ import annotations

from importlib import import_module

from dec_core.config import RunConfig
from dec_core.methods import METHODS
from dec_core.training.objective import Objective


def objective_of(config: RunConfig) -> type[Objective]:
    """The class that the module of the config's method defines; `Objective` itself where clustering trains nothing."""
    module = METHODS[config.method].objective
    if module is None:
        return Objective
    return import_module(f"{__name__}.{module}").OBJECTIVE
