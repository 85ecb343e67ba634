"""The command line: python -m dec_core {presets, train, resume, repeat, predict, export, sweep, table, ...}."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dec_core.config import ConfigError, RunConfig, fields
from dec_core.presets import DESCRIPTIONS, PRESETS

RUNS = Path("runs")
SECTIONS = ("presets", "ingredients", "others")  # of the recipes' page


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 the run failed, 2 bad input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = f" Runs are kept in {options.out}; resume or table --resume goes on." if "out" in options else ""
        print(f"Interrupted.{kept}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    from dec_core.cli import sweep

    parser = argparse.ArgumentParser(prog="python -m dec_core", description="Deep Embedded Clustering.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    presets = commands.add_parser("presets", help="list the presets")
    presets.add_argument("--json", action="store_true", help="as one JSON object, every field of every preset")
    presets.set_defaults(command=_presets)

    train = commands.add_parser(
        "train", help="train a preset", epilog=_field_help(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _add_config_options(train)
    train.add_argument("--seed", type=int, help="random_state")
    train.add_argument("--pretrained", type=Path, metavar="RUN_DIR", help="begin with the autoencoder of that run")
    _add_run_options(train)
    train.set_defaults(command=_train)

    resume = commands.add_parser("resume", help="go on with a run that was stopped or interrupted")
    resume.add_argument("run_dir", type=Path, help="the run's folder")
    _add_output_options(resume)
    resume.set_defaults(command=_resume)

    repeat = commands.add_parser("repeat", help="train a preset with several seeds: mean, min and max")
    _add_config_options(repeat)
    repeat.add_argument("--seeds", type=int, default=5, help="how many, from seed 0 on (5)")
    _add_run_options(repeat)
    repeat.set_defaults(command=_repeat)

    predict = commands.add_parser("predict", help="sort new images by a finished run")
    predict.add_argument("run_dir", type=Path, metavar="RUN", help="the run's folder")
    predict.add_argument("file", type=Path, metavar="FILE", help="images: as for train --data")
    predict.add_argument("--csv", type=Path, metavar="OUT", help="write all rows there, with q of every cluster")
    predict.add_argument("--skip-unreadable", action="store_true", help="leave out pictures that cannot be read")
    predict.set_defaults(command=_predict)

    export = commands.add_parser("export", help="a run, or several, as a report, a notebook or for TensorBoard")
    export.add_argument("run_dirs", type=Path, nargs="+", metavar="RUN_DIR", help="the folders of the runs")
    export.add_argument("--to", choices=("html", "notebook", "tensorboard"), required=True,
                        help="html: one file, of several runs a comparison")  # fmt: skip
    export.add_argument(
        "--out", dest="target", type=Path, metavar="PATH", help="file, or folder, to write (in RUN_DIR)"
    )
    export.set_defaults(command=_export)

    table = commands.add_parser("table", help="train the tutorial's systems and write docs/reproduction.md and .json")
    table.add_argument("--presets", nargs="+", metavar="PRESET", help="only these")
    table.add_argument("--seeds", type=int, default=1, help="how many, from seed 0 on (1)")
    table.add_argument("--resume", action="store_true", help="use finished runs, go on with interrupted ones")
    table.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="any field, in all systems")
    table.add_argument("--out", type=Path, default=RUNS, metavar="DIR", help="folder of runs (runs)")
    table.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="where the table goes (docs)")
    table.set_defaults(command=_table)

    recipes = commands.add_parser("recipes", help="measure presets, ingredients and verdict; write docs/recipes.md")
    recipes.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="only these")
    recipes.add_argument("--seeds", type=int, default=5, help="how many, from seed 0 on (5)")
    recipes.add_argument("--fashion", type=Path, metavar="DIR", help="folder of Fashion-MNIST's IDX files")
    recipes.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="any field, in all runs")
    recipes.add_argument("--out", type=Path, default=RUNS, metavar="DIR", help="folder of runs (runs)")
    recipes.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="where the page goes (docs)")
    recipes.set_defaults(command=_recipes)

    bench = commands.add_parser("bench", help="compare the speed of our loops with that of others, in one run")
    bench.add_argument("--samples", type=int, default=70_000, help="images of MNIST (70000)")
    bench.add_argument("--history", type=Path, metavar="FILE", help="add the figures to this JSON file")
    bench.add_argument("--json", action="store_true", help="one JSON object as the last line on stdout")
    bench.add_argument("--profile", action="store_true", help="instead: where the time of `fast` and of a step goes")
    bench.add_argument("--inspect", action="store_true", help="instead: how fast the screen Inspect answers")
    bench.add_argument(
        "--run", type=Path, metavar="RUN_DIR", help="for --inspect: a finished run (the newest in --out)"
    )
    bench.add_argument("--out", type=Path, default=RUNS, metavar="DIR", help="folder of runs (runs)")
    bench.set_defaults(command=_bench)

    model = commands.add_parser("model", help="draw the diagram of a system and list its layers")
    _add_config_options(model)
    model.add_argument("--out", dest="target", type=Path, default=Path("model.svg"), metavar="FILE",
                       help="svg, png or pdf (model.svg)")  # fmt: skip
    model.set_defaults(command=_model, out=RUNS)  # data of one's own are kept beside runs

    figures = commands.add_parser("figures", help="write the figures of a run to files")
    figures.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="the run's folder")
    figures.add_argument("--out", type=Path, metavar="DIR", help="where they go (figures, in the run's folder)")
    figures.set_defaults(command=_figures)

    sweep.add_commands(commands, _add_config_options)

    worker = commands.add_parser("worker", help="used by the app: train what standard input says")
    worker.set_defaults(command=_worker)
    return parser


def _add_config_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", nargs="?", metavar="PRESET", help=f"one of {', '.join(PRESETS)}")
    parser.add_argument("--config", type=Path, metavar="FILE",
                        help="instead of PRESET: a config.json, or a report or notebook made by export")  # fmt: skip
    parser.add_argument("--data", metavar="DATA", help="dataset: mnist, digits, or a file or folder of one's own")
    parser.add_argument("--skip-unreadable", action="store_true", help="leave out pictures that cannot be read")
    parser.add_argument("--subset", type=int, metavar="N", help="n_samples: only N images")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="any field, repeatable")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=RUNS, metavar="DIR", help="folder of runs (runs)")
    _add_output_options(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--umap", action="store_true", help="also make the UMAP view that the app can show")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line on stdout")


def _field_help() -> str:
    lines = [f"  {name} ({described['default']})\n      {described['help']}" for name, described in fields().items()]
    return "fields for --set, with the tutorial's values:\n" + "\n".join(lines)


def config_from(options: argparse.Namespace) -> RunConfig:
    """The preset, or the config of a file, with the changes that the command line asks for. Raises ValueError."""
    from dec_core.config import BUNDLED, OWN
    from dec_core.data import load

    config = _begun_with(options.preset, options.config, options.out)
    changes = _changes(options.set)
    data = options.data
    if data is not None and data not in BUNDLED and not data.startswith(OWN):
        data = _own(Path(data), options.out, skip_unreadable=options.skip_unreadable)
        if options.config is None:
            changes.setdefault("deskew", False)  # setting upright is for handwriting
    given = {"dataset": data, "n_samples": options.subset, "random_state": getattr(options, "seed", None)}
    changes |= {name: value for name, value in given.items() if value is not None}
    size = _size(changes.get("dataset"), options.out)
    if size and "n_samples" not in changes and (config.n_samples or 0) > size:
        changes["n_samples"] = None  # a preset's subset of a larger data set means all of a smaller one
    config = config.changed(**changes)
    if config.dataset not in BUNDLED:
        images = load(config.dataset, root=options.out).images
        config.check_images(len(images), images.shape[1:])
    return config


def _begun_with(name: str | None, file: Path | None, root: Path) -> RunConfig:
    """The preset of that name, or the config that a file holds, of several the first. Raises ValueError for both.

    Presets of one's own are kept beside the runs below `root`.
    """
    from dec_core.presets import preset
    from dec_core.reading.config_in import configs_in
    from dec_core.runs.own_presets import own_presets

    if (name is None) == (file is None):
        received = "nothing" if name is None else f"{name} and --config {file}"
        raise ValueError(f"preset: received {received}, expected either one of {', '.join(PRESETS)} or --config FILE")
    if file is None:
        return own_presets(root).get(name) or preset(name)
    found = configs_in(file.name, file.read_bytes())
    if len(found) > 1:
        print(f"{file.name} holds {len(found)} configs; the first one is taken.", file=sys.stderr)
    return found[0]


def _own(path: Path, root: Path, *, skip_unreadable: bool) -> str:
    """Read a person's own data, say on stderr what was understood, keep it, and return its name."""
    from dec_core.data import own
    from dec_core.data.readers import read

    reading = read(path, skip_unreadable=skip_unreadable)
    for note in reading.notes:
        print(note, file=sys.stderr)
    return own.keep(reading.dataset, root)


