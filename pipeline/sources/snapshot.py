"""The bytes of the inputs, read once: what is parsed, archived and hashed is the same."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.errors import InputError, Problem, Problems

LIMIT = 2 * 1024**3


@dataclass(frozen=True)
class Snapshot:
    """One input file as it was received; ``name`` is its path inside the folder of inputs."""

    name: str
    data: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """The hash that names these bytes."""
        return hashlib.sha256(self.data).hexdigest()


def freeze(folder: Path, limit: int = LIMIT) -> list[Snapshot]:
    """Every file of the folder, by name; hidden files, lock files of an office program and subfolders stay out.

    Raises InputError when the folder or a file cannot be had, when a file is larger than ``limit`` bytes, or when
    it changes while it is read.
    """
    problems = Problems(InputError)
    snapshots = []
    for path in _files(folder):
        with problems.gather():
            snapshots.append(Snapshot(_name(path), _frozen(path, limit)))
    problems.done()
    return snapshots


def _files(folder: Path) -> list[Path]:
    where = str(folder)
    try:
        if not folder.exists():
            raise InputError(
                Problem(
                    where, "this folder does not exist.", "Name the folder with the national files.", "input-missing"
                )
            )
        if not folder.is_dir():
            raise InputError(
                Problem(where, "this is a file, not a folder.", "Name the folder that it is in.", "input-missing")
            )
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise _unreadable(where, error) from error
    return [path for path in paths if not path.name.startswith((".", "~$")) and not path.is_dir()]


def _name(path: Path) -> str:
    """The name of a file as text; InputError where it is none in the encoding of file names."""
    try:
        path.name.encode("utf-8")
    except UnicodeEncodeError as error:
        where = os.fsencode(path.name).decode("utf-8", "backslashreplace")
        message, hint = "the name of this file is not UTF-8.", "Rename it."
        if (encoding := sys.getfilesystemencoding()) != "utf-8":
            message = f"the name of this file is not {encoding}, which this environment takes file names for."
            hint = "Set LC_ALL=C.UTF-8 and take PYTHONUTF8=0 away, or rename the file."
        raise InputError(Problem(where, message, hint, "input-encoding")) from error
    return path.name


def _frozen(path: Path, limit: int) -> bytes:
    try:
        before = path.stat()
        if before.st_size > limit:
            message = f"the file has {before.st_size:,} bytes; the limit is {limit:,}."
            raise InputError(Problem(path.name, message, "Is it the right file? Counts are small.", "input-too-large"))
        if not path.is_file():
            message = "this is not a regular file."
            raise InputError(Problem(path.name, message, "Put the file itself into the folder.", "input-missing"))
        data = _bytes(path)
        after = path.stat()
    except OSError as error:
        raise _unreadable(path.name, error) from error
    stamps = {(stat.st_size, stat.st_mtime_ns, stat.st_ino) for stat in (before, after)}
    if len(stamps) > 1 or len(data) != before.st_size:
        message = "the file changed while it was being read."
        raise InputError(
            Problem(path.name, message, "Wait until it is written completely, then run again.", "input-changed")
        )
    return data


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _unreadable(where: str, error: OSError) -> InputError:
    if isinstance(error, PermissionError):
        message = f"no permission to read {str(error.filename or where)!r} as user {_user()}."
        return InputError(Problem(where, message, "Ask for the right to read it.", "input-missing"))
    if isinstance(error, FileNotFoundError):
        message = "the file is not there (a link that leads nowhere, or removed a moment ago)."
        return InputError(Problem(where, message, "Put the file itself into the folder.", "input-missing"))
    return InputError(
        Problem(where, f"cannot be read: {error.strerror or error}.", "Mend it and run again.", "input-missing")
    )


def _user() -> str:
    import getpass

    try:
        return repr(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return f"number {os.getuid()}" if hasattr(os, "getuid") else "unknown"
