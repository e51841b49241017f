"""Panels of the page about the value model, one module per subject."""
