"""`Keys` is the only place where a session-state, widget or fragment key is spelled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipo.keys import Keys

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "ipo").rglob("*.py"))]
READS = {"get", "pop", "setdefault", "__getitem__", "__setitem__", "__delitem__", "__contains__"}


def spelled_keys(source: str) -> list[str]:
    """The keys that a piece of source spells itself instead of taking them from `Keys`."""
    return [found for node in ast.walk(ast.parse(source)) for found in _in(node)]


def _in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(value=state, slice=key) if _is_state(state):
            yield from _spelled(key)
        case ast.Attribute(value=state, attr=name) if _is_state(state) and name not in dir(dict):
            yield f".{name}"
        case ast.Call(func=ast.Attribute(value=state, attr=name), args=[key, *_]) if name in READS:
            if _is_state(state):
                yield from _spelled(key)
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[state]) if _is_state(state):
            yield from _spelled(key)
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "key":
                yield from _spelled(keyword.value)


def _is_state(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "session_state") or (
        isinstance(node, ast.Name) and node.id == "session_state"
    )


def _spelled(key: ast.expr) -> Iterator[str]:
    """A literal, or text that begins with one; `f"{Keys.X}_{id}"` begins with a key."""
    match key:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.BinOp(left=left):
            yield from _spelled(left)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _spelled(body)
            yield from _spelled(orelse)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_key_is_spelled_outside_keys(path: Path) -> None:
    assert spelled_keys(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        'st.session_state["a"]',
        'st.session_state["a"] = 1',
        'st.session_state.get("a", 1)',
        'st.session_state.pop("a")',
        "st.session_state.a",
        "st.session_state.a = 1",
        'if "a" in st.session_state: pass',
        'if "a" not in session_state: pass',
        'st.button("Go", key="a")',
        'column.selectbox("Go", [1], key=f"a_{number}")',
        'st.button("Go", key="a" + name)',
        '@st.fragment(key="a")\ndef draw(): pass',
    ],
)
def test_every_way_to_spell_a_key_is_noticed(source: str) -> None:
    assert len(spelled_keys(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "st.session_state[Keys.A] = st.session_state.get(Keys.B)",
        'st.button("Go", key=Keys.A)',
        'st.button("Go", key=f"{Keys.A}_{row}")',
        "if Keys.A in st.session_state: st.session_state.pop(Keys.A)",
        'data["a"] = "key"',
    ],
)
def test_keys_taken_from_keys_are_fine(source: str) -> None:
    assert spelled_keys(source) == []


def test_no_two_keys_are_spelled_alike() -> None:
    values = [str(member) for member in Keys.__members__.values()]
    assert len(set(values)) == len(values) == len(Keys)  # an alias is a member of `__members__` alone
    assert all(values)
