"""What a browser shows of a set of images beside the points: labels, training, what went wrong."""

import json
import logging
import zlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ipo.api.browser_json import browser_json

if TYPE_CHECKING:  # they bring torch, which a server that shows no digits does without
    from ipo.digits.labels.store import LabelStore
    from ipo.services.digits.latent_map_data import LabelCodes
    from ipo.services.digits.service import DigitsService

logger = logging.getLogger(__name__)

CLOSED = 0  # the version of a set that is not at work here

_NO_LABELS = {"version": None, "changes": None}


def digits_view(service: "DigitsService", clients: list[str], known: int | None) -> dict[str, Any]:
    """The view for the browsers that ask, as plain JSON; `known` is the version of the labels they show.

    `version` is another number when anything but the answers to these browsers, or the words of a training,
    is another.
    """
    latent_map = service.latent_map
    labels = latent_map.labels() if service.opened else None
    shared = _shared(service, labels)
    changes = None if labels is None else latent_map.label_changes(known, labels)
    if changes is not None:
        shared["labels"]["changes"] = {"rows": changes.rows, "codes": changes.codes}
    return {**shared, "acknowledged": dict(service.label_events.acknowledged(clients))}


def digits_version(service: "DigitsService | None") -> int:
    """The version of a set's view; `CLOSED` where it is not at work."""
    if service is None:
        return CLOSED
    labels = service.latent_map.labels() if service.opened else None
    return int(_shared(service, labels)["version"])


def _shared(service: "DigitsService", labels: "LabelCodes | None") -> dict[str, Any]:
    """What is the same for every browser."""
    opened = labels is not None
    points = service.latent_map.newest_points() if opened else None
    undo, redo = _next_acts(service.digits.labels) if opened else (None, None)
    view: dict[str, Any] = browser_json(
        {
            "opened": opened,
            "error": service.label_events.error or service.problem,
            "notice": (service.digits.labels.notice or _notice(service)) if opened else "",
            "data": _data(service) if opened else None,
            "points": None if points is None else points.version,
            "predicting": service.predicting,
            "labels": _NO_LABELS if labels is None else {"version": labels.version, "changes": None},
            "undo": undo,
            "redo": redo,
            "training": _training(service),
            "suggestions": _suggestions(service),
            "strategies": service.suggestions.strategies,
        }
    )
    version = zlib.crc32(json.dumps({**view, "training": {**view["training"], "text": ""}}).encode()) or 1
    return {**view, "version": version}


def _next_acts(store: "LabelStore") -> tuple[str | None, str | None]:
    """What undo and redo would do, in words."""
    try:
        return store.undoable, store.redoable
    except (OSError, ValueError) as error:  # which the next act says to the user
        logger.warning("the log of labels cannot be read: %s", error)
        return None, None


def _data(service: "DigitsService") -> dict[str, Any]:
    data = service.digits.data
    count, height, width = data.images.shape
    return {
        "name": service.source,
        "sha": service.latent_map.images_version,
        "count": count,
        "height": height,
        "width": width,
        "classes": data.class_names,
        "truth": data.truth is not None,
    }


def _training(service: "DigitsService") -> dict[str, Any]:
    status, work = service.digits.status, service.work
    waits = f"Waits for: {work.ahead}" if work.ahead else ""
    doing = work.job.message if work.job is not None and work.busy else ""
    return {
        "state": status.state,
        "fraction": round(status.fraction, 2),
        "text": status.text or waits or doing,
        "busy": status.busy or work.busy,
    }


def _suggestions(service: "DigitsService") -> dict[str, Any]:
    return {"chosen": service.suggestions.chosen, **asdict(service.suggestions.view())}


def _notice(service: "DigitsService") -> str:
    """What the map does not show yet, in a sentence; empty where it shows all."""
    digits, predictions = service.digits, service.digits.predictions
    if predictions is None:
        return "The images are being predicted: the map comes by itself." if service.predicting else ""
    if service.predicting or digits.status.busy:
        return ""
    if predictions.step == 0 and not digits.trained:
        return "The model has not learnt yet: the map shows what it sees by chance. Label some, then train."
    epochs = len(digits.history)
    if predictions.epoch != epochs:
        return f"The map is of epoch {predictions.epoch}; the model has learnt {epochs}."
    return ""
