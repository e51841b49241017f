"""Static word vectors of WordLlama, 256 numbers a token: the mean over the tokens of a mail.

The weights are in its package; nothing is downloaded. The mean is a product of token counts and vectors,
which is what `WordLlama.embed` computes in padded batches, at a tenth of the time for mails of very
different length.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import wordllama

from ipo.mail.embedding.protocol import WORDS, Encoded, count_terms, unit_rows

MAX_CHARACTERS = 100_000  # of a mail: what follows is not read
_BATCH = 256  # texts that are tokenised at a time


class WordLlamaEmbedder:
    """Reads all tokens of the first 100,000 characters of a mail."""

    name = "wordllama-l2-256"
    limit: int | None = None

    def __init__(self) -> None:
        folder = Path(wordllama.__file__).parent
        model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
        self._tokenizer = model.tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._vectors = np.ascontiguousarray(model.embedding, np.float32)
        self.terms, self.dimension = len(self._vectors) + WORDS, self._vectors.shape[1]

    def encode(self, texts: Sequence[str]) -> Encoded:
        texts = [text[:MAX_CHARACTERS] for text in texts]
        ids = []
        for first in range(0, len(texts), _BATCH):
            ids += [
                np.array(encoding.ids, np.int32)
                for encoding in self._tokenizer.encode_batch_fast(
                    texts[first : first + _BATCH], add_special_tokens=False
                )
            ]
        terms = count_terms(ids, len(self._vectors), texts)
        lengths = np.array([len(row) for row in ids], np.int32)
        tokens = terms[:, : len(self._vectors)]
        return Encoded(terms, lengths, unit_rows(np.asarray(tokens @ self._vectors, np.float32)))

    def pieces(self, text: str) -> list[tuple[int, int]]:
        return list(self._tokenizer.encode(text[:MAX_CHARACTERS], add_special_tokens=False).offsets)
