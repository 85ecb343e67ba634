"""One trial of a sweep in the hands of one worker: its params are drawn, its runs trained, its outcome reported.

Runs are ordinary ones, in folders of their own, with a `sweep.json` that says which trial they belong to. A trial that
another worker has lost resumes from its checkpoint, if its folder is on this machine.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import Trial, TrialState

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder, config_of
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import new_attempt
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.sweeps.space import Choices, Range, is_whole
from dec_core.work.control import Control

LOOK_EVERY = 2.0  # seconds between two looks at what others want of this worker
PATIENCE = 600.0  # seconds for which a worker waits for a database that does not answer
N_STEPS = 10  # a trial reports once in each tenth of its clustering, so that trials of any length can be compared
COLLAPSED = 0.01  # agreement up to which clusters say nothing of the images


class TrialAbandoned(Exception):
    """This worker leaves its trial: it received a stop, or others have taken the trial over."""


class Pruned(Exception):
    """The trial is worse than others were at this point."""


class TrialDiverged(Exception):
    """A loss became infinite; the message says which."""


def retry(call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `call`, repeated for up to ten minutes while the database does not answer."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call(*arguments)
        except StorageInternalError:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_EVERY)


def draw(plan: SweepPlan, trial: Trial) -> dict[str, Any]:
    """The values of a trial by field: those that it has, the others drawn by the study's sampler."""
    return plan.draw(lambda name, span: _suggested(trial, name, span))


class Attempt:
    """A trial that this worker has taken.

    Parameters
    ----------
    storage : RDBStorage
    trial : optuna.trial.Trial
        Its state is RUNNING.
    trial_id : int
        Its number in the database.
    root : Path
        Where its runs go.
    control : Control
    record : callable, optional
        What trains a run elsewhere; a trial that is to hold is left to whoever goes on with it.
    """

    def __init__(
        self,
        storage: RDBStorage,
        trial: Trial,
        trial_id: int,
        root: Path,
        control: Control,
        record: Callable[[RunFolder], Iterator[dict[str, Any]]] | None = None,
    ):
        self.storage, self.trial, self.trial_id = storage, trial, trial_id
        self.study: optuna.Study = trial.study
        self.plan: SweepPlan = studies.plan_of(self.study)
        self.root, self.control, self.record = root, control, record
        self.runs: list[str] = trial.user_attrs.get("runs", [])  # of a worker before, if it was lost
        self.looked = time.monotonic()
        self.paused = False
        self.reported: tuple[int, float] | None = None  # the newest tenth, and its value

    def run(self) -> bool:
        """Train the trial; whether it has ended, and is not left to others.

        Raises
        ------
        OSError, MemoryError
            A full disk and the like: the worker's trouble, not the trial's, which is left to others.
        """
        with _heartbeat(self.storage, self.trial_id):
            try:
                state, value, ended = self._outcome()
                self._set("seconds", self._seconds())
                self._set("ended", ended)
                retry(self.study.tell, self.trial, value, state)
                return True
            except TrialAbandoned:
                self._give_back()
            except UpdateFinishedTrialError:  # others have taken it over
                pass
            except (OSError, MemoryError):
                self._give_back()
                raise
        return False

    def _outcome(self) -> tuple[TrialState, float | None, str]:
        """Final state and value of the trial, and a word of explanation where these do not suffice."""
        try:
            params = retry(draw, self.plan, self.trial)
            results = [self._seed(self.plan.config(params, seed), seed) for seed in range(self.plan.n_seeds)]
        except Pruned:
            return TrialState.PRUNED, None, "pruned"
        except TrialDiverged:
            return TrialState.PRUNED, None, "diverged"
        except (TrialAbandoned, UpdateFinishedTrialError, StorageInternalError, OSError, MemoryError):
            raise
        except Exception as error:  # whatever it is, the sweep goes on, and says so
            return TrialState.FAIL, None, f"{type(error).__name__}: {error}"
        scores = {
            name: mean(seed[name] for seed in results) for name in studies.SCORES if all(name in s for s in results)
        }
        self._set("per_seed", results)
        self._set("scores", scores)
        if self.plan.objective not in scores:
            return TrialState.FAIL, None, f"{self.plan.objective} needs labels, and these images have none"
        if not math.isfinite(scores[self.plan.objective]):
            return TrialState.PRUNED, None, "diverged"
        collapsed = any(seed["n_filled"] < 2 or seed["agreement"] <= COLLAPSED for seed in results)
        return TrialState.COMPLETE, scores[self.plan.objective], "collapsed" if collapsed else ""

    def _set(self, name: str, value: Any) -> None:
        retry(self.trial.set_user_attr, name, value)

    def _give_back(self) -> None:
        """Release the trial at once for others to continue."""
        with contextlib.suppress(UpdateFinishedTrialError, StorageInternalError, ValueError):  # not ours any more
            self.trial.set_user_attr("given_back", self.trial.user_attrs.get("given_back", 0) + 1)
            self.study.tell(self.trial, state=TrialState.FAIL)
            studies.retry(self.study, self.study.get_trials(deepcopy=False)[self.trial.number])

    # -- its runs

    def _seed(self, config: RunConfig, seed: int) -> dict[str, Any]:
        """Train the config, or go on with an earlier worker's run; the run's result."""
        with contextlib.ExitStack() as held:
            folder = self._earlier_folder(config, seed, held)
            if folder is None:
                folder = self._new_folder(config, seed)
                held.enter_context(training_lock(folder))
            if folder.status.state != "finished":
                folder.set_status(replace(folder.status, state="running", message="", **new_attempt()))
                self._train(folder, config, reports=seed == 0)
        return _result(folder, config)

    def _earlier_folder(self, config: RunConfig, seed: int, held: contextlib.ExitStack) -> RunFolder | None:
        """The folder of an earlier worker with its lock, if it can be resumed and nobody is training it."""
        if seed >= len(self.runs):
            return None
        folder = RunFolder(self.root / self.runs[seed])
        if config_of(folder) != config:
            return None
        try:
            held.enter_context(training_lock(folder))
        except RunIsTaken:
            return None
        status = folder.status
        return folder if status.state == "finished" or status.resumable else None

    def _new_folder(self, config: RunConfig, seed: int) -> RunFolder:
        folder = RunFolder.create(self.root, config, "running", studies.owner_of(self.study))
        number = studies.planned_number(retry(self.study.get_trials, False)[self.trial.number])
        where = studies.without_password(self.storage.url)
        origin = {"study": self.plan.name, "trial": number, "storage": where, "by_labels": self.plan.uses_labels}
        folder.write(folder.path / "sweep.json", lambda file: file.write(json.dumps(origin, indent=2).encode()))
        self.runs = [*self.runs[:seed], folder.id]
        self._set("runs", self.runs)
        return folder

    def _seconds(self) -> float:
        """Active seconds of its runs; a pretraining that several share counts in each."""
        statuses = [RunFolder(self.root / run).status for run in self.runs]
        return round(sum(sum(status.seconds.values()) for status in statuses), 2)

    def _train(self, folder: RunFolder, config: RunConfig, *, reports: bool) -> None:
        recording = self._recording(folder)
        try:
            for event in recording:
                self._look(folder)
                if event["event"] == "Diverged":
                    raise TrialDiverged(event["message"])
                reports = reports and event["event"] != "Finished"  # too late to be cut short
                if reports:
                    self._report(event, config)
        except Pruned:
            recording.close()
            folder.set_status(replace(folder.status, message="Cut short: worse than earlier trials of the sweep."))
            raise
        finally:
            recording.close()

    def _recording(self, folder: RunFolder) -> Iterator[dict[str, Any]]:
        if self.record:
            return self.record(folder)
        from dec_core.work.recorder import record  # TensorFlow and all else that training needs

        return record(folder)

    def _report(self, event: dict[str, Any], config: RunConfig) -> None:
        """Report the objective once in each tenth of the clustering; raise `Pruned` if the trial should end."""
        value = event.get(self.plan.objective) if event["event"] in ("TargetUpdated", "Judged") else None
        step = math.floor(N_STEPS * event.get("iteration", 0) / config.max_iterations)
        last, known = self.reported or (step - 1, value)
        if value is None or step <= last:
            return
        self.reported = step, value
        with contextlib.suppress(StorageInternalError):  # the database does not answer: this tenth goes unreported
            for skipped in range(last + 1, step):
                self.trial.report(known, skipped)  # what was known by then
            self.trial.report(value, step)
            if self.trial.should_prune():
                raise Pruned

    # -- what others want

    def _look(self, folder: RunFolder) -> None:
        """Hold while others say so; raise `TrialAbandoned` if they say stop or have taken the trial over."""
        if time.monotonic() - self.looked > LOOK_EVERY:
            self._ask()
        held = False
        if self.record and self._held():
            raise TrialAbandoned
        while self._held():
            folder.set_status(replace(folder.status, state="paused"))  # again and again: others see it alive
            held = True
            with self.control.changed:
                self.control.changed.wait(LOOK_EVERY)
            self._ask()
        if self.control.stopped:
            raise TrialAbandoned
        if held:
            folder.set_status(replace(folder.status, state="running"))

    def _held(self) -> bool:
        return not self.control.stopped and (self.paused or self.control.holds())

    def _ask(self) -> None:
        self.looked = time.monotonic()
        with contextlib.suppress(StorageInternalError):  # the database is away: go on
            self.paused = studies.is_paused(self.study)
            if self.storage.get_trial(self.trial_id).state != TrialState.RUNNING:
                raise TrialAbandoned


