"""Features of mails on disk, one file a set and mask: to clean and compare thousands of mails takes seconds.

The file is a help, not a record: one of other mails, of other code or a damaged one is made anew.
"""

import hashlib
import logging
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ipo.durable import replacing
from ipo.jobs import SILENT, Progress
from ipo.mail.clues import CLUE_NAMES
from ipo.mail.features import VERSION, MailFeatures, mail_features
from ipo.mail.mails import MailSet
from ipo.regular_files import open_regular

logger = logging.getLogger("ipo.mail.feature_cache")

MOST_BYTES = 500_000_000  # of all files; those that nobody used for longest go first

_SOURCE = b"source"  # of which mails the features are, by which code
_CLUE = "clue "  # before the name of each column of clues


class FeatureCache:
    """`features` gives what is on disk, and prepares and keeps what is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def features(self, name: str, mails: MailSet, *, mask: bool, progress: Progress = SILENT) -> MailFeatures:
        """Of the set called `name`. Raises `Cancelled`."""
        path = self._folder / f"{name}-{'masked' if mask else 'plain'}.parquet"
        source = _source(mails)
        features = _load(path, source, len(mails), mask)
        if features is None:
            features = mail_features(mails, mask=mask, progress=progress)
            _store(path, source, features)
            _make_room(self._folder, path)
        return features


def _source(mails: MailSet) -> bytes:
    """Hash of all that features are made of."""
    digest = hashlib.sha256(f"{VERSION}\n".encode())
    for title, body, links in zip(mails.titles, mails.bodies, mails.links, strict=True):
        digest.update("\0".join((title, body, *links, "\n")).encode(errors="surrogatepass"))
    return digest.hexdigest().encode()


def _load(path: Path, source: bytes, count: int, mask: bool) -> MailFeatures | None:
    try:
        with open_regular(path) as file:
            table = pq.read_table(file, page_checksum_verification=True)
        if (table.schema.metadata or {}).get(_SOURCE) != source or len(table) != count:
            return None
        clues = np.column_stack([table.column(f"{_CLUE}{name}").to_numpy() for name in CLUE_NAMES])
        texts, groups = tuple(table.column("text").to_pylist()), table.column("group").to_numpy()
        os.utime(path)
    except FileNotFoundError:
        return None
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        logger.warning("%s is not used: %s", path, error)
        return None
    return MailFeatures(mask, texts, groups.astype(np.int32), np.ascontiguousarray(clues, np.float32))


def _store(path: Path, source: bytes, features: MailFeatures) -> None:
    """What cannot be kept is prepared again the next time."""
    columns = {
        "text": pa.array(features.texts, pa.large_string()),
        "group": pa.array(features.groups),
        **{f"{_CLUE}{name}": pa.array(features.clues[:, at]) for at, name in enumerate(CLUE_NAMES)},
    }
    try:
        table = pa.table(columns).replace_schema_metadata({_SOURCE: source})
        with replacing(path) as temporary:
            pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
    except (pa.ArrowException, OSError, UnicodeEncodeError) as error:
        logger.warning("%s cannot be written: %s", path, error)


def _make_room(folder: Path, newest: Path) -> None:
    try:
        files = [(path.stat(), path) for path in folder.glob("*.parquet")]
        left = MOST_BYTES
        for stat, path in sorted(files, key=lambda file: (file[1] == newest, file[0].st_mtime), reverse=True):
            left -= stat.st_size
            if left < 0:
                path.unlink()
    except OSError as error:  # somebody else tidies up
        logger.warning("%s cannot be tidied up: %s", folder, error)
