"""Any SDMX-ML structure messages (2.1, 3.0, 3.1), one or several, read into frozen structures.

What contradicts itself is a problem; every problem of every message is collected with its file and line, and raised once
as ``FactsError``. Hostile files are users' files too: bytes only, a cap, no document type, nothing expanded or fetched.

Sources: the SDMX-ML 2.1 and 3.0 schemas (SDMXStructureDataStructure, -Codelist, -Concept, -Constraint, SDMXCommon).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from xml.parsers import expat

from lxml import etree

from pipeline.errors import FactsError, Problems, nearest
from pipeline.facts.references import Reference, numbers, parse_reference, resolve
from pipeline.facts.structure import (
    Annotation,
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

LARGEST = 64 * 2**20
"""No structure message may have more bytes than this."""


class _Item(NamedTuple):
    """A maintainable artefact as it stands in a message."""

    file: str
    sdmx: str
    element: etree._Element

    @property
    def where(self) -> str:
        return _where(self.file, self.element)

    def at(self, element: etree._Element) -> str:
        return _where(self.file, element)

    @property
    def reference(self) -> Reference:
        get = self.element.get
        return Reference("", get("agencyID", ""), get("id", ""), get("version") or "1.0", "")


def read_structures(messages: Iterable[tuple[str, bytes]]) -> Structures:
    """Read structure messages, given as (name for error places, bytes); several complete one another."""
    problems = Problems(FactsError)
    shelves: dict[str, list[_Item]] = {}
    for name, data in messages:
        for item in _artefacts(name, data, problems):
            shelves.setdefault(_tag(item.element), []).append(item)
    problems.done()
    codelists = _codelists(chain.from_iterable(shelves.get(kind, ()) for kind in _LISTS), problems)
    concepts = _concepts(shelves.get("ConceptScheme", ()), problems)
    limits = chain.from_iterable(shelves.get(kind, ()) for kind in _CONSTRAINTS)
    constraints = tuple(dict.fromkeys(_constraint(item) for item in limits if _identified(item, problems)))
    reading = _Reading(codelists, concepts, constraints, problems)
    structures, stubs = _structures(shelves.get("DataStructure", ()), reading)
    dataflows = [_dataflow(item) for item in shelves.get("Dataflow", ()) if _identified(item, problems)]
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
_NAMESPACE = re.compile(r"https?://www\.sdmx\.org/resources/sdmxml/schemas/v(\d)_(\d)/(\w+)", re.IGNORECASE)
_HINT = "Export it from the registry as an SDMX-ML 2.1 or 3.0 structure message."


def _artefacts(name: str, data: bytes, problems: Problems) -> Iterator[_Item]:
    """The maintainable artefacts of one message, once it has proved to be a harmless structure message."""
    root = _parse(name, data, problems)
    if root is None:
        return
    sdmx, wrong = _kind_of_message(root)
    structures = None if wrong else next(root.iter("{*}Structures"), None)
    if structures is None:
        problems.add(_where(name, root), wrong or "the message holds no structures.", _HINT)
        return
    for holder in structures:
        for element in holder:
            yield _Item(name, sdmx, element)


def _parse(name: str, data: bytes, problems: Problems) -> etree._Element | None:
    """The root of a well-formed message without a document type; nothing is ever expanded or fetched."""
    if len(data) > LARGEST:
        problems.add(name, f"is larger than {LARGEST // 2**20} MiB.", "Export one structure and what it refers to.")
        return None
    if unlike := _unlike_xml(data):
        problems.add(name, f"is {unlike}, not an SDMX structure message.", _HINT)
        return None
    if refused := _prolog(data):
        line, message = refused
        problems.add(f"{name} line {line}", message)
        return None
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        problems.add(f"{name} line {error.lineno or 1}", f"is not well-formed XML: {error.msg}.")
        return None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        problems.add(name, _DOCTYPE)
        return None
    return root


_DOCTYPE = "has a document type declaration, which no SDMX message needs and which can hide an attack; it is refused."


class _StopError(Exception):
    """The first element, or a document type, was reached."""


def _prolog(data: bytes) -> tuple[int, str] | None:
    """What is wrong before the first element; expat reads UTF-8, UTF-16 and Latin-1 and stops before any entity."""
    parser = expat.ParserCreate()

    def stop(*_: object) -> None:
        raise _StopError

    def doctype(*_: object) -> None:
        raise _StopError(_DOCTYPE)

    parser.StartElementHandler = stop
    parser.StartDoctypeDeclHandler = doctype
    try:
        for start in range(0, len(data), 65536):
            parser.Parse(data[start : start + 65536], False)
        parser.Parse(b"", True)
    except _StopError as reached:
        return (parser.CurrentLineNumber, str(reached)) if reached.args else None
    except expat.ExpatError as error:
        return error.lineno, f"is not well-formed XML: {expat.ErrorString(error.code)}."
    except (LookupError, ValueError) as error:
        return 1, f"is not in an encoding that XML readers share: {error}."
    return None


_SIGNATURES = {b"PK": "a zip or Excel file", b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF file"}


def _unlike_xml(data: bytes) -> str:
    """What a file is that is not XML, in a few words, or an empty string."""
    for signature, words in _SIGNATURES.items():
        if data.startswith(signature):
            return words
    start = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if not start:
        return "empty"
    if start.startswith((b"{", b"[")):
        return "a JSON file"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "" if start.startswith(b"<") else "not XML"


def _kind_of_message(root: etree._Element) -> tuple[str, str]:
    """The SDMX version of a message, and a sentence when it is not one that holds structures."""
    match = _NAMESPACE.match(etree.QName(root).namespace or "")
    tag = _tag(root)
    if match is None:
        return "", f"is not an SDMX message: its root is {tag!r}."
    sdmx = f"{match[1]}.{match[2]}"
    if sdmx not in ("2.1", "3.0", "3.1"):
        return sdmx, f"is SDMX {sdmx}, which is not read."
    if tag == "Error":
        said = " ".join(" ".join(map(str, root.itertext())).split())
        return sdmx, f"is an error message of the registry: {said[:300]!r}."
    if tag not in ("Structure", "RegistryInterface"):
        return sdmx, f"is an SDMX {sdmx} {tag} message, not a structure message."
    return sdmx, ""


def _identified(item: _Item, problems: Problems) -> bool:
    """Whether the artefact says who it is."""
    reference = item.reference
    if parse_reference(reference.ref) is None or not reference.agency:
        problems.add(item.where, f"a {_tag(item.element)} has no usable agencyID, id and version: {reference.ref!r}.")
        return False
    return True


# -------------------------------------------------------------------------------------- small readings


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _tag(child) == name), None)


def _children(element: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    return iter(()) if element is None else (child for child in element if _tag(child) in names)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _true(value: str | None, default: bool = False) -> bool:
    return default if value is None else value.strip() in ("true", "1")


def _where(file: str, element: etree._Element) -> str:
    return f"{file} line {element.sourceline}" if element.sourceline else file


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _names(element: etree._Element) -> dict[str, str]:
    return {str(child.get(_LANG, "en")): _text(child) for child in _children(element, "Name")}


def _in_english(names: Mapping[str, str]) -> str:
    return names.get("en") or next(iter(names.values()), "")


def _reference(element: etree._Element | None) -> Reference | None:
    """A reference as 2.1 writes it (``Ref`` or ``URN`` inside) or as 3.0 does (the URN as text)."""
    if element is None:
        return None
    ref = _child(element, "Ref")
    if ref is None:
        urn = _child(element, "URN")
        return parse_reference(_text(element if urn is None else urn))
    get, kind, agency = ref.get, ref.get("class", ""), ref.get("agencyID", "")
    if parent := get("maintainableParentID"):
        return Reference(kind, agency, parent, get("maintainableParentVersion") or "1.0", get("id", ""))
    return Reference(kind, agency, get("id", ""), get("version") or "1.0", "")


def _local(element: etree._Element | None) -> str:
    """The id of something in the same structure or list: ``Ref``, ``URN`` or plain text."""
    if element is None:
        return ""
    for child in element:
        return child.get("id", "") if _tag(child) == "Ref" else _text(child).rpartition(".")[2]
    return _text(element)


def _annotations(element: etree._Element) -> tuple[Annotation, ...]:
    found = []
    for annotation in _children(_child(element, "Annotations"), "Annotation"):
        texts = {str(t.get(_LANG, "en")): _text(t) for t in _children(annotation, "AnnotationText")}
        found.append(
            Annotation(
                annotation.get("id", ""),
                _text(_child(annotation, "AnnotationType")),
                _text(_child(annotation, "AnnotationTitle")),
                _in_english(texts) or _text(_child(annotation, "AnnotationValue")),
            )
        )
    return tuple(found)


# ------------------------------------------------------------------------------------------ code lists


def _codelists(items: Iterable[_Item], problems: Problems) -> dict[str, CodeList]:
    """Every list of which codes are at hand; one that is only referred to, or empty, is not."""
    plain: dict[str, CodeList] = {}
    extensions: dict[str, list[etree._Element]] = {}
    for item in items:
        if not _identified(item, problems):
            continue
        new = _codelist(item, problems)
        old = plain.get(new.ref)
        plain[new.ref] = new if old is None else _same_list(old, new, item, problems)
        if extended := list(_children(item.element, "CodelistExtension")):
            extensions[new.ref] = extended
    whole: dict[str, CodeList] = {}
    for ref in plain:
        _extended(ref, plain, extensions, whole, ())
    return {ref: codelist for ref, codelist in whole.items() if codelist.codes}


def _codelist(item: _Item, problems: Problems) -> CodeList:
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
        partial=_true(element.get("isPartial")),
        name=_in_english(_names(element)),
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
            names[child.get(_LANG, "en")] = (child.text or "").strip()
        elif tag.endswith("}Parent"):
            parent = _local(child)
        elif tag.endswith("}Annotations"):
            dates = {a.type.upper(): a.title or a.text for a in _annotations(element)}
            valid_from, valid_to = dates.get("VALID_FROM", ""), dates.get("VALID_TO", "")
    return Code(element.get("id", ""), _in_english(names), names, parent, valid_from, valid_to)


def _same_list(old: CodeList, new: CodeList, item: _Item, problems: Problems) -> CodeList:
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
        wanted = _reference(_child(extension, "Codelist"))
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
    for selection in _children(extension, "InclusiveCodeSelection", "ExclusiveCodeSelection"):
        named = {code for member in _children(selection, "MemberValue") for code in _members(member, base)}
        keep = _tag(selection) == "InclusiveCodeSelection"
        chosen = {code: None for code in chosen if (code in named) == keep}
    prefix = extension.get("prefix", "")
    for code in map(base.codes.__getitem__, chosen):
        yield replace(code, id=prefix + code.id, parent=prefix + code.parent if code.parent in chosen else "")


def _members(member: etree._Element, base: CodeList) -> Iterator[str]:
    """The codes a selection names: wildcards expanded, children cascaded."""
    pattern = re.compile(".*".join(map(re.escape, _text(member).split("%"))), re.DOTALL)
    cascade = member.get("cascadeValues", "false")
    for code in base.codes:
        if pattern.fullmatch(code):
            yield from () if cascade == "excluderoot" else (code,)
            yield from () if cascade == "false" else base.below(code)


# -------------------------------------------------------------------------------------------- concepts


def _concepts(items: Iterable[_Item], problems: Problems) -> dict[str, Concept]:
    found: dict[str, Concept] = {}
    for item in items:
        if _identified(item, problems):
            for element in _children(item.element, "Concept"):
                concept = _concept(item, element, problems)
                old = found.setdefault(concept.ref, concept)
                if replace(old, name="", names={}) != replace(concept, name="", names={}):
                    problems.add(item.at(element), f"the concept {concept.ref} is given twice, differently.")
    return found


def _concept(item: _Item, element: etree._Element, problems: Problems) -> Concept:
    names = _names(element)
    core = _representation(item, _child(element, "CoreRepresentation"), problems)
    id_ = element.get("id", "")
    return Concept(f"{item.reference.ref}.{id_}", id_, _in_english(names), names, *core)


class _Representation(NamedTuple):
    codelist_ref: str = ""
    text_format: TextFormat | None = None
    min_occurs: int = 1
    max_occurs: int | None = 1


def _representation(item: _Item, element: etree._Element | None, problems: Problems) -> _Representation:
    """A core or local representation: an enumeration with its format, or a text format, and how often it occurs."""
    if element is None:
        return _Representation()
    enumeration = _child(element, "Enumeration")
    reference = _reference(enumeration)
    if enumeration is not None and (reference is None or not reference.agency):
        problems.add(item.at(enumeration), "this enumeration does not say which list it means.")
    formats = _children(element, "TextFormat", "EnumerationFormat")
    text_format = next((_text_format(item, child, problems) for child in formats), None)
    least = _facet(item, element, "minOccurs", int, problems)
    return _Representation(
        reference.ref if reference else "",
        text_format,
        1 if least is None else least,
        None if element.get("maxOccurs") == "unbounded" else _facet(item, element, "maxOccurs", int, problems) or 1,
    )


def _text_format(item: _Item, element: etree._Element, problems: Problems) -> TextFormat:
    def integer(name: str) -> int | None:
        return _facet(item, element, name, int, problems)

    def decimal(name: str) -> Decimal | None:
        return _facet(item, element, name, Decimal, problems)

    return TextFormat(
        type=element.get("textType") or "String",
        min_length=integer("minLength"),
        max_length=integer("maxLength"),
        min_value=decimal("minValue"),
        max_value=decimal("maxValue"),
        decimals=integer("decimals"),
        pattern=element.get("pattern"),
        start_time=element.get("startTime"),
        end_time=element.get("endTime"),
        is_sequence=_true(element.get("isSequence")),
        interval=decimal("interval"),
        start_value=decimal("startValue"),
        end_value=decimal("endValue"),
        time_interval=element.get("timeInterval"),
        multilingual=_true(element.get("isMultiLingual")),
        sentinels=tuple(child.get("value", "") for child in _children(element, "SentinelValue")),
    )


N = TypeVar("N", int, Decimal)


def _facet(item: _Item, element: etree._Element, name: str, number: Callable[[str], N], problems: Problems) -> N | None:
    text = element.get(name)
    if text is None:
        return None
    try:
        value = number(text.strip())
        if (number is int and value < 0) or not Decimal(value).is_finite():
            raise ValueError(text)
    except (ValueError, ArithmeticError):
        problems.add(item.at(element), f"{name} is {text!r}, not a number that fits.")
        return None
    return value


# ------------------------------------------------------------------------------------- data structures


class _Reading(NamedTuple):
    """What the data structures are read against."""

    codelists: Mapping[str, CodeList]
    concepts: Mapping[str, Concept]
    constraints: tuple[Constraint, ...]
    problems: Problems


def _structures(items: Iterable[_Item], reading: _Reading) -> tuple[dict[str, Structure], tuple[str, ...]]:
    """The data structures, and the references of those of which only the name is there."""
    found: dict[str, Structure] = {}
    stubs: list[str] = []
    for item in items:
        if not _identified(item, reading.problems):
            continue
        components = _child(item.element, "DataStructureComponents")
        if components is None:
            stubs.append(item.reference.ref)
            continue
        structure = _structure(item, components, reading)
        if found.setdefault(structure.ref, structure) != structure:
            reading.problems.add(item.where, f"the data structure {structure.ref} is given twice, differently.")
    return found, tuple(ref for ref in dict.fromkeys(stubs) if ref not in found)


def _structure(item: _Item, components: etree._Element, reading: _Reading) -> Structure:
    reference, element = item.reference, item.element
    dimensions, time = _dimensions(item, _child(components, "DimensionList"), reading)
    groups = tuple(_group(group) for group in _children(components, "Group"))
    declared = _children(_child(components, "AttributeList"), "Attribute", "ReportingYearStartDay")
    measured = _children(_child(components, "MeasureList"), "PrimaryMeasure", "Measure")
    structure = Structure(
        agency=reference.agency,
        id=reference.id,
        version=reference.version,
        name=_in_english(_names(element)),
        sdmx=item.sdmx,
        dimensions=dimensions,
        time=time,
        measures=tuple(_measure(item, e, reading) for e in measured),
        attributes=tuple(_attribute(item, e, groups, reading) for e in declared),
        groups=groups,
        constraints=tuple(c for c in reading.constraints if attached(c, "DataStructure", reference.ref)),
        annotations=_annotations(element),
        final=_true(element.get("isFinal")) if item.sdmx == "2.1" else _stable(reference.version),
    )
    _check(item, structure, reading.problems)
    return structure


def _stable(version: str) -> bool:
    """In SDMX 3.0 a version of three numbers without a suffix is final."""
    return len(numbers(version)) == 3 and "-" not in version


def _dimensions(
    item: _Item, element: etree._Element | None, reading: _Reading
) -> tuple[tuple[Dimension, ...], Dimension | None]:
    """The key in order: by the positions given, else as written; and the time dimension."""
    plain: list[tuple[int, dict[str, Any]]] = []
    time: dict[str, Any] | None = None
    for place, child in enumerate(_children(element, "Dimension", "MeasureDimension", "TimeDimension"), start=1):
        if _tag(child) == "TimeDimension":
            time, own = _component(item, child, reading, default="TIME_PERIOD")
            given = own.text_format or TextFormat()
            period = replace(given, type="ObservationalTimePeriod") if given.type == "String" else given
            time |= {"text_format": period, "kind": "time"}
            continue
        kind = "measure" if _tag(child) == "MeasureDimension" else "dimension"
        position = _facet(item, child, "position", int, reading.problems)
        fields, _ = _component(item, child, reading, kind)
        plain.append((place if position is None else position, fields | {"kind": kind}))
    plain.sort(key=lambda entry: entry[0])
    key = tuple(Dimension(**fields, position=i) for i, (_, fields) in enumerate(plain, start=1))
    return key, None if time is None else Dimension(**time, position=len(key) + 1)


def _component(
    item: _Item, element: etree._Element, reading: _Reading, kind: str = "", default: str = ""
) -> tuple[dict[str, Any], _Representation]:
    """What every component has: its concept, and a representation (its own, else the concept's)."""
    identity = _reference(_child(element, "ConceptIdentity"))
    if identity is None or not identity.item:
        reading.problems.add(item.at(element), f"a {_tag(element)} does not say which concept it stands for.")
        identity = Reference("", "", "", "", element.get("id", "?"))
    concept = _resolve_concept(identity, reading.concepts)
    own = _own_representation(item, element, concept, reading.problems)
    return {
        "id": element.get("id") or default or identity.item,
        "concept": identity.item,
        "concept_ref": identity.full,
        "name": concept.name if concept else "",
        "codelist": _list_of(own.codelist_ref, kind, reading),
        "codelist_ref": own.codelist_ref,
        "text_format": own.text_format,
        "roles": tuple(role.full for e in _children(element, "ConceptRole") if (role := _reference(e))),
    }, own


def _resolve_concept(identity: Reference, concepts: Mapping[str, Concept]) -> Concept | None:
    if identity.full in concepts:
        return concepts[identity.full]
    schemes = {ref[: -len(identity.item) - 1]: c for ref, c in concepts.items() if ref.endswith(f").{identity.item}")}
    return resolve(schemes, identity)


def _own_representation(
    item: _Item, element: etree._Element, concept: Concept | None, problems: Problems
) -> _Representation:
    """The component's local representation; where it says nothing, the concept's."""
    local = _child(element, "LocalRepresentation")
    own = _representation(item, local, problems)
    if own.codelist_ref or own.text_format or concept is None:
        return own
    core = _Representation(concept.codelist_ref, concept.text_format, concept.min_occurs, concept.max_occurs)
    return core if local is None else core._replace(min_occurs=own.min_occurs, max_occurs=own.max_occurs)


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
    members = (_local(_child(e, "DimensionReference")) for e in _children(element, "GroupDimension"))
    return Group(element.get("id", ""), tuple(members))


def _attribute(item: _Item, element: etree._Element, groups: tuple[Group, ...], reading: _Reading) -> Attribute:
    default = "REPORTING_YEAR_START_DAY" if _tag(element) == "ReportingYearStartDay" else ""
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
        measures=tuple(_local(e) for e in _children(_child(element, "MeasureRelationship"), "Measure")),
    )


