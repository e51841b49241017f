"""The loss of one batch, term by term.

    L = w_recon·recon + w_KL·KL + w_label·CE + w_consistency·agreement + w_contrast·contrast + map

recon      mean squared error of a pixel of x̂ = g(z, p), z ~ q(z|x)
KL         KL(q(z|x) ‖ N(0, I)), the sum over d, the mean over images
CE         cross-entropy of the labelled images
agreement  FixMatch (Sohn et al., 2020): cross-entropy of a strong view with the class that a teacher sees in
           the weak view, where it is certain enough, else 0: compared with its guesses of late, so that it
           teaches from the start and is strict once it is certain (the global threshold of Wang et al.,
           "FreeMatch", 2023). The teacher is the average of the weights (Tarvainen and Valpola, 2017); its
           guesses are drawn to equal shares of the classes (Berthelot et al., "ReMixMatch", 2020). Where
           few labels are spread to all images, both have to agree (`spreading`)
contrast   NT-Xent (Chen et al., "SimCLR", 2020): an embedding should be nearer to that of the other view of
           its image than to all other embeddings of the batch. It alone teaches the encoder which images are
           alike before there are labels
map        KL(P ‖ Q) of the map's head, which reaches nothing else (`map`)
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ipo.digits.config import Hyperparameters
from ipo.digits.latent_map.projection import neighbour_loss
from ipo.digits.model import SSVAE, Encoded
from ipo.digits.training.batches import Batch

_LATELY = 0.01  # weight of a batch in the shares of the classes and in the usual certainty
TEMPERATURE = 0.2  # of the similarities of embeddings
_MOST_DRAWN = 4.0  # times that a class may count more than it was seen


class Output(NamedTuple):
    """What a model makes of a batch."""

    labelled: Encoded  # L images
    weak: Encoded  # U images
    strong: Encoded
    guesses: Tensor  # (U, classes), probabilities of the teacher for the weak views
    usual: Tensor  # (), how certain its guesses were lately
    reconstruction: Tensor  # (U, 1, h, w), of the weak views
    places: Tensor  # (U, 2)
    embeddings: Tensor  # (2U, e), of the weak views and then of the strong ones


class Terms(NamedTuple):
    """The terms of a loss, without their weights, and the loss."""

    loss: Tensor
    recon: Tensor
    kl: Tensor
    label: Tensor
    consistency: Tensor
    contrast: Tensor
    map: Tensor
    confident: Tensor  # share of the unlabelled images with a pseudo-label

    def floats(self) -> dict[str, float]:
        return {name: float(value.detach()) for name, value in self._asdict().items()}


def forward(model: SSVAE, teacher: SSVAE, batch: Batch) -> Output:
    """All views of a batch through the encoder at once, the weak ones through the teacher as well."""
    sizes = [len(batch.labelled), len(batch.weak), len(batch.strong)]
    encoded = model.encode(torch.cat((batch.labelled, batch.weak, batch.strong)))
    parts = [Encoded(*part) for part in zip(*(torch.split(whole, sizes) for whole in encoded), strict=True)]
    labelled, weak, strong = parts
    latents = weak.mean + torch.exp(0.5 * weak.log_variance) * batch.noise
    classes = functional.softmax(weak.logits.detach(), dim=1)
    return Output(
        labelled,
        weak,
        strong,
        guesses_of(teacher, batch),
        teacher.certainty.clone(),
        model.decode(latents, classes),
        model.places(weak),
        model.to_embedding(torch.cat((weak.features, strong.features))),
    )


@torch.no_grad()
def guesses_of(teacher: SSVAE, batch: Batch) -> Tensor:
    """What the teacher takes the weak views for `(U, classes)`; remembers shares of classes and certainty.

    p ∝ p̃ · (1 / K / share)^balance over the K classes that have a label, 0 for others; the mean of that and
    of the spread label where there is one.
    """
    seen = functional.softmax(teacher.encode(batch.weak).logits, dim=1)
    teacher.shares.lerp_(seen.mean(0), _LATELY)
    count = batch.taught.sum().clamp_min(1)
    wanted = 1 / count / teacher.shares.clamp_min(float(1 / count) / _MOST_DRAWN)
    drawn = seen * batch.taught * wanted**teacher.config.balance
    guesses = drawn / drawn.sum(1, keepdim=True).clamp_min(1e-12)
    spread = batch.spread >= 0
    guesses[spread] = (guesses[spread] + functional.one_hot(batch.spread[spread], guesses.shape[1])) / 2
    # without any label all guesses are 0, and none must ever count
    teacher.certainty.lerp_(guesses.max(1).values.mean().clamp_min(1 / teacher.config.classes), _LATELY)
    return guesses


def terms(output: Output, batch: Batch, knobs: Hyperparameters, threshold: float) -> Terms:
    """The terms of L. A guess counts from `threshold` times the usual certainty on.

    Without labelled images CE is 0.
    """
    weak = output.weak
    recon = functional.mse_loss(output.reconstruction, batch.weak)
    kl = divergence(weak)
    label = output.labelled.logits.sum() * 0  # 0, also when there are none
    if len(batch.labels):
        label = functional.cross_entropy(output.labelled.logits, batch.labels)
    certainty, guess = output.guesses.max(1)
    confident = (certainty >= threshold * output.usual).float()
    consistency = (functional.cross_entropy(output.strong.logits, guess, reduction="none") * confident).mean()
    contrast = nt_xent(output.embeddings)
    learnt = output.places.requires_grad
    placing = neighbour_loss(weak.features, output.places) if learnt else torch.zeros(())
    loss = (
        knobs.recon_weight * recon
        + knobs.kl_weight * kl
        + knobs.label_weight * label
        + knobs.consistency_weight * consistency
        + knobs.contrast_weight * contrast
        + placing
    )
    return Terms(loss, recon, kl, label, consistency, contrast, placing, confident.mean())


def divergence(encoded: Encoded) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, I)): ½ Σ (μ² + σ² − log σ² − 1), the mean over images."""
    mean, log_variance = encoded.mean, encoded.log_variance
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()


def nt_xent(embeddings: Tensor) -> Tensor:
    """Cross-entropy of finding the other view, of embeddings `(2n, e)`: n of one view, then n of the other.

    Among the 2n − 1 other views, by softmax of cosine similarity / temperature.
    """
    count = len(embeddings)
    directions = functional.normalize(embeddings, dim=1)
    similarities = directions @ directions.T / TEMPERATURE
    similarities = similarities.masked_fill(torch.eye(count, dtype=torch.bool), -torch.inf)
    return functional.cross_entropy(similarities, torch.arange(count).roll(count // 2))
