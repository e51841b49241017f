"""The version of what each panel shows; each binds the mailbox of this tab, for any thread to read."""

from functools import partial
from typing import Any

from ipo.services.mail.mailbox import Mailbox
from ipo.services.mail.services import MailServices
from ipo.ui.mail.chosen import chosen_mailbox
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace


def empty() -> Version:
    return partial(_empty, workspace().mail_services)


def mailbox() -> Version:
    return partial(_name, chosen_mailbox())


def state() -> Version:
    return partial(_state, chosen_mailbox())


def controls() -> Version:
    return partial(_controls, chosen_mailbox())


def labels() -> Version:
    return partial(_labels, chosen_mailbox())


def export() -> Version:
    return partial(_export, chosen_mailbox())


def _empty(services: MailServices) -> Any:
    return services.sets


def _name(mailbox: Mailbox) -> Any:
    return mailbox.service.name  # everything else the component asks for itself


def _labels(mailbox: Mailbox) -> Any:
    return mailbox.mails is not None, mailbox.store.version


def _state(mailbox: Mailbox) -> Any:
    service = mailbox.service
    return _labels(mailbox), service.training.version, service.runs.version, mailbox.problem


def _controls(mailbox: Mailbox) -> Any:
    service = mailbox.service
    return _labels(mailbox), service.training.busy, service.runs.newest, mailbox.problem


def _export(mailbox: Mailbox) -> Any:
    scored = mailbox.scored()
    return mailbox.mails is not None, None if scored is None else scored.version
