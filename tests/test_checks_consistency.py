"""A file agrees with itself, with its name, with the calendar and with the regulation, or is told where it does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from content_support import (
    FIRST,
    LAST,
    LEVELS,
    Values,
    about,
    edited,
    key,
    only,
    registrations,
    rows_of,
    shown,
    steady,
    verdicts,
)
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import additivity
from pipeline.checks.consistency import decimals, gap, reporting_range
from pipeline.checks.content import Cells, Row, content
from pipeline.errors import FactsError
from pipeline.facts import Facts, load
from pipeline.findings import SEVERITIES, Severity
from pipeline.period import Period

# --- the law


def test_every_rule_is_explained(facts: Facts) -> None:
    for rule in facts.rules.values():
        assert rule.severity in get_args(Severity)
        assert rule.means.endswith("."), rule.id
        assert rule.mend.endswith((".", "…")), rule.id
        assert rule.example, rule.id
        assert "\n" not in rule.example, rule.id


def test_a_rule_silences_what_is_not_graver_and_nothing_that_silences_it(facts: Facts) -> None:
    silenced = {id_: {*rule.silences, *rule.silences_in_file} for id_, rule in facts.rules.items()}
    rank = {id_: SEVERITIES.index(rule.severity) for id_, rule in facts.rules.items()}

    def reached(id_: str) -> Iterable[str]:
        for other in silenced[id_]:
            yield other
            yield from reached(other)

    for id_, others in silenced.items():
        assert all(rank[id_] <= rank[other] for other in others), id_
        assert id_ not in set(reached(id_)), id_


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "gap"', 'id = "gap"\nsilences_in_file = ["coverag"]', "gap.silences_in_file: 'coverag' is not a rule"),
        ('id = "zero-value"', 'id = "zero-value"\nsilences_in_file = ["gap"]', "'gap' is graver than the rule"),
        (
            'silences = ["series-gone"]',
            'silences = ["series-gone", "constraint"]',
            "'constraint' silences 'coverage' in its turn",
        ),
        ("years = 3, spreads = 6.0", "spreads = 6.0", "month-on-month.parameters: the code needs 'years', a number"),
        ('parameters = { status = "N" }', "parameters = { status = 1 }", "the code needs 'status', a text"),
    ],
)
def test_a_book_of_rules_that_cannot_be(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = Path("codelists/regulation/rules.toml")
    text = (Path(__file__).parent.parent / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FactsError) as error:
        load(tmp_path)
    assert any(words in str(problem) for problem in error.value.problems), error.value.problems


# --- any data set: gap


def month(ordinal: int) -> str:
    return str(Period("M", ordinal))


@given(st.sets(st.integers(24_000, 24_200), min_size=1))
def test_a_gap_is_what_lies_between_and_is_not_there(ordinals: set[int]) -> None:
    there = sorted(ordinals)
    gone = [month(n) for n in range(there[0], there[-1]) if n not in ordinals]
    found = gap("M.F", there, month, 9, 3)
    assert (found is None) == (not gone)
    if found:
        assert (found.rule, found.line, found.column, found.series, found.period) == ("gap", 9, 3, "M.F", gone[0])
        more = f" and {len(gone) - 10:,} more." if len(gone) > 10 else "."
        assert found.message.endswith(f": {', '.join(gone[:10])}{more}")


def test_missing_months_are_named() -> None:
    there = [p.ordinal for p in Period.parse("2023-01").to(Period.parse("2023-06")) if p.number not in (3, 4)]
    found = gap("M.F", there, month, 9, 3)
    assert found is not None
    assert found.message == "M.F: 2 periods are missing between 2023-01 and 2023-06: 2023-03, 2023-04."
    assert found.expected == "2023-01 to 2023-06"


def test_a_hole_of_centuries_is_no_trouble() -> None:
    found = gap("D", [1, 10**12], str, 1, 1)
    assert found is not None
    assert found.message.endswith(": 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 999,999,999,988 more.")


def test_no_periods_no_gap() -> None:
    assert gap("D", [], str, 1, 1) is None


# --- any data set: decimals, reporting range


@pytest.mark.parametrize(
    ("value", "declared"),
    [
        ("12", "0"),
        ("12.5", "1"),
        ("1e3", "0"),
        ("NaN", "0"),
        ("x", "0"),
        ("12.55", ""),
        ("12.55", "many"),
        ("-1.5", "2"),
    ],
)
def test_decimals_as_declared_or_not_to_be_judged(value: str, declared: str) -> None:
    assert decimals(value, declared) is None


@pytest.mark.parametrize(
    ("value", "declared", "words"),
    [
        ("12.5", "0", "the value '12.5' has 1 decimal; 0 are declared."),
        ("-1.250", "1", "the value '-1.250' has 3 decimals; 1 is declared."),
    ],
)
def test_more_decimals_than_declared(value: str, declared: str, words: str) -> None:
    found = decimals(value, declared)
    assert found is not None
    assert (found.rule, found.message, found.value, found.expected) == ("decimals", words, value, f"at most {declared}")


@given(st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 6))
def test_a_number_written_with_n_decimals_needs_n(number: int, written: int, declared: int) -> None:
    found = decimals(str(Decimal(number).scaleb(-written)) if written else str(number), str(declared))
    assert (found is None) == (written <= declared)


def test_the_reporting_range() -> None:
    first, last = dt.date(2024, 5, 1), dt.date(2024, 5, 31)
    assert reporting_range(first, last, "2024-05", None, None) is None
    assert reporting_range(first, last, "2024-05", first, last) is None
    early = reporting_range(first, last, "2024-05", dt.date(2024, 6, 1), None)
    assert early is not None
    assert early.message == "the period '2024-05' begins before ReportingBegin of the header, 2024-06-01."
    late = reporting_range(first, last, "2024-05", None, dt.date(2024, 4, 30))
    assert late is not None
    assert (late.component, late.value, late.expected) == ("TIME_PERIOD", "2024-05", "up to 2024-04-30")


# --- a clean file


def test_a_clean_file_is_silent(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()))
    assert shown(facts, found) == []
    assert {rule for rule, v in found.items() if v.outcome == "unchecked"} == {
        *("confidentiality", "members", "kinds", "same-file", "old-file", "indicators-swapped", "series-new"),
        *("series-gone", "history-shorter", "vanished-cell", "revised", "definitive-revised", "revision-large"),
        "status-by-history",
    }
    assert found["members"].unchecked == "needs the delivery folder (counts.csv)"
    assert found["same-file"].unchecked == "no previous delivery given (--previous)"


def test_a_file_without_a_month_is_not_judged(facts: Facts) -> None:
    found = verdicts(facts, [])
    assert not any(v.findings for v in found.values())
    assert found["coverage"].unchecked == "no month of the regulation's aggregates can be read"
    assert found["month-on-month"].outcome == "unchecked"


def test_without_facts_of_the_country(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    found = {v.rule: v for v in content(rows, registrations(facts), facts, None, about(facts, rows, sender="XX1"))}
    assert not shown(facts, found)
    for rule in ("sender", "file-name", "before-start", "starts-later", "confidentiality"):
        assert found[rule].unchecked == "there are no facts about the country of this file"


# --- regulation


@pytest.mark.parametrize(
    ("rule", "part", "code", "words"),
    [
        ("frequency", 0, "Q", "Q.FR.N.BURE.J._Z: FREQ is 'Q'; STSRB_REG_M holds 'M'."),
        ("adjustment", 2, "S", "M.FR.S.BURE.J._Z: SEASONAL_ADJUST is 'S'; Eurostat receives raw data only ('N')."),
        ("mixed-indicators", 3, "BUBA", "M.FR.N.BUBA.J._Z: INDICATOR is 'BUBA'; STSRB_REG_M holds 'BURE'."),
        ("sender", 1, "DE", "M.DE.N.BURE.J._Z: REF_AREA is 'DE'; the file is of FR and holds 'FR'."),
    ],
)
def test_a_series_of_another_kind(facts: Facts, rule: str, part: int, code: str, words: str) -> None:
    def change(row: Row) -> Row:
        parts = row.series.split(".")
        parts[part] = code
        return replace(row, series=".".join(parts)) if row.aggregate == "J" else row

    rows = edited(facts, change)
    found = only(facts, verdicts(facts, rows), rule)
    assert found.message == words
    assert (found.line, found.column, found.value) == (min(r.line for r in rows if r.aggregate == "J"), 3, code)


def test_an_adjusted_series_beside_the_raw_one_doubts_nothing_else(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    more = [
        replace(row, series="M.FR.S.BURE.J._Z", line=row.line + 5000, value=int(row.value or 0) + 17)
        for row in rows
        if row.aggregate == "J"
    ]
    assert only(facts, verdicts(facts, [*more, *rows]), "adjustment").series == "M.FR.S.BURE.J._Z"


def test_all_series_of_another_area_than_the_senders(facts: Facts) -> None:
    rows = edited(facts, lambda row: replace(row, series=row.series.replace(".FR.", ".EL.")))
    found = shown(facts, {v.rule: v for v in content(rows, registrations(facts), facts, None, about(facts, rows))})
    assert [f.rule for f in found] == ["sender"] * 9
    assert found[0].message == "M.EL.N.BURE.BTE._Z: REF_AREA is 'EL'; the file is of FR and holds 'FR'."


def test_the_sender_is_the_countrys(facts: Facts) -> None:
    found = only(facts, verdicts(facts, rows_of(facts, steady()), sender="FR"), "sender")
    assert found.message == "Sender is 'FR'; expected is 'FR1'."
    assert (found.line, found.component, found.value, found.expected) == (8, "Sender", "FR", "FR1")


def test_an_embargo_needs_a_value_that_is_not_free(facts: Facts) -> None:
    def change(row: Row, status: str) -> Row:
        newest = (row.aggregate, str(row.period)) == ("J", "2024-05")
        return replace(row, embargo="2024-07-15T08:45:00", confidentiality=status) if newest else row

    found = only(facts, verdicts(facts, edited(facts, lambda row: change(row, "F"))), "embargo")
    assert found.message == "M.FR.N.BURE.J._Z 2024-05: EMBARGO_TIME is set and CONF_STATUS is 'F'; expected is 'N'."
    assert (found.component, found.period, found.expected) == ("CONF_STATUS", "2024-05", "N")
    assert not shown(facts, verdicts(facts, edited(facts, lambda row: change(row, "N"))))


def test_confidential_though_the_country_says_that_all_is_free(facts: Facts) -> None:
    france = facts.country("FR")
    indicators = tuple(i.model_copy(update={"confidentiality": "F"}) for i in france.country.indicator)
    free = replace(france, country=france.country.model_copy(update={"indicator": indicators}))
    rows = edited(facts, lambda r: replace(r, confidentiality="C") if (r.aggregate, r.period) == ("J", LAST) else r)
    found = {v.rule: v for v in content(rows, registrations(facts), facts, free, about(facts, rows))}
    one = only(facts, found, "confidentiality")
    assert one.message == "M.FR.N.BURE.J._Z 2024-05: the value is marked 'C'; the country's facts say 'F'."
    clean = rows_of(facts, steady())
    found = {v.rule: v for v in content(clean, registrations(facts), facts, free, about(facts, clean))}
    assert found["confidentiality"].outcome == "holds"


@pytest.mark.parametrize(
    ("name", "test", "rules"),
    [
        ("STSRB_REG_M_FR_2024_0005.xml", False, []),
        ("STSRB_REG_M_FR_2024_0005_V0001_N.xml", False, []),
        ("VSTSRB_REG_M_FR_2024_0005.xml", True, []),
        ("registrations.xml", False, ["file-name"]),
        ("STSRB_REG_M_FR_2024_0004.xml", False, ["file-name"]),
        ("STSRB_REG_M_FR_2024_00051.xml", False, ["file-name"]),
        ("STSRB_BKRT_M_FR_2024_0005.xml", False, ["file-name"]),
        ("STSRB_REG_M_FR_2024_0005.xml", True, ["test-flag"]),
        ("VSTSRB_REG_M_FR_2024_0005.xml", False, ["test-flag"]),
    ],
)
def test_the_name_of_the_file(facts: Facts, name: str, test: bool, rules: list[str]) -> None:
    found = shown(facts, verdicts(facts, rows_of(facts, steady()), name=name, test=test))
    assert [f.rule for f in found] == rules
    if rules == ["file-name"]:
        assert found[0].message == f"the file is called {name!r}; expected is 'STSRB_REG_M_FR_2024_0005.xml'."
    if rules == ["test-flag"]:
        assert (found[0].line, found[0].value) == (6, str(test).lower())


def test_a_reporting_period_that_goes_too_far_is_told_by_coverage_alone(facts: Facts) -> None:
    found = only(facts, verdicts(facts, rows_of(facts, steady()), end=LAST + 1), "coverage")
    assert found.message.startswith("no aggregate has 2024-06, which the reporting period of the header includes;")


def test_the_newest_month_that_was_due(facts: Facts) -> None:
    """April 2024 ends on the 30th and is due 40 days later, on 9 June; May on 10 July."""
    april = rows_of(facts, {cell: value for cell, value in steady().items() if cell[1] <= "2024-04"})

    def judged(prepared: dt.date | None, today: dt.date) -> tuple[str, str]:
        found = verdicts(facts, april, prepared=prepared, today=today, end=None, name="STSRB_REG_M_FR_2024_0004.xml")
        left = {f.rule for f in shown(facts, found)}
        assert left <= {"latest-month", "deadline"}  # it is late by then, and told so unless a month is missing
        assert len(left) == int(prepared is not None)
        return found["latest-month"].outcome, found["not-newest"].outcome

    assert judged(dt.date(2024, 7, 9), dt.date(2024, 7, 9)) == ("holds", "holds")
    assert judged(dt.date(2024, 7, 9), dt.date(2024, 7, 10)) == ("holds", "violated")
    assert judged(dt.date(2024, 7, 10), dt.date(2024, 7, 10)) == ("violated", "unchecked")
    assert judged(None, dt.date(2024, 7, 10)) == ("unchecked", "violated")
    found = verdicts(facts, april, prepared=dt.date(2024, 7, 12), today=dt.date(2024, 7, 13), end=None)
    (late,) = found["latest-month"].findings
    assert late.message == (
        "the newest month is 2024-04; 2024-05 was due on 2024-07-10, and the file was prepared on 2024-07-12."
    )
    assert (late.period, late.value, late.expected, late.line) == ("2024-05", "2024-04", "2024-05", 7)


# --- coverage and its neighbours


def test_an_aggregate_that_is_missing_is_named(facts: Facts) -> None:
    found = only(facts, verdicts(facts, [r for r in rows_of(facts, steady()) if r.aggregate != "J"]), "coverage")
    assert found.message.startswith("the series of J is missing, one of the 9 aggregates of the regulation;")
    assert found.expected == "2018-01 to 2024-05"


def test_a_month_that_one_aggregate_lacks_at_its_end(facts: Facts) -> None:
    rows = [r for r in rows_of(facts, steady()) if (r.aggregate, r.period) != ("J", LAST)]
    found = only(facts, verdicts(facts, rows), "coverage")
    assert found.message == "J: 1 of 77 months is missing: 2024-05."
    assert (found.series, found.period) == ("M.FR.N.BURE.J._Z", "2024-05")


def test_a_hole_inside_is_left_to_gap(facts: Facts) -> None:
    rows = [r for r in rows_of(facts, steady()) if (r.aggregate, str(r.period)) != ("J", "2020-03")]
    assert shown(facts, verdicts(facts, rows)) == []


def test_a_month_that_the_header_announces(facts: Facts) -> None:
    rows = [r for r in rows_of(facts, steady()) if r.period < LAST]
    found = only(facts, verdicts(facts, rows), "coverage")
    assert found.message == (
        "no aggregate has 2024-05, which the reporting period of the header includes; the file has 2018-01 to 2024-04."
    )


def test_a_month_that_one_aggregate_alone_has(facts: Facts) -> None:
    rows = edited(facts, lambda r: replace(r, period=LAST + 1) if (r.aggregate, r.period) == ("J", LAST) else r)
    found = only(facts, verdicts(facts, rows), "coverage")
    assert found.message == "2024-06 is there for J alone; the other 8 aggregates end in 2024-05."


@pytest.mark.parametrize(("away", "rule"), [(240, "future-month"), (-12_000, "before-start")])
def test_a_month_far_away(facts: Facts, away: int, rule: str) -> None:
    rows = edited(facts, lambda r: replace(r, period=LAST + away) if (r.aggregate, r.period) == ("J", LAST) else r)
    found = only(facts, verdicts(facts, rows), rule)
    assert (found.series, found.period) == ("M.FR.N.BURE.J._Z", str(LAST + away))


def test_a_later_start_than_declared_is_information(facts: Facts) -> None:
    (found,) = verdicts(facts, rows_of(facts, steady()))["starts-later"].findings
    assert found.message == "the series start in 2018-01; declared is 2012-01."


def test_a_section_outside_the_regulation(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    more = [replace(row, series=key("O"), aggregate="", line=row.line + 5000) for row in rows if row.aggregate == "J"]
    found = only(facts, verdicts(facts, [*rows, *more]), "unexpected-series")
    assert found.message == "M.FR.N.BURE.O._Z: ACTIVITY 'O' is none of the 9 aggregates of the regulation."


# --- arithmetic


def test_a_digit_in_a_part_breaks_the_total_and_nothing_else(facts: Facts) -> None:
    values = steady()
    values["J", "2024-05"] = int(values["J", "2024-05"] or 0) * 10
    rows = rows_of(facts, values)
    found = only(facts, verdicts(facts, rows), "additivity")
    total = next(row for row in rows if (row.aggregate, row.period) == ("TOTAL", LAST))
    assert (found.series, found.period, found.line, found.column) == (total.series, "2024-05", total.line, 7)


def folder(values: Values) -> Cells:
    """counts.csv and factors.csv that make these values: each part of one activity in two kinds, the total of all."""
    at = {"indicator": "registrations", "area": "FR", "classification": "NACE_R2"}
    counts, factors = [], []
    for aggregate in LEVELS:
        for kind in ("micro", "other"):
            one = {**at, "kind": kind, "activity": f"of {aggregate}"}
            factors += [{**one, "target": "aggregate", "aggregate": to, "factor": "1"} for to in (aggregate, "TOTAL")]
            factors.append({**one, "target": "stratum", "aggregate": "C", "factor": "1"})
            for period in FIRST.to(LAST):
                value = int(values[aggregate, str(period)] or 0)
                part = value // 3 if kind == "micro" else value - value // 3
                counts.append({**one, "period": str(period), "value": str(part)})
    return Cells([*counts, {**counts[0], "indicator": "bankruptcies"}], factors)


def test_members_and_kinds_are_told_from_the_delivery_folder(facts: Facts) -> None:
    values = steady()
    found = verdicts(facts, rows_of(facts, values), cells=folder(values))
    assert (found["members"].outcome, found["members"].checked) == ("holds", 9 * 77)
    assert (found["kinds"].outcome, shown(facts, found)) == ("holds", [])
    changed = {**values, ("J", "2024-05"): int(values["J", "2024-05"] or 0) - 100}
    found = verdicts(facts, rows_of(facts, changed), cells=folder(values))
    one = only(facts, found, "members")
    assert (one.series, one.period) == ("M.FR.N.BURE.J._Z", "2024-05")
    assert one.message == (
        "J 2024-05 is 4,220; its members (2 cells of counts.csv) make 4,320; the difference is -100."
    )
    made = additivity.made_of(folder(values).counts, folder(values).factors, "registrations")
    (said,) = additivity.kinds({("J", "2024-05"): 4220}, made, {}).findings
    assert said.message == "J 2024-05 is 4,220; micro 1,440 + other 2,880 = 4,320; the difference is -100."


def test_cells_without_a_value_or_of_one_kind_are_not_compared(facts: Facts) -> None:
    values = steady()
    whole = folder(values)
    empty = Cells([{**row, "value": ""} for row in whole.counts], whole.factors)
    found = verdicts(facts, rows_of(facts, values), cells=empty)
    assert found["members"].unchecked == "counts.csv has no cells of this file's months"
    alone = Cells(
        [{**row, "kind": "total"} for row in whole.counts], [{**row, "kind": "total"} for row in whole.factors]
    )
    assert verdicts(facts, rows_of(facts, values), cells=alone)["kinds"].unchecked == (
        "counts.csv has only one kind of unit"
    )
