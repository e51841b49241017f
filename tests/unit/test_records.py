"""Promises of `records`: a record is of the kinds that its schema says, or refused in one sentence."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, JsonValue, TypeAdapter, with_config

from ipo.records import STRICT, fits, parse, read


@with_config(STRICT)
@dataclass(frozen=True)
class Act:
    at: str
    label: Annotated[int, fits(lambda label: label in (1, -1), "1 or -1")]


@with_config(STRICT)
@dataclass(frozen=True)
class Judged:
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    value: float | None
    how: Literal["ucb", "line"]
    title: Annotated[str, Field(max_length=5)]
    settings: dict[str, JsonValue]
    history: Annotated[tuple[Act, ...], Field(min_length=1)]


SCHEMA = TypeAdapter(Judged)
SOUND = (
    b'{"seed": 1, "value": 0.5, "how": "ucb", "title": "moss", "settings": {}, '
    b'"history": [{"at": "now", "label": 1}]}'
)


def told(old: bytes = b"", new: bytes = b"") -> Judged:
    content = SOUND.replace(old, new) if old else SOUND
    assert not old or content != SOUND
    return parse(content, SCHEMA, "row.json")


def test_a_sound_record_is_read_with_its_kinds() -> None:
    record = told()
    assert record.history == (Act("now", 1),)
    assert (record.seed, record.value, record.title) == (1, 0.5, "moss")


def test_a_whole_number_is_a_number_and_null_is_nothing() -> None:
    assert told(b"0.5", b"1").value == 1.0
    assert told(b"0.5", b"null").value is None


def test_fields_that_nobody_knows_are_passed_over() -> None:
    assert told(b'{"seed"', b'{"later": [1, "x"], "seed"') == told()


def test_fields_that_are_left_open_may_have_nan_where_that_is_wanted() -> None:
    content = SOUND.replace(b"{}", b'{"x": NaN}')
    assert math.isnan(parse(content, SCHEMA, "row.json", finite=False).settings["x"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="value is NaN; a finite number would be right"):
        parse(SOUND.replace(b"0.5", b"NaN"), SCHEMA, "row.json", finite=False)


def test_a_byte_order_mark_of_an_editor_is_no_damage() -> None:
    assert parse(b"\xef\xbb\xbf" + SOUND, SCHEMA, "row.json").seed == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"seed": 1', b'"seed": "1"', 'row.json says seed is "1"; a whole number would be right'),
        (b'"seed": 1', b'"seed": 1.0', "row.json says seed is 1.0; a whole number would be right"),
        (b'"seed": 1', b'"seed": true', "row.json says seed is true; a whole number would be right"),
        (b'"seed": 1', b'"seed": -1', "row.json says seed is -1; a number of at least 0 would be right"),
        (b"0.5", b'"x"', 'row.json says value is "x"; a number would be right'),
        (b"0.5", b"true", "row.json says value is true; a number would be right"),
        (b"0.5", b"NaN", "row.json says value is NaN; a finite number would be right"),
        (b"0.5", b"1e999", "row.json says value is Infinity; a finite number would be right"),
        (b'"ucb"', b"3", "row.json says how is 3; 'ucb' or 'line' would be right"),
        (b'"moss"', b"5", "row.json says title is 5; text would be right"),
        (b'"moss"', b'"mosses"', 'row.json says title is "mosses"; up to 5 characters would be right'),
        (b"{}", b"[]", "row.json says settings is []; an object would be right"),
        (b'"label": 1', b'"label": 2', "row.json says history[0].label is 2; 1 or -1 would be right"),
        (b'"label": 1', b'"lable": 1', "row.json has no history[0].label"),
        (b'[{"at": "now", "label": 1}]', b"{}", "row.json says history is {}; a list would be right"),
        (b'{"at": "now", "label": 1}', b"", "row.json says history is []; 1 or more entries would be right"),
        (b'{"seed": 1, ', b"{", "row.json has no seed"),
        (b'"seed": 1', b'"seed": 1, "seed": 1', 'row.json says "seed" twice; once would be right'),
        (b"{}", b'{"x": NaN}', "row.json has NaN; a finite number or null would be right"),
        (b"{}", b'{"x": [-Infinity]}', "row.json has -Infinity; a finite number or null would be right"),
        (b"{}", b'{"x": -1e999}', 'row.json has -1e999; a finite number or null would be right'),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_place_and_what_would_be_right(
    old: bytes, new: bytes, says: str
) -> None:
    with pytest.raises(ValueError) as caught:
        told(old, new)
    assert str(caught.value) == says


@pytest.mark.parametrize("content", [b"[1]", b"3", b"null", b'"text"', b"true"])
def test_another_kind_of_json_is_no_record(content: bytes) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^row\.json is {content.decode()}; an object would be right$".replace("[1]", r"\[1\]"),
    ):
        parse(content, SCHEMA, "row.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        SOUND[:-1],
        SOUND + b"x",
        SOUND.replace(b"moss", b"m\xffss"),  # no UTF-8
        SOUND.replace(b"moss", b"\\ud800"),  # half of a character
        SOUND.decode().encode("utf-16"),
        b"[" * 10_000 + b"]" * 10_000,
        SOUND.replace(b"{}", b'{"x":' * 10_000 + b"1" + b"}" * 10_000),
        SOUND.replace(b"{}", b'{"x": ' + b"[" * 500 + b"]" * 500 + b"}"),
        SOUND.replace(b"{}", b'{"x": ' + b"9" * 5_000 + b"}"),
        b"\x00" * 100,
    ],
)
def test_what_is_no_json_is_said_to_be_damaged(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^row\.json is damaged: .{1,120}$"):
        parse(content, SCHEMA, "row.json")


def test_a_huge_number_where_a_number_may_be_is_said_in_short() -> None:
    with pytest.raises(ValueError, match="a number below 9223372036854775808 would be right") as caught:
        told(b'"seed": 1', b'"seed": ' + b"9" * 3_000)
    assert len(str(caught.value)) < 160


def test_names_and_values_from_elsewhere_are_shown_in_short_and_visibly() -> None:
    with pytest.raises(ValueError) as caught:
        told(b'"moss"', '"a\u202eb\\u001b[31m'.encode() + b"x" * 1000 + b'"')
    assert "a⟨U+202E⟩b" in str(caught.value)
    assert len(str(caught.value)) < 160
    assert str(caught.value).isprintable()


def test_a_record_over_the_limit_is_not_parsed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^row\.json has 999,999 bytes; up to 1,000 would be right$"):
        parse(b"[" * 999_999, SCHEMA, "row.json", 1000)
    (tmp_path / "row.json").write_bytes(b" " * 2000)
    with pytest.raises(ValueError, match=r"^row\.json has 2,000 bytes; up to 1,000 would be right$"):
        read(tmp_path / "row.json", SCHEMA, 1000)


def test_a_record_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "row.json").write_bytes(SOUND)
    assert read(tmp_path / "row.json", SCHEMA).title == "moss"
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.json", SCHEMA)
