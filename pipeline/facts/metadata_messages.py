"""SDMX-ML messages about reference metadata, 2.1 and 3.0, read into frozen structures.

The same artefact may stand in a 2.1 and in a 3.0 message: it is one, and what the two say must agree. What contradicts
itself is a problem; every problem is collected with its file and line, and raised once as ``FactsError``.

Sources: the SDMX-ML 2.1 and 3.0 schemas (SDMXStructureMetadataStructure, -Metadataflow, -ProvisionAgreement,
-Organisation); SDMX 3.0, section 6, on the step from 2.1: report structure and target are gone, a flow names its targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from lxml import etree

from pipeline.errors import FactsError, Problems
from pipeline.facts.metadata_structure import (
    MetadataAttribute,
    Metadataflow,
    MetadataProvisionAgreement,
    MetadataStructure,
    MetadataStructures,
    Report,
    TargetIdentifier,
)
from pipeline.facts.references import Reference, resolve
from pipeline.facts.structure import Concept
from pipeline.facts.structure_xml import (
    Artefact,
    annotations_of,
    child_of,
    children_of,
    concept_at_hand,
    facet,
    identified,
    is_true,
    local_id,
    names_of,
    own_representation,
    read_concepts,
    reference_in,
    shelved,
    tag_of,
    text_of,
    whole,
)

DEEPEST = 20
"""No attribute may stand below more than so many others."""


def read_metadata_structures(messages: Iterable[tuple[str, bytes]], restriction: str) -> MetadataStructures:
    """What messages, given as (name, bytes), hold of metadata structures; several complete one another.

    ``restriction``: the type of the annotation that marks an attribute as not to be published.
    """
    problems = Problems(FactsError)
    shelves = shelved(messages, problems)
    problems.done()
    reading = _Reading(*_concepts(shelves.get("ConceptScheme", ()), problems), restriction, problems)
    structures, stubs = _structures(shelves.get("MetadataStructure", ()), reading)
    flows = _flows(shelves.get("Metadataflow", ()), structures, problems)
    given = (*shelves.get("MetadataProvisionAgreement", ()), *shelves.get("ProvisionAgreement", ()))
    agreements = _agreements(given, problems)
    problems.done()
    schemes = (*shelves.get("MetadataProviderScheme", ()), *shelves.get("DataProviderScheme", ()))
    return MetadataStructures(structures, flows, agreements, dict(_providers(schemes)), stubs)


class _Reading(NamedTuple):
    """What metadata structures are read against: all concepts, and those of each file by themselves."""

    concepts: Mapping[str, Concept]
    of_file: Mapping[str, Mapping[str, Concept]]
    restriction: str
    problems: Problems


def _concepts(
    items: Sequence[Artefact], problems: Problems
) -> tuple[dict[str, Concept], dict[str, Mapping[str, Concept]]]:
    told = Problems(FactsError)  # the same problems, found a second time
    files = dict.fromkeys(item.file for item in items)
    each = {file: read_concepts([item for item in items if item.file == file], told) for file in files}
    return read_concepts(items, problems), dict(each)


# --------------------------------------------------------------------------------------------- structures


@dataclass(frozen=True, slots=True)
class _Read:
    """A metadata structure as one message has it; ``places``: the file and line of each attribute."""

    structure: MetadataStructure
    item: Artefact
    places: dict[str, str] = field(default_factory=dict)


def _structures(items: Iterable[Artefact], reading: _Reading) -> tuple[dict[str, MetadataStructure], tuple[str, ...]]:
    """The metadata structures, and the references of those of which only the name is there."""
    found: dict[str, _Read] = {}
    those, stubs = whole(items, "MetadataStructureComponents", reading.problems)
    for item, components in those:
        new = _structure(item, components, reading)
        old = found.get(new.structure.ref)
        found[new.structure.ref] = new if old is None else _together(old, new, reading.problems)
    return {ref: read.structure for ref, read in found.items()}, tuple(stubs)


def _structure(item: Artefact, components: etree._Element, reading: _Reading) -> _Read:
    reports = list(children_of(components, "ReportStructure"))
    report = max(reports, key=lambda e: sum(1 for _ in e.iter("{*}MetadataAttribute")), default=None)
    holder = child_of(components, "MetadataAttributeList") if report is None else report
    places: dict[str, str] = {}
    ref = item.reference
    structure = MetadataStructure(
        agency=ref.agency,
        id=ref.id,
        version=ref.version,
        attributes=_attributes(item, holder, reading, places, ()),
        names=names_of(item.element),
        report=None if report is None else _report(item, components, report, reading.problems),
        annotations=annotations_of(item.element),
    )
    if not structure.attributes:
        reading.problems.add(item.where, f"the metadata structure {ref.ref} has no attributes.")
    return _Read(structure, item, places)


def _attributes(
    item: Artefact,
    holder: etree._Element | None,
    reading: _Reading,
    places: dict[str, str],
    above: tuple[tuple[int, bool], ...],
) -> tuple[MetadataAttribute, ...]:
    """The attributes below a holder, in order; ``above``: place and restriction of those above them."""
    found = []
    for place, element in enumerate(children_of(holder, "MetadataAttribute"), start=1):
        identity = _identity(item, element, reading.problems)
        id_ = element.get("id") or identity.item
        here = item.at(element)
        if id_ in places:
            words = f"the metadata attribute {id_!r} stands twice, before at {places[id_]}."
            reading.problems.add(here, words, "Here a concept is found by its id alone: it stands once in a structure.")
        places.setdefault(id_, here)
        if len(above) >= DEEPEST:
            reading.problems.add(here, f"the metadata attribute {id_!r} is nested deeper than {DEEPEST} levels.")
            continue
        annotations = annotations_of(element)
        restricted = any(given for _, given in above[-1:]) or any(a.type == reading.restriction for a in annotations)
        attribute = _attribute(item, element, id_, identity, reading)
        way = (*above, (place, restricted))
        found.append(
            replace(
                attribute,
                number=".".join(str(number) for number, _ in way),
                restricted=restricted,
                annotations=annotations,
                children=_attributes(item, element, reading, places, way),
            )
        )
    return tuple(found)


def _identity(item: Artefact, element: etree._Element, problems: Problems) -> Reference:
    """The concept that the attribute stands for."""
    identity = reference_in(child_of(element, "ConceptIdentity"))
    if identity is not None and identity.item:
        return identity
    problems.add(item.at(element), "a metadata attribute does not say which concept it stands for.")
    return Reference("", "", "", "", element.get("id", "?"))


def _attribute(
    item: Artefact, element: etree._Element, id_: str, identity: Reference, reading: _Reading
) -> MetadataAttribute:
    """What the attribute says by itself: names and, unless it has one of its own, format are its concept's."""
    problems = reading.problems
    own = concept_at_hand(identity, reading.of_file.get(item.file, {}))
    concept = own or concept_at_hand(identity, reading.concepts)
    written = own_representation(item, element, concept, problems)
    least = facet(item, element, "minOccurs", int, problems)
    most = element.get("maxOccurs")
    return MetadataAttribute(
        id=id_,
        number="",
        concept_ref=identity.full,
        names=concept.names if concept else {},
        min_occurs=1 if least is None else least,
        max_occurs=None if most == "unbounded" else facet(item, element, "maxOccurs", int, problems) or 1,
        presentational=is_true(element.get("isPresentational")),
        text_format=written.text_format,
        codelist_ref=written.codelist_ref,
    )


