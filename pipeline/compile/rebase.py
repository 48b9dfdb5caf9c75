"""The index that the counts imply: a preview of what Eurostat will publish, never transmitted.

For an aggregate of strata s:  I(t) = Σ w_s · 100 · n_s(t) / n̄_s  /  Σ w_s,  with n̄_s the mean of the base year.
With w_s = n̄_s this is the plain ratio 100 · N(t) / N̄; with w_s = active enterprises it is the weighted index
(INSEE, ESMS of this domain, 3.9). Integers throughout, one division at the end, rounded once, half up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from pipeline.compile.aggregate import AGGREGATE, STRATUM
from pipeline.compile.observe import Sum, Sums, components
from pipeline.period import PER_YEAR, Period

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.facts import CountryFacts, Facts

RATIO, WEIGHTED = "index_ratio", "index_weighted"
Counts = Mapping[Period, int | None]
Index = dict[Period, Fraction | None]


class NoBaseError(ValueError):
    """The base year has no mean to divide by: a month is missing, or the mean is zero."""


def base_sum(series: Counts, base_year: int) -> int:
    """The sum of a series over the periods of the base year; NoBaseError when one is missing or the sum is zero."""
    frequency = next(iter(series)).frequency if series else "M"
    periods = [Period(frequency, base_year * PER_YEAR[frequency] + i) for i in range(PER_YEAR[frequency])]
    missing = [str(period) for period in periods if series.get(period) is None]
    if missing:
        raise NoBaseError(
            f"the base year {base_year} lacks {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}"
        )
    total = sum(series[period] or 0 for period in periods)
    if total == 0:
        raise NoBaseError(f"the mean of the base year {base_year} is zero")
    return total


def plain(series: Counts, base_year: int) -> Index:
    """100 times the series over its mean in the base year, exactly."""
    return weighted([(series, 1)], base_year)


def weighted(strata: Sequence[tuple[Counts, int]], base_year: int) -> Index:
    """The weighted mean of the plain indices of several strata (counts, weight), exactly."""
    totals = [base_sum(series, base_year) for series, _ in strata]
    common = lcm(*totals)
    size = 100 * PER_YEAR[next(iter(strata[0][0])).frequency]
    factor = [weight * size * (common // total) for (_, weight), total in zip(strata, totals, strict=True)]
    denominator = common * sum(weight for _, weight in strata)
    index: Index = {}
    for period in strata[0][0]:
        values = [series.get(period) for series, _ in strata]
        numerator = sum(f * n for f, n in zip(factor, values, strict=True) if n is not None)
        index[period] = None if None in values else Fraction(numerator, denominator)
    return index


def rebase(published: Mapping[Period, Fraction], base_year: int) -> dict[Period, Fraction]:
    """A published index on a new base year: divided by its mean over that year, times 100 (exact).

    Raises NoBaseError when the year is not complete in the series or its mean is zero.
    """
    if not published:
        return {}
    frequency = next(iter(published)).frequency
    year = [Period(frequency, base_year * PER_YEAR[frequency] + i) for i in range(PER_YEAR[frequency])]
    missing = [str(period) for period in year if period not in published]
    if missing:
        raise NoBaseError(
            f"the base year {base_year} lacks {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}"
        )
    mean = sum((Fraction(published[period]) for period in year), Fraction()) / len(year)
    if mean == 0:
        raise NoBaseError(f"the mean of the base year {base_year} is zero")
    return {period: Fraction(value) * 100 / mean for period, value in published.items()}


def by_quarter(index: Index) -> Index:
    """The quarters of a monthly index: the mean of the three months; only quarters whose three months are there."""
    quarters: dict[Period, list[Fraction | None]] = {}
    for period, value in index.items():
        quarters.setdefault(period.within("Q"), []).append(value)
    return {
        quarter: None if None in values else sum((v for v in values if v is not None), Fraction()) / 3
        for quarter, values in quarters.items()
        if len(values) == 3
    }


def rounded(value: Fraction, decimals: int) -> str:
    """The decimal number with so many decimals, rounded half up, as it is written."""
    scale = 10**decimals
    units = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    if not decimals:
        return str(units)
    sign, units = ("-", -units) if units < 0 else ("", units)
    return f"{sign}{units // scale}.{units % scale:0{decimals}d}"


def preview(
    found: Sums, facts: Facts, country: CountryFacts, month: Period
) -> tuple[pd.DataFrame, dict[tuple[str, str, str], str]]:
    """OBSERVATIONS of the index, plain and weighted, monthly and quarterly, and why some of it could not be made.

    The second answer maps (indicator, aggregate, measure) to the reason; a measure that has no weights at all is
    named once per indicator with an empty aggregate. The base is the one of the delivery's month.
    """
    import pandas as pd

    base_year = facts.base_year(str(month))
    settings = facts.transmission.preview
    structure = facts.structure(settings.structure)
    indicators = sorted({indicator for indicator, *_ in found})
    weights, by_aggregate = country.weights(base_year), strata_weights(facts, country, base_year)
    series: dict[tuple[str, str, str], dict[Period, Sum]] = {}
    for (indicator, kind, id_, period), total in found.items():
        series.setdefault((indicator, kind, id_), {})[period] = total
    failed: dict[tuple[str, str, str], str] = {}
    frames = []
    for measure in (RATIO, WEIGHTED):
        if measure == WEIGHTED and weights is None:
            failed |= {
                (indicator, "", measure): f"there are no weights for base year {base_year}" for indicator in indicators
            }
            continue
        rows = []
        for indicator in indicators:
            for aggregate in facts.aggregates:
                own = series[indicator, AGGREGATE, aggregate.id]
                parts = [(own, 1)]
                try:
                    if measure == WEIGHTED:
                        inside = by_aggregate[aggregate.id]
                        if not all((indicator, STRATUM, id_) in series for id_ in inside):
                            raise NoBaseError("the input does not reach the strata of the weights exactly")
                        parts = [(series[indicator, STRATUM, id_], weight) for id_, weight in inside.items()]
                    monthly = weighted([(_values(part), weight) for part, weight in parts], base_year)
                except NoBaseError as reason:
                    base = [total for part, _ in parts for period, total in part.items() if period.year == base_year]
                    why = next((f": {total.why}" for total in base if total.why), "")
                    failed[indicator, aggregate.id, measure] = f"{reason}{why}"
                    continue
                used = [part for part, _ in parts] + [own]
                base_confidentiality = _strongest(
                    [s.confidentiality for part in used for p, s in part.items() if p.year == base_year], facts
                )
                for frequency in settings.frequencies:
                    index = monthly if frequency == "M" else by_quarter(monthly)
                    for period, value in index.items():
                        flags = [part[m] for part in used for m in period.months]
                        total = Sum(
                            None,
                            frozenset().union(*(f.statuses for f in flags)),
                            _strongest([base_confidentiality, *(f.confidentiality for f in flags)], facts),
                            next((f.why for f in flags if f.why), ""),
                        )
                        text = "" if value is None else rounded(value, settings.decimals)
                        rows.append((indicator, aggregate.id, period, measure, text, total))
        remark = "Preview of the index that the transmitted counts imply; not transmitted."
        if measure == WEIGHTED and weights is not None:
            remark += f" Weights: active {weights.unit}, {weights.year}; {weights.status}."
        frames.append(
            components(
                rows,
                facts,
                country,
                dict.fromkeys(indicators, structure),
                facts.values("index"),
                base=str(base_year),
                decimals=settings.decimals,
                remark=remark,
            )
        )
    return pd.concat(frames, ignore_index=True), failed


def _values(series: Mapping[Period, Sum]) -> dict[Period, int | None]:
    return {period: total.value for period, total in series.items()}


def _strongest(codes: Sequence[str], facts: Facts) -> str:
    order = facts.concepts.confidentiality.strongest_first
    return min(codes, key=lambda code: order.index(code) if code in order else len(order))


def strata_weights(facts: Facts, country: CountryFacts, base_year: int) -> dict[str, dict[str, int]]:
    """For each aggregate the strata inside it and their weights; empty where the base year has no weights."""
    weights = country.weights(base_year)
    if weights is None:
        return {}
    leaves = facts.classifications[weights.classification].leaves
    strata = {s.id: (leaves(s.covers), s.weight) for s in country.strata[base_year]}
    found = {}
    for aggregate in facts.aggregates:
        members = facts.members(aggregate, weights.classification)
        found[aggregate.id] = {id_: weight for id_, (below, weight) in strata.items() if below <= members}
    return found
