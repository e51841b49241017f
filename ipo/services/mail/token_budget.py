"""How long mails are for an embedder, counted on a lane; that also encodes them before the first training."""

from dataclasses import dataclass, field
from functools import partial

from ipo.error_text import error_text
from ipo.jobs import Progress, Submit, Work
from ipo.mail.embedding.tokens import TokenBudget, token_budget
from ipo.mail.features import MailFeatures
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.mail.shared_work import SharedEmbeddings


@dataclass(frozen=True)
class _Texts:
    """Which texts are counted for which embedder."""

    data_sha: str
    mask: bool
    embedder: str
    features: MailFeatures = field(compare=False)


class TokenBudgets:
    """Of one set of mails. Every method is quick and safe to call from any thread."""

    def __init__(self, name: str, embeddings: SharedEmbeddings, submit: Submit) -> None:
        self._name, self._embeddings = name, embeddings
        self._counts: BackgroundCache[_Texts, TokenBudget] = BackgroundCache(submit, self._prepare)

    @property
    def version(self) -> int:
        return self._counts.version

    @property
    def problem(self) -> str:
        """Why tokens cannot be counted; empty if they can."""
        error = self._counts.error
        return "" if error is None else error_text(error)

    @property
    def work(self) -> Work | None:
        """The count under way."""
        return self._counts.work

    def get(self, data_sha: str, features: MailFeatures, embedder: str) -> TokenBudget | None:
        """The budget of these texts; `None` while it is counted, or if it cannot be."""
        return self._counts.get_exact(_Texts(data_sha, features.masked, embedder, features))

    def _prepare(self, texts: _Texts) -> PortableJob[TokenBudget]:
        count = partial(_count, self._embeddings, self._name, texts.features, texts.embedder)
        return PortableJob("Count tokens", count)


def _count(
    embeddings: SharedEmbeddings, name: str, features: MailFeatures, embedder: str, progress: Progress
) -> TokenBudget:
    cache = embeddings.cache(embedder)
    encoded = cache.encode(name, features.texts, progress)
    return token_budget(encoded.lengths, cache.embedder.limit)
