"""Navigation and sidebar of the app; everything else is a page."""

import streamlit as st

from ipo.ui.sidebar import render_sidebar

st.set_page_config(page_title="ipo", page_icon=":material/landscape:", layout="wide")
page = st.navigation(
    {
        "Curate": [
            st.Page("pages/curation/preferences.py", title="Preferences", icon=":material/thumbs_up_down:")
        ]
    }
)
page.run()
render_sidebar()
