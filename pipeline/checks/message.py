"""The frame of a message: its header, the structures it names, its data sets, as the standard and the receivers want them.

Sources: SDMXMessage.xsd, BaseHeaderType and its restrictions (2.1, 3.0); SDMXCommon.xsd, PayloadStructureType.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from pipeline.checks import data_set as form
from pipeline.checks import periods
from pipeline.errors import ended, nearest, quoted
from pipeline.events import Cells, DataSet, DataSetHead, Header, Part, Spot, Use, Where
from pipeline.facts.references import parse_reference
from pipeline.facts.structure import FLAT, Structure
from pipeline.findings import Confrontation, Finding, Place

ACTIONS = ("Append", "Replace", "Delete", "Information")
ACTIONS_31 = (*ACTIONS, "Merge")
SCOPES = ("DataStructure", "ConstrainedDataStructure", "Dataflow", "ProvisionAgreement")
#: a scope → the kinds of reference it can be of; data of a dataflow may conform to no more than its structure
_SCOPE_OF = {"Dataflow": ("Dataflow", "ProvisionAgreement"), "ProvisionAgreement": ("ProvisionAgreement",)}

#: the header's elements in the order of the schema: name → (namespace, at most, what its text or attribute is)
_HEADER: dict[str, tuple[str, int | None, str]] = {
    "ID": ("message", 1, "id"),
    "Test": ("message", 1, "boolean"),
    "Prepared": ("message", 1, "instant or day"),
    "Sender": ("message", 1, "party"),
    "Receiver": ("message", None, "party"),
    "Name": ("common", None, "text"),
    "Structure": ("message", None, "structure"),
    "DataProvider": ("message", 1, "reference"),
    "DataSetAction": ("message", 1, "action"),
    "DataSetID": ("message", None, "id"),
    "Extracted": ("message", 1, "instant"),
    "ReportingBegin": ("message", 1, "period"),
    "ReportingEnd": ("message", 1, "period"),
    "EmbargoDate": ("message", 1, "instant"),
    "Source": ("message", None, "text"),
}
_ORDER = list(_HEADER)
_MANDATORY = ("ID", "Test", "Prepared", "Sender", "Structure")
_PARTY = {"Name": "common", "Contact": "message"}
_CONTACT = ("Name", "Department", "Role", "Telephone", "Fax", "X400", "URI", "Email")
_OF_STRUCTURE = (
    "structureID", "schemaURL", "namespace", "dimensionAtObservation", "explicitMeasures", "serviceURL", "structureURL",
    "isExternalReference",
)  # fmt: skip
_REF = ("agencyID", "id", "version", "class", "package", "local", "maintainableParentID", "maintainableParentVersion")
_LANG = "http://www.w3.org/XML/1998/namespace lang"
_ID = re.compile(r"[A-Za-z0-9_@$\-]+")
_INSTANT = re.compile(r"(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+\-]\d\d:\d\d)?", re.ASCII)

OF_HEADER = (
    "header-missing",
    "header-incomplete",
    "header-value",
    "element-order",
    "prepared-future",
    "structure-reference",
)
OF_FRAME = (
    "structure-disagrees",
    "structure-unknown",
    "structure-version",
    "structure-kind",
    "action",
    "data-set-twice",
)
OF_XML = ("not-well-formed", "truncated", "document-type", "unexpected-element", "unexpected-attribute", "stray-text")
OF_BYTES = (
    "file-empty",
    "encoding",
    "byte-order-mark",
    "control-character",
    "limit",
    "compressed",
    "archive",
    "not-sdmx",
    "sdmx-version",
)
OF_CSV = ("csv-header", "csv-columns", "csv-ragged", "csv-quote")


@dataclass(frozen=True)
class Resolved:
    """What a reference to a structure means: the structure, and what is wrong with the reference."""

    structure: Structure | None
    finding: Finding | None = None
    data_set: str = ""  # the id of the data set of the regulation, if it is one


Resolve = Callable[[str, str, str], Resolved]
"""(reference, kind, DataSetID) → what is meant."""


class MessageForm:
    """Listens to a message, says what is wrong with its frame, and has each data set judged.

    ``resolve`` finds structures; ``content`` opens the judgement of a data set; ``today`` is the day prepared may not be
    after.
    """

    def __init__(
        self,
        confrontation: Confrontation,
        resolve: Resolve,
        content: Callable[[Resolved, DataSetHead, str, str, str], DataSet],
        today: dt.date,
    ) -> None:
        self.note = confrontation
        self.resolve = resolve
        self.content = content
        self.today = today
        self.format = ""
        self.head: Header | None = None
        self.without_header: Spot | None = None  # where a data set begins before there was a header
        self.data_sets: list[DataSet] = []
        self.structures: list[str] = []
        self._followed: dict[tuple[str, str], Spot] = {}
        self._resolved: dict[tuple[str, str], Resolved] = {}
        self.use_count = 0

    # ------------------------------------------------------------------------------------------ listening

    def message(self, format: str) -> None:  # noqa: A002
        """The format of the file is known."""
        self.format = format

    def found(self, finding: Finding) -> None:
        """What the reader found."""
        self.note.found([finding])

    def header(self, header: Header) -> None:
        """The header: complete, in order, each value what it must be."""
        self.head = header
        for finding in _header(header, self.format, self.today):
            self.note.found([finding])
        for rule in OF_HEADER:
            self.note.checked[rule] += 1

    def data_set(self, head: DataSetHead) -> DataSet:
        """A data set begins: what it follows, once, and with a known action."""
        xml = self.format and not self.format.startswith("SDMX-CSV")
        at = head.where("")
        if not xml:
            at = head.where("DATAFLOW" if self.format.endswith("1.0") else "STRUCTURE_ID")
        elif self.head is None and self.without_header is None:
            self.without_header = at
        use = self._use(head, at) if xml else None
        self._action(head)
        if xml:
            self._frame(head)
            if use is not None:
                self._agree(head, use)
        ref, kind = (head.refers, head.kind) if not xml else (use.ref, use.kind) if use is not None else _by_type(head)
        id_ = self.head.text("DataSetID") if self.head is not None else ""
        resolved = self._resolve(ref, kind, id_, use, at)
        if resolved.structure is not None:
            self.structures.append(resolved.structure.ref)
            self._twice(resolved.structure, head, at)
        announced = use.at if use is not None else ("TIME_PERIOD" if xml else "")
        dimension = self._dimension(announced, resolved.structure) if xml else ""
        for rule in OF_FRAME:
            self.note.checked[rule] += 1
        name = resolved.data_set or id_ or (resolved.structure.dataflow if resolved.structure else "")
        opened = self.content(resolved, head, dimension, name, self.format)
        self.data_sets.append(opened)
        return opened

    def end(self, complete: bool) -> None:
        """The message has been read, whole or as far as it goes."""
        xml = bool(self.format) and not self.format.startswith("SDMX-CSV")
        if xml and self.head is None and (complete or self.without_header):
            line, column = self.without_header or (1, 1)
            words = (
                "the message has no header before its first data set."
                if self.without_header
                else "the message has no header."
            )
            self.note.found([Finding("header-missing", words, line=line, column=column, expected="Header")])
        nothing = complete and not self.data_sets and self.format
        if nothing and not self.note.violated("unexpected-element") and not self.note.violated("csv-header"):
            words = "the message has no data set."
            line, column = self.head.at if self.head else (1, 1)
            self.note.found([Finding("no-data-set", words, line=line, column=column, expected="DataSet")])
        self.note.checked["no-data-set"] += bool(self.format)
        for rule in OF_BYTES:
            self.note.checked[rule] += 1
        for rule in OF_CSV if self.format.startswith("SDMX-CSV") else OF_XML:
            self.note.checked[rule] += bool(self.format)

    # ------------------------------------------------------------------------------------------- data sets

    def _use(self, head: DataSetHead, at: Spot) -> Use | None:
        """The Structure of the header that the data set refers to."""
        uses = {use.id: use for use in reversed(self.head.uses)} if self.head else {}
        if not head.refers:
            if self.head is not None and uses:
                words = "the data set does not say which Structure of the header it follows (structureRef)."
                self._say("structure-reference", words, at, expected=" or ".join(uses))
            return next(iter(uses.values()), None) if len(uses) == 1 else None
        if head.refers not in uses and "" in uses:
            return uses[""]  # that it has no structureID has been said
        if head.refers not in uses and uses:
            words = f"the data set follows {quoted(head.refers)}, which is no structureID of the header{nearest(head.refers, uses)}"
            self._say(
                "structure-disagrees",
                ended(words),
                head.where("structureRef"),
                value=head.refers,
                expected=" or ".join(uses),
            )
            return next(iter(uses.values())) if len(uses) == 1 else None
        return uses.get(head.refers)

    def _action(self, head: DataSetHead) -> None:
        known = ACTIONS_31 if self.format.endswith("3.1") else ACTIONS
        if head.action and head.action not in known:
            words = f"the action {quoted(head.action)} is unknown{nearest(head.action, known)}"
            place = head.where("ACTION" if self.format.startswith("SDMX-CSV") else "action")
            self._say("action", ended(words), place, value=head.action, expected=", ".join(known))

    def _frame(self, head: DataSetHead) -> None:
        """The data set's own dates and scope."""
        if head.scope and head.scope not in SCOPES:
            words = f"the dataScope {quoted(head.scope)} is unknown{nearest(head.scope, SCOPES)}"
            self._say(
                "structure-disagrees",
                ended(words),
                head.where("dataScope"),
                value=head.scope,
                expected=", ".join(SCOPES),
            )
        elif not head.scope and self.format.startswith("StructureSpecific") and self.format.endswith("2.1"):
            words = "the data set does not say its dataScope, which SDMX-ML 2.1 asks for."
            self._say("structure-disagrees", words, head.where(""), expected=", ".join(SCOPES))
        for name in ("reportingBeginDate", "reportingEndDate", "publicationPeriod"):
            text = head.frame.get(name)
            if text is not None and (why := _not_period(text)):
                self._say(
                    "header-value", f"{name} of the data set: {why}.", head.where(name), component=name, value=text
                )
        for name in ("validFromDate", "validToDate"):
            text = head.frame.get(name)
            if text is not None and not _instant(text):
                words = f"{name} of the data set is {quoted(text)}, not a date and time such as 2024-07-05T09:00:00."
                self._say("header-value", words, head.where(name), component=name, value=text)
        for name in ("setID",):
            text = head.frame.get(name)
            if text is not None and not _ID.fullmatch(text):
                words = f"{name} of the data set is {quoted(text)}; an id has letters, digits, _, @, $ and -."
                self._say("header-value", words, head.where(name), component=name, value=text)
        year = head.frame.get("publicationYear")
        if year is not None and not re.fullmatch(r"-?\d{4,}(Z|[+\-]\d\d:\d\d)?", year, re.ASCII):
            self._say(
                "header-value",
                f"publicationYear of the data set is {quoted(year)}, not a year.",
                head.where("publicationYear"),
                value=year,
            )

    def _agree(self, head: DataSetHead, use: Use) -> None:
        """xsi:type, namespace and dataScope say the same as the header."""
        if not self.format.startswith("StructureSpecific"):
            return
        if head.type is None:
            words = "the data set has no xsi:type; a structure-specific data set names its type."
            self._say("structure-disagrees", words, head.where(""), expected="DataSetType of the structure's namespace")
            return
        space, name = head.type
        if name != "DataSetType":
            words = f"the xsi:type of the data set ends in {quoted(name)}, not in 'DataSetType'."
            self._say("structure-disagrees", words, head.where("type"), value=name, expected="DataSetType")
        if not space:
            words = "the prefix in the xsi:type of the data set is declared nowhere."
            self._say("structure-disagrees", words, head.where("type"))
        elif use.namespace and space != use.namespace:
            words = f"the xsi:type of the data set is of the namespace {quoted(space)}, the header says {quoted(use.namespace)}."
            self._say("structure-disagrees", words, head.where("type"), value=space, expected=use.namespace)
        wider = _SCOPE_OF.get(head.scope, SCOPES)
        if use.kind in SCOPES and use.kind not in wider:
            words = f"the data set has the dataScope {head.scope}, the header refers to a {use.kind}."
            self._say("structure-disagrees", words, head.where("dataScope"), value=head.scope, expected=use.kind)

    def _resolve(self, ref: str, kind: str, id_: str, use: Use | None, at: Spot) -> Resolved:
        known = self._resolved.get((ref, kind))
        if known is not None:
            return known
        resolved = self.resolve(ref, kind, id_)
        if resolved.finding is not None and not (use is not None and use.missing):
            line, column = _reference_place(use) if use is not None else at
            self.note.found([replace(resolved.finding, line=line, column=column)])
        if resolved.structure is None:
            why = "the structure of the data set is not at hand"
            self.note.unchecked(form.OF_STRUCTURE, why)
        self._resolved[ref, kind] = replace(resolved, finding=None)
        return resolved

    def _twice(self, structure: Structure, head: DataSetHead, at: Spot) -> None:
        key = (structure.dataflow or structure.ref, head.action if not self.head else "")
        if key in self._followed and self.format and not self.format.startswith("SDMX-CSV"):
            line, column = self._followed[key]
            words = f"a second data set follows {key[0]}; the first begins in line {line}."
            self.note.found([
                Finding("data-set-twice", words, line=at[0], column=at[1], value=key[0], related=(Place(line, column),))
            ])  # fmt: skip
        self._followed.setdefault(key, at)

    def _dimension(self, announced: str, structure: Structure | None) -> str:
        """The dimension at the observation: as announced, else time, else none."""
        if announced:
            return announced
        if structure is not None and structure.time is None:
            return FLAT
        return "TIME_PERIOD" if structure is None or structure.time is None else structure.time.id

    def _say(self, rule: str, words: str, at: Spot, **more: Any) -> None:
        self.note.found([Finding(rule, words, line=at[0], column=at[1], **more)])


