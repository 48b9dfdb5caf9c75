"""SDMX-CSV as events: what stands in the rows, where exactly, and what is wrong with their form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events import Cells, DataSetHead, Header, Where
from pipeline.findings import Finding
from pipeline.messages import csv_reader
from pipeline.messages.csv_reader import recognised

HEADER = "DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,COMMENT\n"


class Recorded:
    """Listens to a message and writes down what it hears."""

    def __init__(self) -> None:
        self.format = ""
        self.heads: list[DataSetHead] = []
        self.events: list[object] = []
        self.findings: list[Finding] = []

    def message(self, format: str) -> None:  # noqa: A002 - the word of the listener
        self.format = format

    def header(self, header: Header) -> None:
        raise AssertionError("SDMX-CSV has no header")

    def data_set(self, head: DataSetHead) -> RecordedDataSet:
        self.heads.append(head)
        self.events.append(("data set", head.kind, head.refers, head.action, head.where("")))
        return RecordedDataSet(self, len(self.heads))

    def found(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.events.append((finding.rule, finding.line, finding.column))


class RecordedDataSet:
    def __init__(self, message: Recorded, number: int) -> None:
        self.message = message
        self.number = number

    def observation(self, cells: Cells, where: Where) -> None:
        line, column = where("")
        assert column == 1
        assert where("NOT_THERE") == (line, 1)
        told = {id_: (value, *where(id_)) for id_, value in cells.items()}
        self.message.events.append((self.number, line, told))

    def end(self) -> None:
        self.message.events.append(("end", self.number))

    def never(self, *_: object) -> None:
        raise AssertionError("SDMX-CSV is flat")

    attributes = group = series = end_series = never


def heard(*blocks: str) -> Recorded:
    recorded = Recorded()
    csv_reader.read(blocks, recorded)
    return recorded


def rows(*blocks: str) -> list[dict[str, object]]:
    return [event[2] for event in heard(*blocks).events if isinstance(event, tuple) and isinstance(event[0], int)]


def wrong(*blocks: str) -> list[tuple[str, int | None, int | None, str]]:
    return [(f.rule, f.line, f.column, f.message) for f in heard(*blocks).findings]


# --- what it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "version"),
    [
        ("DATAFLOW,FREQ,REF_AREA", "SDMX-CSV 1.0"),
        ('"DATAFLOW","FREQ"\r\n', "SDMX-CSV 1.0"),
        ("DATAFLOW;FREQ", "SDMX-CSV 1.0"),
        ("STRUCTURE,STRUCTURE_ID,ACTION", "SDMX-CSV 2.0"),
        ("STRUCTURE[;],STRUCTURE_ID,FREQ", "SDMX-CSV 2.0"),
        ("STRUCTURE[|];STRUCTURE_ID;FREQ", "SDMX-CSV 2.0"),
        ("STRUCTURE\tSTRUCTURE_ID\n", "SDMX-CSV 2.0"),
        ("STRUCTURE,ACTION,STRUCTURE_ID", None),
        ("DATAFLOWS,FREQ", None),
        ("dataflow,FREQ", None),
        ("FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE", None),
        ("<?xml version='1.0'?>", None),
        ("", None),
    ],
)
def test_the_header_row_says_which_version_it_is(first: str, version: str | None) -> None:
    assert recognised(first) == version


def test_the_format_is_told() -> None:
    assert heard(HEADER).format == "SDMX-CSV 1.0"
    assert heard("STRUCTURE[;],STRUCTURE_ID\n").format == "SDMX-CSV 2.0"
    assert heard("FREQ,OBS_VALUE\n").format == "SDMX-CSV"


# --- what it says -------------------------------------------------------------------------------------------------


def test_version_1() -> None:
    recorded = heard(
        HEADER,
        "ESTAT:STSALL(2.1),M,FR,2024-05,12345,\n",
        'ESTAT:STSALL(2.1),M,"FR",2024-06,,"a ""quoted"", text"\n',
    )
    assert recorded.events == [
        ("data set", "Dataflow", "ESTAT:STSALL(2.1)", "", (2, 1)),
        (1, 2, {"FREQ": ("M", 2, 19), "REF_AREA": ("FR", 2, 21), "TIME_PERIOD": ("2024-05", 2, 24), "OBS_VALUE": ("12345", 2, 32)}),
        (1, 3, {"FREQ": ("M", 3, 19), "REF_AREA": ("FR", 3, 22), "TIME_PERIOD": ("2024-06", 3, 26), "COMMENT": ('a "quoted", text', 3, 36)}),
        ("end", 1),
    ]  # fmt: skip
    assert recorded.heads[0].columns == ("FREQ", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "COMMENT")


def test_a_data_set_for_each_structure_and_action_wherever_its_rows_stand() -> None:
    recorded = heard(
        "STRUCTURE,STRUCTURE_ID,ACTION,A\n",
        "dataflow,X:F(1.0),R,1\n",
        "datastructure,X:S(1.0),I,2\n",
        "dataprovision,X:P(1.0),M,3\n",
        "dataflow,X:F(1.0),D,4\n",
        "metadataflow,X:F(1.0),Q,5\n",
        "dataflow,X:F(1.0),R,6\n",
    )
    assert recorded.events == [
        ("data set", "Dataflow", "X:F(1.0)", "Replace", (2, 1)),
        (1, 2, {"A": ("1", 2, 21)}),
        ("data set", "DataStructure", "X:S(1.0)", "Information", (3, 1)),
        (2, 3, {"A": ("2", 3, 26)}),
        ("data set", "ProvisionAgreement", "X:P(1.0)", "Merge", (4, 1)),
        (3, 4, {"A": ("3", 4, 26)}),
        ("data set", "Dataflow", "X:F(1.0)", "Delete", (5, 1)),
        (4, 5, {"A": ("4", 5, 21)}),
        ("data set", "metadataflow", "X:F(1.0)", "Q", (6, 1)),
        (5, 6, {"A": ("5", 6, 25)}),
        (1, 7, {"A": ("6", 7, 21)}),
        *(("end", number) for number in range(1, 6)),
    ]


def test_columns_may_stand_in_any_order() -> None:
    assert rows("DATAFLOW,OBS_VALUE,OBS_KEY,FREQ\nX:F(1.0),12,M,M\n") == [
        {"OBS_VALUE": ("12", 2, 10), "FREQ": ("M", 2, 15)}
    ]


def test_the_place_of_a_data_set_and_of_the_names_of_its_columns() -> None:
    places = {}

    class Asking(Recorded):
        def data_set(self, head: DataSetHead) -> RecordedDataSet:
            for name in ("", "STRUCTURE_ID", "ACTION", "FREQ", "SERIES_KEY", "NOT_THERE"):
                places[name] = head.where(name)
            return super().data_set(head)

    csv_reader.read(['STRUCTURE,STRUCTURE_ID,ACTION,"FREQ"\n', "dataflow,X:F(1.0),I,M"], Asking())
    assert places == {
        "": (2, 1),
        "STRUCTURE_ID": (2, 10),
        "ACTION": (2, 19),
        "FREQ": (1, 32),
        "SERIES_KEY": (1, 1),
        "NOT_THERE": (1, 1),
    }


def test_labels_stand_behind_codes() -> None:
    recorded = heard(
        "STRUCTURE[;],STRUCTURE_ID,FREQ: Frequency,TIME_PERIOD: Time,OBS_VALUE: Value,STATUS[]: Status,COMMENT: Text\n",
        "dataflow,X:F(1.0): Flow: all,M: Monthly: each,2024-05: 2024-05,12.5,A: Normal;P: Provisional,See this: x\n",
    )
    assert recorded.heads[0].refers == "X:F(1.0)"
    assert rows(
        "STRUCTURE[;],STRUCTURE_ID,FREQ: Frequency,TIME_PERIOD: Time,OBS_VALUE: Value,STATUS[]: Status,COMMENT: Text\n",
        "dataflow,X:F(1.0): Flow: all,M: Monthly: each,2024-05: 2024-05,12.5,A: Normal;P: Provisional,See this: x\n",
    ) == [
        {
            "FREQ": ("M", 2, 30),
            "TIME_PERIOD": ("2024-05", 2, 47),
            "OBS_VALUE": ("12.5", 2, 64),
            "STATUS": (("A", "P"), 2, 69),
            "COMMENT": ("See this: x", 2, 94),
        }
    ]


def test_a_colon_is_no_label_when_the_header_row_has_none() -> None:
    assert rows("DATAFLOW,COMMENT\nX:F(1.0),Note: revised\n") == [{"COMMENT": ("Note: revised", 2, 10)}]


def test_labels_may_have_columns_of_their_own() -> None:
    recorded = heard(
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,SERIES_KEY,FREQ,Frequency,TIME_PERIOD,Time,OBS_VALUE,Time\n",
        "dataflow,X:F(1.0),A flow,I,M,M,Monthly,2024-05,,12,\n",
    )
    assert recorded.heads[0].columns == ("FREQ", "TIME_PERIOD", "OBS_VALUE")
    assert recorded.findings == []
    assert recorded.events[1] == (
        1,
        2,
        {"FREQ": ("M", 2, 30), "TIME_PERIOD": ("2024-05", 2, 40), "OBS_VALUE": ("12", 2, 49)},
    )


def test_several_values_in_a_cell() -> None:
    header = "STRUCTURE[;],STRUCTURE_ID,A[],T[en;fr],C[].N[]\n"
    assert rows(header, 'dataflow,X:F(1.0),X;Y,en:one;fr:un,"""a;b"";;c"\ndataflow,X:F(1.0),X,,\n') == [
        {"A": (("X", "Y"), 2, 19), "T": ("en:one;fr:un", 2, 23), "C.N": (("a;b", "", "c"), 2, 37)},
        {"A": (("X",), 3, 19)},
    ]