def _relationship(
    item: _Item, element: etree._Element, problems: Problems
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """To what the attribute is attached: the relationship, its dimensions, its groups."""
    given = _child(element, "AttributeRelationship")
    if given is None or not len(given):
        problems.add(item.at(element), f"the attribute {element.get('id', '')!r} does not say what it is attached to.")
        return "observation", (), ()
    words = {"None": "dataset", "Dataflow": "dataset", "PrimaryMeasure": "observation", "Observation": "observation"}
    dimensions = tuple(_local(e) for e in _children(given, "Dimension"))
    groups = tuple(_local(e) for e in _children(given, "Group", "AttachmentGroup"))
    if dimensions:
        return "dimensions", dimensions, groups
    if groups:
        return "group", (), groups
    return words.get(_tag(given[0]), "observation"), (), ()


def _measure(item: _Item, element: etree._Element, reading: _Reading) -> Measure:
    default = "OBS_VALUE" if _tag(element) == "PrimaryMeasure" else ""
    fields, own = _component(item, element, reading, default=default)
    mandatory = _mandatory(element)
    return Measure(**fields, mandatory=mandatory, min_occurs=own.min_occurs, max_occurs=own.max_occurs)


def _mandatory(element: etree._Element) -> bool:
    """2.1 says it by assignmentStatus, 3.0 by usage."""
    return (element.get("assignmentStatus") or element.get("usage") or "").lower() == "mandatory"


_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")


def _check(item: _Item, structure: Structure, problems: Problems) -> None:
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
    item: _Item, subject: str, kind: str, named: Iterable[str], there: Iterable[str], problems: Problems
) -> None:
    for id_ in named:
        if id_ not in there:
            problems.add(item.where, f"{subject} refers to the {kind} {id_!r}, which there is not{nearest(id_, there)}")


