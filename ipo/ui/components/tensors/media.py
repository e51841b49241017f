"""Tensors on Streamlit's media server: each is encoded once, and travels once to each tab."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.ui.components.tensors.encode import Encoded, encode
from ipo.ui.runtime.media import ImageShelf

SLOTS = 192  # tensors that a tab may hold: some steps of all that the inspector shows


@dataclass(frozen=True)
class TensorId:
    """Which tensor: two with equal ids are the same values."""

    session: str
    step: int
    key: str

    def __str__(self) -> str:
        return f"{self.session}/{self.step}/{self.key}"


@dataclass(frozen=True)
class Placed:
    """A tensor that the browser can fetch."""

    address: str
    encoded: Encoded


class TensorShelf:
    """Addresses of the tensors of one browser tab, from one full run of the page to the next."""

    def __init__(self, name: str = "ipo-tensor", slots: int = SLOTS) -> None:
        self._slots = slots
        self._shelf = ImageShelf(name, "application/octet-stream", slots)
        self._encoded: dict[TensorId, Encoded] = {}

    def place(self, id_: TensorId, values: NDArray[np.generic]) -> Placed:
        """Where the browser finds a tensor; `values` are read only if it is not there yet."""
        encoded = self._encoded.get(id_)
        address = self._shelf.found(str(id_))
        if encoded is None or address is None:
            while len(self._encoded) >= self._slots:
                del self._encoded[next(iter(self._encoded))]
            self._encoded[id_] = encoded = encode(values)
            address = self._shelf.address(str(id_), encoded.data)
        return Placed(address, encoded)
