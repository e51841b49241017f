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
    """Write a line for each mail: its label, who gave it and when. With `mask` titles have no personal data.

    Raises `OSError`; then nothing was written.
    """
    newest = {id: event for event in store.events() for id in event.ids}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for row, code in enumerate(store.codes(mails).tolist()):
        mail = mails.mail(row)
        title = personal_data.mask(mail.title) if mask else mail.title
        event = newest.get(mail.id)
        who, when = (event.who, event.at) if event else ("", "")
        cells = (mail.id, title, LABEL_NAMES[code], LABEL_NAMES[mail.given], who, when, mail.source)
        rows.writerow(map(guard_formula, cells))
    replace_file(path, text.getvalue().encode(errors="replace"))
