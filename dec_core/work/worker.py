"""The worker process: `python -m dec_core worker`, controlled by lines on its standard input.

    run PATH      train the run in this folder, then add what looking into it needs, then exit
    record PATH   train it and add nothing, as for a trial of a sweep
    complete PATH add that to a run that has ended before, then exit
    sweep JSON    work on a sweep until nothing is left, then exit; JSON is {"storage": ..., "study": ..., "root": ...}
    pause, resume, step, stop
    give_up       leave the run with a checkpoint as soon as it is paused: its place is needed
    turn          end after this trial of a sweep, since somebody else's waits; the exit code is 3 where others are left

It is started ahead of need: TensorFlow is imported and numba's UMAP compiled while it waits, so that
"run" answers at once. When standard input closes, the parent has ended: the worker keeps what was
trained and ends too, within `control.GRACE` seconds whatever it is doing.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import training_lock
from dec_core.runs.status import SET_ASIDE, TOUCH_EVERY
from dec_core.work.control import Control
from dec_core.work.room import MB, RoomSettings
from dec_core.work.worker_process import GIVES_WAY, TURN_OVER

Recorder = Callable[[RunFolder], Iterator[dict[str, Any]]]  # as `recorder.record`
RELEASE_WAIT = 60.0  # seconds in which a worker that trained the run before may write its last status
ORPHANED = "The server ended while this run was training."
TIME_IS_UP = "This run has trained for {:g} minutes, as long as one may at a time in this room."
IDLE = 4.0  # seconds without a run after which UMAP is compiled


def main() -> int:
    """Wait for a task, do it, exit. The exit code is 0 unless training raised, or a sweep is left to its next turn."""
    _limit_memory(RoomSettings.from_environment().max_memory)
    if os.environ.get(GIVES_WAY):  # at once: while this one gets ready, another trains
        _step_back()
    control = Control()
    threading.Thread(target=control.listen, daemon=True).start()
    threading.Thread(target=_read_images, daemon=True).start()
    from dec_core.analysis.projection import compile_umap
    from dec_core.work import recorder  # noqa: F401  (TensorFlow and all else that training needs)

    _step_back()
    if control.tasks.empty():
        _rehearse()
    try:
        task = control.tasks.get(timeout=IDLE)
    except queue.Empty:
        threading.Thread(target=compile_umap, daemon=True).start()
        task = control.tasks.get()
    if task is not None and task[0] == "sweep":
        return sweep(json.loads(task[1]), control)
    elif task is not None:
        folder = RunFolder(Path(task[1]))
        with contextlib.suppress(OSError):  # a full disk: what fails then says so in the status
            _log_to(folder.path / "worker.log")
        if task[0] == "complete":
            _complete(folder)
        else:
            _train(folder, control, adds=task[0] == "run")
    return 0


def _train(folder: RunFolder, control: Control, *, adds: bool) -> None:
    """Train the run, unless another process has taken it over since it was queued; perhaps add what it lacks then."""
    with training_lock(folder, RELEASE_WAIT):
        if folder.status.state != "queued":
            return
        _record(folder, control, live_umap=adds)
    if adds and not (control.orphaned or folder.status.is_set_aside):
        _complete(folder)


def _record(folder: RunFolder, control: Control, *, live_umap: bool = True) -> None:
    from dec_core.work.recorder import record
    from dec_core.work.schedule import is_milestone

    most_seconds = RoomSettings.from_environment().seconds_for(folder.owner)
    until = sum(folder.status.seconds.values()) + most_seconds
    recording, progress = record(folder, live_umap=live_umap, left_as=lambda: _left_as(control, most_seconds)), {}
    for event in recording:
        if "seconds" in event:  # training's own, not what is found out beside it
            progress = event
        if control.stepping and is_milestone(event):
            control.stepping = False
        if control.holds():
            _wait(folder, control, progress)
        if control.leaves() or progress.get("seconds", 0.0) > until:
            recording.close()


def _left_as(control: Control, most_seconds: float) -> dict[str, Any]:
    """What the status says of a run that is left before its end."""
    if control.orphaned:
        return {"state": "interrupted", "message": ORPHANED}
    if control.stopped:
        return {"state": "stopped"}
    return SET_ASIDE if control.leaves() else {"state": "stopped", "message": TIME_IS_UP.format(most_seconds / 60)}


def sweep(wanted: dict[str, str], control: Control, record: Recorder | None = None) -> int:
    """Work on a sweep of the server's, for a turn; what goes wrong is kept where its screen finds it.

    Returns the exit code: `TURN_OVER` where trials are left for the next turn, else 0.
    """
    from dec_core.sweeps import studies
    from dec_core.work.sweep_worker import is_left, work

    try:
        work(wanted["storage"], wanted["study"], Path(wanted["root"]), control, record=record)
        if control.turn_is_over and not control.stopped and is_left(wanted["storage"], wanted["study"]):
            return TURN_OVER
    except (ValueError, OSError) as error:  # shown on the screen: nobody reads this process's log
        studies.open_study(wanted["storage"], wanted["study"]).set_user_attr("trouble", str(error))
    return 0


def _complete(folder: RunFolder) -> None:
    """Add to a run that has ended the analyses that take long."""
    from dec_core.work.moving_umap import add_moving_umap
    from dec_core.work.postprocess import add_inspection, add_mixture, add_umap

    _step_back(19)  # the next run may be training by now
    add_umap(folder)
    add_inspection(folder)
    if folder.status.state == "finished":
        add_mixture(folder)
    add_moving_umap(folder)


def _log_to(path: Path) -> None:
    """From now on, whatever this process prints (TensorFlow's C++ side included) goes to `path`."""
    with path.open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())


def _wait(folder: RunFolder, control: Control, place: dict) -> None:
    """Show the run as paused until the next command, where it is: the status lags by what goes by between two of it."""
    while control.holds() and not control.leaves():
        folder.set_status(replace(folder.status, state="paused", progress=place or folder.status.progress))
        with control.changed:
            control.changed.wait_for(lambda: not control.holds() or control.leaves(), TOUCH_EVERY)
    if not control.leaves():
        folder.set_status(replace(folder.status, state="running"))


def _limit_memory(most_mb: float) -> None:
    """Let this process have no more memory of its own than so much, where the system can limit it; 0 for any.

    What it maps of files and shares with others does not count, nor address space that it only reserves.
    """
    if not most_mb:
        return
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows; a lower limit that holds already
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(most_mb * MB), int(most_mb * MB)))


def _step_back(niceness: int = 10) -> None:
    """Give the page and the browser priority where cores are few: people notice them, not a late epoch."""
    psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else niceness)


def _read_images() -> None:
    """Read what most runs begin with, the images of the first preset, while TensorFlow is being imported."""
    from dec_core.data import load
    from dec_core.presets import PRESETS

    first = next(iter(PRESETS.values()))
    load(first.dataset, first.n_samples, upright=first.deskew)


def _rehearse() -> None:
    """Train a tiny network, so that TensorFlow has set itself up before it is needed."""
    from dec_core.config import RunConfig
    from dec_core.data import load
    from dec_core.training import TrainingState, train

    config = RunConfig.make(dataset="digits", hidden_units=(8,), pretrain_epochs=1, kmeans_n_init=1, max_iterations=1)
    for _ in train(TrainingState(config, (8, 8)), load("digits").x):
        pass
