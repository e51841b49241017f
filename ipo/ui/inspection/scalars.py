"""Which scalars the timeline shows."""

from collections.abc import Mapping

from ipo.inspector.capture.tensors import Phase, Renderer, StepTensorKey, TensorSpec

FIRST = (StepTensorKey.LOSS, StepTensorKey.WEIGHT_COSINE)
MOST_TERMS = 5  # scalars of a loss, to begin with


def scalar_names(specs: Mapping[str, TensorSpec]) -> dict[str, str]:
    """What each scalar is called."""
    return {key: spec.label for key, spec in specs.items() if spec.renderer == Renderer.SCALAR}


def first_scalars(specs: Mapping[str, TensorSpec]) -> list[str]:
    """What the timeline shows to begin with: loss and cosine of weights, or the loss with its terms."""
    if StepTensorKey.WEIGHT_COSINE in specs:
        return [key for key in FIRST if key in specs]
    return [
        key for key, spec in specs.items() if spec.renderer == Renderer.SCALAR and spec.phase == Phase.LOSS
    ][:MOST_TERMS]
