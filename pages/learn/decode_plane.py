"""The plane of a z of two numbers: a point in it is moved, and what the decoder makes of it stands beside it.

The browser is given what the decoder makes of the points of a grid, and mixes the four nearest: so nothing is asked of
the server while a finger moves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from dec_core.even_part import even_part
from dec_core.figures.palette import colours
from dec_core.lessons.pieces import DecodePlane
from dec_core.reading.snapshot import Snapshot
from pages.learn.component import component
from pages.learn.recordings import last_of
from pages.shared.components import sprite
from pages.shared.matrix import base64_of

GRID = 32  # points of the grid on each side
ON_PLANE = 1500  # images
HTML = (
    '<div class="piece decode"><div class="plane"><canvas role="img"></canvas><div class="handles"></div></div>'
    '<figure><canvas class="picture" width="28" height="28" role="img"></canvas><figcaption></figcaption></figure>'
    '<div class="legend"></div><div class="said" role="status"></div></div>'
)
_piece = component("decode_plane", HTML, "words.js", "plane.js", "decode_plane.js")


def show(options: DecodePlane, place: Any) -> None:
    """Draw the plane and the picture."""
    _piece(_data(options.run), f"decode-plane-{place.key}")


@lru_cache(maxsize=4)
def _data(run_id: str) -> dict[str, Any]:
    now = last_of(run_id)
    run = now.run
    z = now.z(np.arange(run.n))
    low, high = np.percentile(z, 0.5, axis=0), np.percentile(z, 99.5, axis=0)
    part = even_part(run.n, ON_PLANE)
    part = part[((z[part] >= low) & (z[part] <= high)).all(axis=1)]
    return {
        "low": low.tolist(),
        "high": high.tolist(),
        "grid": GRID,
        "sprite": sprite(f"{run_id}.decoded", grid_of(now, low, high)),
        "points": base64_of(((z[part] - low) / (high - low) * 65535).astype("<u2")),
        "classes": base64_of(run.y[part].astype(np.uint8)),
        "names": list(run.classes),
        "colours": list(colours(range(len(run.classes)))),
    }


def grid_of(now: Snapshot, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """What the decoder makes of the points of the grid, row by row from the lowest z of the second number: uint8."""
    first, second = (np.linspace(low[i], high[i], GRID) for i in (0, 1))
    return now.run.decode(np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2))
