"""What Ridge's values are learnt from: latents, what images show, or both."""

from dataclasses import replace

import streamlit as st

from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.services.embedding.row_embeddings import EmbeddingStatus
from ipo.ui.glossary import JUDGING, explain
from ipo.ui.preference import selection
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import plain
from ipo.value.two_kernels import BOTH, EMBEDDING, FEATURES, LATENT
from value_model import train_and_record

WIDTH = 130  # pixels of the list, as the one above it
NAMES = {LATENT: "latents", EMBEDDING: "embeddings", BOTH: "both"}
WHY = "\n\n".join(
    [
        explain(JUDGING, "embedding", "embedder"),
        "With embeddings, or both, several proposals are looked at for each image that you are shown. λ "
        "path, learning curve and line are those of latents alone.",
    ]
)


def draw_features(session: PreferenceSession) -> None:
    """The choice, and what comes of it. Nothing for pictures of a folder, which have no latents."""
    if session.pool is not None:
        return
    asked = shared_value(Keys.VALUE_MODEL_FEATURES, session.state.params.features, session.key.id)
    with st.container(horizontal=True, vertical_alignment="center", border=False):
        st.caption(_in_use(session), width="stretch", help=WHY)
        st.selectbox(
            "Learnt from",
            FEATURES,
            index=FEATURES.index(asked.value),
            key=asked.key,
            format_func=NAMES.__getitem__,
            on_change=on_choice,
            args=(asked, _set_features),
            label_visibility="collapsed",
            width=WIDTH,
        )


def _in_use(session: PreferenceSession) -> str:
    if session.state.params.features == LATENT:
        return "values learnt from latents"
    status = workspace().row_embeddings.status_of(session)
    if status.problem:
        return f":red[{plain(status.problem)}] Until then values are learnt from latents."
    return " · ".join(part for part in (_learnt_from(session, status), _left_out(status)) if part)


def _learnt_from(session: PreferenceSession, status: EmbeddingStatus) -> str:
    fit = session.state.image_fit
    if fit is None:
        return "values learnt from latents, until images of either label are embedded"
    what = f"values learnt from embeddings by {plain(status.embedder)}"
    if session.state.params.features == BOTH:
        what += f", which weigh {100 * fit.share:.0f} %, and latents"
    looked_at = session.queue.looking.proposals
    if looked_at > 1:
        return f"{what} · {looked_at:d} proposals looked at for an image"
    return f"{what} · proposals ranked by latents: to look at more than one takes this decoder too long"


def _left_out(status: EmbeddingStatus) -> str:
    if not status.missing:
        return ""
    images = "1 image has" if status.missing == 1 else f"{status.missing:,} images have"
    return f":orange[{images} no embedding yet and {'is' if status.missing == 1 else 'are'} left out]"


def _set_features(features: str) -> None:
    session = selection.selected()
    if session is None:
        return
    session.state.params = replace(session.state.params, features=features)
    session.save_settings()
    train_and_record(session.state, workspace().background, on_adopt=session.queue.predict_again)
    workspace().row_embeddings.update(session)
