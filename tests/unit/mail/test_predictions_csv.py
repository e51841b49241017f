"""Predictions for other programs: one line a mail, and nobody's address where that is not wanted."""

import csv
import io
from dataclasses import replace

from ipo.mail.predictions_csv import predictions_csv
from ipo.mail.training.pipeline import TrainingData
from ipo.mail.training.run import TrainRun


def test_each_mail_has_a_line_and_masked_titles_no_address(run: TrainRun, mail_data: TrainingData) -> None:
    mails = mail_data.mails
    titles = ("=2+3 write to ann@example.org", *mails.titles[1:])
    named = replace(mails, titles=titles, sources=("bob@example.org.mbox", *mails.sources[1:]))
    plain, masked = (predictions_csv(run, named, run.scores, mask=mask).decode() for mask in (False, True))
    assert "ann@example.org" in plain and "@example.org" not in masked
    lines = list(csv.DictReader(io.StringIO(plain)))
    assert [line["id"] for line in lines] == list(mails.ids)
    assert lines[0]["title"].startswith("'=")
    decided = [line["decision"] == "spam" for line in lines]
    assert decided == run.scores.spam.tolist()
    assert {line["part"] for line in lines} == {"train", "tune", "test"}
