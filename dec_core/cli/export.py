"""Runs to take away: a report in HTML, a notebook that makes a run again, event files for TensorBoard."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dec_core.cli.quiet import start_tensorflow
from dec_core.figures.notebook import notebook
from dec_core.figures.report import compared, report
from dec_core.runs.comparing import differing
from dec_core.runs.folder import RunFolder
from dec_core.runs.summary import RunSummary, summary


def export(paths: Sequence[Path], to: str, out: Path | None) -> int:
    """Write the runs in `paths` as "html", "notebook" or "tensorboard", and print what was written.

    Without `out` it goes into the folder of the run; a comparison goes where one is.

    Raises
    ------
    ValueError
        If one is no run, or `out` cannot be written.
    """
    runs = [summary(path) for path in paths]
    for run in runs:
        if run.sizes is None:
            print(f"{run.id} has no clusters yet; what there is, is written.", file=sys.stderr)
    try:
        for path in {"html": _html, "notebook": _notebooks, "tensorboard": _tensorboard}[to](runs, paths, out):
            print(path)
    except OSError as error:
        raise ValueError(f"--out: {out or error.filename} cannot be written: {error.strerror or error}") from None
    return 0


def _html(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    several = len(runs) > 1
    path = out or (Path("comparison.html") if several else paths[0] / "report.html")
    if path.is_dir():
        path = path / ("comparison.html" if several else f"{runs[0].id}.html")
    told = compared(runs, differing([run.config for run in runs])) if several else None
    return [_written(path, report(runs, told, path.name))]


def _notebooks(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    if out is not None and len(runs) == 1 and not out.is_dir():
        return [_written(out, notebook(runs[0]))]
    targets = [
        path / "run.ipynb" if out is None else out / f"{run.id}.ipynb" for run, path in zip(runs, paths, strict=True)
    ]
    return [_written(target, notebook(run)) for run, target in zip(runs, targets, strict=True)]


def _tensorboard(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    """A folder for each run, so that TensorBoard shows them beside each other."""
    start_tensorflow()
    from dec_core.cli.tensorboard import write_events

    folders = [path / "tensorboard" if out is None else out / run.id for run, path in zip(runs, paths, strict=True)]
    began = [RunFolder(path).status.created for path in paths]
    return [write_events(*arguments) for arguments in zip(runs, began, folders, strict=True)]


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    RunFolder.write(path, lambda file: file.write(text.encode()))
    return path
