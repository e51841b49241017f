"""The judging deck: images already in the browser, keys that act at once, an event log that loses nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ipo.preference.candidates import Candidate
from ipo.preference.events import Event, Kind
from ipo.preference.session import PreferenceSession
from ipo.preference.view import SessionView
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
from ipo.ui.runtime.media import ImageShelf

_HERE = Path(__file__).parent
_deck = Component(
    "ipo_deck",
    html=(_HERE / "deck.html").read_text(),
    css=(_HERE / "deck.css").read_text(),
    js=shared_scripts("storage", "event_log", "connection", "keyboard", "images", "ticking")
    + (_HERE / "deck.js").read_text(),
)


def deck(
    session: PreferenceSession,
    shelf: ImageShelf,
    *,
    mode: str,
    tiles: int,
    ahead: int,
    key: str,
    on_log: Callable[[], None],
    on_retry: Callable[[], None],
) -> None:
    """Draw the deck in mode `queue`, `batch` or `pair` with `tiles` images at a time."""
    table = session.view(clients_of(key))
    data = {
        "session": session.key.id,
        "mode": mode,
        "tiles": tiles,
        "ahead": ahead,
        "side": session.key.size,
        "opened": session.opened,
        "judged": sum(session.state.counts()) + session.state.pairs(),
        **_described(table, shelf, tiles + ahead),
    }
    _deck(
        key=key,
        data=data,
        on_log_change=on_log,
        on_retry_change=on_retry,
        on_tick_change=lambda: None,
    )


def events_of(key: str) -> list[Event]:
    """The unacknowledged events of the browser, oldest first; what is malformed is left out."""
    events = []
    for raw in _log(key).get("events", []):
        try:
            label = int(raw.get("label", 0))
            kind = Kind(raw["kind"])
            if label in (1, -1) or kind in (Kind.SKIP, Kind.UNDO):
                other = str(raw["other"]) if kind == Kind.PREFER else ""
                events.append(Event(str(raw["client"]), int(raw["seq"]), kind, str(raw["id"]), label, other))
        except (KeyError, TypeError, ValueError):
            continue
    return events


def clients_of(key: str) -> list[str]:
    """The browsers (page loads) whose events the log holds, and the one that sent it."""
    log = _log(key)
    return sorted({str(log.get("client", "")), *(event.client for event in events_of(key))} - {""})


def _log(key: str) -> dict[str, Any]:
    state = st.session_state.get(key)
    log = state.get("log") if state else None
    return log if isinstance(log, dict) else {}


def _described(table: SessionView, shelf: ImageShelf, most: int) -> dict[str, Any]:
    """The table for the browser, with the first `most` of the hand: undo in the gallery makes it longer."""

    def item(candidate: Candidate, **more: Any) -> dict[str, Any]:
        proposal = candidate.proposal
        return {
            "id": candidate.id,
            "url": shelf.address(candidate.id, candidate.png),
            "proposer": proposal.proposer,
            "theta": proposal.parameters.get("theta"),
            **more,
        }

    return {
        "hand": [
            item(
                shown.candidate,
                value=shown.forecast and shown.forecast.value,
                sd=shown.forecast and shown.forecast.sd,
            )
            for shown in table.queue[:most]
        ],
        "recent": [
            item(
                judged.candidate,
                label=judged.label,
                other=judged.other and item(judged.other),
                side=judged.side,
                order=judged.order,
                earlier=judged.earlier,
            )
            for judged in table.recent
        ],
        "acknowledged": table.acknowledged,
        "decoding": table.decoding,
        "notice": table.notice,
        "error": table.error,
    }
