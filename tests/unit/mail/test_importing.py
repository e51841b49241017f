"""Promises of the import: good mails come in, and each bad one is named with its place and the reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ipo.jobs import SILENT
from ipo.mail.importing.files import MOST_BYTES, read_content, read_file
from ipo.mail.importing.report import BadImport, ImportResult
from ipo.mail.mails import NONE, SAFE, SPAM
from tests.support.mail import mbox, message, zipped

HEAD = "title,body,label\n"
GOOD = HEAD + "Win,Now!,spam\nLunch,At ten?,safe\n"
TWO = [("Win", "Now!", SPAM), ("Lunch", "At ten?", SAFE)]


def read(content: bytes | str, name: str = "mails.csv") -> ImportResult:
    return read_content(name, content.encode() if isinstance(content, str) else content, SILENT)


def shown(result: ImportResult) -> list[tuple[str, str, int]]:
    return [(mail.title, mail.body, mail.given) for mail in result.mails]


def problems(result: ImportResult) -> list[str]:
    return [str(problem) for problem in result.report]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        "\ufeff" + GOOD,
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        "\n" + GOOD,
        GOOD.replace("Win", "W\0in").replace("Now!", "No\0w!"),
        "Subject,Text,Category\nWin,Now!,SPAM\nLunch,At ten?,ham\n",
        "label;body;title;extra\n1;Now!;Win;x\n0;At ten?;Lunch;\n",
        '"Subject","Body","From: (Name)","label"\r\n"Win","Now!","Joe","junk"\r\n"Lunch",At ten?,,"ham"\r\n',
        "sep=;\r\n" + GOOD.replace(",", ";"),
        ",Email Text,Email Type,Subject\n0,Now!,Phishing Email,Win\n1,At ten?,Safe Email,Lunch\n",
        '"Objet","Corps","label"\r\n"Win","Now!","spam"\r\n"Lunch","At ten?","ham"\r\n'.encode("cp1252"),
        '"Temat","Treść","label"\r\n"Win","Now!","spam"\r\n"Lunch","At ten?","ham"\r\n',
        "v1,v2,title,,\nspam,Now!,Win,,\nham,At ten?,Lunch,,\n",
        'title,body,label\nWin,"Now!",spam\n"Lunch","At ten?",safe',
    ],
)
def test_tables_are_read_as_programs_write_them(content: str | bytes) -> None:
    result = read(content)
    assert shown(result) == TWO and problems(result) == []


def test_cells_may_have_new_lines_quotes_delimiters_and_other_charsets() -> None:
    long = "word " * 60_000
    result = read(f'title,body,label\nA,"one\ntwo, ""three""",spam\nB,"{long}",\nC,four,')
    assert [mail.body for mail in result.mails] == ['one\ntwo, "three"', long[:200_000].strip(), "four"]
    assert [mail.source for mail in result.mails] == [f"mails.csv, line {line}" for line in (2, 4, 5)]
    latin = "title;body;label\nGrüße;Schöne Grüße aus München;ham\n".encode("cp1252")
    assert shown(read(latin)) == [("Grüße", "Schöne Grüße aus München", SAFE)]
    tsv = 'label\ttext\nspam\t"Win" now\nham\tsay "hello\n'
    assert [mail.body for mail in read(tsv).mails] == ['"Win" now', 'say "hello']
    html = read("title,body\nA,<html><body><p>one<p>two</body></html>\n").mails[0]
    assert html.body == "one\n\ntwo" and html.given == NONE


def test_dates_of_a_table_are_read() -> None:
    result = read(
        'title,body,date\nA,x,2002-09-02T10:00:00\nB,y,"Mon, 02 Sep 2002 10:00:00 +0000"\nC,z,soon\n'
    )
    assert [mail.date for mail in result.mails] == [1030960800, 1030960800, None]


