"""Options that several commands share, and the config that they describe."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dec_core.config import ConfigError, RunConfig
from dec_core.presets import PRESETS
from dec_core.runs.place import runs_root
from dec_core.sweeps.plan import GRACE


def add_command(commands: Any, name: str, sentence: str, **kwargs: Any) -> argparse.ArgumentParser:
    """The parser of a new command; `sentence` describes it in the list of commands and in its own help."""
    return commands.add_parser(name, help=sentence, description=f"{sentence[0].upper()}{sentence[1:]}.", **kwargs)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """PRESET or --config, and what changes it; `config_from` reads them."""
    parser.add_argument("preset", nargs="?", metavar="PRESET", help=f"one of {', '.join(PRESETS)}")
    parser.add_argument("--config", type=Path, metavar="FILE",
                        help="instead of PRESET: a config.json, or an exported report or notebook")  # fmt: skip
    parser.add_argument(
        "--data", metavar="DATA", help="dataset: mnist, digits, mnist-unbalanced, or your own file or folder"
    )
    add_skip_option(parser)
    parser.add_argument("--subset", type=int, metavar="N", help="use only N images (n_samples)")
    add_set_option(parser)


def add_set_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="set any field; repeatable")


def add_skip_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--skip-unreadable", action="store_true", help="skip pictures that cannot be read")


def add_runs_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=runs_root(), metavar="DIR",
                        help="folder of the runs (default: $DEC_RUNS, or runs)")  # fmt: skip


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, all else on stderr")


def add_umap_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--umap", action="store_true", help="also compute the UMAP view that the app can show")


def add_seeds_option(parser: argparse.ArgumentParser, default: int) -> None:
    parser.add_argument("--seeds", type=int, default=default, metavar="N",
                        help=f"number of seeds, counted from 0 (default: {default})")  # fmt: skip


def add_storage_options(parser: argparse.ArgumentParser) -> None:
    """Where a sweep is stored; `storage_from` reads it."""
    urls = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    parser.add_argument("--storage", metavar="URL", help=f"database: {urls} (default: sweeps.db in --out)")
    add_runs_folder(parser)


def storage_from(options: argparse.Namespace) -> str:
    """The address of the database."""
    return options.storage or f"sqlite:///{options.out / 'sweeps.db'}"


def add_grace_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--grace", type=int, default=GRACE, metavar="SECONDS",
                        help="give a trial to another worker after so long without a sign of its own "
                        f"(default: {GRACE}); more where networks stall")  # fmt: skip


def checked_seeds(n_seeds: int) -> int:
    """The number of seeds. Raises ValueError unless there is one at least."""
    if n_seeds < 1:
        raise ValueError(f"--seeds: received {n_seeds}, expected 1 or more")
    return n_seeds


def checked_run(path: Path) -> Path:
    """The folder of a run. Raises ValueError if it is none."""
    if not (path / "config.json").is_file():
        raise ValueError(f"run_dir: received {path}, expected the folder of a run, with a config.json in it")
    return path


def check_target(option: str, target: Path | None) -> None:
    """Raise ValueError if there is no place for a file that an option names: before the work, not after it."""
    if target is not None and not target.resolve().parent.is_dir():
        raise ValueError(f"{option}: received {target}, but there is no folder {target.parent}; make it first")
    if target is not None and target.is_dir():
        raise ValueError(f"{option}: received the folder {target}, expected a file; add a name to it")


def changes_from(items: list[str]) -> dict[str, Any]:
    """What --set asks for, by field. Raises ConfigError."""
    from dec_core.fields import parse

    changes = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals:
            raise ConfigError({"--set": f"received {item!r}, expected FIELD=VALUE, as in --set latent_dim=5"})
        changes[name] = parse(name, text)
    return changes


def config_from(options: argparse.Namespace) -> RunConfig:
    """The preset, or the config of a file, with the changes that the command line asks for. Raises ValueError.

    With `--set n_clusters=auto` the images are looked at, and the number of groups that they have is set.
    """
    from dec_core.cli.counting import with_counted_clusters
    from dec_core.config import AUTO, BUNDLED, OWN_DATA
    from dec_core.data import load
    from dec_core.presets import fitted_to, for_own_images

    config = _base_config(options.preset, options.config, options.out)
    changes = changes_from(options.set)
    is_counted = changes.get("n_clusters") == AUTO
    if is_counted:
        del changes["n_clusters"]
    data = options.data
    is_stored = data is None or data in BUNDLED or (data.startswith(OWN_DATA) and not Path(data).exists())
    if not is_stored:
        data = keep_own_data(Path(data), options.out, skip_unreadable=options.skip_unreadable)
    if data is not None and data not in BUNDLED and options.config is None:
        changes = for_own_images(options.preset) | changes
    given = {"dataset": data, "n_samples": options.subset, "random_state": getattr(options, "seed", None)}
    changes |= {name: value for name, value in given.items() if value is not None}
    size = _size(changes.get("dataset"), options.out)
    if size and options.config is None:
        changes = fitted_to(config, size) | changes
    elif size and "n_samples" not in changes and (config.n_samples or 0) > size:
        changes["n_samples"] = None
    config = config.changed(**changes)
    if config.dataset not in BUNDLED:
        images = load(config.dataset, root=options.out).images
        config.check_images(len(images), images.shape[1:])
    return with_counted_clusters(config, options.out) if is_counted else config


def _base_config(name: str | None, file: Path | None, root: Path) -> RunConfig:
    """The preset of that name, or a file's config, the first of several. Raises ValueError for both.

    A user's own presets are kept in `root`, the folder of runs.
    """
    from dec_core.presets import preset
    from dec_core.reading.config_in import configs_in
    from dec_core.runs.own_presets import own_presets

    if (name is None) == (file is None):
        received = "nothing" if name is None else f"{name} and --config {file}"
        raise ValueError(f"preset: received {received}, expected either one of {', '.join(PRESETS)} or --config FILE")
    if file is None:
        return own_presets(root).get(name) or preset(name)
    configs = configs_in(file.name, file.read_bytes())
    if len(configs) > 1:
        print(f"{file.name} holds {len(configs)} configs; the first one is used.", file=sys.stderr)
    return configs[0]


def keep_own_data(path: Path, root: Path, *, skip_unreadable: bool) -> str:
    """Read a person's own data, print notes on it to stderr, keep it below `root`, and return its name.

    An .npy that is too large to be read stays where it is, and is mapped.
    """
    from dec_core.data.mapped import is_for_mapping
    from dec_core.data.own import keep, keep_mapped
    from dec_core.data.readers import read

    if is_for_mapping(path):
        return keep_mapped(path, root)
    reading = read(path, skip_unreadable=skip_unreadable)
    for note in reading.notes:
        print(note, file=sys.stderr)
    return keep(reading.dataset, root)


def _size(dataset: str | None, root: Path) -> int:
    """Number of images of a data set; 0 if none is named."""
    from dec_core.config import BUNDLED
    from dec_core.data import load

    if dataset is None or dataset in BUNDLED:
        return BUNDLED[dataset][0] if dataset else 0
    return len(load(dataset, root=root).images)
