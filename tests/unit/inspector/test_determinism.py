"""Promises about what belongs to a whole process: a training has its own, and everybody else keeps theirs."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ipo.inspector.determinism import Randomness
from ipo.inspector.torch_settings import read_settings

DISTURBING: dict[str, Callable[[], object]] = {
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
    "warn only": lambda: torch.use_deterministic_algorithms(True, warn_only=True),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True, check_nan=False),
    "grad": lambda: torch.set_grad_enabled(False),
    "matmul precision": lambda: torch.set_float32_matmul_precision("medium"),
    "denormals": lambda: torch.set_flush_denormal(True),
    "autocast": lambda: torch.set_autocast_enabled("cpu", True),
    "autocast dtype": lambda: torch.set_autocast_dtype("cpu", torch.float16),
    "cudnn": lambda: setattr(torch.backends.cudnn, "benchmark", True),
}


def drawn() -> tuple[float, ...]:
    """One number of each generator of the process, and of the pairs that two of them make."""
    legacy = np.random.randn()  # noqa: NPY002 - what users draw from
    return float(torch.rand(1, device="cpu")), random.random(), random.gauss(0, 1), float(legacy)


@pytest.mark.parametrize("name", DISTURBING)
def test_a_setting_of_one_training_is_nobody_elses(name: str) -> None:
    before, mine, other = read_settings(), Randomness(0), Randomness(0)
    with mine():
        DISTURBING[name]()
        changed = read_settings()
    assert changed != before
    assert read_settings() == before
    with other():
        assert read_settings() == before
    with mine():
        assert read_settings() == changed
    assert read_settings() == before


def test_random_numbers_continue_whatever_is_drawn_in_between() -> None:
    alone, mine = Randomness(3), Randomness(3)
    with alone():
        right = [drawn() for _ in range(5)]
    found = []
    for _ in range(5):
        with mine():
            found.append(drawn())
        drawn()
    assert found == right


def test_nobody_elses_random_numbers_are_touched() -> None:
    def seeded() -> None:
        torch.manual_seed(1)
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002 - what users draw from

    seeded()
    right = [drawn() for _ in range(3)]
    seeded()
    found = []
    for _ in range(3):
        found.append(drawn())
        with Randomness(5)():
            drawn()
    assert found == right


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64])
def test_half_of_a_pair_stays_with_whom_it_belongs(bits: type[np.random.BitGenerator]) -> None:
    """`randn` makes two numbers and keeps one; it is neither lost nor found by a training."""
    draws = (np.random.randn, np.random.rand, np.random.rand, np.random.randn, np.random.randn)

    def others(between: Callable[[], object]) -> list[float]:
        np.random.set_bit_generator(bits(7))  # type: ignore[attr-defined]
        found = []
        for draw in 2 * draws:
            found.append(float(draw()))
            between()
        return found

    mine, alone, own = Randomness(4), Randomness(4), []
    before = np.random.get_bit_generator()  # type: ignore[attr-defined]

    def train() -> None:
        with mine():
            own.append(drawn())

    try:
        assert others(train) == others(lambda: None)
        with alone():
            assert own == [drawn() for _ in own]
    finally:
        np.random.set_bit_generator(before)  # type: ignore[attr-defined]


def test_what_raises_leaves_the_numbers_where_they_were_marked() -> None:
    mine, alone = Randomness(2), Randomness(2)
    with alone():
        right = [drawn(), drawn()]
    with pytest.raises(ZeroDivisionError), mine():
        first = drawn()
        mine.mark()
        torch.set_default_dtype(torch.float64)
        drawn()
        raise ZeroDivisionError
    with mine():
        assert [first, drawn()] == right
        assert torch.get_default_dtype() == torch.float32


def test_a_state_goes_on_elsewhere_and_damage_changes_nothing() -> None:
    mine, other = Randomness(2), Randomness(9)
    with mine():
        drawn()
        torch.set_float32_matmul_precision("high")
    other.state = mine.state
    with pytest.raises(ValueError, match="its settings cannot be had here"):
        other.state = {"settings": {"default_dtype": "float99"}}
    with mine():
        right = drawn(), read_settings()
    with other():
        assert (drawn(), read_settings()) == right
