"""A file against what was sent before it: series, cells, revisions, statuses, the day; each fault alone."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import mutation as kit
import pytest
from content_support import LEVELS, Values, about, key, only, registrations, rows_of, shown, steady, verdicts

from pipeline.checks.content import About, Earlier, Row, content
from pipeline.checks.heading import prepared_day
from pipeline.checks.revisions import AGAINST_BEFORE, past_revisions
from pipeline.facts import CountryFacts, Facts
from pipeline.facts.models import Break
from pipeline.findings import Verdict
from pipeline.period import Period
from pipeline.tables import Identity
from pipeline.validate import Asked, Candidate, validate
from pipeline.vintages import Vintages

PARTS = tuple(LEVELS)
MARCH, APRIL, MAY = "2024-03", "2024-04", "2024-05"


def upto(values: Values, month: str) -> Values:
    return {cell: value for cell, value in values.items() if cell[1] <= month}


def number(values: Values, aggregate: str, month: str) -> int:
    return int(values[aggregate, month] or 0)


def revised(values: Values, aggregate: str, month: str, factor: float) -> Values:
    """With another value, and the total that follows from it."""
    new = {**values, (aggregate, month): round(number(values, aggregate, month) * factor)}
    return {**new, ("TOTAL", month): sum(number(new, part, month) for part in PARTS)}


def said(values: Values) -> dict[Identity, tuple[int | None, str]]:
    """What a delivery of these values publishes, its two newest months provisional."""
    newest = sorted({month for _, month in values})[-2:]
    return {
        Identity("registrations", "FR", "N", "M", aggregate, month, "count"): (
            None if value is None else int(value),
            "P" if month in newest else "A",
        )
        for (aggregate, month), value in values.items()
    }


def history(*deliveries: Values) -> Vintages:
    """Deliveries that were sent, each for its newest month."""
    return Vintages.of((max(month for _, month in one), ["registrations"], said(one)) for one in deliveries)


def after(*deliveries: Values) -> Earlier:
    return Earlier.of(history(*deliveries), "registrations")


def name(month: str) -> str:
    return f"STSRB_REG_M_FR_{month[:4]}_00{month[5:]}.xml"


def of_country(
    facts: Facts,
    rows: Sequence[Row],
    earlier: Earlier | None,
    breaks: Sequence[tuple[str, tuple[str, ...]]] = (),
    policy: Mapping[str, Any] | None = None,
    **about_: object,
) -> dict[str, Verdict]:
    """The verdicts under facts of the country with declared breaks and another revision policy."""
    country = facts.country("FR")
    fact: dict[str, Any] = {"reference": "a test", "evidence": "inferred", "checked": dt.date(2024, 7, 5)}
    declared = tuple(Break(indicator="registrations", period=p, aggregates=a, **fact) for p, a in breaks)
    indicators = tuple(
        one.model_copy(update={"revision": tuple(r.model_copy(update=policy or {}) for r in one.revision)})
        for one in country.country.indicator
    )
    changed: CountryFacts = replace(
        country, country=country.country.model_copy(update={"break_": declared, "indicator": indicators})
    )
    what: About = about(facts, rows, **about_)
    return {v.rule: v for v in content(rows, registrations(facts), facts, changed, what, earlier)}


# --- where the delivery before comes from


def test_nothing_was_sent_before(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()), Earlier.of(Vintages(), "registrations"))
    assert shown(facts, found) == []
    rules = {*AGAINST_BEFORE, "same-file", "old-file", "indicators-swapped", "status-by-history"}
    assert {found[rule].unchecked for rule in rules - {"revision-large"}} == {"nothing was sent before"}
    assert found["revision-large"].unchecked == "nothing was sent before"
    assert found["status-policy"].checked == 9 * 77


def test_without_a_delivery_before_each_rule_says_so(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()))
    assert {found[rule].unchecked for rule in AGAINST_BEFORE} == {"no previous delivery given (--previous)"}
    assert found["status-by-history"].unchecked == "needs all deliveries that were sent, as `ebs deliver` knows them"


def test_what_only_another_indicator_has_sent_is_nothing(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()), Earlier.of(history(upto(steady(), APRIL)), "bankruptcies"))
    assert found["series-new"].unchecked == "nothing was sent before"


def test_a_clean_month_after_the_other_is_silent(facts: Facts) -> None:
    now, april = steady(), upto(steady(), APRIL)
    for earlier in (Earlier(rows_of(facts, april)), after(april), after(upto(now, MARCH), april)):
        found = verdicts(facts, rows_of(facts, now), earlier)
        assert shown(facts, found) == []
        assert {rule for rule in AGAINST_BEFORE if found[rule].outcome != "holds"} <= {"revision-large"}
        assert found["revised"].checked == 9 * 76


@pytest.mark.parametrize(
    "change",
    [
        lambda values: {cell: value for cell, value in values.items() if cell[0] != "J"},
        lambda values: {cell: value for cell, value in values.items() if cell[1] >= "2018-07"},
        lambda values: revised(values, "J", "2023-11", 1.1),
        lambda values: revised(values, "J", APRIL, 1.1),
        lambda values: {**values, ("J", "2020-03"): None},
    ],
    ids=["series", "history", "definitive", "provisional", "vanished"],
)
def test_a_file_before_and_a_history_of_one_delivery_say_the_same(facts: Facts, change: Any) -> None:
    """`ebs validate --previous` and `ebs deliver` are one implementation, in both directions of a change."""
    directions = []
    for before, now in (
        (upto(steady(), APRIL), change(steady())),
        (change(upto(steady(), APRIL)), steady()),
    ):
        rows = [replace(row, status="O") if row.value is None else row for row in rows_of(facts, now)]
        told = [
            {rule: verdicts(facts, rows, earlier)[rule].findings for rule in AGAINST_BEFORE}
            for earlier in (Earlier(rows_of(facts, before)), after(before))
        ]
        assert told[0] == told[1]
        directions.append(any(told[0].values()))
    assert any(directions)


# --- series


def test_a_series_that_is_new(facts: Facts) -> None:
    before = {cell: value for cell, value in upto(steady(), APRIL).items() if cell[0] != "J"}
    found = only(facts, verdicts(facts, rows_of(facts, steady()), Earlier(rows_of(facts, before))), "series-new")
    assert found.message == "J: the series was not in the delivery before; now it has 2018-01 to 2024-05."
    assert (found.series, found.line) == (key("J"), 405)


def test_a_series_that_is_gone_is_told_once_as_the_missing_aggregate(facts: Facts) -> None:
    now = {cell: value for cell, value in steady().items() if cell[0] != "J"}
    found = verdicts(facts, rows_of(facts, now), Earlier(rows_of(facts, upto(steady(), APRIL))))
    assert only(facts, found, "coverage").component == "J"
    assert found["series-gone"].findings == ()
    assert found["vanished-cell"].findings == ()


def test_a_series_outside_the_regulation_that_is_gone(facts: Facts) -> None:
    before = rows_of(facts, upto(steady(), APRIL))
    outside = [replace(row, series=key("O"), aggregate="") for row in before if row.aggregate == "J"]
    found = only(facts, verdicts(facts, rows_of(facts, steady()), Earlier([*before, *outside])), "series-gone")
    assert found.message == "M.FR.N.BURE.O._Z was in the delivery before and is not in the file."


def test_another_transmission_code_makes_no_series_new_or_gone(facts: Facts) -> None:
    before = [replace(row, series=row.series.replace(".J.", ".J58_J63.")) for row in rows_of(facts, steady())]
    found = verdicts(facts, rows_of(facts, steady()), Earlier(before))
    assert (found["series-new"].outcome, found["series-gone"].outcome) == ("holds", "holds")


def test_a_history_that_is_shorter_is_told_once(facts: Facts) -> None:
    now = {cell: value for cell, value in steady().items() if cell[1] >= "2019-03"}
    earlier = Earlier(rows_of(facts, upto(steady(), APRIL)))
    found = only(facts, verdicts(facts, rows_of(facts, now), earlier, begin=Period.parse("2019-03")), "history-shorter")
    assert found.message == (
        "the file begins in 2019-03, the delivery before began in 2018-01: 14 months are not sent any more; Eurostat "
        "keeps what it has of them."
    )
    assert (found.value, found.expected) == ("2019-03", "2018-01 or earlier")


def test_a_longer_history_is_fine(facts: Facts) -> None:
    before = {cell: value for cell, value in upto(steady(), APRIL).items() if cell[1] >= "2019-03"}
    assert shown(facts, verdicts(facts, rows_of(facts, steady()), Earlier(rows_of(facts, before)))) == []


# --- cells


def test_a_value_that_has_become_none(facts: Facts) -> None:
    gone = {("J", "2019-03"), ("J", "2020-11")}
    rows = [
        replace(row, value=None, status="O") if (row.aggregate, str(row.period)) in gone else row
        for row in rows_of(facts, steady())
    ]
    values = steady()
    found = only(facts, verdicts(facts, rows, Earlier(rows_of(facts, upto(values, APRIL)))), "vanished-cell")
    assert found.message == (
        f"J: 2 values that were sent are without a value now: 2019-03 ({number(values, 'J', '2019-03'):,}), "
        f"2020-11 ({number(values, 'J', '2020-11'):,})."
    )
    assert (found.series, found.period, found.component) == (key("J"), "2019-03", "OBS_VALUE")
    assert (found.line, found.value) == (405 + 14, "2019-03 to 2020-11: 2")


def test_what_had_no_value_before_cannot_vanish(facts: Facts) -> None:
    def blank(values: Values) -> list[Row]:
        return [
            replace(row, value=None, status="O") if str(row.period) == "2019-03" else row
            for row in rows_of(facts, values)
        ]

    found = verdicts(facts, blank(steady()), Earlier(blank(upto(steady(), APRIL))))
    assert found["vanished-cell"].findings == ()
    assert found["vanished-cell"].checked == 9 * 75


def test_a_value_that_cannot_be_read_has_not_vanished(facts: Facts) -> None:
    """That it is no number is told where it stands."""
    rows = [
        replace(row, value=None) if (row.aggregate, str(row.period)) == ("J", "2019-03") else row
        for row in rows_of(facts, steady())
    ]
    found = verdicts(facts, rows, Earlier(rows_of(facts, upto(steady(), APRIL))))
    assert found["vanished-cell"].findings == ()


def test_the_newest_month_of_the_delivery_before_is_gone(facts: Facts) -> None:
    """A file that ends earlier and is no old one: March has been revised since."""
    march = revised(upto(steady(), MARCH), "J", MARCH, 1.01)
    found = verdicts(
        facts,
        rows_of(facts, march),
        Earlier(rows_of(facts, upto(steady(), APRIL))),
        prepared=dt.date(2024, 5, 7),
        today=dt.date(2024, 5, 7),
        end=Period.parse(MARCH),
        name=name(MARCH),
    )
    assert {f.rule for f in shown(facts, found)} == {"vanished-cell"}
    assert len(found["vanished-cell"].findings) == 9
    total = number(steady(), "TOTAL", APRIL)
    assert found["vanished-cell"].findings[-1].message == (
        f"TOTAL: 1 value that was sent is not in the file any more: 2024-04 ({total:,})."
    )


def test_a_hole_is_told_by_gap_and_by_no_other_rule(facts: Facts) -> None:
    rows = [r for r in rows_of(facts, steady()) if (r.aggregate, str(r.period)) != ("J", "2020-03")]
    found = verdicts(facts, rows, Earlier(rows_of(facts, upto(steady(), APRIL))))
    assert shown(facts, found) == []  # `gap` is a rule of form


# --- revisions


def test_what_is_revised_is_said_by_month(facts: Facts) -> None:
    before = revised(revised(upto(steady(), APRIL), "J", APRIL, 0.9), "F", MARCH, 1.05)
    found = verdicts(facts, rows_of(facts, steady()), Earlier(rows_of(facts, before)))
    march, april = found["revised"].findings
    was, now = number(before, "TOTAL", APRIL), number(steady(), "TOTAL", APRIL)
    assert april.message == (
        f"2024-04: 2 aggregates are revised; TOTAL {was:,} to {now:,} ({100 * (now - was) / was:+.1f} %), 1 month old."
    )
    assert (april.value, april.expected, april.period) == (str(now), "", APRIL)
    assert march.message.endswith(", 2 months old.")
    assert shown(facts, found) == []  # both were provisional


def test_revisions_that_leave_the_total_alone(facts: Facts) -> None:
    april = upto(steady(), APRIL)
    before = {**april, ("J", APRIL): number(april, "J", APRIL) - 5, ("F", APRIL): number(april, "F", APRIL) + 5}
    (found,) = verdicts(facts, rows_of(facts, steady()), Earlier(rows_of(facts, before)))["revised"].findings
    assert found.message == "2024-04: 2 aggregates are revised; TOTAL unchanged, 1 month old."
    assert found.value == str(number(april, "F", APRIL))


def test_a_definitive_value_is_revised(facts: Facts) -> None:
    before = {**upto(steady(), APRIL), ("J", "2023-11"): 5000}
    before["TOTAL", "2023-11"] = sum(number(before, part, "2023-11") for part in PARTS)
    now = {**steady(), ("J", "2023-11"): 5100}
    now["TOTAL", "2023-11"] = sum(number(now, part, "2023-11") for part in PARTS)
    found = only(facts, verdicts(facts, rows_of(facts, now), Earlier(rows_of(facts, before))), "definitive-revised")
    assert found.message == "J 2023-11 was definitive and is revised from 5,000 to 5,100 (+2.0 %), 6 months old."
    assert (found.series, found.period, found.value, found.expected) == (key("J"), "2023-11", "5100", "5000")


@pytest.mark.parametrize(("percent", "told"), [(1.9, 1), (2.0, 0), (5.0, 0)])
def test_the_policy_may_allow_small_revisions_of_definitive_values(facts: Facts, percent: float, told: int) -> None:
    before = {**upto(steady(), APRIL), ("J", "2023-11"): 5000}
    now = {**steady(), ("J", "2023-11"): 5100}
    for values in (before, now):
        values["TOTAL", "2023-11"] = sum(number(values, part, "2023-11") for part in PARTS)
    policy = {"definitive_percent": percent}
    found = of_country(facts, rows_of(facts, now), Earlier(rows_of(facts, before)), policy=policy)
    assert [f.expected for f in found["definitive-revised"].findings] == ["5000 within 1.9 %"] * told


@pytest.mark.parametrize(
    ("month", "status", "told"),
    [
        ("2024-02", "A", True),  # published for the third time in the delivery of April
        ("2024-02", "P", False),  # definitive by policy, but it said that it was not
        (MARCH, "A", False),  # it said definitive, but the policy did not
        (APRIL, "P", False),
    ],
)
def test_definitive_is_what_status_and_policy_call_so(facts: Facts, month: str, status: str, told: bool) -> None:
    before = [
        replace(row, status=status) if str(row.period) == month else row
        for row in rows_of(facts, upto(steady(), APRIL))
    ]
    found = verdicts(facts, rows_of(facts, revised(steady(), "J", month, 1.02)), Earlier(before))
    assert bool(found["definitive-revised"].findings) is told


def test_definitive_counts_publications_where_they_are_known(facts: Facts) -> None:
    """February was sent in March's delivery and in April's: twice, so it is provisional, whatever its age.

    The delivery of February itself was skipped; by its age (third publication in April) it would be definitive.
    """
    sent = [("2024-01", upto(steady(), "2024-01")), (MARCH, upto(steady(), MARCH)), (APRIL, upto(steady(), APRIL))]
    vintages = Vintages.of((month, ["registrations"], said(values)) for month, values in sent)
    now = revised(steady(), "J", "2024-02", 1.02)
    assert verdicts(facts, rows_of(facts, now), Earlier(rows_of(facts, sent[-1][1])))["definitive-revised"].findings
    assert not verdicts(facts, rows_of(facts, now), Earlier.of(vintages, "registrations"))[
        "definitive-revised"
    ].findings


def test_a_value_from_nothing(facts: Facts) -> None:
    before = {**upto(steady(), APRIL), ("J", "2020-03"): 0}
    before["TOTAL", "2020-03"] = sum(number(before, part, "2020-03") for part in PARTS)
    found = only(
        facts, verdicts(facts, rows_of(facts, steady()), Earlier(rows_of(facts, before))), "definitive-revised"
    )
    assert "from 0 to " in found.message
    assert "(from nothing), 50 months old." in found.message


def test_a_month_that_does_not_add_up_is_no_revision(facts: Facts) -> None:
    now = {**steady(), ("J", "2020-03"): number(steady(), "J", "2020-03") + 9}
    found = verdicts(facts, rows_of(facts, now), Earlier(rows_of(facts, upto(steady(), APRIL))))
    assert only(facts, found, "additivity").period == "2020-03"
    assert found["revised"].findings == ()


# --- larger than the indicator's own revisions


def settling(months: int, share: float = 0.98) -> tuple[list[Values], Values]:
    """Deliveries of so many months up to April in which the newest month lacks 2 %, and the values of May's."""
    values = steady()
    found = []
    for back in range(months - 1, -1, -1):
        month = str(Period.parse(APRIL) + -back)
        one = upto(values, month)
        for part in PARTS:
            one = revised(one, part, month, share)
        found.append(one)
    return found, values


