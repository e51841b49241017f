"""What is wrong with the training, worst first, above everything that shows it."""

from collections.abc import Iterable
from typing import Any

from ipo.inspector.findings.finding import Severity
from ipo.inspector.findings.log import Held
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.keys import Keys
from ipo.ui.components.findings.component import live_findings
from pages.inspection import state
from pages.inspection.findings.target import panel_of, show
from pages.inspection.state import Shown

WORDS = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.NOTE: "note"}


def draw_findings() -> None:
    if _findings() is None:
        return
    live_findings(
        state.view().live,
        state.live(_content),
        on_show=_show,
        on_dismiss=_dismiss,
        on_restore=_restore,
        key=Keys.INSPECT_FINDINGS,
    )


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


def _content(shown: Shown) -> dict[str, Any]:
    session = shown.session
    findings = _findings()
    if findings is None:
        return {"summary": "", "dismissed": 0, "rows": []}
    everything, dismissed = findings.held, findings.dismissed
    held = [one for one in everything if one.id not in dismissed]
    return {
        "summary": summary(held, session.state().steps, findings.failed or findings.unseen),
        "dismissed": len(everything) - len(held),
        "rows": [_row(shown, one) for one in held],
    }


def _row(shown: Shown, held: Held) -> dict[str, Any]:
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
        "panel": panel_of(shown.session, finding),
    }


def _show(id_: str) -> None:
    session, findings = state.session(), _findings()
    if session is None or findings is None:
        return
    held = next((one for one in findings.held if one.id == id_), None)
    if held is not None:
        show(session, held)


def _dismiss(id_: str) -> None:
    findings = _findings()
    if findings is not None:
        findings.dismiss(id_)


def _restore() -> None:
    findings = _findings()
    if findings is not None:
        findings.restore()


def _findings() -> FindingsMonitor | None:
    """Of the main session, where somebody looks for any."""
    session = state.session()
    return None if session is None else session.findings
