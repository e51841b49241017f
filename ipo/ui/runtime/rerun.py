"""Has Streamlit run fragments of a tab again because the server says so; no browser and no timer has to ask.

Streamlit has no public way: the names with an underscore are all of its insides that this needs, and
`tests/unit/ui/runtime/test_rerun.py` says so when another version has them no more.
"""

from collections.abc import Iterable
from enum import Enum, auto

from streamlit import runtime
from streamlit.errors import StreamlitAPIException
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.fragment import FragmentStorage
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

_PUSHED = frozenset({"pushed"})  # where a browser names the messages that it has in its cache


class Answer(Enum):
    """What came of the request."""

    ASKED = auto()
    BUSY = auto()  # a script runs, or what it drew is on its way: Streamlit would drop some of that
    GONE = auto()  # the browser is not connected


def request_rerun(session_id: str, fragments: Iterable[str]) -> Answer:
    """Run these fragments of a tab, by their keys. On the thread of the event loop.

    The run brings no values of widgets along, so that none comes back as somebody's choice.
    """
    info = runtime.get_instance()._session_mgr.get_active_session_info(session_id)
    if info is None:
        return Answer.GONE
    session: AppSession = info.session
    # A run that begins clears what its fragments have drawn from the queue to the browser. Where that is a
    # whole page which was not sent yet, the browser gets parts without the page around them, and shows none.
    if session._scriptrunner is not None or len(session._browser_queue):
        return Answer.BUSY
    ids = _fragment_ids(session._fragment_storage, fragments)
    if ids:
        last = session._client_state  # of the run before: the page, its address, and the browser's theme
        session._create_scriptrunner(
            RerunData(
                query_string=last.query_string,
                page_script_hash=last.page_script_hash,
                context_info=last.context_info if last.HasField("context_info") else None,
                widget_states=WidgetStates(),
                cached_message_hashes=_PUSHED,
                fragment_id_queue=ids,
            )
        )
    return Answer.ASKED


def is_pushed() -> bool:
    """Whether the run under way was asked for here, and not by the browser."""
    context = get_script_run_ctx()
    return context is not None and context.cached_message_hashes == _PUSHED


def _fragment_ids(storage: FragmentStorage, keys: Iterable[str]) -> list[str]:
    """Of the fragments that are there: a run that was cut short has not come to all."""
    ids = []
    for key in keys:
        try:
            ids += storage.resolve_target(key)
        except StreamlitAPIException:
            continue
    return ids
