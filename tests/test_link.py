"""Link and state of a screen: listened to where a person has followed one, and never to an echo."""

import pytest
from screens import PATIENCE
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from pages.shared import link

pytestmark = pytest.mark.slow


def screen():
    import streamlit as st

    from pages.shared import link

    def colour(name):
        st.session_state.colour = name

    link.arrive(st.session_state.get("page_to_open", "train"))
    asked = link.asked()
    if asked:
        st.session_state.colour = asked.get("colour", "")
    st.button("red", on_click=colour, args=("red",))
    st.write(st.session_state.get("colour", ""))
    link.write({"colour": st.session_state.colour} if st.session_state.get("colour") else {})


@pytest.fixture
def at():
    return AppTest.from_function(screen, default_timeout=PATIENCE)


def arrives_late(at, query):
    """A request with an address that the browser had before it heard of a newer one."""
    at.query_params.clear()
    at.query_params.update(query)
    return at.run()


def test_a_new_visit_is_what_its_link_says(at):
    at.query_params["colour"] = "blue"
    assert at.run().markdown[0].value == "blue"


def test_the_link_follows_what_is_shown_and_an_echo_of_the_one_before_is_written_anew(at):
    at.query_params["colour"] = "blue"
    at.run().button[0].click().run()
    assert at.query_params["colour"] == "red"
    for _ in range(3):
        arrives_late(at, {"colour": "blue"})
        assert at.markdown[0].value == "red" and at.query_params["colour"] == "red"


def test_what_is_taken_back_before_the_address_shows_it_is_taken_out_of_the_address(at, monkeypatch):
    """A second click may come with the address of before the first, whose own is still on its way to the browser."""
    sent, send = [], QueryParamsProxy.from_dict
    monkeypatch.setattr(
        QueryParamsProxy, "from_dict", lambda self, query: (sent.append(dict(query)), send(self, query))
    )
    at.run().button[0].click().run()
    assert sent == [{"colour": "red"}]
    at.session_state["colour"] = ""
    arrives_late(at, {})
    assert sent == [{"colour": "red"}, {}]
    arrives_late(at, {})
    assert len(sent) == 2


def test_going_back_is_followed_although_it_says_what_an_echo_would_say(at, monkeypatch):
    at.query_params["colour"] = "blue"
    at.run().button[0].click().run()
    monkeypatch.setattr(link, "went_back", lambda: True)
    assert arrives_late(at, {"colour": "blue"}).markdown[0].value == "blue"


def test_another_screen_without_a_link_keeps_the_run_in_focus_and_what_was_chosen(at):
    at.query_params.update({"colour": "blue", "run": "a"})
    at.run()
    at.session_state["page_to_open"] = "inspect"
    arrives_late(at, {})
    assert at.query_params == {"run": "a", "colour": "blue"} and at.markdown[0].value == "blue"


def test_the_context_of_a_drawing_still_says_that_somebody_went_back():
    def drawing():
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        st.write(get_script_run_ctx().is_history_navigation)

    assert AppTest.from_function(drawing, default_timeout=PATIENCE).run().markdown[0].value in ("False", "`False`")
