"""Promises of `visible`: nothing in a text hides, or turns what stands around it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ipo.visible import visible


def test_marks_that_nobody_sees_are_shown() -> None:
    assert visible("a\x1b[31m\x7f\x85b") == "a␛[31m␡⟨U+0085⟩b"
    assert visible("invoice\u202egnp.exe") == "invoice⟨U+202E⟩gnp.exe"
    assert visible("one\ntwo\u2028three\ud800") == "one␊two⟨U+2028⟩three⟨U+D800⟩"


def test_writing_of_any_language_stays_as_it_is() -> None:
    for text in ("été, naïve", "مطر على الزجاج", "می‌خواهم", "👩‍🎨", "雨とガラス", "x ≤ ½ · 448²"):
        assert visible(text) == text


@given(st.text(st.characters(codec=None)))
def test_what_is_visible_has_no_control_characters_and_one_line(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(mark) for mark in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown
    shown.encode()
