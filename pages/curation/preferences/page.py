"""Curate › Preferences: judge generated images; the value model proposes the next ones."""

from functools import partial

import streamlit as st

from ipo.api.preference_view import preference_version
from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.pairs import PAIRS
from ipo.registry import FAMILIES
from ipo.ui import missed
from ipo.ui.assigned import default_of
from ipo.ui.components.deck.component import deck, events_of
from ipo.ui.components.gallery.component import forget_order, gallery, thumbnail_shelf
from ipo.ui.judge_button import QUEUE
from ipo.ui.preference import selection
from ipo.ui.preference.notices import render_notes
from ipo.ui.preference.traversal import draw_line, line_shelf
from ipo.ui.runtime import fragments
from ipo.ui.runtime.heartbeat import pulse
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.media import ImageShelf
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain

AHEAD = 6  # images decoded and in the browser before they are asked for
BATCH, PAIR, LINE, GALLERY = "Batch", "Pair", "Line", "Gallery"
MODES = (BATCH, QUEUE, PAIR, LINE, GALLERY)
TILES = (4, 9)
CHOICES = (
    Keys.CURATION_PROMPT,
    Keys.CURATION_DECODER,
    Keys.CURATION_SIZE,
    Keys.CURATION_MODE,
    Keys.CURATION_TILES,
)
PULSE_SECONDS = 0.25


def render() -> None:
    missed.bring_back()
    problem = render_choice()
    if problem:
        st.warning(plain(problem), icon=":material/edit_off:")
    if selection.awaited():
        render_waiting()
        return
    session = selection.selected()
    if session is None:
        st.info("Type what you would like to see. Judge what appears. It learns.")
        return
    mode, tiles = render_mode(session)
    st.session_state[Keys.PAGE_FRAGMENT] = Keys.CURATION_DECK_FRAGMENT
    # A full run frees the addresses of the run before.
    st.session_state[Keys.CURATION_SHELF] = ImageShelf()
    st.session_state[Keys.CURATION_GALLERY_SHELF] = thumbnail_shelf()
    st.session_state[Keys.CURATION_LINE_SHELF] = line_shelf()
    if mode != GALLERY:
        forget_order()
    missed.note(CHOICES)
    render_work(mode, tiles)


def render_waiting() -> None:
    """The weights are read that the session begins with: a moment, or two seconds the first time."""
    st.info("Reading the model that draws these images …", icon=":material/hourglass_top:")
    pulse(PULSE_SECONDS, key=Keys.CURATION_AWAITED_PULSE, on_tick=fragments.whole_page)


def render_choice() -> str:
    """Prompt, decoder and size. Returns what is wrong with them, or nothing."""
    problem = selection.adopt_address() or selection.unknown_decoder()
    selection.bring_back_choice()
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    prompt = bar.text_input(
        "Prompt",
        default_of(Keys.CURATION_PROMPT, selection.DEFAULT_PROMPT, ""),
        key=Keys.CURATION_PROMPT,
        label_visibility="collapsed",
        placeholder="Type what you would like to see. Judge what appears. It learns.",
        on_change=fragments.whole_page,
        bind="query-params",
    )
    with bar.popover(plain(selection.size_and_decoder()), width="content"):
        decoder = st.selectbox(
            "Decoder",
            selection.decoders(),
            key=Keys.CURATION_DECODER,
            on_change=fragments.whole_page,
            bind="query-params",
        )
        size = st.selectbox(
            "Image side in pixels",
            [str(size) for size in selection.SIZES],
            index=default_of(Keys.CURATION_SIZE, selection.SIZES.index(selection.DEFAULT_SIZE), 0),
            key=Keys.CURATION_SIZE,
            accept_new_options=True,
            help="A multiple of 8. Type another if you like.",
            on_change=fragments.whole_page,
            bind="query-params",
        )
        if decoder in FAMILIES:
            render_family(decoder)
    wrong = selection.select(prompt or "", size or "", decoder)
    return wrong or (selection.instead(problem) if problem else "")


def render_family(decoder: str) -> None:
    """What the prompts of a trained decoder mean, and how to get at what it has learnt since."""
    st.caption(FAMILIES[decoder].says)
    st.button(
        "Begin anew with the newest model",
        key=Keys.CURATION_BEGIN_ANEW,
        icon=":material/fiber_new:",
        on_click=selection.begin_anew,
        width="stretch",
        help="A session stays with the model that it was begun with: every image can be decoded again. "
        "This begins another session; the first stays in the list of sessions.",
    )


