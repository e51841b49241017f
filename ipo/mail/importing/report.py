"""What came of reading mails from files: the mails, how many were copies, what could not be read and why."""

from dataclasses import dataclass, field, replace

from ipo.mail.mails import LABEL_NAMES, NONE, Mail

MOST_MAILS = 100_000
MOST_COPIES = 100_000
REPORT = 100  # mails between two words on how far it is
_MOST_PROBLEMS = 10_000


class BadImport(ValueError):
    """Nothing can be read; the message says where, why and what would be right."""


@dataclass(frozen=True)
class Problem:
    """A mail, or something in its place, that could not be read, or not as it is."""

    place: str  # as in “mails.csv, line 7”
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass
class ImportResult:
    """Mails in the order in which they came, each once."""

    mails: list[Mail] = field(default_factory=list)
    report: list[Problem] = field(default_factory=list)
    copies: int = 0  # mails that were there before, in the same files
    _places: dict[str, int] = field(default_factory=dict, repr=False)

    def add(self, entry: Mail | Problem) -> None:
        """Raises `BadImport` for more mails, copies or problems than can be."""
        if isinstance(entry, Problem):
            self._add_problem(entry)
            return
        place = self._places.get(entry.id)
        if place is None:
            if len(self.mails) == MOST_MAILS:
                raise BadImport(
                    f"{entry.source}: up to {MOST_MAILS:,} mails can be imported. Split the file."
                )
            self._places[entry.id] = len(self.mails)
            self.mails.append(entry)
            return
        if self.copies == MOST_COPIES:
            raise BadImport(
                f"{entry.source}: more than {MOST_COPIES:,} of the mails are copies of others. Take them out."
            )
        self.copies += 1
        first = self.mails[place]
        if first.given == NONE:
            self.mails[place] = replace(first, given=entry.given)
        elif entry.given not in (NONE, first.given):
            label, other = LABEL_NAMES[entry.given], LABEL_NAMES[first.given]
            reason = f"this mail is {label} here and {other} in {first.source}, which counts."
            self._add_problem(Problem(entry.source, reason))

    def _add_problem(self, problem: Problem) -> None:
        if len(self.report) == _MOST_PROBLEMS:
            raise BadImport(
                f"More than {_MOST_PROBLEMS:,} mails cannot be read. The first one: {self.report[0]}"
            )
        self.report.append(problem)