class Unjudged:
    """Listens to a data set whose structure is not at hand: counts what is there, judges nothing."""

    def __init__(self) -> None:
        self.series_count = self.observation_count = 0

    def attributes(self, cells: Cells, where: Where) -> None:
        """Nothing to judge."""

    def group(self, id: str, cells: Cells, where: Where) -> None:  # noqa: A002
        """Nothing to judge."""

    def series(self, cells: Cells, where: Where) -> None:  # noqa: ARG002
        """One series more."""
        self.series_count += 1

    def observation(self, cells: Cells, where: Where) -> None:  # noqa: ARG002
        """One observation more."""
        self.observation_count += 1

    def end_series(self) -> None:
        """Nothing to judge."""

    def end(self) -> None:
        """Nothing to judge."""


# ------------------------------------------------------------------------------------------------- the header


def _header(header: Header, format_: str, today: dt.date) -> Iterator[Finding]:
    """What is wrong with the header, in the order in which it stands."""
    latest, counted = 0, dict.fromkeys(_HEADER, 0)
    structural = format_.startswith("StructureSpecific")
    for part in header.parts:
        rule = _HEADER.get(part.name)
        if rule is None or rule[0] != part.space:
            near = nearest(part.name, _HEADER) if rule is None else f"; it belongs to the namespace {rule[0]}"
            yield _at(
                part.at, "unexpected-element", f"the header has no element {quoted(part.name)}{near}", value=part.name
            )
            continue
        _, most, what = rule
        counted[part.name] += 1
        if most is not None and counted[part.name] > most:
            yield _at(
                part.at,
                "unexpected-element",
                f"{part.name} stands twice in the header; it stands once.",
                value=part.name,
            )
            continue
        place = _ORDER.index(part.name)
        if place < latest:
            words = f"{part.name} stands after {_ORDER[latest]} in the header; it comes before."
            yield _at(part.at, "element-order", words, value=part.name)
        latest = max(latest, place)
        yield from _part(part, what, structural, format_)
        if part.name == "Prepared" and (day := prepared_day(part.text)) and day > today:
            words = f"Prepared is {quoted(part.text)}, after today, {today}."
            yield _at(
                part.text_at, "prepared-future", words, component="Prepared", value=part.text, expected=f"until {today}"
            )
    odd = [part.name for part in header.parts if _HEADER.get(part.name, ("",))[0] != part.space]
    for use in header.uses:
        twin = next((other for other in header.uses if other.id == use.id and other is not use), None)
        if use.id and twin is not None and twin.part.at < use.part.at:
            words = f"the structureID {quoted(use.id)} stands twice; it is first in line {twin.part.at[0]}."
            spot = use.part.places.get("structureID", use.part.at)
            yield _at(spot, "structure-reference", words, component="structureID", value=use.id)
    for name in _MANDATORY:
        if counted[name] or any(SequenceMatcher(None, name, one).ratio() > 0.7 for one in odd):
            continue  # one that is misspelt, or of another namespace, has been named
        kind = "structure-reference" if name == "Structure" else "header-incomplete"
        yield _at(header.at, kind, f"the header has no {name}.", component=name, expected=name)
    begin, end = header.text("ReportingBegin"), header.text("ReportingEnd")
    try:
        wrong = bool(begin and end) and periods.moment(begin).first > periods.moment(end).last
    except ValueError:
        wrong = False
    if wrong:
        last = header.part("ReportingEnd")
        assert last is not None
        words = f"ReportingEnd {quoted(end)} lies before ReportingBegin {quoted(begin)}."
        yield _at(last.text_at, "header-value", words, component="ReportingEnd", value=end)


