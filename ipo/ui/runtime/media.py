"""Images on Streamlit's media server, so that a component can load each one once, by address."""

from streamlit import runtime

_SLOTS = 64  # more than a page shows at a time; an image whose slot is taken again is freed


class ImageShelf:
    """Addresses of the images of one browser tab, from one full run of the page to the next."""

    def __init__(self, name: str = "ipo-shelf", kind: str = "image/png", slots: int = _SLOTS) -> None:
        self._name, self._kind, self._slots = name, kind, slots
        self._addresses: dict[str, str] = {}  # insertion order is slot order
        self._placed = 0

    def address(self, id_: str, image: bytes) -> str:
        """Where the browser finds an image, from the page on; the same as before if it is still there.

        Relative, because a proxy may serve the app below a path that only the browser knows.
        """
        if id_ not in self._addresses:
            if len(self._addresses) == self._slots:
                del self._addresses[next(iter(self._addresses))]
            slot = f"{self._name}-{self._placed % self._slots}"
            self._placed += 1
            address = runtime.get_instance().media_file_mgr.add(image, self._kind, slot)
            self._addresses[id_] = address.removeprefix("/")
        return self._addresses[id_]

    def found(self, id_: str) -> str | None:
        """The address of an image that is there already."""
        return self._addresses.get(id_)
