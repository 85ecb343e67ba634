"""The app's script, run from top to bottom for every visitor: page config, navigation, the run picker, a screen."""

import streamlit as st

from pages.shared import link
from pages.shared.components import keys, one_step_an_act, source, style
from pages.shared.focus import screens, supervisor
from pages.shared.picker import browser_title, run_picker
from pages.shared.sign_in import sign_in_first
from pages.shared.visitor import NOBODY, UNKNOWN_VISITOR, must_sign_in, visitor

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
link.arrive(page.url_path)
st.set_page_config(page_title=browser_title(page.title))
with st.container(key="shell"):
    run_picker()
with st.container(key="shortcuts"):
    keys()
    one_step_an_act()
page.run()
link.keep_run()
