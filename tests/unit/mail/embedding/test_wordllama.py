"""Vectors and tokens of WordLlama, and what is kept of them on disk."""

from pathlib import Path

import numpy as np
import pytest
import wordllama

from ipo.jobs import Cancelled, Silent
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.embedding.protocol import Encoded
from ipo.mail.embedding.wordllama import WordLlamaEmbedder

TEXTS = ["Hello world", "Cheap pills!!! Order NOW", "Grüße aus Köln", "日本語の件名", "x" * 3_000, "a b\nc"]


def test_vectors_are_those_of_the_library() -> None:
    library = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    np.testing.assert_allclose(
        open_embedder("wordllama").encode(TEXTS).vectors, library.embed(TEXTS, norm=True), atol=1e-5
    )


def test_a_text_has_the_same_numbers_alone_and_among_others() -> None:
    embedder = open_embedder("wordllama")
    together = embedder.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        alone = embedder.encode([text])
        assert (alone.vectors[0] == together.vectors[row]).all()
        assert (alone.terms.toarray()[0] == together.terms.toarray()[row]).all()


def test_a_mail_without_text_has_a_vector_of_zeros() -> None:
    encoded = open_embedder("wordllama").encode(["", "word"])
    assert encoded.lengths[0] == 0 and not encoded.vectors[0].any()
    assert np.isclose(np.linalg.norm(encoded.vectors[1]), 1)


class Counting(WordLlamaEmbedder):
    """Says how many texts it encoded."""

    texts = 0

    def encode(self, texts) -> Encoded:  # type: ignore[no-untyped-def]
        self.texts += len(texts)
        return super().encode(texts)


def same(one: Encoded, other: Encoded) -> bool:
    return bool(
        (one.vectors == other.vectors).all()
        and (one.lengths == other.lengths).all()
        and (one.terms.toarray() == other.terms.toarray()).all()
    )


def test_what_was_encoded_is_read_and_only_new_texts_are_encoded(tmp_path: Path) -> None:
    embedder = Counting()
    cache = EmbeddingCache(tmp_path, embedder)
    cache.encode("mine", TEXTS[:4])
    again = EmbeddingCache(tmp_path, embedder).encode("mine", TEXTS[::-1])
    assert embedder.texts == len(TEXTS)
    assert same(again, embedder.encode(TEXTS[::-1]))


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    cache = EmbeddingCache(tmp_path, open_embedder("wordllama"))
    sound = cache.encode("mine", TEXTS)
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(damage)
    assert same(cache.encode("mine", TEXTS), sound)


def test_a_cancelled_reading_leaves_what_was_there(tmp_path: Path) -> None:
    class Stopped(Silent):
        def check(self) -> None:
            raise Cancelled

    embedder = Counting()
    cache = EmbeddingCache(tmp_path, embedder)
    cache.encode("mine", TEXTS[:2])
    with pytest.raises(Cancelled):
        cache.encode("mine", TEXTS, Stopped())
    cache.encode("mine", TEXTS[:2])
    assert embedder.texts == 2
