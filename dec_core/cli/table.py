"""The reproduction table: every system of the tutorial, beside what the tutorial reports.

Runs that are finished are not trained again, interrupted ones go on, and systems that share an
autoencoder pretrain it once, as the tutorial does.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dec_core.architecture import WITHOUT_NETWORK
from dec_core.cli.bench import processor
from dec_core.cli.repeat import summarize
from dec_core.cli.train import finish_quietly, result
from dec_core.config import ConfigError, RunConfig, pretraining_of
from dec_core.presets import PRESETS, preset
from dec_core.runs.folder import RunFolder, list_runs

TUTORIAL = {  # ACC, NMI, ARI as printed in the tutorial's notebook
    "kmeans-pixels": (0.53229, None, None),
    "tutorial-autoencoder": (None, None, None),
    "tutorial-dec": (0.96231, 0.90500, 0.91897),
    "tutorial-conv-dec": (0.79063, 0.76515, 0.68468),
    "tutorial-conv-upsampling": (None, None, None),
    "tutorial-conv-joint": (0.82233, 0.80238, 0.73511),
    "tutorial-dense-joint": (0.95587, 0.89625, 0.90499),
}
SCORES = ("acc", "nmi", "ari")


def table(names: list[str], n_seeds: int, root: Path, docs: Path, changes: dict[str, Any], *, resume: bool) -> int:
    """Train what is missing, and write `reproduction.md` and `.json` into `docs` after every run.

    `changes` are fields to replace in every preset, for a try on fewer images. Raises ValueError for
    a name that is not a preset.
    """
    configs = {name: preset(name).changed(**changes) for name in names}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    docs.mkdir(parents=True, exist_ok=True)
    for seed in range(n_seeds):
        for name, config in configs.items():
            print(f"{name}, seed {seed}", file=sys.stderr)
            rows[name].append(trained(config.changed(random_state=seed), root, resume=resume))
            _write(docs, rows, changes)
    print((docs / "reproduction.md").read_text(encoding="utf-8"))
    return int(any(row["state"] == "failed" for found in rows.values() for row in found))


def trained(config: RunConfig, root: Path, *, resume: bool) -> dict[str, Any]:
    """The result of a finished run of this config below `root`: found, gone on with, or trained.

    With `resume`, a run that is there already is not trained again.
    """
    same = [run for run in list_runs(root) if _config(run) == config] if resume else []
    for run in same:
        if run.status.state == "finished":
            return result(run)
    folder = next((run for run in same if run.status.state in ("stopped", "interrupted")), None)
    if folder is None:
        folder = RunFolder.create(root, config, "running")
        shared = _with_same_autoencoder(config, root, folder)
        if shared:
            folder.begin_with(shared)
    return finish_quietly(folder)


def _with_same_autoencoder(config: RunConfig, root: Path, itself: RunFolder) -> RunFolder | None:
    if config.method in WITHOUT_NETWORK:
        return None
    for run in list_runs(root):
        other = _config(run)
        if other is None or run.id == itself.id or not (run.path / "pretrained.npz").exists():
            continue
        if other.method not in WITHOUT_NETWORK and pretraining_of(other) == pretraining_of(config):
            return run
    return None


def _config(run: RunFolder) -> RunConfig | None:
    try:
        return run.config
    except ConfigError:
        return None


def _write(docs: Path, rows: dict[str, list[dict[str, Any]]], changes: dict[str, Any]) -> None:
    machine = {"processor": processor(), "system": platform.system(), "python": platform.python_version()}
    systems = [
        {"preset": name, "tutorial": dict(zip(SCORES, TUTORIAL.get(name, (None,) * 3), strict=True)),
         "summary": summarize(found), "runs": [{k: v for k, v in row.items() if k != "run_dir"} for row in found]}
        for name, found in rows.items() if found
    ]  # fmt: skip
    whole = {"systems": systems, "changes": changes, "versions": versions(), "machine": machine}
    RunFolder.write(docs / "reproduction.json", lambda file: file.write(json.dumps(whole, indent=2).encode()))
    RunFolder.write(docs / "reproduction.md", lambda file: file.write(_markdown(whole).encode()))


def _markdown(whole: dict[str, Any]) -> str:
    changed = "".join(f" --set {name}={value}" for name, value in whole["changes"].items())
    versions = ", ".join(f"{name} {number}" for name, number in whole["versions"].items())
    machine = whole["machine"]
    lines = [
        "# The tutorial's systems, run here",
        "",
        f"Made by `python -m dec_core table --resume{changed}`.",
        "Mean over the seeds, with min and max in brackets where there are several. Labels score; they neither train",
        "nor stop anything. Seconds are of training alone: the autoencoder's, which systems share that build on the",
        "same one, and the clustering's. Where figures differ from the tutorial's, `deviations.md` tells why.",
        "",
        "| system | seeds | ACC tutorial | ACC | NMI tutorial | NMI | ARI tutorial | ARI | steps | s autoencoder "
        "| s clustering |",
        "|---" * 11 + "|",
    ]
    lines += [_row(system) for system in whole["systems"]]
    lines += ["", f"{machine['processor']}, {machine['system']}, Python {machine['python']}, {versions}.", ""]
    return "\n".join(lines)


def _row(system: dict[str, Any]) -> str:
    runs, summary = system["runs"], system["summary"]
    scores = [cell for name in SCORES for cell in (_told(system["tutorial"][name]), spread(summary.get(name)))]
    steps = ", ".join(str(run["n_iterations"]) for run in runs)
    times = [sum(run[name] for run in runs) / len(runs) for name in ("seconds_pretrain", "seconds_cluster")]
    cells = [f"`{system['preset']}`", str(len(runs)), *scores, steps, *(f"{time:.0f}" for time in times)]
    return "| " + " | ".join(cells) + " |"


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.5f}".rstrip("0")


def spread(values: dict[str, float] | None) -> str:
    """A mean, with min and max in brackets where they differ."""
    if not values:
        return "–"
    if values["min"] == values["max"]:
        return f"{values['mean']:.4f}"
    return f"{values['mean']:.4f} ({values['min']:.4f} – {values['max']:.4f})"


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    return {name: version(name) for name in ("tensorflow", "keras", "numpy", "scikit-learn")}


def tutorial_presets() -> list[str]:
    """The presets that the tutorial has, in the order in which it tells them."""
    return [name for name in PRESETS if name in TUTORIAL]
