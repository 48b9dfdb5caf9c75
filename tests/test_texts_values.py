"""The values of the expressions, against a history small enough to be followed by hand; in words of several languages."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import FactsError
from pipeline.facts import CountryFacts, Facts, load
from pipeline.facts.models import Break
from pipeline.rich_text import plain
from pipeline.tables import Identity
from pipeline.texts.document import fill, read
from pipeline.texts.forms import bullets, escaped, link, table
from pipeline.texts.markdown import to_rich
from pipeline.texts.values import Past, values
from pipeline.vintages import Published, Vintages

ROOT = Path(__file__).parent.parent
COUNTRIES = Path(__file__).parent / "countries"
REG, BKRT = "registrations", "bankruptcies"
BOTH = (REG, BKRT)


@dataclass(frozen=True)
class Sent:
    """What the history knows of a delivery."""

    delivery: str
    month: str
    at: dt.datetime
    indicators: tuple[str, ...] = BOTH


def sent(delivery: str, day: str, *indicators: str) -> Sent:
    """A delivery of the month that its name begins with, sent at noon of a day."""
    at = dt.datetime.fromisoformat(f"{day}T12:00:00+02:00")
    return Sent(delivery, delivery[:7], at, indicators or BOTH)


def cell(indicator: str, period: str, aggregate: str = "F") -> Identity:
    return Identity(indicator, "FR", "N", "M", aggregate, period, "count")


def said(indicator: str, **periods: int) -> Published:
    """Values of construction by month of 2024: m1=100."""
    return {cell(indicator, f"2024-{int(month[1:]):02d}"): (value, "A") for month, value in periods.items()}


# Construction. The last delivery is prepared, not sent; in March there were no bankruptcies.
#
#   registrations of   said in 01     02     03     04     05
#   January                   100    110    108    108    108
#   February                         200    190    190    190
#   March                                  1000   1000   1003
#   April                                          400    402
#   May                                                   500
#   bankruptcies of
#   January                    10     12             12     12
#   April                                            20     20
DELIVERIES: list[tuple[str, tuple[str, ...], Published]] = [
    ("2024-01", BOTH, {**said(REG, m1=100), **said(BKRT, m1=10)}),
    ("2024-02", BOTH, {**said(REG, m1=110, m2=200), **said(BKRT, m1=12)}),
    ("2024-03", (REG,), said(REG, m1=108, m2=190, m3=1000)),
    ("2024-04", BOTH, {**said(REG, m1=108, m2=190, m3=1000, m4=400), **said(BKRT, m1=12, m4=20)}),
    (
        "2024-05",
        BOTH,
        {
            **said(REG, m1=108, m2=190, m3=1003, m4=402, m5=500),
            cell(REG, "2024-05", "TOTAL"): (None, "O"),
            **said(BKRT, m1=12, m4=20),
        },
    ),
]
#                                        end + 40       was due      sent at
SENT = (
    sent("2024-01_01", "2024-03-04"),  # 11 March      Monday       M+33
    sent("2024-02_01", "2024-04-02", REG),  # 9 April  Tuesday      M+33
    sent("2024-02_02", "2024-04-11", BKRT),  #                      M+42, 2 days late
    sent("2024-03_01", "2024-05-10", REG),  # 10 May   Friday       M+40
    sent("2024-04_01", "2024-06-10"),  # 9 June, a Sunday: 10 June  M+41
    sent("2024-04_02", "2024-06-20"),  # a correction changes nothing
)
PAST = Past(SENT, Vintages.of(DELIVERIES), dt.date(2024, 7, 5))


@pytest.fixture(scope="module")
def france(facts: Facts) -> CountryFacts:
    return facts.country("FR")


@pytest.fixture(scope="module")
def english(facts: Facts, france: CountryFacts) -> dict[str, str]:
    return values(facts, france, facts.languages["en"], PAST)


@pytest.fixture(scope="module")
def french(facts: Facts, france: CountryFacts) -> dict[str, str]:
    return values(facts, france, facts.languages["fr"], PAST)


def cells(text: str) -> list[list[str]]:
    """The cells of a table, the line of dashes left out."""
    rows = [[part.strip() for part in line.strip("|").split(" | ")] for line in text.splitlines()]
    return [row for row in rows if not set("".join(row)) <= set("-: ")]


def spaced(text: str) -> str:
    """French with spaces that can be typed."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


# ------------------------------------------------------------------------------------------------------------- facts


