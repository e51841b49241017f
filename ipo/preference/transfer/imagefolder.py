"""A session as a zip that `datasets` reads as an image folder: two folders, of rows and of pairs.

Each holds PNG files, byte for byte as they were judged, and a `metadata.jsonl` with a line for each row or
pair. `README.md` names both as configurations, so that the unpacked folder can be loaded by name too.
"""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipo.durable import replacing
from ipo.jobs import Progress
from ipo.preference.storage.pairs import LEFT, RIGHT, Pair, PairStore
from ipo.preference.storage.rows import Row, RowStore
from ipo.preference.transfer.judgements import Exported, JudgementReader
from ipo.preference.transfer.lineage import lineage

METADATA, CARD = "metadata.jsonl", "README.md"
ROWS, PAIRS = "rows", "pairs"

_SIDES = {LEFT: "left", RIGHT: "right"}
_SHARED = ("prompt", "session")  # by both images of a pair
_NOTHING = "Nothing is judged in this session; judge an image first."

# What is in each folder, by the columns that `datasets` makes of it: `chosen_file_name` becomes `chosen`.
_FOLDERS = {
    ROWS: "`image`, `label` (1 Good, -1 Bad), `prompt`, and how the image came about",
    PAIRS: "`chosen` and `rejected` (images), `prompt`, the `side` of the screen where the chosen one was, "
    "and how both images came about",
}


def export_imagefolder(rows: RowStore, pairs: PairStore, target: Path, progress: Progress) -> Exported:
    """Write what is judged, undone acts left out, to a zip file.

    Raises `OSError`, `ValueError` where there is nothing to write, and `Cancelled`; `target` is as it was
    then.
    """
    reader = JudgementReader(progress, rows, pairs)
    lines: dict[str, list[dict[str, Any]]] = {ROWS: [], PAIRS: []}
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for row, png in reader.rows(rows):
            line = _row_line(row)
            archive.writestr(f"{ROWS}/{line['file_name']}", png)
            lines[ROWS].append(line)
        for pair, chosen, rejected in reader.pairs(pairs):
            line = _pair_line(pair)
            archive.writestr(f"{PAIRS}/{line['chosen_file_name']}", chosen)
            archive.writestr(f"{PAIRS}/{line['rejected_file_name']}", rejected)
            lines[PAIRS].append(line)
        reader.check_found(sum(map(len, lines.values())), _NOTHING)
        for folder, its_lines in lines.items():
            if its_lines:
                archive.writestr(f"{folder}/{METADATA}", _jsonl(its_lines), zipfile.ZIP_DEFLATED)
        archive.writestr(CARD, _card({folder: len(its_lines) for folder, its_lines in lines.items()}))
    return Exported(len(lines[ROWS]), len(lines[PAIRS]), tuple(reader.damaged))


def _row_line(row: Row) -> dict[str, Any]:
    return {
        "file_name": f"{row.number:06d}.png",
        "label": row.label,
        **lineage(row.candidate),
        "judged_at": row.judged_at,
        "number": row.number,
    }


def _pair_line(pair: Pair) -> dict[str, Any]:
    chosen, rejected = lineage(pair.preferred), lineage(pair.other)
    return {
        "chosen_file_name": f"{pair.number:06d}-chosen.png",
        "rejected_file_name": f"{pair.number:06d}-rejected.png",
        **{name: chosen[name] for name in _SHARED},
        "side": _SIDES.get(pair.side),
        **{f"chosen_{name}": value for name, value in chosen.items() if name not in _SHARED},
        **{f"rejected_{name}": value for name, value in rejected.items() if name not in _SHARED},
        "judged_at": pair.judged_at,
        "number": pair.number,
    }


def _jsonl(lines: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)


def _card(counts: dict[str, int]) -> str:
    """What is in the folder, for people and for `datasets`, which reads the part between the dashes."""
    present = [folder for folder, count in counts.items() if count]
    configurations = "".join(f"- config_name: {folder}\n  data_dir: {folder}\n" for folder in present)
    says = "".join(f"- `{folder}` ({counts[folder]:,}): {_FOLDERS[folder]}.\n" for folder in present)
    return (
        f"---\nconfigs:\n{configurations}---\n\n# Judged images\n\n{says}\nIn this folder:\n\n```python\n"
        "from datasets import load_dataset\n\n"
        f'{present[0]} = load_dataset("imagefolder", data_dir="{present[0]}", split="train")\n```\n'
    )
