"""How a server bears a lesson: so many visitors open it, guess, go on and replay, all in the same second.

Serves the app as a room over an empty folder of runs, and lets visitors do by websocket and HTTP what browsers do. The
room is in step, as when somebody in front says "next": that is the worst there is. Visitors take their share of the
processor, too. What a piece computes in the browser costs a server nothing, and is not part of it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import psutil

from benchmarks.history import add_history_option, hand_out
from benchmarks.options import add_visitors
from benchmarks.room import Sampled, all_at_once, memory_rows, spread
from benchmarks.room_visitor import PARTS, connection, cookie_of, get
from benchmarks.serving import served
from dec_core.cli.options import add_command, add_json_option
from dec_core.lessons import lessons
from dec_core.machine import hardware

GUESS = "That is my guess"
SHOWN = {
    "opened": "the lesson is open, s",
    "guessed": "a guess is answered, with those of the room, s",
    "stepped": "the next step is there, s",
    "late": "a frame of a replay is there, s",
}


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "lesson", "measure a lesson in a room: open it, guess, go on, replay")
    add = parser.add_argument
    add("--lesson", default="digits", metavar="NAME", help="which one (default: digits)")
    add_visitors(parser)
    add("--seconds", type=float, default=40.0, metavar="N", help="how long a replay takes (default: 40)")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    known = {lesson.name: len(lesson.steps) for lesson in lessons()[0]}
    if options.lesson not in known:
        raise ValueError(f"--lesson: received {options.lesson}, expected one of {', '.join(known)}")
    n_steps = known[options.lesson]
    figures = {"what": "lesson", **hardware(), **measure(options.lesson, n_steps, options.visitors, options.seconds)}
    return hand_out(figures, table(figures), options.history, as_json=options.json)


def measure(lesson: str, n_steps: int, n_visitors: int, seconds: float) -> dict[str, Any]:
    """What `table` shows."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        served(Path(folder), DEC_ROOM="1") as (address, server),
    ):
        Reader(address, lesson).open()
        readers = [Reader(address, lesson) for _ in range(n_visitors)]
        with Sampled(psutil.Process(server.pid)) as sampled:
            all_at_once(Reader.open, readers)
            for step in range(n_steps):
                all_at_once(Reader.guess, readers)
                all_at_once(lambda reader: reader.play(seconds), readers)
                if step + 1 < n_steps:
                    all_at_once(Reader.go_on, readers)
    return {
        "lesson": lesson, "steps": n_steps, "visitors": n_visitors, "seconds": seconds,
        **{name: spread([value for reader in readers for value in reader.took[name]]) for name in SHOWN},
        "errors": sorted({error for reader in readers for error in reader.errors})[:5], **sampled.figures(),
    }  # fmt: skip


class Reader:
    """One who reads the lesson, without a browser."""

    def __init__(self, address: str, lesson: str):
        self.address, self.query = address, f"lesson={lesson}"
        self.errors: list[str] = []
        self.took: dict[str, list[float]] = {name: [] for name in SHOWN}  # seconds

    def open(self) -> None:
        """Open the lesson, from nothing but its address to the last element."""
        from benchmarks.visitor import Visitor  # with Streamlit, which other benchmarks do without

        begun = time.monotonic()
        self.cookie = cookie_of(self.address)
        self.visitor = Visitor(self.address, "learn", self.query, self.cookie)
        self.visitor.redraw()
        self._keep("opened", begun)

    def guess(self) -> None:
        """Give the first guess of the step, if it asks for one that has a value to begin with."""
        if GUESS in self.visitor.buttons:
            begun = time.monotonic()
            self.visitor.press(GUESS)
            self._keep("guessed", begun)

    def go_on(self) -> None:
        """Press Next."""
        begun = time.monotonic()
        self.visitor.buttons.pop(GUESS, None)  # of the step before
        self.visitor.replay = {}
        self.visitor.press("Next")
        self._keep("stepped", begun)

    def play(self, seconds: float) -> None:
        """Fetch what a replay shows, step by step, if there is one."""
        player = self.visitor.replay
        steps, frames = player.get("steps", []), connection(self.address)
        begun = time.monotonic()
        for step in steps:
            due = begun + seconds * step["seconds"] / (steps[-1]["seconds"] or 1)
            time.sleep(max(due - time.monotonic(), 0))
            for part in PARTS:
                asked = time.monotonic()
                path = f"{player['url']}/{part}/{step['n']}.{player['stamp']}"
                try:
                    answer = get(frames, path, self.cookie)
                except (RemoteDisconnected, ConnectionError):  # a server lets go of what nothing is asked on
                    frames.close()
                    answer = get(frames, path, self.cookie)
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{part} of step {step['n']} was answered by {answer.status}")
                self._keep("late", asked)

    def _keep(self, name: str, begun: float) -> None:
        self.took[name].append(time.monotonic() - begun)
        self.errors += self.visitor.errors
        self.visitor.errors.clear()


def table(figures: dict[str, Any]) -> str:
    """Markdown, for docs/room.md."""
    rows = [
        f"{figures['processor']}; {figures['visitors']} visitors read the {figures['steps']} steps of "
        f"*{figures['lesson']}* in step, a replay takes {figures['seconds']:g} s.",
        "",
        "| | p50 | p95 | most |",
        "|---|---|---|---|",
    ]
    for name, said in SHOWN.items():
        values = figures[name]
        rows.append(
            f"| {said} | " + " | ".join(f"{values[key]:.2f}" if values else "–" for key in values or "---") + " |"
        )
    errors = "; ".join(figures["errors"]) or "none"
    return "\n".join([*rows, *memory_rows(figures), "", f"It used {figures['cores']:.2f} cores. Errors: {errors}."])
