"""Names as strangers may choose them, and a server that must hear nothing of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dec_core.config import RunConfig
from dec_core.data import Dataset, load, own
from dec_core.runs.folder import RunFolder
from dec_core.runs.marks import mark
from dec_core.work.recorder import record

MARKS = ":red[x] $y$ `z` **b** :smile: :material/home: \\(w\\) a@b.cd -> </span>"


def hostile(address: str) -> list[str]:
    """Names that make who takes them for Markdown, HTML or an address ask `address`, or show what they are not."""
    return [
        f"![x]({address}/image.png)",
        f"<img src='{address}/tag.png'>",
        f"[a]({address}/link)",
        f"{address}/bare www.{address.removeprefix('http://')}",
        MARKS,
    ]


def hostile_run(root: Path, address: str) -> RunFolder:
    """A finished run, named so itself, on data whose classes are named so."""
    names, digits = hostile(address), load("digits")
    chosen = digits.y < len(names)
    data = Dataset("mine", digits.images[chosen][:300], digits.y[chosen][:300], tuple(names))
    config = RunConfig.make(
        dataset=own.keep(data, root), hidden_units=(32, 16), latent_dim=5, pretrain_epochs=1, batch_size=64,
        n_clusters=len(names), kmeans_n_init=1, max_iterations=10, update_interval=5, tol=0.0,
    )  # fmt: skip
    run = RunFolder.create(root, config, "running")
    for _ in record(run):
        pass
    mark(run, name=f"{names[0]} {MARKS}"[:80])
    return run


def hostile_links(names: list[str], run: RunFolder) -> dict[str, list[dict[str, str]]]:
    """For each screen, what addresses may ask of it: first for the run, then for what is named so and is not there."""
    return {
        "train": [
            {"run": run.id},
            *({"run": name, "preset": name, "dataset": name, "seed": name, "hidden_units": name} for name in names),
        ],
        "inspect": [
            {"run": run.id, "true": names[0], "cluster": "A"},
            *({"run": run.id, "pin": name, "true": f"{name}.", "cluster": name, "order": name} for name in names),
        ],
        "compare": [
            {"run": run.id, "runs": run.id, "true": names[0]},
            *({"run": name, "runs": f"{run.id},{name}", "score": name, "smooth": name} for name in names),
        ],
        "sweep": [{"run": name, "sweep": name} for name in names],
    }


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and what it was asked for."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