RIGHT = "title, body and label would be right (subject and text, and ham for safe, are understood too)."
CUT = "the file ends within this message; what is there was read."
NO_TEXT = "this is not text; CSV, mbox, .eml, a Maildir or a .zip of these would be right."
TAKEOUT = b"From 1753@xxx Mon Sep 02 10:00:00 +0000 2002"
NESTED = "--b\nContent-Type: message/rfc822\n\nSubject: in\n\ndeep\n--b--"
TOO_LARGE = message("x" * 20_000_001)


@pytest.mark.parametrize(
    ("content", "mails", "report"),
    [
        # tables
        (
            GOOD + "Huh,What,maybe\nOk,Fine,ham\n",
            3,
            ["mails.csv, line 4: the label is “maybe”; spam, safe or nothing would be right."],
        ),
        (GOOD + ",,spam\n", 2, ["mails.csv, line 4: it has neither a title nor a body."]),
        (GOOD + "one,two\n", 2, ["mails.csv, line 4: it has 2 cells, the first line 3."]),
        (
            GOOD + "a,b,c,spam\n",
            2,
            [
                "mails.csv, line 4: it has 4 cells, the first line 3. Text with commas or new lines "
                "belongs in quotes."
            ],
        ),
        (
            GOOD + 'A,"never closed,spam\nB,lost,ham\n',
            2,
            [
                "mails.csv, line 4: quotes that are opened here are never closed: this row and all "
                "below it are lost."
            ],
        ),
        (
            GOOD + 'A,"b"c,spam\nB,kept,ham\n',
            3,
            ["mails.csv, line 4: ',' expected after '\"'. A quote within quotes is written twice."],
        ),
        (
            HEAD + 'A,"one\ntwo\nthree",spam\nB,x,perhaps\n',
            1,
            ["mails.csv, line 5: the label is “perhaps”; spam, safe or nothing would be right."],
        ),
        (
            GOOD + "Win,Now!,ham\n",
            2,
            ["mails.csv, line 4: this mail is safe here and spam in mails.csv, line 2, which counts."],
        ),
        (HEAD + "A,x,spam\n" * 10_000, 1, []),
        (HEAD + "".join(f"A,x{row},spam\n" for row in range(7)), 7, []),
        # mbox
        (mbox(message("One."), message("Two.")), 2, []),
        (mbox(message("One."), message("Two."), line=b"From - Mon Sep 02 10:00:00 2002"), 2, []),
        (mbox(message("One."), message("Two."), line=TAKEOUT).replace(b"\n", b"\r\n"), 2, []),
        (mbox(message("One."), message("Two.\nmore"))[:-4], 2, [f"mails.csv, message 2, line 7: {CUT}"]),
        (mbox(message("One."), b"Subject: only a hea"), 2, [f"mails.csv, message 2, line 7: {CUT}"]),
        (mbox(message("From here on,\nFrom Monday 10:00 on\nit rains.")), 1, []),
        (mbox(message("One.", subject="x")) * 3, 1, []),
        # messages
        (message("One."), 1, []),
        (message("x", a_header="y" * 100_000), 1, []),
        (b"%-10d\n%b<?xml version='1.0'?>\n<plist/>\n" % (len(message("x")), message("x")), 1, []),
        (message(NESTED, content_type="multipart/mixed; boundary=b"), 1, []),
        # zip
        (
            zipped({"a.csv": GOOD.encode(), "b/c.eml": message("One."), "d.mbox": mbox(message("Two."))}),
            4,
            [],
        ),
        (
            zipped(
                {
                    "Maildir/cur/1:2,S": message("One."),
                    "Maildir/new/2": message("Two."),
                    "Maildir/tmp/3": message("Half"),
                }
            ),
            2,
            [],
        ),
        (
            zipped({"a.eml": message("One."), "p.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"}),
            1,
            [f"mails.csv/p.png: {NO_TEXT}"],
        ),
        (
            zipped({"a.eml": message("One."), "b.zip": zipped({"c": b"x"})}),
            1,
            ["mails.csv/b.zip: this is a zip within a zip; unpack it first."],
        ),
        (
            zipped({"a.eml": message("One."), "b.csv": b"a,b\n1,2\n"}),
            1,
            [f"mails.csv/b.csv: line 1: “a,b” names no column body or text; {RIGHT}"],
        ),
        (
            zipped({"a.eml": message("One."), "big.eml": TOO_LARGE}),
            1,
            [f"mails.csv/big.eml: it has {len(TOO_LARGE):,} bytes; up to 20,000,000 can be read."],
        ),
        (zipped({"a.eml": message("One."), "__MACOSX/a.eml": b"\0\5\x16\7", ".DS_Store": b"\0"}), 1, []),
    ],
)
def test_what_can_be_read_comes_in_and_the_rest_is_named(
    content: str | bytes, mails: int, report: list[str]
) -> None:
    result = read(content)
    assert (len(result.mails), problems(result)) == (mails, report)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "mails.csv: this is empty."),
        (b"\0" * 100, "mails.csv: this is empty."),
        ("title,label\nA,spam\n", f"mails.csv, line 1: “title,label” names no column body or text; {RIGHT}"),
        ("\n\nspam,Win now\n", "mails.csv, line 3: “spam,Win now” names no column body"),
        ("just words", "mails.csv, line 1: “just words” names no column body"),
        (bytes(range(256)) * 20, f"mails.csv: {NO_TEXT}"),
        (b"%PDF-1.7 ...", "mails.csv: this is a PDF; save the mails as .eml or mbox."),
        (
            b"\xd0\xcf\x11\xe0" + b"x" * 99,
            "mails.csv: this is a file of Outlook or Excel; save mails as .eml, a table as CSV.",
        ),
        (b"\x1f\x8b\x08" + b"x" * 99, "mails.csv: this is packed with gzip; unpack it first."),
        (
            zipped({"[Content_Types].xml": b"x"}),
            "mails.csv: this is a document of an office program; save it as CSV.",
        ),
        (zipped({"a.eml": message("One.")})[:60], "mails.csv: this zip is damaged or cut short"),
        (
            b"x" * (MOST_BYTES + 1),
            "mails.csv has 50,000,001 bytes; up to 50,000,000 would be right. Split it.",
        ),
    ],
)
def test_a_file_without_a_mail_is_refused_in_a_sentence(content: str | bytes, says: str) -> None:
    with pytest.raises(BadImport) as error:
        read(content)
    assert str(error.value).startswith(says)


