"""Sweeps: `sweep` makes one and works on it, `sweep-worker` works on one that is there, `sweeps` lists them."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dec_core.config import ConfigError

if TYPE_CHECKING:
    from dec_core.sweeps.plan import SweepPlan
    from dec_core.work.control import Control

GRACE = 150  # seconds, as in `runs.sweep`, which is too slow to import for a line of help


def add_commands(commands: Any, add_config_options: Callable[..., None]) -> None:
    """Add the three commands to the parser's."""
    sweep = commands.add_parser("sweep", help="vary fields of a preset, and find what serves best")
    add_config_options(sweep)
    add = sweep.add_argument
    add("--name", required=True, help="names the sweep: letters, digits, - and _")
    add("--vary", action="append", default=[], metavar="FIELD[=RANGE]",
        help="LOW..HIGH, LOW..HIGH:log or A,B,C; FIELD alone: around the preset's value; repeatable")  # fmt: skip
    add("--trials", type=int, metavar="N", help="how many configs are tried (20)")
    add("--minutes", type=float, metavar="M", help="begin no trial after so many")
    add("--seeds-per-trial", type=int, metavar="N", help="judge a config by the mean of so many (1)")
    add("--sampler", choices=("tpe", "random", "grid"), help="how configs are chosen (tpe)")
    add("--pruner", choices=("none", "median", "halving"), help="how trials are cut short (median)")
    add("--objective", choices=("agreement", "silhouette", "acc", "nmi", "ari"),
        help="what is looked for (agreement); acc, nmi and ari use labels")  # fmt: skip
    add("--only-plan", action="store_true", help="make it, train nothing: for workers elsewhere")
    add("--resume", action="store_true", help="go on with the sweep of that name")
    add("--extend", type=int, metavar="N", help="go on with it, and N more trials")
    add("--pause", action="store_true", help="let all its workers hold, wherever they are, until --resume")
    add("--csv", type=Path, metavar="FILE", help="write all trials there")
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    _add_where(sweep)
    _add_grace(sweep)
    sweep.set_defaults(command=_sweep)

    worker = commands.add_parser("sweep-worker", help="work on a sweep that is there, beside any number of others")
    worker.add_argument("--study", required=True, metavar="NAME", help="the sweep's name")
    _add_where(worker)
    _add_grace(worker)
    worker.set_defaults(command=_sweep_worker)

    example = commands.add_parser("sweep-example", help="train the worked example and write docs/sweep.md and .json")
    example.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="folder of runs (runs)")
    example.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="where the page goes (docs)")
    example.set_defaults(command=_sweep_example)

    sweeps = commands.add_parser("sweeps", help="list the sweeps")
    _add_where(sweeps)
    sweeps.set_defaults(command=_sweeps)


def _add_where(parser: argparse.ArgumentParser) -> None:
    where = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (sqlite:///OUT/sweeps.db)"
    parser.add_argument("--storage", metavar="URL", help=f"the database: {where}")
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="folder of runs (runs)")


def _add_grace(parser: argparse.ArgumentParser) -> None:
    told = f"take a trial from a worker that is silent for so long ({GRACE}): more where networks stall"
    parser.add_argument("--grace", type=int, default=GRACE, metavar="SECONDS", help=told)


def _sweep(options: argparse.Namespace) -> int:
    """Make a sweep, or go on with one, and work on it; or pause one."""
    from dec_core.sweeps import studies

    storage = _storage(options)
    if options.pause:
        studies.pause(studies.open_study(storage, options.name))
        print(f"Paused; go on with: python -m dec_core sweep --name {options.name} --resume")
        return 0
    if options.resume or options.extend is not None:
        study = studies.open_study(storage, options.name)
        if options.extend is not None:
            studies.extend(study, options.extend)
        studies.resume(study)
    else:
        study = studies.create(_plan(options), storage)
    if options.only_plan:
        print(f"{len(studies.trials(study))} trials wait for: python -m dec_core sweep-worker --study {options.name}")
        return 0
    interrupted = _work(storage, options.name, options.out, options.grace)
    rows, plan = studies.table(study), studies.plan_of(study)
    if options.csv:
        options.csv.write_text(studies.as_csv(rows, plan), encoding="utf-8")
    found = {
        "best": studies.best(rows),
        "rank_correlation": None if plan.uses_labels else studies.rank_correlation(rows, plan.objective),
    }
    print(_told(rows, plan, options.out, **found))
    if options.json:
        print(json.dumps({"plan": plan.model_dump(mode="json"), "trials": rows, **found}))
    if interrupted:
        print(f"Interrupted; go on with: python -m dec_core sweep --name {options.name} --resume", file=sys.stderr)
        return 130
    return int(found["best"] is None)


def _sweep_worker(options: argparse.Namespace) -> int:
    """Work on a sweep. Ctrl-C, and what a cluster sends before it ends a job, leaves the trial to others."""
    return 130 if _work(_storage(options), options.study, options.out, options.grace) else 0