def test_what_the_facts_say(english: dict[str, str]) -> None:
    expected = {
        "country": "France",
        "sender": "INSEE, Institut national de la statistique et des études économiques",
        "indicators": "business registrations and business bankruptcies",
        "indicator.registrations": "Business registrations",
        "data_set.bankruptcies": "STSRB_BKRT_M",
        "producer.bankruptcies": "Banque de France",
        "classification": "NACE Rev. 2 and, below the class, NAF rév. 2",
        "scope": "B to N, P to R, 95 and 96",
        "out_of_scope": "A, O, 94, T and U",
        "territory.only.bankruptcies": "Saint-Pierre-et-Miquelon",
        "territory.only.registrations": "no other area",
        "territory.excluded": "Saint-Barthélemy, Saint-Martin, Wallis and Futuna, French Polynesia and New Caledonia",
        "first_period.registrations": "January 2012",
        "accepted_from.registrations": "January 2000",
        "frequency": "monthly",
        "adjustment": "neither seasonally adjusted nor calendar adjusted data",
        "unit": "pure number",
        "base_year": "2021",
        "base_year.before": "2015",
        "base_year.since": "January 2024",
        "deadline": "M+40",
        "deadline.days": "40",
        "quarterly_deadline": "T+40",
        "quarterly_deadline.days": "40",
        "breaks.registrations": "No break in the series is declared.",
        "revision_policy.registrations": "A value is provisional up to its second publication and definitive from the third on.",
        "revision_policy.bankruptcies": "A value is provisional in its first publication and definitive from the second on.",
        "release.registrations": "The national figures of a month are released about 14 days after its end, at 08:45 "
        "(time zone Europe/Paris).",
        "release.bankruptcies": "The national figures of a month are released about 14 days after its end.",
        "weights": "the number of active enterprises in 2021",
        "meta.certified": "2024-06-14",
        "meta.posted": "2024-06-14",
    }
    assert {name: english[name] for name in expected} == expected
    assert english["territory.bankruptcies"].startswith("Metropolitan France (Corsica included), Guadeloupe, ")
    assert english["territory.bankruptcies"].endswith(", Mayotte and Saint-Pierre-et-Miquelon")
    assert english["territory.common"] == english["territory.registrations"]
    assert english["cautions.registrations"].startswith("Since 1 January 2023 ")


def test_the_aggregates_as_a_table_and_as_a_list(english: dict[str, str]) -> None:
    rows = cells(english["aggregates"])
    assert rows[0] == ["Aggregate", "Sections and divisions", "Code in Eurostat's tables", "Code in transmission"]
    assert rows[1] == ["Industry", "B to E", "B-E", "BTE"]
    assert rows[8] == ["Sections P to S without division 94", "P to R, 95 and 96", "P-S_X_S94", "PTSXS94"]
    assert [row[1] for row in rows[2:8]] == ["F", "G", "H", "I", "J", "K to N"]
    assert rows[9][0] == english["total"]
    assert rows[9][1] == english["scope"]
    assert len(rows) == 10
    assert english["aggregates.list"].splitlines()[0] == "- Industry: B to E"
    assert len(english["aggregates.list"].splitlines()) == 9


def test_the_legal_acts_are_links(english: dict[str, str], french: dict[str, str]) -> None:
    lines = english["legal_acts"].splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"- \[Regulation \(EU\) 2019/2152 .*]\(http://data\.europa\.eu/eli/reg/2019/2152/oj\)", lines[0]
    )
    assert french["legal_acts"].startswith("- [Règlement (UE) 2019/2152 du Parlement européen")


def test_the_facts_in_french(french: dict[str, str]) -> None:
    expected = {
        "indicators": "créations d'entreprises et défaillances d'entreprises",
        "classification": "NACE Rév. 2 et, au-dessous de la classe, NAF rév. 2",
        "scope": "B à N, P à R, 95 et 96",
        "base_year.since": "janvier 2024",
        "revision_policy.registrations": "Une valeur est provisoire jusqu'à sa deuxième publication et définitive à "
        "partir de la troisième.",
        "release.registrations": "Les chiffres nationaux d'un mois sont publiés environ 14 jours après la fin de ce mois, "
        "à 8 h 45 (fuseau horaire Europe/Paris).",
        "unit": "nombre pur",
        "frequency": "mensuelle",
        "territory.only.registrations": "aucun autre territoire",
    }
    assert {name: spaced(french[name]) for name in expected} == expected
    assert "Guyane" in french["territory.common"]
    assert french["cautions.bankruptcies"].startswith("La loi du 26 juillet 2005 ")
    assert "(entreprises)" in french["weights"]


def test_dates_of_the_report(facts: Facts, france: CountryFacts) -> None:
    """The last update is the later of the text's and the delivery's; what is not known has no value."""
    report = france.country.report
    assert report is not None
    language = facts.languages["en"]

    def dates(past: Past, **changes: Any) -> dict[str, str]:
        changed = france.country.model_copy(update={"report": report.model_copy(update=changes)})
        found = values(facts, replace(france, country=changed), language, past)
        return {name: text for name, text in found.items() if name.startswith("meta.")}

    day = dt.date(2024, 7, 1)
    assert dates(PAST, updated=day)["meta.updated"] == "2024-07-05"
    assert dates(replace(PAST, as_of=dt.date(2024, 6, 30)), updated=day)["meta.updated"] == "2024-07-01"
    assert dates(Past(), updated=day, certified=None, posted=None) == {"meta.updated": "2024-07-01"}
    without = france.country.model_copy(update={"report": None})
    found = values(facts, replace(france, country=without), language, PAST)
    assert not [name for name in found if name.startswith("meta.")]


def test_dated_facts_are_those_of_the_newest_delivery(facts: Facts, france: CountryFacts) -> None:
    old = Past((), Vintages.of([("2023-12", BOTH, said(REG, m1=1))]))
    found = values(facts, france, facts.languages["en"], old)
    assert found["base_year"] == "2015"
    assert found["base_year.before"] == "no other year"
    assert found["base_year.since"] == "the start of the series"
    assert found["weights"] == "no weights"


