"""What the command line says and how it ends: the answer on standard output, all else on standard error.

A command's function raises, this module says it in sentences and chooses the exit status.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, ParamSpec, TextIO

import typer

from pipeline import __version__
from pipeline.errors import EbsError, MachineError, Problem, UsageError, machine_error, nearest

P = ParamSpec("P")

_stopped: list[int] = []  # the signal that ended the run; some libraries turn what it raises into errors of their own


def stop(number: int, _: object) -> NoReturn:
    """A signal ends the run; what is being written is taken back on the way out."""
    _stopped.append(number)
    raise SystemExit(128 + number)


def command(function: Callable[P, int | None]) -> Callable[P, None]:
    """A command's function answers with its exit status; what it raises is said in sentences."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = function(*args, **kwargs) or 0
        except BaseException as error:
            if _stopped:
                tell("interrupted; nothing half-done was left behind.")
                status = 128 + _stopped[0]
            elif isinstance(error, MemoryError):
                tell("machine: there is not enough memory. Close other programs, or use a larger machine.")
                status = 4
            elif isinstance(error, OSError):
                status = refused(machine_error(str(error.filename or ""), error))
            elif isinstance(error, EbsError):
                status = refused(error)
            else:
                raise
        raise typer.Exit(status)

    return run


def refused(error: EbsError) -> int:
    """Say every problem; answers with the exit status."""
    for problem in error.problems:
        tell(f"{error.kind}: {problem}")
    return error.exit_status


def plain(text: str) -> str:
    """A line that cannot steer a terminal or pass for two: control characters are shown as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def tell(text: str) -> None:
    """Say something that is not the answer, on standard error; where that cannot be, the work goes on."""
    with contextlib.suppress(MachineError):
        say(text, sys.stderr)


def answer(text: str) -> None:
    """Say the answer, on standard output."""
    say(text, sys.stdout)


def whole(text: str) -> None:
    """A document of several lines, already safe to show."""
    for line in text.splitlines():
        answer(line)


def say(text: str, stream: TextIO | None) -> None:
    """A line on a stream that may be closed (silence), or whose reader has gone (silence from then on).

    MachineError when it cannot be written for another reason.
    """
    if stream is None:
        return
    try:
        stream.write(f"{plain(text)}\n")
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # what is still to be written, at the end of the process too, goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        gone = isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
        if not gone:
            raise not_written(error) from error


def not_written(error: OSError) -> MachineError:
    """Standard output that cannot be written, in a sentence."""
    why = (error.strerror or str(error)).lower()
    hint = "The work is done; only what there is to say about it is lost. Send the output to another place."
    return MachineError(Problem("standard output", f"cannot be written ({why}).", hint))


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Says each stage: a moving line on a terminal, plain lines elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda stage: tell(f"ebs: {_going_on(stage)}")
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("starting") as status:
        yield lambda stage: status.update(escape(plain(_going_on(stage))))


def _going_on(stage: str) -> str:
    """The stage, unless the run was told to end and a library kept that to itself."""
    if _stopped:
        raise SystemExit(128 + _stopped[0])
    return stage


def as_json(document: dict[str, Any]) -> str:
    """A document as JSON in one line, in ASCII."""
    import json

    return json.dumps(document, ensure_ascii=True)


@contextlib.contextmanager
def one_document(format_: str) -> Iterator[None]:
    """With JSON, a run that cannot go on still prints one document; a mistake in the request does not."""
    try:
        yield
    except (EbsError, OSError) as error:
        refused = error if isinstance(error, EbsError) else machine_error(str(error.filename or ""), error)
        if format_ == "json" and refused.exit_status != 2:
            answer(as_json(_refusal(refused)))
        raise refused from error


def _refusal(error: EbsError) -> dict[str, Any]:
    """The JSON report of a run that could not judge anything."""
    message = " ".join(str(problem) for problem in error.problems)
    return {
        "schema": 1,
        "tool": {"name": "ebs", "version": __version__},
        "ok": False,
        "error": {"kind": error.kind, "message": message},
        "files": [],
        "counts": {"error": 0, "warning": 0, "information": 0},
        "rules": [],
        "findings": [],
    }


def one_of(option: str, given: str, known: tuple[str, ...]) -> None:
    """UsageError unless an option's word is one of those known."""
    if given not in known:
        raise UsageError(Problem(option, f"{given!r} is none of {', '.join(known)}.", nearest(given, known)))
