"""Reading reference metadata: SDMX-ML ``GenericMetadata`` of 2.1 and 3.0, ours or exported elsewhere.

Hostile files are users' files too: a cap, no document type, nothing expanded or fetched. Rich text is taken over as far as
it is on the allow-list of ``rich_text``; what is left out, or keeps its text alone, is named with its concept and line.

Sources: SDMXMetadataGeneric.xsd and SDMXMessage.xsd (``GenericMetadataHeaderType``), 2.1 and 3.0; XHTML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from xml.parsers import expat

from lxml import etree

from pipeline.errors import InputError, Problem, Problems, nearest, quoted
from pipeline.facts.references import Reference, parse_reference
from pipeline.findings import Finding
from pipeline.messages import recognise
from pipeline.metadata_set import Content, Heading, MetadataSet, ReportedAttribute
from pipeline.rich_text import (
    ALLOWED,
    ATTRIBUTES,
    CELLS,
    EMPTY,
    INLINE,
    INVALID,
    LITERAL,
    PARAGRAPHS,
    SIDES,
    START,
    Element,
    Node,
    RichText,
    canonical,
    may_link,
)
from pipeline.rich_text import DEEPEST as DEEPEST_LIST

LARGEST = 16 * 2**20
"""No metadata message may have more bytes than this."""
DEEPEST = 100
"""Nor more elements inside one another."""
EMPTIEST = 100_000
"""Nor more cells in all its tables that only keep the others in their columns."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read. ``unknown``: what stands in it and could not be taken over, each with its line."""

    set_: MetadataSet
    heading: Heading
    version: str
    unknown: tuple[str, ...] = ()


def read(name: str, data: bytes, *, restriction: str) -> Read:
    """The report that a message holds; concepts are kept whatever structure they belong to.

    ``restriction``: type of the annotation that says "not for publication". Of several metadata sets the first is read;
    of several 2.1 reports the first, with the targets of all that say the same. From 2.1 the set has no agency and no
    version. Raises InputError, with file and line, for what is no such message.
    """
    root, version = _root(name, data)
    source = _Source(name, version, restriction, Problems(InputError), _Notes())
    header = next((child for child in root if _tag(child) == "Header"), None)
    sets = [child for child in root if _tag(child) == "MetadataSet"]
    if not sets:
        raise InputError(Problem(_where(name, root), "the message holds no metadata set.", _HINT))
    _astray(source, root)
    found = _set(source, sets[0], header)
    for further in sets[1:]:
        other = _set(source, further, header)
        if other != found:
            told = _told(_apart(other.attributes, found.attributes))
            source.note(further, f"a further metadata set {other.id} is left out{told}")
    source.problems.done()
    return Read(found, _heading(header), version, source.notes.said)


# ------------------------------------------------------------------------------------------------- hostile bytes

_MESSAGE = re.compile(r"https?://www\.sdmx\.org/resources/sdmxml/schemas/v(\d)_(\d)/message", re.IGNORECASE)
_VERSIONS = ("2.1", "3.0", "3.1")
_KIND = "GenericMetadata"
_HINT = "Export the report as SDMX-ML 2.1 or 3.0 generic metadata."


def _root(name: str, data: bytes) -> tuple[etree._Element, str]:
    """The root of a metadata message, and its version of SDMX; InputError for anything else."""
    if len(data) > LARGEST:
        raise InputError(Problem(name, f"is larger than {LARGEST // 2**20} MiB.", "Export one report."))
    like = recognise.kind(data[: recognise.PEEK])
    if isinstance(like, Finding):
        raise InputError(Problem(f"{name} line 1", like.message, _HINT))
    if like != "xml":
        raise InputError(Problem(f"{name} line 1", f"this is a {like} file, not a metadata message.", _HINT))
    _harmless(name, data)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        message = f"not well-formed XML: {error.msg}."
        raise InputError(Problem(f"{name} line {error.lineno or 1}", message)) from None
    return root, _version(name, root)


