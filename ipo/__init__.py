"""ipo: a workbench for teaching models by hand."""

import importlib
from typing import Any

__version__ = "0.1.0"

# Imported when they are asked for: `import ipo` takes no torch, and no module here knows what is above it.
_FOUND_IN = {
    "attach": "ipo.inspector.attach.attach",
    "inspect": "ipo.inspector.loops.trace",
    "read_inspection": "ipo.inspector.sharing.npz",
    "save_html": "ipo.ui.inspection_file.document",
    "save_npz": "ipo.inspector.sharing.npz",
}


def __getattr__(name: str) -> Any:
    if name not in _FOUND_IN:
        raise AttributeError(f"module 'ipo' has no attribute {name!r}")
    return getattr(importlib.import_module(_FOUND_IN[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_FOUND_IN]