def render_mode(session: PreferenceSession) -> tuple[str, int]:
    """How images are shown, and how many at a time."""
    with st.container(horizontal=True, vertical_alignment="center"):
        mode = st.segmented_control(
            "Mode",
            MODES,
            default=default_of(Keys.CURATION_MODE, QUEUE, None),
            required=True,
            key=Keys.CURATION_MODE,
            on_change=fragments.whole_page,
            label_visibility="collapsed",
            bind="query-params",
        )
        tiles: int | None = 2 if mode == PAIR else 1
        if mode == BATCH:
            tiles = st.segmented_control(
                "Tiles",
                TILES,
                default=default_of(Keys.CURATION_TILES, TILES[0], None),
                required=True,
                key=Keys.CURATION_TILES,
                on_change=fragments.whole_page,
                format_func=lambda count: f"{count:d} tiles",
                label_visibility="collapsed",
                bind="query-params",
            )
    return str(mode), int(tiles or TILES[0])


def render_damaged(session: PreferenceSession) -> None:
    """Rows and pairs that were set aside when the session was opened."""
    if not session.damaged:
        return
    count = len(session.damaged)
    pairs = sum(damaged.folder.startswith(PAIRS) for damaged in session.damaged)
    what = "row" if not pairs else "pair" if pairs == count else "folder"
    title = f"{count} {what} was set aside" if count == 1 else f"{count} {what}s were set aside"
    with st.expander(f"{title}; the rest is loaded", icon=":material/report:", key=Keys.CURATION_DAMAGED):
        folder = session.folder.path if pairs else session.folder.path / "rows"
        st.caption(f"Nothing was changed on disk: {plain(str(folder))}")
        for damaged in session.damaged:
            st.markdown(f"{plain(damaged.folder)}: {plain(damaged.reason)}")


@live_panel(Keys.CURATION_DECK_FRAGMENT, lambda: partial(preference_version, selection.selected()))
def render_work(mode: str, tiles: int) -> None:
    """The part of the page that judging changes."""
    missed.follow()
    session = selection.selected()
    if session is None:
        return
    render_notes(session)
    with st.container():  # a place of its own, because the session may be opened only now
        render_damaged(session)
    if mode == GALLERY:
        render_gallery(session)
    elif mode == LINE:
        render_line(session)
    else:
        render_deck(session, mode, tiles)


def render_deck(session: PreferenceSession, mode: str, tiles: int) -> None:
    # After the server was restarted the log arrives without a callback.
    session.apply(events_of(Keys.CURATION_DECK))
    session.queue.show(tiles, AHEAD)
    deck(
        session,
        st.session_state[Keys.CURATION_SHELF],
        mode=mode.lower(),
        tiles=tiles,
        ahead=AHEAD,
        key=Keys.CURATION_DECK,
        on_log=lambda: take_events(Keys.CURATION_DECK),
        on_retry=retry,
    )


def render_gallery(session: PreferenceSession) -> None:
    session.apply(events_of(Keys.CURATION_GALLERY))
    gallery(
        session,
        st.session_state[Keys.CURATION_SHELF],
        st.session_state[Keys.CURATION_GALLERY_SHELF],
        key=Keys.CURATION_GALLERY,
        on_log=lambda: take_events(Keys.CURATION_GALLERY),
        on_retry=retry,
    )


def render_line(session: PreferenceSession) -> None:
    """What the model has learnt, along the direction in which its values rise."""
    line = workspace().line(session)
    if line.wanting:
        line.decode()
    working = line.working  # before anything is read: what ends now is drawn at the next beat
    shelf = st.session_state[Keys.CURATION_LINE_SHELF]
    again, steps = Keys.CURATION_LINE_DECODE, Keys.CURATION_LINE_STEPS
    draw_line(line, shelf, on_decode=line.decode, again=again, steps=steps)
    pulse(PULSE_SECONDS if working else None, key=Keys.CURATION_LINE_PULSE, on_tick=lambda: None)


def take_events(component: Keys) -> None:
    """Save what the user did, then draw what follows from it."""
    session = selection.selected()
    if session is not None:
        session.apply(events_of(component))
        fragments.only(Keys.CURATION_DECK_FRAGMENT)


def retry() -> None:
    session = selection.selected()
    if session is not None:
        st.session_state[Keys.CURATION_SHELF] = ImageShelf()  # an image that did not load is placed anew
        session.retry()


render()
