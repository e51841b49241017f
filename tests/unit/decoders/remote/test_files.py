"""What travels: latents as npz, images as a zip, and what a server says of its decoder."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ipo.decoders.remote import array_npz, images_zip
from ipo.decoders.remote.description import (
    DeclaredSetting,
    Identity,
    ModelDescription,
    Models,
    parse_identity,
    parse_models,
)
from ipo.images import encode_png
from tests.support.served_decoder import ServedKind

SHAPES = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple)
GREY = np.full((2, 16, 16, 3), 99, np.uint8)
PNGS = [encode_png(image) for image in GREY]


@given(arrays.arrays(np.float32, SHAPES))
def test_latents_arrive_as_they_were_sent(latents: np.ndarray) -> None:
    again = array_npz.read(array_npz.write("latents", latents), "latents", np.float32, 10_000)
    assert again.shape == latents.shape
    assert again.tobytes() == latents.tobytes()


@given(st.binary(max_size=200), st.integers(0, 400))
def test_latents_that_were_damaged_are_read_or_refused_and_nothing_else(noise: bytes, at: int) -> None:
    content = array_npz.write("latents", np.zeros((2, 4, 2, 2), np.float32))
    damaged = content[:at] + noise + content[at + len(noise) :]
    try:
        array_npz.read(damaged, "latents", np.float32, 10_000)
    except ValueError as error:
        assert str(error)


def test_images_arrive_as_they_were_sent() -> None:
    images, answer = images_zip.read(images_zip.write(PNGS, {"waited": 1}), 2, 16)
    assert np.array_equal(images, GREY)
    assert answer == {"waited": 1}


@pytest.mark.parametrize(
    ("content", "count", "size"),
    [
        (b"<html>", 2, 16),
        (images_zip.write(PNGS, {})[:-5], 2, 16),
        (images_zip.write(PNGS[:1], {}), 2, 16),
        (images_zip.write(PNGS, {}), 2, 24),
        (images_zip.write([encode_png(np.zeros((3000, 3000, 3), np.uint8))], {}), 1, 16),
        (images_zip.write([PNGS[0][:-30]], {}), 1, 16),
        (images_zip.write([PNGS[0] + bytes(200_000)], {}), 1, 16),
        (images_zip.write([b"no PNG"], {}), 1, 16),
    ],
)
def test_what_are_not_the_images_asked_for_is_refused(content: bytes, count: int, size: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        images_zip.read(content, count, size)


def test_a_description_arrives_as_it_was_sent() -> None:
    declared = tuple(map(DeclaredSetting.of_setting, ServedKind.settings[:3]))
    said = ModelDescription(
        Identity("a", "1", "f1"), True, declared, {"16": (4, 2, 2)}, {"20": "no"}, 4, "CUDA", 1 << 32, 0.25
    )
    again = parse_models(json.dumps(asdict(Models((said,)))).encode())
    assert again == said
    assert tuple(one.setting() for one in again.settings) == ServedKind.settings[:3]
    assert parse_identity(said.identity.to_json().encode()) == said.identity


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"models": []}', b'{"models": [{}]}', b"[" * 9999])
def test_another_answer_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it offers 0 decoders|its answer"):
        parse_models(content)
