"""Which layout a file has: as told, else as its bytes and header row show; doubt is an error, never a guess."""

import gzip

import openpyxl
import pytest
from sources_support import COLUMNS, HEADER, layout, saved, sheet, table, workbook

from pipeline.errors import InputError
from pipeline.sources import Snapshot, recognise

ROW = ("46", "2026-08", 12, "FR", "total")
WIDE = layout(id="wide", shape="months across", columns={"activity": "activity"}, area="FR")


def ids(recognised):
    return [(snapshot.name, found.id) for snapshot, found in recognised.files]


def problems(*args):
    with pytest.raises(InputError) as caught:
        recognise(*args)
    return caught.value.problems


def test_by_format_and_header_row_never_by_name():
    files = [
        table(ROW, name="a.xlsx"),
        workbook(ROW, name="b.csv"),
        table(("46", 1), name="c", header=["activity", "2026-08"]),
    ]
    notes = Snapshot("notes.md", b"# read me")
    found = recognise([*files, notes], [layout(), sheet(), WIDE], [])
    assert ids(found) == [("a.xlsx", "long"), ("b.csv", "sheet"), ("c", "wide")]
    ((ignored, why),) = found.ignored
    assert ignored.name == "notes.md"
    assert "missing" in why


def test_a_workbook_with_two_tables():
    book = openpyxl.Workbook()
    for title in ("counts", "failures"):
        page = book.create_sheet(title)
        page.append(HEADER)
        page.append(ROW)
    found = recognise([saved(book, "b.xlsx")], [sheet(), sheet(id="other", sheet="failures")], [])
    assert ids(found) == [("b.xlsx", "sheet"), ("b.xlsx", "other")]


def test_several_fit():
    (problem,) = problems([table(ROW)], [layout(), layout(id="twin")], [])
    assert "'long', 'twin'" in problem.message
    assert "Say which in delivery.toml" in problem.hint
    assert ids(recognise([table(ROW)], [layout(), layout(id="twin")], [("counts.csv", "twin")])) == [
        ("counts.csv", "twin")
    ]


def test_columns_known_by_name_are_not_taken_for_activities():
    tall = layout(id="tall", shape="activities across", columns={"period": "month"}, area="FR")
    files = [table(ROW), table(("2026-08", 1), name="tall.csv", header=["month", "46"])]
    assert ids(recognise(files, [tall, layout()], [])) == [("counts.csv", "long"), ("tall.csv", "tall")]


def test_a_file_that_is_wrong_in_other_ways_is_still_recognised():
    data = table(("46", "2026-08", "x", "Réunion", "total"), enc="cp1252")
    wide = table(ROW, name="d.csv", enc="utf-16")
    assert ids(recognise([data, wide], [layout()], [])) == [("counts.csv", "long"), ("d.csv", "long")]


def test_an_encoding_that_does_not_exist_is_told_when_the_file_is_read():
    assert ids(recognise([table(ROW)], [layout(encoding="utf-9")], [])) == [("counts.csv", "long")]


def test_the_request_is_no_input():
    found = recognise([table(ROW), Snapshot("delivery.toml", b"")], [layout()], [])
    assert (ids(found), found.ignored) == ([("counts.csv", "long")], ())


def test_almost_a_layout_is_not_left_alone():
    (problem,) = problems([table(ROW), table(ROW, name="b.csv", header=[*HEADER[:-1], "knd"])], [layout()], [])
    assert problem.where == "b.csv line 1"
    assert "'kind' of layout 'long' is missing; did you mean 'knd'?" in problem.message
    (problem,) = problems([table(("46", 1), header=["activity", "2026-13"])], [WIDE], [])
    assert "no cell of the header row is a month" in problem.message


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "input-empty"),
        (gzip.compress(b"x", mtime=0), "input-compressed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "input-protected"),
        (b"<html><title>503</title></html>", "input-not-a-table"),
        (workbook(ROW).data[:3000], "input-broken"),
    ],
    ids=["empty", "compressed", "protected", "a page", "cut short"],
)
def test_what_cannot_be_judged_is_refused(data, rule):
    (problem,) = problems([table(ROW), Snapshot("b.csv", data)], [layout(), sheet()], [])
    assert (problem.where, problem.rule) == ("b.csv", rule)


def test_other_documents_are_left_alone():
    page, pdf = Snapshot("page.html", b"<html></html>"), Snapshot("method.pdf", b"%PDF-1.7")
    found = recognise([table(ROW), page, pdf], [layout()], [])
    assert [(s.name, "web page" in why or "PDF" in why) for s, why in found.ignored] == [
        ("page.html", True),
        ("method.pdf", True),
    ]


def test_nothing_recognised_says_why_for_each_file():
    head, *reasons = problems([workbook(ROW, title="other"), Snapshot("a.md", b"text")], [layout(), sheet()], [])
    assert "no file of the folder" in head.message
    assert "the sheet 'counts' is missing" in reasons[0].message
    assert len(reasons) == 2
    assert "no file" in problems([], [layout()], [])[0].message


def test_told_wrongly():
    found = problems([table(ROW)], [layout()], [("count.csv", "long"), ("counts.csv", "lang")])
    assert [p.where for p in found] == ["delivery.toml", "delivery.toml"]
    assert "did you mean 'counts.csv'?" in found[0].message
    assert "did you mean 'long'?" in found[1].message


def test_told_but_another_format_or_columns():
    (problem,) = problems([workbook(ROW)], [layout()], [("counts.xlsx", "long")])
    assert "an Excel workbook, whatever its name says" in problem.message
    found = problems([table(ROW, header=["a", "month", "count", "b", "kinds"])], [layout()], [("counts.csv", "long")])
    assert [p.rule for p in found] == ["input-columns"] * 3
    assert "did you mean 'kinds'?" in found[2].message
    assert "The header row is: a; month; count; b; kinds." in found[0].hint
    assert (
        "'counts' is missing" in problems([workbook(ROW, title="x")], [sheet()], [("counts.xlsx", "sheet")])[0].message
    )


def test_told_leaves_the_others_alone():
    found = recognise([table(ROW), table(ROW, name="b.csv")], [layout()], [("counts.csv", "long")])
    assert [(s.name, why) for s, why in found.ignored] == [("b.csv", "not named in delivery.toml")]


def test_names_with_accents_are_one_name():
    decomposed = table(ROW, name="de\u0301pôts.csv")
    assert len(recognise([decomposed], [layout()], [("dépôts.csv", "long")]).files) == 1


def test_the_header_may_stand_lower():
    data = Snapshot("a.csv", b'"a title;\nin two lines"\n\n' + table(ROW).data)
    lower = layout(header_row=4, columns=COLUMNS)
    assert ids(recognise([data], [lower], [])) == [("a.csv", "long")]
