"""The door: one small function per command. Everything else is imported when a command needs it.

Exit status: 0 fine · 1 findings of severity error · 2 usage · 3 an input, fact file or structure that cannot be used ·
4 the machine · 130/143 signals. Never a traceback for something a user did.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec, TextIO

import typer

from pipeline import __version__
from pipeline.errors import EbsError, FactsError, MachineError, Problem, UsageError, machine_error

if TYPE_CHECKING:
    from pipeline.facts import Facts
    from pipeline.facts.structure import Structure

app = typer.Typer(
    name="ebs",
    help="From a country's monthly counts of business registrations and bankruptcies to what Eurostat expects.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
structure_app = typer.Typer(help="The data structures that can be used.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(structure_app, name="structure")

P = ParamSpec("P")
FactsOption = Annotated[
    Path | None,
    typer.Option(
        "--facts", envvar="EBS_FACTS", metavar="DIR", help="An overlay: its fact files win over the shipped ones."
    ),
]


def main() -> None:
    """Run the command line."""
    for number in range(3):  # a standard stream that is closed must not become the number of a file of ours
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    gc.disable()  # a run is short and makes few circles; looking for them costs a tenth of it
    try:
        app()
    except (EbsError, OSError) as error:  # what the command line says by itself, --version and --help, cannot be said
        sys.exit(_refused(error if isinstance(error, EbsError) else _not_written(error)))


_stopped: list[int] = []  # the signal that ended the run; some libraries turn what it raises into errors of their own


def _stop(number: int, _: object) -> NoReturn:
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
                tell("interrupted; nothing was left behind.")
                status = 128 + _stopped[0]
            elif isinstance(error, MemoryError):
                tell("machine: there is not enough memory. Close other programs, or use a larger machine.")
                status = 4
            elif isinstance(error, OSError):
                status = _refused(machine_error(str(error.filename or ""), error))
            elif isinstance(error, EbsError):
                status = _refused(error)
            else:
                raise
        raise typer.Exit(status)

    return run


def _refused(error: EbsError) -> int:
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
            raise _not_written(error) from error


def _not_written(error: OSError) -> MachineError:
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


def _version(wanted: bool) -> None:
    if wanted:
        answer(f"ebs {__version__}")
        raise typer.Exit


@app.callback()
def ebs(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """From a country's monthly counts of business registrations and bankruptcies to what Eurostat expects."""


@app.command()
@command
def deliver(
    inputs: Annotated[Path, typer.Argument(help="Folder with the national files, and perhaps delivery.toml.")],
    country: Annotated[str | None, typer.Option(help="Country whose facts and layouts apply.")] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Reference month; default: the newest that every indicator has."),
    ] = None,
    only: Annotated[str | None, typer.Option(metavar="INDICATOR", help="Deliver one indicator alone.")] = None,
    out: Annotated[Path, typer.Option(help="Where deliveries are kept.")] = Path("outputs"),
    prepared: Annotated[
        str | None, typer.Option(metavar="ISO", help="Date and time in the header; default: now.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Mark the files as a test and name them so.")] = False,
    facts: FactsOption = None,
) -> int:
    """Make the draft of one month: two SDMX-ML files ready for upload, the tables behind them, the findings."""
    from pipeline.deliver import Request
    from pipeline.deliver import deliver as make
    from pipeline.facts import load

    request = Request(inputs, country, month, only, out, _instant(prepared), test)
    with progress() as say:
        done = make(request, load(facts), say)
    for spoilt, names in done.damaged.items():
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        new = "" if done.existed else " and a new draft was made"
        tell(f"note: {spoilt} no longer matches its SHA256SUMS ({some}); it was left as it is{new}.")
    _tell_findings(done.report)
    for line in _summary(done.manifest, packed=done.ok, existed=done.existed):
        answer(line)
    answer(_last_line(done.folder, done.manifest, done.report))
    return 0 if done.ok else 1


@app.command()
@command
def trace(
    delivery: Annotated[Path, typer.Argument(help="A delivery folder, such as outputs/FR/2024-05_01.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY[:PERIOD]", help="Series key with dots, in the order of the structure.")
    ],
    measure: Annotated[
        str | None,
        typer.Option(help="count, index_ratio or index_weighted; default: the count, or the index of an index's key."),
    ] = None,
) -> None:
    """Show the input cells behind a value, with their factors."""
    from pipeline.trace import lines
    from pipeline.trace import trace as find

    for line in lines(find(delivery, key, measure)):
        answer(line)


