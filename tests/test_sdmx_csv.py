"""SDMX-CSV: what is written is read back equal, by the csv module and by two other libraries, whatever the text."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.facts import Facts, load
from pipeline.facts.structure import Structure
from pipeline.facts.structure_messages import read_structures
from pipeline.messages import readback, sdmx_csv
from pipeline.messages.header import Follows, Header

FLOW = "ESTAT:STSRB_REG_M(1.0)"
KEY = {"FREQ": "M", "REF_AREA": "FR", "SEASONAL_ADJUST": "N", "INDICATOR": "BURE", "ACTIVITY": "F", "BASE_PER": "_Z"}
SAID = {"OBS_STATUS": "A", "CONF_STATUS": "F", "COMMENT_OBS": "", "TIME_FORMAT": "P1M", "COMMENT_TS": ""}


def header(reference: Follows, action: str = "Replace") -> Header:
    return Header("T1", dt.datetime(2024, 7, 5, tzinfo=dt.UTC), "FR1", "4D0", reference, action)


def rows(number: int = 3, **columns: object) -> pd.DataFrame:
    """Observations of one series of the short-term statistics' structure."""
    values = [{**KEY, **SAID, "TIME_PERIOD": f"2024-{i + 1:02d}", "OBS_VALUE": str(10 + i)} for i in range(number)]
    frame = pd.DataFrame(values).astype(object)
    for name, value in columns.items():
        frame[name] = pd.Series([value] * number, dtype=object)
    return frame


def written(frame: pd.DataFrame, structure: Structure, head: Header | None = None) -> bytes:
    stream = io.BytesIO()
    sdmx_csv.write(stream, frame, structure, head or header(Follows.to_structure(structure)))
    return stream.getvalue()


