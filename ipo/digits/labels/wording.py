"""What an act, or a conflict with another program, is called."""

import numpy as np

from ipo.digits.labels.csv_file import NONE, UNSURE, Values
from ipo.digits.labels.log import Act

ANOTHER_PROGRAM = "another program"


def describe(act: Act, count: int) -> str:
    """An act on so many images in a few words; classes by their numbers."""
    if act.who == ANOTHER_PROGRAM:
        return f"labels by another program on {_images(count)}"
    what = "several labels" if isinstance(act.after, list) else _name(act.after)
    return f"{what} on {_images(count)}"


def _name(code: int | None) -> str:
    return {NONE: "no label", UNSURE: "unsure"}.get(NONE if code is None else code, str(code))


def conflict_notice(found: Values, expected: Values, codes: Values) -> str:
    """What became of labels where files had `found` and the log said `expected`; `codes` are next."""
    kept = int(np.count_nonzero(codes != found))
    changed = int(np.count_nonzero((codes != expected) & (expected != NONE)))
    sentences = []
    if kept:
        sentences.append(
            f"Another program wrote labels.csv without changes made here to {_images(kept)}: they are kept."
        )
    if changed:
        sentences.append(
            f"Another program changed your labels of {_images(changed)}: undo brings yours back."
        )
    return " ".join(sentences)


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"
