"""Names of files made from what users write: no text of a user becomes a path."""

import hashlib
import re

_MOST = 40  # characters that are kept of a text
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # devices, in whichever folder, on Windows


def slug(text: str) -> str:
    """A text of a-z, 0-9, - and _ as it is; any other as what is left of it and the start of its sha256."""
    kept = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")[:_MOST]
    if kept == text and text and not _RESERVED.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{kept}-{digest}".lstrip("-")
