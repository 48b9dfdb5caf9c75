"""Files that this tool adds to and that people edit: what stands in them stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.disk import write_whole
from pipeline.errors import EbsError, FactsError, MachineError, Problem, machine_error


def content(path: Path) -> bytes | None:
    """The bytes of a file, None where there is none."""
    try:
        if path.is_symlink() and not path.exists():
            words = "this link leads nowhere: what it stands for is not at hand."
            raise MachineError(Problem(str(path), words, "Connect the place that it leads to."))
        if path.exists() and not path.is_file():
            raise MachineError(Problem(str(path), "this is no file.", "Put it elsewhere."))
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise machine_error(str(path), error) from error


def add(path: Path, head: str, lines: Sequence[str], check: Callable[[bytes], object]) -> None:
    """Add a block at the end of a file, or begin it with ``head``; ``check`` raises where the result cannot be read.

    Raises FactsError, and leaves the file as it was, where the block cannot simply be added to what stands there.
    """
    before = content(path)
    start = head.encode("utf-8") if before is None else before
    whole = (
        start
        + (b"" if not start or start.endswith(b"\n") else b"\n")
        + b"\n"
        + "\n".join(lines).encode("utf-8")
        + b"\n"
    )
    try:
        check(whole)
    except EbsError as error:
        words = f"a new block cannot be added to what stands there ({error.problems[0].message})"
        hint = "Mend the file, so that it ends with blocks such as those that this tool writes, and run again."
        raise FactsError(Problem(str(path), words, hint)) from error
    replace(path, whole)


def replace(path: Path, data: bytes) -> None:
    """Write the file anew, whole or not at all."""
    try:
        write_whole(path, data)
    except OSError as error:
        raise machine_error(str(path), error) from error
