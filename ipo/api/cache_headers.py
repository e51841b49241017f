"""How long a browser may keep an answer."""

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address says what it is
FRESH = {"Cache-Control": "no-store"}
