"""How much memory `DEC.fit` and `predict` take beside the images, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.bench import images
from benchmarks.history import add_history_option, hand_out
from dec_core.cli.options import add_command, add_json_option
from dec_core.machine import hardware

CASES = (("uint8", 70_000), ("uint8", 200_000), ("float32", 200_000))  # type of the images, how many
SHORT = {"pretrain_epochs": 1, "max_iterations": 140}  # memory does not grow from one epoch to the next


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "memory", "the memory that DEC takes to fit and to predict, beside the images")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    rows = [in_a_process(dtype, n) for dtype, n in CASES]
    figures = {"kind": "memory", "rows": rows, **hardware()}
    return hand_out(figures, table(rows), options.history, as_json=options.json)


def in_a_process(dtype: str, n: int) -> dict[str, Any]:
    """What `measured` says, in a process that has done nothing before."""
    code = f"import json; from benchmarks.memory import measured; print(json.dumps(measured({dtype!r}, {n})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measured(dtype: str, n: int) -> dict[str, Any]:
    """`tutorial-dec` for an epoch and an update, on n images of MNIST, again and again where it has fewer.

    Returns a record of `dtype` and `n`, and in bytes `images`, and the process's highest memory so far: `before`, with
    the images made, after `fit` and after `predict`.
    """
    from dec_core import DEC
    from dec_core.presets import PRESETS

    x = images(n)
    if dtype == "float32":
        x = x.astype(np.float32)
        x /= 255
    row = {"dtype": dtype, "n": n, "images": x.nbytes, "before": highest()}
    model = DEC(PRESETS["tutorial-dec"].changed(**SHORT)).fit(x)
    row["fit"] = highest()
    model.predict(x)
    return row | {"predict": highest()}


def highest() -> int:
    """The most memory that this process has had, in bytes."""
    import resource

    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else 1024 * kilobytes


def table(rows: list[dict[str, Any]]) -> str:
    """A row in GB for each case."""
    lines = ["| images | they take | before `fit` | `fit` | `predict` after it |", "|---" * 5 + "|"]
    for row in rows:
        sizes = " | ".join(f"{row[name] / 1e9:.2f} GB" for name in ("images", "before", "fit", "predict"))
        lines.append(f"| {row['n']} as {row['dtype']} | {sizes} |")
    return "\n".join(lines)
