"""The calendar: what is due when, what a day off does to it, national releases, timeliness and punctuality.

Dates are literal: Easter from the published tables, holidays from the calendar of the year, sums made by hand.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from delivery_support import COUNTRIES, ROOT

from pipeline import calendar as verb
from pipeline.archive.history import Sent
from pipeline.errors import FactsError, UsageError
from pipeline.facts import CountryFacts, Facts, evidence, load
from pipeline.facts.calendar import (
    Correction,
    corrections,
    day_of,
    days_late,
    days_off,
    due,
    effective_due,
    fall_on,
    holidays,
    punctuality,
    release,
    sendings,
    timeliness,
)
from pipeline.facts.models import Holiday
from pipeline.period import Period

BOTH = ("registrations", "bankruptcies")


@pytest.fixture(scope="module")
def france(facts: Facts) -> CountryFacts:
    return facts.country("FR")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def month(text: str) -> Period:
    return Period.parse(text)


def holiday(**said: Any) -> Holiday:
    known = {
        "id": "a-day",
        "name": {"en": "A day"},
        "reference": "-",
        "evidence": "public",
        "checked": day("2026-11-22"),
    }
    return Holiday.model_validate(known | said)


def sent(delivery: str, at: str, indicators: Sequence[str] = BOTH) -> Sent:
    """A block of history.toml."""
    return Sent(
        delivery=delivery,
        month=delivery[:7],
        at=dt.datetime.fromisoformat(at),
        indicators=tuple(indicators),
        manifest="0" * 64,
    )


def changed(country: CountryFacts, **update: Any) -> CountryFacts:
    return replace(country, country=country.country.model_copy(update=update))


# --- public holidays ----------------------------------------------------------------------------------------------

WESTERN = [
    "1990-04-15", "2000-04-23", "2005-03-27", "2008-03-23", "2011-04-24", "2016-03-27", "2018-04-01", "2019-04-21",
    "2020-04-12", "2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28",
    "2028-04-16", "2029-04-01", "2030-04-21", "2035-03-25", "2038-04-25",
]  # fmt: skip
ORTHODOX = ["2021-05-02", "2022-04-24", "2023-04-16", "2024-05-05", "2025-04-20", "2026-04-12", "2027-05-02"]


@pytest.mark.parametrize(
    ("key", "sunday"), [*(("easter", s) for s in WESTERN), *(("orthodox_easter", s) for s in ORTHODOX)]
)
def test_easter(key: str, sunday: str) -> None:
    assert fall_on(holiday(**{key: 0}), int(sunday[:4])) == (day(sunday),)


@pytest.mark.parametrize(
    ("easter", "falls"), [(-2, "2024-03-29"), (1, "2024-04-01"), (39, "2024-05-09"), (50, "2024-05-20")]
)
def test_days_are_counted_from_easter_sunday(easter: int, falls: str) -> None:
    assert fall_on(holiday(easter=easter), 2024) == (day(falls),)


def test_the_public_holidays_of_france(france: CountryFacts) -> None:
    assert holidays(france, 2024) == {
        day("2024-01-01"): "New Year's Day",
        day("2024-04-01"): "Easter Monday",
        day("2024-05-01"): "Labour Day",
        day("2024-05-08"): "Victory Day 1945",
        day("2024-05-09"): "Ascension Day",
        day("2024-05-20"): "Whit Monday",
        day("2024-07-14"): "National Day",
        day("2024-08-15"): "Assumption Day",
        day("2024-11-01"): "All Saints' Day",
        day("2024-11-11"): "Armistice Day 1918",
        day("2024-12-25"): "Christmas Day",
    }
    assert list(holidays(france, 2024)) == sorted(holidays(france, 2024))


def test_two_holidays_of_one_day_are_named_together(france: CountryFacts) -> None:
    in_2008 = holidays(france, 2008)
    assert in_2008[day("2008-05-01")] == "Labour Day and Ascension Day"
    assert len(in_2008) == 10


def test_a_leap_day_is_a_holiday_in_leap_years() -> None:
    leap = holiday(month_day="02-29")
    assert [fall_on(leap, year) for year in (2023, 2024)] == [(), (day("2024-02-29"),)]


def test_a_holiday_counts_while_it_is_in_force() -> None:
    dated = holiday(month_day="05-08", valid_from=day("2020-05-08"), valid_to=day("2022-05-07"))
    assert [bool(fall_on(dated, year)) for year in range(2019, 2024)] == [False, True, True, False, False]


def test_a_holiday_without_a_rule_is_a_list_of_days() -> None:
    listed = holiday(dates=[day("2025-06-20"), day("2024-06-21")])
    assert [fall_on(listed, year) for year in (2023, 2024, 2025)] == [(), (day("2024-06-21"),), (day("2025-06-20"),)]


# --- the deadline -------------------------------------------------------------------------------------------------

#: forty days after the end of the month; January's depends on February
DUE = {
    1: "03-12", 2: "04-09", 3: "05-10", 4: "06-09", 5: "07-10", 6: "08-09",
    7: "09-09", 8: "10-10", 9: "11-09", 10: "12-10", 11: "01-09", 12: "02-09",
}  # fmt: skip
#: the months of 2022 to 2027 that are due on a day off: on time until, and where only weekends are days off
PUT_OFF = {
    "2022-01": ("2022-03-14", "2022-03-14"),
    "2022-02": ("2022-04-11", "2022-04-11"),
    "2022-05": ("2022-07-11", "2022-07-11"),
    "2022-10": ("2022-12-12", "2022-12-12"),
    "2023-01": ("2023-03-13", "2023-03-13"),
    "2023-02": ("2023-04-11", "2023-04-10"),  # Easter Sunday, Easter Monday
    "2023-07": ("2023-09-11", "2023-09-11"),
    "2023-10": ("2023-12-11", "2023-12-11"),
    "2024-04": ("2024-06-10", "2024-06-10"),
    "2024-09": ("2024-11-12", "2024-11-11"),  # Saturday, Sunday, Armistice Day
    "2024-12": ("2025-02-10", "2025-02-10"),
    "2025-03": ("2025-05-12", "2025-05-12"),
    "2025-04": ("2025-06-10", "2025-06-09"),  # Whit Monday
    "2025-06": ("2025-08-11", "2025-08-11"),
    "2025-09": ("2025-11-10", "2025-11-10"),
    "2026-03": ("2026-05-11", "2026-05-11"),
    "2026-06": ("2026-08-10", "2026-08-10"),
    "2026-08": ("2026-10-12", "2026-10-12"),
    "2026-11": ("2027-01-11", "2027-01-11"),
    "2027-05": ("2027-07-12", "2027-07-12"),
    "2027-08": ("2027-10-11", "2027-10-11"),
    "2027-11": ("2028-01-10", "2028-01-10"),
}


def test_the_due_date_is_forty_days_after_the_end_of_the_month(facts: Facts) -> None:
    for one in month("2022-01").to(month("2027-12")):
        year, monthday = one.year + (one.number > 10), DUE[one.number]
        if (one.year, one.number) == (2024, 1):
            monthday = "03-11"  # 2024 has a 29 February
        assert due(facts, one) == day(f"{year}-{monthday}"), one


def test_a_due_date_on_a_day_off_moves_to_the_next_working_day(facts: Facts, france: CountryFacts) -> None:
    for one in month("2022-01").to(month("2027-12")):
        plain = due(facts, one).isoformat()
        assert (
            effective_due(facts, france, one).isoformat(),
            effective_due(facts, None, one).isoformat(),
        ) == PUT_OFF.get(str(one), (plain, plain)), one


def test_between_ascension_and_the_weekend_people_work(facts: Facts, france: CountryFacts) -> None:
    """Victory Day on Wednesday and Ascension on Thursday put nothing off that is due on Friday."""
    assert (due(facts, month("2024-03")), effective_due(facts, france, month("2024-03"))) == (day("2024-05-10"),) * 2


def test_why_a_due_date_is_put_off(facts: Facts, france: CountryFacts) -> None:
    assert days_off(facts, france, month("2024-09")) == (
        (day("2024-11-09"), "Saturday"),
        (day("2024-11-10"), "Sunday"),
        (day("2024-11-11"), "Armistice Day 1918"),
    )
    assert days_off(facts, france, month("2024-05")) == ()


def test_a_quarter_is_due_with_its_last_month(facts: Facts, france: CountryFacts) -> None:
    assert (due(facts, month("2024-Q3")), effective_due(facts, france, month("2024-Q3"))) == (
        day("2024-11-09"),
        day("2024-11-12"),
    )
    with pytest.raises(ValueError, match="neither a month nor a quarter"):
        due(facts, month("2024"))


def test_the_deadline_in_force_for_the_month_counts(facts: Facts) -> None:
    (stated,) = facts.transmission.deadline
    old = stated.model_copy(update={"valid_to": "2024-05", "days_after_end": 40})
    new = stated.model_copy(update={"valid_from": "2024-06", "days_after_end": 30})
    dated = replace(facts, transmission=facts.transmission.model_copy(update={"deadline": (old, new)}))
    assert [due(dated, month(text)) for text in ("2024-05", "2024-06")] == [day("2024-07-10"), day("2024-07-30")]


def test_the_last_month_of_a_quarter_chooses_its_deadline(facts: Facts) -> None:
    (stated,) = facts.transmission.quarterly_deadline
    old = stated.model_copy(update={"valid_to": "2024-02"})
    new = stated.model_copy(update={"valid_from": "2024-03", "days_after_end": 30})
    dated = replace(facts, transmission=facts.transmission.model_copy(update={"quarterly_deadline": (old, new)}))
    assert [due(dated, month(text)) for text in ("2023-Q4", "2024-Q1")] == [day("2024-02-09"), day("2024-04-30")]


def test_the_facts_may_say_that_public_holidays_do_not_count(facts: Facts, france: CountryFacts) -> None:
    only = facts.transmission.working_days.model_copy(update={"member_state_holidays": False})
    without = replace(facts, transmission=facts.transmission.model_copy(update={"working_days": only}))
    assert effective_due(without, france, month("2025-04")) == day("2025-06-09")
    assert verb.calendar(without, france, 2025, day("2025-06-01"), [])["holidays"] == []


def test_a_country_that_never_works_is_refused(facts: Facts, france: CountryFacts) -> None:
    always = holiday(dates=[day("2024-06-01") + dt.timedelta(days=n) for n in range(800)])
    with pytest.raises(FactsError, match=r"FR/country\.toml holiday: no working day follows 2024-07-10"):
        effective_due(facts, changed(france, holiday=(always,)), month("2024-05"))


# --- late, to the second ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "at", "late"),
    [
        ("2024-05", "2024-07-10T23:59:59+02:00", 0),
        ("2024-05", "2024-07-11T00:00:00+02:00", 1),
        ("2024-05", "2024-07-10T21:59:59+00:00", 0),  # the last second in Luxembourg
        ("2024-05", "2024-07-10T22:00:00+00:00", 1),
        ("2024-05", "2024-07-10T18:00:00-04:00", 1),  # still the 10th in Guadeloupe
        ("2024-05", "2024-07-11T01:30:00+04:00", 0),  # already the 11th in La Réunion
        ("2024-12", "2025-02-10T22:59:59+00:00", 0),  # winter: one hour ahead of UTC; put off from Sunday
        ("2024-12", "2025-02-10T23:00:00+00:00", 1),
        ("2024-02", "2024-04-09T22:30:00+00:00", 1),  # summer time since 31 March
        ("2024-09", "2024-11-12T12:00:00+01:00", 0),
        ("2024-09", "2024-11-15T00:30:00+01:00", 3),
        ("2024-05", "2024-06-20T09:00:00+02:00", 0),
    ],
)
def test_a_day_ends_at_midnight_in_luxembourg(facts: Facts, france: CountryFacts, of: str, at: str, late: int) -> None:
    assert days_late(facts, france, month(of), dt.datetime.fromisoformat(at)) == late


def test_a_time_without_an_offset_is_no_instant(facts: Facts) -> None:
    with pytest.raises(ValueError, match="no offset"):
        day_of(facts, dt.datetime(2024, 7, 10, 12))


# --- national releases --------------------------------------------------------------------------------------------


def released(france: CountryFacts, **update: Any) -> Any:
    indicator = france.indicator("registrations")
    return indicator.model_copy(update={"release": (indicator.release[0].model_copy(update=update),)})


def test_the_release_is_about_two_weeks_after_the_month(france: CountryFacts) -> None:
    insee = release(france.indicator("registrations"), month("2024-05"))
    assert insee is not None
    assert (insee.day, insee.exact, insee.time, insee.zone, insee.embargo) == (
        day("2024-06-14"), False, "08:45", "Europe/Paris", None,
    )  # fmt: skip
    bank = release(france.indicator("bankruptcies"), month("2024-05"))
    assert bank is not None
    assert (bank.day, bank.exact, bank.time, bank.embargo) == (day("2024-06-14"), False, "", None)


@pytest.mark.parametrize(
    ("of", "on", "embargo"),
    [("2030-01", "2030-02-12", "2030-02-12T08:45:00+01:00"), ("2030-05", "2030-06-13", "2030-06-13T08:45:00+02:00")],
)
def test_a_known_day_has_an_embargo_to_the_minute(france: CountryFacts, of: str, on: str, embargo: str) -> None:
    """Invented days: 8:45 in Paris, winter and summer."""
    known = release(released(france, dates={of: day(on)}), month(of))
    assert known is not None
    assert (known.day, known.exact) == (day(on), True)
    assert known.embargo is not None
    assert known.embargo.isoformat() == embargo


def test_a_day_without_a_time_has_no_embargo(france: CountryFacts) -> None:
    known = release(released(france, approximate=False, time=None, zone=None), month("2024-05"))
    assert known is not None
    assert (known.day, known.exact, known.embargo) == (day("2024-06-14"), True, None)


def test_where_no_release_is_stated_there_is_none(france: CountryFacts) -> None:
    assert release(released(france, valid_from="2024-06"), month("2024-05")) is None
    silent = france.indicator("registrations").model_copy(update={"release": ()})
    assert release(silent, month("2024-05")) is None


# --- timeliness and punctuality -----------------------------------------------------------------------------------

HISTORY = (
    sent("2024-01_01", "2024-03-04T10:00:00+01:00"),  # M+33
    sent("2024-02_01", "2024-04-09T23:59:59+02:00"),  # M+40, the last second
    sent("2024-02_02", "2024-04-29T09:00:00+02:00"),  # a correction: it does not count
    sent("2024-04_01", "2024-06-10T23:59:59+02:00", ["bankruptcies"]),  # M+41, on time: the 9th is a Sunday
    sent("2024-04_02", "2024-06-12T09:00:00+02:00", ["registrations"]),  # M+43, two days late
)  # nothing was sent for March


def test_the_first_sending_of_a_month_and_indicator_counts(facts: Facts, france: CountryFacts) -> None:
    found = sendings(facts, france, reversed(HISTORY))
    assert [(str(o.month), o.indicator, o.delivery, o.days, o.late) for o in found] == [
        ("2024-01", "registrations", "2024-01_01", 33, 0),
        ("2024-01", "bankruptcies", "2024-01_01", 33, 0),
        ("2024-02", "registrations", "2024-02_01", 40, 0),
        ("2024-02", "bankruptcies", "2024-02_01", 40, 0),
        ("2024-04", "registrations", "2024-04_02", 43, 2),
        ("2024-04", "bankruptcies", "2024-04_01", 41, 0),
    ]
    assert {o.effective for o in found if str(o.month) == "2024-04"} == {day("2024-06-10")}


def test_of_two_sendings_the_earlier_instant_counts(facts: Facts, france: CountryFacts) -> None:
    """13:30 in Kyiv is before 12:45 in Paris."""
    paris, kyiv = sent("2024-05_01", "2024-07-01T12:45:00+02:00"), sent("2024-05_02", "2024-07-01T13:30:00+03:00")
    assert {o.delivery for o in sendings(facts, france, [paris, kyiv])} == {"2024-05_02"}


def test_every_later_sending_is_a_correction(facts: Facts) -> None:
    """By the instant, not by the name: 13:30 in Kyiv is before 12:45 in Paris; 22:30 UTC is the next day already."""
    first = sent("2024-05_02", "2024-07-01T13:30:00+03:00")
    second = sent("2024-05_01", "2024-07-01T12:45:00+02:00", ["registrations"])
    third = sent("2024-05_03", "2024-07-11T22:30:00+00:00")
    april = sent("2024-04_01", "2024-06-01T09:00:00+02:00")
    assert corrections(facts, [third, april, second, first]) == {
        (month("2024-05"), "registrations"): (
            Correction("2024-05_01", second.at, day("2024-07-01")),
            Correction("2024-05_03", third.at, day("2024-07-12")),
        ),
        (month("2024-05"), "bankruptcies"): (Correction("2024-05_03", third.at, day("2024-07-12")),),
    }


def test_an_indicator_that_the_facts_no_longer_have_was_sent_all_the_same(facts: Facts, france: CountryFacts) -> None:
    only = changed(france, indicator=france.country.indicator[1:])
    assert [(str(o.month), o.indicator) for o in sendings(facts, only, HISTORY[:1])] == [
        ("2024-01", "bankruptcies"),
        ("2024-01", "registrations"),
    ]


def test_timeliness(facts: Facts, france: CountryFacts) -> None:
    """33, 40 and 43 days for registrations; 33, 40 and 41 for bankruptcies."""
    found = sendings(facts, france, HISTORY)
    of = {id_: timeliness([o for o in found if o.indicator == id_]) for id_ in BOTH}
    for id_, expected in (
        ("registrations", (3, Fraction(116, 3), 33, 43)),
        ("bankruptcies", (3, Fraction(114, 3), 33, 41)),
    ):
        figures = of[id_]
        assert figures is not None
        assert (figures.sendings, figures.mean, figures.least, figures.most) == expected
    together = timeliness(found)
    assert together is not None
    assert (together.sendings, together.mean, together.least, together.most) == (6, Fraction(230, 6), 33, 43)
    assert timeliness([]) is None


def test_punctuality(facts: Facts, france: CountryFacts) -> None:
    found = sendings(facts, france, HISTORY)
    together = punctuality(found)
    assert together is not None
    assert (together.on_time, together.sendings, together.share) == (5, 6, Fraction(5, 6))
    assert (together.earliest, together.latest) == (33, 43)
    assert [(str(o.month), o.indicator, o.late) for o in together.late] == [("2024-04", "registrations", 2)]
    assert [(str(at), id_) for at, id_ in together.skipped] == [("2024-03", id_) for id_ in BOTH]
    bank = punctuality([o for o in found if o.indicator == "bankruptcies"])
    assert bank is not None
    assert (bank.share, bank.late) == (1, ())
    assert punctuality([]) is None


def test_no_month_is_skipped_that_one_indicator_had(facts: Facts, france: CountryFacts) -> None:
    alone = sent("2024-03_01", "2024-05-02T09:00:00+02:00", ["registrations"])
    found = punctuality(sendings(facts, france, [*HISTORY, alone]))
    assert found is not None
    assert [(str(at), id_) for at, id_ in found.skipped] == [("2024-03", "bankruptcies")]


# --- the document -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document(facts: Facts, france: CountryFacts) -> dict[str, Any]:
    """2024 as JSON gives it back, seen from 1 July."""
    made = verb.calendar(facts, france, 2024, day("2024-07-01"), HISTORY)
    read: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    assert read == made
    return read


def of(document: dict[str, Any], text: str) -> dict[str, Any]:
    return next(one for one in document["months"] if one["month"] == text)


def test_the_document_has_the_twelve_months(document: dict[str, Any]) -> None:
    assert (document["schema"], document["country"], document["year"], document["today"]) == (
        1,
        "FR",
        2024,
        "2024-07-01",
    )
    assert [one["month"] for one in document["months"]] == [f"2024-{n:02d}" for n in range(1, 13)]
    assert of(document, "2024-09")["due"] == "2024-11-09"
    assert of(document, "2024-09")["effective"] == "2024-11-12"
    assert [off["why"] for off in of(document, "2024-09")["days_off"]] == ["Saturday", "Sunday", "Armistice Day 1918"]


def test_days_left(document: dict[str, Any]) -> None:
    """To the last day on time: 10 July, 10 June (put off from the 9th), 10 May."""
    assert {text: of(document, text)["days_left"] for text in ("2024-05", "2024-04", "2024-03")} == {
        "2024-05": 9, "2024-04": -21, "2024-03": -52,
    }  # fmt: skip


def test_march_june_september_and_december_complete_a_quarter(document: dict[str, Any]) -> None:
    completes = {one["month"]: one["completes"] for one in document["months"] if one["completes"]}
    assert completes == {
        "2024-03": {"quarter": "2024-Q1", "due": "2024-05-10", "effective": "2024-05-10"},
        "2024-06": {"quarter": "2024-Q2", "due": "2024-08-09", "effective": "2024-08-09"},
        "2024-09": {"quarter": "2024-Q3", "due": "2024-11-09", "effective": "2024-11-12"},
        "2024-12": {"quarter": "2024-Q4", "due": "2025-02-09", "effective": "2025-02-10"},
    }


def test_what_was_sent_stands_at_its_month(document: dict[str, Any]) -> None:
    april = of(document, "2024-04")["sent"]
    assert april["registrations"] == {
        "delivery": "2024-04_02", "at": "2024-06-12T09:00:00+02:00", "day": "2024-06-12", "days": 43, "late": 2,
    }  # fmt: skip
    assert april["bankruptcies"]["late"] == 0
    assert of(document, "2024-03")["sent"] == {"registrations": None, "bankruptcies": None}


def test_the_holidays_reach_to_the_last_due_date(document: dict[str, Any]) -> None:
    days = [one["day"] for one in document["holidays"]]
    assert (days[0], days[-1], len(days)) == ("2024-01-01", "2025-12-25", 22)


def test_the_figures_are_over_all_years(facts: Facts, france: CountryFacts, document: dict[str, Any]) -> None:
    later = verb.calendar(facts, france, 2026, day("2026-07-01"), HISTORY)
    assert later["timeliness"] == document["timeliness"]
    assert document["timeliness"]["together"] == {"sendings": 6, "mean": 38.3, "least": 33, "most": 43}
    assert document["timeliness"]["indicators"]["registrations"]["mean"] == 38.7
    assert document["punctuality"]["together"]["share"] == 0.8333
    assert document["punctuality"]["together"]["late"] == [
        {"month": "2024-04", "indicator": "registrations", "days": 2}
    ]
    assert all(one["sent"]["registrations"] is None for one in later["months"])


def test_nothing_sent_has_no_figures(facts: Facts, france: CountryFacts) -> None:
    empty = verb.calendar(facts, france, 2024, day("2024-07-01"), [])
    assert empty["punctuality"] == empty["timeliness"] == {"together": None, "indicators": {}}
    assert "Nothing was recorded as sent yet" in "\n".join(verb.lines(empty))


@pytest.mark.parametrize("year", [-1, 0, 1582, 4099, 10_000])
def test_a_year_without_a_calendar_is_refused(facts: Facts, france: CountryFacts, year: int) -> None:
    with pytest.raises(UsageError, match=rf"no calendar of the year {year}\. Give one from 1583 to 4098"):
        verb.calendar(facts, france, year, day("2024-07-01"), [])


def test_the_first_and_the_last_year_of_the_calendar(facts: Facts, france: CountryFacts) -> None:
    for year in (1583, 4098):
        assert verb.calendar(facts, france, year, day("2024-07-01"), [])["months"][11]["month"] == f"{year}-12"


def test_a_country_without_holidays_has_weekends(facts: Facts) -> None:
    overlaid = load(COUNTRIES)
    made = verb.calendar(overlaid, overlaid.country("EL"), 2025, day("2025-06-01"), [])
    assert of(made, "2025-04")["effective"] == "2025-06-09"
    assert of(made, "2025-04")["releases"] == {"registrations": None}
    assert any("No public holiday is stated for EL" in note for note in made["notes"])
    assert "National releases" not in "\n".join(verb.lines(made))


# --- the lines ----------------------------------------------------------------------------------------------------


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line)


def row_of(told: Sequence[str], text: str) -> list[str]:
    """The row of a month in the first table."""
    return cells(next(line for line in told if line.startswith(text)))


def test_the_lines_tell_the_document(document: dict[str, Any]) -> None:
    told = list(verb.lines(document))
    assert told[0] == "France: deliveries for the months of 2024, as of 2024-07-01"
    assert cells(told[2]) == ["month", "on time until", "completes", "registrations", "bankruptcies"]
    assert row_of(told, "2024-04") == [
        "2024-04", "2024-06-10 Mon", "sent 2024-06-12, M+43, 2 days late", "sent 2024-06-10, M+41",
    ]  # fmt: skip
    assert row_of(told, "2024-03") == [
        "2024-03", "2024-05-10 Fri", "2024-Q1", *["not recorded, due 52 days ago"] * 2,
    ]  # fmt: skip
    assert row_of(told, "2024-05") == ["2024-05", "2024-07-10 Wed", "9 days left", "9 days left"]
    assert row_of(told, "2024-09")[1:3] == ["2024-11-12 Tue", "2024-Q3"]
    text = " ".join(line.strip() for line in told)
    for sentence in (
        "2024-09: put off by 2024-11-09 Saturday, 2024-11-10 Sunday, 2024-11-11 Armistice Day 1918.",
        "in the time zone Europe/Luxembourg.",
        "Punctuality, first sendings by the deadline",
        "about 2024-06-14 08:45 Europe/Paris  about 2024-06-14",
        "2024-04 registrations: 2 days late.",
        "2024-03 bankruptcies: never sent; it is in no figure.",
        "Not confirmed by Eurostat: working_days of transmission.toml. Regulation (EEC, Euratom) No 1182/71",
    ):
        assert sentence in text
    assert [cells(line) for line in told if line.startswith("registrations")] == [
        ["registrations", "3", "38.7", "33", "43"],
        ["registrations", "2 of 3", "66.7 %", "M+33", "M+43"],
    ]
    assert text.count("M+35: 35 days after the end of the month.") == 1
    assert "embargo" not in text
    assert all(line == line.rstrip() for line in told)


def test_the_lines_fit_a_page(facts: Facts, france: CountryFacts) -> None:
    """A year of two indicators, one month sent late and none corrected, with a note of several lines."""
    late = sent("2024-04_01", "2024-06-20T09:00:00+02:00")
    told = list(verb.lines(verb.calendar(facts, france, 2024, day("2024-12-31"), [late])))
    table, rest = told[2:15], told[15:]
    assert max(map(len, table)) <= 110
    assert max(map(len, rest)) <= 100
    assert "corrected" not in "\n".join(told)


def test_a_correction_is_told(facts: Facts, france: CountryFacts) -> None:
    first = sent("2024-05_01", "2024-07-05T09:00:00+02:00")
    again = sent("2024-05_02", "2024-07-09T09:00:00+02:00", ["registrations"])
    made = verb.calendar(facts, france, 2024, day("2024-07-10"), iter([again, first]))
    may = of(made, "2024-05")
    assert may["corrections"] == {
        "registrations": [{"delivery": "2024-05_02", "at": "2024-07-09T09:00:00+02:00", "day": "2024-07-09"}],
        "bankruptcies": [],
    }
    assert {one["delivery"] for one in may["sent"].values()} == {"2024-05_01"}
    assert made["timeliness"]["together"] == {"sendings": 2, "mean": 35.0, "least": 35, "most": 35}
    told = list(verb.lines(made))
    assert row_of(told, "2024-05")[2:] == [
        "sent 2024-07-05, M+35, corrected 2024-07-09 (2024-05_02)",
        "sent 2024-07-05, M+35",
    ]
    assert "The first sending counts for timeliness and punctuality, the last one for revisions." in told


@pytest.mark.parametrize(
    ("today", "year"),
    [
        ("2025-01-05", 2024),  # 2024-11 is due on 9 January
        ("2025-01-10", 2024),  # 2024-12 on 10 February, put off from Sunday
        ("2025-02-10", 2024),
        ("2025-02-11", 2025),
        ("2024-12-31", 2024),
        ("2024-01-01", 2023),
    ],
)
def test_the_year_of_the_month_that_is_due_next(facts: Facts, france: CountryFacts, today: str, year: int) -> None:
    assert verb.default_year(facts, france, day(today)) == year


def test_the_last_days_are_counted_in_words(facts: Facts, france: CountryFacts) -> None:
    for today, said in (("2024-07-09", "1 day left"), ("2024-07-10", "due today"), ("2024-07-11", "due 1 day ago")):
        told = list(verb.lines(verb.calendar(facts, france, 2024, day(today), [])))
        assert all(cell.endswith(said) for cell in row_of(told, "2024-05")[2:4])


def test_an_embargo_is_told(facts: Facts, france: CountryFacts) -> None:
    known = changed(france, indicator=(released(france, dates={"2024-05": day("2024-06-13")}),))
    told = "\n".join(verb.lines(verb.calendar(facts, known, 2024, day("2024-07-10"), [])))
    assert "2024-05  2024-06-13 08:45 Europe/Paris" in told
    assert "under embargo" in told


# --- the facts ----------------------------------------------------------------------------------------------------


def test_every_day_has_its_evidence(facts: Facts, france: CountryFacts) -> None:
    known = {fact.key: fact for fact in evidence.known(facts, france)}
    assert known["working_days"].evidence == "inferred"
    assert "1182/71" in known["working_days"].reference
    assert "not those of Luxembourg" in known["working_days"].note
    assert known["holiday[whit-monday]"].evidence == "public"
    assert "L3133-1" in known["holiday[whit-monday]"].reference
    assert "8.3" in known["indicator[registrations].release[0]"].reference
    assert known["quarterly_deadline[0]"].evidence == "seed"


def test_what_a_definitive_value_may_still_change(france: CountryFacts) -> None:
    assert {one.id: one.revision[0].definitive_percent for one in france.country.indicator} == {
        "registrations": 0,
        "bankruptcies": 5,
    }


COUNTRY, TRANSMISSION = "codelists/countries/FR/country.toml", "codelists/regulation/transmission.toml"
EASTER = "easter = 1\n"
TIMED = 'time = "08:45"\nzone = "Europe/Paris"\n'
WEEKEND = "weekend = [6, 7] # Monday is 1\n"
HOLIDAY = '\n[[holiday]]\nid = "new-year"\nname = { en = "Another" }\nmonth_day = "01-02"\nreference = "-"\nevidence = "public"\nchecked = 2026-11-22\n'
RELEASE = "[[indicator.release]]\ndays_after_end = 14\napproximate = true\ntime"
MISTAKES: list[tuple[str, str, str, str, tuple[str, ...]]] = [
    ("two rules", COUNTRY, EASTER, 'easter = 1\nmonth_day = "04-01"\n', ("holiday[1]", "give one of month_day, easter")),
    ("no rule", COUNTRY, EASTER, "", ("holiday[1]", "give one of month_day, easter")),
    ("30 February", COUNTRY, '"01-01"', '"02-30"', ("holiday[0].month_day", "'02-30' is not a day of a year", "05-01")),
    ("not two digits", COUNTRY, '"01-01"', '"1-1"', ("holiday[0].month_day", "'1-1' is not a day of a year")),
    ("far from Easter", COUNTRY, EASTER, "easter = 400\n", ("holiday[1].easter", "70", "400")),
    ("dates crossed", COUNTRY, EASTER, "easter = 1\nvalid_from = 2024-01-01\nvalid_to = 2023-01-01\n",
     ("holiday[1]", "valid_to 2023-01-01 lies before valid_from 2024-01-01")),
    ("list outside its dates", COUNTRY, EASTER, "dates = [2024-04-01]\nvalid_from = 2025-01-01\n",
     ("holiday[1]", "2024-04-01, which lies outside")),
    ("holiday twice", COUNTRY, "", HOLIDAY, ("holiday[11].id", "'new-year' is in force at the same time as holiday[0]")),
    ("misspelt key", COUNTRY, EASTER, "eastern = 1\n", ("holiday[1].eastern", "did you mean 'easter'")),
    ("time without zone", COUNTRY, 'zone = "Europe/Paris"\n', "", ("indicator[0].release[0]", "time and zone go together")),
    ("time with one digit", COUNTRY, '"08:45"', '"8:45"', ("indicator[0].release[0].time", "'8:45' is not a time of day")),
    ("time with offset", COUNTRY, '"08:45"', '"08:45+01:00"', ("release[0].time", "is not a time of day")),
    ("unknown zone", COUNTRY, "Europe/Paris", "Europe/Pari", ("indicator[0].release[0].zone", "did you mean", "'Europe/Paris'")),
    ("released before the month is over", COUNTRY, "dates = {}", 'dates = { "2024-05" = 2024-05-31 }',
     ("indicator[0].release[0]", "2024-05-31 for 2024-05, before the month is over")),
    ("released outside its dates", COUNTRY, "dates = {}", 'valid_to = "2024-04"\ndates = { "2024-05" = 2024-06-14 }',
     ("indicator[0].release[0]", "2024-05, which lies outside")),
    ("a day that is none", COUNTRY, "dates = {}", 'dates = { "2024-13" = 2024-06-14 }', ("release[0].dates", "no month 13")),
    ("two releases", COUNTRY, RELEASE,
     '[[indicator.release]]\ndays_after_end = 30\nreference = "-"\nevidence = "seed"\nchecked = 2026-11-22\n' + RELEASE,
     ("indicator[0].release", "overlap")),
    ("release of no indicator", COUNTRY, "[sender]", '[[release]]\nindicator = "registrations"\n\n[sender]',
     ("country.toml release", "unknown key 'release'")),
    ("negative percent", COUNTRY, "definitive_percent = 5", "definitive_percent = -5",
     ("indicator[1].revision[0].definitive_percent", "-5")),
    ("percent that is none", COUNTRY, "definitive_percent = 5", "definitive_percent = nan",
     ("indicator[1].revision[0].definitive_percent",)),
    ("no working day", TRANSMISSION, WEEKEND, "weekend = [1, 2, 3, 4, 5, 6, 7]\n",
     ("working_days", "no working day in the week")),
    ("eighth day", TRANSMISSION, WEEKEND, "weekend = [7, 8]\n", ("working_days.weekend[1]", "8")),
    ("a folder of zones", TRANSMISSION, '"Europe/Luxembourg"', '"Europe"', ("working_days.zone", "no time zone 'Europe'")),
    ("a path", TRANSMISSION, '"Europe/Luxembourg"', '"../zone"', ("working_days.zone", "no time zone '../zone'")),
    ("quarters not from the start", TRANSMISSION, "[[quarterly_deadline]] #",
     '[[quarterly_deadline]]\nvalid_to = "2023-12"\ndays_after_end = 30\nreference = "-"\nevidence = "seed"\n'
     "checked = 2026-11-22\n\n[[quarterly_deadline]] #", ("quarterly_deadline", "overlap")),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "words"), [case[1:] for case in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_refused_with_its_place(
    file: str, old: str, new: str, words: Sequence[str], tmp_path: Path
) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert old in text
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    place.write_text(text.replace(old, new, 1) if old else text + new, "utf-8", newline="")
    with pytest.raises(FactsError) as raised:
        load(tmp_path).country("FR")
    (problem,) = raised.value.problems
    for word in (file, *words):
        assert word in str(problem)


@pytest.mark.parametrize("old_first", [True, False])
def test_a_holiday_may_move(old_first: bool, tmp_path: Path) -> None:
    """One public holiday in two lines, one after the other in time, in any order in the file."""
    place = tmp_path / COUNTRY
    place.parent.mkdir(parents=True)
    text = (ROOT / COUNTRY).read_text("utf-8")
    text = text.replace('month_day = "01-01"\n', 'month_day = "01-01"\nvalid_to = 2029-12-31\n', 1)
    new = HOLIDAY + "valid_from = 2030-01-01\n"
    at = len(text) if old_first else text.index("[[holiday]]")
    place.write_text(f"{text[:at]}{new}\n{text[at:]}", "utf-8", newline="")
    country = load(tmp_path).country("FR")
    assert [min(holidays(country, year)) for year in (2029, 2030)] == [day("2029-01-01"), day("2030-01-02")]
