"""How many labels there are, and of which classes."""

from ipo.digits.status import LabelCounts
from ipo.ui.glossary import DIGITS
from ipo.ui.html import Html, div

HELD_OUT = DIGITS["teach / measure"]


def labels_text(counts: LabelCounts) -> str:
    noun = "label" if counts.all == 1 else "labels"
    return f"{counts.all:,} {noun}: {counts.teaching:,} teach, {counts.measuring:,} measure"


def label_bars(counts: LabelCounts, names: tuple[str, ...]) -> Html:
    """How many labels each class has, as bars with numbers."""
    most = max(1, int(counts.per_class.max(initial=0)))
    cells = []
    for at, count in enumerate(counts.per_class.tolist()):
        name = names[at] if at < len(names) else str(at)
        bar = div(class_="bar", style=f"height:{100 * count / most:.0f}%")
        cells.append(
            div(
                div(bar, class_="range"),
                div(name, class_="name ipo-line"),
                title=f"{name}: {count:,} labels",
            )
        )
    return div(*cells, class_="ipo-counts")
