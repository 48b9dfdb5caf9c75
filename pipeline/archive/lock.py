"""One writer at a time in a country's folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from pipeline.archive.folder import sweep
from pipeline.errors import MachineError, Problem, machine_error


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the country's folder for one run; a second run is told who holds it and since when.

    The lock is the operating system's: it is free at once when its holder is killed. Who holds it removes what a
    killed run has left behind. Raises MachineError when it is held, or the folder cannot be used.
    """
    from filelock import FileLock, Timeout

    holder = folder / ".lock.holder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        try:
            who = holder.read_text("utf-8").strip()
        except (OSError, ValueError):
            who = ""
        who = who or "another process"
        raise MachineError(
            Problem(str(folder), f"another run is writing here: {who}.", "Wait until it has ended, then run again.")
        ) from None
    except OSError as error:
        raise machine_error(str(folder), error) from error
    try:
        since = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)  # of a killed run, perhaps another user's
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}, since {since}\n", "utf-8")
        sweep(folder)
        yield
    finally:
        try:
            with contextlib.suppress(OSError):
                holder.unlink()
        finally:
            with contextlib.suppress(OSError):  # it ends with the process at the latest
                lock.release()