@app.command("facts")
@command
def show_facts(
    country: Annotated[str | None, typer.Option(help="Only this country; default: all of them.")] = None,
    facts: FactsOption = None,
) -> None:
    """Check every fact file and list what is known, how well and from where; what is inferred comes first."""
    from pipeline.facts import evidence, load

    loaded = load(facts)
    countries = [loaded.country(id_) for id_ in ([country] if country else loaded.country_ids)]
    known = list(evidence.known(loaded))
    for one in countries:
        known += [fact for fact in evidence.known(loaded, one) if fact not in known]
    order = ("inferred", "public", "seed", "official")
    for level in order:
        here = [fact for fact in known if fact.evidence == level]
        if here:
            answer(f"{level} ({len(here)})")
        for fact in here:
            answer(f"  {fact.file} {fact.key}")
            reference = f"{fact.reference.removesuffix('.')}. {fact.note}" if fact.note else fact.reference
            answer(f"      {reference} [checked {fact.checked}]")
    counted = ", ".join(f"{sum(f.evidence == level for f in known)} {level}" for level in order)
    names = ", ".join(one.country.id for one in countries)
    over = f" The files of {loaded.store.overlay} win over the shipped ones." if loaded.store.overlay else ""
    answer(f"{len(known)} facts, countries {names}: {counted}. No fact file has a problem.{over}")


@structure_app.command("list")
@command
def structure_list(facts: FactsOption = None) -> None:
    """List the structures of dsd/, since when each is in force, where it comes from."""
    from pipeline.facts import load

    for entry in load(facts).structure_index:
        since = f"from {entry.valid_from}" if entry.valid_from else "always"
        until = f" to {entry.valid_to}" if entry.valid_to else ""
        answer(f"{entry.id:32} {entry.kind:16} {since}{until}  {entry.evidence}")
        answer(f"    {entry.origin}")


@structure_app.command("show")
@command
def structure_show(
    which: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="ESTAT:STSALL(2.1), a dataflow, or a structure file.")
    ],
    facts: FactsOption = None,
) -> None:
    """Show a structure as it is understood: dimensions, attributes with level and status, lists, constraints."""
    from pipeline.facts import load
    from pipeline.facts.show import structure_lines

    path = Path(which)
    if path.is_file():
        found = _structures_in(which, path.read_bytes(), facts)
    elif path.is_dir():
        raise UsageError(Problem(which, "this is a folder, not a file.", "Give the structure's file."))
    elif path.suffix.lower() == ".xml" or "/" in which or os.sep in which:
        raise UsageError(
            Problem(which, "there is no such file.", "`ebs structure list` says which structures can be shown.")
        )
    else:
        found = [_structure_of(which, load(facts))]
    for structure in found:
        for line in structure_lines(structure):
            answer(line)


def _structures_in(name: str, data: bytes, overlay: Path | None) -> list[Structure]:
    """The data structures of a file; FactsError when it has none, with what to show instead."""
    from pipeline.facts import load
    from pipeline.facts.references import parse_reference
    from pipeline.facts.structure_messages import read_structures

    found = read_structures([(name, data)])
    if found.structures:
        return list(found.structures.values())
    targets = [one.full for c in found.constraints for to in c.attached_to if (one := parse_reference(to))]
    instead = [*found.dataflows] or targets or [*load(overlay).structures.structures]
    raise FactsError(
        Problem(
            name,
            "this file holds no data structure.",
            f"Give the structure's file, or show {' or '.join(dict.fromkeys(instead))}.",
        )
    )


def _structure_of(ref: str, facts: Facts) -> Structure:
    """The structure of this reference, or of this dataflow; a constraint or a list is named for what it is."""
    from pipeline.facts.references import parse_reference, resolve

    wanted, all_ = parse_reference(ref, version="*"), facts.structures
    limit = resolve({c.ref: c for c in all_.constraints}, wanted) if wanted else None
    if limit is not None:
        targets = [one.full for to in limit.attached_to if (one := parse_reference(to))]
        raise FactsError(Problem(ref, "this is a constraint.", f"It is shown with {' or '.join(targets)}."))
    if wanted and resolve(all_.codelists, wanted) is not None:
        raise FactsError(
            Problem(ref, "this is a code list.", f"Show a structure that uses it: {', '.join(all_.structures)}.")
        )
    return all_.structure(ref)


