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
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec, TextIO

import typer

from pipeline import __version__
from pipeline.errors import (
    EbsError,
    FactsError,
    InputError,
    MachineError,
    Problem,
    Problems,
    UsageError,
    machine_error,
    nearest,
)

if TYPE_CHECKING:
    from pipeline.facts import Facts
    from pipeline.facts.structure import Structure
    from pipeline.structure_import import Imported

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
    message: Annotated[
        str, typer.Option(metavar="2.1|3.0|csv", help="Format of the files: SDMX-ML 2.1 or 3.0, or SDMX-CSV 2.0.")
    ] = "2.1",
    facts: FactsOption = None,
) -> int:
    """Make the draft of one month: two SDMX files ready for upload, the tables behind them, the findings."""
    from pipeline.deliver import Request
    from pipeline.deliver import deliver as make
    from pipeline.facts import load

    request = Request(inputs, country, month, only, out, _instant(prepared), test, message)
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


@structure_app.command("import")
@command
def structure_import(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="SDMX-ML structure messages, as the registry exports them.")
    ],
    official: Annotated[
        bool, typer.Option("--official", help="They come from the maintainer's own registry: not inferred, confirmed.")
    ] = False,
    facts: FactsOption = None,
) -> None:
    """Take over a registry's own export: check it, say what is missing, put it into the overlay (--facts)."""
    from pipeline.structure_import import import_structures

    if facts is None:
        raise UsageError(
            Problem(
                "--facts",
                "say into which folder the structure shall go; the installed facts are never changed.",
                "Add --facts DIR, or set EBS_FACTS; a folder that is not there yet is made.",
            )
        )
    for path in files:
        if not path.is_file():
            why = "this is a folder, not a file." if path.is_dir() else "there is no such file."
            raise UsageError(Problem(str(path), why, "Give the structure's file, as exported from the registry."))
    messages = [(path.name, path.read_bytes()) for path in files]
    imported = import_structures(messages, facts, official=official, today=dt.date.today())
    for note in imported.notes:
        tell(f"note: {note}")
    for structure in imported.structures:
        lists = {c.codelist.ref: len(c.codelist.codes) for c in structure.components if c.codelist is not None}
        answer(
            f"{structure.ref}  {structure.name}: dimensions {len(structure.dimensions)}"
            f"{'' if structure.time is None else ' and time'}, measures {len(structure.measures)}, "
            f"attributes {len(structure.attributes)}, lists {len(lists)} with {sum(lists.values()):,} codes"
        )
    for entry in imported.entries:
        if entry.kind != "data structure":
            answer(f"{entry.id}  {entry.kind}")
    for name in imported.stored:
        answer(f"written: {facts / name}")
    for name in imported.removed:
        answer(f"removed, as nothing uses it any more: {facts / name}")
    for data_set, ref in imported.follow.items():
        answer(f"{data_set} follows {ref}{'' if data_set in imported.used else ', which was not imported'}")
    answer(_after_import(imported, facts))


def _after_import(imported: Imported, facts: Path) -> str:
    """What to do next."""
    done = "Imported" if imported.changed else "Nothing has changed: these bytes were imported before"
    show = f"look at it: ebs structure show '{imported.structures[0].ref}' --facts {facts}"
    if imported.used:
        return f"{done}; {show}; then deliver with it: ebs deliver INPUTS --facts {facts}"
    how = "to deliver with it, name its dataflow in a copy of codelists/regulation/transmission.toml in the overlay"
    return f"{done}; {show}; no data set follows it: {how}"


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
def validate(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="SDMX-ML or SDMX-CSV files, a zip of them, a delivery folder."),
    ],
    structure: Annotated[
        list[str] | None,
        typer.Option(metavar="ID|FILE", help="The structure to judge by; default: the one that the file names."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="ID", help="The data set it is, where the file does not say.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(metavar="FILE|DELIVERY", help="What was sent before, to compare with.")
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option(metavar="text|json|junit|ess", help="How the report is written on standard output.")
    ] = "text",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page too.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every finding as a table too.")] = None,
    max_findings: Annotated[
        int, typer.Option(metavar="N", min=1, help="Findings told with all details; the numbers are always whole.")
    ] = 2000,
    facts: FactsOption = None,
) -> int:
    """Say everything that is wrong with files before they are uploaded: rule, place, found, expected, how to mend."""
    if format not in REPORTS:
        raise UsageError(Problem("--format", f"{format!r} is none of {', '.join(REPORTS)}.", nearest(format, REPORTS)))
    try:
        return _validate(files, structure or [], dataset or "", previous, format, html, csv, max_findings, facts)
    except (EbsError, OSError) as error:
        refused = error if isinstance(error, EbsError) else machine_error(str(error.filename or ""), error)
        if format == "json" and refused.exit_status != 2:
            answer(_json(_refusal(refused)))
        raise refused from error


