"""A checkpoint continues bit for bit, and nothing that is wrong with a file costs it."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from ipo.digits.training import checkpoint
from ipo.digits.training.checkpoint_summary import BadCheckpoint, parse_summary, read_tensors
from ipo.digits.training.trainer import InteractiveTrainer
from tests.support.forks import Fork
from tests.unit.digits.small import CONFIG, config, images, labels
from tests.unit.digits.training.test_trainer import Watch, same


def trained(epochs: int) -> InteractiveTrainer:
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(epochs, images(), labels())
    return trainer


def test_three_epochs_and_two_after_a_restart_are_five(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "model.pt", trained(3))
    assert Fork(_train_two_epochs, tmp_path / "model.pt").wait() == 0
    assert same(checkpoint.load(tmp_path / "model.pt"), trained(5))


def test_a_training_stopped_within_an_epoch_continues_bit_for_bit(tmp_path: Path) -> None:
    trainer = InteractiveTrainer(CONFIG)
    trainer.turn(kl_weight=0.25)
    trainer.train_epochs(3, images(), labels(), [Watch(at=6, act="stop")])
    checkpoint.save(tmp_path / "model.pt", trainer)
    loaded = checkpoint.load(tmp_path / "model.pt")
    assert loaded.knobs.kl_weight == 0.25
    for one in (trainer, loaded):
        one.train_epochs(2, images(), labels())
    assert same(trainer, loaded)
    assert trainer.average.temperature == loaded.average.temperature


def test_a_model_that_never_trained_can_be_kept(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "model.pt", InteractiveTrainer(CONFIG))
    loaded = checkpoint.load(tmp_path / "model.pt")
    loaded.train_epochs(1, images(), labels())
    assert same(loaded, trained(1))


def test_a_file_from_before_there_were_embeddings_and_spread_labels_opens_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    trainer = trained(2)
    torch.save(_without_embeddings(trainer), path)
    loaded = checkpoint.load(path)
    names = [name for name, _ in loaded.model.named_parameters() if not name.startswith("to_embedding.")]
    assert all(
        torch.equal(loaded.model.get_parameter(name), trainer.model.get_parameter(name)) for name in names
    )
    assert loaded.knobs == trainer.knobs and loaded.history == trainer.history
    for _ in range(2):  # at once, and after it was kept as it is
        checkpoint.save(path, loaded)
        loaded = checkpoint.load(path)
    again = checkpoint.load(path)
    for one in (loaded, again):
        one.train_epochs(1, images(), labels())
    assert same(loaded, again)
    checkpoint.save(path, loaded)
    assert same(checkpoint.load(path), loaded)


def test_without_torch_it_says_the_same(tmp_path: Path) -> None:
    trainer = trained(2)
    path = _written(tmp_path / "model.pt", trainer)
    summary = parse_summary(path.read_bytes())
    assert (summary.config, summary.knobs, summary.step) == (CONFIG, trainer.knobs, trainer.step)
    assert list(summary.history) == trainer.history
    arrays = read_tensors(path.read_bytes(), "average/")
    weights = {f"average/{name}": tensor for name, tensor in trainer.average.state_dict().items()}
    assert arrays.keys() == weights.keys()
    assert all(np.array_equal(arrays[name], weights[name].numpy()) for name in weights)
    seen = "import sys, ipo.services.digits.service as _; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout == "False\n"


def test_it_holds_nothing_but_tensors(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "model.pt", trained(1))
    found = torch.load(tmp_path / "model.pt", weights_only=True)
    assert all(isinstance(value, torch.Tensor) for value in found.values())


def test_another_model_is_named_and_nothing_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    checkpoint.save(path, trained(1))
    before = path.read_bytes()
    with pytest.raises(BadCheckpoint, match="is of another model: latent_dim is 4, not 2, width is 4, not 8"):
        checkpoint.load(path, config(latent_dim=2, width=8))
    assert path.read_bytes() == before


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_told_apart(tmp_path: Path, part: float) -> None:
    path = tmp_path / "model.pt"
    content = checkpoint.encode(trained(1))
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(BadCheckpoint, match=r"is not a sound checkpoint: .* It was left as it is"):
        checkpoint.load(path)


def test_a_byte_that_changed_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    content = checkpoint.encode(trained(1))
    whole = checkpoint.load(_written(path, trained(1)))
    for at in range(0, len(content), 4999):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            assert same(checkpoint.load(path), whole)  # a byte that fills a gap
        except BadCheckpoint:
            continue


def test_files_of_other_kinds_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    sound = torch.load(_written(path, trained(1)), weights_only=True)
    for wrong in (
        [1, 2],
        {"meta": 1},
        {"weights": torch.zeros(3)},
        sound | {"meta": torch.zeros(4, dtype=torch.uint8)},
        sound | {"model/classifier.bias": torch.zeros(3)},
        {name: tensor for name, tensor in sound.items() if name != "average/classifier.bias"},
        {name: tensor for name, tensor in sound.items() if name != "model/to_embedding.0.bias"},
        {name: tensor for name, tensor in sound.items() if name != "optimizer/0/exp_avg"},
    ):
        torch.save(wrong, path)
        with pytest.raises(BadCheckpoint):
            checkpoint.load(path)


def test_a_file_that_would_run_code_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"meta": _Boom()}, path)
    with pytest.raises(BadCheckpoint):
        checkpoint.load(path)
    assert not (tmp_path / "boom").exists()


def test_a_process_that_is_killed_while_it_writes_leaves_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    for _ in range(2):
        writer = Fork(_save_for_ever, path)
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.15)
        writer.kill()
        writer.wait()
        assert checkpoint.load(path).step == 0


def _train_two_epochs(path: Path) -> None:
    torch.set_num_threads(1)
    trainer = checkpoint.load(path)
    trainer.train_epochs(2, images(), labels())
    checkpoint.save(path, trainer)


def _save_for_ever(path: Path) -> None:
    trainer = InteractiveTrainer(CONFIG)
    while True:
        checkpoint.save(path, trainer)


class _Boom:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch boom",)


def _without_embeddings(trainer: InteractiveTrainer) -> dict[str, torch.Tensor]:
    """The file of a training, as versions wrote it whose models did not compare views."""
    tensors = torch.load(io.BytesIO(checkpoint.encode(trainer)), weights_only=True)
    parameters = [name for name, _ in trainer.model.named_parameters()]
    added = [index for index, name in enumerate(parameters) if name.startswith("to_embedding.")]
    new = ("spread", *(f"optimizer/{index}/" for index in added))
    meta = json.loads(bytes(tensors["meta"].numpy()))
    del meta["knobs"]["contrast_weight"]
    old = {
        name: tensor
        for name, tensor in tensors.items()
        if "/to_embedding." not in name and not name.startswith(new)
    }
    return old | {"meta": torch.frombuffer(bytearray(json.dumps(meta).encode()), dtype=torch.uint8)}


def _written(path: Path, trainer: InteractiveTrainer) -> Path:
    checkpoint.save(path, trainer)
    return path


def test_a_checkpoint_loads_whatever_torch_was_told_meanwhile(tmp_path: Path) -> None:
    path, right = tmp_path / "model.pt", trained(2)
    checkpoint.save(path, right)
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        loaded = checkpoint.load(path)
        fresh = InteractiveTrainer(CONFIG)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert same(loaded, right)
    assert same(fresh, InteractiveTrainer(CONFIG))


def test_no_message_advises_to_part_with_a_file_that_may_be_sound(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    for content in (b"", checkpoint.encode(trained(1))[:-99]):
        path.write_bytes(content)
        with pytest.raises(BadCheckpoint) as refused:
            checkpoint.load(path)
        assert "It was left as it is" in str(refused.value)
        assert not {"delete", "remove", "away"} & set(str(refused.value).replace(".", " ").split())
