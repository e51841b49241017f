"""What stands in for a page while MNIST is not there: the offer to fetch it, its progress, why it failed."""

from collections.abc import Callable

import streamlit as st

from ipo.datasets import mnist
from ipo.keys import Keys
from ipo.services.dataset_fetch import DatasetFetch
from ipo.ui.fetch import draw_fetch, draw_lines


def draw_without_mnist(says: str, fetch: DatasetFetch, on_done: Callable[[], object]) -> None:
    """`says` what the page would do with the digits."""
    st.info(
        f"{says} The digits are not in your data folder yet: 55 MB, fetched once.",
        icon=":material/download:",
    )
    draw_fetch_mnist(fetch, on_done)
    if fetch.problem:
        draw_lines(fetch.problem)


def draw_fetch_mnist(fetch: DatasetFetch, on_done: Callable[[], object]) -> None:
    """The button that fetches MNIST and then calls `on_done`."""
    draw_fetch("MNIST", fetch, on_done, key=Keys.FETCH_MNIST, command="ipo fetch mnist")


def advises_fetch(problem: str) -> bool:
    """Whether a message tells its reader to press the button that `draw_fetch_mnist` draws."""
    return mnist.REMEDY in problem
