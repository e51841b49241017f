"""The shape of the house: no module is in a circle of imports, and no folder holds more than an eye takes in.

What may import what, floor by floor, is checked by import-linter (`make check`).
"""

from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
MOST_MODULES = 18


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("ipo", "pages", exclude_type_checking_imports=True, cache_dir=None)
    order = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    circle: list[str] = []
    try:
        order.prepare()
    except CycleError as error:
        circle = error.args[1]
    assert circle == []


def test_no_folder_holds_more_modules_than_an_eye_takes_in() -> None:
    modules = [path for name in ("ipo", "pages") for path in (ROOT / name).rglob("*.py")]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules if path.name != "__init__.py")
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}
