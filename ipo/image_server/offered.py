"""The decoder that a server offers: what the server chose about it, and what its clients may choose."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

from ipo.decoders.assignments import parse_assignment
from ipo.decoders.protocol import Decoder, DecoderKind
from ipo.decoders.remote.description import DeclaredSetting, Identity, ModelDescription
from ipo.decoders.settings import Setting, Settings, Value, complete
from ipo.decoders.versioned import DecoderFamily
from ipo.registry import FAMILIES, decoder_kinds

_OPEN = 4  # decoders of different settings that are kept; what is large, they share among themselves


class FamilyKind:
    """A family of decoders as a kind: its newest weights, stored so that training changes nothing."""

    settings: tuple[Setting, ...] = ()

    def __init__(self, home: Path, family: DecoderFamily) -> None:
        """Raises `NoModel` where there are no weights yet."""
        self._family = family
        self._name = family.store(home)

    def open(self, home: Path, settings: Settings) -> Decoder:
        return self._family.open(home, self._name)


def find_kind(home: Path, name: str) -> DecoderKind:
    """The kind of decoder that can be offered by a name. Raises `ValueError` where there is none."""
    if name in FAMILIES:
        return FamilyKind(home, FAMILIES[name])
    kinds = decoder_kinds()
    if name not in kinds:
        raise ValueError(f"Decoder {name!r} is not here; {' or '.join([*kinds, *FAMILIES])} would be right.")
    return kinds[name]


class OfferedDecoder:
    """One kind of decoder, opened for the settings of each request.

    What changes no pixels is the server's choice, as is what was set when it was started. Clients choose the
    rest; text without choices, which may name a model or a folder, only where that is allowed by name.
    """

    def __init__(
        self, home: Path, kind: DecoderKind, assignments: Iterable[str] = (), allowed: Sequence[str] = ()
    ) -> None:
        """Raises `ValueError` for a setting or a value that is not right, and what `kind.open` raises."""
        self._home, self._kind = home, kind
        declared = kind.settings
        self._fixed = dict(parse_assignment(declared, text) for text in assignments)
        self._declared = declared
        _check_allowed(declared, allowed, self._fixed)
        self.choosable = tuple(
            one
            for one in declared
            if one.changes_pixels
            and one.name not in self._fixed
            and (one.name in allowed or one.choices or not isinstance(one.default, str))
        )
        self._decoders: OrderedDict[tuple[tuple[str, Value], ...], Decoder] = OrderedDict()
        self._lock = threading.Lock()
        self.default, self.default_settings = self.decoder_for({})

    @property
    def identity(self) -> Identity:
        """What clients are told of the decoder: what the server chose otherwise belongs to the version.

        Not so text, which says where a model is: `weights_hash` says which.
        """
        info = self.default.info
        chosen = [
            f"{one.name}={self._fixed[one.name]}"
            for one in self._declared
            if one.changes_pixels
            and self._fixed.get(one.name, one.default) != one.default
            and (one.choices or not isinstance(one.default, str))
        ]
        return Identity(info.name, "; ".join([info.version, *chosen]), info.weights_hash)

    def decoder_for(self, chosen: Settings) -> tuple[Decoder, dict[str, Value]]:
        """The decoder for what a client chose, and all settings to decode with but the size.

        Raises `ValueError` for a setting that clients do not choose, and for a value that is not right.
        """
        names = [one.name for one in self.choosable]
        for name in chosen:
            if name in self._fixed:
                raise ValueError(f"{name} is set by the server; leave it out.")
            if name not in names:
                right = f"{' or '.join(names)} would be right" if names else "nothing can be set"
                raise ValueError(f"There is no setting {name!r} for clients here; {right}.")
        settings = complete(self._declared, {**self._fixed, **complete(self.choosable, chosen)})
        key = tuple(settings.items())
        with self._lock:
            decoder = self._decoders.get(key)
            if decoder is None:
                decoder = self._decoders[key] = self._kind.open(self._home, settings)
                if len(self._decoders) > _OPEN:
                    self._decoders.popitem(last=False)
            self._decoders.move_to_end(key)
        return decoder, settings

    def describe(self, sizes: Iterable[int], seconds_per_image: float | None) -> ModelDescription:
        """What clients may know, with the shapes of latents for some sizes."""
        info = self.default.info
        shapes: dict[str, tuple[int, ...]] = {}
        impossible: dict[str, str] = {}
        for size in sizes:
            try:
                shapes[str(size)] = tuple(info.latent_shape(size))
            except ValueError as error:
                impossible[str(size)] = str(error)
        settings = tuple(map(DeclaredSetting.of_setting, self.choosable))
        return ModelDescription(
            self.identity,
            info.deterministic,
            settings,
            shapes,
            impossible,
            info.batch,
            info.device,
            info.memory,
            seconds_per_image,
        )


def _check_allowed(declared: Sequence[Setting], allowed: Sequence[str], fixed: Settings) -> None:
    names = [one.name for one in declared if one.changes_pixels]
    for name in allowed:
        if name not in names:
            right = f"{' or '.join(names)} would be right" if names else "nothing can be set"
            raise ValueError(f"Clients cannot choose {name!r} of this decoder; {right}.")
        if name in fixed:
            raise ValueError(f"{name} is both set and left to clients; one of both would be right.")
