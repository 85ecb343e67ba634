"""`glossary`: what a term or a field means, or all of them as the page in docs."""

from __future__ import annotations

import argparse
from typing import Any

from dec_core.cli.options import add_command
from dec_core.glossary import keys, page, term


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "glossary", "explain a term or a field, or list them all as Markdown")
    parser.add_argument("term", nargs="?", choices=keys(), metavar="TERM", help="a term or field, as q, alpha or acc")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.term is None:
        print(page(), end="")
        return 0
    word = term(options.term)
    lines = {"": word.sentence, "Formula": word.formula, "Source": word.source, "In the tutorial": word.tutorial}
    print(word.name)
    for name, text in lines.items():
        if text:
            print(f"  {name}: {text}" if name else f"  {text}")
    return 0
