"""How fast somebody judges."""

import time
from collections import deque

WINDOW = 60  # seconds before the last judgement that count
_SHORTEST = 1.0  # seconds: two keys at once are no rate


class LabellingRate:
    """Labels per minute, from the second act on. Not safe for threads."""

    def __init__(self) -> None:
        self._judged: deque[tuple[float, int]] = deque()  # when, and the number of the act

    def note(self, act: int) -> None:
        """One more label, by an act that may give several at once."""
        now = time.monotonic()
        same = self._judged and self._judged[-1][1] == act
        self._judged.append((self._judged[-1][0] if same else now, act))
        while self._judged[0][0] < now - WINDOW:
            self._judged.popleft()

    def per_minute(self) -> int | None:
        """Labels since the first act of the last minute of work, by the time since; `None` for one act."""
        if not self._judged or self._judged[-1][0] < time.monotonic() - WINDOW:
            return None
        first, last = self._judged[0][0], self._judged[-1][0]
        later = sum(at > first for at, _ in self._judged)
        return round(60 * later / max(last - first, _SHORTEST)) if later else None
