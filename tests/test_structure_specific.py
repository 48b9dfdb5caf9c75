"""The writer: what it writes is valid by the generated schema and read back equal, whatever the text."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import InputError
from pipeline.facts import Facts, load
from pipeline.facts.structure import Structure
from pipeline.facts.structure_messages import read_structures
from pipeline.messages import readback, schema
from pipeline.messages import structure_specific as writer
from pipeline.messages.header import Header, Reference
from pipeline.messages.names import escaped

FLOW = "ESTAT:STSRB_REG_M(1.0)"
PREPARED = dt.datetime(2024, 7, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def header(reference: Reference, **more: object) -> Header:
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


def written(frame: pd.DataFrame, structure: Structure, head: Header) -> bytes:
    stream = io.BytesIO()
    writer.write(stream, frame, structure, head)
    return stream.getvalue()


def faults(data: bytes, structure: Structure, head: Header) -> list[schema.Fault]:
    xsd = schema.schema_xml(structure, at=head.at, namespace=head.reference.namespace(head.at))
    return schema.validate(schema.compile_schema(xsd), data)


@pytest.mark.parametrize("by_dataflow", [True, False], ids=["dataflow", "datastructure"])
def test_a_file_is_valid_by_the_schema_of_its_structure(facts: Facts, by_dataflow: bool) -> None:
    structure = facts.structure(FLOW)
    reference = Reference.to_dataflow(FLOW) if by_dataflow else Reference.to_structure(structure)
    head = header(
        reference, data_set_id="STSRB_REG_M", extracted=PREPARED, begin="2024-01", end="2024-03", source="INSEE"
    )
    data = written(rows(), structure, head)
    assert faults(data, structure, head) == []
    root = etree.fromstring(data)
    said = [etree.QName(child).localname for child in root[0]]
    assert said == [
        "ID", "Test", "Prepared", "Sender", "Receiver", "Structure", "DataSetAction", "DataSetID", "Extracted",
        "ReportingBegin", "ReportingEnd", "Source",
    ]  # fmt: skip
    scope = root[1].get("{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific}dataScope")
    assert scope == ("Dataflow" if by_dataflow else "DataStructure")


def test_the_schema_finds_what_is_wrong(facts: Facts) -> None:
    """The judge is not asleep: a code outside its list, a missing mandatory attribute, a wrong number."""
    structure = facts.structure(FLOW)
    head = header(Reference.to_dataflow(FLOW))
    for fault in (rows(OBS_STATUS="?"), rows(OBS_STATUS=""), rows(OBS_VALUE="12,5"), rows(ACTIVITY="")):
        assert faults(written(fault, structure, head), structure, head)


AWKWARD = [
    'O\'Brien & "fils" <sarl>',
    "tab\there",
    "line\nbreak\rreturn",
    "été — ‘x’ 日本 😀",
    "]]>",
    "  blanks  ",
    "&amp;",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_comes_back_as_it_went(facts: Facts, text: str) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    data = written(rows(COMMENT_OBS=text, COMMENT_TS=text), structure, head)
    root = etree.fromstring(data)
    assert {obs.get("COMMENT_OBS") for obs in root.iter("Obs")} == {text}
    assert {series.get("COMMENT_TS") for series in root.iter("Series")} == {text}


@pytest.mark.parametrize("text", ["\x00", "bell \x07", "\x7f", "\ufffe", "\ud800"])
def test_a_character_that_xml_or_edamis_cannot_carry_is_refused(facts: Facts, text: str) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    with pytest.raises(InputError, match=r"COMMENT_OBS.*control character"):
        written(rows(COMMENT_OBS=text), structure, head)
    with pytest.raises(InputError, match="control character"):
        written(rows(OBS_VALUE=text), structure, head)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_escaped_is_undone_by_a_parser(text: str) -> None:
    assert etree.fromstring(f'<a b="{escaped(text)}"/>').get("b") == text


def test_series_and_periods_are_in_order_whatever_the_order_of_rows(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    frame = pd.concat([rows(5, ACTIVITY=code) for code in ("H", "BTE", "F")], ignore_index=True)
    expected = written(frame, structure, head)
    for seed in range(5):
        assert written(frame.sample(frac=1, random_state=seed), structure, head) == expected
    assert written(frame.astype("category"), structure, head) == expected
    root = etree.fromstring(expected)
    assert [series.get("ACTIVITY") for series in root.iter("Series")] == ["BTE", "F", "H"]
    assert [len(series) for series in root.iter("Series")] == [5, 5, 5]


def test_chunks_do_not_show(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    frame = pd.concat([rows(4, ACTIVITY=code) for code in ("F", "G", "H", "I")], ignore_index=True)
    frame.loc[5, "OBS_VALUE"] = ""
    expected = written(frame, structure, head)
    for size in range(1, 18):
        monkeypatch.setattr(writer, "CHUNK", size)
        assert written(frame, structure, head) == expected, size


def test_a_missing_value_is_not_written(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    frame = rows(3)
    frame.loc[1, ["OBS_VALUE", "OBS_STATUS"]] = ["", "O"]
    data = written(frame, structure, head)
    assert [obs.get("OBS_VALUE") for obs in etree.fromstring(data).iter("Obs")] == ["10", None, "12"]
    assert faults(data, structure, head) == []


def test_no_rows_make_an_empty_data_set(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    data = written(rows(3).iloc[:0], structure, head)
    assert list(etree.fromstring(data).iter("Series")) == []


def test_an_attribute_with_two_values_in_one_series_is_a_defect(facts: Facts) -> None:
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    frame = rows(3)
    frame.loc[2, "TIME_FORMAT"] = "P3M"
    with pytest.raises(ValueError, match="two values in one series"):
        written(frame, structure, head)
    with pytest.raises(ValueError, match="COMMENT_DSET"):
        written(rows(2).assign(COMMENT_DSET=["a", "b"]), structure, head)


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


def test_a_group_attribute_is_written_before_the_series() -> None:
    structure, row = of_groups()
    row["UNIT"] = "EUR"
    head = header(Reference.to_structure(structure))
    data = written(pd.DataFrame([row]).astype(object), structure, head)
    assert faults(data, structure, head) == []
    (group,) = etree.fromstring(data).iter("Group")
    assert (group.get("UNIT"), group.get("REF_AREA")) == ("EUR", row["REF_AREA"])
    assert group.getnext().tag == "Series"


def test_an_attribute_of_two_groups_is_written_in_both() -> None:
    structure, row = of_groups()
    row["TITLE"] = "Title"
    head = header(Reference.to_structure(structure))
    data = written(pd.DataFrame([row]).astype(object), structure, head)
    assert faults(data, structure, head) == []
    groups = {
        g.get("{http://www.w3.org/2001/XMLSchema-instance}type"): g.get("TITLE")
        for g in etree.fromstring(data).iter("Group")
    }
    assert groups == {"ns1:Sibling": "Title", "ns1:Area": "Title"}


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
)
def test_law_what_is_written_is_read_back_equal_by_another_library(
    values: list[str], status: str, comment: str
) -> None:
    facts = load()
    structure, head = facts.structure(FLOW), header(Reference.to_dataflow(FLOW))
    frame = rows(len(values), OBS_STATUS=status, COMMENT_OBS=comment)
    frame["TIME_PERIOD"] = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(len(values))]
    frame["OBS_VALUE"] = values
    data = written(frame, structure, head)
    read = list(readback.read_by_sdmx1(data, structure, _structure_message(facts)))
    meant = frame.to_dict("records")
    assert readback.differences(meant, read, structure) == []
    meant[0]["OBS_VALUE"] = str(int(values[0]) + 1)
    assert readback.differences(meant, read, structure), "a difference of one would be seen"
