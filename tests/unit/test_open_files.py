"""What a process knows of its own files; limits are set in processes of their own, as they stay."""

import os
import resource
import subprocess
import sys
from pathlib import Path

from ipo import open_files

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, soft: int) -> list[int]:
    """The numbers that a program prints which may have `soft` files open."""
    limited = (
        f"import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {soft + 50}))\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_what_is_left_goes_down_with_every_file() -> None:
    before = open_files.left()
    pipes = [os.pipe() for _ in range(3)]
    after = open_files.left()
    for pipe in pipes:
        os.close(pipe[0]), os.close(pipe[1])
    assert before is not None and after is not None
    assert before - after == 6 and open_files.left() == before
    assert open_files.limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_nothing_is_left_where_not_even_the_list_can_be_opened() -> None:
    fill = """
from ipo import open_files
print(open_files.left())
try:
    while True: os.dup(0)
except OSError:
    print(open_files.left())
"""
    before, after = run(fill, soft=40)
    assert 0 < before < 40 and after == 0


def test_the_limit_is_raised_to_what_the_user_may_have() -> None:
    assert run("from ipo import open_files; open_files.raise_limit(); print(open_files.limit())", 60) == [110]
