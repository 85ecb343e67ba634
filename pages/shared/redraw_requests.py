"""What browsers ask to have drawn anew, where Streamlit would draw the wrong screen, or not all that was asked for.

Streamlit draws a fragment for the screen that the browser names. Where another has been drawn since, because somebody
was led along or has pressed a name on top, the browser has that one by the time the answer comes, takes the answer for
a further change of screens and empties itself; nothing is drawn after it.

And a browser puts all that changes in one moment into one request, which names one fragment alone: where a component
in a fragment asks for a redraw just as somebody presses Start, the request arrives with both, and Start is not heard.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from streamlit.runtime.scriptrunner.script_runner import RerunData, ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import _TRIGGER_PROTO_FIELDS, _has_active_trigger_value

if TYPE_CHECKING:
    from streamlit.proto.WidgetStates_pb2 import WidgetState
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.runtime.state import SessionState

WHOLE_PAGE = None  # as Streamlit names the fragment of what is in none


def mend_redraw_requests() -> None:
    """Have every fragment drawn for the screen that was drawn last, and with it all whose widgets were used as well.

    Streamlit 1.67 has no other place for this than its own method; tests/browser/test_room.py and test_form.py watch.
    """
    run_script = ScriptRunner._run_script
    heard: WeakKeyDictionary[PagesManager, dict[str, WidgetState]] = WeakKeyDictionary()  # last, by session and widget

    @wraps(run_script)
    def run(self: ScriptRunner, asked: RerunData) -> None:
        before = heard.get(self._pages_manager, {})
        if asked.widget_states:
            heard[self._pages_manager] = {widget.id: widget for widget in asked.widget_states.widgets}
        if asked.fragment_id_queue:
            latest = self._pages_manager.current_page_script_hash  # "" before the first
            asked = replace(asked, page_script_hash=latest or asked.page_script_hash)
            if asked.widget_states and not asked.is_auto_rerun:  # what was used just then is told once more
                asked = with_all_used(asked, before, self._session_state._state)
        run_script(self, asked)

    ScriptRunner._run_script = run


def with_all_used(asked: RerunData, before: dict[str, WidgetState], known: SessionState) -> RerunData:
    """The request for fragments, with those of all its widgets that were used; for the page, if one is in none.

    `before`: the widgets of the request before, by id. `known`: what the session has of all.
    """
    used = [widget for widget in asked.widget_states.widgets if _used(widget, before.get(widget.id), known)]
    fragments = dict.fromkeys([*asked.fragment_id_queue, *(_fragment_of(widget, known) for widget in used)])
    if WHOLE_PAGE in fragments:
        return replace(asked, fragment_id_queue=[], is_fragment_scoped_rerun=False)
    return replace(asked, fragment_id_queue=list(fragments))


def _fragment_of(widget: WidgetState, known: SessionState) -> str | None:
    metadata = known.get_widget_metadata(widget.id)
    return metadata.fragment_id if metadata else WHOLE_PAGE


def _used(widget: WidgetState, before: WidgetState | None, known: SessionState) -> bool:
    """Whether it was pressed, or has another value than before that is not the session's own, told back."""
    if widget.WhichOneof("value") in _TRIGGER_PROTO_FIELDS:
        return _has_active_trigger_value(widget)
    if widget == before:
        return False
    had = known._new_widget_state.get_serialized(widget.id)
    return had is not None and _value(had) != _value(widget)


def _value(widget: WidgetState) -> Any:
    """Whichever type it is sent as: whole numbers are sent as such, and kept as others."""
    kind = widget.WhichOneof("value")
    return kind and getattr(widget, kind)
