"""What the recipe `ssvae` shows of a step: a batch, what the model makes of it, each term of the loss."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from ipo.digits.config import Hyperparameters
from ipo.digits.model import SSVAE
from ipo.digits.training import losses
from ipo.digits.training.batches import Batch
from ipo.digits.training.losses import Output, Terms
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase, Renderer, Retention, Scale, TensorSpec, by_key
from ipo.inspector.training.setup import Observation
from ipo.inspector.training.trainer import Step


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
