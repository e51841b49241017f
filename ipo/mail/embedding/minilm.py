"""Sentence vectors of all-MiniLM-L6-v2, 384 numbers a mail, from its first 256 tokens.

Needs the extra `minilm` and the weights on this machine: a folder that `IPO_MINILM` names, or the cache of
Hugging Face. Nothing is downloaded.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ipo.mail.embedding.protocol import WORDS, Encoded, count_terms, unit_rows

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
MAX_CHARACTERS = 100_000  # of a mail: what follows is not read


class SentenceEmbedder:
    """Any model of sentence-transformers with a fast tokenizer. Raises `ValueError` for one without."""

    def __init__(self, model: Any, name: str) -> None:
        tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
        if tokenizer is None:
            raise ValueError(f"{name} has no fast tokenizer; a model with a tokenizer.json would be right.")
        self.name = name
        self._model, self._tokenizer = model, tokenizer
        self.dimension = int(model.get_sentence_embedding_dimension())
        self._vocabulary = int(tokenizer.get_vocab_size())
        self.terms = self._vocabulary + WORDS
        self.limit: int | None = int(model.max_seq_length)

    def encode(self, texts: Sequence[str]) -> Encoded:
        """One text at a time goes through the network: a batch is padded, and padding moves the last bits."""
        short = [text[:MAX_CHARACTERS] for text in texts]
        ids = [np.array(self._tokens(text).ids, np.int32) for text in short]
        vectors = [
            self._model.encode([text], convert_to_numpy=True, show_progress_bar=False) for text in short
        ]
        stacked = np.vstack([np.zeros((0, self.dimension), np.float32), *vectors])
        lengths = np.array([len(row) for row in ids], np.int32)
        stacked[lengths == 0] = 0
        return Encoded(
            count_terms(ids, self._vocabulary, short), lengths, unit_rows(stacked.astype(np.float32))
        )

    def pieces(self, text: str) -> list[tuple[int, int]]:
        return list(self._tokens(text[:MAX_CHARACTERS]).offsets)

    def _tokens(self, text: str) -> Any:
        self._tokenizer.no_padding()  # `encode` of the model switches both on again
        self._tokenizer.no_truncation()
        return self._tokenizer.encode(text, add_special_tokens=False)


def open_minilm() -> SentenceEmbedder:
    """Raises `ValueError` with the remedy where package or weights are missing."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ValueError(
            "MiniLM needs the extra minilm: pip install 'ipo[minilm]' would be right. Or choose wordllama."
        ) from error
    source = os.environ.get("IPO_MINILM", MODEL)
    try:
        model = SentenceTransformer(source, local_files_only=True, device="cpu")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The weights of {MODEL} are not on this machine. Bring them, and say where by IPO_MINILM, or "
            "choose wordllama."
        ) from error
    return SentenceEmbedder(model, f"minilm {source}" if source != MODEL else "minilm")
