"""Which tensors stand in which section: the nine of the algorithm trace, one of each phase elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from ipo.inspector.capture.tensors import Phase, Renderer, StepTensorKey, TensorSpec
from ipo.keys import Keys

K = StepTensorKey
FIRST_FIGURES = 6  # of a phase, to begin with


@dataclass(frozen=True)
class Section:
    """One section: its tensors in rows, and one sentence that says what to look for."""

    key: Keys
    title: str
    says: str
    rows: tuple[tuple[StepTensorKey, ...], ...]


SECTIONS = (
    Section(
        Keys.INSPECT_SECTION_STRENGTH,
        "Strength",
        "Which features answer to which images? Equal columns: the features are clones from the start.",
        ((K.STRENGTH,),),
    ),
    Section(
        Keys.INSPECT_SECTION_NEIGHBORS,
        "Neighbourhoods",
        "The same few features in every row: everyone competes with the same neighbours.",
        ((K.NEIGHBORS, K.ENCODER_WEIGHTS),),
    ),
    Section(
        Keys.INSPECT_SECTION_RANK,
        "Rank score",
        "Does the competition sharpen the strengths, or flatten them to 0.5? Then nobody wins or loses.",
        ((K.RANK_SCORE, K.IN_NEIGHBORHOOD),),
    ),
    Section(
        Keys.INSPECT_SECTION_COVERAGE,
        "Image coverage",
        "Equal bars: every image is claimed as often as the next, and none is underserved.",
        ((K.IMAGE_COVERAGE,),),
    ),
    Section(
        Keys.INSPECT_SECTION_NOVELTY,
        "Feature novelty and win rate",
        "Equal novelty cannot tell features apart, whoever wins.",
        ((K.FEATURE_NOVELTY, K.WIN_RATE),),
    ),
    Section(
        Keys.INSPECT_SECTION_LOCAL,
        "Local coverage and local novelty",
        "Where a feature's neighbours have won already, little is left for it.",
        ((K.LOCAL_COVERAGE, K.LOCAL_NOVELTY),),
    ),
    Section(
        Keys.INSPECT_SECTION_TARGETS,
        "Targets of the pull",
        "The smoking gun: the same picture in every tile means that all features are pulled to one place.",
        ((K.LOCAL_TARGET, K.GLOBAL_TARGET, K.WINNER_TARGET, K.RESCUE_TARGET, K.SOM_TARGETS),),
    ),
    Section(
        Keys.INSPECT_SECTION_WEIGHTS,
        "Who gets which force",
        "Dead features have an attraction weight near 1: only the pull moves them.",
        (
            (K.GRADIENT_WEIGHT, K.CONTENDER_WEIGHT, K.ATTRACTION_WEIGHT),
            (K.IMAGE_NEED, K.RESCUE_PULL),
        ),
    ),
    Section(
        Keys.INSPECT_SECTION_FORCES,
        "Final forces",
        "What moves the weights in the end: the masked gradient through the optimizer, or the pull?",
        (
            (K.GRAD_MASK, K.SOM_TARGETS),
            (K.GRAD_MAGNITUDE, K.SOM_MAGNITUDE, K.OPTIMIZER_MAGNITUDE),
        ),
    ),
)
TRACED = frozenset(key for section in SECTIONS for row in section.rows for key in row)


def is_traced(specs: Mapping[str, TensorSpec]) -> bool:
    """Whether the nine sections are about this recipe."""
    return not TRACED.isdisjoint(specs)


def drawable(specs: Mapping[str, TensorSpec]) -> list[str]:
    """Tensors that have a figure, in order of computation."""
    return [key for key, spec in specs.items() if spec.renderer != Renderer.SCALAR]


def by_phase(specs: Mapping[str, TensorSpec]) -> dict[Phase, list[str]]:
    """Tensors that have a figure, for each phase that has any."""
    found: dict[Phase, list[str]] = {phase: [] for phase in Phase}
    for key in drawable(specs):
        found[specs[key].phase].append(key)
    return {phase: keys for phase, keys in found.items() if keys}


def first_of(keys: list[str]) -> list[str]:
    """What is drawn of a phase to begin with."""
    return [key for key in keys if "/bias" not in key][:FIRST_FIGURES]


def phase_title(phase: Phase) -> str:
    return phase.replace("_", " ").capitalize()
