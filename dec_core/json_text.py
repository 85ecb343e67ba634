"""JSON from files that anybody may have written or damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json


def parse_json(text: str | bytes) -> Any:
    """What JSON says. Nothing in it can do worse than raise ValueError, with the place: no depth, no size of a number.

    Python's own parser raises RecursionError for what is nested deeply, and lets texts pass that are no Unicode.
    """
    try:
        return from_json(text)
    except ValueError as error:
        raise ValueError(str(error).replace("recursion limit exceeded", "it is nested too deeply")) from None


def read_json(path: Path) -> Any:
    """What a file of JSON says.

    Raises
    ------
    ValueError
        If it is missing, cannot be read or is not JSON in UTF-8: in a word or two, to follow the file's name.
    """
    try:
        return parse_json(path.read_bytes())
    except FileNotFoundError:
        raise ValueError("is missing") from None
    except OSError as error:  # a folder of that name, no permission, links in a circle, a disk that fails
        raise ValueError(f"cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError as error:
        raise ValueError(f"is damaged; expected JSON, but {error}") from None
