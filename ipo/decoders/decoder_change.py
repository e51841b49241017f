"""A session that was judged with the images of one decoder, and would go on with those of another.

Its weights were replaced, or its server was started with others. Every row says what made it; but a value
model that learns from both takes two different images for the same latent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HELD = "Another decoder would make the images of this session. Choose above whether it shall."

_SHORT = 12  # digits of a long hash


@dataclass(frozen=True)
class DecoderChange:
    """What made the images that were judged last, and what would make the next: as rows keep it."""

    before: Mapping[str, Any]
    now: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether no image is made before somebody chooses: a latent is quite another image."""
        return _weights_differ(self.before, self.now)

    @property
    def says(self) -> str:
        """In a sentence or two, with what can be done."""
        made, will = _described(self.before), _described(self.now)
        if self.holds:
            return (
                f"What was judged in this session was made by {made}. Now {will} would make its images, and "
                "the same latent would be another one; none is made before you choose. To use the old "
                "weights, bring them back, on its server if one draws, and press “Look again”."
            )
        return (
            f"What was judged in this session was made by {made}, and from now on {will} makes its images. "
            "The same latent may look a little different; “Verify” in the gallery tells by how much."
        )


def decoder_change(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> DecoderChange | None:
    """`None` where nothing changed, as far as is known: a hash is empty until the first image."""
    if before is None:
        return None
    same = all(before.get(name) == now.get(name) for name in ("name", "version"))
    return None if same and not _weights_differ(before, now) else DecoderChange(before, now)


def _weights_differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    hashes = before.get("weights_hash"), now.get("weights_hash")
    return all(hashes) and hashes[0] != hashes[1]


def _described(decoder: Mapping[str, Any]) -> str:
    weights = str(decoder.get("weights_hash") or "")[:_SHORT]
    name = f"{decoder.get('name', 'an unknown decoder')} {decoder.get('version', '')}".rstrip()
    return f"{name} (weights {weights})" if weights else name
