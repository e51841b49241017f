"""What every bench prints: a table for people, and one JSON object as the last line."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


def quick() -> bool:
    """Whether `--quick` was asked for: the same measurement on less."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="end within 45 seconds on two cores")
    return bool(parser.parse_args().quick)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Say how long a part of a bench took, at its end."""
    began = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def publish(bench: str, figures: Mapping[str, float], *, quick: bool) -> None:
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:12.4g}")
    rounded = {name: float(f"{value:.4g}") for name, value in figures.items()}
    print(json.dumps({"bench": bench, "quick": quick, "figures": rounded}))
