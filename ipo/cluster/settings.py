"""Which scheduler this project computes on: the environment, or `cluster.json` in the project folder."""

import json
import os
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, with_config

from ipo.durable import replace_file
from ipo.records import STRICT, read

ADDRESS_VARIABLE = "IPO_SCHEDULER"
EXAMPLE = "tcp://127.0.0.1:8786"

_FILE = "cluster.json"
_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://[^\s/]+:\d{1,5}")


class WhenLost(StrEnum):
    """What becomes of work under way when the scheduler goes away."""

    LOCAL = "local"
    WAIT = "wait"


@with_config(STRICT)
@dataclass(frozen=True)
class TLSFiles:
    """Paths of PEM files."""

    ca: str
    cert: str
    key: str

    def check(self) -> None:
        """Raises `ValueError` for a file that is not there."""
        for what, path in (("authority", self.ca), ("certificate", self.cert), ("key", self.key)):
            if not path:
                raise ValueError(f"The {what} is missing: TLS needs the PEM files of all three.")
            if not Path(path).is_file():
                raise ValueError(
                    f"{path} is not there; the {what} of the cluster, a PEM file, would be right."
                )


@with_config(STRICT)
@dataclass(frozen=True)
class ClusterSettings:
    """A scheduler, and how to deal with it."""

    address: str
    when_lost: WhenLost = WhenLost.LOCAL
    tls: TLSFiles | None = None

    def check(self) -> None:
        """Raises `ValueError` for an address that is none, and for certificates that do not go with it."""
        checked_address(self.address)
        is_tls = self.address.startswith("tls://")
        if is_tls and self.tls is None:
            raise ValueError(f"{self.address} needs certificates: name the three PEM files of the cluster.")
        if self.tls is not None:
            if not is_tls:
                raise ValueError(
                    f"Certificates need an address that begins with tls://; {self.address} does not."
                )
            self.tls.check()


_SCHEMA: TypeAdapter[ClusterSettings] = TypeAdapter(ClusterSettings)


def checked_address(text: str) -> str:
    """The address of a scheduler. Raises `ValueError` for what is none."""
    text = text.strip()
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no address of a scheduler; {EXAMPLE} would be one.")
    return text


def load_settings(home: Path) -> ClusterSettings | None:
    """As the environment says, else as was chosen on the page; `None` where no cluster is wanted.

    Raises `ValueError`.
    """
    try:
        kept = read(home / _FILE, _SCHEMA)
    except (FileNotFoundError, NotADirectoryError):
        kept = None
    except OSError as error:
        raise ValueError(f"{home / _FILE} cannot be read: {error.strerror}") from error
    named = os.environ.get(ADDRESS_VARIABLE, "").strip()
    if not named:
        return kept
    address = checked_address(named)
    return kept if kept is not None and kept.address == address else ClusterSettings(address)


def save_settings(home: Path, settings: ClusterSettings | None) -> None:
    """Keep the choice for the next start. Raises `OSError`."""
    path = home / _FILE
    if settings is None:
        path.unlink(missing_ok=True)
    else:
        replace_file(path, json.dumps(asdict(settings), indent=1).encode())
