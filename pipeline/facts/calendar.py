"""When a delivery is due and when the national figures are released; how timely and how punctual the sendings were.

A period that ends on a day off ends with the next working day, at midnight (Regulation (EEC, Euratom) No 1182/71,
Articles 2 and 3(4)). Which days are days off, and where midnight is, are facts: ``working_days`` in transmission.toml,
``holiday`` in country.toml. Everything here is computed from facts and arguments: nobody looks at the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter

from pipeline.errors import FactsError, Problem
from pipeline.facts.load import in_force
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts import models as m
    from pipeline.facts.load import CountryFacts, Facts

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = dt.timedelta(days=1)


# ---------------------------------------------------------------------------------------------------- working days


def fall_on(holiday: m.Holiday, year: int) -> tuple[dt.date, ...]:
    """The days of a year on which a public holiday falls: one as a rule, none where it is not in force."""
    if holiday.easter is not None:
        days = [easter(year, EASTER_WESTERN) + holiday.easter * _DAY]
    elif holiday.orthodox_easter is not None:
        days = [easter(year, EASTER_ORTHODOX) + holiday.orthodox_easter * _DAY]
    elif holiday.month_day is not None:
        month, day = map(int, holiday.month_day.split("-"))
        leap = Period.month(year, 2).last_day.day == 29
        days = [dt.date(year, month, day)] if leap or (month, day) != (2, 29) else []
    else:
        days = sorted(day for day in holiday.dates if day.year == year)
    first, last = holiday.valid_from or dt.date.min, holiday.valid_to or dt.date.max
    return tuple(day for day in days if first <= day <= last)


def holidays(country: CountryFacts, year: int) -> dict[dt.date, str]:
    """The public holidays of a year with their names, in the order of the days; two of one day are named together."""
    found: dict[dt.date, list[str]] = {}
    for holiday in country.country.holiday:
        for day in fall_on(holiday, year):
            found.setdefault(day, []).append(name_of(holiday.name))
    return {day: " and ".join(found[day]) for day in sorted(found)}


def name_of(names: dict[str, str]) -> str:
    """The English name of a thing, else its first."""
    return names.get("en") or next(iter(names.values()), "")


def weekday(day: dt.date) -> str:
    """Monday to Sunday."""
    return _NAMES[day.weekday()]


def day_off(facts: Facts, country: CountryFacts | None, day: dt.date) -> str:
    """Why nobody works on a day: the name of the public holiday, else of the day of the weekend; empty on a working day.

    Without a country, or where the facts say that public holidays do not count, the weekend alone is off.
    """
    off = facts.transmission.working_days
    if country is not None and off.member_state_holidays and (name := holidays(country, day.year).get(day)):
        return name
    return weekday(day) if day.isoweekday() in off.weekend else ""


# ---------------------------------------------------------------------------------------------------- the deadline


def due(facts: Facts, period: Period) -> dt.date:
    """The day by which a month or a quarter must be with Eurostat, as the regulation counts: its end and so many days.

    The deadline is the one in force for that reference period; FactsError where none is.
    """
    if period.frequency == "M":
        days = in_force(facts.transmission.deadline, str(period)).days_after_end
    elif period.frequency == "Q":
        days = in_force(facts.transmission.quarterly_deadline, str(period.months[-1])).days_after_end
    else:
        raise ValueError(f"{period} is neither a month nor a quarter: nothing else is transmitted")
    return period.last_day + days * _DAY


def days_off(facts: Facts, country: CountryFacts | None, period: Period) -> tuple[tuple[dt.date, str], ...]:
    """The days by which the due date is put off, each with its reason: none when it is a working day itself."""
    passed: list[tuple[dt.date, str]] = []
    day = due(facts, period)
    while why := day_off(facts, country, day):
        passed.append((day, why))
        if len(passed) > 366:
            where = f"codelists/countries/{country.country.id}/country.toml" if country else "transmission.toml"
            raise FactsError(Problem(f"{where} holiday", f"no working day follows {due(facts, period)} within a year."))
        day += _DAY
    return tuple(passed)


def effective_due(facts: Facts, country: CountryFacts | None, period: Period) -> dt.date:
    """The last day on which a month or a quarter is on time: the due date, else the next working day after it."""
    return due(facts, period) + len(days_off(facts, country, period)) * _DAY


def day_of(facts: Facts, at: dt.datetime) -> dt.date:
    """The calendar day of an instant where days end for a deadline; ValueError for a time without an offset."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no offset: it is no instant")
    return at.astimezone(ZoneInfo(facts.transmission.working_days.zone)).date()


def days_late(facts: Facts, country: CountryFacts | None, period: Period, at: dt.datetime) -> int:
    """By how many days something sent at ``at`` was late; 0 for the whole of the effective due day and before."""
    return max(0, (day_of(facts, at) - effective_due(facts, country, period)).days)


# ----------------------------------------------------------------------------------------------- national releases


@dataclass(frozen=True, slots=True)
class Release:
    """The day on which the national figures of a month are published; ``exact``: known, not only about that day.

    ``time`` (08:45) and ``zone`` are empty where no time is known. ``embargo``: the instant until which the figures
    are under embargo, with its offset; None unless day and time are known.
    """

    day: dt.date
    exact: bool
    time: str
    zone: str
    embargo: dt.datetime | None


