"""ipo: a workbench for teaching models by hand."""

__version__ = "0.1.0"
