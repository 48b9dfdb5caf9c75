"""`ebs validate`: everything that is wrong with SDMX files, whoever wrote them. Read it from top to bottom.

bytes → what it is → reader → events → rules of form → rules of content → findings
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from pipeline.checks import content, heading
from pipeline.checks import data_set as form
from pipeline.checks import message as frame
from pipeline.checks.prover import Prover
from pipeline.errors import FactsError, InputError, Problem, UsageError, nearest, quoted
from pipeline.events import DataSet, DataSetHead
from pipeline.facts.load import in_force
from pipeline.facts.references import parse_reference, resolve
from pipeline.facts.structure import Dimension, Structure, Structures
from pipeline.findings import Acceptance, Confrontation, Finding, Findings, Verdict
from pipeline.messages import csv_reader, octets, recognise, safe_xml, scan, zipped
from pipeline.messages.generic import Generic
from pipeline.messages.specific import Specific
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts import models as m
    from pipeline.vintages import Vintages

LONGEST_NUMBER = 400  # digits; a longer value is not judged by what it says
MOST = 2000  # findings whose details are kept


@dataclass(frozen=True)
class Candidate:
    """A file to be judged: what it is called, how it is opened, and what lies beside it if it lies in a delivery."""

    name: str
    reopen: Callable[[], BinaryIO]
    tables: tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]] | None = None  # counts, factors
    vintages: Vintages | None = None  # what was sent before that delivery
    acceptances: tuple[Acceptance, ...] = ()  # what was accepted in it


@dataclass(frozen=True)
class Asked:
    """What the files are judged by, beside the facts.

    ``previous``: the delivery before, as files · ``vintages``: all that was sent before. Either wins over what a delivery
    itself knows of its past, and ``vintages`` over ``previous``.
    """

    today: dt.date
    structures: Structures | None = None  # given by the user: they win over what the header names
    structure: str = ""  # the one of them, or of the facts, that is meant
    data_set: str = ""
    previous: tuple[Candidate, ...] = ()
    most: int = MOST
    stream: Callable[[Finding], None] | None = None
    vintages: Vintages | None = None
    country: CountryFacts | None = None  # whose files they are; else the facts of every country are looked at


def validate(candidates: Iterable[Candidate], facts: Facts, asked: Asked) -> Findings:
    """Judge every file; every fault in it is a finding, whatever stands in it.

    Raises InputError for bytes that cannot be had, FactsError for a structure that cannot be used, UsageError for a
    data set that is none.
    """
    known = {data_set.id: data_set for data_set in facts.transmission.data_set}
    if asked.data_set and asked.data_set not in known:
        hint = f"Known are {', '.join(known)}{nearest(asked.data_set, known) or '.'}"
        raise UsageError(Problem("--dataset", f"{asked.data_set!r} is no data set of the regulation.", hint))
    if asked.structure:
        (asked.structures or facts.structures).structure(asked.structure)
    before: dict[str, list[content.Row]] = {}
    for one in asked.previous:
        for id_, rows in _Pass(one, facts, replace(asked, most=0, stream=None)).rows_alone().items():
            before.setdefault(id_, []).extend(rows)
    verdicts: list[Verdict] = []
    files: list[dict[str, Any]] = []
    acceptances: dict[Acceptance, None] = {}
    for candidate in candidates:
        acceptances |= dict.fromkeys(candidate.acceptances)
        for member, problem in _members(candidate):
            entry, found = _Pass(member, facts, asked).judge(before, problem)
            entry["findings"] = sum(verdict.violations for verdict in found)
            files.append(entry)
            verdicts = [*_cut([*verdicts, *found], asked.most)]
            if len(files) % 20 == 0:
                gc.collect()  # a judge and its reader know one another, and the command line collects nothing by itself
    return Findings(tuple(verdicts), facts.rules, tuple(files), tuple(acceptances))


# ---------------------------------------------------------------------------------------------------- one file


class _Hashing(io.RawIOBase):
    """A stream that is hashed while it is read, its first bytes given back first.

    ``before``: how many bytes were read before from the same file, and their hash; other bytes are an InputError.
    """

    def __init__(self, stream: BinaryIO, first: bytes, before: tuple[int, bytes] | None = None, name: str = "") -> None:
        self.stream, self.first = stream, first
        self.before, self.name = before, name
        self.size, self.hash = 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if self.first:
            data, self.first = self.first, b""
        else:
            data = self.stream.read(size)
        if self.before is not None and (not data or self.size + len(data) >= self.before[0]):
            self._compare(data)
        self.hash.update(data)
        self.size += len(data)
        return data

    def _compare(self, data: bytes) -> None:
        assert self.before is not None
        size, digest = self.before
        same = self.hash.copy()
        same.update(data[: size - self.size])
        if same.digest() != digest:
            words = "the file changed while it was read."
            raise InputError(Problem(self.name, words, "Wait until it is complete and run again."))
        self.before = None


class _Proof(Confrontation):
    """Notes what is checked while a file is proven right; the first finding ends the proof."""

    def add(self, finding: Finding) -> None:
        """Not in a proof."""
        raise scan.UnprovenError(finding.rule)


def _unproven(_: safe_xml.Machine) -> Generic:
    """Who reads a generic data set in a proof."""
    raise scan.UnprovenError


def _prover(judge: DataSet) -> scan.Prover | None:
    """Who answers for the judge of a data set in a proof."""
    return Prover(judge) if isinstance(judge, form.DataSetForm) and judge.provable else None


@dataclass
class _Judged:
    """A data set of the file: who judged it, and its rows where its content is judged."""

    sink: form.DataSetForm | frame.Unjudged
    structure: Structure | None
    data_set: m.DataSet | None
    rows: list[form.Row] = field(default_factory=list)


class _Pass:
    """One file, from its bytes to its verdicts."""

    def __init__(
        self, candidate: Candidate, facts: Facts, asked: Asked, note: type[Confrontation] = Confrontation
    ) -> None:
        self.candidate, self.facts, self.asked = candidate, facts, asked
        self.zone = ZoneInfo(facts.transmission.working_days.zone)  # in which days end for the deadline
        self.note = note(candidate.name, facts.rules, asked.most, asked.stream)
        self.message = frame.MessageForm(self.note, self._resolve, self._open, asked.today, self.zone)
        self.judged: list[_Judged] = []
        self.format = ""
        self.complete = False
        self.sha256 = ""
        self.before: tuple[int, bytes] | None = None  # what was read in vain to prove it: how many bytes, their hash

    def judge(
        self, previous: Mapping[str, Sequence[content.Row]], refused: str = ""
    ) -> tuple[dict[str, Any], list[Verdict]]:
        """The file's entry in the report, and the verdict of every rule."""
        if refused:
            self.note.found([Finding("archive", refused)])
            return self._entry(), self.note.verdicts()
        self._read()
        self._content(previous)
        return self._entry(), self.note.verdicts()

    def rows_alone(self) -> dict[str, list[content.Row]]:
        """The observations of a delivery that is only compared with, by data set."""
        self._read()
        if not any(judged.data_set for judged in self.judged):
            words = "this holds no data set of the regulation, so nothing can be compared with it."
            raise InputError(
                Problem(self.candidate.name, words, "Give the delivery that was sent before, or its file.")
            )
        return {
            judged.data_set.id: self._rows(judged) for judged in self.judged if judged.data_set and judged.structure
        }

    def _read(self) -> None:
        if not self._proven():
            self._explain()

    def _proven(self) -> bool:
        """Whether the file is of a kind that can be read fast, and holds nothing that has to be explained."""
        trial = _Pass(self.candidate, self.facts, self.asked, _Proof)
        with closing(self.candidate.reopen()) as stream:
            first = stream.read(recognise.PEEK)
            if b"StructureSpecific" not in first or recognise.kind(first) != "xml":
                return False
            hashing = _Hashing(stream, first)
            machine = safe_xml.Machine(trial.message, {"specific": Specific, "generic": _unproven})
            try:
                complete = scan.scan(machine, octets.blocks(hashing, trial._from_bytes), _prover)  # type: ignore[arg-type]
                trial.message.end(complete)
            except (scan.UnprovenError, zipped.BadMember):
                self.before = hashing.size, hashing.hash.digest()
                return False
        self.format, self.complete, self.sha256 = machine.format, complete, hashing.hash.hexdigest()
        self.message, self.judged = trial.message, trial.judged
        self.note.checked.update(trial.note.checked)
        self.note.why.update(trial.note.why)
        return True

    def _explain(self) -> None:
        with closing(self.candidate.reopen()) as stream:
            first = stream.read(recognise.PEEK)
            hashing = _Hashing(stream, first, self.before, self.candidate.name)
            kind = recognise.kind(first)
            try:
                if isinstance(kind, Finding):
                    self.note.found([kind])
                elif kind == "csv":
                    self._read_csv(hashing)
                else:
                    machine = safe_xml.Machine(self.message, {"specific": Specific, "generic": partial(_generic, self)})
                    self.complete = machine.read(octets.blocks(hashing, self._from_bytes))  # type: ignore[arg-type]
                    self.format = machine.format
            except zipped.BadMember as error:
                self.note.found([Finding("archive", f"the file in the archive is damaged: {error}.", line=1, column=1)])
                self.complete = False
            with suppress(zipped.BadMember):
                while hashing.read(1 << 20):  # what was not read is part of the file all the same
                    pass
            self.sha256 = hashing.hash.hexdigest()
        if self.note.violated("file-empty") or self.note.violated("limit"):
            self.complete = False
        self.message.end(self.complete)

    def _from_bytes(self, finding: Finding) -> None:
        self.note.found([finding])

    def _read_csv(self, stream: _Hashing) -> None:
        texts = (block.decode("utf-8") for block in octets.blocks(stream, self._from_bytes))  # type: ignore[arg-type]
        head = next(texts, "")
        self.format = csv_reader.recognised(head.split("\n", 1)[0].rstrip("\r")) or "SDMX-CSV"
        self.message.message(self.format)

        def again() -> Iterator[str]:
            yield head
            yield from texts

        csv_reader.read(again(), self.message)
        self.complete = not self.note.violated("limit")

    def _entry(self) -> dict[str, Any]:
        return {
            "file": self.candidate.name,
            "sha256": self.sha256,
            "format": self.format,
            "structure": ", ".join(dict.fromkeys(self.message.structures)),
            "series": sum(judged.sink.series_count for judged in self.judged),
            "observations": sum(judged.sink.observation_count for judged in self.judged),
            "findings": 0,
            "complete": self.complete,
        }

    # ------------------------------------------------------------------------------------------ structures

    def _open(self, found: frame.Resolved, head: DataSetHead, at: str, name: str, format_: str) -> DataSet:
        """Who judges a data set."""
        known = {data_set.id: data_set for data_set in self.facts.transmission.data_set}
        data_set = known.get(found.data_set)
        if found.structure is None:
            judged = _Judged(frame.Unjudged(), None, data_set)
            self.judged.append(judged)
            return judged.sink
        concepts = self.facts.concepts
        meaning = form.Meaning.of(
            found.structure,
            concepts.role.model_dump(),
            concepts.status.missing,
            self.facts.transmission.time_format.codes,
        )
        header = self.message.head
        rows: list[form.Row] = []
        sink = form.DataSetForm(
            found.structure,
            head,
            self.note,
            at=at,
            meaning=meaning,
            data_set=name,
            begin=header.text("ReportingBegin") if header else "",
            end=header.text("ReportingEnd") if header else "",
            row=rows.append if data_set is not None else None,
            parts=format_.startswith("StructureSpecific") and not format_.endswith("2.1"),
            named_groups=format_.startswith("StructureSpecific"),
        )
        if isinstance(self.note, _Proof) and not sink.provable:
            raise scan.UnprovenError
        self.judged.append(_Judged(sink, found.structure, data_set, rows))
        return sink

    def _resolve(self, ref: str, kind: str, data_set_id: str) -> frame.Resolved:
        """The structure that a file names, or the one that the user says; and the data set of the regulation it is."""
        data_set = self._data_set(ref, kind, data_set_id)
        id_ = data_set.id if data_set is not None else ""
        if self.asked.structure or self.asked.structures is not None:
            given = self.asked.structures or self.facts.structures
            return frame.Resolved(*self._given(given, ref, kind), id_)
        structure, finding = _named(self.facts.structures, ref, kind)
        if structure is not None and data_set is not None and not structure.dataflow:
            structure = _through(self.facts.structures, data_set.dataflow, structure)
        return frame.Resolved(structure, finding, id_)

    def _given(self, given: Structures, ref: str, kind: str) -> tuple[Structure | None, Finding | None]:
        """The structure that the user gave; what the header names may be a dataflow of it or the same."""
        wanted = parse_reference(ref, version="*") if ref else None
        named, finding = _named(given, ref, kind)
        if self.asked.structure or named is None:
            structure = given.structure(self.asked.structure or None)
        else:
            return named, finding
        if named is not None and named.ref == structure.ref:
            return (named if named.dataflow and not structure.dataflow else structure), finding
        several = self.message.head is not None and len(self.message.head.uses) > 1
        if several and wanted is not None and not self.asked.structure:
            return _named(self.facts.structures, ref, kind)  # what was given is meant for another data set
        if wanted is None or kind in ("Dataflow", "ProvisionAgreement"):
            return structure, finding if wanted is None else None
        if (wanted.agency, wanted.id) == (structure.agency, structure.id):
            return structure, _other_version(ref, structure.ref)
        words = f"the file names the structure {ref}; it is judged by {structure.ref}, which was given."
        return structure, Finding("structure-disagrees", words, value=ref, expected=structure.ref)

    def _data_set(self, ref: str, kind: str, data_set_id: str) -> m.DataSet | None:
        """The data set of the regulation: by its dataflow, else its DataSetID, else as the user says."""
        rule = self.facts.transmission
        for data_set in rule.data_set:
            if ref == data_set.dataflow and kind in ("Dataflow", ""):
                return data_set
        prefix = rule.file_name.test_prefix
        for data_set in rule.data_set:
            if data_set_id in (data_set.id, prefix + data_set.id):
                return data_set
        return next((data_set for data_set in rule.data_set if data_set.id == self.asked.data_set), None)

    # --------------------------------------------------------------------------------------------- content

    def _content(self, previous: Mapping[str, Sequence[content.Row]]) -> None:
        """The rules of content, for a data set that the regulation knows; for any other they are unchecked."""
        of_regulation = [
            judged for judged in self.judged if judged.data_set is not None and judged.structure is not None
        ]
        if not of_regulation:
            known = any(judged.data_set for judged in self.judged)
            why = "its structure is not at hand" if known else "not a data set of this regulation"
            self.note.unchecked(content.RULES, why if self.judged else "no data set could be read")
            return
        if not self.complete:
            self.note.unchecked(content.RULES, "the file could not be read to its end")
            return
        cells = content.Cells(*self.candidate.tables) if self.candidate.tables is not None else None
        for judged in of_regulation:
            assert judged.data_set is not None
            about, country = self._about(judged)
            earlier = self._earlier(judged.data_set, previous)
            self.note.take(
                content.content(self._rows(judged), judged.data_set, self.facts, country, about, earlier, cells)
            )

    def _earlier(self, data_set: m.DataSet, previous: Mapping[str, Sequence[content.Row]]) -> content.Earlier | None:
        """What was sent before of a data set: as the user says, else as the delivery knows that the file lies in."""
        if self.asked.vintages is None and self.asked.previous:
            rows = previous.get(data_set.id)
            return None if rows is None else content.Earlier(rows)
        known = self.asked.vintages if self.asked.vintages is not None else self.candidate.vintages
        return None if known is None else content.Earlier.of(known, data_set.indicator)

    def _rows(self, judged: _Judged) -> list[content.Row]:
        """The observations of months, with our own names for the aggregates."""
        role, found = self.facts.concepts.role, []
        structure = judged.structure
        assert structure is not None
        place = [d.id for d in structure.dimensions].index(role.aggregate)
        for row in judged.rows:
            try:
                period = Period.parse(row.period)
            except ValueError:
                continue
            if period.frequency != "M":
                continue
            get = row.cells.get
            found.append(
                content.Row(
                    ".".join(row.key),
                    self._aggregate(row.key[place], period) if len(row.key) > place else "",
                    period,
                    _number(row.value),
                    str(get(role.status, "")),
                    str(get(role.confidentiality, "")),
                    str(get(role.embargo, "")),
                    *row.at,
                )
            )
        return found

    def _aggregate(self, code: str, period: Period) -> str:
        known: dict[tuple[str, Period], str] = self.__dict__.setdefault("_aggregates", {})
        if (code, period) not in known:
            month = str(period)
            ids = [a.id for a in self.facts.aggregates if _holds(a.code, month) == code]
            known[code, period] = ids[0] if ids else ""
        return known[code, period]

    def _is_code(self, judged: _Judged, name: str, code: str) -> bool:
        """Whether a code is one at all; what is none is a fault of form, and says nothing about the content."""
        component = judged.structure.component(name) if judged.structure else None
        return component is None or component.codelist is None or code in component.codelist.codes

    def _about(self, judged: _Judged) -> tuple[content.About, CountryFacts | None]:
        role = self.facts.concepts.role
        header = self.message.head
        codes: dict[str, dict[str, list[content.At]]] = {}
        wanted = (role.frequency, role.area, role.adjustment, role.indicator, role.aggregate, role.unit_multiplier)
        seen: set[tuple[str, str]] = set()
        for row in judged.rows:
            series = ".".join(row.key)
            for name in wanted:
                code = row.cells.get(name)
                if (
                    isinstance(code, str)
                    and (series, f"{name} {code}") not in seen
                    and self._is_code(judged, name, code)
                ):
                    seen.add((series, f"{name} {code}"))
                    codes.setdefault(name, {}).setdefault(code, []).append(content.At(*row.at, series))
        areas = list(codes.get(role.area, {}))
        country = None
        own = self.asked.country
        for one in (own,) if own else map(self.facts.country, self.facts.country_ids):
            if one.country.ref_area in areas:
                country = one
        places, sender, test, prepared = {}, "", None, None  # what the header does not say
        if header is not None:
            for name in ("Sender", "Test", "Prepared"):
                part = header.part(name)
                if part is not None:
                    places[name] = content.At(*(part.places.get("id", part.at) if name == "Sender" else part.text_at))
            part = header.part("Sender")
            sender = part.attributes.get("id", "") if part is not None else ""
            test = {"true": True, "1": True, "false": False, "0": False}.get(header.text("Test"))
            prepared = heading.prepared_day(header.text("Prepared"), self.zone)
        name = PurePosixPath(self.candidate.name.replace("\\", "/")).name
        begin, end = (_month(header.text(name)) if header else None for name in ("ReportingBegin", "ReportingEnd"))
        about = content.About(
            name=name,
            today=self.asked.today,
            prepared=prepared,
            test=test,
            begin=begin,
            end=end,
            sender=sender,
            header=places,
            codes=codes,
        )
        return about, country


