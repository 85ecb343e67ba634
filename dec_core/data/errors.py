"""What is said of data that cannot be used, in text that can be shown and stored."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from dec_core.whole_files import FULL

NO_MEMORY = "received what needs more memory to read than there is; use fewer or smaller images"


class DataError(ValueError):
    """Data that cannot be used: the message says what was received, what was expected and what to do."""


@contextmanager
def understood(name: str, remedy: str) -> Iterator[None]:
    """Whatever a foreign parser raises on bytes it does not understand becomes a DataError with a remedy.

    What they raise is in no documentation: struct.error, zlib.error, OverflowError, ...
    Their warnings are not for the person who gave the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{name[:200]}: {NO_MEMORY}") from None
    except Exception as error:
        raise DataError(f"{name[:200]}: received what cannot be read ({reason(error)}); {remedy}") from None


def reason(error: Exception) -> str:
    """The first line of what an error says, without addresses in memory."""
    line = (str(error).splitlines() or [""])[0][:160]
    return printable(re.sub(r":? ?<[^<>]* at 0x[^>]*>?", "", line)) or type(error).__name__


def printable(text: str) -> str:
    """Text that can be shown and stored: what is no character, or cannot be seen, as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def no_room(error: OSError) -> str:
    """Why a file cannot be written, with the remedy where the disk is full."""
    remedy = "; make room on the disk" if error.errno in FULL else ""
    return f"{error.strerror or error}{remedy}"


def few(names: list[str], n: int = 5) -> str:
    """The first few of many, for a message."""
    return "; ".join(name[:200] for name in names[:n]) + (f" and {len(names) - n} more" if len(names) > n else "")
