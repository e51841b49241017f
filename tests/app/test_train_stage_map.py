"""The meaning map of a run: it draws what the model decides, and every switch changes the picture."""

from typing import Any

import numpy as np
import pytest

from ipo.keys import Keys
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.explaining.meaning_map import CurvedProjection
from ipo.mail.features import mail_features
from ipo.mail.mails import MailSet
from ipo.mail.training.params import TrainParams, parse_train_params
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TEST, TrainRun
from pages.training.train_stage import state
from pages.training.train_stage.helpers import meaning_map
from pages.training.train_stage.helpers.guardrail import borderline_rows, preview_gate
from pages.training.train_stage.helpers.storyboard import STORY_MAILS, story_ids
from pages.training.train_stage.mistakes import wrong_places
from tests.support.mails import NAME, small_mails

HEIGHT = 500


@pytest.fixture(scope="module")
def mails() -> MailSet:
    return small_mails()


@pytest.fixture(scope="module")
def run(mails: MailSet, tmp_path_factory: pytest.TempPathFactory) -> TrainRun:
    """With a band that is wide enough to have members."""
    params = parse_train_params({"guard": {"uncertainty_band": 0.2}})
    cache = EmbeddingCache(tmp_path_factory.mktemp("embeddings"), open_embedder("wordllama"))
    data = TrainingData(NAME, mails, mail_features(mails, mask=False), mails.given)
    return execute_training_pipeline(data, params, cache)


def projection(run: TrainRun, name: str) -> meaning_map.AnyProjection:
    """By name; bent ones as if UMAP had been there."""
    if name == state.UMAP:
        return CurvedProjection(np.random.default_rng(0).normal(size=(len(run.meaning_map.places), 2)))
    return run.meaning_map.projections[name]


@pytest.fixture
def flags() -> state.State:
    ss: state.State = {}
    state.ensure_train_stage_state(ss, threshold=TrainParams.threshold)
    return ss


def test_borderline_on_the_map_are_exactly_the_mails_that_the_gate_is_open_for(run: TrainRun) -> None:
    places = run.meaning_map.places
    borderline = np.zeros(len(places), bool)
    borderline[borderline_rows(run, places)] = True
    assert np.array_equal(borderline, run.scores.consulted[places]) and borderline.any()


def test_every_mail_lies_on_the_side_of_the_line_that_its_text_is_decided_for(run: TrainRun) -> None:
    projection = run.meaning_map.projections["decision"]
    beyond = projection.logit(projection.positions) >= run.model.calibration.logit_at(run.model.threshold)
    p_text = run.scores.p_text[run.meaning_map.places]
    clear = np.abs(p_text - run.model.threshold) > 1e-9
    assert np.array_equal(beyond[clear], (p_text >= run.model.threshold)[clear])


@pytest.mark.parametrize(
    "switch",
    [
        Keys.MEANING_MAP_EXAMPLES,
        Keys.MEANING_MAP_CENTRES,
        Keys.MEANING_MAP_BORDERLINE,
        Keys.MEANING_MAP_NEAREST_PAIR,
    ],
)
@pytest.mark.parametrize("name", list(state.PROJECTIONS))
def test_each_switch_changes_the_picture(
    run: TrainRun, mails: MailSet, flags: state.State, switch: Keys, name: str
) -> None:
    pictures = []
    for on in (False, True):
        flags[switch] = on
        picture = meaning_map.build_map(run, mails, projection(run, name), flags, HEIGHT)
        pictures.append(picture.to_json())
    assert pictures[0] != pictures[1]


def test_a_click_on_a_point_finds_its_mail(run: TrainRun) -> None:
    shown = projection(run, "pca")
    for row in (0, 17, len(shown.positions) - 1):
        x, y = np.float32(shown.positions[row])
        found = meaning_map.mail_at(run, shown, float(x), float(y))
        assert found == run.mails.ids[run.meaning_map.places[row]]


def test_the_chosen_mail_is_marked(run: TrainRun, mails: MailSet, flags: state.State) -> None:
    def names(figure: Any) -> list[str]:
        return [trace.name for trace in figure.data]

    shown = projection(run, "pca")
    assert "chosen" not in names(meaning_map.build_map(run, mails, shown, flags, HEIGHT))
    state.select_mail(flags, run.mails.ids[int(run.meaning_map.places[3])])
    assert "chosen" in names(meaning_map.build_map(run, mails, shown, flags, HEIGHT))


def test_a_title_is_no_markup_on_the_map(run: TrainRun, flags: state.State) -> None:
    loud = small_mails()
    titles = tuple("<b>win</b>" for _ in loud.ids)
    mails = MailSet(loud.ids, titles, loud.bodies, loud.given, loud.dates, loud.links, loud.sources)
    flags[Keys.MEANING_MAP_EXAMPLES] = True
    picture = meaning_map.build_map(run, mails, projection(run, "pca"), flags, HEIGHT)
    assert all("<b>" not in text for trace in picture.data for text in (trace.text or ()))
    assert all("<b>" not in note.text for note in picture.layout.annotations)


def test_the_preview_of_the_gate_counts_what_the_run_consulted(run: TrainRun) -> None:
    gate = preview_gate(run, run.params)
    assert gate.consulted == run.metrics.effect.consulted and gate.mails == run.metrics.effect.mails


def test_the_story_is_told_by_mails_that_were_only_tested(run: TrainRun) -> None:
    tested = {run.mails.ids[place] for place in run.mails.places(TEST)}
    story = story_ids(run)
    assert len(story) == STORY_MAILS and set(story) <= tested


def test_mistakes_are_all_wrong_test_mails_with_the_surest_first(run: TrainRun) -> None:
    places = wrong_places(run)
    test = run.mails.places(TEST)
    assert len(places) == int(np.sum(run.scores.spam[test] != run.mails.spam[test]))
    distance = np.abs(run.scores.probability[places] - run.scores.threshold[places])
    assert (np.diff(distance) <= 0).all()
