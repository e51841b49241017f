"""Promises of what a model may read: the words of the author alone."""

import re

import pytest

from ipo.mail.cleaning import learning_text, without_links
from ipo.mail.mails import MailSet
from ipo.mail.personal_data import ADDRESS, find

OUTLOOK = "-----Original Message-----\nFrom: Joe\nSent: Monday\nSubject: x"
HEADERS = "From: Joe\nTo: Ann\n  and others\nDate: Monday"
MAILMAN = f"""{"_" * 47}
Razor-users mailing list
Razor-users@example.com
https://lists.example.com/lists/listinfo/razor-users"""
SPONSOR = f"""{"-" * 55}
This SF.NET email is sponsored by: a shop
http://shop.example.com"""
YAHOO = f"""{"-" * 24} Yahoo! Groups Sponsor {"-" * 21}~-->
Buy
{"-" * 69}~->

To unsubscribe from this group, send an email to:
a-unsubscribe@egroups.com

Your use of Yahoo! Groups is subject to http://docs.yahoo.com/info/terms/"""
SHOP = f"{'-' * 17}\nBuy now\n{'-' * 17}\nTo be removed from our mailing list click here"
PGP = "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG\n\niD8DBQE9\n-----END PGP SIGNATURE-----"


@pytest.mark.parametrize(
    ("title", "body", "text"),
    [
        ("[ILUG] A question", "Why?", "A question\nWhy?"),
        ("Re: [exmh-users] [SPAM] A question", "Why?", "Re: A question\nWhy?"),
        ("A [bracketed] word", "stays", "A [bracketed] word\nstays"),
        ("t", "Ask joe@example.com or <mailto:ann@example.com> today", "t\nAsk or today"),
        ("t", "See http://www.shop.example.com/x?id=7 now", "t\nSee shop example com now"),
        ("t", "See http://10.0.0.1:81/x now", "t\nSee ip address now"),
        ("t", "I agree.\n\nOn Monday, Joe wrote:\n> Shall we?\n>> We shall.\n\nAnn", "t\nI agree.\n\nAnn"),
        ("t", "On Mon, Sep 2, at 10:00, Joe\n<joe@example.com> wrote:\n\n> Shall we?\nYes", "t\n\nYes"),
        ("t", "JM> quoted\n| quoted too\nmine", "t\n\nmine"),
        ("t", "Regards\n-- \nJoe Long\nhttp://example.com", "t\nRegards"),
        ("t", "a -- b\nc", "t\na -- b\nc"),
        ("t", f"Look:\n\n{OUTLOOK}\n\nThe news.", "t\nLook:\n\nThe news."),
        ("t", f"Look:\n\n{HEADERS}\n\nThe news.", "t\nLook:\n\nThe news."),
        ("t", "To: one line of this kind is text", "t\nTo: one line of this kind is text"),
        ("t", f"text\n{MAILMAN}", "t\ntext"),
        ("t", f"text\n\n{SPONSOR}\n{MAILMAN}", "t\ntext"),
        ("t", f"text\n{YAHOO}", "t\ntext"),
        ("t", f"text {'-' * 55} This sf.net email is sponsored by: a shop {'_' * 47} x", "t\ntext"),
        ("t", "> passed on,\n> > twice\n>\n", "t\npassed on,\ntwice"),
        ("t", SHOP, f"t\n{SHOP}"),
        ("t", f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nsigned\n{PGP}", "t\n\nsigned"),
        ("t", "end\n--DeathToSpamDeathToSpamDeathToSpam--", "t\nend"),
        ("", "", ""),
    ],
)
def test_only_the_words_of_the_author_are_learnt(title: str, body: str, text: str) -> None:
    assert learning_text(title, body, (), mask=False) == text


def test_personal_data_is_masked_when_asked_for() -> None:
    body = "Call 415-555-0132 or pay by 4111 1111 1111 1111 to DE89 3704 0044 0532 0130 00"
    assert learning_text("t", body, (), mask=False) == f"t\n{body}"
    assert learning_text("t", body, (), mask=True) == "t\nCall [phone] or pay by [card] to [account]"


def test_no_mail_address_of_the_corpus_is_learnt(mail_texts: list[str]) -> None:
    assert [found[0] for text in mail_texts for found in ADDRESS.finditer(text)] == []
    lists = re.compile(r"listinfo|this sf\.net email is sponsored|yahoo! groups sponsor -", re.IGNORECASE)
    assert [found[0] for text in mail_texts for found in lists.finditer(text)] == []


def test_masking_leaves_no_personal_data_that_can_be_found(mail_corpus: MailSet) -> None:
    texts = [
        learning_text(mail_corpus.titles[row], mail_corpus.bodies[row], mail_corpus.links[row], mask=True)
        for row in range(0, len(mail_corpus), 10)
    ]
    assert [text[one.start : one.end] for text in texts for one in find(text)] == []


def test_links_that_html_hides_are_read_as_words_of_hosts_and_paths() -> None:
    links = (
        "http://www.deals.biz/win/prize123?to=me@home.org",
        "https://10.0.0.1:8080/",
        "mailto:a@b.org",
        "x.com/Buy",
    )
    text = learning_text("t", "see here", links, mask=False)
    assert text == "t\nsee here\n\nLinks: many3 deals biz .biz win prize ip address x com .com buy"
    assert without_links(text) == "t\nsee here" == without_links("t\nsee here")


def test_an_address_in_a_link_names_nobody() -> None:
    text = learning_text(
        "t", "b", ("http://list.org/unsubscribe/jane@home.org", "http://jane:pw@host.org/"), mask=True
    )
    assert "jane" not in text and "home" not in text
