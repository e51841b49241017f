"""Maps, phrases and opinions say what the model does, not something like it."""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from ipo.mail.clues import CLUE_NAMES, ReadMail
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.explaining.knockout import MOST_PHRASES, phrase_effects, split_phrases
from ipo.mail.explaining.meaning_map import build_meaning_map, sample_places
from ipo.mail.explaining.opinion import cautious_percent, explain
from ipo.mail.training.pipeline import TrainingData
from ipo.mail.training.run import TrainRun


def test_the_line_of_a_projection_is_the_decision_of_what_lies_on_it() -> None:
    """A point of the plane, taken back into the space, has the logit that the line says."""
    rng = np.random.default_rng(0)
    positions, weights, intercept = rng.normal(size=(60, 8)), rng.normal(size=8), 0.3
    logits = positions @ weights + intercept
    shown = build_meaning_map(np.arange(60), sp.csr_array(positions), logits > 0, weights, intercept)
    projection, center = shown.projections["pca"], positions.mean(0)
    axes = np.linalg.lstsq(projection.positions, positions - center, rcond=None)[0]  # (2, 8)
    back = center + projection.positions @ axes
    np.testing.assert_allclose(projection.logit(projection.positions), back @ weights + intercept, atol=1e-9)
    variances = np.linalg.eigvalsh(np.cov(positions.T, ddof=0))[::-1][:2]
    np.testing.assert_allclose(projection.positions.var(0), variances)


def test_on_the_axis_of_the_decision_every_mail_is_on_its_side(run: TrainRun) -> None:
    projection = run.meaning_map.projections["decision"]
    np.testing.assert_allclose(
        projection.logit(projection.positions), run.scores.text_logit[run.meaning_map.places], atol=1e-8
    )


def test_the_nearest_pair_is_the_nearest() -> None:
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(40, 3))
    spam = np.arange(40) % 2 == 0
    pair = build_meaning_map(np.arange(40), sp.csr_array(positions), spam, np.ones(3), 0.0).nearest_pair
    assert pair is not None and spam[pair[0]] and not spam[pair[1]]
    distances = np.linalg.norm(positions[spam][:, None] - positions[~spam][None], axis=2)
    assert np.isclose(np.linalg.norm(positions[pair[0]] - positions[pair[1]]), distances.min())


def test_a_sample_keeps_the_band_and_the_shares_of_classes_and_parts() -> None:
    rng = np.random.default_rng(2)
    spam, parts = rng.random(9_000) < 0.1, rng.integers(0, 3, 9_000).astype(np.int8)
    consulted = rng.random(9_000) < 0.01
    places = sample_places(spam, parts, consulted, 0, 900)
    assert set(np.flatnonzero(consulted)) <= set(places)
    assert len(np.unique(places)) == 900
    for part in range(3):
        share = (spam & (parts == part)).mean()
        assert abs((spam & (parts == part))[places].mean() - share) < 0.02


def test_phrases_cover_the_text_once() -> None:
    text = "One sentence. Another one! A line\nwithout an end and " + "word " * 100 + "\n\n\nlast"
    spans = split_phrases(text)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace(" ", "").replace(
        "\n", ""
    )
    assert len(split_phrases("a. " * 1_000)) == MOST_PHRASES


def test_the_line_of_links_is_one_phrase() -> None:
    text = "Title\nA sentence.\n\nLinks: many2 deals biz .biz win"
    assert [text[start:end] for start, end in split_phrases(text)] == [
        "Title",
        "A sentence.",
        "Links: many2 deals biz .biz win",
    ]


def test_the_effect_of_a_phrase_is_what_cutting_it_out_does(run: TrainRun) -> None:
    text = "Free click guarantee winner. Review the agenda of the library team. Regards."
    embedder, head = open_embedder("wordllama"), run.model.text_head
    effects = phrase_effects(head, embedder, text)
    whole = head.logit(embedder.encode([text]))[0]
    for effect in effects:
        without = head.logit(embedder.encode([text[: effect.start] + " " + text[effect.end :]]))[0]
        assert effect.effect == whole - without
    by_phrase = {text[effect.start : effect.end]: effect.effect for effect in effects}
    assert by_phrase["Free click guarantee winner."] > 0 > by_phrase["Review the agenda of the library team."]


def test_an_opinion_says_what_the_model_scores(run: TrainRun, mail_data: TrainingData) -> None:
    encoded = open_embedder("wordllama").encode(mail_data.features.texts)
    scores = run.model.score(encoded, mail_data.features.clues)
    for row in (0, 1, 8, 9):
        mail = mail_data.mails.mail(row)
        opinion = explain(
            run.model,
            open_embedder("wordllama"),
            ReadMail(mail.title, mail.body, mail.links),
            mail_data.features.texts[row],
        )
        assert opinion.probability == scores.probability[row] and opinion.spam == scores.spam[row]
        assert opinion.consulted == scores.consulted[row]
        head = run.model.numeric_head
        total = sum(clue.contribution for clue in opinion.clues) + head.intercept
        assert np.isclose(total, scores.numeric_logit[row])
        assert {clue.name for clue in opinion.clues} == set(CLUE_NAMES)
        assert opinion.sentence.startswith("Spam" if opinion.spam else "Safe")


def test_an_empty_mail_has_an_opinion_too(run: TrainRun) -> None:
    opinion = explain(run.model, open_embedder("wordllama"), ReadMail("", "", ()), "")
    assert np.isfinite(opinion.probability) and not opinion.phrases


def test_no_probability_is_said_to_be_certain() -> None:
    assert [cautious_percent(p) for p in (0.0, 0.004, 0.5, 0.989, 0.996, 1.0)] == [
        "<1\u00a0%",
        "<1\u00a0%",
        "50\u00a0%",
        "99\u00a0%",
        ">99\u00a0%",
        ">99\u00a0%",
    ]