def _part(part: Part, what: str, structural: bool, format_: str) -> Iterator[Finding]:
    """One element of the header: its text, its attributes, what stands inside it."""
    text, name = part.text.strip(), part.name
    attributes = {"party": ("id",), "structure": _OF_STRUCTURE, "text": (_LANG,)}.get(what, ())
    for attribute in part.attributes:
        if attribute not in attributes and not attribute.startswith("http://www.w3.org/2001/XMLSchema-instance"):
            yield _odd_attribute(part, attribute)
    if what in ("party", "structure") and text:
        words = f"the text {quoted(text)} stands inside {name}, where no text belongs."
        yield _at(part.text_at, "stray-text", words, value=text[:200])
    if what == "party":
        yield from _party(part)
        return
    if what == "structure":
        yield from _structure(part, structural, format_)
        return
    if what == "reference":
        return
    for inner in part.parts:
        yield _at(
            inner.at,
            "unexpected-element",
            f"the element {quoted(inner.name)} has no place inside {name}.",
            value=inner.name,
        )
    if what == "text":
        return
    if not text:
        yield _at(part.at, "header-value", f"{name} of the header is empty.", component=name)
    elif what == "id" and not _ID.fullmatch(text):
        words = f"{name} is {quoted(text)}; an id has letters, digits, _, @, $ and -."
        yield _value(part, words, "letters, digits, _, @, $ and -")
    elif what == "boolean" and text not in ("true", "false", "1", "0"):
        yield _value(part, f"{name} is {quoted(text)}, neither true nor false.", "true or false")
    elif what == "instant" and not _instant(text):
        yield _value(
            part, f"{name} is {quoted(text)}, not a date and time.", "a date and time such as 2024-07-05T09:00:00"
        )
    elif what == "instant or day" and not prepared_day(text):
        yield _value(
            part,
            f"{name} is {quoted(text)}, not a date or a date and time.",
            "a date and time such as 2024-07-05T09:00:00",
        )
    elif what == "period" and (why := _not_period(text)):
        yield _value(part, f"{name}: {why}.", "a period such as 2024-05")
    elif what == "action" and text not in ACTIONS_31[: 5 if format_.endswith("3.1") else 4]:
        yield _at(
            part.text_at,
            "action",
            ended(f"DataSetAction is {quoted(text)}{nearest(text, ACTIONS)}"),
            component=name,
            value=text,
            expected=", ".join(ACTIONS),
        )


