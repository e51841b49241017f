"""The judging deck: images already in the browser, keys that act at once, an event log that loses nothing.

Judgements go by HTTP and come back as the next images, whatever Streamlit does meanwhile.
"""

from pathlib import Path

from ipo.preference.session import PreferenceSession
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import JUDGING_SCRIPTS, shared_scripts
from ipo.ui.components.session_door import session_door
from ipo.ui.glossary import JUDGING

WELCOME = "Type what you would like to see. Judge what appears. It learns."
PICTURES_WELCOME = "Say of each picture whether it is Good. What you may like, or teaches most, comes next."

_HERE = Path(__file__).parent
_deck = Component(
    "ipo_deck",
    html=(_HERE / "deck.html").read_text(),
    css=(_HERE / "deck.css").read_text(),
    js=shared_scripts(*JUDGING_SCRIPTS)
    + "".join(
        (_HERE / name).read_text()
        for name in ("verdicts.js", "markup.js", "pace.js", "previews.js", "deck.js")
    ),
)


def deck(session: PreferenceSession, *, mode: str, tiles: int, ahead: int, key: str) -> None:
    """Draw the deck in mode `queue`, `batch` or `pair` with `tiles` images at a time, `ahead` more loaded."""
    shown = {
        "mode": mode,
        "tiles": tiles,
        "ahead": ahead,
        "side": session.key.size,
        "pictures": session.pool is not None,
        "welcome": WELCOME if session.pool is None else PICTURES_WELCOME,
    }
    terms = {term: JUDGING[term] for term in (*session.proposers, "random", "value", "θ")}
    _deck(key=key, data={**session_door(session), **shown, "terms": terms})
