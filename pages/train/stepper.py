"""Pretraining, centers, clustering: which is done, which is under way, and what it does, in a sentence."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dec_core.config import RunConfig
from dec_core.glossary import explained
from dec_core.methods import METHODS, PHASES, held_steps
from dec_core.reading.progress import Progress
from pages.shared.text import escape, thousands

ABOUT_PHASES = explained("pretraining", "initialization", "clustering")
PRETRAINING = "The autoencoder learns to restore each image from its z; there are no clusters yet."
CENTERS = "A center is placed in the space of z for each cluster."


def stepper(state: str, standing: Progress, config: RunConfig | None, iteration: int, bar: Callable[[], None]) -> None:
    """The phases of a run as `config` has them, with a sentence on the one under way at gradient step `iteration`.

    `bar` draws how far the whole has come.
    """
    done, waits = state == "finished", state == "queued"
    marks = []
    for name in METHODS[config.method].phases if config else PHASES:
        number = PHASES.index(name)
        is_current = standing.step == number and not waits
        icon = "check_circle" if done or standing.step > number else "pending" if is_current else "circle"
        marks.append(f":material/{icon}: {name}")
    sentence = "" if done or waits or config is None else doing(standing.step, config, iteration)
    with st.container(key="phases", gap=None):
        st.markdown("\u2003".join([*marks, f":gray[{sentence}]"] if sentence else marks), help=ABOUT_PHASES)
        bar()


def doing(step: int, config: RunConfig, iteration: int) -> str:
    """What the phase at that place in `PHASES` does; "" before a run and after it."""
    if step not in (0, 1, 2):
        return ""
    if step < 2:
        return (PRETRAINING, CENTERS)[step]
    held = held_steps(config)
    if iteration >= held:
        loss = METHODS[config.method].loss
        return escape(loss.doing) if loss else ""
    until = f"; from step {thousands(held)} on it learns from itself" if held < config.max_iterations else ""
    return f"The network imitates the groups of UMAP and the mixture{until}."
