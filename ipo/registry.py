"""What the app offers by name, whichever domain brings it: the one place that knows of host and guest."""

from collections.abc import Callable, Mapping

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.decoders.protocol import Decoder
from ipo.decoders.versioned import DecoderFamily
from ipo.digits.decoder import SSVAEFamily

DECODERS: Mapping[str, Callable[[], Decoder]] = {"procedural": ProceduralDecoder}

# Decoders that go on being trained.
FAMILIES: Mapping[str, DecoderFamily] = {"ssvae": SSVAEFamily()}

# Recipes that the inspector does not bring itself, imported when they are asked for: package.module:name.
RECIPES: Mapping[str, str] = {"ssvae": "ipo.digits.recipe:RECIPE"}
