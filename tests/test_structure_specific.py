"""The writer: what it writes is valid by the generated schema and read back equal, whatever the text."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import FactsError, InputError
from pipeline.facts import Facts, load
from pipeline.facts.structure import Structure
from pipeline.facts.structure_messages import read_structures
from pipeline.messages import files, readback, schema
from pipeline.messages import header as headers
from pipeline.messages import structure_specific as writer
from pipeline.messages.header import Follows, Header
from pipeline.messages.names import ML_21, ML_30, Dialect, escaped

FLOW = "ESTAT:STSRB_REG_M(1.0)"
BOTH = pytest.mark.parametrize("dialect", [ML_21, ML_30], ids=lambda dialect: dialect.version)
PREPARED = dt.datetime(2024, 7, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def header(reference: Follows, **more: object) -> Header:
    return Header("T1", PREPARED, "FR1", "4D0", reference, "Replace", **more)  # type: ignore[arg-type]


def rows(number: int = 3, **columns: object) -> pd.DataFrame:
    """Observations of one series of the short-term statistics' structure."""
    row = {
        "FREQ": "M", "REF_AREA": "FR", "SEASONAL_ADJUST": "N", "INDICATOR": "BURE", "ACTIVITY": "F", "BASE_PER": "_Z",
        "TIME_FORMAT": "P1M", "OBS_STATUS": "A", "CONF_STATUS": "F", "COMMENT_OBS": "", "COMMENT_TS": "",
    }  # fmt: skip
    frame = pd.DataFrame([{**row, "TIME_PERIOD": f"2024-{i + 1:02d}", "OBS_VALUE": str(10 + i)} for i in range(number)])
    frame = frame.astype(object)
    for name, value in columns.items():
        frame[name] = pd.Series([value] * number, dtype=object)
    return frame


def written(frame: pd.DataFrame, structure: Structure, head: Header, dialect: Dialect = ML_21) -> bytes:
    stream = io.BytesIO()
    writer.write(stream, frame, structure, head, dialect)
    return stream.getvalue()


def faults(data: bytes, structure: Structure, head: Header, dialect: Dialect = ML_21) -> list[schema.Fault]:
    xsd = schema.schema_xml(structure, at=head.at, namespace=head.reference.namespace(head.at), dialect=dialect)
    return schema.validate(schema.compile_schema(xsd), data)


@BOTH
@pytest.mark.parametrize("by_dataflow", [True, False], ids=["dataflow", "datastructure"])
def test_a_file_is_valid_by_the_schema_of_its_structure(facts: Facts, by_dataflow: bool, dialect: Dialect) -> None:
    structure = facts.structure(FLOW)
    reference = Follows.to_dataflow(FLOW) if by_dataflow else Follows.to_structure(structure)
    head = header(
        reference, data_set_id="STSRB_REG_M", extracted=PREPARED, begin="2024-01", end="2024-03", source="INSEE"
    )
    data = written(rows(), structure, head, dialect)
    assert faults(data, structure, head, dialect) == []
    assert headers.differences(data, head, dialect) == []
    root = etree.fromstring(data)
    said = [etree.QName(child).localname for child in root[0]]
    assert said == [
        "ID", "Test", "Prepared", "Sender", "Receiver", "Structure", "DataSetAction", "DataSetID", "Extracted",
        "ReportingBegin", "ReportingEnd", "Source",
    ]  # fmt: skip
    v = dialect.version.replace(".", "_")
    scope = root[1].get(f"{{http://www.sdmx.org/resources/sdmxml/schemas/v{v}/data/structurespecific}}dataScope")
    assert scope == (None if dialect is ML_30 else "Dataflow" if by_dataflow else "DataStructure")


