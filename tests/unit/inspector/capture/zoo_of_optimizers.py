"""More of the zoo: several optimizers and schedules, scaled losses, halves, quantised and tied parts."""

import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ipo.inspector.training.setup import Setup
from tests.unit.inspector.capture.zoo import KINDS, WIDTH, ZOO, Reason, Rows, animal, classified, vectors

__all__ = ["LEFT_OUT_OF_OPTIMIZERS", "ZOO"]


@animal
def generator_and_critic() -> Setup:
    """Each with an optimizer of its own; the critic steps twice as often."""
    model = nn.ModuleDict({"generator": nn.Linear(WIDTH, WIDTH), "critic": nn.Linear(WIDTH, 1)})
    critic = torch.optim.RMSprop(model["critic"].parameters(), lr=0.01)
    generator = torch.optim.Adam(model["generator"].parameters(), lr=0.01, betas=(0.5, 0.9))

    def step(batch: Any) -> Tensor:
        x = batch[0]
        for _ in range(2):
            critic.zero_grad()
            (model["critic"](model["generator"](x).detach()) - model["critic"](x)).mean().backward()
            critic.step()
            with torch.no_grad():
                for parameter in model["critic"].parameters():
                    parameter.clamp_(-0.1, 0.1)
        generator.zero_grad()
        loss = -model["critic"](model["generator"](x)).mean()
        loss.backward()
        generator.step()
        return loss

    return Setup(model, Rows(vectors), None, generator, step=step, stateful={"critic": critic})


@animal
def scaled_loss() -> Setup:
    """Mixed precision with clipping, under a scale that grows."""
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Linear(5, KINDS))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", growth_interval=2)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = classified(model(batch[0]), batch)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        return loss

    return Setup(model, Rows(vectors), None, optimizer, step=step, stateful={"scaler": scaler})


@animal
def schedules_of_groups() -> Setup:
    """Two groups with rates of their own under two schedulers in a row, one of which looks at the loss."""
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS))
    groups = [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[1].parameters(), "lr": 0.01}]
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True)
    warm_up = torch.optim.lr_scheduler.OneCycleLR(optimizer, [0.1, 0.01], total_steps=50)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = classified(model(batch[0]), batch)
        loss.backward()
        optimizer.step()
        warm_up.step()
        plateau.step(loss.item())
        return loss

    stateful = {"warm_up": warm_up, "plateau": plateau}
    return Setup(model, Rows(vectors), None, optimizer, step=step, stateful=stateful)


@animal
def half_precision() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Linear(5, KINDS)).half()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def forward(module: nn.Module, batch: Any) -> Tensor:
        return module(batch[0].half()).float()

    return Setup(model, Rows(vectors), classified, optimizer, forward=forward)


@animal
def quantised_part() -> Setup:
    """A frozen part whose weights are eight bits, under a head that learns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and used
        body = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(WIDTH, 5)), {nn.Linear})
    model = nn.Sequential(body, nn.Linear(5, KINDS))
    optimizer = torch.optim.Adam(model[1].parameters(), lr=0.01)
    return Setup(model, Rows(vectors), classified, optimizer)


@animal
def factored_moments() -> Setup:
    """Moments of other shapes than the parameter's."""
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS))
    optimizer = torch.optim.Adafactor(model.parameters(), lr=0.01)
    return Setup(model, Rows(vectors), classified, optimizer)


@animal
def statistics_without_parameters() -> Setup:
    """A norm that has buffers alone."""
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.BatchNorm1d(5, affine=False), nn.Linear(5, KINDS))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, amsgrad=True)
    return Setup(model, Rows(vectors), classified, optimizer)


@animal
def tied_three_times() -> Setup:
    """One weight under three names."""

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.third, self.head = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, KINDS)
            self.second.weight = self.third.weight = self.first.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.head(functional.relu(self.third(self.second(self.first(x)))))

    model = Tied()
    return Setup(model, Rows(vectors), classified, torch.optim.Adam(model.parameters(), lr=0.01))


LEFT_OUT_OF_OPTIMIZERS = {
    "quantised_part": (
        Reason("0.0/weight", "quantised"),
        Reason("0.0/output_gradient", "asks for no gradient"),
    ),
}
