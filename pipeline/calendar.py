"""The months of a year: when they are due, what they complete, what was sent; how timely and how punctual it was.

``calendar`` makes the document, ``lines`` tells it. How days are counted, and where a day ends: ``facts/calendar.py``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import Any

from pipeline.errors import Problem, UsageError
from pipeline.facts import CountryFacts, Facts, in_force
from pipeline.facts.calendar import (
    Correction,
    Release,
    Sending,
    Transmitted,
    corrections,
    days_off,
    due,
    effective_due,
    holidays,
    name_of,
    punctuality,
    release,
    sendings,
    timeliness,
    weekday,
)
from pipeline.facts.models import Fact
from pipeline.period import Period

SCHEMA = 1
YEARS = range(1583, 4099)  # those whose Easter is computed
WIDTH = 100  # of sentences; a table is as wide as its cells
Document = dict[str, Any]
Corrections = Mapping[tuple[Period, str], Sequence[Correction]]


# ---------------------------------------------------------------------------------------------------- the document


def default_year(facts: Facts, country: CountryFacts, today: dt.date) -> int:
    """The year of the oldest month that can still be on time: in January, as a rule, the year before."""
    month = Period.month(today.year, today.month)
    while effective_due(facts, country, month + -1) >= today:
        month += -1
    return month.year


def calendar(facts: Facts, country: CountryFacts, year: int, today: dt.date, sent: Iterable[Transmitted]) -> Document:
    """The deliveries for the twelve months of a year, ready for JSON; days are written 2024-07-10.

    ``today``: from which the days left are counted · ``sent``: everything that was sent, of any year: timeliness and
    punctuality are of all of it. UsageError for a year whose Easter is not known.
    """
    if year not in YEARS:
        hint = f"Give one from {YEARS[0]} to {YEARS[-1]}."
        raise UsageError(Problem("calendar", f"there is no calendar of the year {year}.", hint))
    sent = tuple(sent)
    known, corrected = sendings(facts, country, sent), corrections(facts, sent)
    of_year = list(Period.month(year, 1).to(Period.month(year, 12)))
    by_indicator = {id_: [o for o in known if o.indicator == id_] for id_ in dict.fromkeys(o.indicator for o in known)}
    return {
        "schema": SCHEMA,
        "country": country.country.id,
        "name": name_of(country.country.name),
        "year": year,
        "today": today.isoformat(),
        "zone": facts.transmission.working_days.zone,
        "months": [_month(facts, country, month, today, known, corrected) for month in of_year],
        "holidays": _holidays(facts, country, year, effective_due(facts, country, of_year[-1]).year),
        "sendings": [{"month": str(one.month), "indicator": one.indicator} | _sending(one) for one in known],
        "timeliness": {
            "together": _timeliness(known),
            "indicators": {id_: _timeliness(those) for id_, those in by_indicator.items()},
        },
        "punctuality": {
            "together": _punctuality(known),
            "indicators": {id_: _punctuality(those) for id_, those in by_indicator.items()},
        },
        "notes": list(_notes(facts, country, of_year)),
    }


def _month(
    facts: Facts,
    country: CountryFacts,
    month: Period,
    today: dt.date,
    known: Sequence[Sending],
    corrected: Corrections,
) -> Document:
    """One reference month: when it is due, the quarter that it completes, its national releases, what was sent."""
    effective, quarter = effective_due(facts, country, month), month.within("Q")
    completes = None
    if month == quarter.months[-1]:
        completes = {
            "quarter": str(quarter),
            "due": due(facts, quarter).isoformat(),
            "effective": effective_due(facts, country, quarter).isoformat(),
        }
    ids = [one.id for one in country.country.indicator]
    sent = {one.indicator: _sending(one) for one in known if one.month == month}
    return {
        "month": str(month),
        "due": due(facts, month).isoformat(),
        "effective": effective.isoformat(),
        "days_off": [{"day": day.isoformat(), "why": why} for day, why in days_off(facts, country, month)],
        "days_left": (effective - today).days,
        "completes": completes,
        "releases": {id_: _release(release(country.indicator(id_), month)) for id_ in ids},
        "sent": {id_: sent.get(id_) for id_ in ids},
        "corrections": {id_: [_correction(one) for one in corrected.get((month, id_), ())] for id_ in ids},
    }


def _release(one: Release | None) -> Document | None:
    if one is None:
        return None
    return {
        "date": one.day.isoformat(),
        "exact": one.exact,
        "time": one.time or None,
        "zone": one.zone or None,
        "embargo": one.embargo.isoformat() if one.embargo is not None else None,
    }


def _sending(one: Sending) -> Document:
    return {
        "delivery": one.delivery,
        "at": one.at.isoformat(),
        "day": one.day.isoformat(),
        "days": one.days,
        "late": one.late,
    }


def _correction(one: Correction) -> Document:
    return {"delivery": one.delivery, "at": one.at.isoformat(), "day": one.day.isoformat()}


def _holidays(facts: Facts, country: CountryFacts, first: int, last: int) -> list[Document]:
    """The public holidays of these years that put a due date off."""
    if not facts.transmission.working_days.member_state_holidays:
        return []
    years = range(first, last + 1)
    return [{"day": day.isoformat(), "name": name} for y in years for day, name in holidays(country, y).items()]


def _timeliness(known: Sequence[Sending]) -> Document | None:
    found = timeliness(known)
    if found is None:
        return None
    mean = _rounded(found.mean, 10)
    return {"sendings": found.sendings, "mean": mean, "least": found.least, "most": found.most}


def _punctuality(known: Sequence[Sending]) -> Document | None:
    found = punctuality(known)
    if found is None:
        return None
    return {
        "sendings": found.sendings,
        "on_time": found.on_time,
        "share": _rounded(found.share, 10_000),
        "earliest": found.earliest,
        "latest": found.latest,
        "late": [{"month": str(one.month), "indicator": one.indicator, "days": one.late} for one in found.late],
        "skipped": [{"month": str(month), "indicator": indicator} for month, indicator in found.skipped],
    }


def _rounded(value: Fraction, parts: int) -> float:
    """To tenths (10), hundredths (100) …: rounded once, half up."""
    return math.floor(value * parts + Fraction(1, 2)) / parts


def _notes(facts: Facts, country: CountryFacts, months: Sequence[Period]) -> Iterator[str]:
    """What a reader must know of these days: what is not stated, what Eurostat has not confirmed."""
    transmission = facts.transmission
    if transmission.working_days.member_state_holidays and not country.country.holiday:
        yield f"No public holiday is stated for {country.country.id}: only weekends put a due date off."
    used: dict[str, Sequence[Fact]] = {
        "deadline": [in_force(transmission.deadline, str(month)) for month in months],
        "quarterly_deadline": [in_force(transmission.quarterly_deadline, str(month)) for month in months[2::3]],
        "working_days": [transmission.working_days],
    }
    for key, stated in used.items():
        for fact in dict.fromkeys((one.reference, one.note) for one in stated if one.evidence == "inferred"):
            said = " ".join(f"{text.removesuffix('.')}." for text in fact if text)
            yield f"Not confirmed by Eurostat: {key} of transmission.toml. {said}"


# ------------------------------------------------------------------------------------------------------- the lines


def lines(document: Document) -> Iterator[str]:
    """The document for a terminal: a table of the months, why a date was put off, the releases, how it went."""
    months = document["months"]
    ids = list(months[0]["sent"])
    yield f"{document['name']}: deliveries for the months of {document['year']}, as of {document['today']}"
    yield ""
    yield from _table(
        ["month", "on time until", "completes", *ids],
        [
            [
                one["month"],
                f"{one['effective']} {weekday(dt.date.fromisoformat(one['effective']))[:3]}",
                one["completes"]["quarter"] if one["completes"] else "",
                *(_state(one["sent"][id_], one["corrections"][id_], one["days_left"]) for id_ in ids),
            ]
            for one in months
        ],
    )
    yield f"A delivery is on time until the end of that day in the time zone {document['zone']}."
    if document["sendings"]:
        yield "M+35: 35 days after the end of the month."
    if any(one["corrections"][id_] for one in months for id_ in ids):
        yield "The first sending counts for timeliness and punctuality, the last one for revisions."
    for one in months:
        if one["days_off"]:
            off = ", ".join(f"{passed['day']} {passed['why']}" for passed in one["days_off"])
            yield from wrap(f"{one['month']}: put off by {off}.", WIDTH, subsequent_indent="    ")
    if any(one["releases"][id_] for one in months for id_ in ids):
        yield ""
        yield "National releases"
        rows = [[one["month"], *(_released(one["releases"][id_]) for id_ in ids)] for one in months]
        yield from _table(["month", *ids], rows)
    if any(release["embargo"] for one in months for release in one["releases"].values() if release):
        yield "Where day and time are known the figures are under embargo until then."
    yield ""
    yield from _how_it_went(document)
    for note in document["notes"]:
        yield from wrap(note, WIDTH, subsequent_indent="    ")


def _state(sent: Document | None, corrected: Sequence[Document], days_left: int) -> str:
    """One indicator of a month: when it was sent and corrected, else how many days are left."""
    if sent is not None:
        late = f", {_days(sent['late'])} late" if sent["late"] else ""
        again = ", ".join(f"{one['day']} ({one['delivery']})" for one in corrected)
        return f"sent {sent['day']}, M{sent['days']:+d}{late}{', corrected ' if again else ''}{again}"
    if days_left < 0:
        return f"not recorded, due {_days(-days_left)} ago"
    return f"{_days(days_left)} left" if days_left else "due today"


def _released(release: Document | None) -> str:
    if release is None:
        return ""
    about = "" if release["exact"] else "about "
    time = f" {release['time']} {release['zone']}" if release["time"] else ""
    return f"{about}{release['date']}{time}"


def _how_it_went(document: Document) -> Iterator[str]:
    """Timeliness and punctuality, of each indicator and of all together."""
    together = document["timeliness"]["together"]
    if together is None:
        yield "Nothing was recorded as sent yet: there is no timeliness and no punctuality."
        return
    yield "Timeliness, days from the end of the month to the first sending"
    times, shares = _by_indicator(document["timeliness"]), _by_indicator(document["punctuality"])
    rows = [[id_, str(t["sendings"]), f"{t['mean']:.1f}", str(t["least"]), str(t["most"])] for id_, t in times.items()]
    yield from _table(["", "sendings", "mean", "least", "most"], rows)
    yield ""
    yield "Punctuality, first sendings by the deadline"
    rows = [
        [
            id_,
            f"{p['on_time']} of {p['sendings']}",
            f"{100 * p['share']:.1f} %",
            f"M{p['earliest']:+d}",
            f"M{p['latest']:+d}",
        ]
        for id_, p in shares.items()
    ]
    yield from _table(["", "on time", "share", "earliest", "latest"], rows)
    for one in shares["together"]["late"]:
        yield f"{one['month']} {one['indicator']}: {_days(one['days'])} late."
    for one in shares["together"]["skipped"]:
        yield f"{one['month']} {one['indicator']}: never sent; it is in no figure."


def _by_indicator(figure: Document) -> dict[str, Document]:
    return {**figure["indicators"], "together": figure["together"]}


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns side by side, as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
