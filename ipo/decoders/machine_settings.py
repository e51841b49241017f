"""What is set for decoders on this machine: devices, servers, memory. In `decoders/machine.json`.

Images do not depend on it, so that no session and no row keeps it.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from ipo.decoders.settings import Setting, Value, complete
from ipo.durable import replace_file
from ipo.records import read

_FILE = "decoders/machine.json"
_Everything = dict[str, dict[str, Value]]  # decoder → name → value
_SCHEMA: TypeAdapter[_Everything] = TypeAdapter(_Everything)


def load_machine_settings(home: Path, decoder: str, declared: Iterable[Setting]) -> dict[str, Value]:
    """What is set for a decoder, by default where nothing is. Raises `ValueError`."""
    return complete((one for one in declared if not one.changes_pixels), _load(home).get(decoder, {}))


def save_machine_setting(home: Path, decoder: str, name: str, value: Value) -> None:
    """Set one of a decoder. Raises `OSError` or `ValueError`."""
    everything = _load(home)
    everything.setdefault(decoder, {})[name] = value
    path = home / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(everything, indent=1, ensure_ascii=False).encode())


def _load(home: Path) -> _Everything:
    path = home / _FILE
    try:
        return read(path, _SCHEMA)
    except (FileNotFoundError, NotADirectoryError):  # a project folder that is a file is said elsewhere
        return {}
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
