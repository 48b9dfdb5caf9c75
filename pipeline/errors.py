"""What can go wrong before there is a result.

    EbsError
    ├── UsageError      exit 2   the request: an option, a folder, a month, a key
    ├── InputError      exit 3   a national input that cannot be read
    ├── FactsError      exit 3   a fact file or a structure that cannot be used
    └── MachineError    exit 4   the machine: disk full, no permission, a lock, a missing extra

An error carries *all* problems found in one run, each with its place and what to do.
Wrong or doubtful *data* are never an error: they are findings (``findings.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why we cannot go on, where it is, and what to do about it.

    ``where`` names a file and a place in it: ``bridge.csv line 12, column nace``,
    ``bankruptcies.xlsx failures!C7``, ``aggregates.toml aggregate[2].id``.
    """

    where: str
    message: str
    hint: str = ""
    rule: str = ""

    def __str__(self) -> str:
        rule = f"{self.rule}: " if self.rule else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{rule}{self.where}: {self.message}{hint}" if self.where else f"{rule}{self.message}{hint}"


class EbsError(Exception):
    """The run cannot go on; ``problems`` says why, all of it."""

    exit_status = 1
    kind = "error"

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(EbsError):
    """The request itself cannot be understood or contradicts itself."""

    exit_status = 2
    kind = "usage"


class InputError(EbsError):
    """A national input cannot be read."""

    exit_status = 3
    kind = "input"


class FactsError(EbsError):
    """A fact file or a structure cannot be used."""

    exit_status = 3
    kind = "facts"


class MachineError(EbsError):
    """The machine does not allow it: disk, permission, lock, missing package."""

    exit_status = 4
    kind = "machine"


@dataclass(slots=True)
class Problems:
    """Collects problems so that one run shows all of them; ``done`` raises when there are any."""

    error: type[EbsError]
    found: list[Problem] = field(default_factory=list)

    def add(self, where: str, message: str, hint: str = "", rule: str = "") -> None:
        """One more problem."""
        self.found.append(Problem(where, message, hint, rule))

    def done(self) -> None:
        """Raise the error with all problems, if there are any."""
        if self.found:
            raise self.error(self.found)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Take over the problems of an error raised inside the block and go on after it."""
        try:
            yield
        except self.error as error:
            self.found.extend(error.problems)


def machine_error(where: str, error: OSError) -> MachineError:
    """Say an ``OSError`` in one clear sentence: what, where, what to do."""
    import errno

    reasons = {
        errno.ENOSPC: ("the disk is full.", "Free some space and run again; nothing was lost."),
        errno.EDQUOT: ("the disk quota is used up.", "Free some space and run again; nothing was lost."),
        errno.EACCES: ("permission denied.", "Ask for the right to use it, or choose another place."),
        errno.EPERM: ("permission denied.", "Ask for the right to use it, or choose another place."),
        errno.EROFS: ("the file system is read-only.", "Choose another place with --out."),
        errno.EIO: ("the disk reports an input/output error.", "Check the disk and run again."),
        errno.ENOTDIR: ("a part of this path is a file, not a folder.", "Choose another place with --out."),
    }
    message, hint = reasons.get(
        error.errno or 0, (f"{(error.strerror or str(error)).lower()}.", "Mend it and run again.")
    )
    return MachineError(Problem(where, message, hint))


def nearest(word: str, words: Iterable[str], most: int = 3) -> str:
    """``; did you mean 'S96'?`` for the words closest to this one, or an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(set(words)), n=most, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(w) for w in close)}?" if close else ""


def is_text(text: str) -> bool:
    """Whether every character can be written as UTF-8; what a terminal or a file system hands over in parts cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def quoted(text: str, most: int = 60) -> str:
    """A text of a file as a message shows it: in quotes, what cannot be seen spelled out, not longer than a line bears."""
    return repr(text if len(text) <= most else f"{text[:most]}…")


def ended(words: str) -> str:
    """A sentence with its full stop, unless it ends with a question."""
    return words if words.endswith(("?", ".")) else f"{words}."
