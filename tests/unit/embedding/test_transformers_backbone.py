"""SigLIP and DINOv2: tiny ones with random weights, saved by transformers and read as a user's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    BitImageProcessor,
    Dinov2Config,
    Dinov2Model,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    SiglipTextConfig,
    SiglipVisionConfig,
    ViTConfig,
    ViTMAEConfig,
    ViTMAEModel,
    ViTModel,
)

from ipo.embedding.protocol import Images
from ipo.embedding.transformers_backbone import BATCH, TransformersEmbedder
from ipo.jobs import Cancelled

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}


def save_siglip(folder: Path) -> None:
    torch.manual_seed(0)
    text = SiglipTextConfig(**SMALL, vocab_size=64, bos_token_id=1, eos_token_id=2, projection_size=16)
    config = SiglipConfig(
        text_config=text, vision_config=SiglipVisionConfig(**SMALL, image_size=32, patch_size=8)
    )
    SiglipModel(config).save_pretrained(folder)
    SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)


def save_dinov2(folder: Path) -> None:
    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    Dinov2Model(config).save_pretrained(folder)
    BitImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28}).save_pretrained(
        folder
    )


KINDS: dict[str, tuple[Callable[[Path], None], int]] = {
    "siglip": (save_siglip, 16),
    "dinov2": (save_dinov2, 24),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder a kind. Tests only read them."""
    folder = tmp_path_factory.mktemp("models")
    for name, (save, _) in KINDS.items():
        save(folder / name)
    return folder


@pytest.fixture
def copy(folders: Path, tmp_path: Path) -> Path:
    """A folder of DINOv2 that a test may change."""
    return Path(shutil.copytree(folders / "dinov2", tmp_path / "dinov2"))


@pytest.fixture(scope="module")
def images() -> Images:
    return np.random.default_rng(0).integers(0, 256, (5, 40, 60, 3), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_has_the_same_vector_whatever_it_comes_with(
    kind: str, folders: Path, images: Images
) -> None:
    embedder = TransformersEmbedder(folders / kind, kind)
    assert embedder.name == kind and embedder.dim == KINDS[kind][1]
    vectors = embedder.embed(images)
    assert vectors.shape == (5, embedder.dim) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed(image[None]) for image in images])
    assert np.abs(vectors - alone).max() <= 1e-4
    many = embedder.embed(np.concatenate([images, images]))
    assert len(many) > BATCH and np.abs(many - np.tile(vectors, (2, 1))).max() <= 1e-4
    again = TransformersEmbedder(folders / kind, kind)
    assert again.weights_hash == embedder.weights_hash and np.array_equal(again.embed(images), vectors)
    assert np.abs(vectors[:, None] - vectors[None]).max(axis=2)[np.triu_indices(5, 1)].min() > 1e-5


def test_features_are_those_that_the_model_is_published_with(folders: Path, images: Images) -> None:
    """Against transformers itself: the pooled features of SigLIP's tower, the class token of DINOv2."""
    processor = SiglipImageProcessor.from_pretrained(folders / "siglip")
    pixels = processor(images=list(images), return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        tower = SiglipModel.from_pretrained(folders / "siglip").eval().vision_model(pixel_values=pixels)
    expected = torch.nn.functional.normalize(tower.pooler_output).numpy()
    assert np.allclose(TransformersEmbedder(folders / "siglip", "siglip").embed(images), expected, atol=1e-5)

    processor = BitImageProcessor.from_pretrained(folders / "dinov2")
    pixels = processor(images=list(images), return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        hidden = Dinov2Model.from_pretrained(folders / "dinov2").eval()(pixel_values=pixels).last_hidden_state
    expected = torch.nn.functional.normalize(hidden[:, 0]).numpy()
    assert np.allclose(TransformersEmbedder(folders / "dinov2", "dinov2").embed(images), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (3, 90), (64, 64), (200, 31)])
def test_images_of_any_size_and_aspect_are_read(kind: str, shape: tuple[int, int], folders: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, *shape, 3), np.uint8)
    assert np.isfinite(TransformersEmbedder(folders / kind, kind).embed(image)).all()


