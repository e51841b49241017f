"""What values are learnt from, as the Value model page offers it: said, kept, and never pretended."""

from pathlib import Path

import numpy as np
import pytest

from ipo.keys import Keys
from ipo.preference.state import RIDGE
from ipo.ui.page_paths import VALUE_MODEL
from ipo.ui.runtime.process import forget_workspaces
from ipo.value.two_kernels import BOTH, EMBEDDING, LATENT
from tests.support.embedder_home import bring_embedder
from tests.support.page import GOOD, PreferencesPage
from tests.support.rows import SIZE, fill_session

ROWS = 12


def value_model() -> PreferencesPage:
    page = PreferencesPage.visited(size=str(SIZE))
    page.settle()
    page.app.switch_page(VALUE_MODEL)
    settle(page)
    return page


def settle(page: PreferencesPage) -> None:
    """Embeddings, then the fits that read them, then what the page asks for."""
    for _ in range(4):
        page.settle()
    assert not page.app.exception


def choose(page: PreferencesPage, features: str) -> None:
    page.app.selectbox(key=Keys.VALUE_MODEL_FEATURES).set_value(features).run()
    settle(page)


def test_without_an_embedder_the_choice_says_what_to_type_and_latents_are_learnt_from(home: Path) -> None:
    fill_session(home, rows=ROWS, size=SIZE)
    page = value_model()
    assert "values learnt from latents" in page.words()
    choose(page, BOTH)
    state = page.session.state
    assert "Run ipo fetch embedder." in page.words()
    assert "Until then values are learnt from latents." in page.words()
    assert state.image_fit is None and state.belief is not None
    assert all(shown.forecast is not None for shown in page.session.view([]).queue)


def test_values_learnt_from_images_say_so_hold_after_a_restart_and_name_what_is_missing(
    home: Path,
) -> None:
    bring_embedder(home)
    fill_session(home, rows=ROWS, size=SIZE, decoded=True)
    page = value_model()
    choose(page, EMBEDDING)
    state = page.session.state
    assert "values learnt from embeddings" in page.words() and "EfficientNet-lite0 · " in page.words()
    assert "no embedding yet" not in page.words()
    fit = state.image_fit
    assert fit is not None and len(fit.rows) == ROWS and state.held_out.keys() == set(state.snapshot().ids)
    held_out = [state.held_out[id_] for id_ in state.snapshot().ids]
    assert sorted(held_out) == pytest.approx(sorted(fit.held_out.tolist()))
    choose(page, BOTH)
    assert state.image_fit is not None and 0 < state.image_fit.share < 1
    assert f"from both; embeddings weigh {100 * state.image_fit.share:.0f} %" in page.words()
    del state.embeddings[state.snapshot().ids[0]]
    page.app.run()
    assert "1 image has no embedding yet and is left out" in page.words()
    forget_workspaces()
    page = value_model()
    assert page.session.state.params.features == BOTH
    assert len(page.session.state.embeddings) >= ROWS
    choose(page, LATENT)
    assert page.session.state.image_fit is None and page.session.queue.looking.embedder is None


def test_candidates_are_valued_by_what_they_show_and_proposed_by_looking(home: Path) -> None:
    bring_embedder(home)
    fill_session(home, rows=ROWS, size=SIZE, decoded=True)
    page = value_model()
    choose(page, EMBEDDING)
    for _ in range(3):
        page.judge([GOOD])
        settle(page)
    shown = page.session.view([]).queue
    values = page.session.state.image_values(RIDGE)
    assert values is not None
    for one in shown:
        known = values.embeddings[one.candidate.id]
        z = one.candidate.z.reshape(1, -1)
        assert known.shape == (1280,) and np.isfinite(z).all()
        assert one.forecast is not None and one.forecast.sd is not None
    assert any(one.candidate.proposal.parameters.get("looked_at", 1) > 1 for one in shown)
    assert "proposals looked at for each image" in page.words()