PIPED = 256 << 20  # bytes that are taken from a pipe
REPORTS = ("text", "json", "junit", "ess")


def _validate(
    files: list[Path],
    structure: list[str],
    dataset: str,
    previous: Path | None,
    report: str,
    html: Path | None,
    csv: Path | None,
    most: int,
    overlay: Path | None,
) -> int:
    from pipeline.facts import load
    from pipeline.findings import Entries, Finding
    from pipeline.pages import findings_csv
    from pipeline.validate import Asked, Candidate
    from pipeline.validate import validate as judge

    _keep_apart([*files, *([previous] if previous else []), *map(Path, structure)], [f for f in (csv, html) if f])
    loaded = load(overlay)
    problems = Problems(InputError)
    candidates = [c for path in files for c in _candidates(path, problems, Candidate)]
    before = _candidates(previous, problems, Candidate) if previous is not None else []
    given, which = _structures_given(structure, problems)
    problems.done()
    with contextlib.ExitStack() as stack:
        stream = None
        if csv is not None:
            table = stack.enter_context(_written(csv))
            entries = Entries(loaded.rules)
            table.write(findings_csv.header())

            def stream(finding: Finding) -> None:
                table.write(findings_csv.row(entries.entry(finding)))

        asked = Asked(dt.date.today(), given, which, dataset, tuple(before), most, stream)
        found = judge(candidates, loaded, asked)
    document = found.document({"name": "ebs", "version": __version__})
    if html is not None:
        from pipeline.pages.validation import page

        with _written(html) as stream_:
            stream_.write(page(document, loaded.rules))
    if report == "json":
        answer(_json(document))
    elif report == "junit":
        from pipeline.pages.junit import junit

        _whole(junit(document, loaded.rules))
    elif report == "ess":
        from pipeline.pages.ess import ess

        _whole(ess(document, loaded.rules, dt.datetime.now(dt.UTC).replace(microsecond=0), "ebs validate"))
    else:
        from pipeline.pages.text import lines

        step = "may be uploaded" if found.ok else "correct and validate again"
        if found.ok and document["counts"]["warning"]:
            step = "look at the warnings, then upload"
        for line in lines(document, step, loaded.rules):
            answer(line)
        if unsure := _not_confirmed(document, loaded):
            answer(f"not confirmed by Eurostat: {unsure}; send as a test first")
    for written in filter(None, (csv, html)):
        tell(f"written: {written}")
    return 0 if found.ok else 1


def _keep_apart(inputs: list[Path], outputs: list[Path]) -> None:
    """UsageError when a report would be written over a file that is read, over the other report, or into no folder."""
    read = {file.resolve() for path in inputs for file in ([path, *path.rglob("*")] if path.is_dir() else [path])}
    for i, path in enumerate(outputs):
        if path.resolve() in read:
            raise UsageError(
                Problem(str(path), "the report would be written over a file that is read.", "Name another.")
            )
        if path.resolve() in [other.resolve() for other in outputs[:i]]:
            raise UsageError(Problem(str(path), "two reports would be written into one file.", "Name another."))
        if path.is_dir() or not path.parent.is_dir():
            what = "this is a folder." if path.is_dir() else f"there is no folder {path.parent}."
            raise UsageError(Problem(str(path), what, "Name a file in a folder that is there."))


