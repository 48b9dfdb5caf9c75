"""`ebs metadata`: the reference-metadata report from a country's text, the facts and what was really sent.

metadata: what was sent → compose → judge → files → the country's folder
compose:  documents → values of their expressions → filled documents → metadata set
files:    SDMX-ML 3.0 and 2.1, a page for each language
`ebs deliver` composes and judges the report in the same way, as of its own delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import __version__, archive
from pipeline.archive import history
from pipeline.checks.metadata import lint
from pipeline.errors import FactsError, InputError, Problem, UsageError, nearest
from pipeline.facts import CountryFacts, Facts
from pipeline.facts.calendar import day_of
from pipeline.facts.metadata_structure import MetadataStructure
from pipeline.facts.models import CountryReport, Language
from pipeline.facts.store import check_overlay, own, put
from pipeline.facts.wording import named
from pipeline.findings import Finding, Findings, Verdict
from pipeline.messages import metadata_reader, metadata_schema, metadata_writer
from pipeline.metadata_set import Change, Document, Heading, MetadataSet, changes
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


@dataclass(frozen=True)
class Composed:
    """The report as of one moment. ``at``: of the delivery that it describes, else when its text was last changed.

    ``documents``: the texts with their expressions filled in, the report's own language first; ``values``: of the
    expressions, by language · ``set_`` lacks what could not be placed; ``lost`` says what, and then nothing must be written.
    """

    set_: MetadataSet
    structure: MetadataStructure
    documents: tuple[Document, ...]
    values: Mapping[str, Mapping[str, str]]
    at: dt.datetime

    @property
    def lost(self) -> str | None:
        """The first thing that would be lost: an expression without a value, a text that stands where no message has a place."""
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
                seen.add(section.concept)
        return None


@dataclass(frozen=True)
class Written:
    """The answer: the report, what was found in its text, and the files that were written, none when text is lost."""

    composed: Composed
    report: Mapping[str, Any]
    files: tuple[Path, ...] = ()
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
    spoken(country, language)
    say("reading what was sent")
    past, at = sent_so_far(facts, country, sent_from or place)
    composed = compose(facts, country, past, at)
    say("reading the text against the facts")
    findings = Findings(tuple(judge(composed, facts, country, today)), facts.rules)
    report = findings.document({"name": "ebs", "version": __version__})
    number = len({one.month for one in past.sent})
    if not write or composed.lost is not None:
        return Written(composed, report, (), number)
    say("writing SDMX-ML and the page")
    made = files(composed, facts, country, language)
    for name, data in made.items():
        if name.endswith(MESSAGE) and (faults := metadata_schema.faults(data)):
            raise FactsError([Problem(name, f"not valid by the SDMX schema: {fault}") for fault in faults])
    with archive.one_at_a_time(place):
        paths = tuple(archive.keep(place / FOLDER, made))
    return Written(composed, report, paths, number)


def spoken(country: CountryFacts, language: str | None) -> str:
    """The language asked for, else the report's own; UsageError where the report has no text in it."""
    if (asked := language) is None:
        return _report(country).language
    if asked not in country.texts:
        known = ", ".join(country.texts) or "none"
        words = f"the report has no text in {asked!r}{nearest(asked, country.texts) or '.'}"
        raise UsageError(Problem("--lang", words, f"There is: {known}. Add esms.{asked}.md beside country.toml."))
    return asked


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
    facts: Facts, country: CountryFacts, past: Past, prepared: dt.datetime
) -> tuple[dict[str, bytes], list[Verdict]]:
    """The report as of a delivery, for its folder, and what is to be said of it there; nothing where there is none.

    A fault of its text never holds up the figures: it is told, and at worst the report is left out.
    """
    if country.country.report is None or not country.texts:
        return {}, []
    composed = compose(facts, country, past, prepared)
    if (lost := composed.lost) is not None:
        return {}, [Verdict(NOT_WRITTEN, checked=1, findings=(Finding(NOT_WRITTEN, lost),))]
    return files(composed, facts, country), [Verdict(NOT_WRITTEN, checked=1)]


def as_of(
    facts: Facts,
    earlier: history.Earlier,
    month: str,
    indicators: Sequence[str],
    said: Mapping[Identity, tuple[int | None, str]],
    prepared: dt.datetime,
) -> Past:
    """What was sent before a delivery, and the delivery itself as the newest."""
    vintages = earlier.vintages.then(month, indicators, said)
    return Past(history.transmitted(earlier.used), vintages, day_of(facts, prepared))


# --- the report ---------------------------------------------------------------------------------------------------


def compose(facts: Facts, country: CountryFacts, past: Past, at: dt.datetime | None) -> Composed:
    """The report that follows from the country's texts, the facts and what was sent; ``at``: when the last of it was.

    FactsError where the country has no report.
    """
    about = _report(country)
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    by_language = {id_: values(facts, country, facts.languages[id_], past) for id_ in country.texts}
    filled = [
        documents.fill(documents.read(path, data, id_), by_language[id_]) for id_, (path, data) in country.texts.items()
    ]
    composed = report_of(filled, structure, _frame(facts, country, about, structure))
    changed = dt.datetime.combine(about.updated, dt.time(), dt.UTC)
    return Composed(composed, structure, tuple(filled), by_language, max(at, changed) if at is not None else changed)


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
    return lint(composed.documents, composed.structure, facts, country, today)


