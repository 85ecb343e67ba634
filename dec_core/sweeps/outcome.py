"""What the trials of a sweep say, in words, and what they are too few or too close to say.

Rows are those of `dec_core.sweeps.studies.table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scipy.stats import spearmanr

from dec_core.analysis.verdict import ENOUGH_TRIALS, LEVEL
from dec_core.sweeps.space import Choices, Range

if TYPE_CHECKING:
    from dec_core.sweeps.plan import SweepPlan

MOST_NAMED = 4  # level trials that are named one by one


def best(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The finished row of greatest value; None before there is one."""
    return max((row for row in rows if row["value"] is not None), key=lambda row: row["value"], default=None)


def level_with_best(rows: list[dict[str, Any]]) -> list[int]:
    """The numbers of the finished trials within `LEVEL` of the greatest value, that one among them, ascending."""
    top = best(rows)
    if top is None:
        return []
    return sorted(row["number"] for row in rows if row["value"] is not None and row["value"] >= top["value"] - LEVEL)


def best_in_words(rows: list[dict[str, Any]], name: str, decimals: int) -> str:
    """The greatest value and whose it is; where several trials are level, that none is the best. "" without values.

    `name` is the objective's.
    """
    top, level = best(rows), level_with_best(rows)
    if top is None:
        return ""
    value = f"{name} {top['value']:.{decimals}f}"
    if len(level) == 1:
        return f"best {value}, trial {top['number']}"
    listed = ", ".join(map(str, level[:-1])) + f" and {level[-1]}"
    who = f"trials {listed}" if len(level) <= MOST_NAMED else f"{len(level)} trials"
    return f"{who} are level at {value} (within {LEVEL:.3f})"


def tried_in_words(rows: list[dict[str, Any]], plan: SweepPlan, titles: Mapping[str, str]) -> str:
    """From where to where each field was tried, and what of its range that is; "" before a trial has begun.

    Few trials leave most of a range untried. `titles` are the names of the fields.
    """
    tried = [row["params"] for row in rows if row["state"] != "waiting" and row["params"]]
    parts = [_tried(titles[name], span, [p[name] for p in tried if name in p]) for name, span in plan.space.items()]
    return f"Tried: {'; '.join(filter(None, parts))}." if any(parts) else ""


def _tried(title: str, span: Range | Choices, values: list[Any]) -> str:
    if not values:
        return ""
    if isinstance(span, Choices):
        counts = [(choice, sum(value == choice for value in values)) for choice in span.choices]
        return f"{title} {', '.join(f'{_choice_text(choice)} ({n})' for choice, n in counts)}"
    low, high = min(values), max(values)
    tried = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    return f"{title} {tried} (of {span.low:g} to {span.high:g})"


def _choice_text(choice: Any) -> str:
    return {True: "yes", False: "no", None: "all"}[choice] if isinstance(choice, bool | None) else str(choice)


def rank_correlation(rows: list[dict[str, Any]], name: str) -> float | None:
    """Spearman's rank correlation over the finished rows of a score without labels with ACC.

    `name` is agreement or silhouette. None below `ENOUGH_TRIALS` trials that have both, or where one of them is the
    same in all.
    """
    pairs = _scored(rows, name)
    if len(pairs) < ENOUGH_TRIALS or any(len(set(values)) == 1 for values in zip(*pairs, strict=True)):
        return None
    return float(spearmanr(*zip(*pairs, strict=True)).statistic)


def trust_in_words(rows: list[dict[str, Any]], plan: SweepPlan) -> str:
    """Whether the objective orders trials as accuracy does, or why nobody can say yet; "" where it has no answer."""
    n_scored, correlation = len(_scored(rows, plan.objective)), rank_correlation(rows, plan.objective)
    if plan.uses_labels or not n_scored:
        return ""
    if correlation is not None:
        return f"Rank correlation of {plan.objective} with accuracy over {n_scored} finished trials: {correlation:.2f}."
    if n_scored >= ENOUGH_TRIALS:
        return ""
    return (
        f"The rank correlation of {plan.objective} with accuracy appears after {ENOUGH_TRIALS} finished trials; with "
        "fewer, it is mostly chance."
    )


def _scored(rows: list[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    """The score and ACC of each finished row that has both."""
    finished = [row["scores"] for row in rows if row["state"] == "finished"]
    return [(scores[name], scores["acc"]) for scores in finished if {name, "acc"} <= scores.keys()]
