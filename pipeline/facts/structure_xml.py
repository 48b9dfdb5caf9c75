"""What every SDMX-ML structure message has in common: artefacts, names, references, annotations, concepts, formats.

Hostile files are users' files too: bytes only, a cap, no document type, nothing expanded or fetched. What is wrong is
added to the caller's problems, with file and line. ``structure_messages.py`` reads data structures by it,
``metadata_messages.py`` metadata structures.

Sources: the SDMX-ML 2.1 and 3.0 schemas (SDMXStructureBase, -Concept, SDMXCommon, SDMXCommonReferences).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple, TypeVar
from xml.parsers import expat

from lxml import etree

from pipeline.errors import Problems
from pipeline.facts.references import Reference, parse_reference, resolve
from pipeline.facts.structure import Annotation, Concept, TextFormat

LARGEST = 64 * 2**20
"""No structure message may have more bytes than this."""


class Artefact(NamedTuple):
    """A maintainable artefact as it stands in a message."""

    file: str
    sdmx: str
    element: etree._Element

    @property
    def where(self) -> str:
        """The artefact's place: file and line."""
        return _where(self.file, self.element)

    def at(self, element: etree._Element) -> str:
        """The place of something in the artefact: file and line."""
        return _where(self.file, element)

    @property
    def reference(self) -> Reference:
        """Who it says it is; a version that is not said is 1.0."""
        get = self.element.get
        return Reference("", get("agencyID", ""), get("id", ""), get("version") or "1.0", "")


_NAMESPACE = re.compile(r"https?://www\.sdmx\.org/resources/sdmxml/schemas/v(\d)_(\d)/(\w+)", re.IGNORECASE)
_HINT = "Export it from the registry as an SDMX-ML 2.1 or 3.0 structure message."


def shelved(messages: Iterable[tuple[str, bytes]], problems: Problems) -> dict[str, list[Artefact]]:
    """The artefacts of messages, given as (name for error places, bytes), by their kind: ``Codelist``, ``Dataflow`` …"""
    shelves: dict[str, list[Artefact]] = {}
    for name, data in messages:
        for item in _artefacts(name, data, problems):
            shelves.setdefault(tag_of(item.element), []).append(item)
    return shelves


def _artefacts(name: str, data: bytes, problems: Problems) -> Iterator[Artefact]:
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
            yield Artefact(name, sdmx, element)


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
    tag = tag_of(root)
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


def identified(item: Artefact, problems: Problems) -> bool:
    """Whether the artefact says who it is."""
    reference = item.reference
    if parse_reference(reference.ref) is None or not reference.agency:
        problems.add(item.where, f"a {tag_of(item.element)} has no usable agencyID, id and version: {reference.ref!r}.")
        return False
    return True


def whole(
    items: Iterable[Artefact], components: str, problems: Problems
) -> tuple[list[tuple[Artefact, etree._Element]], list[str]]:
    """Structures with the element that holds their components; and the references of those of which only the name is there."""
    found: list[tuple[Artefact, etree._Element]] = []
    named: dict[str, None] = {}
    for item in items:
        if identified(item, problems):
            element = child_of(item.element, components)
            if element is None:
                named[item.reference.ref] = None
            else:
                found.append((item, element))
    there = {item.reference.ref for item, _ in found}
    return found, [ref for ref in named if ref not in there]


# -------------------------------------------------------------------------------------- small readings


