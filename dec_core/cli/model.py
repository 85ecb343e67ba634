"""`model`: the diagram of a system and its layers, before anything is trained."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command, add_config_options, config_from
from dec_core.config import BUNDLED
from dec_core.runs.place import runs_root

SUFFIXES = (".svg", ".png", ".pdf")
COLUMNS = "{part:12} {layer:16} {kind:16} {output shape:>12} {parameters:>14}"


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "model", "draw the diagram of a preset and list its layers")
    add_config_options(parser)
    parser.add_argument("--out", dest="target", type=Path, default=Path("model.svg"), metavar="FILE",
                        help="svg, png or pdf file to write (default: model.svg)")  # fmt: skip
    parser.set_defaults(run=run, out=runs_root())  # people's own data are kept beside the runs


def run(options: argparse.Namespace) -> int:
    """Write the diagram and print the layers.

    Raises ValueError for a file that is not .svg, .png or .pdf, or that cannot be written.
    """
    config, target = config_from(options), options.target
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"--out: received {target}, expected a name that ends in {', '.join(SUFFIXES)}")
    from dec_core.data import load
    from dec_core.figures.model import layer_table, model_figure
    from dec_core.figures.paper import save

    known = config.dataset in BUNDLED
    shape = BUNDLED[config.dataset][1] if known else load(config.dataset, root=options.out).images.shape[1:]
    save(model_figure(config, shape), target)
    print(table_text(layer_table(config, shape)))
    print(target)
    return 0


def table_text(table: list[dict[str, Any]]) -> str:
    """A `layer_table` as lines: every layer, then the sums."""
    from dec_core.analysis.verdict import thousands
    from dec_core.figures.model import n_parameters

    head = COLUMNS.format(**{name: name for name in table[0]})
    rows = [COLUMNS.format(**{**row, "parameters": thousands(row["parameters"])}) for row in table]
    sums = {"autoencoder": ("encoder", "decoder"), "in total": ()}
    lines = [f"{name:58} {thousands(n_parameters(table, *parts)):>15}" for name, parts in sums.items()]
    return "\n".join([head, *rows, *lines]).replace("\u2009", " ")  # not every terminal has thin spaces
