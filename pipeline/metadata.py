"""`ebs metadata`: the reference-metadata report from a country's text, the facts and what was really sent.

metadata: what was sent → compose → judge → files → the country's folder
compose:  documents → values of their expressions → filled documents → metadata set
files:    SDMX-ML 3.0 and 2.1, a page for each language
`ebs deliver` composes the report in the same way, as of its own delivery (``of_delivery``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import __version__, archive
from pipeline.archive import history
from pipeline.checks.markup import metadata_lost
from pipeline.checks.metadata import lint, metadata_missing, personal, unset
from pipeline.errors import FactsError, InputError, Problem, UsageError, nearest
from pipeline.facts import CountryFacts, Facts
from pipeline.facts.calendar import day_of
from pipeline.facts.metadata_structure import MetadataStructure
from pipeline.facts.models import CountryReport
from pipeline.facts.wording import named
from pipeline.findings import Finding, Findings, Verdict
from pipeline.messages import metadata_reader, metadata_schema, metadata_writer
from pipeline.metadata_set import Change, Document, Heading, MetadataSet, changes, left_out, said, unopened
from pipeline.pages.metadata import About, page
from pipeline.period import Period
from pipeline.rich_text import uncommented
from pipeline.tables import Identity
from pipeline.texts import document as documents
from pipeline.texts.report import report as report_of
from pipeline.texts.values import Past, values
from pipeline.vintages import Vintages

NOT_WRITTEN = "metadata-report"  # the rule of a delivery about its report
FOLDER = "esms"  # in a delivery, and in a country's folder beside its deliveries
MARKDOWN, MESSAGE = ".md", ".xml"
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True)
class Certified:
    """The report as it was last certified: when, as it says itself, and what has changed since."""

    day: dt.date | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Composed:
    """The report as of one moment, ``at``; ``newest``: the month of the newest delivery, empty where there is none.

    ``documents``: the texts with their expressions filled in, the report's own language first; ``values``: of the
    expressions, by language · ``certified``: None where no certified version is kept · ``set_`` lacks what could not be
    placed; ``lost`` says what, and then nothing must be written.
    """

    set_: MetadataSet
    structure: MetadataStructure
    documents: tuple[Document, ...]
    values: Mapping[str, Mapping[str, str]]
    newest: str
    certified: Certified | None
    at: dt.datetime

    @property
    def lost(self) -> str | None:
        """The first thing that would be lost: an expression without a value, a text for which no message has a place."""
        for document in self.documents:
            for hole in document.holes:
                return f"{document.file} line {hole.line}: {{{{ {hole.expression} }}}}: {hole.why}"
            for line, text in zip(document.before, uncommented([one.source for one in document.before]), strict=True):
                if text.strip():
                    return f"{document.file} line {line.number}: this stands above the first heading."
            seen = set()
            for section in document.sections:
                if section.concept not in self.structure.by_id or section.concept in seen:
                    why = "stands there twice" if section.concept in seen else "is no concept of the structure"
                    return f"{document.file} line {section.line}: {section.concept or section.name} {why}."
                if self.structure.by_id[section.concept].presentational and section.markdown:
                    why = "only groups the concepts below it: its text would be in no message."
                    return f"{document.file} line {section.line}: {section.concept} {why}"
                for number, text in unopened(section):
                    return (
                        f"{document.file} line {number}: {text!r} is no heading, and would stand in the text above it."
                    )
                seen.add(section.concept)
            for finding in metadata_lost(document).findings:
                return f"{document.file} line {finding.line}: {finding.message}"
        return None


@dataclass(frozen=True)
class Written:
    """The answer: the report, what was found in its text, the files that were written, none when text would be lost.

    ``removed``: files of an earlier run that were not made anew · ``deliveries``: months that were sent.
    """

    composed: Composed
    report: Mapping[str, Any]
    files: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    deliveries: int = 0

    @property
    def ok(self) -> bool:
        """No finding of severity error."""
        return bool(self.report["ok"])


def metadata(
    facts: Facts,
    country: CountryFacts,
    place: Path,
    today: dt.date,
    *,
    sent_from: Path | None = None,
    language: str | None = None,
    write: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Written:
    """Regenerate the report of a country below ``place``, its folder of outputs; ``write=False`` only judges its text.

    ``sent_from``: the folder with the history, by default ``place`` · ``language``: of the only page to be made. Raises
    FactsError where the country has no report, UsageError for a language in which it has no text, InputError where a
    delivery that was sent is gone.
    """
    pages = list(country.texts) if language is None else [_spoken(country, language)]
    say("reading what was sent")
    past, at = sent_so_far(facts, country, sent_from or place)
    changed = _start_of(_report(country).updated)
    composed = compose(facts, country, past, max(at, changed) if at is not None else changed)
    say("reading the text against the facts")
    findings = Findings(tuple(judge(composed, facts, country, today)), facts.rules)
    report = findings.document({"name": "ebs", "version": __version__})
    number = len({one.month for one in past.sent})
    if not write or composed.lost is not None:
        return Written(composed, report, deliveries=number)
    say("writing SDMX-ML and the page")
    made = files(composed, facts, country, [] if personal(composed.documents, composed.structure, facts) else pages)
    for name, data in made.items():
        if name.endswith(MESSAGE) and (faults := metadata_schema.faults(data)):
            raise FactsError([Problem(name, f"not valid by the SDMX schema: {fault}") for fault in faults])
    with archive.one_at_a_time(place):
        paths = tuple(archive.keep(place / FOLDER, made))
        gone = archive.remove(place / FOLDER, _names(_report(country), facts) - made.keys())
    return Written(composed, report, paths, tuple(gone), number)


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _spoken(country: CountryFacts, language: str) -> str:
    """The language asked for; UsageError where the report has no text in it."""
    if language not in country.texts:
        known = ", ".join(country.texts) or "none"
        words = f"the report has no text in {language!r}{nearest(language, country.texts) or '.'}"
        raise UsageError(Problem("--lang", words, f"There is: {known}. Add esms.{language}.md beside country.toml."))
    return language


def sent_so_far(facts: Facts, country: CountryFacts, place: Path) -> tuple[Past, dt.datetime | None]:
    """Everything that was sent from a country's folder, and when the last of it was."""
    sent = history.read(place)
    if not sent:
        return Past((), Vintages(), None), None
    indicators = [indicator.id for indicator in country.country.indicator]
    after = str(Period.parse(max(one.month for one in sent)) + 1)
    earlier = history.earlier(place, country.country.id, after, indicators)
    at = max(one.at for one in sent)
    return Past(history.transmitted(earlier.used), earlier.vintages, day_of(facts, at)), at


