"""A reference period: a year, half-year, trimester, quarter or month of the calendar; and any period of SDMX.

Both spellings of SDMX 2.1 are read (``2024-05`` and ``2024-M05``); months and years are written in the Gregorian
form, the others in the reporting form (SDMX 2.1, Section 6, 4.2.3 to 4.2.6). ``Period`` counts in months; ``moment``
reads weeks, days, date-times and time ranges as well.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.errors import quoted

PER_YEAR = {"A": 1, "S": 2, "T": 3, "Q": 4, "M": 12}
_FORM = re.compile(r"([0-9]{4})(?:-([ASTQM]?)([0-9]{1,2}))?")


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """The ``ordinal``-th period of its frequency since year 0; periods of one frequency are ordered and countable."""

    frequency: str
    ordinal: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2024``, ``2024-05``, ``2024-M05``, ``2024-Q2`` …; anything else is a ValueError that says why."""
        match = _FORM.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is not a period such as 2024-05, 2024-Q2 or 2024")
        year, letter, number = match.groups()
        if number is None:
            return cls("A", int(year))
        frequency, digits, number = letter or "M", len(number), int(number)
        if frequency == "M" and digits != 2:
            raise ValueError(f"{text!r} is not a month: write two digits, as in {year}-{number:02d}")
        if frequency != "M" and digits != 1:
            raise ValueError(f"{text!r} has a digit too many: write {year}-{frequency}{number}")
        if not 1 <= number <= PER_YEAR[frequency]:
            names = {"M": "month", "Q": "quarter", "T": "trimester", "S": "half-year", "A": "year"}
            raise ValueError(f"{text!r} has no {names[frequency]} {number}: they go from 1 to {PER_YEAR[frequency]}")
        return cls(frequency, int(year) * PER_YEAR[frequency] + number - 1)

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """The month ``month`` (1 to 12) of ``year``."""
        return cls("M", year * 12 + month - 1)

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.ordinal // PER_YEAR[self.frequency]

    @property
    def number(self) -> int:
        """The place in its year, from 1: 5 for May, 2 for the second quarter."""
        return self.ordinal % PER_YEAR[self.frequency] + 1

    @property
    def months(self) -> tuple[Period, ...]:
        """The months that this period is made of."""
        return _months(self.frequency, self.ordinal)

    @property
    def last_day(self) -> dt.date:
        """The last calendar day."""
        month = self.months[-1]
        return dt.date(month.year, month.number, calendar.monthrange(month.year, month.number)[1])

    def within(self, frequency: str) -> Period:
        """The coarser period that this one lies in: the quarter of a month."""
        return Period(frequency, self.months[0].ordinal * PER_YEAR[frequency] // 12)

    def __add__(self, steps: int) -> Period:
        return Period(self.frequency, self.ordinal + steps)

    def __sub__(self, other: Period) -> int:
        if other.frequency != self.frequency:
            raise ValueError(f"{self} and {other} have different frequencies")
        return self.ordinal - other.ordinal

    def to(self, last: Period) -> Iterator[Period]:
        """Every period from this one to ``last``, both included."""
        for ordinal in range(self.ordinal, last.ordinal + 1):
            yield Period(self.frequency, ordinal)

    def __str__(self) -> str:
        return _text(self.frequency, self.ordinal)


@lru_cache(maxsize=8192)
def _months(frequency: str, ordinal: int) -> tuple[Period, ...]:
    size = 12 // PER_YEAR[frequency]
    return tuple(Period("M", ordinal * size + i) for i in range(size))


@lru_cache(maxsize=8192)
def _text(frequency: str, ordinal: int) -> str:
    year, number = divmod(ordinal, PER_YEAR[frequency])
    if frequency == "A":
        return f"{year:04d}"
    return f"{year:04d}-{number + 1:02d}" if frequency == "M" else f"{year:04d}-{frequency}{number + 1}"


# ------------------------------------------------------------------------------------------------ any period of SDMX


@dataclass(frozen=True, slots=True)
class Moment:
    """A period or point in time as SDMX writes it, with its first and last day.

    ``kind``: ``A S T Q M W D`` by its length, ``I`` a date-time, ``R`` a time range. ``ordinal`` counts within the kind:
    consecutive periods differ by 1 (date-times: seconds since 1970, read as UTC where no zone is said; time ranges: the
    day of the start). Reporting years are taken to begin on 1 January.
    """

    kind: str
    ordinal: int
    first: dt.date
    last: dt.date
    text: str

    @property
    def reporting(self) -> bool:
        """Whether it is written in the reporting form: ``2024-M05``, not ``2024-05``."""
        return self.text[5:6].isalpha()

    @property
    def identity(self) -> tuple[str, int, str]:
        """The same for every spelling of one period, and for no other: what tells duplicates."""
        if self.kind == "R":
            return self.kind, self.ordinal, self.text
        fraction = _FRACTION.search(self.text) if self.kind == "I" else None
        return self.kind, self.ordinal, fraction[1].rstrip("0") if fraction else ""


_ZONE = r"(Z|[+-](?:14:00|(?:0[0-9]|1[0-3]):[0-5][0-9]))?"
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
_CALENDAR = re.compile(rf"([0-9]{{4}}(?:-[ASTQM]?[0-9]{{1,2}})?){_ZONE}")
_WEEK = re.compile(rf"([0-9]{{4}})-W([0-9]{{2}}){_ZONE}")
_YEAR_DAY = re.compile(rf"([0-9]{{4}})-D([0-9]{{3}}){_ZONE}")
_DAY = re.compile(_DATE + _ZONE)
_DATE_TIME = re.compile(_DATE + _TIME + _ZONE)
_RANGE = re.compile(rf"({_DATE}(?:{_TIME})?{_ZONE})/(P[^/]*)")
_DURATION = re.compile(
    r"P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    r"(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.[0-9]+)?S)?)?"
)
_FRACTION = re.compile(r"\.([0-9]+)")


