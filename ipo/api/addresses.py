"""Where a browser finds what the door has: from the page on; only the browser knows what lies above."""

from urllib.parse import quote


def session_address(session: str) -> str:
    """What the addresses of a session by id begin with."""
    return f"api/preference/{session}"


def image_address(session: str, id_: str) -> str:
    """The image of a candidate."""
    return f"{session_address(session)}/candidates/{id_}.png"


def thumbnail_address(session: str, id_: str) -> str:
    """The thumbnail of a candidate."""
    return f"{session_address(session)}/thumbnails/{id_}.jpg"


def preview_address(session: str, id_: str) -> str:
    """How a candidate looks while it is made, by the id of the preview."""
    return f"{session_address(session)}/previews/{id_}.jpg"


def traversal_address(session: str, id_: str) -> str:
    """An image of the line, by its id in the workspace's store."""
    return f"{session_address(session)}/traversal/{id_}.jpg"


def versions_address(session: str) -> str:
    """The stream of versions of a session."""
    return f"api/versions?preference={session}"


def digits_address(data: str) -> str:
    """What the addresses of a set of images begin with."""
    return f"api/digits/{quote(data, safe='')}"


def digits_image_address(data: str, version: str, row: int) -> str:
    """An image of a set, by the version of its images."""
    return f"{digits_address(data)}/images/{version}/{row}.png"


def digits_versions_address(data: str) -> str:
    """The stream of versions of a set of images."""
    return f"api/versions?digits={quote(data, safe='')}"


def mail_address(name: str) -> str:
    """What the addresses of a set of mails begin with."""
    return f"api/mail/{quote(name, safe='')}"


def mail_versions_address(name: str) -> str:
    """The stream of versions of a set of mails."""
    return f"api/versions?mail={quote(name, safe='')}"


def inspector_versions_address(page: str) -> str:
    """The stream of versions of what the panels of an Inspect page show."""
    return f"api/versions?inspector={page}"


def arrival_address(id_: str) -> str:
    """Where a browser says that it shows the page of an id."""
    return f"api/arrivals/{id_}"