def test_usual_revisions_are_silent(facts: Facts) -> None:
    sent, now = settling(6)
    found = verdicts(facts, rows_of(facts, now), after(*sent))
    assert found["revision-large"].outcome == "holds"
    assert found["revision-large"].checked == 9
    assert found["revision-large"].unchecked == ""
    assert shown(facts, found) == []


def test_a_revision_larger_than_usual(facts: Facts) -> None:
    sent, now = settling(6)
    found = only(facts, verdicts(facts, rows_of(facts, revised(now, "J", APRIL, 1.15)), after(*sent)), "revision-large")
    was, is_ = number(sent[-1], "J", APRIL), round(number(now, "J", APRIL) * 1.15)
    assert found.message.startswith(
        f"J 2024-04 is revised from {was:,} to {is_:,} ({100 * (is_ - was) / was:+.1f} %), 1 month old; "
        "usual at this age is +2.0 % ("
    )
    assert (found.series, found.period, found.value, found.expected) == (key("J"), APRIL, str(is_), str(was))


def test_no_revision_where_one_is_usual_is_not_large(facts: Facts) -> None:
    sent, now = settling(6)
    same = {**now, **{cell: value for cell, value in sent[-1].items() if cell[1] == APRIL}}
    assert verdicts(facts, rows_of(facts, same), after(*sent))["revision-large"].findings == ()


