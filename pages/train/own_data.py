"""A person's own data: upload, see what was understood, then use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from dec_core.data import DataError, own
from dec_core.data.formats import SUFFIXES_READ, about_formats
from dec_core.data.isolated import Files, keep_isolated, read_isolated
from dec_core.data.limits import LIMITS
from dec_core.runs.subset import example_index
from dec_core.work.room import MB
from pages.shared import components, focus
from pages.shared.background import Task, forget, show_progress, task
from pages.shared.permission import keeps_for, may_train_on
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import visitor

TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES_READ]
ABOUT = f"{about_formats()}\n\nLabels are optional. Files stay on this server."
TO_DELETE = "Runs that were trained on these images stay, but cannot show them any more."
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
            return _stored(kept)
        return None


def _stored(kept: list[str]) -> str | None:
    """What was uploaded before: the one that is to be used, or None; one can be deleted."""
    earlier = st.selectbox("Stored on this server", kept, index=None, placeholder="earlier uploads", key="kept")
    if not earlier:
        return None
    with st.container(horizontal=True):
        use = st.button("Use this dataset", key="use_kept")
        st.button("Delete", key="delete_kept", icon=":material/delete:", help=TO_DELETE, on_click=_delete,
                  args=(earlier,))  # fmt: skip
    return earlier if use else None


def _delete(name: str) -> None:
    """Delete the visitor's images, unless a run is training on them or about to."""
    if not may_train_on(name):
        tell_problem(ValueError(focus.no_such_data(name)))
    elif any(entry.active and entry.config and entry.config.dataset == name for entry in focus.index().entries()):
        tell_problem(ValueError("a run that is under way uses these images; stop it before they are deleted"))
    else:
        try:
            with writing("The change"):
                own.forget(name, runs_root(), keeps_for())
        except ValueError as error:
            tell_problem(error)


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
        try:
            focus.supervisor().housekeeping.refuse_if_full(visitor().id)
        except ValueError as error:
            st.error(sentence(error), icon=":material/error:")
            return None
    elif KEEPING not in st.session_state or st.session_state[KEEPING].of != source:
        return None  # nobody has asked for these
    name = _finished(task(KEEPING, source, _keeping(given, skip)), "Storing")
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


def _keeping(files: Files, skip: bool) -> Callable[[Callable[[], None]], str]:
    """What keeps them as the visitor's, as far as the room allows, for a thread of its own."""
    root, owner, room = runs_root(), keeps_for(), focus.supervisor().room
    most = own.Allowance(room.max_datasets, int(room.max_datasets_mb * MB)) if room.limits(owner) else None
    return lambda still_wanted: keep_isolated(
        files, root, skip_unreadable=skip, limits=LIMITS, while_waiting=still_wanted, owner=owner, most=most
    )
