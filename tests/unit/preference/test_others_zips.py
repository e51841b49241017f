"""Promises of importing: what other programs pack is read with the same safety; nothing saved is touched."""

import io
import json
import math
import stat
import struct
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sessions import (
    KEY,
    changed,
    exported,
    imported,
    in_archive,
    judged_session,
    opened,
    session_files,
    zipped,
)
from tests.support.stores import files_below

ROW, IMAGE = "rows/000002/row.json", "rows/000002/image.png"
DEEP = b"[" * 500 + b"]" * 500
ABOUT, GENERATOR = "session.json", "generator.json"


def files_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened_zip:
        return {name: opened_zip.read(name) for name in opened_zip.namelist()}


def renamed(archive: bytes, rename: Callable[[str], str], **more: bytes) -> bytes:
    return zipped({rename(name): content for name, content in files_of(archive).items()} | more)


def with_backslashes(archive: bytes) -> bytes:
    """As Compress-Archive of Windows PowerShell packs a folder."""
    return renamed(archive, lambda name: f"{KEY.id}\\" + name.replace("/", "\\"))


def with_mixed_slashes(archive: bytes) -> bytes:
    return renamed(archive, lambda name: f"{KEY.id}/" + name.replace("/", "\\", 1))


def from_a_mac(archive: bytes) -> bytes:
    """As the Finder packs a folder."""
    more = {".DS_Store": b"x", "rows/.DS_Store": b"x", "rows/000002/.DS_Store": b"x"}
    files = {**files_of(archive), **more}
    packed = {f"{KEY.id}/{name}": content for name, content in files.items()}
    beside = {f"__MACOSX/{KEY.id}/{Path(name).parent}/._{Path(name).name}": b"\0\5\26\7" for name in files}
    return zipped({**packed, **beside})


def with_folders(archive: bytes) -> bytes:
    """As Info-ZIP packs a folder: folders have entries of their own."""
    names = {f"{KEY.id}/{parent}/" for name in files_of(archive) for parent in Path(name).parents}
    packed = {f"{KEY.id}/{name}": content for name, content in files_of(archive).items()}
    return zipped({**dict.fromkeys(sorted(names), b""), **packed})


