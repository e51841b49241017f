"""What was found so far: each thing once, with the steps for which it held, worst first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.rules.table import RANKS


@dataclass(frozen=True)
class Held:
    """A finding as it was last made, and where it held. `worst` is its highest severity so far."""

    finding: Finding
    worst: Severity
    spans: tuple[tuple[int, int], ...]  # first and last step, one after the other

    @property
    def id(self) -> str:
        return f"{self.finding.rule}/{self.finding.subject}"

    @property
    def first(self) -> int:
        return self.spans[0][0]

    @property
    def last(self) -> int:
        return self.spans[-1][1]

    @property
    def count(self) -> int:
        """Of the steps at which it was found."""
        return sum(last - first + 1 for first, last in self.spans)


@dataclass
class FindingsLog:
    """Written by the thread that steps; `held` may be read by any."""

    _by_id: dict[str, Held] = field(default_factory=dict)
    held: tuple[Held, ...] = ()

    def add(self, step: int, findings: Iterable[Finding]) -> None:
        """What was found at a step."""
        for finding in findings:
            made = Held(finding, finding.severity, ((step, step),))
            known = self._by_id.get(made.id)
            if known is not None:
                spans = _extended(known.spans, step)
                made = replace(made, worst=max(known.worst, finding.severity), spans=spans)
            self._by_id[made.id] = made
        self._sort()

    def forget_after(self, step: int) -> None:
        """As if the steps after `step` had not been: their findings go, and what began before ends there."""
        kept = {}
        for id_, one in self._by_id.items():
            spans = tuple((first, min(last, step)) for first, last in one.spans if first <= step)
            if spans:
                kept[id_] = replace(one, spans=spans)
        self._by_id = kept
        self._sort()

    def adopt(self, held: Iterable[Held]) -> None:
        """Take over what was found elsewhere of the same training."""
        self._by_id = {one.id: one for one in held}
        self._sort()

    def _sort(self) -> None:
        self.held = tuple(sorted(self._by_id.values(), key=_rank))


def by_rule(held: Iterable[Held]) -> Mapping[str, Held]:
    """The worst of each rule."""
    found: dict[str, Held] = {}
    for one in held:
        found.setdefault(one.finding.rule, one)
    return found


def _rank(one: Held) -> tuple[int, int, int]:
    return -one.worst, RANKS.get(one.finding.rule, len(RANKS)), one.first


def _extended(spans: tuple[tuple[int, int], ...], step: int) -> tuple[tuple[int, int], ...]:
    first, last = spans[-1]
    if step <= last:
        return spans
    if step == last + 1:
        return (*spans[:-1], (first, step))
    return (*spans, (step, step))
