"""Plans of sweeps for tests."""

from dec_core.sweeps.plan import SweepPlan

LATENT = {"latent_dim": {"low": 2, "high": 7}}


def planned(base, space=LATENT, **values) -> SweepPlan:
    return SweepPlan.make(**{"name": "s", "base": base, "space": space, "sampler": "random", "n_trials": 3, **values})
