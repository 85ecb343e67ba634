"""How a server bears a room: so many visitors open the app at once, press Start and watch.

Serves the app as a room over an empty folder of runs, after one visitor has opened it, and lets others do by websocket
and HTTP what browsers do. Asked is how long the first whole page takes, how soon Start is answered, and how long after
the worker wrote a record it is in each browser, its pictures fetched. Everything is on this machine: visitors take
their share of the processor, too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.history import add_history_option, hand_out
from benchmarks.options import add_visitors
from benchmarks.room_visitor import SETTLE, Browser
from benchmarks.serving import served
from dec_core.cli.options import add_command, add_json_option
from dec_core.machine import hardware
from dec_core.runs.folder import RunFolder, list_runs

QUERY = "run=new&preset=first-look&seed={}"
LOOK = 0.02  # seconds between two looks at what workers have written


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "room", "measure a room: first page, Start, how late the live view is, memory")
    add = parser.add_argument
    add_visitors(parser)
    add("--seconds", type=float, default=90.0, metavar="N", help="how long they watch (default: 90)")
    add("--one-run", action="store_true", help="one starts a run and shares it, all watch that")
    add("--query", default=QUERY, metavar="QUERY", help="of the link that they open, {} being the seed")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    measured = measure(options.visitors, options.seconds, options.query, one_run=options.one_run)
    figures = {"what": "room", **hardware(), **measured}
    return hand_out(figures, table(figures), options.history, as_json=options.json)


def measure(n_visitors: int, seconds: float, query: str = QUERY, *, one_run: bool = False) -> dict[str, Any]:
    """What `table` shows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        with served(root, DEC_ROOM="1") as (address, server):
            Browser(address, query.format(0)).open()
            time.sleep(SETTLE)
            process, browsers = psutil.Process(server.pid), []
            with Sampled(process) as sampled, Written(root) as written:
                browsers = [Browser(address, query.format(seed)) for seed in range(n_visitors)]
                if one_run:
                    browsers[0].open()
                    browsers[0].start()
                    link = _shared(root)
                    for browser in browsers[1:]:
                        browser.query = link
                    all_at_once(Browser.open, browsers[1:])
                else:
                    all_at_once(Browser.open, browsers)
                    all_at_once(Browser.start, browsers)
                until = time.monotonic() + seconds
                all_at_once(lambda browser: browser.watch(until), browsers)
            ended = [run.status for run in list_runs(root) if run.status.state == "finished"]
    late = [each for browser in browsers for each in browser.lateness(written.of, until - SETTLE)]
    return {
        "visitors": n_visitors, "seconds": seconds, "one_run": one_run, "finished": len(ended),
        "first_page": spread([browser.opened for browser in browsers]),
        "start": spread([browser.started for browser in browsers if browser.started is not None]),
        "late": spread(late), "n_late": len(late), "result": spread([each.updated - each.created for each in ended]),
        "moments": sum(len(browser.seen) for browser in browsers),
        "redraws": sum(browser.n_redraws for browser in browsers),
        "errors": sorted({error for browser in browsers for error in browser.errors})[:5], **sampled.figures(),
    }  # fmt: skip


