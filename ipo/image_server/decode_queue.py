"""One thread that draws what several clients ask for, together where it is the same prompt and settings.

Requests take turns: each gets a batch, then the next one has its turn. Into the batch of a request go images
of others with the same prompt and settings, until it is as large as the decoder likes.
"""

import logging
import statistics
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.previews import PreviewPace, Render
from ipo.decoders.protocol import Decoder
from ipo.decoders.settings import Settings
from ipo.image_server.job_progress import JobProgress
from ipo.image_server.limits import Limits
from ipo.images import shrunk_jpeg
from ipo.jobs import Cancelled

logger = logging.getLogger("ipo.image_server.queue")

PREVIEW_SIDE = 256  # pixels at most
_REMEMBERED = 32  # batches whose time is known
_LONGEST_RETRY = 30  # seconds


class QueueFull(RuntimeError):
    """There is no room for a request now."""


class Stopping(RuntimeError):
    """The server is being stopped, and begins nothing new."""


@dataclass(eq=False)
class DecodeJob:
    """Latents of one request, and what becomes of them."""

    decoder: Decoder
    latents: NDArray[np.float32]  # (B, …)
    prompt: str
    settings: Settings
    watched: bool = False  # whether its client asks how far it is
    progress: JobProgress = field(default_factory=JobProgress)
    images: "Future[NDArray[np.uint8]]" = field(default_factory=Future)  # (B, size, size, 3)
    waited: float = 0.0  # seconds before its first batch
    decoded: float = 0.0  # seconds of all batches that it had a part in
    _drawn: list[NDArray[np.uint8]] = field(default_factory=list)
    _submitted_at: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return int(self.settings["size"])

    @property
    def pixels(self) -> int:
        return len(self.latents) * self.size**2

    @property
    def done(self) -> int:
        """Images that are drawn already."""
        return sum(map(len, self._drawn))

    def is_like(self, other: "DecodeJob") -> bool:
        """Whether images of both can be drawn together."""
        return (self.decoder, self.prompt, self.settings) == (other.decoder, other.prompt, other.settings)

    def next_latents(self, most: int) -> NDArray[np.float32]:
        return self.latents[self.done : self.done + most]

    def begin(self) -> None:
        if not self.done:
            self.waited = time.monotonic() - self._submitted_at

    def take(self, images: NDArray[np.uint8], seconds: float) -> bool:
        """Take images that were drawn; whether they were the last ones."""
        self._drawn.append(images)
        self.decoded += seconds
        self.progress.finish(self.done)
        finished = self.done == len(self.latents)
        if finished and self.images.set_running_or_notify_cancel():
            self.images.set_result(np.concatenate(self._drawn))
        return finished

    def fail(self, error: BaseException) -> None:
        if self.images.set_running_or_notify_cancel():
            self.images.set_exception(error)


Part = tuple[DecodeJob, NDArray[np.float32]]


