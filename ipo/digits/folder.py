"""Where everything of one digits workspace lies. The app and the command line share it."""

import contextlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from ipo.digits.data import MNIST, workspace_name
from ipo.file_locks import file_lock

RESOURCE = "model:ssvae"  # what is claimed while the model of this process is trained or stepped


class InUse(RuntimeError):
    """Another process trains this model. Wait for it, or stop it there."""


@dataclass(frozen=True)
class DigitsFolder:
    """The files of one data set in a project folder."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        return self.path / "ssvae.pt"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.npz"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """Held by the one process that trains. Raises `InUse` or `OSError`."""
        self.path.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(file_lock(self.path / ".training.lock", timeout=0))
            except Timeout:
                raise InUse(
                    f"Another process trains the model in {self.path}. Wait for it, or stop it there."
                ) from None
            for left in self.path.glob(f".{self.checkpoint.name}.*"):  # half a file of one that was killed
                left.unlink()
            yield


def folder_in(home: Path, data: str = MNIST) -> DigitsFolder:
    """The workspace of a data set in a project folder, one for each set."""
    path = home / "digits" / workspace_name(data, home)
    if path.name.isascii() or path.exists():
        return DigitsFolder(path)
    # Names were once taken as a disk gave them, with letters composed in another way.
    name = unicodedata.normalize("NFC", path.name)
    same = [other for other in path.parent.glob("*") if unicodedata.normalize("NFC", other.name) == name]
    return DigitsFolder(same[0] if len(same) == 1 else path)
