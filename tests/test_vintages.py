"""What was sent before, and how it was revised: a history of five months that can be followed by hand."""

from __future__ import annotations

from pathlib import Path
from statistics import mean, stdev

import pytest

from pipeline.archive import history
from pipeline.errors import InputError
from pipeline.revisions import per_cent, statistics, triangle
from pipeline.tables import Identity
from pipeline.vintages import Revision, Run, Vintage, Vintages, age


def births(period: str, aggregate: str = "T", indicator: str = "births") -> Identity:
    return Identity(indicator, "XX", "N", "M", aggregate, period, "count")


# January, February and April were sent (March was skipped); deaths only in February.
#
#   period   said in 2024-01   2024-02   2024-04
#   2023-12             50        50        40
#   2024-01            100       110       110 (now definitive)
#   2024-02              -       200         -          gone in April
#   2024-03              -         -       300
#   2024-04              -         -       400
DELIVERIES = [
    ("2024-01", ["births"], {births("2023-12"): (50, "A"), births("2024-01"): (100, "P")}),
    (
        "2024-02",
        ["births", "deaths"],
        {
            births("2023-12"): (50, "A"),
            births("2024-01"): (110, "P"),
            births("2024-02"): (200, "P"),
            births("2024-02", indicator="deaths"): (7, "P"),
        },
    ),
    (
        "2024-04",
        ["births"],
        {
            births("2023-12"): (40, "A"),
            births("2024-01"): (110, "A"),
            births("2024-03"): (300, "P"),
            births("2024-04"): (400, "P"),
        },
    ),
]
FIVE = Vintages.of(DELIVERIES)


def test_a_vintage_is_kept_where_something_changed_and_only_there() -> None:
    assert FIVE.values[births("2023-12")] == (Vintage("2024-01", 50, "A"), Vintage("2024-04", 40, "A"))
    assert FIVE.values[births("2024-01")] == (
        Vintage("2024-01", 100, "P"),
        Vintage("2024-02", 110, "P"),
        Vintage("2024-04", 110, "A"),
    )
    assert FIVE.values[births("2024-02")] == (Vintage("2024-02", 200, "P"), Vintage("2024-04", None, ""))
    assert FIVE.sent == {"births": ("2024-01", "2024-02", "2024-04"), "deaths": ("2024-02",)}


@pytest.mark.parametrize(
    ("period", "month", "value"),
    [
        ("2024-01", "2023-12", None),  # nothing was sent yet
        ("2024-01", "2024-01", 100),
        ("2024-01", "2024-02", 110),
        ("2024-01", "2024-03", 110),  # skipped: what was said before it holds
        ("2024-02", "2024-03", 200),
        ("2024-02", "2024-04", None),  # gone
        ("2023-11", "2024-04", None),  # never there
    ],
)
def test_what_was_known_in_a_month(period: str, month: str, value: int | None) -> None:
    vintage = FIVE.at(births(period), month)
    assert (vintage and vintage.value) == value


def test_the_last_delivery_of_each_indicator() -> None:
    assert {i.period: v.value for i, v in FIVE.last("births").items()} == {
        "2023-12": 40,
        "2024-01": 110,
        "2024-03": 300,
        "2024-04": 400,
    }
    assert {i.period: v.value for i, v in FIVE.last("deaths").items()} == {"2024-02": 7}  # April did not take it away
    assert FIVE.last("marriages") == {}


@pytest.mark.parametrize(
    ("period", "month", "number"),
    [
        ("2024-05", "2024-05", 1),
        ("2024-04", "2024-05", 2),
        ("2024-03", "2024-05", 2),  # first published in April
        ("2024-02", "2024-05", 3),
        ("2024-01", "2024-05", 4),
        ("2023-12", "2024-05", None),  # may have been published before the first delivery that is known
        ("2024-04", "2024-04", 1),  # a correction is the same publication
    ],
)
def test_publications_are_counted_over_the_months_sent(period: str, month: str, number: int | None) -> None:
    assert FIVE.publication("births", period, month) == number


