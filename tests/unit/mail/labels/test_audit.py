"""The audit log says who changed which label when, and what it was before."""

from pathlib import Path

from ipo.mail.labels.audit import audit_lines
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import SPAM, UNSURE
from tests.support.mails import small_mails


def test_each_change_has_a_line_with_the_label_before(tmp_path: Path) -> None:
    mails, store = small_mails(4), LabelStore(tmp_path)
    store.label([mails.ids[0]], SPAM, who="the mailbox")
    store.label([mails.ids[0]], UNSURE, who="the mailbox")
    store.undo(who="the mailbox")
    store.undo(who="somebody else")
    store.label(["0123456789abcdef"], SPAM, who="ipo")
    lines = audit_lines(store.events(), mails)
    assert [(line.action, line.before, line.after) for line in lines] == [
        ("label", "none", "spam"),
        ("undo", "spam", "safe"),
        ("undo", "unsure", "spam"),
        ("label", "spam", "unsure"),
        ("label", "safe", "spam"),
    ]
    assert lines[0].source == "not in the set any more" and lines[1].who == "somebody else"
    assert lines[-1].title == mails.titles[0]
