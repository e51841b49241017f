"""Promises of reading a message: what a person reads of it, and nothing else."""

import base64

import pytest

from ipo.mail.mails import NONE, Mail, MailSet
from ipo.mail.messages.parsing import BadMessage, parse_message
from tests.support.mail import message


def parse(content: bytes) -> Mail:
    return parse_message(content, NONE, "here")


def multipart(kind: str, *parts: str, boundary: str = "xyz") -> bytes:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--"
    return message(body, content_type=f'multipart/{kind}; boundary="{boundary}"')


TEN = "Mon, 02 Sep 2002 10:00:00 +0000"
PLAIN = "Content-Type: text/plain\n\nWe meet at ten,\nas always."
HTML = """Content-Type: text/html

<p>We <b>meet</b> at ten, <a href='http://example.com/map'>here</a>, as always.</p>"""
PICTURE = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGk="
TNEF = "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"
ATTACHED = "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog"
CALENDAR = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"
FORWARDED = "Content-Type: message/rfc822\n\nSubject: inner\n\nforwarded"
MEETING = "We meet at ten,\nas always."
CUT_SHORT = b"Subject: cut\nContent-Type: multipart/mixed; boundary=xyz\n\n--xyz\n\ncut here"
NO_BOUNDARY = b"Subject: none\nContent-Type: multipart/mixed\n\nshown all the same"
LATIN = {"content_type": "text/plain; charset=iso-8859-1", "content_transfer_encoding": "quoted-printable"}
BASE64 = {"content_type": "text/plain; charset=utf-8", "content_transfer_encoding": "base64"}


def html(text: str) -> bytes:
    return message(text, content_type="text/html")


@pytest.mark.parametrize(
    ("content", "title", "body"),
    [
        (message("Hello."), "A title", "Hello."),
        (message("caf=E9", **LATIN), "A title", "café"),
        (message(base64.b64encode("naïve".encode()).decode(), **BASE64), "A title", "naïve"),
        (message("x", subject="=?iso-8859-1?Q?caf=E9?= =?utf-8?B?w6k=?= and more"), "caféé and more", "x"),
        (message("x", subject="=?utf-8?B?w?= =?utf-8?Q?=C3?= =?utf-8?Q?=A9?= cut"), "é cut", "x"),
        (message("x", subject="two\n lines"), "two lines", "x"),
        (message("dear", content_type="text/plain; charset=no-such-thing"), "A title", "dear"),
        (b"Subject: \xe9t\xe9 \xe0 la plage\n\n\xe9t\xe9 \xe0 la plage", "été à la plage", "été à la plage"),
        (b"\xef\xbb\xbfSubject: marked\r\n\r\nby an editor\r\n", "marked", "by an editor"),
        (b"From a@b.c Mon Sep  2 10:00:00 2002\nSubject: in an mbox\n\nx\n\n", "in an mbox", "x"),
        (message("a\x00b\x1b[31mc\u200b\u202e"), "A title", "ab[31mc"),
        (message("cafe\u0301"), "A title", "café"),
        (multipart("alternative", PLAIN, HTML), "A title", MEETING),
        (multipart("alternative", "\nSee HTML.", HTML), "A title", "We meet at ten, here, as always."),
        (multipart("mixed", PLAIN, PICTURE), "A title", MEETING),
        (multipart("mixed", PLAIN, TNEF), "A title", MEETING),
        (multipart("alternative", PLAIN, HTML, CALENDAR), "A title", MEETING),
        (multipart("mixed", PLAIN, ATTACHED), "A title", MEETING),
        (multipart("mixed", PLAIN, FORWARDED), "A title", f"{MEETING}\n\ninner\n\nforwarded"),
        (CUT_SHORT, "cut", "cut here"),
        (NO_BOUNDARY, "none", "shown all the same"),
        (html("<body>one<br>two<script>x</script><style>y</style></body>"), "A title", "one\ntwo"),
        (html("<table><tr><td>left<br>side</td><td>right</td></tr></table>"), "A title", "left\nside\nright"),
        (html("<div>" * 1500 + "deep"), "A title", "deep"),
        (message("x", x_long="y" * 100_000), "A title", "x"),
    ],
)
def test_a_message_is_shown_as_a_person_reads_it(content: bytes, title: str, body: str) -> None:
    mail = parse(content)
    assert (mail.title, mail.body) == (title, body)