# ---------------------------------------------------------------------------------------- 2.1: report and target


def _report(item: Artefact, components: etree._Element, element: etree._Element, problems: Problems) -> Report:
    """The report structure with one of its targets: the first that can be about a dataflow, else its first."""
    named = [local_id(target) for target in children_of(element, "MetadataTarget")]
    targets = {e.get("id", ""): tuple(_identifiers(e)) for e in children_of(components, "MetadataTarget")}
    known = [name for name in named if name in targets]
    for name in named:
        if name not in targets:
            problems.add(item.at(element), f"the report structure names the target {name!r}, which there is not.")
    if not named:
        problems.add(item.at(element), f"the report structure {element.get('id', '')!r} names no target.")
    of_flows = [name for name in known if any(one.object_type == "Dataflow" for one in targets[name])]
    target = next(iter(of_flows or known), "")
    return Report(element.get("id", ""), target, targets.get(target, ()))


_FIXED = {  # SDMX 2.1 gives these parts of a target their ids
    "ReportPeriodTarget": TargetIdentifier("REPORT_PERIOD_TARGET", "ReportPeriod"),
    "KeyDescriptorValuesTarget": TargetIdentifier("DIMENSION_DESCRIPTOR_VALUES_TARGET", "KeyDescriptorValues"),
    "DataSetTarget": TargetIdentifier("DATA_SET_TARGET", "DataSet"),
    "ConstraintContentTarget": TargetIdentifier("CONSTRAINT_CONTENT_TARGET", "ConstraintContent"),
}


def _identifiers(target: etree._Element) -> Iterator[TargetIdentifier]:
    for element in children_of(target, "IdentifiableObjectTarget", *_FIXED):
        if fixed := _FIXED.get(tag_of(element)):
            yield replace(fixed, id=element.get("id") or fixed.id)
        else:
            yield TargetIdentifier(element.get("id", ""), element.get("objectType", ""))


# ------------------------------------------------------------------------------ the same thing in two messages


def _together(old: _Read, new: _Read, problems: Problems) -> _Read:
    """One structure out of two messages that agree: names in all languages, the report where 2.1 gives it."""
    for id_, difference in _differences(old.structure, new.structure):
        places = [where for read in (old, new) if (where := read.places.get(id_))]
        problems.add(
            " and ".join(places),
            f"{new.structure.ref}: the metadata attribute {id_!r} {difference}.",
            f"{old.item.file} and {new.item.file} both give this structure; they must agree.",
        )
    first, second = old.structure, new.structure
    merged = replace(
        first,
        attributes=_named(first.attributes, second.by_id),
        names={**second.names, **first.names},
        report=first.report or second.report,
    )
    return replace(old, structure=merged)


