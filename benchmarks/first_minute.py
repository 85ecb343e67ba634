"""The first minute: how long a newcomer's first run takes, by the command and in the app.

"Cold" is the first time on a machine: nothing is kept of what numba compiles of UMAP. In the app, it is a server that
has just been started, and the browser is on the same machine. What the app says of the time left is read four times a
second.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.app_latency import FIRST_POINT, press, seconds_until
from benchmarks.history import add_history_option, hand_out
from benchmarks.serving import RESULT, ROOT, browser, served
from dec_core.cli.options import add_command, add_json_option
from dec_core.machine import hardware

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRESET = "first-look"
CLUSTERING = "Clustering: update"
LEFT = re.compile(r"· about (?:(\d+) h ?)?(?:(\d+) min)?(?:(\d+) s)? left")
READ_EVERY = 0.25  # seconds
LIMIT = 600.0  # seconds of a run


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "first-minute", "measure a newcomer's first run, by the command and in a browser")
    parser.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="seeds 0 to N - 1 by the command (default: 5)"
    )
    parser.add_argument("--no-browser", action="store_true", help="the command alone")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    figures = {"what": "first minute", **hardware(), "preset": PRESET, "command": by_command(options.seeds)}
    if not options.no_browser:
        figures["app"] = in_app()
    return hand_out(figures, table(figures), options.history, as_json=options.json)


# -- the command


def by_command(n_seeds: int) -> list[dict[str, Any]]:
    """One cold run of seed 0, then the seeds: seconds of the process, of its phases, and ACC."""
    with _nothing_compiled():
        return [{"cold": cold, "seed": seed, **_trained(seed)}
                for cold, seed in [(True, 0), *((False, seed) for seed in range(n_seeds))]]  # fmt: skip


def _trained(seed: int) -> dict[str, float]:
    """In a folder of its own: what is known of another run is not trained again."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "dec_core", "train", PRESET, "--seed", str(seed), "--out", folder, "--json"]
        since = time.perf_counter()
        done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)
        whole = time.perf_counter() - since
    outcome = json.loads(done.stdout.splitlines()[-1])
    print(f"… seed {seed}: {whole:.0f} s, ACC {outcome['acc']:.4f}", file=sys.stderr)
    phases = {name: outcome[f"seconds_{name}"] for name in ("pretrain", "centers", "cluster")}
    return {"seconds": whole, **phases, "acc": outcome["acc"]}


@contextmanager
def _nothing_compiled() -> Iterator[None]:
    """What numba compiles from now on is kept in an empty folder, as on a machine that has never trained."""
    before = os.environ.get("NUMBA_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("NUMBA_CACHE_DIR")
            if before is not None:
                os.environ["NUMBA_CACHE_DIR"] = before


# -- the app


def in_app() -> dict[str, dict[str, float]]:
    """A run of a server that has just been started, and one after it; seconds from Start."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched, _nothing_compiled():
        page = launched.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)  # as in app_latency
        with served(Path(folder)) as (address, _):
            return {
                name: _watched(page, f"{address}/?run=new&seed={seed}") for seed, name in enumerate(("cold", "warm"))
            }


def _watched(page: Page, address: str) -> dict[str, float]:
    page.goto(address)
    page.get_by_role("button", name="Start", exact=True).wait_for()
    since = time.perf_counter()
    press(page, "Start")
    figures = {"first point": seconds_until(page, FIRST_POINT, since, LIMIT)}
    estimates = []
    text = ""
    while RESULT not in text:
        now, text = time.perf_counter() - since, page.evaluate("document.body.innerText")
        if CLUSTERING in text:
            figures.setdefault("clusters", now)
        estimates += [(now, seconds) for seconds in seconds_left(text)]
        if now > LIMIT:
            raise TimeoutError(f"the run has not ended in {LIMIT:.0f} s")
        time.sleep(READ_EVERY)
    figures["end"] = time.perf_counter() - since
    print(f"… {', '.join(f'{name} {value:.1f} s' for name, value in figures.items())}", file=sys.stderr)
    return figures | errors(estimates, figures["end"])


def seconds_left(text: str) -> list[float]:
    """What a screen says of the time left, in seconds; nothing where it says nothing."""
    said = LEFT.search(text)
    return (
        [sum(int(number or 0) * unit for number, unit in zip(said.groups(), (3600, 60, 1), strict=True))]
        if said
        else []
    )


def errors(estimates: Sequence[tuple[float, float]], end: float) -> dict[str, float]:
    """How far what was said of the time left was off, as a share of it: a fifth of the run in, and up to four fifths.

    `estimates` are (seconds since Start, seconds said to be left).
    """
    off = [(at, said / (end - at) - 1) for at, said in estimates if end / 5 <= at <= 4 * end / 5]
    if not off:
        raise ValueError("The screen has said nothing of the time left between a fifth and four fifths of the run")
    return {
        "time left, a fifth in": off[0][1],
        "time left, farthest off": max((error for _, error in off), key=abs),
    }


def table(figures: dict[str, Any]) -> str:
    """As Markdown."""
    command = figures["command"]
    warm = [one for one in command if not one["cold"]]
    rows = [("command, cold", f"{command[0]['seconds']:.0f} s")]
    if warm:
        seconds, accs = [one["seconds"] for one in warm], [one["acc"] for one in warm]
        phases = " + ".join(
            f"{statistics.mean(one[name] for one in warm):.0f}" for name in ("pretrain", "centers", "cluster")
        )
        rows += [
            (f"command, {len(warm)} seeds", f"{_spread(seconds, '.0f')} s"),
            ("of it pretraining, centers, clustering", f"{phases} s"),
            ("ACC", _spread(accs, ".4f")),
        ]
    for name, one in figures.get("app", {}).items():
        rows += [
            (f"app, {name}: from Start to the first point, to clusters, to the end",
             f"{one['first point']:.1f}, {one['clusters']:.0f}, {one['end']:.0f} s"),
            ("time left said, against what it was: a fifth in; farthest off from there to four fifths",
             f"{one['time left, a fifth in']:+.0%}; {one['time left, farthest off']:+.0%}"),
        ]  # fmt: skip
    head = [f"{figures['processor']}.", "", f"| {figures['preset']} | |", "|---|---|"]
    return "\n".join([*head, *(f"| {name} | {value} |" for name, value in rows)])


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.mean(values):{form}} ({min(values):{form}} – {max(values):{form}})"
