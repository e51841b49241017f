"""Markdown as somebody reads it whose text passed `plain`."""

import re

_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")


def read(text: object) -> str:
    """The same text without the marks that `plain` puts before others, each line a line."""
    lines = str(text).replace(":gray[]", "").replace("\\\n", "\n")
    return _ESCAPED.sub(r"\1", lines)
