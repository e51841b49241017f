"""Promises of a user's code: what it raises is a sentence with its place, and what changed is read again."""

import ast
import gc
import importlib
import math
import sys
import threading
from collections.abc import Callable, Iterator
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo.inspector.errors import UnknownName
from ipo.inspector.recipes import code, registry, user_code
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.options import Option
from ipo.inspector.service import InspectorService
from ipo.inspector.session import InspectSession

Write = Callable[..., Path]

RECIPE = """
import torch
from torch import nn
from ipo.inspector.recipes import Setup

def build(seed: int, width: int = 3) -> Setup:
    model = nn.Sequential(nn.Linear(4, width))
    batches = [torch.ones(5, 4)] * 3
    return Setup(model, batches, lambda output, batch: output.square().mean(),
                 torch.optim.SGD(model.parameters(), lr=RATE))

RATE = 0.25
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes modules of a user, which are importable and forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, source: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return path

    yield write
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(name: str) -> str:
    with pytest.raises(RecipeError) as refused:
        registry.find(name)
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero (PATH, line 1)."),
        ("def build(:", "raised SyntaxError: invalid syntax (PATH, line 1)."),
        ("\n  x = 1", "raised IndentationError: unexpected indent (PATH, line 2)."),
        ("import no_such", "raised ModuleNotFoundError: No module named 'no_such' (PATH, line 1)."),
        ("from torch import no_such", "raised ImportError: cannot import name 'no_such' from 'torch'"),
        ("\nimport torch\ntorch.rand(-1)", "raised RuntimeError: Trying to create tensor"),
        ("raise SystemExit('bye')", "raised SystemExit: bye (PATH, line 1)."),
        ("import sys\nsys.exit(3)", "raised SystemExit: 3 (PATH, line 2)."),
        ("raise ValueError('one\\ntwo')", "raised ValueError: one two (PATH, line 1)."),
        ("raise ValueError('x' * 10**6)", "raised ValueError: xxx"),
        ("class E(Exception):\n  def __str__(self): return 1 / 0\nraise E", "raised"),
        ("class E(BaseException): pass\nraise AttributeError('build')", "raised AttributeError: build (PATH"),
        ("def f(): f()\nf()", "raised RecursionError: maximum recursion depth exceeded (PATH, line 1)."),
        (b"x = '\xff'", "raised SyntaxError:"),
        (b"x = 1\0", "raised"),
        ("x = 1", "module a_users_module has no 'build'."),
        ("build = 3", "is not a function but int."),
        ("def __getattr__(name): return 1 / 0", "raised ZeroDivisionError: division by zero (PATH, line 1)."),
        ("def build(): pass\nbuild.conditions = ()", "a tuple of names would be right."),
        ("def build(): pass\nbuild.conditions = 'slow'", "a tuple of names would be right."),
        ("def build(): pass\nbuild.conditions = (1, 2)", "a tuple of names would be right."),
        ("build = dict", "does not say what it takes"),
    ],
)  # fmt: skip
def test_what_code_raises_when_it_is_looked_up_is_one_sentence_with_its_place(
    write: Write, source: str, said: str
) -> None:
    path = write("a_users_module.py", source)
    right = said.replace("PATH", str(path))
    found = refusal("a_users_module:build")
    assert right in found and len(found) < 600
    write("a_users_module.py", RECIPE)
    assert registry.find("a_users_module:build").name == "a_users_module:build"  # once it is mended


def test_what_another_module_raises_is_blamed_on_the_line_there(write: Write) -> None:
    write("a_users_module.py", "import a_users_helper")
    helper = write("a_users_helper.py", "\n\n\n[][1]")
    assert f"IndexError: list index out of range ({helper}, line 4)." in refusal("a_users_module:build")


def test_a_keyboard_interrupt_of_the_code_is_a_sentence_and_that_of_a_person_is_not(write: Write) -> None:
    write("a_users_module.py", "raise KeyboardInterrupt")
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(refusal("a_users_module:build")))
    thread.start()
    thread.join()
    assert "raised KeyboardInterrupt" in said[0]
    with pytest.raises(KeyboardInterrupt):  # here Ctrl-C arrives
        registry.find("a_users_module:build")


@pytest.mark.parametrize(
    "name", [":", "..:f", ":f", "a:", "a b:c", "a:b:c", "a..b:c", "../x:f", "a/b:c", "a\0:b", "a:b-c", "👍:x"]
)
def test_what_is_no_name_of_a_function_says_what_would_be_right(name: str) -> None:
    assert refusal(name) == f"{name!r} names no function; package.module:function would be right."


def test_a_module_that_prints_is_a_module(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("a_users_module.py", "print('here I am')\n" + RECIPE)
    assert registry.find("a_users_module:build").options[0].name == "width"
    assert capsys.readouterr().out == "here I am\n"


def test_what_a_function_raises_when_it_builds_is_a_sentence_with_its_place(write: Write) -> None:
    path = write("a_users_module.py", "def build(width=0):\n    return 1 / width")
    with pytest.raises(RecipeError) as refused:
        InspectSession(registry.find("a_users_module:build"))
    wanted = f"a_users_module:build raised ZeroDivisionError: division by zero ({path}, line 2)."
    assert str(refused.value) == wanted


def test_data_that_are_missing_are_not_blamed_on_the_code(write: Write) -> None:
    from ipo.datasets.errors import DatasetMissing

    write(
        "a_users_module.py",
        "from ipo.datasets.errors import DatasetMissing\ndef build(): raise DatasetMissing('fetch it')",
    )
    with pytest.raises(DatasetMissing, match="fetch it"):
        InspectSession(registry.find("a_users_module:build"))


class Size(IntEnum):
    SMALL = 1


class Kind(Enum):
    ROUND = "round"


HALF, SEVEN, TABLE = np.float32(0.5), np.int64(7), np.zeros(2)


def test_a_form_asks_for_what_its_boxes_can_hold_and_names_the_rest() -> None:
    def build(
        seed: int, lr: float = 0.1, big: int = 10**20, most: int = 2**53 - 1, low: float = -math.inf,
        nothing: float = math.nan, size: Size = Size.SMALL, kind: Kind = Kind.ROUND, none: object = None,
        rate: Any = HALF, count: Any = SEVEN, on: Any = np.True_, text: str = "x",
        table: Any = TABLE, tiny: float = 5e-324, **more: Any
    ) -> None: ...  # fmt: skip

    made = user_code._recipe_of("here:build", build)
    assert [(option.name, option.default, option.choices) for option in made.options] == [
        ("lr", 0.1, ()),
        ("most", 2**53 - 1, ()),
        ("rate", 0.5, ()),
        ("count", 7, ()),
        ("on", True, (False, True)),
        ("tiny", 5e-324, ()),
    ]
    assert {type(option.default) for option in made.options} == {int, float, bool}
    assert made.fixed == ("big", "low", "nothing", "size", "kind", "none", "text", "table", "more")


def test_a_recipe_object_of_a_user_goes_by_the_name_it_was_asked_for(write: Write) -> None:
    write(
        "a_users_module.py",
        RECIPE + "from ipo.inspector.recipes import Option, Recipe\n"
        "OPTIONS = Option('width', 3, 'Width'), Option('big', 10**20, ''), Option('mode', 'x', '', ('y',))\n"
        "MINE = Recipe('mine', lambda condition, seed, **more: build(seed, **more), ('a', 'b'),\n"
        "              options=OPTIONS)\n",
    )
    made = registry.find("a_users_module:MINE")
    assert (made.name, made.default) == ("a_users_module:MINE", "a")
    assert made.options == (Option("width", 3, "Width"),)
    assert made.fixed == ("big", "mode")
    session = InspectSession(made, "b", overrides={"width": 2})
    assert session.step().steps == 1
    with pytest.raises(UnknownName, match="seed is not an override of a_users_module:MINE"):
        InspectSession(made, "b", overrides={"seed": 2})


def test_code_that_changed_is_read_again_with_what_imports_it(write: Write) -> None:
    write("a_users_package/__init__.py", "")
    write("a_users_package/base.py", "RATE = 1")
    write("a_users_package/middle.py", "from . import base\nRATE = base.RATE")
    write(
        "a_users_package/top.py", "from a_users_package.middle import RATE\ndef build(rate: int = RATE): ..."
    )
    write("a_users_package/beside.py", "import random\nMARK = random.random()")
    write(
        "a_users_recipe.py", "from a_users_package import beside, top\nbuild, MARK = top.build, beside.MARK"
    )
    place = "a_users_recipe:build"
    assert registry.find(place).options[0].default == 1
    first = sys.modules["a_users_package.beside"]
    write("a_users_package/base.py", "RATE = 2")  # as long as before, in the same second
    assert registry.find(place).options[0].default == 2
    assert sys.modules["a_users_package"].base.RATE == 2
    assert sys.modules["a_users_package.beside"] is first  # which neither changed nor imports what did
    same = sys.modules["a_users_recipe"]
    registry.find(place)
    assert sys.modules["a_users_recipe"] is same


def test_a_change_that_only_an_import_within_a_function_reaches_is_read_again(write: Write) -> None:
    write("a_users_helper.py", "RATE = 1")
    write(
        "a_users_module.py",
        "import importlib\ndef build(): ...\n"
        "def rate(): return importlib.import_module('a_users_helper').RATE",
    )
    registry.find("a_users_module:build")
    assert sys.modules["a_users_module"].rate() == 1
    write("a_users_helper.py", "RATE = 2")
    registry.find("a_users_module:build")
    assert sys.modules["a_users_module"].rate() == 2


def test_a_file_that_is_half_edited_leaves_what_was_loaded_and_the_session(
    write: Write, desk: InspectorService
) -> None:
    write("a_users_helper.py", "RATE = 1")
    path = write("a_users_module.py", "import a_users_helper\n" + RECIPE)
    session = desk.replace("a_users_module:build")
    session.step()
    loaded = sys.modules["a_users_module"], sys.modules["a_users_helper"]
    write("a_users_helper.py", "RATE = 2")
    write("a_users_module.py", "import a_users_helper\n" + RECIPE + "def half(:")
    with pytest.raises(RecipeError, match=f"SyntaxError: invalid syntax .{path}, line"):
        desk.replace("a_users_module:build")
    assert desk.main is session and session.step().steps == 2
    assert (sys.modules["a_users_module"], sys.modules["a_users_helper"]) == loaded
    path.unlink()
    assert "cannot be imported: No module named 'a_users_module'" in refusal("a_users_module:build")
    write("a_users_module.py", RECIPE.replace("0.25", "0.5"))
    registry.find("a_users_module:build")
    assert sys.modules["a_users_module"].RATE == 0.5


def test_setting_up_afresh_runs_the_code_of_now(write: Write, desk: InspectorService) -> None:
    for width in (3, 7):
        write("a_users_module.py", RECIPE.replace("Linear(4, width)", f"Linear(4, {width})"))
        session = desk.replace("a_users_module:build")
        session.step()
        assert session.get_step(0)["0/weight"].shape == (width, 4)


def test_a_compiled_module_that_changed_asks_for_a_new_process(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.machinery import EXTENSION_SUFFIXES

    path = write("a_users_module.py", "def build(): ...")
    registry.find("a_users_module:build")
    compiled = path.with_suffix(EXTENSION_SUFFIXES[0])
    compiled.write_bytes(b"another")
    monkeypatch.setattr(sys.modules["a_users_module"], "__file__", str(compiled))
    said = refusal("a_users_module:build")
    assert "a_users_module, which is compiled and changed on disk" in said and "restart it" in said


def test_what_is_not_the_users_is_never_read_again(tmp_path: Path) -> None:
    ours = [
        registry.__file__,
        np.__file__,
        vars(math).get("__file__", ""),
        threading.__file__,
        pytest.__file__,
    ]
    assert not any(code._is_users(file) for file in ours)
    assert code._is_users(str(tmp_path / "mine.py"))
    assert not {"ipo.inspector.recipes.registry", "numpy", "torch", "pytest"} & code._users_modules().keys()


def test_changed_code_is_read_while_another_thread_parses(write: Write) -> None:
    write("parsed_one.py", RECIPE)
    write("parsed_two.py", "import parsed_one\n" + "".join(f"a{n} = [{n}, [{n}]]\n" for n in range(3000)))
    for name in ("parsed_one", "parsed_two"):
        importlib.import_module(name)
    write("parsed_one.py", RECIPE.replace("0.25", "0.5"))
    parsing = False

    def parse_elsewhere(phase: str, _: object) -> None:
        nonlocal parsing
        if phase == "start" and not parsing:
            parsing = True
            thread = threading.Thread(target=ast.parse, args=("a = 1",))
            thread.start()
            thread.join()
            parsing = False

    gc.callbacks.append(parse_elsewhere)  # a collection is where Python changes threads within a parser
    try:
        registry.find("parsed_one:build")
    finally:
        gc.callbacks.remove(parse_elsewhere)
    assert sys.modules["parsed_one"].RATE == 0.5
