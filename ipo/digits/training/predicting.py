"""Predicting all images with the averaged weights of a model."""

import logging
from collections.abc import Callable

from ipo.digits import predictions
from ipo.digits.data import Data, Images
from ipo.digits.folder import DigitsFolder
from ipo.digits.latent_map.projection import Positions, pca_positions, procrustes_align
from ipo.digits.predictions import Predictions
from ipo.digits.training.run import free_core
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.jobs import SILENT, Progress

logger = logging.getLogger(__name__)


def update_predictions(
    folder: DigitsFolder, trainer: InteractiveTrainer, data: Data, progress: Progress = SILENT
) -> Predictions:
    """Predict all images and keep that; the map lies as the one before. Raises `OSError` and `Cancelled`."""
    try:
        old = predictions.read(folder.predictions, data)
    except predictions.BadPredictions as error:
        logger.warning("%s; predicting anew", error)
        old = None
    count = len(data.images)

    def on_batch(fraction: float) -> None:
        progress.check()
        progress.report(fraction, f"{round(fraction * count):,} of {count:,} images predicted")

    with free_core():
        new = predict(trainer, data.images, None if old is None else old.places, on_batch)
    predictions.write(folder.predictions, new, data)
    return new


def predict(
    trainer: InteractiveTrainer,
    images: Images,
    before: Positions | None = None,
    on_batch: Callable[[float], None] | None = None,
) -> Predictions:
    """What the averaged weights say of all images; the map is turned to lie as `before`."""
    outputs = trainer.average.outputs(images, reconstruct=True, on_batch=on_batch)
    assert outputs.reconstruction is not None
    places = outputs.places if trainer.step else pca_positions(outputs.features)
    return Predictions(
        outputs.latent,
        procrustes_align(places, before),
        outputs.probabilities,
        outputs.features.astype("float16"),
        outputs.reconstruction,
        trainer.step,
        trainer.epoch,
    )
