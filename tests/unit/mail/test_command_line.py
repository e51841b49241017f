"""`ipo mail …` in a process of its own: what scripts rely on."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipo.mail.mails import LABEL_NAMES, MailSet
from tests.support.mails import small_mails


def ipo(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from ipo.cli.main import main; main()",
        "mail",
        *map(str, arguments),
        "--home",
    ]
    return subprocess.run(
        [*command, str(home)],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
        timeout=120,
    )


def write_table(path: Path, mails: MailSet) -> Path:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "body", "label"])
        for row in range(len(mails)):
            writer.writerow([mails.titles[row], mails.bodies[row], LABEL_NAMES[int(mails.given[row])]])
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the set `mine` and a run."""
    home = Path(tmp_path_factory.mktemp("home"))
    table = write_table(home / "mails.csv", small_mails(160))
    imported = ipo(home, "import", table, "--name", "mine")
    assert imported.returncode == 0, imported.stderr
    trained = ipo(home, "train", "--set", "mine", "--json")
    assert trained.returncode == 0, trained.stderr
    (home / "trained.json").write_text(trained.stdout)
    return home


def test_a_set_is_found_by_the_title_that_its_import_gave(home: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "mails.csv", small_mails(40))
    assert ipo(home, "import", table, "--name", "My letters").returncode == 0
    assert ipo(home, "train", "--set", "My letters").returncode == 0
    scored = ipo(home, "score", table, "--set", "My letters")
    assert scored.returncode == 0 and len(scored.stdout.splitlines()) == 40


def test_training_says_its_metrics_as_json(home: Path) -> None:
    summary = json.loads((home / "trained.json").read_text())
    assert summary["guarded"]["f1"]["value"] > 0.8
    assert (home / "mail" / "mine" / "runs" / summary["run"] / "run.json").is_file()


def test_a_message_is_scored_and_the_exit_code_says_spam(home: Path) -> None:
    message = home / "one.eml"
    message.write_text(
        "Subject: Act now and win 5 dollars\n\nFree click guarantee winner offer cash bonus deal.\n"
    )
    scored = ipo(home, "score", message, "--set", "mine", "--json", "--exit-code")
    entry = json.loads(scored.stdout)
    assert entry["label"] == "spam" and entry["probability"] > 0.5 and scored.returncode == 10
    message.write_text(
        "Subject: Notes of the meeting\n\nReview the agenda, draft a figure for the library team.\n"
    )
    scored = ipo(home, "score", message, "--set", "mine", "--exit-code")
    assert scored.stdout.startswith("safe\t") and scored.returncode == 0


def test_labelled_mails_measure_a_run_and_known_ones_are_said_to_be_known(home: Path) -> None:
    fresh = ipo(
        home,
        "evaluate",
        write_table(home / "fresh.csv", small_mails(60, seed=9)),
        "--set",
        "mine",
        "--json",
    )
    summary = json.loads(fresh.stdout)
    assert summary["mails"] == 60 and summary["metrics"]["f1"]["low"] <= summary["metrics"]["f1"]["value"]
    known = ipo(home, "evaluate", home / "mails.csv", "--set", "mine")
    assert "part of the run" in known.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "--set", "nothing"), "There are no mails named 'nothing'"),
        (("score", "absent.csv", "--set", "mine"), "absent.csv"),
        (("score", "mails.csv", "--set", "nothing"), "The set nothing has no run."),
        (("score", "mails.csv", "--set", "mine", "--run", "x"), "There is no run x of mine"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_with_exit_code_1(
    home: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    failed = ipo(home, *(str(home / part) if part == "mails.csv" else part for part in arguments))
    assert failed.returncode == 1 and sentence in failed.stderr and "Traceback" not in failed.stderr


def test_settings_of_a_file_are_checked(home: Path) -> None:
    settings = home / "settings.json"
    settings.write_text('{"hold_out": 0.9}')
    failed = ipo(home, "train", "--set", "mine", "--settings", settings)
    assert failed.returncode == 1 and "hold_out is 0.9; 0.1 to 0.5 would be right" in failed.stderr