def test_too_few_past_revisions(facts: Facts) -> None:
    sent, now = settling(2)
    found = verdicts(facts, rows_of(facts, now), after(*sent))["revision-large"]
    assert (found.outcome, found.unchecked) == ("unchecked", "fewer than 24 past revisions are known of age 1")
    found = verdicts(facts, rows_of(facts, now), Earlier(rows_of(facts, sent[-1])))["revision-large"]
    assert found.unchecked == "needs all deliveries that were sent, as `ebs deliver` knows them"


def test_past_revisions_by_age_with_the_zeros() -> None:
    def one(period: str, value: int) -> dict[Identity, tuple[int | None, str]]:
        return {Identity("registrations", "FR", "N", "M", "J", period, "count"): (value, "P")}

    vintages = Vintages.of(
        [
            ("2024-01", ["registrations"], one("2024-01", 200)),
            ("2024-02", ["registrations"], one("2024-01", 210) | one("2024-02", 0)),
            ("2024-03", ["registrations"], one("2024-01", 210) | one("2024-02", 50)),
            ("2024-04", ["registrations"], one("2024-01", 105) | one("2024-02", 50)),
        ]
    )
    assert past_revisions(vintages, "registrations", 2) == {1: (5.0,), 2: (0.0, -50.0, 0.0)}


