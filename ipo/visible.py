"""Text from elsewhere, with marks made visible that nobody sees or that turn the text around them."""

import re

_PICTURES = 0x2400  # ␀, the picture of the first control character
_DELETE = 0x7F
_MARKS = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, escape sequences among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction
    "\u00ad\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # what has no width
    "\ud800-\udfff]"  # half of a character
)


def visible(text: str) -> str:
    """The same text on one line, with ESC as ␛ and a mark of direction as ⟨U+202E⟩.

    Joiners stay: scripts and emoji are written with them.
    """
    return _MARKS.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(_PICTURES + code)
    return "␡" if code == _DELETE else f"⟨U+{code:04X}⟩"
