"""What Streamlit reads as Markdown is of the program's making, or has passed `plain`."""

from pathlib import Path

import pytest

from tests.support.app_server import ROOT
from tests.support.markdown_calls import unsafe_texts

MODULES = sorted([ROOT / "app.py", *(ROOT / "ipo" / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])

SAFE = (
    'st.error("a *sound* text")',
    'st.error(plain(error), icon=":material/error:")',
    'st.caption(f"{count:,} rows of {plain(name)}")',
    "st.caption(WHY)",
    "st.button(LABELS[key].label)",
    'def f(n: int):\n    said = f"{n} rows"\n    said += plain(x)\n    st.info(said)',
    "def f():\n    st.info(g())\ndef g():\n    return plain(x) if x else 'none'",
    'logger.error("%s", error)',
    "st.selectbox('Session', names)",  # options of a list are shown as they are
)
UNSAFE = (
    "st.error(str(error))",
    "st.error(error)",
    'column.caption(f":red[{problem}]")',
    'st.button("a", help=f"The file: {path}")',
    'st.caption(f"`{folder}` {reason}")',
    "st.radio('Which', names, format_func=lambda name: name)",
    "def f(text: str):\n    st.info(text)",
    "def f():\n    said = 'a'\n    said = x.error\n    st.info(said)",
    "def f():\n    st.info(g())\ndef g():\n    return x.error",
    'st.progress(0.5, f"{job.label}: {job.message}")',
    "heading(title, 'what it says')",
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_that_quotes_the_users_world_passes_plain(path: Path) -> None:
    found = unsafe_texts(path.relative_to(ROOT), path.read_text())
    assert not found, "Markdown of unknown making; `plain(…)` would be right:\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("source", SAFE)
def test_what_the_program_says_itself_is_passed(source: str) -> None:
    assert unsafe_texts(Path("a.py"), source) == []


@pytest.mark.parametrize("source", UNSAFE)
def test_what_may_be_the_users_is_found(source: str) -> None:
    assert len(unsafe_texts(Path("a.py"), source)) == 1
