"""The page Curate › Mailbox without a browser: empty, labelled, trained again, audited."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ipo.keys import Keys
from ipo.mail.mails import SPAM
from ipo.services.mail.mailbox import Mailbox
from ipo.ui.page_paths import MAILBOX
from ipo.ui.runtime.process import workspace
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import drain
from tests.support.mails import NAME, with_small_mails
from tests.support.markdown import read


class MailboxPage:
    """One tab on the page, in the project folder that `IPO_HOME` names."""

    def __init__(self) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.app.run()
        self.app.switch_page(MAILBOX)
        self.draw()

    @property
    def mailbox(self) -> Mailbox:
        return workspace().mail_services.mailbox(NAME)

    def draw(self) -> None:
        """Draw the page until nothing is under way that it asked for."""
        for _ in range(3):
            self.app.run()
            assert not self.app.exception
            drain(workspace().background)

    def press(self, key: str) -> None:
        self.app.button(key=key).click()
        self.draw()

    def words(self) -> str:
        app = self.app
        elements = [*app.markdown, *app.caption, *app.error, *app.info]
        return "\n".join(read(element.value) for element in elements)


@pytest.fixture
def page(home: Path) -> MailboxPage:
    with_small_mails(home)
    return MailboxPage()


def test_an_empty_folder_says_where_mails_come_from(home: Path) -> None:
    assert "There are no mails yet" in MailboxPage().words()


def test_a_training_and_a_correction_are_said_above_the_mails(page: MailboxPage) -> None:
    assert "of 120 labelled: 60 spam, 60 safe" in page.words()
    assert "No filter is trained yet" in page.words()
    page.press(Keys.MAILBOX_TRAIN)
    assert "F1" in page.words() and "up to date with these labels" in page.words()
    mails = page.mailbox.mails
    assert mails is not None
    page.mailbox.store.label([mails.ids[0]], SPAM, who="the mailbox")
    page.draw()
    assert "61 spam, 59 safe" in page.words() and "stale: labels have changed" in page.words()
    assert page.app.button(key=Keys.MAILBOX_TRAIN).label == "Train again"


def test_the_audit_log_says_who_changed_what(page: MailboxPage) -> None:
    assert "Nobody has changed a label yet" in page.words()
    mails = page.mailbox.mails
    assert mails is not None
    page.mailbox.store.label([mails.ids[0]], SPAM, who="the mailbox")
    page.draw()
    (line,) = page.app.dataframe[0].value.to_dict("records")
    assert (line["Who"], line["Before"], line["After"]) == ("the mailbox", "safe", "spam")
    assert line["Mail"] == mails.titles[0]


def test_a_training_that_cannot_begin_says_why(home: Path) -> None:
    with_small_mails(home)
    page = MailboxPage()
    mails = page.mailbox.mails
    assert mails is not None
    page.mailbox.store.label(
        [id for id, code in zip(mails.ids, mails.given, strict=True) if code], -1, who="x"
    )
    page.draw()
    button = page.app.button(key=Keys.MAILBOX_TRAIN)
    assert button.disabled and "more spam mails are needed" in read(button.help)
    assert "more spam mails are needed" in page.words()
