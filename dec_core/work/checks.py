"""Whether this machine can serve the app: memory, cores, disk, port, rights, libraries; and what to do where not."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import stat
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

import psutil
from packaging.requirements import Requirement

from dec_core.machine import IN_BFLOAT16, hardware
from dec_core.runs.room_files import FOLDER
from dec_core.work import memory as memory_of
from dec_core.work.room import GB, RoomSettings, n_cores

PROJECT = Path(__file__).parents[2]
LEAST_DISK, ENOUGH_DISK = 1 * GB, 5 * GB
ENOUGH_FILES = 1024  # open at a time: a few for each who watches
ENOUGH_TEMPORARY = 1 * GB  # for uploads that are being read
OLDEST_PYTHON = (3, 11)
OURS = "X-DEC-Health"  # the header by which our own server's /healthz is known
PATIENCE = 3.0  # seconds for its answer

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `what` it is, its `value` in words, how that is, and what to do unless "ok"."""

    what: str
    value: str
    level: Level = "ok"
    remedy: str = ""


def checks(root: Path, address: tuple[str, int] | None = None, *, for_room: bool = False) -> list[Check]:
    """All of them, of this machine and the folder of runs `root`; of an address to listen at, if one is given.

    `for_room`: for a room of people, also where the environment does not say so.
    """
    try:
        room = RoomSettings.from_environment({**os.environ, **({"DEC_ROOM": "1"} if for_room else {})})
    except ValueError as error:
        room, settings = RoomSettings(), [Check("settings", str(error), "bad", "Correct the environment variable.")]
    else:
        kind = (
            f"a room, {room.slots or 'as many as the cluster allows'} at a time"
            if room.is_room
            else "a desk; for a room: --room"
        )
        settings = [Check("settings", kind)]
    looked_at = [_memory(room), _cores(room), _disk(root, room), _temporary(), _rights(root), _open_files()]
    looked_at += [_port(*address)] if address else []
    return [*settings, *looked_at, _python(), *_libraries(), _processor()]


def _memory(room: RoomSettings) -> Check:
    memory = psutil.virtual_memory()
    needed = memory_of.SERVER + room.slots_here * memory_of.WORKER
    value = f"{memory.available / GB:.1f} of {memory.total / GB:.1f} GB are free"
    most = room.slots_here * room.max_memory * memory_of.MB
    value += f"; each training may take {room.max_memory:,.0f} MB" if most else ""
    if memory.total < needed:
        remedy = f"{room.slots} trainings at a time need about {needed / GB:.1f} GB: add memory, or use fewer --slots."
        return Check("memory", value, "bad", remedy)
    if memory.available < needed:
        return Check("memory", value, "warn", f"End other programs: about {needed / GB:.1f} GB are needed.")
    if memory.total < memory_of.SERVER + most:
        remedy = f"{room.slots} trainings of the largest presets do not fit at a time: use fewer --slots."
        return Check("memory", value, "warn", remedy)
    return Check("memory", value)


def _cores(room: RoomSettings) -> Check:
    n, value = n_cores(), f"{n_cores()} can be used"
    if n < 2:
        return Check("cores", value, "warn", "Training and the app share it; two or more answer faster.")
    if room.slots_here > n:
        return Check("cores", value, "warn", f"{room.slots} trainings at a time share them: use fewer --slots.")
    return Check("cores", value)


def _disk(root: Path, room: RoomSettings) -> Check:
    free = shutil.disk_usage(_existing(root)).free
    value = f"{free / GB:.1f} GB are free for {root}"
    if free < max(LEAST_DISK, room.free_disk * GB):
        return Check("disk", value, "bad", "Free some, or set DEC_RUNS to a folder on a larger disk.")
    if free < ENOUGH_DISK:
        return Check("disk", value, "warn", "A run takes some 20 MB; free some before many come, or use --disk.")
    return Check("disk", value)


def _temporary() -> Check:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    value = f"{free / GB:.1f} GB are free in {folder}"
    if free < ENOUGH_TEMPORARY:
        return Check("uploads", value, "warn", "Files are read there; set TMPDIR to a folder with more.")
    return Check("uploads", value)


def _rights(root: Path) -> Check:
    """Also of what nobody else may read; a folder that is not there is made when the server starts."""
    folder = _existing(root)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(
            "runs folder", f"{folder} cannot be written to", "bad", "Give this user the right, or set DEC_RUNS."
        )
    if problem := why_not_kept_in(root):
        return Check("runs folder", f"{root} cannot be written to: {problem}", "bad", "Set DEC_RUNS to another folder.")
    secrets = root / FOLDER
    if os.name != "nt" and secrets.is_dir() and stat.S_IMODE(secrets.stat().st_mode) & 0o077:
        return Check(
            "runs folder", f"others can read {secrets}", "bad", f"Protect the cookies' key: chmod 700 {secrets}"
        )
    return Check("runs folder", f"{root} {'can be written to' if folder == root else 'will be made'}")


