"""The `remote` decoder: another machine draws. Nothing else ever draws in its place."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.assignments import parse_assignments
from ipo.decoders.protocol import DecodeContext, DecoderInfo
from ipo.decoders.remote.access import find_access
from ipo.decoders.remote.description import ModelDescription
from ipo.decoders.remote.errors import ServerUnavailable
from ipo.decoders.remote.network_thread import NetworkThread
from ipo.decoders.remote.request_progress import RequestProgress
from ipo.decoders.remote.status import ServerStatus
from ipo.decoders.settings import Setting, Settings, complete

if TYPE_CHECKING:
    from ipo.decoders.remote.image_server import ImageServer
    from ipo.decoders.remote.server_pool import ServerPool

URL, OPTIONS, TIMEOUT = "url", "options", "timeout"

_SIZES = (
    128,
    224,
    256,
    384,
    448,
    512,
    768,
    1024,
)  # those that a page offers; others are asked for one by one
_NO_HTTPX = "The remote decoder needs httpx. Type: pip install 'ipo[server]'"


class RemoteKind:
    """Images from one image server, or from several that draw with the same weights."""

    connects = True

    settings: tuple[Setting, ...] = (
        Setting(
            URL,
            "Servers",
            "",
            "Address of the image server, such as http://127.0.0.1:8766; several with commas between. Empty: "
            "what IPO_DECODER_URL in the environment says. The token is in IPO_DECODER_TOKEN there.",
            changes_pixels=False,
        ),
        Setting(
            OPTIONS,
            "Options",
            "",
            "Settings of the server's decoder, such as: steps=2, guidance=0. The rest has its default.",
        ),
        Setting(
            TIMEOUT,
            "Patience",
            120.0,
            "Seconds to wait for the images of one request.",
            low=1,
            high=3600,
            changes_pixels=False,
        ),
    )

    def __init__(self) -> None:
        self._network = NetworkThread()
        self._servers: dict[tuple[str, str], ImageServer] = {}  # by address and token
        self._lock = threading.Lock()

    def open(self, home: Path, settings: Settings) -> "RemoteDecoder":
        """Asks every server what it draws with, for a few seconds at most.

        Raises `ValueError` where none is named, none answers, one does not let us in, two draw with different
        weights, or an option is none of theirs.
        """
        access = find_access(home, str(settings[URL]))
        try:
            from ipo.decoders.remote.image_server import ImageServer
            from ipo.decoders.remote.server_pool import ServerPool
        except ModuleNotFoundError as error:
            if error.name != "httpx":
                raise
            raise ValueError(_NO_HTTPX) from error
        with self._lock:
            servers = [
                self._servers.setdefault((url, access.token), ImageServer(url, access.token))
                for url in access.urls
            ]
        pool = ServerPool(servers, float(settings[TIMEOUT]))
        try:
            description = self._network.wait_for(pool.connect(_SIZES))
        except ServerUnavailable as error:
            raise ValueError(str(error)) from error
        return RemoteDecoder(pool, self._network, description, str(settings[OPTIONS]))


class RemoteDecoder:
    """Draws by servers that answered when it was opened."""

    def __init__(
        self, pool: "ServerPool", network: NetworkThread, description: ModelDescription, options: str
    ) -> None:
        """Raises `ValueError` for options that the servers do not have."""
        self.options = tuple(one.setting() for one in description.settings)  # what may stand in the text
        parse_assignments(self.options, options)
        self._options = options
        self._pool, self._network = pool, network
        self._description = description
        self._shapes = dict(description.latent_shapes)
        self._impossible = dict(description.impossible_sizes)

    @property
    def info(self) -> DecoderInfo:
        """What the servers say of their decoder; `batch` counts all of them that get work."""
        said = self._description
        return DecoderInfo(
            said.identity.name,
            said.identity.version,
            said.identity.weights_hash,
            said.deterministic,
            self._latent_shape,
            said.batch * max(1, len(self._pool.usable)),
            f"{said.device}, on {' and '.join(status.url for status in self.servers())}",
            said.memory,
        )

    def servers(self) -> tuple[ServerStatus, ...]:
        """Which servers answer, and how fast."""
        return self._pool.statuses()

    def decode(
        self,
        latents: NDArray[np.float32],
        prompt: str,
        settings: Settings,
        *,
        context: DecodeContext,
    ) -> NDArray[np.uint8]:
        """Decode `(B, *latent_shape(size))` to `(B, size, size, 3)`, spread over the servers.

        Raises `ValueError` for latents of a wrong shape or with NaN or Inf and for what the servers refuse,
        and `OSError` where none of them answers, after some attempts. What is cancelled here is cancelled
        there.
        """
        from ipo.decoders.remote.image_server import DecodeRequest

        size = int(settings["size"])
        shape = self._shapes.get(str(size))
        if shape is not None and latents.shape[1:] != shape:  # of another size, the servers say it
            wanted = ", ".join(map(str, shape))
            raise ValueError(
                f"Latents have shape {latents.shape}; images of {size} pixels need (B, {wanted})."
            )
        if not np.isfinite(latents).all():
            raise ValueError("A latent has NaN or Inf; finite numbers would be right.")
        chosen = parse_assignments(self.options, str(settings.get(OPTIONS, self._options)))
        request = DecodeRequest(
            latents, prompt, size, complete(self.options, chosen), self._description.identity
        )
        if not len(latents):
            return np.empty((0, size, size, 3), np.uint8)
        progress = RequestProgress(len(latents), context)
        work = self._pool.decode(request, self._description.batch, progress)
        return self._network.wait_for(work, progress.look)

    def _latent_shape(self, size: int) -> tuple[int, ...]:
        if str(size) not in self._shapes.keys() | self._impossible.keys():
            try:
                said = self._network.wait_for(self._pool.describe([size]))
            except ServerUnavailable as error:
                raise ValueError(str(error)) from error
            self._shapes |= said.latent_shapes
            self._impossible |= said.impossible_sizes
        if str(size) in self._shapes:
            return self._shapes[str(size)]
        raise ValueError(self._impossible.get(str(size), f"The image server says nothing of {size} pixels."))
