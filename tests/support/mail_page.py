"""The page Train › Mail without a browser."""

from collections.abc import Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from ipo.keys import Keys
from ipo.services.mail.service import MailService
from ipo.ui.page_paths import TRAIN_STAGE
from ipo.ui.runtime.process import workspace
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import drain
from tests.support.mails import NAME
from tests.support.markdown import read


class MailPage:
    """One tab on the page, in the project folder that `IPO_HOME` names."""

    def __init__(self) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.app.run()
        self.app.switch_page(TRAIN_STAGE)
        self.draw()

    @property
    def state(self) -> Mapping[str, Any]:
        return self.app.session_state

    @property
    def service(self) -> MailService:
        return workspace().mail_services.service(NAME)

    def beat(self) -> None:
        self.app.run()
        assert not self.app.exception

    def draw(self) -> None:
        """Draw the page until nothing is under way that it asked for."""
        for _ in range(3):
            self.beat()
            drain(workspace().background)
        self.beat()

    def press(self, key: str) -> None:
        self.app.button(key=key).click()
        self.draw()

    def open_tab(self, name: str) -> None:
        self.app.session_state[Keys.TRAIN_STAGE_TABS] = name
        self.draw()

    def words(self) -> str:
        app = self.app
        elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.html]
        return "\n".join(read(element.value) for element in elements)
