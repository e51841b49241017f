"""HTML that pages write: elements whose text and attributes are escaped. Their classes are in `page.css`."""

import html
from pathlib import Path

import streamlit as st

_STYLESHEET = Path(__file__).with_name("page.css")
_VOID = ("img",)  # elements that have no end


class Html(str):
    """Text that is HTML already: what came from anybody in it is escaped."""


def element(name: str, *children: str, **attributes: str) -> Html:
    """`<name attributes>children</name>`. Children that are no `Html` are text. `class_` is the class."""
    opening = "".join(
        f' {attribute.rstrip("_")}="{html.escape(value, quote=True)}"'
        for attribute, value in attributes.items()
        if value
    )
    ending = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{opening}>{join(*children)}{ending}")


def div(*children: str, **attributes: str) -> Html:
    return element("div", *children, **attributes)


def span(*children: str, **attributes: str) -> Html:
    return element("span", *children, **attributes)


def join(*children: str) -> Html:
    """Elements and texts, one after the other."""
    return Html("".join(child if isinstance(child, Html) else html.escape(child) for child in children))


def draw(*children: str) -> None:
    """Put elements on the page."""
    st.html(join(*children))


def draw_style(rules: str) -> None:
    """CSS of one panel alone."""
    st.html(f"<style>{rules}</style>")


def draw_stylesheet() -> None:
    """What the classes look like, once for the whole page."""
    st.html(_STYLESHEET)