class DecodeQueue:
    """Draws until it is stopped. Cancelling the future of a job takes its images out of the work."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[DecodeJob] = deque()
        self._open: set[DecodeJob] = set()  # those that wait or are under way
        self._changed = threading.Condition()
        self._stopping = False
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._thread = threading.Thread(target=self._work, name="ipo-image-server", daemon=True)
        self._thread.start()

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def seconds_per_image(self) -> float | None:
        """Median of the last batches; `None` before the first."""
        seconds = list(self._seconds)
        return statistics.median(seconds) if seconds else None

    @property
    def waiting(self) -> int:
        """Images that are not drawn yet."""
        with self._changed:
            return sum(len(job.latents) - job.done for job in self._open)

    @property
    def retry_after(self) -> int:
        """Seconds after which there will probably be room."""
        return max(1, min(_LONGEST_RETRY, round(self.waiting / 2 * (self.seconds_per_image or 0.0))))

    def submit(self, job: DecodeJob) -> None:
        """Draw the images of a job, when its turn comes. Raises `QueueFull` and `Stopping`."""
        with self._changed:
            if self._stopping:
                raise Stopping("The server is being stopped. Ask again when it was started anew.")
            images = sum(len(other.latents) for other in self._open) + len(job.latents)
            pixels = sum(other.pixels for other in self._open) + job.pixels
            if images > self._limits.waiting_images or pixels > self._limits.waiting_pixels:
                waiting = images - len(job.latents)
                raise QueueFull(
                    f"{waiting} images are waiting already; there is no room for {len(job.latents)}."
                )
            self._open.add(job)
            self._waiting.append(job)
            self._changed.notify()

    def stop(self) -> None:
        """Finish what has begun; refuse the rest, and everything that comes."""
        with self._changed:
            self._stopping = True
            refused = [job for job in self._waiting if not job.done]
            for job in refused:
                self._waiting.remove(job)
            self._open.difference_update(refused)
            self._changed.notify()
        for job in refused:
            job.fail(Stopping("The server is being stopped. Ask again when it was started anew."))

    def join(self, seconds: float) -> None:
        """Wait until everything that had begun is finished."""
        self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                parts = self._next_batch()
                if not parts and self._stopping:
                    return
            if parts:
                self._decode(parts)
                self._return(parts)

    def _next_batch(self) -> list[Part]:
        """Images of the request whose turn it is, and of others like it."""
        for job in [job for job in self._waiting if job.images.cancelled()]:
            self._waiting.remove(job)
            self._open.discard(job)
        if not self._waiting:
            return []
        first = self._waiting[0]
        room, parts = max(1, first.decoder.info.batch), []
        for job in list(self._waiting):
            if room and job.is_like(first):
                latents = job.next_latents(room)
                parts.append((job, latents))
                room -= len(latents)
                self._waiting.remove(job)
                job.begin()
        return parts

    def _return(self, parts: list[Part]) -> None:
        """Those with images left go to the end of the line."""
        with self._changed:
            for job, _ in parts:
                if job.images.done():
                    self._open.discard(job)
                else:
                    self._waiting.append(job)

    def _decode(self, parts: list[Part]) -> None:
        jobs = [job for job, _ in parts]
        latents = np.concatenate([latents for _, latents in parts])
        first, began = jobs[0], time.monotonic()
        try:
            images = first.decoder.decode(latents, first.prompt, first.settings, context=_BatchContext(parts))
            _check(images, len(latents), first.size)
        except Cancelled:
            for job in jobs:
                job.fail(RuntimeError("The decoder broke off."))  # which nobody hears where all have gone
            return
        except Exception as error:  # whatever a stranger's decoder raises, its client is told
            if len(parts) == 1:
                if not isinstance(error, ValueError):
                    logger.exception("decoding failed")
                first.fail(error)
                return
            for part in parts:  # one of them may be to blame
                self._decode([part])
            return
        seconds = time.monotonic() - began
        self._seconds.append(seconds / len(latents))
        start = 0
        for job, own in parts:
            job.take(images[start : start + len(own)], seconds)
            start += len(own)


class _BatchContext:
    """The context of a batch: tells its clients how far it is; cancelled when all of them have gone."""

    def __init__(self, parts: list[Part]) -> None:
        self._jobs = [job for job, _ in parts]
        # Of each image of the batch: its job, and which one it is there.
        self._images = [(job, job.done + place) for job, own in parts for place in range(len(own))]
        self._shares = [(job, job.done, len(own)) for job, own in parts]
        self._pace = PreviewPace()

    def report(self, fraction: float, message: str = "") -> None:
        for job, done, own in self._shares:
            job.progress.report((done + fraction * own) / len(job.latents), message)

    def check(self) -> None:
        if all(job.images.cancelled() for job in self._jobs):
            raise Cancelled("every client of the batch has gone")

    def preview(self, render: Render, first: int = 0) -> None:
        images = self._pace.render(render) if any(job.watched for job in self._jobs) else None
        if images is not None:
            for (job, number), pixels in zip(self._images[first:], images, strict=False):
                job.progress.show(number, shrunk_jpeg(pixels, PREVIEW_SIDE))


def _check(images: NDArray[np.uint8], count: int, size: int) -> None:
    wanted = (count, size, size, 3)
    if images.shape != wanted or images.dtype != np.uint8:
        raise TypeError(f"The decoder gave {images.dtype} {images.shape}; uint8 {wanted} would be right.")
