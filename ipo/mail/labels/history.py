"""What a log of label events leads to: the label of each mail, and what can be undone and redone."""

from dataclasses import dataclass, field

from ipo.mail.labels.events import Label, LabelEvent

_Change = tuple[str, Label, Label]  # mail, label before and after


@dataclass
class History:
    """Events are added in their order, each once."""

    labels: dict[str, Label] = field(default_factory=dict)  # of mails that an event is about
    events: list[LabelEvent] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    changes: dict[str, list[_Change]] = field(
        default_factory=dict
    )  # by acts: events that somebody labelled by
    _standing: list[str] = field(default_factory=list)  # acts that were not undone, oldest first
    _undone: list[str] = field(
        default_factory=list
    )  # acts that were, since the last new one; the last is the newest

    def has(self, event: str) -> bool:
        return event in self._seen

    def add(self, event: LabelEvent) -> None:
        """Apply an event, unless it was applied before."""
        if event.event in self._seen:
            return
        self._seen.add(event.event)
        self.events.append(event)
        if event.action == "label":
            self.changes[event.event] = [
                (id, self.labels.get(id, "given"), label) for id, label in event.pairs()
            ]
            self._standing.append(event.event)
            self._undone.clear()
        else:
            source, target = self._standing, self._undone
            if event.action == "redo":
                source, target = target, source
            if event.about is not None and event.about in source:
                source.remove(event.about)
                target.append(event.about)
        self.labels.update(event.pairs())

    def next_undo(self) -> tuple[str, list[tuple[str, Label]]] | None:
        """The newest act of which something stands, and the labels that its mails had before."""
        return self._next(self._standing, undo=True)

    def next_redo(self) -> tuple[str, list[tuple[str, Label]]] | None:
        """The act that was undone last, and the labels that it gave."""
        return self._next(self._undone, undo=False)

    def _next(self, acts: list[str], *, undo: bool) -> tuple[str, list[tuple[str, Label]]] | None:
        for act in reversed(acts):
            pairs = [
                (id, before if undo else after)
                for id, before, after in self.changes[act]
                if before != after and self.labels[id] == (after if undo else before)
            ]
            if pairs:  # a mail that has another label since then keeps that
                return act, pairs
        return None