def of_delivery(
    facts: Facts,
    country: CountryFacts,
    earlier: history.Earlier,
    month: str,
    said: Mapping[Identity, tuple[int | None, str]],
    prepared: dt.datetime,
) -> tuple[dict[str, bytes], list[Verdict]]:
    """The report as of a delivery, for its folder, and what is to be said of it there; nothing where there is none.

    It rests on what was sent for earlier months, and on the delivery itself as the newest. A fault of its text never holds
    up the figures: it is told, and at worst the report is left out. A delivery of some indicators has none: it does not
    know what was sent of the others.
    """
    if country.country.report is None or not country.texts:
        return {}, []
    own, delivered = {one.id for one in country.country.indicator}, {identity.indicator for identity in said}
    if absent := sorted(own - delivered):
        return {}, [
            Verdict(NOT_WRITTEN, unchecked=f"the report is of all indicators, and {', '.join(absent)} is not here")
        ]
    vintages = earlier.vintages.then(month, sorted(delivered), said)
    past = Past(history.transmitted(earlier.used), vintages, day_of(facts, prepared))
    try:
        composed = compose(facts, country, past, prepared)
        missing = metadata_missing(composed.documents[0], composed.structure, unset(facts, country)).violations
        private = personal(composed.documents, composed.structure, facts)
        if (lost := composed.lost) is not None:
            made, why = {}, f"It was left out: {lost}"
        else:
            made = files(composed, facts, country, [] if private else list(country.texts))
            why = f"Its pages were left out: {private[0].message}" if private else ""
            why = why or (f"{missing} of its concepts have no text." if missing else "")
    except (FactsError, InputError) as error:
        made, why = {}, f"It was left out: {error.problems[0]}"
    return made, [Verdict(NOT_WRITTEN, checked=1, findings=(Finding(NOT_WRITTEN, why),) if why else ())]


# --- the report ---------------------------------------------------------------------------------------------------


def compose(facts: Facts, country: CountryFacts, past: Past, at: dt.datetime) -> Composed:
    """The report that follows from the country's texts, the facts and what was sent, as of a moment.

    FactsError where the country has no report.
    """
    about = _report(country)
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    by_language = {id_: values(facts, country, facts.languages[id_], past) for id_ in country.texts}
    filled = [
        documents.fill(documents.read(path, data, id_), by_language[id_]) for id_, (path, data) in country.texts.items()
    ]
    set_ = report_of(filled, structure, _frame(facts, country, about, structure))
    certified = since_certified(set_, facts, country)
    return Composed(set_, structure, tuple(filled), by_language, past.latest or "", certified, at)


