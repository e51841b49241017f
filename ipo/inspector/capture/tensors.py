"""Every tensor that can be looked at: its name, its axes, when it is taken, how it is drawn.

Adding a tensor is one entry here and one `capture` call. A recipe from another package brings its own
`TensorSpec`s; the keys are then plain strings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Phase(StrEnum):
    """When within a step a tensor was taken, in this order."""

    INPUT = "input"
    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    FORCE = "force"
    PRE_STEP = "pre_step"
    POST_STEP = "post_step"


class Retention(StrEnum):
    """How long a tensor is kept: in the columns of all steps, or with the snapshots of the last ones."""

    HISTORY = "history"
    SNAPSHOT = "snapshot"


class Renderer(StrEnum):
    IMAGES = "images"
    HEATMAP = "heatmap"
    WEIGHT_GRID = "weight_grid"
    BARS = "bars"
    SCALAR = "scalar"
    MATRIX = "matrix"


class Scale(StrEnum):
    """How values become colours: low to high, about zero, or fixed −1…1."""

    SEQUENTIAL = "sequential"
    DIVERGING = "diverging"
    UNIT = "unit"


class StepTensorKey(StrEnum):
    """The tensors of the recipes that ship here, in order of computation."""

    BATCH_IMAGES = "batch_images"
    BATCH_LABELS = "batch_labels"
    ENCODER_WEIGHTS = "encoder_weights"
    STRENGTH = "strength"
    NEIGHBORS = "neighbors"
    RANK_SCORE = "rank_score"
    IMAGE_COVERAGE = "image_coverage"
    FEATURE_NOVELTY = "feature_novelty"
    WIN_RATE = "win_rate"
    LOCAL_COVERAGE = "local_coverage"
    LOCAL_NOVELTY = "local_novelty"
    IN_NEIGHBORHOOD = "in_neighborhood"
    RECONSTRUCTION = "reconstruction"
    LOSS = "loss"
    OUTPUT_GRADIENT = "output_gradient"
    GRAD_RAW = "grad_raw"
    GRAD_MASK = "grad_mask"
    GRAD_MASKED = "grad_masked"
    GRADIENT_WEIGHT = "gradient_weight"
    CONTENDER_WEIGHT = "contender_weight"
    ATTRACTION_WEIGHT = "attraction_weight"
    LOCAL_TARGET = "local_target"
    GLOBAL_TARGET = "global_target"
    WINNER_TARGET = "winner_target"
    AFFINITY = "affinity"
    IMAGE_NEED = "image_need"
    WEIGHTED_AFFINITY = "weighted_affinity"
    RESCUE_PULL = "rescue_pull"
    RESCUE_TARGET = "rescue_target"
    SOM_TARGETS = "som_targets"
    SOM_DELTA = "som_delta"
    OPTIMIZER_DELTA = "optimizer_delta"
    ENCODER_WEIGHTS_POST = "encoder_weights_post"
    GRAD_MAGNITUDE = "grad_magnitude"
    SOM_MAGNITUDE = "som_magnitude"
    OPTIMIZER_MAGNITUDE = "optimizer_magnitude"
    WEIGHT_COSINE = "weight_cosine"
    SOM_TARGET_COSINE = "som_target_cosine"
    GRADIENT_COSINE = "gradient_cosine"
    UPDATE_COSINE = "update_cosine"
    EFFECTIVE_RANK = "effective_rank"
    DEAD_COUNT = "dead_count"
    WEIGHT_COSINE_MATRIX = "weight_cosine_matrix"
    SOM_TARGET_COSINE_MATRIX = "som_target_cosine_matrix"
    GRADIENT_COSINE_MATRIX = "gradient_cosine_matrix"
    UPDATE_COSINE_MATRIX = "update_cosine_matrix"


@dataclass(frozen=True)
class TensorSpec:
    """One tensor. `dims` names its axes: B images of the batch, D features, F inputs, K neighbours."""

    key: str
    dims: tuple[str, ...]
    phase: Phase
    retention: Retention
    renderer: Renderer
    scale: Scale
    label: str
    look_for: str = ""  # what the tensor shows when something is wrong, in one sentence
    labels: str = ""  # of images: the tensor with one number for each, to write under it


def by_key(specs: Iterable[TensorSpec]) -> Mapping[str, TensorSpec]:
    """The same specs by their keys, in order."""
    return MappingProxyType({str(spec.key): spec for spec in specs})


def parse_spec(record: Mapping[str, Any]) -> TensorSpec:
    """A spec from its fields, as JSON has them. Raises `KeyError`, `TypeError` or `ValueError`."""
    return TensorSpec(
        str(record["key"]),
        tuple(map(str, record["dims"])),
        Phase(record["phase"]),
        Retention(record["retention"]),
        Renderer(record["renderer"]),
        Scale(record["scale"]),
        *(str(record[name]) for name in ("label", "look_for", "labels")),
    )


def _specs() -> Iterable[TensorSpec]:
    K, P, Z = StepTensorKey, Phase, Scale
    keep, snap = Retention.HISTORY, Retention.SNAPSHOT
    images, heatmap, grid = Renderer.IMAGES, Renderer.HEATMAP, Renderer.WEIGHT_GRID
    bars, scalar, matrix = Renderer.BARS, Renderer.SCALAR, Renderer.MATRIX
    BF, BD, DF, DD = ("B", "F"), ("B", "D"), ("D", "F"), ("D", "D")
    B, D = ("B",), ("D",)
    T = TensorSpec
    return (
        T(K.BATCH_IMAGES, BF, P.INPUT, snap, images, Z.SEQUENTIAL, "Images X", labels=K.BATCH_LABELS),
        T(K.BATCH_LABELS, B, P.INPUT, snap, bars, Z.SEQUENTIAL, "Labels"),
        T(K.ENCODER_WEIGHTS, DF, P.INPUT, snap, grid, Z.DIVERGING, "Encoder weights W before the step",
          "Tiles that look alike: the features have converged."),
        T(K.STRENGTH, BD, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "Strength S = |X·W + b|",
          "Equal columns: features answer the same images equally strongly."),
        T(K.NEIGHBORS, ("D", "K"), P.FORWARD, snap, grid, Z.SEQUENTIAL, "Neighbours N",
          "The same few features in every row: all share one neighbourhood."),
        T(K.RANK_SCORE, BD, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "Rank score R",
          "About 0.5 everywhere: nobody clearly wins, competition has flattened the strengths."),
        T(K.IMAGE_COVERAGE, B, P.FORWARD, keep, bars, Z.SEQUENTIAL, "Image coverage c",
          "Equal bars: no image is underserved, so nothing pulls a feature to it."),
        T(K.FEATURE_NOVELTY, D, P.FORWARD, keep, bars, Z.SEQUENTIAL, "Feature novelty ν",
          "Equal bars: novelty cannot tell the features apart."),
        T(K.WIN_RATE, D, P.FORWARD, keep, bars, Z.SEQUENTIAL, "Win rate w",
          "Below 0.01 a feature is dead."),
        T(K.LOCAL_COVERAGE, BD, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "Local coverage lc",
          "High everywhere: the neighbours already win these images."),
        T(K.LOCAL_NOVELTY, BD, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "Local novelty ln = 1/(lc + 1)"),
        T(K.IN_NEIGHBORHOOD, BD, P.FORWARD, snap, heatmap, Z.SEQUENTIAL, "In the winner's neighbourhood",
          "A few full columns: the same features are everyone's neighbours."),
        T(K.RECONSTRUCTION, BF, P.FORWARD, snap, images, Z.SEQUENTIAL, "Reconstruction"),
        T(K.LOSS, (), P.LOSS, keep, scalar, Z.SEQUENTIAL, "Loss"),
        T(K.OUTPUT_GRADIENT, BD, P.BACKWARD, snap, heatmap, Z.DIVERGING, "Gradient at the pre-activation"),
        T(K.GRAD_RAW, DF, P.BACKWARD, snap, grid, Z.DIVERGING, "Gradient of W without the mask"),
        T(K.GRAD_MASK, BD, P.BACKWARD, snap, heatmap, Z.SEQUENTIAL, "Gradient mask",
          "Near zero in a column: only the pull moves that feature."),
        T(K.GRAD_MASKED, DF, P.BACKWARD, snap, grid, Z.DIVERGING, "Gradient of W that the optimizer sees",
          "Tiles that look alike: the gradient itself makes features alike."),
        T(K.GRADIENT_WEIGHT, D, P.FORCE, keep, bars, Z.SEQUENTIAL, "Gradient weight e = w·ν"),
        T(K.CONTENDER_WEIGHT, D, P.FORCE, keep, bars, Z.SEQUENTIAL, "Contender weight cw = (1 − e)·w"),
        T(K.ATTRACTION_WEIGHT, D, P.FORCE, keep, bars, Z.SEQUENTIAL, "Attraction weight aw = (1 − e)·(1 − w)",
          "Near 1 everywhere: every feature is moved by the global pull alone."),
        T(K.LOCAL_TARGET, DF, P.FORCE, snap, grid, Z.SEQUENTIAL, "Local target"),
        T(K.GLOBAL_TARGET, DF, P.FORCE, snap, grid, Z.SEQUENTIAL, "Global target",
          "The same picture in every tile: all features are pulled to one place."),
        T(K.WINNER_TARGET, DF, P.FORCE, snap, grid, Z.SEQUENTIAL, "Winner target"),
        T(K.AFFINITY, BD, P.FORCE, snap, heatmap, Z.SEQUENTIAL, "Affinity: rank of cos(X, W)"),
        T(K.IMAGE_NEED, B, P.FORCE, snap, bars, Z.SEQUENTIAL, "Image need 1/(c + 1)"),
        T(K.WEIGHTED_AFFINITY, BD, P.FORCE, snap, heatmap, Z.SEQUENTIAL, "Affinity · need"),
        T(K.RESCUE_PULL, BD, P.FORCE, snap, heatmap, Z.SEQUENTIAL, "Rescue pull",
          "Full rows: many features are sent to the same few images."),
        T(K.RESCUE_TARGET, DF, P.FORCE, snap, grid, Z.SEQUENTIAL, "Rescue target"),
        T(K.SOM_TARGETS, DF, P.FORCE, snap, grid, Z.SEQUENTIAL, "SOM targets",
          "Far more alike than the weights: the pull makes features alike."),
        T(K.SOM_DELTA, DF, P.PRE_STEP, snap, grid, Z.DIVERGING, "SOM force: what the pull adds to W"),
        T(K.OPTIMIZER_DELTA, DF, P.POST_STEP, snap, grid, Z.DIVERGING, "Optimizer force: what it adds to W"),
        T(K.ENCODER_WEIGHTS_POST, DF, P.POST_STEP, snap, grid, Z.DIVERGING, "Encoder weights after the step"),
        T(K.GRAD_MAGNITUDE, D, P.BACKWARD, keep, bars, Z.SEQUENTIAL, "Length of the gradient"),
        T(K.SOM_MAGNITUDE, D, P.PRE_STEP, keep, bars, Z.SEQUENTIAL, "Length of the SOM force"),
        T(K.OPTIMIZER_MAGNITUDE, D, P.POST_STEP, keep, bars, Z.SEQUENTIAL, "Length of the optimizer force"),
        T(K.WEIGHT_COSINE, (), P.POST_STEP, keep, scalar, Z.UNIT, "Mean cosine of weights"),
        T(K.SOM_TARGET_COSINE, (), P.POST_STEP, keep, scalar, Z.UNIT, "Mean cosine of SOM targets"),
        T(K.GRADIENT_COSINE, (), P.POST_STEP, keep, scalar, Z.UNIT, "Mean cosine of gradients"),
        T(K.UPDATE_COSINE, (), P.POST_STEP, keep, scalar, Z.UNIT, "Mean cosine of updates"),
        T(K.EFFECTIVE_RANK, (), P.POST_STEP, keep, scalar, Z.SEQUENTIAL, "Effective rank of W"),
        T(K.DEAD_COUNT, (), P.POST_STEP, keep, scalar, Z.SEQUENTIAL, "Dead features"),
        T(K.WEIGHT_COSINE_MATRIX, DD, P.POST_STEP, snap, matrix, Z.UNIT, "Cosines of weights"),
        T(K.SOM_TARGET_COSINE_MATRIX, DD, P.POST_STEP, snap, matrix, Z.UNIT, "Cosines of SOM targets",
          "Far more red than the weights: the pull makes features alike."),
        T(K.GRADIENT_COSINE_MATRIX, DD, P.POST_STEP, snap, matrix, Z.UNIT, "Cosines of gradients",
          "Red: the optimizer makes features alike as well."),
        T(K.UPDATE_COSINE_MATRIX, DD, P.POST_STEP, snap, matrix, Z.UNIT, "Cosines of real updates"),
    )  # fmt: skip


SPECS: Mapping[str, TensorSpec] = by_key(_specs())
