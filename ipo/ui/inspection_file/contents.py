"""What a file of an inspection shows: its panels, and the content of each at each step."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.feature_table import feature_table
from ipo.inspector.sharing.inspection import Inspection
from ipo.jobs import SILENT, Progress
from ipo.ui.components.tensors.describe import describe_together
from ipo.ui.components.timeline.lines import Course, timeline
from ipo.ui.inspection.cosine_reading import MATRICES, reading
from ipo.ui.inspection.feature_rows import feature_rows
from ipo.ui.inspection.finding_rows import finding_row, summary
from ipo.ui.inspection.scalars import first_scalars, scalar_names
from ipo.ui.inspection.sections import SECTIONS, TRACED, by_phase, first_of, is_traced, phase_title
from ipo.ui.inspection.step_figures import batch_figure, figures_of, is_tiles
from ipo.ui.text import in_words

K = StepTensorKey
StepContent = Callable[[Snapshot], Mapping[str, Any] | None]


@dataclass
class Values:
    """Values of figures in base64 by the hash of what they are: each is in the file once."""

    by_id: dict[str, str] = field(default_factory=dict)

    def put(self, data: bytes, dtype: str) -> str:
        """The id of these values."""
        id_ = hashlib.sha256(dtype.encode() + b"\0" + data).hexdigest()[:32]
        if id_ not in self.by_id:
            self.by_id[id_] = base64.b64encode(data).decode()
        return id_


@dataclass(frozen=True)
class Panel:
    """One component of a section, and what it shows at a step."""

    component: str  # "tensors" or "feature_table"
    content: StepContent


@dataclass(frozen=True)
class FileSection:
    """A part of the file with a heading, unfolded or not to begin with."""

    title: str
    says: str
    panels: tuple[Panel, ...]
    opened: bool = False
    first: int | None = None  # figures that are shown until all are asked for


def contents(inspection: Inspection, values: Values, progress: Progress = SILENT) -> dict[str, Any]:
    """All that the script of the file reads; what figures need of values is put into `values`.

    Raises `Cancelled`.
    """
    sections = _sections(inspection, values)
    panels = {
        f"panel-{place}-{row}": panel
        for place, section in enumerate(sections)
        for row, panel in enumerate(section.panels)
    }
    shown: dict[str, dict[str, Any]] = {name: {} for name in panels}
    for done, (step, snapshot) in enumerate(inspection.snapshots.items()):
        progress.check()
        progress.report(done / len(inspection.snapshots), f"Step {step}")
        for name, panel in panels.items():
            shown[name][str(step)] = panel.content(snapshot)
    return {
        "steps": list(inspection.snapshots),
        "timeline": _timeline(inspection),
        "findings": _findings(inspection),
        "notes": {str(step): dict(one.notes) for step, one in inspection.snapshots.items() if one.notes},
        "sections": [
            {
                "title": section.title,
                "says": section.says,
                "opened": section.opened,
                "first": section.first,
                "panels": [
                    {"name": f"panel-{place}-{row}", "component": panel.component}
                    for row, panel in enumerate(section.panels)
                ],
            }
            for place, section in enumerate(sections)
        ],
        "panels": shown,
    }


def _sections(inspection: Inspection, values: Values) -> list[FileSection]:
    """As on the page: the batch, its features, the trace in nine or a section a phase, the cosines."""
    specs = inspection.specs
    tensors = partial(_tensors, inspection, values)
    found = []
    if K.BATCH_IMAGES in specs and is_tiles(inspection, specs[K.BATCH_IMAGES]):
        batch = Panel("tensors", partial(_batch, inspection, values))
        found.append(FileSection("Batch", "", (batch,), True))
    if any(spec.dims in (("D",), ("B", "D")) for spec in specs.values()):
        found.append(
            FileSection("Features", "", (Panel("feature_table", partial(_features, inspection)),), True)
        )
    if is_traced(specs):
        found += [
            FileSection(
                f"{number} {section.title}",
                section.says,
                tuple(tensors([key for key in row if key in specs]) for row in section.rows),
            )
            for number, section in enumerate(SECTIONS, 1)
        ]
        shown = {*TRACED, *MATRICES, K.BATCH_IMAGES}
        others = [key for keys in by_phase(specs).values() for key in keys if key not in shown]
        found.append(FileSection("Other tensors", "", (tensors(others),)))
    else:
        for phase, keys in by_phase(specs).items():
            first = first_of(keys)
            ordered = [*first, *(key for key in keys if key not in first)]
            found.append(FileSection(phase_title(phase), "", (tensors(ordered),), True, len(first) or None))
    if not MATRICES.keys().isdisjoint(specs):
        found.append(
            FileSection("Cosine matrices", "", (Panel("tensors", partial(_cosines, inspection, values)),))
        )
    return found


def _tensors(inspection: Inspection, values: Values, keys: Sequence[str]) -> Panel:
    def content(snapshot: Snapshot) -> dict[str, Any]:
        figures, says = figures_of(inspection, snapshot, keys)
        return {"figures": describe_together(figures, values.put), "says": says}

    return Panel("tensors", content)


def _batch(inspection: Inspection, values: Values, snapshot: Snapshot) -> dict[str, Any]:
    figures = [batch_figure(inspection, snapshot)] if K.BATCH_IMAGES in snapshot else []
    return {"figures": describe_together(figures, values.put), "says": []}


def _features(inspection: Inspection, snapshot: Snapshot) -> dict[str, Any]:
    return feature_rows(feature_table(snapshot, inspection.specs))


def _cosines(inspection: Inspection, values: Values, snapshot: Snapshot) -> dict[str, Any]:
    figures, says = figures_of(inspection, snapshot, list(MATRICES))
    means = {name: float(snapshot[mean]) for mean, name in MATRICES.values() if mean in snapshot}
    said = [f"Mean off-diagonal, {name}: {mean:+.3f}".replace("-", "−", 2) for name, mean in means.items()]
    return {
        "figures": describe_together(figures, values.put),
        "says": [*says, reading(means), *said] if means else says,
    }


def _timeline(inspection: Inspection) -> dict[str, Any]:
    names = scalar_names(inspection.specs)
    columns = inspection.history.scalars()
    first = [key for key in first_scalars(inspection.specs) if key in columns] or list(columns)[:1]
    course = Course(
        in_words(inspection.condition),
        inspection.history.steps,
        {key: inspection.history.columns[key] for key in columns},
        list(inspection.snapshots),
        inspection.pinned,
    )
    return timeline([course], {key: names.get(key, key) for key in first}, None)


def _findings(inspection: Inspection) -> dict[str, Any]:
    return {
        "summary": summary(inspection.findings, inspection.steps, ""),
        "dismissed": 0,
        "rows": [finding_row(held, "") for held in inspection.findings],
    }
