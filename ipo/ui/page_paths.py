"""Where the main script and that of each page lie: Streamlit names a page by that path."""

from pathlib import Path

from ipo.project import app_folder

_PAGES = app_folder() / "pages"

MAIN = str(Path(__file__).with_name("main.py"))
PREFERENCES = str(_PAGES / "curation/preferences/page.py")
VALUE_MODEL = str(_PAGES / "training/value_model/page.py")
SSVAE = str(_PAGES / "training/ssvae/page.py")
INSPECTOR = str(_PAGES / "inspection/page.py")
