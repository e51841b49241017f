"""Promises of `ipo mail import`: a set of mails that grows, and a report of what did not come in."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.mail import mail_sets
from ipo.mail.mails import NONE, SAFE, SPAM

TABLE = "title,body,label\nWin,Now!,spam\nLunch,At ten?,safe\nHm,Who knows,\nBad,row,maybe\nWin,Now!,spam\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mails.csv"
    path.write_text(TABLE)
    return path


def ipo(home: Path, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(cli, ["mail", "import", *map(str, arguments), "--home", str(home)])
    return done.exit_code, done.stdout, done.stderr.strip("\n")


def test_mails_come_in_and_bad_rows_are_named(home: Path, table: Path) -> None:
    code, out, err = ipo(home, table, "--name", "My inbox")
    (name,) = mail_sets.available(home)
    assert code == 0
    assert err == "mails.csv, line 5: the label is “maybe”; spam, safe or nothing would be right."
    assert out == (
        "Mails added: 3, known already: 1. My inbox has 1 spam, 1 safe, 1 without a label: "
        f"{mail_sets.path_in(home, name)}\n"
    )
    assert mail_sets.title(home, name) == "My inbox"


def test_a_second_import_adds_and_gives_labels_that_were_missing(home: Path, table: Path) -> None:
    ipo(home, table, "--name", "inbox")
    table.write_text("title,body,label\nHm,Who knows,safe\nNew,One,\n")
    code, out, _ = ipo(home, table, "--name", "inbox", "--label", "spam")
    assert code == 0 and out.startswith("Mails added: 1, known already: 1. inbox has 2 spam, 2 safe,")
    mails = mail_sets.load(home, "inbox")
    assert mails.titles == ("Win", "Lunch", "Hm", "New")
    assert mails.given.tolist() == [SPAM, SAFE, SAFE, SPAM]


def test_scripts_get_json(home: Path, table: Path) -> None:
    code, out, _ = ipo(home, table, "--name", "inbox", "--json")
    said = json.loads(out)
    assert code == 0 and said["labels"] == {"spam": 1, "safe": 1, "none": 1}
    assert (said["name"], said["mails"], said["added"], said["known"]) == ("inbox", 3, 3, 1)
    assert said["problems"] == [
        {
            "place": "mails.csv, line 5",
            "reason": "the label is “maybe”; spam, safe or nothing would be right.",
        }
    ]


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("title,body\n", [], "There is no mail to import."),
        ("title,body,label\nA,b,huh\n", [], "There is no mail to import. mails.csv, line 2: the label is"),
        (TABLE, ["--label", "good"], "The label 'good' is none; spam or safe would be right."),
        (TABLE, ["--name", "spamassassin"], "'spamassassin' can be no name of your mails"),
        ("a,b\n", [], "mails.csv, line 1: “a,b” names no column body or text"),
    ],
)
def test_a_refused_import_leaves_the_mails_as_they_were(
    home: Path, table: Path, content: str, options: list[str], says: str
) -> None:
    ipo(home, table, "--name", "inbox")
    before = mail_sets.path_in(home, "inbox").read_bytes()
    table.write_text(content)
    code, out, err = ipo(home, table, "--name", "inbox", *options)
    assert (code, out) == (1, "") and err.startswith(says)
    assert mail_sets.path_in(home, "inbox").read_bytes() == before
    assert mail_sets.available(home) == ("inbox",) and mail_sets.load(home, "inbox").given[2] == NONE


def test_a_file_that_is_not_there_is_named(home: Path) -> None:
    code, _, err = ipo(home, "nowhere.csv", "--name", "inbox")
    assert code == 1 and "nowhere.csv" in err
