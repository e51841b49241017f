"""The digits model as a guest: a recipe of the inspector, a decoder of the Preferences page."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ipo import claims
from ipo.decoders.versioned import NoModel, name_of
from ipo.digits.decoder import SSVAEDecoder, SSVAEFamily
from ipo.digits.folder import RESOURCE, folder_in
from ipo.digits.inspection.recipe import CONDITIONS, RECIPE
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.inspector.errors import UnknownName
from ipo.inspector.service import InspectorService
from ipo.inspector.session import InspectSession
from ipo.jobs import SILENT
from tests.unit.digits.small import CONFIG, digits, images, labels

SMALL: dict[str, Any] = {
    "data": (digits()[0][:400], digits()[1][:400].astype(np.uint8)),
    "unlabelled_batch": 32,
    "labelled_batch": 8,
    "latent_dim": 4,
}


def session(condition: str = "full", **more: Any) -> InspectSession:
    return InspectSession(RECIPE, condition, 0, {**SMALL, **more}, check=True)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_steps_and_its_terms_add_up(condition: str) -> None:
    made = session(condition)
    state = made.step(3)
    assert state.steps == 3
    step = made.get_step(2)
    assert step["batch_images"].shape == (32, 64)
    assert step["labelled_labels"].shape == (8,)
    assert step["latent_mean"].shape == (32, 4)
    assert np.allclose(step["weak_probabilities"].sum(1), 1, atol=1e-5)
    history = made.history()
    assert {"recon_term", "kl_term", "label_term", "consistency_term", "loss"} <= set(history.columns)


def test_every_layer_shows_its_gradient_and_its_update() -> None:
    made = session()
    made.step(3)
    before, after = made.get_step(1), made.get_step(2)
    layers = [key.removesuffix("/weight_update") for key in after if key.endswith("/weight_update")]
    assert {"encoder.0", "to_latent", "classifier", "decoder.4", "to_place.2"} <= set(layers)
    for layer in layers:
        moved = before[f"{layer}/weight"] + before[f"{layer}/weight_update"]
        assert np.abs(moved - after[f"{layer}/weight"]).max() < 1e-6
        assert np.abs(after[f"{layer}/weight_gradient"]).max() > 0
        assert f"{layer}/weight_update_length" in made.history().columns


def test_a_rewound_step_is_the_same_bit_for_bit() -> None:
    made = session()
    made.step(6)
    before = {key: made.get_step(5)[key].copy() for key in ("batch_images", "reconstruction", "latent_mean")}
    made.rewind(2)
    made.step(3)
    assert all(np.array_equal(made.get_step(5)[key], array) for key, array in before.items())


def test_it_takes_the_steps_that_the_training_takes() -> None:
    """Same seed, same labels: the recipe is the trainer, seen from inside."""
    from ipo.digits.inspection.recipe import build, labels_for
    from ipo.digits.split import split_of

    setup = build("full", 3, **SMALL)
    steps = setup.trainer().steps()
    seen = [float(next(steps).loss) for _ in range(3)]
    data, truth = SMALL["data"]
    trainer = InteractiveTrainer(setup.model.config)
    given = labels_for(100, truth, split_of(len(data), trainer.config), 3)
    taken = trainer.steps(1, data, given)
    assert [next(taken).terms["loss"] for _ in range(3)] == seen


def test_it_starts_from_the_checkpoint_and_writes_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPO_HOME", str(tmp_path))
    truth = digits()[1][: len(images())].astype(np.uint8)
    how: dict[str, Any] = {"start": "checkpoint", "data": (images(), truth), "labels": 0}
    with pytest.raises(ValueError, match="There is no checkpoint"):
        InspectSession(RECIPE, overrides=how)
    with pytest.raises(ValueError, match="latent_dim is that of the checkpoint; leave it out"):
        InspectSession(RECIPE, overrides=how | {"latent_dim": 4})
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(1, images(), labels())
    path = folder_in(tmp_path).checkpoint
    checkpoint.save(path, trainer)
    before = path.read_bytes()
    InspectSession(RECIPE, overrides=how, check=True).step(1)
    assert path.read_bytes() == before


def test_what_is_wrong_with_a_setup_is_said() -> None:
    with pytest.raises(UnknownName, match="did you mean 'labels'"):
        session(label=3)
    with pytest.raises(UnknownName, match="supervised"):
        session("supervized")
    with pytest.raises(ValueError, match="kl_weight is 2; 0 to 1 would be right"):
        session(kl_weight=2)


def test_inspecting_and_training_exclude_each_other() -> None:
    desk = InspectorService("a test")
    with claims.claim(RESOURCE, "the training of the SSVAE"), pytest.raises(claims.Claimed, match="training"):
        desk.setup("ipo.digits.inspection.recipe:RECIPE", **SMALL)
    desk.setup("ipo.digits.inspection.recipe:RECIPE", **SMALL)
    try:
        assert str(claims.holder(RESOURCE)).startswith("a test: ")
    finally:
        desk.teardown()
    assert claims.holder(RESOURCE) is None


@pytest.fixture
def decoder(tmp_path: Path) -> SSVAEDecoder:
    return trained(tmp_path, InteractiveTrainer(CONFIG))


def trained(home: Path, trainer: InteractiveTrainer) -> SSVAEDecoder:
    """The decoder of a training as it is now."""
    checkpoint.save(folder_in(home).checkpoint, trainer)
    family = SSVAEFamily()
    return family.open(home, family.store(home))


def latents(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(count, 1, 1, 14)).astype(np.float32)


def test_a_latent_gives_the_same_image_alone_and_beside_others(decoder: SSVAEDecoder) -> None:
    assert decoder.info.latent_shape(64) == (1, 1, 14)
    z = latents(5)
    whole = decoder.decode(z, "digits", {"size": 64}, context=SILENT)
    assert whole.shape == (5, 64, 64, 3) and whole.dtype == np.uint8
    for i in range(5):
        assert np.array_equal(
            decoder.decode(z[i : i + 1], "digits", {"size": 64}, context=SILENT)[0], whole[i]
        )


def test_a_prompt_may_name_the_class(decoder: SSVAEDecoder) -> None:
    z = latents(1)
    one, other = (decoder.decode(z, name, {"size": 8}, context=SILENT) for name in ("3", "7"))
    assert not np.array_equal(one, other)


def test_it_draws_what_the_model_draws(tmp_path: Path) -> None:
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(1, images(), labels())
    drawn = trained(tmp_path, trainer).decode(latents(3), "7", {"size": 8}, context=SILENT)
    z = 3 * torch.tanh(torch.from_numpy(latents(3).reshape(3, -1)[:, :4]) / 3)
    with torch.inference_mode():
        model = 255 * trainer.average.eval().decode(z, torch.eye(10)[[7] * 3])[:, 0]
    assert np.abs(drawn[..., 0].astype(float) - model.numpy()).max() < 0.51


def test_weights_that_were_kept_draw_the_same_bits_whatever_the_model_learns(tmp_path: Path) -> None:
    trainer, family = InteractiveTrainer(CONFIG), SSVAEFamily()
    before = trained(tmp_path, trainer).decode(latents(4), "any", {"size": 24}, context=SILENT)
    first = family.store(tmp_path)
    trainer.train_epochs(1, images(), labels())
    later = trained(tmp_path, trainer)
    assert not np.array_equal(later.decode(latents(4), "any", {"size": 24}, context=SILENT), before)
    second = family.store(tmp_path)
    assert second != first
    assert name_of("ssvae", later.info.weights_hash) == second
    again = family.open(tmp_path, first)
    assert np.array_equal(again.decode(latents(4), "any", {"size": 24}, context=SILENT), before)


def test_what_cannot_be_kept_or_opened_is_said(tmp_path: Path) -> None:
    family, path = SSVAEFamily(), folder_in(tmp_path).checkpoint
    with pytest.raises(NoModel, match="There is no digits model yet"):
        family.store(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(NoModel, match="is not a sound checkpoint"):
        family.store(tmp_path)
    checkpoint.save(path, InteractiveTrainer(CONFIG))
    name = family.store(tmp_path)
    kept = tmp_path / "decoders" / f"{name}.safetensors"
    content = kept.read_bytes()
    for damaged in (b"", content[:-8], content[:-1] + b"\0" if content[-1] else content[:-1] + b"\1"):
        kept.write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged"):
            family.open(tmp_path, name)
    family.store(tmp_path)
    assert kept.read_bytes() == content
    kept.unlink()
    with pytest.raises(ValueError, match=r"begun with cannot be read: .*No such file or directory\. Put the"):
        family.open(tmp_path, name)


def test_no_page_waits_for_torch_to_draw() -> None:
    code = "import sys, ipo.registry; print('torch' in sys.modules, 'streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_bad_latents_are_refused(decoder: SSVAEDecoder) -> None:
    with pytest.raises(ValueError, match="Latents have shape"):
        decoder.decode(latents(1)[..., :3], "", {"size": 8}, context=SILENT)
    bad = latents(2)
    bad[1, 0, 0, 3] = np.nan
    with pytest.raises(ValueError, match="Latent 1 has NaN or Inf"):
        decoder.decode(bad, "", {"size": 8}, context=SILENT)
    with pytest.raises(ValueError, match="Image size 0"):
        decoder.decode(latents(1), "", {"size": 0}, context=SILENT)


def test_the_state_of_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    session().step(1)
    assert torch.equal(torch.get_rng_state(), before)