def _harmless(name: str, data: bytes) -> None:
    """InputError for a document type, elements too deep inside one another, and what is not well-formed."""
    parser = expat.ParserCreate()
    depth = 0

    def refuse(message: str) -> InputError:
        return InputError(Problem(f"{name} line {parser.CurrentLineNumber}", message))

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise refuse(f"elements stand more than {DEEPEST} deep inside one another.")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise refuse("has a document type declaration, which no SDMX message needs and which can hide an attack.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = f"not well-formed XML: {expat.ErrorString(error.code)}."
        raise InputError(Problem(f"{name} line {error.lineno}", message)) from None
    except (LookupError, ValueError) as error:
        message = f"is not in an encoding that XML readers share: {error}."
        raise InputError(Problem(f"{name} line 1", message)) from None


def _version(name: str, root: etree._Element) -> str:
    tag, where = _tag(root), _where(name, root)
    match = _MESSAGE.fullmatch(etree.QName(root).namespace or "")
    if match is None:
        raise InputError(Problem(where, f"this is not an SDMX message: its root is {quoted(tag)}.", _HINT))
    version = f"{match[1]}.{match[2]}"
    if version not in _VERSIONS:
        raise InputError(Problem(where, f"this is an SDMX {version} message, which is not read.", _HINT))
    if tag != _KIND:
        words = f"this is an SDMX {version} {tag} message, not a {_KIND} message{nearest(tag, (_KIND,), 1) or '.'}"
        if tag == "StructureSpecificMetadata":
            words = f"this is an SDMX {version} structure-specific metadata message, which is not read."
        raise InputError(Problem(where, words, _HINT))
    return version


# ------------------------------------------------------------------------------------------------- the frame


@dataclass(slots=True)
class _Notes:
    """What could not be taken over: each thing once for each concept, with the first line where it stands."""

    lines: dict[tuple[str, str], str] = field(default_factory=dict)
    empty_cells: int = 0

    def add(self, element: etree._Element, concept: str, words: str) -> None:
        """One more thing."""
        self.lines.setdefault((concept, words), str(element.sourceline or 1))

    @property
    def said(self) -> tuple[str, ...]:
        """``DATA_DESCR line 12: the element img is left out``, in the order of the lines."""
        found = sorted(self.lines.items(), key=lambda note: int(note[1]))
        return tuple(f"{concept} line {line}: {words}".lstrip() for (concept, words), line in found)


@dataclass(frozen=True, slots=True)
class _Source:
    """A message that is being read: where it comes from, and where to say what is wrong or left out."""

    name: str
    version: str
    restriction: str
    problems: Problems
    notes: _Notes

    def note(self, element: etree._Element, words: str, concept: str = "") -> None:
        """Something was left out."""
        self.notes.add(element, concept, words)

    def left_out(self, element: etree._Element, words: str, concept: str = "") -> None:
        """An element was left out, and with it what is reported in it."""
        inside = dict.fromkeys(one.get("id", "") for one in element.iter() if _tag(one) in _REPORTED)
        self.note(element, f"{words} left out{_told(one for one in inside if one and one != concept)}", concept)


def _heading(header: etree._Element | None) -> Heading:
    if header is None:
        return Heading("", "", "")
    first = {_tag(child): child for child in reversed(header)}

    def party(name: str) -> str:
        return first[name].get("id", "") if name in first else ""

    return Heading(
        id=_text(first.get("ID")),
        prepared=_text(first.get("Prepared")),
        sender=party("Sender"),
        receiver=party("Receiver"),
        test=_text(first.get("Test")) in ("true", "1"),
    )


_OF_SET = frozenset({
    "urn", "agencyID", "id", "version", "setID", "structureRef", "action", "reportingBeginDate", "reportingEndDate",
    "isExternalReference",
})  # fmt: skip
_REPORTED = frozenset({"Attribute", "ReportedAttribute"})
_SAID = frozenset({"Value", "Text", "StructuredText"})
_REFERENCE = frozenset({"URN", "Ref"})
_IN_REPORTED = _SAID | {"Annotations", "AttributeSet", "Attribute"}
_FRAME = {
    "GenericMetadata": frozenset({"Header", "MetadataSet"}),
    "Metadataflow": _REFERENCE,
    "MetadataProvisionAgreement": _REFERENCE,
    "DataProvider": _REFERENCE,
    "Attribute": _IN_REPORTED,
    "ReportedAttribute": _IN_REPORTED,
    "AttributeSet": _REPORTED,
    "Annotations": frozenset({"Annotation"}),
    "Annotation": frozenset({"AnnotationType"}),
    "Report": frozenset({"Target", "AttributeSet"}),
    "ReferenceValue": frozenset({"ObjectReference", "ReportPeriod", "DataSetReference"}),
    "ObjectReference": _REFERENCE,
    "DataSetReference": frozenset({"ID"}),
    "Ref": frozenset[str](),
}
"""What may stand in what: no text besides. Any other element holds text alone."""
_FRAMES = {
    "2.1": _FRAME | {
        "MetadataSet": frozenset({"Name", "DataProvider", "Report"}), "Target": frozenset({"ReferenceValue"}),
    },
    "3.0": _FRAME | {
        "MetadataSet": frozenset({"Name", "Metadataflow", "MetadataProvisionAgreement", "DataProvider", "Target", "Attribute"}),
    },
}  # fmt: skip
_ONLY_REFERENCE = frozenset({"Metadataflow", "MetadataProvisionAgreement", "DataProvider", "ObjectReference"})
"""Here a URN may stand as text, too."""
_OF_REPORTED = frozenset({"id", "value"})
_PROVIDERS = ("DataProvider", "MetadataProvider")


def _astray(source: _Source, element: etree._Element, concept: str = "") -> None:
    """Name what stands in a message outside its frame: elements that have no place there, text beside elements."""
    tag = _tag(element)
    if tag in _SAID:
        return  # whoever reads the text names what it cannot hold
    if tag == "Header":
        for one in element.iter():
            if _tag(one) in _REPORTED | _SAID:
                source.left_out(one, f"the element {_tag(one)} in the header is", one.get("id", ""))
        return
    if tag in _REPORTED:
        concept = element.get("id", "")
        for name in map(str, element.attrib):
            if name not in _OF_REPORTED and "}" not in name:
                source.note(element, f"the attribute {name} is left out", concept)
    frame = _FRAMES["2.1" if source.version == "2.1" else "3.0"]
    texts = [element.text if tag in frame and tag not in _ONLY_REFERENCE else "", *(child.tail for child in element)]
    if any(text and text.strip() for text in texts):
        source.note(element, f"a text that stands directly in the {tag} is left out", concept)
    for child in element:
        if _tag(child) in frame.get(tag, ()):
            _astray(source, child, concept)
        else:
            source.left_out(child, f"the element {_tag(child)} in the {tag} is", concept)


def _told(concepts: Iterable[str]) -> str:
    """The concepts about which something is said: ``, with what it says of UNIT_MEASURE``."""
    named = ", ".join(concepts)
    return f", with what it says of {named}" if named else ""


def _apart(found: tuple[ReportedAttribute, ...], kept: tuple[ReportedAttribute, ...]) -> list[str]:
    """The concepts of which something is said that is not said in what is kept."""
    known = {(one.id, one.content, one.restricted) for one in _all(kept)}
    return list(
        dict.fromkeys(
            one.id for one in _all(found) if one.content and (one.id, one.content, one.restricted) not in known
        )
    )


def _all(attributes: tuple[ReportedAttribute, ...]) -> Iterator[ReportedAttribute]:
    for one in attributes:
        yield one
        yield from _all(one.children)


def _set(source: _Source, element: etree._Element, header: etree._Element | None) -> MetadataSet:
    """A metadata set; what it follows may be said in the header alone."""
    for attribute in element.attrib:
        if etree.QName(attribute).localname not in _OF_SET:
            source.note(element, f"the attribute {etree.QName(attribute).localname} of the set is left out")
    said = _followed(header, _get(element, "structureRef"))
    old = source.version == "2.1"
    frame = MetadataSet(
        agency=_get(element, "agencyID"),
        id=_get(element, "setID") or _in_header(header, "DataSetID") if old else _get(element, "id"),
        version="" if old else _get(element, "version") or "1.0",
        names=tuple((_language(source, child), _text(child)) for child in element if _tag(child) == "Name"),
        attributes=(),
        structure=said.get("MetadataStructure", ""),
        flow=_named_in(element, "Metadataflow") or said.get("Metadataflow", ""),
        provision=_named_in(element, "MetadataProvisionAgreement") or said.get("Agreement", ""),
        provider=_provided(element) or _provided(header),
        begins=_get(element, "reportingBeginDate"),
        ends=_get(element, "reportingEndDate"),
    )
    if old:
        return _reports(source, frame, [child for child in element if _tag(child) == "Report"])
    targets = tuple(_text(child) for child in element if _tag(child) == "Target")
    attributes = _attributes(source, (child for child in element if _tag(child) == "Attribute"))
    return replace(frame, targets=targets, attributes=attributes)


def _reports(source: _Source, frame: MetadataSet, reports: list[etree._Element]) -> MetadataSet:
    """2.1: the attributes of the first report, and the targets of every report that says the same."""
    attributes: tuple[ReportedAttribute, ...] | None = None
    targets: dict[str, None] = {}
    periods: list[str] = []
    provider = frame.provider
    for report in reports:
        holders = [child for child in report if _tag(child) == "AttributeSet"]
        said = (one for holder in holders for one in holder)
        found = _attributes(source, said)
        if attributes is None:
            attributes = found
        elif found != attributes:
            words = f"a further report {report.get('id', '')} that says something else is left out"
            source.note(report, words + _told(_apart(found, attributes)))
            continue
        for value in report.iter("{*}ReferenceValue"):
            urn, period = _reference_value(source, value)
            if parts := parse_reference(urn) if urn else None:
                provider = provider or (urn if parts.kind in _PROVIDERS else "")
                if urn != provider:
                    targets[urn] = None
            periods += [period] if period else []
    if periods and not (frame.begins or frame.ends):
        frame = replace(frame, begins=periods[0], ends=periods[0])
    return replace(frame, attributes=attributes or (), targets=tuple(targets), provider=provider)


def _reference_value(source: _Source, value: etree._Element) -> tuple[str, str]:
    """What a part of a target says: (URN of an object, "") or ("", period)."""
    for child in value:
        if _tag(child) == "ReportPeriod":
            return "", _text(child)
        reference = _reference(child) if _tag(child) == "ObjectReference" else None
        if reference is not None:
            return _urn(child) or _urn_of(reference), ""
        source.note(child, f"the {_tag(child)} of the target {value.get('id', '')} is left out")
    return "", ""


# ------------------------------------------------------------------------------------------------ what is reported


def _attributes(source: _Source, elements: Iterable[etree._Element]) -> tuple[ReportedAttribute, ...]:
    """Reported attributes; several elements of one id that hold a value alone are one attribute with several values."""
    found: list[ReportedAttribute] = []
    for element in elements:
        if _tag(element) not in _REPORTED:
            continue
        one = _attribute(source, element)
        last = found[-1] if found else None
        if last and source.version == "2.1" and last.id == one.id and last.content and _values_alone(one):
            content, restricted = _values_first(last.content, one.content), last.restricted or one.restricted
            found[-1] = replace(last, content=content, restricted=restricted)
        else:
            found.append(one)
    return tuple(found)


def _values_alone(one: ReportedAttribute) -> bool:
    return bool(one.content) and not one.children and not any(language for language, _ in one.content)


def _values_first(
    content: tuple[tuple[str, Content], ...], more: tuple[tuple[str, Content], ...]
) -> tuple[tuple[str, Content], ...]:
    both = (*content, *more)
    return (*(pair for pair in both if not pair[0]), *(pair for pair in both if pair[0]))


def _attribute(source: _Source, element: etree._Element) -> ReportedAttribute:
    """An attribute with what is said in it, and those below it."""
    concept = element.get("id", "")
    if not concept:
        source.problems.add(_where(source.name, element), f"a {_tag(element)} has no id.")
    elif not _ID.fullmatch(concept):
        source.problems.add(_where(source.name, element), f"{quoted(concept)} is no id of a concept.")
    content: list[tuple[str, Content]] = []
    below: list[etree._Element] = []
    restricted = False
    if (value := element.get("value")) is not None:
        content.append(("", value))
    for child in element:
        match _tag(child):
            case "Annotations":
                restricted = _restricted(source, child, concept) or restricted
            case "Value":
                content.append(("", _all_text(source, child, concept)))
            case "Text":
                content.append((_language(source, child), _all_text(source, child, concept)))
            case "StructuredText":
                content.append((_language(source, child), _rich(source, child, concept)))
            case "Attribute":
                below.append(child)
            case "AttributeSet":
                below += list(child)
    spoken = [language for language, _ in content if language]
    for language in sorted({language for language in spoken if spoken.count(language) > 1}):
        source.note(element, f"there is more than one text in {quoted(language)}", concept)
    return ReportedAttribute(concept, tuple(content), _attributes(source, below), restricted)


def _all_text(source: _Source, element: etree._Element, concept: str) -> str:
    """A text as it stands, its spaces included; elements in it have no place there, and only their text is kept."""
    for child in element:
        source.note(child, f"the element {_tag(child)} in a plain text is left out, its text is kept", concept)
        for one in child.iter():
            if (value := one.get("value")) and _tag(one) in _REPORTED:
                source.note(one, f"the value {quoted(value)} in a text is left out", one.get("id") or concept)
    return "".join(str(text) for text in element.itertext())


def _restricted(source: _Source, annotations: etree._Element, concept: str) -> bool:
    """Whether an annotation says "not for publication"; others are named."""
    found = False
    for annotation in annotations:
        kind = next((_text(child) for child in annotation if _tag(child) == "AnnotationType"), "")
        if kind == source.restriction:
            found = True
        else:
            source.note(annotation, f"an annotation {quoted(kind) if kind else 'without a type'} is left out", concept)
    return found


# ------------------------------------------------------------------------------------------------ small readings

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # as BCP 47 and xs:language have it: it may become a file name
_ID = re.compile(r"[A-Za-z0-9_@$.\-]+")  # SDMXCommonReferences.xsd, IDType


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2]


