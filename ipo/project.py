"""The project folder: where everything a user makes lives."""

import errno
import os
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "app"  # a wheel alone has it: see setup.py


def app_folder() -> Path:
    """Where `app.py` and `pages/` lie: the checkout, or a folder of the installed package."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent


def project_folder() -> Path:
    """`IPO_HOME`, or `data/` beside `app.py`, or in the current folder if the app is installed.

    The folder need not exist yet.
    """
    home = os.environ.get("IPO_HOME")
    if home:
        return Path(home).expanduser()
    return (Path.cwd() if app_folder() == _IN_WHEEL else app_folder()) / "data"


def why_unusable(folder: Path, error: BaseException) -> str:
    """What keeps a folder in the project folder, or that itself, from being used, and what would be right."""
    in_the_way = next((str(path) for path in (folder, *folder.parents) if os.path.isfile(path)), None)  # noqa: PTH113
    if in_the_way is not None:
        return f"{in_the_way} is a file; a folder would be right. Move it away, or set IPO_HOME to a folder."
    remedy = "Make it writable, or set IPO_HOME to a folder that is"
    if isinstance(error, OSError) and error.errno in _FULL:
        remedy = "Make room there, or set IPO_HOME to a folder on another disk"
    return f"{folder} cannot be written: {error}. {remedy}."
