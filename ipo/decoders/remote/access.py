"""Where image servers are, and the token that they let one in by. No token stands in a session or a row.

What is typed on the page goes before the environment. The token is in the environment, or in
`decoders/remote.token` of the project folder.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ipo.regular_files import read_regular

URL_VARIABLE = "IPO_DECODER_URL"
TOKEN_VARIABLE = "IPO_DECODER_TOKEN"

_EXAMPLE = "http://127.0.0.1:8766"
_MOST_SERVERS = 16
_MOST_TOKEN = 4096  # bytes


@dataclass(frozen=True)
class Access:
    """Image servers, and the token for all of them; empty where they need none."""

    urls: tuple[str, ...]
    token: str


def token_file(home: Path) -> Path:
    """The file of a project folder that may hold the token."""
    return home / "decoders" / "remote.token"


def find_access(home: Path, typed: str) -> Access:
    """The servers as typed (several with commas) or as the environment says, and the token.

    Raises `ValueError` where none is named, or what is there cannot be right.
    """
    text = typed.strip() or os.environ.get(URL_VARIABLE, "").strip()
    if not text:
        raise ValueError(
            f"No image server is named. Type its address into “Servers”, such as {_EXAMPLE}, or set "
            f"{URL_VARIABLE}. `ipo serve-decoder` starts a server."
        )
    urls = tuple(dict.fromkeys(_address(part) for part in text.split(",") if part.strip()))
    if not 1 <= len(urls) <= _MOST_SERVERS:
        raise ValueError(f"{len(urls)} image servers are named; 1 to {_MOST_SERVERS} would be right.")
    return Access(urls, _find_token(token_file(home)))


def _find_token(path: Path) -> str:
    token, place = os.environ.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
    if not token:
        place = str(path)
        try:
            token = read_regular(path, _MOST_TOKEN).decode("utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):  # a server may need none
            return ""
        except (OSError, ValueError) as error:
            raise ValueError(f"The token in {path} cannot be read: {error}.") from error
    if not re.fullmatch(r"[!-~]*", token):
        raise ValueError(
            f"The token in {place} has spaces or characters beyond ASCII; the one that the server was "
            "started with would be right."
        )
    return token


def _address(text: str) -> str:
    """An address without a slash at its end. Raises `ValueError`."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        sound = False
    if not sound or parts.query or parts.fragment or parts.username is not None or not text.isprintable():
        raise ValueError(f"{text!r} is no address of an image server; {_EXAMPLE} would be one.")
    return text.rstrip("/")
