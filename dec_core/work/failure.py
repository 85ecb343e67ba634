"""Why a run has failed, in a sentence for the person who started it."""

from __future__ import annotations

from dec_core.whole_files import FULL
from dec_core.work.room import RoomSettings

DISK_FULL = "The disk is full, so the training could not be saved any further. Free some space first."
NO_MEMORY = "There is not enough memory for this run. End other programs, or use fewer images or smaller batches."
TOO_MUCH_MEMORY = (
    "This run needs more than the {:,.0f} MB of memory that one may use here. Use fewer images, or smaller batches."
)
ONEDNN_MEMORY = "Operation received an exception:Status: 1,"  # by TensorFlow of oneDNN, whose status 1 is for that


def no_memory() -> str:
    """What to say of a run for which memory did not suffice: the machine's, or what this server allows each run."""
    most = RoomSettings.from_environment().max_memory
    return TOO_MUCH_MEMORY.format(most) if most else NO_MEMORY


def cause(error: BaseException) -> str:
    """What went wrong; errors that are sentences already stay as they are."""
    if isinstance(error, OSError) and (error.errno in FULL or "No space left" in str(error)):
        return DISK_FULL
    text = str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError" or ONEDNN_MEMORY in text:
        return no_memory()  # the second is TensorFlow's
    if isinstance(error, ValueError) and text:
        return f"{text[0].upper()}{text[1:].rstrip('.')}."
    return f"{type(error).__name__}: {text}".rstrip(": ") + ("" if text.endswith(".") else ".")
