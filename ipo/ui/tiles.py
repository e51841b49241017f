"""Square pictures in the HTML of a page; what they look like stands in `page.css`."""

from ipo.ui.html import Html, div, element


def tile(address: str | None, description: str = "") -> Html:
    """The picture at an address, described for whoever cannot see it; an empty frame where there is none."""
    if address is None:
        return div(class_="ipo-tile")
    return element("img", class_="ipo-tile", src=address, alt=description)


def tile_grid(*tiles: Html, across: int, centred: bool = False) -> Html:
    """Tiles with what is written below them, so many in a line."""
    look = "ipo-tiles centred" if centred else "ipo-tiles"
    return div(*tiles, class_=look, style=f"--across:{across}")
