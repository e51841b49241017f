"""Whatever someone does, in any order, and however often the browser says so: the rows are those meant."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ipo.preference.events import Kind
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import OnDisk, Person


@dataclass
class Reference:
    """What should be there after each act, in a few lines."""

    rows: dict[str, int] = field(default_factory=dict)
    skips: set[str] = field(default_factory=set)
    undone: int = 0

    def act(self, kind: Kind, id_: str, label: int, in_hand: bool) -> None:
        if (kind == Kind.RELABEL and id_ in self.rows) or (kind == Kind.JUDGE and id_ not in self.rows):
            self.rows[id_] = label
        elif kind == Kind.SKIP and in_hand:
            self.skips.add(id_)
        elif kind == Kind.REMOVE and id_ in self.rows:
            del self.rows[id_]
            self.undone += 1
        elif kind == Kind.REMOVE:
            self.skips.discard(id_)


acts = st.lists(
    st.tuples(
        st.sampled_from([Kind.JUDGE, Kind.JUDGE, Kind.RELABEL, Kind.SKIP, Kind.REMOVE]),
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
            assert not set(queue) & {*reference.rows, *reference.skips}
        for _ in range(2):
            assert person.on_disk() == OnDisk(reference.rows, reference.undone)
            assert person.labels == reference.rows
            person.restart()  # and once more after a restart, when everything is sent again
            person.session.apply(person.log)
        assert person.trained >= len(reference.rows)
