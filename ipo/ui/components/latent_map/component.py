"""The latent map: all images as points, what is known of the one at hand, and what to label next.

Points, labels and images go by HTTP; the browser colours, selects and searches by itself.
"""

from pathlib import Path

from ipo.api.addresses import digits_address, digits_versions_address
from ipo.api.token import TOKEN
from ipo.services.digits import DigitsService
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_HERE = Path(__file__).parent
_SHARED = ("mount", "storage", "event_log", "versions", "connection", "keyboard")
_SCRIPTS = (
    "points.js",
    "spatial_index.js",
    "camera.js",
    "colours.js",
    "look.js",
    "shaders.js",
    "pictures.js",
    "renderer.js",
    "gestures.js",
    "map_view.js",
    "labels.js",
    "selection.js",
    "thumbnails.js",
    "legend.js",
    "panel.js",
    "tray.js",
    "table.js",
    "keys.js",
    "latent_map.js",
)
_latent_map = Component(
    "ipo_latent_map",
    html=(_HERE / "latent_map.html").read_text(),
    css=(_HERE / "latent_map.css").read_text(),
    js=shared_scripts(*_SHARED) + "".join((_HERE / name).read_text() for name in _SCRIPTS),
)


def latent_map(service: DigitsService, *, key: str) -> None:
    """Draw the map of a set of images, with everything that labels them."""
    source = service.source
    _latent_map(
        key=key,
        data={
            "name": source,
            "address": digits_address(source),
            "versions": digits_versions_address(source),
            "token": TOKEN,
        },
    )
