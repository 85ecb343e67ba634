"""How fast Inspect answers, in a real browser on a finished run, and how still its points hold.

Needs what the tests need (requirements-test.txt and a Chromium). Times are of this machine at this moment, with a
browser that draws by software on the same cores: with a graphics card the browser's part is smaller.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.history import add_history_option, hand_out
from benchmarks.table import versions
from dec_core.analysis.inspection import steadiness
from dec_core.analysis.projection import umap_plane
from dec_core.cli.options import add_command, add_json_option, add_runs_folder
from dec_core.figures.embedding import laid_out, positions
from dec_core.machine import hardware
from dec_core.reading.planes import common_extent
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder, list_runs

TIMES = 50
OURS = {True: "one plane for all moments (PCA)", False: "PCA, turned onto the moment before"}
MOST_LAYOUTS = 12  # moments of which an independent UMAP is made

# In the page: act, then look at every frame until the condition holds; the milliseconds in between.
TIMED = """async ([handles, act, done, argument]) => {
  const [perform, holds] = [act, done].map((source) => new Function("handles", "argument", `return ${source}`));
  const started = performance.now();
  perform(handles, argument);
  while (!holds(handles, argument)) {
    if (performance.now() - started > 20000) throw new Error(`not within 20 s: ${done}`);
    await new Promise((next) => requestAnimationFrame(next));
  }
  return performance.now() - started;
}"""


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "inspect", "measure how fast Inspect answers, in a browser")
    parser.add_argument("--run", dest="run_dir", type=Path, metavar="RUN_DIR",
                        help="a finished run (default: the newest in --out)")  # fmt: skip
    add_history_option(parser)
    add_json_option(parser)
    add_runs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return inspect_bench(options.out, options.run_dir, as_json=options.json, history=options.history)


def inspect_bench(root: Path, run_dir: Path | None, *, as_json: bool, history: Path | None) -> int:
    """Print the table; add it to `history`. Raises ValueError if there is no finished run."""
    run = Run.open(_run(root, run_dir))
    result = {
        "kind": "inspect",
        **hardware(),
        "versions": versions(),
        "n_samples": run.n,
        "n_moments": len(run.snapshots),
        "milliseconds": _latencies(run),
        "wandering": _wandering(run),
    }
    return hand_out(result, markdown(result), history, as_json=as_json)


def _run(root: Path, run_dir: Path | None) -> RunFolder:
    runs = [RunFolder(run_dir.resolve())] if run_dir else list_runs(root)
    for folder in runs:
        if folder.status.state == "finished" and Run.open(folder).clustered:
            return folder
    raise ValueError(
        f"--run: received {run_dir or root}, expected a finished run; make one: python -m dec_core train fast"
    )


def markdown(result: dict[str, Any]) -> str:
    """The table, as docs/responsiveness.md has it."""
    lines = [
        f"{result['n_samples']} samples, {result['n_moments']} moments; {result['processor']}.",
        "",
        "| what | median | 95th percentile |",
        "|---|---|---|",
    ]
    for name, times in result["milliseconds"].items():
        unit = "MB" if name.endswith("memory") else "ms"
        high = "" if len(times) == 1 else f"{np.percentile(times, 95):.0f} {unit}"
        lines.append(f"| {name} | {np.median(times):.0f} {unit} | {high} |")
    lines += ["", "| projection | wandering of the stillest tenth, share of the spread |", "|---|---|"]
    lines += [f"| {name} | {value:.4f} |" for name, value in result["wandering"].items()]
    return "\n".join(lines)


# -- latencies


def _latencies(run: Run) -> dict[str, list[float]]:
    from benchmarks.serving import browser, served

    with served(run.root) as (address, server), browser() as launched:
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/inspect?run=new")
        page.get_by_text("Where do they lie?").wait_for()
        web = psutil.Process(server.pid)
        _wait_until_idle(web)
        before = web.memory_info().rss
        milliseconds = {"open a run, picked in the list": [_picked(page, run)]}
        page.wait_for_timeout(8000)  # files of all moments are being written
        page.goto(f"{address}/inspect?run=new")
        milliseconds["open it once more"] = [_picked(page, run)]
        page.wait_for_timeout(4000)
        print("… cells", file=sys.stderr)
        milliseconds["cell of the matrix → all views"] = _cells(page, run)
        print("… card", file=sys.stderr)
        milliseconds["image of the gallery → card"] = _cards(page)
        page.get_by_role("button", name="Back to all").click()
        print("… hover", file=sys.stderr)
        milliseconds["hover → image"] = _hovers(page)
        print("… timeline", file=sys.stderr)
        milliseconds["a frame of the timeline, scrubbed"] = _frames(page, len(run.snapshots))
        milliseconds["a frame, played at 30 a second"] = _played(page)
        milliseconds["web process, added memory"] = [(web.memory_info().rss - before) / 1e6]
    return milliseconds


def _wait_until_idle(web: psutil.Process) -> None:
    """The server's spare worker warms up for some seconds before it waits for the first training."""
    for _ in range(60):
        workers = web.children(recursive=True)
        busy = [sum(worker.cpu_times()[:2]) for worker in workers]
        time.sleep(2.0)
        if workers and sum(sum(worker.cpu_times()[:2]) for worker in workers) - sum(busy) < 0.1:
            return


