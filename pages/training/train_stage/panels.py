"""The launchpad: what is ready to be learnt from. Nerd Mode: all that can be set and looked into."""

import math
from collections.abc import Callable

import streamlit as st

from ipo.keys import Keys
from ipo.mail.training.readiness import Balance
from ipo.proportions import percent
from ipo.services.mail.service import MailService
from ipo.ui.glossary import MAIL, explain
from ipo.ui.html import div, draw, span
from ipo.ui.mail.chosen import require_service
from ipo.ui.page_paths import MAILBOX
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.widgets import default_of
from ipo.ui.text import plain
from pages.training.train_stage import callbacks, state, versions
from pages.training.train_stage.helpers.guardrail import preview_gate
from pages.training.train_stage.nerd_mode import draw_inspection
from pages.training.train_stage.parameters import draw_parameters
from pages.training.train_stage.visualizations import draw_gate_preview

CARD = 184  # px
_WIDE = 1.96  # standard deviations on either side of 95 % of a normal distribution
_GOOD = 0.97  # accuracy that the advice on the hold-out takes for an example


@live_panel(Keys.TRAIN_STAGE_LAUNCHPAD_PANEL, versions.launchpad)
def render_launchpad() -> None:
    service = require_service()
    if service.problem:
        st.error(plain(service.problem), icon=":material/error:")
    cards: tuple[Callable[[MailService], None], ...] = (
        _draw_balance,
        _draw_hygiene,
        _draw_token_budget,
        _draw_hold_out,
        _draw_guardrail,
    )
    with st.container(key=Keys.TRAIN_STAGE_LAUNCHPAD):
        columns = st.columns(len(cards), gap="small")
    for column, card in zip(columns, cards, strict=True):
        with column, st.container(border=True, height=CARD, gap="xsmall"):
            card(service)


@live_panel(Keys.TRAIN_STAGE_NERD_PANEL, versions.nerd)
def render_nerd_mode() -> None:
    service = require_service()
    draw_parameters()
    run = callbacks.shown_run(service)
    if run is not None:
        draw_inspection(service, run)


@panel("Labels")
def _draw_balance(service: MailService) -> None:
    heading(
        "Labels",
        "What a training learns from. It needs at least 6 spam and 6 safe mails, best as many of each.",
    )
    balance = service.balance()
    if balance is None:
        st.caption("The mails are being read …")
        return
    draw(
        div(
            span(f"{balance.spam:,} spam"),
            span(f"{balance.safe:,} safe"),
            class_="ipo-mail-numbers",
        ),
    )
    if balance.total:
        share = f"width:{100 * balance.spam / balance.total:.1f}%"
        draw(div(div(style=share), class_="ipo-mail-share"))
    if not balance.missing:
        st.caption(_balance_advice(balance))
    elif service.mails:  # before the sentences: the card may end before they do
        st.page_link(MAILBOX, label="Label mails", icon=":material/inbox:")
    for sentence in balance.missing:
        st.caption(f":red[{plain(sentence)}]")


def _balance_advice(balance: Balance) -> str:
    if not balance.lopsided:
        return f"Balanced: {balance.ratio:.2f} mails of the smaller class for each one of the larger."
    rare = "spam" if balance.spam < balance.safe else "safe"
    common = "safe" if rare == "spam" else "spam"
    ratio = f"{balance.ratio:.2f} {rare} for each {common} one"
    return f"Enough to train. More {rare} mails would teach most: {ratio}."


@panel("Hygiene")
def _draw_hygiene(service: MailService) -> None:
    heading(
        "Hygiene",
        "Copies and personal data, as far as the filter would read them. " + explain(MAIL, "near-duplicates"),
    )
    mask = bool(st.session_state[Keys.TRAIN_PARAMS]["mask"])
    found, personal = service.hygiene(mask=mask), service.personal_data()
    if found is None or personal is None:
        st.caption("Looking for near-duplicates and personal data …")
    else:
        kinds = " · ".join(f"{kind} {count:,}" for kind, count in personal.items() if count)
        lines = [
            f"{found.duplicates:,} near-duplicates, {found.empty:,} empty",
            f"{found.contradictory:,} near-duplicates with different labels" if found.contradictory else "",
            f"personal data in mails: {kinds or 'none found'}",
        ]
        draw(*(div(line, class_="ipo-mail-line") for line in lines if line))
    st.toggle(
        "Mask personal data",
        default_of(Keys.TRAIN_STAGE_MASK, mask, False),
        key=Keys.TRAIN_STAGE_MASK,
        on_change=callbacks.change_param,
        args=("mask", Keys.TRAIN_STAGE_MASK),
        help="Before anything is learnt, a phone number becomes “[phone]”, and so on.",
    )


@panel("Token budget")
def _draw_token_budget(service: MailService) -> None:
    heading(
        "Token budget",
        "How long mails are in the tokens of the embedding. It does not read beyond its limit.\n\n"
        + explain(MAIL, "embedding"),
    )
    budget = state.compute_token_budget_summary(st.session_state, service)
    if budget is None:
        problem = service.token_budgets.problem
        st.caption(f":red[{plain(problem)}]" if problem else "Counting tokens …")
        return
    draw(
        div(f"{budget.mean:,.0f} on average", class_="ipo-mail-line"),
        div(f"{budget.p95:,.0f} or more in the longest twentieth", class_="ipo-mail-line"),
        div(f"{percent(budget.truncated, 1)} of mails cut", class_="ipo-mail-line"),
    )
    st.caption(f"by {plain(st.session_state[Keys.TRAIN_PARAMS]['embedder'])}")


@panel("Hold-out")
def _draw_hold_out(service: MailService) -> None:
    heading(
        "Hold-out",
        explain(MAIL, "hold-out", "tune part", "test part"),
    )
    share = float(st.session_state[Keys.TRAIN_PARAMS]["hold_out"])
    st.slider(
        "Hold-out",
        10,
        50,
        default_of(Keys.TRAIN_STAGE_HOLD_OUT, round(100 * share), None),
        step=5,
        key=Keys.TRAIN_STAGE_HOLD_OUT,
        format="%d %%",
        label_visibility="collapsed",
        on_change=callbacks.change_hold_out,
    )
    balance = service.balance()
    if balance is not None and balance.total:
        st.caption(_hold_out_advice(balance.total, share))


def _hold_out_advice(labels: int, share: float) -> str:
    tested = max(1, round(labels * share / 2))
    points = 100 * _WIDE * math.sqrt(_GOOD * (1 - _GOOD) / tested)
    return (
        f"About {labels - 2 * tested:,} mails teach, {tested:,} tune, {tested:,} test (near-duplicates stay "
        f"together): an accuracy of 97\u202f% "
        f"would be known to ±\u202f{points:.1f} points."
    )


@panel("Guardrail")
def _draw_guardrail(service: MailService) -> None:
    heading(
        "Guardrail",
        "Bars: test mails of the run that is shown, by probability. Dashed: the threshold. All this is "
        "set in "
        "Nerd Mode.\n\n" + explain(MAIL, "guardrail", "band", "threshold"),
    )
    run = callbacks.shown_run(service)
    if run is None:
        st.caption("Train once to see how many mails would fall in the band.")
        return
    gate = preview_gate(run, state.parse_train_params(st.session_state))
    draw_gate_preview(run, gate)
    st.caption(f"{gate.consulted:,} of {gate.mails:,} mails in the orange band")