def _size(dataset: str | None, root: Path) -> int:
    """Number of images of a data set; 0 if none is named."""
    from dec_core.config import BUNDLED
    from dec_core.data import load

    if dataset is None or dataset in BUNDLED:
        return BUNDLED[dataset][0] if dataset else 0
    return len(load(dataset, root=root).images)


def _changes(items: list[str]) -> dict[str, Any]:
    """What --set asks for, by field."""
    from dec_core.config import parse

    changes = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals:
            raise ConfigError({"--set": f"received {item!r}, expected FIELD=VALUE, as in --set latent_dim=5"})
        changes[name] = parse(name, text)
    return changes


def _presets(options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps({name: config.model_dump(mode="json") for name, config in PRESETS.items()}))
    else:
        for name in PRESETS:
            print(f"{name:25} {DESCRIPTIONS[name]}")
    return 0


def _train(options: argparse.Namespace) -> int:
    from dec_core.cli.train import train_new

    return train_new(config_from(options), options.out, options.pretrained, umap=options.umap, as_json=options.json)


def _resume(options: argparse.Namespace) -> int:
    from dec_core.cli.train import resume

    return resume(options.run_dir, umap=options.umap, as_json=options.json)


def _repeat(options: argparse.Namespace) -> int:
    from dec_core.cli.repeat import repeat

    return repeat(config_from(options), options.seeds, options.out, as_json=options.json)


