"""Files that were dropped together: one of any format; IDX images with their labels; or pictures."""

from __future__ import annotations

import io
import zipfile

from dec_core.data.readers import Reading, read_bytes


def read_files(files: list[tuple[str, bytes]], *, skip_unreadable: bool = False) -> Reading:
    """Read (name, bytes) of one or more files as `readers.read_bytes` does. Raises DataError."""
    if len(files) == 1:
        return read_bytes(*files[0], skip_unreadable=skip_unreadable)
    labels = [item for item in files if "label" in item[0].lower()]
    images = [item for item in files if item not in labels]
    if len(labels) == len(images) == 1:
        return read_bytes(*images[0], labels=labels[0][1], skip_unreadable=skip_unreadable)
    packed = io.BytesIO()  # a folder in all but name
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return read_bytes(f"{len(files)} files.zip", packed.getvalue(), skip_unreadable=skip_unreadable)