def test_cells_over_lines_and_every_line_end() -> None:
    recorded = heard('DATAFLOW,A,B\r\nX:F(1.0),"one\r\ntwo", \r"X:F(1.0)","\n\n",é\n')
    assert recorded.events == [
        ("data set", "Dataflow", "X:F(1.0)", "", (2, 1)),
        (1, 2, {"A": ("one\r\ntwo", 2, 11), "B": (" ", 3, 6)}),
        (1, 4, {"A": ("\n\n", 4, 13), "B": ("é", 6, 3)}),
        ("end", 1),
    ]


# --- what is wrong with it ----------------------------------------------------------------------------------------


def test_no_header_row() -> None:
    assert wrong() == [("csv-header", 1, 1, "the header row is empty.")]
    assert wrong("\nDATAFLOW,A\n") == [("csv-header", 1, 1, "the header row is empty.")]
    assert wrong(",,\n") == [("csv-header", 1, 1, "the header row is empty.")]
    value = "the header row is missing: the first row begins with {}, a value."
    assert wrong("X:F(1.0),M,FR\n") == [("csv-header", 1, 1, value.format("'X:F(1.0)'"))]
    assert wrong("dataflow,X:F(1.0),M\n") == [("csv-header", 1, 1, value.format("'dataflow'"))]


