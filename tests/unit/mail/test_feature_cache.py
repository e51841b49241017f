"""Features on disk: the same bit for bit, and never those of other mails or of other code."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ipo.mail import feature_cache
from ipo.mail.feature_cache import FeatureCache
from ipo.mail.features import VERSION, MailFeatures, mail_features
from ipo.mail.mails import SPAM, Mail, MailSet, collect
from tests.support.mails import small_mails

ODD = [
    ("Re: [list] Lunch", "Hi,\n> quoted\nOn Monday Joe wrote:\n> x\nAt ten?\n-- \nJoe", ()),
    ("WIN $5 NOW!!!", "Call 415-555-0132, or write to a@b.example. Limited offer!", ("https://a.biz/x",)),
    ("Minutes", "One two three four five six seven eight nine ten, at 10.", ()),
    ("Minutes", "One two three four five six seven eight nine ten, at 11.", ()),
    ("Fwd: notes", "----- Original Message -----\nFrom: Joe\nSubject: notes\n\nSee www.c.example/notes", ()),
]
DIGEST = "395dcf9373c33da9"  # of what version 1 makes of them


@pytest.fixture(scope="module")
def mails() -> MailSet:
    return small_mails(40)


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each preparing masked."""
    calls: list[bool] = []

    def prepare(mails: MailSet, *, mask: bool, **others: object) -> MailFeatures:
        calls.append(mask)
        return mail_features(mails, mask=mask)

    monkeypatch.setattr(feature_cache, "mail_features", prepare)
    return calls


def test_they_are_prepared_once_and_come_back_bit_for_bit(
    tmp_path: Path, mails: MailSet, prepared: list[bool]
) -> None:
    for mask in (False, True):
        first = FeatureCache(tmp_path).features("a", mails, mask=mask)
        again = FeatureCache(tmp_path).features("a", mails, mask=mask)
        assert again.texts == first.texts and again.masked == mask
        for name in ("groups", "clues"):
            before, after = getattr(first, name), getattr(again, name)
            assert before.dtype == after.dtype and before.tobytes() == after.tobytes()
    assert prepared == [False, True]


@pytest.mark.parametrize(
    "other",
    [
        lambda mails: replace(mails, bodies=("another", *mails.bodies[1:])),
        lambda mails: replace(mails, links=(("http://another.example",), *mails.links[1:])),
        lambda mails: small_mails(39),
    ],
)
def test_other_mails_are_prepared_anew(
    tmp_path: Path, mails: MailSet, prepared: list[bool], other: Callable[[MailSet], MailSet]
) -> None:
    FeatureCache(tmp_path).features("a", mails, mask=False)
    changed = other(mails)
    assert FeatureCache(tmp_path).features("a", changed, mask=False).texts == tuple(
        mail_features(changed, mask=False).texts
    )
    assert len(prepared) == 2


def test_other_code_prepares_anew(
    tmp_path: Path, mails: MailSet, prepared: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    FeatureCache(tmp_path).features("a", mails, mask=False)
    monkeypatch.setattr(feature_cache, "VERSION", VERSION + 1)
    FeatureCache(tmp_path).features("a", mails, mask=False)
    assert len(prepared) == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "folder"])
def test_a_damaged_file_is_made_anew(
    tmp_path: Path, mails: MailSet, prepared: list[bool], damage: str
) -> None:
    first = FeatureCache(tmp_path).features("a", mails, mask=False)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "cut": content[:-20], "flipped": content}[damage])
    assert FeatureCache(tmp_path).features("a", mails, mask=False).texts == first.texts
    assert len(prepared) == 2


def test_the_files_that_nobody_used_for_longest_make_room(
    tmp_path: Path, mails: MailSet, prepared: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path)
    for at, name in enumerate("abc"):
        cache.features(name, mails, mask=False)
        os.utime(tmp_path / f"{name}-plain.parquet", (at, at))
    cache.features("a", mails, mask=False)  # used again
    size = (tmp_path / "a-plain.parquet").stat().st_size
    monkeypatch.setattr(feature_cache, "MOST_BYTES", 3 * size + 100)
    cache.features("d", mails, mask=False)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["a-plain.parquet", "c-plain.parquet", "d-plain.parquet"]


def test_the_version_rises_with_what_is_made_of_a_mail() -> None:
    """Where this fails by intent: raise `VERSION`, or files on disk pass for what is new."""
    mails = collect(
        Mail(str(at), title, body, SPAM, None, links, "here") for at, (title, body, links) in enumerate(ODD)
    )
    digest = hashlib.sha256()
    for mask in (False, True):
        features = mail_features(mails, mask=mask)
        digest.update("\0".join(features.texts).encode())
        digest.update(features.groups.tobytes())
        digest.update(np.round(features.clues * 1000).astype(np.int64).tobytes())
    assert (VERSION, digest.hexdigest()[:16]) == (1, DIGEST)
