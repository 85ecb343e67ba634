"""python -m overtaken_server ARGUMENTS: Streamlit, where a request that says SLOW waits for one that comes after it.

On a busy machine a thread that answers a request can be held up at any place; here it is, at the worst.
"""

import runpy
import threading

from streamlit.runtime.state.session_state import SessionState

SLOW = "One cannot tell from this"
HELD_FOR = 3.0  # seconds, if nothing overtakes it

if __name__ == "__main__":
    take_up, another_came, is_told = SessionState.on_script_will_rerun, threading.Event(), threading.Event()
    is_told.set()

    def held_up(self, states, **options):
        """Take up what a request says of the widgets: where it says SLOW, just before the next one is drawn."""
        if states is not None and any(widget.string_value == SLOW for widget in states.widgets):
            another_came.clear()
            is_told.clear()
            another_came.wait(HELD_FOR)
            take_up(self, states, **options)
            is_told.set()
        else:
            take_up(self, states, **options)
            another_came.set()
            is_told.wait(HELD_FOR)

    SessionState.on_script_will_rerun = held_up
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
