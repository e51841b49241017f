"""What is known of the files of a folder: which content each had when it was read, or why it is passed over.

One line of JSON a file, appended as files are read; the last line of a path counts. A file of another size or
time is read again. The index is a help: lines that are damaged are passed over, and their files read again.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, with_config

from ipo.durable import replace_file
from ipo.pictures.listing import File
from ipo.records import STRICT, parse
from ipo.regular_files import open_regular

logger = logging.getLogger("ipo.pictures.index")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as it was when it was read."""

    path: str
    bytes: int
    mtime: int
    content: str = ""  # sha256; empty for what is passed over
    width: int = 0
    height: int = 0
    problem: str = ""

    def is_of(self, file: File) -> bool:
        """Whether the file is still as it was."""
        return (self.path, self.bytes, self.mtime) == (file.path, file.bytes, file.mtime)


_RECORD = TypeAdapter(FileRecord)


class FolderIndex:
    """The index of one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, FileRecord]:
        """By path; nothing where there is none."""
        records: dict[str, FileRecord] = {}
        try:
            with open_regular(self._path) as file:
                lines = file.readall().splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("%s is not used: %s", self._path, error)
            return {}
        damaged = 0
        for line in lines:
            try:
                record = parse(line, _RECORD, self._path.name)
            except ValueError:
                damaged += 1
            else:
                records[record.path] = record
        if damaged:
            logger.warning("%s: %d damaged lines are passed over", self._path, damaged)
        return records

    def add(self, records: Iterable[FileRecord]) -> None:
        """Append some. What cannot be kept is read again the next time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "ab") as file:
                file.write(_lines(records))
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error)

    def replace(self, records: Iterable[FileRecord]) -> None:
        """Keep these and no others."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, _lines(records), sync=False)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error)


def _lines(records: Iterable[FileRecord]) -> bytes:
    return b"".join(json.dumps(asdict(record)).encode() + b"\n" for record in records)