def test_a_header_row_without_the_structure_is_read_all_the_same() -> None:
    recorded = heard("FREQ,REF_AREA\nM,FR\n")
    assert recorded.events == [
        ("csv-header", 1, 1),
        ("data set", "", "", "", (2, 1)),
        (1, 2, {"FREQ": ("M", 2, 1), "REF_AREA": ("FR", 2, 3)}),
        ("end", 1),
    ]
    assert wrong("STRUCTURE,A\n") == [("csv-header", 1, 1, "the header row lacks the column STRUCTURE_ID.")]
    assert wrong("STRUCTURE_ID,A\n") == [
        ("csv-header", 1, 1, "the header row lacks the column STRUCTURE."),
        ("csv-header", 1, 1, "STRUCTURE_ID is column 1 of the header row; expected as column 2."),
    ]
    assert wrong("A,DATAFLOW\n") == [
        ("csv-header", 1, 3, "DATAFLOW is column 2 of the header row; expected as column 1.")
    ]


@pytest.mark.parametrize(("separator", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_separator_is_reported_once_and_read(separator: str, words: str) -> None:
    text = HEADER + 'ESTAT:STSALL(2.1),M,"FR",2024-05,1,\n' * 3
    recorded = heard(text.replace(",", separator))
    assert [(f.rule, f.line, f.column) for f in recorded.findings] == [("csv-header", 1, 1)]
    assert f"separated by {words}" in recorded.findings[0].hint
    assert rows(text.replace(",", separator)) == rows(text)


def test_columns_twice_or_without_a_name() -> None:
    recorded = heard("DATAFLOW,FREQ,,FREQ,ACTION,ACTION\nX:F(1.0),M,x,Q,R,A\n")
    assert [(f.rule, f.line, f.column, f.message) for f in recorded.findings] == [
        ("csv-columns", 1, 15, "column 3 has no name."),
        ("csv-columns", 1, 16, "the column 'FREQ' stands twice, as column 2 and 4."),
        ("csv-columns", 1, 28, "the column 'ACTION' stands twice, as column 5 and 6."),
    ]
    assert recorded.heads[0].columns == ("FREQ",)
    assert recorded.heads[0].action == "Replace"
    assert (1, 2, {"FREQ": ("M", 2, 10)}) in recorded.events


def test_several_values_need_a_separator_of_their_own() -> None:
    assert wrong("STRUCTURE,STRUCTURE_ID,A[]\n") == [
        ("csv-header", 1, 24, "the column A[] has several values, but the header row does not say what separates them.")
    ]


def test_a_ragged_row_is_left_out_and_the_next_is_read() -> None:
    recorded = heard("DATAFLOW,A,B\n", "X:F(1.0),1\n", "X:F(1.0),1,2,5\n", 'X:F(1.0),"1",2\n')
    assert [(f.rule, f.line, f.column, f.message, f.value) for f in recorded.findings] == [
        ("csv-ragged", 2, 1, "the row has 2 cells, the header row 3.", ""),
        ("csv-ragged", 3, 14, "the row has 4 cells, the header row 3.", "5"),
    ]
    assert recorded.events[2:] == [
        ("data set", "Dataflow", "X:F(1.0)", "", (4, 1)),
        (1, 4, {"A": ("1", 4, 11), "B": ("2", 4, 14)}),
        ("end", 1),
    ]


def test_empty_lines_are_reported_between_rows_only() -> None:
    assert wrong("DATAFLOW,A\nX:F(1.0),1\n\n\nX:F(1.0),2\n\n\r\n") == [
        ("csv-ragged", 3, 1, "an empty line stands between the rows.")
    ]


@pytest.mark.parametrize(
    ("row", "at", "words"),
    [
        ('X:F(1.0),a"b,1', (2, 11), "a quote stands inside the cell 'a\"b', which does not begin with one."),
        ('X:F(1.0),"a"b,1', (2, 13), "text follows the quote that closes a cell."),
        ('X:F(1.0),"a" ,1', (2, 13), "text follows the quote that closes a cell."),
        ('X:F(1.0),"a,1', (2, 10), "the quote that opens here does not close."),
        ('X:F(1.0),1,"', (2, 12), "the quote that opens here does not close."),
    ],
)
def test_a_quote_out_of_place_costs_one_row(row: str, at: tuple[int, int], words: str) -> None:
    recorded = heard(f"DATAFLOW,A,B\n{row}\nX:F(1.0),3,4\n")
    assert [(f.rule, f.line, f.column, f.message) for f in recorded.findings] == [("csv-quote", *at, words)]
    assert (1, 3, {"A": ("3", 3, 10), "B": ("4", 3, 12)}) in recorded.events


def test_a_quote_that_another_row_closes_is_found_where_it_opens() -> None:
    recorded = heard('DATAFLOW,A,B\nX:F(1.0),"a,1\nX:F(1.0),"b",2\n')
    (finding,) = recorded.findings
    assert (finding.rule, finding.line, finding.column) == ("csv-quote", 2, 10)
    assert finding.message == (
        "the quote that opens here does not close on its line, and at line 3 text follows the quote that closes a cell."
    )
    assert recorded.events[-2] == (1, 3, {"A": ("b", 3, 11), "B": ("2", 3, 14)})


def test_a_header_row_with_a_fault_of_quotes_is_none() -> None:
    assert heard('DATAFLOW,"A\nX:F(1.0),1\n').events == [("csv-quote", 1, 10)]


def test_a_row_longer_than_any_ends_the_reading() -> None:
    recorded = heard("DATAFLOW,A\nX:F(1.0),1\n", *["x" * 1000] * 2000, "\nX:F(1.0),2\n")
    assert recorded.events[-2:] == [(1, 2, {"A": ("1", 2, 10)}), ("limit", 3, 1)]


def test_more_structures_than_anyone_names_end_the_reading() -> None:
    lines = [f"X:F{i}(1.0),1\n" for i in range(csv_reader.MOST_DATA_SETS + 1)]
    recorded = heard("DATAFLOW,A\n", *lines)
    assert len(recorded.heads) == csv_reader.MOST_DATA_SETS
    assert recorded.events[-1] == ("limit", csv_reader.MOST_DATA_SETS + 2, 1)


def test_quotes_that_never_close_take_no_longer_than_rows() -> None:
    """Each such row might be read to the end of the file; the tries are bounded."""
    count = 20_000
    recorded = heard("DATAFLOW,A\n", 'X:F(1.0),"a\n' * count)
    assert len(recorded.findings) + sum(event[0] == 1 for event in recorded.events) <= count  # type: ignore[index]
    assert {f.rule for f in recorded.findings} == {"csv-quote"}


# --- laws ---------------------------------------------------------------------------------------------------------

cell = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text('a",;\r\n é😀', max_size=8)
table = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))


