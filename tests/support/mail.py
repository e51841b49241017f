"""Mails for tests: the real corpus, fetched once into the checkout by `make data`, and messages made up."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ipo.datasets.errors import DatasetError
from ipo.mail import corpus, mail_sets
from ipo.mail.cleaning import learning_texts
from ipo.mail.mails import MailSet

CHECKOUT = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def mail_corpus() -> MailSet:
    """The real mails. Tests only read them."""
    try:
        return mail_sets.load(CHECKOUT, corpus.NAME)
    except DatasetError as error:
        problem = str(error)
    pytest.fail(f"{problem}\nRun make data once: tests never download.", pytrace=False)


@pytest.fixture(scope="session")
def mail_texts(mail_corpus: MailSet) -> list[str]:
    """What may be learnt of each of the real mails, nothing masked."""
    return learning_texts(mail_corpus, mask=False)


def message(body: str = "Hello.", **headers: str) -> bytes:
    """A message with these headers, `content_type` as Content-Type, and a subject and date in any case."""
    named = {"subject": "A title", "date": "Mon, 02 Sep 2002 10:00:00 +0000", **headers}
    lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in named.items()]
    return "\n".join([*lines, "", body, ""]).encode()


def write_package(path: Path, files: Mapping[str, bytes]) -> None:
    """A package of npm that holds messages, as `npm pack` leaves it."""
    with tarfile.open(path, "w:gz", compresslevel=1) as package:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return content.getvalue()


def mbox(*messages: bytes, line: bytes = b"From joe@example.com Mon Sep  2 10:00:00 2002") -> bytes:
    """The messages one below the other, each below this line."""
    return b"".join(line + b"\n" + one + b"\n" for one in messages)
