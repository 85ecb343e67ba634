"""The reproduction table: every system of the tutorial, beside what the tutorial reports.

Systems that share an autoencoder pretrain it once, as the tutorial does. On request, what is finished is not trained
again: neither runs in the folder nor rows of the same config that stand in `reproduction.json` already, so that seeds
can be added one by one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.options import add_docs_folder
from dec_core.cli.options import (
    add_command,
    add_runs_folder,
    add_seeds_option,
    add_set_option,
    changes_from,
    checked_seeds,
)
from dec_core.cli.progress import finish_quietly, result
from dec_core.cli.repeat import summarize
from dec_core.config import RunConfig, applies
from dec_core.machine import processor
from dec_core.presets import PRESETS, preset
from dec_core.runs.folder import RunFolder, config_of, list_runs
from dec_core.runs.history import RunReader

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
LIBRARIES = ("tensorflow", "keras", "numpy", "scikit-learn")  # that the figures depend on


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "table", "train the tutorial's systems: docs/reproduction.md")
    parser.add_argument("--presets", nargs="+", metavar="PRESET", help="only these systems")
    add_seeds_option(parser, 1)
    parser.add_argument("--resume", action="store_true", help="use finished runs and continue interrupted ones")
    add_set_option(parser)
    add_runs_folder(parser)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    names, n_seeds = options.presets or tutorial_presets(), checked_seeds(options.seeds)
    return table(names, n_seeds, options.out, options.docs, changes_from(options.set), resume=options.resume)


def table(names: list[str], n_seeds: int, root: Path, docs: Path, changes: dict[str, Any], *, resume: bool) -> int:
    """Train what is missing, and write `reproduction.md` and `.json` into `docs` after every run.

    `changes` are fields to replace in every preset, for a try on fewer images. Raises ValueError for
    a name that is not a preset.
    """
    configs = {name: preset(name).changed(**changes) for name in names}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    docs.mkdir(parents=True, exist_ok=True)
    known = _read(docs) if resume else {}
    for seed in range(n_seeds):
        for name, config in configs.items():
            seeded = config.changed(random_state=seed)
            row = known.get(digest(seeded))
            if row is None:
                print(f"{name}, seed {seed}", file=sys.stderr)
                row = trained(seeded, root, resume=resume) | {"config": digest(seeded)}
                row["machine"] = machine_of(RunFolder(Path(row["run_dir"])))
            rows[name].append(row)
            _write(docs, rows, changes)
    print((docs / "reproduction.md").read_text(encoding="utf-8"))
    return int(any(row["state"] == "failed" for runs in rows.values() for row in runs))


def _read(docs: Path) -> dict[str, dict[str, Any]]:
    """The rows that were measured before, by their config."""
    path = docs / "reproduction.json"
    if not path.exists():
        return {}
    systems = json.loads(path.read_text(encoding="utf-8"))["systems"]
    return {row["config"]: row for system in systems for row in system["runs"]}


def digest(config: RunConfig, *without: str) -> str:
    """Few letters that differ between configs: of the fields that apply and differ from their defaults.

    So a field that is new, or that does not apply, changes the digest of nothing that was measured before.
    """
    differing = config.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    effective = {name: value for name, value in differing.items() if applies(name, config)}
    return hashlib.sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest()[:12]


def machine() -> dict[str, str]:
    """Who measures: processor and versions."""
    return {"processor": processor(), "system": platform.system(), "python": platform.python_version(), **versions()}


def machine_of(run: RunFolder) -> dict[str, str]:
    """What `machine` was where a run was trained, as far as the run has recorded it."""
    started = RunReader(run).refresh().started
    if started is None:
        return {"processor": "a machine that was not recorded"}
    known = {name: started["versions"][name] for name in ("python", *LIBRARIES) if name in started["versions"]}
    return {"processor": started["processor"], "system": started["system"].partition(" ")[0], **known}


def machines(rows: list[dict[str, Any]]) -> list[str]:
    """Who measured: a line for each machine, so that nobody compares seconds between two of them."""
    counts: dict[str, int] = {}
    for row in rows:
        parts = (
            value if name in ("processor", "system") else f"{name} {value}" for name, value in row["machine"].items()
        )
        sentence = ", ".join(parts)
        counts[sentence] = counts.get(sentence, 0) + 1
    return [f"{sentence}{f' ({n} runs)' if len(counts) > 1 else ''}." for sentence, n in counts.items()]


def trained(config: RunConfig, root: Path, *, resume: bool) -> dict[str, Any]:
    """The result of a finished run of this config below `root`: found, gone on with, or trained.

    With `resume`, a run that is there already is not trained again.
    """
    same = [run for run in list_runs(root) if config_of(run) == config] if resume else []
    for run in same:
        if run.status.state == "finished":
            return result(run)
    folder = next((run for run in same if run.status.state in ("stopped", "interrupted")), None)
    if folder is None:
        folder = RunFolder.create(root, config, "running")
    return finish_quietly(folder)


def _write(docs: Path, rows: dict[str, list[dict[str, Any]]], changes: dict[str, Any]) -> None:
    systems = [
        {"preset": name, "tutorial": dict(zip(SCORES, TUTORIAL.get(name, (None,) * 3), strict=True)),
         "summary": summarize(runs), "runs": [{k: v for k, v in row.items() if k != "run_dir"} for row in runs]}
        for name, runs in rows.items() if runs
    ]  # fmt: skip
    measured = {"systems": systems, "changes": changes}
    RunFolder.write(docs / "reproduction.json", lambda file: file.write(json.dumps(measured, indent=2).encode()))
    RunFolder.write(docs / "reproduction.md", lambda file: file.write(markdown(measured, own_presets(docs)).encode()))


def own_presets(docs: Path) -> list[str]:
    """Rows of our own presets, as `recipes` has measured them on all digits."""
    path = docs / "recipes.json"
    measured = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    lines = []
    for name in ("fast", "best", "best-no-prior", "best-conv"):
        runs = [row for row in measured if row["section"] == "presets" and row["name"] == name]
        if runs:
            summary = summarize(runs)
            seconds = f"{summary['seconds']['min']:.0f}"
            lines.append(f"| `{name}` | {len(runs)} | {' | '.join(spread(summary[s]) for s in SCORES)} | {seconds} |")
    return lines


def markdown(measured: dict[str, Any], ours: list[str] = ()) -> str:
    changed = "".join(f" --set {name}={value}" for name, value in measured["changes"].items())
    lines = [
        "# The tutorial's systems, run here",
        "",
        f"Made by `python -m benchmarks table --resume{changed}`.",
        "Mean over the seeds, with min and max in brackets where there are several. Labels score; they neither train",
        "nor stop anything. Seconds are of training alone, the least over the seeds, some of which may have run beside",
        "other work: the autoencoder's, which systems share that build on the same one, and the clustering's. Where",
        "figures differ from the tutorial's, `deviations.md` tells why.",
        "",
        "| system | seeds | ACC tutorial | ACC | NMI tutorial | NMI | ARI tutorial | ARI | steps | s autoencoder "
        "| s clustering |",
        "|---" * 11 + "|",
    ]
    lines += [_row(system) for system in measured["systems"]]
    lines += ["", *machines([row for system in measured["systems"] for row in system["runs"]]), ""]
    if ours:
        lines += [
            "## Our own presets",
            "",
            "On all 70 000 digits too, from [recipes.md](recipes.md); seconds are of all, the least over the seeds.",
            "",
        ]
        lines += ["| preset | seeds | ACC | NMI | ARI | seconds |", "|---" * 6 + "|", *ours, ""]
    return "\n".join(lines)


def _row(system: dict[str, Any]) -> str:
    runs, summary = system["runs"], system["summary"]
    scores = [cell for name in SCORES for cell in (_printed(system["tutorial"][name]), spread(summary.get(name)))]
    steps = ", ".join(str(run["n_iterations"]) for run in runs)
    times = [min(run[name] for run in runs) for name in ("seconds_pretrain", "seconds_cluster")]
    cells = [f"`{system['preset']}`", str(len(runs)), *scores, steps, *(f"{time:.0f}" for time in times)]
    return "| " + " | ".join(cells) + " |"


def _printed(value: float | None) -> str:
    return "–" if value is None else f"{value:.5f}".rstrip("0")


def spread(values: dict[str, float] | None) -> str:
    """A mean, with min and max in brackets where they differ."""
    if not values:
        return "–"
    if values["min"] == values["max"]:
        return f"{values['mean']:.4f}"
    return f"{values['mean']:.4f} ({values['min']:.4f} – {values['max']:.4f})"


def versions() -> dict[str, str]:
    """Of `LIBRARIES`, here."""
    return {name: version(name) for name in LIBRARIES}


def tutorial_presets() -> list[str]:
    """The presets that the tutorial has, in the order in which it tells them."""
    return [name for name in PRESETS if name in TUTORIAL]
