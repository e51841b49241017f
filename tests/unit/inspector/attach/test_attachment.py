"""Promises of `ipo.attach`: a training elsewhere is stepped, seen and left alone, whoever dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ipo.inspector.attach import announcements
from ipo.inspector.attach.connection import Connection, Refused, Unreachable
from ipo.inspector.attach.remote_session import RemoteSession
from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.stopping import Until
from ipo.inspector.summaries.summary import sampled_view
from ipo.jobs import Cancelled
from tests.support.attached_training import Training, until
from tests.unit.inspector.small import Stopping


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def held() -> Iterator[tuple[Training, RemoteSession]]:
    """A training that waits before its first step, and a session that looks into it."""
    training = Training(hold=True)
    training.thread.start()
    until(lambda: bool(announcements.offers()), "no offer")
    offer = announcements.offers()[0]
    session = RemoteSession(offer.url, offer.token)
    yield training, session
    session.teardown()
    training.join()


def test_a_training_is_stepped_seen_and_let_go_and_ends_where_it_would_have(
    held: tuple[Training, RemoteSession],
) -> None:
    training, session = held
    assert session.state().steps == 0
    state = session.step()
    assert (state.steps, training.losses) == (1, [])  # it waits within its first step
    first = training.model[0]
    step = session.get_step(0)
    assert np.allclose(step["0/weight"] + step["0/weight_update"], first.weight.detach(), atol=1e-7)
    assert step["2/output"].shape == (8, 3)
    state = session.step(3)
    assert state.steps == 4
    assert session.specs["2/output"].dims == ("2 output.axis0", "2 output.axis1")
    assert session.history().columns["loss"].shape == (4,)
    assert session.history(2).columns["(optimizer)/learning_rate"] == pytest.approx([0.01, 0.01])
    session.pin(1)
    assert session.state().pinned == (1,)
    session.release()
    training.join()
    until(lambda: not session.there, "nobody said that it left")
    assert "small has left after 8 steps" in session.remark
    bare = Training(watched=False)
    bare.run()
    assert training.losses == bare.losses
    assert all(map(torch.equal, training.weights(), bare.weights()))
    assert np.array_equal(step["2/output"], session.get_step(0)["2/output"])  # travelled before
    with pytest.raises(Evicted, match="Step 6 was not looked at"):
        session.get_step(6)


def test_stepping_ends_where_it_is_to_and_can_be_cancelled(held: tuple[Training, RemoteSession]) -> None:
    _, session = held
    state = session.step(5, Until("loss", 100.0))
    assert state.steps == 1
    assert state.stop is not None
    assert "is below 100" in state.stop.message
    with pytest.raises(Cancelled):
        session.step(3, progress=Stopping(after=0))
    until(lambda: not session.state().running, "it was not held")
    assert session.held


def test_tensors_travel_when_they_are_looked_at_and_then_together(
    held: tuple[Training, RemoteSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session = held
    asked: list[list[str]] = []
    arrays = Connection.arrays

    def counted(self: Connection, path: str, **query: object) -> object:
        if path.endswith("/tensors"):
            asked.append(sorted(query["keys"]))
        return arrays(self, path, **query)

    monkeypatch.setattr(Connection, "arrays", counted)
    session.step()
    assert asked == []
    step = session.get_step(0)
    for key in ("2/output", "2/output", "0/weight"):
        step[key]
    assert asked == [["2/output"], ["0/weight"]]
    session.step()
    session.get_step(1)["0/weight"]
    assert asked[2:] == [["0/weight", "2/output"]]


def test_summaries_travel_and_the_plan_can_be_changed_from_here() -> None:
    training = Training(hold=True, hidden=1000, step_bytes=0)
    training.thread.start()
    until(lambda: bool(announcements.offers()), "no offer")
    offer = announcements.offers()[0]
    session = RemoteSession(offer.url, offer.token)
    weight = training.model[0].weight.detach().clone()
    session.step()
    first = session.get_step(0)
    summary = first.summaries["0/weight"]
    assert "0/weight" not in first and summary.shape == (1000, 6)
    assert np.array_equal(summary.sample, sampled_view(weight).numpy())
    assert summary.norm == pytest.approx(float(weight.norm()))
    assert session.plan.summarized == len(first.summaries) > 0
    with pytest.raises(ValueError, match="cannot have -1 bytes"):
        session.change_plan(step_bytes=-1, followed=[])
    session.change_plan(step_bytes=0, followed=["0/weight"])
    assert session.plan.followed == ("0/weight",)
    session.step()
    second = session.get_step(1)
    assert second["0/weight"].shape == (1000, 6) and "0/output" in second.summaries
    session.teardown()
    training.join()


def test_without_a_look_nothing_but_numbers_is_taken() -> None:
    training = Training(steps=5)
    training.run()
    assert training.attachment is not None
    inspector = training.attachment.inspector
    assert inspector.step == 5
    assert inspector.retained == ()
    assert set(inspector.get_history().columns) == {"loss", "(optimizer)/learning_rate"}
    assert sum(len(part._forward_hooks) for part in training.model.modules()) == 0
    assert announcements.offers() == []


def test_whoever_has_no_token_is_refused_and_other_servers_are_no_trainings() -> None:
    training = Training(hold=True)
    training.thread.start()
    until(lambda: bool(announcements.offers()), "no offer")
    url = announcements.offers()[0].url
    with pytest.raises(Refused, match="bearer token is missing or wrong"):
        RemoteSession(url, "wrong")
    with pytest.raises(Unreachable, match="No training answers at http://127"):
        RemoteSession("http://127.0.0.1:9", "token")
    with pytest.raises(ValueError, match=r"is no address; one like http://127\.0\.0\.1:8765"):
        RemoteSession("gpu-machine", "token")
    assert training.attachment is None  # attach() itself waits
    connection = Connection(url, announcements.offers()[0].token)
    connection.post("/attached/release", {})
    training.join()


SCRIPT = """
import sys
import torch
import ipo
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
ipo.attach(model, optimizer, name="script", hold=True, patience=0.5)
for step in range(int(sys.argv[1])):
    model(torch.ones(3, 4)).square().mean().backward()
    optimizer.step()
