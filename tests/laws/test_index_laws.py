"""Laws of the index: what holds whatever the counts are. Arithmetic alone, no tables."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.compile.rebase import NoBaseError, base_sum, by_quarter, plain, rebase, rounded, weighted
from pipeline.period import Period

BASE = 2021
MONTHS = list(Period.month(BASE, 1).to(Period.month(BASE + 1, 6)))
NUMBERS = st.integers(0, 10**6)
SERIES = st.lists(NUMBERS, min_size=len(MONTHS), max_size=len(MONTHS)).map(
    lambda numbers: dict(zip(MONTHS, numbers, strict=True))
)
BASED = SERIES.filter(lambda series: sum(list(series.values())[:12]) > 0)
HOLES = st.sets(st.sampled_from(MONTHS[12:]), max_size=3)
STRATA = st.lists(st.tuples(BASED, st.integers(1, 10**6)), min_size=1, max_size=4)
YEAR = [month for month in MONTHS if month.year == BASE]


def mean(values: list[Fraction | None]) -> Fraction:
    assert None not in values
    return sum((value for value in values if value is not None), Fraction()) / len(values)


@given(BASED)
def test_the_base_years_mean_is_100_exactly(series: dict[Period, int]) -> None:
    index = plain(series, BASE)
    assert mean([index[month] for month in YEAR]) == 100


@given(STRATA)
def test_the_base_years_mean_is_100_exactly_when_weighted(strata: list[tuple[dict[Period, int], int]]) -> None:
    index = weighted(strata, BASE)
    assert mean([index[month] for month in YEAR]) == 100
    quarters = by_quarter(index)
    assert mean([quarters[q] for q in quarters if q.year == BASE]) == 100


@given(BASED)
def test_the_plain_index_is_the_ratio_to_the_mean(series: dict[Period, int]) -> None:
    average = Fraction(sum(series[month] for month in YEAR), 12)
    assert plain(series, BASE) == {month: 100 * number / average for month, number in series.items()}


@given(STRATA)
def test_the_weighted_index_is_the_weighted_mean_of_the_plain_ones(
    strata: list[tuple[dict[Period, int], int]],
) -> None:
    index, parts = weighted(strata, BASE), [plain(series, BASE) for series, _ in strata]
    total = sum(weight for _, weight in strata)
    for month in MONTHS:
        assert index[month] == sum(w * (p[month] or 0) for p, (_, w) in zip(parts, strata, strict=True)) / total


@given(st.lists(BASED, min_size=1, max_size=4))
def test_weights_that_are_the_means_give_the_plain_index(strata: list[dict[Period, int]]) -> None:
    together = {month: sum(series[month] for series in strata) for month in MONTHS}
    assert weighted([(series, base_sum(series, BASE)) for series in strata], BASE) == plain(together, BASE)


@given(STRATA, st.integers(1, 1000), st.integers(1, 1000))
def test_scaling_the_counts_or_the_weights_leaves_the_index(
    strata: list[tuple[dict[Period, int], int]], counts: int, weights: int
) -> None:
    scaled = [({p: counts * n for p, n in series.items()}, weights * weight) for series, weight in strata]
    assert weighted(scaled, BASE) == weighted(strata, BASE)


@given(STRATA, HOLES)
def test_a_missing_month_harms_its_month_and_quarter_alone(
    strata: list[tuple[dict[Period, int], int]], holes: set[Period]
) -> None:
    whole = weighted(strata, BASE)
    (first, weight), *others = strata
    holey = weighted([({p: None if p in holes else n for p, n in first.items()}, weight), *others], BASE)
    assert holey == {p: None if p in holes else value for p, value in whole.items()}
    quarters = by_quarter(whole)
    assert by_quarter(holey) == {q: None if holes & set(q.months) else v for q, v in quarters.items()}


@given(BASED)
def test_a_quarter_is_the_mean_of_its_months(series: dict[Period, int]) -> None:
    index = plain(series, BASE)
    for quarter, value in by_quarter(index).items():
        assert value == mean([index[month] for month in quarter.months])
        counts = Fraction(sum(series[month] for month in quarter.months), 3)
        assert value == 100 * counts / Fraction(base_sum(series, BASE), 12), "the quarter of the counts says the same"
    assert Period.parse("2022-Q2") in by_quarter(index)
    assert Period.parse("2022-Q2") not in by_quarter({p: v for p, v in index.items() if str(p) != "2022-06"})


@given(SERIES, st.sampled_from(YEAR))
def test_without_a_whole_base_year_there_is_no_index(series: dict[Period, int], month: Period) -> None:
    with pytest.raises(NoBaseError, match=f"the base year 2021 lacks {month}"):
        plain({**series, month: None}, BASE)
    with pytest.raises(NoBaseError, match="the base year 2021 lacks"):
        plain({p: n for p, n in series.items() if p != month}, BASE)
    with pytest.raises(NoBaseError, match="mean of the base year 2021 is zero"):
        plain(dict.fromkeys(series, 0), BASE)


INDEX = st.lists(st.fractions(0, 500, max_denominator=100), min_size=24, max_size=24).map(
    lambda values: dict(zip(Period.month(2020, 1).to(Period.month(2021, 12)), values, strict=True))
)


@settings(max_examples=40)
@given(INDEX)
def test_rebasing_twice_is_rebasing_once(index: dict[Period, Fraction]) -> None:
    assume(all(sum(v for p, v in index.items() if p.year == year) > 0 for year in (2020, 2021)))
    assert rebase(rebase(index, 2020), 2021) == rebase(index, 2021)
    assert rebase(rebase(index, 2021), 2021) == rebase(index, 2021)
    again = rebase(index, 2021)
    assert sum(v for p, v in again.items() if p.year == 2021) == 1200


@given(BASED)
def test_rebasing_the_index_is_the_index_on_the_new_base(series: dict[Period, int]) -> None:
    published = {p: v for p, v in plain(series, BASE).items() if v is not None}
    assert rebase(published, BASE) == published


@given(
    st.decimals(0, 10**6, places=4).map(lambda d: d + Decimal(0)),
    st.integers(0, 4),
)
@example(Decimal("0.05"), 1)
@example(Decimal("99.95"), 1)
@example(Decimal("2.5"), 0)
@example(Decimal("0.0005"), 3)
def test_rounded_half_up(value: Decimal, decimals: int) -> None:
    assert rounded(Fraction(value), decimals) == str(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


@given(st.fractions(0, 10**6), st.integers(0, 9))
def test_rounded_is_the_nearest(value: Fraction, decimals: int) -> None:
    text = rounded(value, decimals)
    assert len(text.partition(".")[2]) == decimals
    assert -Fraction(1, 2) < (value - Fraction(text)) * 10**decimals < Fraction(1, 2) or (
        (Fraction(text) - value) * 10**decimals == Fraction(1, 2)
    )
