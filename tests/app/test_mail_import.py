"""Bringing one's own mails on the page: what cannot be read is listed, and a bad file changes nothing."""

from pathlib import Path

import pytest

from ipo.keys import Keys
from ipo.mail import mail_sets
from ipo.mail.mails import SAFE, SPAM
from tests.support.mail import mbox, message
from tests.support.mail_page import MailPage

CSV = (
    "Subject,Body,label\n"
    + "".join(f"Offer {at},Win {at} now,spam\nLunch {at},At {at} o'clock?,ham\n" for at in range(8))
    + "Odd,Who knows,perhaps\n"
)


def upload(page: MailPage, name: str, content: bytes) -> None:
    page.app.file_uploader(key=Keys.TRAIN_STAGE_UPLOAD).upload(name, content)
    page.draw()


def problems(page: MailPage) -> list[str]:
    """Where and why, of each that is listed."""
    (report,) = (table.value for table in page.app.dataframe if list(table.value.columns) == ["where", "why"])
    return [f"{where}: {why}" for where, why in zip(report["where"], report["why"], strict=True)]


def test_a_table_comes_in_and_is_ready_to_train_with_bad_rows_listed(home: Path) -> None:
    page = MailPage()
    upload(page, "letters.csv", CSV.encode("cp1252"))
    assert mail_sets.available(home) == ("letters",)
    given = mail_sets.load(home, "letters").given
    assert [(given == code).sum() for code in (SPAM, SAFE)] == [8, 8]
    assert "Mails added: 16, known already: 0, problems: 1" in page.words()
    assert problems(page) == [
        "letters.csv, line 18: the label is “perhaps”; spam, safe or nothing would be right."
    ]
    assert not page.app.button(key=Keys.TRAIN_STAGE_TRAIN).disabled
    upload(page, "letters.csv", CSV.encode())
    assert "Mails added: 0, known already: 16, problems: 1. The set has 16 mails now." in page.words()


def test_an_mbox_without_labels_comes_in_and_labels_are_asked_for(home: Path) -> None:
    page = MailPage()
    messages = [message(f"Text {at}.", subject=f"=?iso-8859-2?Q?P=F8=EDli=B9_{at}?=") for at in range(3)]
    upload(page, "inbox.mbox", mbox(*messages, messages[0]))
    assert mail_sets.load(home, "inbox").titles == ("Příliš 0", "Příliš 1", "Příliš 2")
    assert "Mails added: 3, known already: 1, problems: 0" in page.words()
    assert page.app.button(key=Keys.TRAIN_STAGE_TRAIN).disabled
    assert "6 more spam mails are needed: 0 of at least 6." in page.words()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7", "this is a PDF"),
        (b"title,label\nA,spam\n", "names no column body or text"),
        (b"", "empty"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence_and_the_set_stands(
    home: Path, content: bytes, says: str
) -> None:
    page = MailPage()
    upload(page, "letters.csv", CSV.encode())
    before = mail_sets.load(home, "letters").ids
    upload(page, "letters.csv", content)
    assert says in page.words()
    assert mail_sets.load(home, "letters").ids == before
