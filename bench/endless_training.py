"""A training of the digits as the app runs it, as nice and on as many threads, until it is ended.

`python -m bench.endless_training` writes a line for each batch.
"""

import os

import numpy as np

from ipo.datasets import mnist
from ipo.digits.config import MOST_EPOCHS, SSVAEConfig
from ipo.digits.labels.store import NONE
from ipo.digits.training.run import free_core
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.digits.worker.main import NICE
from ipo.project import project_folder

LABELLED = 100


def main() -> None:
    os.nice(NICE)
    images, truth = mnist.load("train", project_folder())
    labels = np.full(len(images), NONE, np.int8)
    labels[:LABELLED] = truth[:LABELLED]
    trainer = InteractiveTrainer(SSVAEConfig(seed=0))
    with free_core():
        while True:
            for _ in trainer.steps(MOST_EPOCHS, images, labels):
                print(trainer.step, flush=True)


if __name__ == "__main__":
    main()
