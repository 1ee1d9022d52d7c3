"""A folder that is written whole or not at all, by one run at a time."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from poremetrics.errors import UsageError

MARKER = "result.json"
"""The file that tells a folder of ours, by its key ``tool``."""
TOOL = "poremetrics"
_PARTIAL = ".partial"
_REPLACED = ".replaced"
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What desktops leave in every folder; not the user's work."""
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP_MACOS = 2


def publish(target: Path, files: Mapping[str, bytes], *, marker: str = MARKER) -> None:
    """Make ``target`` a folder that holds exactly ``files``.

    The files are written into a private folder beside the target, flushed to the disk and moved
    into place in one step. Whatever interrupts it, the target is what it was or what it shall be;
    what a killed run left behind is removed, or brought back, by the next one.

    Parameters
    ----------
    target : Path
        Folder to write: absent, empty, or an earlier result.
    files : mapping of str to bytes
        Contents by relative name; ``/`` makes a folder.
    marker : str, optional
        The file among them that tells an earlier result of the same kind.

    Raises
    ------
    UsageError
        The target holds something else, another run is writing it, or the disk refuses.
    """
    with told(target), uninterrupted(), _locked(target):
        _recover(target)
        check_target(target, marker=marker)
        stage = Path(tempfile.mkdtemp(prefix=_hidden(target), suffix=_PARTIAL, dir=target.parent))
        try:
            # The outer folder is private while it fills; the inner one gets the user's own mode.
            fresh = stage / "result"
            fresh.mkdir()
            for name, content in files.items():
                _write(fresh / name, content)
            _move(fresh, target, stage)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def set_aside(target: Path) -> Path:
    """Return where `swap` puts what was in the target's place.

    Parameters
    ----------
    target : Path
        The folder.
    """
    place = target.resolve()
    return place.with_name(f".{place.name}{_REPLACED}")


def swap(fresh: Path, target: Path) -> bool:
    """Put a folder in the place of another in one step; the other is then the one set aside.

    Parameters
    ----------
    fresh : Path
        Folder on the same disk; it gets the mode of the other.
    target : Path
        Folder whose place it takes.

    Returns
    -------
    bool
        False, and everything as it was, where the system or the place does not allow it.
    """
    place, aside = target.resolve(), set_aside(target)
    if place == Path.cwd() or any(map(os.path.ismount, place.iterdir())):
        return False
    shutil.copystat(place, fresh)
    new, old = fresh.stat(), place.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        return False
    try:
        fresh.rename(aside)  # a folder cannot change places with one it lies in
    except OSError:
        return False
    if not _exchange(aside, place):
        aside.rename(fresh)
        return False
    synced(place.parent)
    return True


@contextmanager
def held(target: Path) -> Iterator[None]:
    """Hold a folder for this run, unless nothing can be made beside it: a lock or one set aside.

    Raises
    ------
    UsageError
        Another run holds it.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(_locked(target.resolve()))
        yield


def write_text(path: Path, text: str) -> None:
    """Write one text file in UTF-8, whole or not at all.

    Parameters
    ----------
    path : Path
        File to write.
    text : str
        Its content.

    Raises
    ------
    UsageError
        The disk refuses.
    """
    with told(path), uninterrupted():
        handle, name = tempfile.mkstemp(prefix=_hidden(path), suffix=_PARTIAL, dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def check_target(target: Path, *, marker: str = MARKER) -> None:
    """Refuse a target that may not be replaced.

    Parameters
    ----------
    target : Path
        Folder to write.
    marker : str, optional
        The file that tells an earlier result of the same kind.

    Raises
    ------
    UsageError
        It is a file, the folder the user is in, holds something that is not a result, or nothing
        can be written beside it.
    """
    with told(target):
        _check_target(target, marker)
        check_place(target.parent)


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written, before the work that shall fill it.

    Parameters
    ----------
    path : Path
        File to write.

    Raises
    ------
    UsageError
        It is a folder, the folder around it does not exist, or nothing can be written there.
    """
    with told(path):
        if path.is_dir():
            raise UsageError(path.name or str(path), "is a folder", "name a file in it")
        if not path.parent.exists():
            raise OSError(errno.ENOENT, "no such folder")
        check_place(path.parent)


def check_place(folder: Path) -> None:
    """Write a file nobody sees into a folder, or into the nearest one above that exists.

    Raises
    ------
    OSError
        The system refuses it; asking for permissions alone would miss read-only disks.
    """
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"x")
    except FileNotFoundError as error:  # the folder is there, but takes nothing, as /proc
        raise OSError(errno.EACCES, "takes no files") from error


