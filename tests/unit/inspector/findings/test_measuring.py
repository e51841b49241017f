"""What is measured of a step, against the same numbers by torch."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ipo.inspector.findings.measuring.batch import measure_batch, row_digests
from ipo.inspector.findings.measuring.examples import UNKNOWN, measure_examples
from ipo.inspector.findings.measuring.features import twins
from ipo.inspector.findings.measuring.parameters import measure_parameters
from ipo.inspector.findings.measuring.units import measure_units
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining, root_mean_square

OUTPUT = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, 1.0, 4.0]])
LABELS = torch.tensor([0, 1, 2])
TARGETS = torch.tensor([[1.0, 0.0, 0.5], [0.2, 0.4, 0.1], [0.0, 1.0, 0.9]])


@pytest.mark.parametrize(
    ("kind", "loss", "right"),
    [
        ("cross entropy", functional.cross_entropy, LABELS),
        ("squared difference", functional.mse_loss, TARGETS),
        ("absolute difference", functional.l1_loss, TARGETS),
        ("binary cross entropy", functional.binary_cross_entropy_with_logits, TARGETS),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_loss_of_each_row_is_found_by_what_its_mean_is(kind, loss, right, sign) -> None:  # type: ignore[no-untyped-def]
    found, _ = measure_examples(
        ObservedStep(0, sign * float(loss(OUTPUT, right)), {}, batch=(torch.rand(3, 5), right), output=OUTPUT)
    )
    each = loss(OUTPUT, right, reduction="none")
    assert (found.kind, found.sign) == (kind, sign)
    assert found.losses is not None
    np.testing.assert_allclose(found.losses, each.reshape(3, -1).mean(1), rtol=1e-6)


def test_a_loss_with_a_penalty_has_no_rows_and_says_so() -> None:
    found, missing = measure_examples(
        ObservedStep(0, 7.7, {}, batch=(torch.rand(3, 5), LABELS), output=OUTPUT)
    )
    assert found.losses is None
    assert missing["loss of each row"] == UNKNOWN


def test_equal_rows_have_equal_digests_and_others_have_not() -> None:
    rows = torch.rand(4, 3000)
    rows[2] = rows[0]
    digests = row_digests(rows)
    assert digests[0] == digests[2]
    assert len(set(digests.tolist())) == 3
    assert (digests == row_digests(rows.clone())).all()


@pytest.mark.parametrize("batch", [None, "text", {}, torch.tensor(3.0), []])
def test_a_batch_without_a_tensor_is_not_measured(batch: object) -> None:
    assert measure_batch(batch) is None


def test_labels_are_whole_numbers_one_for_each_row() -> None:
    inputs = torch.rand(3, 2)
    found = measure_batch({"inputs": inputs, "labels": LABELS})
    assert found is not None and found.labels is not None
    assert found.labels.tolist() == [0, 1, 2]
    for labels in (LABELS.float(), LABELS[:2], torch.rand(3, 2)):
        measured = measure_batch((inputs, labels))
        assert measured is not None and measured.labels is None


def test_twins_are_rows_of_one_direction() -> None:
    rows = torch.randn(6, 20, generator=torch.Generator().manual_seed(0))
    assert twins(rows) == (0, (0, 0))
    rows[4] = 3 * rows[1]
    assert twins(rows) == (2, (1, 4))
    assert twins(torch.zeros(6, 20))[0] == 0


def test_sizes_and_directions_of_parameters_are_those_of_torch() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4))
    weight, gradient, update = torch.rand(4, 5), torch.rand(4, 5), -torch.rand(4, 5)
    tensors = {"0/weight": weight, "0/weight_gradient": gradient, "0/weight_update": update}
    step = ObservedStep(0, 1.0, {key: value.numpy() for key, value in tensors.items()})
    training = ObservedTraining.of(model, [torch.optim.SGD(model.parameters(), lr=1.0)])
    [one], samples = measure_parameters(
        step, training.parameters(tensors), {"0/weight": update.flatten().numpy()}
    )
    assert one.weight == pytest.approx(float(weight.square().mean().sqrt()))
    assert one.descent == pytest.approx(
        float(functional.cosine_similarity(update.flatten(), -gradient.flatten(), 0)), abs=1e-6
    )
    assert one.turn == pytest.approx(1.0)
    assert samples["0/weight"].shape == (20,)
    assert one.trainable and one.optimized


def test_a_root_mean_square_that_is_no_number_is_missing() -> None:
    assert root_mean_square(np.array([3.0, 4.0])) == pytest.approx(12.5**0.5)
    for values in ([], [np.nan], [np.inf, 1.0]):
        assert root_mean_square(np.array(values)) is None


def test_a_unit_is_silent_where_no_row_wakes_it_and_flat_where_its_sigmoid_is() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, 2))
    output = np.array([[-1.0, 20.0, 0.5], [-2.0, 30.0, -0.5]], np.float32)
    gradient = np.array([[0.0, 0.0, 0.1], [0.0, 0.0, 0.2]], np.float32)
    tensors = {"0/output": output, "0/output_gradient": gradient, "2/output": np.zeros((2, 2), np.float32)}
    first, last = measure_units(ObservedStep(0, 1.0, tensors), ObservedTraining.of(model, []))
    assert first.silent is not None and first.silent.tolist() == [True, False, False]
    assert first.saturated is not None and first.saturated.tolist() == [False, True, False]
    assert last.silent is None  # what goes into the loss may be anything
