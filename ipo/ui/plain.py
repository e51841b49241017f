"""Text of the user in places that read Markdown."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!$:|~^])")


def plain(text: str) -> str:
    """The same text with nothing in it that Markdown would take for a mark."""
    return _MARKS.sub(r"\\\1", text)