def test_the_versions_say_the_same_in_their_own_words(facts: Facts) -> None:
    """Another namespace, the structure by its URN instead of a Ref, no dataScope: nothing else differs."""
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW), source="INSEE")
    old, new = (written(rows(), structure, head, dialect).decode().splitlines() for dialect in (ML_21, ML_30))
    at = next(i for i, line in enumerate(old) if "<Ref" in line)
    assert new.pop(at - 1).strip() == (
        "<common:StructureUsage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ESTAT:STSRB_REG_M(1.0)"
        "</common:StructureUsage>"
    )
    del old[at - 1 : at + 2]
    assert [line.replace("/v2_1/", "/v3_0/").replace(' ss:dataScope="Dataflow"', "") for line in old] == new


@BOTH
def test_the_schema_finds_what_is_wrong(facts: Facts, dialect: Dialect) -> None:
    """The judge is not asleep: a code outside its list, a missing mandatory attribute, a wrong number."""
    structure = facts.structure(FLOW)
    head = header(Follows.to_dataflow(FLOW))
    for fault in (rows(OBS_STATUS="?"), rows(OBS_STATUS=""), rows(OBS_VALUE="12,5"), rows(ACTIVITY="")):
        assert faults(written(fault, structure, head, dialect), structure, head, dialect)
    for one, other in ((ML_21, ML_30), (ML_30, ML_21)):
        assert faults(written(rows(), structure, head, one), structure, head, other)


def test_a_header_of_3_0_is_read_back(facts: Facts) -> None:
    """One mutation per field: each is seen."""
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW), data_set_id="STSRB_REG_M")
    data = written(rows(), structure, head, ML_30)
    assert headers.differences(data, head, ML_30) == []
    mutations = {
        "Sender": (b'Sender id="FR1"', b'Sender id="FR2"'),
        "Structure": (b"Usage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ESTAT:STSRB_REG_M", b"Usage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ESTAT:STSRB_BKRT_M"),
        "kind of structure": (b"Usage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=", b"Usage>urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure="),
        "dataScope": (b' ss:action="Replace"', b' ss:action="Replace" ss:dataScope="Dataflow"'),
        "action": (b'ss:action="Replace"', b'ss:action="Append"'),
        "DataSetAction": (b"DataSetAction>Replace", b"DataSetAction>Append"),
        "DataSetID": (b"DataSetID>STSRB_REG_M", b"DataSetID>STSRB_BKRT_M"),
    }  # fmt: skip
    for what, (old, new) in mutations.items():
        assert old in data, what
        assert [name for name, _, _ in headers.differences(data.replace(old, new, 1), head, ML_30)] == [what]


@pytest.mark.parametrize("ref", ["", "STSRB_REG_M", "ESTAT:", "ESTAT:STSRB_REG_M(1.0", "a b"])
def test_what_names_no_dataflow_is_refused(ref: str) -> None:
    with pytest.raises(FactsError, match="names no dataflow"):
        Follows.to_dataflow(ref)


AWKWARD = [
    'O\'Brien & "fils" <sarl>',
    "tab\there",
    "line\nbreak\rreturn",
    "été — ‘x’ 日本 😀",
    "]]>",
    "  blanks  ",
    "&amp;",
]


@BOTH
@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_comes_back_as_it_went(facts: Facts, text: str, dialect: Dialect) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    data = written(rows(COMMENT_OBS=text, COMMENT_TS=text), structure, head, dialect)
    root = etree.fromstring(data)
    assert {obs.get("COMMENT_OBS") for obs in root.iter("Obs")} == {text}
    assert {series.get("COMMENT_TS") for series in root.iter("Series")} == {text}


@pytest.mark.parametrize("text", ["\x00", "bell \x07", "\x7f", "\ufffe", "\ud800"])
def test_a_character_that_xml_or_edamis_cannot_carry_is_refused(facts: Facts, text: str) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    with pytest.raises(InputError, match=r"COMMENT_OBS.*control character"):
        written(rows(COMMENT_OBS=text), structure, head)
    with pytest.raises(InputError, match="control character"):
        written(rows(OBS_VALUE=text), structure, head)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_escaped_is_undone_by_a_parser(text: str) -> None:
    assert etree.fromstring(f'<a b="{escaped(text)}"/>').get("b") == text


