from markdown_it import MarkdownIt

from ipo.ui.plain import plain


def test_a_title_reads_as_it_was_typed_whatever_marks_it_holds() -> None:
    title = "$a$ *b* `c` [l](http://x.y) <b>d</b> # e - f 1. g_h_ ~~i~~"
    paragraph = MarkdownIt().parseInline(plain(title))[0]
    assert {child.type for child in paragraph.children or []} <= {"text", "text_special"}
    assert "".join(child.content for child in paragraph.children or []) == title
