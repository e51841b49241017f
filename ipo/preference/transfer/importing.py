"""Rows and pairs that come from elsewhere: a session out of a zip file, or the duplicate of one that is here.

Rows are gathered in a folder of their own and checked there. Then that folder takes the session's name, or,
where the session exists, each of them takes a free number in it. What is there already is left alone.

A row that was copied keeps its record as it is, also the candidate's id and the session that it names: they
say where the image was proposed and judged. Only what is judged in the copy carries the copy's id.
"""

import contextlib
import errno
import hashlib
import itertools
import math
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ipo.durable import rename_if_free, sync_all_below, sync_folder
from ipo.images import png_size
from ipo.jobs import Progress
from ipo.pictures.pool import NAME as PICTURES
from ipo.preference.candidates import candidate_id, content_of
from ipo.preference.latents import Latent
from ipo.preference.schema import PAIR, ROW, CandidateRecord
from ipo.preference.settings import SETTINGS
from ipo.preference.storage.numbered_folders import Damaged, now, reason
from ipo.preference.storage.pairs import (
    IMAGES,
    LATENTS,
    PAIR_RECORD,
    PAIRS,
    UNDONE_PAIRS,
    PairStore,
    read_pair,
)
from ipo.preference.storage.rows import IMAGE, LATENT, RECORD, RowStore, read_row
from ipo.preference.storage.sessions import (
    GENERATOR,
    MAX_TITLE,
    SessionFolder,
    SessionInfo,
    SessionKey,
    checked_title,
    describe,
    sessions_folder,
    title_in,
)
from ipo.preference.transfer.archive import FILES, MAX_TEXT, ROWS, UNDONE, Archive, row_files, row_folders
from ipo.records import parse

_GATHERED = ".gathered-"
_STALE_SECONDS = 24 * 3600  # a folder of rows that was left by a process that died


@dataclass(frozen=True)
class Imported:
    """What came out of an archive."""

    session: SessionInfo
    added: list[int]  # numbers of the rows that are new here
    added_pairs: list[int]  # numbers of the pairs that are new here
    already_judged: int  # rows whose candidate was judged here already; they stay as they are here
    damaged: list[Damaged]


@dataclass
class _Gathered:
    """Rows and pairs in a folder of their own, checked, with the candidates that each is about."""

    path: Path
    folders: dict[str, list[str]] = field(default_factory=dict)  # name → candidate ids
    judged: dict[str, str] = field(default_factory=dict)  # candidate id → name; not of what was undone
    damaged: list[Damaged] = field(default_factory=list)

    def add(self, name: str, ids: list[str]) -> None:
        """Note what was written to `name`. Raises `ValueError` for a candidate that was judged already."""
        if name.startswith((f"{ROWS}/", f"{PAIRS}/")):
            for id_ in ids:
                if id_ in self.judged:
                    raise ValueError(f"its candidate {id_} is that of {self.judged[id_]}")
            self.judged |= dict.fromkeys(ids, name)
        self.folders[name] = ids

    def folders_of(self, kind: str, excluded: Collection[str] = ()) -> list[Path]:
        """The folders of a kind, but for those about excluded candidates."""
        names = (name for name in self.folders if name.startswith(f"{kind}/"))
        return [self.path / name for name in names if not any(id_ in excluded for id_ in self.folders[name])]


def import_zip(
    home: Path, source: BinaryIO, shape_of: Callable[[SessionKey], tuple[int, ...]], progress: Progress
) -> Imported:
    """Take in the session of a zip file: all of it, or those rows whose candidates are not here yet.

    `shape_of` says the latent shape of a session and raises `ValueError` for one that cannot be opened here.
    Raises `ValueError` for an archive that is no good as a whole; then nothing was placed. A damaged row is
    left out and named.
    """
    archive = Archive(source)
    key, shape = archive.key, shape_of(archive.key)
    names = archive.row_folders()
    with _gathering(home) as gathered:
        for done, name in enumerate(names):
            progress.check()
            progress.report(done / len(names), f"{done} of {len(names)} rows")
            try:
                gathered.add(name, _bring(archive, name, gathered.path, shape))
            except ValueError as error:
                shutil.rmtree(gathered.path / name, ignore_errors=True)
                gathered.damaged.append(Damaged(name, reason(error)))
        if gathered.damaged and not gathered.judged:
            first = gathered.damaged[0]
            raise ValueError(
                f"No row of the zip is sound. {first.folder}: {first.reason}. Nothing was imported."
            )
        _describe(gathered, archive)
        return _place(home, key, shape, gathered)


def duplicate(home: Path, key: SessionKey, title: str, progress: Progress) -> SessionInfo:
    """Copy a session's rows, undone ones and its random sequence into a session of its own.

    Both go on with the same draws, so that they differ by what is done in them and by nothing else.
    """
    original = SessionFolder(home, key)
    copy = replace(key, copy=secrets.token_hex(3))
    names = list(row_folders(original.path))
    with _gathering(home) as gathered:
        for done, name in enumerate(names):
            progress.check()
            progress.report(done / len(names), f"{done} of {len(names)} rows")
            files = row_files(original.path, name)
            if files:
                _write(gathered.path / name, files)
        if (original.path / GENERATOR).exists():
            shutil.copyfile(original.path / GENERATOR, gathered.path / GENERATOR)
        about = {**copy.record(), "title": checked_title(title), "created_at": now(), "copied_from": key.id}
        with contextlib.suppress(OSError, ValueError):  # a damaged one is named where it is opened
            about |= {name: value for name, value in original.about().items() if name == SETTINGS}
        describe(gathered.path, about)
        rows = len(list((gathered.path / ROWS).iterdir()))
        sync_all_below(gathered.path)
        target = SessionFolder(home, copy).path
        if not rename_if_free(gathered.path, target):
            raise FileExistsError(errno.EEXIST, "another session has this name already", str(target))
        sync_folder(target.parent)
    return SessionInfo(copy, rows, title)


