"""The mailbox: a list of mails, the one at hand as text, what a filter says of it, and keys that label it.

Mails, orders and opinions go by HTTP; the browser filters and scrolls by itself.
"""

from pathlib import Path

from ipo.api.addresses import mail_address, mail_versions_address
from ipo.api.token import TOKEN
from ipo.services.mail.mailbox import Mailbox
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_HERE = Path(__file__).parent
_SHARED = ("mount", "storage", "event_log", "versions", "connection", "keyboard")
_SCRIPTS = (
    *("elements", "mail_data", "labels", "mail_list", "reading", "why", "notes", "chooser", "keys"),
    "mailbox",
)
_mailbox = Component(
    "ipo_mailbox",
    html=(_HERE / "mailbox.html").read_text(),
    css=(_HERE / "mailbox.css").read_text(),
    js=shared_scripts(*_SHARED) + "".join((_HERE / f"{name}.js").read_text() for name in _SCRIPTS),
)


def draw_mailbox(mailbox: Mailbox, *, key: str) -> None:
    """Draw the mailbox of a set of mails, with everything that labels them."""
    name = mailbox.service.name
    _mailbox(
        key=key,
        data={
            "name": name,
            "address": mail_address(name),
            "versions": mail_versions_address(name),
            "token": TOKEN,
        },
    )
