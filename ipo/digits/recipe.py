"""Recipe `ssvae`: the training of the digits model, one batch at a time, with all that its loss is made of.

It steps a model of its own, fresh or a copy of the one that the page trains, and writes nothing back.
Conditions name which terms act.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ipo.datasets import mnist
from ipo.digits.config import Hyperparameters, SSVAEConfig
from ipo.digits.data import Images, pixels_sha256
from ipo.digits.folder import RESOURCE, folder_in
from ipo.digits.labels.ground_truth import balanced_sample
from ipo.digits.labels.store import NONE, LabelStore, Values
from ipo.digits.model import SSVAE
from ipo.digits.split import Split, split_of
from ipo.digits.training import checkpoint, losses
from ipo.digits.training.averaging import decay_at, follow
from ipo.digits.training.batches import Batch, Batches
from ipo.digits.training.losses import Output, Terms
from ipo.digits.training.measuring import measured
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase, Renderer, Retention, Scale, TensorSpec, by_key
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.recipes.options import option, options_of, parse_options
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.training.setup import Observation, Setup
from ipo.inspector.training.trainer import Step
from ipo.project import project_folder

NAME = "ssvae"
MINE = 0  # for `labels`: those of the project folder

_HELD_OUT = 1000  # images that a held-out loss is measured on

CONDITIONS: Mapping[str, Mapping[str, float]] = {
    "full": {},
    "no_consistency": {"consistency_weight": 0.0},
    "no_contrast": {"contrast_weight": 0.0},
    "supervised": {
        "consistency_weight": 0.0,
        "contrast_weight": 0.0,
        "recon_weight": 0.0,
        "kl_weight": 0.0,
    },
    "generative": {"consistency_weight": 0.0, "contrast_weight": 0.0, "label_weight": 0.0},
}


STARTS = ("fresh", "checkpoint")


@dataclass(frozen=True)
class Options:
    """What can be overridden. `None`: that of the condition."""

    labels: int = option(100, f"True labels, balanced ({MINE}: yours)")
    start: str = option("fresh", "Start from", choices=STARTS)
    recon_weight: float | None = option(None, "Weight of the reconstruction")
    kl_weight: float | None = option(None, "Weight of KL")
    label_weight: float | None = option(None, "Weight of labels")
    consistency_weight: float | None = option(None, "Weight of consistency")
    contrast_weight: float | None = option(None, "Weight of contrast")
    learning_rate: float | None = option(None, "Learning rate of Adam")
    threshold: float = option(0.95, "Certain from so many times the usual certainty on")
    latent_dim: int = option(16, "Dimensions of the latent")
    labelled_batch: int = option(32, "Labelled images of a batch")
    unlabelled_batch: int = option(128, "Unlabelled images of a batch")


OF_A_MODEL = ("latent_dim", "labelled_batch", "unlabelled_batch", "threshold")


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
    config, split = trainer.config, split_of(len(images), trainer.config)
    labels = labels_for(options.labels, truth, split, seed)
    batches = Batches(images, labels, split, config, trainer.average)
    if trainer.position is not None:
        batches.load_state_dict(trainer.position)
    held = split.validation[:_HELD_OUT]
    averaging = trainer.optimizer.register_step_post_hook(
        lambda *_: follow(trainer.average, trainer.model, decay_at(batches.step, config.averaging))
    )
    for group in trainer.optimizer.param_groups:
        group["lr"] = trainer.knobs.learning_rate
    watch = Watch(trainer.model, trainer.knobs, config.threshold)
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
        sizes={"digit": config.classes, "dimension": config.latent_dim, "F": images[0].size},
        image_shape=config.image_shape,
        class_names=tuple(map(str, range(config.classes))),
        evaluate=partial(_held_out, trainer.average, images[held], labels[held], trainer.knobs),
        resource=RESOURCE,
        check=partial(check, trainer.knobs),
    )


def validate(condition: str, overrides: Mapping[str, Any]) -> None:
    """Raises `ValueError` that says what would be right."""
    given = {name: value for name, value in overrides.items() if name != "data"}
    options = parse_options(Options, given, NAME)
    if condition not in CONDITIONS:
        raise UnknownName(unknown("condition", condition, CONDITIONS, owner=NAME))
    if isinstance(options.labels, bool) or not isinstance(options.labels, int) or options.labels < 0:
        raise ValueError(
            f"labels is {options.labels!r}; a whole number from 1 on, or {MINE} for yours, would be right."
        )
    if options.start == "checkpoint":
        for name in OF_A_MODEL:
            if name in given:
                raise ValueError(f"{name} is that of the checkpoint; leave it out, or start fresh.")
    _config(options, 0, (28, 28), 10)
    _knobs(condition, options)


class Watch:
    """Captures a batch, what the model makes of it, and every term of the loss."""

    def __init__(self, model: SSVAE, knobs: Hyperparameters, threshold: float) -> None:
        self.model, self.knobs, self.threshold = model, knobs, threshold
        self._terms: Terms | None = None

    def loss(self, output: Output, batch: Batch) -> Tensor:
        self._terms = losses.terms(output, batch, self.knobs, self.threshold)
        return self._terms.loss

    def observe(self, inspector: StepInspector) -> Observation:
        return Observation(partial(self._metrics, inspector))

    def _metrics(self, inspector: StepInspector, step: Step) -> None:
        batch, output = step.batch, step.output
        assert isinstance(batch, Batch) and isinstance(output, Output) and self._terms is not None
        weak, strong = (torch.softmax(one.logits.detach(), 1) for one in (output.weak, output.strong))
        certainty, guess = output.guesses.max(1)
        taken = {
            "batch_images": _as_bytes(batch.weak),
            "strong_images": _as_bytes(batch.strong),
            "labelled_images": _as_bytes(batch.labelled),
            "labelled_labels": batch.labels,
            "reconstruction": output.reconstruction.detach().flatten(1),
            "weak_probabilities": weak,
            "strong_probabilities": strong,
            "guess_probabilities": output.guesses,
            "guess": guess,
            "certainty": certainty,
            "counts": (certainty >= self.threshold * output.usual).float(),
            "latent_mean": output.weak.mean,
            "latent_deviation": torch.exp(0.5 * output.weak.log_variance.detach()),
            "noise": batch.noise,
            "place": output.places,
            "embedding": output.embeddings,
        }
        for key, tensor in taken.items():
            inspector.capture(key, tensor)
        for name, tensor in self._terms._asdict().items():
            if name != "loss":  # which every recipe has
                inspector.capture(f"{name}_term", tensor)


def labels_for(wanted: int, truth: NDArray[Any], split: Split, seed: int) -> Values:
    """`wanted` true labels of training images, as many of each class as can be; or those of the user."""
    if wanted == MINE:
        folder = folder_in(project_folder())
        return LabelStore(folder.path, len(truth)).snapshot().values
    values = np.full(len(truth), NONE, np.int8)
    rows = balanced_sample(truth, wanted, seed, split.train)
    values[rows] = truth[rows]
    return values


def check(knobs: Hyperparameters, snapshot: Snapshot) -> None:
    """Asserts that the loss of a step is the weighted sum of its terms."""
    total = (
        knobs.recon_weight * snapshot["recon_term"]
        + knobs.kl_weight * snapshot["kl_term"]
        + knobs.label_weight * snapshot["label_term"]
        + knobs.consistency_weight * snapshot["consistency_term"]
        + knobs.contrast_weight * snapshot["contrast_term"]
        + snapshot["map_term"]
    )
    if not np.allclose(total, snapshot["loss"], rtol=1e-4):
        raise AssertionError(f"step {snapshot.step}: the terms add up to {total}, not {snapshot['loss']}.")


def _trainer(condition: str, seed: int, options: Options, images: Images) -> InteractiveTrainer:
    knobs = _knobs(condition, options)
    if options.start == "fresh":
        shape = (int(images.shape[1]), int(images.shape[2]))
        return InteractiveTrainer(_config(options, seed, shape, 10), knobs)
    path = folder_in(project_folder()).checkpoint
    if not path.exists():
        raise ValueError(f"There is no checkpoint {path}; start fresh, or train a model first.")
    trainer = checkpoint.load(path)
    if trainer.images not in (0, len(images)):
        raise ValueError(f"{path} was trained on {trainer.images} images, not on {len(images)}; start fresh.")
    if trainer.data_sha256 not in (None, pixels_sha256(images)):
        raise ValueError(f"{path} was trained on other images: their pixels differ; start fresh.")
    trainer.knobs = knobs
    return trainer


def _config(options: Options, seed: int, shape: tuple[int, int], classes: int) -> SSVAEConfig:
    return SSVAEConfig(
        image_shape=shape,
        classes=classes,
        latent_dim=options.latent_dim,
        labelled_batch=options.labelled_batch,
        unlabelled_batch=options.unlabelled_batch,
        threshold=options.threshold,
        seed=seed,
    )


def _knobs(condition: str, options: Options) -> Hyperparameters:
    chosen = {field.name: getattr(options, field.name) for field in fields(Hyperparameters)}
    given = {name: value for name, value in chosen.items() if value is not None}
    return replace(Hyperparameters(), **{**CONDITIONS[condition], **given})


def _held_out(model: SSVAE, images: Images, labels: Values, knobs: Hyperparameters) -> float:
    return measured(model, images, labels, knobs)["loss"]


def _forward(teacher: SSVAE, model: nn.Module, batch: Batch) -> Output:
    assert isinstance(model, SSVAE)
    return losses.forward(model, teacher, batch)


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | nn.Conv2d)


def _as_bytes(images: Tensor) -> Tensor:
    return (255 * images.flatten(1)).round().byte()


def _specs() -> tuple[TensorSpec, ...]:
    T, P, Z = TensorSpec, Phase, Scale
    keep, snap = Retention.HISTORY, Retention.SNAPSHOT
    images, heatmap, bars, scalar = Renderer.IMAGES, Renderer.HEATMAP, Renderer.BARS, Renderer.SCALAR
    B, BF, BC, BZ = ("B",), ("B", "F"), ("B", "digit"), ("B", "dimension")
    L, LF = ("labelled image",), ("labelled image", "F")
    return (
        T("batch_images", BF, P.INPUT, snap, images, Z.SEQUENTIAL, "Weak views of unlabelled images",
          labels="guess"),
        T("strong_images", BF, P.INPUT, snap, images, Z.SEQUENTIAL, "Strong views of the same images",
          "Digits that nobody could read: the strong view asks too much.", labels="guess"),
        T("labelled_images", LF, P.INPUT, snap, images, Z.SEQUENTIAL, "Labelled images",
          labels="labelled_labels"),
        T("labelled_labels", L, P.INPUT, snap, bars, Z.SEQUENTIAL, "Labels"),
        T("noise", BZ, P.INPUT, snap, heatmap, Z.DIVERGING, "Noise ε of the latents"),
        T("latent_mean", BZ, P.FORWARD, snap, heatmap, Z.DIVERGING, "Latent mean μ",
          "A column of zeros: that dimension is not used."),
        T("latent_deviation", BZ, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "Latent deviation σ",
          "A column of ones: that dimension says nothing about the image."),
        T("weak_probabilities", BC, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "p(y|x) of the weak views",
          "One full column: every image is taken for the same class."),
        T("strong_probabilities", BC, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "p(y|x) of the strong views"),
        T("guess_probabilities", BC, P.FORWARD, snap, heatmap, Z.SEQUENTIAL,
          "p(y|x) of the teacher, drawn to equal shares"),
        T("counts", B, P.FORWARD, snap, bars, Z.SEQUENTIAL, "Counts as a label",
          "All 0: the unlabelled images teach the classifier nothing yet."),
        T("certainty", B, P.FORWARD, snap, bars, Z.SEQUENTIAL, "Certainty of the guess"),
        T("guess", B, P.FORWARD, snap, bars, Z.SEQUENTIAL, "Teacher's guess"),
        T("reconstruction", BF, P.FORWARD, snap, images, Z.SEQUENTIAL, "Reconstruction"),
        T("place", ("B", "coordinate"), P.FORWARD, snap, heatmap, Z.DIVERGING, "Place on the map"),
        T("embedding", ("view", "embedding"), P.FORWARD, snap, heatmap, Z.DIVERGING,
          "Embeddings of the weak views, then of the strong ones",
          "Rows that are all alike: the contrast tells no images apart."),
        T("loss", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Loss"),
        T("recon_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Reconstruction error"),
        T("kl_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "KL"),
        T("label_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Cross-entropy of labels"),
        T("consistency_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Consistency"),
        T("contrast_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Contrast of the views"),
        T("map_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Loss of the map"),
        T("confident_term", (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Share that counts as a label"),
    )  # fmt: skip


SPECS = by_key(_specs())


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
