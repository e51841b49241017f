"""What the keys of each page do, for the list under “?”. The map and the mailbox list theirs themselves."""

from collections.abc import Mapping

from ipo.ui.components.key_list.component import KeyGroup
from ipo.ui.page_paths import INSPECTOR, PREFERENCES, SSVAE, TRAIN_STAGE, VALUE_MODEL

_EVERYWHERE = KeyGroup("Everywhere", (("Tab", "Next control"), ("?", "These keys"), ("Esc", "Close them")))
_TRAINING = KeyGroup("Training", (("T", "Start, or continue"), ("S", "Stop after the batch under way")))
_FIGURES = KeyGroup(
    "In a figure that has the focus",
    (
        ("← ↑ ↓ →", "Read the next value; with Shift ten further"),
        ("Enter", "Follow its image or feature through all panels, or let go of it"),
        ("Esc", "Read no value"),
    ),
)

KEY_LISTS: Mapping[str, tuple[KeyGroup, ...]] = {
    PREFERENCES: (
        KeyGroup(
            "In the queue and in batches",
            (
                ("→", "Good"),
                ("←", "Bad"),
                ("↓", "Skip"),
                ("1 … 9", "Choose a tile of a batch"),
                ("B", "Best of the batch: it is good, the others are bad"),
                ("N", "New batch: skip all of these"),
            ),
        ),
        KeyGroup("In pairs", (("← · →", "Prefer the left one, or the right one"), ("↓", "Neither"))),
        KeyGroup(
            "In the gallery",
            (
                ("← ↑ ↓ →", "Choose a row"),
                ("G · B", "Say that it is good, or bad"),
                ("Delete", "Take its judgement back"),
            ),
        ),
        KeyGroup(
            "Undo and redo",
            (
                ("Backspace · Z", "Undo the last act of the session"),
                ("Shift+Backspace · Y", "Redo what was undone last"),
            ),
        ),
        _EVERYWHERE,
    ),
    VALUE_MODEL: (_EVERYWHERE,),
    SSVAE: (_TRAINING, _EVERYWHERE),
    TRAIN_STAGE: (KeyGroup("Training", (("T", "Start the training"),)), _EVERYWHERE),
    INSPECTOR: (
        KeyGroup(
            "Steps",
            (
                ("S", "Step: one batch through the trainer"),
                ("P · N", "Look at the step before, or the next one"),
                ("L", "Follow the latest step again"),
            ),
        ),
        KeyGroup(
            "On the timeline that has the focus",
            (("← · →", "The next step in memory"), ("Home · End", "The first and the last one in memory")),
        ),
        _FIGURES,
        KeyGroup("In the table of features", (("↑ · ↓", "Follow the feature above, or below"),)),
        _EVERYWHERE,
    ),
}