def _value(part: Part, words: str, expected: str) -> Finding:
    return _at(
        part.text_at, "header-value", words, component=part.name, value=part.text.strip()[:200], expected=expected
    )


def _odd_attribute(part: Part, attribute: str) -> Finding:
    local = attribute.rpartition(" ")[2]
    words = f"{part.name} has an attribute {quoted(local)}, which has no place there."
    return _at(part.places.get(attribute, part.at), "unexpected-attribute", words, component=local)


def _party(part: Part) -> Iterator[Finding]:
    id_ = part.attributes.get("id")
    if id_ is None:
        yield _at(
            part.at, "header-incomplete", f"{part.name} of the header has no id.", component=part.name, expected="id"
        )
    elif not _ID.fullmatch(id_):
        words = f"the id of {part.name} is {quoted(id_)}; an id has letters, digits, _, @, $ and -."
        yield _at(part.places.get("id", part.at), "header-value", words, component=part.name, value=id_)
    contacts = False
    for inner in part.parts:
        if _PARTY.get(inner.name) != inner.space:
            yield _at(
                inner.at,
                "unexpected-element",
                f"the element {quoted(inner.name)} has no place inside {part.name}.",
                value=inner.name,
            )
        elif inner.name == "Contact":
            contacts = True
            for one in inner.parts:
                if one.name not in _CONTACT:
                    yield _at(
                        one.at,
                        "unexpected-element",
                        f"the element {quoted(one.name)} has no place inside Contact.",
                        value=one.name,
                    )
        elif contacts:
            yield _at(inner.at, "element-order", f"Name stands after Contact in {part.name}; it comes before.")


