"""The line: images from the anchor along ŵ, the direction of rising value, to see what a model has learnt.

Decoded one by one on the decode lane, so that images to judge never wait for more than one of them.
"""

import logging
import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ipo.error_text import error_text
from ipo.images import encode_png, thumbnail
from ipo.jobs import Cancelled, Progress, Submit
from ipo.preference import latents
from ipo.preference.proposals.proposers import STEP_ANGLES, traverse
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.value.ridge import RidgeFit

logger = logging.getLogger("ipo.preference.analysis.traversal")

SIDE = 320  # pixels of an image of the strip
_MOST = 60_000  # bytes of one


@dataclass(frozen=True, eq=False)
class Traversal:
    """What one fit values along its ŵ; images are filled in as they are decoded."""

    generation: int | None  # of the fit
    rows: int  # that the fit has seen
    angles: NDArray[np.float64]  # (steps,) radians along ŵ from the anchor
    zs: NDArray[np.float32]  # (steps, *latent shape)
    values: NDArray[np.float32]  # (steps,)
    sds: NDArray[np.float32]  # (steps,)
    images: tuple[bytes | None, ...]  # JPEG; None while it is being decoded

    @property
    def decoded(self) -> int:
        """How many images are there."""
        return sum(image is not None for image in self.images)


class LatentTraversal:
    """The strip of one session, kept until a newer fit is asked for. Quick and safe from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self.session = session
        self.strip: Traversal | None = None
        self.problem = ""  # why the last strip came to nothing; empty if it did not
        self._submit = submit
        self._lock = threading.RLock()
        self._working = False

    @property
    def working(self) -> bool:
        """Whether images are on their way."""
        with self._lock:
            return self._working

    @property
    def ready(self) -> bool:
        """Whether there is a fit that says which way values rise."""
        return self.session.state.belief is not None

    @property
    def stale(self) -> bool:
        """Whether the strip belongs to an older fit than the newest."""
        with self._lock:
            return self.strip is not None and self.strip.generation != self._fit()[1]

    @property
    def wanting(self) -> bool:
        """Whether `decode` would bring something that nobody has tried yet."""
        with self._lock:
            missing = self.strip is None or self.stale
            return self.ready and missing and not self._working and not self.problem

    def decode(self) -> None:
        """Value and decode the line of the newest fit, unless that is under way or done."""
        with self._lock:
            done = self.strip is not None and not self.stale and self.strip.decoded == len(STEP_ANGLES)
            if self._working or done or not self.ready:
                return
            self._working, self.problem = True, ""
        self._submit(self._value, on_done=self._go_on, on_error=self._failed, label="value the line")

    def _fit(self) -> tuple[RidgeFit | None, int | None, int]:
        """ŵ with the generation and the rows that its fit has seen."""
        state = self.session.state
        with state.w_lock:
            status = state.train_status[RIDGE]
            return state.belief, status.generation, status.rows

    def _value(self) -> Traversal:
        belief, generation, rows = self._fit()
        if belief is None:
            raise LookupError("the labels that the model had learnt from were taken back")
        zs = traverse(self.session.queue.anchor, belief.w, STEP_ANGLES)
        read = latents.features(zs)
        nothing = (None,) * len(STEP_ANGLES)
        return Traversal(
            generation, rows, STEP_ANGLES, zs, belief.predict(read), belief.deviation(read), nothing
        )

    def _go_on(self, made: Traversal) -> None:
        """Show what is there and decode the next."""
        with self._lock:
            self.strip = made
            self._working = None in made.images
            if not self._working:
                return
            place = made.images.index(None)

        def decode(progress: Progress) -> Traversal:
            images = list(made.images)
            images[place] = self._decode(made.zs[place], progress)
            return replace(made, images=tuple(images))

        label = f"decode the line {place + 1} of {len(made.images)}"
        self._submit(decode, on_done=self._go_on, on_error=self._failed, label=label)

    def _decode(self, z: NDArray[np.float32], progress: Progress) -> bytes:
        key = self.session.key
        pixels = self.session.decoder.decode(z[None], key.prompt, {"size": key.size}, context=progress)[0]
        return thumbnail(encode_png(pixels), SIDE, _MOST)

    def _failed(self, error: BaseException) -> None:
        logger.warning("the line was not decoded: %s", error)
        with self._lock:
            self._working = False
            said = "it was cancelled" if isinstance(error, Cancelled) else error_text(error)
            self.problem = f"The line could not be decoded: {said}."
