"""Pictures within HTML: whoever describes one may say what they like."""

from html.parser import HTMLParser

from ipo.ui.tiles import tile


def attributes(text: str) -> dict[str, str | None]:
    """Those of the first tag."""
    seen: list[dict[str, str | None]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append({"tag": tag} | dict(attrs))

    Reader().feed(text)
    return seen[0]


def test_address_and_description_arrive_as_they_are() -> None:
    read = attributes(tile('media/a"b&c.png', 'a "good" <row> & more'))
    assert read["tag"] == "img" and read["src"] == 'media/a"b&c.png'
    assert read["alt"] == 'a "good" <row> & more'


def test_what_is_not_there_yet_keeps_its_room() -> None:
    assert attributes(tile(None)) == {"tag": "div", "class": attributes(tile("a"))["class"]}
