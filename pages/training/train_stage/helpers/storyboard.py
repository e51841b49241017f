"""The story of a run in three frames: where the mails lie, where the line runs, what tipped the scale."""

import numpy as np

from ipo.mail.training.run import TEST, TrainRun

STORY_MAILS = 3


def story_ids(run: TrainRun, most: int = STORY_MAILS) -> list[str]:
    """Mails of the test part that tell what clues do.

    First those that the clues decided otherwise than the text, then others that the gate is open for, then
    those nearest to the threshold.
    """
    test = run.mails.places(TEST)
    scores = run.scores.rows(test)
    tipped = (scores.p_text >= run.model.threshold) != scores.spam
    distance = np.abs(scores.p_text - run.model.threshold)
    order = np.lexsort((distance, ~scores.consulted, ~tipped))
    return [run.mails.ids[test[row]] for row in order[:most]]