def cut(text: str, lengths: Iterable[int]) -> list[str]:
    """The text in blocks; nothing is said about where they end."""
    blocks, start = [], 0
    for length in lengths:
        blocks.append(text[start : start + length])
        start += length
    return [*blocks, text[start:]]


def position(text: str, line: int, column: int) -> int:
    """How many characters stand before a place, lines ending in LF, CR LF or CR."""
    lines = list(io.StringIO(text, newline=""))
    return sum(map(len, lines[: line - 1])) + column - 1


@given(table, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.lists(st.integers(0, 40), max_size=8))
def test_what_the_csv_module_writes_is_read_with_exact_places(
    content: list[list[str]], quoting: int, lengths: list[int]
) -> None:
    names = [f"C{i}" for i in range(len(content[0]) if content else 1)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=quoting, lineterminator="\r\n")  # type: ignore[arg-type]
    writer.writerows([["DATAFLOW", *names], *(["X:F(1.0)", *row] for row in content)])
    text = stream.getvalue()
    recorded = heard(*cut(text, lengths))
    assert recorded.findings == []
    told = [event[2] for event in recorded.events if isinstance(event, tuple) and event[0] == 1]
    assert [{name: said[0] for name, said in row.items()} for row in told] == [
        {name: value for name, value in zip(names, row, strict=True) if value} for row in content
    ]
    for row in told:
        for value, line, column in row.values():
            start = position(text, line, column)
            as_written = value.replace('"', '""') if text[start - 1] == '"' else value
            assert text[start : start + len(as_written)] == as_written


@given(st.text('DATAFLOW,A"\n\r;\t[]: X()é', max_size=60), st.lists(st.integers(0, 10), max_size=6))
def test_any_text_is_read_to_its_end_however_it_is_cut(text: str, lengths: list[int]) -> None:
    starts = ("", "DATAFLOW,A,B\n", "STRUCTURE[;],STRUCTURE_ID,ACTION,A[],B: b\n")
    for start in starts:
        whole = heard(start + text)
        assert heard(*cut(start + text, lengths)).events == whole.events
        lines = len(list(io.StringIO(start + text, newline=""))) + 1
        assert all(f.line is not None and 1 <= f.line <= lines for f in whole.findings)
