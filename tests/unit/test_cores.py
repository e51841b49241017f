"""Promises of who owns the cores."""

import pytest

from ipo.cores import numeric_threads


def test_numeric_work_leaves_one_core_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for cores, threads in [(1, 1), (2, 1), (8, 7), (None, 1)]:
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert numeric_threads() == threads


def test_a_worker_that_has_few_threads_uses_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for named, threads in [("1", 1), ("3", 3), ("64", 7), ("", 7), ("many", 7), ("0", 1)]:
        monkeypatch.setenv("OMP_NUM_THREADS", named)
        assert numeric_threads() == threads
