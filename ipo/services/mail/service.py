"""One set of mails in this process: what was read of it, its labels, trainings, runs and opinions."""

from functools import partial
from pathlib import Path
from typing import Any

from background import Background, Lane
from ipo.datasets.errors import DatasetError
from ipo.error_text import error_text
from ipo.jobs import Work
from ipo.mail import mail_sets, personal_data
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.embedding.tokens import TokenBudget
from ipo.mail.features import MailFeatures
from ipo.mail.folder import MailFolder
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import MailSet
from ipo.mail.personal_data import Kind
from ipo.mail.training.params import TrainParams
from ipo.mail.training.readiness import Balance, Hygiene, balance, hygiene
from ipo.mail.training.run import TrainRun, labels_sha, stale_reasons
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.lanes import submit_on
from ipo.services.mail.opinions import Opinions
from ipo.services.mail.saved_runs import SavedRuns
from ipo.services.mail.shared_work import SharedEmbeddings, SharedFeatures
from ipo.services.mail.token_budget import TokenBudgets
from ipo.services.mail.training import MailTraining
from ipo.services.mail.umap_maps import UmapMaps

_EXPECTED = (DatasetError, OSError, ValueError)

Signature = tuple[int, int]  # of a file: when it was written, in ns, and its bytes


class MailService:
    """Every public method is quick and safe to call from any thread."""

    def __init__(self, home: Path, name: str, background: Background) -> None:
        self.home, self.name = home, name
        folder = MailFolder(home, name)
        self.labels = LabelStore(folder.path)
        self.embeddings = SharedEmbeddings(folder.embeddings)
        self._shared = SharedFeatures(folder.features, name)
        submit = partial(submit_on, background, Lane.CV, expected=_EXPECTED)
        soon = partial(submit_on, background, Lane.DECODE, expected=_EXPECTED)  # what takes a blink
        self.runs = SavedRuns(folder.runs, soon)
        self.training = MailTraining(name, background, self.runs)
        self.opinions = Opinions(soon)
        self.umap = UmapMaps(folder, self.embeddings, submit)
        self.token_budgets = TokenBudgets(name, self.embeddings, submit)
        self._mails: BackgroundCache[Signature, MailSet] = BackgroundCache(soon, self._prepare_mails)
        self._features = {
            mask: BackgroundCache[str, MailFeatures](submit, partial(self._prepare_features, mask))
            for mask in (False, True)
        }
        self._personal: BackgroundCache[str, dict[Kind, int]] = BackgroundCache(
            submit, self._prepare_personal
        )

    def look(self) -> None:
        """Open, or see whether the mails or the runs are others by now."""
        self.runs.look()
        self.labels.refresh()
        signature = self._signature()
        if signature is not None:
            self._mails.get(signature)

    @property
    def mails(self) -> MailSet | None:
        """The mails; `None` while they are read."""
        return self._mails.last

    @property
    def opening(self) -> Work | None:
        """The reading of the mails, if it is under way."""
        return self._mails.work

    @property
    def problem(self) -> str:
        """Why the mails cannot be read; empty if they can."""
        error = self._mails.error
        return "" if error is None else error_text(error)

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows may be another."""
        reading = self._mails.version, self._personal.version, self.features_version
        counting = self.token_budgets.version, self.opinions.version, self.umap.version
        return reading, counting, self.training.version, self.runs.version, self.labels.version

    @property
    def features_version(self) -> Any:
        """Another one whenever features may be others."""
        return [cache.version for cache in self._features.values()]

    def features(self, *, mask: bool) -> MailFeatures | None:
        """What a model reads of each mail; `None` while that is prepared."""
        mails = self.mails
        return None if mails is None else self._features[mask].get_exact(mails.sha)

    def balance(self) -> Balance | None:
        """Labels of each class."""
        return None if self.mails is None else balance(self.labels.codes(self.mails))

    def hygiene(self, *, mask: bool) -> Hygiene | None:
        """What is odd about the mails; `None` while that is looked for."""
        mails, features = self.mails, self.features(mask=mask)
        return None if mails is None or features is None else hygiene(features, self.labels.codes(mails))

    def personal_data(self) -> dict[Kind, int] | None:
        """How many mails have personal data of each kind; `None` while that is counted."""
        return None if self.mails is None else self._personal.get_exact(self.mails.sha)

    def token_budget(self, *, mask: bool, embedder: str) -> TokenBudget | None:
        """How long the mails are for an embedder; `None` while they are counted."""
        mails, features = self.mails, self.features(mask=mask)
        return (
            None
            if mails is None or features is None
            else self.token_budgets.get(mails.sha, features, embedder)
        )

    def train(self, params: TrainParams) -> None:
        """Train with the labels as they are now, unless a training is under way or mails are still read."""
        if self.mails is not None:
            labels = self.labels.codes(self.mails)
            self.training.start(self.mails, labels, self._shared, self.embeddings, params)

    def stale(self, run: TrainRun, params: TrainParams) -> tuple[str, ...]:
        """Why a run is not what a training now would give; empty if it is, or while mails are read."""
        mails = self.mails
        if mails is None:
            return ()
        labels = labels_sha(mails.ids, self.labels.codes(mails))
        try:
            embedder = open_embedder(params.embedder).name
        except ValueError:  # it is not installed, which a training would say
            embedder = params.embedder
        return stale_reasons(run, mails.sha, labels, params, embedder)

    def _signature(self) -> Signature | None:
        try:
            found = mail_sets.path_in(self.home, self.name).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> MailSet:
        mails = self.mails
        if mails is None:
            raise LookupError(f"The mails {self.name} have not been read.")
        return mails

    def _prepare_mails(self, _: Signature) -> PortableJob[MailSet]:
        return PortableJob(f"Read the mails {self.name}", partial(mail_sets.load, self.home, self.name))

    def _prepare_features(self, mask: bool, _: str) -> PortableJob[MailFeatures]:
        return PortableJob("Prepare the texts of mails", partial(self._shared.prepare, self._read(), mask))

    def _prepare_personal(self, _: str) -> PortableJob[dict[Kind, int]]:
        return PortableJob("Look for personal data", partial(_count_personal, self._read()))


def _count_personal(mails: MailSet) -> dict[Kind, int]:
    return personal_data.counts(
        f"{title}\n{body}" for title, body in zip(mails.titles, mails.bodies, strict=True)
    )
