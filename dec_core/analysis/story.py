"""Why one sample lies where it lies, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def story(
    *,
    true: str | None,
    wrong: bool | None,
    noun: str,
    cluster: str,
    second: str,
    confidence: float,
    runner_up: float,
    strip: Sequence[str],
    iterations: Sequence[int],
) -> str:
    """What is known of a sample, in a sentence or two.

    Parameters
    ----------
    true : str or None
        Name of its class, None without labels.
    wrong : bool or None
        Whether its cluster is matched to another class.
    noun : str
        What a sample is: "digit" or "image".
    cluster, second : str
        Names of its cluster and of the second nearest.
    confidence, runner_up : float
        q of the two; NaN where it is not known.
    strip : sequence of str
        The name of its cluster at each moment.
    iterations : sequence of int
        Gradient steps done at those moments.
    """
    what = f"One {noun}" if true is None else f"{_article(true)} {true}"
    verb = "assigned to" if wrong else "in"
    sentence = f"{what} {verb} cluster {cluster}"
    if confidence == confidence:  # not NaN
        sentence += f": q = {confidence:.2f}; the runner-up is {second} with {runner_up:.2f}"
    return f"{sentence}. {_travels(strip, iterations)}".strip()


def _article(name: str) -> str:
    """An 8, an 11, an 18, an 80; an apple."""
    sounds_open = name.startswith("8") or name in ("11", "18") or name[:1].lower() in "aeiou"
    return "An" if sounds_open else "A"


def _travels(strip: Sequence[str], iterations: Sequence[int]) -> str:
    turns = [i for i in range(1, len(strip)) if strip[i] != strip[i - 1]]
    if len(strip) < 2:
        return ""
    if not turns:
        return f"It has been there since step {iterations[0]}, when the centers were initialized."
    last = turns[-1]
    came = f"It moved here from {strip[last - 1]} at step {iterations[last]}"
    if len(turns) == 1:
        return f"{came}."
    return f"{came}, the last of {len(turns)} changes."
