"""Draws of listed values of which none is tried twice, as long as there are others."""

from __future__ import annotations

import random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan

MOST_DRAWS = 20  # of one value; then it is chosen by lot


class Untried(BaseSampler):
    """Draws value by value as another sampler does, and again where all that a value leads to was tried before.

    Parameters
    ----------
    sampler : BaseSampler
        One that draws each value by itself.
    plan : SweepPlan
        All that varies is listed.
    seed : int
    """

    def __init__(self, sampler: BaseSampler, plan: SweepPlan, seed: int):
        self._sampler, self._plan, self._lot = sampler, plan, random.Random(seed)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: CategoricalDistribution
    ) -> Any:
        left = self._left(study, trial, param_name, param_distribution.choices)
        for _ in range(MOST_DRAWS):
            value = self._sampler.sample_independent(study, trial, param_name, param_distribution)
            if value in left or not left:
                return value
        return self._lot.choice(left)

    def _left(self, study: optuna.Study, trial: FrozenTrial, name: str, choices: tuple[Any, ...]) -> list[Any]:
        """The values that lead, with those that the trial has, to something that no other trial has been given."""
        number = studies.planned_number(trial)
        others = [other for other in studies.trials(study) if studies.planned_number(other) != number]
        tried = {frozenset(other.params.items()) for other in others}

        def leads_on(value: Any) -> bool:
            draws = self._plan.draws({**trial.params, name: value})
            return any(frozenset(draw.items()) not in tried for draw in draws)

        return [value for value in choices if leads_on(value)]
