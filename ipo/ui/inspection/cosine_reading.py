"""What the mean cosines of weights, targets and gradients say, in one sentence."""

from ipo.inspector.capture.tensors import StepTensorKey

K = StepTensorKey
MATRICES = {
    K.WEIGHT_COSINE_MATRIX: (K.WEIGHT_COSINE, "weights"),
    K.SOM_TARGET_COSINE_MATRIX: (K.SOM_TARGET_COSINE, "SOM targets"),
    K.GRADIENT_COSINE_MATRIX: (K.GRADIENT_COSINE, "gradients"),
    K.UPDATE_COSINE_MATRIX: (K.UPDATE_COSINE, "updates"),
}
FAR = 0.1  # a difference of means that is worth a sentence


def reading(means: dict[str, float]) -> str:
    """What the means say, in one sentence."""
    weights, targets, gradients = (means.get(name) for name in ("weights", "SOM targets", "gradients"))
    if weights is None:
        return "Mean cosines off the diagonal."
    if targets is not None and targets > weights + FAR:
        if gradients is not None and gradients > weights + FAR:
            return (
                "SOM targets and gradients are far more alike than weights: both forces make features alike."
            )
        return "SOM targets are far more alike than weights: the pull makes features alike."
    if gradients is not None and gradients > weights + FAR:
        return "Gradients are far more alike than weights: the optimizer makes features alike."
    if weights > 1 - FAR:
        return "Weights are nearly the same already: the features have converged."
    return "No force is far more alike than the weights: nothing here draws the features together."
