"""A finished run of six moments: two of its pretraining, four of its clustering."""

import shutil
from pathlib import Path

from dec_core.runs.folder import RunFolder


def with_six_moments(run: RunFolder, root: Path) -> RunFolder:
    """A copy of a run that keeps of the snapshots of its pretraining the first and the last."""
    folder = RunFolder(root / run.id)
    shutil.copytree(run.path, folder.path)
    records = folder.records()[0]
    (folder.path / "events.jsonl").unlink()
    of_pretraining = [r for r in records if r["event"] == "SnapshotTaken" and not r["clustered"]]
    number = 0
    for record in records:
        if record["event"] == "SnapshotTaken":
            path = folder.path / record["file"]
            if record in of_pretraining[1:-1]:
                path.unlink()
                continue
            number += 1
            record["file"] = f"snapshots/{number:05d}.npz"
            path.rename(folder.path / record["file"])
        folder.append(record)
    return folder
