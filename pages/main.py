"""The app's script, run from top to bottom for every visitor: page config, navigation, the run picker, a screen."""

import streamlit as st

from pages.shared import link
from pages.shared.attendance import note_projector
from pages.shared.calling_card import calling_card
from pages.shared.components import keys, one_step_an_act, source, style
from pages.shared.focus import focused_run, go_on, screens, supervisor
from pages.shared.following import following, land
from pages.shared.picker import browser_title, run_picker
from pages.shared.recorded import recorded_note
from pages.shared.sign_in import sign_in_first
from pages.shared.visitor import NOBODY, UNKNOWN_VISITOR, is_room, must_sign_in, visitor

MIRRORED = ("learn", "glossary")  # which an instructor shows to a room by a projector: nicknames are not for it

st.set_page_config(page_icon=source("mark.svg"), layout="wide")  # first: that of a screen would come from elsewhere
if must_sign_in():
    sign_in_first()
if visitor() == NOBODY:
    st.warning(UNKNOWN_VISITOR, icon=":material/cookie:")
    st.stop()
supervisor()  # where no server has started it, as in tests
st.logo(source("wordmark.svg"), icon_image=source("mark.svg"), size="large")
style(source("shell.css"), "shell")
page = screens()
land(page.url_path)
go_on()  # where a callback of the screen before has sent the visitor, or where a visit begins
link.arrive(page.url_path)
st.set_page_config(page_title=browser_title(page.title))
in_room = is_room()
with st.container(key="shell", **({"horizontal": True, "wrap": False, "gap": "xsmall"} if in_room else {})):
    run_picker(say_whose=page.url_path not in MIRRORED)
    if in_room:
        note_projector(page.url_path == "projector")
        calling_card()
        beside_picker = st.container(width="content")
with st.container(key="shortcuts"):
    keys()
    one_step_an_act()
recorded_note(page.url_path, focused_run(warn=False))
page.run()
link.keep_run()
if in_room:
    with beside_picker:
        following()