def test_charsets_that_a_message_names_wrongly_or_not_at_all_are_found() -> None:
    korean = "안녕하세요 이것은 광고가 아닙니다. 오늘 회의는 세 시에 시작합니다."
    for charset in (b"ks_c_5601-1987", b"euc-kr"):
        content = b"Content-Type: text/plain; charset=" + charset + b"\n\n" + korean.encode("cp949")
        assert parse(content).body == korean
    russian = "Добрый день, встреча начнётся в десять часов утра."
    meta = "<html><head><meta http-equiv=Content-Type content='text/html; charset=koi8-r'></head><p>"
    assert parse(b"Content-Type: text/html\n\n" + (meta + russian).encode("koi8-r")).body == russian


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("x-sjis", "cp932", "こんにちは世界"),
        ("x-gbk", "gbk", "你好世界"),
        ("windows-874", "cp874", "สวัสดี"),
        ("X-Mac-Roman", "mac_roman", "Grüße"),
        ("cp-850", "cp850", "Grüße"),
    ],
)
def test_charsets_by_the_names_that_mail_programs_give_them(charset: str, codec: str, text: str) -> None:
    content = f"Content-Type: text/plain; charset={charset}\n\n".encode() + text.encode(codec)
    assert parse(content).body == text


def test_links_come_from_html_and_text_once_each_and_without_mail_addresses() -> None:
    content = multipart(
        "mixed",
        "Content-Type: text/html\n\n<a href='http://a.example/x'>A</a> <a href='mailto:me@b.example'>B</a> "
        "<a href='http://a.example/x'>A again</a><form action='https://f.example'></form>",
        "Content-Type: text/plain\n\nSee www.c.example, or (http://d.example/y).",
    )
    assert parse(content).links == (
        "http://a.example/x",
        "https://f.example",
        "www.c.example",
        "http://d.example/y",
    )


@pytest.mark.parametrize(
    ("headers", "date"),
    [
        ({"date": TEN}, 1030960800),
        ({"date": "Mon, 02 Sep 2002 12:00:00 +0200"}, 1030960800),
        ({"date": "Fri, 01 Jan 1904 00:00:00 +0000"}, None),
        ({"date": "Fri, 01 Jan 99999 00:00:00 +0000"}, None),
        ({"date": "yesterday"}, None),
        ({"date": "Fri, 01 Jan 2038 00:00:00 +0000", "received": f"from a by b; {TEN}"}, 1030960800),
        ({"date": TEN, "received": "from a by b; 99"}, 1030960800),
    ],
)
def test_a_mail_is_as_old_as_the_server_says_that_got_it(headers: dict[str, str], date: int | None) -> None:
    assert parse(message(**headers)).date == date


def test_a_message_is_the_same_mail_however_it_was_stored() -> None:
    plain = message("Hello.")
    mbox = b"From a@b.c Mon Sep  2 10:00:00 2002\n" + plain + b"\n"
    stored = (plain, plain.replace(b"\n", b"\r\n"), mbox)
    assert len({parse(content).id for content in stored}) == 1
    assert parse(message("Hello!")).id != parse(plain).id


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(BadMessage, match="neither headers nor text"):
        parse(b"\n\n")


def test_all_real_mails_are_read(mail_corpus: MailSet) -> None:
    assert len(mail_corpus) == 6046 and int((mail_corpus.given == 1).sum()) == 1896
    assert sum(not body for body in mail_corpus.bodies) < 40  # pictures and attachments alone
    assert (mail_corpus.dates > 0).all()
    assert sum("\ufffd" in body for body in mail_corpus.bodies) < 20
