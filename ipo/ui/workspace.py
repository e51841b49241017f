"""The process-wide workspace: one per project folder, shared by every tab and every reload."""

import gc
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from background import Background, Job, JobStatus, Lane
from ipo.decoders.protocol import Decoder
from ipo.decoders.trained import family_of
from ipo.logs import start_logging
from ipo.preference.judging import Judging
from ipo.preference.line import Line
from ipo.preference.sessions import SessionInfo, SessionKey, key_of, list_sessions
from ipo.preference.sheet import ContactSheet
from ipo.preference.study import Study
from ipo.progress import Cancelled
from ipo.project import project_folder, why_unusable
from ipo.registry import DECODERS, FAMILIES
from ipo.ui.errands import Errands
from ipo.ui.mnist_fetch import MnistFetch
from ipo.ui.newest import Newest
from ipo.visible import visible
from value_model import train_and_record

if TYPE_CHECKING:
    from ipo.ui.inspecting import Inspecting
    from ipo.ui.teaching import Teachings

logger = logging.getLogger("ipo.ui.workspace")


class Workspace:
    """The lanes and the open sessions of one project folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.background = Background()
        self.errands = Errands(self.background)
        self.mnist_fetch = MnistFetch(home, self.background)
        self.newest = Newest(home, self.background, FAMILIES)
        self._inspecting: Inspecting | None = None
        self._teachings: Teachings | None = None
        self._on_disk: list[SessionKey] = []
        self._titles: dict[SessionKey, str] = {}
        self._decoders: dict[str, Decoder] = {}
        self._judging: dict[SessionKey, Judging] = {}
        self._sheets: dict[SessionKey, ContactSheet] = {}
        self._studies: dict[SessionKey, Study] = {}
        self._lines: dict[SessionKey, Line] = {}
        self._lock = threading.Lock()
        self._decode = partial(self._submit, Lane.DECODE)
        self._logging = False
        self._start_logging()
        self.list_sessions()

    @property
    def problem(self) -> str:
        """Why nothing can be saved in the project folder; empty if it can."""
        return self._start_logging()

    def _start_logging(self) -> str:
        """Why that is not possible; empty if it is."""
        if not self._logging:
            try:
                start_logging(self.home)
            except OSError as error:
                return why_unusable(self.home, error)
            self._logging = True
        return ""

    @property
    def inspecting(self) -> "Inspecting":
        """The inspector of this process."""
        from ipo.ui.inspecting import Inspecting  # brings torch: 2 s that no other page has to wait for

        with self._lock:
            if self._inspecting is None:
                self._inspecting = Inspecting(self.home, self.background)
        return self._inspecting

    @property
    def teachings(self) -> "Teachings":
        """What is taught in this process."""
        from ipo.ui.teaching import Teachings  # brings torch

        with self._lock:
            if self._teachings is None:
                self._teachings = Teachings(self.home, self.background)
        return self._teachings

    def judging(self, key: SessionKey) -> Judging:
        """The session for a key, opened in the background. Raises `ValueError` for an impossible size."""
        with self._lock:
            judging = self._judging.get(key)
            if judging is None:
                judging = Judging(self.home, key, self._decoder(key.decoder), self._decode, self._train)
                self._judging[key] = judging
                judging.open()
                self.background.submit(
                    Lane.DECODE, judging.folder.title, on_done=partial(self.retitle, key), label="read title"
                )
                logger.info("open %s", key)
        return judging

    def sheet(self, judging: Judging) -> ContactSheet:
        """The contact sheet of an open session."""
        with self._lock:
            sheet = self._sheets.get(judging.key)
            if sheet is None or sheet.judging is not judging:
                sheet = self._sheets[judging.key] = ContactSheet(judging, self._decode)
        return sheet

    def study(self, judging: Judging) -> Study:
        """The study of an open session's Ridge model."""
        with self._lock:
            study = self._studies.get(judging.key)
            if study is None or study.state is not judging.state:
                study = self._studies[judging.key] = Study(judging.state, partial(self._submit, Lane.CV))
        return study

    def line(self, judging: Judging) -> Line:
        """The line of an open session."""
        with self._lock:
            line = self._lines.get(judging.key)
            if line is None or line.judging is not judging:
                line = self._lines[judging.key] = Line(judging, self._decode)
        return line

    def sessions(self) -> dict[str, SessionKey]:
        """Sessions to choose from, by id: those opened since the start, then those with rows on disk."""
        with self._lock:
            return {key.id: key for key in [*reversed(self._judging), *self._on_disk]}

    def find(self, id_: str) -> SessionKey:
        """The session of an id. Raises `ValueError` if it is not here."""
        return self.sessions().get(id_) or key_of(self.home, id_)

    def title(self, key: SessionKey) -> str:
        """The title that somebody gave a session; empty if nobody did."""
        return self._titles.get(key, "")

    def name(self, key: SessionKey) -> str:
        """What a session is called."""
        return visible(self.title(key) or key.name)

    def names(self) -> dict[str, str]:
        """What to call each session in a list, by id; those that share a name say which they are."""
        names = {id_: self.name(key) for id_, key in self.sessions().items()}
        counts = Counter(names.values())
        return {id_: f"{name} · {id_[:4]}" if counts[name] > 1 else name for id_, name in names.items()}

    def retitle(self, key: SessionKey, title: str) -> None:
        """Take over the title that a session has on disk."""
        self._titles[key] = title

    def latent_shape(self, key: SessionKey) -> tuple[int, ...]:
        """Shape of a session's latents. Raises `ValueError` for a session that cannot be opened here."""
        return self._decoder(key.decoder).info.latent_shape(key.size)

    def adopt_rows(self, key: SessionKey, rows: Sequence[int], pairs: Sequence[int]) -> None:
        """Let a session that is open know of rows and pairs that came into its folder from elsewhere."""
        with self._lock:
            judging = self._judging.get(key)
        if judging is not None:
            judging.adopt(rows, pairs)

    def list_sessions(self) -> None:
        """Look again which sessions are on disk."""

        def adopt(found: list[SessionInfo]) -> None:
            self._titles |= {info.key: info.title for info in found}
            self._on_disk = [info.key for info in found]

        self.background.submit(Lane.DECODE, list_sessions, self.home, on_done=adopt, label="list sessions")

    def _decoder(self, name: str) -> Decoder:
        family = family_of(name)
        if family not in (FAMILIES if family != name else DECODERS):
            right = " or ".join([*DECODERS, *FAMILIES])
            raise ValueError(f"Decoder {family!r} is not here; {right} would be right.")
        if name not in self._decoders:
            kept = FAMILIES.get(family)
            self._decoders[name] = DECODERS[name]() if kept is None else kept.open(self.home, name)
        return self._decoders[name]

    def _submit(
        self,
        lane: Lane,
        fn: Callable[..., Any],
        /,
        *,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
        label: str,
    ) -> Job:
        def end(job: Job) -> None:
            if job.status != JobStatus.OK:
                on_error(job.error or Cancelled(job.label))

        return self.background.submit(lane, fn, on_done=on_done, on_end=end, expected=(OSError,), label=label)

    def _train(self, judging: Judging) -> None:
        train_and_record(judging.state, self.background, on_adopt=judging.hand.revalue)


@st.cache_resource(show_spinner=False)
def _workspace(home: str) -> Workspace:
    # What was imported stays: 170,000 objects that no collection needs to visit, for 0.1 s each time.
    gc.freeze()
    return Workspace(Path(home))


def workspace() -> Workspace:
    """The workspace of the project folder."""
    return _workspace(str(project_folder()))
