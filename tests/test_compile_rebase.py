"""Rebasing a published index, with the figures that Eurostat's tables had."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pipeline.compile.rebase import NoBaseError, base_sum, by_quarter, plain, rebase, rounded
from pipeline.period import Period


def year(number: int, *values: float) -> dict[Period, Fraction]:
    months = Period.month(number, 1).to(Period.month(number, 12))
    return {p: Fraction(str(v)) for p, v in zip(months, values * (12 // len(values)), strict=True)}


@pytest.mark.parametrize(
    ("mean", "published", "rebased"),
    [
        ("186.025", "186.025", "100.0"),
        ("186.025", "100", "53.8"),
        ("186.025", "200.1", "107.6"),
        ("43.125", "43.125", "100.0"),
        ("43.125", "100", "231.9"),
    ],
)
def test_a_published_index_on_the_base_2021(mean: str, published: str, rebased: str) -> None:
    """Registrations 2015=100 have the mean 186.025 in 2021, bankruptcies 43.125."""
    level = Fraction(mean)
    index = year(2015, 100) | year(2021, *(float(level) + d for d in (-20, -10, -5, 5, 10, 20)))
    index |= {Period.parse("2023-01"): Fraction(published)}
    new = rebase(index, 2021)
    assert rounded(new[Period.parse("2023-01")], 1) == rebased
    assert sum(v for p, v in new.items() if p.year == 2021) == 1200


def test_the_year_must_be_complete() -> None:
    index = year(2021, 100)
    del index[Period.parse("2021-05")]
    with pytest.raises(NoBaseError, match="the base year 2021 lacks 2021-05"):
        rebase(index, 2021)
    with pytest.raises(NoBaseError, match="the base year 2015 lacks 2015-01, 2015-02, 2015-03 and more"):
        rebase(index, 2015)
    with pytest.raises(NoBaseError, match="is zero"):
        rebase(year(2021, 0), 2021)
    assert rebase({}, 2021) == {}


def test_quarters_have_a_base_of_four() -> None:
    quarters = {Period.parse(f"2021-Q{n}"): Fraction(v) for n, v in ((1, 50), (2, 100), (3, 150), (4, 100))}
    assert rebase(quarters, 2021) == quarters
    counts = {period: int(value) for period, value in quarters.items()}
    assert base_sum(counts, 2021) == 400
    assert plain(counts, 2021) == quarters


def test_a_quarter_that_is_not_complete_is_not_made() -> None:
    index = plain(dict.fromkeys(Period.parse("2021-01").to(Period.parse("2022-02")), 7), 2021)
    assert list(map(str, by_quarter(index))) == ["2021-Q1", "2021-Q2", "2021-Q3", "2021-Q4"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(1, 20), 1, "0.1"),
        (Fraction(149, 3000), 1, "0.0"),
        (Fraction(9995, 100), 1, "100.0"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(1, 3), 3, "0.333"),
        (Fraction(-1, 3), 1, "-0.3"),
        (Fraction(-1, 30), 1, "0.0"),
    ],
)
def test_rounded(value: Fraction, decimals: int, text: str) -> None:
    assert rounded(value, decimals) == text
