"""The cluster: to connect, who computes there, what is wrong."""

import streamlit as st

from ipo.cluster.connection import ClusterStatus, State
from ipo.cluster.settings import EXAMPLE, ClusterSettings, TLSFiles, WhenLost
from ipo.keys import Keys
from ipo.services.settings.cluster_connection import ClusterConnection
from ipo.ui.job_panels import size_text
from ipo.ui.panels import table
from ipo.ui.text import plain

WHEN_LOST = {
    WhenLost.LOCAL: "do its work here",
    WhenLost.WAIT: "wait until it is back",
}
_COUNTED = {0: "No worker is", 1: "One worker is"}


def draw_cluster(connection: ClusterConnection) -> None:
    st.subheader("Cluster", anchor=False)
    status = connection.status
    draw_state(connection, status)
    if connection.wanted is None:
        draw_form(connection)
    else:
        st.button(
            "Cancel" if connection.busy else "Disconnect",
            key=Keys.SETTINGS_CLUSTER_DISCONNECT,
            icon=":material/link_off:",
            on_click=connection.disconnect,
            help="Everything is computed in this process again, also at the next start.",
        )
    if status.workers:
        draw_workers(status)


def draw_state(connection: ClusterConnection, status: ClusterStatus) -> None:
    """In a sentence or two."""
    address = plain(status.address)
    if connection.busy:
        st.info(f"Asking the scheduler at {address or 'its address'} …", icon=":material/hourglass_top:")
    elif status.state == State.CONNECTED:
        count = len(status.usable)
        there = _COUNTED.get(count, f"{count} workers are")
        jobs = f"Jobs under way from here: {status.under_way}." if status.under_way else ""
        st.success(f"{plain(there)} at work for {address}. {plain(jobs)}", icon=":material/hub:")
    elif status.state == State.LOST:
        lost = connection.wanted.when_lost if connection.wanted is not None else WhenLost.LOCAL
        goes_on = "is done here" if lost == WhenLost.LOCAL else "waits"
        st.warning(
            f"{plain(connection.problem)}. Its work {goes_on} until the scheduler is back, which is looked "
            "for every two seconds. Nothing that was judged or labelled depends on it.",
            icon=":material/cloud_off:",
        )
    elif connection.problem:
        st.error(plain(connection.problem), icon=":material/error:")
    else:
        st.info(
            "Everything is computed in this process. With a cluster, images are made, trees are fitted and "
            "scores are held out in other processes, here or on other machines. Type `ipo cluster` in a "
            "terminal to start one, and its address below.",
            icon=":material/computer:",
        )


def draw_form(connection: ClusterConnection) -> None:
    with st.form(Keys.SETTINGS_CLUSTER_FORM, border=False):
        st.text_input("Address of the scheduler", key=Keys.SETTINGS_CLUSTER_ADDRESS, placeholder=EXAMPLE)
        st.radio(
            "When it is lost",
            list(WhenLost),
            format_func=WHEN_LOST.__getitem__,
            key=Keys.SETTINGS_CLUSTER_WHEN_LOST,
            horizontal=True,
        )
        with st.expander("Certificates, for an address that begins with tls://"):
            for key, label in (
                (Keys.SETTINGS_CLUSTER_CA, "Authority (PEM file)"),
                (Keys.SETTINGS_CLUSTER_CERT, "Certificate (PEM file)"),
                (Keys.SETTINGS_CLUSTER_KEY, "Key (PEM file)"),
            ):
                st.text_input(label, key=key)
        st.form_submit_button(
            "Connect",
            key=Keys.SETTINGS_CLUSTER_CONNECT,
            type="primary",
            icon=":material/link:",
            on_click=_connect,
            args=(connection,),
            help="A cluster runs programs for whoever may connect to it: use those that you trust.",
        )


def draw_workers(status: ClusterStatus) -> None:
    rows = []
    for worker in status.workers:
        memory = size_text(worker.used) + (f" of {size_text(worker.memory)}" if worker.memory else "")
        gpus = f"{worker.gpus:.0f}" if worker.gpus else "–"
        state = "; ".join(worker.refused) or (f"{worker.running} running" if worker.running else "idle")
        rows.append((worker.address, str(worker.threads), gpus, memory, state))
    table(("Worker", "Threads", "GPUs", "Memory", "State"), rows)
    if any(worker.refused for worker in status.workers):
        st.caption("Nothing is sent to a worker of other versions.")


def _connect(connection: ClusterConnection) -> None:
    state = st.session_state
    paths = [
        str(state[key]).strip()
        for key in (Keys.SETTINGS_CLUSTER_CA, Keys.SETTINGS_CLUSTER_CERT, Keys.SETTINGS_CLUSTER_KEY)
    ]
    connection.connect(
        ClusterSettings(
            str(state[Keys.SETTINGS_CLUSTER_ADDRESS]).strip(),
            state[Keys.SETTINGS_CLUSTER_WHEN_LOST],
            TLSFiles(*paths) if any(paths) else None,
        )
    )
