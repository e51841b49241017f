"""How much one request, and all that wait, may take of a server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that hold before anything is read, unpacked or drawn."""

    body_bytes: int = 32 << 20  # of a request: 32 latents of FLUX at 1024²
    latent_bytes: int = 32 << 20  # unpacked
    side: int = 2048  # pixels
    images: int = 64  # of a request
    pixels: int = 64 << 20  # of a request: 64 images of 1024², 200 MB until they are PNGs
    waiting_images: int = 256  # of all requests together
    waiting_pixels: int = 256 << 20
    prompt: int = 4000  # characters
    settings_bytes: int = 16_000
    connections: int = 64
    body_seconds: float = 60.0  # in which a request has to arrive
    grace_seconds: float = 120.0  # that images under way may take when the server is stopped

    def check(self, count: int, size: int) -> None:
        """Raises `ValueError` for a request with more than one may ask for."""
        if not 1 <= count <= self.images:
            raise ValueError(f"{count} images are asked for; 1 to {self.images} at a time would be right.")
        if not 1 <= size <= self.side:
            raise ValueError(f"Image size {size}; 1 to {self.side} pixels a side would be right.")
        if count * size * size > self.pixels:
            fewer = self.pixels // (size * size)
            raise ValueError(f"{count} images of {size} pixels a side are too many at a time; send {fewer}.")
