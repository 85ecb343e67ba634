"""To import this is to import TensorFlow, without what its C++ side prints to stderr before it can be silenced.

Who wants to read that sets TF_CPP_MIN_LOG_LEVEL, to 0 for all of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext


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
    """Import TensorFlow and let it look for devices: it prints at both."""
    is_quiet = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3"
    with quiet_stderr() if is_quiet else nullcontext():
        import tensorflow

        tensorflow.config.list_physical_devices()
        tensorflow.constant(0) + 1


start_tensorflow()
