"""What to label next: suggested with a reason, the same while few of them are labelled, new ones then."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ipo.mail.mails import NONE
from ipo.services.mail.suggestions import SUGGESTIONS
from tests.support.door import door_to
from tests.support.mailbox_door import MailboxTab, OpenMails
from tests.support.mails import small_mails


def looked_at(opened: OpenMails, tab: MailboxTab) -> dict[str, object]:
    """The view, once nothing is under way that looking asked for."""
    for _ in range(3):
        tab.post()
        opened.drain()
    return tab.post()


def unlabelled(home: Path) -> OpenMails:
    mails = small_mails()
    return OpenMails(home, replace(mails, given=np.full(len(mails), NONE, np.int8)))


def test_unlabelled_mails_are_suggested_and_new_ones_once_half_are_labelled(tmp_path: Path) -> None:
    opened = unlabelled(tmp_path)
    tab = MailboxTab(door_to(opened), opened)
    before = looked_at(opened, tab)["orders"]["suggested"]
    order = tab.get("orders/suggested").json()
    assert order["version"] == before and len(order["rows"]) == SUGGESTIONS
    assert all(reason.startswith(("typical of", "like no")) for reason in order["reasons"].values())
    for row in order["rows"][: SUGGESTIONS // 4]:
        tab.does("spam", row)
    assert looked_at(opened, tab)["orders"]["suggested"] == before
    for row in order["rows"][SUGGESTIONS // 4 : SUGGESTIONS // 2]:
        tab.does("safe", row)
    assert looked_at(opened, tab)["orders"]["suggested"] != before
    again = tab.get("orders/suggested").json()["rows"]
    assert not set(again) & set(order["rows"][: SUGGESTIONS // 2])


def test_where_all_is_labelled_nothing_is_ranked_for_each_label(mails: OpenMails, tab: MailboxTab) -> None:
    view = looked_at(mails, tab)
    assert view["suggested"]["count"] == 0
    tab.does("spam", 0)
    assert looked_at(mails, tab)["orders"]["suggested"] == view["orders"]["suggested"]
    tab.does("clear", 1)
    assert looked_at(mails, tab)["suggested"]["count"] == 1
