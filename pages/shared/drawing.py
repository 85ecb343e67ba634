"""Draw a digit, and see where a run places it: z, q, neighbours, reconstruction, and its place on the map."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dec_core.config import BUNDLED
from dec_core.data import load
from dec_core.data.drawing import SIDE, as_in_mnist
from dec_core.even_part import even_part
from dec_core.figures.palette import colours
from dec_core.reading.placed import Placed, can_place, placed
from dec_core.reading.snapshot import Snapshot
from pages.shared.components import BY_SCRIPT, script_url
from pages.shared.matrix import base64_of
from pages.shared.text import sentence

HERE = Path(__file__).parent
SCRIPT = (HERE / "drawing.js").read_text(encoding="utf-8")
SENT = 140  # pixels: the side of a drawing, as the browser sends it
ON_MAP = 2000  # points
UNSURE = 0.5  # a largest q below is no answer
NOTHING = "Draw a digit with mouse or finger, or take one of the data set."
ABOUT = (
    "q says how near z is to each center, compared with the others. It cannot say that something is no digit at all: "
    "some center is the nearest then, too."
)
HTML = (
    '<div class="draw"><div class="pad"><canvas role="img" aria-label="Draw a digit here, with mouse or finger">'
    '</canvas><div class="tools"><button type="button" class="clear">Clear</button><span>or take</span>'
    '<span class="take"></span></div></div><div class="told"><div class="said" role="status"></div>'
    '<div class="result" hidden><div class="pictures"></div><table><thead><tr><th scope="col">cluster</th><td></td>'
    '<th scope="col">q</th><th scope="col">distance</th></tr></thead><tbody></tbody></table>'
    '<div class="place"><canvas class="map" role="img" aria-label="The map, with the place of the drawing"></canvas>'
    '<div>among its neighbors on the map</div></div><div class="neighbours"></div></div>'
    '<div class="about"></div></div></div>'
)
_drawing = st.components.v2.component(
    "drawing",
    html=HTML,
    css=(HERE / "drawing.css").read_text(encoding="utf-8"),
    js=BY_SCRIPT,
)


def can_draw(now: Snapshot) -> bool:
    """Whether one can draw for this run: it has the networks, and its images are digits of MNIST's size."""
    return now.run.image_shape == (SIDE, SIDE) and now.run.config.dataset in BUNDLED and can_place(now)


def draw_a_digit(now: Snapshot, key: str, picked: Callable[[int], None] | None = None) -> None:
    """Show the pad, and what the run makes of what was drawn on it last; see `can_draw`.

    With `picked` the neighbours are buttons: it is called with the index of the one that is clicked, and the whole
    screen is drawn anew.
    """
    st.fragment(_pad)(now, key, picked)


def _pad(now: Snapshot, key: str, picked: Callable[[int], None] | None) -> None:
    results = f"drawn-{key}"

    def drawn() -> None:
        sent, number = st.session_state[key].drawn, st.session_state.get(results, {}).get("number", 0) + 1
        if sent:
            st.session_state[results] = {"number": number, **answer(now, sent)}

    def opened() -> None:
        if picked is not None and st.session_state[key].picked is not None:
            picked(int(st.session_state[key].picked))

    images, names = _samples(now.run.config.dataset)
    data = {
        "script": script_url("drawing", SCRIPT),
        "samples": images,
        "names": names,
        "nothing": NOTHING,
        "map": map_of(now),
        "picks": picked is not None,
        "result": st.session_state.get(results),
    }
    if _drawing(data=data, key=key, on_drawn_change=drawn, on_picked_change=opened).picked is not None:
        st.rerun()  # all of the screen, not the pad alone


def answer(now: Snapshot, sent: str) -> dict[str, Any]:
    """What the run makes of a drawing as the browser sends it, or what is wrong with that, as the pad shows it."""
    try:
        image = as_in_mnist(_received(sent))
    except ValueError as error:
        return {"problem": sentence(str(error).removeprefix("drawing: "))}
    return _shown(now, placed(now, image))


def _received(sent: str) -> np.ndarray:
    try:
        pixels = np.frombuffer(b64decode(sent, validate=True), np.uint8)
    except (Error, TypeError, ValueError):
        raise ValueError("drawing: it cannot be read; draw it once more") from None
    if len(pixels) != SENT * SENT:
        raise ValueError(f"drawing: received {len(pixels)} pixels, expected {SENT * SENT}; draw it once more")
    return pixels.reshape(SENT, SENT)


def _shown(now: Snapshot, result: Placed) -> dict[str, Any]:
    run, order = now.run, np.argsort(-result.q)
    palette = colours(run.colour_by_place)
    bars = [
        {"name": now.name_of(int(cluster)), "colour": palette[run.cluster_order[cluster]],
         "q": float(result.q[cluster]), "distance": float(result.distances[cluster])}
        for cluster in order
    ]  # fmt: skip
    size = {"width": run.image_shape[1], "height": run.image_shape[0]}
    upright = ", made upright" if run.config.deskew else ""
    pictures = [
        {"name": f"what the network gets: 28 × 28{upright}", "image": base64_of(result.image), **size},
        {"name": "what the decoder makes of its z", "image": base64_of(result.reconstruction), **size},
    ]
    neighbours = [
        {
            "index": int(index),
            "image": base64_of(run.images[index]),
            "caption": "" if run.y is None else run.classes[run.y[index]],
            **size,
        }
        for index in result.neighbours
    ]
    return {
        "sentence": _in_words(now, result),
        "about": ABOUT,
        "pictures": pictures,
        "bars": bars,
        "neighbours": neighbours,
        "place": None if result.place is None else scaled(now, result.place[None])[0].tolist(),
    }


def _in_words(now: Snapshot, result: Placed) -> str:
    first, second = np.argsort(-result.q)[:2]
    name, other = now.name_of(int(first)), now.name_of(int(second))
    if result.q[first] < UNSURE:
        return f"No clear answer: {name} with q {result.q[first]:.2f}, {other} with {result.q[second]:.2f}."
    return f"Cluster {name}, with q {result.q[first]:.2f}; next is {other} with {result.q[second]:.2f}."


def map_of(now: Snapshot) -> dict[str, Any] | None:
    """The map of the run as the pad shows it: an even part of its points, with their clusters' colours."""
    return _map(now, now.run.version)


@lru_cache(maxsize=16)
def _map(now: Snapshot, _: str) -> dict[str, Any] | None:
    plane = now.plane(now.spaces()[0])
    part = even_part(len(plane), ON_MAP)
    part = part[np.isfinite(plane[part]).all(axis=1)]
    places = now.run.cluster_order[now.labels[part]]
    return {
        "plane": base64_of(scaled(now, plane[part]).astype("<i2")),
        "colours": base64_of(places.astype(np.uint8)),
        "palette": list(colours(now.run.colour_by_place)),
    }


def scaled(now: Snapshot, points: np.ndarray) -> np.ndarray:
    """Positions on the map as whole numbers, of which 32 767 is the edge."""
    plane = now.plane(now.spaces()[0])
    low, high = np.nanmin(plane, axis=0), np.nanmax(plane, axis=0)
    reach = float((high - low).max()) / 2 or 1.0
    return np.clip((points - (low + high) / 2) / reach * 32767, -32767, 32767).round().astype(int)


@lru_cache(maxsize=4)
def _samples(dataset: str) -> tuple[list[str], list[str]]:
    """An image of each class, as base64, and the names of the classes."""
    data = load(dataset, 1000)
    first = np.unique(data.y, return_index=True)[1]
    return [base64_of(data.images[i]) for i in first], [str(data.classes[data.y[i]]) for i in first]