def _sweep_example(options: argparse.Namespace) -> int:
    from benchmarks.sweep_example import sweep_example

    return sweep_example(options.out, options.docs)


def _sweeps(options: argparse.Namespace) -> int:
    """A line for each sweep: how many trials have ended, and the best value."""
    from dec_core.sweeps import studies

    storage = studies.connect(_storage(options))
    for name in studies.names(storage):
        study = studies.study_in(storage, name)
        rows, plan = studies.table(study), studies.plan_of(study)
        ended = sum(row["state"] not in ("waiting", "running") for row in rows)
        top = studies.best(rows)
        told = f"best {plan.objective} {top['value']:.4f}" if top else "nothing has finished"
        marks = [", paused"] * studies.is_paused(study) + [", tuned by labels"] * plan.uses_labels
        print(f"{name:25} {ended} of {len(rows)} trials have ended, {told}{''.join(marks)}")
    return 0


def _storage(options: argparse.Namespace) -> str:
    return options.storage or f"sqlite:///{options.out / 'sweeps.db'}"


def _plan(options: argparse.Namespace) -> SweepPlan:
    """What the command line asks for. Raises ConfigError."""
    from dec_core.cli import config_from
    from dec_core.sweeps.plan import SweepPlan
    from dec_core.sweeps.space import parse_range

    if options.preset is None and options.config is None:
        raise ConfigError({"PRESET": "expected one to vary, or --config FILE, or --resume to go on with a sweep"})
    base = config_from(options)
    varied = dict(item.partition("=")[::2] for item in options.vary)
    space = {field: parse_range(field, text, base) for field, text in varied.items()}
    given = {
        "n_trials": options.trials,
        "minutes": options.minutes,
        "n_seeds": options.seeds_per_trial,
        "sampler": options.sampler,
        "pruner": options.pruner,
        "objective": options.objective,
    }
    given = {name: value for name, value in given.items() if value is not None}
    return SweepPlan.make(name=options.name, base=base, space=space, **given)


def _work(storage: str, name: str, root: Path, grace: int) -> bool:
    """Work on the sweep with a line for each trial that ends; whether a signal ended the work."""
    from dec_core.cli.quiet import start_tensorflow
    from dec_core.sweeps import studies

    database = studies.connect(storage)  # says what is wrong before TensorFlow is waited for
    studies.study_in(database, name)
    database.engine.dispose()
    if grace < 5:
        raise ValueError(f"--grace: received {grace}, expected 5 or more seconds")
    start_tensorflow()
    from dec_core.work.control import Control
    from dec_core.work.sweep_worker import work

    control = Control()

    def tell(row: dict[str, Any], n_ended: int, n_planned: int) -> None:
        print(f"{n_ended} of {n_planned} trials have ended; {_sentence(row)}", file=sys.stderr)

    with _stoppable(control):
        work(storage, name, root, control, grace=grace, tell=tell)
    return control.stopped


@contextmanager
def _stoppable(control: Control) -> Iterator[None]:
    """Ctrl-C and SIGTERM let the worker leave its trial to others; a second one ends it at once."""

    def stop(number: int, frame: Any) -> None:
        control.stopped = True
        signal.signal(number, previous[number])

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _sentence(row: dict[str, Any]) -> str:
    """A trial in a line."""
    scores = ", ".join(f"{name} {value:.4f}" for name, value in row["scores"].items())
    params = ", ".join(f"{name}={_short(value)}" for name, value in row["params"].items())
    return f"{row['number']} {_state(row)}: {scores + '; ' if scores else ''}{params}; {row['seconds']:.0f} s"


def _state(row: dict[str, Any]) -> str:
    return row["state"] + (f" ({row['ended']})" if row["ended"] not in ("", row["state"]) else "")


def _told(rows: list[dict[str, Any]], plan: SweepPlan, root: Path, best: Any, rank_correlation: float | None) -> str:
    """All trials, best first, as a Markdown table; then what to make of it."""
    params = list(dict.fromkeys(name for row in rows for name in row["params"]))
    scores = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    columns = ["trial", "state", *params, *scores, "seconds"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for row in sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["number"])):
        cells = [row["number"], _state(row), *(row["params"].get(name) for name in params)]
        cells += [*(row["scores"].get(name) for name in scores), row["seconds"]]
        lines.append("| " + " | ".join(_short(cell) for cell in cells) + " |")
    if best:
        runs = ", ".join(str(root / run) for run in best["runs"])
        labels = " Tuned by labels." if plan.uses_labels else ""
        lines += ["", f"Best: trial {best['number']}, {plan.objective} {best['value']:.4f}, kept in {runs}.{labels}"]
    if rank_correlation is not None:
        lines.append(f"Rank correlation of {plan.objective} with acc over finished trials: {rank_correlation:.2f}.")
    return "\n".join(lines)


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
