"""Figures: plotly builders, arrays in and a figure out, and a component that draws tensors on a canvas.

Axes and fonts follow the theme of the page.
"""
