"""Workbooks: the place is sheet!cell, and what Excel does to numbers is told, never repaired."""

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.workbook.protection import WorkbookProtection
from sources_support import HEADER, patched, refused, saved, shared, sheet, table, workbook

from pipeline.errors import InputError
from pipeline.sources import Snapshot, read

ROW = ("46", "2026-08", 12, "FR", "total")
SHEET = "xl/worksheets/sheet1.xml"


def only(*files):
    (problem,) = refused(*files)
    return problem


def cell(value, column=2):
    """A workbook whose second row has this value in one column."""
    row = list(ROW)
    row[column] = value
    return workbook(ROW, row)


@pytest.mark.parametrize(
    ("value", "rule", "words"),
    [
        ("#DIV/0!", "number-error-value", "#DIV/0!"),
        ("#N/A", "number-error-value", "#N/A"),
        (True, "number-boolean", "TRUE"),
        (1234.5, "number-fraction", "1234.5"),
        ("27 800", "number-grouping", "U+0020"),
        (dt.datetime(2026, 9, 1), "number-date", "2026-09-01"),
        ("n.d.", "number-text", "status column"),
        ("=1+1", "number-formula", "never calculated"),
    ],
)
def test_a_number_cell(value, rule, words):
    problem = only((cell(value), sheet()))
    assert (problem.rule, problem.where) == (rule, "counts.xlsx counts!C3")
    assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    ("written", "rule", "words"),
    [
        (b"27799.999999999996", "number-float", "27799.999999999996 is the trace of a computation; probably 27800"),
        (b"9007199254740993", "number-too-large", "9007199254740993"),
        (b"1E400", "number-not-finite", "inf"),
        (b"twelve", "input-broken", "cannot be read"),
    ],
)
def test_a_number_as_it_stands_in_the_file(written, rule, words):
    data = patched(cell(4321), SHEET, lambda xml: xml.replace(b"4321", written))
    problem = only((data, sheet()))
    assert problem.rule == rule
    assert words in problem.message


