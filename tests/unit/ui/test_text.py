import re
from types import SimpleNamespace

import pytest
from markdown_it import MarkdownIt

from ipo.ui.text import plain, time_left, with_commands

TEXTS = (
    "$a$ *b* `c` [l](http://x.y) <b>d</b> # e - f 1. g_h_ ~~i~~",
    "/home/a_b_ $x$ :red[b] *c*/C:\\new\\$y$",
    "a &amp; b &#42; c & d",
    "- one",
    "1. one",
    "    code",
    "```",
    "| a | b |",
    "[^1]: note",
    "mail@example.com",
)


def read(text: str) -> str:
    """What a page shows of Markdown, which must be text alone."""
    children = MarkdownIt().enable(["table", "strikethrough"]).parse(text)
    assert [token.type for token in children] == ["paragraph_open", "inline", "paragraph_close"]
    inline = children[1].children or []
    assert {child.type for child in inline} <= {"text", "text_special", "hardbreak"}
    return "".join("\n" if child.type == "hardbreak" else child.content for child in inline)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_reads_as_it_was_typed_whatever_marks_it_holds(text: str) -> None:
    assert read(plain(text)) == text.strip()


def test_the_lines_of_an_error_stay_lines() -> None:
    error = "invalid syntax (a_b.py, line 3)\n\n    x = = 1\n        ^"
    assert read(plain(error)) == "invalid syntax (a_b.py, line 3)\nx = = 1\n^"


def test_an_error_may_be_given_as_it_is() -> None:
    assert read(plain(OSError("[Errno 2] No such file: 'a_b_'"))) == "[Errno 2] No such file: 'a_b_'"


@pytest.mark.parametrize("text", ["a -> b", "a -- b", "5 >= 3 <= 4 ~= 2 <-> <-"])
def test_no_two_characters_of_a_symbol_of_streamlit_stay_together(text: str) -> None:
    pairs = re.compile(r"<-|->|--|>=|<=|~=")
    parts = re.sub(r"\\(.)", r"\1", plain(text)).split(":gray[]")
    assert not any(pairs.search(part) for part in parts)
    assert "".join(parts) == text


def test_only_commands_become_code() -> None:
    text = "a*b* (ipo digits images --keep-labels), `ipo`, ipo digits images --white 1."
    said = with_commands(text)
    assert said.startswith(r"a\*b\* \(`ipo digits images --keep-labels`\), \`ipo\`")
    assert said.endswith(r"`ipo digits images --white 1`\.")


@pytest.mark.parametrize("text", [":material/home:", ":material_home:", ":streamlit:", ":smile:", ":+1:"])
def test_no_icon_or_emoji_stays_together(text: str) -> None:
    parts = re.sub(r"\\(.)", r"\1", plain(text)).split(":gray[]")
    assert len(parts) == 2 and "".join(parts) == text


@pytest.mark.parametrize(
    ("eta", "says"), [(None, ""), (4.4, ", 4 s left"), (119, ", 119 s left"), (142351, ", 40 h left")]
)
def test_the_time_left_is_in_a_unit_that_can_be_read(eta: float | None, says: str) -> None:
    assert time_left(SimpleNamespace(eta=eta)) == says
