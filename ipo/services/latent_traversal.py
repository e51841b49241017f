"""The line of a session: valued, then decoded image by image, so that judging waits for one at most."""

from functools import partial

from ipo.error_text import error_text
from ipo.jobs import Cancelled, Submit
from ipo.pictures.pool import PicturePool
from ipo.preference.analysis.traversal import Traversal, decode_next, value_traversal
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.value.ridge import RidgeFit

_Stage = tuple[int | None, int]  # generation of the fit, and how many images there are


class LatentTraversal:
    """The line stays until a newer fit is asked for. Quick and safe from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self.session = session
        self._stages: BackgroundCache[_Stage, Traversal] = BackgroundCache(
            submit, self._prepare, self._ask_for_next
        )

    @property
    def version(self) -> int:
        """Another one whenever an image, an error or `working` may be another."""
        return self._stages.version

    @property
    def strip(self) -> Traversal | None:
        """What there is of the line."""
        return self._stages.last

    @property
    def working(self) -> bool:
        """Whether images are on their way."""
        return self._stages.running

    @property
    def problem(self) -> str:
        """Why the last line came to nothing; empty if it did not."""
        error = self._stages.error
        if error is None:
            return ""
        why = "it was cancelled" if isinstance(error, Cancelled) else error_text(error)
        return f"The line could not be decoded: {why}."

    @property
    def of_pictures(self) -> bool:
        """Whether there is no line, for nobody can draw a picture between two pictures of a folder."""
        return self.session.pool is not None

    @property
    def ready(self) -> bool:
        """Whether there is a fit that says which way values rise."""
        return not self.of_pictures and self.session.state.belief is not None

    @property
    def stale(self) -> bool:
        """Whether the line belongs to an older fit than the newest."""
        strip = self.strip
        return strip is not None and strip.generation != self._fit()[1]

    @property
    def wanting(self) -> bool:
        """Whether `decode` would bring something that nobody has tried yet."""
        missing = self.strip is None or self.stale
        return self.ready and missing and not self.working and not self.problem

    def decode(self) -> None:
        """Value and decode the line of the newest fit, unless that is under way or done."""
        strip, generation = self.strip, self._fit()[1]
        if self.working or not self.ready:
            return
        if strip is None or strip.generation != generation:
            self._stages.refresh((generation, 0))
        elif not strip.complete:
            self._stages.refresh((generation, strip.decoded + 1))

    def _fit(self) -> tuple[RidgeFit | None, int | None, int]:
        """ŵ with the generation and the rows that its fit has seen."""
        state = self.session.state
        with state.w_lock:
            status = state.train_status[RIDGE]
            return state.belief, status.generation, status.rows

    def _prepare(self, stage: _Stage) -> PortableJob[Traversal]:
        strip, key, source = self.strip, self.session.key, self.session.source
        assert not isinstance(source, PicturePool), "see `ready`"
        if stage[1] == 0 or strip is None:
            work = partial(value_traversal, *self._fit(), self.session.queue.anchor)
            return PortableJob("value the line", work)
        label = f"decode the line {strip.decoded + 1} of {len(strip.images)}"
        return PortableJob(label, partial(decode_next, strip, source, key.prompt, key.decoding))

    def _ask_for_next(self, strip: Traversal) -> None:
        if not strip.complete:
            self._stages.get((strip.generation, strip.decoded + 1))
