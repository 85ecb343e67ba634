"""A person's own data: upload, see what was understood, then use it."""

from __future__ import annotations

import hashlib

import streamlit as st

from dec_core.data import DataError, own
from dec_core.data.readers import Reading
from dec_core.data.uploads import read_files
from dec_core.runs.view import example_index
from pages.parts import components
from pages.parts.focus import RUNS

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
        kept = own.names(RUNS)
        if kept and not files:
            earlier = st.selectbox("Kept on this server", kept, index=None, placeholder="earlier uploads", key="kept")
            if earlier and st.button("Use it", key="use_kept"):
                return earlier
        return chosen


def _read_and_preview(files: list, skip: bool) -> str | None:
    try:
        reading = _reading([(file.name, file.getvalue()) for file in files], skip)
    except DataError as error:
        text = str(error)
        st.error(text[0].upper() + text[1:] + ".", icon=":material/error:")
        return None
    for note in reading.notes:
        st.caption(note)
    data = reading.dataset
    index = example_index(data.y)[: len(data.images)]
    captions = [] if data.y is None else [data.classes[value] for value in data.y[index]]
    row = components.digit_row("", data.images[index], captions)
    components.digits([row], "Preview", f"The first images of {data.name}", "preview", 40)
    return own.keep(data, RUNS) if st.button("Use these images", type="primary", key="use") else None


def _reading(files: list[tuple[str, bytes]], skip: bool) -> Reading:
    """Read once an upload, not once a click."""
    digest = hashlib.sha256(b"".join(name.encode() + data for name, data in files)).hexdigest()
    if st.session_state.get("reading", (None,))[0] != (digest, skip):
        st.session_state.reading = (digest, skip), read_files(files, skip_unreadable=skip)
    return st.session_state.reading[1]
