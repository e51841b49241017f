"""Settings as a person types them: `steps=2, guidance=0`, read by what a decoder declares."""

import re
from collections.abc import Iterable

from ipo.decoders.settings import Setting, Value

# A name, and a value up to the next comma; one in double quotes may have commas, \" and \\ in it.
_ASSIGNMENT = re.compile(r'\s*([^=,\s"]+)\s*=\s*+(?:"((?:[^"\\]|\\.)*)"\s*|((?!")[^,]*))(?:,|\Z)', re.DOTALL)
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse_assignments(declared: Iterable[Setting], text: str) -> dict[str, Value]:
    """`name=value, name="a value, with a comma"` → values by name, each as its setting keeps it.

    Raises `ValueError` for what is no assignment, a setting that is not declared, and a wrong value.
    """
    settings = {one.name: one for one in declared}
    found: dict[str, Value] = {}
    at = 0
    while text[at:].strip():
        match = _ASSIGNMENT.match(text, at)
        if match is None:
            raise ValueError(f"{text[at:].strip()!r} is no setting; name=value, name=value would be right.")
        name, quoted, plain = match.groups()
        value = plain.strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found[name] = _parse(settings, name, value)
        at = match.end()
    return found


def parse_assignment(declared: Iterable[Setting], text: str) -> tuple[str, Value]:
    """`name=value`, all behind the first `=` being the value. Raises as `parse_assignments`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is no setting; name=value would be right.")
    return name.strip(), _parse({one.name: one for one in declared}, name.strip(), value.strip())


def _parse(settings: dict[str, Setting], name: str, value: str) -> Value:
    if name not in settings:
        right = f"{' or '.join(settings)} would be right" if settings else "nothing can be set"
        raise ValueError(f"There is no setting {name!r} here; {right}.")
    setting = settings[name]
    return setting.parse(_as_kind(setting.choices[0] if setting.choices else setting.default, value))


def _as_kind(example: Value, text: str) -> Value:
    """Text as the kind of value that an example is; the text itself where it is none."""
    if isinstance(example, bool):
        return _SWITCHES.get(text.lower(), text)
    if isinstance(example, str):
        return text
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text
