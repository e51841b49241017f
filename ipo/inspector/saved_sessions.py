"""The saved sessions of a project folder: what they are called, and what each says of itself."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ipo.inspector import archive
from ipo.inspector.archive import BadArchive, Header
from ipo.slugs import slug
from ipo.visible import visible


@dataclass(frozen=True)
class SavedSession:
    """One file of a session."""

    path: Path
    saved_at: datetime
    header: Header | None  # None: the file is damaged, which opening it explains

    @property
    def recipe(self) -> str:
        """What it was made with; empty if the file is damaged."""
        return "" if self.header is None else self.header.recipe

    @property
    def title(self) -> str:
        """On one line, for lists."""
        at = f"{self.saved_at:%Y-%m-%d %H:%M:%S}"
        if self.header is None:
            return f"{visible(self.path.stem)} · damaged · {at}"
        header = self.header
        return visible(
            f"{header.condition} · seed {header.seed} · {header.steps} steps · {at} · {header.recipe}"
        )


def file_name(condition: str, seed: int, steps: int, at: datetime) -> str:
    """What the file of a session is called."""
    return f"{slug(condition)} seed {seed}, {steps} steps, {at:%Y-%m-%d %H.%M.%S}.npz"


def list_saved_sessions(folder: Path) -> list[SavedSession]:
    """The sessions in a folder and below, the last one first."""
    found = []
    for path in folder.rglob("*.npz"):
        try:
            saved_at = datetime.fromtimestamp(path.stat().st_mtime)
            header = archive.read_header(path)
        except BadArchive:
            header = None
        except OSError:
            continue  # gone meanwhile, or nobody's to read
        found.append(SavedSession(path, saved_at, header))
    return sorted(found, key=lambda saved: saved.saved_at, reverse=True)