def test_one_cell_is_told_by_one_rule(facts: Facts) -> None:
    """A definitive value revised by a third, which is also large, and makes its month odd."""
    sent, now = settling(6)
    found = verdicts(facts, rows_of(facts, revised(now, "J", "2023-06", 1.5)), after(*sent))
    assert only(facts, found, "definitive-revised").period == "2023-06"


# --- a declared break


def test_a_break_explains_revisions_of_what_lies_before_it(facts: Facts) -> None:
    now = revised(revised(steady(), "J", "2023-11", 1.1), "F", "2023-11", 1.1)
    earlier = Earlier(rows_of(facts, upto(steady(), APRIL)))

    def told(*breaks: tuple[str, tuple[str, ...]]) -> list[str]:
        found = of_country(facts, rows_of(facts, now), earlier, breaks)
        return [f.series for f in found["definitive-revised"].findings]

    assert told() == [key("F"), key("J")]
    assert told((MAY, ("J",))) == [key("F")]
    assert told((MAY, ("F", "J"))) == []
    assert told((MAY, ())) == []
    assert told((APRIL, ())) == [key("F"), key("J")]  # the delivery of April had it already
    assert told(("2024-06", ())) == [key("F"), key("J")]  # this delivery has not


def test_what_is_not_judged_because_of_a_break_is_said(facts: Facts) -> None:
    now = revised(steady(), "J", "2023-11", 1.1)
    found = of_country(facts, rows_of(facts, now), Earlier(rows_of(facts, upto(steady(), APRIL))), [(MAY, ("J",))])
    verdict = found["definitive-revised"]
    assert (verdict.outcome, verdict.unchecked) == ("holds", "1 revision not judged: a declared break explains it")
    assert len(found["revised"].findings) == 1  # it is said all the same


