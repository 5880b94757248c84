"""Files and folders replaced whole: whoever reads sees the old one or the new one, never half."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import BinaryIO, NoReturn

from faultprint.errors import StoreError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


def _refuse(path: Path, error: OSError) -> NoReturn:
    raise StoreError.because(
        f"{error.strerror or error} while writing {str(path)!r}",
        "room and the right to write there",
        "free some disk space or write elsewhere: what stood there before is untouched",
    ) from error


def sync(path: Path) -> None:
    """Make sure a file, or the entries of a folder, are on the disk.

    Parameters
    ----------
    path : Path
        File or folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the only writer's place of a folder, across processes; ends with the process.

    Parameters
    ----------
    folder : Path
        An existing folder.

    Yields
    ------
    None
        While the place is held.
    """
    with _alone(os.open(folder, os.O_RDONLY)):
        yield


@contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Wait for the lock of an open file or folder, and hold it until it is closed."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Wait until nobody else reads a folder to write it again, and keep others out meanwhile.

    Parameters
    ----------
    folder : Path
        A folder that :func:`staged_folder` replaces; it need not exist.

    Yields
    ------
    None
        While the place is held; it ends with the process.

    Raises
    ------
    StoreError
        If there is no place for the lock beside the folder.
    """
    final = folder.absolute()
    # A file beside it: the folder itself is another one after each writing.
    place = final.with_name(f".{final.name}.lock")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        _refuse(folder, error)
    with _alone(handle):
        yield


@contextmanager
def staged_file(path: Path) -> Iterator[BinaryIO]:
    """Lend a stream whose contents take the place of a file once they are on the disk.

    Parameters
    ----------
    path : Path
        The file to replace; its folder is made when missing.

    Yields
    ------
    BinaryIO
        A stream to write to.

    Raises
    ------
    StoreError
        If the disk refuses; the file is then as it was.
    """
    temp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in _leftovers(path):
            stale.unlink(missing_ok=True)
        with temp.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temp.replace(path)
    except OSError as error:
        _refuse(path, error)
    finally:
        with suppress(OSError):
            temp.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> None:
    """Write text to a file: the old file or the whole new one, nothing in between.

    Parameters
    ----------
    text : str
        The contents.
    path : Path
        The file; its folder is made when missing.
    """
    with staged_file(path) as stream:
        stream.write(text.encode("utf-8"))


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Lend an empty folder that takes the place of ``folder`` if, and only if, all went well.

    Parameters
    ----------
    folder : Path
        Folder to make or replace.

    Yields
    ------
    Path
        An empty folder beside it. If the body fails it is removed and ``folder`` stays as it was;
        what an earlier, killed writer left behind is removed too.

    Raises
    ------
    StoreError
        If the disk refuses: full, read-only, not a folder.
    """
    final = folder.absolute()
    temp = final.parent / f".{final.name}.{os.getpid()}-{uuid.uuid4().hex}.tmp"
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(final)
        for stale in _leftovers(final):
            shutil.rmtree(stale, ignore_errors=True)
        temp.mkdir()
        yield temp
        replace_folder(temp, final)
    except OSError as error:
        _refuse(folder, error)
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def restore_folder(final: Path) -> None:
    """Put back a folder that an interrupted swap had moved aside; otherwise do nothing.

    Parameters
    ----------
    final : Path
        The folder as readers know it.
    """
    aside = _aside(final)
    if aside.exists() and not final.exists():
        aside.replace(final)


def _aside(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _leftovers(final: Path) -> Iterator[Path]:
    """Yield what runs of this machine that no longer live left half-made beside a place."""
    for path in final.parent.glob(f".{escape(final.name)}.*.tmp"):
        pid = path.name.removeprefix(f".{final.name}.").removesuffix(".tmp").partition("-")[0]
        if pid.isdigit() and not _lives(int(pid)):
            yield path


def replace_folder(temp: Path, final: Path) -> None:
    """Put a finished folder in the place of another.

    Parameters
    ----------
    temp : Path
        The finished folder, beside ``final``.
    final : Path
        Its place; what stood there is gone only once the new one stands.

    Raises
    ------
    StoreError
        If the folder cannot be moved; the old one is still in its place.
    """
    try:
        with locked(final.parent):
            _settle(temp, final)
    except OSError as error:
        _refuse(final, error)


def _settle(temp: Path, final: Path) -> None:
    for place, _, names in os.walk(temp):
        for name in names:
            sync(Path(place, name))
        sync(Path(place))
    if final.is_symlink() or (final.exists() and not final.is_dir()):
        raise NotADirectoryError(errno.ENOTDIR, "not a plain folder")
    if not final.exists():
        temp.rename(final)
    elif not _exchange(temp, final):
        _exchange_in_two_steps(temp, final)
    sync(final.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None or not sys.platform.startswith("linux"):
        return False
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if rename(*names, _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


def _exchange_in_two_steps(temp: Path, final: Path) -> None:
    """Replace with a moment in which ``final`` is missing; put it back if the second step fails."""
    aside = _aside(final)
    shutil.rmtree(aside, ignore_errors=True)
    final.rename(aside)
    try:
        temp.rename(final)
    except OSError:
        aside.rename(final)
        raise
    shutil.rmtree(aside)
