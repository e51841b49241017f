"""Where a new server looks for the page of an address, before it has run `app.py`, which knows the pages."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[1] / "app.py"))
