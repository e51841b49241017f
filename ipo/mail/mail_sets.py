"""Sets of mails in the project folder: `datasets/mail/<name>.parquet`, for any reader of Parquet."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ipo.datasets.errors import DatasetDamaged, DatasetMissing
from ipo.durable import replacing
from ipo.mail.mails import NONE, SAFE, SPAM, MailSet
from ipo.regular_files import open_regular
from ipo.slugs import slug

_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "title": pa.string(),
        "body": pa.string(),
        "given": pa.int8(),  # 0 safe, 1 spam, -1 unknown
        "date": pa.int64(),  # seconds since 1970, UTC; -1 unknown
        "links": pa.list_(pa.string()),
        "source": pa.string(),
    }
)
_TITLE = b"title"  # of the set, as somebody gave it


def folder_in(home: Path) -> Path:
    """Where the files are in a project folder."""
    return home / "datasets" / "mail"


def path_in(home: Path, name: str) -> Path:
    """The file of a set. Names are slugs, see `ipo.slugs`."""
    return folder_in(home) / f"{name}.parquet"


def available(home: Path) -> tuple[str, ...]:
    """Names that `load` knows, sorted."""
    files = folder_in(home).glob("*.parquet")
    return tuple(sorted(path.stem for path in files if not path.name.startswith(".")))


def find(home: Path, called: str) -> str:
    """The name of the set that somebody calls by its name or its title; what is neither stays as it is."""
    names, named = available(home), slug(" ".join(called.split()))
    return named if called not in names and named in names else called


def title(home: Path, name: str) -> str:
    """What somebody called the set. Raises as `load`."""
    metadata = _read_file(home, name, pq.read_schema).metadata or {}
    given: bytes = metadata.get(_TITLE, name.encode())
    return given.decode(errors="replace")


def load(home: Path, name: str) -> MailSet:
    """The mails of a set. Raises `DatasetMissing`, `DatasetDamaged` and `OSError`."""
    table = _read_file(home, name, _read_table)
    columns = {column: _column(table, column, home, name) for column in _SCHEMA.names}
    given = np.array(columns["given"], np.int8)
    dates = np.array(columns["date"], np.int64)
    if len(set(columns["id"])) != len(table) or not np.isin(given, (SAFE, SPAM, NONE)).all():
        raise _damaged(home, name, "ids come twice, or labels are not 0, 1 and -1")
    for values in (given, dates):
        values.setflags(write=False)
    return MailSet(
        tuple(columns["id"]),
        tuple(columns["title"]),
        tuple(columns["body"]),
        given,
        dates,
        tuple(map(tuple, columns["links"])),
        tuple(columns["source"]),
    )


def store(home: Path, name: str, mails: MailSet, title: str) -> None:
    """Write a set in one step, also over an older one. Raises `OSError`; then nothing has changed."""
    columns = {
        "id": mails.ids,
        "title": mails.titles,
        "body": mails.bodies,
        "given": mails.given,
        "date": mails.dates,
        "links": mails.links,
        "source": mails.sources,
    }
    arrays = [pa.array(columns[field.name], field.type) for field in _SCHEMA]
    table = pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata({_TITLE: title.encode()}))
    with replacing(path_in(home, name)) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _read_file(home: Path, name: str, read: Any) -> Any:
    try:
        with open_regular(path_in(home, name)) as file:
            return read(file)
    except FileNotFoundError:
        known = ", ".join(available(home)) or "none yet: ipo fetch mail brings some"
        raise DatasetMissing(f"There are no mails named {name!r}; there are {known}.") from None
    except (pa.ArrowException, OSError, ValueError) as error:  # what pyarrow raises; `ValueError`: a pipe
        raise _damaged(home, name, str(error)) from error


def _read_table(file: Any) -> Any:
    return pq.read_table(file, page_checksum_verification=True)


def _column(table: Any, name: str, home: Path, set_name: str) -> list[Any]:
    """Raises `DatasetDamaged`."""
    field = _SCHEMA.field(name)
    if name not in table.column_names or table.schema.field(name).type != field.type:
        raise _damaged(home, set_name, f"it has no column {name} of {field.type}")
    column = table.column(name)
    if column.null_count:
        raise _damaged(home, set_name, f"the column {name} has gaps")
    values: list[Any] = column.to_pylist()
    return values


def _damaged(home: Path, name: str, why: str) -> DatasetDamaged:
    return DatasetDamaged(
        f"The mails {name} are damaged: {path_in(home, name)}: {why}. Move the file away and fetch or import "
        "them again; their labels lie elsewhere."
    )