def _named(
    attributes: tuple[MetadataAttribute, ...], others: Mapping[str, MetadataAttribute]
) -> tuple[MetadataAttribute, ...]:
    """The attributes with the names that others give them in further languages."""
    return tuple(
        replace(
            one,
            names={**(others[one.id].names if one.id in others else {}), **one.names},
            children=_named(one.children, others),
        )
        for one in attributes
    )


def _differences(first: MetadataStructure, second: MetadataStructure) -> Iterator[tuple[str, str]]:
    """(Attribute, how the two differ in it); places are compared where both have the same attributes."""
    one, other = first.by_id, second.by_id
    for id_ in chain(one, (id_ for id_ in other if id_ not in one)):
        if id_ not in one or id_ not in other:
            yield id_, "is in one of them only"
    same = one.keys() == other.keys()
    for id_ in (id_ for id_ in one if id_ in other):
        for said, its in zip(_said(one[id_], same), _said(other[id_], same), strict=True):
            if said != its:
                yield id_, f"{said} in the one, and {its} in the other"
        for language in sorted(one[id_].names.keys() & other[id_].names.keys()):
            mine, its = one[id_].names[language], other[id_].names[language]
            if mine != its:
                yield id_, f"is named {mine!r} in the one, and {its!r} in the other"


def _said(attribute: MetadataAttribute, numbered: bool) -> tuple[str, ...]:
    """What must agree about an attribute, in words."""
    most = "any number of times" if attribute.max_occurs is None else f"{attribute.max_occurs} times at most"
    written = attribute.codelist_ref or (attribute.text_format.type if attribute.text_format else "")
    return (
        f"has the number {attribute.number}" if numbered else "",
        f"stands {attribute.min_occurs} times at least, {most}",
        "only groups those below it" if attribute.presentational else "can hold a text",
        "is restricted from publication" if attribute.restricted else "is for publication",
        f"is written as {written}" if written else "has no format",
    )


# --------------------------------------------------------------------------------- flows, agreements, providers


def _flows(
    items: Iterable[Artefact], structures: Mapping[str, MetadataStructure], problems: Problems
) -> dict[str, Metadataflow]:
    found: dict[str, Metadataflow] = {}
    for item in items:
        if not identified(item, problems):
            continue
        followed = reference_in(child_of(item.element, "Structure"))
        structure = resolve(structures, followed) if followed else None
        follows = structure.ref if structure else followed.ref if followed else ""
        targets = tuple(text_of(target) for target in children_of(item.element, "Target"))
        new = Metadataflow(item.reference.ref, follows, names_of(item.element), targets)
        old = found.get(new.ref)
        if old is not None:
            one = _one(item, "structure", old.structure_ref, new.structure_ref, problems)
            every = tuple(dict.fromkeys((*old.targets, *new.targets)))
            new = Metadataflow(new.ref, one, {**new.names, **old.names}, every)
        found[new.ref] = new
    return found


def _agreements(items: Iterable[Artefact], problems: Problems) -> dict[str, MetadataProvisionAgreement]:
    """The agreements about metadata, 3.0's first; 2.1 has the same element for agreements about data."""
    found: dict[str, MetadataProvisionAgreement] = {}
    for item in items:
        flow = _flow_of(item.element)
        if flow is None or not identified(item, problems):
            continue
        ours = tag_of(item.element) == "MetadataProvisionAgreement"
        provider = _provider(child_of(item.element, "MetadataProvider" if ours else "DataProvider"))
        metadata, data = (provider, "") if ours else ("", provider)
        new = MetadataProvisionAgreement(item.reference.ref, flow.ref, metadata, names_of(item.element), data)
        old = found.get(new.ref)
        if old is not None:
            _one(item, "metadataflow", old.flow_ref, new.flow_ref, problems)
            _one(item, "provider", _id(old.provider or old.data_provider), _id(provider), problems)
            new = replace(
                old,
                provider=old.provider or metadata,
                data_provider=old.data_provider or data,
                names={**new.names, **old.names},
            )
        found[new.ref] = new
    return found


def _flow_of(element: etree._Element) -> Reference | None:
    """The metadataflow of an agreement; none where it is about data."""
    flow = reference_in(child_of(element, "Metadataflow"))
    usage = flow or reference_in(child_of(element, "StructureUsage"))
    return usage if usage is not None and usage.kind in ("", "Metadataflow") else None


def _provider(element: etree._Element | None) -> str:
    reference = reference_in(element)
    return reference.full if reference else ""


def _id(provider: str) -> str:
    """The provider's own id: the scheme of metadata providers and the one of data providers may both hold it."""
    return provider.rpartition(").")[2]


def _one(item: Artefact, what: str, old: str, new: str, problems: Problems) -> str:
    """What two messages say of the same artefact, where they agree or one of them is silent."""
    if old and new and old != new:
        ref = item.reference.ref
        problems.add(item.where, f"{ref} is given twice: with the {what} {old}, and here with the {what} {new}.")
    return old or new


def _providers(schemes: Iterable[Artefact]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for scheme in schemes:
        for element in children_of(scheme.element, "MetadataProvider", "DataProvider"):
            yield f"{scheme.reference.ref}.{element.get('id', '')}", names_of(element)
