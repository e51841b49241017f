"""Recipe `ssvae`: the training of the digits model, one batch at a time, with all that its loss is made of.

It steps a model of its own, fresh or a copy of the one that the page trains, and writes nothing back.
Conditions name which terms act.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ipo.datasets import mnist
from ipo.digits.config import Hyperparameters
from ipo.digits.data import Images, pixels_sha256
from ipo.digits.folder import RESOURCE, folder_in
from ipo.digits.inspection.options import CONDITIONS, MINE, NAME, Options, config, knobs, validate
from ipo.digits.inspection.tensors import SPECS, Watch, check
from ipo.digits.labels.ground_truth import balanced_sample
from ipo.digits.labels.store import NONE, LabelStore, Values
from ipo.digits.model import SSVAE
from ipo.digits.split import Split, split_of
from ipo.digits.training import checkpoint, losses
from ipo.digits.training.averaging import decay_at, follow
from ipo.digits.training.batches import Batch, Batches
from ipo.digits.training.losses import Output
from ipo.digits.training.measuring import measured
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.inspector.recipes.options import options_of
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.training.setup import Setup
from ipo.project import project_folder

_HELD_OUT = 1000  # images that a held-out loss is measured on


def build(
    condition: str,
    seed: int,
    data: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    **overrides: Any,
) -> Setup:
    """One training. `data`: images `(n, h, w)` and what they show `(n,)` to take instead of MNIST.

    Raises `ValueError` for an unknown or impossible condition or override, `DatasetMissing` without MNIST.
    """
    validate(condition, overrides)
    options = Options(**overrides)
    images, truth = mnist.load("train") if data is None else data
    trainer = _trainer(condition, seed, options, images)
    model_config, split = trainer.config, split_of(len(images), trainer.config)
    labels = labels_for(options.labels, truth, split, seed)
    batches = Batches(images, labels, split, model_config, trainer.average)
    if trainer.position is not None:
        batches.load_state_dict(trainer.position)
    held = split.validation[:_HELD_OUT]
    averaging = trainer.optimizer.register_step_post_hook(
        lambda *_: follow(trainer.average, trainer.model, decay_at(batches.step, model_config.averaging))
    )
    for group in trainer.optimizer.param_groups:
        group["lr"] = trainer.knobs.learning_rate
    watch = Watch(trainer.model, trainer.knobs, model_config.threshold)
    return Setup(
        model=trainer.model,
        loader=batches,
        loss=watch.loss,
        optimizer=trainer.optimizer,
        forward=partial(_forward, trainer.average),
        hooks=(averaging,),
        stateful={"average": trainer.average},
        observe=watch.observe,
        specs=SPECS,
        layers=tuple(name for name, module in trainer.model.named_modules() if _is_layer(module)),
        outputs=False,  # three views go through each layer at once
        sizes={"digit": model_config.classes, "dimension": model_config.latent_dim, "F": images[0].size},
        image_shape=model_config.image_shape,
        class_names=tuple(map(str, range(model_config.classes))),
        evaluate=partial(_held_out, trainer.average, images[held], labels[held], trainer.knobs),
        resource=RESOURCE,
        check=partial(check, trainer.knobs),
    )


def labels_for(wanted: int, truth: NDArray[Any], split: Split, seed: int) -> Values:
    """`wanted` true labels of training images, as many of each class as can be; or those of the user."""
    if wanted == MINE:
        folder = folder_in(project_folder())
        return LabelStore(folder.path, len(truth)).snapshot().values
    values = np.full(len(truth), NONE, np.int8)
    rows = balanced_sample(truth, wanted, seed, split.train)
    values[rows] = truth[rows]
    return values


def _trainer(condition: str, seed: int, options: Options, images: Images) -> InteractiveTrainer:
    chosen = knobs(condition, options)
    if options.start == "fresh":
        shape = (int(images.shape[1]), int(images.shape[2]))
        return InteractiveTrainer(config(options, seed, shape, 10), chosen)
    path = folder_in(project_folder()).checkpoint
    if not path.exists():
        raise ValueError(f"There is no checkpoint {path}; start fresh, or train a model first.")
    trainer = checkpoint.load(path)
    if trainer.images not in (0, len(images)):
        raise ValueError(f"{path} was trained on {trainer.images} images, not on {len(images)}; start fresh.")
    if trainer.data_sha256 not in (None, pixels_sha256(images)):
        raise ValueError(f"{path} was trained on other images: their pixels differ; start fresh.")
    trainer.knobs = chosen
    return trainer


def _held_out(model: SSVAE, images: Images, labels: Values, knobs: Hyperparameters) -> float:
    return measured(model, images, labels, knobs)["loss"]


def _forward(teacher: SSVAE, model: nn.Module, batch: Batch) -> Output:
    assert isinstance(model, SSVAE)
    return losses.forward(model, teacher, batch)


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | nn.Conv2d)


RECIPE = Recipe(
    name=NAME,
    build=build,
    conditions=tuple(CONDITIONS),
    default="full",
    label="Semi-supervised VAE of digits",
    goal=30.0,
    options=options_of(Options),
    validate=validate,
    needs_mnist=True,
)
