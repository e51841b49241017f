"""Promises of candidates: one latent of a session is one candidate, and its record tells everything."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.candidates import Candidate, candidate_id
from ipo.preference.proposals.generate import Proposing, make_candidates
from ipo.preference.proposals.proposers import RANDOM, UCB, ProposalContext, ProposerSettings
from ipo.preference.schema import CANDIDATE
from ipo.preference.state import RIDGE
from ipo.preference.storage.sessions import SessionKey
from ipo.records import parse
from tests.support.fits import a_belief
from tests.support.flat_decoder import FlatDecoder
from tests.support.rows import made_candidate

KEY = SessionKey("moss and rust", 64, "flat")
SHAPE = latents.grid_shape(64)
BELIEF = a_belief(256)
GUIDE = ProposalContext(BELIEF, BELIEF)


def make(seed: int = 1, context: ProposalContext = GUIDE, how: Proposing | None = None) -> Candidate:
    return make_candidates(KEY, FlatDecoder(), how or Proposing(), context, [seed], SILENT).candidates[0]


def test_an_id_is_a_hash_of_the_session_and_the_latent() -> None:
    z, other = (latents.anchor(prompt, SHAPE) for prompt in ("a", "b"))
    ids = {candidate_id("s", z), candidate_id("s", other), candidate_id("t", z)}
    assert len(ids) == 3
    assert candidate_id("s", z.copy()) in ids
    assert all(len(id_) == 16 and int(id_, 16) >= 0 for id_ in ids)


def test_the_smallest_change_of_a_latent_changes_the_id() -> None:
    z = latents.anchor("a", SHAPE)
    nudged = z.copy()
    nudged[0, 0, 0] = np.nextafter(z[0, 0, 0], np.float32(9))
    assert candidate_id("s", nudged) != candidate_id("s", z)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_candidate_with_a_latent_that_is_not_finite_is_refused(bad: float) -> None:
    good = made_candidate(KEY, np.random.default_rng(0))
    z = good.z.copy()
    z[0, 1, 2] = bad
    with pytest.raises(ValueError) as caught:
        Candidate.from_record(good.record(), z, good.png)
    assert str(caught.value) == "The latent has NaN or Inf; it was not shown."


def test_a_candidate_comes_back_from_its_record_as_it_was() -> None:
    candidate = make()
    record = parse(json.dumps(asdict(candidate.record())).encode(), CANDIDATE, "candidate.json")
    again = Candidate.from_record(record, candidate.z, candidate.png)
    assert again.record() == candidate.record()
    assert again.id == candidate.id and again.proposal == candidate.proposal


def test_the_seed_decides_everything_about_a_candidate() -> None:
    first, again, other = make(1), make(1), make(2)
    assert np.array_equal(first.z, again.z) and first.png == again.png and first.id == again.id
    assert first.id != other.id


def test_a_candidate_can_be_decoded_again_from_its_record() -> None:
    candidate = make()
    settings = candidate.record().settings
    pixels = FlatDecoder().decode(candidate.z[None], candidate.prompt, settings, context=SILENT)[0]
    assert np.array_equal(pixels, decode_png(candidate.png))


def test_a_candidate_keeps_the_value_it_was_predicted() -> None:
    candidate = make()
    read = latents.features(candidate.z[None])
    assert candidate.proposal.value == pytest.approx(float(BELIEF.predict(read)[0]))
    assert candidate.proposal.sd == pytest.approx(float(BELIEF.deviation(read)[0]))
    assert (candidate.proposal.proposer, candidate.proposal.value_model) == (UCB, RIDGE)


def test_a_candidate_drawn_at_random_is_still_valued_by_the_model() -> None:
    candidate = make(how=Proposing(ProposerSettings(RANDOM)))
    assert candidate.proposal.proposer == RANDOM and candidate.proposal.value is not None


def test_without_a_model_a_candidate_has_no_value() -> None:
    proposal = make(context=ProposalContext()).proposal
    assert (proposal.proposer, proposal.value, proposal.sd, proposal.value_model) == (
        RANDOM,
        None,
        None,
        None,
    )
