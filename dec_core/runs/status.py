"""The state of a run at a glance, and the process that it belongs to."""

from __future__ import annotations

import os
import platform
import secrets
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import psutil
from pydantic import TypeAdapter

from dec_core.runs.records import Outcome, Phase, Pid, Progress, Seconds, SecondsByPhase, State

ACTIVE = ("queued", "running", "paused")
RESUMABLE = ("stopped", "failed", "interrupted")
OUTCOME = ("acc", "nmi", "ari", "silhouette", "confidence")
DAMAGED = "status.json is missing or damaged."
WAITED = "The server ended while this run was waiting to be trained; Resume queues it again."
SET_ASIDE = {"state": "paused", "host": "", "pid": 0, "pid_started": 0.0}
SAME = 0.05  # seconds between two times of one process's beginning; after a reboot its number may soon be another's
SILENT = 120.0  # seconds without a new status after which a process on another machine is taken for gone
TOUCH_EVERY = 30.0  # seconds between two statuses of a run that waits, so that other machines see it alive


@dataclass(frozen=True)
class RunStatus:
    """The state of a run at a glance.

    `state` is one of queued, running, paused, finished, stopped, failed, interrupted. Only the first
    three need a live process, named by `host`, `pid` and its start time; if that is gone, the run is read as
    interrupted. One that is paused and names no process has given its place up (`SET_ASIDE`) and needs none. Of
    a process on another machine no more is known than when it last wrote: it is taken for gone once that is
    `SILENT` seconds ago.
    """

    state: State
    created: Seconds  # since the epoch
    pid: Pid = 0
    pid_started: Seconds = 0.0  # when that process began: `_began`
    host: str = ""  # the machine of that process; empty in runs from before this was kept
    phase: Phase = "pretraining"
    progress: Progress = field(default_factory=dict)  # the newest record of any kind
    seconds: SecondsByPhase = field(default_factory=dict)  # in which the run was active
    recording: Seconds = 0.0  # seconds between those of training, for snapshots, scores and records
    outcome: Outcome = field(default_factory=dict)  # the newest scores: `OUTCOME`
    message: str = ""
    updated: Seconds = 0.0  # when it was last written, since the epoch
    attempt: str = ""  # names one attempt to train the run: new whenever it is queued or resumed
    machine: str = ""  # of the cluster, that trains the run for its process; empty where the process does itself
    queued: Seconds = 0.0  # when that was, since the epoch; what waits is trained in this order

    @property
    def diverged(self) -> bool:
        """Whether training ended since a loss was no longer a number: the same config ends alike."""
        return self.state == "failed" and self.progress.get("event") == "Diverged"

    @property
    def is_set_aside(self) -> bool:
        """Whether the run is paused and has given its place up: no process has it, its checkpoint is on disk."""
        return self.state == "paused" and not self.pid

    @property
    def needs_process(self) -> bool:
        """Whether it was written last by a process that had not ended with the run, and may be gone."""
        return self.state in (*ACTIVE, "interrupted") and not self.is_set_aside

    @property
    def resumable(self) -> bool:
        """Whether the run has ended early, or given its place up, and can go on from where it stands."""
        return (self.state in RESUMABLE and not self.diverged) or self.is_set_aside


STATUS = TypeAdapter(RunStatus)


def this_process() -> dict[str, Any]:
    """`host`, `pid` and `pid_started` of the caller: they name a process even after numbers are reused."""
    return {"host": platform.node(), "pid": os.getpid(), "pid_started": _own_began(os.getpid())}


@lru_cache(maxsize=1)
def _own_began(pid: int) -> float:
    """When this process began: it does not change, and every redraw asks it for each run that waits."""
    return _began(psutil.Process(pid))


def _began(process: psutil.Process) -> float:
    """When a process began, by what nobody changes while it lives.

    Linux counts from its own start; what psutil adds to that for a time of day moves with every correction of the
    clock, by seconds in an hour where a machine's clock is slow.
    """
    boot = psutil.boot_time() if psutil.LINUX else 0.0  # first: older versions go on with the one asked for last
    return process.create_time() - boot


def new_attempt() -> dict[str, Any]:
    """Fields of the status of a run that the caller begins to train, or queues: who does, and which attempt it is."""
    return {**this_process(), "machine": "", "attempt": secrets.token_hex(4), "queued": time.time()}


def is_alive(status: RunStatus) -> bool:
    """Whether the process that the status names still lives, or on another machine has written lately."""
    if status.host not in ("", platform.node()):
        return time.time() - status.updated < SILENT
    if status.pid == os.getpid():
        return abs(_own_began(status.pid) - status.pid_started) < SAME
    try:
        process = psutil.Process(status.pid)
        return abs(_began(process) - status.pid_started) < SAME and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def as_it_stands(status: RunStatus) -> RunStatus:
    """A status as written, but `interrupted` where its process no longer lives."""
    if status.state in ACTIVE and not status.is_set_aside and not is_alive(status):
        return replace(status, state="interrupted", message=WAITED if status.state == "queued" else status.message)
    return status


def recovered(run_id: str, records: list[dict[str, Any]], *, has_checkpoint: bool) -> RunStatus:
    """The status by a run's records, where status.json cannot be read: no run that has ended is trained again."""
    ends = [record for record in records if record["event"] in ("Finished", "Diverged", "Resumed")]
    end = ends[-1] if ends and ends[-1]["event"] != "Resumed" else {}
    outcome = next(({n: r[n] for n in OUTCOME if n in r} for r in reversed(records) if "sizes" in r), {})
    status = RunStatus("interrupted", _created(run_id), progress=end, outcome=outcome, message=DAMAGED)
    if end.get("event") == "Diverged":
        return replace(status, state="failed", message=f"{end.get('message', '')} {DAMAGED}".strip())
    if end and not has_checkpoint:  # it goes when all else of a run is on disk
        return replace(status, state="finished", phase="finished")
    return status


def _created(run_id: str) -> float:
    """When a run was created, by its name; 0 for a name of another kind."""
    try:
        return time.mktime(time.strptime(run_id[:15], "%Y%m%d-%H%M%S"))
    except (ValueError, OverflowError):
        return 0.0
