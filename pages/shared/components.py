"""Our own Streamlit components: a figure that stays, points that move, rows of digits.

Each is a file of JavaScript beside this one. plotly.js and the sprites are served once as static
files, since whatever is passed inline is sent again with every update.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dec_core.runs.folder import RunFolder
from pages.shared.places import static_root

HERE = Path(__file__).parent
SPRITE_COLUMNS = 100
POINTS = (
    '<div class="points"><canvas tabindex="0" role="img"></canvas><div class="labels"></div>'
    '<svg aria-hidden="true"><polygon points=""></polygon></svg><div class="ring" hidden></div>'
    '<div class="note"></div><div class="said" role="status"></div>'
    '<div class="tools"><button type="button" class="whole" hidden>Show all</button>'
    '<button type="button" class="lasso" aria-pressed="false">Lasso</button></div>'
    '<div class="tip" hidden><canvas></canvas><span></span></div></div>'
)
PLOT = """.plot { width: 100%; }
.plot:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
"""

LINK = """.images { font: 0.85rem/1.7rem var(--st-font); color: var(--st-text-color); white-space: nowrap; }
.images { text-decoration: none; }
.images:hover { color: var(--st-primary-color); }
.images:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
BY_SCRIPT = """
export default (shown) => { // no memory here: components with the same text share one module
  import(new URL(shown.data.script, document.baseURI)).then(({ draw }) => draw(shown));
};
"""  # of a component whose script is at `data["script"]`, from `script_url`, and exports `draw`
POINTS_SCRIPTS = ("follow.js", "raster.js", "card.js", "points.js")
KEYS = ("keep_focus.js", "close_drawer.js", "server_away.js", "keys.js")  # of which the keyboard's component is made


@cache
def source(name: str) -> str:
    """The text of a file beside this one; read once, not at every redraw."""
    return (HERE / name).read_text(encoding="utf-8")


_plot = st.components.v2.component(
    "plot", html='<div class="plot" role="img" tabindex="0"></div>', css=PLOT,
    js=source("follow.js") + source("plot.js"), isolate_styles=False,
)  # fmt: skip
_points = st.components.v2.component(
    "points", html=POINTS, css=source("points.css"), js="".join(source(name) for name in POINTS_SCRIPTS)
)
_digits = st.components.v2.component(
    "digits",
    html='<div class="digits" role="img" tabindex="0"></div>',
    css=source("digits.css"),
    js=source("follow.js") + source("digits.js"),
)
_link_to_images = st.components.v2.component(
    "link_to_images",
    html='<a class="images" hidden></a>',
    css=LINK,
    js=source("follow.js") + source("link_to_images.js"),
)
_keys = st.components.v2.component(
    "keys",
    html="<span hidden></span>",
    js="".join(source(name) for name in KEYS),
)
_address = st.components.v2.component("address", html="<span hidden></span>", js=source("address.js"))


def one_step_an_act() -> None:
    """Let all that follows from one act of a person be one step of the browser's history: see address.js."""
    _address(key="address", height=1)


def keys() -> None:
    """Let keys of the keyboard press those buttons of Train, where it is shown, and focus the run picker."""
    pressed = {" ": ["pause", "resume"], "ArrowRight": ["step"]}  # the first enabled of these keys of buttons
    _keys(data={"keys": pressed, "focus": {"/": "shell"}}, key="keys", height=1)


def style(css: str, key: str) -> None:
    """Add a style sheet, in its `<style>` marks.

    Alone it would go where Streamlit puts messages, and the next message would take its place.
    """
    with st.container(key=f"unseen-{key}"):
        st.html(f"{css}<i></i>")


def plot(
    figure: str,
    name: str,
    alt: str,
    key: str,
    height: int,
    clicked: Callable[[dict[str, Any]], None] | None = None,
    followed: dict[str, Any] | None = None,
) -> None:
    """Draw a plotly figure, given as its JSON, on the node where it was before, keeping zoom and hover.

    `name` is the figure's accessible name, `alt` its finding in words. `clicked` is called with x, y, panel (the
    name of the x axis) and customdata of what was clicked. With `followed` the browser fetches later ones: follow.js.
    """

    def tell() -> None:
        if clicked and st.session_state[key].clicked:
            clicked(st.session_state[key].clicked)

    data = {**plot_data(figure, name, alt), "library": plotly_url(), "followed": followed}
    _plot(data=data, key=key, height=height, on_clicked_change=tell)


