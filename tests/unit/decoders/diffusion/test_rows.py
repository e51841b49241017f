"""A judged image of a diffusion model decodes again to the bytes that were saved."""

from pathlib import Path

import pytest

from ipo.decoders.diffusion.options import SETTINGS
from ipo.decoders.diffusion.pipelines import unload_pipelines
from ipo.decoders.settings import pixel_settings
from ipo.jobs import SILENT
from ipo.preference.analysis.verify import Match, verify
from ipo.preference.proposals.generate import Proposing, make_candidates
from ipo.preference.proposals.proposers import ProposalContext
from ipo.preference.storage.rows import GOOD, RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.registry import open_decoder
from tests.support.tiny_pipelines import PIPELINES
from tests.unit.decoders.diffusion.conftest import Saved


@pytest.mark.parametrize("name", PIPELINES)
def test_a_row_is_verified_after_the_weights_are_read_again(saved: Saved, tmp_path: Path, name: str) -> None:
    chosen = pixel_settings(SETTINGS, {"model": str(saved(name)), "steps": 2})
    key = SessionKey("a red fox", 32, "diffusion", decoder_settings=tuple(sorted(chosen.items())))
    folder = SessionFolder(tmp_path, key)
    folder.create()
    decoder = open_decoder(tmp_path, key.decoder, chosen)
    (candidate,) = make_candidates(key, decoder, Proposing(), ProposalContext(), [7], SILENT).candidates
    assert len(str(candidate.decoder["weights_hash"])) == 64
    store = RowStore(folder.path, candidate.z.shape)
    store.create()
    row = store.save(candidate, GOOD, "judged:1")
    unload_pipelines()
    again = open_decoder(tmp_path, key.decoder, chosen)
    assert verify(folder.path, candidate.z.shape, row, again, SILENT).match == Match.SAME_BYTES
