"""What pyproject.toml cannot say: in a wheel the main script, its pages and settings lie within `ipo`.

`app.py` and `pages/` at the top of site-packages would be in the way of other packages.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_FILES = ("app.py", ".streamlit/config.toml")


class BuildWithApp(build_py):
    """Copies the app into `ipo/app`, where `ipo.project.app_folder` looks for it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "ipo" / "app"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree("pages", target / "pages", ignore=shutil.ignore_patterns("__pycache__"))
        for name in _FILES:
            (target / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(name, target / name)


setup(cmdclass={"build_py": BuildWithApp})
