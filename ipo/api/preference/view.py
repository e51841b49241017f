"""What a browser shows of a preference session: the candidates in hand, the last acts, what went wrong."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from ipo.api.addresses import image_address, preview_address
from ipo.api.browser_json import browser_json
from ipo.preference.candidates import Candidate
from ipo.preference.pace import Making
from ipo.preference.proposals.predictions import Shown
from ipo.preference.proposals.previews import Preview
from ipo.preference.session import PreferenceSession
from ipo.preference.view import ListedAct, RecentJudgement

CLOSED = 0  # the version of a session that is not at work here


def preference_view(
    session: PreferenceSession, clients: Sequence[str], most: int | None = None
) -> dict[str, Any]:
    """The view for the browsers that ask, as plain JSON, with the first `most` candidates in hand.

    `version` is another number when anything but the answers to these browsers is another. `generation`
    counts changes of labels.
    """
    generation = session.state.pool.generation  # before the view, which may then be newer than it says
    view = session.view(clients)
    shared = {
        "generation": generation,
        "opened": session.opened,
        "judged": sum(session.state.counts()) + session.state.pairs(),
        "pairs": session.state.pairs(),
        "hand": [_shown(session, shown) for shown in view.queue],
        "recent": [_recent(session, judged) for judged in view.recent],
        "undo": [_act(act) for act in view.undoable],
        "redo": [_act(act) for act in view.redoable],
        "error": view.error,
        "waiting": view.waiting,
        "making": _making(view.making),
        "previews": [_preview(session, preview) for preview in view.previews],
    }
    data: dict[str, Any] = browser_json(shared)
    version = zlib.crc32(json.dumps(data).encode()) or 1
    return {
        **data,
        "hand": data["hand"][:most],  # undo in the gallery makes it longer
        "version": version,
        "acknowledged": view.acknowledged,
        "notice": view.notice,
        "left": None if view.making is None else view.making.left,
    }


def preference_version(session: PreferenceSession | None) -> int:
    """The version of a session's view; `CLOSED` where it is not at work."""
    return CLOSED if session is None else int(preference_view(session, [])["version"])


def _making(making: Making | None) -> dict[str, Any] | None:
    """Without the time that is left, which is another at each look."""
    if making is None:
        return None
    return {"seconds": round(making.seconds, 1), "ahead": making.ahead, "message": making.message}


def _preview(session: PreferenceSession, preview: Preview) -> dict[str, Any]:
    """`id` is that of the candidate, which it will have when it is in hand."""
    url = preview_address(session.key.id, preview.id)
    return {"id": preview.candidate, "url": url, "message": preview.message}


def _shown(session: PreferenceSession, shown: Shown) -> dict[str, Any]:
    forecast = shown.forecast
    return {
        **_candidate(session, shown.candidate),
        "value": None if forecast is None else forecast.value,
        "sd": None if forecast is None else forecast.sd,
    }


def _recent(session: PreferenceSession, judged: RecentJudgement) -> dict[str, Any]:
    return {
        **_candidate(session, judged.candidate),
        "label": judged.label,
        "other": None if judged.other is None else _candidate(session, judged.other),
        "side": judged.side,
        "place": judged.place,
    }


def _act(act: ListedAct) -> dict[str, Any]:
    """An act with all that a browser needs to take it back, or do it again, before the answer is there."""
    changes = [
        {
            "kind": listed.change.action,
            "item": listed.change.item.kind,
            "id": listed.change.item.candidates[0],
            "other": listed.change.item.candidates[1] if len(listed.change.item.candidates) > 1 else None,
            "side": listed.side,
            "label": listed.change.label,
            "before": listed.change.before,
            "place": listed.place,
        }
        for listed in act.changes
    ]
    return {"event": act.event, "text": act.text, "changes": changes}


def _candidate(session: PreferenceSession, candidate: Candidate) -> dict[str, Any]:
    proposal = candidate.proposal
    return {
        "id": candidate.id,
        "url": image_address(session.key.id, candidate.id),
        "proposer": proposal.proposer,
        "theta": proposal.parameters.get("theta"),
    }
