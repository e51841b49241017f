"""Where the script of each page lies: Streamlit names a page by that path."""

from pathlib import Path

_PAGES = Path(__file__).resolve().parents[2] / "pages"

PREFERENCES = str(_PAGES / "curation/preferences.py")
VALUE_MODEL = str(_PAGES / "training/value_model.py")
SSVAE = str(_PAGES / "training/ssvae.py")
INSPECTOR = str(_PAGES / "inspection/page.py")
