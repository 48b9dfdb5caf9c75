"""Any period of SDMX: both spellings of one period are the same, what is none is refused with the reason."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.periods import Moment, fits_frequency, fits_time_format, judge_period, moment
from pipeline.facts.structure import Dimension, TextFormat
from pipeline.period import Period

DATES = st.dates(dt.date(1, 1, 4), dt.date(9999, 12, 20))


def time_dimension(type_: str = "ObservationalTimePeriod", **facets: str | int) -> Dimension:
    return Dimension(id="TIME_PERIOD", position=9, kind="time", text_format=TextFormat(type_, **facets))  # type: ignore[arg-type]


# --- reading ------------------------------------------------------------------------------------------------------

READ = [
    ("2024", "A", "2024-01-01", "2024-12-31"),
    ("2024-A1", "A", "2024-01-01", "2024-12-31"),
    ("2024-S2", "S", "2024-07-01", "2024-12-31"),
    ("2024-T2", "T", "2024-05-01", "2024-08-31"),
    ("2024-Q1", "Q", "2024-01-01", "2024-03-31"),
    ("2024-02", "M", "2024-02-01", "2024-02-29"),
    ("2024-M02", "M", "2024-02-01", "2024-02-29"),
    ("2024-W01", "W", "2024-01-01", "2024-01-07"),
    ("2020-W53", "W", "2020-12-28", "2021-01-03"),
    ("2024-05-31", "D", "2024-05-31", "2024-05-31"),
    ("2024-D010", "D", "2024-01-10", "2024-01-10"),
    ("2024-D366", "D", "2024-12-31", "2024-12-31"),
    ("2024Z", "A", "2024-01-01", "2024-12-31"),
    ("2024-05:00", "A", "2024-01-01", "2024-12-31"),
    ("2024-M02+14:00", "M", "2024-02-01", "2024-02-29"),
    ("2024-05-31-02:00", "D", "2024-05-31", "2024-05-31"),
    ("2024-05-31T10:00:00.25Z", "I", "2024-05-31", "2024-05-31"),
    ("2024-05-31T24:00:00", "I", "2024-06-01", "2024-06-01"),
    ("2024-05-01/P1M", "R", "2024-05-01", "2024-05-31"),
    ("2024-01-31/P1M", "R", "2024-01-31", "2024-02-28"),
    ("2024-05-01T00:00:00/P7D", "R", "2024-05-01", "2024-05-07"),
    ("2024-05-01/PT36H", "R", "2024-05-01", "2024-05-02"),
    ("2024-05-01/P0D", "R", "2024-05-01", "2024-05-01"),
    ("9999-12", "M", "9999-12-01", "9999-12-31"),
    ("9999-W52", "W", "9999-12-27", "9999-12-31"),
    ("2024-05-01/P9999Y", "R", "2024-05-01", "9999-12-31"),
    ("2024-05-01/P99999999999D", "R", "2024-05-01", "9999-12-31"),
    ("2024-05-01/P999999999D", "R", "2024-05-01", "9999-12-31"),
]


@pytest.mark.parametrize(("text", "kind", "first", "last"), READ)
def test_every_form_is_read(text: str, kind: str, first: str, last: str) -> None:
    found = moment(text)
    assert (found.kind, found.first.isoformat(), found.last.isoformat(), found.text) == (kind, first, last, text)
    assert judge_period(time_dimension(), text) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024", "2024-A1"),
        ("2024-05", "2024-M05"),
        ("2024-05-01", "2024-D122"),
        ("2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00"),
        ("2024-05-01T24:00:00", "2024-05-02T00:00:00.00"),
    ],
)
def test_two_spellings_of_one_period_are_the_same(one: str, other: str) -> None:
    assert moment(one).identity == moment(other).identity
    assert moment(one).ordinal == moment(other).ordinal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-05", "2024-Q2"),
        ("2024-05-01T10:00:00", "2024-05-01T10:00:00.5"),
        ("2024-05-01/P1M", "2024-05-01/P1Y"),
        ("2024-12-30", "2025-W01"),
    ],
)
def test_two_periods_are_not_the_same(one: str, other: str) -> None:
    assert moment(one).identity != moment(other).identity


@given(DATES)
def test_consecutive_periods_differ_by_one(day: dt.date) -> None:
    after = day + dt.timedelta(days=1)
    assert moment(after.isoformat()).ordinal - moment(day.isoformat()).ordinal == 1
    year, week, _ = day.isocalendar()
    next_year, next_week, _ = (day + dt.timedelta(days=7)).isocalendar()
    one, two = moment(f"{year:04d}-W{week:02d}"), moment(f"{next_year:04d}-W{next_week:02d}")
    assert two.ordinal - one.ordinal == 1
    assert two.first - one.last == dt.timedelta(days=1)
    assert one.first <= day <= one.last
    by_number = moment(f"{day.year:04d}-D{day.timetuple().tm_yday:03d}")
    assert by_number.identity == moment(day.isoformat()).identity


@given(st.sampled_from("ASTQM"), st.integers(12, 9999 * 12))
def test_periods_of_months_are_those_of_the_calendar(frequency: str, ordinal: int) -> None:
    period = Period("M", ordinal).within(frequency)
    found = moment(str(period))
    assert (found.kind, found.ordinal, found.last) == (frequency, period.ordinal, period.last_day)
    assert found.first.day == 1


# --- refusing -----------------------------------------------------------------------------------------------------

REFUSED = [
    ("2026-13", "'2026-13' has no month 13: they go from 1 to 12"),
    ("2026-00", "has no month 0"),
    ("2026-9", "write two digits, as in 2026-09"),
    ("2024-Q5", "has no quarter 5"),
    ("2024-Q01", "write 2024-Q1"),
    ("2024-W53", "has no week 53: those of 2024 go from 01 to 52"),
    ("2024-W5", "how SDMX writes a week"),
    ("2023-D366", "has no day 366: those of 2023 go from 001 to 365"),
    ("2023-02-29", "has no day 29: those of 2023-02 go from 1 to 28"),
    ("2024-13-01", "has no month 13"),
    ("09/2026", "how SDMX writes a month"),
    ("09-2026", "how SDMX writes a month"),
    ("2026/09", "how SDMX writes a month"),
    ("2026M09", "how SDMX writes a month"),
    ("2026-m09", "how SDMX writes a month"),
    ("202609", "how SDMX writes a month"),
    ("2026\u201309", "how SDMX writes a month"),
    ("2026Q3", "how SDMX writes a quarter"),
    ("Q3/2026", "how SDMX writes a quarter"),
    ("2026-H1", "how SDMX writes a half-year"),
    ("2026T1", "how SDMX writes a trimester"),
    ("46266", "looks like a date of Excel without its format (2026-09-01)"),
    ("20260901", "how SDMX writes a full date"),
    ("2026-9-1", "how SDMX writes a full date"),
    ("01.09.2026", "how SDMX writes a full date"),
    ("09/10/26", "how SDMX writes a full date"),
    ("2026-09-01 10:00:00", "how SDMX writes a date-time"),
    ("2026-09-01T10:00", "with its seconds"),
    ("2026-09-01T25:00:00", "has no time 25:00:00"),
    ("2026-09-01T24:00:00.5", "has no time 24:00:00"),
    ("2026-09-01/1M", "how SDMX writes a time range"),
    ("2026-09-01/P", "has no duration"),
    ("2026-09-01/P1W", "has no duration"),
    ("sept.-26", "names its month in letters"),
    ("September 2026", "names its month in letters"),
    ("2026+15:00", "no time zone"),
    ("-2026", "before 0001 or beyond 9999"),
    ("12026-05", "before 0001 or beyond 9999"),
    ("0000", "year 0"),
    ("9999-12-31T24:00:00", "goes beyond the year 9999"),
    ("\u0662\u0660\u0662\u0664", "contains '\u0662' (U+0662): write the digits 0 to 9"),
    (" 2024-05", "has blanks around it"),
    ("2024-05\n", "has blanks around it"),
    ("", "'' is empty"),
    ("total", "is not a period such as 2024-05"),
    ("x" * 90, "x" * 60 + "…' is not a period"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_why_it_is_no_period(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        moment(text)
    assert words in str(caught.value)
    (finding,) = judge_period(time_dimension(), text)
    assert finding.rule == "period"
    assert finding.message == f"TIME_PERIOD: {caught.value}."
    assert (finding.component, finding.value) == ("TIME_PERIOD", text)


@given(st.text(max_size=14) | st.text("0123456789-/.:TZPAQMWDS+ ", max_size=22))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = moment(text)
    except ValueError:
        (finding,) = judge_period(time_dimension(), text)
        assert finding.rule == "period"
    else:
        assert found.first <= found.last
        assert found.text == text


# --- the structure's time dimension -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dimension", "text", "words"),
    [
        (time_dimension("GregorianTimePeriod"), "2024-Q1", "is not a year, month or day"),
        (time_dimension("ReportingTimePeriod"), "2024-05", "is not a reporting period"),
        (time_dimension("StandardTimePeriod"), "2024-05-01/P1M", "no time range"),
        (time_dimension("GregorianYearMonth"), "2024", "is not a month, such as 2024-05"),
        (time_dimension(start_time="2000-01"), "1999-12", "before 2000-01, the first period"),
        (time_dimension(end_time="2000-01"), "2000-02", "after 2000-01, the last period"),
        (time_dimension(max_length=7), "2024-05-01", "at most 7 characters"),
        (time_dimension(pattern="[0-9]{4}-[0-9]{2}"), "2024-M05", "does not follow the pattern"),
    ],
)
def test_the_time_dimensions_own_format(dimension: Dimension, text: str, words: str) -> None:
    (finding,) = judge_period(dimension, text)
    assert finding.rule == "text-format"
    assert words in finding.message


def test_formats_that_are_no_period_mean_any_period() -> None:
    for type_ in ("String", "Integer", "ObservationalTimePeriod"):
        assert judge_period(time_dimension(type_), "2024-M05") == ()
    assert judge_period(Dimension(id="TIME_PERIOD", position=9, kind="time"), "2024-W05") == ()
    assert judge_period(time_dimension(sentinels=("_T",)), "_T") == ()  # type: ignore[arg-type]


# --- frequency and time format ------------------------------------------------------------------------------------

EXAMPLES = {
    "A": "2024", "S": "2024-S1", "T": "2024-T1", "Q": "2024-Q1", "M": "2024-05", "W": "2024-W05", "D": "2024-05-01",
    "I": "2024-05-01T10:00:00", "R": "2024-05-01/P3D",
}  # fmt: skip
FITS = {
    "A": "A", "S": "S", "H": "SI", "T": "T", "Q": "Q", "M": "M", "W": "W", "D": "D", "B": "D", "N": "I", "I": "I",
    "A5": "AR", "M2": "MR", "W2": "WR",
}  # fmt: skip


@pytest.mark.parametrize("code", FITS)
def test_a_period_is_as_long_as_its_frequency(code: str) -> None:
    fitting = {kind for kind, text in EXAMPLES.items() if fits_frequency(moment(text), code, text) is None}
    assert fitting - {"R"} == set(FITS[code]) - {"R"}
    if "R" in FITS[code]:
        assert "R" in fitting


@pytest.mark.parametrize("code", ["", "_Z", "_O", "OM", "monthly", "m", "X"])
def test_unknown_frequencies_are_not_judged(code: str) -> None:
    assert all(fits_frequency(moment(text), code, text) is None for text in EXAMPLES.values())


@pytest.mark.parametrize(
    ("text", "code", "fits"),
    [
        ("2024-05-01/P1M", "M", True),
        ("2024-01-01/P1Y", "A", True),
        ("2024-01-01/P1Y", "M", False),
        ("2024-05-06/P7D", "W", True),
        ("2024-05-06/P7D", "D", False),
    ],
)
def test_time_ranges_fit_by_their_length(text: str, code: str, fits: bool) -> None:
    assert (fits_frequency(moment(text), code, text) is None) == fits


def test_what_is_said_of_a_quarter_among_months() -> None:
    finding = fits_frequency(moment("2026-Q3"), "M", "2026-Q3")
    assert finding is not None
    assert finding.rule == "period-frequency"
    assert finding.message == "'2026-Q3' is a quarter; the frequency M asks for months, such as 2024-05."
    assert finding.hint.startswith("A quarter is given where months are expected")
    assert (finding.value, finding.expected) == ("2026-Q3", "months, such as 2024-05")


CODES = {"A": "P1Y", "S": "P6M", "Q": "P3M", "M": "P1M"}


@pytest.mark.parametrize(
    ("text", "code", "fits"),
    [
        ("2024-05", "P1M", True),
        ("2024-M05", "P1M", True),
        ("2024-Q1", "P1M", False),
        ("2024-05", "P3M", False),
        ("2024-05-01", "P1M", False),
        ("2024-05", "P7D", True),
        ("2024-05-01T10:00:00", "P1M", True),
        ("2024-05-01/P1M", "P1M", True),
    ],
)
def test_a_period_is_as_long_as_its_time_format(text: str, code: str, fits: bool) -> None:
    finding = fits_time_format(moment(text), code, CODES)
    assert (finding is None) == fits
    if finding:
        assert finding.rule == "period-time-format"
        assert code in finding.message


def test_the_time_format_that_would_fit_is_said() -> None:
    finding = fits_time_format(moment("2024-Q1"), "P1M", CODES)
    assert finding is not None
    assert finding.message == "'2024-Q1' is a quarter; the time format 'P1M' announces months, such as 2024-05."
    assert finding.hint == "For a quarter write the time format 'P3M'."


def test_a_moment_says_how_it_is_written() -> None:
    assert [moment(text).reporting for text in ("2024", "2024-A1", "2024Z", "2024-05", "2024-M05")] == [
        False, True, False, False, True,
    ]  # fmt: skip
    assert isinstance(moment("2024"), Moment)
