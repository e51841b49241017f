"""The embedders by name. There is no silent fallback: what is not installed is said to be so."""

from functools import cache

from ipo.mail.embedding.protocol import Embedder

NAMES = ("wordllama", "minilm")


@cache
def open_embedder(name: str) -> Embedder:
    """One in a process. Raises `ValueError` with the remedy for one that cannot be had."""
    if name == "wordllama":
        from ipo.mail.embedding.wordllama import WordLlamaEmbedder  # loads 16 MB of vectors

        return WordLlamaEmbedder()
    if name == "minilm":
        from ipo.mail.embedding.minilm import open_minilm

        return open_minilm()
    raise ValueError(f"{name!r} is not an embedder; {' or '.join(NAMES)} would be right.")
