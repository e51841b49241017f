"""A session as a zip file: written row by row, and read with suspicion.

It holds `session.json`, `generator.json`, and the folders of rows and pairs as they are on disk, undone ones
too.
Nothing of an archive is unpacked before its name and its size were looked at, and nothing by its own path.
"""

import contextlib
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ipo.durable import replacing
from ipo.jobs import Progress
from ipo.preference.schema import GENERATOR as GENERATOR_STATE
from ipo.preference.schema import OBJECT
from ipo.preference.storage.files import MAX_IMAGE
from ipo.preference.storage.pairs import IMAGES, LATENTS, PAIR_RECORD, PAIRS, UNDONE_PAIRS
from ipo.preference.storage.rows import IMAGE, LATENT, RECORD
from ipo.preference.storage.sessions import ABOUT, GENERATOR, SessionFolder, SessionKey, parse_key
from ipo.preference.transfer.judgements import Exported
from ipo.records import parse
from ipo.regular_files import read_regular
from ipo.visible import visible

ROWS, UNDONE = "rows", "undone"
ROW_FILES, PAIR_FILES = (IMAGE, LATENT, RECORD), (*IMAGES, *LATENTS, PAIR_RECORD)
FILES = {ROWS: ROW_FILES, PAIRS: PAIR_FILES, UNDONE: ROW_FILES, UNDONE_PAIRS: PAIR_FILES}  # of one folder

MAX_ENTRIES = 1_000_000
MAX_EXPANSION = 50  # times its own size; images and latents hardly shrink in a zip
MAX_TEXT = 1_000_000  # bytes of a JSON file

_NUMBER, _ID, _AGAIN = "[0-9]{6,12}", "[0-9a-f]{16}", "(?:-[0-9]{1,6})?"
_FILE = re.compile(
    rf"((?:{ROWS}|{PAIRS})/{_NUMBER}|{UNDONE}/{_NUMBER}-{_ID}{_AGAIN}"
    rf"|{UNDONE_PAIRS}/{_NUMBER}-{_ID}-{_ID}{_AGAIN})/([a-z.]+)"
)
_KEPT_SECONDS = 7 * 24 * 3600
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # bit of an entry's flags


def exports_folder(home: Path) -> Path:
    """The folder for files to download. They are made anew when asked for, so those of a week ago go."""
    folder = home / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process was first
            if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
                file.unlink()
    return folder


def row_folders(session: Path) -> Iterator[str]:
    """The folders of a session's rows and pairs, as `rows/000001` or `undone/000002-…`.

    Undone ones are looked for last: a row that is undone meanwhile is met there.
    """
    for kind in FILES:
        there = sorted((session / kind).iterdir()) if (session / kind).exists() else []
        names = (f"{kind}/{path.name}" for path in there)
        yield from (name for name in names if _FILE.fullmatch(f"{name}/{RECORD}"))


def files_in(name: str) -> tuple[str, ...]:
    """What the folder of a row or a pair holds, by the folder's name."""
    return FILES[name.split("/")[0]]


def row_files(session: Path, name: str) -> dict[str, bytes]:
    """The files of a folder as far as they are there and are files; none if it was undone meanwhile."""
    files = {}
    for file in files_in(name):
        try:
            files[file] = read_regular(session / name / file, MAX_IMAGE)
        except (FileNotFoundError, IsADirectoryError, ValueError):
            continue
    return files if (session / name).exists() else {}


def export_zip(session: SessionFolder, target: Path, progress: Progress) -> Exported:
    """Write a session to a zip file. Undone rows and pairs are in it and not counted.

    Raises `OSError`; `target` is then as it was.
    """
    total = len(list(row_folders(session.path))) or 1
    rows = pairs = 0
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in (ABOUT, GENERATOR):
            if (session.path / name).exists():
                archive.writestr(name, read_regular(session.path / name, MAX_TEXT))
        for done, name in enumerate(row_folders(session.path)):
            progress.check()
            progress.report(done / total, f"{done} of {total} rows")
            files = row_files(session.path, name)
            for file, content in files.items():
                method = zipfile.ZIP_DEFLATED if file.endswith(".json") else zipfile.ZIP_STORED
                archive.writestr(f"{name}/{file}", content, method)
            rows += bool(files) and name.startswith(f"{ROWS}/")
            pairs += bool(files) and name.startswith(f"{PAIRS}/")
    return Exported(rows, pairs)


