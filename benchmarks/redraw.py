"""What a redraw costs the web process.

Serves the app over a folder of runs, opens its screens as a browser does, without one, and has each drawn again and
again. Counted is processor time of the server, not time on the clock: what matters is how many visitors one server
bears. Printed is a Markdown table: the median over rounds, and how much is sent to the browser. What a visitor of a
room does once, as to press Start, is measured of thirty, one after the other: the mean.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.room import QUERY
from benchmarks.room_visitor import Browser
from benchmarks.serving import served
from dec_core.cli.options import add_command
from dec_core.config import RunConfig
from dec_core.machine import processor
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import this_process

if TYPE_CHECKING:
    from benchmarks.visitor import Visitor

ROUNDS = 5
VISITORS = 30  # of a room
VISIT = ("A room: first page of a visitor", "A room: a click on Start", "A room: Train, a run that waits")
SMALL = {
    "dataset": "digits", "hidden_units": (128, 64), "pretrain_epochs": 6, "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.005, "batch_size": 128, "kmeans_n_init": 3, "update_interval": 20,
    "max_iterations": 200, "tol": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Of one redraw: milliseconds of processor time in the web process, and kilobytes sent."""

    name: str
    milliseconds: float
    kilobytes: float


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "redraw", "measure the processor time of a redraw, by screen")
    parser.add_argument("--runs", type=int, default=500, metavar="N", help="runs in the folder (default: 500)")
    parser.add_argument("--repeats", type=int, default=20, metavar="N", help="redraws in each round (default: 20)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    costs = measure(options.runs, options.repeats)
    if options.json:
        print("\n".join(json.dumps(cost.__dict__) for cost in costs))
    else:
        print(table(costs, options.runs))
    return 0


def measure(n_runs: int, repeats: int) -> list[Cost]:
    """The cost of a redraw of each screen and of each of its clocks, over a folder of `n_runs` runs."""
    from benchmarks.visitor import Visitor  # with Streamlit, which other benchmarks do without

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ended, running = fill(root, n_runs)
        fill_sweep(root, ended[0])
        first, second = ended[:2]
        screens = {
            "Train, no run": ("train", "run=new"),
            "Train, a run that trains": ("train", f"run={running}"),
            "Train, a finished run": ("train", f"run={first}"),
            "Inspect": ("inspect", f"run={first}"),
            "Inspect, a run that trains": ("inspect", f"run={running}"),
            "Compare, two runs": ("compare", f"run={first}&runs={first},{second}"),
            "Compare, one of two trains": ("compare", f"run={first}&runs={first},{running}&seeds=apart"),
            "Sweep, half of 100 trials": ("sweep", f"run={first}"),
        }
        with served(root) as (address, server):
            process = psutil.Process(server.pid)
            _until_quiet(server.pid)
            costs = []
            for name, (screen, query) in screens.items():
                with Visitor(address, screen, query) as visitor:
                    costs += _of_screen(name, visitor, process, repeats)
    return costs + of_a_room()


def of_a_room(n_visitors: int = VISITORS) -> list[Cost]:
    """Of a visitor of a room who opens the app and presses Start, while those who came before wait in the line."""
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as root, served(Path(root), DEC_ROOM="1") as (address, server):
        process = psutil.Process(server.pid)
        _visit(Browser(address, QUERY.format(0)), process)  # what is made once, for all, is made now
        _until_quiet(server.pid)
        visits = [_visit(Browser(address, QUERY.format(seed)), process) for seed in range(1, n_visitors + 1)]
    costs = []
    for name, *measured in zip(VISIT, *visits, strict=True):
        seconds, n_bytes = zip(*measured, strict=True)
        costs.append(Cost(name, 1000 * statistics.mean(seconds), statistics.mean(n_bytes) / 1000))
    return costs


def _visit(browser: Browser, process: psutil.Process) -> list[tuple[float, int]]:
    """Processor time and bytes of each part of a visit."""
    measured = []
    for act in (browser.open, browser.start, lambda: browser.visitor.redraw()):
        before, sent = _seconds(process), browser.visitor.n_bytes if browser.visitor else 0
        act()
        measured.append((_seconds(process) - before, browser.visitor.n_bytes - sent))
    if browser.errors:
        raise RuntimeError(f"a visit: {browser.errors[0]}")
    browser.visitor.socket.close()
    return measured


def fill(root: Path, n_runs: int) -> tuple[list[str], str]:
    """Fill `root` with copies of one small run, seeds apart: ids of the finished ones, and of one that trains."""
    from dec_core.work.recorder import record

    original = RunFolder.create(root, RunConfig.make(**SMALL), "running")
    for _ in record(original):
        pass
    ended = [original.id]
    for seed in range(1, n_runs):
        copy = _copy(original, original.config.changed(random_state=seed))
        ended.append(copy.id)
    ended, running = ended[:-1], RunFolder(root / ended[-1])
    running.set_status(replace(running.status, state="running", phase="clustering", **this_process()))
    return ended, running.id


def fill_sweep(root: Path, run_id: str) -> None:
    """Store a sweep below `root` with as many trials that have ended as wait; `run_id` is the run of all of them."""
    from dec_core.sweeps import studies
    from dec_core.sweeps.plan import SweepPlan

    space = {"cluster_learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}, "n_clusters": {"low": 5, "high": 15}}
    plan = SweepPlan.make(name="half", base=RunConfig.make(**SMALL), space=space, n_trials=100, sampler="random")
    study = studies.create(plan, f"sqlite:///{(root / 'sweeps.db').resolve()}")
    for _ in range(50):
        trial = study.ask()
        value = trial.suggest_float("cluster_learning_rate", 1e-3, 1e-1, log=True)
        trial.suggest_int("n_clusters", 5, 15)
        trial.set_user_attr("runs", [run_id])
        trial.set_user_attr("scores", {"acc": 0.5 + value, "agreement": 0.6 + value, "silhouette": 0.5})
        study.tell(trial, 0.6 + value)


def _copy(original: RunFolder, config: RunConfig) -> RunFolder:
    """A run with another config and otherwise the files of `original`, which it shares."""
    folder = RunFolder.create(original.path.parent, config, "finished")
    for file in original.path.rglob("*"):
        target = folder.path / file.relative_to(original.path)
        if file.is_dir():
            target.mkdir(exist_ok=True)
        elif not target.exists():
            os.link(file, target)
    folder.set_status(replace(original.status, created=folder.status.created))
    return folder


def _of_screen(name: str, visitor: Visitor, process: psutil.Process, repeats: int) -> list[Cost]:
    """Of the whole page, and of a tick of each of its clocks, with nothing new."""
    for _ in range(3):  # what is made once, for all, is made now
        visitor.redraw()
        time.sleep(1.0)
    costs = [_cost(name, visitor, process, visitor.redraw, repeats)]
    if name == "Train, a run that trains":
        whole = max(visitor.fragments, key=visitor.fragments.get)
        costs.append(
            _cost("the live view of it", visitor, process, lambda: visitor.redraw(fragment=whole), repeats),
        )
    for fragment, seconds in visitor.clocks.items():
        tick = f"{name}: tick of {seconds:g} s"
        costs.append(_cost(tick, visitor, process, lambda id=fragment: visitor.redraw(fragment=id), repeats))
    if visitor.errors:
        raise RuntimeError(f"{name}: {visitor.errors[0]}")
    return costs


def _cost(name: str, visitor: Visitor, process: psutil.Process, act: Callable[[], None], repeats: int) -> Cost:
    rounds, sent = [], visitor.n_bytes
    for _ in range(ROUNDS):
        before = _seconds(process)
        for _ in range(repeats):
            act()
        rounds.append((_seconds(process) - before) / repeats)
    kilobytes = (visitor.n_bytes - sent) / (ROUNDS * repeats) / 1000
    return Cost(name, 1000 * statistics.median(rounds), kilobytes)


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _until_quiet(pid: int) -> None:
    """Wait until the server and the worker that it keeps warm have nothing left to do, or a minute."""
    for _ in range(60):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        if sum(member.cpu_percent(interval=1.0 / len(family)) for member in family) < 5.0:
            return


def table(costs: list[Cost], n_runs: int) -> str:
    """Markdown, for docs/responsiveness.md."""
    rows = [f"| {cost.name} | {cost.milliseconds:.1f} | {cost.kilobytes:.1f} |" for cost in costs]
    head = [f"{n_runs} runs in the folder; {processor()}.", "", "| redraw | CPU, ms | sent, kB |", "|---|---|---|"]
    return "\n".join([*head, *rows])
