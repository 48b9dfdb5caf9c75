"""A reference period: a year, half-year, trimester, quarter or month of the calendar.

Both spellings of SDMX 2.1 are read (``2024-05`` and ``2024-M05``); months and years are written in the Gregorian
form, the others in the reporting form (SDMX 2.1, Section 6, 4.2.3 to 4.2.6).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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
        after = self.months[-1] + 1
        return dt.date(after.year, after.number, 1) - dt.timedelta(days=1)

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