def _where(name: str, element: etree._Element) -> str:
    return f"{name} line {element.sourceline}" if element.sourceline else name


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _language(source: _Source, element: etree._Element) -> str:
    """The language of a text; the standard's default where it is not said."""
    language = str(element.get(_LANG, "en")).strip()
    if not _TAG.fullmatch(language):
        words = f"xml:lang is {quoted(language)}, which is no language."
        source.problems.add(_where(source.name, element), words, "Write it as en, fr or en-GB.")
    return language


def _get(element: etree._Element, name: str) -> str:
    return element.get(name, "").strip()


def _in_header(header: etree._Element | None, tag: str) -> str:
    return next((_text(child) for child in header if _tag(child) == tag), "") if header is not None else ""


def _named_in(element: etree._Element, tag: str) -> str:
    found = next((_reference(child) for child in element if _tag(child) == tag), None)
    return found.ref if found else ""


def _followed(header: etree._Element | None, structure_id: str) -> dict[str, str]:
    """What the header says that the set follows: kind of artefact → ``AGENCY:ID(VERSION)``."""
    kinds = {"Structure": "MetadataStructure", "StructureUsage": "Metadataflow"}
    found: dict[str, str] = {}
    for structure in () if header is None else header:
        if _tag(structure) != "Structure" or structure_id not in ("", structure.get("structureID", "")):
            continue
        for child in structure:
            reference = _reference(child)
            if reference is not None:
                found.setdefault(kinds.get(_tag(child), "Agreement"), reference.ref)
    return found