# ------------------------------------------------------------------------------ dataflows, constraints


def _dataflow(item: _Item) -> Dataflow:
    structure = _reference(_child(item.element, "Structure"))
    return Dataflow(item.reference.ref, structure.ref if structure else "", _in_english(_names(item.element)))


def _constraint(item: _Item) -> Constraint:
    """A 2.1 ContentConstraint or 3.0 DataConstraint (2.1: ``Actual`` unless it says otherwise)."""
    element = item.element
    word = element.get("type") or element.get("role") or ("Actual" if item.sdmx == "2.1" else "Allowed")
    attachment = _child(element, "ConstraintAttachment")
    attached = ((_tag(e), _reference(e)) for e in (() if attachment is None else attachment))
    regions = list(_children(element, "CubeRegion"))
    key_sets = list(_children(element, "DataKeySet"))
    period = _child(element, "ReferencePeriod")
    return Constraint(
        item.reference.ref,
        "actual" if _tag(element) == "AvailabilityConstraint" else word.lower(),
        tuple(f"{kind}={reference.full}" for kind, reference in attached if reference and reference.agency),
        tuple(CubeRegion(_true(e.get("include"), True), _selections(e)) for e in regions),
        tuple(KeySet(_true(e.get("isIncluded"), True), tuple(map(_key, _children(e, "Key")))) for e in key_sets),
        "" if period is None else period.get("startTime", ""),
        "" if period is None else period.get("endTime", ""),
        element.get("validFrom", ""),
        element.get("validTo", ""),
        _in_english(_names(element)),
        tuple(_unread(chain(regions, key_sets, chain.from_iterable(key_sets)))),
    )


