"""Embedders by name, and how long mails are for them."""

import importlib.util
from typing import Any

import numpy as np
import pytest

from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.embedding.minilm import SentenceEmbedder
from ipo.mail.embedding.tokens import token_budget

_INSTALLED = importlib.util.find_spec("sentence_transformers") is not None


def test_an_unknown_embedder_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match="wordllama or minilm would be right"):
        open_embedder("bert")


@pytest.mark.skipif(_INSTALLED, reason="the extra is installed")
def test_a_missing_extra_is_said_with_its_remedy() -> None:
    with pytest.raises(ValueError, match=r"pip install 'ipo\[minilm\]' would be right"):
        open_embedder("minilm")


def test_a_sentence_model_counts_all_tokens_and_gives_unit_vectors() -> None:
    """A network of its interface: its vector is the sum of the first three letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()

    class Network:
        max_seq_length = 3
        tokenizer: Any = type("Fast", (), {})()

        def get_sentence_embedding_dimension(self) -> int:
            return 2

        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            return np.array([[text.count("a"), text.count("b")] for text in texts], np.float32)

    Network.tokenizer.backend_tokenizer = tokenizer
    embedder = SentenceEmbedder(Network(), "tiny")
    encoded = embedder.encode(["a a b a b", "", "b"])
    assert encoded.terms.toarray()[:, :3].tolist() == [[3, 2, 0], [0, 0, 0], [0, 1, 0]]
    assert encoded.lengths.tolist() == [5, 0, 1]
    np.testing.assert_allclose(np.linalg.norm(encoded.vectors, axis=1), [1, 0, 1], rtol=1e-6)
    assert embedder.pieces("a b") == [(0, 1), (2, 3)]
    assert token_budget(encoded.lengths, embedder.limit).truncated == pytest.approx(1 / 3)


def test_a_budget_names_the_longest_mails() -> None:
    budget = token_budget(np.array([5, 900, 20, 300], np.int32), 256)
    assert budget.longest == (1, 3, 2, 0) and budget.truncated == 0.5 and budget.mean == 306.25
    assert token_budget(np.zeros(0, np.int32), None).longest == ()
    assert token_budget(np.array([10**6], np.int32), None).truncated == 0
