"""What a run says of mails as CSV, for other programs."""

import csv
import io

from ipo.datasets.csv_cells import guard_formula
from ipo.mail import personal_data
from ipo.mail.mails import LABEL_NAMES, SAFE, SPAM, MailSet
from ipo.mail.model.spam_model import Scores
from ipo.mail.training.run import PART_NAMES, TrainRun

_HEAD = (
    *("id", "title", "label", "part", "decision", "probability", "threshold"),
    *("p_text", "p_clues", "clues_asked", "source"),
)


def predictions_csv(run: TrainRun, mails: MailSet, scores: Scores, *, mask: bool) -> bytes:
    """A line for each mail: what was decided and why. `label` and `part` are those of the run.

    With `mask`, titles and sources have no personal data.
    """
    place_of = {id_: place for place, id_ in enumerate(run.mails.ids)}
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_HEAD)
    for row, id_ in enumerate(mails.ids):
        place = place_of.get(id_)
        label = "" if place is None else LABEL_NAMES[int(run.mails.labels[place])]
        part = "" if place is None else PART_NAMES[int(run.mails.parts[place])]
        title, source = mails.titles[row], mails.sources[row]
        if mask:
            title, source = personal_data.mask(title), personal_data.mask(source)
        cells = (
            *(id_, guard_formula(title), label, part, LABEL_NAMES[SPAM if scores.spam[row] else SAFE]),
            *(f"{scores.probability[row]:.6f}", f"{scores.threshold[row]:.4f}"),
            *(f"{scores.p_text[row]:.6f}", f"{scores.p_numeric[row]:.6f}"),
            *("yes" if scores.consulted[row] else "no", guard_formula(source)),
        )
        table.writerow(cells)
    return text.getvalue().encode(errors="replace")
