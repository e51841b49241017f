"""A session over a folder: judged as any other, complete without the folder, and no picture twice."""

import json
import shutil
from pathlib import Path

import pytest

from ipo.jobs import SILENT
from ipo.preference.analysis.verify import Match, verify
from ipo.preference.events import Event, Kind
from ipo.preference.proposals.proposers import RANDOM
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.pairs import LEFT, PairStore
from ipo.preference.storage.rows import BAD, GOOD, RowStore
from ipo.preference.storage.sessions import SessionKey
from ipo.preference.transfer.archive import export_zip
from ipo.preference.transfer.importing import duplicate, import_zip
from tests.support.judging import run_now
from tests.support.pictures import CoarseColours, fill_folder, paint, pool_of, read_pool
from tests.unit.pictures.test_pool import fingerprint

COUNT = 8


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill_folder(tmp_path / "renders", COUNT)


def key_of(folder: Path) -> SessionKey:
    settings = (("embedder", "coarse_colours"), ("folder", str(folder)))
    return SessionKey(folder.name, 1024, "pictures", "", settings)


class Judge:
    """Somebody at the deck."""

    def __init__(self, home: Path, folder: Path, key: SessionKey | None = None) -> None:
        self.session = PreferenceSession(
            home, key or key_of(folder), read_pool(home, folder), run_now, lambda session: None
        )
        self.session.open()
        self.session.queue.show(1, 3)
        self._client, self._seq = f"tab{id(self)}", 0

    @property
    def hand(self) -> list[str]:
        return [shown.candidate.id for shown in self.session.view([]).queue]

    def does(self, kind: Kind, target: str, label: int = 0, other: str = "") -> None:
        self.session.apply([Event(self._client, self._seq, kind, target, label, other)])
        self._seq += 1

    def judge_all(self) -> list[str]:
        """Every picture, Good and Bad by turns; the paths that were shown."""
        shown = []
        while self.hand:
            candidate = self.session.view([]).queue[0].candidate
            shown.append(str(candidate.settings["picture"]))
            self.does(Kind.JUDGE, candidate.id, GOOD if len(shown) % 2 else BAD)
        return shown


def test_every_picture_is_shown_once_and_then_it_is_said_that_all_are_judged(
    home: Path, folder: Path
) -> None:
    before = fingerprint(folder)
    judge = Judge(home, folder)
    shown = judge.judge_all()
    assert sorted(shown) == sorted(path.name for path in folder.iterdir())
    assert judge.session.view([]).waiting.startswith(
        f"All {COUNT} pictures of this folder are judged or skipped."
    )
    assert fingerprint(folder) == before
    again = Judge(home, folder)
    assert not again.hand and len(again.session.rows()) == COUNT


def test_a_row_says_which_picture_it_was_and_keeps_it_as_it_was_shown(home: Path, folder: Path) -> None:
    judge = Judge(home, folder)
    judge.does(Kind.JUDGE, judge.hand[0], GOOD)
    row = judge.session.rows()[0]
    settings = row.candidate.settings
    assert (folder / str(settings["picture"])).is_file() and len(str(settings["content"])) == 64
    assert (
        row.candidate.proposer == RANDOM
        and row.candidate.decoder["weights_hash"] == CoarseColours.weights_hash
    )
    candidate = judge.session.store.candidate(row)
    assert candidate.z.shape == (CoarseColours.dim, 1, 1) and candidate.id == row.candidate_id
    json.dumps(dict(settings))


def test_undo_skip_and_pairs_work_as_in_any_session(home: Path, folder: Path) -> None:
    judge = Judge(home, folder)
    first, second, third, fourth = judge.hand[:4]
    judge.does(Kind.JUDGE, first, GOOD)
    judge.does(Kind.REMOVE, first)
    assert judge.hand[0] == first
    judge.does(Kind.SKIP, first)
    judge.does(Kind.PREFER, second, LEFT, third)
    again = Judge(home, folder)
    seen = set(again.hand) | {row.candidate_id for row in again.session.rows()}
    while again.hand:
        again.does(Kind.SKIP, again.hand[0])
        seen.update(again.hand)
    assert fourth in seen and not seen & {first, second, third}
    assert len(again.session.pairs()) == 1


def test_verify_looks_for_the_file_with_the_content_that_was_judged(home: Path, folder: Path) -> None:
    judge = Judge(home, folder)
    judge.does(Kind.JUDGE, judge.hand[0], GOOD)
    session, row = judge.session, judge.session.rows()[0]

    def verdict() -> Match:
        return verify(session.folder.path, session.shape, row, session.source, SILENT).match

    path = folder / str(row.candidate.settings["picture"])
    assert verdict() == Match.SAME_BYTES
    content = path.read_bytes()
    paint(path, (1, 2, 3), 77)
    assert verdict() == Match.DIFFERENT
    path.unlink()
    assert verdict() == Match.DIFFERENT
    path.write_bytes(content)
    assert verdict() == Match.SAME_BYTES
    (session.folder.path / "rows/000001/image.png").write_bytes(session.store.image(row)[:-1] + b"x")
    assert verdict() == Match.CHANGED


def test_a_session_opens_without_its_folder_and_keeps_every_row(home: Path, folder: Path) -> None:
    Judge(home, folder).judge_all()
    shutil.rmtree(folder)
    session = PreferenceSession(home, key_of(folder), pool_of(home, folder), run_now, lambda session: None)
    session.open()
    assert len(session.rows()) == COUNT and session.store.image(session.rows()[0])


def test_a_duplicate_shows_no_picture_that_its_original_judged(home: Path, folder: Path) -> None:
    judge = Judge(home, folder)
    for _ in range(3):
        judge.does(Kind.JUDGE, judge.hand[0], GOOD)
    copy = Judge(home, folder, duplicate(home, key_of(folder), "copy", SILENT).key)
    assert len(copy.session.rows()) == 3
    assert len(copy.judge_all()) == COUNT - 3


def test_a_zip_of_pictures_comes_back_as_it_was(home: Path, folder: Path, tmp_path: Path) -> None:
    judge = Judge(home, folder)
    judge.does(Kind.PREFER, judge.hand[0], LEFT, judge.hand[1])
    judge.judge_all()
    shape = judge.session.shape
    path = tmp_path / "session.zip"
    export_zip(judge.session.folder, path, SILENT)
    with open(path, "rb") as archive:
        imported = import_zip(tmp_path / "other", archive, lambda key: shape, SILENT)
    assert (len(imported.added), len(imported.added_pairs), imported.damaged) == (COUNT - 2, 1, [])
    other = PreferenceSession(
        tmp_path / "other", imported.session.key, pool_of(home, folder), run_now, lambda session: None
    )
    other.open()
    assert [row.candidate for row in other.rows()] == [row.candidate for row in judge.session.rows()]


def test_settings_of_latents_fall_back_with_a_sentence(home: Path, folder: Path) -> None:
    judge = Judge(home, folder)
    judge.session.folder.keep(settings={"proposer": "line"})
    again = Judge(home, folder)
    assert again.session.queue.proposing.how.proposer == "ucb"
    assert any("uncertain" in says for says in again.session.notices.values())


def test_stores_of_rows_and_pairs_hold_pictures_of_any_shape(home: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    paint(wide / "a.png", (10, 20, 30), 0, (90, 20))
    judge = Judge(home, wide)
    judge.judge_all()
    assert RowStore(judge.session.folder.path, judge.session.shape).open().rows
    assert not PairStore(judge.session.folder.path, judge.session.shape).open().pairs
