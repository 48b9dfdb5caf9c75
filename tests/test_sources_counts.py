"""Files become COUNTS: every cell with its origin, every doubt a finding."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources_support import layout, refused, sheet, table, workbook

from pipeline.errors import InputError
from pipeline.facts.models import RuleBook
from pipeline.sources import Snapshot, read
from pipeline.tables import COUNTS

ROOT = Path(__file__).parents[1]
RULES = {
    rule.id: rule
    for rule in RuleBook.model_validate(
        tomllib.loads((ROOT / "codelists/regulation/rules.toml").read_text(encoding="utf-8"))
    ).rule
}


def rows(reading, *columns):
    return list(reading.counts[list(columns)].itertuples(index=False, name=None))


def test_a_long_file():
    reading = read([(table(("46", "2026-08", 12, "FR", "total"), ("46", "2026-07", 9, "FR", "total")), layout())])
    assert reading.counts.to_dict("records")[0] == {
        "indicator": "registrations",
        "area": "FR",
        "kind": "total",
        "classification": "NACE2",
        "activity": "46",
        "period": "2026-07",
        "value": 9,
        "state": "number",
        "status": "",
        "confidentiality": "",
        "layout": "long",
        "file": "counts.csv",
        "sheet": "",
        "cell": "line 3",
    }
    assert {name: str(kind) for name, kind in reading.counts.dtypes.items()} == COUNTS.columns
    assert (reading.findings, reading.tally, reading.cells) == ((), {"registrations": 21}, {"counts.csv": 2})


def test_months_across():
    across = layout(
        shape="months across",
        columns={"activity": "activity", "kind": "kind"},
        area="FR",
        periods=["YYYY-MM", "MM/YYYY"],
    )
    header = ["activity", "2026-07", "kind", "08/2026", "", ""]
    reading = read([(table(("46", 1, "micro", 2, "", ""), ("47", 3, "other", "", "", ""), header=header), across)])
    assert rows(reading, "activity", "kind", "period", "value", "cell")[:3] == [
        ("46", "micro", "2026-07", 1, "line 2"),
        ("46", "micro", "2026-08", 2, "line 2"),
        ("47", "other", "2026-07", 3, "line 3"),
    ]
    assert [(f.rule, f.line, f.series, f.period) for f in reading.findings] == [
        ("input-blank", 3, "registrations.FR.other.47", "2026-08")
    ]
    assert reading.tally == {"registrations": 6}


def test_activities_across_in_a_sheet():
    across = sheet(shape="activities across", columns={"period": "month", "area": "area"}, header_row=3)
    notes = [
        ["Registrations"],
        [],
        ["month", "46", "area", "47"],
        ["2026-07", 1, "FR", 2.0],
        [],
        ["2026-08", 3, "FR", 4],
    ]
    reading = read([(workbook(*notes[1:], header=notes[0]), across)])
    assert rows(reading, "activity", "period", "value", "sheet", "cell") == [
        ("46", "2026-07", 1, "counts", "B4"),
        ("46", "2026-08", 3, "counts", "B6"),
        ("47", "2026-07", 2, "counts", "D4"),
        ("47", "2026-08", 4, "counts", "D6"),
    ]


def test_words_go_through_the_layout():
    said = layout(
        columns={
            "activity": "activity",
            "period": "month",
            "value": "count",
            "area": "area",
            "kind": "kind",
            "status": "status",
            "confidentiality": "secret",
        },
        areas={"France": "FR", "975": "PM"},
        kinds={"auto": "micro", "": "total"},
        statuses={"révisé": "E"},
        not_available=["n.d."],
    )
    header = ["activity", "month", "count", "area", "kind", "status", "secret"]
    given_rows = [
        ("01", "2026-08", 1, "France", "auto", "révisé", "C"),
        ("02", "2026-08", "n.d.", "975", "", "", ""),
        ("03", "2026-08", "", "elsewhere", "", "révisé", ""),
        ("", "", "", "", "", "", ""),
    ]
    reading = read([(table(*given_rows, header=header), said)])
    assert rows(reading, "area", "kind", "status", "confidentiality", "state") == [
        ("FR", "micro", "E", "C", "number"),
        ("PM", "total", "", "", "not available"),
        ("elsewhere", "total", "E", "", "empty"),
    ]
    assert reading.findings == ()


def test_doubtful_numbers_stay_in_counts():
    reading = read(
        [
            (
                table(*(("46", f"2026-0{i}", n, "FR", "total") for i, n in enumerate((-4, 101, ""), 1))),
                layout(ceiling=100),
            )
        ]
    )
    assert [(f.rule, f.value, f.period) for f in reading.findings] == [
        ("count-negative", "-4", "2026-01"),
        ("count-ceiling", "101", "2026-02"),
        ("input-blank", "", "2026-03"),
    ]
    assert reading.counts["value"].isna().tolist() == [False, False, True]
    assert reading.counts["value"].sum() == reading.tally["registrations"] == 97


@pytest.mark.parametrize("make", [table, workbook], ids=["csv", "xlsx"])
def test_declared_thousands_are_shown_once(make):
    said = {"thousands": [" ", "\u00a0", "\u202f", "\u2009"]}
    data = make(*(("46", f"2026-0{i}", n, "FR", "total") for i, n in enumerate(("27\u202f800", "1\u00a0000", "5"), 1)))
    reading = read([(data, layout(**said) if make is table else sheet(**said))])
    (finding,) = reading.findings
    assert finding.rule == "thousands-read"
    assert "is read as 27800; 2 numbers" in finding.message
    assert (finding.line, finding.cell) == ((2, None) if make is table else (None, "counts!C2"))
    assert reading.tally == {"registrations": 28805}


def test_a_mark_before_utf_8_is_no_matter():
    data = table(("46", "2026-08", 12, "FR", "total"), enc="utf-8-sig")
    assert read([(data, layout())]).tally == {"registrations": 12}


def test_other_encodings_line_ends_and_quotes():
    data = (
        'activity;month;count;area;kind\r\n"46";"2026-08";12;"Réunion\r\n; Mayotte";total\r\n47;2026-08;1;x;total\r\n'
    )
    reading = read([(Snapshot("a.csv", data.encode("cp1252")), layout(encoding="cp1252"))])
    assert rows(reading, "area", "cell") == [("Réunion\r\n; Mayotte", "line 2"), ("x", "line 4")]


def test_the_same_cell_twice():
    one = table(
        ("46", "2026-08", 12, "FR", "total"), ("47", "2026-08", 5, "FR", "total"), ("46", "2026-08", 12, "FR", "total")
    )
    two = workbook(("47", "2026-08", 6, "FR", "total"), name="two.xlsx")
    reading = read([(one, layout()), (two, sheet())])
    same, other = reading.findings
    assert (same.rule, other.rule) == ("input-duplicate", "input-duplicate")
    assert "counts.csv line 4" in same.message
    assert "counts.csv line 2: the same value 12" in same.message
    assert "two.xlsx counts!C2" in other.message
    assert "counts.csv line 3: contradictory: 6 here, 5 there" in other.message
    assert [(p.line, p.value) for p in other.related] == [(3, "5"), (2, "6")]
    assert (other.series, other.period, other.cell) == ("registrations.FR.total.47", "2026-08", "counts!C2")
    assert len(reading.counts) == 4


def test_two_indicators_do_not_collide():
    row = ("46", "2026-08", 12, "FR", "total")
    reading = read([(table(row), layout()), (table(row, name="b.csv"), layout(indicator="bankruptcies"))])
    assert reading.findings == ()
    assert reading.tally == {"registrations": 12, "bankruptcies": 12}


def test_all_problems_of_all_files_at_once_and_many_alike_as_one():
    many = table(*((f"{i}", "2026-08", "x", "FR", "total") for i in range(500)), ("1", "2026-13", 1, "FR", "total"))
    problems = refused((many, layout()), (Snapshot("empty.csv", b""), layout()))
    assert [p.rule for p in problems].count("number-text") == 21
    assert {p.rule for p in problems} == {"number-text", "period-form", "input-empty"}
    (rest,) = [p for p in problems if "480 more" in p.message]
    assert rest.where == "counts.csv line 501, column count"


def test_nothing_to_read():
    assert len(read([]).counts) == 0


def test_every_rule_of_the_code_is_in_the_rule_book():
    import re

    named = set()
    for path in (ROOT / "pipeline/sources").glob("*.py"):
        named |= set(
            re.findall(r'"((?:input|period|number|count|thousands)-[a-z-]+)"', path.read_text(encoding="utf-8"))
        )
    assert named <= RULES.keys()
    severities = {id_: (RULES[id_].severity, RULES[id_].acceptable) for id_ in ("count-ceiling", "thousands-read")}
    assert severities == {"count-ceiling": ("error", True), "thousands-read": ("information", False)}
    assert not any(RULES[id_].acceptable for id_ in named - {"count-ceiling"})


@settings(deadline=None)  # the first example imports pandas
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_design(data):
    for said in (layout(), sheet(), layout(encoding="cp1252"), layout(shape="months across", area="FR")):
        try:
            read([(Snapshot("x", data), said)])
        except InputError as error:
            assert all(problem.rule and problem.where for problem in error.problems)  # noqa: PT017


@settings(deadline=None)  # the first example imports pandas
@given(st.text(max_size=120))
def test_any_rows_are_read_or_refused_by_design(text):
    data = ("activity;month;count;area;kind\n46;2026-08;1;FR;total\n" + text).encode("utf-8", "surrogatepass")
    try:
        read([(Snapshot("x", data), layout())])
    except InputError as error:
        assert all(problem.rule in RULES and problem.where.startswith("x") for problem in error.problems)  # noqa: PT017


@settings(deadline=None)  # the first example imports pandas
@given(
    st.dictionaries(st.tuples(st.sampled_from(["01", "02"]), st.integers(1, 12)), st.integers(0, 999_999), min_size=1)
)
def test_the_three_shapes_say_the_same(cells):
    months = sorted({month for _, month in cells})
    activities = sorted({activity for activity, _ in cells})
    said = {
        "area": "FR",
        "not_available": ["."],
        "columns": {"activity": "activity", "period": "month", "value": "count"},
    }
    get = lambda activity, month: cells.get((activity, month), ".")  # noqa: E731
    long = table(
        *((a, f"2026-{m:02d}", get(a, m)) for a in activities for m in months), header=["activity", "month", "count"]
    )
    wide = table(
        *((a, *(get(a, m) for m in months)) for a in activities),
        header=["activity", *(f"2026-{m:02d}" for m in months)],
    )
    tall = table(*((f"2026-{m:02d}", *(get(a, m) for a in activities)) for m in months), header=["month", *activities])
    readings = [
        read([(long, layout(**said))]),
        read([(wide, layout(**said | {"shape": "months across", "columns": {"activity": "activity"}}))]),
        read([(tall, layout(**said | {"shape": "activities across", "columns": {"period": "month"}}))]),
    ]
    first, *others = [rows(reading, "activity", "period", "state") for reading in readings]
    assert all(other == first for other in others)
    assert {reading.tally["registrations"] for reading in readings} == {sum(cells.values())}