def _check_target(target: Path, marker: str) -> None:
    if not target.exists():
        return
    if not target.is_dir() or target.is_symlink():
        raise UsageError(target.name, "is not a folder", "name a new folder for the result")
    names = {entry.name for entry in target.iterdir()} - _LITTER
    if target.resolve() == Path.cwd() or os.path.ismount(target):
        raise UsageError(
            target.name or "output folder",
            "cannot be replaced while it is in use as a place",
            "name a new folder inside it",
        )
    if not names:
        return
    foreign = sorted(names - _own_names(target, marker))
    if foreign:
        raise UsageError(
            target.name,
            f"holds other files ({', '.join(foreign[:3])}{', …' if len(foreign) > 3 else ''})",
            "name an empty or a new folder",
        )


def _own_names(target: Path, marker: str) -> set[str]:
    """Return the names an earlier result consists of, empty where there is none."""
    try:
        document = json.loads((target / marker).read_bytes())
    except (OSError, ValueError):
        return set()
    if not isinstance(document, dict) or document.get("tool") != TOOL:
        return set()
    listed = document.get("files", [])
    return {marker} | {str(name).split("/")[0] for name in listed}


def _hidden(target: Path) -> str:
    return f".{target.name}."


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the files are written or given up; it could hit the tidying up."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C goes to that one
        yield
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background, where none comes
        yield
        return
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the target for this run; the system lets go of it however the run ends."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.parent / f"{_hidden(target)}lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        if not path.exists():  # no lock of another run, but a place that takes no files
            raise OSError(errno.EACCES, "no lock can be made") from error
        raise UsageError(
            target.name, "another run is writing this folder", "wait for it or name another folder"
        ) from error
    try:
        yield
    finally:
        # Removed while still held: filelock notices an unlinked file and takes a new one.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _recover(target: Path) -> None:
    """Undo what a killed run left: bring back a result that was set aside, drop half-written."""
    for stage in sorted(target.parent.glob(f"{_glob_safe(_hidden(target))}*{_PARTIAL}")):
        aside = stage / _REPLACED
        if aside.is_dir() and not target.exists():
            aside.rename(target)
        shutil.rmtree(stage, ignore_errors=True)


def _glob_safe(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move(fresh: Path, target: Path, stage: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        # No atomic exchange here: two renames; a kill between them is undone by the next run.
        aside = stage / _REPLACED
        target.rename(aside)
        try:
            fresh.rename(target)
        except OSError:
            aside.rename(target)
            raise
    synced(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step where the system can; return whether it did."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            swapped = libc.renamex_np(os.fsencode(one), os.fsencode(other), _RENAME_SWAP_MACOS)
        else:
            swapped = libc.renameat2(
                _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
            )
    except (OSError, AttributeError, TypeError):  # no such call in this C library
        return False
    return bool(swapped == 0)


def synced(path: Path) -> None:
    """Flush a file or a folder to the disk, where the file system can."""
    with suppress(OSError):  # not every file system lets a folder be opened or flushed
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_REASONS: Mapping[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "free some space, then run it again"),
    errno.EDQUOT: ("your share of the disk is used up", "free some space, then run it again"),
    errno.EFBIG: ("a file is larger than is allowed here", "name a folder on another disk"),
    errno.EACCES: ("may not be written", "name a folder you may write to"),
    errno.EPERM: ("may not be written", "name a folder you may write to"),
    errno.EROFS: ("lies on a read-only disk", "name a folder you may write to"),
    errno.ENAMETOOLONG: ("its name is too long", "name a folder with a shorter name"),
    errno.ENOENT: ("the folder around it does not exist", "create it first"),
    errno.EEXIST: ("lies below a file, not a folder", "name another folder"),
    errno.ENOTDIR: ("lies below a file, not a folder", "name another folder"),
    errno.EBUSY: ("is in use by the system", "name a new folder inside it"),
}


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Turn what the disk refuses into one line for the user."""
    try:
        yield
    except RecursionError as error:  # hundreds of missing folders, one below the other
        reason, remedy = _REASONS[errno.ENAMETOOLONG]
        raise UsageError(target.name, reason, remedy) from error
    except OSError as error:
        reason, remedy = _REASONS.get(
            error.errno or 0,
            (f"could not be written ({error.strerror or type(error).__name__})", "see the disk"),
        )
        raise UsageError(target.name or "output folder", reason, remedy) from error
