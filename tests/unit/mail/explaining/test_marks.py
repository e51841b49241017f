"""Phrases of a learning text are found in the mail as it is read."""

from ipo.mail.explaining.knockout import PhraseEffect
from ipo.mail.explaining.marks import Mark, Phrase, carrying_phrases, marks


def test_phrases_are_marked_where_they_stand_whatever_the_white_space() -> None:
    shown = "Dear friend,\n\nact  now\nand win. Bye."
    found = marks(shown, [Phrase("act now and win.", 2.0), Phrase("Bye.", -1.0), Phrase("cut away", 3.0)])
    assert [shown[mark.start : mark.end] for mark in found] == ["act  now\nand win.", "Bye."]
    assert [mark.effect for mark in found] == [2.0, -1.0]


def test_marks_do_not_overlap_and_the_stronger_phrase_has_its_place() -> None:
    assert marks("win win now", [Phrase("win now", 2.0), Phrase("win", 1.0), Phrase("now", 0.5)]) == [
        Mark(0, 3, 1.0),
        Mark(4, 11, 2.0),
    ]


def test_what_hardly_counts_is_not_said() -> None:
    effects = [PhraseEffect(0, 3, 2.0), PhraseEffect(4, 7, -1.0), PhraseEffect(8, 11, 0.01)]
    assert [phrase.text for phrase in carrying_phrases("one two six", effects)] == ["one", "two"]
    assert carrying_phrases("", []) == []
