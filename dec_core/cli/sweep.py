"""`sweep`: vary fields of a config, train each variant, and find which serves best."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dec_core.cli.options import (
    add_command,
    add_config_options,
    add_grace_option,
    add_json_option,
    add_storage_options,
    check_target,
    config_from,
    storage_from,
)
from dec_core.cli.sweep_report import table_text
from dec_core.cli.sweep_worker import work_on
from dec_core.config import ConfigError
from dec_core.sweeps.plan import SweepPlan, plan_fields

if TYPE_CHECKING:
    import optuna

PLAN_OPTIONS = {  # the field of a plan, its option and its kind
    "n_trials": ("--trials", int),
    "minutes": ("--minutes", float),
    "n_seeds": ("--seeds-per-trial", int),
    "sampler": ("--sampler", str),
    "pruner": ("--pruner", str),
    "objective": ("--objective", str),
}

DEFAULTS = {"sampler": "grid for lists that fit into the trials, else tpe"}  # what a plan's own default does not say


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "sweep", "vary fields of a preset and find the best config")
    add_config_options(parser)
    _add_plan_options(parser)
    _add_actions(parser)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all trials to FILE")
    add_json_option(parser)
    add_storage_options(parser)
    add_grace_option(parser)
    parser.set_defaults(run=run)


def _add_plan_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--name", required=True, help="name of the sweep: letters, digits, - and _")
    add("--vary", action="append", default=[], metavar="FIELD[=RANGE]",
        help="LOW..HIGH, LOW..HIGH:log or A,B,C; FIELD alone varies around the preset's value; repeatable")  # fmt: skip
    described = plan_fields()
    for name, (option, value) in PLAN_OPTIONS.items():
        field = described[name]
        kind = {"choices": field["choices"]} if "choices" in field else {"type": value, "metavar": "N"}
        default = "" if field["default"] is None else f" (default: {DEFAULTS.get(name, field['default'])})"
        add(option, dest=name, help=f"{field['help'].rstrip('.')}{default}", **kind)


def _add_actions(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--only-plan", action="store_true", help="make the sweep but train nothing: for workers elsewhere")
    add("--resume", action="store_true", help="continue the sweep of that name")
    add("--extend", type=int, metavar="N", help="continue it with N more trials")
    add("--pause", action="store_true", help="let all its workers hold, wherever they are, until --resume")


def run(options: argparse.Namespace) -> int:
    """Create or resume a sweep and work on it; or pause one. Raises ValueError."""
    from dec_core.sweeps import studies

    check_target("--csv", options.csv)
    storage = storage_from(options)
    if options.pause:
        studies.pause(studies.open_study(storage, options.name))
        print(f"Paused; go on with: python -m dec_core sweep --name {options.name} --resume")
        return 0
    study = _study(options, storage)
    if options.only_plan:
        print(f"{len(studies.trials(study))} trials wait for: python -m dec_core sweep-worker --study {options.name}")
        return 0
    interrupted = work_on(storage, options.name, options.out, options.grace)
    has_best = _print_outcome(study, options)
    if interrupted:
        print(f"Interrupted; go on with: python -m dec_core sweep --name {options.name} --resume", file=sys.stderr)
        return 130
    return 0 if has_best else 1


def _study(options: argparse.Namespace, storage: str) -> optuna.Study:
    """The sweep that is continued, or a new one."""
    from dec_core.sweeps import studies

    if not options.resume and options.extend is None:
        return studies.create(_plan(options), storage)
    study = studies.open_study(storage, options.name)
    if options.extend is not None:
        studies.extend(study, options.extend)
    studies.resume(study)
    return study


def _print_outcome(study: optuna.Study, options: argparse.Namespace) -> bool:
    """Print all trials, write them to a file on request, and return whether one has finished."""
    from dec_core.sweeps import outcome, studies

    rows, plan = studies.table(study), studies.plan_of(study)
    if options.csv:
        options.csv.write_text(studies.as_csv(rows, plan), encoding="utf-8")
    best = outcome.best(rows)
    print(table_text(rows, plan, options.out), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        correlation = None if plan.uses_labels else outcome.rank_correlation(rows, plan.objective)
        summary = {"best": best, "level": outcome.level_with_best(rows), "rank_correlation": correlation}
        print(json.dumps({"plan": plan.model_dump(mode="json"), "trials": rows, **summary}))
    return best is not None


def _plan(options: argparse.Namespace) -> SweepPlan:
    """The plan that the command line describes. Raises ConfigError."""
    from dec_core.sweeps.space import parse_range

    if options.preset is None and options.config is None:
        raise ConfigError({"PRESET": "expected one to vary, or --config FILE, or --resume to go on with a sweep"})
    base = config_from(options)
    varied = dict(item.partition("=")[::2] for item in options.vary)
    space = {field: parse_range(field, text, base) for field, text in varied.items()}
    given = {name: value for name in PLAN_OPTIONS if (value := getattr(options, name)) is not None}
    return SweepPlan.make(name=options.name, base=base, space=space, **given)
