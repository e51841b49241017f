"""How an answer travels, and how long a browser may keep it."""

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address says what it is
FRESH = {"Cache-Control": "no-store"}
AS_IT_IS = {"Content-Encoding": "identity"}  # not packed: that takes longer than it saves
