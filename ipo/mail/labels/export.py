"""Labels of mails as CSV, for other programs."""

import csv
import io
from pathlib import Path

from ipo.datasets.csv_cells import guard_formula
from ipo.durable import replace_file
from ipo.mail import personal_data
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import LABEL_NAMES, MailSet

_HEAD = ("id", "title", "label", "given", "who", "when", "source")


def export_labels(path: Path, store: LabelStore, mails: MailSet, *, mask: bool) -> None:
    """Write `labels_csv` to a file. Raises `OSError`; then nothing was written."""
    replace_file(path, labels_csv(store, mails, mask=mask))


def labels_csv(store: LabelStore, mails: MailSet, *, mask: bool) -> bytes:
    """A line for each mail: its label, who gave it and when.

    With `mask`, titles and sources have no personal data.
    """
    newest = {id: event for event in store.events() for id in event.ids}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for row, code in enumerate(store.codes(mails).tolist()):
        mail = mails.mail(row)
        title, source = mail.title, mail.source
        if mask:
            title, source = personal_data.mask(title), personal_data.mask(source)
        event = newest.get(mail.id)
        who, when = (event.who, event.at) if event else ("", "")
        cells = (mail.id, title, LABEL_NAMES[code], LABEL_NAMES[mail.given], who, when, source)
        rows.writerow(map(guard_formula, cells))
    return text.getvalue().encode(errors="replace")
