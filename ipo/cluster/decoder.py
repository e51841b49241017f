"""Images that are made on a cluster: several at once, each with the weights that the session asked for."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.cluster.connection import Cluster
from ipo.decoders.previews import PreviewPace, Render
from ipo.decoders.protocol import ConnectingKind, DecodeContext, Decoder, DecoderInfo
from ipo.decoders.settings import Settings, Value
from ipo.decoders.versioned import family_of
from ipo.images import decode_jpeg, shrunk_jpeg
from ipo.jobs import NotDone, Publisher, portable
from ipo.pictures.pool import PicturePool
from ipo.project import project_folder
from ipo.registry import FAMILIES, decoder_kinds, open_decoder

_PREVIEW_SIDE = 256  # pixels at most
_LARGEST_PREVIEW = 1024

_open: dict[tuple[Any, ...], Decoder] = {}  # on a worker: those that were used
_drawing = threading.Lock()  # one thread at a time asks a decoder


@dataclass(frozen=True)
class DecodeRequest:
    """What a worker needs to know for some images."""

    name: str
    opened_with: tuple[tuple[str, Value], ...]
    latents: NDArray[np.float32]  # (B, *latent_shape)
    prompt: str
    settings: Mapping[str, Value]
    decoder: Decoder | None  # one whose weights are small comes along

    @property
    def identity(self) -> tuple[Any, ...]:
        """Of the decoder."""
        sent = None if self.decoder is None else self.decoder.info.weights_hash
        return self.name, self.opened_with, sent


@portable
def decode_on_worker(
    request: DecodeRequest, progress: Publisher
) -> tuple[NDArray[np.uint8], Mapping[str, str | bool]]:
    """Images `(B, size, size, 3)`, and the record of the decoder that made them.

    Raises `ValueError` where the worker lacks the decoder or its weights.
    """
    with _drawing:
        if request.identity not in _open:
            _open[request.identity] = request.decoder or open_decoder(
                project_folder(), request.name, dict(request.opened_with)
            )
        decoder = _open[request.identity]
        context = _WorkerContext(progress)
        images = decoder.decode(request.latents, request.prompt, request.settings, context=context)
        return images, decoder.info.record()


class _WorkerContext:
    """The context of a decoder on a worker: publishes previews as the place of the first, and JPEGs."""

    def __init__(self, progress: Publisher) -> None:
        self.report, self.check, self._publish = progress.report, progress.check, progress.publish
        self._pace = PreviewPace()

    def preview(self, render: Render, first: int = 0) -> None:
        images = self._pace.render(render)
        if images is not None:
            self._publish((first, [shrunk_jpeg(pixels, _PREVIEW_SIDE) for pixels in images]))


class SpreadDecoder:
    """A decoder that draws on the workers of a cluster while there are some, and here otherwise."""

    def __init__(
        self, decoder: Decoder, name: str, opened_with: Sequence[tuple[str, Value]], cluster: Cluster
    ) -> None:
        self._decoder, self._name, self._opened_with = decoder, name, tuple(opened_with)
        self._cluster = cluster
        self._sent = decoder if family_of(name) in FAMILIES else None
        self._weights_hash = ""  # as workers say, while this machine has not read them
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Callable[[Decoder], Decoder], tuple[Decoder]]:
        """Elsewhere it is the decoder itself: the connection is this process's."""
        return _itself, (self._decoder,)

    @property
    def info(self) -> DecoderInfo:
        """That of the decoder; as many images at once as there are workers."""
        info = self._decoder.info
        info = replace(info, weights_hash=info.weights_hash or self._weights_hash)
        return replace(info, batch=info.batch * max(1, self._cluster.capacity))

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: DecodeContext
    ) -> NDArray[np.uint8]:
        """As `Decoder.decode`. Raises `ValueError` too where workers have other weights."""
        count = min(len(latents), self._cluster.capacity)
        if not count:
            return self._here(latents, prompt, settings, context)
        parts = np.array_split(latents, count)
        firsts = np.cumsum([0, *map(len, parts[:-1])]).tolist()
        together = _Together(context, [len(part) for part in parts])
        with ThreadPoolExecutor(count, thread_name_prefix="ipo-spread") as threads:
            drawn = [
                threads.submit(self._part, part, prompt, settings, together.part(number, first))
                for number, (part, first) in enumerate(zip(parts, firsts, strict=True))
            ]
            return np.concatenate([one.result() for one in drawn])

    def _part(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, context: "_Part"
    ) -> NDArray[np.uint8]:
        request = DecodeRequest(self._name, self._opened_with, latents, prompt, dict(settings), self._sent)
        try:
            images, record = self._cluster.run(decode_on_worker, (request,), context, gpu=True)
        except NotDone:
            return self._here(latents, prompt, settings, context)
        self._check(record)
        drawn: NDArray[np.uint8] = images
        return drawn

    def _check(self, record: Mapping[str, str | bool]) -> None:
        """Remember whose weights these are. Raises `ValueError` where others were known."""
        theirs = str(record["weights_hash"])
        with self._lock:
            ours = self._decoder.info.weights_hash or self._weights_hash
            self._weights_hash = theirs
        if ours and theirs != ours:
            raise ValueError(
                f"A worker draws {self._name} with other weights ({theirs[:12]}) than this project "
                f"({ours[:12]}). The same on every machine would be right."
            )

    def _here(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, context: DecodeContext
    ) -> NDArray[np.uint8]:
        with self._lock:
            return self._decoder.decode(latents, prompt, settings, context=context)


def _itself(decoder: Decoder) -> Decoder:
    return decoder


class _Together:
    """How far all parts are, told to one context."""

    def __init__(self, context: DecodeContext, sizes: Sequence[int]) -> None:
        self._context, self._sizes = context, sizes
        self._fractions = [0.0] * len(sizes)
        self._lock = threading.Lock()

    def part(self, number: int, first: int) -> "_Part":
        return _Part(self, number, first)

    def check(self) -> None:
        self._context.check()

    def report(self, number: int, fraction: float, message: str) -> None:
        with self._lock:
            self._fractions[number] = fraction
            done = sum(size * part for size, part in zip(self._sizes, self._fractions, strict=True))
            self._context.report(done / sum(self._sizes), message)

    def preview(self, render: Render, first: int) -> None:
        with self._lock:
            self._context.preview(render, first)


class _Part:
    """The context of one part, here or on a worker."""

    def __init__(self, together: _Together, number: int, first: int) -> None:
        self._together, self._number, self._first = together, number, first

    def check(self) -> None:
        self._together.check()

    def report(self, fraction: float, message: str = "") -> None:
        self._together.report(self._number, fraction, message)

    def preview(self, render: Render, first: int = 0) -> None:
        self._together.preview(render, self._first + first)

    def publish(self, partial: object) -> None:
        """Previews as a worker sends them."""
        first, jpegs = partial if isinstance(partial, tuple) else (0, [])
        if jpegs:
            self.preview(lambda: np.stack([decode_jpeg(jpeg, _LARGEST_PREVIEW) for jpeg in jpegs]), first)


def spread(
    source: Decoder | PicturePool, name: str, opened_with: Sequence[tuple[str, Value]], cluster: Cluster
) -> Decoder | PicturePool:
    """Let a cluster make the images of a decoder, unless other machines do that already."""
    if isinstance(source, PicturePool) or isinstance(decoder_kinds().get(name), ConnectingKind):
        return source
    return SpreadDecoder(source, name, opened_with, cluster)
