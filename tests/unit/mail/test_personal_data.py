"""Promises of personal data: what is some is found, and numbers that are none are left alone."""

import pytest

from ipo.mail.personal_data import Kind, counts, find, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to joe.long+x@mail.example.com.", "Write to [mail address]."),
        ("<a_b@example.co.uk>, or not@all", "<[mail address]>, or not@all"),
        ("Call (415) 555-0132 or 1-800-555-0199 now", "Call [phone] or [phone] now"),
        ("+44 20 7946 0958, +49 (0)30 123456, 415.555.0132", "[phone], [phone], [phone]"),
        ("Card 4111-1111-1111-1111, not 4111-1111-1111-1112", "Card [card], not 4111-1111-1111-1112"),
        ("IBAN GB82 WEST 1234 5698 7654 32, yes", "IBAN [account], yes"),
        ("IBAN GB83 WEST 1234 5698 7654 32, no", None),
        ("account no. 12345678, SSN 123-45-6789", "account no. [account], SSN [account]"),
        ("On 2002-09-02 at 10:00 from 10.0.0.1 for $1,000,000: version 2.4.19-1", None),
        ("Order 12345678 of 1999-2002, 0000000000000000, http://a.example/415-555-0132", None),
    ],
)  # fmt: skip
def test_personal_data_is_masked_and_nothing_else(text: str, masked: str | None) -> None:
    assert mask(text) == (text if masked is None else masked)


def test_what_is_found_lies_where_it_says_and_never_overlaps() -> None:
    text = "joe@example.com or 415-555-0132, account number: 4111 1111 1111 1111"
    found = find(text)
    assert [(one.kind, text[one.start : one.end]) for one in found] == [
        (Kind.ADDRESS, "joe@example.com"),
        (Kind.PHONE, "415-555-0132"),
        (Kind.CARD, "4111 1111 1111 1111"),
    ]


def test_mails_are_counted_not_finds() -> None:
    texts = ["a@example.com b@example.com", "c@example.com 415-555-0132", "nothing"]
    assert counts(texts) == {Kind.ADDRESS: 2, Kind.CARD: 0, Kind.ACCOUNT: 0, Kind.PHONE: 1}