print("done", flush=True)
"""


def test_killing_the_training_leaves_the_session_with_what_it_saw(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "1000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: bool(announcements.offers()) or process.poll() is not None, "no offer")
        offer = announcements.offers()[0]
        assert (offer.name, offer.pid) == ("script", process.pid)
        session = RemoteSession(offer.url, offer.token)
        session.step(2)
        seen = session.get_step(1)["(model)/output"].copy()
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: not session.there, "nobody said that it died")
        assert f"No training answers at {offer.url}" in session.remark
        assert np.array_equal(session.get_step(1)["(model)/output"], seen)
        assert session.history().columns["loss"].shape == (2,)
        with pytest.raises(Unreachable):
            session.step()
        assert session.state().steps == 2
        process.wait()
        assert announcements.offers() == []
        session.teardown()
    finally:
        process.kill()
        process.communicate()


def test_killing_who_looks_lets_the_training_go_on() -> None:
    training = Training(hold=True, patience=0.5)
    training.thread.start()
    until(lambda: bool(announcements.offers()), "no offer")
    offer = announcements.offers()[0]
    looks = (
        "import sys, time; from ipo.inspector.attach.connection import Connection;"
        "c = Connection(*sys.argv[1:]); c.post('/attached/step', {'n': 2});"
        "print('held', flush=True); time.sleep(99)"
    )
    page = subprocess.Popen([sys.executable, "-c", looks, offer.url, offer.token], stdout=subprocess.PIPE)
    assert page.stdout is not None
    assert page.stdout.readline() == b"held\n"
    page.kill()
    page.communicate()
    training.join()
    assert len(training.losses) == 8
