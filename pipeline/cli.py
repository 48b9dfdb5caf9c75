"""The door: one small function per command. Everything else is imported when a command needs it.

Exit status: 0 fine · 1 findings of severity error · 2 usage · 3 an input, fact file or structure that cannot be used ·
4 the machine · 130/143 signals. Never a traceback for something a user did.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import __version__, arguments
from pipeline.console import (
    answer,
    as_json,
    command,
    not_written,
    one_document,
    one_of,
    progress,
    refused,
    stop,
    tell,
    whole,
)
from pipeline.errors import EbsError, InputError, Problem, Problems, UsageError

if TYPE_CHECKING:
    from pipeline.facts import Facts
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
        signal.signal(number, stop)
    gc.disable()  # a run is short and makes few circles; looking for them costs a tenth of it
    try:
        app()
    except (EbsError, OSError) as error:  # what the command line says by itself, --version and --help, cannot be said
        sys.exit(refused(error if isinstance(error, EbsError) else not_written(error)))


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
    history: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Read what was sent before from there, not from --out.")
    ] = None,
    facts: FactsOption = None,
) -> int:
    """Make the draft of one month: two SDMX files ready for upload, the tables behind them, the findings."""
    from pipeline.deliver import Request
    from pipeline.deliver import deliver as make
    from pipeline.facts import load
    from pipeline.pages import delivered
    from pipeline.pages.delivered import day

    request = Request(
        inputs, country, month, only, out, arguments.instant("--prepared", prepared), test, message, history
    )
    with progress() as say:
        loaded = load(facts)
        done = make(request, loaded, say)
    for spoilt, names in done.damaged.items():
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        new = "" if done.existed else " and a new draft was made"
        tell(f"note: {spoilt} no longer matches its SHA256SUMS ({some}); it was left as it is{new}.")
    known = done.corrects if done.corrects is not None and done.corrects.delivery == done.folder.name else None
    if done.corrects is not None and known is None:
        tell(f"note: {done.corrects.delivery} was sent on {day(done.corrects.at)}; this draft would correct it.")
    given = done.manifest["request"]["prepared"]  # else it was now when the draft was made
    for line in delivered.findings(done.report, old=done.existed and given is None):
        tell(line)
    for line in delivered.summary(done.manifest, packed=done.ok, existed=done.existed):
        answer(line)
    answer(f"To look at: {done.folder / 'report.html'}")
    now = dt.datetime.now(dt.UTC) if given is None else dt.datetime.fromisoformat(given)
    at = known.at if known is not None else None
    answer(delivered.last_line(done.folder, done.manifest, done.report, loaded.rules, now, at))
    return 0 if done.ok else 1


@app.command()
@command
def sent(
    delivery: Annotated[Path, typer.Argument(help="The delivery that was transmitted, such as outputs/FR/2024-05_01.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="ISO", help="When it was sent, such as 2024-07-05T09:00:00+02:00; default: now."),
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The receiver's receipt, to be kept beside the history.")
    ] = None,
) -> None:
    """Record that a delivery was transmitted: only then is it part of the history."""
    from pipeline.pages.delivered import day, when
    from pipeline.sent import record

    kept = (receipt.name, arguments.bytes_of(receipt)) if receipt is not None else None
    done = record(delivery, dt.datetime.now(dt.UTC), arguments.instant("--at", at), kept)
    entry = done.entry
    if done.corrects is not None:
        tell(f"note: {done.corrects.delivery} was sent for {entry.month} on {day(done.corrects.at)}; this corrects it.")
    if done.corrected_by is not None:
        later = done.corrected_by
        tell(f"note: {later.delivery} was sent later, on {day(later.at)}; it remains the one that counts.")
    recorded = "recorded as sent" if done.new else "nothing has changed: it was recorded as sent"
    answer(f"{entry.delivery}: {recorded} on {day(entry.at)}, {when(entry.month, entry.at, done.manifest)}.")
    if entry.receipt:
        answer(f"receipt: {_folder(delivery) / entry.receipt}")


@app.command()
@command
def accept(
    delivery: Annotated[Path, typer.Argument(help="The delivery that has the findings.")],
    finding: Annotated[
        list[str],
        typer.Argument(metavar="FINDING...", help="The id of a finding, its beginning, or a rule: all of it."),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it may stay, for whoever reads it next year.")],
    until: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Last month of delivery for which it holds; default: this one."),
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who accepts it; default: the user's name.")] = None,
    facts: FactsOption = None,
) -> None:
    """Accept findings with a reason; the next `ebs deliver` takes it into account."""
    from pipeline.accept import accept as decide
    from pipeline.facts import load

    who = by if by is not None else arguments.user()
    done = decide(delivery, finding, load(facts).rules, reason=reason, by=who, today=dt.date.today(), until=until)
    for other in done.others:
        tell(
            f"note: {other.finding} was accepted before by {other.by}, until {other.until}; that block stays, this counts."
        )
    for one in done.taken:
        answer(f"accepted until {one.until}: {one.finding} {one.rule}: {one.about}")
    if done.taken:
        answer(f"Written in {_folder(delivery) / 'decisions.toml'}; now run `ebs deliver` again.")
    else:
        answer("Nothing has changed: this was accepted before.")


def _folder(delivery: Path) -> Path:
    """The country's folder of a delivery, as the user would write it."""
    return delivery.parent if delivery.name == delivery.resolve().name else delivery.resolve().parent


