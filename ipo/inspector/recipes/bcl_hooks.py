"""BCL on a model: `BCL` acts on the training, `Watch` only looks. Both attach by hooks."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ipo.inspector.capture import metrics as derived
from ipo.inspector.capture.snapshots import Derivation, Snapshot
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import SPECS, TensorSpec, by_key
from ipo.inspector.capture.tensors import StepTensorKey as K
from ipo.inspector.recipes import bcl
from ipo.inspector.recipes.bcl import Algorithm, BCLConfig, Competition, ForceTrace
from ipo.inspector.training.setup import Handle, Observation
from ipo.inspector.training.trainer import Step

_ONLY = {
    Algorithm.BCL: {
        K.GRADIENT_WEIGHT,
        K.CONTENDER_WEIGHT,
        K.ATTRACTION_WEIGHT,
        K.LOCAL_TARGET,
        K.GLOBAL_TARGET,
    },
    Algorithm.RESCUE: {
        K.WINNER_TARGET,
        K.AFFINITY,
        K.IMAGE_NEED,
        K.WEIGHTED_AFFINITY,
        K.RESCUE_PULL,
        K.RESCUE_TARGET,
    },
}
_FORCES = {K.SOM_TARGETS, K.SOM_DELTA, K.SOM_MAGNITUDE, K.SOM_TARGET_COSINE, K.SOM_TARGET_COSINE_MATRIX}


class BCL:
    """Lets the two forces of BCL act on a linear layer.

    The gradient at its output is multiplied by grad_mask (`mask`); after backward, som_delta is added to its
    weights (`pull`), and then the optimizer steps. Only forward calls in training mode count.
    """

    def __init__(
        self,
        layer: nn.Linear,
        optimizer: Optimizer,
        config: BCLConfig,
        *,
        mask: bool = True,
        pull: bool = True,
    ) -> None:
        self.layer = layer
        self.config = config
        self.mask = mask
        self.pull = pull
        self.calls = 0
        self.neighbours: Tensor | None = None
        self.trace: ForceTrace | None = None
        self.output_gradient: Tensor | None = None  # before the mask
        self.handles: tuple[Handle, ...] = ()
        if mask or pull:
            self.handles = (
                layer.register_forward_hook(self._forward),
                optimizer.register_step_pre_hook(self._before_step),
            )

    def neighbourhoods(self) -> Tensor:
        """N of the running call, made anew every `recompute_every` calls."""
        if self.neighbours is None or self.calls % self.config.recompute_every == 0:
            self.neighbours = bcl.neighbours(self.layer.weight.detach(), self.config.k)
        self.calls += 1
        return self.neighbours

    def state_dict(self) -> dict[str, Any]:
        return {"calls": self.calls, "neighbours": self.neighbours}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        self.calls, self.neighbours = int(state["calls"]), state["neighbours"]

    def _forward(self, layer: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        if not (layer.training and output.requires_grad):
            return
        W, b = self.layer.weight.detach(), self.layer.bias.detach()
        with torch.no_grad():
            N = self.neighbourhoods()
            self.trace = bcl.forces(W, b, args[0].detach(), N, self.config, output.detach())
        output.register_hook(self._masked)  # type: ignore[no-untyped-call]

    def _masked(self, gradient: Tensor) -> Tensor | None:
        self.output_gradient = gradient
        return gradient * self.trace.grad_mask if self.mask and self.trace is not None else None

    def _before_step(self, *_: Any) -> None:
        if self.pull and self.trace is not None:
            with torch.no_grad():
                self.layer.weight += self.trace.som_delta


class Watch:
    """Captures every tensor of a step that BCL, or nothing but the loss, acts on."""

    def __init__(self, acting: BCL, inspector: StepInspector) -> None:
        self.layer = acting.layer
        self.acting = acting
        self._inspector = inspector
        self._won: Competition | None = None
        self._gradient: Tensor | None = None
        self._pulled: Tensor | None = None  # the weights after the pull, before the optimizer
        self._after: tuple[int, Tensor] | None = None  # the weights after the last step, and their version

    def hooks(self, optimizer: Optimizer) -> tuple[Handle, ...]:
        return (
            self.layer.register_forward_pre_hook(self._before_forward),
            self.layer.register_forward_hook(self._forward),
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        )

    def metrics(self, step: Step) -> None:
        """After backward: the batch, who won what, and the forces."""
        take = self._inspector.capture
        take(K.BATCH_IMAGES, step.batch.pixels, owned=True)
        take(K.BATCH_LABELS, step.batch.labels, owned=True)
        take(K.RECONSTRUCTION, step.output, owned=True)
        trace = self.acting.trace if self.acting.handles else self._won
        raw = self.acting.output_gradient if self.acting.handles else self._gradient
        for key, tensor in vars(trace).items():
            if tensor is not None and key in self._inspector.specs:
                take(key, tensor, owned=True)
        if raw is not None:
            take(K.OUTPUT_GRADIENT, raw, owned=True)
        if self.layer.weight.grad is not None:  # zero_grad makes a new one for every step
            take(K.GRAD_MASKED, self.layer.weight.grad, owned=True)

    def _before_forward(self, layer: nn.Module, args: tuple[Tensor, ...]) -> None:
        if not layer.training:
            return
        weight = self.layer.weight
        known = self._after is not None and self._after[0] == weight._version
        before = self._after[1] if known and self._after is not None else weight.detach().clone()
        self._inspector.capture(K.ENCODER_WEIGHTS, before, owned=True)

    def _forward(self, layer: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        """Where no force acts, who would win is computed here."""
        if self.acting.handles or not (layer.training and output.requires_grad):
            return
        W, b = self.layer.weight.detach(), self.layer.bias.detach()
        with torch.no_grad():
            N, T = self.acting.neighbourhoods(), self.acting.config.temperature
            self._won = bcl.compete(W, b, args[0].detach(), N, T, output.detach())
        output.register_hook(self._keep_gradient)  # type: ignore[no-untyped-call]

    def _keep_gradient(self, gradient: Tensor) -> None:
        self._gradient = gradient

    def _before_step(self, *_: Any) -> None:
        self._pulled = self.layer.weight.detach().clone()

    def _after_step(self, *_: Any) -> None:
        weight = self.layer.weight
        after = weight.detach().clone()
        self._after = (weight._version, after)
        self._inspector.capture(K.ENCODER_WEIGHTS_POST, after, owned=True)
        if self._pulled is not None:
            # new memory would cost more than the difference
            delta = torch.sub(after, self._pulled, out=self._pulled)
            self._inspector.capture(K.OPTIMIZER_DELTA, delta, owned=True)
            self._pulled = None


def watch(optimizer: Optimizer, acting: BCL, inspector: StepInspector) -> Observation:
    """Let an inspector watch a training on which BCL acts."""
    watching = Watch(acting, inspector)
    return Observation(watching.metrics, watching.hooks(optimizer))


def specs(config: BCLConfig, *, mask: bool, pull: bool) -> Mapping[str, TensorSpec]:
    """The tensors that a condition has."""
    lacking = set().union(*(keys for algorithm, keys in _ONLY.items() if algorithm != config.algorithm))
    if not mask:
        lacking |= {K.GRAD_MASK}
    if not pull:
        lacking |= _FORCES | _ONLY[config.algorithm]
    return by_key(spec for spec in SPECS.values() if spec.key not in lacking)


def derivations(config: BCLConfig) -> tuple[Derivation, ...]:
    """What follows from the captured tensors."""

    def raw(gradient: Tensor, images: Tensor) -> Tensor:
        return gradient.t() @ images

    def pull(targets: Tensor, W: Tensor, novelty: Tensor) -> Tensor:
        return bcl.som_delta(targets, W, novelty, config)

    W, after, targets, gradient = K.ENCODER_WEIGHTS, K.ENCODER_WEIGHTS_POST, K.SOM_TARGETS, K.GRAD_MASKED
    return (
        Derivation(K.GRAD_RAW, (K.OUTPUT_GRADIENT, K.BATCH_IMAGES), raw),
        Derivation(K.SOM_DELTA, (targets, W, K.FEATURE_NOVELTY), pull),
        Derivation(K.GRAD_MAGNITUDE, (gradient,), derived.magnitude),
        Derivation(K.SOM_MAGNITUDE, (K.SOM_DELTA,), derived.magnitude),
        Derivation(K.OPTIMIZER_MAGNITUDE, (K.OPTIMIZER_DELTA,), derived.magnitude),
        Derivation(K.WEIGHT_COSINE, (W,), derived.mean_off_diagonal),
        Derivation(K.SOM_TARGET_COSINE, (targets,), derived.mean_off_diagonal),
        Derivation(K.GRADIENT_COSINE, (gradient,), derived.mean_off_diagonal),
        Derivation(K.UPDATE_COSINE, (after, W), lambda after, W: derived.mean_off_diagonal(after - W)),
        Derivation(K.EFFECTIVE_RANK, (W,), derived.effective_rank),
        Derivation(K.DEAD_COUNT, (K.WIN_RATE,), derived.dead_count),
        Derivation(K.WEIGHT_COSINE_MATRIX, (W,), derived.cosine_matrix),
        Derivation(K.SOM_TARGET_COSINE_MATRIX, (targets,), derived.cosine_matrix),
        Derivation(K.GRADIENT_COSINE_MATRIX, (gradient,), derived.cosine_matrix),
        Derivation(K.UPDATE_COSINE_MATRIX, (after, W), lambda after, W: derived.cosine_matrix(after - W)),
    )


class Unaccounted(AssertionError):
    """An identity of one step does not hold: something moves the weights that has no name."""


def check(step: Snapshot, *, mask: bool, tolerance: float = 1e-6) -> None:
    """Asserts the identities of one step, relative to values above 1. Raises `Unaccounted`."""

    def equal(what: str, left: Tensor, right: Tensor) -> None:
        far, most = float((left - right).abs().max()), tolerance * max(1, float(right.abs().max()))
        if not far <= most:
            raise Unaccounted(
                f"Step {step.step}: {what} is off by {far:.2g}; at most {most:.2g} would be right."
            )

    get = step.tensor
    W, R, raw = get(K.ENCODER_WEIGHTS), get(K.RANK_SCORE), get(K.OUTPUT_GRADIENT)
    pulled = W + get(K.SOM_DELTA) if K.SOM_DELTA in step else W
    equal("weights + forces = weights after", pulled + get(K.OPTIMIZER_DELTA), get(K.ENCODER_WEIGHTS_POST))
    equal("mean rank_score = win_rate", R.mean(0), get(K.WIN_RATE))
    if K.GRADIENT_WEIGHT in step:
        weights = get(K.GRADIENT_WEIGHT) + get(K.CONTENDER_WEIGHT) + get(K.ATTRACTION_WEIGHT)
        equal("sum of the three weights = 1", weights, torch.ones_like(weights))
    passed = raw * get(K.GRAD_MASK) if mask else raw
    equal(
        "masked output gradient · images = grad_masked",
        passed.t() @ get(K.BATCH_IMAGES),
        get(K.GRAD_MASKED),
    )
