"""The file of an inspection: it stands alone, and no text of a user becomes a part of it."""

import html.parser
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import ipo
from ipo.inspector.session import InspectSession
from ipo.inspector.sharing.choice import TooLarge, choose_steps, html_size, npz_size
from ipo.inspector.sharing.inspection import inspection_of
from ipo.ui.inspection_file.document import document
from tests.unit.inspector import small

EVIL = "</script><script>alert(1)"


class Parsed(html.parser.HTMLParser):
    """The elements of a document with their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1][2].append(data)

    def scripts(self, kind: str) -> dict[str | None, str]:
        found = [one for one in self.elements if one[0] == "script" and one[1].get("type") == kind]
        return {attributes.get("id"): "".join(text) for _, attributes, text in found}


@pytest.fixture(scope="module")
def session() -> InspectSession:
    made = small.session()
    made.step(4)
    return made


def test_a_file_asks_nobody_for_anything(session: InspectSession) -> None:
    parsed = Parsed("".join(document(inspection_of(session, (1, 3)))))
    for tag, attributes, _ in parsed.elements:
        assert tag not in ("link", "img", "iframe", "base", "object"), tag
        assert not {"src", "href"} & attributes.keys(), (tag, attributes)
    policies = [one for _, one, _ in parsed.elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'; script-src 'sha256-" in str(policies[0]["content"])


def test_every_value_of_every_figure_is_in_it(session: InspectSession) -> None:
    parsed = Parsed("".join(document(inspection_of(session, (1, 3)))))
    contents = json.loads(parsed.scripts("application/json")["contents"])
    held = parsed.scripts("text/plain")
    figures = [
        figure
        for panel in contents["panels"].values()
        for content in panel.values()
        for figure in content.get("figures", [])
    ]
    assert {figure["step"] for figure in figures} == {1, 3}
    assert {f"value-{figure['tensor']['address']}" for figure in figures} <= held.keys()
    names = {figure["name"] for figure in figures}
    assert {"Strength S = |X·W + b|", "Cosines of weights", "SOM targets"} <= names


def test_no_name_of_a_layer_ends_the_script_that_it_stands_in(tmp_path: Path) -> None:
    model = nn.Module()
    model.add_module(EVIL, nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with ipo.inspect(model, optimizer) as trace:
        model.get_submodule(EVIL)(torch.ones(2, 3)).sum().backward()
        optimizer.step()
    trace.save_html(tmp_path / "trace.html")
    text = (tmp_path / "trace.html").read_text()
    assert EVIL not in text
    parsed = Parsed(text)
    assert len([tag for tag, attributes, _ in parsed.elements if attributes.get("type") == "module"]) == 6
    assert f"{EVIL}/weight" in str(json.loads(parsed.scripts("application/json")["contents"]))


@pytest.mark.parametrize("kind", ["html", "npz"])
def test_a_file_is_no_larger_than_was_said(session: InspectSession, tmp_path: Path, kind: str) -> None:
    latest = session.get_step(3)
    size = html_size(latest) if kind == "html" else npz_size(latest, session.specs, session.history())
    choice = choose_steps(session.state().retained, (), size, 10**8)
    assert choice.steps == (0, 1, 2, 3)
    (ipo.save_html if kind == "html" else ipo.save_npz)(
        inspection_of(session, choice.steps), tmp_path / "all"
    )
    assert (tmp_path / "all").stat().st_size <= choice.nbytes


def test_a_trace_says_before_it_writes_which_steps_fit(tmp_path: Path) -> None:
    model = nn.Linear(30, 30)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with ipo.inspect(model, optimizer) as trace:
        for _ in range(5):
            model(torch.ones(2, 30)).sum().backward()
            optimizer.step()
    size = html_size(trace.step().snapshot)
    budget = size.besides + 3 * size.each
    choice = trace.choose_html(budget_bytes=budget)
    assert choice == trace.save_html(tmp_path / "trace.html", budget_bytes=budget)
    assert (tmp_path / "trace.html").stat().st_size <= choice.nbytes == budget
    assert choice.steps == (0, 3, 4)
    with pytest.raises(TooLarge):
        trace.save_html(tmp_path / "more.html", range(5), budget)
    assert not (tmp_path / "more.html").exists()


def test_a_notebook_loads_no_page() -> None:
    code = "import sys, ipo; ipo.save_html; assert 'streamlit' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(ipo.__file__).parents[1])
