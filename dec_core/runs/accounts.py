"""Which account each browser of a room has signed in with: a file for each, in `.room/accounts`.

A cookie says which browser it is. Where people sign in, their runs belong to the account, so that they are theirs in
another browser, too, and when the cookie has ended.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dec_core.runs.room_files import private_folder
from dec_core.whole_files import write_whole

LONGEST_NAME = 80


class Account(BaseModel):
    """Somebody whom a provider knows.

    Attributes
    ----------
    id : str
        Owns runs; 32 hexadecimal digits.
    name : str
        What the provider calls this person, to be shown; never who they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(pattern="^[0-9a-f]{32}$")
    name: str = Field(max_length=LONGEST_NAME)

    @classmethod
    def of(cls, issuer: str, subject: str, name: str) -> Account:
        """The account of `subject`, which `issuer` gives to nobody else (OpenID Connect Core 1.0, section 2)."""
        digest = hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()
        printable = "".join(character for character in name if character.isprintable())
        return cls(id=digest[:32], name=printable.strip()[:LONGEST_NAME])


def sign_in(root: Path, browser_id: str, account: Account) -> None:
    """From now on this browser is this account's. Raises OSError."""
    if account_of(root, browser_id) != account:
        write_whole(_path(root, browser_id), lambda file: file.write(account.model_dump_json().encode()))


def sign_out(root: Path, browser_id: str) -> None:
    """This browser is nobody's until somebody signs in. Raises OSError."""
    _path(root, browser_id).unlink(missing_ok=True)


def account_of(root: Path, browser_id: str) -> Account | None:
    """Who has signed in with this browser; None for nobody, or where the file is damaged."""
    try:
        return Account.model_validate_json(_path(root, browser_id).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(root: Path, browser_id: str) -> Path:
    return private_folder(root, "accounts") / browser_id