def test_a_break_explains_nothing_from_its_own_period_on(facts: Facts) -> None:
    sent = [upto(steady(), month) for month in ("2024-01", "2024-02")]
    now = revised(upto(steady(), MAY), "J", "2023-11", 1.1)
    found = of_country(facts, rows_of(facts, now), after(*sent), [(MARCH, ("J",))])
    assert found["definitive-revised"].findings == ()
    found = of_country(facts, rows_of(facts, now), after(*sent), [("2023-11", ("J",))])
    assert len(found["definitive-revised"].findings) == 1


def test_a_break_explains_large_revisions_as_well(facts: Facts) -> None:
    sent, now = settling(6)
    rows = rows_of(facts, revised(now, "J", APRIL, 1.15))
    found = of_country(facts, rows, after(*sent), [(MAY, ("J",))])["revision-large"]
    assert (found.findings, found.checked) == ((), 7)  # neither J nor the total
    assert found.unchecked == "1 revision not judged: a declared break explains it"


def test_a_break_explains_no_value_that_has_vanished(facts: Facts) -> None:
    rows = [
        replace(row, value=None, status="O") if (row.aggregate, str(row.period)) == ("J", "2019-03") else row
        for row in rows_of(facts, steady())
    ]
    found = of_country(facts, rows, Earlier(rows_of(facts, upto(steady(), APRIL))), [(MAY, ())])
    assert len(found["vanished-cell"].findings) == 1


