"""What the list of findings is made of, for pages and for files."""

from pathlib import Path

from ipo.ui.components.bundle import sources

FINDINGS = sources(
    Path(__file__).parent, '<div class="findings"></div>\n', "findings.css", ("mount",), "findings.js"
)