def _structure(part: Part, structural: bool, format_: str) -> Iterator[Finding]:
    """One Structure of the header: what is named, completely, in its right form."""
    get = part.attributes.get
    wanted = ["structureID"] + (["namespace", "dimensionAtObservation"] if structural else [])
    for name in wanted:
        if not get(name):
            words = f"the Structure of the header has no {name}."
            yield _at(part.at, "structure-reference", words, component=name, expected=name)
    explicit = get("explicitMeasures")
    if explicit is not None and explicit not in ("true", "false", "1", "0"):
        words = f"explicitMeasures is {quoted(explicit)}, neither true nor false."
        yield _at(part.places["explicitMeasures"], "header-value", words, component="explicitMeasures", value=explicit)
    agreement = "ProvisionAgrement" if format_.endswith("2.1") else "ProvisionAgreement"
    choice = (agreement, "StructureUsage", "Structure")
    named = [one for one in part.parts if one.space == "common" and one.name in choice]
    for one in part.parts:
        if one not in named:
            words = f"the element {quoted(one.name)} has no place inside Structure{nearest(one.name, choice) if one.name not in choice else '; it belongs to the namespace common'}"
            yield _at(one.at, "unexpected-element", ended(words), value=one.name)
    if not named:
        if not part.parts:
            words = "the Structure of the header names no structure."
            yield _at(part.at, "structure-reference", words, expected=" or ".join(choice))
        return
    for one in named[1:]:
        yield _at(
            one.at,
            "unexpected-element",
            f"Structure names a second reference, {one.name}; it names one.",
            value=one.name,
        )
    yield from _reference(named[0], format_)


