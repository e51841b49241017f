"""Curate › Preferences: judge generated images; the value model proposes the next ones."""

from functools import partial
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.pictures.pool import NAME as PICTURES
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.pairs import PAIRS
from ipo.registry import FAMILIES
from ipo.ui.components.deck.component import deck
from ipo.ui.components.gallery.component import forget_order, gallery, gallery_version
from ipo.ui.judge_button import QUEUE
from ipo.ui.preference import selection
from ipo.ui.preference.decoder_change import render_decoder_change
from ipo.ui.preference.decoder_settings import render_decoder_settings, render_folder, setting_keys
from ipo.ui.preference.decoder_status import render_decoder_status
from ipo.ui.preference.notices import render_notes
from ipo.ui.preference.pictures import render_pictures
from ipo.ui.preference.traversal import draw_line, line_version
from ipo.ui.preference.waiting import render_waiting
from ipo.ui.preference.without_pictures import render_without_pictures
from ipo.ui.runtime import widgets
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import default_of
from ipo.ui.text import plain

AHEAD = 6  # images decoded and in the browser before they are asked for
BATCH, PAIR, LINE, GALLERY = "Batch", "Pair", "Line", "Gallery"
MENU_WIDTH = 400  # pixels
MODES = (BATCH, QUEUE, PAIR, LINE, GALLERY)
TILES = (4, 9)
CHOICES = (
    Keys.CURATION_PROMPT,
    Keys.CURATION_DECODER,
    Keys.CURATION_SIZE,
    Keys.CURATION_MODE,
    Keys.CURATION_TILES,
)


def render() -> None:
    widgets.bring_back_choices()
    problem = render_choice()
    if problem and _family() == PICTURES:
        widgets.note_choices([*CHOICES, *setting_keys(PICTURES)])
        render_without_pictures(problem)
        return
    if problem:
        st.warning(plain(problem), icon=":material/edit_off:")
    if selection.awaited() is not None:
        render_waiting()
        return
    session = selection.selected()
    if session is None:
        st.info("Type what you would like to see. Judge what appears. It learns.")
        return
    mode, tiles = render_mode(session)
    st.session_state[Keys.PAGE_FRAGMENT] = Keys.CURATION_NEWS_PANEL
    if mode != GALLERY:
        forget_order()
    widgets.note_choices([*CHOICES, *setting_keys(_family())])
    render_news()
    render_work(session, mode, tiles)


def _family() -> str:
    return str(st.session_state[Keys.CURATION_DECODER])


def render_choice() -> str:
    """Prompt, decoder and size. Returns what is wrong with them, or nothing."""
    problem = selection.adopt_address() or selection.unknown_decoder()
    selection.bring_back_choice()
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    prompt, size = "", ""
    if selection.decoder_at_hand() == PICTURES:
        render_folder(bar)
    else:
        prompt = bar.text_input(
            "Prompt",
            default_of(Keys.CURATION_PROMPT, selection.DEFAULT_PROMPT, ""),
            key=Keys.CURATION_PROMPT,
            label_visibility="collapsed",
            placeholder="Type what you would like to see. Judge what appears. It learns.",
            bind="query-params",
        )
    menu = bar.popover(plain(selection.size_and_decoder()), width="content")
    with menu.container(width=MENU_WIDTH):
        decoder = st.selectbox(
            "Decoder",
            selection.decoders(),
            key=Keys.CURATION_DECODER,
            help="What draws the images. Choose “pictures” to judge those of a folder of yours instead.",
            bind="query-params",
        )
        below_decoder = st.container()
        if decoder != PICTURES:
            size = st.selectbox(
                "Image side in pixels",
                [str(size) for size in selection.SIZES],
                index=default_of(Keys.CURATION_SIZE, selection.SIZES.index(selection.DEFAULT_SIZE), 0),
                key=Keys.CURATION_SIZE,
                accept_new_options=True,
                help="A multiple of 8. Type another if you like.",
                bind="query-params",
            )
        if decoder in FAMILIES:
            render_family(decoder)
        render_decoder_settings(decoder)
    wrong = selection.select(prompt or "", size or "", decoder)
    with below_decoder:  # the open menu covers what the page says
        if wrong and decoder != PICTURES:
            st.warning(plain(wrong), icon=":material/edit_off:")
        elif not wrong and (session := selection.selected()) is not None:
            render_decoder_status(session)
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
    """How images are shown, and how many at a time. Between the pictures of a folder there is no line."""
    modes = [one for one in MODES if one != LINE or session.pool is None]
    if st.session_state.get(Keys.CURATION_MODE, QUEUE) not in modes:
        st.session_state[Keys.CURATION_MODE] = QUEUE
    with st.container(horizontal=True, vertical_alignment="center"):
        mode = st.segmented_control(
            "Mode",
            modes,
            default=default_of(Keys.CURATION_MODE, QUEUE, None),
            required=True,
            key=Keys.CURATION_MODE,
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
                format_func=lambda count: f"{count:d} tiles",
                label_visibility="collapsed",
                bind="query-params",
            )
        render_pictures(session)
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


@live_panel(Keys.CURATION_NEWS_PANEL, lambda: partial(_news, selection.selected()))
def render_news() -> None:
    """What the session has to tell, above what is at work."""
    session = selection.selected()
    if session is None:
        return
    render_decoder_change(session)
    render_notes(session)
    with st.container():  # a place of its own, because the session may be opened only now
        render_damaged(session)


def _news(session: PreferenceSession | None) -> Any:
    return session and (session.notices, list(session.damaged), session.queue.change)


def render_work(session: PreferenceSession, mode: str, tiles: int) -> None:
    if mode == GALLERY:
        live_panel(Keys.CURATION_GALLERY_PANEL, partial(gallery_version, session))(render_gallery)(session)
    elif mode == LINE:
        live_panel(Keys.CURATION_LINE_PANEL, partial(line_version, session))(render_line)(session)
    else:
        session.queue.show(tiles, AHEAD)
        deck(session, mode=mode.lower(), tiles=tiles, ahead=AHEAD, key=Keys.CURATION_DECK)


def render_gallery(session: PreferenceSession) -> None:
    widgets.follow_choices()
    gallery(session, key=Keys.CURATION_GALLERY, on_retry=session.retry)


def render_line(session: PreferenceSession) -> None:
    """What the model has learnt, along the direction in which its values rise."""
    line = workspace().traversal(session)
    if line.wanting:
        line.decode()
    draw_line(line, on_decode=line.decode, again=Keys.CURATION_LINE_DECODE, steps=Keys.CURATION_LINE_STEPS)


render()
