"""What readers do in the mailbox is in the log once and in order, however often it is posted."""

from concurrent.futures import ThreadPoolExecutor

from ipo.api.token import TOKEN_HEADER
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import SPAM
from tests.support.door import door_to
from tests.support.mailbox_door import MailboxTab, OpenMails
from tests.support.mails import NAME


def test_a_label_is_on_disk_when_it_is_acknowledged(mails: OpenMails, tab: MailboxTab) -> None:
    tab.post()
    assert tab.letters[:4] == "hshs"
    tab.does("spam", 0)
    tab.does("safe", 1)
    tab.does("unsure", 2)
    tab.does("clear", 3)
    tab.post()
    assert tab.acknowledged == 3 and tab.letters[:5] == "shu-h"
    assert mails.on_disk() == {0: "spam", 1: "safe", 2: "unsure", 3: ""}


def test_acts_are_undone_and_done_again_in_order(mails: OpenMails, tab: MailboxTab) -> None:
    tab.does("spam", 0)
    tab.does("spam", 2)
    tab.does("undo")
    assert "spam" in tab.post()["redo"]
    assert mails.on_disk() == {0: "spam"}
    tab.does("undo")
    tab.post()
    assert mails.on_disk() == {} and tab.view["undo"] is None
    tab.does("redo")
    tab.post()
    assert mails.on_disk() == {0: "spam"}


def test_what_is_posted_again_is_applied_once_also_after_a_restart(mails: OpenMails, tab: MailboxTab) -> None:
    tab.does("spam", 0)
    tab.does("spam", 2)
    tab.does("undo")
    for _ in range(3):
        tab.post()
    mails.restart()
    tab.post()
    assert mails.on_disk() == {0: "spam"} and tab.acknowledged == 2
    assert len(mails.mailbox.store.events()) == 3


def test_two_tabs_agree(mails: OpenMails, tab: MailboxTab) -> None:
    other = MailboxTab(tab.door, mails, "other")
    other.post()
    tab.does("spam", 0)
    version = tab.post()["version"]
    assert other.letters[0] == "h"
    assert other.post()["version"] == version and other.letters[0] == "s"
    assert "codes" not in other.post()


def test_tabs_that_label_at_once_lose_nothing(mails: OpenMails, tab: MailboxTab) -> None:
    def label(number: int) -> None:
        reader = MailboxTab(door_to(mails), mails, f"tab {number}")
        for row in range(2 * number, 24, 8):
            reader.does("spam", row)
            reader.post()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(label, range(4)))
    assert sorted(mails.on_disk()) == list(range(0, 24, 2))


def test_what_another_process_labelled_is_followed(mails: OpenMails, tab: MailboxTab) -> None:
    version = tab.post()["version"]
    LabelStore(mails.home / "mail" / NAME).label([mails.mails.ids[0]], SPAM, who="ipo")
    assert mails.mailbox.follow_labels() and not mails.mailbox.follow_labels()
    assert tab.post()["version"] != version and tab.letters[0] == "s"


def test_a_disk_that_refuses_keeps_the_event_with_the_browser(mails: OpenMails, tab: MailboxTab) -> None:
    log = mails.mailbox.store.path
    log.mkdir(parents=True)
    tab.does("spam", 0)
    assert "kept in this tab" in tab.post()["error"] and tab.acknowledged == -1
    log.rmdir()
    assert tab.post(retry=True)["error"] == "" and tab.acknowledged == 0
    assert mails.on_disk() == {0: "spam"}


def test_malformed_and_foreign_events_stop_nobody(mails: OpenMails, tab: MailboxTab) -> None:
    odd = [
        {"client": "tab", "seq": 0, "kind": "spam"},
        {"client": "tab", "seq": 1, "kind": "spam", "mail": "../../etc/passwd"},
        {"client": "tab", "seq": 2, "kind": "explode", "mail": mails.mails.ids[0]},
        {"client": "tab", "seq": 3, "kind": "spam", "mail": "0123456789abcdef"},
        {"client": "tab", "seq": 4, "kind": "spam", "mail": mails.mails.ids[0]},
    ]
    tab.post(odd)
    assert tab.acknowledged == 4 and mails.on_disk() == {0: "spam"}


def test_the_door_refuses_strangers_and_unknown_sets(mails: OpenMails, tab: MailboxTab) -> None:
    assert tab.answer([], name="other").status_code == 404
    tab.door.headers.pop(TOKEN_HEADER)
    assert tab.answer([]).status_code == 403