def _predict(options: argparse.Namespace) -> int:
    from dec_core.cli.predict import predict

    return predict(options.run_dir, options.file, options.csv, skip_unreadable=options.skip_unreadable)


def _export(options: argparse.Namespace) -> int:
    from dec_core.cli.export import export

    return export(options.run_dirs, options.to, options.target)


def _table(options: argparse.Namespace) -> int:
    from benchmarks.table import table, tutorial_presets

    if options.seeds < 1:
        raise ValueError(f"--seeds: received {options.seeds}, expected 1 or more")
    names = options.presets or tutorial_presets()
    return table(names, options.seeds, options.out, options.docs, _changes(options.set), resume=options.resume)


def _recipes(options: argparse.Namespace) -> int:
    from benchmarks.recipes import recipes

    if options.seeds < 1:
        raise ValueError(f"--seeds: received {options.seeds}, expected 1 or more")
    fashion = _own(options.fashion, options.out, skip_unreadable=False) if options.fashion else None
    return recipes(options.seeds, fashion, options.out, options.docs, _changes(options.set), options.sections)


def _bench(options: argparse.Namespace) -> int:
    if options.inspect:
        from benchmarks.inspect_latency import inspect_bench

        return inspect_bench(options.out, options.run, as_json=options.json, history=options.history)
    if options.profile:
        from benchmarks.profile import profile

        return profile(as_json=options.json, history=options.history)
    from benchmarks.bench import bench

    return bench(options.samples, as_json=options.json, history=options.history)


def _model(options: argparse.Namespace) -> int:
    from dec_core.cli.figures import draw_model

    return draw_model(config_from(options), options.target, options.out)


def _figures(options: argparse.Namespace) -> int:
    from dec_core.cli.figures import draw_run

    return draw_run(options.run_dir, options.out)


def _worker(options: argparse.Namespace) -> int:
    from dec_core.work.worker import main as worker

    return worker()
