"""What the components of tensors are made of, for pages and for files."""

from pathlib import Path

from ipo.ui.components.bundle import sources

_HERE = Path(__file__).parent

TENSORS = sources(
    _HERE,
    '<section class="tensors"></section><div class="says"></div>\n',
    "tensors.css",
    ("mount", "keyboard", "theme", "numbers"),
    *("shared.js", "colours.js", "tensor_pictures.js", "tiles.js", "save.js", "figure.js", "tensors.js"),
)
FEATURE_TABLE = sources(
    _HERE,
    '<div class="features" tabindex="0"></div>\n',
    "feature_table.css",
    ("mount", "keyboard", "numbers"),
    *("shared.js", "feature_table.js"),
)
