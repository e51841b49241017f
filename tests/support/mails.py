"""A small set of mails that can be taught: spam and safe ones that differ as real ones do, in part."""

from pathlib import Path

import numpy as np

from ipo.mail import mail_sets
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.features import mail_features
from ipo.mail.folder import MailFolder
from ipo.mail.mails import SAFE, SPAM, Mail, MailSet, collect, content_id
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run_store import RunStore

NAME = "small"
COUNT = 120  # a half of each class

_SPAM = (
    "Act now and win {0} dollars",
    "Cheap {0} pills without prescription",
    "Your loan of {0} is approved",
    "Make money from home with {0}",
    "Last chance: limited offer on {0}",
)
_SAFE = (
    "Notes of the meeting about {0}",
    "The patch for {0} breaks the build",
    "Question about {0} in the new release",
    "Lunch on Friday near {0}?",
    "Draft of the paper on {0}",
)
_THINGS = [
    "kernel",
    "garden",
    "piano",
    "budget",
    "router",
    "insurance",
    "camera",
    "holiday",
    "printer",
    "novel",
    "compiler",
    "kitchen",
]
_SPAM_WORDS = [
    "free",
    "click",
    "guarantee",
    "winner",
    "offer",
    "cash",
    "credit",
    "bonus",
    "urgent",
    "deal",
    "discount",
    "amazing",
]
_SAFE_WORDS = [
    "review",
    "branch",
    "agenda",
    "library",
    "figure",
    "draft",
    "server",
    "reading",
    "chapter",
    "schedule",
    "team",
    "test",
]
_BOTH = [
    "please",
    "today",
    "number",
    "about",
    "order",
    "time",
    "message",
    "list",
    "name",
    "people",
    "week",
    "work",
]


def small_mails(count: int = COUNT, seed: int = 0) -> MailSet:
    """As many spam as safe mails, all different; a tenth has words of the other class."""
    rng = np.random.default_rng(seed)
    return collect(_mail(number, rng) for number in range(count))


def with_small_mails(home: Path, mails: MailSet | None = None) -> MailSet:
    """Store the set as `NAME` in a project folder."""
    found = small_mails() if mails is None else mails
    mail_sets.store(home, NAME, found, "Small mails")
    return found


def with_small_filter(home: Path) -> MailSet:
    """A project folder with small mails and a filter that was trained on them."""
    mails = with_small_mails(home)
    folder = MailFolder(home, NAME)
    cache = EmbeddingCache(folder.embeddings, open_embedder("wordllama"))
    data = TrainingData(NAME, mails, mail_features(mails, mask=False), mails.given)
    RunStore(folder.runs).save(execute_training_pipeline(data, TrainParams(), cache))
    return mails


def _mail(number: int, rng: np.random.Generator) -> Mail:
    spam = number % 2 == 1
    titles, own, other = (_SPAM, _SPAM_WORDS, _SAFE_WORDS) if spam else (_SAFE, _SAFE_WORDS, _SPAM_WORDS)
    doubtful = number % 10 < 2 and number % 3 == 0
    words = [*rng.choice(other if doubtful else own, 14), *rng.choice(_BOTH, 16), *rng.choice(_THINGS, 6)]
    rng.shuffle(words)
    title = rng.choice(titles).format(rng.choice(_THINGS))
    links = ("http://offers.biz/x", f"http://shop{number}.info") if spam and not doubtful else ()
    ending = "!!! CALL NOW $100 or write to a@example.org" if spam else "See you. 415-555-0132"
    body = f"{' '.join(words)}.\n\n{ending}"
    return Mail(
        content_id(f"{title}\0{body}\0{number}".encode()),
        title,
        body,
        SPAM if spam else SAFE,
        1_000_000_000 + 3600 * number,
        links,
        f"small.csv, line {number + 2}",
    )