def _reference(part: Part, format_: str) -> Iterator[Finding]:
    """The reference itself: Ref or URN in 2.1, the URN as text in 3.0."""
    for attribute in part.attributes:
        if not attribute.startswith("http://www.w3.org/2001/XMLSchema-instance"):
            yield _odd_attribute(part, attribute)
    if not format_.endswith("2.1"):
        for one in part.parts:
            yield _at(
                one.at,
                "unexpected-element",
                f"the element {quoted(one.name)} has no place inside {part.name}; in SDMX-ML 3.0 its text is the URN.",
                value=one.name,
            )
        found = parse_reference(part.text.strip(), version="")
        if found is None or not (found.agency and found.id and found.version and found.kind):
            words = (
                f"the reference {quoted(part.text.strip())} is no whole URN."
                if part.text.strip()
                else "the reference is empty."
            )
            yield _at(
                part.text_at,
                "structure-reference",
                words,
                value=part.text.strip()[:200],
                expected="urn:sdmx:org.sdmx.infomodel.datastructure.…",
            )
        return
    if part.text.strip():
        yield _at(
            part.text_at,
            "stray-text",
            f"the text {quoted(part.text.strip())} stands inside {part.name}, where no text belongs.",
            value=part.text.strip()[:200],
        )
    refs = [
        one
        for i, one in enumerate(part.parts)
        if one.name in ("Ref", "URN") and not one.space and one.name not in {before.name for before in part.parts[:i]}
    ]
    for one in part.parts:
        if one not in refs:
            yield _at(
                one.at,
                "unexpected-element",
                ended(
                    f"the element {quoted(one.name)} has no place inside {part.name}{nearest(one.name, ('Ref', 'URN'))}"
                ),
                value=one.name,
            )
    if not refs:
        if not part.parts:
            yield _at(part.at, "structure-reference", f"{part.name} has neither Ref nor URN.", expected="Ref")
        return
    for one in refs:
        if one.name == "URN":
            found = parse_reference(one.text.strip(), version="")
            if found is None or not (found.agency and found.id and found.version):
                yield _at(
                    one.text_at,
                    "structure-reference",
                    f"the URN {quoted(one.text.strip())} is not whole.",
                    value=one.text.strip()[:200],
                )
            continue
        for attribute in one.attributes:
            if attribute not in _REF:
                yield _odd_attribute(one, attribute)
        for name in ("agencyID", "id"):
            if not one.attributes.get(name):
                yield _at(one.at, "structure-reference", f"the reference has no {name}.", component=name, expected=name)
        if one.text.strip():
            yield _at(
                one.text_at,
                "stray-text",
                f"the text {quoted(one.text.strip())} stands inside Ref, where no text belongs.",
                value=one.text.strip()[:200],
            )
        meant = {"Structure": ("DataStructure",), "StructureUsage": ("Dataflow",)}.get(
            part.name, ("ProvisionAgreement",)
        )
        said = one.attributes.get("class")
        if said is not None and said not in meant:
            words = f"{part.name} refers to a {quoted(said)}; here stands a {meant[0]}."
            yield _at(one.places.get("class", one.at), "structure-kind", words, value=said, expected=meant[0])
        package = one.attributes.get("package")
        if package is not None and package not in ("datastructure", "registry"):
            words = f"the reference is to the package {quoted(package)}; structures are in 'datastructure'."
            yield _at(
                one.places.get("package", one.at), "structure-kind", words, value=package, expected="datastructure"
            )


