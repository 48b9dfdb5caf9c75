"""Where the facts lie: the files shipped with the package, and an overlay whose files win over them.

In a wheel the facts lie under ``pipeline/_facts``; in a checkout (an editable install included) the folders of the
checkout are used.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath

from pipeline.disk import write_whole
from pipeline.errors import FactsError, Problem, machine_error

FOLDERS = ("codelists", "dsd")


def shipped() -> Path:
    """The root of the facts that come with this installation."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_facts"
    return installed if installed.is_dir() else package.parent


class Store:
    """Reads fact files by their path below the root and remembers what was read, so that it can be archived."""

    def __init__(self, overlay: Path | None = None, *, alone: bool = False) -> None:
        """``alone``: the folder is all there is, not the shipped files as well; a delivery keeps such a folder."""
        if overlay is not None and not overlay.is_dir():
            raise FactsError(Problem(str(overlay), "the folder given with --facts is not there.", "Check the path."))
        if overlay is not None and not any((overlay / folder).is_dir() for folder in FOLDERS):
            raise FactsError(
                Problem(
                    str(overlay),
                    f"the folder given with --facts has neither {' nor '.join(f'{f}/' for f in FOLDERS)}.",
                    "An overlay has the same folders as the shipped facts; its files win over them.",
                )
            )
        self.overlay = overlay
        self.roots = [root for root in (overlay, None if alone else shipped()) if root is not None]
        self.read_files: dict[str, bytes] = {}

    def find(self, path: str) -> Path | None:
        """The file with this path, in the overlay first."""
        for root in self.roots:
            if (root / path).is_file():
                return root / path
        return None

    def read(self, path: str) -> bytes:
        """The bytes of a fact file; FactsError when it is not there."""
        if path not in self.read_files:
            found = self.find(path)
            if found is None:
                raise FactsError(Problem(path, "this fact file is not there.", "Put it into the overlay (--facts)."))
            try:
                self.read_files[path] = found.read_bytes()
            except OSError as error:
                raise machine_error(str(found), error) from error
        return self.read_files[path]

    def unread(self, below: str, besides: tuple[str, ...] = ()) -> list[str]:
        """Files of the overlay below a folder that nothing has read and that replace no shipped file."""
        if self.overlay is None:
            return []
        found = sorted(
            path for path in (self.overlay / below).rglob("*") if path.is_file() and not path.name.startswith(".")
        )
        names = [path.relative_to(self.overlay).as_posix() for path in found]
        return [
            name
            for name in names
            if name not in self.read_files and not (self.roots[-1] / name).is_file() and not name.startswith(besides)
        ]

    def files(self, path: str, suffix: str) -> list[str]:
        """The names of the files in this folder with this ending, over all roots."""
        names = {
            child.name
            for root in self.roots
            if (root / path).is_dir()
            for child in (root / path).iterdir()
            if child.is_file() and child.name.endswith(suffix) and not child.name.startswith(".")
        }
        return sorted(names)

    def folders(self, path: str) -> list[str]:
        """The names of the folders below this one, over all roots."""
        names = {
            child.name
            for root in self.roots
            if (root / path).is_dir()
            for child in (root / path).iterdir()
            if child.is_dir()
        }
        return sorted(names)


# ------------------------------------------------------------------------------------- putting facts into an overlay


def at_hand(overlay: Path, path: str) -> bytes | None:
    """The bytes of a fact file as things are, the overlay's before the shipped ones; the overlay need not exist yet."""
    for root in (overlay, shipped()):
        try:
            return (root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise machine_error(str(root / path), error) from error
    return None


def own(overlay: Path, path: str) -> bytes | None:
    """The bytes that the overlay itself has at this path."""
    try:
        return (overlay / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise machine_error(str(overlay / path), error) from error


def check_overlay(overlay: Path) -> None:
    """A place into which facts can be put: an overlay, an empty folder or nothing yet; FactsError for anything else."""
    if overlay.is_dir() and next(overlay.iterdir(), None) is not None:
        Store(overlay)
    elif not overlay.is_dir() and os.path.lexists(overlay):
        raise FactsError(
            Problem(str(overlay), "this is a file, not a folder for facts.", "Give a folder, or a new name.")
        )


@contextlib.contextmanager
def tried(overlay: Path, files: Mapping[str, bytes | None]) -> Iterator[Path]:
    """A copy of the overlay as it would be with these files (``None``: without it), gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="ebs-") as name:
        copy = Path(name)
        try:
            for folder in FOLDERS:
                if (overlay / folder).is_dir():
                    shutil.copytree(overlay / folder, copy / folder)
            for path, data in files.items():
                _write(copy / path, data)
        except OSError as error:
            raise machine_error(str(error.filename or overlay), error) from error
        except shutil.Error as error:
            raise FactsError(Problem(str(overlay), f"this overlay cannot be read as a whole: {error}.")) from error
        yield copy


def put(overlay: Path, files: Mapping[str, bytes | None]) -> None:
    """Write these files into the overlay, or remove them (``None``), in this order: all of them or none.

    FactsError for a path that would lead out of the overlay, on whatever machine.
    """
    for path in files:
        parts = PureWindowsPath(path)  # as it reads what others do, and backslashes and drives besides
        if parts.anchor or ".." in parts.parts or not parts.parts or "\0" in path:
            words = "this is no path below the folder of facts; nothing was written."
            raise FactsError(Problem(f"{overlay}: {path!r}", words))
    before = {path: own(overlay, path) for path in files}
    new = [folder for folder in (overlay, *(overlay / folder for folder in FOLDERS)) if not folder.exists()]
    done: list[str] = []
    try:
        for path, data in files.items():
            done.append(path)
            _write(overlay / path, data)
    except BaseException as error:
        for path in reversed(done):
            with contextlib.suppress(OSError):
                _write(overlay / path, before[path])
        for folder in reversed(new):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise machine_error(str(error.filename or overlay), error) from error
        raise


def _write(path: Path, data: bytes | None) -> None:
    """Write a file whole; without bytes, remove it."""
    if data is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, data)


def toml_text(text: str) -> str:
    """A text as TOML writes it: JSON's way, with the one control character that JSON lets pass."""
    sound = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