def _candidates(path: Path, problems: Problems, candidate: Any) -> list[Any]:
    """The files that a path stands for: itself, or those of a delivery that are to be uploaded."""
    from pipeline import archive

    name = str(path)
    try:
        if path.is_dir():
            packed, cells = archive.to_upload(path)
            return [candidate(str(one), functools.partial(one.open, "rb"), cells) for one in packed]
        with path.open("rb") as stream:
            if path.is_file():
                return [candidate(name, functools.partial(path.open, "rb"))]
            data = stream.read(PIPED + 1)  # a pipe can be read once only
        if len(data) > PIPED:
            problems.add(name, f"more than {PIPED:,} bytes come from a pipe.", "Save them to a file first.")
            return []
        return [candidate(name, functools.partial(io.BytesIO, data))]
    except FileNotFoundError:
        problems.add(name, "there is no such file.", "Check the name.", rule="input-missing")
    except PermissionError:
        who = f" by {os.environ.get('USER') or os.environ.get('USERNAME') or 'this user'}"
        problems.add(name, f"may not be read{who}.", "Ask for the right to read it.", rule="input-missing")
    except OSError as error:
        problems.add(name, f"cannot be read: {(error.strerror or str(error)).lower()}.", rule="input-missing")
    except InputError as error:
        problems.found.extend(error.problems)
    return []


def _structures_given(given: list[str], problems: Problems) -> tuple[Any, str]:
    """Structure files read together, and the id among them or among the facts that is meant."""
    from pipeline.facts.structure_messages import LARGEST, read_structures

    messages, ids = [], []
    for one in given:
        path = Path(one)
        if not one.strip():
            raise UsageError(Problem("--structure", "no structure is named.", "Give an id or a file."))
        if path.is_file():
            with path.open("rb") as stream:
                messages.append((one, stream.read(LARGEST + 1)))
        elif path.suffix.lower() in (".xml", ".zip", ".json") or os.sep in one or "/" in one:
            problems.add(one, "there is no such structure file.", "Check the name.")
        else:
            ids.append(one)
    if len(ids) > 1:
        raise UsageError(Problem("--structure", f"{' and '.join(ids)} are both meant; give one id.", ""))
    if problems.found:
        return None, ""
    structures = read_structures(messages) if messages else None
    if structures is not None and not structures.structures:
        raise FactsError(
            Problem(messages[0][0], "this file holds no data structure.", "Give the file of the structure itself.")
        )
    return structures, ids[0] if ids else ""


@contextlib.contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """A file of the user's that is written, as UTF-8 with the line ends as given: whole, or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, ensure_ascii=True)


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


def _whole(text: str) -> None:
    """A document of several lines, already safe to show."""
    for line in text.splitlines():
        answer(line)


def _not_confirmed(document: dict[str, Any], facts: Facts) -> str:
    """The structures that files were judged by and that are not official."""
    refs = dict.fromkeys(ref for file in document["files"] for ref in str(file["structure"]).split(", ") if ref)
    guessed = [ref for ref in refs if (entry := facts.entry(ref)) and entry.evidence == "inferred"]
    return f"structure {' and '.join(guessed)} (a reconstruction)" if guessed else ""


@app.command()
@command
def explain(
    rule: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE", help="A rule's id, or the receiver's number: 150/029, 029, FMR 007."),
    ] = None,
    facts: FactsOption = None,
) -> None:
    """Say what a rule means, how severe it is and how to mend what it finds; without a rule, list all of them."""
    from pipeline.explain import explain as look_up
    from pipeline.facts import load

    for line in look_up(load(facts).rules, " ".join(rule or [])):
        answer(line)


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
