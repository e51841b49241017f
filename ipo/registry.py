"""What the app offers by name, whichever domain brings it: the one place that knows of host and guest."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.decoders.protocol import Decoder
from ipo.decoders.versioned import DecoderFamily, family_of
from ipo.digits.decoder import SSVAEFamily

DECODERS: Mapping[str, Callable[[], Decoder]] = {"procedural": ProceduralDecoder}

# Decoders that go on being trained.
FAMILIES: Mapping[str, DecoderFamily] = {"ssvae": SSVAEFamily()}

# Recipes that the inspector does not bring itself, imported when they are asked for: package.module:name.
RECIPES: Mapping[str, str] = {"ssvae": "ipo.digits.recipe:RECIPE"}


def open_decoder(home: Path, name: str) -> Decoder:
    """The decoder of a name. Raises `ValueError` where it is not here, or its weights are not."""
    family = family_of(name)
    if family not in (FAMILIES if family != name else DECODERS):
        right = " or ".join([*DECODERS, *FAMILIES])
        raise ValueError(f"Decoder {family!r} is not here; {right} would be right.")
    return FAMILIES[family].open(home, name) if family in FAMILIES else DECODERS[name]()
