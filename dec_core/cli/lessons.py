"""`lessons`: which there are, and whether a file is one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command
from dec_core.lessons import lessons, problems


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "lessons", "list the lessons, or check files of one's own")
    kinds = parser.add_subparsers(metavar="check")
    check = add_command(kinds, "check", "say of each file what is wrong with it as a lesson")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a lesson, as my-lesson.md")
    check.set_defaults(run=_check)
    parser.set_defaults(run=_list)


def _list(_: argparse.Namespace) -> int:
    readable, wrong = lessons()
    for lesson in readable:
        print(f"{lesson.name:20} {lesson.minutes:3} min  {len(lesson.steps):2} steps  {lesson.title}")
    for each in wrong:
        print(f"error: {each}", file=sys.stderr)
    return 1 if wrong else 0


def _check(options: argparse.Namespace) -> int:
    found = [problem for path in options.files for problem in problems(path)]
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    if not found:
        n = len(options.files)
        print(f"{n} lesson{'' if n == 1 else 's'}: nothing wrong")
    return 2 if found else 0