def _generic(one: _Pass, machine: safe_xml.Machine) -> Generic:
    """The reader of a generic data set."""

    def structure() -> Structure | None:
        return one.judged[-1].structure if one.judged else None

    def measure() -> str:
        followed = structure()
        return followed.measures[0].id if followed and followed.measures else "OBS_VALUE"

    def is_dimension(name: str) -> bool | None:
        component = followed.component(name) if (followed := structure()) else None
        return None if component is None else isinstance(component, Dimension)

    return Generic(one.message, machine.uses, measure, machine.place, machine.value_place, is_dimension)


def _named(at_hand: Structures, ref: str, kind: str) -> tuple[Structure | None, Finding | None]:
    """The structure that a reference means among those at hand, and what is wrong with the reference."""
    if not ref:
        return None, None  # that it is missing has been said
    wanted = parse_reference(ref)
    if wanted is None:
        words = f"{quoted(ref)} is no reference to a structure."
        return None, Finding("structure-reference", words, value=ref, expected="agency, id and version")
    flow, whole = resolve(at_hand.dataflows, wanted), resolve(at_hand.structures, wanted)
    meant = whole or flow if kind == "DataStructure" else flow or whole
    if meant is not None and kind != "ProvisionAgreement":
        is_ = "Dataflow" if meant is flow else "DataStructure"
        finding = None
        if kind not in ("", is_):
            words = f"{ref} is a {is_}; the file refers to it as a {kind}."
            finding = Finding("structure-kind", words, value=kind, expected=is_)
        try:
            return at_hand.structure(meant.ref), finding
        except FactsError as error:  # a dataflow whose structure is not at hand
            return None, Finding("structure-unknown", error.problems[0].message, value=ref)
    if kind == "ProvisionAgreement":
        words = f"{ref} is a provision agreement; which structure it means is not at hand."
        return None, Finding("structure-unknown", words, "Name the structure with --structure.", value=ref)
    table: Mapping[str, object] = at_hand.dataflows if kind == "Dataflow" else at_hand.structures
    others = [r for r in table if (p := parse_reference(r)) and (p.agency, p.id) == (wanted.agency, wanted.id)]
    if others:
        structure = at_hand.structure(others[-1])
        return structure, _other_version(ref, others[-1])
    names = sorted({*at_hand.structures, *at_hand.dataflows})
    listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
    words = (
        f"the {'dataflow' if kind == 'Dataflow' else 'data structure'} {ref} is not at hand{nearest(ref, names) or '.'}"
    )
    hint = f"At hand: {listed or 'none'}. Give its file with --structure, or import it with `ebs structure import`."
    return None, Finding("structure-unknown", words, hint, value=ref, expected=listed)