@app.command()
@command
def doctor(
    out: Annotated[Path, typer.Option(help="Where deliveries are kept.")] = Path("outputs"),
    facts: FactsOption = None,
) -> int:
    """Check that this installation can do its work: libraries, facts, structures, schemas, the place for outputs."""
    from pipeline.doctor import examine

    status = 0
    for what, problem in examine(out, facts):
        answer(f"{'ok     ' if not problem else 'PROBLEM'}  {what}{': ' + problem if problem else ''}")
        status = 4 if problem else status
    answer(
        "This installation can do its work."
        if not status
        else "Mend what is marked PROBLEM, then run `ebs doctor` again."
    )
    return status


def _instant(text: str | None) -> dt.datetime | None:
    """An ISO date and time with its offset."""
    if text is None:
        return None
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            Problem("--prepared", f"{text!r} is not a date and time.", "Write it as 2024-07-05T09:00:00+02:00.")
        ) from None
    if when.tzinfo is None:
        raise UsageError(Problem("--prepared", f"{text!r} has no offset.", "Write it as 2024-07-05T09:00:00+02:00."))
    return when


def _tell_findings(report: dict[str, Any] | Any, most: int = 5) -> None:
    """The findings grouped by rule, five places each; information is only counted."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        groups.setdefault((finding["severity"], finding["rule"], finding["name"]), []).append(finding)
    for (severity, rule, name), found in groups.items():
        tell(f"{severity.upper()} {rule}: {name} ({len(found)})")
        for finding in found[:most]:
            place = " ".join(
                filter(
                    None, [finding["file"], finding["cell"] or (f"line {finding['line']}" if finding["line"] else "")]
                )
            )
            tell(f"    {place + ': ' if place else ''}{finding['message']}")
        if len(found) > most:
            tell(f"    and {len(found) - most} more, in findings.json")
        if severity != "information":
            tell(f"    {found[0]['hint']}")


def _summary(manifest: Any, *, packed: bool, existed: bool) -> Iterator[str]:
    """What was made, in a few lines; the files have names once they are in upload/."""
    if existed:
        yield "Nothing has changed: this request was answered before."
    for data_set in manifest["data_sets"]:
        yield (
            f"{data_set['file'] if packed else data_set['data_set'] + ', not packed'}: {data_set['series']} series, "
            f"{data_set['observations']:,} observations, {data_set['first']} to {data_set['last']}"
        )
    for indicator, parts in manifest["balance"].items():
        said = ", ".join(f"{name} {number:,}" for name, number in parts.items() if number and name != "read")
        yield f"{indicator}: {parts['read']:,} units read = {said}"
    index = manifest["index"]
    weights = index["weights"]
    if weights and weights["status"] != "official" and any(name.startswith("weighted") for name in index["files"]):
        used = f"{weights['status']} weights ({weights['unit']}, {weights['year']})"
        yield f"Index {index['base_year']} = 100: weighted index with {used}."
    for name, why in manifest["not_read"].items():
        yield f"not read: {name}: {why}"


def _last_line(folder: Path, manifest: Any, report: Any) -> str:
    """Where the files are, what to do next, and what Eurostat has not confirmed."""
    counts = report["counts"]
    if report["ok"]:
        number, due = len(manifest["data_sets"]), manifest["due"]
        when = f", due since {due}" if manifest["prepared"][: len(due)] > due else f" by {due}"
        parts = [f"{folder / 'upload'}: {number} file{'' if number == 1 else 's'} to send{when}"]
    else:
        errors = f"{counts['error']} error{'s' if counts['error'] > 1 else ''}"
        parts = [f"{folder}: a draft with {errors}; correct the input and run again: nothing is in upload/"]
    warned = sorted({finding["rule"] for finding in report["findings"] if finding["severity"] == "warning"})
    if warned:
        parts.append(f"warnings to look at: {', '.join(warned)}")
    if report["ok"] and manifest["not_confirmed"]:
        parts.append(f"not confirmed by Eurostat: {', '.join(manifest['not_confirmed'])}; send as a test first")
    return "; ".join(parts)
