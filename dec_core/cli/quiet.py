"""Keep TensorFlow's greeting out of the progress bars: its C++ side prints it to stderr before it can be silenced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what this process writes to file descriptor 2. Exceptions pass."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for devices, in silence."""
    with quiet_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()
        tensorflow.constant(0) + 1