def test_series_and_periods_are_in_order_whatever_the_order_of_rows(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = pd.concat([rows(5, ACTIVITY=code) for code in ("H", "BTE", "F")], ignore_index=True)
    expected = written(frame, structure, head)
    for seed in range(5):
        assert written(frame.sample(frac=1, random_state=seed), structure, head) == expected
    assert written(frame.astype("category"), structure, head) == expected
    root = etree.fromstring(expected)
    assert [series.get("ACTIVITY") for series in root.iter("Series")] == ["BTE", "F", "H"]
    assert [len(series) for series in root.iter("Series")] == [5, 5, 5]


@BOTH
def test_chunks_do_not_show(facts: Facts, monkeypatch: pytest.MonkeyPatch, dialect: Dialect) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = pd.concat([rows(4, ACTIVITY=code) for code in ("F", "G", "H", "I")], ignore_index=True)
    frame.loc[5, "OBS_VALUE"] = ""
    expected = written(frame, structure, head, dialect)
    for size in range(1, 18):
        monkeypatch.setattr(writer, "CHUNK", size)
        assert written(frame, structure, head, dialect) == expected, size


def test_a_missing_value_is_not_written(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = rows(3)
    frame.loc[1, ["OBS_VALUE", "OBS_STATUS"]] = ["", "O"]
    data = written(frame, structure, head)
    assert [obs.get("OBS_VALUE") for obs in etree.fromstring(data).iter("Obs")] == ["10", None, "12"]
    assert faults(data, structure, head) == []


def test_no_rows_make_an_empty_data_set(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    data = written(rows(3).iloc[:0], structure, head)
    assert list(etree.fromstring(data).iter("Series")) == []


def test_an_attribute_with_two_values_in_one_series_is_a_defect(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = rows(3)
    frame.loc[2, "TIME_FORMAT"] = "P3M"
    with pytest.raises(ValueError, match="two values in one series"):
        written(frame, structure, head)
    with pytest.raises(ValueError, match="COMMENT_DSET"):
        written(rows(2).assign(COMMENT_DSET=["a", "b"]), structure, head)


def test_many_combinations_of_long_columns_are_told_apart() -> None:
    """More combinations than a number of 64 bits can count."""
    texts = [str(i) for i in range(1 << 22)]
    places = np.array([0, (1 << 22) - 2, 5, 0], dtype=np.intp)
    rows_, combinations = writer.combined(4, [(places, texts)] * 3)
    assert [combinations[place] for place in rows_] == [[str(place + 1)] * 3 for place in places]


def of_groups() -> tuple[Structure, dict[str, str]]:
    """A structure with two groups, and one observation with everything that is mandatory."""
    path = Path(__file__).parent / "structures" / "groups_21.xml"
    structure = read_structures([(path.name, path.read_bytes())]).structure()
    row = {d.id: next(iter(d.codelist.codes)) if d.codelist else "XX" for d in structure.dimensions}
    row |= {structure.time.id: "2024-01", structure.measures[0].id: "1"}  # type: ignore[union-attr]
    for attribute in structure.attributes:
        if attribute.mandatory:
            row[attribute.id] = next(iter(attribute.codelist.codes)) if attribute.codelist else "2"
    return structure, row


@BOTH
def test_a_group_attribute_is_written_before_the_series(dialect: Dialect) -> None:
    structure, row = of_groups()
    row["UNIT"] = "EUR"
    head = header(Follows.to_structure(structure))
    data = written(pd.DataFrame([row]).astype(object), structure, head, dialect)
    assert faults(data, structure, head, dialect) == []
    (group,) = etree.fromstring(data).iter("Group")
    assert (group.get("UNIT"), group.get("REF_AREA")) == ("EUR", row["REF_AREA"])
    assert group.getnext().tag == "Series"


@BOTH
def test_an_attribute_of_two_groups_is_written_in_both(dialect: Dialect) -> None:
    structure, row = of_groups()
    row["TITLE"] = "Title"
    head = header(Follows.to_structure(structure))
    data = written(pd.DataFrame([row]).astype(object), structure, head, dialect)
    assert faults(data, structure, head, dialect) == []
    groups = {
        g.get("{http://www.w3.org/2001/XMLSchema-instance}type"): g.get("TITLE")
        for g in etree.fromstring(data).iter("Group")
    }
    assert groups == {"ns1:Sibling": "Title", "ns1:Area": "Title"}


@BOTH
def test_an_attribute_of_a_group_with_two_values_is_a_defect(dialect: Dialect) -> None:
    structure, row = of_groups()
    frame = pd.DataFrame([{**row, "UNIT": "EUR"}, {**row, "UNIT": "USD", "TIME_PERIOD": "2024-02"}]).astype(object)
    with pytest.raises(ValueError, match="group Sibling has two values"):
        written(frame, structure, header(Follows.to_structure(structure)), dialect)


# --- what SDMX 3.0 has besides ------------------------------------------------------------------------------------


def of_measures() -> tuple[Structure, pd.DataFrame]:
    """A structure of SDMX 3.0 with two measures and components that may have several values, and its observations."""
    path = Path(__file__).parent / "structures" / "measures_30.xml"
    structure = read_structures([(path.name, path.read_bytes())]).structure("TEST:MEASURES(2.1.0)")
    key = {"FREQ": "M", "AGE": "TOT", "AREA": "FR"}
    return structure, pd.DataFrame(
        [
            {**key, "TIME_PERIOD": "2024-05", "TURNOVER": "1.5", "STAFF": ("3", "4"), "STATUS": ("A", "<5")},
            {**key, "TIME_PERIOD": "2024-06", "TURNOVER": "-", "STAFF": (), "STATUS": "A"},
        ]
    ).assign(NOTE=[("one", "l'autre & moi")] * 2, CURRENCY="EUR", ORIGIN="anything").astype(object)


def comps(element: etree._Element) -> dict[str, list[str]]:
    """The components below an element that are elements: id → values."""
    return {
        str(comp.get("id")): ["".join(str(text) for text in value.itertext()) for value in comp.iter("Value")]
        for comp in element.findall("Comp")
    }


def test_several_values_are_elements_in_3_0() -> None:
    structure, frame = of_measures()
    head = header(Follows.to_structure(structure))
    data = written(frame, structure, head, ML_30)
    assert faults(data, structure, head, ML_30) == []
    root = etree.fromstring(data)
    assert [dict(atts.attrib) for atts in root.iter("Atts")] == [{"ORIGIN": "anything"}]
    assert [comps(group) for group in root.iter("Group")] == [{"NOTE": ["one", "l'autre & moi"]}]
    assert [(obs.get("TURNOVER"), comps(obs)) for obs in root.iter("Obs")] == [
        ("1.5", {"STAFF": ["3", "4"], "STATUS": ["A", "<5"]}),
        ("-", {"STATUS": ["A"]}),
    ]
    assert [child.tag for child in root[1]] == ["Atts", "Group", "Series"]


def test_several_values_of_a_series_are_elements_before_its_observations() -> None:
    structure, frame = of_measures()
    (currency,) = (a for a in structure.attributes if a.id == "CURRENCY")
    several = replace(currency, max_occurs=None)
    structure = replace(structure, attributes=tuple(several if a is currency else a for a in structure.attributes))
    frame["CURRENCY"] = [("EUR", "USD")] * 2
    head = header(Follows.to_structure(structure))
    data = written(frame, structure, head, ML_30)
    assert faults(data, structure, head, ML_30) == []
    (series,) = etree.fromstring(data).iter("Series")
    assert comps(series) == {"CURRENCY": ["EUR", "USD"]}
    assert [child.tag for child in series] == ["Comp", "Obs", "Obs"]


def test_several_values_have_no_place_in_2_1() -> None:
    structure, frame = of_measures()
    with pytest.raises(ValueError, match="has 2 values, and there is place for one"):
        written(frame, structure, header(Follows.to_structure(structure)))
    frame = frame.map(lambda value: value[0] if isinstance(value, tuple) and value else value)
    data = written(frame, structure, header(Follows.to_structure(structure)))
    assert [obs.get("STATUS") for obs in etree.fromstring(data).iter("Obs")] == ["A", "A"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<Value>A</Value>", "<Value>B</Value>", "'B' is not an element of the set"),
        ("<Value>A</Value>", "<Value>A</Value>" * 3, "Value"),
        ("<Value>3</Value>", "<Value>-3</Value>", "minInclusive"),
        ('id="STATUS" xsi', 'id="STAFF" xsi', "fixed value constraint 'STATUS'"),
        (' xsi:type="ns1:Comp.STATUS"', "", "abstract"),
        ("ns1:Comp.NOTE", "ns1:Comp.STATUS", "Comp"),
        ("<common:Text>one</common:Text>", "one", "Character content"),
        ('ORIGIN="anything"', 'ORIGIN="anything" CURRENCY="EUR"', "'CURRENCY' is not allowed"),
        ("<Atts ", "<Obs/><Atts ", "Element 'Obs': This element is not expected"),
        (' TURNOVER="1.5"', "", "'TURNOVER' is required"),
        (' TURNOVER="1.5"', ' TURNOVER="1.5" STAFF="3"', "'STAFF' is not allowed"),
    ],
)
def test_the_schema_finds_what_is_wrong_in_elements(old: str, new: str, words: str) -> None:
    structure, frame = of_measures()
    head = header(Follows.to_structure(structure))
    valid = written(frame, structure, head, ML_30).decode()
    assert old in valid
    found = faults(valid.replace(old, new, 1).encode(), structure, head, ML_30)
    assert any(words in fault.message for fault in found), found


def test_a_mandatory_element_that_is_missing_is_a_fault() -> None:
    structure, frame = of_measures()
    head = header(Follows.to_structure(structure))
    frame.loc[0, ["STAFF", "STATUS"]] = ""
    assert faults(written(frame, structure, head, ML_30), structure, head, ML_30)
    origin = next(a for a in structure.attributes if a.id == "ORIGIN")
    demanded = replace(origin, mandatory=True)
    structure = replace(structure, attributes=tuple(demanded if a is origin else a for a in structure.attributes))
    frame = of_measures()[1]
    assert faults(written(frame, structure, head, ML_30), structure, head, ML_30) == []
    assert faults(written(frame.assign(ORIGIN=""), structure, head, ML_30), structure, head, ML_30)


# --- read back ----------------------------------------------------------------------------------------------------


def _structure_message(facts: Facts) -> bytes:
    entry = facts.entry(facts.structure(FLOW).ref)
    assert entry is not None
    return readback.merged([facts.store.read(file) for file in entry.files])


VALUES = st.integers(0, 10**15).map(str)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(VALUES, min_size=1, max_size=24),
    status=st.sampled_from("APBE"),
    comment=st.sampled_from(["", *AWKWARD[:2]]),
    dialect=st.sampled_from([ML_21, ML_30]),
)
def test_law_what_is_written_is_read_back_equal_by_another_library(
    values: list[str], status: str, comment: str, dialect: Dialect
) -> None:
    facts = load()
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = rows(len(values), OBS_STATUS=status, COMMENT_OBS=comment)
    frame["TIME_PERIOD"] = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(len(values))]
    frame["OBS_VALUE"] = values
    data = written(frame, structure, head, dialect)
    read = list(readback.read_by_sdmx1(data, structure, _structure_message(facts)))
    meant = frame.to_dict("records")
    assert readback.differences(meant, read, structure) == []
    meant[0]["OBS_VALUE"] = str(int(values[0]) + 1)
    assert readback.differences(meant, read, structure), "a difference of one would be seen"


def whole(data: bytes) -> str:
    """The message for pysdmx, which takes it as text."""
    return data.decode("utf-8")


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@BOTH
@pytest.mark.parametrize("of", ["groups", "measures"])
def test_law_pysdmx_reads_what_was_written(of: str, dialect: Dialect) -> None:
    """A second foreign reader, for structures that sdmx1 cannot read; it knows neither Comp nor Atts."""
    pytest.importorskip("pyarrow", reason="pysdmx reads data with its extra `data` (pyarrow)")
    import pysdmx.io

    if of == "groups":
        structure, row = of_groups()
        frame = pd.DataFrame([{**row, "UNIT": "EUR", "TITLE": "A & <b>"}]).astype(object)
    else:
        structure, frame = of_measures()
        frame = frame.drop(columns=["STAFF", "STATUS", "NOTE", "ORIGIN"])
    data = written(frame, structure, header(Follows.to_structure(structure)), dialect)
    (data_set,) = pysdmx.io.read_sdmx(whole(data), validate=False).data
    read = data_set.data.drop(columns=["xsi:type"], errors="ignore").astype(str).to_dict("records")
    names = {c.id for c in structure.components}
    read = [{name: text for name, text in row.items() if name in names} for row in read]
    assert readback.differences(frame.to_dict("records"), read, structure) == []


def test_what_sdmx1_is_known_not_to_read_is_said() -> None:
    """An honest sentence instead of a judgement; each is looked for in the message that would be misread."""
    structure, frame = of_measures()
    one = frame.drop(columns=["STAFF", "STATUS", "NOTE", "ORIGIN"])
    said = {
        "several": frame.drop(columns=["NOTE", "STAFF", "ORIGIN"]),
        "one measure": one.assign(STAFF="3"),
        "data set": one.assign(ORIGIN="x"),
        "line break": one.assign(CURRENCY="a\u2028b"),
    }
    limits = {
        (words, message): readback.known_limit(structure, table.to_dict("records"), message)
        for words, table in said.items()
        for message in ("2.1", "3.0", "csv")
    }
    assert {key for key, words in limits.items() if words} == {
        ("several", "3.0"), ("several", "csv"), ("one measure", "3.0"), ("one measure", "csv"), ("data set", "3.0"),
        ("line break", "csv"),
    }  # fmt: skip
    assert all(words in sentence for (words, _), sentence in limits.items() if sentence)
    assert readback.known_limit(structure, one.to_dict("records"), "3.0") == ""


def test_a_file_that_sdmx1_cannot_judge_says_why(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Follows.to_dataflow(FLOW))
    frame = rows(COMMENT_DSET="x")
    file = files.DataFile("x.xml", written(frame, structure, head, ML_30), "", frame, structure.ref, head, "3.0")
    words = "sdmx1 does not read attributes of the data set in SDMX-ML 3.0: COMMENT_DSET"
    assert files.read_back(file, facts) == ([], words)
    assert files.schema_faults(file, facts) == []
    assert readback.known_limit(structure, frame.to_dict("records"), "2.1") == ""


def test_data_of_3_0_are_read_after_data_of_2_1(facts: Facts) -> None:
    """sdmx1 cannot load its reader of 3.0 any more once it has read data of 2.1: it is loaded before."""
    code = """if True:
        import io, sys
        sys.path[:0] = ["tests"]
        from test_structure_specific import *
        from test_structure_specific import _structure_message
        facts = load()
        structure, head, message = facts.structure(FLOW), header(Follows.to_dataflow(FLOW)), _structure_message(load())
        for dialect in (ML_21, ML_30, ML_21):
            data = written(rows(), structure, head, dialect)
            print(len(list(readback.read_by_sdmx1(data, structure, message))))
    """
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "3", "3"]