_PARTS = ("KeyValue", "Attribute", "Component")


def _selections(element: etree._Element) -> tuple[MemberSelection, ...]:
    return tuple(
        MemberSelection(
            part.get("id", ""),
            _true(part.get("include"), True),
            tuple(
                MemberValue(
                    _text(value),
                    value.get("cascadeValues", "false").replace("1", "true").replace("0", "false"),
                    value.get("validFrom", ""),
                    value.get("validTo", ""),
                )
                for value in _children(part, "Value")
            ),
            _time_range(_child(part, "TimeRange")),
        )
        for part in _children(element, *_PARTS)
    )


def _time_range(element: etree._Element | None) -> TimeRange | None:
    if element is None:
        return None
    bounds = {_tag(child): child for child in element}
    start = bounds.get("StartPeriod", bounds.get("AfterPeriod"))
    end = bounds.get("EndPeriod", bounds.get("BeforePeriod"))
    return TimeRange(
        _text(start),
        _text(end),
        start is None or _true(start.get("isInclusive"), True),
        end is None or _true(end.get("isInclusive"), True),
    )


def _key(element: etree._Element) -> dict[str, str]:
    return {part.get("id", ""): _text(_child(part, "Value")) for part in _children(element, "KeyValue")}


def _unread(elements: Iterable[etree._Element]) -> Iterator[str]:
    """What a constraint says that this reader has no words for, so that nobody takes it for the whole."""
    seen: set[str] = set()
    for element in elements:
        known = ("KeyValue",) if _tag(element) == "Key" else _PARTS
        for part in element:
            tag = _tag(part)
            if tag in known:
                seen |= {f"{tag}/{_tag(e)}" for e in part if _tag(e) not in ("Value", "TimeRange")}
                seen |= {f"{tag}/{name}" for name in ("validFrom", "validTo") if part.get(name)}
            elif tag not in ("Key", "Annotations"):
                seen.add(f"{_tag(element)}/{tag}")
    yield from sorted(seen)
