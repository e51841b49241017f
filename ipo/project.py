"""The project folder: where everything a user makes lives."""

import os
from pathlib import Path


def project_folder() -> Path:
    """`IPO_HOME`, or `data/` beside `app.py`. The folder need not exist yet."""
    home = os.environ.get("IPO_HOME")
    return Path(home).expanduser() if home else Path(__file__).resolve().parent.parent / "data"