@app.command()
@command
def compare(
    old: Annotated[Path, typer.Argument(help="A delivery folder, such as outputs/FR/2024-04_01.")],
    new: Annotated[
        Path, typer.Argument(help="A later one; the figures of revision come from what it knows of its past.")
    ],
    format: Annotated[str, typer.Option(metavar="text|json|csv", help="How it is written.")] = "text",  # noqa: A002
) -> None:
    """Say what NEW changes against OLD, cell by cell, and how values have been revised so far."""
    from pipeline.compare import compare as confront
    from pipeline.compare import document
    from pipeline.pages import comparison

    one_of("--format", format, ("text", "json", "csv"))
    with one_document(format):
        found = confront(old, new)
        if format == "json":
            answer(as_json(document(found)))
        elif format == "csv":
            whole(comparison.table(document(found)).decode("utf-8"))
        else:
            for line in comparison.lines(document(found)):
                answer(line)


@app.command()
@command
def calendar(
    country: Annotated[str | None, typer.Option(help="Whose calendar; default: the one that the facts name.")] = None,
    year: Annotated[
        int | None, typer.Option(help="Reference months of this year; default: of the month due next.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where deliveries are kept.")] = Path("outputs"),
    format: Annotated[str, typer.Option(metavar="text|json", help="How it is written.")] = "text",  # noqa: A002
    facts: FactsOption = None,
) -> None:
    """Say until when each month is to be sent, what was sent when, and how punctual it was."""
    from pipeline.archive import history
    from pipeline.calendar import calendar as plan
    from pipeline.calendar import default_year, lines
    from pipeline.facts import load
    from pipeline.facts.calendar import day_of

    one_of("--format", format, ("text", "json"))
    with one_document(format):
        loaded = load(facts)
        today = day_of(loaded, dt.datetime.now(dt.UTC))
        whose = loaded.country(country or loaded.transmission.default_country.id)
        document = plan(
            loaded,
            whose,
            default_year(loaded, whose, today) if year is None else year,
            today,
            history.read(out / whose.country.id),
        )
    if format == "json":
        answer(as_json(document))
        return
    for line in lines(document):
        answer(line)