# ---------------------------------------------------------------------------------------------------------- computed


def test_how_much_there_is(english: dict[str, str], french: dict[str, str]) -> None:
    assert english["latest"] == "May 2024"
    assert english["deliveries"] == "4"  # months sent: May is not yet
    assert (english["observations"], english["observations.registrations"], english["observations.bankruptcies"]) == (
        "8", "6", "2"
    )  # fmt: skip
    assert english["period_covered.registrations"] == "January 2024 to May 2024"
    assert french["period_covered.bankruptcies"] == "janvier 2024 à avril 2024"


def test_completeness_counts_aggregates_and_months(english: dict[str, str], french: dict[str, str]) -> None:
    """9 aggregates × (149 months from January 2012, 413 from January 1990) to May 2024."""
    assert english["completeness.registrations"] == (
        "The newest delivery holds 5 of 1,341 expected values (9 aggregates, 149 months); 1,336 are missing."
    )
    assert "holds 2 of 3,717 expected values (9 aggregates, 413 months)" in english["completeness.bankruptcies"]
    assert english["completeness"] == "The newest delivery holds 7 of 5,058 expected values; 5,051 are missing."
    assert (
        spaced(french["completeness"])
        == "La dernière livraison contient 7 des 5 058 valeurs attendues ; il en manque 5 051."
    )
    assert cells(english["coverage.table"]) == [
        ["Indicator", "Period covered", "Observations", "Missing values"],
        ["Business registrations", "January 2024 to May 2024", "6", "1,336"],
        ["Business bankruptcies", "January 2024 to April 2024", "2", "3,715"],
    ]


@pytest.mark.parametrize(
    ("gone", "words"),
    [(0, "The newest delivery holds 27 of 27 expected values (9 aggregates, 3 months); none is missing."),
     (1, "The newest delivery holds 26 of 27 expected values (9 aggregates, 3 months); 1 is missing."),
     (2, "The newest delivery holds 25 of 27 expected values (9 aggregates, 3 months); 2 are missing.")],
)  # fmt: skip
def test_a_series_that_is_almost_whole(facts: Facts, france: CountryFacts, gone: int, words: str) -> None:
    changed = france.indicator(REG).model_copy(update={"first_period": "2024-01"})
    country = replace(france, country=france.country.model_copy(update={"indicator": (changed,)}))
    months = ("2023-12", "2024-01", "2024-02", "2024-03")  # a month before the first is not expected
    whole = {cell(REG, month, one.id): (7, "A") for month in months for one in facts.aggregates}
    for lost in list(whole)[-gone:] if gone else ():
        del whole[lost]
    found = values(facts, country, facts.languages["en"], Past((), Vintages.of([("2024-03", (REG,), whole)])))
    assert found["completeness.registrations"] == words
    assert found["observations"] == str(36 - gone)
    assert not [name for name in found if name.endswith(".bankruptcies")]


def test_timeliness(english: dict[str, str], french: dict[str, str]) -> None:
    """A month counts when all of its indicators are there: after 33, 42 and 41 days; in March one was not sent."""
    assert english["timeliness"] == (
        "3 monthly deliveries were sent, on average 38.7 days after the end of the reference month: "
        "the quickest after 33 days, the slowest after 42 days."
    )
    assert "on average 36.8 days" in english["timeliness.registrations"]  # 36.75
    assert "on average 38.7 days" in english["timeliness.bankruptcies"]  # 116 / 3
    assert "en moyenne 38,7 jours" in french["timeliness.bankruptcies"]
    assert cells(english["timeliness.table"])[1:] == [
        ["Business registrations", "4", "36.8", "33", "41", "4", "0"],
        ["Business bankruptcies", "3", "38.7", "33", "42", "2", "1"],
    ]


def test_punctuality(english: dict[str, str], french: dict[str, str]) -> None:
    by = "by M+40 or, where that day was not a working day, by the next one"
    assert english["punctuality"] == (
        f"2 of 3 monthly deliveries were sent {by}; the earliest at M+33, the latest at M+42. "
        "Late: February 2024 (2 days after the last day on time). "
        "Nothing was sent for March 2024 (business bankruptcies)."
    )
    assert english["punctuality.registrations"] == (
        f"4 of 4 monthly deliveries were sent {by}; the earliest at M+33, the latest at M+41."
    )
    assert english["punctuality.bankruptcies"].endswith("Nothing was sent for March 2024.")
    assert spaced(french["punctuality"]).startswith(
        "2 livraisons mensuelles sur 3 ont été transmises au plus tard à M+40 ou, lorsque"
    )
    assert "En retard : février 2024 (2 jours " in spaced(french["punctuality"])


def test_two_years_on_time(facts: Facts, france: CountryFacts) -> None:
    """24 of 24 by M+40, as long as no deadline was put off."""
    all_sent = [Sent(f"2030-{n}", f"20{30 + n // 12}-{n % 12 + 1:02d}", at(n)) for n in range(24)]
    found = values(facts, france, facts.languages["en"], Past(all_sent))
    words = "24 of 24 monthly deliveries were sent by M+40; the earliest at M+31, the latest at M+38."
    assert [found[name] for name in ("punctuality", f"punctuality.{REG}", f"punctuality.{BKRT}")] == [words] * 3