def with_large_headers(archive: bytes) -> bytes:
    """As programs pack that write to a pipe: sizes in zip64 fields."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in files_of(archive).items():
            with target.open(name, "w", force_zip64=True) as entry:
                entry.write(content)
    return buffer.getvalue()


def patched(archive: bytes, name: str, change: Callable[[bytearray, int, int], None]) -> bytes:
    """A zip with the local and the central header of an entry changed, given where they begin."""
    content = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened_zip:
        local = opened_zip.getinfo(name).header_offset
    central = archive.rindex(name.encode()) - 46
    change(content, local, central)
    return bytes(content)


def encrypted(archive: bytes) -> bytes:
    def mark(content: bytearray, local: int, central: int) -> None:
        content[local + 6] |= 1
        content[central + 8] |= 1

    return patched(archive, IMAGE, mark)


def packed_otherwise(archive: bytes) -> bytes:
    def mark(content: bytearray, local: int, central: int) -> None:
        struct.pack_into("<H", content, local + 8, 9)
        struct.pack_into("<H", content, central + 10, 9)

    return patched(archive, IMAGE, mark)


def with_a_link(archive: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in files_of(archive).items():
            info = zipfile.ZipInfo(name)
            if name == ROW:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = b"/etc/passwd"
            target.writestr(info, content)
    return buffer.getvalue()


def twice(archive: bytes) -> bytes:
    return renamed(archive, str, **{ROW.replace("/", "\\"): b"{}"})


def record(*path: str | int, value: object) -> Callable[[bytes], bytes]:
    """A zip with one value of a `row.json` changed."""

    def change(archive: bytes) -> bytes:
        told = json.loads(in_archive(archive, ROW))
        place = told
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return changed(archive, {ROW: json.dumps(told).encode()})

    return change


def text(name: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """A zip with some bytes of a file replaced."""

    def change(archive: bytes) -> bytes:
        content = in_archive(archive, name)
        assert old in content
        return changed(archive, {name: content.replace(old, new, 1)})

    return change


def in_utf_16(archive: bytes) -> bytes:
    return changed(archive, {ROW: in_archive(archive, ROW).decode().encode("utf-16")})


def about(**changes: object) -> Callable[[bytes], bytes]:
    return lambda archive: changed(
        archive, {ABOUT: json.dumps({**json.loads(in_archive(archive, ABOUT)), **changes}).encode()}
    )


WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "backslashes": with_backslashes,
    "both kinds of slashes": with_mixed_slashes,
    "from a Mac": from_a_mac,
    "folders as entries": with_folders,
    "zip64": with_large_headers,
    "a folder in a folder": lambda archive: renamed(archive, lambda name: f"preference/{KEY.id}/{name}"),
    "a folder with an accent": lambda archive: renamed(archive, lambda name: f"Café/{name}"),
    "that accent by itself": lambda archive: renamed(
        archive, lambda name: unicodedata.normalize("NFD", f"Café/{name}")
    ),
    "a comment and a prefix": lambda archive: b"#!/bin/sh\n" + archive,
    "records with a byte order mark": lambda archive: changed(
        archive,
        {name: b"\xef\xbb\xbf" + content for name, content in files_of(archive).items() if ".json" in name},
    ),
    "fields of a later version": record("candidate", "later", value={"x": [1]}),
    "a title of another kind": about(title=["x"]),
    "another file beside": lambda archive: changed(archive, {"notes.txt": b"x", "rows/000002/x.txt": b"y"}),
}


@pytest.mark.parametrize("merged", [False, True], ids=["new", "merged"])
@pytest.mark.parametrize("packed", WHOLE)
def test_a_session_is_read_however_it_was_packed(tmp_path: Path, packed: str, merged: bool) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    judged_session(here)
    if merged:
        judged_session(there, rows=2, seed=1)
    before = files_below(there)
    result = imported(there, WHOLE[packed](exported(here)))
    assert (len(result.added), result.damaged) == (4, [])
    assert files_below(there).items() >= before.items()
    found = opened(there)
    assert (len(found.rows), found.damaged) == (4 + 2 * merged, [])


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing at all": (lambda _: b"", "This is not a zip file, or not all of one;"),
    "an empty zip": (lambda _: zipped({}), "The zip has no session.json;"),
    "a zip in a zip": (
        lambda archive: zipped({"export.zip": archive}),
        "The zip holds another, export.zip; that one alone would be right.",
    ),
    "backslashes that lead up": (
        lambda archive: changed(archive, {"..\\..\\evil": b"x"}),
        "The zip has an entry '..\\\\..\\\\evil' that leads out of its folder;",
    ),
    "a drive": (
        lambda archive: changed(archive, {"C:\\evil": b"x"}),
        "The zip has an entry 'C:\\\\evil' that leads out of its folder;",
    ),
    "a server": (
        lambda archive: changed(archive, {"\\\\server\\evil": b"x"}),
        "The zip has an entry '\\\\\\\\server\\\\evil' that leads out of its folder;",
    ),
    "both slashes that lead up": (
        lambda archive: changed(archive, {"rows\\../..\\evil": b"x"}),
        "The zip has an entry 'rows\\\\../..\\\\evil' that leads out of its folder;",
    ),
    "an absolute name": (
        lambda archive: changed(archive, {"/etc/evil": b"x"}),
        "The zip has an entry '/etc/evil' that leads out of its folder;",
    ),
    "one file by two names": (twice, f"The zip has {ROW} twice; once would be right."),
    "a prompt that is a number": (about(prompt=5), "session.json says prompt is 5; text would be right"),
    "a size that is true": (about(size=True), "session.json says size is true; a whole number would be"),
    "a copy that is a number": (about(copy=3), "session.json says copy is 3; text would be right"),
    "a size without end": (about(size=8 * 10**9), "session.json says size is 8000000000; a number of"),
    "a size of 400 digits": (about(size=8 * 10**400), "session.json says size is 8000000000"),
}  # fmt: skip


@pytest.mark.parametrize("zip_", REFUSED)
def test_a_zip_that_is_no_session_is_refused_in_a_sentence(tmp_path: Path, zip_: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    judged_session(here)
    judged_session(there, rows=2, seed=1)
    before = files_below(there)
    change, says = REFUSED[zip_]
    with pytest.raises(ValueError) as caught:
        imported(there, change(exported(here)))
    assert str(caught.value)[: len(says)] == says
    assert files_below(there) == before
    assert not list(tmp_path.rglob("*evil*"))


OF = ("candidate",)  # what a row says of its candidate
WRONG_KINDS: list[tuple[tuple[str | int, ...], object, str]] = [
    ((*OF, "proposer"), 3, "candidate.proposer is 3; text would be right"),
    ((*OF, "prompt"), 5, "candidate.prompt is 5; text would be right"),
    ((*OF, "sd"), "x", 'candidate.sd is "x"; a number would be right'),
    ((*OF, "sd"), -1, "candidate.sd is -1; a number of at least 0"),
    ((*OF, "value"), "0.5", 'candidate.value is "0.5"; a number would be right'),
    ((*OF, "value"), True, "candidate.value is true; a number would be right"),
    ((*OF, "value"), math.nan, "candidate.value is NaN; a finite number would be right"),
    ((*OF, "seed"), "7", 'candidate.seed is "7"; a whole number would be right'),
    ((*OF, "seed"), 2.5, "candidate.seed is 2.5; a whole number would be right"),
    ((*OF, "seed"), 2**63, "candidate.seed is 9223372036854775808; a number below 9223372036854775808"),
    (
        (*OF, "seed"),
        "\x1b[31m\u202e",
        'candidate.seed is "\\u001b[31m⟨U+202E⟩"; a whole number would be right',
    ),
    ((*OF, "id"), "../../x", 'candidate.id is "../../x"; 16 hexadecimal digits would be right'),
    (
        (*OF, "proposer_parameters", "theta"),
        "x",
        'candidate.proposer_parameters is {"theta": "x"}; an object',
    ),
    ((*OF, "settings", "size"), "x", 'candidate.settings is {"size": "x"}; an object with a whole number as'),
    ((*OF, "decoder"), [], "candidate.decoder is []; an object would be right"),
    ((*OF, "decoder", "weights_hash"), 3, "candidate.decoder is {"),
    (("label",), True, "label is true; a whole number would be right"),
    (("label",), "1", 'label is "1"; a whole number would be right'),
    (("judged_at",), "today", 'judged_at is "today"; a time like 2026-01-31T12:00:00+00:00 would be right'),
    (("history",), {}, "history is {}; a list would be right"),
    (("history", 0, "at"), "x", 'history[0].at is "x"; a time like'),
    (("history", 0, "action"), 3, "history[0].action is 3; text would be right"),
    (("files", "image.png", "sha256"), 5, "files.image.png.sha256 is 5; text would be right"),
    (("files",), {}, "files is {}; an object with image.png, latent.npy would be right"),
]
SET_ASIDE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    **{
        f"{'.'.join(map(str, path))} {number}": (record(*path, value=value), f"row.json says {says}")
        for number, (path, value, says) in enumerate(WRONG_KINDS)
    },
    "encrypted": (encrypted, "image.png is encrypted; a zip without a password would be right"),
    "another method": (packed_otherwise, "image.png is compressed by method 9; deflate would be right"),
    "a link": (with_a_link, "row.json is a link in the zip; a file would be right"),
    "twice": (text(ROW, b'"label"', b'"label": 1, "label"'), 'row.json says "label" twice; once would'),
    "no UTF-8": (text(ROW, b'"flat"', b'"fl\xff"'), "row.json is damaged: invalid unicode code point"),
    "half a character": (text(ROW, b'"flat"', b'"\\ud800"'), "row.json is damaged: "),
    "UTF-16": (in_utf_16, "row.json is damaged: "),
    "5,000 digits": (text(ROW, b'"seed": 0', b'"seed": ' + b"9" * 5000), "row.json is damaged: number"),
    "nested 500 deep": (text(ROW, b'"label"', b'"x": ' + DEEP + b', "label"'), "row.json is damaged: rec"),
}


@pytest.mark.parametrize("damage", SET_ASIDE)
def test_a_row_that_does_not_fit_is_set_aside_by_name_and_the_rest_comes(tmp_path: Path, damage: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    judged_session(here)
    judged_session(there, rows=2, seed=1)
    before = files_below(there)
    change, says = SET_ASIDE[damage]
    result = imported(there, change(exported(here)))
    (set_aside,) = result.damaged
    assert (set_aside.folder, set_aside.reason[: len(says)]) == ("rows/000002", says)
    assert len(set_aside.reason) < 200 and set_aside.reason.isprintable()
    assert len(result.added) == 3
    after = files_below(there)
    assert after.items() >= before.items()
    assert (len(opened(there).rows), opened(there).damaged) == (5, [])


ON_DISK = {name: case for name, case in SET_ASIDE.items() if case[1].startswith("row.json says")}


@pytest.mark.parametrize("damage", ON_DISK)
def test_the_same_row_in_a_session_on_disk_is_set_aside_for_the_same_reason(
    tmp_path: Path, damage: str
) -> None:
    judged_session(tmp_path)
    change, says = ON_DISK[damage]
    spoiled = in_archive(change(exported(tmp_path)), ROW)
    folder = tmp_path / "preference" / KEY.id
    (folder / ROW).write_bytes(spoiled)
    before = session_files(tmp_path)
    found = opened(tmp_path)
    (set_aside,) = found.damaged
    assert (set_aside.folder, set_aside.reason[: len(says)], len(found.rows)) == ("000002", says, 3)
    assert session_files(tmp_path) == before


PCG64 = {"bit_generator": "PCG64", "state": {"state": 1, "inc": 1}, "has_uint32": 0, "uinteger": 0}
GENERATORS: dict[str, object] = {
    "a list": [1],
    "an object": {},
    "another generator": {**PCG64, "bit_generator": "MT19937"},
    "a state in text": {**PCG64, "state": {"state": "1", "inc": 1}},
    "a state of 200 digits": {**PCG64, "state": {"state": 10**200, "inc": 1}},
}


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_random_sequence_that_is_none_is_left_out_by_name(tmp_path: Path, generator: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    judged_session(here)
    result = imported(there, changed(exported(here), {GENERATOR: json.dumps(GENERATORS[generator]).encode()}))
    (set_aside,) = result.damaged
    assert set_aside.folder == GENERATOR and "goes on with a new sequence" in set_aside.reason
    assert len(result.added) == 4
    assert GENERATOR not in session_files(there)


def lying_zip(archive: bytes, claimed: int, held: int) -> bytes:
    """A zip whose `image.png` of row 2 claims some bytes and unpacks to many more."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        names = [name for name in old.namelist() if name != IMAGE]
        files = {name: old.read(name) for name in names}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
        with target.open(IMAGE, "w") as entry:
            for _ in range(held // 1_000_000):
                entry.write(bytes(1_000_000))

    def lie(content: bytearray, local: int, central: int) -> None:
        for place in (local + 22, central + 24):
            struct.pack_into("<I", content, place, claimed)
        for place in (local + 14, central + 16):
            struct.pack_into("<I", content, place, zlib.crc32(bytes(claimed)))

    return patched(buffer.getvalue(), IMAGE, lie)


MEASURE = """
import io, resource, sys
from pathlib import Path
from ipo.preference import latents
from ipo.preference.transfer.importing import import_zip
from ipo.jobs import SILENT

archive = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = import_zip(Path(sys.argv[2]), io.BytesIO(archive), lambda key: latents.grid_shape(key.size), SILENT)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown, len(result.added), result.damaged[0].reason)
"""


@pytest.mark.parametrize("claimed", [100, 5_000])
def test_of_an_entry_no_more_is_unpacked_than_it_claims(tmp_path: Path, claimed: int) -> None:
    judged_session(tmp_path / "here")
    (tmp_path / "liar.zip").write_bytes(lying_zip(exported(tmp_path / "here"), claimed, 300_000_000))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "liar.zip"), str(tmp_path / "there")]
    grown, added, reason = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
        maxsplit=2
    )
    assert int(grown) < 30_000, "more than 30 MB for an entry of 100 bytes"
    assert (added, reason.strip()) == ("3", "image.png is no PNG; 64 × 64 pixels would be right")