@app.command()
@command
def metadata(
    country: Annotated[str | None, typer.Option(help="Whose report; default: the one that the facts name.")] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where deliveries are kept; the report goes into DIR/<country>/esms.")
    ] = Path("outputs"),
    lang: Annotated[
        str | None,
        typer.Option(metavar="LANGUAGE", help="Make the page in this language only (en, fr …); default: in each."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing, only say what is wrong with the text.")
    ] = False,
    diff: Annotated[
        Path | None,
        typer.Option(metavar="OLD", help="Say what has changed since OLD: a message, a text (.md) or a delivery."),
    ] = None,
    take: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Take over a metadata message as the text, into --facts DIR."),
    ] = None,
    history: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Read what was sent from there, not from --out.")
    ] = None,
    format: Annotated[str, typer.Option(metavar="text|json", help="How it is written.")] = "text",  # noqa: A002
    facts: FactsOption = None,
) -> int:
    """Regenerate the reference-metadata report (ESMS), its figures computed from what was sent, and check its text."""
    one_of("--format", format, ("text", "json"))
    if sum((check, diff is not None, take is not None)) > 1:
        words = "--check, --diff and --import are three different things to do."
        raise UsageError(Problem("metadata", words, "Give one of them."))
    with one_document(format):
        if take is not None:
            return _take_over(country, take, format, facts)
        return _metadata(country, out, lang, check, diff, history, format, facts)


def _take_over(whose: str | None, message: Path, report: str, overlay: Path | None) -> int:
    from pipeline.facts import load
    from pipeline.metadata_import import store, take_over
    from pipeline.pages import metadata_text

    if overlay is None:
        words = "say into which folder the text shall go; the installed facts are never changed."
        hint = "Add --facts DIR, or set EBS_FACTS; a folder that is not there yet is made."
        raise UsageError(Problem("--facts", words, hint))
    loaded = load(overlay if overlay.is_dir() and any(overlay.iterdir()) else None)
    country = loaded.country(whose or loaded.transmission.default_country.id)
    taken = take_over(str(message), arguments.bytes_of(message), loaded, country)
    paths = store(taken, overlay, country)
    if report == "json":
        answer(as_json(metadata_text.taken_over_document(paths, taken.notes)))
        return 0
    for note in taken.notes:
        tell(f"note: {note}")
    for line in metadata_text.taken_over(paths, overlay):
        answer(line)
    return 0


def _metadata(
    whose: str | None,
    out: Path,
    lang: str | None,
    check: bool,
    diff: Path | None,
    sent_from: Path | None,
    report: str,
    overlay: Path | None,
) -> int:
    from pipeline import metadata as verb
    from pipeline.archive import history
    from pipeline.facts import load
    from pipeline.facts.calendar import day_of
    from pipeline.pages import metadata_text

    loaded = load(overlay)
    country = loaded.country(whose or loaded.transmission.default_country.id)
    place = out / country.country.id
    today = day_of(loaded, dt.datetime.now(dt.UTC))
    past = history.located(sent_from, place)
    quiet = contextlib.nullcontext(lambda _: None)
    with progress() if report == "text" and not (check or diff) else quiet as say:
        done = verb.metadata(
            loaded, country, place, today, sent_from=past, language=lang, write=not (check or diff), say=say
        )
    if diff is not None:
        old = verb.in_delivery(diff) if diff.is_dir() else (str(diff), arguments.bytes_of(diff))
        changed, notes = verb.differences(*old, done.composed, loaded, country)
        for note in notes:
            tell(f"note: not compared: {note}")
        if report == "json":
            answer(as_json(metadata_text.changes_document(str(diff), changed, done.composed.structure)))
        for line in metadata_text.changes(str(diff), changed, done.composed.structure) if report == "text" else ():
            answer(line)
        return 0
    if report == "json":
        answer(as_json({**done.report, "written": [str(path) for path in done.files]}))
    else:
        for line in metadata_text.lines(done.report, done.composed.set_, done.deliveries, loaded.rules):
            answer(line)
        lost = done.composed.lost is not None
        for path in done.removed:
            tell(f"note: {path} was of an earlier run and has been removed.")
        kept_back = any(one.content for one in done.composed.set_.all if one.restricted)
        answer(
            metadata_text.last_line(
                done.report, done.files, verb.not_confirmed(loaded, country), lost=lost, restricted=kept_back
            )
        )
    return 0 if done.ok else 1