def all_at_once(act: Any, browsers: Sequence[Browser]) -> None:
    """Each browser in a thread; what one raises it keeps among its errors."""

    def guarded(browser: Browser) -> None:
        try:
            act(browser)
        except Exception as error:
            browser.errors.append(repr(error)[:200])

    threads = [threading.Thread(target=guarded, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _shared(root: Path) -> str:
    """The link of the one run there is, by which others see it."""
    from dec_core.runs.sharing import share

    (only,) = list_runs(root)
    return f"run={only.id}&token={share(only)}"


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and largest; nothing of nothing."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "p50": statistics.median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "max": ordered[-1],
    }


class Repeated:
    """Does something again and again in a thread of its own."""

    every = 1.0

    def __enter__(self) -> Any:
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._ends.wait(self.every):
            self.do()

    def do(self) -> None:
        raise NotImplementedError


class Written(Repeated):
    """When which run had how many records, as seen on the disk."""

    every = LOOK

    def __init__(self, root: Path):
        self.root = root
        self._records: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self._sizes: dict[str, int] = defaultdict(int)

    def of(self, run_id: str) -> list[tuple[float, int]]:
        """Times and numbers of records of a run, ascending."""
        return self._records[run_id]

    def do(self) -> None:
        """Look at all runs."""
        for run in list_runs(self.root):
            self._look_at(run)

    def _look_at(self, run: RunFolder) -> None:
        try:
            with (run.path / "events.jsonl").open("rb") as file:
                file.seek(self._sizes[run.id])
                added = file.read()
        except OSError:
            return
        whole = added[: added.rfind(b"\n") + 1]
        if whole:
            known = self._records[run.id]
            known.append((time.monotonic(), (known[-1][1] if known else 0) + whole.count(b"\n")))
            self._sizes[run.id] += len(whole)


class Sampled(Repeated):
    """Memory, threads, open files and processor time of a process."""

    def __init__(self, process: psutil.Process):
        self.process = process
        self.samples: list[tuple[float, int, int]] = []
        self._begun = time.monotonic(), sum(process.cpu_times()[:2])
        self.do()

    def do(self) -> None:
        """Take one sample."""
        with self.process.oneshot():
            memory, n_files = self.process.memory_info().rss / 1e6, self.process.num_fds()
            self.samples.append((memory, self.process.num_threads(), n_files))

    def figures(self) -> dict[str, Any]:
        """The most of each, what there was at the end, and cores in use on average."""
        names = ("mb", "threads", "files")
        most = {f"{name}_max": max(values) for name, values in zip(names, zip(*self.samples, strict=True), strict=True)}
        at_end = {f"{name}_end": value for name, value in zip(names, self.samples[-1], strict=True)}
        quarter = max(len(self.samples) // 4, 1)
        parts = [self.samples[i * quarter : (i + 1) * quarter] for i in range(4) if len(self.samples) > i * quarter]
        flat = {
            f"{name}_quarters": [statistics.median(sample[i] for sample in part) for part in parts]
            for i, name in enumerate(names)
        }
        return {**most, **at_end, **flat, "cores": self.cores}

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self.do()
        begun, used = self._begun
        self.cores = (sum(self.process.cpu_times()[:2]) - used) / (time.monotonic() - begun)


def table(figures: dict[str, Any]) -> str:
    """Markdown, for docs/room.md."""
    what = "watch one run" if figures["one_run"] else "each start a run and watch it"
    rows = [f"{figures['processor']}; {figures['visitors']} visitors {what}, {figures['seconds']:g} s.", ""]
    rows += ["| | p50 | p95 | most |", "|---|---|---|---|"]
    for name, said in {
        "first_page": "first whole page, s",
        "start": "Start is answered, s",
        "late": "from the worker's record to every browser, s",
        "result": "from Start to the own result, of those who have one, s",
    }.items():
        values = figures[name]
        rows.append(
            f"| {said} | " + " | ".join(f"{values[key]:.2f}" if values else "–" for key in values or "---") + " |"
        )
    rows += memory_rows(figures)
    moved = f"{figures['moments']} moments reached the browsers, which asked for {figures['redraws']} redraws"
    errors = "; ".join(figures["errors"]) or "none"
    rows += [
        "",
        f"It used {figures['cores']:.2f} cores; {moved}; {figures['finished']} runs finished. Errors: {errors}.",
    ]
    return "\n".join(rows)


def memory_rows(figures: dict[str, Any]) -> list[str]:
    """What `Sampled` has seen, as a table below another one."""
    rows = ["", "| the web process | most | at the end | median of each quarter |", "|---|---|---|---|"]
    for name, said in {"mb": "memory, MB", "threads": "threads", "files": "open files"}.items():
        quarters = ", ".join(f"{value:.0f}" for value in figures[f"{name}_quarters"])
        rows.append(f"| {said} | {figures[f'{name}_max']:.0f} | {figures[f'{name}_end']:.0f} | {quarters} |")
    return rows
