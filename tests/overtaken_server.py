"""python -m overtaken_server ARGUMENTS: Streamlit, where a request that says SLOW waits for one that comes after it.

On a busy machine a thread that answers a request can be held up at any place; here it is, at the worst.
"""

import runpy
import threading

from streamlit.runtime.state.session_state import SessionState

SLOW = "One cannot tell from this"
HELD_FOR = 3.0  # seconds, if nothing overtakes it

if __name__ == "__main__":
    take_up = SessionState.on_script_will_rerun
    another_came, older_is_taken_up = threading.Event(), threading.Event()
    older_is_taken_up.set()

    def held_up(self, states, **options):
        """Take up what a request says of the widgets: where it says SLOW, just before the next one is drawn."""
        if states is not None and any(widget.string_value == SLOW for widget in states.widgets):
            another_came.clear()
            older_is_taken_up.clear()
            another_came.wait(HELD_FOR)
            take_up(self, states, **options)
            older_is_taken_up.set()
        else:
            take_up(self, states, **options)
            another_came.set()
            older_is_taken_up.wait(HELD_FOR)

    SessionState.on_script_will_rerun = held_up
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
