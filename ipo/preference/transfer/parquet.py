"""The labels of a session as a table: what was judged, how, and how it came about. One line per row."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ipo.durable import replacing
from ipo.jobs import Progress
from ipo.preference.storage.numbered_folders import Damaged
from ipo.preference.storage.rows import IMAGE, Row, RowStore
from ipo.preference.transfer.judgements import Exported, damage
from ipo.preference.transfer.lineage import lineage

_MOMENT = pa.timestamp("ms", tz="UTC")

SCHEMA = pa.schema(
    {
        "number": pa.int32(),
        "candidate": pa.string(),
        "session": pa.string(),
        "label": pa.int8(),  # 1 Good, −1 Bad
        "judged_at": _MOMENT,
        "prompt": pa.string(),
        "size": pa.int32(),
        "decoder": pa.string(),
        "decoder_version": pa.string(),
        "proposer": pa.string(),
        "proposer_parameters": pa.string(),  # JSON
        "value": pa.float64(),
        "sd": pa.float64(),
        "value_model": pa.string(),
        "seed": pa.int64(),
        "created_at": _MOMENT,
        "history": pa.string(),  # JSON
        "image_sha256": pa.string(),
    }
)


def export_table(store: RowStore, target: Path, progress: Progress) -> Exported:
    """Write the rows of a session, without latents and images, to a Parquet file.

    Damaged rows are left out, as they are when the session is opened. Raises `OSError`; `target` is then as
    it was.
    """
    numbers = store.numbers()
    lines: list[dict[str, Any]] = []
    damaged: list[Damaged] = []
    for done, number in enumerate(numbers):
        progress.check()
        progress.report(done / len(numbers), f"{done} of {len(numbers)} rows")
        try:
            row, _ = store.read(number)
            lines.append(_line(row, store.sums(row)))
        except (OSError, ValueError) as error:
            damaged += damage(store, number, error)
    with replacing(target) as temporary:
        pq.write_table(pa.Table.from_pylist(lines, SCHEMA), temporary)
    return Exported(len(lines), damaged=tuple(damaged))


def _line(row: Row, sums: Mapping[str, str]) -> dict[str, Any]:
    return {
        **lineage(row.candidate),
        "number": row.number,
        "label": row.label,
        "judged_at": datetime.fromisoformat(row.judged_at),
        "created_at": datetime.fromisoformat(row.candidate.created_at),
        "history": json.dumps([entry.record() for entry in row.history]),
        "image_sha256": sums[IMAGE],
    }
