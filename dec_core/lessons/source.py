"""The source of the program's own functions, as lessons show it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from textwrap import dedent

import dec_core

ROOT = Path(dec_core.__file__).parents[1]


@cache
def numbered_lines(function: str) -> tuple[tuple[int, str], ...]:
    """The lines of a function, as dec_core/config/run_config.py:make, each with its number in the file.

    Without decorators and docstring. Read once: the program does not change while it runs, and to parse a file takes
    some 20 ms.

    Raises
    ------
    ValueError
        If there is no such file or function.
    """
    file, _, name = function.partition(":")
    path = ROOT / file
    if not path.is_file():
        raise ValueError(f"function: there is no file {file}")
    source = path.read_text(encoding="utf-8")
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name == name)
    node = next(nodes, None)
    if node is None:
        raise ValueError(f"function: there is no function {name} in {file}")
    text = dedent("\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])).splitlines()
    docstring = range(0)
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        docstring = range(node.body[0].lineno, node.body[0].end_lineno + 1)
    return tuple((number, line) for number, line in enumerate(text, node.lineno) if number not in docstring)
