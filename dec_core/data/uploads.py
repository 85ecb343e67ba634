"""Files that were dropped together: one of any format; images with their labels; or pictures."""

from __future__ import annotations

from dec_core.data.formats import format_of
from dec_core.data.limits import LIMITS, Limits
from dec_core.data.readers import MIN_IMAGES, Reading, read_bytes, read_together


def read_files(
    files: list[tuple[str, bytes]],
    *,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
) -> Reading:
    """Read (name, bytes) of one or more files as `readers.read_bytes` does. Raises DataError."""
    how = {"skip_unreadable": skip_unreadable, "at_least": at_least, "limits": limits}
    if len(files) == 1:
        return read_bytes(*files[0], **how)
    labels = [item for item in files if "label" in item[0].lower()]
    images = [item for item in files if item not in labels]
    if len(labels) == len(images) == 1 and format_of(*images[0]).has_label_files:
        return read_bytes(*images[0], labels=labels[0][1], **how)
    return read_together(files, **how)
