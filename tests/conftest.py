"""Fixtures that every kind of test may use."""

from tests.support.mnist import mnist_datasets, mnist_home

__all__ = ["mnist_datasets", "mnist_home"]
