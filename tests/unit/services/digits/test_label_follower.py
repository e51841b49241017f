"""A file that is being written is not read before it rests."""

from pathlib import Path

from ipo.services.digits.label_follower import SETTLED_SECONDS, LabelFollower
from tests.support.digits_door import OpenDigits


def test_a_file_is_read_once_it_rests(tmp_path: Path) -> None:
    opened, now = OpenDigits(tmp_path), 0.0
    digits = opened.service.digits
    follower = LabelFollower(digits, lambda: now)
    path = opened.folder.path / "labels.csv"
    for half in ("Serial,la", "Serial,label\n1,1\n2,", "Serial,label\n1,1\n2,2\n"):
        path.write_text(half)
        assert not follower.follow()
        now += SETTLED_SECONDS / 2
        assert not follower.follow() and digits.labels.snapshot().count == 0
    now += SETTLED_SECONDS
    assert follower.follow() and digits.labels.snapshot().count == 2 and digits.status.error == ""
    assert not follower.follow()
