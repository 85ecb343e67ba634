"""The app: page config, navigation, the run picker."""

from pathlib import Path

import streamlit as st

from pages.parts.components import style
from pages.parts.focus import keep_choices, keep_focus, screens, supervisor
from pages.parts.picker import run_picker

PARTS = Path(__file__).parent / "pages" / "parts"

st.set_page_config(page_title="Deep clustering, live", page_icon=str(PARTS / "mark.svg"), layout="wide")
supervisor()  # a worker begins to warm up before the page is even drawn
st.logo(str(PARTS / "wordmark.svg"), icon_image=str(PARTS / "mark.svg"), size="large")
style((PARTS / "shell.css").read_text(encoding="utf-8"), "shell")
page = screens()
keep_focus(page.url_path)
if page.url_path != "sweep":
    keep_choices()
with st.container(key="shell"):
    run_picker()
page.run()
