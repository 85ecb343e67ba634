"""Sweeps as they are stored: an Optuna study whose trials are planned ahead, so that workers share exactly so many.

Names are each owner's own: a visitor's sweep is stored as OWNER/NAME, one of the command line as NAME. What was stored
before that was so, a visitor's too, keeps its name.

The plan and whether it is paused are attributes of the study; every trial is put into the queue when the sweep is made.
A worker (`dec_core.work.sweep_worker`) takes one and keeps its heartbeat going. If that stops, the trial is failed and
put into the queue again with all that is known of it: another number, the same trial. Reading counts it once.

`ended`, an attribute of a trial, says in a word how it ended where its state does not. A trial that failed without one
was lost with its worker.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from dec_core.sweeps.plan import GRACE, MOST_TRIALS, SweepPlan

MOST_RETRIES = 3  # a trial that has ended so many workers is left alone
SCORES = ("acc", "nmi", "ari", "agreement", "silhouette")


def connect(storage_url: str, grace: int = GRACE, *, create: bool = False) -> RDBStorage:
    """The database at `storage_url`, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.

    Parameters
    ----------
    grace : int
        Seconds without a heartbeat after which a trial is taken from its worker.
    create : bool
        Whether a file that is not there is made.

    Raises
    ------
    ValueError
        If the address is none, a driver is missing, or the database cannot be reached or used.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    url, options = _address(storage_url, create=create)
    try:
        return RDBStorage(
            url,
            engine_kwargs=options,
            heartbeat_interval=max(1, grace // 5),
            grace_period=grace,
            heartbeat_stale_trial_callback=retry,
        )
    except ImportError:
        raise ValueError("storage: PostgreSQL needs its driver: pip install 'psycopg[binary]'") from None
    except (SQLAlchemyError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise ValueError(f"storage: {without_password(storage_url)} cannot be used: {reason}") from None


def without_password(storage_url: str) -> str:
    """The address without its password, to be shown and stored."""
    return make_url(storage_url).render_as_string(hide_password=True)


def create(plan: SweepPlan, storage_url: str, owner: str = "") -> optuna.Study:
    """Store the plan and queue its trials, whose runs are the visitor `owner`'s where it is somebody's.

    Raises ValueError if the owner has a sweep of that name.
    """
    storage = connect(storage_url, create=True)
    try:
        if owners(storage).get(plan.name) == owner:  # as it was stored before
            raise optuna.exceptions.DuplicatedStudyError
        study = optuna.create_study(storage=storage, study_name=stored_name(plan.name, owner), direction="maximize")
    except optuna.exceptions.DuplicatedStudyError:
        raise ValueError(f"name: there is a sweep named {plan.name}; choose another name, or go on with it") from None
    try:
        for params in plan.combinations() if plan.sampler == "grid" else [{}] * plan.n_trials:
            study.enqueue_trial(params)
        resume(study, plan)
        study.set_user_attr("owner", owner)
        study.set_user_attr("plan", plan.to_json())  # the last: without it, nobody takes up what is not yet all there
    except BaseException:
        optuna.delete_study(study_name=study.study_name, storage=storage)
        raise
    return study


def stored_name(name: str, owner: str) -> str:
    """Under what name an owner's sweep is stored."""
    return f"{owner}/{name}" if owner else name


def own_name(stored: str) -> str:
    """What its owner calls a sweep that is stored so."""
    return stored.rpartition("/")[2]


def open_study(storage_url: str, name: str) -> optuna.Study:
    """The study of a sweep that is stored so. Raises ValueError if there is none, or as `connect` does."""
    return study_in(connect(storage_url), name)


def study_in(storage: RDBStorage, name: str) -> optuna.Study:
    """The same in a database that is open."""
    try:
        study = optuna.load_study(storage=storage, study_name=name)
    except KeyError:
        known = ", ".join(names(storage)) or "none"
        raise ValueError(f"name: there is no sweep named {name}; there are: {known}") from None
    if "plan" not in study.user_attrs:
        raise ValueError(f"name: {name} has no plan: it is being made, or was made by something else")
    return study


def names(storage: RDBStorage) -> list[str]:
    """The sweeps in a database as they are stored, oldest first."""
    return list(owners(storage))


def owners(storage: RDBStorage) -> dict[str, str]:
    """By the stored name of a sweep, oldest first, the visitor whose it is; "" for nobody's but the server's."""
    made = [study for study in storage.get_all_studies() if "plan" in study.user_attrs]
    return {study.study_name: study.user_attrs.get("owner", "") for study in made}


def owner_of(study: optuna.Study) -> str:
    """As `owners`, of one."""
    return study.user_attrs.get("owner", "")


def at_work(storage: RDBStorage, owner: str) -> dict[str, int]:
    """By the stored name of each of an owner's sweeps that is neither paused nor over, how many trials it has left."""
    studies = [study_in(storage, name) for name, of in owners(storage).items() if of == owner]
    going_on = [study for study in studies if not is_paused(study) and not is_over(study)]
    n_left = {study.study_name: sum(not trial.state.is_finished() for trial in trials(study)) for study in going_on}
    return {name: n for name, n in n_left.items() if n}


def plan_of(study: optuna.Study) -> SweepPlan:
    """The plan by which it was made. Raises ConfigError if it is of another version."""
    return SweepPlan.from_json(study.user_attrs["plan"])


# -- changing a sweep


def extend(study: optuna.Study, n: int) -> None:
    """Queue `n` more trials. Raises ValueError for a grid, or for too many."""
    if plan_of(study).sampler == "grid":
        raise ValueError("extend: every combination of the grid is planned already")
    n_now = len(trials(study))
    if not 1 <= n <= MOST_TRIALS - n_now:
        raise ValueError(f"extend: received {n}, expected 1..{MOST_TRIALS - n_now}: there are {n_now} of {MOST_TRIALS}")
    for _ in range(n):
        study.enqueue_trial({})


def pause(study: optuna.Study) -> None:
    """Let every worker hold its run at its next event, and take no trial."""
    study.set_user_attr("paused", True)


def resume(study: optuna.Study, plan: SweepPlan | None = None) -> None:
    """Resume the sweep, with all the plan's minutes ahead."""
    minutes = (plan or plan_of(study)).minutes
    study.set_user_attr("deadline", time.time() + 60 * minutes if minutes else None)
    study.set_user_attr("trouble", "")
    study.set_user_attr("paused", False)


def is_paused(study: optuna.Study) -> bool:
    return bool(study.user_attrs.get("paused"))


def trouble(study: optuna.Study) -> str:
    """Why the app's last worker had to give up; "" where it did not."""
    return study.user_attrs.get("trouble", "")


def is_over(study: optuna.Study) -> bool:
    """Whether its minutes have been used up: no trial begins any more."""
    deadline = study.user_attrs.get("deadline")
    return deadline is not None and time.time() > deadline


def retry(study: optuna.Study, trial: FrozenTrial) -> None:
    """Queue a lost trial again, with all that is known of it, unless it has ended too many workers."""
    if should_retry(trial):
        RetryHeartbeatStaleTrialCallback()(study, trial)


# -- reading a sweep


def trials(study: optuna.Study) -> list[FrozenTrial]:
    """One for every planned trial, in order; where one was lost and retried, the latest."""
    by_number: dict[int, FrozenTrial] = {}
    for trial in study.get_trials(deepcopy=False):
        number = planned_number(trial)
        if number not in by_number or is_lost(by_number[number]):
            by_number[number] = trial
    return [by_number[number] for number in sorted(by_number)]


def planned_number(trial: FrozenTrial) -> int:
    """The number under which the trial was planned, whoever has taken it up since."""
    first = RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)
    return trial.number if first is None else first


def is_lost(trial: FrozenTrial) -> bool:
    """Whether it ended because its worker did."""
    return trial.state == TrialState.FAIL and "ended" not in trial.user_attrs


def should_retry(trial: FrozenTrial) -> bool:
    """Whether it was lost and is worth another worker. Workers that were stopped do not count against it."""
    n_before = len(RetryHeartbeatStaleTrialCallback.retry_history(trial))
    return is_lost(trial) and n_before - trial.user_attrs.get("given_back", 0) < MOST_RETRIES


def table(study: optuna.Study) -> list[dict[str, Any]]:
    """A row for every planned trial: number, state in a word, value, params, scores, seconds, runs and more."""
    return [row(trial) for trial in trials(study)]


def row(trial: FrozenTrial) -> dict[str, Any]:
    """A trial as a record.

    `state` is one of waiting, running, finished, pruned, diverged, failed. `value` is that of a finished trial alone,
    `ended` says why one is not, or that its clusters have collapsed.
    """
    attributes = trial.user_attrs
    return {
        "number": planned_number(trial),
        "state": _state(trial),
        "value": trial.value if trial.state == TrialState.COMPLETE else None,
        "params": trial.params,
        "scores": attributes.get("scores", {}),
        "per_seed": attributes.get("per_seed", []),
        "seconds": attributes.get("seconds"),
        "runs": attributes.get("runs", []),
        "ended": attributes.get("ended", "") or ("its workers ended" if is_lost(trial) else ""),
        "started": _seconds(trial.datetime_start),
        "reports": trial.intermediate_values,
    }


def as_csv(rows: list[dict[str, Any]], plan: SweepPlan) -> str:
    """The rows of `table` as CSV: a column for each param and each score, and whether labels were used to tune."""
    flat = [
        {
            **{name: row[name] for name in ("number", "state", "value", "ended", "seconds")},
            **row["params"],
            **row["scores"],
            "objective": plan.objective,
            "tuned by labels": plan.uses_labels,
            "runs": " ".join(row["runs"]),
        }
        for row in rows
    ]
    columns = dict.fromkeys(name for row in flat for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _state(trial: FrozenTrial) -> str:
    if trial.state == TrialState.PRUNED and trial.user_attrs.get("ended") == "diverged":
        return "diverged"
    names = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed"}
    return names.get(trial.state.name, trial.state.name.lower())


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _address(storage_url: str, *, create: bool) -> tuple[str, dict[str, Any]]:
    """The address with its driver named, and the engine's options."""
    try:
        url = make_url(storage_url)
    except ArgumentError:
        expected = "sqlite:///runs/sweeps.db or postgresql://USER:PASSWORD@HOST/NAME"
        raise ValueError(f"storage: received {storage_url!r}, expected an address such as {expected}") from None
    if url.get_backend_name() in ("postgresql", "postgres"):
        options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False), options
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        path = Path(url.database)
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.is_file():
            raise ValueError(f"storage: there is no file {path}; a sweep that is made makes it")
        return storage_url, {"connect_args": {"timeout": 60, "factory": _File}}
    raise ValueError(f"storage: received {url.get_backend_name()}, expected sqlite (a file) or postgresql")


class _File(sqlite3.Connection):
    """A database in a file: readers do not wait for writers, and a write syncs to the disk only once."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")
