"""Fixtures that every kind of test may use."""

import sys
from collections.abc import Iterator

import pytest

from tests.support.mail import mail_corpus, mail_texts
from tests.support.mnist import mnist_datasets, mnist_home

__all__ = ["mail_corpus", "mail_texts", "mnist_datasets", "mnist_home"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases of bytes by their number: a zip has the time in it, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Give the tests back their own ``__main__``: Streamlit puts the page in its place and leaves it there,
    and a process that a later test spawns would run that page before anything else."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
