"""A structure in words, as we understand it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.facts.structure import Component, Structure


def structure_lines(structure: Structure) -> Iterator[str]:
    """The components in order, then groups and constraints; one line each."""
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
                yield f"    {'only' if region.include and selection.include else 'not'} {selection.component}: {some}"


def _line(component: Component) -> str:
    if component.codelist is not None:
        said = f"{component.codelist.ref}, {len(component.codelist.codes)} codes"
    elif component.codelist_ref:
        said = f"{component.codelist_ref}, not at hand: values are not judged"
    elif component.text_format is not None:
        said = component.text_format.type
    else:
        said = "text"
    return f"{component.id:18} {component.name:36} {said}"
