"""The mark and the word mark. Local files: nothing on the page is fetched from elsewhere."""

from pathlib import Path

MARK = str(Path(__file__).parent / "mark.svg")
LOGO = str(Path(__file__).parent / "logo.svg")