def _other_version(ref: str, at_hand: str) -> Finding:
    words = f"the file names {ref}; at hand is {at_hand}, by which it is judged."
    return Finding("structure-version", words, value=ref, expected=at_hand)


def _through(at_hand: Structures, dataflow: str, structure: Structure) -> Structure:
    """The same structure with the constraints of the dataflow, when the file names only the structure."""
    try:
        through = at_hand.structure(dataflow)
    except FactsError:
        return structure
    return through if through.ref == structure.ref else structure


def _holds(codes: Iterable[Any], month: str) -> str:
    try:
        return str(in_force(codes, month).transmission)
    except FactsError:
        return ""


def _month(text: str) -> Period | None:
    """The month that a text says, or None."""
    try:
        period = Period.parse(text)
    except ValueError:
        return None
    return period if period.frequency == "M" else None


def _number(text: str | None) -> int | Decimal | None:
    """A value as a number; None where there is none or it is not readable as one."""
    if text is None:
        return None
    try:
        value = Decimal(text) if text.isascii() and "_" not in text and len(text) <= LONGEST_NUMBER else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value.adjusted()) > LONGEST_NUMBER:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else value


# ------------------------------------------------------------------------------------------------------ archives


def _members(candidate: Candidate) -> Iterator[tuple[Candidate, str]]:
    """The file itself, or the files of a zip, each with the reason why it is not read, if there is one."""
    with closing(candidate.reopen()) as stream:
        if recognise.kind(stream.read(recognise.PEEK)) != "zip":
            yield candidate, ""
            return
    with closing(candidate.reopen()) as stream:
        found = zipped.members(stream)
    for name, problem in found:
        whole = f"{candidate.name}/{name}" if name else candidate.name
        yield Candidate(whole, partial(_member, candidate, name)), problem


def _member(candidate: Candidate, name: str) -> BinaryIO:
    return zipped.member(candidate.reopen(), name)


def _cut(verdicts: Sequence[Verdict], most: int) -> tuple[Verdict, ...]:
    """At most so many findings with details, each violated rule with its share; the numbers stay."""
    total = sum(len(verdict.findings) for verdict in verdicts)
    if total <= most:
        return tuple(verdicts)
    left, rest, share = most, sorted(verdicts, key=lambda v: len(v.findings)), {}
    for i, verdict in enumerate(rest):
        take = min(len(verdict.findings), left // (len(rest) - i))
        share[_told_apart(verdict)] = take
        left -= take
    return tuple(
        Verdict(v.rule, v.file, v.checked, v.findings[: (n := share[_told_apart(v)])], v.unchecked, v.violations - n)
        for v in verdicts
    )


def _told_apart(verdict: Verdict) -> tuple[str, str]:
    """What tells the verdicts of a report apart."""
    return verdict.rule, verdict.file
