"""A person's own data: upload, see what was understood, then use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from dec_core.data import DataError, own
from dec_core.data.formats import SUFFIXES_READ, about_formats
from dec_core.data.isolated import Files, keep_isolated, read_isolated
from dec_core.data.limits import LIMITS
from dec_core.runs.subset import example_index
from pages.shared import components
from pages.shared.background import Task, forget, show_progress, task
from pages.shared.permission import keeps_for
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence

TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES_READ]
ABOUT = f"{about_formats()}\n\nLabels are optional. Files stay on this server."
READING, KEEPING = "task_reading", "task_keeping"  # keys of tasks


class Preview(NamedTuple):
    """What is shown of data that was read: what was understood, and some images with their classes."""

    notes: tuple[str, ...]
    images: np.ndarray
    captions: list[str]


def own_data() -> str | None:
    """The name of the dataset that the visitor has just decided to use, or None."""
    with st.expander("Your own images", icon=":material/upload:"):
        files = st.file_uploader("Files", type=TYPES, accept_multiple_files=True, key="files", help=ABOUT)
        skip = st.checkbox(
            "Skip pictures that cannot be read", key="skip", help="Otherwise one unreadable picture stops the upload."
        )
        if files:
            return _read_and_use(files, skip)
        forget(READING)
        forget(KEEPING)
        kept = own.names(runs_root(), keeps_for() or None)
        if kept:
            earlier = st.selectbox("Stored on this server", kept, index=None, placeholder="earlier uploads", key="kept")
            if earlier and st.button("Use this dataset", key="use_kept"):
                return earlier
        return None


def uploaded(files: list) -> Files:
    """Name and bytes of each uploaded file, as Streamlit holds them."""
    return [(file.name, file.getvalue()) for file in files]


def _read_and_use(files: list, skip: bool) -> str | None:
    """Show what was understood of the files; the name under which they are kept, once, when that has been asked for."""
    source = tuple(file.file_id for file in files), skip
    given = uploaded(files)
    preview = _finished(task(READING, source, lambda still_wanted: _preview(given, skip, still_wanted)), "Reading")
    if preview is None:
        return None
    for note in preview.notes:
        st.caption(escape(note))
    row = components.digit_row("", preview.images, preview.captions)
    components.digits([row], "Preview", "The first images, as read", "preview", 40)
    if st.button("Use these images", type="primary", key="use"):
        forget(KEEPING)  # what did not work before is tried again
    elif KEEPING not in st.session_state or st.session_state[KEEPING].of != source:
        return None  # nobody has asked for these
    root, owner = runs_root(), keeps_for()
    name = _finished(
        task(KEEPING, source, lambda still_wanted: _keep(given, skip, root, owner, still_wanted)), "Storing"
    )
    if name is not None:
        forget(KEEPING)
    return name


def _finished(waiting: Task, text: str) -> Any | None:
    """Its result; None, and on the screen why, while it is at work or where the data was refused."""
    if not waiting.done:
        show_progress(waiting, text)
        return None
    try:
        return waiting.result()
    except DataError as error:
        st.error(sentence(error), icon=":material/error:")
        return None


def _preview(files: Files, skip: bool, still_wanted: Callable[[], None]) -> Preview:
    """A few of the images; the whole stays with the process that read it, and goes with it."""
    with read_isolated(files, skip_unreadable=skip, limits=LIMITS, while_waiting=still_wanted) as reading:
        data = reading.dataset
        index = example_index(len(data.images), data.y)
        captions = [] if data.y is None else [data.classes[value] for value in data.y[index]]
        return Preview(reading.notes, np.array(data.images[index]), captions)


def _keep(files: Files, skip: bool, root: Path, owner: str, still_wanted: Callable[[], None]) -> str:
    return keep_isolated(files, root, skip_unreadable=skip, limits=LIMITS, while_waiting=still_wanted, owner=owner)