def _provided(element: etree._Element | None) -> str:
    """URN of the provider that a set or a header names."""
    for child in () if element is None else element:
        reference = _reference(child) if _tag(child) in _PROVIDERS else None
        if reference is not None:
            return _urn(child) or _urn_of(reference._replace(kind=_tag(child)))
    return ""


def _urn(element: etree._Element) -> str:
    """The URN that an element holds, as its text or in a ``URN`` of its own."""
    inner = next((_text(child) for child in element if _tag(child) == "URN"), "")
    return inner or (_text(element) if not len(element) else "")


def _reference(element: etree._Element) -> Reference | None:
    """What an element refers to, by a URN or by a ``Ref`` with its parts."""
    if urn := _urn(element):
        return parse_reference(urn)
    ref = next((child for child in element if _tag(child) == "Ref"), None)
    if ref is None:
        return None
    kind, agency, id_, version = (ref.get(key, "") for key in ("class", "agencyID", "id", "version"))
    if parent := ref.get("maintainableParentID"):
        return Reference(kind, agency, parent, ref.get("maintainableParentVersion") or "1.0", id_)
    return Reference(kind, agency, id_, version or "1.0", "")


_PACKAGES = {
    "base": ("Agency", "DataConsumer", "DataProvider", "MetadataProvider", "OrganisationUnit"),
    "categoryscheme": ("Categorisation", "Category", "CategoryScheme", "ReportingCategory", "ReportingTaxonomy"),
    "codelist": ("Code", "Codelist", "HierarchicalCodelist"),
    "conceptscheme": ("Concept", "ConceptScheme"),
    "metadatastructure": ("Metadataflow", "MetadataSet", "MetadataStructure"),
    "registry": ("ContentConstraint", "ProvisionAgreement", "MetadataProvisionAgreement"),
}


