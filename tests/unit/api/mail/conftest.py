"""A small set of mails behind the door."""

from pathlib import Path

import pytest

from tests.support.door import door_to
from tests.support.mailbox_door import MailboxTab, OpenMails


@pytest.fixture
def mails(tmp_path: Path) -> OpenMails:
    return OpenMails(tmp_path)


@pytest.fixture
def tab(mails: OpenMails) -> MailboxTab:
    return MailboxTab(door_to(mails), mails)
