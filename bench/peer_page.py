"""The peer of `bench.responsiveness`: the same judgements with Streamlit's own image and buttons.

Images are decoded beforehand and rows are saved by the same code; only the deck is missing.
"""

import os
from pathlib import Path

import numpy as np
import streamlit as st

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.jobs import SILENT
from ipo.preference.candidates import Candidate
from ipo.preference.proposals.generate import Proposing, make_candidates
from ipo.preference.proposals.proposers import ProposalContext
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey

KEY = SessionKey("misty harbour at dawn", 448, "procedural")


@st.cache_resource
def candidates() -> list[Candidate]:
    decoder = ProceduralDecoder()
    count = int(os.environ["PEER_IMAGES"])
    return list(
        make_candidates(KEY, decoder, Proposing(), ProposalContext(), range(count), SILENT).candidates
    )


@st.cache_resource
def store() -> RowStore:
    folder = SessionFolder(Path(os.environ["IPO_HOME"]), KEY)
    folder.create()
    rows = RowStore(folder.path, np.shape(candidates()[0].z))
    rows.create()
    return rows


def judge(label: int) -> None:
    store().save(candidates()[st.session_state.place], label, f"peer:{st.session_state.place}")
    st.session_state.place += 1


@st.fragment
def queue() -> None:
    st.image(candidates()[st.session_state.place].png, width=640)
    st.button("Bad", shortcut="ArrowLeft", on_click=judge, args=(-1,))
    st.button("Good", shortcut="ArrowRight", on_click=judge, args=(1,))


st.session_state.setdefault("place", 0)
queue()
