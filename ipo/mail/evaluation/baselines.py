"""What simple filters do on the same split: the majority, and naive Bayes on words."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB

Flags = NDArray[np.bool_]

_CHARACTERS = 20_000  # of a mail
_WORD = re.compile(r"\w\w+|[!?$%]+")
_SMOOTHING = 0.01  # chosen on the public corpus: the strongest naive Bayes that was found there


def majority(train: Flags, mails: int) -> Flags:
    """What most of the training part are, for so many mails."""
    return np.full(mails, bool(train.mean() > 0.5) if len(train) else False)


def naive_bayes(train_texts: Sequence[str], train: Flags, texts: Sequence[str]) -> Flags:
    """Decisions of multinomial naive Bayes on tf-idf of words. Raises `ValueError` where no word is left."""
    vectorizer = word_vectorizer()
    model = MultinomialNB(alpha=_SMOOTHING).fit(vectorizer.fit_transform(train_texts), train)
    return np.asarray(model.predict(vectorizer.transform(texts)), np.bool_)


def word_vectorizer() -> TfidfVectorizer:
    """tf-idf of words and of runs of signs, sublinear."""
    return TfidfVectorizer(sublinear_tf=True, tokenizer=_words, token_pattern=None)


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_CHARACTERS])
