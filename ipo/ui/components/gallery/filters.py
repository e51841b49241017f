"""The gallery's filters, and the order that a tab works through until it asks for another."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

import streamlit as st

from ipo.keys import Keys
from ipo.preference.analysis.gallery import Entry, Order, Query, Sort, ordered, proposers
from ipo.preference.storage.rows import BAD, GOOD
from ipo.ui.runtime.widgets import assign, default_of

ALL, ANY = "All", "Any proposer"
LABELS = {ALL: None, "Good": GOOD, "Bad": BAD}
SORTS = {
    "Newest": Sort.NEWEST,
    "Highest": Sort.HIGHEST,
    "Lowest": Sort.LOWEST,
    "Disagreement": Sort.DISAGREEMENT,
}
WHY_DISAGREEMENT = (
    "The rows come first whose label Ridge contradicts most, when it is fitted without them: you may have "
    "clicked wrongly there, or your taste has changed."
)
WHY_TOO_LITTLE = (
    "Fitted without a row, Ridge predicts its label no better so far than always answering with the more "
    "frequent one. So a label that it contradicts is hardly a slip yet. More labels will help."
)
WHY_SORTED = "The rows are in order."
WHY_AGAIN = "Labels or values have changed since. The rows stayed where they were, so that nothing jumps."

_numbers = count(1)


@dataclass(frozen=True)
class Shown:
    """The order on screen. `number` changes with every new one."""

    session: str
    order: Order
    number: int

    def stands(self, query: Query, now: Order) -> bool:
        """Whether it still answers `query`; one that lacked values to sort by waits for them."""
        answered = self.order.settled or (not now.settled and self.order.ids == now.ids)
        return self.order.query == query and answered


def bar(session: str, listed: Mapping[str, Entry], *, informed: bool) -> Shown:
    """Draw the filters and give the rows they find, in an order that stays while labels and values change.

    `informed` says whether held-out values know more than the majority label.
    """
    why = WHY_DISAGREEMENT if informed else WHY_TOO_LITTLE
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with line:
        query = _query(listed)
        now = ordered(listed.values(), query)
        shown = _kept(session, query, now)
        present = shown.order.without(id_ for id_ in shown.order.ids if id_ not in listed)
        st.caption(
            _summary(present, listed, query, informed),
            help=why if query.sort == Sort.DISAGREEMENT else None,
            width="stretch",
        )
        changed = present.ids != now.ids
        st.button(
            "Sort again",
            key=Keys.CURATION_GALLERY_AGAIN,
            type="tertiary",
            icon=":material/sort:",
            help=WHY_AGAIN if changed else WHY_SORTED,
            on_click=forget_order,
            disabled=not changed,  # and yet there, so that the sheet below keeps its place
        )
    return Shown(session, present, shown.number)


def forget_order() -> None:
    """Begin with a new order when the gallery is drawn next."""
    st.session_state.pop(Keys.CURATION_GALLERY_TAB, None)


def show_all() -> None:
    """Let every row pass the filters. For callbacks."""
    assign(Keys.CURATION_GALLERY_LABEL, ALL)
    assign(Keys.CURATION_GALLERY_PROPOSER, ANY)


def _query(listed: Mapping[str, Entry]) -> Query:
    label = st.segmented_control(
        "Label",
        list(LABELS),
        default=default_of(Keys.CURATION_GALLERY_LABEL, ALL, None),
        required=True,
        key=Keys.CURATION_GALLERY_LABEL,
        label_visibility="collapsed",
    )
    sort = st.segmented_control(
        "Sort",
        list(SORTS),
        default=default_of(Keys.CURATION_GALLERY_SORT, "Newest", None),
        required=True,
        key=Keys.CURATION_GALLERY_SORT,
        label_visibility="collapsed",
    )
    proposer = st.selectbox(
        "Proposer",
        [ANY, *proposers(listed.values())],
        key=Keys.CURATION_GALLERY_PROPOSER,
        label_visibility="collapsed",
        width=136,
    )
    return Query(
        LABELS[label or ALL], None if proposer == ANY else proposer, SORTS[sort] if sort else Sort.NEWEST
    )


def _kept(session: str, query: Query, now: Order) -> Shown:
    """The order of this tab; a new one where it asks for something else, or lacked the values to sort by."""
    kept: Shown | None = st.session_state.get(Keys.CURATION_GALLERY_TAB)
    if kept is not None and kept.session == session and kept.stands(query, now):
        return kept
    st.session_state[Keys.CURATION_GALLERY_TAB] = kept = Shown(session, now, next(_numbers))
    return kept


def _summary(shown: Order, listed: Mapping[str, Entry], query: Query, informed: bool) -> str:
    found, all_ = len(shown.ids), len(listed)
    rows = f"{found:,} of {all_:,} rows" if found < all_ else f"{all_:,} row{'s' if all_ > 1 else ''}"
    if not shown.settled:
        kind = "held-out values" if query.sort == Sort.DISAGREEMENT else "values"
        return f"{rows} · no {kind} yet, newest first"
    if query.sort == Sort.DISAGREEMENT and not informed:
        return f"{rows} · too little is known yet"
    if query.sort == Sort.DISAGREEMENT:
        return f"{rows} · {sum(listed[id_].contradicted for id_ in shown.ids):,} contradicted"
    return rows if query.sort == Sort.NEWEST else f"{rows} · by value"
