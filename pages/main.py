"""The app's script, run from top to bottom for every visitor: page config, navigation, the run picker, a screen."""

from pathlib import Path

import streamlit as st

from pages.shared import link
from pages.shared.components import style
from pages.shared.focus import keep_choices, screens, supervisor
from pages.shared.picker import run_picker

SHARED = Path(__file__).parent / "shared"

st.set_page_config(page_title="Deep clustering, live", page_icon=str(SHARED / "mark.svg"), layout="wide")
supervisor()  # where no server has started it, as in tests
st.logo(str(SHARED / "wordmark.svg"), icon_image=str(SHARED / "mark.svg"), size="large")
style((SHARED / "shell.css").read_text(encoding="utf-8"), "shell")
page = screens()
link.arrive(page.url_path)
if page.url_path != "sweep":
    keep_choices()
with st.container(key="shell"):
    run_picker()
page.run()
link.keep_run()
