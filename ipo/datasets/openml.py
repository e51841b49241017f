"""A program: MNIST from OpenML into an npz. In a process of its own it can be stopped while it waits."""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml


def main(folder: Path) -> None:
    """Write `openml.npz` into `folder`: `images` uint8 (70000, 784) and `labels` uint8 (70000,)."""
    mnist = fetch_openml("mnist_784", version=1, as_frame=False, parser="auto", data_home=folder)
    # The test images come last, as 70,000 rows in the official order.
    np.savez(folder / "openml.npz", images=mnist.data.astype(np.uint8), labels=mnist.target.astype(np.uint8))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
