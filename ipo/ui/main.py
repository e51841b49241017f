"""Navigation and sidebar of the app; everything else is a page."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.brand import LOGO, MARK
from ipo.ui.glossary import PAGE as GLOSSARY_URL
from ipo.ui.html import draw_stylesheet
from ipo.ui.key_lists import KEY_LISTS
from ipo.ui.page_paths import (
    DEFAULT_URL,
    GLOSSARY,
    INSPECTOR,
    INSPECTOR_URL,
    LATENT_MAP,
    MAILBOX,
    PREFERENCES,
    SETTINGS,
    SSVAE,
    TRAIN_STAGE,
    VALUE_MODEL,
)
from ipo.ui.preference import selection
from ipo.ui.runtime.live_page import begin_page
from ipo.ui.sidebar import render_sidebar

st.set_page_config(page_title="ipo", page_icon=MARK, layout="wide")
st.logo(LOGO, size="large", icon_image=MARK)
preferences = st.Page(
    PREFERENCES, title="Preferences", icon=":material/thumbs_up_down:", url_path=DEFAULT_URL
)
latent_map = st.Page(LATENT_MAP, title="Latent map", icon=":material/scatter_plot:", url_path="latent_map")
mailbox = st.Page(MAILBOX, title="Mailbox", icon=":material/inbox:", url_path="mailbox")
value_model = st.Page(VALUE_MODEL, title="Value model", icon=":material/insights:", url_path="value_model")
ssvae = st.Page(SSVAE, title="SSVAE", icon=":material/model_training:", url_path="ssvae")
mail = st.Page(TRAIN_STAGE, title="Mail", icon=":material/mark_email_read:", url_path="mail")
inspect = st.Page(INSPECTOR, title="Inspector", icon=":material/frame_inspect:", url_path=INSPECTOR_URL)
settings = st.Page(SETTINGS, title="Settings", icon=":material/settings:", url_path="settings")
glossary = st.Page(
    GLOSSARY, title="Glossary", icon=":material/menu_book:", url_path=GLOSSARY_URL, visibility="hidden"
)
draw_stylesheet()
page = st.navigation(
    {
        "Curate": [preferences, latent_map, mailbox],
        "Train": [value_model, ssvae, mail],
        "Inspect": [inspect, glossary],
        "Project": [settings],
    }
)
begin_page()
st.session_state[Keys.PAGE_FRAGMENT] = None
selection.adopt_choice()
page.run()
paths = {
    preferences: PREFERENCES,
    value_model: VALUE_MODEL,
    ssvae: SSVAE,
    mail: TRAIN_STAGE,
    inspect: INSPECTOR,
}
render_sidebar(
    of_session=page in (preferences, value_model),
    numbers=page is not value_model,
    keys=KEY_LISTS.get(paths.get(page, ""), ()),
)
