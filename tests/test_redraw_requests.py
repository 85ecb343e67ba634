"""What a request for a redraw is mended to, of widgets in fragments and in none."""

from dataclasses import replace

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner.script_runner import RerunData
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import SessionState

from pages.shared.redraw_requests import with_all_used

ASKED = RerunData(fragment_id_queue=["news"], is_fragment_scoped_rerun=True)


@pytest.fixture
def known() -> SessionState:
    """A session that has three of a number, and a button in the fragment "controls"."""
    state, as_it_is = SessionState(), lambda value: value
    for name, kind, fragment in (("number", "double_value", None), ("pause", "trigger_value", "controls")):
        state._set_widget_metadata(
            WidgetMetadata(id=name, deserializer=as_it_is, serializer=as_it_is, value_type=kind, fragment_id=fragment)
        )
    state._new_widget_state.set_from_value("number", 3.0)
    return state


@pytest.mark.parametrize(
    ("widgets", "drawn"),
    [
        ([], ["news"]),
        ([WidgetState(id="number", int_value=3)], ["news"]),  # sent as another type, and the same
        ([WidgetState(id="number", int_value=4)], []),  # which is the page
        ([WidgetState(id="pause", trigger_value=False)], ["news"]),
        ([WidgetState(id="pause", trigger_value=True)], ["news", "controls"]),
        ([WidgetState(id="pause", trigger_value=True), WidgetState(id="number", int_value=4)], []),
        ([WidgetState(id="never drawn", trigger_value=True)], []),
        ([WidgetState(id="never drawn", int_value=4)], ["news"]),
    ],
)
def test_with_the_fragment_is_drawn_what_was_used(known, widgets, drawn):
    mended = with_all_used(replace(ASKED, widget_states=WidgetStates(widgets=widgets)), {}, known)
    assert mended.fragment_id_queue == drawn
    assert mended.is_fragment_scoped_rerun == bool(drawn)


def test_what_is_pressed_again_is_used_and_what_stays_as_it_was_is_not(known):
    widgets = [WidgetState(id="pause", trigger_value=True), WidgetState(id="number", int_value=4)]
    asked = replace(ASKED, widget_states=WidgetStates(widgets=widgets))
    mended = with_all_used(asked, {widget.id: widget for widget in widgets}, known)
    assert mended.fragment_id_queue == ["news", "controls"]
