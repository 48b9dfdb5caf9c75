"""Periods of SDMX: both spellings are read, one is written, what is none is refused with the reason."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.period import PER_YEAR, Period

PERIODS = st.sampled_from("ASTQM").flatmap(
    lambda frequency: st.builds(Period, st.just(frequency), st.integers(0, 9999 * PER_YEAR[frequency]))
)


@given(PERIODS)
def test_what_is_written_is_read(period: Period) -> None:
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    ("text", "written", "first", "last_day"),
    [
        ("2024", "2024", "2024-01", "2024-12-31"),
        ("2024-A1", "2024", "2024-01", "2024-12-31"),
        ("2024-S2", "2024-S2", "2024-07", "2024-12-31"),
        ("2024-T2", "2024-T2", "2024-05", "2024-08-31"),
        ("2024-Q1", "2024-Q1", "2024-01", "2024-03-31"),
        ("2024-M02", "2024-02", "2024-02", "2024-02-29"),
        ("2023-02", "2023-02", "2023-02", "2023-02-28"),
        ("2024-12", "2024-12", "2024-12", "2024-12-31"),
    ],
)
def test_both_spellings(text: str, written: str, first: str, last_day: str) -> None:
    period = Period.parse(text)
    assert str(period) == written
    assert str(period.months[0]) == first
    assert period.last_day == dt.date.fromisoformat(last_day)
    assert len(period.months) == 12 // PER_YEAR[period.frequency]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-13", "no month 13: they go from 1 to 12"),
        ("2024-00", "no month 0"),
        ("2024-Q5", "no quarter 5"),
        ("2024-S3", "no half-year 3"),
        ("2024-T4", "no trimester 4"),
        ("2024-5", "two digits, as in 2024-05"),
        ("2024-M5", "two digits, as in 2024-05"),
        ("2024-Q02", "a digit too many: write 2024-Q2"),
        ("24-05", "not a period"),
        ("2024-05-01", "not a period"),
        ("2024-W05", "not a period"),
        ("2024-m05", "not a period"),
        (" 2024-05", "not a period"),
        ("2024-05\n", "not a period"),
        ("٢٠٢٤-05", "not a period"),
        ("2024/05", "not a period"),
        ("", "not a period"),
    ],
)
def test_what_is_no_period(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        Period.parse(text)
    assert words in str(caught.value)


@given(PERIODS, st.integers(-50, 50))
def test_periods_are_counted(period: Period, steps: int) -> None:
    assert (period + steps) - period == steps
    assert len(list(period.to(period + steps))) == max(steps + 1, 0)
    assert (period + steps > period) == (steps > 0)


@given(PERIODS)
def test_a_period_lies_in_the_coarser_one(period: Period) -> None:
    for frequency in PER_YEAR:
        if PER_YEAR[frequency] <= PER_YEAR[period.frequency] and PER_YEAR[period.frequency] % PER_YEAR[frequency] == 0:
            around = period.within(frequency)
            assert set(period.months) <= set(around.months)
            assert around.year == period.year
    assert all(month.within(period.frequency) == period for month in period.months)


def test_frequencies_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="different frequencies"):
        Period.parse("2024-05") - Period.parse("2024-Q2")


def test_a_month_by_its_numbers() -> None:
    month = Period.month(2024, 5)
    assert (str(month), month.year, month.number) == ("2024-05", 2024, 5)
