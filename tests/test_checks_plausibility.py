"""What is unlikely in the newest month is told once; real shocks of the past, and a clean file, are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from content_support import (
    LAST,
    LEVELS,
    Values,
    about,
    edited,
    only,
    registrations,
    rows_of,
    shown,
    steady,
    verdicts,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.checks.content import RULES, About, At, Row, content, roots
from pipeline.deliver import Delivered
from pipeline.facts import Facts
from pipeline.findings import Finding, Verdict
from pipeline.period import Period

NEWEST = str(LAST)
BEFORE = str(LAST + -1)
PARTS = list(LEVELS)


def changed(change: Callable[[str, Values], object], months: str = NEWEST) -> Values:
    """The steady file, with ``change(aggregate, values)`` in place of the newest month's parts; the total is their sum."""
    values = steady()
    new = {part: change(part, values) for part in PARTS}
    for part in PARTS:
        values[part, months] = new[part]  # type: ignore[assignment]
    values["TOTAL", months] = sum(values[part, months] or 0 for part in PARTS)
    return values


def number(values: Values, part: str, month: str = NEWEST) -> int:
    return int(values[part, month] or 0)


def one(part: str, factor: float) -> Values:
    return changed(lambda p, v: round(number(v, p) * factor) if p == part else v[p, NEWEST])


# --- one value


@pytest.mark.parametrize("factor", [10, 2, 1.6, 0.6, 0.1, 0.01])
@pytest.mark.parametrize("part", ["J", "K-N"])
def test_one_value_out_of_line_is_told_once(facts: Facts, part: str, factor: float) -> None:
    found = only(facts, verdicts(facts, rows_of(facts, one(part, factor))), "month-on-month")
    assert found.series == next(r.series for r in rows_of(facts, steady()) if r.aggregate == part)
    assert (found.period, found.component, found.line is None) == (NEWEST, "OBS_VALUE", False)


def test_the_message_says_month_aggregate_value_and_what_is_usual(facts: Facts) -> None:
    found = only(facts, verdicts(facts, rows_of(facts, one("J", 10))), "month-on-month")
    values = steady()
    now, before = number(values, "J") * 10, number(values, "J", BEFORE)
    assert found.message.startswith(
        f"J 2024-05: {now:,} is {now / before:.2f} times 2024-04 ({before:,}); usual is 0.9"
    )
    assert found.value == str(now)
    assert abs(int(found.expected) - now / 10) < 0.1 * now / 10


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(PARTS), st.floats(0.85, 1.15))
def test_a_small_change_is_no_news(part: str, factor: float) -> None:
    from pipeline.facts import load

    facts = load()
    assert shown(facts, verdicts(facts, rows_of(facts, one(part, factor)))) == []


def test_a_level_that_has_moved_is_told_by_the_year(facts: Facts) -> None:
    """Two months on twice the level: the change of the month is usual, that of the year is not."""
    values = steady()
    for month in (BEFORE, NEWEST):
        values["J", month] = number(values, "J", month) * 2
        values["TOTAL", month] = sum(number(values, part, month) for part in PARTS)
    found = only(facts, verdicts(facts, rows_of(facts, values)), "year-on-year")
    assert found.message.startswith("J 2024-05: 8,640 is 1.96 times 2023-05 (4,406); usual is 0.98 times")


def test_a_turn_of_the_tide_is_excused(facts: Facts) -> None:
    """Growth of 3 per cent a month for a year: every year-on-year change is new, none is a surprise."""
    values = steady()
    for n, month in enumerate((LAST + -17).to(LAST)):
        for part in PARTS:
            values[part, str(month)] = round(number(values, part, str(month)) * 1.03**n)
        values["TOTAL", str(month)] = sum(number(values, part, str(month)) for part in PARTS)
    assert [f.rule for f in shown(facts, verdicts(facts, rows_of(facts, values))) if f.rule == "year-on-year"] == []


def test_far_from_the_forecast_alone(facts: Facts) -> None:
    """The level had fallen by a third, and is back in two steps that are not unusual by themselves."""
    values = steady()
    for n, share in enumerate((0.68, 0.68, 0.68, 0.85)):
        month = str(LAST + (n - 4))
        values["J", month] = round(number(values, "J", month) * share)
        values["TOTAL", month] = sum(number(values, part, month) for part in PARTS)
    found = only(facts, verdicts(facts, rows_of(facts, values)), "forecast")
    assert found.message.startswith("J 2024-05 is 4,320; forecast were 2,9")


