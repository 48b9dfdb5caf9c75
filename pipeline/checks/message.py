"""The frame of a message: what each data set follows and says of itself, and whether header and data sets agree.

Sources: SDMXMessage.xsd, SDMXDataStructureSpecificBase.xsd (2.1), SDMXDataStructureSpecific.xsd (3.0).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pipeline.checks import data_set as form
from pipeline.checks import heading
from pipeline.errors import ended, nearest, quoted
from pipeline.events import Cells, DataSet, DataSetHead, Header, Spot, Use, Where
from pipeline.facts.references import parse_reference
from pipeline.facts.structure import FLAT, Structure
from pipeline.findings import Confrontation, Finding, Place

SCOPES = ("DataStructure", "ConstrainedDataStructure", "Dataflow", "ProvisionAgreement")
#: a scope → the kinds of reference it can be of; data of a dataflow may conform to no more than its structure
_SCOPE_OF = {"Dataflow": ("Dataflow", "ProvisionAgreement"), "ProvisionAgreement": ("ProvisionAgreement",)}

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

    ``resolve`` finds structures; ``content`` opens the judgement of a data set; ``today``, in ``zone``, is the day that
    Prepared may not be after.
    """

    def __init__(
        self,
        confrontation: Confrontation,
        resolve: Resolve,
        content: Callable[[Resolved, DataSetHead, str, str, str], DataSet],
        today: dt.date,
        zone: dt.tzinfo | None = None,
    ) -> None:
        self.note = confrontation
        self.resolve = resolve
        self.content = content
        self.today, self.zone = today, zone
        self.format = ""
        self.head: Header | None = None
        self._later: list[Finding] = []
        self._compared: set[str] = set()  # structures of which the namespace was compared
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
        for finding in heading.faults(header, self.format, self.today, self.zone):
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
        if use is not None and resolved.structure is not None and not self.note.violated("structure-version"):
            self._namespace(use, resolved.structure)
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
        if not any(map(self.note.violated, ("at-observation", "layout-series", "layout-flat"))):
            self.note.found(self._later)
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
        csv = self.format.startswith("SDMX-CSV")
        for rule in OF_CSV if csv else OF_XML:
            self.note.checked[rule] += bool(self.format)
        if not self.format:
            self.note.unchecked((*OF_XML, *OF_CSV, *OF_HEADER, *OF_FRAME, "no-data-set"), "the file is no SDMX message")
        elif csv:
            self.note.unchecked((*OF_XML, *OF_HEADER), "SDMX-CSV has no header")
        else:
            self.note.unchecked(OF_CSV, "the file is no SDMX-CSV")
        if not self.data_sets:
            self.note.unchecked(form.OF_STRUCTURE, "no data set could be read")
        elif not complete:
            self.note.unchecked(form.OF_STRUCTURE, "the file could not be read to its end")

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
        merges = self.format.endswith("3.1") or self.format.startswith("SDMX-CSV 2")
        known = heading.ACTIONS_31 if merges else heading.ACTIONS
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
            if text is not None and (why := heading.not_period(text)):
                self._say(
                    "header-value", f"{name} of the data set: {why}.", head.where(name), component=name, value=text
                )
        for name in ("validFromDate", "validToDate"):
            text = head.frame.get(name)
            if text is not None and not heading.instant(text):
                words = f"{name} of the data set is {quoted(text)}, not a date and time such as 2024-07-05T09:00:00."
                self._say("header-value", words, head.where(name), component=name, value=text)
        for name in ("setID",):
            text = head.frame.get(name)
            if text is not None and not heading.ID.fullmatch(text):
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

    def _namespace(self, use: Use, structure: Structure) -> None:
        """The namespace of a structure-specific data set is that of what the header refers to, at the same dimension."""
        base, _, dimension = use.namespace.partition(":ObsLevelDim:")
        said = parse_reference(base, version="") if base.startswith("urn:sdmx:") else None
        if use.id in self._compared or said is None or self.note.violated("structure-kind"):
            return
        self._compared.add(use.id)
        place = use.part.places.get("namespace", use.part.at)
        if said.ref not in (use.ref, structure.ref):
            words = f"the namespace is that of {said.ref}, the header refers to {use.ref}."
            self._say("structure-disagrees", words, place, value=said.ref, expected=use.ref)
        elif dimension and use.at and dimension != use.at:
            words = (
                f"the namespace has the dimension at the observation {quoted(dimension)}, the header {quoted(use.at)}."
            )
            wrong = Finding("structure-disagrees", words, line=place[0], column=place[1], value=dimension)
            self._later.append(wrong)  # unless the data set shows that the header is wrong

    def _resolve(self, ref: str, kind: str, id_: str, use: Use | None, at: Spot) -> Resolved:
        known = self._resolved.get((ref, kind))
        if known is not None:
            return known
        resolved = self.resolve(ref, kind, id_)
        if resolved.finding is not None and not (use is not None and use.missing):
            line, column = heading.place_of_reference(use) if use is not None else at
            self.note.found([replace(resolved.finding, line=line, column=column)])
        if resolved.structure is None:
            why = "the structure of the data set is not at hand"
            self.note.unchecked(form.OF_STRUCTURE, why)
        self._resolved[ref, kind] = replace(resolved, finding=None)
        return resolved

    def _twice(self, structure: Structure, head: DataSetHead, at: Spot) -> None:
        key = (structure.dataflow or structure.ref, head.action)
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


def _by_type(head: DataSetHead) -> tuple[str, str]:
    """What the xsi:type of a data set says it follows, where no header does."""
    found = parse_reference((head.type or ("", ""))[0].partition(":ObsLevelDim:")[0], version="")
    return (found.ref, found.kind) if found and found.agency and found.version else ("", "")
