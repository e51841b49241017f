"""Promises of *Verify*: it says what is so, and names what is not."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ipo.decoders.protocol import DecoderInfo, Settings
from ipo.images import encode_png
from ipo.jobs import SILENT, Cancelled, Progress
from ipo.preference.analysis.verify import Match, Verdict, verify
from ipo.preference.storage.rows import GOOD, Row
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import Person


@pytest.fixture
def row(person: Person) -> Row:
    """A row that was decoded, shown and judged."""
    person.judges(person.queue[0], GOOD)
    return person.session.rows()[0]


def verdict(person: Person, row: Row) -> Verdict:
    return verify(person.session.folder.path, person.session.shape, row, person.decoder, SILENT)


def folder(person: Person, row: Row) -> Path:
    return person.session.folder.path / "rows" / f"{row.number:06d}"


class Brighter(FlatDecoder):
    """A later version that decodes a little brighter, in the upper half."""

    def __init__(self) -> None:
        super().__init__()
        self.info = DecoderInfo("flat", "2", "b2", True, self.info.latent_shape)

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        pixels = super().decode(latents, prompt, settings, context=context)
        pixels[:, : pixels.shape[1] // 2] ^= 2  # always 2 off, whatever the colour
        return pixels


def test_an_untouched_row_decodes_to_the_same_bytes(person: Person, row: Row) -> None:
    assert verdict(person, row) == Verdict(Match.SAME_BYTES, "Decodes to the same bytes.")


def test_relabelling_changes_nothing_about_the_image(person: Person, row: Row) -> None:
    person.relabels(row.candidate_id, -1)
    assert verdict(person, person.session.rows()[0]).match == Match.SAME_BYTES


def test_another_decoder_is_named_with_how_far_it_is_off(person: Person, row: Row) -> None:
    person.decoder = Brighter()
    found = verdict(person, row)
    assert found.match == Match.DIFFERENT
    assert found.says == (
        "50.0\u00a0% of the pixels decode differently, by up to 2 of 255. "
        "The row was made by flat 1 (weights f1a7); this is flat 2 (weights b2)."
    )


class Rounded(FlatDecoder):
    """The same decoder, run in another way: one pixel is a level off."""

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        pixels = super().decode(latents, prompt, settings, context=context)
        pixels[:, 0, 0] ^= 1
        return pixels


def test_a_level_of_grey_is_rounding_for_the_same_decoder_alone(person: Person, row: Row) -> None:
    person.decoder = Rounded()
    found = verdict(person, row)
    assert found.match == Match.SAME_BUT_ROUNDED
    assert "by up to 1 of 255" in found.says
    person.decoder.info = DecoderInfo("flat", "2", "b2", True, person.decoder.info.latent_shape)
    assert verdict(person, row).match == Match.DIFFERENT


def test_another_png_encoder_is_told_apart_from_another_image(person: Person, row: Row) -> None:
    image = folder(person, row) / "image.png"
    with Image.open(image) as pixels:
        pixels.load()
    pixels.save(image, "PNG", compress_level=9, optimize=True)
    record = json.loads((folder(person, row) / "row.json").read_text())
    assert verdict(person, row).match == Match.CHANGED
    record["files"]["image.png"]["sha256"] = hashlib.sha256(image.read_bytes()).hexdigest()
    (folder(person, row) / "row.json").write_text(json.dumps(record))
    assert verdict(person, row).match == Match.SAME_PIXELS


def test_an_image_that_was_replaced_on_disk_is_named_and_the_latent_still_holds_it(
    person: Person, row: Row
) -> None:
    (folder(person, row) / "image.png").write_bytes(encode_png(np.zeros((64, 64, 3), np.uint8)))
    found = verdict(person, row)
    assert found.match == Match.CHANGED
    assert found.says == (
        "image.png changed on disk since the row was saved: the sha256 is another. "
        "The latent decodes to the saved bytes."
    )


def test_a_latent_with_one_flipped_bit_is_named(person: Person, row: Row) -> None:
    latent = folder(person, row) / "latent.npy"
    content = bytearray(latent.read_bytes())
    content[-4] ^= 1
    latent.write_bytes(content)
    found = verdict(person, row)
    assert found.match == Match.CHANGED and found.says.startswith("latent.npy changed on disk")


def test_a_row_whose_files_are_gone_is_an_error_that_names_them(person: Person, row: Row) -> None:
    (folder(person, row) / "latent.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"latent\.npy"):
        verdict(person, row)


def test_a_record_without_sums_says_what_is_missing(person: Person, row: Row) -> None:
    record = json.loads((folder(person, row) / "row.json").read_text())
    del record["files"]["image.png"]["sha256"]
    (folder(person, row) / "row.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"row\.json has no files\.image\.png\.sha256"):
        verdict(person, row)


def test_verifying_can_be_cancelled(person: Person, row: Row) -> None:
    class Asked:
        def report(self, fraction: float, message: str = "") -> None: ...

        def check(self) -> None:
            raise Cancelled("verify")

    with pytest.raises(Cancelled):
        verify(person.session.folder.path, person.session.shape, row, person.decoder, Asked())
