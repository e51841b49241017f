"""Promises of archives: an export holds the session, an import checks everything and overwrites nothing."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo.images import encode_png
from ipo.jobs import SILENT, Cancelled
from ipo.preference import latents
from ipo.preference.storage.files import latent_bytes
from ipo.preference.storage.rows import BAD, GOOD
from ipo.preference.storage.sessions import SessionFolder, SessionKey, list_sessions
from ipo.preference.transfer.archive import export_zip
from ipo.preference.transfer.importing import import_zip
from tests.support.rows import made_candidate
from tests.support.sessions import (
    KEY,
    Impatient,
    changed,
    edited,
    exported,
    imported,
    in_archive,
    judged_session,
    opened,
    session_files,
    store_of,
    zipped,
)
from tests.support.small_disk import small_disk
from tests.support.stores import files_below


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


# A round trip


def test_an_export_imported_elsewhere_is_the_session_byte_for_byte(here: Path, there: Path) -> None:
    judged_session(here)
    result = imported(there, exported(here))
    assert (result.session.key, result.added, result.already_judged, result.damaged) == (
        KEY,
        [1, 2, 4, 5],
        0,
        [],
    )
    assert files_below(there).keys() == {f"preference/{KEY.id}/{name}" for name in session_files(here)}
    before, after = session_files(here), session_files(there)
    about = "session.json"
    assert (
        json.loads(after.pop(about)).items() >= {"prompt": KEY.prompt, "size": 64, "decoder": "flat"}.items()
    )
    before.pop(about)
    assert after == before


def test_an_import_goes_on_with_the_random_sequence_of_the_export(here: Path, there: Path) -> None:
    judged_session(here)
    imported(there, exported(here))
    with SessionFolder(here, KEY).generator() as one, SessionFolder(there, KEY).generator() as other:
        assert one.integers(2**63) == other.integers(2**63)


def test_what_was_dealt_and_not_judged_stays_at_home(here: Path) -> None:
    judged_session(here)
    store_of(here).save_pending(made_candidate(KEY, np.random.default_rng(9)))
    with zipfile.ZipFile(io.BytesIO(exported(here))) as archive:
        names = archive.namelist()
    assert set(names) == set(session_files(here))


def test_a_title_travels_with_the_session(here: Path, there: Path) -> None:
    judged_session(here)
    SessionFolder(here, KEY).rename("Moss, by Ada")
    assert imported(there, exported(here)).session.name == "Moss, by Ada"
    assert [info.name for info in list_sessions(there)] == ["Moss, by Ada"]


def test_a_session_folder_that_somebody_zipped_by_hand_is_imported_too(here: Path, there: Path) -> None:
    judged_session(here)
    files = files_below(SessionFolder(here, KEY).path)
    by_hand = {f"{KEY.id}/{name}": content for name, content in files.items()}
    assert len(imported(there, zipped({**by_hand, "__MACOSX/._x": b""})).added) == 4


@settings(max_examples=25, deadline=None)
@given(
    mine=st.sets(st.integers(0, 7)),
    theirs=st.sets(st.integers(0, 7), min_size=1),
    undone=st.sets(st.integers(0, 7)),
)
def test_two_sessions_merge_to_the_union_of_their_judgements(
    tmp_path_factory: pytest.TempPathFactory, mine: set[int], theirs: set[int], undone: set[int]
) -> None:
    """What was judged here stays as it is, byte for byte; only what is new comes, each candidate once."""
    rng = np.random.default_rng(3)
    pool = [made_candidate(KEY, rng) for _ in range(8)]
    homes = tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("theirs")
    for home, judged, label in zip(homes, (mine, theirs), (GOOD, BAD), strict=True):
        SessionFolder(home, KEY).create()
        store = store_of(home)
        store.create()
        for which in sorted(judged):
            row = store.save(pool[which], label, f"{label}:{which}")
            if which in undone:
                store.undo(row, f"{label}:{which + 100}")
    before = session_files(homes[0])
    result = imported(homes[0], exported(homes[1]))
    after = session_files(homes[0])
    assert {name: after[name] for name in before} == before
    found = opened(homes[0])
    assert found.damaged == []
    assert [row.number for row in found.rows if row.number in result.added] == result.added
    expected = {pool[i].id: GOOD for i in mine - undone} | {pool[i].id: BAD for i in theirs - mine - undone}
    assert {row.candidate_id: row.label for row in found.rows} == expected
    assert result.already_judged == len((theirs & mine) - undone)
    folders = (SessionFolder(homes[0], KEY).path / "undone").iterdir()
    assert {folder.name.split("-")[1] for folder in folders} == {pool[i].id for i in (mine | theirs) & undone}


def test_importing_twice_adds_nothing_the_second_time(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    imported(there, archive)
    before = files_below(there)
    again = imported(there, archive)
    assert (again.added, again.already_judged) == ([], 4)
    assert files_below(there) == before


def test_an_image_shown_before_an_undo_and_after_it_is_imported_with_both(here: Path, there: Path) -> None:
    judged_session(here, rows=2)
    store = store_of(here)
    candidate = made_candidate(KEY, np.random.default_rng(5))
    store.undo(store.save(candidate, BAD, "a:0"), "a:1")
    store.save(candidate, GOOD, "a:2")
    judged_session(there, rows=1, seed=8)
    assert len(imported(there, exported(here)).added) == 3
    labels = {row.candidate_id: row.label for row in opened(there).rows}
    assert labels[candidate.id] == GOOD


# What goes on during an export


def test_a_row_that_is_undone_during_an_export_is_exported_as_undone(here: Path) -> None:
    first, *_ = judged_session(here)
    store = store_of(here)
    target = here / "export.zip"

    class ThenUndo(Impatient):
        def report(self, fraction: float, message: str = "") -> None:
            if fraction == 0:
                store.undo(first, "tab:99")

    assert export_zip(SessionFolder(here, KEY), target, ThenUndo(100)).rows == 3
    with zipfile.ZipFile(target) as archive:
        assert set(archive.namelist()) == set(session_files(here))


def test_a_cancelled_export_leaves_no_file(here: Path) -> None:
    judged_session(here)
    target = here / "exports" / "session.zip"
    progress = Impatient(3)
    with pytest.raises(Cancelled):
        export_zip(SessionFolder(here, KEY), target, progress)
    assert list(target.parent.iterdir()) == []
    assert progress.fractions == sorted(progress.fractions)


def test_an_export_that_finds_the_disk_full_leaves_the_last_one(here: Path) -> None:
    judged_session(here)
    before = exported(here)
    with small_disk(1000), pytest.raises(OSError):
        exported(here)
    assert files_below(here / "exports") == {"session.zip": before}


@pytest.mark.parametrize("exists", [False, True])
def test_a_cancelled_import_leaves_everything_as_it_was(here: Path, there: Path, exists: bool) -> None:
    judged_session(here)
    if exists:
        judged_session(there, seed=1)
    before = files_below(there)
    with pytest.raises(Cancelled):
        import_zip(there, io.BytesIO(exported(here)), lambda key: latents.grid_shape(key.size), Impatient(3))
    assert files_below(there) == before


def test_an_import_that_finds_the_disk_full_leaves_everything_as_it_was(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    judged_session(there, seed=1)
    before = files_below(there)
    with small_disk(500), pytest.raises(OSError):
        imported(there, archive)
    assert files_below(there) == before


# Archives that are no good as a whole


def refusal(home: Path, archive: bytes) -> str:
    """Why an archive is refused; what is on disk must not change."""
    before = files_below(home)
    with pytest.raises(ValueError) as caught:
        imported(home, archive)
    assert files_below(home) == before
    return str(caught.value)


def test_a_file_that_is_no_zip_is_refused(there: Path) -> None:
    says = refusal(there, b"GIF89a, or anything else")
    assert says == "This is not a zip file, or not all of one; the export of a session would be right."


def test_a_zip_that_was_cut_off_is_refused(here: Path, there: Path) -> None:
    judged_session(here)
    assert refusal(there, exported(here)[:-30]).startswith("This is not a zip file, or not all of one")


@pytest.mark.parametrize(
    "name", ["../evil.txt", "rows/../../evil.txt", "/etc/evil", "rows\\..\\evil", "C:/evil", "a/.."]
)
def test_a_path_that_leads_out_is_refused(here: Path, there: Path, name: str) -> None:
    judged_session(here)
    says = refusal(there, changed(exported(here), {name: b"evil"}))
    assert says == (
        f"The zip has an entry {name!r} that leads out of its folder; names like rows/000001/row.json would "
        "be right. Nothing was imported."
    )
    assert not list(there.parent.rglob("*evil*"))


def test_a_zip_bomb_is_refused_before_it_unpacks(here: Path, there: Path) -> None:
    judged_session(here)
    says = refusal(there, changed(exported(here), {"rows/000001/image.png": b"\0" * 30_000_000}))
    assert "would unpack to 30," in says and says.endswith("Nothing was imported.")


def test_a_zip_without_a_session_says_what_it_lacks(there: Path) -> None:
    says = refusal(there, zipped({"holiday.jpg": b"x" * 100}))
    assert says == "The zip has no session.json; the export of a session would be right."


def test_a_zip_of_several_sessions_is_refused(there: Path) -> None:
    says = refusal(there, zipped({"a/session.json": b"{}", "b/session.json": b"{}"}))
    assert says == "The zip holds 2 sessions; a zip of one would be right."


ABOUTS = {
    b"{": "session.json is damaged: EOF while parsing",
    b"[]": "session.json is []; an object would be right",
    b"[" * 100_000: "session.json is damaged: recursion limit exceeded",
    b'{"size": 64, "decoder": "flat"}': "session.json has no prompt",
    b'{"prompt": "a", "size": "64", "decoder": "flat"}': 'session.json says size is "64"; a whole',
    b'{"prompt": "a", "size": true, "decoder": "flat"}': "session.json says size is true; a whole number",
    b'{"prompt": " ", "size": 64, "decoder": "flat"}': "The prompt is empty.",
    b'{"prompt": "a", "size": 65, "decoder": "flat"}': "Image size 65 is not a positive multiple of 8;",
    b'{"prompt": "a", "size": 64, "decoder": "flat", "copy": "../.."}': "Copy '../..' is not the mark of a",
}


@pytest.mark.parametrize("about", ABOUTS, ids=lambda about: about[:40].decode())
def test_a_session_that_is_described_wrongly_is_refused(here: Path, there: Path, about: bytes) -> None:
    judged_session(here)
    says = refusal(there, changed(exported(here), {"session.json": about}))
    assert says.startswith(ABOUTS[about])


def test_a_session_that_cannot_be_opened_here_is_refused(here: Path, there: Path) -> None:
    judged_session(here)

    def unknown(key: SessionKey) -> tuple[int, ...]:
        raise ValueError(f"No decoder {key.decoder!r} here")

    with pytest.raises(ValueError, match="No decoder 'flat' here"):
        import_zip(there, io.BytesIO(exported(here)), unknown, SILENT)
    assert files_below(there) == {}


# Rows that are damaged

IMAGE, LATENT, RECORD = "rows/000002/image.png", "rows/000002/latent.npy", "rows/000002/row.json"
WHOLE = np.zeros((64, 64, 3), np.uint8)
DAMAGE = {
    "no image": ({IMAGE: None}, "image.png is missing"),
    "no latent": ({LATENT: None}, "latent.npy is missing"),
    "no record": ({RECORD: None}, "row.json is missing"),
    "a JPEG": ({IMAGE: b"\xff\xd8 a JPEG"}, "image.png is no PNG; 64 × 64 pixels would be right"),
    "another image": ({IMAGE: encode_png(WHOLE)}, "image.png is "),
    "a large image": (
        {IMAGE: encode_png(np.zeros((72, 64, 3), np.uint8))},
        "image.png is 64 × 72 pixels; 64 × 64 pixels would be right",
    ),
    "another latent": (
        {LATENT: latent_bytes(latents.prior((4, 8, 8), np.random.default_rng(9)))},
        "latent.npy has sha256 ",
    ),
    "a latent of another size": (
        {LATENT: latent_bytes(latents.prior((4, 9, 9), np.random.default_rng(9)))},
        "latent.npy is not a float32 latent of shape (4, 8, 8): of another size?",
    ),
    "a pickle": ({LATENT: b"\x80\x04evil"}, "latent.npy is not a float32 latent of shape (4, 8, 8)"),
    "a record that is not JSON": ({RECORD: b"{"}, "row.json is damaged: "),
    "a record that is nested without end": (
        {RECORD: b"[" * 100_000},
        "row.json is damaged: recursion limit exceeded",
    ),
    "a record of something else": ({RECORD: b'{"a": 1}'}, "row.json has no candidate"),
    "a list": ({RECORD: b"[]"}, "row.json is []; an object would be right"),
    "an endless record": ({RECORD: b" " * 1_000_001}, "row.json would unpack to 1,000,001 bytes; up to 1,"),
}


@pytest.mark.parametrize("exists", [False, True], ids=["new", "merged"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_row_is_set_aside_by_name_and_the_rest_is_imported(
    here: Path, there: Path, damage: str, exists: bool
) -> None:
    judged_session(here, rows=60)
    changes, says = DAMAGE[damage]
    if exists:
        judged_session(there, seed=1)
    result = imported(there, changed(exported(here), changes))
    (set_aside,) = result.damaged
    assert (set_aside.folder, set_aside.reason[: len(says)]) == ("rows/000002", says)
    assert len(result.added) == 58
    found = opened(there)
    assert (len(found.rows), found.damaged) == (58 + 4 * exists, [])


def test_a_truncated_image_is_named(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    image = in_archive(archive, IMAGE)
    (damaged,) = imported(there, changed(archive, {IMAGE: image[:-9]})).damaged
    assert damaged.reason == f"image.png is truncated: {len(image) - 9} of {len(image)} bytes"


def test_one_byte_that_changed_in_an_image_is_noticed(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    image = bytearray(in_archive(archive, IMAGE))
    image[60] ^= 1
    (damaged,) = imported(there, changed(archive, {IMAGE: bytes(image)})).damaged
    assert damaged.reason.startswith("image.png has sha256 ") and damaged.reason.endswith("would be right")


def test_a_zip_that_rotted_is_noticed_by_its_own_checksum(here: Path, there: Path) -> None:
    judged_session(here)
    archive = bytearray(exported(here))
    image = in_archive(bytes(archive), IMAGE)
    archive[bytes(archive).index(image) + 60] ^= 1
    (damaged,) = imported(there, bytes(archive)).damaged
    assert damaged.folder == "rows/000002" and damaged.reason.startswith("image.png is damaged in the zip: ")


def test_a_record_about_another_latent_is_noticed(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    record = json.loads(in_archive(archive, RECORD))
    record["candidate"]["session"] = "0" * 16
    (damaged,) = imported(there, changed(archive, {RECORD: json.dumps(record).encode()})).damaged
    assert damaged.reason.startswith(f"row.json names candidate {record['candidate']['id']}; its latent is")


def test_a_candidate_comes_once_however_often_the_zip_has_it(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    again = {name.replace("000002", "000007"): in_archive(archive, name) for name in (IMAGE, LATENT, RECORD)}
    result = imported(there, changed(archive, {**again}))
    (damaged,) = result.damaged
    assert damaged.folder == "rows/000007" and damaged.reason.endswith("is that of rows/000002")
    assert len(result.added) == 4


def test_a_damaged_random_sequence_is_named_and_does_not_stop_the_import(here: Path, there: Path) -> None:
    judged_session(here)
    result = imported(there, changed(exported(here), {"generator.json": b"{"}))
    (damaged,) = result.damaged
    assert damaged.folder == "generator.json" and "goes on with a new sequence" in damaged.reason
    assert len(result.added) == 4


def test_a_zip_without_one_sound_row_is_refused(here: Path, there: Path) -> None:
    judged_session(here, rows=1)
    says = refusal(there, changed(exported(here), {"rows/000001/latent.npy": None}))
    assert says == ("No row of the zip is sound. rows/000001: latent.npy is missing. Nothing was imported.")


def test_a_title_that_is_too_long_is_cut(here: Path, there: Path) -> None:
    judged_session(here)
    archive = exported(here)
    about = edited(in_archive(archive, "session.json"), title="moss " * 40)
    assert len(imported(there, changed(archive, {"session.json": about})).session.title) <= 80


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_zip_damaged_anywhere_never_harms_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[float, int]]
) -> None:
    """Whatever happens to its bytes: what is imported is sound, and what was here stays as it was."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    judged_session(here, rows=3)
    judged_session(there, rows=2, seed=1)
    archive = bytearray(exported(here))
    for place, byte in damage:
        archive[int(place * len(archive))] = byte
    before = session_files(there)
    try:
        imported(there, bytes(archive))
    except ValueError as error:
        assert str(error)
    after = session_files(there)
    assert {name: after[name] for name in before} == before
    assert opened(there).damaged == []
    assert not list((there / "preference").glob(".gathered-*"))
