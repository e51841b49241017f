"""Verify: decode a row again, or look for its picture, and compare with what was saved."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.previews import WithoutPreviews
from ipo.decoders.protocol import Decoder
from ipo.images import decode_png, encode_png
from ipo.jobs import Progress
from ipo.pictures.pool import PicturePool
from ipo.pictures.reading import read_picture
from ipo.preference.candidates import PICTURE, Candidate
from ipo.preference.storage.files import latent_bytes
from ipo.preference.storage.rows import IMAGE, LATENT, Row, RowStore
from ipo.proportions import percent

ROUNDING = 1  # level of grey that the same decoder may be off: large models round by how they are run
_SHORT = 12  # digits of a long hash
_KEPT = "The row keeps it as it was shown."


class Match(StrEnum):
    """How the image of a row compares with what its latent decodes to."""

    SAME_BYTES = "same bytes"
    SAME_PIXELS = "same pixels"
    SAME_BUT_ROUNDED = "same but rounded"  # some pixels are a level of grey off
    DIFFERENT = "different"
    CHANGED = "changed"  # a file of the row is not what was saved
    FAILED = "failed"  # it could not be compared


@dataclass(frozen=True)
class Verdict:
    """What *Verify* found, in a sentence for the user."""

    match: Match
    says: str


def verify(
    folder: Path, latent_shape: tuple[int, ...], row: Row, source: Decoder | PicturePool, progress: Progress
) -> Verdict:
    """Decode a row's latent with its prompt and settings, and compare with the sha256 that it was saved with.

    Of a picture of a folder, look whether its file is there and has the same content. `folder` is the
    session's. Raises `OSError` or `ValueError` where the row cannot be read or decoded.
    """
    if isinstance(source, PicturePool):
        return _verify_picture(RowStore(folder, latent_shape), row, source)
    decoder = source
    store = RowStore(folder, latent_shape)
    sums = store.sums(row)
    candidate = store.candidate(row)
    context = WithoutPreviews(progress)
    pixels = decoder.decode(candidate.z[None], candidate.prompt, candidate.settings, context=context)[0]
    again = _sha256(encode_png(pixels)) == sums[IMAGE]
    found = _changed(candidate, sums)
    if found:
        return Verdict(Match.CHANGED, f"{found} The latent decodes to the saved bytes." if again else found)
    if again:
        return Verdict(Match.SAME_BYTES, "Decodes to the same bytes.")
    saved = decode_png(candidate.png)
    difference = _difference(saved, pixels)
    if not difference:
        return Verdict(Match.SAME_PIXELS, "Decodes to the same pixels; another encoder wrote the PNG.")
    other = _other_decoder(candidate.decoder, decoder)
    if not other and saved.shape == pixels.shape and _levels_apart(saved, pixels).max() <= ROUNDING:
        why = "A batch of another size, or another number of threads, rounds otherwise."
        return Verdict(Match.SAME_BUT_ROUNDED, f"The same image. {difference} {why}")
    return Verdict(Match.DIFFERENT, " ".join([difference, other]).strip())


def _changed(candidate: Candidate, sums: Mapping[str, str]) -> str:
    """Which files of a row are not what was saved; empty if all are."""
    stored = {IMAGE: candidate.png, LATENT: latent_bytes(candidate.z)}
    changed = [name for name, content in stored.items() if _sha256(content) != sums[name]]
    if not changed:
        return ""
    return f"{' and '.join(changed)} changed on disk since the row was saved: the sha256 is another."


def _verify_picture(store: RowStore, row: Row, pool: PicturePool) -> Verdict:
    """Whether the file that was judged still has the content that it had."""
    candidate = store.candidate(row)
    changed = _changed(candidate, store.sums(row))
    if changed:
        return Verdict(Match.CHANGED, changed)
    path = str(candidate.settings.get(PICTURE, ""))
    try:
        content = read_picture(pool.folder / path).content
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return Verdict(Match.DIFFERENT, f"{path} cannot be read: {reason}. {_KEPT}")
    if content != candidate.content:
        return Verdict(Match.DIFFERENT, f"{path} is another picture now. {_KEPT}")
    return Verdict(Match.SAME_BYTES, f"{path} still has the content that was judged.")


def _difference(stored: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> str:
    """How two images differ; empty if they do not."""
    if stored.shape != decoded.shape:
        height, width = decoded.shape[:2]
        return f"Decodes to {width} × {height} pixels; saved were {stored.shape[1]} × {stored.shape[0]}."
    apart = _levels_apart(stored, decoded)
    if not apart.any():
        return ""
    share = percent((apart > 0).mean(), 1)
    return f"{share} of the pixels decode differently, by up to {apart.max()} of 255."


def _levels_apart(stored: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> NDArray[np.int16]:
    """The largest difference at each pixel `(h, w)`, in levels of 255."""
    return np.asarray(np.abs(stored.astype(np.int16) - decoded).max(axis=2))


def _other_decoder(saved: Mapping[str, Any], decoder: Decoder) -> str:
    here = decoder.info.record()
    if all(saved.get(name) == value for name, value in here.items()):
        return "" if decoder.info.deterministic else f"{decoder.info.name} does not promise to repeat itself."
    return f"The row was made by {_name(saved)}; this is {_name(here)}."


def _name(decoder: Mapping[str, Any]) -> str:
    weights = str(decoder.get("weights_hash") or "none")
    return f"{decoder.get('name')} {decoder.get('version')} (weights {weights[:_SHORT]})"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
