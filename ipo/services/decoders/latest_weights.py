"""Which weights of a trained decoder a new session begins with. Read and stored on a lane."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from background import Background, Lane
from ipo.decoders.versioned import DecoderFamily, NoModel, mtime_stamp
from ipo.error_text import error_text
from ipo.jobs import Cancelled
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.lanes import submit_on


class LatestWeights:
    """The newest weights of each family, read again once the file that they come from is another."""

    def __init__(self, home: Path, background: Background, families: Mapping[str, DecoderFamily]) -> None:
        self._home, self._families = home, families
        submit = partial(submit_on, background, Lane.DECODE, expected=(NoModel,))
        self._stored: Mapping[str, BackgroundCache[int, str]] = {
            name: BackgroundCache(submit, partial(self._prepare, name)) for name in families
        }

    def name(self, family: str) -> str | None:
        """The decoder with the newest weights; `None` while they are read. Raises `NoModel`."""
        stored = self._stored[family]
        name = stored.get_exact(mtime_stamp(self._families[family].source(self._home)))
        error = stored.error
        if name is None and isinstance(error, NoModel):
            raise NoModel(str(error))
        if name is None and error is not None:
            why = "it was cancelled" if isinstance(error, Cancelled) else error_text(error)
            raise NoModel(f"The weights of {family} cannot be read: {why}")
        return name

    def _prepare(self, family: str, stamp: int) -> PortableJob[str]:
        return PortableJob(f"read the weights of {family}", partial(self._families[family].store, self._home))
