"""A run at one moment, as Train shows it: made once for all who watch, by whoever looks first.

What Streamlit draws (buttons, messages, which boxes there are) is `layout`: another one needs a redraw. All else moves
without: words and numbers, which are told as they are, and the parts of the boxes, which are fetched by their version.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dec_core.config import RunConfig
from dec_core.methods import METHODS
from dec_core.reading.progress import Progress, progress
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.status import ACTIVE, RunStatus
from pages.shared import focus
from pages.shared.expected import expected_seconds, rates_of_server
from pages.shared.snapshot_view import shown
from pages.shared.views import Views
from pages.train.stepper import doing
from pages.train.waiting import place_in_line
from pages.train.words import Findings, Number, numbers, texts_of, what_is_found

WAIT_FOR_MORE = 900.0  # seconds after a run's end in which what comes late is looked for: a full server is slow
KEPT = 24  # runs whose newest moment is kept
PHASES_SAID = ("Pretraining", "Initializing the centers", "Clustering", "Clustering")  # to who cannot see the screen


@dataclass(frozen=True, eq=False)
class Moment:
    """What there is to see of a run.

    Attributes
    ----------
    number : int
        Of a later moment it is greater; so it is after a restart of the server.
    over : bool
        Whether nothing more will come unless somebody acts.
    """

    number: int
    run: RunFolder
    config: RunConfig
    status: RunStatus
    history: History
    standing: Progress
    views: Views
    numbers: list[Number]
    findings: Findings
    line: str
    over: bool

    @property
    def layout(self) -> str:
        """A text that is another one for another drawing by Streamlit."""
        status, views, iteration = self.status, self.views, self.status.progress.get("iteration", 0)
        drawn = [
            status.state, status.message, status.is_set_aside, status.resumable, self.standing.step,
            doing(self.standing.step, self.config, iteration), [number.label for number in self.numbers],
            self.findings.is_warning, views.damage, views.newest is None, views.clustered, views.has_curves,
            bool(views.umap), self.over,
        ]  # fmt: skip
        return hashlib.sha256(repr(drawn).encode()).hexdigest()[:16]

    @property
    def words(self) -> dict[str, Any]:
        """What is said of it while it moves; an empty line is one that stands still."""
        return {
            "line": self.line,
            "fraction": 1.0 if self.status.state == "finished" else round(min(self.standing.fraction, 1.0), 3),
            "numbers": [texts_of(number) for number in self.numbers],
            "findings": self.findings.text,
            "said": PHASES_SAID[self.standing.step] if self.status.state == "running" else _said(self.status.state),
        }

    @property
    def told(self) -> dict[str, Any]:
        """What browsers that follow the run are told of it."""
        rests = self.status.updated if self.status.state == "paused" else 0.0  # a step that is done is news
        parts = {"layout": self.layout, "words": self.words, "parts": self.views.versions}
        return {**parts, "over": self.over, "rests": rests}


def _said(state: str) -> str:
    return "Waiting" if state == "queued" else state.capitalize()


def moment_of(run: RunFolder) -> Moment:
    """The run as it is now; the moment that was found last where nothing has changed. Raises ConfigError, DataError."""
    return _moments().look(run)


def newest_moment_of(run: RunFolder) -> Moment:
    """The moment that was found last, by whomever. Raises as `moment_of`."""
    return _moments().newest(run) or moment_of(run)


class Moments:
    """The newest moments of the runs that are looked at."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, Moment] = OrderedDict()
        self._lock = threading.Lock()
        self._looking: dict[str, threading.Lock] = {}

    def newest(self, run: RunFolder) -> Moment | None:
        """What was found last."""
        with self._lock:
            return self._newest.get(run.id)

    def look(self, run: RunFolder) -> Moment:
        """What there is now."""
        with self._lock:
            looking = self._looking.setdefault(run.id, threading.Lock())
        with looking:  # whoever comes meanwhile waits, and then finds it made
            before = self.newest(run)
            now = _made(run, max(before.number + 1 if before else 0, int(1000 * time.time())))
            if before is not None and now.told == before.told:
                now = replace(now, number=before.number)
            self._keep(now)
            return now

    def _keep(self, moment: Moment) -> None:
        with self._lock:
            self._newest[moment.run.id] = moment
            self._newest.move_to_end(moment.run.id)
            while len(self._newest) > KEPT:
                gone, _ = self._newest.popitem(last=False)
                self._looking.pop(gone, None)


@st.cache_resource(show_spinner=False)
def _moments() -> Moments:
    return Moments()


def _made(run: RunFolder, number: int) -> Moment:
    config = run.config
    shown(config)
    status = run.status  # before the records: what comes between the two is news
    history = focus.reader(run.id).refresh()
    standing = progress(status, history, config, expected_seconds(config, rates_of_server(config)))
    failed = status.state == "failed"
    line = {"queued": place_in_line, "running": lambda _: standing.status_line}.get(status.state, lambda _: "")(run)
    findings = Findings("", False) if failed else what_is_found(run.id, history, config)
    return Moment(
        number, run, config, status, history, standing, Views(run.id, history, config),
        numbers(history, status.outcome, config, failed=failed), findings, line, _is_over(status, history, config),
    )  # fmt: skip


def _is_over(status: RunStatus, history: History, config: RunConfig) -> bool:
    """Whether nothing more will come: also not its UMAP, the score of a mixture, or why it has ended."""
    if status.state in ACTIVE:
        return False
    # a worker that was killed is gone before the server knows
    return time.time() - status.updated >= WAIT_FOR_MORE or not _is_more_to_come(status, history, config)


def _is_more_to_come(status: RunStatus, history: History, config: RunConfig) -> bool:
    """Whether the worker still adds to a run that has ended: `dec_core.work.postprocess`."""
    scored = (
        status.state == "finished" and "acc" in status.outcome and METHODS[config.method].centers_from != "umap_mixture"
    )
    return history.umap is None or (scored and history.mixture is None)
