"""The database of the sweeps: its failures in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pages.shared.trouble import DISK_FULL


@contextmanager
def answering() -> Iterator[None]:
    """Make a ValueError of a database that does not answer."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OptunaError, SQLAlchemyError) as error:
        if "disk is full" in f"{error} {error.__cause__}":  # SQLite's words
            raise ValueError(f"the sweep could not be stored: {DISK_FULL}") from None
        raise ValueError("the sweep database does not respond; nothing is lost, try again later") from None
