"""Text in CSV that a spreadsheet would execute, and how it is kept from that."""

# After an apostrophe, which a spreadsheet does not show, it is a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guard_formula(text: str) -> str:
    """The text as it is written to CSV."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unguard_formula(text: str) -> str:
    """What a text was before it was written to CSV."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