def test_a_level_that_moves_with_a_declared_break_is_not_odd(facts: Facts) -> None:
    rows = rows_of(facts, revised(steady(), "J", MAY, 2))
    assert {f.rule for f in shown(facts, of_country(facts, rows, None))} == {"month-on-month"}
    assert shown(facts, of_country(facts, rows, None, [(MAY, ("J", "TOTAL"))])) == []
    assert {f.series for f in shown(facts, of_country(facts, rows, None, [(MAY, ("F",))]))} == {key("J")}


def test_all_levels_that_move_with_a_declared_break_are_not_odd(facts: Facts) -> None:
    values = steady()
    for part in PARTS:
        values = revised(values, part, MAY, 1.5)
    rows = rows_of(facts, values)
    assert {f.rule for f in shown(facts, of_country(facts, rows, None))} == {"same-factor"}
    found = of_country(facts, rows, None, [(MAY, ())])
    assert shown(facts, found) == []
    assert found["same-factor"].unchecked == "a break of all sectors is declared in 2024-05"


# --- statuses


def with_status(rows: Sequence[Row], month: str, status: str, *aggregates: str) -> list[Row]:
    return [
        replace(row, status=status)
        if str(row.period) == month and (not aggregates or row.aggregate in aggregates)
        else row
        for row in rows
    ]


def test_a_month_that_is_not_provisional_in_any_aggregate_is_told_once(facts: Facts) -> None:
    found = only(facts, verdicts(facts, with_status(rows_of(facts, steady()), MAY, "A")), "status-policy")
    assert found.message == (
        "2024-05: all 9 aggregates have OBS_STATUS 'A'; expected is 'P': by its age this is publication 1 of the month, "
        "and values are provisional in 2."
    )
    assert (found.series, found.period, found.component) == ("", MAY, "OBS_STATUS")
    assert (found.value, found.expected) == ("A", "P")


