"""HTML that pages write: whatever somebody named a thing, it is text."""

import re
from pathlib import Path

from ipo.ui.html import div, element, join, span

ROOT = Path(__file__).resolve().parents[3]
NASTY = '<b onclick="x">&"\''


def test_texts_and_attributes_are_escaped_and_elements_are_not() -> None:
    written = div(span(NASTY), " & more", title=NASTY)
    escaped = "&lt;b onclick=&quot;x&quot;&gt;&amp;&quot;&#x27;"
    assert written == f'<div title="{escaped}"><span>{escaped}</span> &amp; more</div>'


def test_what_says_nothing_is_left_out_and_an_image_has_no_end() -> None:
    assert div(class_="", title="") == "<div></div>"
    assert element("img", class_="ipo-tile", src="a.png") == '<img class="ipo-tile" src="a.png">'


def test_elements_side_by_side_stay_elements() -> None:
    assert div(join(span("a"), " < ", span("b"))) == "<div><span>a</span> &lt; <span>b</span></div>"


def test_no_page_writes_html_past_these_elements() -> None:
    past = re.compile(r"st\.html\(|unsafe_allow_html")
    for folder in ("ipo/ui", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path.name == "html.py" or not past.search(path.read_text()), path
