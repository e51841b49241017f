"""What EfficientNet-lite0 says of images, with the weights of ImageNet."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.embedding import efficientnet as module
from ipo.embedding.efficientnet import EfficientNetEmbedder, preprocessed
from ipo.embedding.efficientnet_weights import Weights
from ipo.embedding.protocol import Images
from ipo.jobs import SILENT, Cancelled

FLOWERS = {985: "daisy"}
CHINESE = {698: "palace", 442: "bell cote", 663: "monastery", 449: "boathouse", 483: "castle"}
# Logits of the first eight classes for `ramps()`, by efficientnet_lite_pytorch 0.1.0 with the same weights.
REFERENCE = (0.2956, 0.3479, -1.7710, -1.9229, -1.1399, 0.7545, -1.9230, 0.2215)


def ramps() -> Images:
    """One image whose middle 7/8 are 224 pixels, so that nothing is resized."""
    y, x, c = np.mgrid[:256, :256, :3]
    return ((x * (c + 1) + y * (3 - c)) % 256).astype(np.uint8)[None]


@pytest.fixture(scope="module")
def worlds() -> Images:
    """Five images of the procedural decoder."""
    decoder = ProceduralDecoder()
    latents = np.random.default_rng(0).standard_normal((5, *decoder.info.latent_shape(64)))
    return decoder.decode(latents.astype(np.float32), "foxes in snow", {"size": 64}, context=SILENT)


def test_weights_must_be_those_of_the_network_by_name_and_shape(efficientnet_values: Weights) -> None:
    incomplete = dict(efficientnet_values)
    stem = incomplete.pop("stem.weight")
    with pytest.raises(RuntimeError, match=r"Missing key.*stem\.weight"):
        EfficientNetEmbedder(incomplete)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*stem\.bias"):
        EfficientNetEmbedder({**efficientnet_values, "stem.bias": np.zeros(32, np.float32)})
    with pytest.raises(RuntimeError, match="size mismatch for stem"):
        EfficientNetEmbedder({**efficientnet_values, "stem.weight": stem[:16]})


def test_another_weight_is_another_hash(
    efficientnet: EfficientNetEmbedder, efficientnet_values: Weights
) -> None:
    bias = efficientnet_values["head.bias"] + np.float32(1)
    other = EfficientNetEmbedder({**efficientnet_values, "head.bias": bias})
    assert other.weights_hash != efficientnet.weights_hash


def test_logits_are_those_of_another_implementation(efficientnet: EfficientNetEmbedder) -> None:
    logits = efficientnet.classify(ramps())
    assert logits.shape == (1, 1000) and logits.dtype == np.float32
    assert np.allclose(logits[0, :8], REFERENCE, atol=2e-3) and logits.argmax() == 885


@pytest.mark.parametrize(("photograph", "classes"), [("flower.jpg", FLOWERS), ("china.jpg", CHINESE)])
def test_photographs_are_recognised(
    efficientnet: EfficientNetEmbedder, photograph: str, classes: dict[int, str]
) -> None:
    logits = efficientnet.classify(load_sample_image(photograph)[None])[0]
    best = np.argsort(-logits)[:5]
    assert best[0] in classes and len(set(best.tolist()) & classes.keys()) >= min(3, len(classes))


def test_an_image_has_the_same_vector_whatever_it_comes_with(
    efficientnet: EfficientNetEmbedder, worlds: Images
) -> None:
    together = efficientnet.embed(worlds)
    assert together.shape == (5, efficientnet.dim) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([efficientnet.embed(image[None]) for image in worlds])
    assert np.abs(together - alone).max() <= 1e-4
    assert np.array_equal(efficientnet.embed(worlds), together)
    repeated = efficientnet.embed(np.concatenate([worlds, worlds]))  # two batches, split within the images
    assert len(repeated) > module.BATCH and np.abs(repeated - np.tile(together, (2, 1))).max() <= 1e-4


def test_other_images_have_other_vectors(efficientnet: EfficientNetEmbedder, worlds: Images) -> None:
    vectors = efficientnet.embed(worlds)
    photographs = [efficientnet.embed(load_sample_image(name)[None]) for name in ("flower.jpg", "china.jpg")]
    alike = np.concatenate([vectors, *photographs])
    cosines = (alike @ alike.T)[np.triu_indices(len(alike), 1)]
    assert cosines.max() < 0.999
    worlds_alike, others = (vectors @ vectors.T)[np.triu_indices(5, 1)], vectors @ photographs[0].T
    assert worlds_alike.mean() > others.mean() + 0.1  # one prompt's images look more alike


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (3, 700), (500, 2), (64, 64), (224, 224), (431, 300)])
def test_images_of_any_size_and_aspect_are_read(
    efficientnet: EfficientNetEmbedder, shape: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, *shape, 3), np.uint8)
    assert np.isfinite(efficientnet.embed(image)).all()


def test_the_middle_of_the_shorter_side_is_what_is_read() -> None:
    image = np.zeros((1, 256, 400, 3), np.uint8)
    image[:, 16:240, 88:312] = 255  # 224 × 224 pixels in the middle
    assert np.unique(preprocessed(image)).tolist() == [1.0]
    image[:, 16:240, 88:312, 1] = 127
    values = preprocessed(image)
    assert values.dtype == np.float32 and values.shape == (1, 224, 224, 3)
    assert np.unique(values[..., 1]).tolist() == [0.0] and np.unique(values[..., 2]).tolist() == [1.0]


def test_progress_is_told_and_work_can_be_cancelled(efficientnet: EfficientNetEmbedder) -> None:
    class Impatient:
        told: list[tuple[float, str]] = []  # noqa: RUF012

        def report(self, fraction: float, message: str = "") -> None:
            self.told.append((fraction, message))

        def check(self) -> None:
            if self.told:
                raise Cancelled

    images = np.zeros((100, 8, 8, 3), np.uint8)
    with pytest.raises(Cancelled):
        efficientnet.embed(images, Impatient())
    assert Impatient.told == [(0.0, "Read 0 of 100 images")]


def test_what_are_no_images_is_refused(efficientnet: EfficientNetEmbedder) -> None:
    with pytest.raises(ValueError, match="The images are float32; uint8 of shape"):
        efficientnet.embed(np.zeros((1, 8, 8, 3), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="There is no pixel"):
        efficientnet.classify(np.zeros((0, 8, 8, 3), np.uint8))
