"""Everything below `ipo.ui` works without Streamlit: in scripts, in benches, on a cluster."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Run in a process of its own, so that nothing that pytest or another test imported counts.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
import ipo
names = ["value_model", "background"]
for module in pkgutil.iter_modules(ipo.__path__, "ipo."):
    if module.name != "ipo.ui":
        names.append(module.name)
        if module.ispkg:
            path = importlib.import_module(module.name).__path__
            names += [below.name for below in pkgutil.walk_packages(path, module.name + ".")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted(sys.modules)}))
"""


def modules_below_ui() -> set[str]:
    """Every module of `ipo/` outside `ipo/ui`, as the files say."""
    names = set()
    for path in (ROOT / "ipo").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts[:2] != ("ipo", "ui"):
            names.add(".".join(parts))
    return names - {"ipo"}


def test_nothing_outside_ipo_ui_imports_streamlit_or_a_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said["imported"]) == modules_below_ui() | {"value_model", "background"}
    packages = {".".join(name.split(".")[:2]) for name in said["loaded"]}
    tops = {name.split(".")[0] for name in said["loaded"]}
    assert not tops & {"streamlit", "pages", "app"}
    assert "ipo.ui" not in packages


def test_rows_can_be_written_without_loading_what_fits_models() -> None:
    """A tool that only reads or writes rows starts at once."""
    code = (
        "import sys, ipo.preference.storage.rows; print(*{'sklearn', 'xgboost', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
