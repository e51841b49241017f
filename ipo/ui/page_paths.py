"""Where the main script and that of each page lie: Streamlit names a page by that path."""

from pathlib import Path

from ipo.project import app_folder

_PAGES = app_folder() / "pages"

DEFAULT_URL = "preferences"  # of the page that Streamlit serves at the root of the app
INSPECTOR_URL = "inspect"

MAIN = str(Path(__file__).with_name("main.py"))
PREFERENCES = str(_PAGES / "curation/preferences/page.py")
LATENT_MAP = str(_PAGES / "curation/latent_map/page.py")
MAILBOX = str(_PAGES / "curation/mailbox/page.py")
VALUE_MODEL = str(_PAGES / "training/value_model/page.py")
SSVAE = str(_PAGES / "training/ssvae/page.py")
TRAIN_STAGE = str(_PAGES / "training/train_stage/page.py")
INSPECTOR = str(_PAGES / "inspection/page.py")
SETTINGS = str(_PAGES / "settings/page.py")
GLOSSARY = str(_PAGES / "glossary/page.py")
