"""Where the script of each page lies: Streamlit names a page by that path."""

from pathlib import Path

_PAGES = Path(__file__).resolve().parents[2] / "pages"

PREFERENCES = str(_PAGES / "curation/preferences/page.py")
VALUE_MODEL = str(_PAGES / "training/value_model/page.py")
SSVAE = str(_PAGES / "training/ssvae/page.py")
INSPECTOR = str(_PAGES / "inspection/page.py")
