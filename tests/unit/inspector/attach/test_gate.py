"""Promises of the gate: a training waits only as long as somebody may let it go."""

import threading
import time

from ipo.inspector.attach.gate import Gate


def passed(gate: Gate) -> threading.Thread:
    thread = threading.Thread(target=gate.wait, daemon=True)
    thread.start()
    return thread


def test_it_is_open_unless_it_is_held() -> None:
    gate = Gate(False, 1.0, print)
    gate.wait()
    gate.hold()
    waiting = passed(gate)
    waiting.join(0.05)
    assert waiting.is_alive()
    assert gate.waiting
    gate.release()
    waiting.join(5)
    assert not waiting.is_alive()


def test_so_many_steps_pass_and_then_it_is_held() -> None:
    gate = Gate(True, 1.0, print)
    gate.allow(2)
    gate.wait()
    gate.step_done()
    assert gate.left == 1
    last = threading.Thread(target=gate.step_done, daemon=True)
    last.start()
    last.join(0.05)
    assert last.is_alive()
    gate.allow(1)
    last.join(5)
    assert not last.is_alive()


def test_it_waits_for_a_first_look_but_not_for_one_that_is_gone() -> None:
    now, said = [0.0], []
    gate = Gate(True, 30.0, said.append, clock=lambda: now[0])
    waiting = passed(gate)
    now[0] = 1000.0
    waiting.join(0.05)
    assert waiting.is_alive()
    gate.heard()
    now[0] = 1029.0
    gate.allow(0)
    waiting.join(0.05)
    assert waiting.is_alive()
    now[0] = 1031.0
    gate.allow(0)  # has it look at once
    waiting.join(5)
    assert not waiting.is_alive()
    assert said == ["Nobody has looked for 30 s: the training goes on by itself."]
    assert not gate.held


def test_who_waits_is_told_of() -> None:
    told: list[bool] = []
    gate = Gate(True, 30.0, print, lambda: told.append(gate.waiting))
    waiting = passed(gate)
    time.sleep(0.05)
    gate.release()
    waiting.join(5)
    assert told[0] is True
    assert told[-1] is False
