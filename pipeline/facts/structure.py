"""What a data structure says, frozen: components, lists, levels, groups, constraints. The words are SDMX's own.

References are written ``AGENCY:ID(VERSION)``, components of them ``AGENCY:ID(VERSION).ITEM``. What a message only refers
to (an external list, a concept scheme that is elsewhere) is not an error: the component keeps the reference and has no
list, so that its values are *not judged*. ``structure_messages.py`` reads the messages, ``constraints.py`` holds the
constraints and judges rows by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain

from pipeline.errors import FactsError, Problem, nearest
from pipeline.facts.constraints import Constraint as Constraint
from pipeline.facts.constraints import CubeRegion as CubeRegion
from pipeline.facts.constraints import KeySet as KeySet
from pipeline.facts.constraints import MemberSelection as MemberSelection
from pipeline.facts.constraints import MemberValue as MemberValue
from pipeline.facts.constraints import TimeRange as TimeRange
from pipeline.facts.references import parse_reference, resolve

FLAT = "AllDimensions"
"""SDMX's word for a data set without series: every observation carries its whole key."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark of the structure's maintainer."""

    id: str = ""
    type: str = ""
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list; the dates are ISO strings, or empty when the list does not say."""

    id: str
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    parent: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class CodeList:
    """The codes a component may take; a partial list lacks codes that the whole one has."""

    agency: str
    id: str
    version: str
    codes: Mapping[str, Code] = field(hash=False)
    partial: bool = False
    name: str = ""
    valid_from: str = ""
    valid_to: str = ""

    @property
    def ref(self) -> str:
        """``ESTAT:CL_FREQ(1.0)``."""
        return f"{self.agency}:{self.id}({self.version})"

    def below(self, code: str) -> tuple[str, ...]:
        """Every code under this one in the list's simple hierarchy, without itself."""
        found: list[str] = []
        wave = {code}
        while wave := {c.id for c in self.codes.values() if c.parent in wave} - {code, *found}:
            found.extend(sorted(wave))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How an uncoded value is written; a facet that is not set is ``None``."""

    type: str = "String"
    min_length: int | None = None
    max_length: int | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    decimals: int | None = None
    pattern: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    is_sequence: bool = False
    interval: Decimal | None = None
    start_value: Decimal | None = None
    end_value: Decimal | None = None
    time_interval: str | None = None
    multilingual: bool = False
    sentinels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept with its core representation, which a component takes over unless it has one of its own."""

    ref: str
    id: str
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    codelist_ref: str = ""
    text_format: TextFormat | None = None
    min_occurs: int = 1
    max_occurs: int | None = 1


@dataclass(frozen=True, kw_only=True)
class Component:
    """A dimension, attribute or measure of a data structure.

    Coded when ``codelist_ref`` is set; ``codelist`` is then ``None`` when the list is not at hand.
    """

    id: str
    concept: str = ""
    concept_ref: str = ""
    name: str = ""
    codelist: CodeList | None = None
    codelist_ref: str = ""
    text_format: TextFormat | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dimension(Component):
    """A part of the key; ``kind`` is ``dimension``, ``time`` or ``measure`` (2.1's measure dimension)."""

    position: int
    kind: str = "dimension"


