"""The schema made from a structure accepts what the structure allows, and refuses every single fault."""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter

import pytest
from lxml import etree

from pipeline.errors import FactsError
from pipeline.facts.structure import FLAT, Structure
from pipeline.facts.structure_messages import read_structures
from pipeline.messages.names import ML_21, ML_30, Dialect
from pipeline.messages.schema import Fault, compile_schema, namespace_of, schema_xml, validate

HERE = Path(__file__).parent
V21 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
BOTH = pytest.mark.parametrize("dialect", [ML_21, ML_30], ids=lambda dialect: dialect.version)


def structure(name: str, ref: str | None = None, **swaps: str) -> Structure:
    text = (HERE / "structures" / f"{name}.xml").read_text(encoding="utf-8")
    for old, new in swaps.items():
        assert old in text
        text = text.replace(old, new)
    return read_structures([(name, text.encode())]).structure(ref)


def message(
    body: str, namespace: str, at: str = "TIME_PERIOD", root: str = "StructureSpecificData", **more: str
) -> bytes:
    """A structure-specific message with one data set: ``body`` is what stands inside it."""
    extra = "".join(f' {name}="{value}"' for name, value in more.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<message:{root} xmlns:message="{V21}/message" xmlns:common="{V21}/common" xmlns:ss="{V21}/data/structurespecific"
  xmlns:ns1="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<message:Header><message:ID>TEST</message:ID><message:Test>true</message:Test>
<message:Prepared>2024-06-01T10:00:00</message:Prepared><message:Sender id="TEST"/>
<message:Structure structureID="S" namespace="{namespace}" dimensionAtObservation="{at}"><common:Structure>
<Ref agencyID="TEST" id="X" version="1.0"/></common:Structure></message:Structure></message:Header>
<message:DataSet ss:structureRef="S" xsi:type="ns1:DataSetType" ss:dataScope="DataStructure" ss:action="Replace"{extra}>
{body}
</message:DataSet></message:{root}>""".encode()


def message_30(body: str, namespace: str, at: str = "TIME_PERIOD", **more: str) -> bytes:
    """The same in SDMX-ML 3.0: the structure by its URN, no scope, the attributes of the data set on their own."""
    text = message(body, namespace, at).decode().replace("/v2_1", "/v3_0").replace(' ss:dataScope="DataStructure"', "")
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=TEST:X(1.0)"
    text = text.replace('\n<Ref agencyID="TEST" id="X" version="1.0"/>', urn)
    said = "".join(f' {name}="{value}"' for name, value in more.items())
    return text.replace(f"\n{body}", f"\n<Atts{said}/>\n{body}" if more else f"\n{body}").encode()


def in_dialect(dialect: Dialect, body: str, namespace: str, at: str, **more: str) -> bytes:
    make = message_30 if dialect is ML_30 else message
    return make(body, namespace, at, **more)


def faults(found: Structure, body: str, at: str = "TIME_PERIOD", *, strict: bool = True, **more: str) -> list[Fault]:
    schema = compile_schema(schema_xml(found, at, strict=strict))
    return validate(schema, message(body, namespace_of(found.urn, at), at, **more))


LEVELS = """<Series FREQ="M" ACTIVITY="F" TIME_FORMAT="P1M">
<Obs TIME_PERIOD="2024-05" OBS_VALUE="12" OBS_STATUS="A"/><Obs TIME_PERIOD="2024-M04" OBS_STATUS="P"/></Series>
<Series FREQ="Q" ACTIVITY="TOT" TIME_FORMAT="P3M"><Obs TIME_PERIOD="2024-Q1" OBS_VALUE="-7" OBS_STATUS="A"/></Series>"""
ACROSS = """<Series FREQ="M" TIME_PERIOD="2024-05" TIME_FORMAT="P1M">
<Obs ACTIVITY="F" OBS_VALUE="12" OBS_STATUS="A"/><Obs ACTIVITY="G" OBS_VALUE="3" OBS_STATUS="A"/></Series>"""
LEVELS_FLAT = """<Obs FREQ="M" ACTIVITY="F" TIME_PERIOD="2024-05" TIME_FORMAT="P1M" OBS_VALUE="12" OBS_STATUS="A"/>
<Obs FREQ="M" ACTIVITY="G" TIME_PERIOD="2024-05" TIME_FORMAT="P1M" OBS_VALUE="3" OBS_STATUS="P"/>"""
GROUPS = """<Group xsi:type="ns1:Sibling" REF_AREA="FR" PRODUCT="AB1" UNIT="EUR" TITLE="Any title"/>
<Group xsi:type="ns1:Area" REF_AREA="FR" TITLE="Another title"/>
<Series FREQ="M" REF_AREA="FR" PRODUCT="AB1" DECIMALS="1" CONTACT="mailto:x@example.org">
<Obs TIME_PERIOD="2024-05" OBS_VALUE="12.25" SHARE="50" UPDATED="2024-06-01T10:00:00"/></Series>"""
NO_TIME = """<Obs SPECIES="any" SIZE="3" MEASURE="COUNT" OBS_VALUE="1.5"/>
<Obs SPECIES="other" SIZE="32767" MEASURE="WEIGHT" OBS_VALUE="NaN"/>"""
NO_TIME_SERIES = """<Series SPECIES="any" SIZE="3"><Obs MEASURE="COUNT" OBS_VALUE="1.5"/></Series>"""
MEASURES = """<Group xsi:type="ns1:ByAge" AGE="TOT" NOTE="x"/>
<Series FREQ="M" AGE="P_Y_LT15" AREA="FR" CURRENCY="EUR">
<Obs TIME_PERIOD="2024-05" TURNOVER="1.5" STAFF="3" STATUS="&lt;5"/>
<Obs TIME_PERIOD="2024-06" TURNOVER="-" STATUS="A"/></Series>"""

SHAPES = {
    "by time": ("levels_21", LEVELS, "TIME_PERIOD", {"SOURCE": "x"}),
    "by activity": ("levels_21", ACROSS, "ACTIVITY", {"SOURCE": "x"}),
    "flat": ("levels_21", LEVELS_FLAT, FLAT, {"SOURCE": "x", "COMMENT_DSET": "y"}),
    "groups": ("groups_21", GROUPS, "TIME_PERIOD", {"REPORTING_YEAR_START_DAY": "--07-01"}),
    "no time, flat": ("flat_21", NO_TIME, FLAT, {}),
    "no time, series": ("flat_21", NO_TIME_SERIES, "MEASURE", {}),
    "measures": ("measures_30", MEASURES, "TIME_PERIOD", {"ORIGIN": "anything, the list is partial"}),
}


MEASURES_30 = """<Group xsi:type="ns1:ByAge" AGE="TOT"><Comp id="NOTE" xsi:type="ns1:Comp.NOTE">
<Value><common:Text xml:lang="en">x</common:Text><common:Text xml:lang="fr">y</common:Text></Value></Comp></Group>
<Series FREQ="M" AGE="P_Y_LT15" AREA="FR" CURRENCY="EUR"><Obs TIME_PERIOD="2024-05" TURNOVER="1.5">
<Comp id="STAFF" xsi:type="ns1:Comp.STAFF"><Value>3</Value><Value>4</Value></Comp>
<Comp id="STATUS" xsi:type="ns1:Comp.STATUS"><Value>&lt;5</Value></Comp></Obs></Series>"""


def shape_in(dialect: Dialect, shape: str) -> tuple[Structure, str, str, dict[str, str]]:
    name, body, at, attributes = SHAPES[shape]
    body = MEASURES_30 if shape == "measures" and dialect is ML_30 else body
    return structure(name, None if name != "levels_21" else "LEVELS"), body, at, attributes


@BOTH
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_structure_allows_is_accepted(shape: str, strict: bool, dialect: Dialect) -> None:
    found, body, at, attributes = shape_in(dialect, shape)
    schema = compile_schema(schema_xml(found, at, strict=strict, dialect=dialect))
    assert validate(schema, in_dialect(dialect, body, namespace_of(found.urn, at), at, **attributes)) == []


def test_the_parts_of_a_3_0_data_set_may_stand_in_any_order_when_not_strict() -> None:
    """SDMX-ML 3.0 gives them none; a complete delivery is judged by the one order that we write."""
    found, _, at, _ = shape_in(ML_30, "measures")
    body = '<Series FREQ="M" AGE="TOT" AREA="FR"/><Atts ORIGIN="x"/><Group xsi:type="ns1:ByAge" AGE="TOT"/><Atts/>'
    data = message_30(body, namespace_of(found.urn, at), at)
    loose, strict = (compile_schema(schema_xml(found, at, strict=strict, dialect=ML_30)) for strict in (False, True))
    assert validate(loose, data) == []
    assert validate(strict, data)


def test_schemas_of_both_versions_judge_their_own_messages_only() -> None:
    found, body, at, attributes = shape_in(ML_21, "by time")
    schemas = {d: compile_schema(schema_xml(found, at, dialect=d)) for d in (ML_21, ML_30)}
    for dialect, schema in schemas.items():
        for other in schemas:
            data = in_dialect(other, body, namespace_of(found.urn, at), at, **attributes)
            assert (validate(schema, data) == []) is (dialect is other)


FAULTS = [
    # shape, what is replaced, by what, words of the fault
    ("by time", 'ACTIVITY="F"', 'ACTIVITY="Z"', "'Z' is not an element of the set"),
    ("by time", 'ACTIVITY="F"', 'ACTIVITY="f"', "'f' is not an element of the set"),
    ("by time", 'OBS_STATUS="P"', 'OBS_STATUS=""', "'' is not an element of the set"),
    ("by time", ' ACTIVITY="F"', "", "'ACTIVITY' is required"),
    ("by time", ' TIME_PERIOD="2024-05"', "", "'TIME_PERIOD' is required"),
    ("by time", ' TIME_FORMAT="P1M"', "", "'TIME_FORMAT' is required"),
    ("by time", ' OBS_STATUS="A"', "", "'OBS_STATUS' is required"),
    ("by time", 'SOURCE="x"', "", "'SOURCE' is required"),
    ("by time", 'SOURCE="x"', 'SOURCE="x" AUTHOR="y"', "'AUTHOR' is not allowed"),
    ("by time", 'FREQ="M"', 'FREQ="M" UNIT="PN"', "'UNIT' is not allowed"),
    ("by time", 'FREQ="M"', 'FREQ="M" TIME_PERIOD="2024"', "'TIME_PERIOD' is not allowed"),
    ("by time", 'FREQ="M"', 'FREQ="M" OBS_STATUS="A"', "'OBS_STATUS' is not allowed"),
    ("by time", 'FREQ="M"', 'FREQ="M" REPORTING_YEAR_START_DAY="--07-01"', "'REPORTING_YEAR_START_DAY' is not allowed"),
    ("by time", 'OBS_VALUE="12"', 'OBS_VALUE="12" FREQ="M"', "'FREQ' is not allowed"),
    ("by time", 'OBS_VALUE="12"', 'OBS_VALUE="12" type="COUNT"', "'type' is not allowed"),
    ("by time", 'SOURCE="x"', 'SOURCE="x" FREQ="M"', "'FREQ' is not allowed"),
    ("by time", 'OBS_VALUE="12"', 'OBS_VALUE="1,2"', "'1,2' is not a valid value of the"),
    ("by time", 'OBS_VALUE="12"', 'OBS_VALUE="1e3"', "'1e3' is not a valid value"),
    ("by time", 'OBS_VALUE="12"', 'OBS_VALUE="1234567"', "'1234567' is not accepted by the pattern"),
    ("by time", "2024-05", "2024-13", "'2024-13' is not a valid value of the union type"),
    ("by time", "2024-M04", "2024M04", "'2024M04' is not a valid value of the union type"),
    (
        "by time",
        'TIME_FORMAT="P1M"',
        'TIME_FORMAT="month"',
        "'month' is not a valid value of the atomic type 'xs:duration'",
    ),
    ("by time", "</Series>", "</Series><Group/>", "Group"),
    ("by time", "<Series ", '<Obs TIME_PERIOD="2024-05"/><Series ', "Element 'Obs': This element is not expected"),
    ("by time", "<Obs ", "<Value/><Obs ", "Element 'Value': This element is not expected"),
    ("by time", "<Obs ", "stray<Obs ", "Character content"),
    ("by activity", 'TIME_PERIOD="2024-05" ', "", "'TIME_PERIOD' is required"),
    ("by activity", '<Obs ACTIVITY="F"', '<Obs ACTIVITY="F" TIME_PERIOD="2024-05"', "'TIME_PERIOD' is not allowed"),
    ("by activity", '<Obs ACTIVITY="F"', "<Obs", "'ACTIVITY' is required"),
    ("by activity", '<Obs ACTIVITY="F"', '<Obs ACTIVITY="Z"', "'Z' is not an element of the set"),
    ("flat", ' ACTIVITY="F"', "", "'ACTIVITY' is required"),
    ("flat", ' TIME_PERIOD="2024-05"', "", "'TIME_PERIOD' is required"),
    ("flat", ' TIME_FORMAT="P1M"', "", "'TIME_FORMAT' is required"),
    ("flat", "<Obs ", '<Series FREQ="M"/><Obs ', "Element 'Series': This element is not expected"),
    ("groups", "ns1:Sibling", "ns1:Siblings", "Siblings"),
    ("groups", ' xsi:type="ns1:Sibling"', "", "abstract"),
    ("groups", ' PRODUCT="AB1" UNIT', " UNIT", "'PRODUCT' is required"),
    ("groups", ' UNIT="EUR"', "", "'UNIT' is required"),
    ("groups", 'UNIT="EUR"', 'UNIT="EUR" type="Area"', "does not match the fixed value constraint 'Sibling'"),
    ("groups", 'UNIT="EUR"', 'UNIT="EUR" CONTACT="x"', "'CONTACT' is not allowed"),
    ("groups", '"ns1:Area" REF_AREA="FR"', '"ns1:Area" REF_AREA="FR" UNIT="EUR"', "'UNIT' is not allowed"),
    ("groups", '"ns1:Area" REF_AREA="FR"', '"ns1:Area" REF_AREA="FR" PRODUCT="AB1"', "'PRODUCT' is not allowed"),
    ("groups", 'DECIMALS="1"', 'DECIMALS="1" TITLE="On the series"', "'TITLE' is not allowed"),
    ("groups", 'TITLE="Any title"', 'TITLE="any title"', "not accepted by the pattern '[A-Z].*'"),
    ("groups", "Another title", "Another title, which is long", "maxLength"),
    ("groups", 'PRODUCT="AB1" DEC', 'PRODUCT="A" DEC', "minLength"),
    ("groups", 'PRODUCT="AB1" DEC', 'PRODUCT="A-1" DEC', "pattern"),
    ("groups", 'DECIMALS="1"', 'DECIMALS="10"', "10"),
    ("groups", 'DECIMALS="1"', 'DECIMALS="-1"', "minInclusive"),
    ("groups", 'SHARE="50"', 'SHARE="100"', "maxExclusive"),
    ("groups", 'SHARE="50"', 'SHARE="0"', "minExclusive"),
    ("groups", "12.25", "12.255", "fractionDigits"),
    ("groups", "12.25", "-0.01", "minInclusive"),
    ("groups", 'UPDATED="2024-06-01T10:00:00"', 'UPDATED="2024-06-01"', "'xs:dateTime'"),
    ("groups", "2024-05", "2024-05-01T00:00:00/P1M", "is not accepted by the pattern '[^/]+'"),
    ("groups", "--07-01", "07-01", "'xs:gMonthDay'"),
    ("no time, flat", 'SIZE="3"', 'SIZE="0"', "minInclusive"),
    ("no time, flat", 'SIZE="3"', 'SIZE="40000"', "'40000' is not a valid value"),
    ("no time, flat", 'MEASURE="COUNT"', 'MEASURE="PRICE"', "'PRICE' is not an element of the set"),
    ("no time, flat", 'SIZE="3"', 'SIZE="3" TIME_PERIOD="2024"', "'TIME_PERIOD' is not allowed"),
    ("no time, flat", '"1.5"', '"1.55"', "pattern"),
    ("no time, series", 'SIZE="3"', "", "'SIZE' is required"),
    ("measures", ' TURNOVER="1.5"', "", "'TURNOVER' is required"),
    ("measures", 'TURNOVER="1.5"', 'TURNOVER="--"', "'--'"),
    ("measures", 'TURNOVER="1.5"', 'TURNOVER="1.5" OBS_VALUE="3"', "'OBS_VALUE' is not allowed"),
    ("measures", 'STAFF="3"', 'STAFF="-3"', "minInclusive"),
    ("measures", 'STATUS="A"', 'STATUS="B"', "'B' is not an element of the set"),
    ("measures", 'CURRENCY="EUR"', 'CURRENCY="EURO"', "maxLength"),
    ("measures", 'AGE="P_Y_LT15"', 'AGE="Y_LT15"', "'Y_LT15' is not an element of the set"),
    ("measures", "2024-05", "2024-M05", "'xs:gYearMonth'"),
]


#: what 3.0 says in elements (see test_structure_specific.py)
ELEMENTS_30 = [('STAFF="3"', "measures"), ('STATUS="A"', "measures")]


@pytest.mark.parametrize(
    ("shape", "old", "new", "words", "dialect"),
    [(*fault, ML_21) for fault in FAULTS]
    + [(*fault, ML_30) for fault in FAULTS if (fault[1], fault[0]) not in ELEMENTS_30],
)
def test_every_single_fault_is_refused(shape: str, old: str, new: str, words: str, dialect: Dialect) -> None:
    found, body, at, attributes = shape_in(dialect, shape)
    valid = in_dialect(dialect, body, namespace_of(found.urn, at), at, **attributes).decode()
    assert old in valid
    wrong = valid.replace(old, new, 1)
    reported = validate(compile_schema(schema_xml(found, at, dialect=dialect)), wrong.encode())
    assert any(words in fault.message for fault in reported), reported
    line = wrong[: wrong.index(new) if new else valid.index(old)].count("\n") + 1
    assert any(abs(fault.line - line) <= 1 for fault in reported), (line, reported)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<message:Test>true</message:Test>", ""),
        ("2024-06-01T10:00:00", "today"),
        ('ss:action="Replace"', 'ss:action="Overwrite"'),
        (' ss:dataScope="DataStructure"', ""),
        ('xsi:type="ns1:DataSetType"', 'xsi:type="ns1:Data"'),
        (' xsi:type="ns1:DataSetType"', ""),
        ("message:DataSet", "message:Data"),
    ],
)
def test_the_whole_message_is_judged(old: str, new: str) -> None:
    found = structure("levels_21", "LEVELS")
    valid = message(LEVELS, namespace_of(found.urn), SOURCE="x").decode()
    assert old in valid
    assert validate(compile_schema(schema_xml(found)), valid.replace(old, new).encode())


def test_parts_of_a_delivery_are_judged_without_what_is_mandatory() -> None:
    found = structure("levels_21", "LEVELS")
    part = '<Series FREQ="M" ACTIVITY="F"><Obs TIME_PERIOD="2024-05" OBS_VALUE="12"/></Series>'
    assert faults(found, part, strict=False) == []
    assert len(faults(found, part)) == 3


def test_the_namespace_may_be_the_dataflows_and_the_message_by_time_only() -> None:
    found = structure("levels_21", "TEST:FLOW(1.0)")
    namespace = namespace_of("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:FLOW(1.0)")
    schema = compile_schema(schema_xml(found, namespace=namespace))
    assert validate(schema, message(LEVELS, namespace, SOURCE="x")) == []
    assert validate(schema, message(LEVELS, namespace, root="StructureSpecificTimeSeriesData", SOURCE="x")) == []
    assert validate(schema, message(LEVELS, namespace_of(found.urn), SOURCE="x"))


def test_data_sets_of_two_structures_are_judged_together() -> None:
    first, second = structure("levels_21", "LEVELS"), structure("groups_21")
    schema = compile_schema(schema_xml(first), schema_xml(second))
    assert validate(schema, message(LEVELS, namespace_of(first.urn), SOURCE="x")) == []
    assert validate(schema, message(GROUPS, namespace_of(second.urn))) == []
    assert validate(schema, message(GROUPS, namespace_of(first.urn)))


def test_a_dimension_that_is_not_there_cannot_be_at_the_observation() -> None:
    with pytest.raises(FactsError, match=r"T\.SUB:FLAT\(1\.0\) has no dimension 'TIME_PERIOD'"):
        schema_xml(structure("flat_21"))


def test_a_pattern_of_another_dialect_does_not_spoil_the_schema() -> None:
    found = structure("groups_21", **{"^[A-Z].*$": "(?i)[a-z"})
    assert faults(found, GROUPS) == []


def test_bounds_and_lengths_that_do_not_fit_their_type_do_not_spoil_the_schema() -> None:
    for swap in ('textType="Integer" minValue="0.5" maxValue="1e30"', 'textType="Boolean" minValue="1" decimals="2"'):
        found = structure("groups_21", **{'textType="Integer" minValue="0" maxValue="9"': swap})
        assert faults(found, GROUPS, REPORTING_YEAR_START_DAY="--07-01") == []


@pytest.mark.parametrize(
    "word",
    re.findall(r'"(\w+)": "(?:xs|common):', (HERE.parent / "pipeline" / "messages" / "schema.py").read_text("utf-8")),
)
def test_every_text_type_makes_a_schema(word: str) -> None:
    facets = f'textType="{word}" minLength="1" maxLength="40" minValue="1" maxValue="3" decimals="2" startValue="1"'
    found = structure("levels_21", "LEVELS", **{'textType="BigInteger"': facets, ' maxLength="6"': ""})
    compile_schema(schema_xml(found))


@pytest.mark.parametrize(
    ("word", "periods"),
    [
        ("ObservationalTimePeriod", "abcdefgh"),
        ("StandardTimePeriod", "abcdefg"),
        ("BasicTimePeriod", "abcd"),
        ("GregorianTimePeriod", "abc"),
        ("GregorianYear", "a"),
        ("GregorianYearMonth", "b"),
        ("GregorianDay", "c"),
        ("DateTime", "d"),
        ("ReportingTimePeriod", "efg"),
        ("ReportingQuarter", "e"),
        ("ReportingTrimester", "f"),
        ("ReportingMonth", "g"),
        ("TimeRange", "h"),
        ("String", "abcdefgh"),
    ],
)
def test_the_kinds_of_period(word: str, periods: str) -> None:
    specimens = {
        "a": "2024",
        "b": "2024-05",
        "c": "2024-05-31",
        "d": "2024-05-31T10:00:00",
        "e": "2024-Q1",
        "f": "2024-T1",
        "g": "2024-M05",
        "h": "2024-05-31/P1M",
    }
    found = structure("levels_21", "LEVELS", **{'textType="ObservationalTimePeriod"': f'textType="{word}"'})
    for letter, period in specimens.items():
        body = LEVELS.replace("2024-05", period).replace("2024-M04", period).replace("2024-Q1", period)
        assert (faults(found, body, SOURCE="x") == []) is (letter in periods), period


def test_nothing_that_a_message_recommends_is_read(tmp_path: Path) -> None:
    found = structure("levels_21", "LEVELS")
    namespace = namespace_of(found.urn)
    trap = tmp_path / "trap.xsd"
    trap.write_text("not a schema")
    schema = compile_schema(schema_xml(found))
    for place in ("<Series ", "<Obs ", "<message:DataSet "):
        lured = message(LEVELS, namespace, SOURCE="x").decode()
        for hint in (f'xsi:schemaLocation="urn:x {trap.as_uri()}"', f'xsi:noNamespaceSchemaLocation="{trap.as_uri()}"'):
            assert validate(schema, lured.replace(place, f"{place}{hint} ", 1).encode()) == []


def test_a_document_type_is_a_fault() -> None:
    found = structure("levels_21", "LEVELS")
    valid = message(LEVELS, namespace_of(found.urn), SOURCE="x")
    schema = compile_schema(schema_xml(found))
    (fault,) = validate(schema, valid.replace(b"<message:Str", b"<!DOCTYPE x [<!ENTITY a 'b'>]><message:Str", 1))
    assert "document type" in fault.message


def test_what_is_not_well_formed_is_a_fault_with_its_line() -> None:
    schema = compile_schema(schema_xml(structure("levels_21", "LEVELS")))
    (fault,) = validate(schema, b"<a>\n<b>\n</a>")
    assert fault.line == 3
    assert str(fault).startswith("line 3: ")


def test_the_generated_schema_is_the_same_every_time_and_quick() -> None:
    found = structure("groups_21")
    assert schema_xml(found) == schema_xml(found)
    assert etree.fromstring(schema_xml(found)).get("targetNamespace") == f"{found.urn}:ObsLevelDim:TIME_PERIOD"
    started = perf_counter()
    compile_schema(schema_xml(found))
    assert perf_counter() - started < 2  # about a tenth of a second; the limit is for a busy machine


OWN = sorted([*HERE.parent.glob("dsd/*.xml"), *HERE.parent.glob("codelists/sdmx/*.xml")])


@BOTH
@pytest.mark.skipif(not OWN, reason="the project's own structures (dsd/, codelists/sdmx/) are not written yet")
def test_the_projects_own_structures_make_schemas(dialect: Dialect) -> None:
    read = read_structures((path.name, path.read_bytes()) for path in OWN)
    for found in read.structures.values():
        for at in ("TIME_PERIOD", FLAT, found.dimensions[0].id):
            compile_schema(schema_xml(found, at, dialect=dialect))
