"""Files of a session for somebody else: how large they would be, writing one, and taking it."""

from dataclasses import dataclass

import streamlit as st

from ipo.inspector.inspected import Inspected
from ipo.inspector.sharing.choice import (
    HTML_BYTES,
    NPZ_BYTES,
    Choice,
    FileSize,
    TooLarge,
    choose_steps,
    html_size,
    megabytes,
    npz_size,
)
from ipo.inspector.sharing.npz import save_npz
from ipo.keys import Keys
from ipo.services.inspector.files import Save
from ipo.ui.inspection_file.document import save_html
from ipo.ui.text import plain
from pages.inspection import state


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    name: str
    suffix: str
    save: Save
    says: str


HTML = Kind(
    "HTML",
    ".html",
    save_html,
    "One file that any browser opens, without a server: every figure with its probe, and a slider for steps.",
)
NPZ = Kind("npz", ".npz", save_npz, "All tensors as numpy reads them; docs/inspection_files.md says which.")


def draw_sharing(session: Inspected, busy: bool) -> None:
    """A button for each kind of file, and below it the one that was written last."""
    retained = session.state().retained
    if not retained:
        return
    latest = session.get_step(retained[-1])
    each = {
        HTML: (html_size(latest), HTML_BYTES),
        NPZ: (npz_size(latest, session.specs, session.history()), NPZ_BYTES),
    }
    for kind, column in zip(each, st.columns(2), strict=True):
        with column:
            _draw_kind(session, kind, *each[kind], busy=busy)
    _draw_written(session)


def _draw_kind(session: Inspected, kind: Kind, size: FileSize, budget: int, *, busy: bool) -> None:
    now = session.state()
    try:
        choice = choose_steps(now.retained, now.pinned, size, budget)
    except TooLarge as error:
        st.caption(plain(f"{kind.name}: {error}"))
        return
    st.button(
        plain(kind.name),
        key=f"{Keys.INSPECT_SHARE}_{kind.name}",
        icon=":material/share:",
        on_click=_write,
        args=(session.id, choice, kind),
        disabled=busy,
        width="stretch",
        help=plain(kind.says),
    )
    st.caption(plain(_size(choice)))


def _size(choice: Choice) -> str:
    """How much it would be: `9 of 12 steps, ≤ 60 MB`."""
    steps = len(choice.steps)
    counted = "1 step" if choice.left_out + steps == 1 else f"{steps} steps"
    if choice.left_out:
        counted = f"{steps} of {steps + choice.left_out} steps"
    return f"{counted}, ≤ {megabytes(choice.nbytes)}"


def _draw_written(session: Inspected) -> None:
    written = state.inspecting().files.latest
    if written is None or written.session != session.id or not written.path.is_file():
        return
    st.download_button(
        plain(f"Download {written.path.suffix}, {megabytes(written.nbytes)}"),
        written.path.read_bytes,
        file_name=written.path.name,
        key=Keys.INSPECT_SHARED,
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help=plain(f"It lies in {written.path.parent}."),
    )


def _write(id_: str, choice: Choice, kind: Kind) -> None:
    """By its id, so that no callback holds what was torn down."""
    session, inspecting = state.session(), state.inspecting()
    if session is not None and session.id == id_:
        inspecting.files.add(session, choice.steps, kind.save, kind.suffix)
