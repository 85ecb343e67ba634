"""Works on a sweep: takes one planned trial after the other, until nothing is left.

Any number of these may work on one sweep, on any number of machines: they meet in the database alone. A trial is taken
by changing its state from waiting to running, which the database lets one of them do. A worker that falls silent is
found by another, which puts its trial into the queue again.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.work.control import Control
from dec_core.work.sweep_trial import LOOK_EVERY, Attempt, draw, retry
from dec_core.work.untried import Untried

LOCK = 0x646563  # the key of the lock in PostgreSQL: any number that others who use the database do not take
TURN = 30.0  # seconds after which a worker whose turn is over leaves though it has found no trial to train


def work(
    storage_url: str,
    name: str,
    root: Path,
    control: Control | None = None,
    *,
    grace: int = studies.GRACE,
    tell: Callable[[dict[str, Any], int, int], None] = lambda row, n_ended, n_planned: None,
    record: Callable[[RunFolder], Iterator[dict[str, Any]]] | None = None,
) -> int:
    """Work on the sweep `name` until every trial has ended, its minutes are used up or `control` says stop.

    When `control` says that its turn is over, it ends after a trial.

    Parameters
    ----------
    root : Path
        Where the runs go.
    control : Control
        By which another thread may pause and stop this worker.
    grace : int
        Seconds without a heartbeat after which a worker is taken for gone: the same for all workers of a sweep.
    tell : callable
        Is given the row (`studies.row`) of each trial that has ended here, and of how many planned ones how many have
        ended anywhere.
    record : callable
        What trains a run elsewhere, as `recorder.record` does here. A trial then leaves its place while it is held.

    Returns
    -------
    int
        How many trials have ended here.

    Raises
    ------
    ValueError
        If there is no such sweep, the database cannot be used, or the images are not here.
    """
    n_ended = 0
    try:
        storage = studies.connect(storage_url, grace)
        study = studies.study_in(storage, name)
        for trial in _ended(storage, study, Path(root), control or Control(), record):
            n_ended += 1
            states = [trial.state.is_finished() for trial in retry(studies.trials, study)]
            tell(studies.row(trial), sum(states), len(states))
    except StorageInternalError:
        address = studies.without_password(storage_url)
        raise ValueError(f"storage: {address} has not answered for long; start again when it does") from None
    return n_ended


def is_left(storage_url: str, name: str) -> bool:
    """Whether the sweep has trials that a worker may train: it is neither paused nor over. Raises ValueError."""
    storage = studies.connect(storage_url)
    study = studies.study_in(storage, name)
    return not (studies.is_paused(study) or studies.is_over(study) or Queue(storage, study).is_empty())


def pruner(plan: SweepPlan) -> BasePruner:
    """The rule that ends trials early; its steps are tenths of the clustering."""
    if plan.pruner == "median":
        return MedianPruner(n_startup_trials=4, n_warmup_steps=1)
    return SuccessiveHalvingPruner(min_resource=1, reduction_factor=2) if plan.pruner == "halving" else NopPruner()


def sampler(plan: SweepPlan, number: int) -> BaseSampler:
    """What draws the params of trial `number`: seeded by it, so that workers do not all draw the same."""
    seed = (plan.base.random_state * 7919 + number) % 2**32
    drawing = TPESampler(seed=seed, constant_liar=True) if plan.sampler == "tpe" else RandomSampler(seed=seed)
    return Untried(drawing, plan, seed) if plan.is_listed else drawing


def _ended(
    storage: RDBStorage,
    study: optuna.Study,
    root: Path,
    control: Control,
    record: Callable[[RunFolder], Iterator[dict[str, Any]]] | None,
) -> Iterator[FrozenTrial]:
    """Train one trial after the other, and yield each that has ended."""
    plan = studies.plan_of(study)
    base = plan.base  # if its images are not here, no trial can be trained
    data = load(base.dataset, base.n_samples, upright=base.deskew, root=root)
    if plan.uses_labels and data.y is None:
        raise ValueError(f"objective: received {plan.objective}, but {base.dataset} has no labels; look for agreement")
    queue, began = Queue(storage, study), time.monotonic()
    while not control.stopped and not retry(studies.is_over, study):
        held = control.holds() or retry(studies.is_paused, study)
        taken = None if held else retry(queue.take)
        if taken is not None:
            if Attempt(storage, *taken, root, control, record).run():
                yield retry(study.get_trials, False)[taken[0].number]
            _free_memory()
            if control.turn_is_over:
                return
        elif retry(queue.is_empty) or (control.turn_is_over and time.monotonic() - began > TURN):
            return
        else:  # others are training, and one of them may fall silent; or all are to wait
            with control.changed:
                control.changed.wait(LOOK_EVERY)


class Queue:
    """The planned trials of a study, of which each is given to one worker.

    Parameters
    ----------
    storage : RDBStorage
    study : optuna.Study
        Of `studies.study_in` the same storage.
    """

    def __init__(self, storage: RDBStorage, study: optuna.Study):
        self.storage, self.study, self.plan = storage, study, studies.plan_of(study)
        self.study_id = storage.get_study_id_from_name(study.study_name)
        self.missed: set[int] = set()
        study.pruner = pruner(self.plan)

    def take(self) -> tuple[Trial, int] | None:
        """A trial that is the caller's alone and its id in the storage; None if none is waiting."""
        with _one_at_a_time(self.storage):
            return self._take()

    def _take(self) -> tuple[Trial, int] | None:
        optuna.storages.fail_stale_trials(self.study)
        self._put_back_missing()
        waiting_trials = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        for waiting in sorted(waiting_trials, key=studies.planned_number):  # those that were begun go first
            trial_id = self.storage.get_trial_id_from_study_id_trial_number(self.study_id, waiting.number)
            if not self._is_first(trial_id):
                continue
            if self._stands(waiting):
                self.study.sampler = sampler(self.plan, waiting.number)
                trial = Trial(self.study, trial_id)
                if self.plan.is_listed:
                    draw(self.plan, trial)  # here, where nobody else does: two workers could choose the same
                return trial, trial_id
            self.storage.set_trial_state_values(trial_id, TrialState.FAIL)
        return None

    def is_empty(self) -> bool:
        """Whether every planned trial has ended."""
        planned = studies.trials(self.study)
        return all(trial.state.is_finished() and not studies.should_retry(trial) for trial in planned)

    def _is_first(self, trial_id: int) -> bool:
        """Claim a waiting trial; False if another worker was faster."""
        self.storage.record_heartbeat(trial_id)  # before, so that there is no moment without one
        try:
            return self.storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        except UpdateFinishedTrialError:
            return False

    def _stands(self, trial: FrozenTrial) -> bool:
        """Whether it is the one that counts, in case two workers have queued a lost trial again."""
        number = studies.planned_number(trial)
        return next(t.number for t in studies.trials(self.study) if studies.planned_number(t) == number) == trial.number

    def _put_back_missing(self) -> None:
        """Queue trials whose finder died before queuing them again: those missing at two checks in a row."""
        missing = {trial.number: trial for trial in studies.trials(self.study) if studies.should_retry(trial)}
        for number in missing.keys() & self.missed:
            studies.retry(self.study, missing[number])
        self.missed = set(missing) - self.missed


@contextmanager
def _one_at_a_time(storage: RDBStorage) -> Iterator[None]:
    """Taking a trial locks the others out: in PostgreSQL by a lock of its own, in SQLite by a file next to it."""
    if storage.engine.dialect.name != "sqlite":
        try:
            with storage.engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield
        except SQLAlchemyError as error:
            raise StorageInternalError(str(error)) from error
        return
    lock = sqlite3.connect(f"{storage.engine.url.database}.lock", timeout=60, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")  # let go of by the system, too, should this process die
        yield
    finally:
        lock.close()


def _free_memory() -> None:
    """Free the networks of a trial, in Keras and in Python."""
    if "keras" not in sys.modules:  # they were elsewhere
        return
    import keras

    keras.utils.clear_session(free_memory=True)
