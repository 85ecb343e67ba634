"""What the browser fetches of a run, written once for all who look at it: points, images, centers."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dec_core.figures.embedding import clusters_and_confidence, positions
from dec_core.reading.planes import common_extent
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.images import name_of_images
from pages.shared.opened import snapshot
from pages.shared.places import static_root

EACH, COLUMNS = 1000, 40  # images on a sheet, and in a row of it
MAX_KEPT = 100  # runs whose frames are kept for browsers
_drawing = threading.Lock()


def decoded_centers(run: Run, number: int) -> np.ndarray | None:
    """The centers at a moment, decoded: uint8, shape (n_clusters, height, width[, 3])."""
    return _decoded_centers(run.folder.id, run.snapshots[number]["file"], run.folder)


@st.cache_resource(max_entries=500, show_spinner=False)
def _decoded_centers(run_id: str, file: str, _folder: RunFolder) -> np.ndarray | None:
    return (_folder.load_arrays(file, "decoded_centers") or {}).get("decoded_centers")


def point_files(run: Run, number: int, space: str) -> list[dict[str, str]]:
    """For every moment, where the browser finds the positions and the clusters of all samples.

    Where there is UMAP of the newest moment alone, its positions are shown with the others' clusters. The files of the
    moment `number` are there when this returns; the others follow, the newest first.
    """
    newest = len(run.snapshots) - 1
    place = [newest if space == "umap" and not run.umaps else at for at in range(newest + 1)]
    names = [{"at": _name(run, place[at], space), "state": _name(run, at, "state")} for at in range(newest + 1)]
    _write(run, number, place[number], space, names[number])
    missing = [at for at in range(newest, -1, -1) if not _all_there(names[at])]
    if missing:
        work = threading.Thread(target=_write_all, args=[run, missing, place, space, names], daemon=True)
        work.start()
    return [{part: f"files/{name}" for part, name in pair.items()} for pair in names]


def _name(run: Run, number: int, what: str) -> str:
    """A file's name says of what it is made, so that one that is there is right."""
    newest = number == len(run.snapshots) - 1
    made_of = f"{run.snapshots[number]['file']} {what} {sorted(run.added) if newest else ''} {run.umap_file and newest}"
    if common_extent(run.at(number), what):  # a worker has laid all moments out together
        made_of += run.version
    return f"frames/{run.folder.id}/{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.bin"


def _all_there(pair: dict[str, str]) -> bool:
    return all((static_root() / name).exists() for name in pair.values())


def _write_all(run: Run, missing: list[int], place: list[int], space: str, names: list[dict[str, str]]) -> None:
    with _drawing:
        for number in missing:
            with contextlib.suppress(ValueError, FileNotFoundError):  # a damaged snapshot, a folder just tidied away
                _write(run, number, place[number], space, names[number])


def _write(run: Run, number: int, place: int, space: str, pair: dict[str, str]) -> None:
    make_room(static_root() / "frames" / run.folder.id)
    if not (static_root() / pair["state"]).exists():
        now = snapshot(run, number) if number == len(run.snapshots) - 1 else run.at(number)
        known = (now.labels, now.confidence) if now.clustered else (None, None)
        packed = clusters_and_confidence(known[0], run.cluster_order, known[1], run.n)
        RunFolder.write(static_root() / pair["state"], lambda file: file.write(packed))
    if not (static_root() / pair["at"]).exists():
        then = run.at(place)
        laid = positions(then.plane(space), common_extent(then, space))
        RunFolder.write(static_root() / pair["at"], lambda file: file.write(laid))


def centers_file(run: Run) -> tuple[str, list[int]]:
    """Address of the decoded centers of all moments, and which of them are each moment's; -1 for none.

    They lie one after the other, uint8, those of a moment in the order of their letters.
    """
    order, images, places = np.argsort(run.cluster_order), [], []
    for number in range(len(run.snapshots)):
        decoded = decoded_centers(run, number) if run.snapshots[number]["clustered"] else None
        places.append(len(images) if decoded is not None else -1)
        images += [decoded[order]] if decoded is not None else []
    made_of = "".join(record["file"] for record in run.snapshots)
    name = f"frames/{run.folder.id}/{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.centers"
    if not (static_root() / name).exists():
        make_room((static_root() / name).parent)
        RunFolder.write(static_root() / name, lambda file: file.write(np.array(images, dtype=np.uint8).tobytes()))
    return f"files/{name}", places


def make_room(folder: Path) -> None:
    """Make a run's folder of frames, and delete those of runs that nobody has looked at for longest."""
    if folder.is_dir():
        with contextlib.suppress(OSError):
            os.utime(folder)  # it is looked at now
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.parent.iterdir(), key=_last_look, reverse=True)[MAX_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _last_look(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # someone else has just deleted it
        return 0.0


def digits_file(run: Run) -> str | None:
    """Address of the true classes, a byte a sample; None without labels."""
    if run.y is None:
        return None
    name = f"{name_of_images(run.config)}.classes"
    if not (static_root() / name).exists():
        static_root().mkdir(exist_ok=True)
        RunFolder.write(static_root() / name, lambda file: file.write(run.y.astype(np.uint8).tobytes()))
    return f"files/{name}"


def sheets(run: Run) -> dict[str, Any]:
    """Where the browser finds the image of any sample: on sheets of a thousand, drawn in the background once."""
    name = name_of_images(run.config)
    height, width = run.image_shape[:2]
    if not _has_sheets(name, run.n):
        threading.Thread(target=_draw_sheets, args=[name, run], daemon=True).start()
    return {
        "url": f"files/sheets/{name}/{{}}.png",
        "each": EACH,
        "columns": COLUMNS,
        "width": width,
        "height": height,
    }


def _has_sheets(name: str, n: int) -> bool:
    return (static_root() / "sheets" / name / f"{(n - 1) // EACH}.png").exists()


def _draw_sheets(name: str, run: Run) -> None:
    with _drawing:
        if _has_sheets(name, run.n):
            return
        folder = static_root() / "sheets" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(-(-run.n // EACH)):
            images = np.zeros((-(-EACH // COLUMNS) * COLUMNS, *run.image_shape), dtype=np.uint8)
            part = run.images[number * EACH : (number + 1) * EACH]
            images[: len(part)] = part
            width = run.image_shape[1]
            rows = images.reshape(-1, COLUMNS, *run.image_shape).swapaxes(1, 2)
            picture = Image.fromarray(rows.reshape(-1, COLUMNS * width, *run.image_shape[2:]))
            RunFolder.write(
                folder / f"{number}.png", lambda file, picture=picture: picture.save(file, "PNG", compress_level=1)
            )
