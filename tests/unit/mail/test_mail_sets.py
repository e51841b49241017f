"""Promises of sets on disk: stored whole, loaded as they were, refused when damaged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipo.datasets.errors import DatasetDamaged, DatasetMissing
from ipo.mail import mail_sets
from ipo.mail.mails import NONE, SAFE, SPAM, Mail, collect

MAILS = collect(
    [
        Mail(
            "00000000000000aa",
            "Win",
            "Now!\n",
            SPAM,
            1030960800,
            ("http://a.example", "www.b.c"),
            "a.mbox, message 1",
        ),
        Mail("00000000000000bb", "", "", NONE, None, (), "a.mbox, message 2"),
        Mail("00000000000000cc", "Lunch", "At ten 🍴", SAFE, 0, (), "a.mbox, message 3"),
    ]
)


def test_a_set_comes_back_as_it_was(tmp_path: Path) -> None:
    mail_sets.store(tmp_path, "inbox", MAILS, "My inbox")
    loaded = mail_sets.load(tmp_path, "inbox")
    assert [loaded.mail(row) for row in range(3)] == [MAILS.mail(row) for row in range(3)]
    assert loaded.sha == MAILS.sha and loaded.row("00000000000000cc") == 2
    assert mail_sets.available(tmp_path) == ("inbox",) and mail_sets.title(tmp_path, "inbox") == "My inbox"
    with pytest.raises(ValueError, match="read-only"):
        loaded.given[0] = SAFE


def test_anybody_can_read_the_file(tmp_path: Path) -> None:
    mail_sets.store(tmp_path, "inbox", MAILS, "My inbox")
    table = pd.read_parquet(mail_sets.path_in(tmp_path, "inbox"))
    assert list(table.columns) == ["id", "title", "body", "given", "date", "links", "source"]
    assert table.title.tolist() == ["Win", "", "Lunch"] and table.given.tolist() == [1, -1, 0]


def test_the_same_mail_twice_is_one_mail() -> None:
    again = Mail("00000000000000aa", "Win", "Now!\n", SAFE, None, (), "b.mbox, message 9")
    both = collect([MAILS.mail(0), MAILS.mail(1), again])
    assert both.ids == MAILS.ids[:2] and both.mail(0) == MAILS.mail(0)


def test_a_set_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissing, match="no mails named 'inbox'; there are none yet: ipo fetch mail"):
        mail_sets.load(tmp_path, "inbox")
    mail_sets.store(tmp_path, "work", MAILS, "Work")
    with pytest.raises(DatasetMissing, match="there are work"):
        mail_sets.title(tmp_path, "inbox")


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    mail_sets.store(tmp_path, "inbox", MAILS, "My inbox")
    path = mail_sets.path_in(tmp_path, "inbox")
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[60] ^= 255
    other = pd.DataFrame({"title": ["x"]})
    other.to_parquet(tmp_path / "other.parquet")
    twice = pd.read_parquet(path)
    twice.loc[1, "id"] = twice.loc[0, "id"]
    twice.to_parquet(tmp_path / "twice.parquet")
    gaps = pd.read_parquet(path).astype({"title": object})
    gaps.loc[1, "title"] = None
    gaps.to_parquet(tmp_path / "gaps.parquet")
    wrong = [content[:-20], b"", b"title,body", bytes(flipped)]
    wrong += [(tmp_path / f"{name}.parquet").read_bytes() for name in ("other", "twice", "gaps")]
    for damaged in wrong:
        path.write_bytes(damaged)
        with pytest.raises(
            DatasetDamaged, match=r"inbox.parquet: .*\. Move the file away and fetch or import"
        ):
            mail_sets.load(tmp_path, "inbox")


def test_labels_are_part_of_the_hash_of_the_data() -> None:
    mails = [MAILS.mail(row) for row in range(3)]
    other = [*mails[:2], Mail(**{**vars(mails[2]), "given": SPAM})]
    assert collect(other).sha != MAILS.sha
    assert np.array_equal(MAILS.dates, [1030960800, -1, 0])
