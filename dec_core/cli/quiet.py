"""TensorFlow greets on stderr, from C++, before it can be asked not to: keep that out of the progress bars."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """While it lasts, what this process writes to file descriptor 2 is dropped. Exceptions are not touched."""
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
