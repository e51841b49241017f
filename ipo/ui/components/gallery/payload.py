"""Rows as the gallery's component reads them: what is in view, and all about the one that is open."""

from collections.abc import Mapping, Sequence
from typing import Any

from ipo.pictures.kind import EMBEDDER, FOLDER
from ipo.preference.analysis.gallery import Entry, Sort
from ipo.preference.analysis.verify import Match
from ipo.preference.candidates import PICTURE, content_of
from ipo.preference.schema import CandidateRecord
from ipo.preference.state import NAMES, RIDGE
from ipo.preference.storage.rows import Row
from ipo.services.gallery_data import GalleryData
from ipo.visible import visible

_SHORT = 12  # digits of a long hash
_SYMBOLS = {"theta": "θ"}


def tiles(
    sheet: GalleryData, listed: Mapping[str, Entry], ids: Sequence[str], sort: Sort
) -> list[dict[str, Any]]:
    """Rows in view."""
    rows = {id_: row for id_ in ids if (row := sheet.session.row(id_)) is not None}
    return [
        {
            "id": id_,
            "number": row.number,
            "label": row.label,
            "mark": _mark(listed[id_], sort),
        }
        for id_, row in rows.items()
    ]


def _mark(entry: Entry, sort: Sort) -> float | None:
    """The number that a tile shows: the one that it is sorted by."""
    if sort == Sort.NEWEST:
        return None
    return entry.held_out if sort == Sort.DISAGREEMENT else entry.value


def opened(sheet: GalleryData, row: Row, entry: Entry) -> dict[str, Any]:
    """One row with its values, lineage and history."""
    record = row.candidate
    return {
        "id": row.candidate_id,
        "number": row.number,
        "label": row.label,
        "value": entry.value,
        "sd": None if entry.value is None else sheet.predictions.deviation(row.candidate_id),
        "model": NAMES[sheet.session.queue.proposing.model],
        "heldOut": entry.held_out,
        "whyNotHeldOut": _why_not_held_out(sheet) if entry.held_out is None else "",
        "proposed": {"value": record.value, "sd": record.sd, "model": record.value_model},
        "facts": _facts(record),
        "created": record.created_at,
        "judged": row.judged_at,
        "history": [{"at": act.at, "action": visible(act.action), "label": act.label} for act in row.history],
        "verdict": _verdict(sheet, row.candidate_id),
    }


def _why_not_held_out(sheet: GalleryData) -> str:
    if sum(sheet.session.state.counts()) == 1 and sheet.session.state.train_status[RIDGE].rows:
        return "Not held out: it is the only row."
    return "Ridge has not been fitted without this row yet."


def _facts(record: CandidateRecord) -> list[tuple[str, str, str]]:
    """Lineage as name, text, and what a pointer on it says."""
    decoder = record.decoder
    weights = str(decoder.get("weights_hash") or "none")
    made_by = f"{decoder.get('name')} {decoder.get('version')} · weights {weights[:_SHORT]}"
    proposer = " · ".join([record.proposer, *_pairs(record.proposer_parameters)])
    facts = [
        ("Proposer", proposer, ""),
        ("Seed", str(record.seed), "Everything random about it follows from this"),
    ]
    content = content_of(record.settings)
    if content:
        facts = [
            ("Picture", str(record.settings.get(PICTURE)), "The file below the folder"),
            ("Folder", str(record.settings.get(FOLDER)), ""),
            ("Content", content[:_SHORT], f"sha256 of the file: {content}"),
            *facts,
            (
                "Embedder",
                f"{record.settings.get(EMBEDDER)} · weights {weights[:_SHORT]}",
                f"weights {weights}",
            ),
        ]
    else:
        facts = [
            ("Candidate", record.id, "sha256 of session and latent"),
            *facts,
            ("Anchor", record.anchor, "The latent that the prompt stands for"),
            ("Decoder", made_by, f"weights {weights}"),
            ("Settings", " · ".join(_pairs(record.settings)), ""),
        ]
    return [(name, visible(text), visible(title)) for name, text, title in facts]


def _pairs(settings: Mapping[str, Any]) -> list[str]:
    return [
        f"{_SYMBOLS.get(name, name)} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    ]


def _verdict(sheet: GalleryData, id_: str) -> dict[str, Any]:
    verdict = sheet.verdict(id_)
    if verdict is None:
        return {"state": "running" if sheet.verifying(id_) else "none", "same": False, "says": ""}
    same = verdict.match in (Match.SAME_BYTES, Match.SAME_PIXELS, Match.SAME_BUT_ROUNDED)
    return {"state": "done", "same": same, "says": verdict.says}
