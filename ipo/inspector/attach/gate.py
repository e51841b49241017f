"""Where a training waits: held, let go for some steps, or free.

Whoever looks is heard of now and then. Where nobody is any longer, a training that is held goes on by itself:
a page that was closed or killed stops no training.
"""

import threading
import time
from collections.abc import Callable

LOOK_SECONDS = 1.0  # between two looks at whether somebody is still there


class Gate:
    """One thread, that of the training, passes it; any thread may hold it or let it go."""

    def __init__(
        self,
        held: bool,
        patience: float,
        say: Callable[[str], object],
        changed: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds without a word from any page, after which a held training goes on."""
        self.held = held
        self.waiting = False  # whether the training stands here now
        self.left = 0  # steps that it may take although it is held
        self._patience = patience
        self._say = say
        self._changed = changed
        self._clock = clock
        self._heard_at: float | None = None  # from a page, last
        self._news = threading.Condition()

    def heard(self) -> None:
        """A page looks."""
        self._heard_at = self._clock()

    def heard_within(self, seconds: float) -> bool:
        """Whether a page looked in the last so many seconds."""
        return self._heard_at is not None and self._clock() - self._heard_at < seconds

    def allow(self, steps: int) -> None:
        """Hold the training after so many more steps."""
        with self._news:
            self.held, self.left = True, steps
            told = self.waiting and not self._closed  # by who waits, in a moment
            self._news.notify_all()
        if not told:
            self._changed()

    def hold(self) -> None:
        """Hold the training after the step that is under way."""
        self.allow(0)

    def release(self) -> None:
        """Let the training run."""
        with self._news:
            self.held, self.left = False, 0
            told = self.waiting
            self._news.notify_all()
        if not told:
            self._changed()

    def step_done(self) -> None:
        """Called by the training after a step: wait here, if it is to. Whoever follows is told once."""
        with self._news:
            self.left = max(self.left - 1, 0)
            closed = self._closed
        if closed:
            self.wait()
        else:
            self._changed()

    def wait(self) -> None:
        """Wait while the training is held. Ends by itself where nobody looks any longer."""
        with self._news:
            if not self._closed:
                return
            self.waiting = True
        self._changed()
        try:
            with self._news:
                while self._closed and not self._deserted():
                    self._news.wait(LOOK_SECONDS)
        finally:
            self.waiting = False
            self._changed()

    @property
    def _closed(self) -> bool:
        return self.held and not self.left

    def _deserted(self) -> bool:
        if self._heard_at is None or self.heard_within(self._patience):
            return False
        self.held = False
        self._say(f"Nobody has looked for {self._patience:g} s: the training goes on by itself.")
        return True
