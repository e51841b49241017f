"""What a component is told so that it shows a panel's live content, for `shared/live.js`."""

from ipo.api.addresses import inspector_versions_address
from ipo.api.inspector.panels import panels_address
from ipo.api.token import TOKEN
from ipo.services.inspector.live_content import Content, LiveContent

_drawings = iter(range(1, 2**53))  # another number asks the browser to look again


def live_source(live: LiveContent, panel: str, content: Content) -> dict[str, str | int]:
    """Have `panel` show what `content` gives from now on, and say where the browser finds it."""
    live.put(panel, content)
    return {
        "address": panels_address(live.id),
        "versions": inspector_versions_address(live.id),
        "token": TOKEN,
        "panel": panel,
        "drawing": next(_drawings),
    }