def test_a_series_that_is_still_provisional(facts: Facts) -> None:
    found = only(facts, verdicts(facts, with_status(rows_of(facts, steady()), MARCH, "P", "J")), "status-policy")
    assert found.message == (
        "J 2024-03 has OBS_STATUS 'P'; expected is 'A': by its age this is publication 3 of the month, and values are "
        "provisional in 2."
    )
    assert (found.series, found.line) == (key("J"), 405 + 74)


@pytest.mark.parametrize("status", ["E", "B", "F", "W"])
def test_a_status_that_hides_provisional_is_not_judged(facts: Facts, status: str) -> None:
    rows = with_status(with_status(rows_of(facts, steady()), MAY, status), "2020-03", status)
    found = verdicts(facts, rows)["status-policy"]
    assert (found.findings, found.checked) == ((), 9 * 75)


def test_a_weaker_status_is_not_provisional(facts: Facts) -> None:
    """N comes after P in the hierarchy: a provisional value would say P."""
    assert verdicts(facts, with_status(rows_of(facts, steady()), MAY, "N"))["status-policy"].findings[0].value == "N"
    assert not verdicts(facts, with_status(rows_of(facts, steady()), "2020-03", "N"))["status-policy"].findings


def test_the_policy_in_force_decides(facts: Facts) -> None:
    rows = rows_of(facts, steady())
    found = of_country(facts, rows, None, policy={"provisional_publications": 1})["status-policy"]
    assert [(f.period, f.value, f.expected) for f in found.findings] == [(APRIL, "P", "A")]
    found = of_country(facts, rows, None, policy={"provisional_publications": 0})["status-policy"]
    assert [f.period for f in found.findings] == [APRIL, MAY]


def test_publications_count_where_the_history_reaches_back(facts: Facts) -> None:
    """April was skipped: May's delivery publishes March for the second time, April for the first."""
    sent = after(upto(steady(), "2024-02"), upto(steady(), MARCH))
    by_age = rows_of(facts, steady())
    found = verdicts(facts, by_age, sent)
    assert only(facts, found, "status-policy").message == (
        "2024-03: all 9 aggregates have OBS_STATUS 'A'; expected is 'P': by what was sent before this is publication 2 of "
        "the month, and values are provisional in 2."
    )
    found = verdicts(facts, with_status(by_age, MARCH, "P"), sent)
    assert shown(facts, found) == []
    (said_,) = found["status-by-history"].findings
    assert said_.message == (
        "registrations: by what was sent before, not by the age, provisional is 2024-03 (publication 2, 2 months old); "
        "values are provisional in 2 publications."
    )


def test_where_the_history_does_not_reach_back_the_age_decides(facts: Facts) -> None:
    """Only April's delivery is known: that it is March's second publication, nobody can say."""
    found = verdicts(facts, rows_of(facts, steady()), after(upto(steady(), APRIL)))
    assert found["status-policy"].outcome == "holds"
    assert found["status-by-history"].outcome == "holds"


def test_a_file_that_announces_another_month_is_not_judged_by_either(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()), end=Period.parse("2024-06"))
    assert found["status-policy"].unchecked.startswith("the header announces 2024-06 and the file ends in 2024-05")


# --- the day


@pytest.mark.parametrize(
    ("prepared", "late"),
    [
        (dt.date(2024, 7, 5), ""),
        (dt.date(2024, 7, 10), ""),
        (dt.date(2024, 7, 11), "2024-05 was due on 2024-07-10; the file was prepared on 2024-07-11, 1 day late."),
        (dt.date(2024, 8, 9), "2024-05 was due on 2024-07-10; the file was prepared on 2024-08-09, 30 days late."),
    ],
)
def test_prepared_after_the_deadline(facts: Facts, prepared: dt.date, late: str) -> None:
    found = verdicts(facts, rows_of(facts, steady()), prepared=prepared, today=dt.date(2024, 8, 20))
    assert [f.message for f in found["deadline"].findings] == ([late] if late else [])
    if late:
        assert facts.rules["deadline"].severity == "warning"
        assert (found["deadline"].findings[0].line, found["deadline"].findings[0].component) == (7, "Prepared")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-07-10T23:30:00+00:00", 11),  # the 10th in Greenwich
        ("2024-07-10T19:00:00-04:00", 11),  # the 10th in Guadeloupe
        ("2024-07-11T01:00:00+04:00", 10),  # the 11th in La Réunion
        ("2024-07-10T21:59:59Z", 10),
        ("2024-07-10T23:30:00", 10),  # of no zone
        ("2024-07-10", 10),
        ("2024-07-10T24:00:00", 11),
    ],
)
def test_the_day_is_that_of_the_time_zone_of_the_deadline(facts: Facts, text: str, day: int) -> None:
    assert prepared_day(text, ZoneInfo(facts.transmission.working_days.zone)) == dt.date(2024, 7, day)


