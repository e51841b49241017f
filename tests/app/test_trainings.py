"""Trainings of other processes on the Inspect page: found, looked into, stepped, and let go."""

from pathlib import Path

import pytest

from ipo.inspector.attach import announcements
from ipo.keys import Keys
from tests.app.test_inspector import InspectPage, let_go, page
from tests.support.attached_training import Training, until

__all__ = ["let_go", "page"]


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_a_training_is_found_stepped_and_let_go(page: InspectPage) -> None:
    training = Training(hold=True)
    training.thread.start()
    until(lambda: bool(announcements.offers()), "no offer")
    page.unfold(Keys.INSPECT_TRAININGS)
    offer = announcements.offers()[0]
    page.press(f"{Keys.INSPECT_TRAINING}_{offer.pid}_{offer.url}")
    assert "small" in page.words()
    assert "waits" in page.words()
    assert not [button for button in page.app.button if button.key in (Keys.INSPECT_FORK, Keys.INSPECT_SAVE)]
    page.step(2)
    page.app.session_state[f"{Keys.INSPECT_OTHERS}_forward_section"] = True
    page.draw()
    figures = page.shown[f"{Keys.INSPECT_OTHERS}_forward_figures"]["figures"]
    assert [figure["name"] for figure in figures] == ["Output of 0", "Output of 1", "Output of 2"]
    page.press(Keys.INSPECT_HOLD)
    training.join()
    until(lambda: not page.inspecting.inspector.main.there, "nobody said that it left")
    page.draw()
    assert "small has left after 8 steps" in page.words()
    assert not page.may_step


def test_what_does_not_answer_is_said_and_the_session_stays(page: InspectPage) -> None:
    before = page.inspecting.inspector.main
    page.unfold(Keys.INSPECT_TRAININGS)
    page.app.text_input(key=Keys.INSPECT_TRAINING_URL).set_value("http://127.0.0.1:9")
    page.app.text_input(key=Keys.INSPECT_TRAINING_TOKEN).set_value("token")
    page.press(Keys.INSPECT_TRAINING_CONNECT)
    assert "No training answers at http://127.0.0.1:9: Connection refused." in page.words()
    assert page.inspecting.inspector.main is before
