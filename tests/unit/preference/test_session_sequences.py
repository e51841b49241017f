"""Whatever someone does, in any order, and however often the browser says so: the rows are those meant."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ipo.preference.events import Kind
from ipo.preference.recent_actions import RECENT
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import OnDisk, Person


@dataclass
class Reference:
    """What should be there after each act, in a few lines."""

    rows: dict[str, int] = field(default_factory=dict)
    before: dict[str, list[int]] = field(default_factory=dict)  # labels that an undo brings back
    undone: int = 0
    recent: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=RECENT))  # newest last

    def act(self, kind: Kind, id_: str, label: int, in_hand: bool) -> None:
        if kind == Kind.RELABEL and id_ in self.rows:
            if label != self.rows[id_]:
                self.before.setdefault(id_, []).append(self.rows[id_])
            self._relabelled(id_, label)
        elif kind == Kind.UNDO and self.before.get(id_):
            self._relabelled(id_, self.before[id_].pop())
        elif kind == Kind.JUDGE and id_ not in self.rows:
            self.rows[id_] = label
            self._leaves(id_, label)
        elif kind == Kind.SKIP and in_hand:
            self._leaves(id_, 0)
        elif kind == Kind.UNDO and (id_ in self.rows or (id_, 0) in self.recent):
            self.undone += self.rows.pop(id_, None) is not None
            self._forget(id_)

    def _relabelled(self, id_: str, label: int) -> None:
        self.rows[id_] = label
        self.recent = deque(
            ((other, label if other == id_ else old) for other, old in self.recent), maxlen=RECENT
        )

    def _leaves(self, id_: str, label: int) -> None:
        self._forget(id_)
        self.recent.append((id_, label))

    def _forget(self, id_: str) -> None:
        self.recent = deque((entry for entry in self.recent if entry[0] != id_), maxlen=RECENT)


acts = st.lists(
    st.tuples(
        st.sampled_from([Kind.JUDGE, Kind.JUDGE, Kind.RELABEL, Kind.SKIP, Kind.UNDO]),
        st.integers(0, 11),  # which of the candidates seen so far, newest first
        st.sampled_from([GOOD, BAD]),
        st.integers(0, 3),  # how many events that were applied already are sent again with it
    ),
    max_size=24,
)


@settings(max_examples=60)
@given(acts=acts)
def test_any_sequence_of_acts_leaves_exactly_the_rows_that_were_meant(
    acts: list[tuple[Kind, int, int, int]],
) -> None:
    with TemporaryDirectory() as home:
        person = Person(Path(home), tiles=1, ahead=2)
        reference = Reference()
        seen = list(person.queue)
        for kind, back, label, again in acts:
            id_ = seen[-1 - back % len(seen)]
            reference.act(kind, id_, label, id_ in person.queue)
            person.does(kind, id_, label)
            person.session.apply(person.log[max(0, len(person.log) - 1 - again) :])
            queue = person.queue
            seen += [new for new in queue if new not in seen]
            assert len(set(queue)) == len(queue) >= 3
            assert not set(queue) & {*reference.rows, *(id_ for id_, _ in reference.recent)}
        for _ in range(2):
            assert person.on_disk() == OnDisk(reference.rows, reference.undone)
            assert person.labels == reference.rows
            person.restart()  # and once more after a restart, when everything is sent again
            person.session.apply(person.log)
        assert person.trained >= len(reference.rows)
