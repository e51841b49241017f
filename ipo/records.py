"""Records in JSON, read with suspicion: bounded, checked against a schema, and refused in a sentence.

A schema is a `pydantic.TypeAdapter` of a frozen dataclass under `with_config(STRICT)`. Kinds are those of
JSON: neither `"5"` nor `5.0` nor `true` is the whole number 5. Fields that a schema does not know are passed
over.
"""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ipo.regular_files import read_regular
from ipo.visible import visible

MAX_BYTES = 1_000_000
STRICT = ConfigDict(strict=True, allow_inf_nan=False)

_BOM = b"\xef\xbb\xbf"  # editors on Windows begin a file with it
_SHORT = 40  # characters of a value in a sentence
_WRONG = "wrong_value"  # type of the errors of `fits`
_RIGHT = {
    "bool_type": "true or false",
    "dataclass_type": "an object",
    "dict_type": "an object",
    "finite_number": "a finite number",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_parsing_size": "a smaller whole number",
    "int_type": "a whole number",
    "invalid_key": "a name",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "mapping_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
    "string_pattern_mismatch": "text like {pattern}",
    "string_too_long": "up to {max_length} characters",
    "string_too_short": "{min_length} characters or more",
    "string_type": "text",
    "too_long": "up to {max_length} entries",
    "too_short": "{min_length} or more entries",
    "tuple_type": "a list",
    _WRONG: "{right}",
}

T = TypeVar("T")


def fits(accepts: Callable[[Any], bool], right: str) -> AfterValidator:
    """A further condition of a field; `right` says what fulfils it, as in “1 or -1 would be right”.

    `accepts` may raise `ValueError` for what it refuses.
    """

    def check(value: Any) -> Any:
        try:
            accepted = accepts(value)
        except ValueError:
            accepted = False
        if not accepted:
            raise PydanticCustomError(_WRONG, "not {right}", {"right": right})
        return value

    return AfterValidator(check)


def read(path: Path, schema: TypeAdapter[T], most: int = MAX_BYTES, *, finite: bool = True) -> T:
    """The record in a file. Raises `OSError`, and `ValueError` as `parse` does."""
    return parse(read_regular(path, most), schema, path.name, most, finite=finite)


def parse(
    content: bytes, schema: TypeAdapter[T], name: str, most: int = MAX_BYTES, *, finite: bool = True
) -> T:
    """The record in `content`, which errors call `name`.

    Raises `ValueError` for what is too large, no JSON, nested over 200 deep, says a name twice, or does not
    fit the schema; also for NaN and Infinity in fields that the schema leaves open, unless `finite` is false.
    """
    if len(content) > most:
        raise ValueError(f"{name} has {len(content):,} bytes; up to {most:,} would be right")
    text = content.removeprefix(_BOM)
    try:
        record = schema.validate_json(text)  # refuses what is nested too deeply for `json`
    except ValidationError as error:
        raise ValueError(describe(error, name)) from error
    _check_plain(text, name, finite=finite)
    return record


def describe(error: ValidationError, name: str) -> str:
    """The first of pydantic's errors as a sentence about the record `name`, without a full stop."""
    errors = error.errors(include_url=False)
    first = errors[0]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "json_invalid":
        return f"{name} is damaged: {context.get('error', first['msg'])}"
    where = _place(first["loc"])
    if kind == "missing":
        return f"{name} has no {where}"
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{name} has {where}, which is unknown"
    subject = f"{name} says {where} is" if where else f"{name} is"
    subject = f"{subject} {_short(first['input'])}"
    if kind == "value_error":
        return f"{subject}: {visible(str(context['error']))}"
    return f"{subject}; {_right(first)} would be right"


def _right(error: ErrorDetails) -> str:
    wording = _RIGHT.get(error["type"])
    return error["msg"] if wording is None else wording.format(**error.get("ctx", {}))


def _place(path: Sequence[int | str]) -> str:
    """A path in a record, as `history[0].at`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{visible(step)}" if text else visible(step)
    return text if len(text) <= 2 * _SHORT else f"{text[: 2 * _SHORT]}…"


def _short(value: Any) -> str:
    try:
        text = visible(json.dumps(value, ensure_ascii=False))
    except TypeError:  # a schema that makes values of its own kind
        text = visible(repr(value))
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _check_plain(text: bytes, name: str, *, finite: bool) -> None:
    """Raises `ValueError` for what pydantic lets pass: names said twice, and numbers that are none."""

    def distinct(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{name} says {_short(twice)} twice; once would be right")

    def check(literal: str) -> None:
        if finite and not math.isfinite(float(literal)):
            raise ValueError(f"{name} has {literal[:_SHORT]}; a finite number or null would be right")

    json.loads(text, object_pairs_hook=distinct, parse_constant=check, parse_float=check)
