"""The confusion matrix of a recorded run, as a table that can be read aloud."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dec_core.analysis.in_words import matrix_in_words
from dec_core.lessons.pieces import ConfusionMatrix
from dec_core.reading.snapshot import Snapshot
from pages.learn.recordings import last_of


def show(options: ConfusionMatrix, _: Any) -> None:
    """Draw the table, and below it what it says."""
    now = last_of(options.run)
    st.html(_table(now))
    st.caption(matrix_in_words(now.confusion, now.run.classes, now.run.noun))


def _table(now: Snapshot) -> str:
    found, run = now.confusion, now.run
    most = max(int(found.counts.max()), 1)
    head = "".join(f'<th scope="col">{escape(run.letters[cluster])}</th>' for cluster in found.clusters)
    rows = []
    for row, name in enumerate(run.classes):
        cells = []
        for column in range(len(found.clusters)):
            n, is_right = int(found.counts[row, column]), bool(found.right[row, column])
            colour = "light-dark(#3f90da, #2f7ac6)" if is_right else "light-dark(#e76300, #c95500)"
            share = round(100 * (n / most) ** 0.5)
            cells.append(
                f'<td class="{"right" if is_right else "wrong"}" style="background: '
                f'color-mix(in srgb, {colour} {min(share, 70)}%, transparent)">{n or ""}</td>'
            )
        rows.append(f'<tr><th scope="row">{escape(str(name))}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="lesson-matrix"><table><caption>Rows: what a digit is. Columns: its cluster.</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
