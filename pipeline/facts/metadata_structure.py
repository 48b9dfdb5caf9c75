"""What a metadata structure says, frozen: its attributes in order, nested, with names in languages. The words are SDMX's.

``metadata_messages.py`` reads the messages, SDMX-ML 2.1 and 3.0. References are written ``AGENCY:ID(VERSION)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.errors import FactsError, Problem, nearest
from pipeline.facts.references import Reference, parse_reference, resolve
from pipeline.facts.structure import Annotation, TextFormat


@dataclass(frozen=True, slots=True)
class MetadataAttribute:
    """A concept that a report speaks of. ``number`` is its place: 3, 3.1, 3.1.2.

    ``presentational``: it only groups those below it · ``min_occurs`` 0: it need not be reported · ``max_occurs`` None:
    unbounded · ``restricted``: not for publication, by an annotation of the structure · ``text_format``: how it is
    written (``XHTML``, ``String``, a date …) · ``codelist_ref`` where it is coded.
    """

    id: str
    number: str
    concept_ref: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    min_occurs: int = 1
    max_occurs: int | None = 1
    presentational: bool = False
    restricted: bool = False
    text_format: TextFormat | None = None
    codelist_ref: str = ""
    annotations: tuple[Annotation, ...] = ()
    children: tuple[MetadataAttribute, ...] = ()

    @property
    def level(self) -> int:
        """1 for a heading, 2 for what stands below it."""
        return self.number.count(".") + 1

    @property
    def name(self) -> str:
        """The English name, else the first, else the id."""
        return self.name_in("en")

    def name_in(self, language: str) -> str:
        """The name in a language, else the English one, else the first, else the id."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), "") or self.id

    @property
    def is_date(self) -> bool:
        """Whether it is written as a date or a period."""
        kind = self.text_format.type if self.text_format else ""
        return kind in DATES

    @property
    def is_rich(self) -> bool:
        """Whether it is written as XHTML."""
        return bool(self.text_format and self.text_format.type == "XHTML")

    @property
    def is_value(self) -> bool:
        """Whether it is a date, a code or a number, and so the same in every language."""
        kind = self.text_format.type if self.text_format else TEXT
        return bool(self.codelist_ref) or not (self.is_rich or kind == TEXT)


TEXT = "String"
DATES = frozenset({
    "DateTime", "GregorianDay", "GregorianTimePeriod", "BasicTimePeriod", "StandardTimePeriod", "ObservationalTimePeriod",
})  # fmt: skip
"""SDMX's text types of which a date is a value."""


@dataclass(frozen=True, slots=True)
class TargetIdentifier:
    """A part of a 2.1 target: its id and the kind of object that it refers to (``Dataflow``, ``DataProvider``).

    ``object_type`` is ``ReportPeriod`` for the period of the report.
    """

    id: str
    object_type: str


@dataclass(frozen=True, slots=True)
class Report:
    """What SDMX 2.1 wants to be named and 3.0 no longer has: the report structure and its target."""

    id: str
    target: str
    identifiers: tuple[TargetIdentifier, ...]


@dataclass(frozen=True)
class MetadataStructure:
    """A metadata structure definition. ``report`` is known where a 2.1 message has been read."""

    agency: str
    id: str
    version: str
    attributes: tuple[MetadataAttribute, ...]
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    report: Report | None = None
    annotations: tuple[Annotation, ...] = ()

    @property
    def ref(self) -> str:
        """``ESTAT:ESMS_MSD(2.2)``."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def urn(self) -> str:
        """The structure's URN."""
        return f"urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure={self.ref}"

    @property
    def all(self) -> Iterator[MetadataAttribute]:
        """Every attribute in the order of the report: 1, 1.1, 1.2, 2 …"""
        return _below(self.attributes)

    @cached_property
    def by_id(self) -> Mapping[str, MetadataAttribute]:
        """Attribute by id: in a metadata structure an id stands once."""
        return {attribute.id: attribute for attribute in self.all}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """Id → id of the attribute above it, empty for a heading."""
        below = {child.id: attribute.id for attribute in self.all for child in attribute.children}
        return {id_: below.get(id_, "") for id_ in self.by_id}


@dataclass(frozen=True, slots=True)
class Metadataflow:
    """A flow of metadata that follows a structure; ``targets`` as the message says, 3.0 only."""

    ref: str
    structure_ref: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetadataProvisionAgreement:
    """Who provides the metadata of which flow.

    ``provider``: 3.0's metadata provider; ``data_provider``: 2.1 knows data providers only; both are
    ``AGENCY:SCHEME(VERSION).ID``, empty where no message of that version has been read.
    """

    ref: str
    flow_ref: str = ""
    provider: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    data_provider: str = ""


@dataclass(frozen=True)
class MetadataStructures:
    """What the messages about metadata hold, by reference."""

    structures: Mapping[str, MetadataStructure] = field(default_factory=dict)
    flows: Mapping[str, Metadataflow] = field(default_factory=dict)
    agreements: Mapping[str, MetadataProvisionAgreement] = field(default_factory=dict)
    providers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """``AGENCY:SCHEME(VERSION).ID`` → names."""
    stubs: tuple[str, ...] = ()
    """Structures of which only the name is there."""

    def structure(self, ref: str) -> MetadataStructure:
        """A metadata structure, or the one of the metadataflow or provision agreement of this reference.

        ``AGENCY:ID(VERSION)``, a URN, or less: without version the highest. FactsError where there is none.
        """
        wanted = parse_reference(ref, version="*")
        found = self._meant(wanted) if wanted else None
        if found is None:
            known = [*self.structures, *self.flows, *self.agreements]
            stub = " Only its name is there." if ref in self.stubs else ""
            raise FactsError(
                Problem("dsd/index.toml", f"there is no metadata structure {ref!r}{nearest(ref, known) or '.'}{stub}")
            )
        return found

    def _meant(self, wanted: Reference) -> MetadataStructure | None:
        if (structure := resolve(self.structures, wanted)) is not None:
            return structure
        agreement = resolve(self.agreements, wanted)
        of_flow = parse_reference(agreement.flow_ref) if agreement else wanted
        flow = resolve(self.flows, of_flow) if of_flow else None
        if flow is None:
            return None
        followed = parse_reference(flow.structure_ref)
        structure = resolve(self.structures, followed) if followed else None
        if structure is None:
            follows = flow.structure_ref or "a structure that it does not name"
            raise FactsError(Problem(flow.ref, f"this metadataflow follows {follows}, which is not at hand."))
        return structure


def _below(attributes: tuple[MetadataAttribute, ...]) -> Iterator[MetadataAttribute]:
    for attribute in attributes:
        yield attribute
        yield from _below(attribute.children)
