"""The HTTP door to one person's session, without Streamlit and without a network."""

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.routes import routes
from ipo.preference.session import PreferenceSession
from ipo.services.changes import Changes
from tests.support.judging import Person


class OpenSessions:
    """Stands in for the workspace: the session of one person is open, also after a restart of the app."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.changes = Changes()

    def open_session(self, id_: str) -> PreferenceSession | None:
        session = self._person.session
        return session if session.key.id == id_ else None


def door_to(person: Person) -> TestClient:
    """A client on the page `/` of the app."""
    sessions = OpenSessions(person)
    return TestClient(Starlette(routes=[Mount("/api", routes=routes(lambda: sessions))]))