def why_not_kept_in(root: Path) -> str:
    """Why runs cannot be kept in this folder, or it cannot be made; "" where they can. Nothing stays of the trial."""
    try:
        with tempfile.TemporaryFile(dir=_existing(root)):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def _open_files() -> Check:
    try:
        import resource
    except ImportError:  # Windows
        return Check("open files", "not limited")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= most < ENOUGH_FILES:
        remedy = f"A room of many needs more: ulimit -n {4 * ENOUGH_FILES}, or LimitNOFILE= of systemd."
        return Check("open files", f"{most} at a time", "warn", remedy)
    return Check("open files", f"{most} at a time" if most >= 0 else "not limited")


def _port(host: str, port: int) -> Check:
    if problem := why_not_free(host, port):
        if answer := _our_own_says(host, port):
            level, remedy = ("ok", "") if answer == "ok" else ("warn", "Look at Server, on the instructor's Room.")
            return Check("port", f"this program is served at {host}:{port} already, and says: {answer}", level, remedy)
        return Check("port", f"cannot listen at {host}:{port}: {problem}", "bad", "Choose another --port or --host.")
    return Check("port", f"{host}:{port} is free")


def _our_own_says(host: str, port: int) -> str:
    """What our server at this address says of itself; "" if it is another program that listens there."""
    connection = HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=PATIENCE)
    try:
        with closing(connection):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            return answer.read(1000).decode().strip() if answer.getheader(OURS) else ""
    except (OSError, HTTPException, UnicodeError):
        return ""


def why_not_free(host: str, port: int) -> str:
    """Why a server cannot listen at this address; "" where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        return str(error)
    return ""


def address_in_network() -> str:
    """This machine's address in its network, as the system would choose it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            return probe.getsockname()[0]
        except OSError:
            return socket.gethostname()


def _python() -> Check:
    is_new = tuple(map(int, platform.python_version_tuple()[:2])) >= OLDEST_PYTHON
    level, remedy = ("ok", "") if is_new else ("bad", "Install Python 3.11 or newer.")
    return Check("Python", platform.python_version(), level, remedy)


def _libraries() -> list[Check]:
    """A row for each that is missing or of a version that was not meant; else one for all."""
    needed, tested = list(_needed()), _tested()
    problems: dict[str, Check] = {}
    for requirement in (*tested, *needed):  # of both, what it needs counts
        if check := _library(requirement, needed):
            problems[check.what] = check
    n = len({Requirement(requirement).name for requirement in (*needed, *tested)})
    return list(problems.values()) or [Check("libraries", f"{n} at versions that are meant")]


def _library(requirement: str, needed: list[str]) -> Check | None:
    meant = Requirement(requirement)
    try:
        installed = version(meant.name)
    except PackageNotFoundError:
        return Check(meant.name, "is not installed", "bad", f"Install it: pip install '{requirement}'")
    if meant.specifier.contains(installed, prereleases=True):
        return None
    if requirement in needed:
        return Check(meant.name, installed, "bad", f"Install another: pip install '{requirement}'")
    return Check(meant.name, installed, "warn", f"It was tested with {meant.specifier}: pip install '{requirement}'")


def _needed() -> Iterator[str]:
    """What the package says it needs: in a checkout its pyproject.toml, else what was noted when it was installed."""
    path = PROJECT / "pyproject.toml"
    if path.is_file():
        yield from tomllib.loads(path.read_text(encoding="utf-8"))["project"]["dependencies"]
        return
    try:
        yield from (text for text in requires("dec-core") or () if "extra ==" not in text)
    except PackageNotFoundError:
        return


def _tested() -> list[str]:
    """The versions with which it was tested: requirements.txt, where that is there."""
    path = PROJECT / "requirements.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))]


def _processor() -> Check:
    known = hardware()
    fast = [name for name in known["instructions"] if name in IN_BFLOAT16]
    how = f"multiplies in bfloat16 ({', '.join(fast)})" if fast else "has no bfloat16; training computes in float32"
    return Check("processor", f"{known['processor']}: {how}")


def _existing(root: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    path = root.resolve()
    while not path.exists() and path != path.parent:
        path = path.parent
    return root if path == root.resolve() else path