def title_of_copy(name: str, taken: Collection[str]) -> str:
    """What to call a duplicate of a session, unlike any name that is taken."""
    words = itertools.chain(["Copy of"], (f"Copy {count} of" for count in itertools.count(2)))
    titles = (f"{word} {name}" for word in words)
    cut = (title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…" for title in titles)
    return next(title for title in cut if title not in taken)


@contextlib.contextmanager
def _gathering(home: Path) -> Iterator[_Gathered]:
    """A folder for rows beside the sessions; gone afterwards unless it became one."""
    parent = sessions_folder(home)
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_GATHERED}*"):
        with contextlib.suppress(FileNotFoundError):  # another process swept it first
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left)
    gathered = _Gathered(parent / f"{_GATHERED}{secrets.token_hex(8)}")
    for kind in FILES:
        (gathered.path / kind).mkdir(parents=True)
    try:
        yield gathered
    finally:
        shutil.rmtree(gathered.path, ignore_errors=True)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _bring(archive: Archive, name: str, into: Path, shape: tuple[int, ...]) -> list[str]:
    """Write a row or a pair of an archive below `into` and check it. Returns its candidates' ids.

    Raises `ValueError` with what is wrong with it.
    """
    side, of_pictures = archive.key.size, archive.key.decoder == PICTURES
    pixels, numbers = 4 * side * side, 4 * math.prod(shape)
    most = {".png": MAX_TEXT + pixels, ".npy": MAX_TEXT + numbers, ".json": MAX_TEXT}
    files = archive.row_files(name, most)
    for image in (file for file in files if file.endswith(".png")):
        size = png_size(files[image])
        if size is None or (max(size) > side if of_pictures else size != (side, side)):
            actual = "no PNG" if size is None else f"{size[0]} × {size[1]} pixels"
            right = f"up to {side} pixels a side" if of_pictures else f"{side} × {side} pixels"
            raise ValueError(f"{image} is {actual}; {right} would be right")
    _write(into / name, files)
    if RECORD in files:
        z, record, images, latents = np.empty((1, *shape), np.float32), RECORD, [IMAGE], [LATENT]
        candidates = [read_row(into / name, z[0]).candidate]
        sums = parse(files[RECORD], ROW, RECORD).files
    else:
        z, record, images, latents = np.empty((2, *shape), np.float32), PAIR_RECORD, [*IMAGES], [*LATENTS]
        pair = read_pair(into / name, z)
        candidates = [pair.preferred, pair.other]
        sums = parse(files[PAIR_RECORD], PAIR, PAIR_RECORD).files
    for file in (*images, *latents):
        actual, expected = hashlib.sha256(files[file]).hexdigest(), sums[file].sha256
        if actual != expected:
            raise ValueError(
                f"{file} has sha256 {actual[:12]}…; {record} says that {expected[:12]}… would be right"
            )
    return [_checked_id(candidate, latent, record) for candidate, latent in zip(candidates, z, strict=True)]


def _checked_id(candidate: CandidateRecord, z: Latent, record: str) -> str:
    """The id of a candidate. Raises `ValueError` where it is not the hash of its latent, or picture."""
    id_ = candidate_id(candidate.session, z, content_of(candidate.settings))
    if id_ != candidate.id:
        raise ValueError(f"{record} names candidate {candidate.id}; its latent is that of {id_}")
    return id_


def _describe(gathered: _Gathered, archive: Archive) -> None:
    """Write what a new session needs besides rows. A damaged random sequence is named and left out."""
    about = archive.about
    title = checked_title(title_in(about)[:MAX_TITLE])
    lineage = {
        name: about[name] for name in ("created_at", "copied_from") if isinstance(about.get(name), str)
    }
    if SETTINGS in about:
        lineage[SETTINGS] = about[SETTINGS]  # what is wrong with them is said when the session is opened
    describe(gathered.path, {**archive.key.record(), "title": title, **lineage})
    try:
        generator = archive.generator()
    except ValueError as error:
        gathered.damaged.append(Damaged(GENERATOR, f"{error}; the session goes on with a new sequence"))
    else:
        if generator is not None:
            (gathered.path / GENERATOR).write_bytes(generator)


def _place(home: Path, key: SessionKey, shape: tuple[int, ...], gathered: _Gathered) -> Imported:
    """Make what was gathered a session, or add it to the one that exists."""
    session = SessionFolder(home, key)
    rows, pairs = RowStore(session.path, shape), PairStore(session.path, shape)
    sync_all_below(gathered.path)
    if rename_if_free(gathered.path, session.path):
        sync_folder(session.path.parent)
        added, added_pairs = (
            [int(path.name) for path in gathered.folders_of(kind)] for kind in (ROWS, PAIRS)
        )
    else:
        session.create()
        rows.create()
        pairs.create()
        already_judged = rows.candidates() | pairs.candidates_on_disk()
        added, added_pairs = (
            rows.adopt(gathered.folders_of(ROWS, already_judged)),
            pairs.adopt(gathered.folders_of(PAIRS, already_judged)),
        )
        for folder in gathered.folders_of(UNDONE, already_judged):
            rows.adopt_undone(folder)
        for folder in gathered.folders_of(UNDONE_PAIRS, already_judged):
            pairs.adopt_undone(folder)
    info = SessionInfo(key, len(rows.numbers()), session.title())
    return Imported(info, added, added_pairs, len(gathered.folders_of(ROWS)) - len(added), gathered.damaged)