def _report(country: CountryFacts) -> CountryReport:
    about = country.country.report
    folder = f"codelists/countries/{country.country.id}"
    if about is None:
        words = "the facts of this country say nothing about its metadata report."
        raise FactsError(Problem(f"{folder}/country.toml", words, "Add [report], and the text as esms.md."))
    if about.language not in country.texts:
        words, hint = "the text of the metadata report is not there.", "Write it, or take one over with --import."
        raise FactsError(Problem(f"{folder}/esms.md", words, hint))
    return about


def _frame(facts: Facts, country: CountryFacts, about: CountryReport, structure: MetadataStructure) -> MetadataSet:
    """The metadata set without what it reports: what it is called, what it describes, what it follows."""
    rules, known = facts.metadata.report, facts.metadata_structures
    agreement = known.agreements.get(about.provision or "")
    flow, provision = rules.flow, about.provision or ""
    dataflows = [data_set.dataflow for data_set in _data_sets(facts, country)]
    targets = about.targets or [f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={ref}" for ref in dataflows]
    return MetadataSet(
        agency=country.country.sender.id,
        id=about.id,
        version=about.version,
        names=tuple((language, named(about.title, facts.languages[language])) for language in country.texts),
        attributes=(),
        targets=tuple(targets),
        structure=structure.ref,
        flow="" if rules.refers_to == "provision agreement" else flow,
        provision=provision if rules.refers_to == "provision agreement" else "",
        provider=agreement.provider if agreement else "",
    )


def _data_sets(facts: Facts, country: CountryFacts) -> list[Any]:
    own = {indicator.id for indicator in country.country.indicator}
    return [data_set for data_set in facts.transmission.data_set if data_set.indicator in own]


def judge(composed: Composed, facts: Facts, country: CountryFacts, today: dt.date) -> list[Verdict]:
    """What in the texts is missing, out of date, or contradicts the facts or itself."""
    return lint(composed.documents, composed.structure, facts, country, today, composed.newest or None)


# --- its files ----------------------------------------------------------------------------------------------------


def files(composed: Composed, facts: Facts, country: CountryFacts, pages_in: Sequence[str]) -> dict[str, bytes]:
    """File name → bytes: the messages, and a page in each of these languages."""
    about, restriction = _report(country), facts.metadata.restriction.annotation
    heading = Heading(
        id=f"{about.id}_{composed.at:%Y%m%dT%H%M%S}",
        prepared=composed.at.isoformat(),
        sender=country.country.sender.id,
        receiver=country.country.receiver.id,
    )
    made = {_message(about, "3.0"): _written(metadata_writer.write_30, composed, heading, restriction)}
    if composed.structure.report is not None:  # else the structure is known in its 3.0 form alone
        made[_message(about, "2.1")] = _written(metadata_writer.write_21, composed, heading, restriction)
    messages = [(f"SDMX-ML {version}", _message(about, version)) for version in ("3.0", "2.1")]
    messages = [(label, name) for label, name in messages if name in made]
    if any(one.content for one in composed.set_.all if one.restricted):
        messages = []  # they hold what is not for publication: no page leads there
    pages = {id_: _page(about, id_) for id_ in pages_in}
    for id_, name in pages.items():
        others = tuple((other, href) for other, href in pages.items() if other != id_)
        words = _about(facts, country, about, tuple(messages), others, composed.certified)
        made[name] = page(composed.set_, composed.structure, facts.languages[id_], words).encode("utf-8")
    return made


def _written(writer: Callable[..., bytes], composed: Composed, heading: Heading, restriction: str) -> bytes:
    return writer(composed.set_, composed.structure, heading, restriction=restriction)


def _message(about: CountryReport, version: str) -> str:
    return f"{about.id}_{version}{MESSAGE}"


def _names(about: CountryReport, facts: Facts) -> set[str]:
    """Every file name that a report can have."""
    return {_message(about, version) for version in ("2.1", "3.0")} | {_page(about, id_) for id_ in facts.languages}


def _page(about: CountryReport, language: str) -> str:
    return f"{about.id}.html" if language == about.language else f"{about.id}.{language}.html"


def _about(
    facts: Facts,
    country: CountryFacts,
    about: CountryReport,
    twins: tuple[tuple[str, str], ...],
    pages: tuple[tuple[str, str], ...],
    certified: Certified | None,
) -> About:
    data_sets = _data_sets(facts, country)
    return About(
        country=country.country.name,
        agency=about.agency,
        title=about.title,
        id=about.id,
        data_sets=tuple((facts.indicator(one.indicator).name, one.id) for one in data_sets),
        short=frozenset(facts.metadata.short.concepts),
        twins=twins,
        pages=pages,
        languages={id_: facts.languages[id_].name for id_ in country.texts},
        changes=certified.changes if certified else None,
        certified=certified.day if certified else about.certified,
        not_confirmed=tuple(not_confirmed(facts, country)),
        related=tuple((one.name, one.link) for one in about.related),
    )


def not_confirmed(facts: Facts, country: CountryFacts) -> list[str]:
    """The names in the report's messages that are not official: structure, flow or agreement, targets, annotation."""
    rules, about = facts.metadata, _report(country)
    names = about.provision or "" if rules.report.refers_to == "provision agreement" else rules.report.flow
    targets = [] if about.targets else [data_set.dataflow for data_set in _data_sets(facts, country)]
    known = {entry.id: entry.evidence for entry in facts.structure_index}
    found = [ref for ref in (rules.report.structure, names, *targets) if known.get(ref) != "official"]
    return found + ([rules.restriction.annotation] if rules.restriction.evidence != "official" else [])


# --- against another report ---------------------------------------------------------------------------------------


def since_certified(set_: MetadataSet, facts: Facts, country: CountryFacts) -> Certified | None:
    """What has changed since the report was last certified, but for the dates; None where that version is not kept."""
    if country.certified is None:
        return None
    kept, role = read_message(*country.certified, facts).set_, facts.metadata.role
    dates = {role.certified, role.posted, role.updated}
    told = kept.attribute(role.certified)
    texts = [said(text) for _, text in told.content] if told else []
    day = next((dt.date.fromisoformat(text) for text in texts if DAY.fullmatch(text)), _report(country).certified)
    return Certified(day, tuple(one for one in changes(kept, set_) if one.concept not in dates))


def read_message(name: str, data: bytes, facts: Facts) -> metadata_reader.Read:
    """A metadata message, 2.1 or 3.0, ours or another's; InputError where it is none."""
    return metadata_reader.read(name, data, restriction=facts.metadata.restriction.annotation)


def in_delivery(delivery: Path) -> tuple[str, bytes]:
    """The report of a delivery, as (name, message); InputError where it has none."""
    manifest = archive.open_delivery(delivery)
    names = [name for name in manifest["files"] if name.startswith(f"{FOLDER}/") and name.endswith(MESSAGE)]
    if not names:
        words = "this delivery has no metadata report."
        raise InputError(Problem(str(delivery), words, "Compare with a message, or with a delivery that has one."))
    archive.unchanged(delivery, manifest, names)
    return str(delivery / max(names)), archive.read(delivery, max(names))


def differences(
    name: str, data: bytes, composed: Composed, facts: Facts, country: CountryFacts
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What changed from an earlier report, a message or a text, to this one; and notes on what is not compared.

    The language of a text is that of its name, ``esms.fr.md``, else the report's own. Its expressions are filled with the
    values of today: what differs then is the text. InputError where it is no text of a report.
    """
    if not name.lower().endswith(MARKDOWN):
        read = read_message(name, data, facts)
        notes = [f"{language}: only one of the two reports has it" for language in left_out(read.set_, composed.set_)]
        lost = [composed.lost] if composed.lost else []
        return changes(read.set_, composed.set_), (*read.unknown, *notes, *lost)
    parts = Path(name).name.split(".")
    own = parts[1] if len(parts) == 3 and parts[1] in facts.languages else _report(country).language
    if own not in composed.values:
        raise UsageError(Problem("--diff", f"the report has no text in {own!r} to compare with.", "Name another file."))
    old = documents.fill(documents.read(name, data, own), composed.values[own])
    if not any(section.concept in composed.structure.by_id for section in old.sections):
        words = "no heading of this file names a concept of the report, as {#…} does."
        raise InputError(Problem(name, words, "Give a message, a delivery, or a text such as esms.md."))
    lost = [one for one in (replace(composed, documents=(old,)).lost, composed.lost) if one]
    was = report_of([old], composed.structure, replace(composed.set_, attributes=()))
    return changes(was, composed.set_, (own,)), tuple(lost)