def at(place: int) -> dt.datetime:
    """31 to 38 days after the end of the month."""
    year, month = divmod(place + 1, 12)
    first = dt.datetime(2030 + year, month + 1, 1, 12, tzinfo=dt.UTC)
    return first + dt.timedelta(days=30 + place % 8)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["2024-06-10"], "The only monthly delivery so far was sent by M+40 or, where that day was not a working day, "
                         "by the next one: at M+41."),
        (["2024-06-07"], "The only monthly delivery so far was sent by M+40: at M+38."),
        (["2024-06-11"], "The only monthly delivery so far was not sent by M+40, but at M+42. "
                         "Late: April 2024 (1 day after the last day on time)."),
        (["2024-06-07", "2024-08-01"], "1 of 2 monthly deliveries was sent by M+40; the earliest was sent at M+38, the "
                         "latest at M+62. Late: May 2024 (22 days after the last day on time)."),
        (["2024-06-12", "2024-08-01"], "None of the 2 monthly deliveries was sent by M+40; the earliest was sent at "
                         "M+43, the latest at M+62. Late: April 2024 (2 days after the last day on time) and May 2024 "
                         "(22 days after the last day on time)."),
    ],
)  # fmt: skip
def test_few_deliveries(facts: Facts, france: CountryFacts, days: list[str], words: str) -> None:
    past = Past([sent(f"2024-{month:02d}_01", day) for month, day in enumerate(days, 4)])
    found = values(facts, france, facts.languages["en"], past)
    assert found["punctuality"] == found[f"punctuality.{REG}"] == words


def test_a_month_that_was_skipped_altogether(facts: Facts, france: CountryFacts) -> None:
    past = Past([sent("2024-01_01", "2024-03-04"), sent("2024-04_01", "2024-06-04")])
    found = values(facts, france, facts.languages["en"], past)
    assert found["punctuality"].endswith("Nothing was sent for February 2024 and March 2024.")


def test_a_deadline_that_changed_is_not_named(facts: Facts, france: CountryFacts) -> None:
    past = Past([sent("2024-01_01", "2024-03-15"), sent("2024-02_01", "2024-04-02")])
    found = values(with_two_deadlines(facts), france, facts.languages["en"], past)
    assert found["punctuality"] == (
        "2 of 2 monthly deliveries were sent by the deadline in force for its month; the earliest at M+33, the latest at M+44."
    )


def test_the_newest_month_is_not_there_while_one_indicator_is_missing(facts: Facts, france: CountryFacts) -> None:
    past = Past([sent("2024-04_01", "2024-06-07"), sent("2024-05_01", "2024-07-05", REG)])
    found = values(facts, france, facts.languages["en"], past)
    assert found["punctuality"] == (
        "The only monthly delivery so far was sent by M+40: at M+38. Nothing was sent for May 2024 (business bankruptcies)."
    )
    assert found["timeliness"] == "1 monthly delivery was sent, 38 days after the end of its reference month."
    assert found[f"punctuality.{REG}"].startswith("2 of 2 monthly deliveries were sent by M+40;")
    assert found[f"punctuality.{BKRT}"].endswith(": at M+38. Nothing was sent for May 2024.")


def test_a_month_is_not_there_when_an_indicator_was_never_sent(facts: Facts, france: CountryFacts) -> None:
    found = values(facts, france, facts.languages["en"], Past([sent("2024-04_01", "2024-06-07", REG)]))
    assert found["punctuality"] == (
        "No monthly delivery is complete yet. Nothing was sent for April 2024 (business bankruptcies)."
    )
    assert found["timeliness"] == "No monthly delivery is complete yet."
    assert cells(found["timeliness.table"])[1:] == [["Business registrations", "1", "38.0", "38", "38", "1", "0"]]
    assert found[f"punctuality.{BKRT}"].startswith("No delivery is on record as sent yet")


def test_before_an_indicator_was_first_sent_nothing_of_it_is_missing(facts: Facts, france: CountryFacts) -> None:
    past = Past([sent("2024-04_01", "2024-06-07", REG), sent("2024-05_01", "2024-07-08")])
    found = values(facts, france, facts.languages["en"], past)
    assert found["punctuality"] == (
        "2 of 2 monthly deliveries were sent by M+40; the earliest at M+38, the latest at M+38."
    )