@dataclass(frozen=True, kw_only=True)
class Attribute(Component):
    """What is said beside the value, and of what: the data set, a group, some dimensions or the observation.

    ``dimensions`` are those it depends on (for a group: the group's), ``groups`` the groups it is reported in.
    ``max_occurs`` ``None`` is SDMX 3.0's *unbounded*; ``measures`` empty means all of them.
    """

    mandatory: bool = False
    relationship: str = "observation"
    dimensions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    min_occurs: int = 1
    max_occurs: int | None = 1
    measures: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The group it is reported in (the first, when there are several), or an empty string."""
        return self.groups[0] if self.groups else ""


@dataclass(frozen=True, kw_only=True)
class Measure(Component):
    """What is observed: one in SDMX 2.1 (the primary measure), any number in 3.0."""

    mandatory: bool = False
    min_occurs: int = 1
    max_occurs: int | None = 1


@dataclass(frozen=True, slots=True)
class Group:
    """A partial key to which attributes may be attached (no dimensions: an attachment constraint says which)."""

    id: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataflow:
    """A flow of data that follows a structure."""

    ref: str
    structure_ref: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A data structure: which components its data have, what values they take, where they are reported.

    ``dimensions`` are in key order and without time; ``dataflow`` is the one through which it was asked for.
    """

    agency: str
    id: str
    version: str
    name: str = ""
    sdmx: str = "2.1"
    dimensions: tuple[Dimension, ...]
    time: Dimension | None = None
    measures: tuple[Measure, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    groups: tuple[Group, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    final: bool = False
    dataflow: str = ""

    @property
    def ref(self) -> str:
        """``ESTAT:STSALL(2.1)``."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def urn(self) -> str:
        """The structure's name in the whole SDMX world."""
        return f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={self.ref}"

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Dimensions, time, measures, attributes."""
        time = () if self.time is None else (self.time,)
        return (*self.dimensions, *time, *self.measures, *self.attributes)

    @cached_property
    def _by_id(self) -> Mapping[str, Component]:
        return {component.id: component for component in self.components}

    def component(self, id: str) -> Component | None:  # noqa: A002 - SDMX's own word
        """The component of this id, if the structure has it."""
        return self._by_id.get(id)

    def series_key(self, at: str = "TIME_PERIOD") -> tuple[Dimension, ...]:
        """The dimensions a series carries: all but the one at the observation; none in a flat data set."""
        return () if at == FLAT else tuple(d for d in self._key if d.id != at)

    def observation_key(self, at: str = "TIME_PERIOD") -> tuple[Dimension, ...]:
        """The dimensions an observation carries: the one at the observation; all in a flat data set."""
        return self._key if at == FLAT else tuple(d for d in self._key if d.id == at)

    @cached_property
    def _key(self) -> tuple[Dimension, ...]:
        return self.dimensions if self.time is None else (*self.dimensions, self.time)

    def level(self, attribute: Attribute, at: str = "TIME_PERIOD") -> str:
        """Where the attribute is reported: on the ``dataset``, a ``group``, the ``series`` or the ``observation``.

        SDMX 2.1 section 3A: in a group when it is attached to one; else on the series, unless it depends on the
        dimension at the observation; in a flat data set, on the observation.
        """
        if attribute.groups:
            return "group"
        if attribute.relationship != "dimensions":
            return attribute.relationship
        return "observation" if at == FLAT or at in attribute.dimensions else "series"

    def reported(self, level: str, at: str = "TIME_PERIOD") -> tuple[Attribute, ...]:
        """The attributes reported at this level, in the structure's order."""
        return tuple(a for a in self.attributes if self.level(a, at) == level)


@dataclass(frozen=True, kw_only=True)
class Structures:
    """Everything found in the messages, by reference; ``stubs`` are structures of which only the name is there."""

    structures: Mapping[str, Structure]
    dataflows: Mapping[str, Dataflow]
    constraints: tuple[Constraint, ...]
    codelists: Mapping[str, CodeList]
    concepts: Mapping[str, Concept]
    metadata_structures: tuple[str, ...]
    stubs: tuple[str, ...]

    def structure(self, ref: str | None = None) -> Structure:
        """The structure of this reference, or of the dataflow of this reference with the dataflow's constraints too.

        ``AGENCY:ID(VERSION)``, a URN, or less: without version the highest, without agency the only one of that id.
        Without a reference: the only structure there is.
        """
        if ref is None:
            return self._only()
        wanted = parse_reference(ref, version="*")
        if wanted and wanted.kind != "Dataflow" and (structure := resolve(self.structures, wanted)):
            return structure
        if wanted and wanted.kind != "DataStructure" and (flow := resolve(self.dataflows, wanted)):
            return self._of_dataflow(flow)
        stub = f" Only its name is in the message: {ref}." if ref in self.stubs else ""
        raise FactsError(Problem("", f"the structure {ref} is not at hand.{stub}", self._at_hand(ref)))

    def dataflow(self, ref: str) -> Dataflow:
        """The dataflow of this reference."""
        wanted = parse_reference(ref, version="*")
        if wanted and (flow := resolve(self.dataflows, wanted)):
            return flow
        hint = f"At hand: {', '.join(sorted(self.dataflows)) or 'none'}{nearest(ref, self.dataflows)}"
        raise FactsError(Problem("", f"the dataflow {ref} is not at hand.", hint))

    def _only(self) -> Structure:
        if len(self.structures) == 1:
            return next(iter(self.structures.values()))
        why = "there is more than one data structure; say which." if self.structures else "there is no data structure."
        raise FactsError(Problem("", why, self._at_hand("")))

    def _of_dataflow(self, flow: Dataflow) -> Structure:
        wanted = parse_reference(flow.structure_ref)
        structure = resolve(self.structures, wanted) if wanted else None
        if structure is None:
            follows = flow.structure_ref or "a structure that it does not name"
            raise FactsError(Problem("", f"the dataflow {flow.ref} follows {follows}, which is not at hand."))
        own = (c for c in self.constraints if attached(c, "Dataflow", flow.ref))
        constraints = tuple(dict.fromkeys(chain(structure.constraints, own)))
        return replace(structure, constraints=constraints, dataflow=flow.ref)

    def _at_hand(self, ref: str) -> str:
        names = sorted(self.structures)
        listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        return f"At hand: {listed or 'none'}{nearest(ref, names) or '.'}"


def attached(constraint: Constraint, kind: str, ref: str) -> bool:
    """Whether a constraint is attached to the artefact of this kind and reference."""
    for target in constraint.attached_to:
        wanted = parse_reference(target)
        if wanted and wanted.kind == kind and resolve({ref: True}, wanted):
            return True
    return False
