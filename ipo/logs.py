"""One logger tree `ipo.*`, written to a rotating file in the project folder."""

import contextlib
import logging
import os
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_NAME = "ipo.debug.log"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class ProjectLog(RotatingFileHandler):
    """The log of a project folder; begun again where somebody removed it, or the folder, meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` if the file cannot be written."""
        super().__init__(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._reopen_if_gone()
        except OSError:
            return  # nowhere to write; the page says what is wrong with the folder
        super().emit(record)

    def _reopen_if_gone(self) -> None:
        path = Path(self.baseFilename)
        if self.stream is not None:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                if os.path.samestat(path.stat(), os.fstat(self.stream.fileno())):
                    return
            self.stream.close()
            self.stream = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self.stream = self._open()


def start_logging(folder: Path) -> None:
    """Write the `ipo` tree to `folder/ipo.debug.log`. Raises `OSError` if the folder cannot be written."""
    logger = logging.getLogger("ipo")
    path = (folder / LOG_NAME).resolve()
    for handler in list(logger.handlers):
        if isinstance(handler, RotatingFileHandler):
            if Path(handler.baseFilename) == path:
                return
            logger.removeHandler(handler)
            handler.close()
    folder.mkdir(parents=True, exist_ok=True)
    handler = ProjectLog(path)
    handler.setFormatter(logging.Formatter(_FORMAT, datefmt="%H:%M:%S"))
    logger.addHandler(handler)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)


def set_debug(on: bool) -> None:
    """Level DEBUG or INFO for the whole tree."""
    logging.getLogger("ipo").setLevel(logging.DEBUG if on else logging.INFO)


def is_debug() -> bool:
    return logging.getLogger("ipo").level == logging.DEBUG


def last_lines(folder: Path, count: int) -> list[str]:
    """The last `count` lines of the log; empty when nothing was logged yet."""
    try:
        with open(folder / LOG_NAME, encoding="utf-8", errors="replace") as file:
            return list(deque((line.rstrip("\n") for line in file), maxlen=count))
    except FileNotFoundError:
        return []
