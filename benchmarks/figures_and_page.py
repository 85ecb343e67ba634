"""What a benchmark keeps between calls: its figures as JSON, and the page that they make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dec_core.runs.folder import RunFolder


def figures_of(docs: Path, name: str) -> dict[str, Any]:
    """The figures in `NAME.json`; an empty record where nothing is measured yet."""
    path = docs / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_page(docs: Path, name: str, measured: dict[str, Any], page: str) -> None:
    """Write the figures to `NAME.json` and the page to `NAME.md`, each whole or not at all."""
    docs.mkdir(parents=True, exist_ok=True)
    RunFolder.write(docs / f"{name}.json", lambda file: file.write(json.dumps(measured, indent=1).encode()))
    RunFolder.write(docs / f"{name}.md", lambda file: file.write(page.encode()))
