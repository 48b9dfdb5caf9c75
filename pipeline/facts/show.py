"""A structure in words, as we understand it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.facts.constraints import in_words
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import CodeList, Component, Structure


def structure_lines(structure: Structure | MetadataStructure) -> Iterator[str]:
    """The components or the attributes in order, then what else is said of the structure; one line each."""
    yield from _of_metadata(structure) if isinstance(structure, MetadataStructure) else _of_data(structure)


def _of_data(structure: Structure) -> Iterator[str]:
    yield f"{structure.ref}  {structure.name}  (SDMX {structure.sdmx})"
    for annotation in structure.annotations:
        yield f"  {annotation.type}: {annotation.title} {annotation.text}".rstrip()
    yield "  dimensions, in the order of the key"
    for dimension in structure.dimensions:
        yield f"    {_line(dimension)}"
    if structure.time is not None:
        yield f"    {_line(structure.time)}  (time)"
    yield "  measures"
    for measure in structure.measures:
        yield f"    {_line(measure)}"
    yield "  attributes"
    for attribute in structure.attributes:
        status = "mandatory" if attribute.mandatory else "conditional"
        level = structure.level(attribute)
        of = f" {attribute.group}" if level == "group" else ""
        yield f"    {_line(attribute)}  {level}{of}, {status}"
    for group in structure.groups:
        yield f"  group {group.id}: {', '.join(group.dimensions)}"
    for constraint in structure.constraints:
        yield f"  constraint {constraint.ref} ({constraint.kind})"
        for region in constraint.cube_regions:
            for selection in region.members:
                values = [value.value for value in selection.values]
                some = f"{', '.join(values[:12])} … ({len(values)})" if len(values) > 12 else ", ".join(values)
                if selection.time_range is not None:
                    some = " ".join(in_words(selection.time_range))
                yield f"    {'only' if region.include and selection.include else 'not'} {selection.component}: {some}"
        for key_set in constraint.key_sets:
            yield f"    {'only' if key_set.include else 'not'} {len(key_set.keys)} keys"
    for gap in gaps(structure):
        yield f"  note: {gap}"


def _of_metadata(structure: MetadataStructure) -> Iterator[str]:
    """The attributes as a tree: number, id, name, how they are written, whether they must be reported and published."""
    yield f"{structure.ref}  {structure.names.get('en') or next(iter(structure.names.values()), '')}".rstrip()
    for annotation in structure.annotations:
        yield f"  {annotation.type}: {annotation.title} {annotation.text}".rstrip()
    yield "  attributes, in the order of the report"
    every = list(structure.all)
    ids, names = (max(map(len, words), default=0) for words in ([a.id for a in every], [a.name for a in every]))
    for one in every:
        place = f"{'  ' * (one.level - 1)}{one.number:6} {one.id}"
        yield f"    {place:{ids + 11}} {one.name:{names}}  {', '.join(_what(one))}"
    if structure.report is not None:
        parts = ", ".join(f"{one.id} ({one.object_type})" for one in structure.report.identifiers)
        yield f"  in SDMX-ML 2.1: report {structure.report.id} on {structure.report.target}: {parts}"
    for gap in gaps_of_metadata(structure):
        yield f"  note: {gap}"


def _what(attribute: MetadataAttribute) -> Iterator[str]:
    if attribute.presentational:
        yield "heading"
        return
    yield attribute.codelist_ref or (attribute.text_format.type if attribute.text_format else "text")
    yield "mandatory" if attribute.min_occurs else "optional"
    if attribute.max_occurs != 1:
        yield f"up to {attribute.max_occurs} times" if attribute.max_occurs else "any number of times"
    if attribute.restricted:
        yield "not for publication"


def gaps_of_metadata(structure: MetadataStructure) -> Iterator[str]:
    """What is missing in a metadata structure, in sentences: what can therefore not be done, or not be relied on."""
    if structure.report is None:
        yield "It is not given as SDMX-ML 2.1: no 2.1 message can be written by it."
    elif not any(identifier.object_type == "Dataflow" for identifier in structure.report.identifiers):
        yield f"Its 2.1 target {structure.report.target} has no dataflow in it."
    if not any(attribute.restricted for attribute in structure.all):
        yield "No attribute is marked as not for publication: everything in a report would be published."
    nameless = [attribute.id for attribute in structure.all if not attribute.names]
    if nameless:
        yield f"The concepts of {_some(nameless)} are not at hand, or have no name."
    coded = dict.fromkeys(attribute.codelist_ref for attribute in structure.all if attribute.codelist_ref)
    if coded:
        yield f"Values by {_some(coded)} are not judged."
    if "-" in structure.version:
        yield _draft(structure.version)


def _draft(version: str) -> str:
    return f"Version {version} is a draft: its maintainer may still change it."


def gaps(structure: Structure) -> Iterator[str]:
    """What is missing in a structure, or other than one would expect, in sentences: what is therefore not judged."""
    if structure.time is None:
        yield "There is no time dimension: a data set has no series, and its periods are not judged."
    if len(structure.measures) > 1:
        yield f"There are {len(structure.measures)} measures: {_some(m.id for m in structure.measures)}."
    elif not structure.measures:
        yield "There is no measure."
    for dimension in structure.dimensions:
        if dimension.kind == "measure":
            yield f"{dimension.id} is a measure dimension: it says what an observation measures."
    for component in structure.components:
        yield from _gaps_of(component)
    nameless = [c.id for c in structure.components if not c.name]
    if nameless:
        yield f"The concepts of {_some(nameless)} are not at hand, or have no name."
    for group in structure.groups:
        if not group.dimensions:
            yield f"The group {group.id} does not name its dimensions: they are in an attachment constraint."
    for constraint in structure.constraints:
        if constraint.kind == "allowed" and constraint.unread:
            yield f"{constraint.ref} has parts that are not understood, nor judged: {_some(constraint.unread)}."
    if "-" in structure.version:
        yield _draft(structure.version)


def _gaps_of(component: Component) -> Iterator[str]:
    """What is missing of a component's list."""
    codelist = component.codelist
    if codelist is None:
        if component.codelist_ref:
            yield f"{component.codelist_ref} is not at hand: values of {component.id} are not judged."
        return
    if codelist.partial:
        yield f"Only a part of {codelist.ref} is at hand: values of {component.id} are not judged."
    if component.codelist_ref not in ("", codelist.ref) and component.codelist_ref.endswith(")"):
        yield f"{component.id} asks for {component.codelist_ref}: {codelist.ref} is taken."
    if alike := same_but_for_case(codelist):
        yield f"{codelist.ref} has codes that differ in upper and lower case only: {_some(alike)}."


def same_but_for_case(codelist: CodeList) -> list[str]:
    """The codes that another code of the list equals but for upper and lower case."""
    alike: dict[str, list[str]] = {}
    for code in codelist.codes:
        alike.setdefault(code.casefold(), []).append(code)
    return [code for codes in alike.values() if len(codes) > 1 for code in codes]


def _some(words: Iterable[str], most: int = 8) -> str:
    listed = list(words)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _line(component: Component) -> str:
    if component.codelist is not None:
        part = ", a part" if component.codelist.partial else ""
        said = f"{component.codelist.ref}, {len(component.codelist.codes)} codes{part}"
    elif component.codelist_ref:
        said = f"{component.codelist_ref}, not at hand: values are not judged"
    elif component.text_format is not None:
        said = component.text_format.type
    else:
        said = "text"
    return f"{component.id:18} {component.name:36} {said}"
