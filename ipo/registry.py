"""What the app offers by name, whichever domain brings it: the one place that knows of host and guest."""

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from ipo.decoders.diffusion.decoder import DiffusionKind
from ipo.decoders.machine_settings import load_machine_settings
from ipo.decoders.procedural.decoder import ProceduralKind
from ipo.decoders.protocol import Decoder, DecoderKind
from ipo.decoders.remote.decoder import RemoteKind
from ipo.decoders.settings import Settings, complete
from ipo.decoders.versioned import DecoderFamily, family_of
from ipo.digits.decoder import SSVAEFamily
from ipo.error_text import error_text
from ipo.pictures.kind import PicturesKind
from ipo.pictures.pool import NAME as PICTURES_NAME
from ipo.pictures.pool import PicturePool

logger = logging.getLogger("ipo.registry")

# Ways to make images; those of other packages come by entry points: see `decoder_kinds`.
DECODERS: Mapping[str, DecoderKind] = {
    "procedural": ProceduralKind(),
    "diffusion": DiffusionKind(),
    "remote": RemoteKind(),
}
ENTRY_POINTS = "ipo.decoders"

# Decoders that go on being trained.
FAMILIES: Mapping[str, DecoderFamily] = {"ssvae": SSVAEFamily()}

# Images that are there already: no decoder draws them, they are chosen from.
PICTURES = PicturesKind()

# Recipes that the inspector does not bring itself, imported when they are asked for: package.module:name.
RECIPES: Mapping[str, str] = {"ssvae": "ipo.digits.inspection.recipe:RECIPE"}


@cache
def decoder_kinds() -> Mapping[str, DecoderKind]:
    """Every way to make images that is installed here, by name; one that cannot be imported is left out."""
    kinds = dict(DECODERS)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            kinds.setdefault(point.name, point.load()())
        except Exception as error:  # noqa: BLE001 – whatever a stranger's module raises is said
            logger.warning("decoder %s of %s cannot be used: %s", point.name, point.value, error_text(error))
    return kinds


def open_source(home: Path, name: str, settings: Settings) -> Decoder | PicturePool:
    """Where images come from: a decoder, or the pictures of a folder. Raises as `open_decoder` does."""
    if name == PICTURES_NAME:
        return PICTURES.open(home, complete(PICTURES.settings, settings))
    return open_decoder(home, name, settings)


def open_decoder(home: Path, name: str, settings: Settings) -> Decoder:
    """The decoder of a name; settings that are left out are those of this machine, or by default.

    Raises `ValueError` where it or its weights are not here, or a setting is wrong.
    """
    family, kinds = family_of(name), decoder_kinds()
    if family not in (FAMILIES if family != name else kinds):
        right = " or ".join([*kinds, *FAMILIES])
        raise ValueError(f"Decoder {family!r} is not here; {right} would be right.")
    if family in FAMILIES:
        return FAMILIES[family].open(home, name)
    declared = kinds[name].settings
    here = load_machine_settings(home, name, declared)
    return kinds[name].open(home, complete(declared, here | dict(settings)))
