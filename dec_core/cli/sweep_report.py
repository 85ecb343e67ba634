"""What the sweep commands print: a trial in a line, and all of them in a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dec_core.sweeps.plan import SweepPlan


def sentence(row: dict[str, Any]) -> str:
    """A trial in a line."""
    scores = ", ".join(f"{name} {value:.4f}" for name, value in row["scores"].items())
    params = ", ".join(f"{name}={_short(value)}" for name, value in row["params"].items())
    return f"{row['number']} {_state(row)}: {scores + '; ' if scores else ''}{params}; {row['seconds']:.0f} s"


def _state(row: dict[str, Any]) -> str:
    return row["state"] + (f" ({row['ended']})" if row["ended"] not in ("", row["state"]) else "")


def table_text(rows: list[dict[str, Any]], plan: SweepPlan, root: Path) -> str:
    """All trials, best first, as a Markdown table; then the best, and whether the objective agrees with labels."""
    from dec_core.sweeps import outcome

    params = list(dict.fromkeys(name for row in rows for name in row["params"]))
    scores = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    columns = ["trial", "state", *params, *scores, "seconds"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for row in sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["number"])):
        cells = [row["number"], _state(row), *(row["params"].get(name) for name in params)]
        cells += [*(row["scores"].get(name) for name in scores), row["seconds"]]
        lines.append("| " + " | ".join(_short(cell) for cell in cells) + " |")
    best = outcome.best(rows)
    if best:
        runs = ", ".join(str(root / run) for run in best["runs"])
        sentence = outcome.best_in_words(rows, plan.objective, 4)
        labels = " Tuned by labels." if plan.uses_labels else ""
        lines += ["", f"{sentence[0].upper()}{sentence[1:]}. Trial {best['number']} is kept in {runs}.{labels}"]
    sentences = [
        outcome.tried_in_words(rows, plan, {name: name for name in plan.space}),
        outcome.trust_in_words(rows, plan),
    ]
    return "\n".join([*lines, *filter(None, sentences)])


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
