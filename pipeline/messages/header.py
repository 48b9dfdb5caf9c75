"""The header of a message, complete and in the order of the schema (SDMXMessage.xsd, StructureSpecificDataHeaderType)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import FactsError, Problem
from pipeline.facts.references import parse_reference
from pipeline.facts.structure import Structure
from pipeline.messages.names import ML_21, URN, Dialect, escaped, namespace_of

if TYPE_CHECKING:
    from lxml import etree


@dataclass(frozen=True)
class Follows:
    """What the data set says it is made after: a dataflow, or the data structure itself.

    ``dataScope`` and the namespace of the data set's type follow from it.
    """

    agency: str
    id: str
    version: str
    dataflow: bool

    @classmethod
    def to_structure(cls, structure: Structure) -> Follows:
        """A reference to the data structure."""
        return cls(structure.agency, structure.id, structure.version, dataflow=False)

    @classmethod
    def to_dataflow(cls, ref: str) -> Follows:
        """A reference to a dataflow, given as ``AGENCY:ID(VERSION)``; FactsError when it is none."""
        flow = parse_reference(ref)
        if flow is None or not flow.agency:
            raise FactsError(Problem("", f"{ref!r} names no dataflow.", "Write it as AGENCY:ID(1.0)."))
        return cls(flow.agency, flow.id, flow.version, dataflow=True)

    @property
    def ref(self) -> str:
        """``AGENCY:ID(VERSION)``."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def urn(self) -> str:
        """The SDMX name of the artefact."""
        return f"{URN}{self.scope}={self.ref}"

    @property
    def scope(self) -> str:
        """``Dataflow`` or ``DataStructure``."""
        return "Dataflow" if self.dataflow else "DataStructure"

    def namespace(self, at: str) -> str:
        """The namespace of the types generated for this artefact with that dimension at observation."""
        return namespace_of(self.urn, at)


@dataclass(frozen=True)
class Header:
    """Who sends what to whom, when, made after which structure, covering which periods."""

    id: str
    prepared: dt.datetime
    sender: str
    receiver: str
    reference: Follows
    action: str
    data_set_id: str = ""
    test: bool = False
    extracted: dt.datetime | None = None
    begin: str = ""
    end: str = ""
    source: str = ""
    at: str = "TIME_PERIOD"

    def xml(self, dialect: Dialect = ML_21) -> str:
        """The header as text, indented by one step; two spaces a step."""
        reference, at = self.reference, escaped(self.at)
        lines = [
            "<message:Header>",
            f"  <message:ID>{escaped(self.id)}</message:ID>",
            f"  <message:Test>{str(self.test).lower()}</message:Test>",
            f"  <message:Prepared>{instant(self.prepared)}</message:Prepared>",
            f'  <message:Sender id="{escaped(self.sender)}"/>',
            f'  <message:Receiver id="{escaped(self.receiver)}"/>',
            f'  <message:Structure structureID="S1" namespace="{escaped(reference.namespace(self.at))}"'
            f' dimensionAtObservation="{at}">',
            *(f"    {line}" for line in _followed(reference, dialect)),
            "  </message:Structure>",
            f"  <message:DataSetAction>{escaped(self.action)}</message:DataSetAction>",
        ]
        optional = [
            ("DataSetID", self.data_set_id),
            ("Extracted", instant(self.extracted) if self.extracted else ""),
            ("ReportingBegin", self.begin),
            ("ReportingEnd", self.end),
        ]
        lines += [f"  <message:{tag}>{escaped(text)}</message:{tag}>" for tag, text in optional if text]
        if self.source:
            lines.append(f'  <message:Source xml:lang="en">{escaped(self.source)}</message:Source>')
        lines.append("</message:Header>")
        return "\n".join("  " + line for line in lines) + "\n"


def _followed(reference: Follows, dialect: Dialect) -> list[str]:
    """What the data set follows: its URN (SDMX 3.0), or a ``Ref`` with its parts (2.1)."""
    tag = "StructureUsage" if reference.dataflow else "Structure"
    if dialect.by_urn:
        return [f"<common:{tag}>{escaped(reference.urn)}</common:{tag}>"]
    return [
        f"<common:{tag}>",
        f'  <Ref agencyID="{escaped(reference.agency)}" id="{escaped(reference.id)}"'
        f' version="{escaped(reference.version)}" class="{reference.scope}" package="datastructure"/>',
        f"</common:{tag}>",
    ]


def differences(data: bytes, meant: Header, dialect: Dialect = ML_21) -> list[tuple[str, str, str]]:
    """Where the header of a file and the frame of its data set are not what was meant: (what, meant, found).

    Read by element and attribute with lxml, apart from the writer.
    """
    from lxml import etree

    root = etree.fromstring(data)
    head, data_set = root[0], root[1]

    def text(name: str) -> str:
        return head.findtext(f"{{{dialect.message}}}{name}") or ""

    def identity(name: str) -> str:
        element = head.find(f"{{{dialect.message}}}{name}")
        return "" if element is None else element.get("id", "")

    structure = head.find(f"{{{dialect.message}}}Structure")
    reference, (kind, named) = meant.reference, _named(structure)
    found = {
        "ID": (meant.id, text("ID")),
        "Test": (str(meant.test).lower(), text("Test")),
        "Prepared": (instant(meant.prepared), text("Prepared")),
        "Sender": (meant.sender, identity("Sender")),
        "Receiver": (meant.receiver, identity("Receiver")),
        "Structure": (reference.ref, named),
        "kind of structure": (reference.scope, kind),
        "namespace": (reference.namespace(meant.at), "" if structure is None else structure.get("namespace", "")),
        "dimensionAtObservation": (meant.at, "" if structure is None else structure.get("dimensionAtObservation", "")),
        "structureRef": (
            "" if structure is None else structure.get("structureID", ""),
            data_set.get(f"{{{dialect.specific}}}structureRef", ""),
        ),
        "dataScope": ("" if dialect.by_urn else reference.scope, data_set.get(f"{{{dialect.specific}}}dataScope", "")),
        "action": (meant.action, data_set.get(f"{{{dialect.specific}}}action", "")),
        "DataSetAction": (meant.action, text("DataSetAction")),
        "DataSetID": (meant.data_set_id, text("DataSetID")),
        "Extracted": (instant(meant.extracted) if meant.extracted else "", text("Extracted")),
        "ReportingBegin": (meant.begin, text("ReportingBegin")),
        "ReportingEnd": (meant.end, text("ReportingEnd")),
        "Source": (meant.source, text("Source")),
    }
    return [(what, wanted, there) for what, (wanted, there) in found.items() if wanted != there]


def _named(structure: etree._Element | None) -> tuple[str, str]:
    """What a header's ``Structure`` names, by a ``Ref`` or a URN: ("Dataflow", "AGENCY:ID(VERSION)")."""
    for element in () if structure is None else structure.iter("{*}Ref", "{*}StructureUsage", "{*}Structure"):
        if element.get("agencyID"):
            agency, id_, version = (element.get(name, "") for name in ("agencyID", "id", "version"))
            return element.get("class", ""), f"{agency}:{id_}({version})"
        found = parse_reference((element.text or "").strip())
        if found is not None and found.kind:
            return found.kind, found.ref
    return "", ""


def instant(when: dt.datetime) -> str:
    """A date and time with its offset, to the second: ``2024-07-05T09:00:00+02:00``."""
    return when.replace(microsecond=0).isoformat()
