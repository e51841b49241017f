"""The sets of mails that are taught in this process, and the service of each. Every tab sees the same."""

import threading
from functools import partial
from pathlib import Path

from background import Background, Lane
from ipo.datasets.errors import DatasetError
from ipo.mail import mail_sets
from ipo.services.mail.mailbox import Mailbox
from ipo.services.mail.service import MailService


class MailServices:
    """The sets of mails in a project folder. Safe to use from any thread. `titles` has them by name."""

    def __init__(self, home: Path, background: Background) -> None:
        self.titles = _titles(home)
        self._home, self._background = home, background
        self._services: dict[str, MailService] = {}
        self._mailboxes: dict[str, Mailbox] = {}
        self._lock = threading.Lock()

    def service(self, name: str) -> MailService:
        with self._lock:
            if name not in self._services:
                self._services[name] = MailService(self._home, name, self._background)
            return self._services[name]

    def opened(self, name: str) -> MailService | None:
        """The service of a set if somebody asked for it in this process; nothing is begun."""
        with self._lock:
            return self._services.get(name)

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of all sets."""
        return tuple(self.titles)

    def mailbox(self, name: str) -> Mailbox:
        """Labels, orders and opinions of a set, for readers."""
        service = self.service(name)
        with self._lock:
            if name not in self._mailboxes:
                self._mailboxes[name] = Mailbox(service, self._background)
            return self._mailboxes[name]

    def open_mailbox(self, name: str) -> Mailbox | None:
        """The mailbox of a set if somebody asked for it in this process; nothing is begun."""
        with self._lock:
            return self._mailboxes.get(name)

    def list(self) -> None:
        """Look again which sets there are; `titles` has them soon."""
        find = partial(_titles, self._home)
        self._background.submit(Lane.DECODE, find, on_done=self._adopt, label="list sets of mails")

    def list_now(self) -> None:
        """The same at once, for the end of a job that brought a set."""
        self._adopt(_titles(self._home))

    def _adopt(self, titles: dict[str, str]) -> None:
        self.titles = titles


def _titles(home: Path) -> dict[str, str]:
    """What each set is called, by name; of one that cannot be read, its name."""
    titles = {}
    for name in mail_sets.available(home):
        try:
            titles[name] = mail_sets.title(home, name)
        except (DatasetError, OSError):  # said when it is opened
            titles[name] = name
    return titles
