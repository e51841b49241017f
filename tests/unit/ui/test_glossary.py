"""Promises of the glossary: one sentence for each term, the same on every page and in the documents."""

import re

import pytest

from ipo.digits.acquisition.strategies import Strategy
from ipo.preference.proposals.proposers import PROPOSERS
from ipo.preference.state import NAMES
from ipo.ui.components.latent_map.component import STRATEGY_TERMS
from ipo.ui.glossary import JUDGING, SECTIONS, explain, glossary_document
from tests.support.app_server import ROOT

SENTENCES = [(term, text) for terms in SECTIONS.values() for term, text in terms.items()]


def test_the_document_is_the_table_of_the_app() -> None:
    text = (ROOT / "docs/glossary.md").read_text()
    assert text == glossary_document(), "python -m ipo.ui.glossary writes it anew"


@pytest.mark.parametrize(("term", "text"), SENTENCES, ids=[term for term, _ in SENTENCES])
def test_a_term_is_explained_in_sentences_without_code(term: str, text: str) -> None:
    assert (text.endswith(".") and text[0].isupper()) or text[0] == "λ"
    assert not re.search(r"[*_`|\[\]<>]", text)


def test_every_choice_of_a_list_is_explained() -> None:
    assert {*PROPOSERS, *NAMES.values()} <= JUDGING.keys()
    assert STRATEGY_TERMS.keys() == {"auto", *Strategy}


def test_a_help_text_quotes_the_glossary() -> None:
    assert explain(JUDGING, "row", "AUC") == f"**row**: {JUDGING['row']}\n\n**AUC**: {JUDGING['AUC']}"
