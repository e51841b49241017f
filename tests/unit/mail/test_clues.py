"""Clues of mails as people write them."""

import numpy as np
import pytest

from ipo.mail.clues import CLUE_NAMES, ReadMail, check_names, clue_matrix, present


def clues(title: str = "", body: str = "", links: tuple[str, ...] = ()) -> dict[str, float]:
    return dict(zip(CLUE_NAMES, clue_matrix([ReadMail(title, body, links)])[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "mail", "value"),
    [
        ("external_links", {"links": ("http://a.org/x", "https://a.org/y", "www.b.com")}, 2),
        ("external_links", {"links": ("http://[broken", "mailto:a@b.org", "")}, 0),
        ("suspicious_tld", {"links": ("http://win.biz/", "http://10.0.0.1/", "http://good.org/info")}, 2),
        ("punctuation_bursts", {"title": "Hey!!", "body": "really?! ok! fine..."}, 2),
        ("money_symbols", {"body": "only $19.99 or 20 EUR, worth €5"}, 3),
        ("urgency_terms", {"title": "Act now", "body": "limited time, urgent"}, 3),
        ("urgency_terms", {"body": "interact nowhere, insurgents"}, 0),
        ("all_caps_ratio", {"body": "BUY this NOW or ok"}, 2 / 3),
        ("length", {"body": "one two three"}, np.log1p(3)),
    ],
)
def test_a_clue_counts_what_its_name_says(name: str, mail: dict[str, object], value: float) -> None:
    assert clues(**mail)[name] == pytest.approx(value)  # type: ignore[arg-type]


def test_an_empty_mail_has_no_clue() -> None:
    assert not present(clue_matrix([ReadMail("", "", ())])).any()
    assert clue_matrix([]).shape == (0, len(CLUE_NAMES))


def test_a_typo_in_the_name_of_a_clue_is_refused() -> None:
    check_names(CLUE_NAMES)
    with pytest.raises(ValueError, match=r"'lenght' is not a clue; .*length"):
        check_names(["lenght"])