# --- its files ----------------------------------------------------------------------------------------------------


def files(composed: Composed, facts: Facts, country: CountryFacts, language: str | None = None) -> dict[str, bytes]:
    """File name → bytes: the messages, and a page for each language or for one."""
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
    spoken_in = [language] if language else list(country.texts)
    pages = {id_: _page(about, id_) for id_ in spoken_in}
    changed = since_certified(composed, facts, country)
    for id_, name in pages.items():
        others = tuple((other, href) for other, href in pages.items() if other != id_)
        words = _about(facts, country, about, facts.languages[id_], tuple(messages), others, changed)
        made[name] = page(composed.set_, composed.structure, facts.languages[id_], words).encode("utf-8")
    return made


def _written(writer: Callable[..., bytes], composed: Composed, heading: Heading, restriction: str) -> bytes:
    return writer(composed.set_, composed.structure, heading, restriction=restriction)


def _message(about: CountryReport, version: str) -> str:
    return f"{about.id}_{version}{MESSAGE}"


def _page(about: CountryReport, language: str) -> str:
    return f"{about.id}.html" if language == about.language else f"{about.id}.{language}.html"


def _about(
    facts: Facts,
    country: CountryFacts,
    about: CountryReport,
    language: Language,
    twins: tuple[tuple[str, str], ...],
    pages: tuple[tuple[str, str], ...],
    changed: tuple[Change, ...] | None,
) -> About:
    data_sets = _data_sets(facts, country)
    return About(
        country=named(country.country.name, language),
        agency=named(about.agency, language),
        title=named(about.title, language),
        id=about.id,
        data_sets=tuple((named(facts.indicator(one.indicator).name, language), one.id) for one in data_sets),
        short=frozenset(facts.metadata.short.concepts),
        twins=twins,
        pages=pages,
        languages={id_: facts.languages[id_].name for id_ in country.texts},
        changes=changed,
        certified=about.certified,
        not_confirmed=tuple(not_confirmed(facts)),
    )


def not_confirmed(facts: Facts) -> list[str]:
    """The names in the report's messages that are not official: structure, metadataflow."""
    refs = [facts.metadata.report.structure, facts.metadata.report.flow]
    known = {entry.id: entry.evidence for entry in facts.structure_index}
    return [ref for ref in refs if known.get(ref) != "official"]


# --- against another report ---------------------------------------------------------------------------------------


def since_certified(composed: Composed, facts: Facts, country: CountryFacts) -> tuple[Change, ...] | None:
    """What has changed since the report was last certified; None where that version is not kept."""
    if country.certified is None:
        return None
    return changes(read_message(*country.certified, facts).set_, composed.set_)


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


def differences(name: str, data: bytes, composed: Composed, facts: Facts) -> tuple[Change, ...]:
    """What changed from an earlier report, a message or a text in the report's own language, to this one.

    The expressions of a text are filled with the values of today: what differs then is the text.
    """
    if not name.lower().endswith(MARKDOWN):
        return changes(read_message(name, data, facts).set_, composed.set_)
    own = composed.documents[0].language
    old = documents.fill(documents.read(name, data, own), composed.values[own])
    return changes(report_of([old], composed.structure, replace(composed.set_, attributes=())), composed.set_)


# --- taken over ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakenOver:
    """A message as texts: ``files`` by language and file name; ``notes``: what is not in them, and where it belongs."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...]


def take_over(name: str, data: bytes, facts: Facts, country: CountryFacts) -> TakenOver:
    """A metadata message as Markdown documents, one for each language that it has."""
    read = read_message(name, data, facts)
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    about = country.country.report
    own = about.language if about and about.language in read.set_.languages else next(iter(read.set_.languages), "en")
    made, notes = {}, list(read.unknown)
    for language in read.set_.languages or (own,):
        text, unsaid = documents.write(read.set_, structure, language)
        made["esms.md" if language == own else f"esms.{language}.md"] = text.encode("utf-8")
        notes += unsaid
    return TakenOver(made, tuple(dict.fromkeys(notes)))


def store(taken: TakenOver, overlay: Path, country: CountryFacts) -> list[Path]:
    """Put the texts into an overlay; UsageError where another text is there already: nothing is written over."""
    check_overlay(overlay)
    files = {f"codelists/countries/{country.country.id}/{name}": data for name, data in taken.files.items()}
    for path, data in files.items():
        if own(overlay, path) not in (None, data):
            words = "another text is there already, and is not written over."
            raise UsageError(Problem(str(overlay / path), words, "Move it away, or name another folder."))
    put(overlay, files)
    return [overlay / path for path in files]
