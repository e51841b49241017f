"""Promises of a session's settings: they are as they were left, after a restart and in every copy."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ipo.jobs import SILENT
from ipo.preference.notices import Notice
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.proposers import THOMPSON, ProposerSettings
from ipo.preference.settings import Settings, parse_settings
from ipo.preference.state import XGB, ModelParams
from ipo.preference.storage.rows import GOOD
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.transfer.importing import duplicate
from ipo.value.boosting import BoostParams
from tests.support.judging import KEY, Person
from tests.support.sessions import exported, imported

CHOSEN = Settings(
    Proposing(ProposerSettings(THOMPSON, explore=0.7), XGB),
    ModelParams(0.3, "curved", BoostParams(components=None), "both"),
    cv_after_fit=True,
)


def settings_of(person: Person) -> Settings:
    session = person.session
    return Settings(session.queue.proposing, session.state.params, session.state.cv_after_fit)


def choose(person: Person, settings: Settings = CHOSEN) -> None:
    person.session.queue.propose_with(settings.proposing)
    person.session.state.params = settings.params
    person.session.state.cv_after_fit = settings.cv_after_fit
    person.session.save_settings()


def about_of(person: Person) -> Path:
    return person.session.folder.path / "session.json"


def write(person: Person, settings: Any) -> None:
    about = json.loads(about_of(person).read_text())
    about_of(person).write_text(json.dumps({**about, "settings": settings}))


def test_settings_are_there_after_a_restart(person: Person) -> None:
    assert settings_of(person) == Settings()
    choose(person)
    person.restart()
    assert settings_of(person) == CHOSEN
    assert person.session.notices == {}


def test_a_session_that_says_nothing_of_settings_has_the_defaults_and_no_note(person: Person) -> None:
    about = json.loads(about_of(person).read_text())
    assert "settings" not in about
    person.restart()
    assert (settings_of(person), person.session.notices) == (Settings(), {})
    write(person, {"proposer": "random"})
    person.restart()
    assert settings_of(person).proposing.how == ProposerSettings("random")
    assert person.session.notices == {}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "proposer",
            "dice",
            'proposer is "dice"; one of ucb, thompson, exploit, line, random would',
        ),
        ("explore", 7, "explore is 7; a number from 0 to 1 would be right"),
        ("explore", True, "explore is true; a number from 0 to 1 would be right"),
        ("explore", "much", 'explore is "much"; a number from 0 to 1 would be right'),
        ("value_model", ["xgb"], 'value_model is ["xgb"]; one of ridge, xgb would be right'),
        ("relative_lambda", 0, "relative_lambda is 0; a number above 0, or null to have it chosen, would"),
        ("relative_lambda", float("nan"), "relative_lambda is NaN; a number above 0, or null to have it"),
        ("kernel", "bent", 'kernel is "bent"; one of auto, straight, curved would be right'),
        ("raw_latents", 1, "raw_latents is 1; true or false would be right"),
        ("cv_after_fit", "x" * 99, 'cv_after_fit is "xxxxx'),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_the_others_stand(
    person: Person, name: str, value: object, says: str
) -> None:
    write(person, {**CHOSEN.record(), name: value})
    person.restart()
    assert says in person.session.notices[Notice.SETTINGS]
    default = Settings().record()[name]
    assert settings_of(person).record() == {**CHOSEN.record(), name: default}


@pytest.mark.parametrize("settings", [None, [], "fast", 3])
def test_settings_that_are_none_at_all_are_named(person: Person, settings: object) -> None:
    write(person, settings)
    person.restart()
    assert (
        f"settings is {json.dumps(settings)}; an object would be right"
        in person.session.notices[Notice.SETTINGS]
    )
    assert settings_of(person) == Settings()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_session_json_costs_the_settings_only_and_is_left_as_it_is(
    person: Person, content: bytes
) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    choose(person)
    about_of(person).write_bytes(content)
    person.restart()
    assert person.session.notices[Notice.SETTINGS].startswith("session.json of this session is damaged: ")
    assert (settings_of(person), person.labels) == (Settings(), {first: GOOD})
    choose(person)
    assert "could not be kept in session.json" in person.session.notices[Notice.NOT_KEPT]
    assert about_of(person).read_bytes() == content
    about_of(person).unlink()  # put right
    choose(person)
    assert Notice.NOT_KEPT not in person.session.notices
    person.restart()
    assert settings_of(person) == CHOSEN


def test_a_title_and_settings_do_not_take_each_other_away(person: Person) -> None:
    person.session.folder.rename("Moss, by Ada")
    choose(person)
    SessionFolder(person.home, KEY).rename("Rust, by Ada")
    assert SessionFolder(person.home, KEY).title() == "Rust, by Ada"
    person.restart()
    assert settings_of(person) == CHOSEN


def test_a_share_of_exploration_between_two_steps_becomes_the_nearest_step() -> None:
    settings, wrong = parse_settings({"explore": 0.333})
    assert (settings.proposing.how.explore, wrong) == (0.35, [])


def test_duplicates_and_exports_carry_settings(person: Person, tmp_path: Path) -> None:
    person.judges(person.queue[0], GOOD)
    choose(person)
    copy = duplicate(person.home, KEY, "a copy", SILENT)
    assert SessionFolder(person.home, copy.key).about()["settings"] == CHOSEN.record()
    elsewhere = tmp_path / "elsewhere"
    imported(elsewhere, exported(person.home))
    assert settings_of(Person(elsewhere)) == CHOSEN


def test_an_import_into_a_session_that_is_here_leaves_its_settings(person: Person, tmp_path: Path) -> None:
    elsewhere = Person(tmp_path / "elsewhere")
    elsewhere.judges(elsewhere.queue[0], GOOD)
    choose(elsewhere)
    mine = replace(CHOSEN, cv_after_fit=False)
    choose(person, mine)
    imported(person.home, exported(elsewhere.home))
    person.restart()
    assert settings_of(person) == mine