def test_publications_of_an_indicator_never_sent_are_not_known() -> None:
    assert FIVE.publication("marriages", "2024-01", "2024-01") is None


def test_revisions_go_from_each_delivery_to_the_next_one_sent() -> None:
    assert sorted(FIVE.revisions("births"), key=lambda one: one[:2]) == [
        Revision(births("2023-12"), "2024-02", 2, 50, 50),
        Revision(births("2023-12"), "2024-04", 4, 50, 40),
        Revision(births("2024-01"), "2024-02", 1, 100, 110),
        Revision(births("2024-01"), "2024-04", 3, 110, 110),
    ]  # 2024-02 is gone in April: no revision; deaths were sent once
    assert list(FIVE.revisions("deaths")) == []


def test_what_stayed_is_one_run() -> None:
    """5, 5, 5, 7, gone, 7: sent in six months in a row."""
    said = [5, 5, 5, 7, None, 7]
    found = Vintages.of(
        (f"2024-{at:02d}", ["births"], {births("2024-01"): (value, "A")} if value else {})
        for at, value in enumerate(said, 1)
    )
    assert list(found.runs("births")) == [Run(births("2024-01"), 1, 3, 5, 5), Run(births("2024-01"), 3, 4, 5, 7)]
    assert list(found.runs("deaths")) == []


def test_a_value_that_comes_back_is_not_a_revision() -> None:
    one, two, three = (
        ("2024-01", {births("2024-01"): (1, "P")}),
        ("2024-02", {}),
        ("2024-03", {births("2024-01"): (9, "P")}),
    )
    found = Vintages.of((month, ["births"], said) for month, said in (one, two, three))
    assert list(found.revisions("births")) == []
    assert statistics(found, "births") == ()


def test_a_delivery_does_not_change_the_vintages_before_it() -> None:
    before = Vintages.of(DELIVERIES[:2])
    before.then(*DELIVERIES[2])
    assert before == Vintages.of(DELIVERIES[:2])


# --- the triangle ---------------------------------------------------------------------------------------------------


def test_the_triangle_has_the_first_publications_of_each_month() -> None:
    rows = {row.identity.period: row for row in triangle(FIVE, "births", "T")}
    assert list(rows) == ["2024-01", "2024-02", "2024-03", "2024-04"]  # the first publication of 2023-12 is not known
    assert rows["2024-01"].months == ("2024-01", "2024-02", "2024-04")
    assert rows["2024-01"].values == (100, 110, 110)
    assert rows["2024-01"].statuses == ("P", "P", "A")
    assert rows["2024-01"].revisions == (10, 0)
    assert rows["2024-01"].relative == (10.0, 0.0)
    assert rows["2024-02"].values == (200, None)
    assert rows["2024-02"].revisions == (None,)
    assert rows["2024-03"].months == ("2024-04",)  # its own month was skipped
    assert rows["2024-04"].revisions == ()


def test_the_triangle_is_as_wide_as_asked() -> None:
    assert [row.values for row in triangle(FIVE, "births", "T", most=1)] == [(100,), (200,), (300,), (400,)]
    assert triangle(FIVE, "births", "another") == ()
    assert triangle(FIVE, "marriages", "T") == ()


# --- statistics -----------------------------------------------------------------------------------------------------


def of_months(*vintages: tuple[int, ...]) -> Vintages:
    """One period, 2024-01, and what each delivery from that month on said of each of several aggregates."""
    deliveries = zip(*vintages, strict=True)
    return Vintages.of(
        (f"2024-{at:02d}", ["births"], {births("2024-01", f"A{i}"): (v, "P") for i, v in enumerate(said)})
        for at, said in enumerate(deliveries, 1)
    )


