"""No error is shown as nothing: a caller would take an empty text for success."""

import pytest

from ipo.error_text import error_text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("3 is odd"), "3 is odd"),
        (TimeoutError(), "TimeoutError"),
        (AssertionError(), "AssertionError"),
        (MemoryError(), "Memory ran out. Close other programs, or ask for less at a time"),
        (
            MemoryError("Unable to allocate 9 GiB"),
            "Memory ran out. Close other programs, or ask for less at a time (Unable to allocate 9 GiB)",
        ),
    ],
)
def test_every_error_has_words(error: BaseException, text: str) -> None:
    assert error_text(error) == text