def test_other_weights_and_another_processor_are_another_hash(folders: Path, copy: Path) -> None:
    before = TransformersEmbedder(copy, "dinov2").weights_hash
    assert before == TransformersEmbedder(folders / "dinov2", "other name").weights_hash
    path = copy / "preprocessor_config.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps(settings | {"image_mean": [0.5, 0.5, 0.5]}))
    assert TransformersEmbedder(copy, "dinov2").weights_hash != before


def test_what_is_missing_or_damaged_is_said(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"config\.json cannot be opened \(No such file.*would be right"):
        TransformersEmbedder(tmp_path / "nowhere", "x")
    weights, processor = copy / "model.safetensors", copy / "preprocessor_config.json"
    sound = weights.read_bytes()
    weights.write_bytes(sound[: len(sound) // 2])
    with pytest.raises(ValueError, match="holds no model that can be read: "):
        TransformersEmbedder(copy, "dinov2")
    weights.unlink()
    (copy / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ValueError, match=r"holds no weights; \*\.safetensors beside config\.json"):
        TransformersEmbedder(copy, "dinov2")
    weights.write_bytes(sound)
    processor.unlink()
    with pytest.raises(ValueError, match=r"preprocessor_config\.json cannot be opened"):
        TransformersEmbedder(copy, "dinov2")


def test_weights_that_are_not_all_there_are_never_random(copy: Path) -> None:
    path = copy / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_hidden_layers": 3}))
    with pytest.raises(ValueError, match=r"not all there: \d+ are missing, such as .*layer\.2\..*Bring the"):
        TransformersEmbedder(copy, "dinov2")


def test_code_in_the_folder_is_not_run_and_nobody_is_asked(copy: Path) -> None:
    path, ran = copy / "config.json", copy / "ran"
    code = {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}}
    path.write_text(json.dumps(code))
    (copy / "own.py").write_text(f"open({str(ran)!r}, 'w')")
    with pytest.raises(ValueError, match="holds no model that can be read"):
        TransformersEmbedder(copy, "own")
    assert not ran.exists()


def test_a_model_that_reads_no_images_is_refused(copy: Path) -> None:
    config = BertConfig(**SMALL, vocab_size=32)
    BertModel(config).save_pretrained(copy)
    with pytest.raises(ValueError, match=r"\(bert\) reads no images\. SigLIP, DINOv2 or .* would be right"):
        TransformersEmbedder(copy, "bert")
    config = ViTConfig(**SMALL, image_size=28, patch_size=14)
    ViTModel(config, add_pooling_layer=False).save_pretrained(copy)
    with pytest.raises(ValueError, match=r"not all there: 2 are missing, such as pooler"):
        TransformersEmbedder(copy, "vit")
    ViTMAEModel(ViTMAEConfig(**SMALL, image_size=28, patch_size=14)).save_pretrained(copy)
    with pytest.raises(ValueError, match=r"model mae gives no vector for a whole image\. SigLIP, DINOv2"):
        TransformersEmbedder(copy, "mae")


def test_nan_in_the_weights_is_said(copy: Path, images: Images) -> None:
    model = Dinov2Model.from_pretrained(copy)
    with torch.no_grad():
        model.layernorm.weight.fill_(torch.nan)
    model.save_pretrained(copy)
    with pytest.raises(ArithmeticError, match="NaN or infinity"):
        TransformersEmbedder(copy, "dinov2").embed(images)


def test_what_are_no_images_is_refused_and_work_can_be_cancelled(folders: Path, images: Images) -> None:
    class Impatient:
        def report(self, fraction: float, message: str = "") -> None:
            assert (fraction, message) == (0, "Read 0 of 10 images")

        def check(self) -> None:
            if self.began:
                raise Cancelled
            self.began = True

        began = False

    embedder = TransformersEmbedder(folders / "dinov2", "dinov2")
    with pytest.raises(ValueError, match="The images are float64; uint8"):
        embedder.embed(images / 255)
    with pytest.raises(Cancelled):
        embedder.embed(np.concatenate([images, images]), Impatient())