@app.command()
@command
def rebuild(
    delivery: Annotated[Path, typer.Argument(help="A delivery folder, such as outputs/FR/2024-05_01.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing, only say whether it comes out the same.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The new folder; default: <delivery>.rebuilt beside it.")
    ] = None,
) -> int:
    """Make a delivery again from its own inputs/, and say whether it is the same byte for byte."""
    from pipeline.rebuild import rebuild as again

    if check and out is not None:
        raise UsageError(Problem("--out", "with --check nothing is written.", "Give one of the two."))
    with progress() as say:
        done = again(delivery, out, check=check, say=say)
    for name, how in done.differs.items():
        tell(f"{name} {how}")
    if done.folder is not None:
        answer(f"written: {done.folder}")
    if done.ok:
        answer(f"{delivery}: {done.files} files came out the same, byte for byte.")
        return 0
    which = "" if done.same_version else f" It was made by ebs {done.made_by}; this is ebs {__version__}."
    answer(f"{delivery}: {len(done.differs)} of {done.files} files differ.{which}")
    return 1


@app.command()
@command
def report(
    delivery: Annotated[Path, typer.Argument(help="A delivery folder, such as outputs/FR/2024-05_01.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; default: <delivery>.report.html beside it.")
    ] = None,
    open: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,  # noqa: A002
) -> None:
    """Make the report of a delivery again, as of now: may it be sent, what to look at, what changed, every figure."""
    from pipeline.report import report as make

    done = make(delivery, dt.datetime.now(dt.UTC), out)
    answer(f"written: {done.path}")
    if open:
        import webbrowser

        if not webbrowser.open(done.path.resolve().as_uri()):
            tell("note: there is no browser to show it in; open the file yourself.")


@app.command()
@command
def verify(
    deliveries: Annotated[list[Path], typer.Argument(metavar="DELIVERY...", help="Delivery folders.")],
) -> int:
    """Check every hash of deliveries, and that what was sent is still what was sent."""
    from pipeline.pages.delivered import day
    from pipeline.verify import verify as examine

    status = 0
    for delivery in deliveries:
        try:
            found = examine(delivery)
        except UsageError as error:  # the others are looked at all the same
            refused(error)
            status = error.exit_status
            continue
        for how, names in (("changed", found.state.changed), ("missing", found.state.missing)):
            for name in names:
                tell(f"{how}: {delivery / name}")
        for name in found.state.added:
            tell(f"note: {delivery / name} is not of the delivery")
        if not found.receipt and found.sent is not None:
            tell(f"changed or missing: {_folder(delivery) / found.sent.receipt}")
        if not found.as_sent and found.sent is not None:
            tell(f"{delivery}: this is not what was recorded as sent on {day(found.sent.at)}")
        when = f", sent on {day(found.sent.at)}" if found.sent is not None and found.as_sent else ""
        state = "as it was stored" if found.ok else "NOT as it was stored: put it back from a copy"
        answer(f"{delivery}: {found.state.files} files, {state}{when}")
        status = status or int(not found.ok)
    return status


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
        answer(f"{entry.id:32} {entry.kind:19} {since}{until}  {entry.evidence}")
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
        found = arguments.structures_in(which, path.read_bytes(), facts)
    elif path.is_dir():
        raise UsageError(Problem(which, "this is a folder, not a file.", "Give the structure's file."))
    elif path.suffix.lower() == ".xml" or "/" in which or os.sep in which:
        raise UsageError(
            Problem(which, "there is no such file.", "`ebs structure list` says which structures can be shown.")
        )
    else:
        found = [arguments.structure_of(which, load(facts))]
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
    for metadata_structure in imported.metadata_structures:
        every = list(metadata_structure.all)
        kept_back = sum(attribute.restricted for attribute in every)
        answer(f"{metadata_structure.ref}  attributes {len(every)}, not for publication {kept_back}")
    for entry in imported.entries:
        if entry.kind not in ("data structure", "metadata structure"):
            answer(f"{entry.id}  {entry.kind}")
    for name in imported.stored:
        answer(f"written: {facts / name}")
    for name in imported.removed:
        answer(f"removed, as nothing uses it any more: {facts / name}")
    for data_set, ref in imported.follow.items() if imported.structures else ():
        answer(f"{data_set} follows {ref}{'' if data_set in imported.used else ', which was not imported'}")
    answer(_after_import(imported, facts))


