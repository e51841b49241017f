"""Images of a cluster are those of this machine; a session judged on it loses nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster
from numpy.typing import NDArray

from background import Background, Lane
from ipo.cluster.connection import Cluster
from ipo.cluster.decoder import DecodeRequest, SpreadDecoder, decode_on_worker, spread
from ipo.cluster.settings import ClusterSettings
from ipo.decoders.procedural.decoder import ProceduralKind
from ipo.decoders.protocol import Decoder, DecoderInfo
from ipo.decoders.settings import Settings, complete
from ipo.decoders.versioned import name_of
from ipo.jobs import SILENT
from ipo.registry import DECODERS
from tests.support.clusters import two_workers

SIZE = 64
TRAINED = name_of("ssvae", "0123456789abcdef")  # small weights: they travel along
SETTINGS = {"size": SIZE}


@pytest.fixture(scope="module")
def here() -> Decoder:
    kind = ProceduralKind()
    return kind.open(Path("nowhere"), complete(kind.settings, {}))


@pytest.fixture(scope="module")
def latents(here: Decoder) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(5, *here.info.latent_shape(SIZE))).astype(np.float32)


class Watching:
    """A context that notes what it hears."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.previews: list[tuple[int, tuple[int, ...]]] = []

    def report(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None: ...

    def preview(self, render: Callable[[], NDArray[np.uint8]], first: int = 0) -> None:
        self.previews.append((first, render().shape))


def test_images_are_those_of_this_machine_whoever_draws_them(
    here: Decoder, latents: NDArray[np.float32], cluster: Cluster
) -> None:
    there = SpreadDecoder(here, "procedural", (), cluster)
    assert there.info.batch == 2 * here.info.batch
    for count in (1, 2, 5):
        drawn = there.decode(latents[:count], "a field", SETTINGS, context=SILENT)
        assert np.array_equal(drawn, here.decode(latents[:count], "a field", SETTINGS, context=SILENT))
    assert there.info.record() == here.info.record()


def test_without_a_cluster_it_is_the_decoder_itself(here: Decoder, latents: NDArray[np.float32]) -> None:
    alone = SpreadDecoder(here, "procedural", (), Cluster())
    assert alone.info == here.info
    drawn = alone.decode(latents, "a field", SETTINGS, context=SILENT)
    assert np.array_equal(drawn, here.decode(latents, "a field", SETTINGS, context=SILENT))


def test_a_cluster_that_is_gone_costs_no_image(here: Decoder, latents: NDArray[np.float32]) -> None:
    cluster = Cluster()
    with two_workers() as workers:
        cluster.connect(ClusterSettings(workers.scheduler_address))
        there = SpreadDecoder(here, "procedural", (), cluster)
        there.decode(latents[:2], "a field", SETTINGS, context=SILENT)
    drawn = there.decode(latents, "a field", SETTINGS, context=SILENT)
    assert np.array_equal(drawn, here.decode(latents, "a field", SETTINGS, context=SILENT))
    cluster.disconnect()


class OtherWeights:
    """The same decoder as a machine with other weights would have it."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    @property
    def info(self) -> DecoderInfo:
        return replace(self._decoder.info, weights_hash="0123456789abcdef")

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: object
    ) -> NDArray[np.uint8]:
        raise AssertionError("nothing is drawn here")


def test_other_weights_on_a_worker_are_refused_by_name(
    here: Decoder, latents: NDArray[np.float32], cluster: Cluster
) -> None:
    there = SpreadDecoder(OtherWeights(here), "procedural", (), cluster)
    with pytest.raises(ValueError, match="0123456789ab"):
        there.decode(latents[:1], "a field", SETTINGS, context=SILENT)


def test_what_a_worker_lacks_is_said(cluster: Cluster, latents: NDArray[np.float32]) -> None:
    request = DecodeRequest(TRAINED, (), latents, "", SETTINGS, None)
    with pytest.raises(ValueError, match="ssvae"):
        cluster.run(decode_on_worker, (request,), SILENT)


def test_previews_and_progress_of_the_parts_are_one(
    here: Decoder, latents: NDArray[np.float32], cluster: Cluster
) -> None:
    context = Watching()
    there = SpreadDecoder(Previewing(here), TRAINED, (), cluster)
    assert len(there.decode(latents[:2], "a field", SETTINGS, context=context)) == 2
    assert {first for first, _ in context.previews} == {0, 1}
    assert all(shape == (1, SIZE, SIZE, 3) for _, shape in context.previews)
    assert 0 < max(context.fractions) <= 1


class Previewing:
    """Takes a second and shows the images meanwhile."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.info = decoder.info

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Watching
    ) -> NDArray[np.uint8]:
        images = self._decoder.decode(latents, prompt, settings, context=SILENT)
        for step in range(10):
            time.sleep(0.1)
            context.report(step / 10, f"Step {step}")
            context.preview(lambda: images)
        return images


def test_images_of_servers_and_pictures_stay_as_they_are(here: Decoder) -> None:
    assert spread(here, "remote", (), Cluster()) is here
    assert isinstance(spread(here, "procedural", (), Cluster()), SpreadDecoder)
    assert "procedural" in DECODERS


def test_several_images_are_under_way_at_once(
    here: Decoder, latents: NDArray[np.float32], workers: LocalCluster, cluster: Cluster
) -> None:
    background = Background()
    there = SpreadDecoder(Previewing(here), TRAINED, (), cluster)
    drawn: list[NDArray[np.uint8]] = []
    job = background.submit(Lane.DECODE, _decode, there, latents[:2], on_done=drawn.append, label="decode")
    most = 0
    while job.in_flight:
        most = max(most, cluster.status().under_way)
    assert most == 2 and len(drawn[0]) == 2
    background.shutdown()


def _decode(decoder: Decoder, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
    return decoder.decode(latents, "a field", SETTINGS, context=SILENT)