def test_the_statistics_of_one_age() -> None:
    found = of_months((100, 110), (200, 180), (50, 50), (0, 3))
    (one,) = statistics(found, "births")
    sizes, relative = [10, -20, 0, 3], [10.0, -10.0, 0.0]  # of 0 there is no per cent
    assert (one.age, one.n, one.changed, one.upward, one.relative_n) == (1, 4, 3, 2, 3)
    assert one.mean == mean(sizes)
    assert one.mean_absolute == mean(map(abs, sizes))
    assert one.deviation == pytest.approx(stdev(sizes))
    assert one.share_upward == 2 / 4
    assert one.share_upward_of_changed == 2 / 3
    assert one.mean_relative == pytest.approx(0)
    assert one.mean_absolute_relative == pytest.approx(20 / 3)
    assert one.deviation_relative == pytest.approx(stdev(relative))
    assert one.relative_mean_absolute == pytest.approx(100 * 33 / 350)


def test_one_revision_has_no_deviation_and_none_of_zero_no_per_cent() -> None:
    (one,) = statistics(of_months((0, 5)), "births", "A0")
    assert (one.n, one.mean, one.deviation, one.share_upward_of_changed) == (1, 5.0, None, 1.0)
    assert (one.relative_n, one.mean_relative, one.mean_absolute_relative) == (0, None, None)
    assert (one.deviation_relative, one.relative_mean_absolute) == (None, None)
    (still,) = statistics(of_months((7, 7)), "births")
    assert (still.n, still.changed, still.mean, still.share_upward, still.share_upward_of_changed) == (1, 0, 0, 0, None)


def test_ages_above_a_year_are_taken_together() -> None:
    months = [f"{2024 + at // 12}-{at % 12 + 1:02d}" for at in range(20)]  # 2024-01 to 2025-08
    values = [100, 101, *[102] * 11, 103, 105, *[105] * 5]
    found = Vintages.of(
        (month, ["births"], {births("2024-01"): (value, "A")}) for month, value in zip(months, values, strict=True)
    )
    ages = statistics(found, "births")
    assert [one.age for one in ages] == [*range(1, 13), None]
    assert [one.mean for one in ages[:3]] == [1.0, 1.0, 0.0]
    older = ages[-1]  # of 13 to 19 months: +1, +2, and five times 0
    assert (older.n, older.changed, older.mean, older.relative_n) == (7, 2, 3 / 7, 7)
    assert older.relative_mean_absolute == pytest.approx(100 * 3 / (102 + 103 + 5 * 105))


def test_statistics_of_one_aggregate_or_of_all() -> None:
    found = of_months((100, 110), (200, 180))
    assert [one.mean for one in statistics(found, "births", "A0")] == [10.0]
    assert [one.mean for one in statistics(found, "births", "A1")] == [-20.0]
    assert [(one.n, one.mean) for one in statistics(found, "births")] == [(2, -5.0)]
    assert statistics(found, "births", "another") == ()


def test_age_and_per_cent() -> None:
    assert age("2024-01", "2024-01") == 0
    assert age("2023-12", "2024-02") == 2
    assert age("2024-Q1", "2024-05") == 2  # from the last month of the quarter
    assert per_cent(200, 150) == -25.0
    assert per_cent(-200, -150) == 25.0  # upward is upward
    assert per_cent(0, 5) is None


# --- as a delivery keeps them ---------------------------------------------------------------------------------------


def test_vintages_of_texts_that_a_spreadsheet_would_take_for_formulas() -> None:
    odd = Identity("births", "XX", "N", "M", "=1+1", "2024-01", "count")
    found = Vintages.of([("2024-01", ["births"], {odd: (-5, "P")})])
    used = [{"indicators": ["births"], "month": "2024-01"}]
    assert history.from_csv(history.to_csv(found), used) == found


def test_a_delivery_that_was_sent_and_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was sent and is gone"):
        history.published(tmp_path / "2024-01_01", None, "0" * 64)
