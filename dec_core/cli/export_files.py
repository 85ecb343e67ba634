"""What `export` writes: a report in HTML, a notebook that makes a run again, event files for TensorBoard.

Each writer takes the runs, their folders and what `--out` names, and returns the paths it has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dec_core.figures.comparison import COMPARED_SCORES, Contestant
from dec_core.figures.notebook import notebook
from dec_core.figures.overlay import line_of
from dec_core.figures.palette import RUN_COLOURS
from dec_core.figures.report import ComparedSetups, compared, report
from dec_core.figures.shown import heading
from dec_core.reading.comparison import differing, setups
from dec_core.reading.summary import RunSummary
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import entry_of


def _html(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    several = len(runs) > 1
    path = out or (Path("comparison.html") if several else paths[0] / "report.html")
    if path.is_dir():
        path = path / ("comparison.html" if several else f"{runs[0].id}.html")
    return [_written(path, report(runs, _compared(runs, paths) if several else None, path.name))]


def _compared(runs: Sequence[RunSummary], paths: Sequence[Path]) -> ComparedSetups:
    """The runs compared with the first; runs that differ only in their seed are one set-up."""
    by_id = {run.id: run for run in runs}
    entries = [entry_of(RunFolder(path.resolve())) for path in paths]
    contestants, lines = [], []
    for place, setup in enumerate(setups(entries, entries, together=True)):
        first, colour = by_id[setup.first.id], RUN_COLOURS[place % len(RUN_COLOURS)]
        counted = [by_id[entry.id] for entry in setup.counted]
        n = len(counted)
        name = heading(counted[0]) if n == 1 else f"{heading(first, seed=False)}, {n} seeds"
        spreads = {score: spread for score in COMPARED_SCORES if (spread := setup.spread(score))}
        link = f"#run-{runs.index(first) + 1}"
        standing = "" if first.state == "finished" else first.state
        contestants.append(Contestant(name, colour, first.config, spreads, standing, link))
        sizes = counted[0].sizes
        if sizes is not None:
            lines.append(line_of(name, colour, [run.history for run in counted], int(sizes.sum()), first.config))
    return compared(contestants, lines, differing([one.config for one in contestants]))


def _notebooks(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    if out is not None and len(runs) == 1 and not out.is_dir():
        return [_written(out, notebook(runs[0]))]
    targets = [
        path / "run.ipynb" if out is None else out / f"{run.id}.ipynb" for run, path in zip(runs, paths, strict=True)
    ]
    return [_written(target, notebook(run)) for run, target in zip(runs, targets, strict=True)]


def _tensorboard(runs: Sequence[RunSummary], paths: Sequence[Path], out: Path | None) -> list[Path]:
    """A folder for each run, so that TensorBoard shows them side by side."""
    import dec_core.silent_tensorflow  # noqa: F401
    from dec_core.cli.tensorboard import write_events

    folders = [path / "tensorboard" if out is None else out / run.id for run, path in zip(runs, paths, strict=True)]
    began = [RunFolder(path).status.created for path in paths]
    return [write_events(*arguments) for arguments in zip(runs, began, folders, strict=True)]


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    RunFolder.write(path, lambda file: file.write(text.encode()))
    return path


WRITERS = {"html": _html, "notebook": _notebooks, "tensorboard": _tensorboard}
