"""Which set of mails this tab teaches."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.mail.mailbox import Mailbox
from ipo.services.mail.service import MailService
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import bring_back_choices


def chosen_service() -> MailService | None:
    """The service of the set that is chosen, else of the first; `None` where there are no mails."""
    services = workspace().mail_services
    name = st.session_state.get(Keys.MAIL_SET)
    if name not in services.sets:
        name = services.sets[0] if services.sets else None
    return None if name is None else services.service(name)


def require_service() -> MailService:
    """The same, for what is drawn only where there are mails."""
    service = chosen_service()
    if service is None:
        raise LookupError("There are no mails. Fetch or import some.")
    return service


def chosen_mailbox() -> Mailbox:
    """The mailbox of the chosen set, for what is drawn only where there are mails."""
    return workspace().mail_services.mailbox(require_service().name)


def draw_choice() -> None:
    """Which mails, where there is a choice."""
    services = workspace().mail_services
    services.list()
    bring_back_choices()
    if len(services.sets) > 1:
        st.selectbox(
            "Mails",
            services.sets,
            key=Keys.MAIL_SET,
            format_func=lambda name: services.titles.get(name, name),
            label_visibility="collapsed",
            width=260,
            bind="query-params",
        )
