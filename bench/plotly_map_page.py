"""A peer of `bench.latent_map`: the same points with Streamlit's own Plotly chart."""

import os

import numpy as np
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
with np.load(os.environ["MAP_POINTS"]) as points:
    x, y = points["places"].T
    marker = {"size": 3, "opacity": 0.5, "color": points["predicted"], "colorscale": "Turbo"}
figure = go.Figure(go.Scattergl(x=x, y=y, mode="markers", marker=marker))
st.plotly_chart(figure, height=700)
