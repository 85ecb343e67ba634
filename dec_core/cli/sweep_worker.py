"""`sweep-worker`: work on a sweep that exists, along with any number of other workers."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dec_core.cli.options import add_command, add_grace_option, add_storage_options, storage_from
from dec_core.cli.sweep_report import sentence

if TYPE_CHECKING:
    from dec_core.work.control import Control


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "sweep-worker", "work on an existing sweep, along with other workers")
    parser.add_argument("--study", required=True, metavar="NAME", help="name of the sweep")
    add_storage_options(parser)
    add_grace_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Work on a sweep. Ctrl-C, and what a cluster sends before it ends a job, leaves the trial to others."""
    return 130 if work_on(storage_from(options), options.study, options.out, options.grace) else 0


def work_on(storage: str, name: str, root: Path, grace: int) -> bool:
    """Work on the sweep with a line for each trial that ends; whether a signal ended the work."""
    from dec_core.sweeps import studies

    database = studies.connect(storage)  # says what is wrong before TensorFlow is waited for
    studies.study_in(database, name)
    database.engine.dispose()
    if grace < 5:
        raise ValueError(f"--grace: received {grace}, expected 5 or more seconds")
    from dec_core.work.control import Control
    from dec_core.work.sweep_worker import work

    control = Control()

    def tell(row: dict[str, Any], n_ended: int, n_planned: int) -> None:
        print(f"{n_ended} of {n_planned} trials have ended; {sentence(row)}", file=sys.stderr)

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
