"""The decoders at work in this process: one for each name and its settings."""

import contextlib
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ipo.cluster.connection import Cluster
from ipo.cluster.decoder import spread
from ipo.decoders.machine_settings import load_machine_settings, save_machine_setting
from ipo.decoders.protocol import ConnectingKind, Decoder
from ipo.decoders.settings import Value
from ipo.decoders.versioned import family_of
from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.pictures.pool import PicturePool
from ipo.preference.storage.sessions import SessionKey
from ipo.registry import decoder_kinds, open_source

KEPT_SECONDS = 5.0  # from when a failure was told; after it, the next page that is drawn tries again

Source = Decoder | PicturePool
Wanted = tuple[str, tuple[tuple[str, Value], ...]]


@dataclass
class _Connection:
    """A decoder that other machines were asked for, or are being asked."""

    running: bool = True
    problem: str = ""  # why it could not be opened
    told_at: float | None = None  # when somebody heard of the problem first


class OpenDecoders:
    """Opens each decoder once, with what is set for it on this machine.

    One that other machines have to be asked for may take seconds: see `ready`.
    """

    def __init__(self, home: Path, submit: Submit, cluster: Cluster) -> None:
        self._home, self._submit, self._cluster = home, submit, cluster
        self._open: dict[Wanted, Source] = {}
        self._connections: dict[tuple[Wanted, int], _Connection] = {}  # by image side: servers know of sizes
        self._lock = threading.Lock()

    def get(self, key: SessionKey) -> Source:
        """Where the images of a session come from. Raises `ValueError` where it cannot be opened."""
        wanted = _wanted(key)
        with self._lock:
            connection = self._connections.get((wanted, key.size))
            if connection is not None and connection.problem:
                connection.told_at = connection.told_at or time.monotonic()
                raise ValueError(connection.problem)
        if wanted not in self._open:
            source = open_source(self._home, key.decoder, dict(key.decoder_settings))
            self._open[wanted] = spread(source, key.decoder, key.decoder_settings, self._cluster)
        return self._open[wanted]

    def ready(self, key: SessionKey) -> bool:
        """Whether `get` answers at once, if only with why not. Else other machines are asked from now on."""
        if not isinstance(decoder_kinds().get(key.decoder), ConnectingKind):
            return True
        wanted = _wanted(key)
        with self._lock:
            known = self._connections.get((wanted, key.size))
            if known is not None and not _is_over(known):
                return not known.running
            connection = self._connections[wanted, key.size] = _Connection()
            opened = self._open.get(wanted)
        self._submit(
            connect,
            self._home,
            key,
            opened,
            on_done=partial(self._adopt, wanted, key.size, connection),
            on_error=partial(_fail, connection),
            label=f"ask for the decoder {key.decoder}",
        )
        return not connection.running

    def asking(self, key: SessionKey) -> bool:
        """Whether other machines are being asked for the decoder of a session. Asks nobody."""
        connection = self._connections.get((_wanted(key), key.size))
        return connection is not None and connection.running

    def machine_settings(self, decoder: str) -> dict[str, Value]:
        """What is set for a decoder on this machine. Raises `ValueError`."""
        kind = decoder_kinds().get(family_of(decoder))
        return {} if kind is None else load_machine_settings(self._home, decoder, kind.settings)

    def set_on_machine(self, decoder: str, name: str, value: Value) -> None:
        """Set one thing for a decoder, to be opened anew. Raises `OSError` or `ValueError`."""
        save_machine_setting(self._home, decoder, name, value)

    def forget(self, decoder: str) -> None:
        """Open it anew when it is asked for next."""
        with self._lock:
            self._open = {wanted: one for wanted, one in self._open.items() if wanted[0] != decoder}
            self._connections = {
                (wanted, size): one
                for (wanted, size), one in self._connections.items()
                if wanted[0] != decoder
            }

    def _adopt(self, wanted: Wanted, size: int, connection: _Connection, decoder: Source) -> None:
        with self._lock:
            if self._connections.get((wanted, size)) is connection:  # unless it was forgotten meanwhile
                self._open.setdefault(wanted, decoder)
            connection.running = False


def connect(home: Path, key: SessionKey, opened: Source | None) -> Source:
    """Open the decoder of a session, unless it is, and learn about images of its size.

    Raises `ValueError` where it cannot be opened.
    """
    decoder = opened or open_source(home, key.decoder, dict(key.decoder_settings))
    with contextlib.suppress(ValueError):  # a size that it cannot make, which it knows from now on
        decoder.info.latent_shape(key.size)
    return decoder


def _wanted(key: SessionKey) -> Wanted:
    return key.decoder, key.decoder_settings


def _is_over(connection: _Connection) -> bool:
    """Whether it is time to try again."""
    told = connection.told_at
    return told is not None and time.monotonic() - told > KEPT_SECONDS


def _fail(connection: _Connection, error: BaseException) -> None:
    connection.problem, connection.running = error_text(error), False
