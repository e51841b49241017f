"""What goes wrong between a client and its image servers, each in a sentence for the user."""


class ServerUnavailable(OSError):
    """A server did not answer, or has no room: another try, or another server, may do better."""

    def __init__(self, says: str, *, busy_for: float | None = None) -> None:
        super().__init__(says)
        self.busy_for = busy_for  # seconds that it asks to be left alone; `None` if it did not answer


class ServerTooSlow(ServerUnavailable):
    """No answer came in time. Asking the same server again would take as long again."""


class ServerUnusable(ValueError):
    """A server answers and cannot be used until somebody changes something: token, weights, version."""


class ServerRefused(ValueError):
    """A server says what is wrong with this request; another server would say the same."""
