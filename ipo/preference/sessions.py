"""Sessions on disk: one folder per (prompt, size, decoder), found by hash, described by `session.json`."""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from ipo.durable import replace_file
from ipo.preference.rows import now

logger = logging.getLogger("ipo.preference.sessions")

MAX_PROMPT = 1000  # characters
_ABOUT, _GENERATOR = "session.json", "generator.json"


@dataclass(frozen=True)
class SessionKey:
    """What a session is about. Raises `ValueError` for an empty or endless prompt."""

    prompt: str
    size: int  # image side in pixels
    decoder: str

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise ValueError("The prompt is empty. Type what you would like to see.")
        if len(self.prompt) > MAX_PROMPT:
            raise ValueError(
                f"The prompt has {len(self.prompt)} characters; up to {MAX_PROMPT} would be right."
            )

    @property
    def id(self) -> str:
        """Folder name: a hash, so that no text of the user becomes a path."""
        text = json.dumps([self.prompt, self.size, self.decoder], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class SessionInfo:
    """A session as listed."""

    key: SessionKey
    rows: int


class SessionFolder:
    """The files of one session other than its rows."""

    def __init__(self, home: Path, key: SessionKey) -> None:
        self.key = key
        self.path = sessions_folder(home) / key.id

    def create(self) -> None:
        """Make the folder and say in it what it is. Raises `OSError` where that is not allowed."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / _ABOUT).exists():
            about = {**asdict(self.key), "created_at": now()}
            replace_file(self.path / _ABOUT, json.dumps(about, indent=1, ensure_ascii=False).encode())

    @contextlib.contextmanager
    def generator(self) -> Iterator[np.random.Generator]:
        """The session's one random generator; its state is saved on leaving.

        A restart continues the sequence, and two processes share it without repeating a draw.
        """
        path = self.path / _GENERATOR
        with FileLock(self.path / ".generator.lock"):
            rng = np.random.default_rng()
            try:
                rng.bit_generator.state = json.loads(path.read_bytes())
            except FileNotFoundError:
                pass  # the session's first draw: seeded by the system
            except (ValueError, TypeError, KeyError) as error:
                logger.warning("%s is damaged (%s); the session goes on with a new sequence", path, error)
            yield rng
            # No fsync: after a power cut the sequence may repeat a few draws that nobody had judged.
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(rng.bit_generator.state))
            os.replace(temporary, path)


def sessions_folder(home: Path) -> Path:
    return home / "preference"


def list_sessions(home: Path) -> list[SessionInfo]:
    """Sessions with at least one row, most rows first; a folder that does not describe itself is left out."""
    found = []
    for folder in sessions_folder(home).glob("*/"):
        try:
            about = json.loads((folder / _ABOUT).read_bytes())
            key = SessionKey(str(about["prompt"]), int(about["size"]), str(about["decoder"]))
            rows = sum(name.isdigit() for name in os.listdir(folder / "rows"))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if rows and key.id == folder.name:  # a copy under another name is no session of its own
            found.append(SessionInfo(key, rows))
    return sorted(found, key=lambda info: -info.rows)
