"""Redraws that are asked for on a screen that has been left, whose browser does not know it yet.

Streamlit draws a fragment for the screen that the browser names. Where another has been drawn since, because somebody
was led along or has pressed a name on top, the browser has that one by the time the answer comes, takes the answer for
one more change of screens and empties itself; nothing is drawn after it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from streamlit.runtime.scriptrunner.script_runner import RerunData, ScriptRunner


def draw_for_latest_screen() -> None:
    """Have every fragment drawn for the screen that was drawn last, whichever the browser names.

    What was pressed is heard, and what both screens have is drawn. Streamlit 1.67 has no other place for this than its
    own method, which tests/browser/test_room.py watches.
    """
    run_script = ScriptRunner._run_script

    @wraps(run_script)
    def run(self: ScriptRunner, asked: RerunData) -> None:
        latest = self._pages_manager.current_page_script_hash  # "" before the first
        if asked.fragment_id_queue and latest:
            asked = replace(asked, page_script_hash=latest)
        run_script(self, asked)

    ScriptRunner._run_script = run
