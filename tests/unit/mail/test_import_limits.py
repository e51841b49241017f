"""What would take minutes or all memory to read is refused in a sentence that says the limit."""

import struct
from pathlib import Path

import pytest

from ipo.jobs import SILENT
from ipo.mail.cleaning import learning_text
from ipo.mail.importing.files import MOST_BYTES, MOST_UNPACKED, read_file
from ipo.mail.importing.report import BadImport
from ipo.mail.messages.mime import MOST_DEPTH, MOST_LINES, MOST_PARTS
from tests.support.mail import mbox, message, zipped
from tests.unit.mail.test_importing import GOOD, HEAD, problems, read


def multipart(parts: int) -> bytes:
    return message("--b\n\nx\n" * parts, content_type="multipart/mixed; boundary=b")


def nested(depth: int) -> bytes:
    begins = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(depth)]
    return b"".join(begins) + b"\nx\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (multipart(MOST_PARTS), "mails.csv: it has more than 1,000 parts."),
        (nested(MOST_DEPTH + 1), "mails.csv: its parts lie in each other more than 20 deep."),
        (b"A: x\n\n" + b"x\n" * MOST_LINES, "mails.csv: it has 500,002 lines; up to 500,000 can be read."),
    ],
)
def test_a_message_beyond_a_limit_is_named(content: bytes, says: str) -> None:
    assert problems(read(content)) == [says]


def test_a_message_within_the_limits_is_read() -> None:
    for content in (multipart(MOST_PARTS - 1), nested(MOST_DEPTH), message("x\n" * (MOST_LINES - 10))):
        result = read(content)
        assert problems(result) == [] and "x" in result.mails[0].body


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            HEAD + "A,x,spam\n" * 100_002,
            "mails.csv, line 100003: more than 100,000 of the mails are copies of others. Take them out.",
        ),
        (
            GOOD + "\n" * 1_000_000,
            "mails.csv, line 1,000,001: up to 1,000,000 rows can be read. Split the file.",
        ),
        (
            mbox(b"A: x\n\n" + b"\n" * 3_000_000),
            "mails.csv: it has 3,000,004 lines; up to 3,000,000 can be read. Split the file.",
        ),
        ("," * 1_000_000, "mails.csv, line 1: “,,,"),
    ],
)
def test_a_file_beyond_a_limit_is_refused(content: str | bytes, says: str) -> None:
    with pytest.raises(BadImport) as error:
        read(content)
    assert str(error.value).startswith(says)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "all.mbox"
    with open(path, "wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(
        BadImport, match=r"all.mbox has 50,000,001 bytes; up to 50,000,000 would be right\. Split"
    ):
        read_file(path, SILENT)


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = zipped({f"{name}.eml": b"\0" * 30_000_000 for name in range(8)})
    assert len(bomb) < 1_000_000
    with pytest.raises(
        BadImport, match=f"unpacked it would have 240,000,000 bytes in 8 files; up to {MOST_UNPACKED:,}"
    ):
        read(bomb)
    liar = bytearray(zipped({"a.eml": b"Subject: x\n\n" + b"y" * 9_000_000}))
    at = liar.rindex(b"PK\x01\x02") + 24
    liar[at : at + 4] = struct.pack("<I", 100)
    result = read(bytes(liar))
    assert result.mails == [] and "it is damaged" in problems(result)[0]


def test_a_file_of_which_nothing_fits_is_given_up() -> None:
    with pytest.raises(
        BadImport, match=r"More than 10,000 mails cannot be read\. The first one: x.csv, line 2: the"
    ):
        read(HEAD + "A,x,huh\n" * 10_001, "x.csv")


def test_reading_a_mail_of_many_signs_comes_to_an_end() -> None:
    """What a regular expression would try again and again."""
    for sign in (" ", "a", "a@", "joe@example.com ", "-----BEGIN PGP SIGNATURE-----\n", "> x\n", "1:00", "4"):
        mail = read(message(f"a{sign * (200_000 // len(sign))}b"), "x.eml").mails[0]
        learning_text(mail.title, mail.body, mail.links, mask=True)
