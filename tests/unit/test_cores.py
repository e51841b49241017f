"""Promises of who owns the cores."""

import pytest

from ipo.cores import numeric_threads


def test_numeric_work_leaves_one_core_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, threads in [(1, 1), (2, 1), (8, 7), (None, 1)]:
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert numeric_threads() == threads