def test_revision_practice(english: dict[str, str], french: dict[str, str]) -> None:
    """At an age of one month +10, −10, 0, +2 of 100, 200, 1000, 400; of two −2, 0, +3 of 110, 190, 1000; then 0."""
    assert english["revision_practice.registrations"] == (
        "The mean absolute revision of a value, in units, was 5.5 (1.29%, from 4 values) at an age of 1 month and "
        "1.7 (0.38%, from 3 values) at an age of 2 months."
    )
    # nothing was sent for March: the second revision of January is one of three months
    assert english["revision_practice.bankruptcies"] == (
        "The mean absolute revision of a value, in units, was 1.0 (6.67%, from 2 values) at an age of 1 month and "
        "0.0 (0.00%, from 1 value) at an age of 3 months."
    )
    assert "a été de 5,5 (1,29 %, sur 4 valeurs) à l'âge de 1 mois et de 1,7 (" in spaced(
        french["revision_practice.registrations"]
    )
    assert cells(english["revision.table"])[1:] == [
        ["Business registrations", "1", "4", "0.50", "5.5", "1.29%", "50.0%"],
        ["Business registrations", "2", "3", "0.33", "1.7", "0.38%", "33.3%"],
        ["Business registrations", "3", "2", "0.0", "0.0", "0.00%", "0.0%"],
        ["Business registrations", "over 3", "1", "0.0", "0.0", "0.00%", "0.0%"],
        ["Business bankruptcies", "1", "2", "1.0", "1.0", "6.67%", "50.0%"],
        ["Business bankruptcies", "3", "1", "0.0", "0.0", "0.00%", "0.0%"],
        ["Business bankruptcies", "over 3", "1", "0.0", "0.0", "0.00%", "0.0%"],
    ]


def test_a_late_revision_is_told_and_a_small_one_is_not_nil(facts: Facts, france: CountryFacts) -> None:
    """One unit of 9 × 100,000, five months after; of 18 values of that age, none at the ages before."""
    months = [f"2024-{n:02d}" for n in range(1, 8)]
    all_ = {cell(REG, "2024-01", one.id): (100_000, "A") for one in facts.aggregates}
    corrected = {**all_, cell(REG, "2024-01"): (100_001, "A")}
    deliveries = [(month, (REG,), all_ if month < "2024-06" else corrected) for month in months]
    found = values(facts, france, facts.languages["en"], Past((), Vintages.of(deliveries)))
    # ages 4, 5 and 6: 27 values, 1 of them revised
    assert cells(found["revision.table"])[4] == [
        "Business registrations", "over 3", "27", "0.037", "0.037", "0.000037%", "3.7%"
    ]  # fmt: skip
    assert cells(found["revision.table"])[1][3:] == ["0.0", "0.0", "0.00%", "0.0%"]


def test_a_first_revision_that_is_late_is_the_one_in_the_sentence(facts: Facts, france: CountryFacts) -> None:
    deliveries = [("2024-01", (REG,), said(REG, m1=100)), ("2024-06", (REG,), said(REG, m1=101))]
    found = values(facts, france, facts.languages["en"], Past((), Vintages.of(deliveries)))
    assert found[f"revision_practice.{REG}"] == (
        "The mean absolute revision of a value, in units, was 1.0 (1.00%, from 1 value) at an age of over 3 months."
    )


def test_sentences_and_table_in_one(english: dict[str, str]) -> None:
    """What a concept has to say, as one value: so that without history it says once that there is none."""
    assert english["coverage.full"] == (
        "The newest delivery is that for May 2024. For each indicator, the table shows what its newest delivery holds, "
        f"and how many of the values to be transmitted up to its month are missing.\n\n{english['coverage.table']}"
    )
    assert english["timeliness.full"] == f"{english['timeliness']}\n\n{english['timeliness.table']}"
    assert english["completeness.each"] == (
        f"**Business registrations.** {english['completeness.registrations']}\n\n"
        f"**Business bankruptcies.** {english['completeness.bankruptcies']}"
    )
    assert english["revision.full"] == (
        f"**Business registrations.** {english['revision_practice.registrations']}\n\n"
        f"**Business bankruptcies.** {english['revision_practice.bankruptcies']}\n\n{english['revision.table']}"
    )


def test_breaks_up_to_the_newest_delivery(facts: Facts, france: CountryFacts) -> None:
    """Names with commas of their own stand between semicolons; what is still to come is not reported."""
    facts_of_break = {"indicator": REG, "reference": "", "evidence": "seed", "checked": dt.date(2024, 1, 1)}
    breaks = tuple(
        Break.model_validate({**facts_of_break, "period": period, "aggregates": ("G", "TOTAL")})
        for period in ("2024-05", "2024-06")
    )
    country = replace(france, country=france.country.model_copy(update={"break_": breaks}))

    def told(past: Past, language: str = "en") -> str:
        return spaced(values(facts, country, facts.languages[language], past)[f"breaks.{REG}"])

    one = (
        "A break is declared: the new series begin with May 2024. Aggregates concerned: wholesale and retail trade; "
        "industry, construction and services, without section O and division 94."
    )
    assert told(PAST) == one
    assert told(Past()) == f"{one} {one.replace('May', 'June')}"
    assert told(PAST, "fr") == (
        "Une rupture de série est déclarée : les nouvelles séries commencent en mai 2024. Agrégats concernés : "
        "commerce ; industrie, construction et services, hors section O et division 94."
    )
    before = Past((), Vintages.of(DELIVERIES[:4]), dt.date(2024, 6, 10))
    assert told(before) == "No break in the series is declared."


