"""Months: only in the declared forms, and every other spelling is told by what it looks like."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.period import Period
from pipeline.sources.months import parse_month

NAMES = [[f"m{chr(97 + i)}.", f"long{chr(97 + i)}"] for i in range(12)]
MONTHS = st.builds(Period.month, st.integers(1950, 2149), st.integers(1, 12))
NEAR = st.builds(Period.month, st.integers(1970, 2069), st.integers(1, 12))


def refused(cell, *forms, names=NAMES):
    with pytest.raises(InputError) as caught:
        parse_month(cell, forms, names)
    (problem,) = caught.value.problems
    assert "The layout declares: " + ", ".join(forms) in problem.hint
    return problem


@given(MONTHS)
def test_every_month_is_read_in_each_form(month):
    first = dt.date(month.year, month.number, 1)
    serial = (first - dt.date(1899, 12, 30)).days
    assert parse_month(str(month), ["YYYY-MM"]) == str(month)
    assert parse_month(f" {month.number:02d}/{month.year} ", ["YYYY-MM", "MM/YYYY"]) == str(month)
    assert parse_month(dt.datetime(first.year, first.month, 1), ["date"]) == str(month)
    for cell in (serial, float(serial), str(serial)):
        assert parse_month(cell, ["serial"]) == str(month)
    assert parse_month(serial - 1462, ["serial"], date_system=1904) == str(month)


@given(NEAR, st.sampled_from([0, 1]), st.booleans())
def test_named_months_are_read_without_regard_to_case_and_dot(month, which, upper):
    name = NAMES[month.number - 1][which].rstrip(".")
    text = f"{name.upper() if upper else name}{'.' if which else ''}-{month.year % 100:02d}"
    assert parse_month(text, ["MMM-YY"], NAMES) == str(month)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.dates(), st.none()), st.data())
def test_any_cell_is_a_month_or_refused_by_design(cell, data):
    forms = data.draw(st.lists(st.sampled_from(["YYYY-MM", "MM/YYYY", "MMM-YY", "date", "serial"]), min_size=1))
    try:
        assert Period.parse(parse_month(cell, forms, NAMES)).frequency == "M"
    except InputError as error:
        assert error.problems[0].rule.startswith("period-")  # noqa: PT017


@pytest.mark.parametrize(
    ("cell", "forms", "rule", "words"),
    [
        (46266, ["YYYY-MM"], "period-serial", "looks like the Excel date 1 Sep 2026 without format"),
        (46266.0, ["date"], "period-serial", "1 Sep 2026"),
        (46280, ["serial"], "period-serial", "15 Sep 2026, not the first day"),
        (202609, ["YYYY-MM"], "period-form", "looks like the month 2026-09 written as a number"),
        (202609, ["serial"], "period-form", "written as a number"),
        (2026, ["serial"], "period-form", "a year"),
        (46266.5, ["serial"], "period-form", "not a month"),
        (True, ["serial"], "period-form", "not a month"),
        (None, ["date"], "period-form", "not a month"),
        (dt.datetime(2026, 9, 1), ["YYYY-MM"], "period-form", "date cell of Excel (1 Sep 2026)"),
        (dt.datetime(2026, 9, 15), ["date"], "period-form", "15 Sep 2026 is not the first day of a month"),
        (dt.datetime(2026, 9, 1, 12), ["date"], "period-form", "not the first day"),
        ("2026-M09", ["YYYY-MM"], "period-form", "as in 2026-09"),
        ("13/2026", ["MM/YYYY"], "period-form", "no month 13"),
        ("mz-26", ["MMM-YY"], "period-form", "month name"),
        ("09-26", ["MMM-YY"], "period-form", "not in a form"),
        ("10.09.2026", ["YYYY-MM"], "period-ambiguous", "10 Sep or 9 Oct 2026"),
        ("09/09/2026", ["YYYY-MM"], "period-form", "full date"),
        ("total", ["YYYY-MM"], "period-form", "not a month"),
    ],
)
def test_says_what_it_looks_like(cell, forms, rule, words):
    problem = refused(cell, *forms)
    assert problem.rule == rule
    assert words in problem.message
