"""Predictions for other programs: one line a mail, and nobody's address where that is not wanted."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from ipo.mail.labels.export import labels_csv
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import MailSet
from ipo.mail.model.spam_model import Scores
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


def test_no_address_of_the_corpus_is_in_a_masked_table(
    run: TrainRun, mail_corpus: MailSet, tmp_path: Path
) -> None:
    count = len(mail_corpus)
    scores = Scores(*[np.full(count, 0.5)] * 6, np.zeros(count, bool))
    tables = [
        predictions_csv(run, mail_corpus, scores, mask=True),
        labels_csv(LabelStore(tmp_path), mail_corpus, mask=True),
    ]
    for table in tables:
        assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", table.decode()) == []
    assert re.search(r"[\w.+-]+@[\w-]+\.\w+", " ".join(mail_corpus.titles))
