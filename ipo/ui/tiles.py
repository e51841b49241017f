"""Square pictures within HTML of a page: an empty frame while one is missing, words where it did not load."""

import html

# A browser draws what is `::after` an image only where the image is broken.
STYLE = (
    "<style>.ipo-tile{width:100%;aspect-ratio:1;border-radius:4px;display:block;position:relative;"
    "overflow:hidden;object-fit:cover;background:rgba(127,139,143,.15)}"
    'img.ipo-tile::after{content:"not loaded: reload the page";position:absolute;inset:0;display:grid;'
    "place-content:center;padding:8px;text-align:center;background:#eef1f2;color:#8a2c1c}</style>"
)


def tile(address: str | None, description: str = "") -> str:
    """The picture at an address, described for whoever cannot see it. Goes with `STYLE`, once a page part."""
    if address is None:
        return '<div class="ipo-tile"></div>'
    return f'<img class="ipo-tile" src="{html.escape(address)}" alt="{html.escape(description, quote=True)}">'
