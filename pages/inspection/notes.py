"""What is to be said of the tensors of a step: which could not be had, which are infinite, and why."""

from collections.abc import Mapping

from ipo.ui.html import Html
from pages.inspection.section import caption
from pages.inspection.state import Shown

NAMED = 4  # tensors of one reason


def notes(shown: Shown) -> Html:
    """A line for each reason; nothing where there is nothing to say."""
    if shown.snapshot is None or not shown.snapshot.notes:
        return Html()
    return caption("\n".join(["Of this step:", *(f"• {line}" for line in described(shown.snapshot.notes))]))


def described(notes: Mapping[str, str]) -> list[str]:
    """`a/output, b/output and 3 more: it was not called in this step`, by reason."""
    by_reason: dict[str, list[str]] = {}
    for key, reason in notes.items():
        by_reason.setdefault(reason, []).append(key)
    return [f"{_listed(keys)}: {reason}" for reason, keys in by_reason.items()]


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
