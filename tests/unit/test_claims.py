"""Promises of claims: one holder at a time, by name."""

import contextlib
import threading

import pytest

from ipo import claims
from ipo.claims import Claimed, claim


def test_a_resource_has_one_holder_and_the_others_learn_its_name() -> None:
    with claim("model:test", "training run 3"):
        assert claims.holder("model:test") == "training run 3"
        with pytest.raises(
            Claimed, match=r"model:test is in use by training run 3\. End that first\."
        ) as refused:
            claim("model:test", "the inspector")
        assert (refused.value.resource, refused.value.holder) == ("model:test", "training run 3")
        claim("model:another", "the inspector").release()
    assert claims.holder("model:test") is None


def test_an_error_releases_it() -> None:
    with pytest.raises(KeyError), claim("model:test", "a run"):
        raise KeyError
    claim("model:test", "another run").release()


def test_releasing_again_takes_nothing_from_the_next_holder() -> None:
    first = claim("model:test", "first")
    first.release()
    with claim("model:test", "second"):
        first.release()
        assert claims.holder("model:test") == "second"


def test_of_many_at_once_one_gets_it() -> None:
    held: list[claims.Claim] = []

    def attempt() -> None:
        with contextlib.suppress(Claimed):
            held.append(claim("model:test", "somebody"))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1
    held[0].release()
