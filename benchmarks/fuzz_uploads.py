"""Hostile uploads by the thousand: none may crash the reader, run code, take much memory or be refused without words.

Batches are read in processes with the limits of the app's own reading process; one in a hundred uploads goes the whole
way, through a process of its own, as from the app. Printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.hostile_uploads import KINDS, upload
from dec_core.cli.options import add_command

BATCH = 500
WHOLE_WAY = 100  # of so many uploads one
SECONDS = 600  # of a batch: far above what it takes
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect",
             "pickle.find_class", "shutil.rmtree", "os.remove", "ctypes.dlopen")  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Of one upload: "read", "refused" in words, or what is wrong; and the seconds that took."""

    seed: int
    kind: str
    outcome: str
    seconds: float
    message: str = ""


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "fuzz-uploads", "read hostile uploads by the thousand")
    parser.add_argument("--n", type=int, default=10_000, metavar="N", help="uploads (default: 10000)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed (default: 0)")
    parser.add_argument("--batch", type=int, default=0, help=argparse.SUPPRESS)  # in the process that reads it
    parser.add_argument("--canary", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """1 where anything is wrong."""
    if options.batch:
        return read_batch(options.first, options.batch, options.canary)
    outcomes, peak, ran = fuzz(options.n, options.first)
    print(table(outcomes, peak, ran))
    return int(ran or any(each.outcome not in ("read", "refused") for each in outcomes))


def fuzz(n: int, first: int = 0) -> tuple[list[Outcome], int, bool]:
    """The outcomes, the most memory of a process that read, in bytes, and whether code of a file was run."""
    outcomes, peak = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        canary = Path(temporary) / "ran"
        for start in range(first, first + n, BATCH):
            done, memory = _in_processes(start, min(start + BATCH, first + n), canary)
            outcomes, peak = outcomes + done, max(peak, memory)
        with ThreadPoolExecutor(2) as pool:
            outcomes += pool.map(lambda seed: _whole_way(seed, canary), range(first, first + n, WHOLE_WAY))
        return outcomes, peak, canary.exists()


def table(outcomes: list[Outcome], peak: int, ran: bool) -> str:
    """A row for each kind of upload, and what is wrong below it."""
    lines = ["| uploads | of these | read | refused in words | anything else | slowest |", "|---|---|---|---|---|---|"]
    for kind in (*KINDS, "whole way"):
        of = [each for each in outcomes if each.kind == kind]
        count = Counter(each.outcome for each in of)
        others = len(of) - count["read"] - count["refused"]
        slowest = max((each.seconds for each in of), default=0.0)
        lines.append(
            f"| {kind} | {len(of):,} | {count['read']:,} | {count['refused']:,} | {others} | {slowest:.1f} s |"
        )
    lines += [
        "",
        f"Code that was run: {'some' if ran else 'none'}. Most memory of a process that reads: {peak / 1e6:,.0f} MB.",
    ]
    wrong = [each for each in outcomes if each.outcome not in ("read", "refused")]
    return "\n".join(
        [*lines, *(f"- seed {each.seed}, {each.kind}: {each.outcome}: {each.message}" for each in wrong[:20])]
    )


# -- in the process that reads a batch


def read_batch(first: int, n: int, canary: Path) -> int:
    """Read them one after the other, a line of JSON for each; then the most memory that it took."""
    import warnings

    from dec_core.data.limits import LIMITS
    from dec_core.data.reading_process import _limit_this_process

    _limit_this_process(LIMITS)
    warnings.simplefilter("error")
    events: list[str] = []
    sys.addaudithook(lambda event, _: events.append(event) if event in FORBIDDEN else None)
    for seed in range(first, first + n):
        kind, files = upload(seed, canary)
        events.clear()
        print(json.dumps({"reading": seed, "kind": kind}), flush=True)
        print(json.dumps(asdict(_outcome(seed, kind, files, events))), flush=True)
    print(json.dumps({"memory": _most_memory()}), flush=True)
    return 0


def _most_memory() -> int:
    """Bytes that this program has had at most. `ru_maxrss` would count those of its parent, too."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1])


def _outcome(seed: int, kind: str, files: list[tuple[str, bytes]], events: list[str]) -> Outcome:
    from dec_core.data.errors import DataError
    from dec_core.data.uploads import read_files

    begun = time.monotonic()
    try:
        reading = read_files(files)
        outcome, message = "read", ""
        if reading.dataset.images.dtype != "uint8" or len(reading.dataset.images) < 2:
            outcome, message = "unsound", str(reading.dataset.images.dtype)
    except (DataError, MemoryError) as error:  # the reading process puts the latter into words
        outcome, message = "refused", str(error)
        if isinstance(error, DataError) and not is_in_words(message):
            outcome = "no words"
    except BaseException as error:
        outcome, message = "crash", f"{type(error).__name__}: {error}"
    if events:
        outcome, message = "ran code", ", ".join(events)
    return Outcome(seed, kind, outcome, time.monotonic() - begun, message[:300])


def is_in_words(message: str) -> bool:
    """Whether it is a sentence for a person: what was wrong, of which file, without innards."""
    return 10 < len(message) < 2000 and ": " in message and " at 0x" not in message and "Traceback" not in message


# -- the processes


def _in_processes(first: int, end: int, canary: Path) -> tuple[list[Outcome], int]:
    """Read a batch; where the process ends before it, note at what, and go on behind that in another."""
    outcomes, peak = [], 0
    while first < end:
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            "fuzz-uploads",
            "--first",
            str(first),
            "--batch",
            str(end - first),
        ]
        done = subprocess.run([*command, "--canary", str(canary)], capture_output=True, text=True, timeout=SECONDS,
                              env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})  # fmt: skip
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        finished = [Outcome(**line) for line in lines if "outcome" in line]
        outcomes, first = outcomes + finished, first + len(finished)
        peak = max([peak, *(line["memory"] for line in lines if "memory" in line)])
        if first < end:
            kind = next((line["kind"] for line in lines if line.get("reading") == first), "")
            outcomes.append(Outcome(first, kind, "process ended", 0.0, f"{done.returncode} {done.stderr[-200:]}"))
            first += 1
    return outcomes, peak


def _whole_way(seed: int, canary: Path) -> Outcome:
    """As from the app: in a process of its own, whose images are kept."""
    from dec_core.data.errors import DataError
    from dec_core.data.isolated import read_isolated

    _, files = upload(seed, canary)
    begun, outcome, message = time.monotonic(), "read", ""
    try:
        with read_isolated(files) as reading:
            outcome = "read" if len(reading.dataset.images) >= 2 else "unsound"
    except DataError as error:
        message = str(error)
        outcome = "refused" if is_in_words(message) else "no words"
    except Exception as error:
        outcome, message = "crash", f"{type(error).__name__}: {error}"
    return Outcome(seed, "whole way", outcome, time.monotonic() - begun, message[:300])