def _urn_of(reference: Reference) -> str:
    kind = reference.kind
    package = next((package for package, kinds in _PACKAGES.items() if kind in kinds), "datastructure")
    return f"urn:sdmx:org.sdmx.infomodel.{package}.{kind}={reference.full}"


# ---------------------------------------------------------------------------------------------------- rich text

_HIGHER = ("h1", "h2", "h3")
_SAME = {"b": "strong", "i": "em", "tt": "code", "h1": "h4", "h2": "h4", "h3": "h4", "tfoot": "tbody"}
_SILENT = frozenset({"span", "div", "body", "html", "caption", "colgroup", "col"})
"""What has no meaning of its own, or is named by the table that it stands in."""
_GONE = frozenset({
    "script", "style", "head", "title", "template", "noscript", "img", "picture", "object", "embed", "applet", "iframe",
    "frame", "frameset", "audio", "video", "canvas", "svg", "math", "map", "area", "input", "button", "select", "textarea",
    "link", "meta", "base", "param", "source", "track",
})  # fmt: skip
_WORDS = frozenset({
    "abbr", "acronym", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "font", "ins", "kbd", "label", "mark", "q", "s",
    "samp", "small", "span", "strike", "time", "u", "var",
})  # fmt: skip
"""Elements inside text whose text is kept; any other that is not known is taken for a block."""
_PARTS = ("thead", "tbody", "tr")
_INSIDE = {
    "li": ("ul", "ol"),
    "thead": ("table",),
    "tbody": ("table",),
    "tr": ("table", "thead", "tbody", "tfoot"),
    "th": ("tr",),
    "td": ("tr",),
}
"""Where a part of a list or of a table has its place."""
_LITERALLY = LITERAL | {"code"}
_TEXT_ALONE = (PARAGRAPHS | CELLS | _LITERALLY | {"a"}) - {"p"}  # what is not text in a p ends it
_LISTS = frozenset({"ul", "ol", "blockquote"})
_SPANS = ("colspan", "rowspan")
_SPAN = re.compile("[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class _Xhtml:
    """Rich text that is being read: of which concept, and where to name what is lost."""

    source: _Source
    concept: str

    def lost(self, element: etree._Element, words: str) -> None:
        """Something of a text could not be taken over."""
        self.source.note(element, words, self.concept)


def _rich(source: _Source, element: etree._Element, concept: str) -> RichText:
    """What stands in a StructuredText, in canonical form."""
    return canonical(_nodes(_Xhtml(source, concept), element))


def _nodes(text: _Xhtml, element: etree._Element) -> list[Node]:
    """What stands inside an element."""
    if any(said and INVALID.search(said) for said in (element.text, *(child.tail for child in element))):
        text.lost(element, "characters that are no text are left out")
    found: list[Node] = [element.text] if element.text else []
    for child in element:
        found += _node(text, child)
        if child.tail:
            found.append(child.tail)
    return found


def _node(text: _Xhtml, element: etree._Element) -> list[Node]:
    """An element on the allow-list, or what is left of another."""
    name = _tag(element).lower()
    tag = _SAME.get(name, name)
    if tag in _GONE:
        text.source.left_out(element, f"the element {name} is", text.concept)
        return []
    if name in _HIGHER:
        text.lost(element, f"the heading {name} becomes {tag}")
    if tag in _LISTS and sum(_tag(above).lower() in _LISTS for above in element.iterancestors()) >= DEEPEST_LIST:
        text.lost(element, f"a list or quotation deeper than {DEEPEST_LIST} is dissolved, its text is kept")
    attributes, inner = _kept(text, element, tag), _nodes(text, element)
    if tag not in ALLOWED or not _in_place(element, tag):
        return _unwrapped(text, element, name, inner)
    if tag in EMPTY:
        return [Element(tag), *inner]
    if tag == "table":
        return _table(text, element, inner)
    if tag in ("ul", "ol"):
        inner = _items(text, element, inner)
    elif tag in ("thead", "tbody"):
        inner = _within(text, element, inner, ("tr",), lambda node: Element("tr", (Element("td", (node,)),)))
    elif tag == "tr":
        inner = _within(text, element, inner, CELLS, lambda node: Element("td", (node,)))
    elif tag in INLINE and tag != "a" and any(_is_block(node) for node in inner):
        return _unwrapped(text, element, name, inner)
    elif tag in _TEXT_ALONE and any(_is_more(node, tag) for node in inner):
        text.lost(element, f"what is more than text in the element {name} keeps its text alone")
    if tag == "a":
        address = dict(attributes).get("href", "")
        words = f"the link to {quoted(address)}" if address else "a place to link to"
        if not may_link(address):
            text.lost(element, f"{words} is left out, its text is kept")
            return inner
        if any(_tag(above).lower() == "a" for above in element.iterancestors()):
            text.lost(element, f"{words} inside a link is left out, its text is kept")
        elif not "".join(map(str, element.itertext())).strip():
            text.lost(element, f"{words} is left out, as it has no text")
    return [Element(tag, tuple(inner), attributes)]


def _is_more(node: Node, tag: str) -> bool:
    """Whether something is more than the text that alone can be in an element of this kind."""
    if isinstance(node, str) or node.tag == "br":
        return False
    return tag in _LITERALLY or (_is_block(node) and node.tag != "p")


def _in_place(element: etree._Element, tag: str) -> bool:
    above = element.getparent()
    return tag not in _INSIDE or (above is not None and _tag(above).lower() in _INSIDE[tag])


def _unwrapped(text: _Xhtml, element: etree._Element, name: str, inner: list[Node]) -> list[Node]:
    """What is inside an element that is left out; a block's text stays apart from what is beside it."""
    tag = _SAME.get(name, name)
    if name not in _SILENT:
        text.lost(element, f"the element {name} {'here ' if tag in ALLOWED else ''}is left out, its text is kept")
    if tag in _WORDS or tag in INLINE:
        return inner
    found: list[Node] = []
    for blocks, those in groupby(inner, _is_block):
        group = tuple(those)
        found += group if blocks else (Element("p", group),)
    return found


def _kept(text: _Xhtml, element: etree._Element, tag: str) -> tuple[tuple[str, str], ...]:
    """The attributes that are on the allow-list, with values that are."""
    found = {}
    for key in element.attrib:
        name, value = etree.QName(key).localname.lower(), str(element.get(key, "")).strip()
        if name not in ATTRIBUTES.get(tag, ()) or "}" in str(key):
            if name in _SPANS and tag in CELLS:
                found[name] = value  # until its table is laid out
            if (name, value) not in ((span, "1") for span in _SPANS):
                instead = ", empty cells are in its place" if name in found else ""
                text.lost(element, f"the attribute {name} is left out{instead}")
        elif name == "align" and value.lower() not in SIDES:
            text.lost(element, f"the alignment {quoted(value)} is left out")
        elif name == "start" and not START.fullmatch(value):
            text.lost(element, f"the start {quoted(value)} of a list is left out")
        else:
            found[name] = value
            if INVALID.search(value):
                text.lost(element, "characters that are no text are left out")
    return tuple(sorted(found.items()))


def _items(text: _Xhtml, element: etree._Element, inner: list[Node]) -> list[Node]:
    """The items of a list; a list between them belongs to the item before, anything else is an item of its own."""
    items: list[Node] = []
    for node in _within(text, element, inner, ("li", "ul", "ol"), lambda node: Element("li", (node,))):
        last = items[-1] if items else None
        if isinstance(node, Element) and node.tag != "li" and isinstance(last, Element):
            items[-1] = Element("li", (*last.children, node))
        else:
            items.append(node if isinstance(node, Element) and node.tag == "li" else Element("li", (node,)))
    return items


def _within(
    text: _Xhtml, element: etree._Element, inner: list[Node], tags: Container[str], made: Callable[[Node], Element]
) -> list[Node]:
    """The parts of a list, a table or a row; what else stands between them is made one, and blanks are none."""
    found: list[Node] = []
    for node in inner:
        if isinstance(node, Element) and node.tag in tags:
            found.append(node)
        elif not isinstance(node, str) or node.strip():
            name = _tag(element).lower()
            text.lost(element, f"what stands in the element {name} beside its parts is made one of them")
            found.append(made(node))
    return found


def _table(text: _Xhtml, element: etree._Element, inner: list[Node]) -> list[Node]:
    """A table; what stands in it beside its rows, such as a caption, comes before it."""
    parts = [node for node in inner if isinstance(node, Element) and node.tag in _PARTS]
    before = [node for node in inner if isinstance(node, str) or node.tag not in _PARTS]
    if any(isinstance(node, Element) or node.strip() for node in before):
        text.lost(element, "what stands in a table beside its rows is put before it")
    groups: list[tuple[str, list[Element]]] = []  # a cell stands over rows of its own part of the table alone
    for part, those in groupby(parts, lambda part: part.tag):
        if part == "tr":
            groups.append(("tbody", list(those)))
        else:
            groups += [(part, _elements(one)) for one in those]
    if any(cell.tag == "th" for row in [row for _, those in groups for row in those][1:] for cell in _elements(row)):
        text.lost(element, "a heading of a table outside its first row is made a plain cell")
    return [*before, *_laid_out(text, element, groups)]


def _elements(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _laid_out(text: _Xhtml, element: etree._Element, groups: list[tuple[str, list[Element]]]) -> list[Node]:
    """A table with every cell in its column: beside and below one that stands over several are empty ones."""
    notes = text.source.notes
    placed = [(part, _placed(those, notes)) for part, those in groups]
    rows = [row for _, those in placed for row in those]
    width = max((max(row, default=-1) + 1 for row in rows), default=0)
    notes.empty_cells += len(rows) * width - sum(map(len, rows))
    if notes.empty_cells > EMPTIEST:
        where = _where(text.source.name, element)
        text.source.problems.add(where, f"up to this table there are more than {EMPTIEST} empty cells in tables.")
        return []
    return [Element("table", tuple(Element(part, tuple(_row(row, width) for row in those)) for part, those in placed))]


def _placed(rows: list[Element], notes: _Notes) -> list[dict[int, Element]]:
    """The cells of each row by the column in which they begin."""
    free: dict[int, int] = {}  # column → the row from which it is free again
    found: list[dict[int, Element]] = []
    for at, row in enumerate(rows):
        column, cells = 0, dict[int, Element]()
        for cell in _elements(row):
            while free.get(column, 0) > at:
                column += 1
            wide, deep = max(_span(cell, "colspan"), 1), _span(cell, "rowspan")
            deep = min(deep or len(rows), len(rows) - at)  # 0: down to the last
            notes.empty_cells += wide * deep - 1
            if notes.empty_cells > EMPTIEST:
                return found
            if deep > 1:
                free |= dict.fromkeys(range(column, column + wide), at + deep)
            cells[column] = cell
            column += wide
        found.append(cells)
    return found


def _span(cell: Element, name: str) -> int:
    said = cell.get(name)
    return int(said) if _SPAN.fullmatch(said) else 1


def _row(cells: dict[int, Element], width: int) -> Element:
    empty = Element("th" if all(cell.tag == "th" for cell in cells.values()) else "td")
    return Element("tr", tuple(cells.get(column, empty) for column in range(width)))


def _is_block(node: Node) -> bool:
    return isinstance(node, Element) and node.tag not in INLINE