def release(indicator: m.CountryIndicator, month: Period) -> Release | None:
    """When a country publishes a month of an indicator itself; None where its facts do not say."""
    stated = next((one for one in indicator.release if one.holds(str(month))), None)
    if stated is None:
        return None
    known = stated.dates.get(str(month))
    day = known or month.last_day + stated.days_after_end * _DAY
    exact = known is not None or not stated.approximate
    if stated.time is None or stated.zone is None:
        return Release(day, exact, "", "", None)
    instant = dt.datetime.combine(day, dt.time.fromisoformat(stated.time), ZoneInfo(stated.zone))
    return Release(day, exact, stated.time, stated.zone, instant if exact else None)


# ---------------------------------------------------------------------------------------- timeliness and punctuality


class Transmitted(Protocol):
    """What is known of a delivery that was sent; a block of history.toml has it."""

    @property
    def delivery(self) -> str:
        """Its name, for example 2024-05_01."""

    @property
    def month(self) -> str:
        """Its month, for example 2024-05."""

    @property
    def at(self) -> dt.datetime:
        """When it was sent, with an offset."""

    @property
    def indicators(self) -> Sequence[str]:
        """What it held."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The first sending of an indicator for a month: the corrections that follow change neither day nor lateness.

    ``day``: of ``at``, where days end · ``days``: from the end of the month to it, so 38 stands for M+38 ·
    ``effective``: the last day on time · ``late``: days after it, 0 when on time.
    """

    month: Period
    indicator: str
    delivery: str
    at: dt.datetime
    day: dt.date
    days: int
    effective: dt.date
    late: int


def sendings(facts: Facts, country: CountryFacts, sent: Iterable[Transmitted]) -> tuple[Sending, ...]:
    """The first sending of every month and indicator, by month, in the order of the country's indicators."""
    first: dict[tuple[str, str], Transmitted] = {}
    for one in sent:
        for indicator in one.indicators:
            before = first.get((one.month, indicator))
            if before is None or one.at < before.at:
                first[one.month, indicator] = one
    order = [indicator.id for indicator in country.country.indicator]
    order += sorted({indicator for _, indicator in first} - set(order))
    return tuple(
        _sending(facts, country, indicator, first[month, indicator])
        for month, indicator in sorted(first, key=lambda pair: (pair[0], order.index(pair[1])))
    )


def _sending(facts: Facts, country: CountryFacts, indicator: str, one: Transmitted) -> Sending:
    month, day = Period.parse(one.month), day_of(facts, one.at)
    effective, late = effective_due(facts, country, month), days_late(facts, country, month, one.at)
    return Sending(month, indicator, one.delivery, one.at, day, (day - month.last_day).days, effective, late)


@dataclass(frozen=True, slots=True)
class Correction:
    """A later sending of an indicator for a month that was sent; ``day``: of ``at``, where days end."""

    delivery: str
    at: dt.datetime
    day: dt.date


def corrections(facts: Facts, sent: Iterable[Transmitted]) -> dict[tuple[Period, str], tuple[Correction, ...]]:
    """Every sending but the first, by month and indicator, in the order of time: the last one is what counts from then on.

    A month and indicator that was sent once is not in it.
    """
    found: dict[tuple[Period, str], list[Correction]] = {}
    for one in sorted(sent, key=lambda one: one.at):
        correction = Correction(one.delivery, one.at, day_of(facts, one.at))
        for indicator in one.indicators:
            found.setdefault((Period.parse(one.month), indicator), []).append(correction)
    return {key: tuple(later) for key, (_, *later) in found.items() if later}


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Days from the end of the month to its first sending: how many sendings, their mean, the least and the most."""

    sendings: int
    mean: Fraction
    least: int
    most: int


def timeliness(sent: Sequence[Sending]) -> Timeliness | None:
    """How long after the end of their month data were sent; None when nothing was."""
    if not sent:
        return None
    days = [one.days for one in sent]
    return Timeliness(len(days), Fraction(sum(days), len(days)), min(days), max(days))


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many sendings were on time: by the deadline, whose day counts whole.

    ``earliest`` and ``latest``: days after the end of the month (M+38) · ``late``: the sendings after the deadline ·
    ``skipped``: (month, indicator) for which nothing was sent though something was for months before and after; they
    are in no share.
    """

    sendings: int
    on_time: int
    earliest: int
    latest: int
    late: tuple[Sending, ...]
    skipped: tuple[tuple[Period, str], ...]

    @property
    def share(self) -> Fraction:
        """The share on time, between 0 and 1."""
        return Fraction(self.on_time, self.sendings)


def punctuality(sent: Sequence[Sending]) -> Punctuality | None:
    """How many of the sendings were on time, and which were not; None when nothing was sent."""
    if not sent:
        return None
    late = tuple(one for one in sent if one.late)
    days = [one.days for one in sent]
    return Punctuality(len(sent), len(sent) - len(late), min(days), max(days), late, tuple(_skipped(sent)))


def _skipped(sent: Sequence[Sending]) -> Iterator[tuple[Period, str]]:
    """Months of an indicator between its first and its last that were never sent."""
    for indicator in dict.fromkeys(one.indicator for one in sent):
        months = {one.month for one in sent if one.indicator == indicator}
        yield from ((month, indicator) for month in min(months).to(max(months)) if month not in months)