def test_revisions_of_zeros_have_no_share(facts: Facts, france: CountryFacts) -> None:
    past = Past((), Vintages.of([("2024-01", (REG,), said(REG, m1=0)), ("2024-02", (REG,), said(REG, m1=3))]))
    found = values(facts, france, facts.languages["en"], past)
    assert (
        found[f"revision_practice.{REG}"]
        == "The mean absolute revision of a value, in units, was 3.0 (from 1 value) at an age of 1 month."
    )
    assert cells(found["revision.table"])[1][-2:] == ["–", "100.0%"]
    assert found[f"revision_practice.{BKRT}"].startswith("No value has been published twice yet")


COMPUTED = ("latest", "deliveries", "observations", "period_covered", "completeness", "coverage", "timeliness",
            "punctuality", "revision_practice", "revision.")  # fmt: skip


@pytest.mark.parametrize(
    ("language", "nothing"), [("en", "no delivery is on record"), ("fr", "aucune livraison n'est encore enregistrée")]
)
def test_without_history_each_computed_value_says_so(
    facts: Facts, france: CountryFacts, english: dict[str, str], language: str, nothing: str
) -> None:
    found = values(facts, france, facts.languages[language], Past())
    assert found.keys() == english.keys()
    of_history = {name: text for name, text in found.items() if name.startswith(COMPUTED)}
    assert len(of_history) == 3 + 4 + 6 + 5 + 3 + 4
    for name, text in of_history.items():
        assert nothing in text.lower(), name
        assert "\n" not in text
    report = france.country.report
    assert report is not None
    assert found["meta.updated"] == report.updated.isoformat()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_without_history_no_concept_of_the_report_says_so_twice(
    facts: Facts, france: CountryFacts, language: str
) -> None:
    path, data = france.texts[language]
    nothing = facts.languages[language].phrases["nothing_sent"]
    document = fill(read(path, data, language), values(facts, france, facts.languages[language], Past()))
    said = {section.concept: section.markdown.count(nothing) for section in document.sections}
    assert {concept for concept, times in said.items() if times} == {
        "COVERAGE_TIME", "COMPLETENESS", "TIMELINESS", "PUNCTUALITY", "REV_PRACTICE"
    }  # fmt: skip
    assert max(said.values()) == 1
    assert document.holes == ()


def test_two_more_deliveries_change_the_computed_values_and_the_dates_alone(
    facts: Facts, france: CountryFacts, english: dict[str, str]
) -> None:
    """Every fact stays; what is about the one indicator that was sent no more stays as well."""
    more = [("2024-06", (REG,), said(REG, m5=510, m6=600)), ("2024-07", (REG,), said(REG, m5=520, m6=601, m7=1))]
    vintages = PAST.vintages
    for month, indicators, published in more:
        vintages = vintages.then(month, indicators, {**vintages_of(vintages, REG), **published})
    later = (*SENT, sent("2024-05_01", "2024-07-08"), sent("2024-06_01", "2024-08-08", REG))
    found = values(facts, france, facts.languages["en"], Past(later, vintages, dt.date(2030, 1, 1)))
    changed = {name for name in found if found[name] != english[name]}
    assert {name for name in changed if not name.startswith(COMPUTED)} == {"meta.updated"}
    assert {
        "latest",
        "deliveries",
        "observations",
        "coverage.table",
        "revision.table",
        "timeliness",
        "punctuality",
    } <= changed


def vintages_of(vintages: Vintages, indicator: str) -> Published:
    return {identity: (said.value, said.status) for identity, said in vintages.last(indicator).items()}


# ------------------------------------------------------------------------------------------------ languages, countries


