"""HTML as a person reads it, and where it links to."""

import re
from dataclasses import dataclass

import lxml.etree
import lxml.html
from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig

_CONFIG = ParserConfig(css=STRICT_CSS_PROFILE)
_HIDDEN = ("script", "style", "head", "title")
# Mails lay out their columns with tables: side by side, lines of one would be torn by lines of another.
_TABLE = ("table", "tbody", "thead", "tfoot", "tr", "td", "th")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """What HTML shows."""

    text: str
    links: tuple[str, ...]


def read_html(html: str) -> Page:
    """Text, a line for each block, and the addresses of links in their order. Never fails."""
    html = _DECLARATION.sub("", html.replace("\x00", ""))
    try:
        tree = lxml.html.document_fromstring(html, parser=lxml.html.HTMLParser(huge_tree=True))
    except (lxml.etree.LxmlError, ValueError):  # nothing but comments and blanks
        return Page("", ())
    links = tuple(tree.xpath("//a/@href | //area/@href | //form/@action"))
    for element in tree.iter(*_TABLE):
        element.tag = "div"
    try:
        text = Inscriptis(tree, _CONFIG).get_text()
    except RecursionError:  # a thousand elements in each other
        lxml.etree.strip_elements(tree, *_HIDDEN, lxml.etree.Comment, with_tail=False)
        text = "\n".join(tree.itertext())
    return Page(_BLANKS.sub(" ", text), links)


def declared_charset(content: bytes) -> str | None:
    """The charset that HTML names in its head."""
    found = _META_CHARSET.search(content, 0, 4096)
    return found[1].decode() if found else None
