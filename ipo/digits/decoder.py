"""A checkpoint as a decoder: the digits model draws the candidates of the Preferences page.

A latent on the page is `(1, 1, d + classes)` numbers from N(0, 1): the first d are z, bent to stay within ±3;
the softmax of the others says how much of each class the image is. The prompt may name a class ("7"), which
then stands fast.

What is stored of a checkpoint are the averaged weights of its decoder, 2 MB. They are applied in numpy, in
float64: no page waits for torch, and what machines round differently is far below a level of grey.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from ipo.decoders.protocol import DecoderInfo
from ipo.decoders.settings import Settings
from ipo.decoders.versioned import NoModel, name_of
from ipo.digits.training.checkpoint_summary import (
    MOST_BYTES,
    BadCheckpoint,
    checkpoint_errors,
    parse_summary,
    read_tensors,
)
from ipo.durable import replace_file
from ipo.jobs import Progress
from ipo.regular_files import read_regular

NAME = "ssvae"
VERSION = "1"  # raise it whenever the same latent and weights give other pixels

_SHARPNESS = 6.0  # of the softmax over classes: most images are mostly of one class
_FARTHEST = 3.0  # standard deviations that an entry of z may go: training has seen few that are farther
_MOST_BYTES = 1 << 30
_WEIGHTS = "average/decoder."  # in a checkpoint
_ABOUT = "about"  # latent_dim, classes, height, width

Floats = NDArray[np.float64]


class SSVAEDecoder:
    """Draws with weights that were stored. Raises `ValueError` for bytes that are none."""

    def __init__(self, content: bytes) -> None:
        try:
            found = safetensors.load(content)
            self._latent, self._classes, *shape = map(int, found.pop(_ABOUT))
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"They are not weights of a digits model: {error}") from error
        self._image_shape = shape
        layers = sorted({name.split(".")[0] for name in found}, key=int)
        self._layers: list[tuple[Floats, Floats]] = [
            (found[f"{layer}.weight"].astype(np.float64), found[f"{layer}.bias"].astype(np.float64))
            for layer in layers
        ]
        self._shape = (1, 1, self._latent + self._classes)
        sha256 = hashlib.sha256(content).hexdigest()
        self.info = DecoderInfo(NAME, VERSION, sha256, True, partial(_latent_shape, self._shape))

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        """Decode `(B, 1, 1, d + classes)` to `(B, size, size, 3)`.

        Raises `ValueError` for a size below 1 and for latents of a wrong shape or with NaN or Inf.
        """
        size = int(settings["size"])
        if size < 1:
            raise ValueError(f"Image size {size}; a whole number from 1 on would be right.")
        if latents.shape[1:] != self._shape or latents.ndim != 4:
            raise ValueError(f"Latents have shape {latents.shape}; (B, 1, 1, {self._shape[2]}) is right.")
        for i, latent in enumerate(latents):
            if not np.isfinite(latent).all():
                raise ValueError(f"Latent {i} has NaN or Inf.")
        images = np.empty((len(latents), size, size, 3), np.uint8)
        for i, latent in enumerate(latents):
            context.check()
            images[i] = _enlarged(self._drawn(latent.reshape(-1), prompt), size)
            context.report((i + 1) / len(latents), f"Image {i + 1} of {len(latents)}")
        return images

    def _drawn(self, latent: NDArray[np.float32], prompt: str) -> NDArray[np.uint8]:
        """One image `(h, w)`, alone in its batch: the same bits whatever is decoded beside it."""
        z, classes = np.split(latent.astype(np.float64), [self._latent])
        # Proposals rotate latents, and may put the length of all entries into one.
        z = _FARTHEST * np.tanh(z / _FARTHEST)
        shares = np.exp(_SHARPNESS * (classes - classes.max()))
        shares /= shares.sum()
        named = prompt.strip()
        if named.isdecimal() and int(named) < self._classes:
            shares = np.eye(self._classes)[int(named)]
        values = np.concatenate([z, shares])
        for weight, bias in self._layers[:-1]:
            values = np.maximum(weight @ values + bias, 0)
        weight, bias = self._layers[-1]
        grey = 1 / (1 + np.exp(-(weight @ values + bias)))
        drawn: NDArray[np.uint8] = np.rint(255 * grey).astype(np.uint8).reshape(self._image_shape)
        return drawn


class SSVAEFamily:
    """The digits model of a project folder, in all states that sessions were begun with."""

    says = "ssvae draws digits: the prompt 7 means sevens of all kinds, any other text means any digit."

    def source(self, home: Path) -> Path:
        """The newest checkpoint."""
        from ipo.digits.folder import folder_in

        return folder_in(home).checkpoint

    def store(self, home: Path) -> str:
        """Store the weights of the newest checkpoint; the name of their decoder. Raises `NoModel`."""
        path = self.source(home)
        if not path.exists():
            raise NoModel(
                "There is no digits model yet. Train one on Train › SSVAE, or with `ipo digits train`."
            )
        try:
            content = _weights_in(path)
            name = name_of(NAME, hashlib.sha256(content).hexdigest())
            file = _file(home, name)
            if not (file.exists() and file.read_bytes() == content):
                file.parent.mkdir(parents=True, exist_ok=True)
                replace_file(file, content)
        except (BadCheckpoint, OSError) as error:
            raise NoModel(str(error)) from error
        return name

    def open(self, home: Path, name: str) -> SSVAEDecoder:
        """The decoder of weights that were kept. Raises `ValueError` where they are not there, or damaged."""
        file = _file(home, name)
        try:
            decoder = SSVAEDecoder(read_regular(file, _MOST_BYTES))
        except OSError as error:
            raise ValueError(
                f"The weights that this session was begun with cannot be read: {file}: {error.strerror}. "
                "Put the file back, or copy it from where the session was made."
            ) from error
        except ValueError as error:
            raise ValueError(f"{file} is damaged. {error}") from error
        if name_of(NAME, decoder.info.weights_hash) != name:
            raise ValueError(f"{file} is damaged: its weights are others than its name says. Put it back.")
        return decoder


def _weights_in(path: Path) -> bytes:
    """What a decoder needs of a checkpoint, as the bytes of a file; the same weights give the same bytes."""
    with checkpoint_errors(path):
        content = read_regular(path, MOST_BYTES)
        config = parse_summary(content).config
        found = read_tensors(content, _WEIGHTS)
    about = np.array([config.latent_dim, config.classes, *config.image_shape])
    weights = {name.removeprefix(_WEIGHTS): array for name, array in found.items()}
    return safetensors.save({_ABOUT: about, **weights})


def _latent_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The shape of a latent, whatever the size of the image."""
    return shape


def _file(home: Path, name: str) -> Path:
    return home / "decoders" / f"{name}.safetensors"


def _enlarged(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A grey image `(h, w)` as `(size, size, 3)`."""
    image = Image.fromarray(grey).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image.convert("RGB"))
