"""Glossary: what the words of the app mean."""

import streamlit as st

from ipo.ui.glossary import SECTIONS
from ipo.ui.html import div, draw
from ipo.ui.text import plain

st.markdown("Help texts (?) quote these sentences, wherever a term stands.")
for title, terms in SECTIONS.items():
    st.subheader(plain(title))
    lines = [(div(term, class_="term"), div(sentence)) for term, sentence in terms.items()]
    draw(div(*(cell for line in lines for cell in line), class_="ipo-glossary"))
