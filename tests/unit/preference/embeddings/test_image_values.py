"""Promises of values by images: of rows, pairs and candidates whose embedding is known, and of no others."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.preference.analysis.row_predictions import deviation_of_row, predict_rows
from ipo.preference.embeddings.embed_images import embed_images, images_without_embedding
from ipo.preference.embeddings.image_values import embeddings_at
from ipo.preference.proposals.predictions import forecast
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE, XGB, ModelParams
from ipo.preference.storage.rows import BAD, GOOD
from ipo.value.two_kernels import BOTH, EMBEDDING
from tests.support.judging import Person
from tests.support.pictures import CoarseColours
from value_model import fit_ridge_model, validate_rows


def judging(home: Path, labels: int = 12, pairs: int = 2) -> PreferenceSession:
    """A session that reads embeddings, none of which it has yet."""
    person = Person(home)
    for number in range(labels):
        person.judges(person.queue[0], GOOD if number % 2 else BAD)
    for _ in range(pairs):
        person.prefers(*person.queue[:2])
    person.session.state.params = ModelParams(features=EMBEDDING)
    return person.session


def embed(session: PreferenceSession, home: Path) -> None:
    found = embed_images(CachedEmbedder(home, CoarseColours), images_without_embedding(session), SILENT)
    session.state.add_embeddings(found)


def fit(session: PreferenceSession) -> None:
    state = session.state
    fitted = fit_ridge_model(state.ridge, state.snapshot(), state.params, dict(state.embeddings))
    state.models[RIDGE], state.image_fit, state.held_out = fitted.model, fitted.images, fitted.held_out


def colour(session: PreferenceSession, id_: str) -> NDArray[np.float32]:
    row = session.row(id_)
    assert row is not None
    return CoarseColours().embed(decode_png(session.store.image(row))[None])[0]


def test_everything_that_was_judged_or_waits_is_embedded_by_its_own_image(tmp_path: Path) -> None:
    session = judging(tmp_path)
    judged = session.state.without_embedding()
    assert len(judged) == 12 + 2 * 2
    generation = session.state.pool.generation
    embed(session, tmp_path)
    assert session.state.pool.generation > generation  # the next fit has more to read
    assert not session.state.without_embedding() and not images_without_embedding(session)
    assert session.state.embeddings.keys() == judged | {one.id for one in session.in_hand()}
    for id_ in session.state.snapshot().ids:
        assert np.allclose(session.state.embeddings[id_], colour(session, id_), atol=1e-6)


def test_an_image_that_cannot_be_read_is_left_out_and_the_rest_is_embedded(tmp_path: Path) -> None:
    session = judging(tmp_path, pairs=0)
    (session.store.folder(session.rows()[3].number) / "image.png").write_bytes(b"no picture")
    embed(session, tmp_path)
    assert session.state.without_embedding() == {session.rows()[3].candidate_id}


def test_embeddings_of_pairs_are_differences_and_what_is_missing_is_no_number(tmp_path: Path) -> None:
    session = judging(tmp_path)
    embed(session, tmp_path)
    rows, known = session.state.snapshot(), dict(session.state.embeddings)
    places = np.append(rows.index, rows.pairs)
    whole = embeddings_at(rows, known, places)
    preferred, other = rows.pair_ids[1].split(">")
    assert np.allclose(whole[13], known[preferred] - known[other])
    assert np.allclose(whole[4], known[rows.ids[4]])
    del known[other], known[rows.ids[4]]
    assert np.flatnonzero(np.isnan(embeddings_at(rows, known, places)).any(1)).tolist() == [4, 13]
    assert np.isnan(embeddings_at(rows, {}, places)).all()


def test_values_and_deviations_are_those_of_rows_that_have_an_embedding(tmp_path: Path) -> None:
    session = judging(tmp_path)
    state = session.state
    embed(session, tmp_path)
    without = state.snapshot().ids[0]
    del state.embeddings[without]
    fit(session)
    assert state.image_fit is not None and state.image_fit.missing == 1
    values, rows = state.image_values(), state.snapshot()
    assert values is not None and state.image_values(XGB) is None
    predicted = predict_rows(state.belief, rows, values, SILENT)
    assert predicted.keys() == set(rows.ids) - {without} == state.held_out.keys()
    assert deviation_of_row(without, state.belief, rows.X[0], values) is None
    sd = deviation_of_row(rows.ids[1], state.belief, rows.X[1], values)
    assert sd == pytest.approx(
        state.image_fit.deviation(rows.X[1][None], state.embeddings[rows.ids[1]][None])[0], rel=1e-5
    )
    in_hand = session.in_hand()
    del state.embeddings[in_hand[0].id]
    belief = state.belief
    assert belief is not None
    said = forecast(in_hand, belief, state.image_values())
    assert said.keys() == {one.id for one in in_hand[1:]}


@pytest.mark.parametrize("features", [EMBEDDING, BOTH])
def test_cross_validation_holds_out_the_rows_that_have_an_embedding(tmp_path: Path, features: str) -> None:
    session = judging(tmp_path, labels=24, pairs=0)
    embed(session, tmp_path)
    state = session.state
    params = ModelParams(features=features)
    known = dict(state.embeddings)
    for id_ in state.snapshot().ids[:4]:
        del known[id_]
    found = validate_rows(state.snapshot(), params, SILENT, known)
    assert found.scores[RIDGE].accuracy.trials == found.scores[XGB].accuracy.trials == 20
    alone = validate_rows(state.snapshot(), ModelParams(), SILENT)
    assert found.fingerprints[RIDGE] != alone.fingerprints[RIDGE]
    assert found.fingerprints[XGB] == alone.fingerprints[XGB]
