"""The code of a user's recipe: imported by name, read again when its files change, known by their hashes.

Code runs here that is not ours. Whatever it raises becomes a `RecipeError`, one sentence with the last line
of the traceback and its place.
"""

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import logging
import operator
import os
import re
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from modulefinder import ModuleFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import ipo

logger = logging.getLogger(__name__)

_PLACE = re.compile(r"[\w-]+(\.[\w-]+)*:\w+(\.\w+)*")
_APP = Path(ipo.__file__).resolve().parent.parent
_NOT_USERS = (
    *(os.path.realpath(sysconfig.get_path(kind)) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(str(_APP / name) for name in ("ipo", "pages", "app.py", "background.py", "value_model.py")),
)
_PACKAGES = ("site-packages", "dist-packages")  # whatever lies in a folder of these names was installed
_MOST_WORDS = 300  # characters of what an exception says

_STARTED = time.time()
_lock = threading.RLock()
_read: dict[str, tuple[ModuleType, str]] = {}  # module by name, and the sha256 of the file that it came from


class RecipeError(ValueError):
    """The code of a recipe cannot be imported, or raised something. The message says what and where."""

    def __init__(self, message: str, files: Iterable[str] = ()) -> None:
        super().__init__(message)
        self._hashes = {file: _hash(file) for file in files}  # of the code that raised

    @property
    def outdated(self) -> bool:
        """Whether looking again may give another answer: code that raised has changed, or none was run."""
        return not self._hashes or any(_hash(file) != known for file, known in self._hashes.items())


def load(place: str) -> Any:
    """What is at `package.module:name`.

    The modules of the user that changed on disk, and those that import them, are read again. If that fails,
    the modules that were loaded before stay. Raises `RecipeError`.
    """
    if not _PLACE.fullmatch(place):
        raise RecipeError(f"{place!r} names no function; package.module:function would be right.")
    module_name, _, name = place.partition(":")
    with _lock:
        module = _import_current(place, module_name)
    with blaming(place):
        try:
            return operator.attrgetter(name)(module)
        except AttributeError:
            raise RecipeError(f"{place}: module {module_name} has no {name!r}.") from None


def source_hashes(module_name: str) -> dict[str, str]:
    """The sha256 of the files that a module of the user and those that it imports came from, by module."""
    with _lock:
        users = _users_modules()
        _remember(users)
        found, new = set[str](), {module_name} & users.keys()
        while new:
            found |= new
            new = {name for at in new for name in _imports(at, users[at])} & users.keys() - found
        return {name: _read[name][1] for name in sorted(found)}


@contextlib.contextmanager
def blaming(place: str, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Within, what the user's code raises becomes a `RecipeError`, unless it is of a kind that passes."""
    try:
        yield
    except RecipeError:
        raise
    except passing:
        raise
    except KeyboardInterrupt as error:
        if threading.current_thread() is threading.main_thread():
            raise  # somebody pressed Ctrl-C
        raise _blame(place, error) from error
    except (Exception, SystemExit) as error:
        raise _blame(place, error) from error


def _blame(place: str, error: BaseException) -> RecipeError:
    logger.debug("%s raised", place, exc_info=error)
    summary = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in summary.stack if _is_users(frame.filename)]
    files = {frame.filename for frame in frames}
    if isinstance(error, SyntaxError):
        line, where = f"{type(error).__name__}: {error.msg}", _where(error.filename, error.lineno)
        files |= {error.filename} if error.filename else set()
    else:
        line = " ".join(next(summary.format_exception_only()).split())
        where = _where(frames[-1].filename, frames[-1].lineno) if frames else ""
    return RecipeError(f"{place} raised {line[:_MOST_WORDS]}{where}.", files)


def _where(file: str | None, line: int | None) -> str:
    return "" if file is None else f" ({file}, line {line})"


def _import_current(place: str, module_name: str) -> ModuleType:
    users = _users_modules()
    changed = {name for name, module in users.items() if _has_changed(name, module)}
    if changed:
        changed |= {module_name} & users.keys()  # which may import them in a way that no source shows
    put_back = _take_out(place, _with_importers(changed, users), users)
    try:
        with blaming(place):
            importlib.invalidate_caches()
            module = _import(place, module_name)
    except BaseException:
        put_back()
        raise
    _remember(_users_modules())
    return module


def _import(place: str, module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            raise RecipeError(
                f"{place} cannot be imported: {error}. package.module:function would be right."
            ) from error
        raise  # something that the module itself imports


def _take_out(place: str, names: Collection[str], users: Mapping[str, ModuleType]) -> Callable[[], None]:
    """Have modules forgotten, so that the next import reads their files; returns what brings them back."""
    for name in names:
        if _file(users[name]).endswith(tuple(EXTENSION_SUFFIXES)):
            raise RecipeError(
                f"{place} needs {name}, which is compiled and changed on disk, or imports what did. "
                "A running process cannot read it again: restart it."
            )
    attributes: list[tuple[ModuleType, str, Any]] = []
    for name in names:
        parent_name, _, child = name.rpartition(".")
        parent = sys.modules.get(parent_name)
        if parent is not None and child in vars(parent):
            attributes.append((parent, child, vars(parent)[child]))
            delattr(parent, child)
        # Python takes compiled code for current if size and second are the same.
        with contextlib.suppress(OSError, NotImplementedError):
            Path(importlib.util.cache_from_source(_file(users[name]))).unlink(missing_ok=True)
    for name in names:
        del sys.modules[name]

    def put_back() -> None:
        sys.modules.update({name: users[name] for name in names})
        for parent, child, value in attributes:
            setattr(parent, child, value)

    return put_back


def _users_modules() -> dict[str, ModuleType]:
    """Loaded modules that come from files of the user: not from Python, installed packages, or this app."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name != "__main__" and isinstance(module, ModuleType) and _is_users(_file(module))
    }


def _file(module: ModuleType) -> str:
    file = vars(module).get("__file__")
    return file if isinstance(file, str) else ""


@functools.cache
def _is_users(file: str) -> bool:
    if not file or file.startswith("<"):
        return False
    path = os.path.realpath(file)
    installed = any(part in _PACKAGES for part in Path(path).parts)
    return not installed and not any(path == f or path.startswith(f + os.sep) for f in _NOT_USERS)


def _has_changed(name: str, module: ModuleType) -> bool:
    """Whether a file is another than when its module was loaded."""
    known, digest = _read.get(name, (None, ""))
    if known is module:
        return _digest(module) != digest
    try:  # Somebody else loaded it, nobody knows when: what was written meanwhile is read again.
        return Path(_file(module)).stat().st_mtime > _STARTED
    except OSError:
        return True


def _remember(users: Mapping[str, ModuleType]) -> None:
    for name, module in users.items():
        if _read.get(name, (None, ""))[0] is not module:
            _read[name] = module, _digest(module)


def _digest(module: ModuleType) -> str:
    return _hash(_file(module))


def _hash(file: str) -> str:
    """The sha256 of a file; empty if it is gone."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


def _with_importers(changed: Collection[str], users: Mapping[str, ModuleType]) -> set[str]:
    """Modules that changed, and those that import them, directly or not."""
    stale = set(changed)
    if not stale:
        return stale
    imports = {name: _imports(name, module) for name, module in users.items()}
    while new := {name for name, others in imports.items() if name not in stale and others & stale}:
        stale |= new
    return stale


def _imports(name: str, module: ModuleType) -> set[str]:
    """Names of modules that the source of a module imports, wherever in it, and of the packages it is in."""
    found = {name.rsplit(".", up)[0] for up in range(1, name.count(".") + 1)}
    try:
        compiled = compile(Path(_file(module)).read_bytes(), _file(module), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return found  # half edited, gone or compiled
    package = name if "__path__" in vars(module) else name.rpartition(".")[0]
    for level, base, imported in _import_statements(compiled):
        above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
        full = ".".join([*above, *([base] if base else [])])
        for each in (full, *(f"{full}.{one}" for one in imported)):
            parts = each.split(".")
            found |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return found - {name}


def _import_statements(code: CodeType) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Level, module and names of each import, also within functions.

    Not by `ast`: until Python 3.12 its parser fails where another thread parses, as pages do.
    """
    for kind, what in ModuleFinder().scan_opcodes(code):
        if kind == "absolute_import":
            names, base = what
            yield 0, base, tuple(names or ())
        elif kind == "relative_import":
            level, names, base = what
            yield level, base, tuple(names or ())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _import_statements(constant)
