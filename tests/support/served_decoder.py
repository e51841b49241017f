"""A decoder to be offered by an image server: quick, with settings, batches, and whatever may go wrong."""

import hashlib
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import DecodeContext, DecoderInfo
from ipo.decoders.settings import Setting, Settings
from ipo.image_server.limits import Limits
from ipo.image_server.offered import OfferedDecoder
from ipo.image_server.serve import serve
from ipo.jobs import SILENT, Cancelled
from ipo.preference.latents import grid_shape
from tests.support.flat_decoder import FlatDecoder
from tests.support.forks import Fork

SIZE = 16
PROMPT = "a harbour"
TOKEN = "let-me-in"
FATAL = "a prompt that fails"


class ServedKind:
    """Decoders whose batches wait for `gate`, and take `seconds` each."""

    settings: tuple[Setting, ...] = (
        Setting("steps", "Steps", 2, low=1, high=50),
        Setting("tint", "Tint", "none", choices=("none", "inverse")),
        Setting("negative", "Negative prompt", ""),
        Setting("device", "Device", "auto", changes_pixels=False),
    )

    def __init__(self, weights: str = "f1a7", batch: int = 4, seconds: float = 0) -> None:
        self.weights, self.batch, self.seconds = weights, batch, seconds
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []
        self.begun = threading.Semaphore(0)  # released by every batch
        self.cancelled = threading.Event()

    def open(self, home: Path, settings: Settings) -> "ServedDecoder":
        return ServedDecoder(self)


class ServedDecoder(FlatDecoder):
    """Flat colours that depend on latent, prompt, steps and tint."""

    def __init__(self, kind: ServedKind) -> None:
        super().__init__()
        self._kind = kind
        self.info = DecoderInfo("served", "1", kind.weights, True, grid_shape, kind.batch, "test device")

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: DecodeContext
    ) -> NDArray[np.uint8]:
        kind = self._kind
        kind.batches.append(len(latents))
        kind.begun.release()
        until = time.monotonic() + kind.seconds
        context.report(0.5, "Step 1 of 2")
        try:
            while not kind.gate.wait(0.005) or time.monotonic() < until:
                context.preview(lambda: half_done(latents))
                context.check()
        except Cancelled:
            kind.cancelled.set()
            raise
        if prompt == FATAL and any(latent.flat[0] > 100 for latent in latents):
            raise MemoryError
        images = super().decode(np.minimum(latents, 10), prompt, {"size": settings["size"]}, context=context)
        images += hashlib.sha256(prompt.encode()).digest()[0] // 8 + int(settings["steps"])
        return ~images if settings["tint"] == "inverse" else images


def half_done(latents: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What the images of some latents look like on their way: grey, by their first number."""
    greys = np.clip(128 + 40 * latents[:, 0, 0, 0], 0, 255).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (len(latents), SIZE, SIZE, 3)).copy()


def draw(
    latents: NDArray[np.float32], prompt: str = PROMPT, steps: int = 2, tint: str = "none"
) -> NDArray[np.uint8]:
    """The images that every sound server gives."""
    settings = {"size": SIZE, "steps": steps, "tint": tint}
    return ServedDecoder(ServedKind()).decode(latents, prompt, settings, context=SILENT)


def some_latents(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, *grid_shape(SIZE)), np.float32)


def start_server(
    port: int, token: str = TOKEN, weights: str = "f1a7", seconds: float = 0, batch: int = 4
) -> Fork:
    """An image server in a process of its own."""
    return Fork(_serve, port, token, weights, seconds, batch)


def _serve(port: int, token: str, weights: str, seconds: float, batch: int) -> None:
    kind = ServedKind(weights, batch)
    offered = OfferedDecoder(Path(), kind)

    def say(line: str) -> None:
        kind.seconds = seconds  # of those that clients wait for

    serve(offered, "127.0.0.1", port, token, SIZE, say, Limits(waiting_images=32))
