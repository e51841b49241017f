"""The line shows what one fit values, image by image, and says when it is older than the model."""

from pathlib import Path

import numpy as np
from PIL import Image

from ipo.preference import latents
from ipo.preference.analysis.traversal import SIDE
from ipo.preference.proposals.proposers import STEP_ANGLES
from ipo.preference.state import RIDGE
from ipo.services.latent_traversal import LatentTraversal
from ipo.value.status import FitState
from tests.support.fits import a_belief
from tests.support.judging import Later, Person, run_now


def fitted(person: Person, generation: int = 1, seed: int = 3) -> None:
    """Adopt a fit as a lane would."""
    state = person.session.state
    with state.w_lock:
        state.models[RIDGE] = a_belief(int(np.prod(person.session.shape)), seed)
        state.update_status(RIDGE, state=FitState.OK, generation=generation, rows=40)


def test_before_the_first_fit_nothing_is_decoded(person: Person) -> None:
    line = LatentTraversal(person.session, run_now)
    line.decode()
    assert not line.ready and line.strip is None and not line.working


def test_nine_images_lie_along_the_direction_with_the_values_of_the_fit(person: Person) -> None:
    fitted(person)
    line = LatentTraversal(person.session, run_now)
    assert line.wanting
    line.decode()
    strip, belief = line.strip, person.session.state.belief
    assert strip is not None and belief is not None
    assert strip.decoded == len(STEP_ANGLES) == 9 and not line.working and not line.wanting
    middle = len(STEP_ANGLES) // 2
    np.testing.assert_allclose(strip.zs[middle], person.session.queue.anchor, atol=1e-5)
    np.testing.assert_allclose(strip.values, belief.predict(latents.features(strip.zs)), atol=1e-5)
    assert (np.diff(strip.values) > 0).all() and (strip.sds > 0).all()


def test_images_are_small_and_come_one_by_one(person: Person, tmp_path: Path) -> None:
    fitted(person)
    lane = Later()
    line = LatentTraversal(person.session, lane)
    line.decode()
    line.decode()
    assert len(lane.waiting) == 1
    decoded = []
    while lane.waiting:
        lane.run(1)
        assert line.strip is not None
        decoded.append(line.strip.decoded)
        assert len(lane.waiting) <= 1, "images to judge would have to wait"
    assert decoded == list(range(10))
    image = line.strip.images[0] if line.strip else None
    assert image is not None
    (tmp_path / "one.jpg").write_bytes(image)
    with Image.open(tmp_path / "one.jpg") as found:
        assert found.format == "JPEG" and max(found.size) <= SIDE


def test_a_newer_fit_makes_the_strip_stale_until_it_is_decoded_again(person: Person) -> None:
    fitted(person)
    line = LatentTraversal(person.session, run_now)
    line.decode()
    first = line.strip
    line.decode()
    assert line.strip is first, "the same fit is not decoded twice"
    fitted(person, generation=2, seed=4)
    assert line.stale and line.strip is first
    line.decode()
    assert not line.stale and line.strip is not first


def test_a_decoder_that_fails_is_named_and_may_be_tried_again(person: Person) -> None:
    fitted(person)
    line = LatentTraversal(person.session, run_now)
    person.decoder.broken = "the weights are gone"
    line.decode()
    assert line.problem == "The line could not be decoded: the weights are gone."
    assert not line.working and not line.wanting, "a page must not ask for ever"
    person.decoder.broken = ""
    line.decode()
    assert line.strip is not None and line.strip.decoded == 9 and line.problem == ""


def test_labels_that_were_taken_back_leave_the_strip_stale(person: Person) -> None:
    fitted(person)
    line = LatentTraversal(person.session, run_now)
    line.decode()
    state = person.session.state
    with state.w_lock:
        state.models.pop(RIDGE)
        state.update_status(RIDGE, state=FitState.UNTRAINED, generation=2)
    assert line.stale and not line.ready and not line.wanting
