"""How many images a second each decoder makes, here and by an image server on this machine.

Every decoder that works here with its defaults is measured at batches of 1, 4 and 8: in this process, and by
`ipo serve-decoder` in a process of its own, in turns, so that both meet the same load; medians.
`server_overhead` is what a batch of one takes longer by the server, 0.1 being a tenth, for the slowest
decoder: sending images takes as long for every one. It compares the quickest of each, which other programs
disturbed least. `--decoder` measures one alone, with `--set` as `ipo serve-decoder` takes it.
"""

import argparse
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.report import phase, publish
from ipo.decoders.assignments import parse_assignment
from ipo.decoders.protocol import Decoder, DecoderKind
from ipo.decoders.remote.access import TOKEN_VARIABLE
from ipo.decoders.settings import Settings, complete
from ipo.image_server.offered import find_kind
from ipo.jobs import SILENT
from ipo.registry import FAMILIES, decoder_kinds, open_decoder

BATCHES = (1, 4, 8)
PROMPT = "misty harbour at dawn"
REMOTE = "remote"

_SERVE = "import sys; from ipo.cli.main import main; sys.argv[0] = 'ipo'; main()"
_ANSWERS = re.compile(r"(http://127\.0\.0\.1:\d+) answers")


@dataclass(frozen=True)
class Way:
    """A decoder, with the settings that it decodes with."""

    decoder: Decoder
    settings: Settings

    def seconds(self, size: int, batch: int, seed: int) -> float:
        """What a batch takes."""
        shape = self.decoder.info.latent_shape(size)
        latents = np.random.default_rng(seed).standard_normal((batch, *shape), np.float32)
        began = time.perf_counter()
        self.decoder.decode(latents, PROMPT, {**self.settings, "size": size}, context=SILENT)
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="end within 45 seconds on two cores")
    parser.add_argument("--decoder", help="measure this one alone")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of it")
    parser.add_argument("--size", type=int, default=448, help="pixels a side")
    parser.add_argument("--home", type=Path, help="project folder; default: an empty one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        home = given.home or Path(empty)
        names = (
            [given.decoder]
            if given.decoder
            else [name for name in (*decoder_kinds(), *FAMILIES) if name != REMOTE]
        )
        figures: dict[str, float] = {}
        slowest = 0.0
        for name in names:
            try:
                local = open_local(home, find_kind(home, name), given.set)
                local.seconds(given.size, 1, 0)  # reads the weights
            except (ValueError, OSError) as error:
                print(f"{name} is left out: {error}")
                continue
            with phase(name), served(home, name, given.set, given.size) as url:
                remote = Way(open_decoder(home, REMOTE, {"url": url}), {"options": ""})
                found, seconds = measured(name, local, remote, given.size, 20 if given.quick else 60)
            if seconds > slowest:
                slowest, figures["server_overhead"] = seconds, found[f"{name}_server_overhead_1"]
            figures |= found
    if not figures:
        raise SystemExit("No decoder works here.")
    publish("decode", figures, quick=given.quick)


def open_local(home: Path, kind: DecoderKind, assignments: Sequence[str]) -> Way:
    """A decoder of this process. Raises `ValueError` where it is not here."""
    chosen = dict(parse_assignment(kind.settings, text) for text in assignments)
    settings = complete(kind.settings, chosen)
    return Way(kind.open(home, settings), settings)


@contextmanager
def served(home: Path, name: str, assignments: Sequence[str], size: int) -> Iterator[str]:
    """The address of an image server with a decoder, in a process of its own."""
    os.environ[TOKEN_VARIABLE] = secrets.token_urlsafe()
    options = [f"--decoder={name}", "--port=0", f"--size={size}", f"--home={home}"]
    options += [f"--set={text}" for text in assignments]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", _SERVE, "serve-decoder", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            lines = (_ANSWERS.match(line) for line in server.stdout)
            found = next((line for line in lines if line), None)
            if found is None:
                raise SystemExit(f"The image server for {name} did not start.")
            yield found[1]
        finally:
            server.terminate()


def measured(name: str, local: Way, remote: Way, size: int, repeats: int) -> tuple[dict[str, float], float]:
    """Figures of a decoder, and the seconds that one image takes here."""
    figures = {}
    alone = 0.0
    for batch in BATCHES:
        remote.seconds(size, batch, 0)
        pairs = [
            (local.seconds(size, batch, seed), remote.seconds(size, batch, seed))
            for seed in range(max(3, repeats // batch))
        ]
        here, there = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
        figures[f"{name}_images_per_s_{batch}"] = batch / here
        figures[f"{name}_{REMOTE}_images_per_s_{batch}"] = batch / there
        best_here, best_there = (min(seconds) for seconds in zip(*pairs, strict=True))
        figures[f"{name}_server_overhead_{batch}"] = best_there / best_here - 1
        alone = alone or here
    return figures, alone


if __name__ == "__main__":
    main()
