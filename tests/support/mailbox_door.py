"""A small set of mails behind the HTTP door, and tabs that read them; also after a restart of the app."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from background import Background
from ipo.api.addresses import mail_address
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import LABEL_NAMES, MailSet
from ipo.mail.training.params import TrainParams
from ipo.services.changes import Changes
from ipo.services.mail.mailbox import Mailbox
from ipo.services.mail.services import MailServices
from tests.support.lanes import drain
from tests.support.mails import NAME, with_small_mails


class OpenMails:
    """Stands in for the workspace: one set of mails is open."""

    def __init__(self, home: Path, mails: MailSet | None = None) -> None:
        self.home = home
        self.mails = with_small_mails(home, mails)
        self.changes = Changes()
        self.changed = 0
        self.changes.listen(self._count)
        self.background = Background()
        self.restart()

    def restart(self) -> None:
        """As if the app had been killed and started again."""
        self.services = MailServices(self.home, self.background)
        self.mailbox = self.services.mailbox(NAME)
        self.mailbox.service.look()
        self.drain()

    def open_mailbox(self, name: str) -> Mailbox | None:
        return self.mailbox if name == NAME else None

    def train(self) -> str:
        """The id of the run, once all mails are scored by it."""
        self.mailbox.service.train(TrainParams())
        self.drain()
        for _ in range(3):  # each look asks for what the one before made possible
            self.mailbox.stamps()
            self.drain()
        run = self.mailbox.run
        assert run is not None
        return run.id

    def drain(self) -> None:
        """Wait until all work in the background has ended."""
        drain(self.background)

    def on_disk(self) -> dict[int, str]:
        """The labels that are others than the data's, by row."""
        codes = LabelStore(self.home / "mail" / NAME).codes(self.mails)
        return {row: LABEL_NAMES[code] for row, code in enumerate(codes) if code != self.mails.given[row]}

    def _count(self) -> None:
        self.changed += 1


class MailboxTab:
    """A browser tab that posts its events as the page does."""

    def __init__(self, door: TestClient, opened: OpenMails, client: str = "tab") -> None:
        self.door, self.client, self._mails = door, client, opened.mails
        self.log: list[dict[str, Any]] = []  # all that it ever did
        self.view: dict[str, Any] = {}
        self.letters = ""  # the labels that it shows
        self.known: str | None = None

    def does(self, kind: str, row: int | None = None) -> dict[str, Any]:
        """Add an act to the log without posting it."""
        event = {"client": self.client, "seq": len(self.log), "kind": kind}
        if row is not None:
            event["mail"] = self._mails.ids[row]
        self.log.append(event)
        return event

    def post(self, events: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        """Post events, else all that ever were, and show what is answered."""
        answer = self.answer(events, **more)
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        if "codes" in self.view:
            self.letters, self.known = self.view["codes"], self.view["labels"]
        return self.view

    def answer(self, events: list[Any] | None = None, name: str = NAME, **more: Any) -> Any:
        sent = self.log if events is None else events
        body = {"client": self.client, "events": sent, "known": self.known, **more}
        return self.door.post(f"/{mail_address(name)}/events", json=body)

    def get(self, path: str) -> Any:
        return self.door.get(f"/{mail_address(NAME)}/{path}")

    @property
    def acknowledged(self) -> int:
        """The last number of its own that was acknowledged; −1 for none."""
        return int(self.view["acknowledged"].get(self.client, -1))
