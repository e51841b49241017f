"""Embeddings of a session on their lane: a few images at a time, and faults are said with their remedy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from background import Background
from ipo.embedding import efficientnet_weights
from ipo.preference.state import ModelParams
from ipo.preference.storage.rows import GOOD
from ipo.services.embedding import row_embeddings
from ipo.services.embedding.row_embeddings import RowEmbeddings
from ipo.value.two_kernels import EMBEDDING
from tests.support.embedder_home import bring_embedder
from tests.support.judging import Person
from tests.support.lanes import drain


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.shutdown()


def judging(home: Path, labels: int = 5) -> Person:
    person = Person(home, ahead=1)
    for _ in range(labels):
        person.judges(person.queue[0], GOOD)
    person.session.state.params = ModelParams(features=EMBEDDING)
    return person


def test_fits_hear_of_every_few_images_until_none_is_missing(
    background: Background, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_embeddings, "AT_ONCE", 3)
    bring_embedder(tmp_path)
    person, heard = judging(tmp_path), []
    embeddings = RowEmbeddings(
        tmp_path, background, lambda session: heard.append(len(session.state.without_embedding()))
    )
    assert embeddings.status_of(person.session).missing == 5
    embeddings.update(person.session)
    embeddings.update(person.session)  # another judgement meanwhile
    drain(background)
    assert heard[-1] == 0 and len(heard) >= 2
    status = embeddings.status_of(person.session)
    assert (status.embedder, status.missing, status.problem) == ("EfficientNet-lite0", 0, "")
    looking = person.session.queue.looking
    assert looking.embedder is not None
    person.session.state.params = ModelParams()
    embeddings.update(person.session)
    assert looking.embedder is None


def test_weights_that_are_missing_or_damaged_are_said_and_judging_goes_on(
    background: Background, tmp_path: Path
) -> None:
    person = judging(tmp_path)
    embeddings = RowEmbeddings(tmp_path, background, lambda session: None)
    embeddings.update(person.session)
    assert "Run ipo fetch embedder." in embeddings.status_of(person.session).problem
    path = efficientnet_weights.path_in(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(4 * efficientnet_weights.VALUES + 1))
    embeddings.update(person.session)
    drain(background)
    status = embeddings.status_of(person.session)
    assert "Run ipo fetch embedder to repair it." in status.problem and status.missing == 5
    assert person.session.queue.looking.embedder is None
    path.unlink()
    bring_embedder(tmp_path)
    embeddings.update(person.session)
    drain(background)
    assert embeddings.status_of(person.session).problem == ""
    assert embeddings.status_of(person.session).missing == 0


def test_an_image_that_gives_none_is_not_asked_for_again(background: Background, tmp_path: Path) -> None:
    bring_embedder(tmp_path)
    person = judging(tmp_path, labels=3)
    image = person.session.store.folder(person.session.rows()[1].number) / "image.png"
    image.write_bytes(b"no picture")
    embeddings = RowEmbeddings(tmp_path, background, lambda session: None)
    embeddings.update(person.session)
    drain(background)
    assert embeddings.status_of(person.session).missing == 1
