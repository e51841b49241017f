"""The pairs of a session as a Parquet file with the columns of Pick-a-Pic, which DPO and reward code reads.

Columns and types are those of the dataset card of `yuvalkirstain/pickapic_v2`. `jpg_0` is the left image.
Images are the PNGs that were judged: what reads `jpg_0` asks Pillow, which goes by content and not by name.
"""

import contextlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ipo.durable import replacing
from ipo.jobs import Progress
from ipo.preference.schema import CandidateRecord
from ipo.preference.storage.pairs import LEFT, RIGHT, Pair, PairStore
from ipo.preference.storage.standing import standing
from ipo.preference.transfer.judgements import Exported, JudgementReader, numbers_in

GROUP_BYTES = 32_000_000  # of images in a row group, which is held in memory as a whole

SCHEMA = pa.schema(
    {
        "are_different": pa.bool_(),
        "best_image_uid": pa.string(),
        "caption": pa.string(),
        "created_at": pa.timestamp("ns"),  # UTC
        "has_label": pa.bool_(),
        "image_0_uid": pa.string(),
        "image_0_url": pa.string(),  # empty: the images are here
        "image_1_uid": pa.string(),
        "image_1_url": pa.string(),
        "jpg_0": pa.binary(),
        "jpg_1": pa.binary(),
        "label_0": pa.float64(),  # 1 preferred, 0 not
        "label_1": pa.float64(),
        "model_0": pa.string(),
        "model_1": pa.string(),
        "ranking_id": pa.int64(),  # number of the pair
        "user_id": pa.int64(),
        "num_example_per_prompt": pa.int64(),
    }
)
_IMAGES = ("jpg_0", "jpg_1")
_WORDS = [name for name in SCHEMA.names if name not in _IMAGES]
_COMPRESSION = {name: "NONE" if name in _IMAGES else "SNAPPY" for name in SCHEMA.names}
_NOTHING = (
    "There is no pair in this session; prefer an image to another in the mode Pair first. Good and Bad of "
    "single images are in the export as imagefolder."
)


def export_pickapic(
    pairs: PairStore, target: Path, progress: Progress, group_bytes: int = GROUP_BYTES
) -> Exported:
    """Write the pairs of a session, undone ones left out, to a Parquet file.

    Raises `OSError`, `ValueError` where there is no pair, and `Cancelled`; `target` is then as it was.
    """
    reader = JudgementReader(progress, pairs)
    of_prompt = _pairs_of_prompts(pairs, progress)
    count = size = 0
    group: list[dict[str, Any]] = []
    with (
        replacing(target) as temporary,
        pq.ParquetWriter(
            temporary, SCHEMA, compression=_COMPRESSION, use_dictionary=_WORDS, write_statistics=_WORDS
        ) as writer,
    ):
        for pair, preferred, other in reader.pairs(pairs):
            group.append(_line(pair, preferred, other, of_prompt[pair.preferred.prompt]))
            count += 1
            size += len(preferred) + len(other)
            if size >= group_bytes:
                writer.write_table(pa.Table.from_pylist(group, SCHEMA))
                group, size = [], 0
        reader.check_found(count, _NOTHING)
        if group:
            writer.write_table(pa.Table.from_pylist(group, SCHEMA))
    return Exported(0, count, tuple(reader.damaged))


def _pairs_of_prompts(pairs: PairStore, progress: Progress) -> Counter[str]:
    """How many pairs that can be opened there are of each prompt."""
    counts: Counter[str] = Counter()
    for number in numbers_in(pairs):
        progress.check()
        with contextlib.suppress(OSError, ValueError):  # the reader says what is damaged
            pair, _ = pairs.read(number)
            counts[pair.preferred.prompt] += standing(pair.history).present
    return counts


def _line(pair: Pair, preferred: bytes, other: bytes, of_prompt: int) -> dict[str, Any]:
    sides: list[tuple[CandidateRecord, bytes, float]] = [
        (pair.preferred, preferred, 1.0),
        (pair.other, other, 0.0),
    ]
    if not _preferred_is_first(pair):
        sides.reverse()
    (first, image_0, label_0), (second, image_1, label_1) = sides
    return {
        "are_different": preferred != other,
        "best_image_uid": pair.preferred.id,
        "caption": pair.preferred.prompt,
        "created_at": datetime.fromisoformat(pair.judged_at).astimezone(UTC).replace(tzinfo=None),
        "has_label": True,
        "image_0_uid": first.id,
        "image_0_url": "",
        "image_1_uid": second.id,
        "image_1_url": "",
        "jpg_0": image_0,
        "jpg_1": image_1,
        "label_0": label_0,
        "label_1": label_1,
        "model_0": first.decoder.get("name", ""),
        "model_1": second.decoder.get("name", ""),
        "ranking_id": pair.number,
        "user_id": 0,
        "num_example_per_prompt": of_prompt,
    }


def _preferred_is_first(pair: Pair) -> bool:
    """Left comes first. Where nobody said which was left, the ids decide: the place must not give it away."""
    if pair.side in (LEFT, RIGHT):
        return pair.side == LEFT
    return pair.preferred.id < pair.other.id
