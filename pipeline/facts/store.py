"""Where the facts lie: the files shipped with the package, and an overlay whose files win over them.

In a wheel the facts lie under ``pipeline/_facts``; in a checkout (an editable install included) the folders of the
checkout are used.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import FactsError, Problem, machine_error

FOLDERS = ("codelists", "dsd")


def shipped() -> Path:
    """The root of the facts that come with this installation."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_facts"
    return installed if installed.is_dir() else package.parent


class Store:
    """Reads fact files by their path below the root and remembers what was read, so that it can be archived."""

    def __init__(self, overlay: Path | None = None) -> None:
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
        self.roots = [root for root in (overlay, shipped()) if root is not None]
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
