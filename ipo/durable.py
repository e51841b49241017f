"""Writes that survive a crash: a file or folder is there whole, or not at all.

A path that is a symbolic link names the file that it leads to: that file is replaced, and the link stays.
What takes its place has the same mode and, as far as the system allows, the same owner, group and extended
attributes (access lists among them). Other hard links to the old file keep the old content, as copies that
were made with hard links expect.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

_NOT_ALLOWED = (errno.EPERM, errno.EACCES)
_NOT_SUPPORTED = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENODATA, errno.ENOSYS)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it survives a power cut."""
    if os.name == "nt":
        return  # folders cannot be opened there, and renames are journalled
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network mounts cannot
            raise
    finally:
        os.close(handle)


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file and flush it to disk."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_all_below(folder: Path) -> None:
    """Flush many new files to disk at once: one by one, each would cost milliseconds."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())


def resolve_links(path: Path) -> Path:
    """The file that `path` leads to, which need not exist. Raises `OSError` for links in a circle."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, "This link leads back to itself", str(path))
    return target


def check_replaceable(path: Path) -> None:
    """Raises `OSError` where `replace_file` is sure to fail: before long work, not after it."""
    _find_target(path)


def replace_file(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Replace (or create) a file in one step: readers see the old content or the new, never a part.

    Without `sync` a power cut may bring the old content back. Raises `OSError`; then nothing has changed.
    """
    with _replacing(*_find_target(path), sync) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file to write in pieces; on leaving it takes the place of `path`, unless something was raised.

    Makes the folder. Raises `OSError`, also for what is write-protected or no file, such as a device.
    """
    target, old = _find_target(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _replacing(target, old, sync=True) as temporary:
        yield temporary


def rename_if_free(source: Path, target: Path) -> bool:
    """Rename a folder unless one with something in it has the name already."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


@contextlib.contextmanager
def _replacing(target: Path, old: os.stat_result | None, sync: bool) -> Iterator[Path]:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        _create(temporary, target, old)
        yield temporary
        with open(temporary, "rb+") as file:
            if old is not None:
                _copy_attributes(target, old, temporary)
            if sync:
                os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    if sync:
        sync_folder(target.parent)


def _find_target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that is to be replaced, and what it is now."""
    target = resolve_links(path)
    leads = f" (where {path} leads)" if path.is_symlink() else ""
    try:
        old = target.stat()
    except FileNotFoundError:
        if path.is_symlink() and not target.parent.is_dir():
            raise FileNotFoundError(
                errno.ENOENT,
                f"This is a link into {target.parent}, which is not there. Bring that folder back, or remove "
                "the link",
                str(path),
            ) from None
        return target, None
    if not stat.S_ISREG(old.st_mode):
        kind = "folder" if stat.S_ISDIR(old.st_mode) else "pipe, socket or device"
        code = errno.EISDIR if stat.S_ISDIR(old.st_mode) else errno.EINVAL
        raise OSError(code, f"This is a {kind}; a file would be right{leads}", str(target))
    # A rename would ask the folder alone, and root is asked for nothing.
    if not old.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, f"Permission denied: the file is read-only{leads}", str(target))
    return target, old


def _create(temporary: Path, target: Path, old: os.stat_result | None) -> None:
    """An empty file that nobody may read who could not read the old one."""
    mode = 0o666 if old is None else 0o600
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    except OSError as error:
        if error.errno in (*_NOT_ALLOWED, errno.EROFS):
            says = f"{os.strerror(error.errno)}: the folder of {target.name} cannot be written"
            raise PermissionError(error.errno, says, str(target.parent)) from None
        raise


def _copy_attributes(source: Path, old: os.stat_result, target: Path) -> None:
    """Mode, owner, group and extended attributes, less what the system does not allow."""
    if hasattr(os, "chown"):
        new = target.stat()
        for owner in ((old.st_uid, -1), (-1, old.st_gid)):
            if owner not in ((new.st_uid, -1), (-1, new.st_gid)):
                with _ignoring(*_NOT_ALLOWED, *_NOT_SUPPORTED):
                    os.chown(target, *owner)
    if hasattr(os, "listxattr"):
        names: list[str] = []
        with _ignoring(*_NOT_ALLOWED, *_NOT_SUPPORTED):
            names = os.listxattr(source)
        for name in names:
            with _ignoring(*_NOT_ALLOWED, *_NOT_SUPPORTED):
                os.setxattr(target, name, os.getxattr(source, name))
    target.chmod(stat.S_IMODE(old.st_mode))


@contextlib.contextmanager
def _ignoring(*codes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in codes:
            raise
