"""Promises of session folders: found by hash, one random sequence that never repeats, and listed honestly."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.preference.storage.sessions import SessionFolder, SessionKey, list_sessions
from tests.support.rows import fill_session
from tests.support.small_disk import small_disk

KEY = SessionKey("moss and rust", 64, "flat")


def draw(folder: SessionFolder) -> int:
    with folder.generator() as rng:
        return int(rng.integers(2**63))


def a_session(home: Path, key: SessionKey = KEY) -> SessionFolder:
    folder = SessionFolder(home, key)
    folder.create()
    return folder


# The random sequence


def test_a_generator_goes_on_after_reopening_and_never_repeats(tmp_path: Path) -> None:
    draws = [draw(a_session(tmp_path)) for _ in range(50)]
    assert len(set(draws)) == 50


def test_a_reopened_session_draws_what_one_that_was_never_closed_would_have(tmp_path: Path) -> None:
    here = a_session(tmp_path / "here")
    draw(here)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    in_one_go = [draw(here) for _ in range(5)]
    assert [draw(a_session(tmp_path / "there")) for _ in range(5)] == in_one_go


def test_two_openers_of_one_session_share_one_sequence(tmp_path: Path) -> None:
    first, second = a_session(tmp_path), a_session(tmp_path)
    draw(first)
    shutil.copytree(tmp_path / "preference", tmp_path / "copy" / "preference")
    alone = SessionFolder(tmp_path / "copy", KEY)
    interleaved = [draw(folder) for folder in (first, second, second, first, second)]
    assert interleaved == [draw(alone) for _ in range(5)]


def test_sessions_begin_at_different_places(tmp_path: Path) -> None:
    sessions = [a_session(tmp_path, SessionKey(prompt, 64, "flat")) for prompt in "abc"]
    assert len({draw(folder) for folder in sessions}) == 3


def test_a_draw_whose_state_could_not_be_saved_is_not_used(tmp_path: Path) -> None:
    folder = a_session(tmp_path)
    draw(folder)
    with small_disk(10), pytest.raises(OSError):
        draw(folder)
    assert draw(folder) != draw(folder)


@pytest.mark.parametrize("content", [b"", b'{"bit_generator": "PCG64", "sta', b"[]"])
def test_a_damaged_generator_file_does_not_stop_a_session(tmp_path: Path, content: bytes) -> None:
    """A power cut may leave an empty file, because its writes are not flushed."""
    folder = a_session(tmp_path)
    before = draw(folder)
    (folder.path / "generator.json").write_bytes(content)
    assert len({before, draw(folder), draw(folder)}) == 3


# Keys and folders


@given(prompt=st.text(min_size=1).filter(str.strip), size=st.integers(8, 2048), decoder=st.text(min_size=1))
def test_a_folder_name_is_a_hash_and_nothing_the_user_typed(prompt: str, size: int, decoder: str) -> None:
    name = SessionKey(prompt, size, decoder).id
    assert len(name) == 16 and set(name) <= set("0123456789abcdef")


@pytest.mark.parametrize("prompt", ["../../etc/passwd", "/etc/passwd", "C:\\nul", "a\x00b", "..", "żółw\n"])
def test_no_prompt_leads_out_of_the_project_folder(tmp_path: Path, prompt: str) -> None:
    home = tmp_path / "home"
    folder = a_session(home, SessionKey(prompt, 64, "flat"))
    assert folder.path.parent == home / "preference"
    assert list(tmp_path.iterdir()) == [home]
    assert json.loads((folder.path / "session.json").read_text())["prompt"] == prompt


def test_prompt_size_and_decoder_make_a_session() -> None:
    keys = [KEY, SessionKey("moss and rus", 64, "flat"), SessionKey("moss and rust", 72, "flat")]
    keys += [SessionKey("moss and rust", 64, "procedural"), SessionKey("moss and rust 64", 4, "flat")]
    assert len({key.id for key in keys}) == 5


def test_a_session_is_found_under_the_same_name_for_ever() -> None:
    assert SessionKey("moss and rust", 64, "flat").id == "f0fcfd8755e43f3f"
    assert SessionKey("żółw", 64, "flat").id == "9178f116ebd9e43b"


@pytest.mark.parametrize("prompt", ["", " ", "\n\t"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(ValueError) as caught:
        SessionKey(prompt, 64, "flat")
    assert str(caught.value) == "The prompt is empty. Type what you would like to see."


def test_creating_a_session_again_leaves_its_description_as_it_was(tmp_path: Path) -> None:
    about = a_session(tmp_path).path / "session.json"
    before = about.read_bytes()
    described = json.loads(before)
    assert {name: described[name] for name in ("prompt", "size", "decoder")} == {
        "prompt": "moss and rust",
        "size": 64,
        "decoder": "flat",
    }
    a_session(tmp_path)
    assert about.read_bytes() == before


# Lists


def test_sessions_are_listed_with_their_rows_most_first(tmp_path: Path) -> None:
    small, large = fill_session(tmp_path, 2, 64), fill_session(tmp_path, 4, 72)
    a_session(tmp_path)  # no rows yet
    assert [(info.key, info.rows) for info in list_sessions(tmp_path)] == [(large, 4), (small, 2)]


def test_nothing_is_listed_where_nothing_is(tmp_path: Path) -> None:
    assert list_sessions(tmp_path / "nowhere") == []


FOREIGN = {
    "empty": None,
    "not JSON": b"{",
    "a list": b"[]",
    "another key": b'{"name": "mine"}',
    "a size in words": b'{"prompt": "a", "size": "big", "decoder": "flat"}',
    "an empty prompt": b'{"prompt": "", "size": 64, "decoder": "flat"}',
    "a prompt that is a number": b'{"prompt": 5, "size": 64, "decoder": "flat"}',
    "a prompt that is null": b'{"prompt": null, "size": 64, "decoder": "flat"}',
}


@pytest.mark.parametrize("about", FOREIGN)
def test_a_folder_that_does_not_describe_a_session_is_left_out(tmp_path: Path, about: str) -> None:
    key = fill_session(tmp_path, 2, 64)
    foreign = tmp_path / "preference" / "foreign"
    (foreign / "rows" / "000001").mkdir(parents=True)
    (tmp_path / "preference" / "a file").write_text("")
    content = FOREIGN[about]
    if content is not None:
        (foreign / "session.json").write_bytes(content)
    assert [(info.key, info.rows) for info in list_sessions(tmp_path)] == [(key, 2)]


def test_a_copy_of_a_session_folder_is_not_listed_as_another_session(tmp_path: Path) -> None:
    key = fill_session(tmp_path, 2, 64)
    folder = tmp_path / "preference" / key.id
    shutil.copytree(folder, folder.with_name(f"{key.id} (copy)"))
    assert [info.key for info in list_sessions(tmp_path)] == [key]


def test_rows_that_were_undone_are_not_counted(tmp_path: Path) -> None:
    key = fill_session(tmp_path, 3, 64)
    folder = tmp_path / "preference" / key.id
    (folder / "rows" / "000002").rename(folder / "undone" / "000002-x")
    assert [info.rows for info in list_sessions(tmp_path)] == [2]


# Titles and duplicates


def test_a_title_is_shown_until_it_is_emptied(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path, fill_session(tmp_path, 2, 64))
    before = folder.about()
    assert folder.rename("  Moss,\n by  Ada ") == "Moss, by Ada"
    (info,) = list_sessions(tmp_path)
    assert (info.title, info.name) == ("Moss, by Ada", "Moss, by Ada")
    assert {**folder.about(), "title": ""} == {**before, "title": ""}
    folder.rename(" ")
    (info,) = list_sessions(tmp_path)
    assert info.name == "misty harbour at dawn · 64²"


def test_a_session_of_a_trained_decoder_is_called_by_it() -> None:
    assert SessionKey("7", 448, "ssvae-0123456789abcdef").name == "7 · ssvae · 448²"


def test_a_title_too_long_is_named_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = a_session(tmp_path)
    folder.rename("Moss")
    with pytest.raises(ValueError) as caught:
        folder.rename("m" * 81)
    assert str(caught.value) == "The title has 81 characters; up to 80 would be right."
    assert folder.title() == "Moss"


def test_a_session_whose_description_is_damaged_has_no_title(tmp_path: Path) -> None:
    folder = a_session(tmp_path)
    (folder.path / "session.json").write_text("{")
    assert folder.title() == ""


def test_a_copy_is_another_session_with_a_name_of_its_own() -> None:
    copy = SessionKey("moss and rust", 64, "flat", copy="3f9a1c")
    assert copy.id not in (KEY.id, SessionKey("moss and rust", 64, "flat", copy="3f9a1d").id)
    assert (KEY.name, copy.name) == ("moss and rust · 64²", "moss and rust · 64² · copy 3f9a1c")


@pytest.mark.parametrize("copy", ["../..", "x", "3F", "0" * 17, "٣"])
def test_a_copy_that_is_no_mark_is_refused(copy: str) -> None:
    with pytest.raises(ValueError, match="is not the mark of a duplicate; 3f9a1c would be right"):
        SessionKey("moss and rust", 64, "flat", copy)


def test_what_several_write_at_once_is_all_there(tmp_path: Path) -> None:
    SessionFolder(tmp_path, KEY).create()

    def write(number: int) -> None:
        SessionFolder(tmp_path, KEY).keep(**{f"entry {number}": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    about = SessionFolder(tmp_path, KEY).about()
    assert [about[f"entry {number}"] for number in range(40)] == list(range(40))
