"""The latent map: all images as points, what is known of the one at hand, and what to label next.

Points, labels and images go by HTTP; the browser colours, selects and searches by itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipo.api.addresses import digits_address, digits_versions_address
from ipo.api.token import TOKEN
from ipo.services.digits.service import DigitsService
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
from ipo.ui.glossary import DIGITS

STRATEGY_TERMS = {  # by the name of a `Strategy`
    "auto": "Typical images while labels are few, then those that the model is unsure of.",
    "typical": DIGITS["typical"],
    "entropy": DIGITS["entropy"],
    "margin": DIGITS["margin"],
    "bald": DIGITS["disagreement"],
    "core_set": DIGITS["far apart"],
    "hybrid": DIGITS["unsure and typical"],
}
_HERE = Path(__file__).parent
_SHARED = ("mount", "storage", "event_log", "versions", "connection", "keyboard")
DRAWING_SCRIPTS = (
    *("points", "spatial_index", "camera", "colours", "look", "shaders", "software_dots"),
    *("pictures", "renderer", "movement", "gestures", "map_view"),
)
_SCRIPTS = (
    *DRAWING_SCRIPTS,
    *(
        "map_data",
        "labels",
        "selection",
        "thumbnails",
        "hover",
        "legend",
        "covering",
        "panel",
        "class_search",
    ),
    *("tray", "table", "notes", "keys", "latent_map"),
)
_latent_map = Component(
    "ipo_latent_map",
    html=(_HERE / "latent_map.html").read_text(),
    css=(_HERE / "latent_map.css").read_text(),
    js=shared_scripts(*_SHARED) + "".join((_HERE / f"{name}.js").read_text() for name in _SCRIPTS),
)


def latent_map(service: DigitsService, *, select: Mapping[str, Any] | None = None, key: str) -> None:
    """Draw the map of a set of images, with everything that labels them.

    `select`: `{"id": str, "rows": [int]}`; an id that the browser has not seen chooses these rows once.
    """
    source = service.source
    _latent_map(
        key=key,
        data={
            "name": source,
            "address": digits_address(source),
            "versions": digits_versions_address(source),
            "token": TOKEN,
            "select": select,
            "terms": STRATEGY_TERMS,
        },
    )
