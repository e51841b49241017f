"""Promises of near-duplicates: what is nearly the same shares a number, what is not does not."""

import random

import numpy as np

from ipo.mail.duplicates import text_groups

LETTER = (
    "Dear {name}, your order {number} has left our house today and will reach you within three days. "
    "You can follow it at {link} at any time. If something is missing, write to us, and we shall send "
    "it again. What you do not like you may return within a month, in the box that it came in; we pay "
    "for that. Please keep this letter, as it is your bill too. We thank you for your trust and hope to"
    " see you in one of our houses before long."
)


def test_case_numbers_white_space_and_links_make_no_difference() -> None:
    texts = [
        "Win 100 now: http://a.example/1",
        "win  7\nNOW: www.b.example",
        "Win nothing now: http://a.example/1",
    ]
    groups = text_groups(texts).tolist()
    assert groups[0] == groups[1] != groups[2]


def test_letters_that_differ_by_a_name_are_one_group_and_others_are_not() -> None:
    letters = [
        LETTER.format(name=name, number=number, link=f"http://{number}.example")
        for name, number in (("Joe", 1), ("Ann Long", 22), ("everybody out there", 333))
    ]
    groups = text_groups(
        [letters[0], "We meet at ten, as always.", *letters[1:], "Nothing in common with it."]
    )
    assert groups.tolist() == [0, 1, 0, 0, 2]
    assert groups.dtype == np.int32


def test_nothing_a_word_and_many_equal_ones() -> None:
    assert text_groups([]).tolist() == []
    assert text_groups(["", "a", "", "!", "b", "a"]).tolist() == [0, 1, 0, 0, 2, 1]
    assert set(text_groups(["the same mail again and again"] * 10_000).tolist()) == {0}


def test_the_corpus_is_grouped_alike_whatever_the_order(mail_texts: list[str]) -> None:
    groups = text_groups(mail_texts)
    assert 4_800 < groups.max() + 1 < 5_500
    sizes = np.bincount(groups)
    assert sizes.max() < 100
    some = mail_texts[::5]
    order = list(range(len(some)))
    random.Random(1).shuffle(order)
    shuffled = text_groups([some[row] for row in order])
    assert abs(int(shuffled.max()) - int(text_groups(some).max())) < 5