def _by_type(head: DataSetHead) -> tuple[str, str]:
    """What the xsi:type of a data set says it follows, where no header does."""
    found = parse_reference((head.type or ("", ""))[0].partition(":ObsLevelDim:")[0], version="")
    return (found.ref, found.kind) if found and found.agency and found.version else ("", "")


def _reference_place(use: Use) -> Spot:
    """Where the reference itself stands: the id of the Ref, or the text of the URN."""
    for inner in use.part.parts:
        for one in inner.parts:
            if one.name == "Ref":
                return one.places.get("id", one.at)
            if one.name == "URN":
                return one.text_at
        return inner.text_at
    return use.part.at


def _at(at: Spot, rule: str, words: str, **more: Any) -> Finding:
    return Finding(rule, ended(words), line=at[0], column=at[1], **more)


def _instant(text: str) -> dt.datetime | None:
    """An xs:dateTime."""
    match = _INSTANT.fullmatch(text)
    if not match:
        return None
    try:
        return dt.datetime(*(int(n) for n in match.groups()[:6]))  # type: ignore[arg-type]
    except ValueError:
        return None


def prepared_day(text: str) -> dt.date | None:
    """The day of an xs:dateTime or xs:date."""
    text = text.strip()
    if instant := _instant(text):
        return instant.date()
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(Z|[+\-]\d\d:\d\d)?", text, re.ASCII)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _not_period(text: str) -> str:
    """Why a text is no period; empty when it is one."""
    try:
        periods.moment(text)
    except ValueError as error:
        return str(error)
    return ""
