"""Why a mail was decided as it was: both heads, the clues, and the phrases that carry the decision."""

import streamlit as st

from ipo.mail.explaining.opinion import ClueReading, Opinion
from ipo.mail.mails import LABEL_NAMES, SAFE, SPAM
from ipo.mail.training.run import TrainRun
from ipo.proportions import percent
from ipo.services.mail.opinions import ExplainedMail
from ipo.services.mail.service import MailService
from ipo.ui.figures.base import signed
from ipo.ui.html import Html, div, draw, span
from ipo.ui.text import plain

_PHRASES = 6
_CLUES = 4
_PHRASE = 90  # characters
_TITLE = 70
_BODY = 1_500


def draw_card(service: MailService, run: TrainRun, id_: str) -> None:
    """A mail in three lines: title, what tipped it, its strongest clues."""
    explained = _explained(service, run, id_)
    if explained is None:
        draw(div("…", class_="ipo-mail-card"))
        return
    title = explained.mail.title or "without a title"
    clues = " · ".join(_clue(reading) for reading in explained.opinion.clues if reading.present)
    draw(
        div(
            div(_short(title, _TITLE), class_="title", title=title),
            div(f"{_label(run, id_)}. {explained.opinion.sentence}", class_="verdict"),
            div(clues or "none of the clues is present", class_="clues"),
            class_="ipo-mail-card",
        )
    )


def draw_explanation(service: MailService, run: TrainRun, id_: str) -> None:
    """A mail with everything that is known of its decision."""
    explained = _explained(service, run, id_)
    if explained is None:
        st.caption(_why_not(service, run, id_))
        return
    mail, opinion = explained.mail, explained.opinion
    st.markdown(f"**{plain(_short(mail.title or 'without a title', _TITLE))}**")
    st.caption(f"{plain(mail.source)} · {plain(_label(run, id_))}")
    st.markdown(plain(opinion.sentence))
    draw(*_heads(opinion))
    draw(div("clues, by what they add to the logit of the clue head", class_="ipo-quiet ipo-mail-line"))
    draw(*(_bar(reading.title, _value(reading), reading.contribution) for reading in opinion.clues[:_CLUES]))
    draw(
        div(
            "phrases, by what the logit of the text head loses without them", class_="ipo-quiet ipo-mail-line"
        )
    )
    draw(
        *(
            _bar(_short(explained.text[phrase.start : phrase.end], _PHRASE), "", phrase.effect)
            for phrase in opinion.phrases[:_PHRASES]
        )
    )
    with st.expander("The mail"):
        st.text(mail.body[:_BODY])


def _explained(service: MailService, run: TrainRun, id_: str) -> ExplainedMail | None:
    mails = service.mails
    if mails is None or id_ not in mails.rows:
        return None
    return service.opinions.get(run, mails.mail(mails.rows[id_]))


def _why_not(service: MailService, run: TrainRun, id_: str) -> str:
    mails = service.mails
    if mails is not None and id_ not in mails.rows:
        return "This mail is not in the set any more."
    problem = mails and service.opinions.problem(run, mails.mail(mails.rows[id_]))
    return f":red[{plain(problem)}]" if problem else "Asking both heads …"


def _label(run: TrainRun, id_: str) -> str:
    place = run.mails.ids.index(id_)
    label = int(run.mails.labels[place])
    part = ("learnt from", "tuned with", "tested")[int(run.mails.parts[place])]
    return f"Labelled {LABEL_NAMES[label]}, {part}" if label in (SAFE, SPAM) else part


def _heads(opinion: Opinion) -> list[Html]:
    asked = "consulted" if opinion.consulted else "not consulted"
    return [
        _bar("text", f"{percent(opinion.p_text, 1)}", opinion.p_text - opinion.threshold),
        _bar(f"clues, {asked}", f"{percent(opinion.p_numeric, 1)}", opinion.p_numeric - 0.5),
    ]


def _bar(name: str, value: str, effect: float) -> Html:
    """One line; what speaks for spam is orange, what speaks against it blue."""
    side = "spam" if effect > 0 else "safe"
    return div(
        span(name, title=name, class_="name ipo-line"),
        span(value, class_="value"),
        span(signed(effect), class_=f"effect {side}"),
        class_="ipo-mail-effect",
    )


def _clue(reading: ClueReading) -> str:
    return f"{reading.title} {_value(reading)} ({signed(reading.contribution, 1)})"


def _value(reading: ClueReading) -> str:
    return f"{reading.value:,.0f}" if reading.value >= 100 else f"{reading.value:.3g}"


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