def read(data: bytes) -> list[dict[str, str]]:
    """The lines as the csv module of Python reads them."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def message_of(facts: Facts) -> bytes:
    entry = facts.entry(facts.structure(FLOW).ref)
    assert entry is not None
    return readback.merged([facts.store.read(file) for file in entry.files])


def test_a_file_byte_for_byte(facts: Facts) -> None:
    data = written(rows(2, COMMENT_OBS='a "b", c'), facts.structure(FLOW), header(Follows.to_dataflow(FLOW)))
    assert data.decode("utf-8") == (
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,SEASONAL_ADJUST,INDICATOR,ACTIVITY,BASE_PER,TIME_PERIOD,"
        "OBS_VALUE,OBS_STATUS,CONF_STATUS,COMMENT_OBS,TIME_FORMAT,COMMENT_TS\r\n"
        'dataflow,ESTAT:STSRB_REG_M(1.0),R,M,FR,N,BURE,F,_Z,2024-01,10,A,F,"a ""b"", c",P1M,\r\n'
        'dataflow,ESTAT:STSRB_REG_M(1.0),R,M,FR,N,BURE,F,_Z,2024-02,11,A,F,"a ""b"", c",P1M,\r\n'
    )


@pytest.mark.parametrize(
    ("action", "letter"), [("Replace", "R"), ("Append", "A"), ("Delete", "D"), ("Information", "I")]
)
def test_what_each_line_names(facts: Facts, action: str, letter: str) -> None:
    structure = facts.structure(FLOW)
    head = header(Follows.to_structure(structure), action)
    data = written(rows(), structure, head)
    assert {(row["STRUCTURE"], row["STRUCTURE_ID"], row["ACTION"]) for row in read(data)} == {
        ("datastructure", "ESTAT:STSALL(2.1)", letter)
    }
    assert sdmx_csv.differences(data, head) == []


def test_a_file_that_names_something_else_is_seen(facts: Facts) -> None:
    """One mutation per column, on one line of three."""
    head = header(Follows.to_dataflow(FLOW))
    data = written(rows(), facts.structure(FLOW), head)
    mutations = {
        "STRUCTURE": (b"dataflow,", b"datastructure,"),
        "STRUCTURE_ID": (b"STSRB_REG_M(1.0)", b"STSRB_REG_M(1.1)"),
        "ACTION": (b",R,", b",A,"),
        "columns": (b"STRUCTURE_ID", b"STRUCTURE_NO"),
    }
    for what, (old, new) in mutations.items():
        assert [name for name, _, _ in sdmx_csv.differences(data.replace(old, new, 1), head)] == [what]
    (cut,) = sdmx_csv.differences(data + b"dataflow\r\n", head)[:1]
    assert cut == ("STRUCTURE_ID", "ESTAT:STSRB_REG_M(1.0)", "")
    assert [name for name, _, _ in sdmx_csv.differences(b"", head)] == ["columns"]
    long = written(rows(COMMENT_OBS="x" * 200_000), facts.structure(FLOW), head)
    assert [name for name, _, _ in sdmx_csv.differences(long, head)] == ["lines"]


AWKWARD = [
    "=1+1", "+33 1", "-5", "@home", "'quoted'", '"', '""', ",", "a,b", "a;b", "  blanks  ", "line\nbreak", "cr\rcr",
    "both\r\n", "tab\there", "été — ‘x’ 日本 😀", "\ufeffmark", "a\u2028b", "NaN", "null", "0012", "1e3",
]  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_comes_back_as_it_went(facts: Facts, text: str) -> None:
    """A text is data: nothing is put before what a spreadsheet would take for a formula."""
    data = written(rows(COMMENT_OBS=text, COMMENT_TS=text), facts.structure(FLOW))
    assert {(row["COMMENT_OBS"], row["COMMENT_TS"]) for row in read(data)} == {(text, text)}
    if not set(text) & set(',"\r\n'):
        assert f",{text}," in data.decode("utf-8")


@pytest.mark.parametrize("text", ["\x00", "bell \x07", "\x7f", "\ufffe", "\ud800"])
def test_a_character_that_cannot_be_sent_is_refused(facts: Facts, text: str) -> None:
    for name in ("COMMENT_OBS", "OBS_VALUE", "ACTIVITY"):
        with pytest.raises(InputError, match=rf"{name}.*control character"):
            written(rows(**{name: text}), facts.structure(FLOW))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")), min_size=1))
@settings(max_examples=60, deadline=None)
def test_law_the_csv_module_reads_every_text_as_it_was_written(texts: list[str]) -> None:
    structure = load().structure(FLOW)
    frame = rows(len(texts))
    frame["TIME_PERIOD"] = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(len(texts))]
    frame["OBS_VALUE"], frame["COMMENT_OBS"] = texts, texts[::-1]
    back = read(written(frame, structure))
    assert [(row["OBS_VALUE"], row["COMMENT_OBS"]) for row in back] == list(zip(texts, texts[::-1], strict=True))


def test_lines_are_in_order_whatever_the_order_of_rows_and_chunks(
    facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    structure = facts.structure(FLOW)
    frame = pd.concat([rows(5, ACTIVITY=code) for code in ("H", "BTE", "F")], ignore_index=True)
    frame.loc[3, "OBS_VALUE"] = ""
    expected = written(frame, structure)
    assert [row["ACTIVITY"] for row in read(expected)] == ["BTE"] * 5 + ["F"] * 5 + ["H"] * 5
    for seed in range(5):
        assert written(frame.sample(frac=1, random_state=seed), structure) == expected
    assert written(frame.astype("category"), structure) == expected
    for size in range(1, 17):
        monkeypatch.setattr(sdmx_csv, "CHUNK", size)
        assert written(frame, structure) == expected, size


def test_a_missing_value_is_an_empty_field(facts: Facts) -> None:
    frame = rows(3)
    frame.loc[1, ["OBS_VALUE", "COMMENT_OBS"]] = None
    assert [row["OBS_VALUE"] for row in read(written(frame, facts.structure(FLOW)))] == ["10", "", "12"]
    assert read(written(frame.iloc[:0], facts.structure(FLOW))) == []


def test_an_attribute_with_two_values_in_one_series_is_a_defect(facts: Facts) -> None:
    """What the SDMX-ML writer cannot say is not said here either."""
    with pytest.raises(ValueError, match="two values in one series"):
        written(rows(2).assign(COMMENT_TS=["a", "b"]), facts.structure(FLOW))
    with pytest.raises(ValueError, match="COMMENT_DSET"):
        written(rows(2).assign(COMMENT_DSET=["a", "b"]), facts.structure(FLOW))


def of_measures() -> tuple[Structure, pd.DataFrame]:
    """A structure of SDMX 3.0 with two measures and components that may have several values, and an observation."""
    path = Path(__file__).parent / "structures" / "measures_30.xml"
    structure = read_structures([(path.name, path.read_bytes())]).structure("TEST:MEASURES(2.1.0)")
    row = {"FREQ": "M", "AGE": "TOT", "AREA": "FR", "TIME_PERIOD": "2024-05", "TURNOVER": "1.5", "CURRENCY": "EUR"}
    return structure, pd.DataFrame([row]).astype(object)


def test_several_values_stand_in_one_field() -> None:
    structure, frame = of_measures()
    data = written(frame.assign(STAFF=[("3", "4")], STATUS=["A"], NOTE=[("x, y", 'z"')]), structure)
    (row,) = read(data)
    assert list(row)[:3] == ["STRUCTURE[;]", "STRUCTURE_ID", "ACTION"]
    assert (row["STAFF[]"], row["STATUS[]"], row["NOTE[]"]) == ("3;4", "A", 'x, y;z"')
    assert sdmx_csv.differences(data, header(Follows.to_structure(structure))) == []


def test_the_separator_of_several_values_is_in_none_of_them() -> None:
    structure, frame = of_measures()
    (row,) = read(written(frame.assign(NOTE=[("a;b", "c|d")]), structure))
    assert row["STRUCTURE[~]"] == "datastructure"
    assert row["NOTE[]"] == "a;b~c|d"
    with pytest.raises(ValueError, match="no separator is left for the values of NOTE"):
        written(frame.assign(NOTE=[(";|~^!",)]), structure)
    with pytest.raises(ValueError, match="CURRENCY has 2 values"):
        written(frame.assign(CURRENCY=[("EUR", "USD")]), structure)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.integers(0, 10**15).map(str), min_size=1, max_size=24),
    comment=st.sampled_from(["", "=1+1", 'O\'Brien & "fils" <sarl>, 2', "  blanks  "]),
)
def test_law_what_is_written_is_read_back_equal_by_sdmx1(values: list[str], comment: str) -> None:
    facts = load()
    structure = facts.structure(FLOW)
    frame = rows(len(values), COMMENT_OBS=comment, COMMENT_TS=comment)
    frame["TIME_PERIOD"] = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(len(values))]
    frame["OBS_VALUE"] = values
    data = written(frame, structure, header(Follows.to_dataflow(FLOW)))
    back = list(readback.read_csv_by_sdmx1(data, structure, message_of(facts)))
    meant = frame.to_dict("records")
    assert readback.differences(meant, back, structure) == []  # type: ignore[arg-type]
    meant[0]["OBS_VALUE"] = str(int(values[0]) + 1)
    assert readback.differences(meant, back, structure), "a difference of one would be seen"  # type: ignore[arg-type]


def test_sdmx1_reads_without_a_word(facts: Facts, capfd: pytest.CaptureFixture[str]) -> None:
    """It would warn of every optional column that is not there."""
    structure = facts.structure(FLOW)
    assert len(list(readback.read_csv_by_sdmx1(written(rows(), structure), structure, message_of(facts)))) == 3
    assert capfd.readouterr() == ("", "")


def of_groups() -> tuple[Structure, pd.DataFrame]:
    path = Path(__file__).parent / "structures" / "groups_21.xml"
    structure = read_structures([(path.name, path.read_bytes())]).structure()
    row = {d.id: next(iter(d.codelist.codes)) if d.codelist else "XX" for d in structure.dimensions}
    row |= {"TIME_PERIOD": "2024-01", structure.measures[0].id: "1", "UNIT": "EUR", "TITLE": 'A, "b"', "DECIMALS": "2"}
    return structure, pd.DataFrame([row]).astype(object)


@pytest.mark.parametrize("of", [of_groups, of_measures])
def test_law_pysdmx_reads_what_was_written(of: object) -> None:
    """A second foreign reader, for structures that sdmx1 cannot read."""
    pytest.importorskip("pyarrow", reason="pysdmx reads data with its extra `data` (pyarrow)")
    import pysdmx.io

    structure, frame = of()  # type: ignore[operator]
    (data_set,) = pysdmx.io.read_sdmx(written(frame, structure).decode("utf-8")).data
    assert data_set.structure == f"DataStructure={structure.ref}"
    assert data_set.action.value == "Replace"
    back = data_set.data.astype(str).to_dict("records")
    assert readback.differences(frame.to_dict("records"), back, structure) == []
