"""What is wrong with the training, worst first, above everything that shows it."""

from typing import Any

from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.keys import Keys
from ipo.ui.components.findings.component import live_findings
from ipo.ui.inspection.finding_rows import finding_row, summary
from pages.inspection import state
from pages.inspection.findings.target import panel_of, show
from pages.inspection.state import Shown


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
        "rows": [finding_row(one, panel_of(session, one.finding)) for one in held],
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
