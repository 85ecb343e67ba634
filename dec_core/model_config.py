"""The parameters of a `DEC` model, the fields of its config among them, and the config that it trains with."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from dec_core.config import AUTO, OWN_DATA, RunConfig

NESTED = "config__"  # before the name of a field, in get_params and set_params


class ModelConfig:
    """What `DEC` does with the parameters that make its config."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """By name; if `deep`, with those of the config as `config__*` and of a clusterer as `initial__*`."""
        params = super().get_params(deep=False)
        if deep and isinstance(self.config, RunConfig | None):
            params |= {f"{NESTED}{name}": value for name, value in self._given_config()}
        if deep and hasattr(self.initial, "get_params") and not isinstance(self.initial, type):
            params |= {f"initial__{name}": value for name, value in self.initial.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters; `config__latent_dim=5` makes `config` one that differs in this. Raises ConfigError.

        A config is frozen, and others may hold it: this model gets a new one.
        """
        fields = {name.removeprefix(NESTED): params.pop(name) for name in [*params] if name.startswith(NESTED)}
        super().set_params(**params)
        if fields:
            values = {name: value.item() if isinstance(value, np.generic) else value for name, value in fields.items()}
            self.config = self._given_config().changed(**values)
        return self

    def _given_config(self) -> RunConfig:
        config = RunConfig() if self.config is None else self.config
        if not isinstance(config, RunConfig):
            raise ValueError(
                f"config: received {config!r:.60}, expected a RunConfig, such as presets['first-look'], or None"
            )
        return config

    def _run_config(self, n: int) -> RunConfig:
        config = self._given_config()
        seed = self.random_state
        if not (seed is None or isinstance(seed, Real)):
            seed = check_random_state(seed).randint(2**31 - 1)
        given = {"n_clusters": None if self.n_clusters == AUTO else self.n_clusters, "random_state": seed}
        given = {name: int(v) if isinstance(v, Integral) else v for name, v in given.items() if v is not None}
        given |= self._fields_of_parts()
        return config.changed(dataset=f"{OWN_DATA}x", n_samples=None, batch_size=min(config.batch_size, n), **given)
