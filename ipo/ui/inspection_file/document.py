"""The file itself: one document of HTML that asks nobody for anything."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import ipo
from ipo.api.browser_json import browser_json
from ipo.durable import replacing
from ipo.inspector.sharing.inspection import Inspection
from ipo.jobs import SILENT, Progress
from ipo.ui.components.bundle import Sources, shared_scripts
from ipo.ui.components.findings.sources import FINDINGS
from ipo.ui.components.tensors.sources import FEATURE_TABLE, TENSORS
from ipo.ui.components.timeline.sources import TIMELINE
from ipo.ui.inspection_file.contents import Values, contents
from ipo.ui.inspection_file.theme import theme_css

_HERE = Path(__file__).parent
_COMPONENTS: Mapping[str, Sources] = {
    "tensors": TENSORS,
    "feature_table": FEATURE_TABLE,
    "timeline": TIMELINE,
    "findings": FINDINGS,
}
_EXPORT = "export default "
_HIDDEN = ".dismiss { display: none; }\n"  # a file remembers nothing


def save_html(inspection: Inspection, path: str | Path, progress: Progress = SILENT) -> None:
    """Write an inspection as a document: whole, or not at all. Raises `OSError` and `Cancelled`."""
    with replacing(Path(path)) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.writelines(document(inspection, progress))


def document(inspection: Inspection, progress: Progress = SILENT) -> Iterator[str]:
    """Its parts, one after the other. Raises `Cancelled`."""
    values = Values()
    shown = contents(inspection, values, progress)
    scripts = [(_HERE / "file.js").read_text(), *map(_component, _COMPONENTS), "ipoFile.begin();\n"]
    yield "<!doctype html>\n"
    yield f'<html lang="en"><head><meta charset="utf-8">{_policy(scripts)}'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(inspection.title)}</title>"
    yield f"<style>\n{theme_css()}{(_HERE / 'file.css').read_text()}</style></head>\n"
    yield f"<body>{_head(inspection)}{(_HERE / 'file.html').read_text()}"
    yield _data("contents", _json(shown))
    markup = {name: [one.html, one.css + _HIDDEN] for name, one in _COMPONENTS.items()}
    yield _data("components", _json(markup))
    for id_, encoded in values.by_id.items():
        yield _data(f"value-{id_}", encoded, "text/plain")
    yield from (f'<script type="module">{script}</script>\n' for script in scripts)
    yield "</body></html>\n"


def _head(inspection: Inspection) -> str:
    recorded = len(inspection.snapshots)
    every = "all of them" if recorded == inspection.steps else f"{recorded} of them"
    steps = "1 step" if inspection.steps == 1 else f"{inspection.steps:,} steps"
    overrides = ", ".join(f"{name} {value}" for name, value in inspection.overrides.items())
    about = [
        *([] if inspection.seed is None else [f"seed {inspection.seed}"]),
        *([overrides] if overrides else []),
        f"{steps}; the tensors of {every} are here",
        f"written by ipo {ipo.__version__} on {datetime.now():%Y-%m-%d %H:%M}",
    ]
    return (
        f"<header><h1>{escape(inspection.recipe)} <span>{escape(inspection.condition)}</span></h1>"
        f"<p>{escape(' · '.join(about))}</p></header>\n"
    )


def _component(name: str) -> str:
    """A component as a script that puts it where the file's own script finds it."""
    one = _COMPONENTS[name]
    script = shared_scripts(*one.shared) + (_HERE / "from_file.js").read_text() + one.js
    if script.count(_EXPORT) != 1:
        raise ValueError(
            f"The script of {name} exports {script.count(_EXPORT)} components; 1 would be right."
        )
    return script.replace(_EXPORT, f"ipoFile.components.{name} = ")


def _policy(scripts: list[str]) -> str:
    """Nothing runs but these scripts, and nothing is asked of any server."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    policy = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _data(id_: str, text: str, kind: str = "application/json") -> str:
    return f'<script type="{kind}" id="{id_}">{text}</script>\n'


def _json(value: Any) -> str:
    """JSON in which no text ends the script that it stands in."""
    return json.dumps(browser_json(value), separators=(",", ":")).replace("<", "\\u003c")
