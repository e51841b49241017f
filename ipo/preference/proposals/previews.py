"""Candidates that are being made, as far as they are."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from ipo.decoders.previews import PreviewPace, Render
from ipo.images import shrunk_jpeg
from ipo.jobs import Publisher

SIDE = 256  # pixels a side at most


@dataclass(frozen=True)
class Preview:
    """How a candidate looks before it is finished."""

    candidate: str  # its id, which it keeps
    message: str  # how far it is, like “Step 2 of 4”; empty if the decoder does not say
    jpeg: bytes = field(repr=False)

    @cached_property
    def id(self) -> str:
        """Content hash."""
        return sha256(self.jpeg).hexdigest()[:16]


class CandidatePreviews:
    """The context of a decoder that draws some candidates: publishes a tuple of `Preview`, in their order."""

    def __init__(self, progress: Publisher, candidates: Sequence[str]) -> None:
        self._progress, self._candidates = progress, candidates
        self._pace = PreviewPace()
        self._message = ""
        self._previews: dict[str, Preview] = {}

    def report(self, fraction: float, message: str = "") -> None:
        self._message = message
        self._progress.report(fraction, message)

    def check(self) -> None:
        self._progress.check()

    def preview(self, render: Render, first: int = 0) -> None:
        images = self._pace.render(render)
        if images is None:
            return
        for candidate, pixels in zip(self._candidates[first:], images, strict=False):
            self._previews[candidate] = Preview(candidate, self._message, shrunk_jpeg(pixels, SIDE))
        known = [self._previews[one] for one in self._candidates if one in self._previews]
        self._progress.publish(tuple(known))


class RecentPreviews:
    """Those that are shown, and those before them: a browser may ask for one when the next is there."""

    def __init__(self) -> None:
        self._shown: deque[tuple[Preview, ...]] = deque([()], maxlen=2)

    def note(self, partial: object) -> tuple[Preview, ...]:
        """What the work under way has published, if it is previews: they are shown now."""
        previews = partial if isinstance(partial, tuple) else ()
        if previews and previews is not self._shown[-1]:
            self._shown.append(previews)
        return previews

    def image(self, id_: str) -> bytes | None:
        """The JPEG of a preview by its id."""
        shown = (preview for previews in list(self._shown) for preview in previews)
        return next((preview.jpeg for preview in shown if preview.id == id_), None)
