"""How many groups there are among the images that are chosen, asked before training, without labels."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from dec_core.config import RunConfig
from dec_core.data import DataError
from pages.shared import components
from pages.shared.permission import may_train_on
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.train import state
from pages.train.commands import answered, clock

MOST_KNOWN = 50
ABOUT = (
    "Groups are what a map of the images (UMAP) has apart at many levels of detail, if the images' nearest neighbors "
    "agree. No labels are looked at. It counts islands, not meanings: two ways to write a digit may be two groups, "
    "shirts and coats may be one."
)


class Counted(NamedTuple):
    """The figure as plotly's JSON, the best number of groups and that in words; of strange groups, that and images."""

    figure: str
    n_clusters: int
    finding: str
    strange: tuple[tuple[str, np.ndarray], ...]


def how_many_button(config: RunConfig | None) -> None:
    """The way to the question, of the images in the form."""
    if st.button("How many groups?", icon=":material/workspaces:", key="how_many", type="tertiary",
                 disabled=config is None or not may_train_on(config.dataset)):  # fmt: skip
        _how_many(config)


@st.dialog("How many groups are there?", width="large")
def _how_many(config: RunConfig) -> None:
    st.markdown(ABOUT)
    waiting = st.empty()
    try:
        figure, n_clusters, finding, strange = _known_or_counted(config, clock(waiting, "Counting groups"))
    except DataError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    finally:
        waiting.empty()
    st.markdown(f"**{escape(finding)}**")
    components.plot(figure, "Score and groups of each number", finding, "how_many_figure", _height(figure))
    for place, (what, images) in enumerate(strange):
        st.markdown(escape(what))
        row = components.digit_row("", images)
        components.digits([row], "Images of this group", what, f"strange_{place}", 56)
    if n_clusters == config.n_clusters:
        st.caption(f"The form looks for {n_clusters:d} clusters already.")
    elif n_clusters >= 2 and st.button(
        f"Look for {n_clusters:d} clusters", key="take_count", icon=":material/tune:", on_click=state.choose_value,
        args=("n_clusters", n_clusters),
    ):  # fmt: skip
        st.rerun()


def _height(figure: str) -> int:
    return json.loads(figure)["layout"]["height"]


@st.cache_resource
def _known() -> dict[tuple[Any, ...], Counted]:
    """What was counted since the server was started, by what it depends on."""
    return {}


def _known_or_counted(config: RunConfig, while_waiting: Callable[[], None]) -> Counted:
    """For all visitors it is counted once. Raises DataError."""
    known, root = _known(), str(runs_root())
    subject = config.dataset, config.n_samples, config.deskew, config.random_state, root
    if subject not in known:
        known[subject] = _counted(config, root, while_waiting)
        for oldest in list(known)[:-MOST_KNOWN]:
            known.pop(oldest, None)
    return known[subject]


def _counted(config: RunConfig, root: str, while_waiting: Callable[[], None]) -> Counted:
    with tempfile.TemporaryDirectory(prefix="dec-how-many-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        asked, figure = folder / "config.json", folder / "figure.json"
        asked.write_text(config.to_json(), encoding="utf-8")
        arguments = ["how-many", "--config", str(asked), "--out", root, "--figure", str(figure)]
        answered(arguments, folder / "errors.txt", while_waiting)
        text = figure.read_text(encoding="utf-8")
    meta = json.loads(text)["layout"]["meta"]
    strange = tuple((each["finding"], np.array(each["images"], np.uint8)) for each in meta["strange"])
    return Counted(text, meta["n_clusters"], meta["finding"], strange)
