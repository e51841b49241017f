"""The mailbox of a set of mails: labels, what the newest run says of every mail, orders to read them in."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from background import Background, Lane
from ipo.error_text import error_text
from ipo.jobs import Progress
from ipo.mail.features import MailFeatures
from ipo.mail.mails import Mail, MailSet
from ipo.mail.model.spam_model import Scores
from ipo.mail.orders import Order, contradicted_first, mistakes_on_test, newest_first, uncertain_first
from ipo.mail.review import confirmed_labels, contradictions
from ipo.mail.search import MailSearch
from ipo.mail.training.params import TrainParams
from ipo.mail.training.run import TRAIN, TrainRun
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.lanes import submit_on
from ipo.services.mail.explanations import Explanation, explanation, shown_body
from ipo.services.mail.mailbox_events import MailboxEvents
from ipo.services.mail.service import MailService
from ipo.services.mail.shared_work import SharedEmbeddings
from ipo.services.mail.suggestions import MailSuggestions

Codes = NDArray[np.int8]

UNCERTAIN, SUGGESTED, NEWEST, REVIEW, MISTAKES = "uncertain", "suggested", "newest", "review", "mistakes"
ORDERS = (UNCERTAIN, SUGGESTED, NEWEST, REVIEW, MISTAKES)
_EXPECTED = (OSError, ValueError)


@dataclass(frozen=True, eq=False)
class ScoredMails:
    """What a run says of every mail of a set."""

    run: TrainRun
    mails: MailSet
    scores: Scores  # (n,)

    @property
    def version(self) -> str:
        return f"{self.run.id}-{self.mails.sha[:16]}"

    @cached_property
    def taught(self) -> NDArray[np.bool_]:
        """Whether the run learnt from each mail `(n,)`."""
        taught = np.zeros(len(self.mails), bool)
        ids = self.run.mails.ids
        rows = [self.mails.rows.get(ids[place]) for place in self.run.mails.places(TRAIN)]
        taught[[row for row in rows if row is not None]] = True
        return taught


@dataclass(frozen=True)
class _Question:
    run_id: str
    data_sha: str
    run: TrainRun = field(compare=False)
    mails: MailSet = field(compare=False)
    features: MailFeatures = field(compare=False)


class Mailbox:
    """Every public method is quick and safe to call from any thread."""

    def __init__(self, service: MailService, background: Background) -> None:
        self.service = service
        self.store = service.labels
        self.events = MailboxEvents(self.store)
        submit = partial(submit_on, background, Lane.CV, expected=_EXPECTED)
        self.suggestions = MailSuggestions(service.name, service.embeddings, submit)
        self._scored: BackgroundCache[_Question, ScoredMails] = BackgroundCache(submit, self._prepare_scores)
        self._codes: tuple[object, Codes] | None = None
        self._search: MailSearch | None = None
        self._lock = threading.Lock()

    @property
    def mails(self) -> MailSet | None:
        return self.service.mails

    @property
    def problem(self) -> str:
        """Why the mails cannot be shown or scored; empty if they can."""
        error, runs = self._scored.error, self.service.runs
        of_run = "" if runs.newest is None else runs.run_problem(runs.newest)
        return self.service.problem or runs.problem or of_run or ("" if error is None else error_text(error))

    @property
    def expects_scores(self) -> bool:
        """Whether what the newest run says of all mails is on its way, or may be."""
        runs, scored = self.service.runs, self.scored()
        if self.problem or not runs.listed:
            return not self.problem
        return runs.newest is not None and (scored is None or scored.run.id != runs.newest)

    def follow_labels(self) -> bool:
        """Take over what other processes wrote. Whether labels are others now."""
        before = self.store.version
        try:
            self.store.refresh()
        except (OSError, ValueError):  # of a disk that went away, labelling will speak
            return False
        return self.store.version != before

    def codes(self, mails: MailSet) -> Codes:
        """The label of each mail `(n,)`; nobody writes to it."""
        key = (mails.sha, self.store.version)
        with self._lock:
            if self._codes is None or self._codes[0] != key:
                self._codes = key, self.store.codes(mails)
            return self._codes[1]

    @property
    def newest_run(self) -> TrainRun | None:
        """`None` while it is read, or where there is none."""
        runs = self.service.runs
        return None if runs.newest is None else runs.run(runs.newest)

    @property
    def run(self) -> TrainRun | None:
        """The run whose opinions are shown: the newest once it has scored all mails, if there is another."""
        scored = self.scored()
        return self.newest_run if scored is None else scored.run

    def scored(self) -> ScoredMails | None:
        """By the newest run; by the one before, or `None`, while that is computed."""
        mails, run = self.mails, self.newest_run
        if mails is None or self.service.runs.newest is None:
            return None
        features = None if run is None else self.service.features(mask=run.params.mask)
        if run is None or features is None:
            last = self._scored.last
        else:
            last = self._scored.get(_Question(run.id, mails.sha, run, mails, features))
        return last if last is not None and last.mails.sha == mails.sha else None

    def suggested(self) -> str:
        """The version of what to label next; empty while there is none."""
        mails, scored = self.mails, self.scored()
        params = TrainParams() if scored is None else scored.run.params
        features = self.service.features(mask=params.mask)
        if mails is None or features is None:
            return ""
        run = None if scored is None else (scored.run.id, scored.scores)
        found = self.suggestions.get(mails, features, self.codes(mails), run, params.embedder)
        return "" if found is None else found.version

    def stamps(self) -> dict[str, str]:
        """The version of each order that there is: another one once it would be another."""
        mails, scored = self.mails, self.scored()
        if mails is None:
            return {}
        stamps = {NEWEST: mails.sha[:16], SUGGESTED: self.suggested()}
        if scored is not None:
            stamps |= dict.fromkeys((UNCERTAIN, REVIEW, MISTAKES), scored.version)
        return {name: stamp for name, stamp in stamps.items() if stamp}

    def order(self, name: str) -> tuple[str, Order] | None:
        """The version of an order, and the order as it is now; `None` where there is none."""
        mails, scored = self.mails, self.scored()
        if mails is None:
            return None
        if name == NEWEST:
            return mails.sha[:16], newest_first(mails)
        if name == SUGGESTED:
            return self._suggested_order(self.codes(mails))
        if scored is None or name not in ORDERS:
            return None
        return scored.version, self._orders(scored)[name]()

    def shown_body(self, mail: Mail) -> str:
        """As much of a mail as a page shows."""
        return shown_body(mail)

    def explanation(self, run_id: str, id_: str) -> Explanation | None:
        """What a run says of a mail; `None` while it is computed.

        Raises `LookupError` for a run or a mail that is not at hand, and where nothing can be said.
        """
        run, mails, opinions = self.run, self.mails, self.service.opinions
        if run is None or mails is None or run.id != run_id or id_ not in mails.rows:
            raise LookupError("There is a newer run by now, or the mail is not in the set any more.")
        mail = mails.mail(mails.rows[id_])
        explained = opinions.get(run, mail)
        if explained is None and (problem := opinions.problem(run, mail)):
            raise LookupError(problem)
        return None if explained is None else explanation(explained, run.model.guard)

    def search(self, text: str) -> NDArray[np.int64]:
        """Rows of the mails that have all words of a text."""
        mails = self.mails
        if mails is None:
            return np.zeros(0, np.int64)
        with self._lock:
            if self._search is None or self._search.mails is not mails:
                self._search = MailSearch(mails)
            search = self._search
        return search.rows(text)

    def _orders(self, scored: ScoredMails) -> dict[str, Callable[[], Order]]:
        return {
            UNCERTAIN: partial(uncertain_first, scored.scores),
            REVIEW: partial(self._review, scored),
            MISTAKES: partial(mistakes_on_test, scored.run, scored.mails),
        }

    def _review(self, scored: ScoredMails) -> Order:
        confirmed = confirmed_labels(self.store.events(), scored.mails)
        codes = self.codes(scored.mails)
        return contradicted_first(contradictions(codes, scored.scores, scored.taught, confirmed))

    def _suggested_order(self, codes: Codes) -> tuple[str, Order] | None:
        self.suggested()
        found = self.suggestions.last
        if found is None:
            return None
        rows = [one.row for one in found.suggestions if one.row < len(codes)]
        return found.version, Order(np.array(rows, np.int64), found.reasons)

    def _prepare_scores(self, question: _Question) -> PortableJob[ScoredMails]:
        work = partial(_score, self.service.embeddings, self.service.name, question)
        return PortableJob("Score all mails", work)


def _score(embeddings: SharedEmbeddings, name: str, question: _Question, progress: Progress) -> ScoredMails:
    run, features = question.run, question.features
    encoded = embeddings.cache(run.params.embedder).encode(name, features.texts, progress)
    return ScoredMails(run, question.mails, run.model.score(encoded, features.clues))
