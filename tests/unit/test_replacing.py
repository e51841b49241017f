"""Whatever replaces a file replaces the file that the path leads to, and leaves it as private as it was."""

import errno
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipo.datasets import mnist
from ipo.datasets.mnist_sources import Source
from ipo.digits.labels.store import BadLabels, LabelStore
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.durable import check_replaceable, replace_file, replacing
from ipo.jobs import SILENT
from ipo.preference.storage.sessions import ABOUT, GENERATOR, SessionFolder, SessionKey, describe
from tests.support.mnist import TINY, TINY_PARTS
from tests.unit.digits.small import CONFIG

Writer = Callable[[Path], object]


def label(path: Path) -> None:
    LabelStore(path.parent, 30).label(7, int(np.random.default_rng().integers(10)))


def replace_in_pieces(path: Path) -> None:
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(b"new ")
        file.write(b"content")


def draw(path: Path) -> None:
    session = SessionFolder(path.parent, SessionKey("any", 64, "procedural"))
    session.path = path.parent
    with session.generator() as rng:
        rng.random()


WRITERS: dict[str, tuple[str, bytes, Writer]] = {
    "replace_file": ("any.bin", b"old", lambda path: replace_file(path, b"new content")),
    "replace_file, not synced": ("any.bin", b"old", lambda path: replace_file(path, b"new", sync=False)),
    "replacing": ("any.zip", b"old", replace_in_pieces),
    "a label": ("labels.csv", b"Serial,label\n3,1\n", label),
    "a checkpoint": ("ssvae.pt", b"old", lambda path: checkpoint.save(path, InteractiveTrainer(CONFIG))),
    "a session": (ABOUT, b"{}", lambda path: describe(path.parent, {"title": "new"})),
    "a draw": (GENERATOR, b"{}", draw),
}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> tuple[str, bytes, Writer]:
    return WRITERS[request.param]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("kind", ["absolute", "relative", "chain", "folder", "dangling"])
def test_a_link_stays_and_the_file_that_it_leads_to_is_replaced(
    tmp_path: Path, writer: tuple[str, bytes, Writer], kind: str
) -> None:
    name, old, write = writer
    mine, shared = tmp_path / "mine", tmp_path / "shared"
    shared.mkdir()
    target = shared / f"team-{name}"
    if kind != "dangling":
        target.write_bytes(old)
        target.chmod(0o664)
    if kind == "folder":
        target = target.rename(shared / name)
        mine.symlink_to(shared)
    else:
        mine.mkdir()
        leads = target if kind == "absolute" else Path("..", "shared", target.name)
        if kind == "chain":
            (shared / "other").symlink_to(target.name)
            leads = shared / "other"
        (mine / name).symlink_to(leads)
    before = target.stat() if target.exists() else None
    write(mine / name)
    assert (mine if kind == "folder" else mine / name).is_symlink()
    assert target.read_bytes() != old and not target.is_symlink()
    if before is not None:
        assert mode(target) == 0o664 and target.stat().st_ino != before.st_ino
    left = [path.name for folder in (mine, shared) for path in folder.glob(f".*{name}*")]
    assert left == []


@pytest.mark.parametrize("had", [None, 0o600, 0o640, 0o664, 0o666])
def test_a_file_keeps_its_mode_and_a_new_one_has_that_of_any_new_file(
    tmp_path: Path, writer: tuple[str, bytes, Writer], had: int | None, umask: None
) -> None:
    name, old, write = writer
    path = tmp_path / name
    if had is not None:
        path.write_bytes(old)
        path.chmod(had)
    write(path)
    assert mode(path) == (0o640 if had is None else had)


@pytest.mark.parametrize("kind", ["read-only", "folder", "pipe", "circle", "folder that is gone"])
def test_what_cannot_be_replaced_is_said_and_left_as_it_is(
    tmp_path: Path, writer: tuple[str, bytes, Writer], kind: str
) -> None:
    name, old, write = writer
    path = tmp_path / name
    if kind == "read-only":
        path.write_bytes(old)
        path.chmod(0o444)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "circle":
        path.symlink_to(tmp_path / "other")
        (tmp_path / "other").symlink_to(path)
    else:
        path.symlink_to(tmp_path / "unplugged" / name)
    before = {file.name: os.lstat(file)[:4] for file in tmp_path.iterdir()}
    says = {
        "read-only": "read-only",
        "folder": "This is a folder; a file would be right",
        "pipe": "This is a pipe",
        "circle": "leads back to itself|Too many levels",
        "folder that is gone": "link into .*unplugged, which is not there",
    }
    with pytest.raises(OSError) as told:
        check_replaceable(path)
    assert re.search(says[kind], str(told.value)) and name in str(told.value)
    with pytest.raises((OSError, BadLabels)):
        write(path)
    after = {file.name: os.lstat(file)[:4] for file in tmp_path.iterdir() if not file.name.endswith(".lock")}
    assert after == before
    if kind == "read-only":
        assert path.read_bytes() == old


