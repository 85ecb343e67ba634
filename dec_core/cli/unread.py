"""Output that nobody reads any more: of results that is the end, of news of progress it is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any, TextIO


def drop(stream: TextIO) -> None:
    """From now on, drop what is written to a stream, that which it still holds included."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def dropping_stderr() -> redirect_stderr:
    """Within it, what stderr cannot take is dropped: its reader may have gone, or it was closed from the start."""
    return redirect_stderr(_Dropping(sys.stderr or open(os.devnull, "w")))  # stays open, as stderr


class _Dropping:
    """A stream that goes on, as one that writes nowhere, where the one in it cannot."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments)
        except OSError:
            drop(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
