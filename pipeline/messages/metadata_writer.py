"""Writing reference metadata as SDMX-ML: 3.0 ``GenericMetadata`` with a metadata set, 2.1 with reports and their targets.

The same report always gives the same bytes: nothing here asks the clock. Indentation stands between elements only, never
inside a text; rich text is XHTML in a ``div``.

Sources: SDMXMetadataGeneric.xsd, SDMXMessage.xsd (``GenericMetadataHeaderType``) and SDMXCommon.xsd, 2.1 and 3.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.errors import FactsError, InputError, Problems
from pipeline.facts.metadata_structure import MetadataStructure, Report
from pipeline.facts.references import Reference, parse_reference
from pipeline.messages.names import ML_21, ML_30, Dialect, escaped, sendable
from pipeline.metadata_set import Heading, MetadataSet, ReportedAttribute
from pipeline.rich_text import EMPTY, Node, RichText, paragraph

XHTML = "http://www.w3.org/1999/xhtml"
MODEL = "urn:sdmx:org.sdmx.infomodel."
PERIOD = "ReportPeriod"
PROVIDERS = {
    ML_21.version: ("DataProvider", "DATA_PROVIDERS"),
    ML_30.version: ("MetadataProvider", "METADATA_PROVIDERS"),
}
"""Who provides metadata: the class and the scheme by which each version of the standard names an organisation."""


def write_30(set_: MetadataSet, structure: MetadataStructure, heading: Heading, *, restriction: str) -> bytes:
    """The report as an SDMX-ML 3.0 message.

    ``restriction``: type of the annotation that says "not for publication". The message names the metadataflow, or the
    provision agreement where the set has no flow; of both it can hold one. Raises FactsError for what 3.0 cannot say (no
    flow and no agreement, no target, no name, nothing reported, a value beside texts), InputError for a character that
    no message can carry.
    """
    _check(set_, heading, _lacks_30(set_))
    usage = ("Metadataflow", f"{MODEL}metadatastructure.Metadataflow={set_.flow}")
    if not set_.flow:
        usage = ("MetadataProvisionAgreement", f"{MODEL}registry.MetadataProvisionAgreement={set_.provision}")
    urn = f"{MODEL}metadatastructure.MetadataSet={set_.agency}:{set_.id}({set_.version})"
    identity = [("urn", urn), ("agencyID", set_.agency), ("id", set_.id), ("version", set_.version), *_period(set_)]
    content = [
        *_names(set_),
        _leaf(f"metadata:{usage[0]}", usage[1]),
        *(_leaf("metadata:Target", target) for target in set_.targets),
        *(line for one in set_.attributes for line in _reported_30(one, restriction)),
    ]
    provider = _provider(set_, ML_30)
    header = _header(
        heading,
        [_leaf("common:Structure", structure.urn)],
        [_leaf("message:MetadataProvider", provider)] if provider else [],
    )
    return _message(ML_30, [*header, *_around("message:MetadataSet", content, identity)])


def write_21(set_: MetadataSet, structure: MetadataStructure, heading: Heading, *, restriction: str) -> bytes:
    """The report as an SDMX-ML 2.1 message: a report for as many of the targets as its structure has places for.

    What is described is dealt out to the places of the target by its kind, in order; where there is more of it than
    places, a further report with the same attributes follows. 2.1 has no place for the set's agency and version, nor for
    metadataflow and agreement beside the structure. Raises FactsError when the structure is not known in its 2.1 form, when
    it has no place for a target, or when nothing is reported; InputError for a character that no message can carry.
    """
    report = structure.report
    _check(set_, heading, _lacks_21(set_, structure))
    assert report is not None
    said = (line for one in set_.attributes for line in _reported_21(one, restriction))
    attributes = list(_around("metadata:AttributeSet", said))
    reports = [
        line
        for values in _dealt(set_, report)
        for line in _around(
            "metadata:Report",
            [*_around("metadata:Target", values, [("id", report.target)]), *attributes],
            [("id", report.id)],
        )
    ]
    provider = _provider(set_, ML_21)
    if _kind(provider) in {place.object_type for place in report.identifiers}:
        provider = ""  # the targets say it; some readers know of it there alone
    content = [
        *_names(set_),
        *(_around("metadata:DataProvider", [_leaf("URN", provider)]) if provider else ()),
        *reports,
    ]
    named = [("agencyID", structure.agency), ("id", structure.id), ("version", structure.version)]
    reference = f"<Ref{_attributes([*named, ('class', 'MetadataStructure'), ('package', 'metadatastructure')])}/>"
    header = _header(heading, list(_around("common:Structure", [reference])), [])
    identity = [("structureRef", "S1"), ("setID", set_.id), *_period(set_)]
    return _message(ML_21, [*header, *_around("message:MetadataSet", content, identity)])


# ------------------------------------------------------------------------------------------- what cannot be written


def _lacks_30(set_: MetadataSet) -> Iterator[tuple[str, str]]:
    if not (set_.flow or set_.provision):
        yield set_.id, "an SDMX 3.0 message names the metadataflow or the provision agreement; the report has neither."
    if not set_.targets:
        yield set_.id, "an SDMX 3.0 message names what is described; the report has no target."
    if not set_.names:
        yield set_.id, "an SDMX 3.0 message names the report; it has no name in any language."
    for one in set_.all:
        if len({bool(language) for language, _ in one.content}) > 1:
            yield f"{set_.id} {one.id}", "a plain value stands beside texts, for which SDMX 3.0 has no place."


def _lacks_21(set_: MetadataSet, structure: MetadataStructure) -> Iterator[tuple[str, str]]:
    if structure.report is None:
        words = f"the report structure of {structure.ref} is not known: it stands in its SDMX 2.1 message alone."
        yield set_.id, words
        return
    places = {identifier.object_type for identifier in structure.report.identifiers}
    for target in set_.targets:
        kind = _kind(target)
        if kind not in places:
            words = f"the target {structure.report.target} has no place for {kind or 'what is no URN'}: {target}"
            yield set_.id, words
    if set_.attributes and not any(_dealt(set_, structure.report)):
        yield set_.id, "an SDMX 2.1 message names what is described; the report has no target."


def _check(set_: MetadataSet, heading: Heading, lacks: Iterable[tuple[str, str]]) -> None:
    """Raise FactsError for what has no place in the message, InputError for characters that cannot be sent."""
    problems = Problems(FactsError)
    for where, message in lacks:
        problems.add(where, message)
    if not set_.attributes:
        problems.add(set_.id, "nothing is reported.")
    if set_.provider and _reference(set_.provider) is None:
        problems.add(set_.id, f"the provider {set_.provider!r} is no reference.", "Write it as AGENCY:SCHEME(1.0).ID.")
    for one in set_.all:
        spoken = [language for language, _ in one.content if language]
        for language in sorted({language for language in spoken if spoken.count(language) > 1}):
            problems.add(f"{set_.id} {one.id}", f"there are two texts in {language!r}.")
        if any(not language and not isinstance(content, str) for language, content in one.content):
            problems.add(f"{set_.id} {one.id}", "rich text is in no language; a plain value is not rich.")
    problems.done()
    characters = Problems(InputError)
    for where, text in _texts(set_, heading):
        with characters.gather():
            sendable(text, where)
    characters.done()


def _texts(set_: MetadataSet, heading: Heading) -> Iterator[tuple[str, str]]:
    """Every text of a message, with the place that an officer knows it by."""
    frame = [heading.id, heading.prepared, heading.sender, heading.receiver, set_.agency, set_.id, set_.version]
    frame += [set_.flow, set_.provision, set_.provider, set_.begins, set_.ends, *set_.targets]
    for text in (*frame, *(text for name in set_.names for text in name)):
        yield set_.id, text
    for one in set_.all:
        for language, content in one.content:
            where = f"{one.id} ({language})" if language else one.id
            yield where, one.id + language
            yield from ((where, text) for text in ([content] if isinstance(content, str) else _all_of(content)))


def _all_of(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        else:
            yield from (value for _, value in node.attributes)
            yield from _all_of(node.children)


# ---------------------------------------------------------------------------------------------------- the frame


def _message(dialect: Dialect, content: Iterable[str]) -> bytes:
    spaces = {"message": dialect.message, "common": dialect.common, "metadata": f"{dialect.sdmx}metadata/generic"}
    attributes = [(f"xmlns:{prefix}", space) for prefix, space in spaces.items()]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_around("message:GenericMetadata", content, attributes), ""]
    return "\n".join(lines).encode("utf-8")


def _header(heading: Heading, followed: Iterable[str], provider: Iterable[str]) -> Iterator[str]:
    content = [
        _leaf("message:ID", heading.id),
        _leaf("message:Test", str(heading.test).lower()),
        _leaf("message:Prepared", heading.prepared),
        f"<message:Sender{_attributes([('id', heading.sender)])}/>",
        *([f"<message:Receiver{_attributes([('id', heading.receiver)])}/>"] if heading.receiver else ()),
        *_around("message:Structure", followed, [("structureID", "S1")]),
        *provider,
    ]
    return _around("message:Header", content)


def _names(set_: MetadataSet) -> list[str]:
    return [_leaf("common:Name", name, [("xml:lang", language)]) for language, name in set_.names]


def _period(set_: MetadataSet) -> list[tuple[str, str | None]]:
    return [("reportingBeginDate", set_.begins or None), ("reportingEndDate", set_.ends or None)]


def _provider(set_: MetadataSet, dialect: Dialect) -> str:
    """The URN of the provider in the words of this version, whichever of the two the set has."""
    reference = _reference(set_.provider)
    if reference is None:
        return ""
    kind, scheme = PROVIDERS[dialect.version]
    return f"{MODEL}base.{kind}={reference.agency}:{scheme}({reference.version}).{reference.item}"


def _reference(provider: str) -> Reference | None:
    reference = parse_reference(provider)
    return reference if reference is not None and reference.agency and reference.item else None


def _kind(urn: str) -> str:
    reference = parse_reference(urn)
    return reference.kind if reference else ""


def _dealt(set_: MetadataSet, report: Report) -> list[list[str]]:
    """The reference values of each report: every kind of target in the places of its kind, in order.

    What fits into the places of one report stands in each of them.
    """
    targets: dict[str, list[str]] = {}
    for target in set_.targets:
        targets.setdefault(_kind(target), []).append(target)
    if provider := _provider(set_, ML_21):
        targets.setdefault(PROVIDERS[ML_21.version][0], [provider])
    places = Counter(identifier.object_type for identifier in report.identifiers)
    rounds = max((-(-len(those) // places[kind]) for kind, those in targets.items() if places[kind]), default=1)
    return [list(_reference_values(set_, report, targets, places, turn)) for turn in range(rounds)]


def _reference_values(
    set_: MetadataSet, report: Report, targets: dict[str, list[str]], places: Counter[str], turn: int
) -> Iterator[str]:
    taken: Counter[str] = Counter()
    for identifier in report.identifiers:
        kind = identifier.object_type
        if kind == PERIOD:
            period = set_.ends or set_.begins
            value = [_leaf("metadata:ReportPeriod", period)] if period else []
        else:
            those = targets.get(kind, [])
            first = taken[kind] + (turn * places[kind] if len(those) > places[kind] else 0)
            taken[kind] += 1
            value = [
                line
                for urn in those[first : first + 1]
                for line in _around("metadata:ObjectReference", [_leaf("URN", urn)])
            ]
        if value:
            yield from _around("metadata:ReferenceValue", value, [("id", identifier.id)])


# ------------------------------------------------------------------------------------------------ what is reported


def _reported_30(one: ReportedAttribute, restriction: str) -> Iterator[str]:
    content = [
        *_annotations(one, restriction),
        *(_leaf("metadata:Value", str(value)) for language, value in one.content if not language),
        *_in_languages(one),
        *(line for child in one.children for line in _reported_30(child, restriction)),
    ]
    return _around("metadata:Attribute", content, [("id", one.id)])


def _reported_21(one: ReportedAttribute, restriction: str) -> Iterator[str]:
    """2.1 has one value in an element: further values stand in further elements of the same id."""
    values = [str(value) for language, value in one.content if not language]
    annotations = _annotations(one, restriction)
    below = [line for child in one.children for line in _reported_21(child, restriction)]
    content = [*annotations, *_in_languages(one), *(_around("metadata:AttributeSet", below) if below else ())]
    tag, first = "metadata:ReportedAttribute", values[0] if values else None
    yield from _around(tag, content, [("id", one.id), ("value", first)])
    for further in values[1:]:
        yield from _around(tag, annotations, [("id", one.id), ("value", further)])


def _annotations(one: ReportedAttribute, restriction: str) -> list[str]:
    if not one.restricted:
        return []
    annotation = _around("common:Annotation", [_leaf("common:AnnotationType", restriction)])
    return list(_around("common:Annotations", annotation))


def _in_languages(one: ReportedAttribute) -> list[str]:
    """The texts by language; where one of them is rich, all of them are: a message has one form for them all."""
    texts = [(language, content) for language, content in one.content if language]
    if all(isinstance(content, str) for _, content in texts):
        return [_leaf("common:Text", str(content), [("xml:lang", language)]) for language, content in texts]
    return [
        line
        for language, content in texts
        for line in _structured(language, paragraph(content) if isinstance(content, str) else content)
    ]


def _structured(language: str, text: RichText) -> Iterator[str]:
    blocks = [line for block in text for line in _xhtml(block)]
    return _around("common:StructuredText", _around("div", blocks, [("xmlns", XHTML)]), [("xml:lang", language)])


_HOLDERS = frozenset({"ul", "ol", "table", "thead", "tbody", "blockquote"})
"""Elements that hold elements alone: a line break between them says nothing."""


def _xhtml(node: Node) -> list[str]:
    """A node as lines: a break stands only where it says nothing."""
    if isinstance(node, str):
        return [_text(node)]
    if node.tag in EMPTY or node.tag in _HOLDERS:
        return list(_around(node.tag, [line for child in node.children for line in _xhtml(child)], node.attributes))
    lines = [f"<{node.tag}{_attributes(node.attributes)}>"]
    for child in node.children:
        first, *rest = _xhtml(child)
        lines[-1] += first
        lines += rest
    lines[-1] += f"</{node.tag}>"
    return lines


# ------------------------------------------------------------------------------------------------ lines of XML


_Pairs = Iterable[tuple[str, str | None]]


def _leaf(tag: str, text: str, attributes: _Pairs = ()) -> str:
    return f"<{tag}{_attributes(attributes)}>{_text(text)}</{tag}>"


def _around(tag: str, inner: Iterable[str], attributes: _Pairs = ()) -> Iterator[str]:
    """An element around lines, those indented."""
    opened, lines = f"<{tag}{_attributes(attributes)}", list(inner)
    if not lines:
        yield f"{opened}/>"
        return
    yield f"{opened}>"
    yield from (f"  {line}" for line in lines)
    yield f"</{tag}>"


def _attributes(attributes: _Pairs) -> str:
    """Attributes as they stand in a tag; one that is None is not set."""
    return "".join(f' {name}="{escaped(value)}"' for name, value in attributes if value is not None)


def _text(text: str) -> str:
    """Text between tags: line breaks, tabs and quotes may stand there as they are; a carriage return may not."""
    return escaped(text).replace("&#10;", "\n").replace("&#9;", "\t").replace("&quot;", '"')
