"""`serve`: the app for one person on this machine, or for a room of people.

The server takes this process's place, so that it ends with it and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dec_core.cli.options import add_command
from dec_core.runs.place import runs_root
from dec_core.work.room import RoomSettings, limits, variable

PROJECT = Path(__file__).parents[2]
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
PORT = 8501
SCHEMES = ("tcp", "tls")  # of a Dask scheduler


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "serve", "serve the app to this machine, or to a room of people")
    add = parser.add_argument
    add("--room", action="store_true", help="many people, each with runs of their own, and an instructor")
    add("--host", metavar="ADDRESS",
        help=f"address to listen at (default: {LOOPBACK}; {EVERYWHERE}, all interfaces, with --room)")  # fmt: skip
    add("--port", type=int, default=PORT, metavar="N", help=f"(default: {PORT})")
    add("--public-url", metavar="URL",
        help="what browsers call it where a proxy stands before it; it then listens to this machine alone")  # fmt: skip
    add("--max-upload", type=int, metavar="MB", help="the largest file that can be uploaded")
    add("--slots", type=int, metavar="N", help="how many runs train at a time")
    add("--executor", metavar="ADDRESS", help="train on the Dask cluster of this scheduler, as tcp://scheduler:8786")
    about = "0 for none. Those of each visitor hold in a room alone, and not for the instructor."
    group = parser.add_argument_group("limits", about)
    for name, limit in limits().items():
        default = f" (in a room: {limit['in_words']})" if limit["in_words"] != "none" else ""
        group.add_argument(_option(name), type=float, metavar=limit["unit"], help=f"{limit['about']}{default}")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say where it is and become the server. Raises ValueError or OSError where it cannot begin."""
    for name in ("port", "max_upload", "slots"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"{_option(name)}: received {value}, expected 1 or more")
    for name, limit in limits().items():
        value, least = getattr(options, name), limit["least"]
        if value not in (None, 0) and not least <= value < float("inf"):
            raise ValueError(f"{_option(name)}: received {value:g}, expected 0, for none, or {least:g} and more")
    if not (PROJECT / "app.py").is_file():
        raise ValueError(f"app: there is no app.py in {PROJECT}; serve from a checkout of the project")
    if options.executor:
        _check_executor(options.executor)
    urls = [_public_url(options.public_url)] if options.public_url else []
    host = options.host or (EVERYWHERE if options.room and not urls else LOOPBACK)
    _check_free(host, options.port)
    runs = runs_root().resolve()
    _check_folder(runs)
    environment = {**os.environ, "DEC_RUNS": str(runs), **_settings(options)}
    room = RoomSettings.from_environment(environment)
    if options.room:
        print(_invitation(urls or addresses(host, options.port), runs, room), flush=True)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.address={host}",
               f"--server.port={options.port}"]  # fmt: skip
    command += [f"--server.maxUploadSize={options.max_upload}"] if options.max_upload else []
    os.chdir(PROJECT)  # where Streamlit looks for its settings
    if os.name == "nt":  # there, nothing takes a process's place
        return subprocess.call(command, env=environment)
    os.execve(sys.executable, command, environment)


def _check_executor(address: str) -> None:
    """Raises ValueError for what is no scheduler's address, or without the library. The scheduler may come later."""
    from importlib.util import find_spec

    scheme, _, place = address.partition("://")
    if scheme not in SCHEMES or not place:
        raise ValueError(f"--executor: received {address[:80]!r}, expected {' or '.join(SCHEMES)}://HOST:PORT")
    if find_spec("distributed") is None:
        raise ValueError("--executor: Dask is not installed; pip install 'dec-core[cluster]', or distributed")


def _public_url(text: str) -> str:
    """The address without its last slash. Raises ValueError if it is none that a browser could be sent to."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"--public-url: received {text[:80]!r}, expected an address like https://example.org/dec")
    return text.rstrip("/")


def addresses(host: str, port: int) -> list[str]:
    """By what addresses browsers reach a server that listens at `host`, the likeliest first."""
    from dec_core.work.checks import address_in_network

    return [f"http://{name}:{port}" for name in ([host] if host != EVERYWHERE else [address_in_network(), "localhost"])]


def _check_free(host: str, port: int) -> None:
    """Raises ValueError where another program listens already: before a link is printed that leads nowhere."""
    from dec_core.work.checks import why_not_free

    if problem := why_not_free(host, port):
        raise ValueError(f"--port: cannot listen at {host}:{port}: {problem}; choose another --port or --host")


def _check_folder(runs: Path) -> None:
    """Raises ValueError where no run could be kept there."""
    from dec_core.work.checks import why_not_kept_in

    if problem := why_not_kept_in(runs):
        raise ValueError(f"runs: {runs} cannot be written to: {problem}; give this user the right, or set DEC_RUNS")


def _settings(options: argparse.Namespace) -> dict[str, str]:
    """What the app reads of them, as environment variables."""
    given = {"DEC_SLOTS": options.slots, "DEC_ROOM": 1 if options.room else 0}
    given |= {variable(name): getattr(options, name) for name in limits()}
    numbers = {name: f"{value:.15g}" for name, value in given.items() if value is not None}
    texts = {"DEC_EXECUTOR": options.executor, "DEC_PUBLIC_URL": options.public_url and _public_url(options.public_url)}
    return numbers | {name: text for name, text in texts.items() if text}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _invitation(urls: list[str], runs: Path, room: RoomSettings) -> str:
    """What the terminal shows: the address, its QR code, the instructor's link, and what a training may take."""
    import io

    import segno

    from dec_core.runs.room_files import new_instructor_token

    code = io.StringIO()
    segno.make(urls[0]).terminal(out=code, compact=True)
    link = f"{urls[0]}/instructor?token={new_instructor_token(runs)}"
    lines = ["The room opens at", *(f"  {url}" for url in urls), "", code.getvalue().rstrip("\n"), ""]
    lines += ["For the instructor, in one browser, once:", f"  {link}", ""]
    lines += [f"For the projector: {urls[0]}/projector", ""]
    if room.slots:
        lines += [
            f"{room.slots} {'run trains' if room.slots == 1 else 'runs train'} at a time; others wait (--slots).",
            "",
        ]
    if room.max_memory:
        lines += [f"Each run may take up to {room.max_memory:,.0f} MB of memory (--max-memory).", ""]
    return "\n".join(lines)
