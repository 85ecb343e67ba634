"""Glossary: what the words on all screens mean, with formula, source and the tutorial's counterpart."""

import streamlit as st

from dec_core.glossary import CONCEPTS, PAPERS, entry_of, keys, term
from pages.shared import link
from pages.shared.text import escape

word = (link.asked() or {}).get("word")  # of a link, as lessons have them
if word is not None:
    st.session_state.sought = word[:60]
sought = st.text_input("Find a word", placeholder="q, target, augmentation …", key="sought", width=360).strip()
matches = [key for key in keys() if sought.lower() in f"{term(key).name} {term(key).sentence} {key}".lower()]
matches.sort(key=lambda key: not term(key).name.lower().startswith(sought.lower()))  # what is called so first
if not matches:
    st.markdown(f":gray[No word here contains “{escape(sought, 40)}”.]")
for title, group in (
    ("Concepts", [key for key in matches if key in CONCEPTS]),
    ("Settings of a run", [key for key in matches if key not in CONCEPTS]),
):
    if group:
        st.subheader(title, anchor=title.split()[0].lower())
        for key in group:
            st.markdown(entry_of(key), width=760)
st.caption(PAPERS)
