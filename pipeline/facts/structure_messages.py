"""Any SDMX-ML structure messages (2.1, 3.0, 3.1), one or several, read into frozen structures.

What contradicts itself is a problem; every problem of every message is collected with its file and line, and raised once
as ``FactsError``. ``structure_xml.py`` opens the messages and reads what all of them have in common.

Sources: the SDMX-ML 2.1 and 3.0 schemas (SDMXStructureDataStructure, -Codelist, -Constraint).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from lxml import etree

from pipeline.errors import FactsError, Problems, nearest
from pipeline.facts.references import Reference, numbers, parse_reference, resolve
from pipeline.facts.structure import (
    Attribute,
    Code,
    CodeList,
    Concept,
    Constraint,
    CubeRegion,
    Dataflow,
    Dimension,
    Group,
    KeySet,
    Measure,
    MemberSelection,
    MemberValue,
    Structure,
    Structures,
    TextFormat,
    TimeRange,
    attached,
)
from pipeline.facts.structure_xml import (
    LANG,
    Artefact,
    Representation,
    annotations_of,
    child_of,
    children_of,
    concept_at_hand,
    facet,
    identified,
    in_english,
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


def read_structures(messages: Iterable[tuple[str, bytes]]) -> Structures:
    """Read structure messages, given as (name for error places, bytes); several complete one another."""
    problems = Problems(FactsError)
    shelves = shelved(messages, problems)
    problems.done()
    codelists = _codelists(chain.from_iterable(shelves.get(kind, ()) for kind in _LISTS), problems)
    concepts = read_concepts(shelves.get("ConceptScheme", ()), problems)
    limits = chain.from_iterable(shelves.get(kind, ()) for kind in _CONSTRAINTS)
    constraints = tuple(dict.fromkeys(_constraint(item) for item in limits if identified(item, problems)))
    reading = _Reading(codelists, concepts, constraints, problems)
    structures, stubs = _structures(shelves.get("DataStructure", ()), reading)
    dataflows = [_dataflow(item) for item in shelves.get("Dataflow", ()) if identified(item, problems)]
    problems.done()
    return Structures(
        structures=structures,
        dataflows={flow.ref: flow for flow in sorted(dataflows, key=lambda flow: bool(flow.structure_ref))},
        constraints=constraints,
        codelists=codelists,
        concepts=concepts,
        metadata_structures=tuple(dict.fromkeys(i.reference.ref for i in shelves.get("MetadataStructure", ()))),
        stubs=stubs,
    )


_LISTS = ("Codelist", "GeographicCodelist", "GeoGridCodelist", "ValueList")
_CONSTRAINTS = ("ContentConstraint", "DataConstraint", "AvailabilityConstraint")


# ------------------------------------------------------------------------------------------ code lists


def _codelists(items: Iterable[Artefact], problems: Problems) -> dict[str, CodeList]:
    """Every list of which codes are at hand; one that is only referred to, or empty, is not."""
    plain: dict[str, CodeList] = {}
    extensions: dict[str, list[etree._Element]] = {}
    for item in items:
        if not identified(item, problems):
            continue
        new = _codelist(item, problems)
        old = plain.get(new.ref)
        plain[new.ref] = new if old is None else _same_list(old, new, item, problems)
        if extended := list(children_of(item.element, "CodelistExtension")):
            extensions[new.ref] = extended
    whole: dict[str, CodeList] = {}
    for ref in plain:
        _extended(ref, plain, extensions, whole, ())
    return {ref: codelist for ref, codelist in whole.items() if codelist.codes}


def _codelist(item: Artefact, problems: Problems) -> CodeList:
    element, reference = item.element, item.reference
    codes: dict[str, Code] = {}
    for child in element:
        if not child.tag.endswith(("Code", "}ValueItem")):
            continue
        code = _code(child)
        if code.id in codes:
            problems.add(item.at(child), f"the list {reference.ref} has the code {code.id!r} twice.")
        codes[code.id] = code
    return CodeList(
        reference.agency,
        reference.id,
        reference.version,
        codes,
        partial=is_true(element.get("isPartial")),
        name=in_english(names_of(element)),
        valid_from=element.get("validFrom", ""),
        valid_to=element.get("validTo", ""),
    )


def _code(element: etree._Element) -> Code:
    """One code; lists have tens of thousands, so every child is looked at once."""
    names: dict[str, str] = {}
    parent = valid_from = valid_to = ""
    for child in element:
        tag = child.tag
        if tag.endswith("}Name"):
            names[child.get(LANG, "en")] = (child.text or "").strip()
        elif tag.endswith("}Parent"):
            parent = local_id(child)
        elif tag.endswith("}Annotations"):
            dates = {a.type.upper(): a.title or a.text for a in annotations_of(element)}
            valid_from, valid_to = dates.get("VALID_FROM", ""), dates.get("VALID_TO", "")
    return Code(element.get("id", ""), in_english(names), names, parent, valid_from, valid_to)


def _same_list(old: CodeList, new: CodeList, item: Artefact, problems: Problems) -> CodeList:
    """One list out of two of the same reference: the one with codes, the whole one, or two parts together."""
    if not old.codes or not new.codes or old.partial != new.partial:
        return max((old, new), key=lambda codelist: (bool(codelist.codes), not codelist.partial))
    if old.partial:
        return replace(old, codes={**new.codes, **old.codes})
    if set(old.codes) != set(new.codes):
        odd = ", ".join(sorted(set(old.codes) ^ set(new.codes))[:5])
        problems.add(item.where, f"the list {new.ref} is given twice with different codes (as {odd}).")
    return old


def _extended(
    ref: str,
    plain: Mapping[str, CodeList],
    extensions: Mapping[str, list[etree._Element]],
    whole: dict[str, CodeList],
    path: tuple[str, ...],
) -> CodeList:
    """The list with the codes it takes over from others (3.0 CodelistExtension); partial when one is not at hand."""
    if ref in whole:
        return whole[ref]
    codelist = plain[ref]
    codes, partial = dict(codelist.codes), codelist.partial
    for extension in extensions.get(ref, ()):
        wanted = reference_in(child_of(extension, "Codelist"))
        base = resolve(plain, wanted) if wanted else None
        if base is None or base.ref in (ref, *path):
            partial = True
            continue
        base = _extended(base.ref, plain, extensions, whole, (*path, ref))
        partial = partial or base.partial or not base.codes
        for code in _taken_over(extension, base):
            codes.setdefault(code.id, code)
    whole[ref] = replace(codelist, codes=codes, partial=partial)
    return whole[ref]


def _taken_over(extension: etree._Element, base: CodeList) -> Iterator[Code]:
    chosen = dict.fromkeys(base.codes)
    for selection in children_of(extension, "InclusiveCodeSelection", "ExclusiveCodeSelection"):
        named = {code for member in children_of(selection, "MemberValue") for code in _members(member, base)}
        keep = tag_of(selection) == "InclusiveCodeSelection"
        chosen = {code: None for code in chosen if (code in named) == keep}
    prefix = extension.get("prefix", "")
    for code in map(base.codes.__getitem__, chosen):
        yield replace(code, id=prefix + code.id, parent=prefix + code.parent if code.parent in chosen else "")


def _members(member: etree._Element, base: CodeList) -> Iterator[str]:
    """The codes a selection names: wildcards expanded, children cascaded."""
    pattern = re.compile(".*".join(map(re.escape, text_of(member).split("%"))), re.DOTALL)
    cascade = member.get("cascadeValues", "false")
    for code in base.codes:
        if pattern.fullmatch(code):
            yield from () if cascade == "excluderoot" else (code,)
            yield from () if cascade == "false" else base.below(code)


# ------------------------------------------------------------------------------------- data structures


class _Reading(NamedTuple):
    """What the data structures are read against."""

    codelists: Mapping[str, CodeList]
    concepts: Mapping[str, Concept]
    constraints: tuple[Constraint, ...]
    problems: Problems


def _structures(items: Iterable[Artefact], reading: _Reading) -> tuple[dict[str, Structure], tuple[str, ...]]:
    """The data structures, and the references of those of which only the name is there."""
    found: dict[str, Structure] = {}
    those, stubs = whole(items, "DataStructureComponents", reading.problems)
    for item, components in those:
        structure = _structure(item, components, reading)
        if found.setdefault(structure.ref, structure) != structure:
            reading.problems.add(item.where, f"the data structure {structure.ref} is given twice, differently.")
    return found, tuple(stubs)


def _structure(item: Artefact, components: etree._Element, reading: _Reading) -> Structure:
    reference, element = item.reference, item.element
    dimensions, time = _dimensions(item, child_of(components, "DimensionList"), reading)
    groups = tuple(_group(group) for group in children_of(components, "Group"))
    declared = children_of(child_of(components, "AttributeList"), "Attribute", "ReportingYearStartDay")
    measured = children_of(child_of(components, "MeasureList"), "PrimaryMeasure", "Measure")
    structure = Structure(
        agency=reference.agency,
        id=reference.id,
        version=reference.version,
        name=in_english(names_of(element)),
        sdmx=item.sdmx,
        dimensions=dimensions,
        time=time,
        measures=tuple(_measure(item, e, reading) for e in measured),
        attributes=tuple(_attribute(item, e, groups, reading) for e in declared),
        groups=groups,
        constraints=tuple(c for c in reading.constraints if attached(c, "DataStructure", reference.ref)),
        annotations=annotations_of(element),
        final=is_true(element.get("isFinal")) if item.sdmx == "2.1" else _stable(reference.version),
    )
    _check(item, structure, reading.problems)
    return structure


def _stable(version: str) -> bool:
    """In SDMX 3.0 a version of three numbers without a suffix is final."""
    return len(numbers(version)) == 3 and "-" not in version


def _dimensions(
    item: Artefact, element: etree._Element | None, reading: _Reading
) -> tuple[tuple[Dimension, ...], Dimension | None]:
    """The key in order: by the positions given, else as written; and the time dimension."""
    plain: list[tuple[int, dict[str, Any]]] = []
    time: dict[str, Any] | None = None
    for place, child in enumerate(children_of(element, "Dimension", "MeasureDimension", "TimeDimension"), start=1):
        if tag_of(child) == "TimeDimension":
            time, own = _component(item, child, reading, default="TIME_PERIOD")
            given = own.text_format or TextFormat()
            period = replace(given, type="ObservationalTimePeriod") if given.type == "String" else given
            time |= {"text_format": period, "kind": "time"}
            continue
        kind = "measure" if tag_of(child) == "MeasureDimension" else "dimension"
        position = facet(item, child, "position", int, reading.problems)
        fields, _ = _component(item, child, reading, kind)
        plain.append((place if position is None else position, fields | {"kind": kind}))
    plain.sort(key=lambda entry: entry[0])
    key = tuple(Dimension(**fields, position=i) for i, (_, fields) in enumerate(plain, start=1))
    return key, None if time is None else Dimension(**time, position=len(key) + 1)


def _component(
    item: Artefact, element: etree._Element, reading: _Reading, kind: str = "", default: str = ""
) -> tuple[dict[str, Any], Representation]:
    """What every component has: its concept, and a representation (its own, else the concept's)."""
    identity = reference_in(child_of(element, "ConceptIdentity"))
    if identity is None or not identity.item:
        reading.problems.add(item.at(element), f"a {tag_of(element)} does not say which concept it stands for.")
        identity = Reference("", "", "", "", element.get("id", "?"))
    concept = concept_at_hand(identity, reading.concepts)
    own = own_representation(item, element, concept, reading.problems)
    return {
        "id": element.get("id") or default or identity.item,
        "concept": identity.item,
        "concept_ref": identity.full,
        "name": concept.name if concept else "",
        "codelist": _list_of(own.codelist_ref, kind, reading),
        "codelist_ref": own.codelist_ref,
        "text_format": own.text_format,
        "roles": tuple(role.full for e in children_of(element, "ConceptRole") if (role := reference_in(e))),
    }, own


def _list_of(ref: str, kind: str, reading: _Reading) -> CodeList | None:
    """The list of this reference; for 2.1's measure dimension, the concepts of the scheme."""
    wanted = parse_reference(ref) if ref else None
    if wanted is None:
        return None
    if kind != "measure":
        return resolve(reading.codelists, wanted)
    inside = f"{wanted.ref}."
    codes = {c.id: Code(c.id, c.name, c.names) for r, c in reading.concepts.items() if r.startswith(inside)}
    return CodeList(wanted.agency, wanted.id, wanted.version, codes) if codes else None


def _group(element: etree._Element) -> Group:
    members = (local_id(child_of(e, "DimensionReference")) for e in children_of(element, "GroupDimension"))
    return Group(element.get("id", ""), tuple(members))


def _attribute(item: Artefact, element: etree._Element, groups: tuple[Group, ...], reading: _Reading) -> Attribute:
    default = "REPORTING_YEAR_START_DAY" if tag_of(element) == "ReportingYearStartDay" else ""
    fields, own = _component(item, element, reading, default=default)
    relationship, dimensions, attached = _relationship(item, element, reading.problems)
    if relationship == "group":
        dimensions = next((group.dimensions for group in groups if group.id in attached), ())
    return Attribute(
        **fields,
        mandatory=_mandatory(element),
        min_occurs=own.min_occurs,
        max_occurs=own.max_occurs,
        relationship=relationship,
        dimensions=dimensions,
        groups=attached,
        measures=tuple(local_id(e) for e in children_of(child_of(element, "MeasureRelationship"), "Measure")),
    )


def _relationship(
    item: Artefact, element: etree._Element, problems: Problems
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """To what the attribute is attached: the relationship, its dimensions, its groups."""
    given = child_of(element, "AttributeRelationship")
    if given is None or not len(given):
        problems.add(item.at(element), f"the attribute {element.get('id', '')!r} does not say what it is attached to.")
        return "observation", (), ()
    words = {"None": "dataset", "Dataflow": "dataset", "PrimaryMeasure": "observation", "Observation": "observation"}
    dimensions = tuple(local_id(e) for e in children_of(given, "Dimension"))
    groups = tuple(local_id(e) for e in children_of(given, "Group", "AttachmentGroup"))
    if dimensions:
        return "dimensions", dimensions, groups
    if groups:
        return "group", (), groups
    return words.get(tag_of(given[0]), "observation"), (), ()


def _measure(item: Artefact, element: etree._Element, reading: _Reading) -> Measure:
    default = "OBS_VALUE" if tag_of(element) == "PrimaryMeasure" else ""
    fields, own = _component(item, element, reading, default=default)
    mandatory = _mandatory(element)
    return Measure(**fields, mandatory=mandatory, min_occurs=own.min_occurs, max_occurs=own.max_occurs)


def _mandatory(element: etree._Element) -> bool:
    """2.1 says it by assignmentStatus, 3.0 by usage."""
    return (element.get("assignmentStatus") or element.get("usage") or "").lower() == "mandatory"


_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")


def _check(item: Artefact, structure: Structure, problems: Problems) -> None:
    """What a data structure must hold to be usable: a key, distinct ids, references that exist."""
    here = f"the data structure {structure.ref}"
    if not structure.dimensions:
        problems.add(item.where, f"{here} has no dimension.")
    ids = Counter(chain((c.id for c in structure.components), (g.id for g in structure.groups)))
    for id_, times in ids.items():
        if times > 1:
            problems.add(item.where, f"{here} has {times} components or groups of the id {id_!r}.")
        elif not _ID.fullmatch(id_):
            problems.add(item.where, f"{here} has a component or group of the id {id_!r}, which XML cannot name.")
    dimensions = {dimension.id for dimension in structure._key}
    groups, measures = {g.id for g in structure.groups}, {m.id for m in structure.measures}
    for group in structure.groups:
        _missing(item, f"{here}: the group {group.id}", "dimension", group.dimensions, dimensions, problems)
    for attribute in structure.attributes:
        subject = f"{here}: the attribute {attribute.id}"
        _missing(item, subject, "group", attribute.groups, groups, problems)
        _missing(item, subject, "measure", attribute.measures, measures, problems)
        if attribute.relationship == "dimensions":
            _missing(item, subject, "dimension", attribute.dimensions, dimensions, problems)


def _missing(
    item: Artefact, subject: str, kind: str, named: Iterable[str], there: Iterable[str], problems: Problems
) -> None:
    for id_ in named:
        if id_ not in there:
            problems.add(item.where, f"{subject} refers to the {kind} {id_!r}, which there is not{nearest(id_, there)}")


# ------------------------------------------------------------------------------ dataflows, constraints


def _dataflow(item: Artefact) -> Dataflow:
    structure = reference_in(child_of(item.element, "Structure"))
    return Dataflow(item.reference.ref, structure.ref if structure else "", in_english(names_of(item.element)))


def _constraint(item: Artefact) -> Constraint:
    """A 2.1 ContentConstraint or 3.0 DataConstraint (2.1: ``Actual`` unless it says otherwise)."""
    element = item.element
    word = element.get("type") or element.get("role") or ("Actual" if item.sdmx == "2.1" else "Allowed")
    attachment = child_of(element, "ConstraintAttachment")
    attached = ((tag_of(e), reference_in(e)) for e in (() if attachment is None else attachment))
    regions = list(children_of(element, "CubeRegion"))
    key_sets = list(children_of(element, "DataKeySet"))
    period = child_of(element, "ReferencePeriod")
    return Constraint(
        item.reference.ref,
        "actual" if tag_of(element) == "AvailabilityConstraint" else word.lower(),
        tuple(f"{kind}={reference.full}" for kind, reference in attached if reference and reference.agency),
        tuple(CubeRegion(is_true(e.get("include"), True), _selections(e)) for e in regions),
        tuple(KeySet(is_true(e.get("isIncluded"), True), tuple(map(_key, children_of(e, "Key")))) for e in key_sets),
        "" if period is None else period.get("startTime", ""),
        "" if period is None else period.get("endTime", ""),
        element.get("validFrom", ""),
        element.get("validTo", ""),
        in_english(names_of(element)),
        tuple(_unread(chain(regions, key_sets, chain.from_iterable(key_sets)))),
    )


_PARTS = ("KeyValue", "Attribute", "Component")


def _selections(element: etree._Element) -> tuple[MemberSelection, ...]:
    return tuple(
        MemberSelection(
            part.get("id", ""),
            is_true(part.get("include"), True),
            tuple(
                MemberValue(
                    text_of(value),
                    value.get("cascadeValues", "false").replace("1", "true").replace("0", "false"),
                    value.get("validFrom", ""),
                    value.get("validTo", ""),
                )
                for value in children_of(part, "Value")
            ),
            _time_range(child_of(part, "TimeRange")),
        )
        for part in children_of(element, *_PARTS)
    )


def _time_range(element: etree._Element | None) -> TimeRange | None:
    if element is None:
        return None
    bounds = {tag_of(child): child for child in element}
    start = bounds.get("StartPeriod", bounds.get("AfterPeriod"))
    end = bounds.get("EndPeriod", bounds.get("BeforePeriod"))
    return TimeRange(
        text_of(start),
        text_of(end),
        start is None or is_true(start.get("isInclusive"), True),
        end is None or is_true(end.get("isInclusive"), True),
    )


def _key(element: etree._Element) -> dict[str, str]:
    return {part.get("id", ""): text_of(child_of(part, "Value")) for part in children_of(element, "KeyValue")}


def _unread(elements: Iterable[etree._Element]) -> Iterator[str]:
    """What a constraint says that this reader has no words for, so that nobody takes it for the whole."""
    seen: set[str] = set()
    for element in elements:
        known = ("KeyValue",) if tag_of(element) == "Key" else _PARTS
        for part in element:
            tag = tag_of(part)
            if tag in known:
                seen |= {f"{tag}/{tag_of(e)}" for e in part if tag_of(e) not in ("Value", "TimeRange")}
                seen |= {f"{tag}/{name}" for name in ("validFrom", "validTo") if part.get(name)}
            elif tag not in ("Key", "Annotations"):
                seen.add(f"{tag_of(element)}/{tag}")
    yield from sorted(seen)
