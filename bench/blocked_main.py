"""The main script of the app, which then waits five seconds if `block` lies beside the project folder."""

import os
import runpy
import time
from pathlib import Path

from ipo.ui.page_paths import MAIN

runpy.run_path(MAIN)
if (Path(os.environ["IPO_HOME"]).parent / "block").exists():
    time.sleep(5)
