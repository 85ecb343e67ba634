"""A person's own data: upload, see what was understood, then use it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dec_core.data import DataError, own
from dec_core.data.readers import Reading
from dec_core.data.uploads import read_files
from dec_core.runs.view import example_index
from pages.shared import components
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence

TYPES = ["npz", "npy", "csv", "gz", "zip", "png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp"]
ABOUT = (
    "NumPy (.npz with x and, for scoring, y; .npy), CSV (a row an image), IDX (.gz, images and labels together), "
    "or pictures, a zip of them with folders as labels. Labels are optional. It stays on this server."
)


def own_data() -> str | None:
    """The name of the data set that the visitor has just decided to use, or None."""
    with st.expander("Your own images", icon=":material/upload:"):
        files = st.file_uploader("Files", type=TYPES, accept_multiple_files=True, key="files", help=ABOUT)
        skip = st.checkbox(
            "Leave out pictures that cannot be read", key="skip", help="Otherwise one such picture stops the reading."
        )
        chosen = _read_and_preview(files, skip) if files else None
        kept = own.names(runs_root())
        if kept and not files:
            earlier = st.selectbox("Kept on this server", kept, index=None, placeholder="earlier uploads", key="kept")
            if earlier and st.button("Use it", key="use_kept"):
                return earlier
        return chosen


def _read_and_preview(files: list, skip: bool) -> str | None:
    try:
        notes, images, captions = _preview(files, skip)
    except DataError as error:
        st.error(sentence(error), icon=":material/error:")
        return None
    for note in notes:
        st.caption(escape(note))
    row = components.digit_row("", images, captions)
    components.digits([row], "Preview", "The first images, as they were understood", "preview", 40)
    if st.button("Use these images", type="primary", key="use"):
        return own.keep(_read(files, skip).dataset, runs_root())
    return None


def _preview(files: list, skip: bool) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Notes, images and their captions, read once an upload, not once a click; the whole is not kept in memory."""
    of = tuple(file.file_id for file in files), skip
    if st.session_state.get("preview_of") != of:
        reading = _read(files, skip)
        data = reading.dataset
        index = example_index(len(data.images), data.y)
        captions = [] if data.y is None else [data.classes[value] for value in data.y[index]]
        st.session_state.previewed, st.session_state.preview_of = (reading.notes, data.images[index], captions), of
    return st.session_state.previewed


def _read(files: list, skip: bool) -> Reading:
    return read_files([(file.name, file.getvalue()) for file in files], skip_unreadable=skip)
