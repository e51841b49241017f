"""Findings of a traced loop: what the page would say, at no cost to the loop."""

from pathlib import Path

import torch
from torch import nn

import ipo
from ipo.inspector.loops.trace import Trace
from ipo.inspector.sharing.npz import read_inspection
from ipo.inspector.summaries.plan import CapturePlan


class Unused(nn.Module):
    """Two layers, of which one is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.used(batch)
        return out


def stepped(trace: Trace, model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(8, 4)).square().mean().backward()
        optimizer.step()


def test_what_no_gradient_reaches_is_found_and_travels_with_the_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Unused()
    optimizer = torch.optim.Adam(model.parameters())
    with ipo.inspect(model, optimizer) as trace:
        stepped(trace, model, optimizer, 30)
    assert [held.finding.says for held in trace.findings] == [
        "No gradient reaches unused/weight, unused/bias."
    ]
    again = trace.findings
    assert again == trace.findings  # no step is looked at twice
    path = tmp_path / "trace.npz"
    trace.save_npz(path)
    assert read_inspection(path).findings == again


def test_a_healthy_loop_has_no_warning() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    with ipo.inspect(model, optimizer) as trace:
        for _ in range(60):
            batch = torch.randn(32, 4)
            optimizer.zero_grad()
            (model(batch) - batch.sum(1, keepdim=True)).square().mean().backward()
            optimizer.step()
    assert {held.finding.rule: held.finding.says for held in trace.findings if held.worst > 1} == {}


def test_asking_within_the_loop_finds_the_same_as_asking_after_it() -> None:
    found = []
    for asks in (True, False):
        torch.manual_seed(0)
        model = Unused()
        optimizer = torch.optim.Adam(model.parameters())
        with ipo.inspect(model, optimizer) as trace:
            for _ in range(5):
                stepped(trace, model, optimizer, 6)
                if asks:
                    _ = trace.findings
        found.append(trace.findings)
    assert found[0] == found[1] != ()


def test_steps_that_left_memory_are_not_looked_at() -> None:
    model = Unused()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    trace = Trace(model, optimizer, None, 4000, None, CapturePlan())
    with trace:
        stepped(trace, model, optimizer, 40)
    assert 0 < len(trace.retained) < 40
    assert all(held.first >= trace.retained[0] for held in trace.findings)


def test_a_trace_without_a_step_has_no_findings() -> None:
    with ipo.inspect(nn.Linear(2, 1)) as trace:
        assert trace.findings == ()