def _picked(page: Any, run: Run) -> float:
    """Pick the run in the list of runs, which has "a new run" on top, and wait for its points."""
    page.get_by_text("Where do they lie?").wait_for()
    page.get_by_label("Run in focus").click()
    place = 1 + [folder.id for folder in list_runs(run.root)].index(run.folder.id)
    (option,) = _handles(page, f'[role="option"] >> nth={place}')
    started = time.perf_counter()
    option.click()
    page.locator(".points[data-moment]").first.wait_for(timeout=60_000)
    return 1000 * (time.perf_counter() - started)


def _handles(page: Any, *selectors: str) -> list[Any]:
    return [page.locator(selector).first.element_handle() for selector in selectors]


def _cells(page: Any, run: Run) -> list[float]:
    """Click cells that hold samples, and wait for headline, gallery and points to show them."""
    times = []
    newest = run.at(-1)
    rows = list(np.unique(run.y)) if run.y is not None else []
    cells = [
        (i, j, count)
        for i in range(len(rows))
        for j, cluster in enumerate(np.argsort(run.cluster_order))
        if (count := int(((run.y == rows[i]) & (newest.labels == cluster)).sum()))
    ]
    rng = np.random.default_rng(0)
    for number in rng.permutation(len(cells))[:TIMES]:
        i, j, count = cells[number]
        handles = _handles(
            page, f'.matrix td[data-row="{i}"][data-column="{j}"]', ".points", ".gallery", ".st-key-selection"
        )
        # of two cells with as many samples the first looks like the second: then the count says nothing
        digits = 'text => Number(text.replace(/\\D/g, ""))'
        done = (
            "Number(handles[1].dataset.chosen) === argument"
            f" && ({digits})(handles[2].querySelector('.pager span').textContent.split(' of ')[1]) === argument"
            f" && ({digits})(handles[3].innerText.split(/digit|image/)[0]) === argument"
        )
        times.append(page.evaluate(TIMED, [handles, "handles[0].click()", done, count]))
        page.wait_for_timeout(150)
    return times


def _cards(page: Any) -> list[float]:
    times = []
    page.locator(".gallery .tiles button").first.click()
    page.locator(".card h3").wait_for()
    for number in range(TIMES):  # from card to card, by the neighbours
        title = page.locator(".card h3").inner_text()
        handles = _handles(page, f".card .tiles button:nth-child({1 + number % 5})", ".card")
        index = handles[0].get_attribute("data-index")
        if index.replace(" ", "") in title.replace("\u2009", ""):
            continue
        done = "handles[1].querySelector('h3').textContent !== argument"
        times.append(page.evaluate(TIMED, [handles, "handles[0].click()", done, title]))
        page.wait_for_timeout(150)
    return times