def tag_of(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def child_of(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of this name."""
    return next((child for child in element if tag_of(child) == name), None)


def children_of(element: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    """The children of these names, in the order of the message; none of nothing."""
    return iter(()) if element is None else (child for child in element if tag_of(child) in names)


def text_of(element: etree._Element | None) -> str:
    """The text of an element, without blanks around it; empty of nothing."""
    return "" if element is None else (element.text or "").strip()


def is_true(value: str | None, default: bool = False) -> bool:
    """What an XML boolean says, or what holds where it is not said."""
    return default if value is None else value.strip() in ("true", "1")


def _where(file: str, element: etree._Element) -> str:
    return f"{file} line {element.sourceline}" if element.sourceline else file


LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def names_of(element: etree._Element) -> dict[str, str]:
    """The names of an artefact by language."""
    return {str(child.get(LANG, "en")): text_of(child) for child in children_of(element, "Name")}


def in_english(names: Mapping[str, str]) -> str:
    """The English name, else the first."""
    return names.get("en") or next(iter(names.values()), "")


def reference_in(element: etree._Element | None) -> Reference | None:
    """A reference as 2.1 writes it (``Ref`` or ``URN`` inside) or as 3.0 does (the URN as text)."""
    if element is None:
        return None
    ref = child_of(element, "Ref")
    if ref is None:
        urn = child_of(element, "URN")
        return parse_reference(text_of(element if urn is None else urn))
    get, kind, agency = ref.get, ref.get("class", ""), ref.get("agencyID", "")
    if parent := get("maintainableParentID"):
        return Reference(kind, agency, parent, get("maintainableParentVersion") or "1.0", get("id", ""))
    return Reference(kind, agency, get("id", ""), get("version") or "1.0", "")


def local_id(element: etree._Element | None) -> str:
    """The id of something in the same structure or list: ``Ref``, ``URN`` or plain text."""
    if element is None:
        return ""
    for child in element:
        return child.get("id", "") if tag_of(child) == "Ref" else text_of(child).rpartition(".")[2]
    return text_of(element)


def annotations_of(element: etree._Element) -> tuple[Annotation, ...]:
    """The remarks that an artefact carries."""
    found = []
    for annotation in children_of(child_of(element, "Annotations"), "Annotation"):
        texts = {str(t.get(LANG, "en")): text_of(t) for t in children_of(annotation, "AnnotationText")}
        found.append(
            Annotation(
                annotation.get("id", ""),
                text_of(child_of(annotation, "AnnotationType")),
                text_of(child_of(annotation, "AnnotationTitle")),
                in_english(texts) or text_of(child_of(annotation, "AnnotationValue")),
            )
        )
    return tuple(found)


# -------------------------------------------------------------------------------------------- concepts


def read_concepts(items: Iterable[Artefact], problems: Problems) -> dict[str, Concept]:
    """The concepts of concept schemes by reference; given twice, they are alike but for their names."""
    found: dict[str, Concept] = {}
    for item in items:
        if identified(item, problems):
            for element in children_of(item.element, "Concept"):
                concept = _concept(item, element, problems)
                old = found.setdefault(concept.ref, concept)
                if replace(old, name="", names={}) != replace(concept, name="", names={}):
                    problems.add(item.at(element), f"the concept {concept.ref} is given twice, differently.")
    return found


def _concept(item: Artefact, element: etree._Element, problems: Problems) -> Concept:
    names = names_of(element)
    core = representation_in(item, child_of(element, "CoreRepresentation"), problems)
    id_ = element.get("id", "")
    return Concept(f"{item.reference.ref}.{id_}", id_, in_english(names), names, *core)


class Representation(NamedTuple):
    """How a value is written, and how often it stands; ``max_occurs`` ``None``: any number of times."""

    codelist_ref: str = ""
    text_format: TextFormat | None = None
    min_occurs: int = 1
    max_occurs: int | None = 1


def representation_in(item: Artefact, element: etree._Element | None, problems: Problems) -> Representation:
    """A core or local representation: an enumeration with its format, or a text format, and how often it occurs."""
    if element is None:
        return Representation()
    enumeration = child_of(element, "Enumeration")
    reference = reference_in(enumeration)
    if enumeration is not None and (reference is None or not reference.agency):
        problems.add(item.at(enumeration), "this enumeration does not say which list it means.")
    formats = children_of(element, "TextFormat", "EnumerationFormat")
    text_format = next((_text_format(item, child, problems) for child in formats), None)
    least = facet(item, element, "minOccurs", int, problems)
    return Representation(
        reference.ref if reference else "",
        text_format,
        1 if least is None else least,
        None if element.get("maxOccurs") == "unbounded" else facet(item, element, "maxOccurs", int, problems) or 1,
    )


def _text_format(item: Artefact, element: etree._Element, problems: Problems) -> TextFormat:
    def integer(name: str) -> int | None:
        return facet(item, element, name, int, problems)

    def decimal(name: str) -> Decimal | None:
        return facet(item, element, name, Decimal, problems)

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
        is_sequence=is_true(element.get("isSequence")),
        interval=decimal("interval"),
        start_value=decimal("startValue"),
        end_value=decimal("endValue"),
        time_interval=element.get("timeInterval"),
        multilingual=is_true(element.get("isMultiLingual")),
        sentinels=tuple(child.get("value", "") for child in children_of(element, "SentinelValue")),
    )


N = TypeVar("N", int, Decimal)


def facet(
    item: Artefact, element: etree._Element, name: str, number: Callable[[str], N], problems: Problems
) -> N | None:
    """A number in an attribute of the message; a problem where it is none."""
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


def concept_at_hand(identity: Reference, concepts: Mapping[str, Concept]) -> Concept | None:
    """The concept that is meant, by its scheme: exactly that one, else the highest version that the reference admits."""
    if identity.full in concepts:
        return concepts[identity.full]
    schemes = {ref[: -len(identity.item) - 1]: c for ref, c in concepts.items() if ref.endswith(f").{identity.item}")}
    return resolve(schemes, identity)


def own_representation(
    item: Artefact, element: etree._Element, concept: Concept | None, problems: Problems
) -> Representation:
    """The component's local representation; where it says nothing, the concept's."""
    local = child_of(element, "LocalRepresentation")
    own = representation_in(item, local, problems)
    if own.codelist_ref or own.text_format or concept is None:
        return own
    core = Representation(concept.codelist_ref, concept.text_format, concept.min_occurs, concept.max_occurs)
    return core if local is None else core._replace(min_occurs=own.min_occurs, max_occurs=own.max_occurs)
