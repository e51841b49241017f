"""One logger tree `ipo.*`, written to a rotating file in the project folder."""

import logging
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_NAME = "ipo.debug.log"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


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
    handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
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
