"""Where everything of mails lies in a project folder, apart from the mails. App and command line share it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MailFolder:
    """The files of one set of mails: labels, runs, and what was read of the texts."""

    home: Path
    name: str

    @property
    def path(self) -> Path:
        """`labels.jsonl` lies in it."""
        return self.home / "mail" / self.name

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def embeddings(self) -> Path:
        """Of all sets."""
        return self.home / "mail" / "embeddings"

    @property
    def features(self) -> Path:
        """Of all sets."""
        return self.home / "mail" / "features"