def moment(text: str) -> Moment:
    """Read any observational time period of SDMX; what is none is a ValueError that says why, value first."""
    if text[:4] == "0000":
        raise ValueError(f"{quoted(text)} is of a year 0, which there is not")
    try:
        if match := _CALENDAR.fullmatch(text):
            period = Period.parse(match[1])
            first = dt.date(period.months[0].year, period.months[0].number, 1)
            return Moment(period.frequency, period.ordinal, first, period.last_day, text)
        if match := _WEEK.fullmatch(text):
            return _week(int(match[1]), int(match[2]), text)
        if match := _YEAR_DAY.fullmatch(text):
            return _year_day(int(match[1]), int(match[2]), text)
        if match := _DAY.fullmatch(text):
            day = _date(match[1], match[2], match[3], text)
            return Moment("D", day.toordinal(), day, day, text)
        if match := _DATE_TIME.fullmatch(text):
            time = _date_time(match.groups(), text)
            zone = _offset(match[7])
            return Moment("I", calendar.timegm(time.timetuple()) - zone, time.date(), time.date(), text)
        if match := _RANGE.fullmatch(text):
            start = _date_time(match.groups()[1:-1], text)
            return Moment("R", start.toordinal(), start.date(), _end(start, match.groups()[-1], text), text)
    except OverflowError:
        raise ValueError(f"{quoted(text)} goes beyond the year 9999") from None
    raise ValueError(f"{quoted(text)} {_why_no_moment(text)}")


