"""The command line, as `dec` or `python -m dec_core`: a file per command, put together here.

The file of a command holds `add_parser(commands)` and what the command runs. Importing it is light, so that help
answers at once: what trains or draws is imported when it is asked to.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from dec_core.cli import (
    cluster,
    doctor,
    export,
    figures,
    glossary,
    how_many,
    lessons,
    model,
    predict,
    presets,
    repeat,
    resume,
    serve,
    sweep,
    sweep_worker,
    sweeps,
    train,
    worker,
)
from dec_core.cli.unread import drop, dropping_stderr

COMMANDS = (
    presets,
    model,
    how_many,
    train,
    resume,
    repeat,
    predict,
    figures,
    export,
    sweep,
    sweep_worker,
    sweeps,
    glossary,
    lessons,
    serve,
    doctor,
    worker,
    cluster,
)
MOVED = {  # commands of before, which measure; they belong to the repository, not to the library
    "bench": "bench (or profile, or inspect)",
    "table": "table",
    "recipes": "recipes",
    "sweep-example": "sweep-example",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 the run failed, 2 bad input, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in MOVED:
        print(f"error: {arguments[0]} has moved: python -m benchmarks {MOVED[arguments[0]]}", file=sys.stderr)
        return 2
    name = "dec" if Path(sys.argv[0]).stem == "dec" else "python -m dec_core"
    return run(parser_of(name, "Deep Embedded Clustering.", COMMANDS), arguments)


def parser_of(name: str, description: str, modules: Iterable[ModuleType]) -> argparse.ArgumentParser:
    """The parser of a program that has a command for each module."""
    shown = "COMMAND [OPTIONS]"
    parser = argparse.ArgumentParser(prog=name, usage=f"{name} {shown}", description=description)
    commands = parser.add_subparsers(title="commands", required=True, metavar=shown, prog=name)
    for module in modules:
        module.add_parser(commands)
    return parser


def run(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; bad input becomes one line on stderr. Returns the exit code.

    Who closes stdout ends the command without a word. Who closes stderr does not: what is written there is dropped.
    """
    with dropping_stderr():
        try:
            options = parser.parse_args(arguments)
            code = options.run(options)
            sys.stdout.flush()
            return code
        except BrokenPipeError:  # whoever read the output has read enough, as `head` does
            drop(sys.stdout)
            return 0
        except (ValueError, OSError) as error:
            print(f"error: {one_line(error)}", file=sys.stderr)
            return 2
        except KeyboardInterrupt as interrupt:
            print("; ".join(["Interrupted", *map(str, interrupt.args)]) + ".", file=sys.stderr)
            return 130


def one_line(error: Exception) -> str:
    """What an error says, in a line."""
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