def test_a_deadline_on_a_sunday_is_the_monday_after(facts: Facts) -> None:
    """The month of April 2024 is due 40 days after its end, on Sunday 9 June."""
    april = rows_of(facts, upto(steady(), APRIL))

    def told(day: int) -> tuple[bool, list[str]]:
        on = dt.date(2024, 6, day)
        found = verdicts(facts, april, prepared=on, today=on, end=Period.parse(APRIL), name=name(APRIL))
        return bool(found["deadline"].findings), [f.message for f in found["days-left"].findings]

    assert told(8) == (False, ["2024-04 is due on 2024-06-10: 2 days left."])
    assert told(9) == (False, ["2024-04 is due on 2024-06-10: 1 day left."])
    assert told(10) == (False, ["2024-04 is due on 2024-06-10: today."])
    assert told(11) == (True, [])


def test_a_late_file_is_told_once_and_can_be_sent(facts: Facts) -> None:
    """April in August, its header says so: complete, and late."""
    april = rows_of(facts, upto(steady(), APRIL))
    on = dt.date(2024, 8, 1)
    found = verdicts(facts, april, prepared=on, today=on, end=Period.parse(APRIL), name=name(APRIL))
    assert only(facts, found, "deadline").message.endswith(", 52 days late.")
    assert found["days-left"].unchecked == "2024-04 was due on 2024-06-10"


def test_a_correction_is_not_late(facts: Facts) -> None:
    day = dt.date(2024, 8, 1)
    rows = rows_of(facts, steady())
    before = Earlier(rows_of(facts, revised(steady(), "J", MAY, 0.99)))
    found = verdicts(facts, rows, before, prepared=day, today=day)
    assert found["deadline"].unchecked == "2024-05 was in the delivery before: this is a correction"


def test_without_a_header_nobody_knows_when_it_was_prepared(facts: Facts) -> None:
    found = verdicts(facts, rows_of(facts, steady()), prepared=None)
    assert found["deadline"].unchecked == "the header does not say when the file was prepared"
    assert found["days-left"].findings[0].value == "4"  # judged on 6 July


# --- a whole file


def test_a_file_against_the_history_with_lines_and_columns(facts: Facts) -> None:
    """As `ebs deliver` asks: bytes, and all that was sent."""
    counts = kit.steady()
    counts["J", "2023-11"] = int(str(counts["J", "2023-11"])) + 100
    counts[kit.TOTAL, "2023-11"] = int(str(counts[kit.TOTAL, "2023-11"])) + 100
    data = kit.regulation(counts).encode()
    asked = Asked(dt.date(2024, 7, 6), vintages=history(upto(steady(), MARCH), upto(steady(), APRIL)))
    found = validate([Candidate(kit.REGISTRATIONS, lambda: io.BytesIO(data))], facts, asked)
    (told,) = [f for f in found.all if facts.rules[f.rule].severity != "information"]
    assert told.rule == "definitive-revised"
    line = data.decode().splitlines()[(told.line or 0) - 1]
    assert 'TIME_PERIOD="2023-11"' in line
    assert told.value in line
    assert {f.rule for f in found.all} == {"definitive-revised", "revised", "days-left", "starts-later"}


def test_a_history_wins_over_a_file_before(facts: Facts) -> None:
    data = kit.regulation(kit.steady()).encode()
    other = kit.regulation({cell: int(str(value)) * 2 for cell, value in kit.steady().items()}).encode()
    before = (Candidate("before.xml", lambda: io.BytesIO(other)),)
    asked = Asked(dt.date(2024, 7, 6), previous=before, vintages=history(upto(steady(), APRIL)))
    found = validate([Candidate(kit.REGISTRATIONS, lambda: io.BytesIO(data))], facts, asked)
    assert not [f for f in found.all if f.rule == "revised"]