def test_every_phrase_is_used_and_none_is_missing(facts: Facts, france: CountryFacts) -> None:
    used: set[str] = set()

    class Recorded(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            used.add(name)
            return super().get(name, default)

    for language in facts.languages.values():
        used.clear()
        recorded = language.model_copy(update={"phrases": Recorded(language.phrases)})
        for known, country, past in situations(facts, france):
            values(known, country, recorded, past)
        assert used == set(language.phrases)


def situations(facts: Facts, france: CountryFacts) -> list[tuple[Facts, CountryFacts, Past]]:
    """What makes each phrase be said at least once."""

    def changed(**changes: Any) -> CountryFacts:
        return replace(france, country=france.country.model_copy(update=changes))

    first, second = france.country.indicator
    declared = {
        "indicator": REG,
        "period": "2022-01",
        "reference": "",
        "evidence": "seed",
        "checked": dt.date(2024, 1, 1),
    }
    breaks = (Break.model_validate(declared), Break.model_validate({**declared, "aggregates": ("F", "G")}))
    exact = first.model_copy(update={"release": (first.release[0].model_copy(update={"approximate": False}),)})
    plain = second.model_copy(update={"release": (second.release[0].model_copy(update={"approximate": False}),)})
    at_once = first.revision[0].model_copy(update={"provisional_publications": 0})
    bare = first.model_copy(update={"release": (), "revision": (at_once,)})
    whole_area = second.model_copy(update={"territory": ("FR",)})
    young = first.model_copy(update={"first_period": "2024-01"})
    cells_of_a_month: Published = {cell(REG, "2024-01", one.id): (0, "A") for one in facts.aggregates}
    one_less = dict(list(cells_of_a_month.items())[1:])
    zeros = [("2024-01", (REG,), said(REG, m1=0)), ("2024-02", (REG,), said(REG, m1=0))]
    on_time, late, later = (
        sent("2024-04_01", "2024-06-07"),
        sent("2024-04_01", "2024-06-11"),
        sent("2024-05_01", "2024-08-01"),
    )
    everything = facts.total.members[0].model_copy(update={"codes": tuple("ABCDEFGHIJKLMNOPQRSTU")})
    one_total = (facts.total.model_copy(update={"members": (everything,)}),)
    return [
        (facts, france, PAST),
        (facts, france, Past()),
        (facts, changed(break_=breaks), Past([on_time])),
        (facts, changed(indicator=(exact, plain)), Past([late])),
        (facts, changed(indicator=(bare, whole_area), caution=()), Past([late, later])),
        (facts, france, Past([on_time, later])),
        (facts, france, Past([sent("2024-04_01", "2024-06-07", REG)])),
        (facts, france, Past((), Vintages.of([("2023-12", BOTH, said(REG, m1=1))]))),
        (facts, france, Past((), Vintages.of(zeros))),
        (facts, changed(indicator=(young,)), Past((), Vintages.of([("2024-01", (REG,), cells_of_a_month)]))),
        (facts, changed(indicator=(young,)), Past((), Vintages.of([("2024-01", (REG,), one_less)]))),
        (with_two_deadlines(facts), france, PAST),
        (replace(facts, aggregates=one_total), france, PAST),
        (replace(facts, aggregates=one_total), changed(indicator=(young,)), Past((), Vintages.of(DELIVERIES))),
    ]


def with_two_deadlines(facts: Facts) -> Facts:
    """45 days for January 2024 and before, 40 since."""
    first, *_ = facts.transmission.deadline
    deadlines = (
        first.model_copy(update={"days_after_end": 45, "valid_to": "2024-01"}),
        first.model_copy(update={"valid_from": "2024-02"}),
    )
    return replace(facts, transmission=facts.transmission.model_copy(update={"deadline": deadlines}))


def invented(facts: Facts) -> str:
    """A language in which each phrase is its own name and its values."""
    english = tomllib.loads((ROOT / "codelists/languages/en.toml").read_text("utf-8"))

    def own(table: str) -> str:
        lines = []
        for name, phrase in english[table].items():
            fields = "".join(f" {{{field}}}" for _, field, _, _ in Formatter().parse(phrase) if field)
            lines.append(f"{name} = {json.dumps(f'‹{name}{fields}›', ensure_ascii=False)}")
        return "\n".join([f"[{table}]", *lines])

    months = json.dumps([f"m{n}" for n in range(1, 13)])
    head = (
        f'id = "qq"\nname = "Q"\nmonths = {months}\ndate = "{{year}}/{{month}}/{{day}}"\nmonth = "{{year}}/{{month}}"\n'
    )
    head += 'time = "{hour}.{minute}"\ndecimal = ","\nthousands = ""\njoin = "; "\nlast_join = " & "\nordinals = []\n'
    return "\n".join([head, own("phrases"), own("page")])


def test_a_third_language_is_data_alone(tmp_path: Path, facts: Facts) -> None:
    folder = tmp_path / "codelists" / "languages"
    folder.mkdir(parents=True)
    (folder / "qq.toml").write_text(invented(facts), "utf-8")
    overlaid = load(tmp_path)
    found = values(overlaid, overlaid.country("FR"), overlaid.languages["qq"], PAST)
    assert found["latest"] == "2024/m5"
    assert found["completeness"] == "‹completeness_many 7 5058 5051›"
    assert found["revision_policy.registrations"] == "‹revision_policy_many 2. 3.›"
    assert found["scope"] == "‹range B N›; ‹range P R›; 95 & 96"
    assert found["indicators"] == "‹in_sentence Business registrations› & ‹in_sentence Business bankruptcies›"
    assert found["release.registrations"] == "‹release_about_at ‹days_many 14› 8.45 Europe/Paris›"
    for name, text in found.items():
        if name.startswith(COMPUTED):  # no word of another language: what is not a name is a phrase or a figure
            left = re.sub(r"‹\w+|Business (registrations|bankruptcies)|2024/m[0-9]+", "", text)
            assert not re.search(r"[a-z]", left), (name, text)


def test_a_language_without_a_phrase_is_named(facts: Facts, france: CountryFacts) -> None:
    english = facts.languages["en"]
    lacking = english.model_copy(update={"phrases": {k: v for k, v in english.phrases.items() if k != "late_item"}})
    with pytest.raises(FactsError, match=r"codelists/languages/en\.toml phrases\.late_item: this phrase is missing"):
        values(facts, france, lacking, PAST)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: re.sub(r"(?m)^late = .*\n", "", text), "phrases.late: this phrase is missing; en.toml has it."),
        (lambda text: text.replace("[phrases]", '[phrases]\nlater = ""'), "phrases.later: en.toml has no such phrase."),
        (
            lambda text: text.replace("{month} ({days}", "{mois} ({days}"),
            "phrases.late_item: the values in braces differ",
        ),
    ],
)
def test_languages_have_the_same_phrases(tmp_path: Path, change: Callable[[str], str], words: str) -> None:
    folder = tmp_path / "codelists" / "languages"
    folder.mkdir(parents=True)
    text = (ROOT / "codelists/languages/fr.toml").read_text("utf-8")
    assert change(text) != text
    (folder / "fr.toml").write_text(change(text), "utf-8")
    with pytest.raises(FactsError) as raised:
        _ = load(tmp_path).languages
    assert f"codelists/languages/fr.toml {words}" in str(raised.value)


