"""The document of the findings has each rule and each threshold, with the value that is used."""

from pathlib import Path

import pytest

from ipo.inspector.findings.rules.table import RULES
from ipo.inspector.findings.thresholds import THRESHOLDS

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "findings.md").read_text()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_described(name: str) -> None:
    assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_threshold_is_listed_as_it_is_used(name: str) -> None:
    value = THRESHOLDS[name]
    assert f"| `{name}` | {value:g} | {value.says} | {value.source} |" in TEXT
