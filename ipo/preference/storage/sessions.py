"""Sessions on disk: one folder per (prompt, size, decoder), found by hash, described by `session.json`."""

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ipo.decoders.settings import Value
from ipo.decoders.versioned import family_of
from ipo.durable import replace_file
from ipo.file_locks import file_lock
from ipo.pictures.pool import NAME as PICTURES
from ipo.preference.schema import GENERATOR as GENERATOR_STATE
from ipo.preference.schema import KEY, OBJECT
from ipo.preference.storage.numbered_folders import now
from ipo.preference.storage.pairs import PAIRS
from ipo.records import MAX_BYTES, parse, read
from ipo.regular_files import read_regular

logger = logging.getLogger("ipo.preference.storage.sessions")

MAX_PROMPT = 1000  # characters
MAX_TITLE = 80  # characters
ABOUT, GENERATOR = "session.json", "generator.json"
ARCHIVED = "archived"  # the entry of `session.json`
_ID = re.compile(r"[0-9a-f]{16}")
_COPY = re.compile(r"[0-9a-f]{0,16}")


@dataclass(frozen=True)
class SessionKey:
    """What a session is about. Raises `ValueError` for an empty or endless prompt."""

    prompt: str
    size: int  # image side in pixels
    decoder: str
    copy: str = ""  # up to 16 hex digits that tell a duplicate from its original; empty for an original
    decoder_settings: tuple[tuple[str, Value], ...] = ()  # of the decoder, those that change pixels, by name

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise ValueError("The prompt is empty. Type what you would like to see.")
        if len(self.prompt) > MAX_PROMPT:
            raise ValueError(
                f"The prompt has {len(self.prompt)} characters; up to {MAX_PROMPT} would be right."
            )
        if not _COPY.fullmatch(self.copy):
            raise ValueError(
                f"Copy {self.copy[:40]!r} is not the mark of a duplicate; 3f9a1c would be right."
            )

    @property
    def id(self) -> str:
        """Folder name: a hash, so that no text of the user becomes a path."""
        parts = [self.prompt, self.size, self.decoder, *([self.copy] if self.copy else [])]
        parts += [dict(self.decoder_settings)] if self.decoder_settings else []
        text = json.dumps(parts, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """What the session is called until someone gives it a title."""
        family = family_of(self.decoder)
        # One that goes on being trained, or of which much can be chosen.
        chosen = f" · {family}" if family != self.decoder or self.decoder_settings else ""
        name = f"{self.prompt}{chosen}"
        if self.decoder != PICTURES:
            name += f" · {self.size}²"
        return f"{name} · copy {self.copy}" if self.copy else name

    @property
    def decoding(self) -> dict[str, Value]:
        """What the decoder is told: the size, and its own settings."""
        return {"size": self.size, **dict(self.decoder_settings)}

    def record(self) -> dict[str, Any]:
        """As `session.json` keeps it."""
        record = {"prompt": self.prompt, "size": self.size, "decoder": self.decoder, "copy": self.copy}
        return record | ({"decoder_settings": dict(self.decoder_settings)} if self.decoder_settings else {})


@dataclass(frozen=True)
class SessionInfo:
    """A session as listed."""

    key: SessionKey
    rows: int
    title: str = ""
    pairs: int = 0
    archived: bool = False  # left out of the list until somebody brings it back

    @property
    def name(self) -> str:
        return self.title or self.key.name

    @property
    def is_empty(self) -> bool:
        """Whether nothing is judged in it."""
        return not (self.rows or self.pairs)


class FolderGone(FileNotFoundError):
    """A session's folder, or one in it, is not there any more. Put it back, or have another one made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The folder {folder} is gone: it was removed, moved or replaced while the app ran. Put it back, "
            "or leave it and get a new one; then press Retry."
        )


class SessionFolder:
    """The files of one session other than its rows."""

    def __init__(self, home: Path, key: SessionKey) -> None:
        self.key = key
        self.path = sessions_folder(home) / key.id
        self.about_path = self.path / ABOUT
        self._last_about: dict[str, Any] = {}  # what `session.json` said when it was read or written last

    def create(self) -> None:
        """Make the folder and say in it what it is. Raises `OSError` where that is not allowed."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.about_path.exists():
            self._describe(self._last_about or {**self.key.record(), "created_at": now()})

    def about(self) -> dict[str, Any]:
        """What `session.json` says. Raises `OSError` or `ValueError`."""
        self._last_about = read(self.about_path, OBJECT, finite=False)
        return self._last_about

    def title(self) -> str:
        """The title that somebody gave the session; empty if nobody did."""
        try:
            return title_in(self.about())
        except (OSError, ValueError):
            return ""

    def rename(self, title: str) -> str:
        """Give the session a title; an empty one brings the default name back. Returns it as it is kept."""
        title = checked_title(title)
        self.keep(title=title)
        return title

    def archive(self, archived: bool) -> None:
        """Leave the session out of the list, or bring it back."""
        self.keep(**{ARCHIVED: archived})

    def keep(self, **entries: Any) -> None:
        """Write entries of `session.json`; the others stay, also where the file was removed meanwhile.

        Raises `OSError` or `ValueError`.
        """
        if not self.path.exists():  # or the lock would make a folder that nobody can tell from an empty one
            raise FolderGone(self.path)
        with file_lock(self.path / ".session.lock"):  # title and settings may be written at once
            try:
                about = self.about()
            except FileNotFoundError:
                self.create()
                about = self._last_about
            self._describe({**about, **entries})

    def _describe(self, about: dict[str, Any]) -> None:
        describe(self.path, about)
        self._last_about = about

    @contextlib.contextmanager
    def generator(self) -> Iterator[np.random.Generator]:
        """The session's one random generator; its state is saved on leaving.

        A restart continues the sequence, and two processes share it without repeating a draw. Raises
        `FolderGone`.
        """
        path = self.path / GENERATOR
        if not self.path.exists():  # or the lock would make a folder that nobody can tell from an empty one
            raise FolderGone(self.path)
        with file_lock(self.path / ".generator.lock"):
            rng = np.random.default_rng()
            try:
                rng.bit_generator.state = asdict(read(path, GENERATOR_STATE))
            except FileNotFoundError:
                pass  # the session's first draw: seeded by the system
            except ValueError as error:
                logger.warning("%s is damaged (%s); the session goes on with a new sequence", path, error)
            yield rng
            # No fsync: after a power cut the sequence may repeat a few draws that nobody had judged.
            replace_file(path, json.dumps(rng.bit_generator.state).encode(), sync=False)


def sessions_folder(home: Path) -> Path:
    return home / "preference"


def describe(folder: Path, about: dict[str, Any]) -> None:
    """Write a folder's `session.json`."""
    replace_file(folder / ABOUT, json.dumps(about, indent=1, ensure_ascii=False).encode())


def checked_title(title: str) -> str:
    """A title on one line. Raises `ValueError` for one that is too long."""
    title = " ".join(title.split())
    if len(title) > MAX_TITLE:
        raise ValueError(f"The title has {len(title)} characters; up to {MAX_TITLE} would be right.")
    return title


def title_in(about: Mapping[str, Any]) -> str:
    """The title in a `session.json`; one that is not text is none."""
    title = about.get("title")
    return title if isinstance(title, str) else ""


def parse_key(content: bytes) -> SessionKey:
    """Which session a `session.json` describes. Raises `ValueError` naming what is missing or wrong."""
    record = parse(content, KEY, ABOUT, finite=False)
    settings = tuple(sorted(record.decoder_settings.items()))
    return SessionKey(record.prompt, record.size, record.decoder, record.copy, settings)


def key_of(home: Path, id_: str) -> SessionKey:
    """The session that is kept under an id. Raises `ValueError` if it is not there, or not sound."""
    if not _ID.fullmatch(id_):
        raise ValueError(f"Session {id_[:40]!r} is none; the id of a session has 16 hexadecimal digits.")
    try:
        key = parse_key(read_regular(sessions_folder(home) / id_ / ABOUT, MAX_BYTES))
    except OSError as error:
        raise ValueError(f"Session {id_} is not in this project folder: {error.strerror}.") from error
    if key.id != id_:
        raise ValueError(f"Session {id_} is a copy of {key.id} under another name.")
    return key


def read_info(folder: Path) -> SessionInfo:
    """The session in a folder, wherever that lies. Raises `OSError` or `ValueError`."""
    content = read_regular(folder / ABOUT, MAX_BYTES)
    about = parse(content, OBJECT, ABOUT, finite=False)
    return SessionInfo(
        parse_key(content),
        _numbered(folder / "rows"),
        title_in(about),
        _numbered(folder / PAIRS),
        about.get(ARCHIVED) is True,
    )


def list_sessions(home: Path) -> list[SessionInfo]:
    """Sessions with at least one row or pair, most rows first; what does not say what it is is left out."""
    sessions = []
    for folder in sessions_folder(home).glob("*/"):
        with contextlib.suppress(OSError, ValueError):
            info = read_info(folder)
            if (
                info.key.id == folder.name and not info.is_empty
            ):  # a copy of a folder is no session of its own
                sessions.append(info)
    return sorted(sessions, key=lambda info: -info.rows)


def by_last_use(home: Path) -> Iterator[SessionKey]:
    """Sessions in the list, the one first that was changed last."""
    sessions = {info.key.id: info.key for info in list_sessions(home) if not info.archived}
    folders = (sessions_folder(home) / id_ for id_ in sessions)
    for folder in sorted(folders, key=_changed_at, reverse=True):
        yield sessions[folder.name]


def _changed_at(folder: Path) -> float:
    """When a session was judged, proposed or described last, in seconds since the epoch."""
    changed = [0.0]
    for name in ("rows", PAIRS, GENERATOR, ABOUT):
        with contextlib.suppress(OSError):
            changed.append((folder / name).stat().st_mtime)
    return max(changed)


def _numbered(folder: Path) -> int:
    """How many numbered folders are in a folder; none if it is not there."""
    return sum(name.isdigit() for name in os.listdir(folder)) if folder.exists() else 0
