"""What README, CONTRIBUTING, CHANGELOG and docs point to is there."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
SOURCE = re.compile(r"(?:ipo|pages|tests|bench)/[\w/.]*")
IN_A_WHEEL = {"ipo/app/"}

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def anchors(document: Path) -> set[str]:
    """The names by which headings are linked to, as GitHub makes them."""
    tokens = MarkdownIt().parse(document.read_text())
    titles = [title.content for token, title in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(document: Path) -> list[str]:
    inline = [token.children or [] for token in MarkdownIt().parse(document.read_text())]
    places = [child.attrGet("href") or child.attrGet("src") for children in inline for child in children]
    return [str(place) for place in places if place]


@each_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        place, _, anchor = link.partition("#")
        target = document.parent / place if place else document
        if not re.match(r"https?:", link) and not (
            target.exists() and (not anchor or anchor in anchors(target))
        ):
            broken.append(link)
    assert broken == []


@each_document
def test_every_source_file_that_is_named_exists(document: Path) -> None:
    tokens = MarkdownIt().parse(document.read_text())
    code = [
        child.content for token in tokens for child in token.children or [] if child.type == "code_inline"
    ]
    sources = {name for name in code if SOURCE.fullmatch(name)} - IN_A_WHEEL
    assert {name for name in sources if not (ROOT / name).exists()} == set()
