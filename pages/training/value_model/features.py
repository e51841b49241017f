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
        st.caption(_learnt_from(session), width="stretch", help=WHY)
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
    st.caption(_note(session))


def _learnt_from(session: PreferenceSession) -> str:
    """Short: it stands beside the list."""
    fit, asked = session.state.image_fit, session.state.params.features
    if asked == LATENT or fit is None:
        return "values learnt from latents"
    if asked == EMBEDDING:
        return "values learnt from embeddings"
    return f"from both; embeddings weigh {100 * fit.share:.0f} %"


def _note(session: PreferenceSession) -> str:
    if session.state.params.features == LATENT:
        return "proposals ranked by latents"
    status = workspace().row_embeddings.status_of(session)
    if status.problem:
        return f":red[{plain(status.problem)}] Until then values are learnt from latents."
    return f"{plain(status.embedder)} · {_looking(session)}{_left_out(status)}"


def _looking(session: PreferenceSession) -> str:
    if session.state.image_fit is None:
        return "waits until images of either label are embedded"
    looked_at = session.queue.looking.proposals
    if looked_at > 1:
        return f"{looked_at:d} proposals looked at for each image"
    return "proposals ranked by latents: to look at more than one takes this decoder too long"


def _left_out(status: EmbeddingStatus) -> str:
    if not status.missing:
        return ""
    if status.missing == 1:
        return " · :orange[1 image has no embedding yet and is left out]"
    return f" · :orange[{status.missing:,} images have no embedding yet and are left out]"


def _set_features(features: str) -> None:
    session = selection.selected()
    if session is None:
        return
    session.state.params = replace(session.state.params, features=features)
    session.save_settings()
    train_and_record(session.state, workspace().background, on_adopt=session.queue.predict_again)
    workspace().row_embeddings.update(session)