def _suggested(trial: Trial, name: str, span: Range | Choices) -> Any:
    if isinstance(span, Choices):
        return trial.suggest_categorical(name, span.choices)
    suggest = trial.suggest_int if is_whole(name) else trial.suggest_float
    return suggest(name, span.low, span.high, log=span.log)


def _result(folder: RunFolder, config: RunConfig) -> dict[str, Any]:
    """The result of a finished run: scores with labels where there are any, and without. Raises RuntimeError."""
    status = folder.status
    if status.state != "finished":
        raise RuntimeError(f"the run {folder.id} is {status.state}: {status.message}")
    records = folder.records()[0]
    judged = next(record for record in reversed(records) if record["event"] == "Judged")
    sizes = next(record["sizes"] for record in reversed(records) if record["event"] == "Finished")
    scores = {name: status.outcome[name] for name in ("acc", "nmi", "ari") if name in status.outcome}
    return {
        "seed": config.random_state,
        "run": folder.id,
        **scores,
        "agreement": judged["agreement"],
        "silhouette": judged["silhouette"],
        "n_filled": sum(size > 0 for size in sizes),
    }


@contextlib.contextmanager
def _heartbeat(storage: RDBStorage, trial_id: int) -> Iterator[None]:
    """Show others for its duration that the trial is being worked on."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(storage.get_heartbeat_interval()):
            with contextlib.suppress(StorageInternalError):
                storage.record_heartbeat(trial_id)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