def test_shared_strings():
    data = shared(workbook(ROW, ("47", "2026-08", 1, "FR", "total")))
    assert read([(data, sheet())]).counts["activity"].tolist() == ["46", "47"]
    broken = patched(data, "xl/sharedStrings.xml", lambda xml: xml[: len(xml) // 2])
    assert only((broken, sheet())).rule == "input-broken"


def test_whole_floats_are_whole():
    assert read([(cell(27800.0), sheet())]).tally == {"registrations": 27812}


@pytest.mark.parametrize(
    ("value", "rule", "words"),
    [
        (46266, "period-serial", "1 Sep 2026 without format"),
        (202609, "period-form", "2026-09"),
        (dt.datetime(2026, 9, 1), "period-form", "date cell of Excel"),
        ("=A1", "number-formula", "never calculated"),
        (None, "period-form", "empty"),
    ],
)
def test_a_month_cell(value, rule, words):
    problem = only((cell(value, 1), sheet()))
    assert (problem.rule, problem.where) == (rule, "counts.xlsx counts!B3")
    assert words in f"{problem.message} {problem.hint}"


def test_dates_and_serials_where_declared():
    data = workbook(*((a, m, 1, "FR", "total") for a, m in (("46", dt.datetime(2026, 9, 1)), ("47", 46266))))
    counts = read([(data, sheet(periods=["date", "serial"]))]).counts
    assert counts["period"].tolist() == ["2026-09", "2026-09"]


def test_the_date_system_of_the_workbook():
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.title = "counts"
    for row in (HEADER, ("46", 46266 - 1462, 1, "FR", "total")):
        book.active.append(row)
    assert read([(saved(book), sheet(periods=["serial"]))]).counts["period"].tolist() == ["2026-09"]


def test_a_code_that_is_a_number_is_not_guessed():
    problem = only((cell(1, 0), sheet()))
    assert (problem.rule, problem.where) == ("input-code", "counts.xlsx counts!A3")
    assert "Format the column as text" in problem.hint
    assert only((cell(1, 3), sheet())).rule == "input-code"


def test_an_area_that_is_a_declared_number_is_read():
    data = workbook(("46", "2026-08", 12, 975, "total"))
    assert read([(data, sheet(areas={"975": "PM"}))]).counts["area"].tolist() == ["PM"]


def test_months_across_with_dates_as_heads():
    across = sheet(shape="months across", columns={"activity": "activity"}, area="FR", periods=["date"])
    data = workbook(("46", 1, 2), header=["activity", dt.datetime(2026, 8, 1), dt.datetime(2026, 9, 1), None])
    assert read([(data, across)]).counts["cell"].tolist() == ["B2", "C2"]
    twice = workbook(("46", 1, 2), header=["activity", dt.datetime(2026, 8, 1), dt.datetime(2026, 8, 1)])
    assert "columns 2, 3" in only((twice, across)).message
    beside = workbook(("46", 1, 2, "note"), header=["activity", dt.datetime(2026, 8, 1), dt.datetime(2026, 9, 1)])
    problem = only((beside, across))
    assert (problem.rule, problem.where) == ("input-ragged", "counts.xlsx counts!D2")


def test_formulas_with_a_result_are_read_and_blank_cells_beside_them_stay_blank():
    data = patched(
        workbook(ROW, ("47", "2026-08", "=1+1", "FR", "total"), ("48", "2026-08", None, "FR", "total")),
        SHEET,
        lambda xml: re.sub(rb"</f><v\s*/?>(</v>)?", b"</f><v>34</v>", xml),
    )
    reading = read([(data, sheet())])
    assert reading.tally == {"registrations": 46}
    assert [(f.rule, f.cell) for f in reading.findings] == [("input-blank", "counts!C4")]


def test_a_row_of_formulas_only_is_not_lost():
    problems = refused((workbook(ROW, ["=A2", "=B2", "=C2", "=D2", "=E2"]), sheet()))
    assert {p.rule for p in problems} == {"number-formula"}
    assert [p.where for p in problems] == [f"counts.xlsx counts!{letter}3" for letter in "ABCDE"]


def test_a_head_that_is_a_formula():
    across = sheet(shape="months across", columns={"activity": "activity"}, area="FR")
    for value, cells in ((2, ["C1"]), ("=B2", ["C1", "C2"])):
        problems = refused((workbook(("46", 1, value), header=["activity", "2026-08", "=B1"]), across))
        assert {p.rule for p in problems} == {"number-formula"}
        assert [p.where for p in problems] == [f"counts.xlsx counts!{cell}" for cell in cells]


def test_a_wrong_dimension_is_no_matter():
    data = patched(workbook(ROW), SHEET, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert read([(data, sheet())]).tally == {"registrations": 12}


def test_sheet_missing_names_the_nearest():
    problem = only((workbook(ROW, title="count"), sheet()))
    assert problem.rule == "input-layout"
    assert "'counts' is missing; did you mean 'count'?" in problem.message


def test_sheet_is_a_chart():
    book = openpyxl.Workbook()
    book.create_chartsheet("counts").add_chart(openpyxl.chart.BarChart())
    assert refused((saved(book), sheet()))[0].rule in {"input-layout", "input-broken"}


def test_sheet_without_data():
    assert only((workbook(), sheet())).rule == "input-empty"
    assert refused((workbook(header=[]), sheet()))[0].rule == "input-columns"


def test_workbook_given_for_a_text_layout():
    from sources_support import layout

    problem = only((Snapshot("a.csv", workbook(ROW).data), layout()))
    assert problem.rule == "input-layout"
    assert "an Excel workbook" in problem.message
    assert "a text file" in problem.message
    assert "a text file" in only((table(ROW, name="a.xlsx"), sheet())).message


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_cut_off(keep):
    data = workbook(ROW).data
    assert only((Snapshot("a.xlsx", data[: int(len(data) * keep)]), sheet())).rule == "input-broken"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_damaged_part(part):
    problem = only((patched(workbook(ROW), part, lambda xml: xml[: len(xml) // 2]), sheet()))
    assert problem.rule == "input-broken"
    assert "save it as .xlsx" in problem.hint


def test_damaged_bytes():
    good = workbook(ROW).data
    for place in range(30, len(good), 97):
        data = good[:place] + bytes([good[place] ^ 255]) + good[place + 1 :]
        try:
            read([(Snapshot("a.xlsx", data), sheet())])
        except InputError as error:
            assert all(problem.rule for problem in error.problems)  # noqa: PT017


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(encoding):
    bomb = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa">]>'

    def armed(xml):
        return (bomb + xml.decode().split("?>", 1)[-1]).encode(encoding)

    problem = only((patched(workbook(ROW), "xl/workbook.xml", armed), sheet()))
    assert problem.rule == "input-entities"
    assert "nothing was read" in problem.message


def test_an_encoding_that_hides_is_refused():
    other = patched(workbook(ROW), SHEET, lambda xml: b'<?xml version="1.0" encoding="utf-7"?>' + xml)
    assert only((other, sheet())).rule == "input-entities"


def test_bombs_are_not_unpacked():
    data = patched(workbook(ROW), SHEET, lambda xml: xml + b" " * (40 * 1024**2))
    problem = only((data, sheet()))
    assert problem.rule == "input-too-large"
    assert "nothing was read" in problem.message


def test_protected_structure_is_readable_but_a_password_is_not():
    book = openpyxl.load_workbook(io.BytesIO(workbook(ROW).data))
    book.security = WorkbookProtection(workbookPassword="x", lockStructure=True)
    book["counts"].protection.set_password("x")
    assert read([(saved(book), sheet())]).tally == {"registrations": 12}
    locked = Snapshot("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))
    assert only((locked, sheet())).rule == "input-protected"


@pytest.mark.parametrize(
    ("names", "rule", "words"),
    [
        (["mimetype"], "input-not-a-table", "LibreOffice"),
        (["[Content_Types].xml", "word/document.xml"], "input-not-a-table", "not a workbook"),
        (["[Content_Types].xml", "xl/workbook.bin"], "input-not-a-table", ".xlsb"),
        (["[Content_Types].xml", "xl/workbook.xml"], "input-broken", "cannot be read"),
        ([], "input-compressed", "Unpack it first"),
    ],
)
def test_other_packages(names, rule, words):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
    problem = only((Snapshot("a.xlsx", out.getvalue()), sheet()))
    assert problem.rule == rule
    assert words in f"{problem.message} {problem.hint}"


def test_strict_open_xml():
    data = patched(workbook(ROW), "xl/workbook.xml", lambda xml: xml + b"<!-- http://purl.oclc.org/ooxml -->")
    assert "Strict" in only((data, sheet())).message
