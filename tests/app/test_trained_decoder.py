"""A decoder that goes on being trained: sessions stay with the weights that they were begun with."""

from pathlib import Path

import pytest

from background import Lane
from ipo.decoders.versioned import family_of
from ipo.digits.folder import folder_in
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.jobs import SILENT
from ipo.keys import Keys
from ipo.preference.analysis.verify import Match, verify
from ipo.ui.runtime.process import forget_workspaces
from tests.support.lanes import held
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.waiting import eventually
from tests.unit.digits.small import CONFIG, images, labels

READING = "Reading the model that draws these images"


class Training:
    """A small digits model whose checkpoint is in the project folder."""

    def __init__(self, home: Path) -> None:
        self.path = folder_in(home).checkpoint
        self.trainer = InteractiveTrainer(CONFIG)
        self.go_on(0)

    def go_on(self, epochs: int = 1) -> None:
        if epochs:
            self.trainer.train_epochs(epochs, images(), labels())
        checkpoint.save(self.path, self.trainer)


@pytest.fixture
def training(home: Path) -> Training:
    return Training(home)


def opened(prompt: str = "7", **query: str) -> PreferencesPage:
    """A new tab of a new process, with images in hand."""
    forget_workspaces()
    page = PreferencesPage.visited(prompt=prompt, decoder="ssvae", **query)
    page.settle()
    page.settle()
    return page


def queue(page: PreferencesPage) -> list[bytes]:
    shown = eventually(lambda: page.session.view([]).queue, "images in hand")
    return [one.candidate.png for one in shown]


def type_prompt(page: PreferencesPage, prompt: str) -> None:
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value(prompt).run()
    page.settle()
    page.settle()


def test_rows_decode_to_the_same_bytes_though_the_model_goes_on_learning(training: Training) -> None:
    page = opened()
    first = page.session.key
    assert family_of(first.decoder) == "ssvae" != first.decoder
    page.judge([GOOD, BAD] * 10)
    eventually(lambda: page.session.state.models, "a fitted model")
    training.go_on()

    page = opened(session=first.id)
    session = page.session
    assert session.key == first and len(session.rows()) == 20
    for row in session.rows():
        verdict = verify(session.folder.path, session.shape, row, session.source, SILENT)
        assert verdict.match == Match.SAME_BYTES
    page.judge([GOOD])
    assert {row.candidate.decoder["weights_hash"] for row in page.session.rows()} == {
        session.source.info.weights_hash
    }


def test_a_new_prompt_begins_with_the_newest_model_and_the_old_one_stays_with_its_own(
    training: Training,
) -> None:
    page = opened()
    first = page.session.key
    page.judge([GOOD])
    training.go_on()
    page.app.run()
    assert page.session.key == first
    type_prompt(page, "8")
    second = page.session.key
    assert (second.prompt, family_of(second.decoder)) == ("8", "ssvae")
    assert second.decoder != first.decoder

    page.app.session_state[Keys.CURATION_CHOSEN] = first
    page.app.run()
    assert page.session.key == first
    page.app.button(key=Keys.CURATION_BEGIN_ANEW).click().run()
    page.settle()
    assert (page.session.key.prompt, page.session.key.decoder) == ("7", second.decoder)
    page.app.run()
    assert page.session.key.decoder == second.decoder


def test_without_a_model_the_page_says_how_to_get_one_and_goes_on_as_it_was(home: Path) -> None:
    page = opened()
    assert "There is no digits model yet. Train one on Train › SSVAE" in page.words()
    assert "In use: misty harbour at dawn · 448²." in page.words()
    assert page.session.key.decoder == "procedural"
    Training(home)
    with held(page.workspace.background, Lane.DECODE):
        page.app.run()
        assert READING in page.words()
    page.settle()
    assert family_of(page.session.key.decoder) == "ssvae"
    assert not page.app.warning


def test_a_checkpoint_that_is_damaged_is_named(training: Training) -> None:
    training.path.write_bytes(b"damaged")
    page = opened()
    assert f"{training.path} is not a sound checkpoint" in page.words().replace("\\", "")
    assert page.session.key.decoder == "procedural"


def test_a_session_whose_weights_are_gone_is_not_opened_with_others(training: Training, home: Path) -> None:
    page = opened()
    first = page.session.key
    page.judge([GOOD])
    (home / "decoders" / f"{first.decoder}.safetensors").unlink()
    training.go_on()
    page = opened("8")
    second = page.session.key
    page.app.session_state[Keys.CURATION_CHOSEN] = first
    page.app.run()
    assert "The weights that this session was begun with cannot be read" in page.words()
    assert page.session.key == second
    type_prompt(page, "3")
    assert page.session.key.prompt == "3" and not page.app.warning


def test_proposals_work_with_latents_that_are_no_grid(training: Training) -> None:
    page = opened("any digit")
    assert page.session.shape == (1, 1, 14)
    page.judge([GOOD, BAD, GOOD, BAD])
    eventually(lambda: page.session.state.belief, "a belief")
    for proposer in ("ucb", "thompson", "exploit", "line", "random"):
        page.app.selectbox(key=Keys.CURATION_PROPOSER).set_value(proposer).run()
        page.settle()
        page.judge([BAD])
        assert queue(page) and not page.session.queue.error
