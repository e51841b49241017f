"""The app learns before one's eyes: a scripted user with a hidden taste reads pixels and presses keys."""

import base64

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.ui.preference.selection import DEFAULT_PROMPT as PROMPT
from tests.support.app_server import AppServer
from tests.support.browser import image_data, labels, seen
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
JUDGEMENTS = 60


def warmth(pixels: NDArray[np.uint8]) -> float:
    """Red less blue, which the user likes and never says."""
    return float(pixels[..., 0].mean() - pixels[..., 2].mean())


def prior_warmth() -> tuple[float, float]:
    """Mean and standard deviation of warmth among images that nobody chose."""
    rng, decoder = np.random.default_rng(0), ProceduralDecoder()
    draws = np.stack([latents.prior(latents.grid_shape(224), rng) for _ in range(60)])
    found = [warmth(image) for image in decoder.decode(draws, PROMPT, {"size": 224}, context=SILENT)]
    return float(np.mean(found)), float(np.std(found))


def test_sixty_judgements_of_one_taste_bring_images_to_that_taste(page: Page, server: AppServer) -> None:
    likes: list[float] = []
    last = ""
    for number in range(JUDGEMENTS):
        last = seen(page, other_than=last).id
        likes.append(warmth(decode_png(base64.b64decode(image_data(page)))))
        good = likes[-1] > np.percentile(likes[-24:], 60)
        page.keyboard.press("ArrowRight" if good else "ArrowLeft")
        eventually(lambda wanted=number + 1: len(labels(server.home)) == wanted, "the row")
    mean, deviation = prior_warmth()
    assert np.mean(likes[-10:]) >= mean + 1.5 * deviation
