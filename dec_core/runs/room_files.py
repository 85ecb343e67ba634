"""What a room keeps beside its runs: the key that signs visitors' cookies, and the hash of the instructor's link.

Both lie in `.room`, below the folder of runs, and only the server's own user can read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

FOLDER = ".room"  # below the folder of runs
KEY_BYTES = 32


def signing_key(root: Path) -> bytes:
    """The key of this folder of runs; made when it is first asked for, and the same for all servers on it.

    Raises
    ------
    ValueError
        If the file is damaged.
    OSError
        If the folder cannot be written to.
    """
    path = private_folder(root) / "key"
    if not path.exists():
        made = _private(path, secrets.token_bytes(KEY_BYTES))
        with contextlib.suppress(FileExistsError):  # another server was first: its key counts
            os.link(made, path)
        made.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"key: {path} holds {len(key)} bytes, expected {KEY_BYTES}; remove it and start again")
    return key


def new_instructor_token(root: Path) -> str:
    """A token that `spend_instructor_token` accepts once; those of before are no longer accepted. Raises OSError."""
    token = secrets.token_urlsafe(32)
    path = private_folder(root) / "instructor"
    os.replace(_private(path, _hash(token)), path)
    return token


def spend_instructor_token(root: Path, token: str) -> bool:
    """Whether this is the instructor's token; from now on it is none."""
    path = Path(root) / FOLDER / "instructor"
    try:
        if not hmac.compare_digest(path.read_bytes(), _hash(token)):
            return False
        path.unlink()  # of two at once, one finds it gone
    except OSError:
        return False
    return True


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest().encode()


def private_folder(root: Path, *parts: str) -> Path:
    """`.room` below the folder of runs, or a folder in it; only the server's own user can read them. Raises OSError."""
    folder = Path(root) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    folder = folder.joinpath(*parts)
    folder.mkdir(exist_ok=True)
    return folder


def _private(path: Path, content: bytes) -> Path:
    """A new file beside `path` that nobody else can read."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return temporary
