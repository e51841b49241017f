"""The workspace of the project folder, for pages: every tab and every reload shares it."""

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ipo.project import project_folder

if TYPE_CHECKING:
    from ipo.services.workspace import Workspace

_workspaces: dict[Path, "Workspace"] = {}
_opening = threading.Lock()


def workspace() -> "Workspace":
    """The workspace of the project folder."""
    home = project_folder()
    return _workspaces.get(home) or _open(home)  # asked for dozens of times by each look at what is due


def forget_workspaces() -> None:
    """Forget all of them, as a process that ends does."""
    _workspaces.clear()


def _open(home: Path) -> "Workspace":
    with _opening:
        if home not in _workspaces:
            # Brings so much that the server begins to listen before.
            from ipo.services.workspace import Workspace

            # What was imported stays: 170,000 objects that no collection needs to visit, for 0.1 s each time.
            gc.freeze()
            _workspaces[home] = Workspace(home)
        return _workspaces[home]