def plot_data(figure: str, name: str, alt: str) -> dict[str, str]:
    """What the browser needs to draw a figure, as `plot` takes it."""
    return {"figure": figure, "name": name, "alt": alt}


def load_plotly() -> None:
    """Let the browser load plotly.js while it has nothing else to do: some 5 MB, a second to read."""
    _plot(data={"library": plotly_url()}, key="library", height=1)


def points(frame: bytes, key: str, height: int, followed: dict[str, Any] | None = None) -> None:
    """Show one frame of `dec_core.figures.embedding.frame`; points glide from where they were. `followed` as in `plot`.

    Bytes are all that a component can be given beside nothing else, so that `followed` stands behind the frame.
    """
    _points(data=frame + (json.dumps(followed).encode() if followed else b""), key=key, height=height)


def scene(data: dict[str, Any], key: str, height: int, **callbacks: Any) -> None:
    """Show a scene: points whose positions the browser fetches, once for each moment. See points.js."""
    _points(data=data, key=key, height=height, **callbacks)


def digits(
    rows: list[dict[str, Any]], name: str, alt: str, key: str, height: int, followed: dict[str, Any] | None = None
) -> None:
    """Show rows made by `digit_row`; `name`, `alt` and `followed` as in `plot`."""
    _digits(data={**digits_data(rows, name, alt), "followed": followed}, key=key, height=height)


def digits_data(rows: list[dict[str, Any]], name: str, alt: str) -> dict[str, Any]:
    """What the browser needs to draw rows of images, as `digits` takes it."""
    return {"rows": rows, "name": name, "alt": alt}


def link_to_images(
    data: dict[str, Any], key: str, clicked: Callable[[list[str]], None], followed: dict[str, Any] | None = None
) -> None:
    """A link whose label and target move: see link_to_images.js. `followed` as in `plot`."""

    def tell() -> None:
        if st.session_state[key].clicked:
            clicked(st.session_state[key].clicked)

    _link_to_images(data={**data, "followed": followed}, key=key, width="content", on_clicked_change=tell)


def digit_row(title: str, images: np.ndarray, captions: list[str] = (), colours: list[str] = ()) -> dict[str, Any]:
    """One row for `digits`: images of uint8, shape (n, height, width[, 3]), with captions and their colours."""
    return {
        "title": title,
        "height": images.shape[1],
        "width": images.shape[2],
        "colour": images.ndim == 4,
        "images": [b64encode(image.tobytes()).decode() for image in images],
        "captions": list(captions),
        "colours": list(colours),
    }


@st.cache_resource
def plotly_url() -> str:
    """The address of plotly.js: the copy that plotly's own package brings, so that no download is needed."""
    name = f"plotly-{version('plotly')}.min.js"
    if not (static_root() / name).exists():
        script = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
        static_root().mkdir(exist_ok=True)
        RunFolder.write(static_root() / name, lambda file: file.write(script))
    return f"files/{name}"


@cache
def script_url(name: str, script: str) -> str:
    """The address of a script of ours, which the browser fetches once: where many components share it."""
    path = static_root() / f"{name}-{sha256(script.encode()).hexdigest()[:12]}.js"
    if not path.exists():
        static_root().mkdir(exist_ok=True)
        RunFolder.write(path, lambda file: file.write(script.encode()))
    return f"files/{path.name}"


def sprite(name: str, images: np.ndarray) -> dict[str, Any]:
    """One picture with all `images` of the view, for the browser to cut from; written once for a name."""
    path = static_root() / f"{name}.png"
    n, height, width = images.shape[:3]
    if not path.exists():
        n_rows = -(-n // SPRITE_COLUMNS)
        sheet = np.zeros((n_rows * SPRITE_COLUMNS, *images.shape[1:]), dtype=np.uint8)
        sheet[:n] = images
        sheet = sheet.reshape(n_rows, SPRITE_COLUMNS, *images.shape[1:]).swapaxes(1, 2)
        static_root().mkdir(exist_ok=True)
        picture = Image.fromarray(sheet.reshape(n_rows * height, SPRITE_COLUMNS * width, *images.shape[3:]))
        RunFolder.write(path, lambda file: picture.save(file, format="PNG"))
    return {"url": f"files/{path.name}", "columns": SPRITE_COLUMNS, "width": width, "height": height}
