"""`ebs report`: the page on which a person sees whether a delivery may be sent, what to look at, and what it holds.

report:  the sealed folder → draft → page → a file beside the folder
draft:   manifest, findings, tables and facts of the delivery, as its folder holds them
`ebs deliver` makes the page in the same way from the bytes that it is about to store (``of_delivery``).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import archive
from pipeline.archive import history
from pipeline.disk import address
from pipeline.errors import InputError, Problem
from pipeline.facts import Facts, load
from pipeline.facts.wording import named
from pipeline.pages.draft import Break, Draft, Named, Observation, StructureUsed
from pipeline.pages.html import BEGINNING
from pipeline.pages.report import page
from pipeline.period import Period
from pipeline.tables import IDENTITY, Identity, Parted, part_csv, read_csv, unguarded
from pipeline.vintages import Vintages

if TYPE_CHECKING:
    from pipeline.facts.models import Language

FILE = "report.html"
OBSERVATIONS, COUNTS, FACTORS = "observations.csv", "counts.csv", "factors.csv"
READ = (archive.FINDINGS, OBSERVATIONS, COUNTS, FACTORS)
MOST_CELLS = 15_000  # of the input that the page holds, so that it stays below a megabyte
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Reported:
    """The answer: where the page is, and whether what it tells of may be sent."""

    path: Path
    ok: bool


def report(delivery: Path, now: dt.datetime, out: Path | None = None) -> Reported:
    """Make the report of a delivery again, as of now, into ``out``, by default ``<delivery>.report.html`` beside it.

    It says when the delivery was sent, if it was. The delivery itself stays as it is. Raises UsageError where the path is
    no delivery or nothing may be written to ``out``, InputError where the delivery is not what was stored or sent,
    FactsError where this version cannot use the facts that it keeps.
    """
    manifest = archive.open_delivery(delivery)
    here = delivery.resolve()
    beside = delivery.parent if delivery.name == here.name else here.parent  # as the user would write it
    target = out if out is not None else beside / f"{here.name}.{FILE}"
    archive.may_be_written(target, BEGINNING, delivery)
    uploaded = [name for name in manifest["files"] if name.startswith("upload/")]
    archive.unchanged(delivery, manifest, [*READ, *uploaded])
    facts = archive.facts_of(delivery, manifest)
    before = history.stored(delivery, manifest)
    found = history.found_before(delivery, manifest)
    entry = _sent(delivery, here)
    draft = _draft(
        lambda name: archive.read(delivery, name),
        manifest,
        facts,
        before,
        found,
        now=now,
        name=here.name,
        folder=f"{address(here, target)}/",
        sent=entry.at if entry is not None else None,
        receipt=bool(entry and entry.receipt),
        instead=_instead(here.parent, manifest) if entry is None else "",
    )
    archive.keep(target.parent, {target.name: page(draft).encode("utf-8")})
    return Reported(target, draft.ok)


def of_delivery(
    files: Mapping[str, bytes], manifest: Mapping[str, Any], facts: Facts, earlier: history.Earlier
) -> bytes:
    """The report of a delivery that is about to be stored, as of the moment for which it was prepared."""
    now = dt.datetime.fromisoformat(manifest["prepared"])
    draft = _draft(files.__getitem__, manifest, facts, earlier.vintages, earlier.findings, now=now)
    return page(draft).encode("utf-8")


def _sent(delivery: Path, here: Path) -> history.Sent | None:
    """What the history says of a delivery (``here``: its whole path); InputError where it knows another of this name."""
    entry = next((one for one in history.read(here.parent) if one.delivery == here.name), None)
    if entry is not None and entry.manifest != archive.manifest_digest(delivery):
        words = f"this is not the delivery that {history.HISTORY} has as {here.name}, sent at {entry.at.isoformat()}."
        hint = "Put that one back from a copy, or give this one its own name again."
        raise InputError(Problem(str(delivery), words, hint))
    return entry


def _instead(folder: Path, manifest: Mapping[str, Any]) -> str:
    """The delivery that was sent for the same month after this one was prepared; empty without one, and for a test."""
    asked = manifest["request"]
    last = history.corrected(history.read(folder), asked["month"], asked["indicators"])
    if last is None or asked["test"] or last.delivery == asked.get("corrects", {}).get("delivery"):
        return ""
    return last.delivery if last.at > dt.datetime.fromisoformat(manifest["prepared"]) else ""


def _draft(
    read: Read,
    manifest: Mapping[str, Any],
    facts: Facts,
    vintages: Vintages,
    previous: Sequence[Mapping[str, Any]],
    *,
    now: dt.datetime,
    name: str = "",
    folder: str = "",
    sent: dt.datetime | None = None,
    receipt: bool = False,
    instead: str = "",
) -> Draft:
    asked, language = manifest["request"], _language(facts)
    country = facts.country(asked["country"]).country
    data_sets = [one for one in facts.transmission.data_set if one.indicator in asked["indicators"]]
    structure, role = facts.structure(data_sets[0].dataflow), facts.concepts
    component = structure.component(role.role.status)
    codes = component.codelist.codes if component is not None and component.codelist is not None else {}
    counts = part_csv(read(COUNTS), "period")
    traced = _traced(counts, asked["month"])
    return Draft(
        name=name,
        folder=folder,
        country=named(country.name, language),
        manifest=manifest,
        findings=json.loads(read(archive.FINDINGS)),
        previous=previous if asked["history"] else None,
        rules=facts.rules,
        groups=facts.rule_groups,
        language=language,
        indicators=tuple(Named(id_, named(facts.indicator(id_).name, language)) for id_ in asked["indicators"]),
        aggregates=tuple(Named(one.id, named(one.name, language), one.total) for one in (*facts.parts, facts.total)),
        structures=tuple(_structures(facts, [one.dataflow for one in data_sets])),
        breaks=tuple(Break(one.indicator, one.period, one.aggregates) for one in country.break_),
        sizes={file: len(read(file)) for file in manifest["files"] if file.startswith("upload/")},
        observations=_observations(read(OBSERVATIONS), manifest["components"]),
        vintages=vintages,
        factors=list(read_csv(read(FACTORS))),
        counts=list(counts.rows(traced)),
        traced=traced,
        statuses={id_: code.name for id_, code in codes.items()},
        normal=role.status.normal,
        provisional=role.status.provisional,
        free=role.confidentiality.free,
        now=now,
        sent=sent,
        receipt=receipt,
        instead=instead,
    )


def _language(facts: Facts) -> Language:
    """How the page writes numbers and days: as its facts say, else as the shipped ones do.

    A delivery without a metadata report has kept no language before there was this page.
    """
    return facts.own_language if facts.languages else load().own_language


def _structures(facts: Facts, dataflows: Iterable[str]) -> Iterable[StructureUsed]:
    """The structures of the data sets, and their dataflows, each once."""
    for ref in dict.fromkeys(ref for flow in dataflows for ref in (facts.structure(flow).ref, flow)):
        if (entry := facts.entry(ref)) is not None:
            yield StructureUsed(ref, entry.origin, entry.evidence, entry.valid_from)


def _observations(data: bytes, names: Mapping[str, Any]) -> dict[Identity, Observation]:
    """The table of observations by identity."""
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    place = {name: at for at, name in enumerate(next(rows))}
    identity = [place[name] for name in IDENTITY]
    key = [place[name] for name in names["key"]]
    said = [place.get(names[name]) for name in ("value", "status", "confidentiality", "comment")]
    found = {}
    guards = b"'" in data
    for row in ([*map(unguarded, row)] for row in rows) if guards else rows:
        value, status, confidentiality, comment = ("" if at is None else row[at] for at in said)
        dotted = ".".join([row[at] for at in key])
        found[Identity(*[row[at] for at in identity])] = Observation(value, status, confidentiality, comment, dotted)
    return found


def _traced(counts: Parted, month: str) -> tuple[str, ...]:
    """The newest months whose cells the page can hold, in order; the delivery's own in any case."""
    months, cells = [month], len(counts.lines.get(month, ()))
    while there := len(counts.lines.get(before := str(Period.parse(months[0]) + -1), ())):
        cells += there
        if cells > MOST_CELLS:
            break
        months.insert(0, before)
    return tuple(months)
