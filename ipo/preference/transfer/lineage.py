"""How a candidate came about, as the columns of an export."""

import json
from typing import Any

from ipo.preference.schema import CandidateRecord


def lineage(candidate: CandidateRecord) -> dict[str, Any]:
    """Names and plain values: text, numbers, `None`; what has parts of its own is JSON."""
    return {
        "candidate": candidate.id,
        "session": candidate.session,  # where it was proposed; a duplicate has rows of its original
        "prompt": candidate.prompt,
        "size": candidate.settings.get("size"),
        "settings": json.dumps(candidate.settings),
        "seed": candidate.seed,
        "decoder": candidate.decoder.get("name"),
        "decoder_version": candidate.decoder.get("version"),
        "weights_hash": candidate.decoder.get("weights_hash"),
        "proposer": candidate.proposer,
        "proposer_parameters": json.dumps(candidate.proposer_parameters),
        "value": candidate.value,  # predicted when it was proposed
        "sd": candidate.sd,
        "value_model": candidate.value_model,
        "created_at": candidate.created_at,
    }
