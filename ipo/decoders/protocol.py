"""What every decoder offers: latents in, images out, and a description that a row can keep."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.settings import Setting, Settings
from ipo.jobs import Progress


@dataclass(frozen=True)
class DecoderInfo:
    """Who decodes an image. `weights_hash` changes whenever the same latent would give other pixels."""

    name: str
    version: str
    weights_hash: str
    deterministic: bool
    latent_shape: Callable[[int], tuple[int, ...]]  # image side in pixels → shape of one latent
    batch: int = 1  # images that are cheaper together than one after the other
    device: str = "CPU"  # empty while nobody knows
    memory: int | None = None  # bytes that its weights take on the device; `None` where nobody knows
    says: str = ""  # what else a page says of it, in a sentence; part of no row

    def record(self) -> dict[str, str | bool]:
        """The part of the description that goes into a row."""
        return {
            "name": self.name,
            "version": self.version,
            "weights_hash": self.weights_hash,
            "deterministic": self.deterministic,
        }


class DecodeContext(Progress, Protocol):
    """What a decoder may call while it draws: how far it is, whether to stop, how images look so far."""

    def preview(self, render: Callable[[], NDArray[np.uint8]], first: int = 0) -> None:
        """Show images before they are finished.

        `render` gives some `(n, h, w, 3)`, of any size: those of the latents from `first` on. It is called at
        once or not at all: only where somebody looks, and so seldom that it takes little of the time. Where
        it raises, there is no preview, and the image is made as if nothing had been.
        """


class Decoder(Protocol):
    """Turns latents into images. One thread at a time asks it."""

    @property
    def info(self) -> DecoderInfo: ...

    def decode(
        self,
        latents: NDArray[np.float32],  # (B, *latent_shape(size))
        prompt: str,
        settings: Settings,  # "size": image side in pixels; the rest is what the kind declares
        *,
        context: DecodeContext,  # hears of every step within an image, and may cancel there
    ) -> NDArray[np.uint8]:  # (B, size, size, 3)
        """Decode a batch. Raises `ValueError` for latents of a wrong shape or with NaN or Inf."""


@runtime_checkable
class SmallDecoder(Decoder, Protocol):
    """A decoder that draws an image at another size for less: to look at many, of which one is shown."""

    def decode_small(
        self,
        latents: NDArray[np.float32],  # (B, *latent_shape(size)), for the size that `settings` say
        prompt: str,
        settings: Settings,
        side: int,
        *,
        context: DecodeContext,
    ) -> NDArray[np.uint8]:  # (B, side, side, 3)
        """The images that `decode` draws, at `side` pixels. Raises as `decode` does."""


class DecoderKind(Protocol):
    """A way to make images, before anything of it is read: what it is called by, and what can be chosen.

    Those of other packages are found by entry points of the group `ipo.decoders`.
    """

    @property
    def settings(self) -> tuple[Setting, ...]: ...

    def open(self, home: Path, settings: Settings) -> Decoder:
        """The decoder for some settings (complete ones). Quick: what is large is read by the first `decode`.

        Raises `ValueError` that says what is missing and what to do about it.
        """


@runtime_checkable
class ConnectingKind(DecoderKind, Protocol):
    """A kind whose `open` asks other machines, and waits for them."""

    connects: bool
