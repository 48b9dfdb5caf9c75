"""Files that are on the disk whole or not at all, the names of folders with them, and how one file leads to another."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a sibling that is synced and then takes its name. Raises OSError.

    A file that was there before keeps its permissions, and a link what it leads to.
    """
    path = path.resolve()
    make_folder(path.parent)
    sibling = path.with_name(f".{path.name}.new")
    try:
        with sibling.open("wb") as stream:
            stream.write(data)
            stream.flush()
            with contextlib.suppress(OSError):
                sibling.chmod(stat.S_IMODE(path.stat().st_mode))
            os.fsync(stream.fileno())
        sibling.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            sibling.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):  # the file stands; where its folder cannot be synced there is no more to do
        sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, and have their names on the disk. Raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        with contextlib.suppress(OSError):  # it stands; where a folder cannot be synced there is no more to do
            sync_folder(made.parent)


def address(target: Path, page: Path) -> str:
    """How a page leads to a file or folder: from where the page lies, escaped as an address."""
    from urllib.parse import quote

    there, here = target.resolve(), page.resolve().parent
    if there.anchor != here.anchor:  # another drive
        return there.as_uri()
    return quote(os.fsencode(Path(os.path.relpath(there, here)).as_posix()))


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Raises OSError."""
    if os.name == "nt":  # a directory cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