def test_a_private_file_is_private_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert mode(temporary) == 0o600


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OSError, match="This is a pipe, socket or device"):
        replace_file(Path("/dev/null"), b"")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_owner_and_group_stay_where_the_system_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(path, 1234, 5678)
        replace_file(path, b"new")
        found = path.stat()
        assert (found.st_uid, found.st_gid, mode(path)) == (1234, 5678, 0o660)

    def forbidden(*arguments: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chown", forbidden)
    replace_file(path, b"newest")
    assert path.read_bytes() == b"newest" and mode(path) == 0o660


def test_extended_attributes_stay_where_the_disk_has_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.origin", b"the lab")
    except OSError:
        pytest.skip("this disk has no extended attributes")
    replace_file(path, b"new")
    assert os.getxattr(path, "user.origin") == b"the lab"


def test_attributes_that_cannot_be_read_cost_nothing_but_an_error_of_the_disk_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(code: int) -> None:
        def listxattr(*arguments: object) -> list[str]:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "listxattr", listxattr)

    refuse(errno.ENOTSUP)
    replace_file(path, b"new")
    refuse(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        replace_file(path, b"newest")
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["file"]


def test_a_hard_link_keeps_the_old_content_as_copies_made_of_links_expect(tmp_path: Path) -> None:
    path, backup = tmp_path / "file", tmp_path / "backup"
    path.write_bytes(b"old")
    os.link(path, backup)
    replace_file(path, b"new")
    assert (path.read_bytes(), backup.read_bytes()) == (b"new", b"old")


def test_fetched_files_are_written_where_links_lead(tmp_path: Path) -> None:
    folder, disk = mnist.folder_in(tmp_path), tmp_path / "large disk"
    folder.mkdir(parents=True)
    disk.mkdir()
    for part in TINY_PARTS:
        (folder / part.file).symlink_to(disk / part.file)
    source = Source("the lab", lambda *asked: TINY)
    assert mnist.fetch(tmp_path, SILENT, parts=TINY_PARTS, sources=(source,))
    assert all((folder / part.file).is_symlink() and (disk / part.file).is_file() for part in TINY_PARTS)


def test_two_people_with_a_link_to_one_file_lose_no_label(tmp_path: Path) -> None:
    shared = tmp_path / "labels of the team.csv"
    shared.write_text("Serial,label\n")
    folders = [tmp_path / name for name in ("ada", "emmy")]
    for folder in folders:
        folder.mkdir()
        (folder / "labels.csv").symlink_to(shared)
    code = (
        "import sys; from pathlib import Path; from ipo.digits.labels.store import BadLabels, LabelStore\n"
        "store = LabelStore(Path(sys.argv[1]), 100)\n"
        "for at in range(20): store.label(int(sys.argv[2]) + 2 * at, at % 10)\n"
    )
    people = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), str(one)])
        for one, folder in enumerate(folders)
    ]
    assert [person.wait(60) for person in people] == [0, 0]
    for folder in folders:
        assert LabelStore(folder, 100).snapshot().count == 40


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    links=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=6), content=st.binary(max_size=40)
)
def test_any_chain_of_links_ends_at_the_one_file(
    tmp_path_factory: pytest.TempPathFactory, links: list[tuple[int, bool]], content: bytes
) -> None:
    root = tmp_path_factory.mktemp("links")
    folders = [root / f"folder {at}" for at in range(3)]
    for folder in folders:
        folder.mkdir()
    path = target = folders[0] / "target"
    for at, (folder, relative) in enumerate(links):
        link = folders[folder] / f"link {at}"
        link.symlink_to(os.path.relpath(path, link.parent) if relative else path)
        path = link
    replace_file(path, content)
    assert target.read_bytes() == content and not target.is_symlink()
    assert sum(entry.is_symlink() for folder in folders for entry in folder.iterdir()) == len(links)