def _after_import(imported: Imported, facts: Path) -> str:
    """What to do next."""
    done = "Imported" if imported.changed else "Nothing has changed: these bytes were imported before"
    first = [*(one.ref for one in imported.structures), *(one.ref for one in imported.metadata_structures)][0]
    show = f"look at it: ebs structure show '{first}' --facts {facts}"
    if imported.used:
        return f"{done}; {show}; then deliver with it: ebs deliver INPUTS --facts {facts}"
    if imported.report:
        return f"{done}; {show}; then make the report with it: ebs metadata --facts {facts}"
    if not imported.structures:
        return f"{done}; {show}"
    how = "to deliver with it, name its dataflow in a copy of codelists/regulation/transmission.toml in the overlay"
    return f"{done}; {show}; no data set follows it: {how}"


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
    one_of("--format", format, REPORTS)
    with one_document(format):
        return _validate(files, structure or [], dataset or "", previous, format, html, csv, max_findings, facts)


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
    from pipeline import archive
    from pipeline.archive import history
    from pipeline.facts import load
    from pipeline.facts.calendar import day_of
    from pipeline.findings import Entries, Finding
    from pipeline.pages import findings_csv
    from pipeline.pages.html import BEGINNING
    from pipeline.validate import Asked, Candidate
    from pipeline.validate import validate as judge

    arguments.keep_apart(
        [*files, *([previous] if previous else []), *map(Path, structure)], [f for f in (csv, html) if f]
    )
    for path, beginning in ((html, BEGINNING), (csv, findings_csv.header().encode())):
        if path is not None:
            archive.may_be_written(path, beginning)
    loaded = load(overlay)
    problems = Problems(InputError)
    candidates = [c for path in files for c in arguments.candidates(path, problems, Candidate, loaded.rules)]
    before, vintages = [], None
    if previous is not None and previous.is_dir():
        vintages = history.with_its_own(previous)  # that delivery, and all that it knows of those before it
    elif previous is not None:
        before = arguments.candidates(previous, problems, Candidate, loaded.rules)
    given, which = arguments.structures_given(structure, problems)
    problems.done()
    with contextlib.ExitStack() as stack:
        stream = None
        if csv is not None:
            table = stack.enter_context(arguments.written(csv))
            entries = Entries(loaded.rules)
            table.write(findings_csv.header())

            def stream(finding: Finding) -> None:
                table.write(findings_csv.row(entries.entry(finding)))

        today = day_of(loaded, dt.datetime.now(dt.UTC))
        asked = Asked(today, given, which, dataset, tuple(before), most, stream, vintages)
        found = judge(candidates, loaded, asked)
    document = found.document({"name": "ebs", "version": __version__})
    unsure = _not_confirmed(document, loaded)
    if html is not None:
        from pipeline.disk import address
        from pipeline.pages.validation import page

        twins = [("CSV", address(csv, html), "every finding, as a table")] if csv is not None else []
        with arguments.written(html) as stream_:
            stream_.write(page(document, loaded.rules, groups=loaded.rule_groups, twins=twins, not_confirmed=unsure))
    if report == "json":
        answer(as_json(document))
    elif report == "junit":
        from pipeline.pages.junit import junit

        whole(junit(document, loaded.rules))
    elif report == "ess":
        from pipeline.pages.ess import ess

        whole(ess(document, loaded.rules, dt.datetime.now(dt.UTC).replace(microsecond=0), "ebs validate"))
    else:
        from pipeline.pages.text import lines

        step = "may be uploaded" if found.ok else "correct and validate again"
        if found.ok and document["counts"]["warning"]:
            step = "look at the warnings, then upload"
        for line in lines(document, step, loaded.rules):
            answer(line)
        if unsure:
            answer(f"not confirmed by Eurostat: {unsure}; send as a test first")
    for written in filter(None, (csv, html)):
        tell(f"written: {written}")
    return 0 if found.ok else 1


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
