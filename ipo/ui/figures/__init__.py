"""Figures as pure plotly builders: arrays in, a figure out. Axes and fonts follow the theme of the page."""
