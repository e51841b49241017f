"""Short mails of two kinds, written by dice: what tests of the spam filter learn from."""

import numpy as np

from ipo.mail.mails import NONE, SAFE, SPAM, Mail, MailSet, collect, content_id

_SPAM = (
    "Claim your free prize money now",
    "Earn $5,000 a week from home",
    "Cheap pills without prescription",
    "Limited offer, act now",
    "You have won a lottery",
    "Lowest mortgage rates guaranteed",
    "Click here to order today",
    "No credit check, instant approval",
    "Enlarge your income risk free",
    "Unbelievable savings on watches",
    "Investors are getting rich!!!",
    "Call now, operators are waiting",
)
_SAFE = (
    "The meeting moved to Thursday at ten",
    "I attached the patch for the parser",
    "Could you review my branch",
    "The tests fail on the old compiler",
    "Dinner at our place on Sunday",
    "Thanks for the notes about the workshop",
    "The kernel module does not load",
    "Minutes of the last call are in the wiki",
    "My train is late again",
    "Please send the slides before noon",
    "The garden needs water this week",
    "We should rename that function",
)
_COMMON = (
    "hello",
    "thanks",
    "please",
    "today",
    "regards",
    "the",
    "for you",
    "this week",
    "best wishes",
    "see below",
    "again",
    "soon",
)


def synthetic_mails(count: int = 120, seed: int = 0, *, given: bool = True) -> MailSet:
    """Half spam, half safe, in turn; every tenth uses sentences of both kinds."""
    rng = np.random.default_rng(seed)
    return collect(_write(row, rng, given) for row in range(count))


def _write(row: int, rng: np.random.Generator, given: bool) -> Mail:
    label = SPAM if row % 2 else SAFE
    kind, other = (_SPAM, _SAFE) if label == SPAM else (_SAFE, _SPAM)
    mixed = row % 10 >= 8
    sentences = [*rng.choice(kind, 3), *rng.choice(other, 3 if mixed else 0), *rng.choice(_COMMON, 4)]
    rng.shuffle(sentences)
    title = str(rng.choice(kind)) + f" {row}"
    body = ".\n".join(str(sentence) for sentence in sentences) + f".\nNumber {row}"
    links = ("http://10.0.0.1/win", "http://deals.biz/a") if label == SPAM and row % 3 else ()
    date = 1_030_000_000 + 3_600 * row
    return Mail(
        content_id(f"{title}\0{body}".encode()),
        title,
        body,
        label if given else NONE,
        date,
        links,
        f"line {row + 2}",
    )