def test_a_delivery_without_a_value(facts: Facts, france: CountryFacts) -> None:
    """An observation that says that there is no value is one; of a month before the first nothing is expected."""
    past = Past((), Vintages.of([("1989-12", BOTH, {cell(REG, "1989-12"): (None, "O")})]))
    found = values(facts, france, facts.languages["en"], past)
    assert found["completeness"] == "The newest delivery holds 0 of 0 expected values; none is missing."
    assert cells(found["coverage.table"])[1] == ["Business registrations", "–", "1", "0"]
    assert found["period_covered.registrations"] == "–"


def test_another_country_with_one_indicator_and_no_weights(tmp_path: Path) -> None:
    shutil.copytree(COUNTRIES / "codelists", tmp_path / "codelists")
    facts = load(tmp_path)
    greece, language = facts.country("EL"), facts.languages["en"]
    past = Past(
        [sent("2024-05_01", "2024-07-08", REG)],
        Vintages.of([("2024-05", (REG,), {cell(REG, "2024-05"): (5, "E"), cell(REG, "2024-04"): (4, "E")})]),
    )
    found = values(facts, greece, language, past)
    expected = {
        "country": "Greece",
        "indicators": "business registrations",
        "weights": "no weights",
        "territory.registrations": "the whole territory of Greece",
        "territory.common": "the whole territory of Greece",
        "territory.excluded": "no other area",
        "release.registrations": "No rule is laid down for the day of the national release.",
        "cautions.registrations": "There is nothing in particular to bear in mind when reading the series.",
        "period_covered.registrations": "April 2024 to May 2024",
        "completeness": "The newest delivery holds 2 of 153 expected values; 151 are missing.",  # 9 × 17 months
        "punctuality": "The only monthly delivery so far was sent by M+40: at M+38.",
        "timeliness": "1 monthly delivery was sent, 38 days after the end of its reference month.",
    }
    assert {name: found[name] for name in expected} == expected
    assert not [name for name in found if "bankruptcies" in name or name.startswith("meta.")]


def test_one_area_of_several_is_no_whole(facts: Facts, france: CountryFacts) -> None:
    own = france.indicator(REG).model_copy(update={"territory": ("971",)})
    country = france.country.model_copy(update={"indicator": (own, france.indicator(BKRT))})
    found = values(facts, replace(france, country=country), facts.languages["en"], PAST)
    assert found["territory.registrations"] == found["territory.common"] == "Guadeloupe"


# ------------------------------------------------------------------------------------------- what could be taken for markup


def shown(markdown: str) -> str:
    """A paragraph of nothing but text, as it is read."""
    (block,) = to_rich(markdown)
    assert block.tag == "p"
    assert all(isinstance(node, str) for node in block.children)
    return plain((block,))


@given(st.text(st.sampled_from("ab1 .)#>+-=*_`~^[](){}<>|&!\\;:é\n\t\u00a0\"'")))
@example("1. a")
@example("10) a")
@example("- a")
@example("===")
@example("a_b_c __d__")
@example("&amp; &#35; a & b")
@example("<b>http://x</b>")
@example("| a | b |")
def test_text_of_the_facts_is_never_markup(text: str) -> None:
    words = re.sub("[ \n\t]+", " ", text).strip()
    if words:
        assert shown(escaped(text)) == words
        assert shown(f"Before {escaped(text)}") == f"Before {words}"
        assert plain(to_rich(table(["Head"], [[escaped(text)]]))) == f"Head\n{words}"
        assert plain(to_rich(bullets([escaped(text)]))) == f"- {words}"


def test_what_needs_no_escape_has_none() -> None:
    for text in ("STSRB_REG_M", "B-S_X_O_S94", "M+40", "R&D", "1,341", "L'an 2000 (fin) : a/b", "snake_case"):
        assert escaped(text) == text


def test_names_of_a_country_are_no_markup(facts: Facts, france: CountryFacts) -> None:
    first = france.indicator(REG).model_copy(update={"producer": "*A* | [B](http://c) <i>"})
    changed = france.country.model_copy(update={"indicator": (first,), "name": {"en": "1. Land"}})
    found = values(facts, replace(france, country=changed), facts.languages["en"], PAST)
    assert shown(found["producer.registrations"]) == "*A* | [B](http://c) <i>"
    assert shown(found["country"]) == "1. Land"


def test_tables_lists_and_links() -> None:
    assert table(["a", "b"], [["x", "1"]], numbers=1) == "| a | b |\n| --- | ---: |\n| x | 1 |"
    (block,) = to_rich(table(["a"], [[escaped("x | y")]]))
    assert (block.tag, plain((block,))) == ("table", "a\nx | y")
    assert bullets(["a", "b"]) == "- a\n- b"
    assert link("a", "http://x/y") == "[a](http://x/y)"
    assert link("a", "http://x/(y) <z>") == "[a](<http://x/(y)%20%3Cz%3E>)"
