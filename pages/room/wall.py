"""The wall: everybody's run of now as a small multiple, with what the instructor can do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.config import ConfigError
from dec_core.data import DataError
from dec_core.figures.palette import colours
from dec_core.figures.shown import SCORES
from dec_core.figures.thumbnail import line_thumbnail, map_thumbnail
from dec_core.reading.progress import progress
from dec_core.reading.run import Run
from dec_core.reading.wall import Tile, curve_of
from dec_core.runs.history import History
from dec_core.runs.index import Entry
from pages.shared import focus, picker
from pages.shared.text import count_of
from pages.shared.whose import called

HERE = Path(__file__).parent
MOST_TILES = 60
MOST_LETTERS = 120  # of a line
MOST_HEARD = 40  # buttons pressed that are remembered: more than the browser tells of

_wall = st.components.v2.component(
    "wall",
    html='<div class="wall" role="list"></div>',
    css=(HERE / "wall.css").read_text(encoding="utf-8"),
    js=(HERE / "wall.js").read_text(encoding="utf-8"),
)


def show_wall(shown: list[Tile], names: Mapping[str, str], projected: str, acted: Callable[[str, str], None]) -> None:
    """Draw the tiles; `acted` is called with "project", "open" or "end", and the run whose button was pressed."""

    heard = st.session_state.setdefault("heard_of_wall", [])

    def tell() -> None:
        for pressed in _pressed(st.session_state.wall.acted):
            if pressed["id"] not in heard:
                heard.append(pressed["id"])
                acted(pressed["act"], pressed["run"])
        del heard[:-MOST_HEARD]

    data = [_tile(tile, names, is_projected=tile.entry.id == projected) for tile in shown[:MOST_TILES]]
    _wall(data={"tiles": data, "heard": heard}, key="wall", on_acted_change=tell)
    if len(shown) > MOST_TILES:
        st.caption(f"{len(shown) - MOST_TILES:d} more are not shown; the order decides which.")


def _pressed(told: object) -> list[dict[str, str]]:
    """What the browser tells of buttons, the earliest first; among it what it has told before, as long as it may."""
    pressed = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return [{name: str(each.get(name, ""))[:MOST_LETTERS] for name in ("id", "act", "run")} for each in pressed]


def today() -> float:
    """When the day began, in seconds since the epoch."""
    now = time.localtime()
    return time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0, 0, 0, -1))


def _tile(tile: Tile, names: Mapping[str, str], *, is_projected: bool) -> dict[str, Any]:
    """What the browser draws of one tile; all texts are plain."""
    entry, history = tile.entry, focus.reader(tile.entry.id).refresh()
    curve, values = curve_of(history)
    highest = max(values, default=1.0) if curve == "loss" else 1.0
    return {
        "run": entry.id,
        "who": called(entry.owner, names),
        "what": picker.name(entry),
        "more": f"and {count_of(tile.n_others, 'other run')} today" if tile.n_others else "",
        "state": tile.state,
        "line": _line(entry, history)[:MOST_LETTERS],
        "score": _score(tile),
        "curve": line_thumbnail(values, 0.0, highest),
        "of": "reconstruction error" if curve == "loss" else SCORES[curve][0],
        "map": _newest_map(entry, history),
        "active": entry.active,
        "projected": is_projected,
    }


def _line(entry: Entry, history: History) -> str:
    """Where the run stands."""
    status = entry.status
    if status.state == "queued":
        n_ahead = focus.supervisor().ahead_of(entry.folder)
        return f"{count_of(n_ahead, 'run')} before it" if n_ahead else "about to begin"
    if status.state == "running" and entry.config is not None:
        return progress(status, history, entry.config).status_line
    return status.message


def _score(tile: Tile) -> str:
    if tile.score is None:
        return ""
    return f"{100 * tile.score:.1f} %" if "acc" in tile.entry.status.outcome else f"silhouette {tile.score:.2f}"


def _newest_map(entry: Entry, history: History) -> str:
    """The picture of the newest snapshot; "" before there is one, and where it cannot be read."""
    if not history.snapshots:
        return ""
    return _map(entry.id, history.snapshots[-1]["file"], history.umap, history)


@st.cache_resource(max_entries=4 * MOST_TILES, show_spinner=False)
def _map(run_id: str, file: str, umap: str | None, _history: History) -> str:
    """Made once for a snapshot; the run itself is not kept: thirty of them would fill the memory."""
    try:
        run = Run.open(focus.reader(run_id).folder, _history)
        arrays = run.folder.load_arrays(run.snapshots[-1]["file"], "plane", "labels") if run.snapshots else None
        if arrays is None:
            return ""
        plane = ((umap and run.folder.load_arrays(umap)) or arrays)["plane"]
        labels = arrays.get("labels")
        groups = None if labels is None else run.cluster_order[labels[run.view]]
        return map_thumbnail(plane, groups, colours(run.colour_by_place))
    except (ConfigError, DataError, ValueError):
        return ""
