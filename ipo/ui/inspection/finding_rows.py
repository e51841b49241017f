"""Findings in words: a line that counts them, and a row for each, as the browser draws it."""

from collections.abc import Iterable
from typing import Any

from ipo.inspector.findings.finding import Severity
from ipo.inspector.findings.log import Held

WORDS = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.NOTE: "note"}


def summary(held: Iterable[Held], looked: int, failed: str) -> str:
    """`2 findings in 40 steps: 1 critical, 1 note.`"""
    worst = [one.worst for one in held]
    counts = [
        _counted(worst.count(severity), word, "" if severity == Severity.CRITICAL else "s")
        for severity, word in WORDS.items()
        if severity in worst
    ]
    found = f"{_counted(len(worst), 'finding')} in" if worst else "Nothing found in"
    says = f"{found} {_counted(looked, 'step')}{': ' if counts else ''}{', '.join(counts)}."
    return f"{says} {failed}".rstrip()


def span(held: Held) -> str:
    """`step 7`, `steps 9–48`, or `steps 9–48, 12 times` where it did not hold throughout."""
    if held.first == held.last:
        return f"step {held.first}"
    throughout = held.count == held.last - held.first + 1
    return f"steps {held.first}–{held.last}" + ("" if throughout else f", {held.count} times")


def _counted(count: int, word: str, many: str = "s") -> str:
    return f"{count} {word}{'' if count == 1 else many}"


def finding_row(held: Held, panel: str) -> dict[str, Any]:
    """A row; `panel` is the key of what shows its tensor."""
    finding = held.finding
    details = [("What people do", finding.remedy)]
    if finding.rows:
        details.append(("Rows of the batch", ", ".join(map(str, finding.rows))))
    if finding.missing:
        details.append(("Missing", finding.missing))
    if finding.tensor:
        details.append(("Tensor", finding.tensor))
    return {
        "id": held.id,
        "severity": WORDS[held.worst],
        "says": finding.says,
        "evidence": finding.evidence,
        "steps": span(held),
        "details": details,
        "panel": panel,
    }