def _week(year: int, number: int, text: str) -> Moment:
    """An ISO week: the first is the one with the year's first Thursday; some years have 53."""
    weeks = dt.date(year, 12, 28).isocalendar().week
    if not 1 <= number <= weeks:
        raise ValueError(f"{quoted(text)} has no week {number}: those of {year} go from 01 to {weeks}")
    monday = dt.date.fromisocalendar(year, number, 1)
    sunday = dt.date.fromordinal(min(monday.toordinal() + 6, dt.date.max.toordinal()))
    return Moment("W", (monday.toordinal() - 1) // 7, monday, sunday, text)


def _year_day(year: int, number: int, text: str) -> Moment:
    days = 366 if calendar.isleap(year) else 365
    if not 1 <= number <= days:
        raise ValueError(f"{quoted(text)} has no day {number}: those of {year} go from 001 to {days}")
    day = dt.date.fromordinal(dt.date(year, 1, 1).toordinal() + number - 1)
    return Moment("D", day.toordinal(), day, day, text)


def _date(year: str, month: str, day: str, text: str) -> dt.date:
    if not 1 <= int(month) <= 12:
        raise ValueError(f"{quoted(text)} has no month {int(month)}: they go from 1 to 12")
    days = calendar.monthrange(int(year), int(month))[1]
    if not 1 <= int(day) <= days:
        raise ValueError(f"{quoted(text)} has no day {int(day)}: those of {year}-{month} go from 1 to {days}")
    return dt.date(int(year), int(month), int(day))


def _date_time(parts: tuple[str | None, ...], text: str) -> dt.datetime:
    """The local time that the groups of ``_DATE`` and ``_TIME`` say; 24:00:00 is the start of the next day."""
    day = _date(parts[0] or "", parts[1] or "", parts[2] or "", text)
    hour, minute, second = (int(part or "0") for part in parts[3:6])
    fraction = _FRACTION.search(text.partition("/")[0])
    if (hour, minute, second) == (24, 0, 0) and not (fraction and fraction[1].strip("0")):
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(days=1)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{quoted(text)} has no time {hour:02d}:{minute:02d}:{second:02d}: a day ends at 24:00:00")
    return dt.datetime.combine(day, dt.time(hour, minute, second))


def _offset(zone: str | None) -> int:
    """Seconds that a time zone is ahead of UTC."""
    if not zone or zone == "Z":
        return 0
    ahead = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -ahead if zone[0] == "-" else ahead


def _end(start: dt.datetime, duration: str, text: str) -> dt.date:
    """The last day of a range; one that begins and ends within a day ends on it."""
    match = _DURATION.fullmatch(duration)
    if not match:
        raise ValueError(f"{quoted(text)} has no duration after the slash: write it as in P1M or P7D")
    if any(len(part or "") > 9 for part in match.groups()):
        return dt.date.max
    years, months, days, hours, minutes, seconds = (int(part or "0") for part in match.groups())
    count = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = count // 12, count % 12 + 1
    if year > dt.MAXYEAR:
        return dt.date.max
    shifted = start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
    try:
        after = shifted + dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return dt.date.max
    return max(start, after - dt.timedelta(microseconds=1)).date() if after > start else start.date()


_REASONS = (
    (r"", "is empty"),
    (r"(?i:[0-9]{4}-?Q[1-4]|Q[1-4][-/. ]?[0-9]{4}|[0-9]{4}[/. _]Q[1-4]|[1-4]Q[-/. ]?[0-9]{4})",
     "is not how SDMX writes a quarter: write it as in 2024-Q1"),
    (r"(?i:[0-9]{4}[-/. _]?[HS][12]|[HS][12][-/. ]?[0-9]{4})",
     "is not how SDMX writes a half-year: write it as in 2024-S1"),
    (r"(?i:[0-9]{4}[-/. _]?T[1-3])", "is not how SDMX writes a trimester (four months): write it as in 2024-T1"),
    (r"(?i:[0-9]{4}[-/. _]?W[0-9]{1,2})", "is not how SDMX writes a week: write it as in 2024-W05"),
    (r"(?i:[0-9]{4}[-/. _]?D[0-9]{1,3})", "is not how SDMX writes a day: write it as in 2024-05-31 or 2024-D152"),
    (r"(?i:[0-9]{4}[-/. _]?M[0-9]{1,2})|[0-9]{4}[/. _\u2010-\u2015\u2212][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{4}"
     r"|[0-9]{4}(?:0[1-9]|1[0-2])", "is not how SDMX writes a month: write year, hyphen, month, as in 2024-05"),
    (r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:[0-9]{2}|[0-9]{4})"
     r"|[0-9]{4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}",
     "is not how SDMX writes a full date: write year, month, day, as in 2024-05-31"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{1,2}:[0-9]{2}.*|[0-9]{4}-[0-9]{2}-[0-9]{2}T.*",
     "is not how SDMX writes a date-time: write it as in 2024-05-31T10:00:00, with its seconds"),
    (r"[^/]+/[^/]*", "is not how SDMX writes a time range: write a date and a duration, as in 2024-05-01/P1M"),
    (r"-[0-9]{4,}.*|[0-9]{5,}-.*", "is of a year before 0001 or beyond 9999"),
    (r"[0-9]{4}.*(?:Z|[+-][0-9]{2}:?[0-9]{2})", "ends in what is no time zone: write Z, or hours and minutes to 14:00"),
    (r"[^\W\d_]{3,}\.?[-/. ']{0,2}(?:[0-9]{2}|[0-9]{4})",
     "names its month in letters: write year, hyphen, month, as in 2024-05"),
)  # fmt: skip


def _why_no_moment(text: str) -> str:
    """What the writer probably meant, as the end of a sentence that begins with the value."""
    if text != text.strip() and text.strip():
        return "has blanks around it: write the period alone"
    if text.isdecimal() and text.isascii() and len(text) == 5 and 20_000 <= int(text) <= 80_000:
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(text))
        return f"looks like a date of Excel without its format ({day.isoformat()}): write the period"
    strange = next((char for char in text if char.isdigit() and not char.isascii()), "")
    if strange:
        return f"contains {strange!r} (U+{ord(strange):04X}): write the digits 0 to 9"
    text = text.strip()
    for form, reason in _REASONS:
        if re.fullmatch(form, text, re.DOTALL):
            return reason
    return "is not a period such as 2024-05, 2024-Q2 or 2024"
