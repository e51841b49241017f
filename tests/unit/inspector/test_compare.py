"""What differs between two steps, of one session or of two."""

import numpy as np
import pytest

from ipo.inspector.capture.tensors import Renderer, StepTensorKey
from ipo.inspector.compare import comparable, difference, scalar_differences, value_range
from ipo.inspector.session import InspectSession
from tests.unit.inspector.small import session

K = StepTensorKey


@pytest.fixture(scope="module")
def slow() -> InspectSession:
    made = session()
    made.step(3)
    return made


@pytest.fixture(scope="module")
def control() -> InspectSession:
    made = session("control")
    made.step(3)
    return made


def test_every_scalar_that_both_steps_have_is_compared(slow: InspectSession) -> None:
    here, there = slow.get_step(2), slow.get_step(0)
    found = {row.key: row for row in scalar_differences(here, there, slow.specs)}
    scalars = {key for key, spec in slow.specs.items() if spec.renderer == Renderer.SCALAR}
    assert set(found) == scalars
    losses = slow.history().columns[K.LOSS]
    assert (found[K.LOSS].here, found[K.LOSS].there) == (losses[2], losses[0])


def test_a_scalar_that_one_of_them_lacks_is_left_out(slow: InspectSession, control: InspectSession) -> None:
    for one, other in ((slow, control), (control, slow)):
        found = [row.key for row in scalar_differences(one.get_step(1), other.get_step(1), one.specs)]
        assert K.LOSS in found
        assert K.SOM_TARGET_COSINE not in found


def test_tensors_that_are_compared_are_those_of_both_in_one_shape(
    slow: InspectSession, control: InspectSession
) -> None:
    found = comparable(slow.get_step(2), slow.get_step(1), slow.specs)
    assert {K.BATCH_IMAGES, K.ENCODER_WEIGHTS, K.STRENGTH, K.WIN_RATE, K.WEIGHT_COSINE_MATRIX} <= set(found)
    assert not {K.LOSS, K.NEIGHBORS, K.BATCH_LABELS} & set(found)  # no tensor, or numbers that only name
    across = comparable(slow.get_step(2), control.get_step(2), slow.specs)
    assert K.ENCODER_WEIGHTS in across
    assert K.GRAD_MASK not in across


def test_other_shapes_do_not_compare(slow: InspectSession) -> None:
    narrow = session(features=9)
    narrow.step(1)
    found = comparable(slow.get_step(0), narrow.get_step(0), slow.specs)
    assert found == [K.BATCH_IMAGES, K.IMAGE_COVERAGE, K.RECONSTRUCTION]
    with pytest.raises(ValueError, match=r"win_rate is \(12,\) here and \(9,\) there; only equal shapes"):
        difference(slow.get_step(0), narrow.get_step(0), K.WIN_RATE)


def test_the_difference_is_here_minus_there(slow: InspectSession) -> None:
    here, there = slow.get_step(2), slow.get_step(1)
    for key in comparable(here, there, slow.specs):
        made = difference(here, there, key)
        assert made.dtype == np.float32
        np.testing.assert_array_equal(made, here[key] - there[key])
    assert difference(here, there, K.ENCODER_WEIGHTS).any()


def test_what_is_compared_shares_a_range_of_finite_values() -> None:
    assert value_range([np.array([[0.5, np.nan]]), np.array([[-2.0, np.inf]])]) == (-2.0, 0.5)
    assert value_range([np.array([np.nan])]) == (0.0, 0.0)


def test_conditions_see_the_same_batches_and_begin_alike(
    slow: InspectSession, control: InspectSession
) -> None:
    for step in range(3):
        assert not difference(slow.get_step(step), control.get_step(step), K.BATCH_IMAGES).any()
    assert not difference(slow.get_step(0), control.get_step(0), K.ENCODER_WEIGHTS).any()
    assert difference(slow.get_step(2), control.get_step(2), K.ENCODER_WEIGHTS).any()


def test_what_is_not_there_is_named(slow: InspectSession, control: InspectSession) -> None:
    with pytest.raises(KeyError, match="grad_mask"):
        difference(slow.get_step(0), control.get_step(0), K.GRAD_MASK)