class Archive:
    """A zip file with a session, open for reading.

    Raises `ValueError` with what is wrong with it as a whole: no zip, paths that lead out of it, absurd
    sizes, no sound `session.json`.
    """

    def __init__(self, source: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(
                "This is not a zip file, or not all of one; the export of a session would be right."
            ) from error
        entries = self._zip.infolist()
        _check_sizes(entries, source.seek(0, 2))
        self._entries = _entries_of_session(entries)
        self.about, self.key = self._about()

    def row_folders(self) -> list[str]:
        """The names of the folders of rows and pairs, as `rows/000001` or `undone/000002-…`, in order."""
        return sorted({match[1] for name in self._entries if (match := _FILE.fullmatch(name))})

    def row_files(self, name: str, most: Mapping[str, int]) -> dict[str, bytes]:
        """The files of a folder, none longer than `most` says of its kind. Raises `ValueError`."""
        missing = [file for file in files_in(name) if f"{name}/{file}" not in self._entries]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        return {file: self._read(f"{name}/{file}", most[Path(file).suffix]) for file in files_in(name)}

    def generator(self) -> bytes | None:
        """The generator state. Raises `ValueError` where it is damaged."""
        if GENERATOR not in self._entries:
            return None
        content = self._read(GENERATOR, MAX_TEXT)
        parse(content, GENERATOR_STATE, GENERATOR)
        return content

    def _about(self) -> tuple[dict[str, Any], SessionKey]:
        content = self._read(ABOUT, MAX_TEXT)
        return parse(content, OBJECT, ABOUT, finite=False), parse_key(content)

    def _read(self, name: str, most: int) -> bytes:
        entry = self._entries[name]
        file = PurePosixPath(name).name
        if entry.file_size > most:
            raise ValueError(
                f"{file} would unpack to {entry.file_size:,} bytes; up to {most:,} would be right"
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ValueError(f"{file} is a link in the zip; a file would be right")
        if entry.flag_bits & _ENCRYPTED:
            raise ValueError(f"{file} is encrypted; a zip without a password would be right")
        if entry.compress_type not in _METHODS:
            raise ValueError(f"{file} is compressed by method {entry.compress_type}; deflate would be right")
        try:
            with self._zip.open(entry) as content:
                return content.read(entry.file_size)  # never more than was claimed, whatever is in it
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ValueError(f"{file} is damaged in the zip: {error}") from error


def _entries_of_session(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The entries that a session is made of, by their path in its folder. Others are not looked at."""
    named = [(_path_in_zip(entry.filename), entry) for entry in entries]
    root = _root([path for path, _ in named])
    by_path: dict[str, zipfile.ZipInfo] = {}
    for path, entry in named:
        name = path.removeprefix(root)
        if not path.startswith(root) or not (name in (ABOUT, GENERATOR) or _FILE.fullmatch(name)):
            continue
        if name in by_path:
            raise ValueError(f"The zip has {name} twice; once would be right. Nothing was imported.")
        by_path[name] = entry
    return by_path


def _path_in_zip(name: str) -> str:
    """A name with slashes, also where a program of Windows wrote backslashes.

    Raises `ValueError` for one that leads out of the folder that it would be unpacked to.
    """
    path = name.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or ":" in path:
        raise ValueError(
            f"The zip has an entry {name[:80]!r} that leads out of its folder; names like "
            f"{ROWS}/000001/{RECORD} would be right. Nothing was imported."
        )
    return path


def _check_sizes(entries: list[zipfile.ZipInfo], length: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"The zip has {len(entries):,} entries; up to {MAX_ENTRIES:,} would be right.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_EXPANSION * length:
        raise ValueError(
            f"The zip of {length:,} bytes would unpack to {unpacked:,}; up to {MAX_EXPANSION} times its size "
            "would be right. Nothing was imported."
        )


def _root(paths: list[str]) -> str:
    """The folder in the zip that holds the session: none in an export, some if somebody zipped the folder."""
    if ABOUT in paths:
        return ""
    folders = [path.removesuffix(ABOUT) for path in paths if path.endswith(f"/{ABOUT}")]
    if len(set(folders)) == 1:
        return folders[0]
    if folders:
        raise ValueError(f"The zip holds {len(folders)} sessions; a zip of one would be right.")
    inner = next((path for path in paths if path.lower().endswith(".zip")), None)
    if inner is not None:
        raise ValueError(f"The zip holds another, {visible(inner[:80])}; that one alone would be right.")
    raise ValueError(f"The zip has no {ABOUT}; the export of a session would be right.")
