"""`sweeps`: the sweeps of a database."""

from __future__ import annotations

import argparse
from typing import Any

from dec_core.cli.options import add_command, add_storage_options, storage_from


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "sweeps", "list the sweeps")
    add_storage_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """A line for each sweep: how many trials have ended, and the best value."""
    from dec_core.sweeps import studies
    from dec_core.sweeps.outcome import best_in_words

    storage = studies.connect(storage_from(options))
    for name in studies.names(storage):
        study = studies.study_in(storage, name)
        rows, plan = studies.table(study), studies.plan_of(study)
        ended = sum(row["state"] not in ("waiting", "running") for row in rows)
        outcome = best_in_words(rows, plan.objective, 4) or "nothing has finished"
        marks = [", paused"] * studies.is_paused(study) + [", tuned by labels"] * plan.uses_labels
        print(f"{name:25} {ended} of {len(rows)} trials have ended, {outcome}{''.join(marks)}")
    return 0
