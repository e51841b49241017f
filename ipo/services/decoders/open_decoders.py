"""The decoders at work in this process: one for each name and its settings."""

from pathlib import Path

from ipo.decoders.machine_settings import load_machine_settings, save_machine_setting
from ipo.decoders.protocol import Decoder
from ipo.decoders.settings import Value
from ipo.decoders.versioned import family_of
from ipo.pictures.pool import PicturePool
from ipo.preference.storage.sessions import SessionKey
from ipo.registry import decoder_kinds, open_source

Wanted = tuple[str, tuple[tuple[str, Value], ...]]


class OpenDecoders:
    """Opens each decoder once, with what is set for it on this machine."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open: dict[Wanted, Decoder | PicturePool] = {}

    def get(self, key: SessionKey) -> Decoder | PicturePool:
        """Where the images of a session come from. Raises `ValueError` where it cannot be opened."""
        wanted = key.decoder, key.decoder_settings
        if wanted not in self._open:
            self._open[wanted] = open_source(self._home, key.decoder, dict(key.decoder_settings))
        return self._open[wanted]

    def machine_settings(self, decoder: str) -> dict[str, Value]:
        """What is set for a decoder on this machine. Raises `ValueError`."""
        kind = decoder_kinds().get(family_of(decoder))
        return {} if kind is None else load_machine_settings(self._home, decoder, kind.settings)

    def set_on_machine(self, decoder: str, name: str, value: Value) -> None:
        """Set one thing for a decoder, to be opened anew. Raises `OSError` or `ValueError`."""
        save_machine_setting(self._home, decoder, name, value)

    def forget(self, decoder: str) -> None:
        """Open it anew when it is asked for next."""
        self._open = {wanted: one for wanted, one in self._open.items() if wanted[0] != decoder}