def test_shocks_of_the_past_are_not_judged(facts: Facts) -> None:
    values = steady()
    for month in ("2020-03", "2020-04", "2020-05", "2021-01", "2023-11"):
        for part in (*PARTS, "TOTAL"):
            values[part, month] = 0
        for n, part in enumerate(PARTS):
            values[part, month] = number(steady(), part, month) * (3 + n) // 12
        values["TOTAL", month] = sum(number(values, part, month) for part in PARTS)
    assert shown(facts, verdicts(facts, rows_of(facts, values))) == []


def test_few_units_and_few_years_are_not_judged(facts: Facts) -> None:
    values = {cell: (value or 0) // 1200 for cell, value in steady().items()}  # type: ignore[operator]
    for month in {month for _, month in values}:
        values["TOTAL", month] = sum(values[part, month] for part in PARTS)
    values["J", NEWEST] += 4
    values["TOTAL", NEWEST] += 4
    assert shown(facts, verdicts(facts, rows_of(facts, values))) == []
    young = [row for row in rows_of(facts, one("J", 10)) if str(row.period) >= "2022-06"]
    found = verdicts(facts, young, begin=None)
    assert found["month-on-month"].unchecked == "the newest month, or the years before it, cannot be compared"
    assert shown(facts, found) == []


def test_zero_where_there_were_many(facts: Facts) -> None:
    found = only(facts, verdicts(facts, rows_of(facts, one("J", 0))), "zero-value")
    assert found.message.startswith("J 2024-05 is 0; the 12 months before have 4,")
    assert (found.value, found.series) == ("0", "M.FR.N.BURE.J._Z")


# --- counts that cannot be


@pytest.mark.parametrize(
    ("value", "rule", "words"),
    [
        (-12, "value-negative", "-12 is negative."),
        (Decimal("1234.5"), "value-fraction", "1234.5 has decimals; counts are whole numbers."),
        (4_090_000, "value-ceiling", "4,090,000 is above 999,999."),
        (Decimal("1e400"), "value-ceiling", "1E+400 is above 999,999."),
        (Decimal("1e-400"), "value-fraction", "1E-400 has decimals; counts are whole numbers."),
    ],
)
def test_a_value_that_is_no_count(facts: Facts, value: int | Decimal, rule: str, words: str) -> None:
    for month in (NEWEST, "2019-07"):
        values = {**steady(), ("J", month): value}
        found = only(facts, verdicts(facts, rows_of(facts, values)), rule)
        assert found.message == f"M.FR.N.BURE.J._Z {month}: {words}"
        assert found.component == "OBS_VALUE"


def test_a_missing_value_is_another_rules(facts: Facts) -> None:
    assert shown(facts, verdicts(facts, rows_of(facts, {**steady(), ("J", NEWEST): None}))) == []


# --- all series at once


@pytest.mark.parametrize("base", [1, 12])
def test_all_sectors_are_one_multiple_of_another_month(facts: Facts, base: int) -> None:
    other = str(LAST + -base)
    values = changed(lambda p, v: round(number(v, p, other) * 1.05))
    found = only(facts, verdicts(facts, rows_of(facts, values)), "same-factor")
    assert found.message == f"2024-05: all 8 sectors are 1.05 times {other}."


def test_all_sectors_are_one_multiple_of_what_was_expected(facts: Facts) -> None:
    values = changed(lambda p, v: number(v, p) * 3 // 2)
    found = only(facts, verdicts(facts, rows_of(facts, values)), "same-factor")
    assert "all 8 sectors are about 1.5" in found.message


def test_sectors_that_move_each_in_its_way_are_not_scaled(facts: Facts) -> None:
    values = changed(lambda p, v: number(v, p) * (98 + PARTS.index(p)) // 100)
    assert verdicts(facts, rows_of(facts, values))["same-factor"].outcome == "holds"


@pytest.mark.parametrize(("steps", "side"), [(1, "left"), (-1, "right")])
@pytest.mark.parametrize("month", [NEWEST, BEFORE])
def test_columns_shifted_by_one(facts: Facts, steps: int, side: str, month: str) -> None:
    values = changed(lambda p, v: v[PARTS[(PARTS.index(p) - steps) % 8], month])
    found = only(facts, verdicts(facts, rows_of(facts, values)), "shifted-columns")
    assert found.message == (
        f"2024-05: 8 of 8 sectors are near the value that their neighbour to the {side} had in 2024-04, "
        "and far from their own."
    )


def test_the_month_before_over_again(facts: Facts) -> None:
    values = changed(lambda p, v: v[p, BEFORE])
    found = only(facts, verdicts(facts, rows_of(facts, values)), "repeated-month")
    assert found.message == "2024-05 has the values of 2024-04 in all 9 aggregates."
    nothing = dict.fromkeys(steady(), 0)
    assert verdicts(facts, rows_of(facts, nothing))["repeated-month"].outcome == "holds"  # type: ignore[arg-type]


@pytest.mark.parametrize(("factor", "words"), [(1000, "about 1,000 times"), (0.001, "about a 1,000th part of")])
def test_thousands_for_units(facts: Facts, factor: float, words: str) -> None:
    values = changed(lambda p, v: round(number(v, p) * factor))
    found = only(facts, verdicts(facts, rows_of(facts, values)), "unit-multiplier")
    assert found.message == f"2024-05: all 9 aggregates are {words} the median of the 12 months before."


def test_a_whole_file_in_other_units(facts: Facts) -> None:
    rows = edited(facts, lambda row: replace(row, value=int(row.value or 0) * 1000))
    found = only(facts, verdicts(facts, rows), "unit-multiplier")
    assert found.message == "77 of 77 values of TOTAL are above 999,999: they are not in units."


def test_the_unit_multiplier_of_the_regulation(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    codes = {**about(facts, rows).codes, "UNIT_MULT": {"0": [], "3": [At(20, 90, "M.FR.N.BURE.BTE._Z")]}}
    found = only(facts, verdicts(facts, rows, codes=codes), "unit-multiplier")
    assert found.message == "M.FR.N.BURE.BTE._Z: UNIT_MULT is '3'; counts are sent with '0'."
    assert (found.line, found.column, found.component, found.expected) == (20, 90, "UNIT_MULT", "0")


# --- against the previous delivery


def test_the_same_content_again(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    found = only(facts, verdicts(facts, rows, rows), "same-file")
    assert found.message == "all 693 observations are those of the previous delivery."


def test_a_new_month_is_no_old_file(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    found = verdicts(facts, rows, [row for row in rows if row.period < LAST])
    assert shown(facts, found) == []
    assert {found[rule].outcome for rule in ("same-file", "old-file", "indicators-swapped")} == {"holds"}


def test_last_years_file_renamed(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    old = rows_of(facts, {cell: value for cell, value in steady().items() if cell[1] <= "2023-05"})
    found = only(facts, verdicts(facts, old, rows, begin=None, end=None), "old-file")
    assert found.message == (
        "the file ends in 2023-05, the previous delivery in 2024-05; all 585 common values are equal."
    )


def test_the_other_indicators_file(facts: Facts) -> None:
    values = steady()
    few = {cell: int(value or 0) // 17 for cell, value in values.items()}
    for month in {month for _, month in few}:
        few["TOTAL", month] = sum(few[part, month] for part in PARTS)
    found = only(facts, verdicts(facts, rows_of(facts, dict(few)), rows_of(facts, values)), "indicators-swapped")
    assert found.message == (
        "9 of 9 aggregates are on another level than in the previous delivery; in the middle 0.0588 times."
    )


def test_only_a_revision_that_makes_a_cell_odd_is_judged(facts: Facts) -> None:
    """April was provisional in the delivery of April: it may be revised, if it stays likely."""

    def revised(values: Values, factor: float, month: str = "2024-04") -> Values:
        new = {**values, ("J", month): round(number(values, "J", month) * factor)}
        return {**new, ("TOTAL", month): sum(number(new, part, month) for part in PARTS)}

    def aprils(values: Values) -> list[Row]:
        return rows_of(facts, {cell: value for cell, value in values.items() if cell[1] <= "2024-04"})

    before = steady()
    found = shown(facts, verdicts(facts, rows_of(facts, revised(before, 3)), aprils(before)))
    assert [(f.rule, f.period, f.series) for f in found] == [
        ("month-on-month", "2024-05", "M.FR.N.BURE.J._Z"),  # May stands beside it
        ("month-on-month", "2024-04", "M.FR.N.BURE.J._Z"),
    ]
    assert not shown(facts, verdicts(facts, rows_of(facts, revised(before, 1.02)), aprils(before)))


# --- consequences


def test_a_consequence_is_unchecked_and_says_of_what(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, changed(lambda p, v: v[p, BEFORE])))
    assert found["repeated-month"].outcome == "violated"
    assert found["month-on-month"].unchecked == "not judged while repeated-month is violated"


def test_a_consequence_in_the_same_place_is_left_out_and_another_is_not(facts: Facts) -> None:
    def at(rule: str, line: int) -> Finding:
        return Finding(rule, "it is odd.", line=line, series="M.F", period="2024-05")

    both = Verdict("month-on-month", checked=2, findings=(at("month-on-month", 1), at("month-on-month", 2)))
    later = Verdict("forecast", checked=2, findings=(at("forecast", 2), at("forecast", 3)))
    assert [[f.line for f in v.findings] for v in roots([both, later], facts.rules)] == [[1, 2], [3]]


# --- the example


def rows_in(path: Path, facts: Facts) -> tuple[list[Row], About]:
    """A delivered file as rows, and what it says of itself."""
    code = {one.transmission: a.id for a in facts.aggregates for one in a.code}
    names = ("FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "BASE_PER")
    rows, codes = [], {}  # type: ignore[var-annotated]
    tree = etree.parse(str(path))
    for series in tree.iter("{*}Series"):
        key = ".".join(str(series.get(name)) for name in names)
        for name in (*names, "UNIT_MULT"):
            codes.setdefault(name, {}).setdefault(series.get(name), []).append(At(series.sourceline, 5, key))
        rows += [
            Row(
                key,
                code[str(series.get("ACTIVITY"))],
                Period.parse(str(o.get("TIME_PERIOD"))),
                int(str(o.get("OBS_VALUE"))),
                str(o.get("OBS_STATUS")),
                str(o.get("CONF_STATUS")),
                "",
                o.sourceline or 0,
                7,
            )
            for o in series
        ]
    day = dt.date(2024, 7, 5)
    return rows, About(path.name, day, day, False, sender="FR1", end=Period.parse("2024-05"), codes=codes)


def test_the_example_is_silent(facts: Facts, example: Delivered) -> None:
    files = sorted((example.folder / "upload").glob("*.xml"))
    assert len(files) == 2
    for path in files:
        data_set = next(one for one in facts.transmission.data_set if path.name.startswith(one.id))
        rows, what = rows_in(path, facts)
        found = {v.rule: v for v in content(rows, data_set, facts, facts.country("FR"), what)}
        assert [f.message for f in shown(facts, found)] == []
        assert found["month-on-month"].checked == 9
        assert found["forecast"].checked == 9


def test_no_rule_is_forgotten(facts: Facts) -> None:
    """The rules that judge a whole file are all confronted, whatever the file holds."""
    found = verdicts(facts, rows_of(facts, steady()))
    assert set(found) == {
        *("embargo", "sender", "file-name", "test-flag", "unit-multiplier", "mixed-indicators", "adjustment"),
        *("frequency", "future-month", "before-start", "latest-month", "not-newest", "coverage", "unexpected-series"),
        *("starts-later", "additivity", "members", "kinds", "value-negative", "value-fraction", "value-ceiling"),
        *("zero-value", "month-on-month", "year-on-year", "forecast", "same-factor", "shifted-columns"),
        *("repeated-month", "confidentiality", "same-file", "old-file", "indicators-swapped", "series-new"),
        *("series-gone", "history-shorter", "vanished-cell", "revised", "definitive-revised", "revision-large"),
        *("status-policy", "status-by-history", "deadline", "days-left"),
    }
    assert set(found) == set(RULES)
    assert set(found) <= set(facts.rules)
    none = content([], registrations(facts), facts, None, About("x", dt.date(2024, 7, 5)))
    assert {verdict.rule for verdict in none} == set(found)