def test_an_encrypted_file_in_a_zip_is_named() -> None:
    content = bytearray(zipped({"a.eml": message("One.")}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert problems(read(bytes(content))) == ["mails.csv/a.eml: it is encrypted; unpack it first."]


def test_messages_of_an_mbox_are_unquoted_and_the_same_mail_as_the_file_alone() -> None:
    inside = mbox(message("Dear all,\n>From here on\n>>From quoted"))
    mail = read(inside).mails[0]
    assert mail.body == "Dear all,\nFrom here on\n>From quoted"
    assert read(message("One."), "one.eml").mails[0].id == read(mbox(message("One."))).mails[0].id


def test_folders_label_what_is_in_them_and_a_label_is_given_to_the_rest(tmp_path: Path) -> None:
    for name, body in {"spam/1": "Win.", "ham/cur/2": "Lunch.", "other/3": "Who knows."}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(message(body))
    (tmp_path / "link").symlink_to(tmp_path / "spam", target_is_directory=True)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    result = read_file(tmp_path, SILENT)
    assert [(mail.body, mail.given) for mail in result.mails] == [
        ("Lunch.", SAFE),
        ("Who knows.", NONE),
        ("Win.", SPAM),
    ]
    assert len(result.report) == 1 and "photo.jpg: this is not text" in problems(result)[0]
    assert [mail.given for mail in read_file(tmp_path, SILENT, SPAM).mails] == [SAFE, SPAM, SPAM]


def test_an_import_can_be_cancelled() -> None:
    class Stopped(Exception):
        pass

    class Impatient:
        report: Callable[..., None] = staticmethod(lambda *_: None)

        def check(self) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        read_content("x.csv", GOOD.encode(), Impatient())
