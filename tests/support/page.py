"""The Preferences page without a browser: `AppTest` draws it, and the session stands in for the deck."""

from collections.abc import Sequence

from streamlit.testing.v1 import AppTest

from ipo.keys import Keys
from ipo.preference.events import Event, Kind
from ipo.preference.session import PreferenceSession
from ipo.services.workspace import Workspace
from ipo.ui.runtime.process import workspace
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import drain
from tests.support.markdown import read
from tests.support.rows import SIZE
from tests.support.waiting import eventually

GOOD, BAD = 1, -1


class PreferencesPage:
    """One tab on the app of the project folder that `IPO_HOME` names."""

    def __init__(self) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.workspace: Workspace = workspace()
        self._seq = 0

    @classmethod
    def visited(cls, **query: str) -> "PreferencesPage":
        """A page as it is first drawn, opened by an address with query parameters."""
        page = cls()
        for name, value in query.items():
            page.app.query_params[name] = value
        page.app.run()
        return page

    @classmethod
    def opened(cls) -> "PreferencesPage":
        """A page with small images in hand."""
        page = cls.visited(size=str(SIZE))
        page.settle()
        return page

    @property
    def session(self) -> PreferenceSession:
        return self.workspace.session(self.app.session_state[Keys.CURATION_SESSION])

    def settle(self) -> None:
        """Wait until no lane works, then draw the page as the server would."""
        drain(self.workspace.background)
        self.app.run()

    def judge(self, labels: Sequence[int]) -> None:
        """Judge the image that is first in hand, once per label."""
        for label in labels:
            first = eventually(lambda: self.session.view([]).queue, "image in hand")[0]
            self.session.apply([Event("test", self._seq, Kind.JUDGE, first.candidate.id, label)])
            self._seq += 1

    def unfold(self, key: Keys) -> None:
        """Open an expander of the sidebar."""
        self.app.session_state[key] = True
        self.app.run()

    def metric(self, label: str) -> str:
        return next(str(metric.value) for metric in self.app.metric if metric.label == label)

    def words(self) -> str:
        """All the text on the page."""
        app = self.app
        elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.html]
        return "\n".join(read(element.value) for element in elements)
