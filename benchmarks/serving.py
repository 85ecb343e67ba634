"""The real app, served, and a real browser to open it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
RESULT = "are clustered correctly"  # what Train says of labeled images once a run has ended
# Chromium draws two pages of its own for each window, of an address bar that nobody sees: a second of CPU. Of several
# such lists the last one counts, so that the others in it are those that Playwright does without.
WITHOUT = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "TcpPortRandomizationWin", "ThirdPartyStoragePartitioning",
)  # fmt: skip
FLAGS = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking",
    f"--disable-features={','.join(WITHOUT)}",
)  # fmt: skip


@contextmanager
def served(runs: Path, module: str = "streamlit", **settings: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """The app as `make app` serves it, on a free port and over the folder `runs`: (address, process).

    `module` is Streamlit, or what starts it; `settings` are environment variables of the server, as DEC_ROOM="1".

    What it writes for browsers (frames, plotly.js) lies in a folder of its own: no server finds it warm. It ends with
    this process, however that ends.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    attended = [sys.executable, "-m", "benchmarks.attended"]
    command = [*attended, module, "run", "app.py", f"--server.port={port}"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as static:
        environment = {**os.environ, "DEC_RUNS": str(runs), "DEC_STATIC": static, **settings}
        with (runs / "server.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            _wait_until_healthy(f"http://localhost:{port}")
            yield f"http://localhost:{port}", process
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_healthy(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health")
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"the app did not answer at {address}")


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    """Debian's Chromium if it is there, else Playwright's own; WebGL by software."""
    from playwright.sync_api import sync_playwright  # what measures without a browser does without it

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *flags])
        yield launched
        launched.close()