def _hovers(page: Any) -> list[float]:
    """Move the pointer to places where points are; wait for the image of another sample."""
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_timeout(2000)
    canvas, tip = _handles(page, ".points > canvas", ".points .tip")
    box = canvas.bounding_box()
    act = (
        "handles[0].dispatchEvent(new PointerEvent('pointermove', {clientX: argument[0], clientY: argument[1], "
        "bubbles: true, pointerType: 'mouse'}))"
    )
    rng, times, tries = np.random.default_rng(0), [], 0
    while len(times) < TIMES and tries < 40 * TIMES:
        tries += 1
        x, y = box["x"] + rng.uniform(0.05, 0.95) * box["width"], box["y"] + rng.uniform(0.05, 0.95) * box["height"]
        before = tip.get_attribute("data-sample")
        page.evaluate(f"([handles, argument]) => {act}", [[canvas], [x, y]])
        met = page.evaluate("([tip, before]) => !tip.hidden && tip.dataset.sample !== before", [tip, before])
        if not met:
            continue
        page.evaluate(f"([handles, argument]) => {act}", [[canvas], [box["x"] + 1, box["y"] + 1]])
        done = "!handles[1].hidden && handles[1].dataset.sample !== ''"
        times.append(page.evaluate(TIMED, [[canvas, tip], act, done, [x, y]]))
    return times


def _frames(page: Any, n_moments: int) -> list[float]:
    """Move the slider; wait until the points of that moment are on the screen."""
    page.wait_for_timeout(1000)
    slider, scene = _handles(page, ".timeline input", ".points")
    act = "(handles[0].value = argument, handles[0].dispatchEvent(new Event('input')))"
    done = "Number(handles[1].dataset.moment) === argument"
    times = []
    for i in range(TIMES + n_moments):  # the first round fetches the files
        times.append(page.evaluate(TIMED, [[slider, scene], act, done, i % n_moments]))
    page.wait_for_timeout(2000)
    return times[n_moments:]


def _played(page: Any) -> list[float]:
    """Milliseconds between two moments on the screen while the timeline plays as fast as it can."""
    scene, speed, play = _handles(page, ".points", ".timeline select", ".timeline .play")
    script = """async ([scene, speed, play, n]) => {
      speed.value = "30"; speed.dispatchEvent(new Event("change"));
      const times = []; let last = scene.dataset.moment, at = performance.now();
      play.click();
      while (times.length < n) {
        await new Promise((next) => requestAnimationFrame(next));
        const now = performance.now(), moment = scene.dataset.moment;
        if (moment !== last) { times.push(now - at); last = moment; at = now; }
        if (play.textContent === "Play") { play.click(); at = performance.now(); }
        if (performance.now() - at > 10000) break;
      }
      if (play.textContent !== "Play") play.click();
      return times;
    }"""
    return page.evaluate(script, [scene, speed, play, TIMES])


# -- standing still


def _wandering(run: Run) -> dict[str, float]:
    """How far samples wander on the screen that hardly move in z; see `steadiness`."""
    moments = [run.at(number) for number in run.clustered[:MOST_LAYOUTS]]
    if len(moments) < 2:
        return {}
    view = run.view
    z = [moment.z(view) for moment in moments]
    pca = [
        np.frombuffer(laid_out, "<i2")[: 2 * run.n].reshape(-1, 2)[view]
        for laid_out in (positions(moment.plane("pca"), common_extent(moment, "pca")) for moment in moments)
    ]
    print(f"… {len(z)} independent UMAPs", file=sys.stderr)
    umap = [laid_out(umap_plane(points, plane)) for points, plane in zip(z, pca, strict=True)]
    return {
        OURS[common_extent(moments[0], "pca") is not None]: steadiness(pca, z),
        "an independent UMAP of each frame": steadiness(umap, z),
    }
