"""Many files as one: a folder, or a .zip. No paths that leave it, no links, no bombs, nothing unpacked to disk."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from pathlib import Path, PurePosixPath

from dec_core.data.errors import DataError, printable, understood
from dec_core.data.limits import Limits
from dec_core.data.pictures import Files, is_picture


def content(path: Path, limits: Limits) -> bytes:
    """The bytes of a file. Raises DataError if they are too many, or cannot be read."""
    name = printable(path.name)
    with understood(name, "check that it is there and may be read"):
        limits.check_bytes(name, path.stat().st_size)
        return path.read_bytes()


def files_below(folder: Path, limits: Limits) -> Files:
    """The files in a folder and those below it. Links are not followed: they may lead out of it."""
    paths, n_bytes = [], 0
    for n_folders, (at, _, names) in enumerate(os.walk(folder), start=1):
        _check_depth(folder.name, len(Path(at).parts) - len(folder.parts), limits)
        inside = [Path(at, name) for name in names]
        paths += [path for path in inside if os.path.isfile(path) and not os.path.islink(path)]
        if len(paths) > limits.n_files or n_folders > limits.n_files:
            raise DataError(f"{folder.name}: received more than {limits.n_files:,} files; use a smaller folder")
    for path in paths:
        with understood(printable(path.name), "check that it is there and may be read"):
            n_bytes += path.stat().st_size if is_picture(path.name) or "idx" in path.name.lower() else 0
    limits.check_bytes(folder.name, n_bytes)
    return _sorted((path.relative_to(folder).as_posix(), partial(content, path, limits)) for path in paths)


def files_in_zip(name: str, data: bytes, limits: Limits) -> Files:
    """The files in an archive, if it keeps within the limits; each is unpacked when it is asked for."""
    with understood(name, "expected a whole archive; pack or copy it again"):
        if data.count(b"PK\1\2") > limits.n_files:  # before a list of them is made
            raise DataError(f"{name}: received more than {limits.n_files:,} files; use fewer")
        archive = zipfile.ZipFile(io.BytesIO(data))
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    limits.check_unpacked(name, sum(member.file_size for member in members), len(data))
    for member in members:
        _check_member(name, member)
        _check_depth(name, len(PurePosixPath(member.filename.replace("\\", "/")).parts) - 1, limits)
    return _sorted((member.filename.replace("\\", "/"), partial(_unpacked, archive, member)) for member in members)


def _sorted(files: Iterable[tuple[str, Callable[[], bytes]]]) -> Files:
    return sorted([(printable(name), read) for name, read in files], key=itemgetter(0))


def _check_depth(name: str, depth: int, limits: Limits) -> None:
    if depth > limits.depth:
        raise DataError(
            f"{printable(name)}: received folders {depth} deep, at most {limits.depth} are opened; "
            "put the files higher up"
        )


def _check_member(name: str, member: zipfile.ZipInfo) -> None:
    path = member.filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or re.match("[A-Za-z]:", path):
        raise DataError(
            f"{name}: received the path {path[:200]!r}, expected paths inside the archive; pack the files again"
        )
    if member.flag_bits & 1:
        raise DataError(f"{name}: received {path[:200]!r} encrypted, expected plain files; save it without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others cannot be bounded
        raise DataError(
            f"{name}: received {path[:200]!r} packed with method {member.compress_type}, expected deflate; "
            "pack it as usual"
        )


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with understood(printable(member.filename), "pack it again"), archive.open(member) as file:
        return file.read(member.file_size)  # read() alone would unpack more than is declared
