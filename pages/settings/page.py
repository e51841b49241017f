"""Settings: the project folder, the cluster that computes, data sets, versions."""

from functools import partial

import streamlit as st

from ipo.keys import Keys
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from pages.settings import versions
from pages.settings.cluster import draw_cluster
from pages.settings.datasets import draw_datasets
from pages.settings.project import draw_project
from pages.settings.software import draw_software

LIVE_SECONDS = 1.0  # between two drawings


def render() -> None:
    space = workspace()
    left, right = st.columns([3, 2], gap="large")
    with left:
        live_panel(Keys.SETTINGS_CLUSTER_PANEL, lambda: partial(versions.cluster, space), LIVE_SECONDS)(
            draw_cluster
        )(space.cluster_connection)
    with right:
        live_panel(Keys.SETTINGS_PROJECT_PANEL, lambda: partial(versions.project, space), LIVE_SECONDS)(
            draw_project
        )(space)
        live_panel(Keys.SETTINGS_DATASETS_PANEL, lambda: partial(versions.datasets, space), LIVE_SECONDS)(
            draw_datasets
        )(space)
        draw_software(space.home)


render()
