"""Names that nobody knows, and which ones would be right."""

import difflib
from collections.abc import Iterable


class UnknownName(ValueError):
    """A recipe, condition, override or the like that does not exist; the message says which do."""


def unknown(kind: str, name: str, right: Iterable[str], owner: str = "") -> str:
    """`Unknown condition 'slo' of autoencoder_bcl; did you mean 'slow'? Known are …`"""
    right = list(right)
    close = difflib.get_close_matches(name, right, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    known = f" Known are {', '.join(right)}." if right else f" No {kind} is known."
    return f"Unknown {kind} {name!r}{f' of {owner}' if owner else ''}{hint}{known}"
