"""Promises of names of files: whatever a user writes, it is one short name that every file system takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.slugs import slug

NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,48}|[0-9a-f]{8}")


@pytest.mark.parametrize("text", ["slow", "mask_only", "a-b", "x" * 40])
def test_a_plain_name_stays(text: str) -> None:
    assert slug(text) == text


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("lr 0.1/wd 0", "lr-0-1-wd-0-"),
        ("../x", "x-"),
        ("x" * 300, "x" * 40 + "-"),
        ("a\0b", "a-b-"),
        ("con", "con-"),
        ("CON", "con-"),
        ("slow.", "slow-"),
        ("👍", ""),
        ("\u202eslow", "slow-"),
        ("Slow", "slow-"),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_any_other_is_what_is_left_of_it_and_a_hash(text: str, begins: str) -> None:
    assert re.fullmatch(re.escape(begins) + "[0-9a-f]{8}", slug(text))


@given(st.text(), st.text())
def test_two_texts_have_two_names_in_lower_case(one: str, other: str) -> None:
    assert NAME.fullmatch(slug(one))
    assert (slug(one) == slug(other)) == (one == other)
