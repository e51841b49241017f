"""A candidate is seen before it is finished, under the id that it keeps."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ipo.decoders import previews as pace
from ipo.jobs import SILENT
from ipo.preference.candidates import Candidate
from ipo.preference.proposals.generate import Proposing, make_candidates
from ipo.preference.proposals.previews import SIDE, CandidatePreviews, Preview
from ipo.preference.proposals.proposers import ProposalContext
from ipo.preference.storage.sessions import SessionKey
from tests.support.flat_decoder import FlatDecoder

KEY = SessionKey("moss and rust", 64, "flat")


class Watcher:
    """Hears what work publishes."""

    def __init__(self) -> None:
        self.published: list[tuple[Preview, ...]] = []
        self.messages: list[str] = []

    def report(self, fraction: float, message: str = "") -> None:
        self.messages.append(message)

    def check(self) -> None: ...

    def publish(self, partial: Any) -> None:
        self.published.append(partial)


class Brightening(FlatDecoder):
    """Two images at a time, each lighter from step to step."""

    def decode(self, latents: NDArray[np.float32], prompt: str, settings: Any, *, context: Any) -> Any:
        images = super().decode(latents, prompt, settings, context=context)
        for first in range(0, len(latents), 2):
            part = images[first : first + 2]
            for step in (1, 2):
                context.report(step / 3, f"Step {step} of 3")
                context.preview(lambda part=part, step=step: part // 3 * step, first)
        return images


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(pace, "MOST_SHARE", 1.0)


def make(progress: Any) -> tuple[Candidate, ...]:
    return make_candidates(KEY, Brightening(), Proposing(), ProposalContext(), [1, 2, 3], progress).candidates


def test_candidates_are_seen_on_their_way_and_come_as_they_would_have() -> None:
    watcher = Watcher()
    candidates = make(watcher)
    assert [one.png for one in candidates] == [one.png for one in make(SILENT)]
    ids = [one.id for one in candidates]
    assert [[one.candidate for one in seen] for seen in watcher.published] == [ids[:2], ids[:2], ids, ids]
    assert [seen[-1].message for seen in watcher.published] == ["Step 1 of 3", "Step 2 of 3"] * 2
    last = watcher.published[-1]
    assert len({preview.id for preview in last}) == 3
    assert watcher.messages == ["Step 1 of 3", "Step 2 of 3"] * 2


@pytest.mark.parametrize("side", [8, 100, 1000])
def test_a_preview_is_small(side: int) -> None:
    watcher = Watcher()
    images = np.random.default_rng(0).integers(0, 255, (1, side, side, 3), np.uint8)
    render: Callable[[], NDArray[np.uint8]] = lambda: images  # noqa: E731
    CandidatePreviews(watcher, ["a"]).preview(render)
    (preview,) = watcher.published[0]
    assert len(preview.jpeg) <= 20_000
    assert Image.open(io.BytesIO(preview.jpeg)).size == (min(side, SIDE),) * 2
