"""Which trainings of this user are there: a small file each, in a folder that only the user can read."""

import json
import os
import secrets
import socket
import stat
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config

from ipo import records

_MOST_BYTES = 16 * 1024
_Text = Annotated[str, Field(max_length=1000)]


@with_config(records.STRICT)
@dataclass(frozen=True)
class Offer:
    """What one file says: where a training is, and the token that it lets one in by."""

    name: _Text
    url: _Text
    token: _Text
    pid: int
    host: _Text
    started: float  # seconds since 1970


@dataclass(frozen=True)
class Announcement:
    """An offer, and its file: `None` where it could not be written."""

    offer: Offer
    path: Path | None


_SCHEMA = TypeAdapter(Offer)


def folder() -> Path:
    """The folder of the announcements, which need not be there."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "ipo-trainings"
    user = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"ipo-trainings-{user}"


def announce(name: str, url: str, token: str) -> Announcement:
    """Say that a training of this process is there. Where that cannot be written, its URL still works."""
    offer = Offer(name, url, token, os.getpid(), socket.gethostname(), time.time())
    place = folder()
    path = place / f"{os.getpid()}-{secrets.token_hex(4)}.json"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(place):
            return Announcement(offer, None)
        temporary = path.with_suffix(".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(offer), file)
        temporary.replace(path)
    except OSError:
        return Announcement(offer, None)
    return Announcement(offer, path)


def withdraw(announcement: Announcement) -> None:
    """The training is over. Does nothing in a process that was forked from the one that announced."""
    if announcement.path is not None and announcement.offer.pid == os.getpid():
        announcement.path.unlink(missing_ok=True)


def offers() -> list[Offer]:
    """The trainings that are there, the newest first. Files of processes that are gone are removed."""
    place, found = folder(), []
    if not _is_private(place):
        return []
    for path in place.glob("*.json"):
        try:
            offer = records.read(path, _SCHEMA, _MOST_BYTES)
        except (OSError, ValueError):
            continue  # gone meanwhile, or none of ours
        if _is_alive(offer.pid):
            found.append(offer)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda offer: offer.started, reverse=True)


def _is_private(place: Path) -> bool:
    """Whether nobody else can have put files there, or read them."""
    try:
        status = place.lstat()
    except OSError:
        return False
    if sys.platform == "win32":
        return stat.S_ISDIR(status.st_mode)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there a signal would end it; connecting says whether it is
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
