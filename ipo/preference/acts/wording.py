"""What an act is called, after “Undo:” or “Took back:”."""

from ipo.preference.acts.history import Act, Change
from ipo.preference.storage.numbered_folders import Item, Kind
from ipo.preference.storage.standing import Action

NAMES = {1: "Good", -1: "Bad"}


def describe(act: Act) -> str:
    """An act in a few words, as “Good on row 41”."""
    changes = act.changes
    return _one(changes[0]) if len(changes) == 1 else _several(changes)


def _one(change: Change) -> str:
    match change.action:
        case Action.JUDGE:
            return f"{NAMES.get(change.label)} on row {change.item.number:,}"
        case Action.SKIP:
            return "skip of an image"
        case Action.PREFER:
            return f"preference in pair {change.item.number:,}"
        case Action.REMOVE:
            return f"removal of {_item(change.item)}"
        case _:
            return f"change of {_item(change.item)} to {NAMES.get(change.label, 'another label')}"


def _several(changes: tuple[Change, ...]) -> str:
    count = len(changes)
    if all(change.action == Action.SKIP for change in changes):
        return f"skip of {count} images"
    if all(change.action == Action.JUDGE for change in changes):
        return f"best of {count} images"
    return f"{count} changes"


def _item(item: Item) -> str:
    return "a skip" if item.kind == Kind.SKIP else f"{item.kind} {item.number:,}"
