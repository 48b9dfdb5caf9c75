"""A disk that fails when it is told to: every operation on the files below one folder, counted, the n-th one spoilt.

The functions of `os` and `io` are replaced inside this process, so that the code under test runs as it is. What is
outside the folder is left alone. Nothing here uses `pipeline`.
"""

from __future__ import annotations

import builtins
import errno
import gc
import io
import os
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

KILLED = 9

#: operations that need room on the disk
TAKE_ROOM = {"create", "write", "fsync", "mkdir", "rename", "replace"}


@dataclass
class Disk:
    """Counts the operations below ``folder``; the ``at``-th goes wrong as ``how`` says, 0 for none.

    ``how``: the name of an error (`EIO`), for once; with `for good` all later ones fail as well; `short` writes half
    and then finds the disk full; `killed` ends the process before the operation, `killed half-way` after half a write;
    `signal` is what the command makes of SIGTERM.
    """

    folder: Path
    at: int = 0
    how: str = ""
    done: list[tuple[str, str]] = field(default_factory=list)  # (operation, path below the folder)
    counted: int = 0
    fired: str = ""  # the operation that went wrong first
    full: bool = False
    names: dict[int, str] = field(default_factory=dict)  # of the files that are open

    def place(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The path below the folder; None for a file that is none of ours."""
        if isinstance(path, int):
            return self.names.get(path)
        text = os.fsdecode(path)
        if dir_fd is not None and not Path(text).is_absolute():
            return None if dir_fd not in self.names else os.path.normpath(f"{self.names[dir_fd]}/{text}")
        below = os.path.relpath(text, self.folder)
        return None if below.startswith("..") else below

    def meets(self, what: str, place: str | None) -> None:
        """An operation is about to be done: goes wrong when its turn has come."""
        if place is None:
            return
        self.done.append((what, place))
        if self.full:
            self.full = False
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
        only_writes = self.how in ("short", "killed half-way")
        if only_writes and what != "write":
            return
        error, _, how_long = self.how.partition(" ")
        if how_long == "for good" and error == "ENOSPC" and what not in TAKE_ROOM:
            return
        self.counted += 1
        if not self.at or self.counted < self.at or (self.counted > self.at and how_long != "for good"):
            return
        self.fired = self.fired or f"{what} {place}"
        if self.how == "killed":
            os._exit(KILLED)
        if self.how == "signal":
            raise SystemExit(143)
        if not only_writes:
            number = getattr(errno, error)
            raise OSError(number, os.strerror(number), place)

    @property
    def half(self) -> bool:
        """Whether the write of this moment is the one that stops half-way."""
        return self.how in ("short", "killed half-way") and self.counted == self.at and not self.full


class _Raw(io.FileIO):
    """A file whose reads, writes and closing can go wrong."""

    def __init__(self, disk: Disk, path: str, mode: str, opener: Any = None) -> None:
        self.disk = disk
        super().__init__(path, mode, opener=opener)
        disk.names[self.fileno()] = str(disk.place(path))

    def readall(self) -> bytes:
        self.disk.meets("read", self.disk.place(self.fileno()))
        return super().readall()

    def readinto(self, buffer: Any) -> int | None:
        self.disk.meets("read", self.disk.place(self.fileno()))
        return super().readinto(buffer)

    def write(self, data: Any) -> int | None:
        self.disk.meets("write", self.disk.place(self.fileno()))
        if self.disk.half:
            some = super().write(bytes(data)[: max(1, len(data) // 2)])
            if self.disk.how == "killed half-way":
                os._exit(KILLED)
            self.disk.full = True
            return some
        return super().write(data)

    def close(self) -> None:
        if self.closed:
            return
        place = self.disk.names.pop(self.fileno(), None)
        super().close()  # a file whose closing fails is closed all the same
        self.disk.meets("close", place)


@contextmanager
def watched(disk: Disk) -> Iterator[Disk]:
    """Have the operations of this process on the disk's folder counted, and spoilt."""
    real_open = io.open

    def opened(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
        place = None if isinstance(file, int) else disk.place(file)
        if place is None:
            return real_open(file, mode, buffering, *args, **kwargs)
        disk.meets("create" if set(mode) & set("wax") else "open", place)
        plain = mode.replace("b", "").replace("t", "")
        raw = _Raw(disk, os.fspath(file), plain, kwargs.pop("opener", None))
        kind = io.BufferedRandom if "+" in plain else io.BufferedReader if "r" in plain else io.BufferedWriter
        stream: Any = kind(raw)
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **kwargs)

    def one(name: str, word: str, *, really: bool = True) -> Callable[..., Any]:
        real = getattr(os, name)

        def done(path: Any, *args: Any, **kwargs: Any) -> Any:
            place = disk.place(path, kwargs.get("dir_fd"))
            disk.meets(word, place)
            return real(path, *args, **kwargs) if really or place is None else None

        return done

    def os_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        place = disk.place(path, kwargs.get("dir_fd"))
        disk.meets("create" if flags & os.O_CREAT else "open", place)
        handle = real_os_open(path, flags, *args, **kwargs)
        if place is not None:
            disk.names[handle] = place
        return handle

    def os_close(handle: int) -> None:  # of a folder, or of a lock: nothing was written through it
        disk.names.pop(handle, None)
        real_os_close(handle)

    def flock(handle: int, what: int) -> None:
        place = disk.place(handle)
        if what & fcntl.LOCK_UN:
            real_flock(handle, what)
            disk.meets("unlock", place)
        else:
            disk.meets("lock", place)
            real_flock(handle, what)

    real_os_open, real_os_close, real_flock = os.open, os.close, fcntl.flock
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)
        patch.setattr(fcntl, "flock", flock)
        for name in ("mkdir", "rename", "replace", "unlink", "rmdir", "scandir", "listdir", "chmod", "link", "symlink"):
            patch.setattr(os, name, one(name, name))
        patch.setattr(os, "remove", one("remove", "unlink"))
        patch.setattr(os, "fsync", one("fsync", "fsync", really=False))  # slow, and nothing here loses its power
        patch.setattr(os, "close", os_close)
        patch.setattr(os, "open", os_open)
        yield disk


def in_a_child(disk: Disk, work: Callable[[], object], refused: type[BaseException]) -> tuple[int, str]:
    """Do the work on this disk in a process that may die of it: (0, ""), (4, sentence), (KILLED, "") or (1, traceback).

    No code that cleans up runs where the process is killed.
    """
    note = disk.folder.with_name("said")
    with warnings.catch_warnings():  # other threads of the suite hold nothing that the child needs
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:  # pragma: no cover - another process
        status = 1
        try:
            gc.disable()
            try:
                with watched(disk):
                    work()
                status, said = 0, disk.fired
            except refused as error:
                status, said = 4, str(error)
            except BaseException:
                said = traceback.format_exc()
            note.write_text(said, "utf-8")
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    said = ""
    with suppress(FileNotFoundError):
        said = note.read_text("utf-8")
        note.unlink()
    return os.waitstatus_to_exitcode(ended), said
