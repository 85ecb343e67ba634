"""A run is a folder, and the folder is the truth: pages and processes only meet here.

config.json     the RunConfig
status.json     state, progress and outcome, replaced as a whole
events.jsonl    one record a line, appended and flushed; a half-written last line is ignored
snapshots/      NNNNN.npz, what the views show at one moment
umap.npz        UMAP of what the last snapshot shows, once a worker has made it
live_umap.npz   UMAP of a part of that while clusters form, replaced every few seconds; of a later moment than
                any snapshot, perhaps, and removed once there is umap.npz
inspection.npz  of all samples at the last snapshot: neighbours in z and UMAP, once a worker has made them
umaps.npz       UMAPs of all snapshots, aligned with that of the last, once a worker has made them
decoder.npz     the decoder's weights, once training has ended or stopped; encoder.npz likewise
pretrained.npz  the TrainingState when pretraining ended, for systems that share the autoencoder
checkpoint.npz  the TrainingState, until the run has finished
model.keras     encoder, decoder and clustering layer, when it has
sweep.json      of which sweep it is a trial, where it is one
owner           the visitor whose run it is; absent where it is nobody's but the server's
train.lock      held by the process that trains it (`dec_core.runs.lock`)
marks.json      what people wrote on it
share.json      the token of its link, and who has followed that, where it is shared
worker.log      what the worker process printed
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dec_core.config import ConfigError, RunConfig
from dec_core.fields import pretraining_of
from dec_core.gallery import is_recording
from dec_core.json_text import read_json
from dec_core.runs.records import SWEEP, parse_record
from dec_core.runs.snapshots import ArraysError, read_arrays
from dec_core.runs.status import STATUS, RunStatus, as_it_stands, new_attempt, recovered
from dec_core.whole_files import FULL, write_whole

OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNKNOWN_OWNER = "-"


class RunFolder:
    """One run. Reading never fails because somebody is writing.

    Parameters
    ----------
    path : Path
        The folder; see `create` for a new one.
    """

    def __init__(self, path: Path):
        self.path = Path(path)

    @classmethod
    def create(cls, root: Path, config: RunConfig, state: str = "queued", owner: str = "") -> RunFolder:
        """A new folder below `root`, held by this process until a worker takes it over; where it cannot, none.

        Raises
        ------
        ValueError
            If `owner` is neither "" nor up to 64 letters, digits, hyphens and underscores.
        OSError
            If the disk is full or `root` cannot be written to.
        """
        if owner and not OWNER.fullmatch(owner):
            raise ValueError(f"owner: received {owner[:80]!r}, expected up to 64 letters, digits, hyphens, underscores")
        while True:
            folder = cls(Path(root) / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}")
            with contextlib.suppress(FileExistsError):  # many in one second: two names may be alike
                (folder.path / "snapshots").mkdir(parents=True)
                break
        try:
            if owner:  # first: it is a run once it has a config, and from then on this person's
                folder.write(folder.path / "owner", lambda file: file.write(owner.encode()))
            folder.write(folder.path / "config.json", lambda file: file.write(config.to_json().encode()))
            folder.set_status(RunStatus(state, time.time(), **new_attempt()))
        except OSError:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return folder

    def begin_with(self, other: RunFolder) -> None:
        """Take over the pretrained autoencoder of another run: its weights, curve and seconds.

        Raises
        ------
        ConfigError
            If the two runs do not share data, architecture and pretraining, field by field.
        ValueError
            If the other run has no pretrained autoencoder.
        """
        problems = {
            name: f"received {getattr(self.config, name)!r}, but the autoencoder was pretrained with {value!r}"
            for name, value in pretraining_of(other.config).items()
            if getattr(self.config, name) != value
        }
        if problems:
            raise ConfigError(problems)
        if not (other.path / "pretrained.npz").is_file():
            raise ValueError(f"pretrained: {other.path} has no pretrained autoencoder; train it to the end first")
        shutil.copy(other.path / "pretrained.npz", self.path / "pretrained.npz")
        for record in other.records()[0]:
            if record["event"] == "PretrainProgress":
                self.append(record)
        seconds = {"pretraining": other.status.seconds.get("pretraining", 0.0)}
        self.set_status(replace(self.status, seconds=seconds))

    @property
    def id(self) -> str:
        """The folder's name, unique below its root and used in links."""
        return self.path.name

    @property
    def config(self) -> RunConfig:
        """Raises ConfigError if the file is missing, damaged or of another version."""
        return RunConfig.from_json(self.path / "config.json")

    @cached_property  # a run has the same from before its config is written; the line asks it of all who wait
    def owner(self) -> str:
        """Whose it is: a visitor's id; "" for nobody's; `UNKNOWN_OWNER`, which is no visitor's, where it is damaged."""
        try:
            text = (self.path / "owner").read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError):
            return UNKNOWN_OWNER
        return text if OWNER.fullmatch(text) else UNKNOWN_OWNER

    # -- status

    @property
    def status(self) -> RunStatus:
        """The status as written, but `interrupted` where its process no longer lives."""
        return as_it_stands(self.status_as_written)

    @property
    def status_as_written(self) -> RunStatus:
        """What the last writer said, whether or not its process still lives."""
        try:
            return STATUS.validate_python(read_json(self.path / "status.json"))
        except ValueError:
            has_checkpoint = (self.path / "checkpoint.npz").exists()
            return recovered(self.id, self.records()[0], has_checkpoint=has_checkpoint)

    def set_status(self, status: RunStatus) -> None:
        """Replace the status. On a full disk it overwrites the old one in place, so that it can say so."""
        text = json.dumps(asdict(replace(status, updated=time.time()))).encode()
        path = self.path / "status.json"
        try:
            self.write(path, lambda file: file.write(text))
        except OSError as error:
            if error.errno not in FULL or not path.exists():
                raise
            with path.open("r+b") as file:  # its block is there already
                file.write(text)
                file.truncate()

    @property
    def sweep(self) -> dict[str, Any]:
        """The sweep it is a trial of, as "study", "trial" and "storage"; empty for a run of its own."""
        try:
            return SWEEP.validate_python(read_json(self.path / "sweep.json"))
        except ValueError:
            return {}

    # -- events

    def append(self, *records: dict[str, Any]) -> None:
        """Add records to events.jsonl, at once. The file may end in half a line, left by a killed writer."""
        with (self.path / "events.jsonl").open("ab+") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
            broken = file.read(1) not in (b"", b"\n")
            lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
            file.write((b"\n" if broken else b"") + lines)

    def records(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Whole records from byte `offset` on, each as `parse_record` checks it, and the offset to go on from."""
        try:
            with (self.path / "events.jsonl").open("rb") as file:
                file.seek(offset)
                data = file.read()
        except OSError:
            return [], 0
        whole = data[: data.rfind(b"\n") + 1]
        return [record for line in whole.split(b"\n") if (record := parse_record(line))], offset + len(whole)

    # -- arrays

    def save_arrays(self, name: str, **arrays: np.ndarray) -> None:
        """Write arrays as `name` (a path inside the folder, ending in .npz), atomically."""
        self.write(self.path / name, lambda file: np.savez(file, **arrays))

    def load_arrays(self, name: str, *only: str) -> dict[str, np.ndarray] | None:
        """What `read_arrays` reads of this run; None if it was never written, or is damaged."""
        try:
            return read_arrays(self.path, name, *only)
        except ArraysError:
            return None

    def log_tail(self, n_lines: int = 12) -> str:
        """The last lines that the worker printed."""
        try:
            return "\n".join((self.path / "worker.log").read_text(errors="replace").splitlines()[-n_lines:])
        except OSError:
            return ""

    @staticmethod
    def write(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
        """Write a file as a whole or not at all, as `write_whole` does."""
        write_whole(path, fill)


def list_runs(root: Path) -> list[RunFolder]:
    """All runs below `root`, newest first, whether or not they can be read; none where there is no such folder.

    Recordings that come along (`dec_core.gallery`) are left out.
    """
    try:
        paths = sorted(Path(root).iterdir(), reverse=True)
        return [RunFolder(path) for path in paths if is_run(path) and not is_recording(path.name)]
    except OSError:
        return []


def is_run(path: Path) -> bool:
    """Whether a folder is that of a run, be its config readable or not."""
    try:
        os.lstat(path / "config.json")
    except (FileNotFoundError, NotADirectoryError, ValueError):  # or no name of a file at all
        return False
    except OSError:  # a folder that this process may not enter, a link to itself
        return not path.name.startswith(".")
    return True


def config_of(run: RunFolder) -> RunConfig | None:
    """The config of a run; None where it is missing, damaged or of another version."""
    try:
        return run.config
    except ConfigError:
        return None


def in_order(weights: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Weights so named that sorting the names gives the order of the layers."""
    return {f"weight_{number:02d}": weight for number, weight in enumerate(weights)}
