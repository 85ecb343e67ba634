"""The screen Projector: one run, or the step that all are shown, large enough for the last row; else the address.

It follows as soon as the instructor chooses something else.
"""

from __future__ import annotations

import streamlit as st

from dec_core.config import ConfigError, RunConfig
from dec_core.data import DataError
from dec_core.figures.shown import SCORES
from dec_core.lessons import Piece, lessons
from dec_core.lessons.pieces import Guess
from dec_core.reading.progress import progress
from dec_core.reading.wall import STATES
from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.room_state import room_state
from dec_core.runs.status import ACTIVE, RunStatus
from pages.shared import components, focus
from pages.shared.addresses import show_invitation
from pages.shared.boxes import Boxes
from pages.shared.following import ROOM, shown_step
from pages.shared.guesses import GUESSES, bars, of_room, question_id, show_bars
from pages.shared.news import RUN, Seen, redraw_on_news, seen
from pages.shared.permission import may_run
from pages.shared.picker import name
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.views import Views
from pages.shared.visitor import is_room

WELCOME = "Open this address"
NOTHING = "What the instructor shows appears here by itself."
LARGE = """<style>
.stMainBlockContainer { padding-top: 0.8rem; }
@media (min-width: 1400px) and (min-height: 860px) { .stMainBlockContainer { zoom: 1.2; } }
@media (min-width: 1700px) and (min-height: 1000px) { .stMainBlockContainer { zoom: 1.45; } }
.stAppHeader, .st-key-shell, .st-key-following { display: none; }
[class*="st-key-head-"] :is([data-testid="stTooltipIcon"], [data-testid="stButtonGroup"], [class*="st-key-mixed"]) {
  display: none;
}
[class*="st-key-head-"] { overflow: visible !important; }
.st-key-shown_step [data-testid="stCaptionContainer"] { font-size: 1.3rem; }
.st-key-shown_step .guesses { max-width: 52rem; }
.st-key-shown_step .guesses li { font-size: 1.7rem; }
.st-key-shown_step .guesses i { height: 1.3rem; }
.st-key-shown_step .guesses em { font-size: 1.2rem; }
.st-key-projected h2 { font-size: 1.9rem; padding: 0; }
.st-key-projected [data-testid="stMetricValue"] { font-size: 2.1rem; }
</style>"""
SHOWN = ("acc", "nmi", "ari", "silhouette", "confidence")


def screen() -> None:
    """Draw what is on the projector, in large type; anew when there is something new."""
    components.style(LARGE, "projector")
    with st.container(key="unseen"):
        components.load_plotly()
    if is_room():
        st.fragment(_view)()


def _view() -> None:
    before_room, room = seen(ROOM, ""), room_state(runs_root())
    run = RunFolder(runs_root() / room.projector)
    if not room.projector or not is_run(run.path) or not may_run("see", run):
        redraw_on_news(_show_step(before_room), key="news_of_projector")
        return
    redraw_on_news(before_room, key="news_of_projector")
    before = seen(RUN, run.id)  # first: what comes while this is drawn is news
    try:
        _show(run, run.config)
    except (ConfigError, DataError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    if run.status.state in ACTIVE:
        redraw_on_news(before)


def _show_step(room: Seen) -> Seen:
    """The title of the step that all are shown, and how the room has guessed; else the address. What was seen of it."""
    name, number, is_revealed = shown_step()
    lesson = next((each for each in lessons()[0] if each.name == name), None)
    if lesson is None or not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(lesson.steps)):
        st.title(WELCOME, anchor=False)
        show_invitation()
        st.caption(NOTHING)
        return room
    step = lesson.steps[int(number) - 1]
    guesses = {
        question_id(name, int(number), i): part.options
        for i, part in enumerate(step.parts)
        if isinstance(part, Piece) and isinstance(part.options, Guess)
    }
    before = seen(GUESSES, *guesses)
    with st.container(key="shown_step"):
        st.caption(f"{escape(lesson.title)} · step {int(number):d} of {len(lesson.steps)}")
        st.title(escape(step.title), anchor=False)
        for question, options in guesses.items():
            _show_guess(question, options, gives_away=is_revealed)
        show_invitation(is_small=True)
    return Seen(room.stamps | before.stamps, room.at)


def _show_guess(question: str, options: Guess, *, gives_away: bool) -> None:
    st.markdown(f"## {escape(options.question)}")
    show_bars(bars(options, of_room(question), "", gives_away=gives_away), gives_away=gives_away)


def _show(run: RunFolder, config: RunConfig) -> None:
    status, history = run.status, focus.reader(run.id).refresh()
    entry = focus.index().entry(run.id)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="projected"):
        line = _line(status, progress(status, history, config).status_line)
        st.markdown(f"## {escape(name(entry)) if entry else 'A run'}\n{escape(line)}", width="stretch")
        for key in (key for key in SHOWN if key in status.outcome):
            value = status.outcome[key]
            st.metric(SCORES[key][0], f"{100 * value:.1f} %" if key == "acc" else f"{value:.3f}", width=150)
    Boxes(Views(run.id, history, config)).show()


def _line(status: RunStatus, line: str) -> str:
    return line if status.state == "running" else STATES[status.state].capitalize()
