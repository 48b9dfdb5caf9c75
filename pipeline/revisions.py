"""How values were revised: the triangle of their publications, and statistics of the revisions by age.

A revision is what a delivery said of a value less what the delivery before had said; that of a value that stayed is 0
and counts. The measures are the usual ones of revision analysis (OECD and Eurostat, Guidelines on Revisions Policy and
Analysis): mean, mean absolute, standard deviation, share upward; and the same of the revisions relative to the earlier
value.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.period import PER_YEAR
from pipeline.tables import Identity
from pipeline.vintages import Vintages, ordinal

YEAR = PER_YEAR["M"]  # ages up to a year stand alone, older ones together


@dataclass(frozen=True)
class Publications:
    """What the first publications of one value said: ``months`` of the deliveries, and their values.

    A value is None where the delivery did not have it.
    """

    identity: Identity
    months: tuple[str, ...]
    values: tuple[int | None, ...]
    statuses: tuple[str, ...]

    @property
    def revisions(self) -> tuple[int | None, ...]:
        """From each publication to the next, in units; None where one of them has no value."""
        return tuple(None if a is None or b is None else b - a for a, b in pairwise(self.values))

    @property
    def relative(self) -> tuple[float | None, ...]:
        """The same in per cent of the earlier value; None where that is 0 as well."""
        return tuple(None if a is None or b is None else per_cent(a, b) for a, b in pairwise(self.values))


@dataclass(frozen=True)
class Statistics:
    """The revisions of one age: a number of months, None for all above those that stand alone, as a rule a year.

    ``n``: values that both deliveries have · ``changed``: those that differ · ``upward``: those that grew · means and
    the sample standard deviation (n − 1; None below 2) in units; the shares from 0 to 1. The relative ones are in per
    cent of the earlier value, over the ``relative_n`` whose earlier value is not 0; ``relative_mean_absolute`` is
    100 × Σ|revision| / Σ|earlier value|. None where there is nothing to divide by.
    """

    age: int | None
    n: int
    changed: int
    upward: int
    mean: float
    mean_absolute: float
    deviation: float | None
    share_upward: float
    share_upward_of_changed: float | None
    relative_n: int
    mean_relative: float | None
    mean_absolute_relative: float | None
    deviation_relative: float | None
    relative_mean_absolute: float | None


def per_cent(before: float, after: float) -> float | None:
    """The revision in per cent of the earlier value; None where that is 0."""
    return 100 * (after - before) / abs(before) if before else None


def triangle(vintages: Vintages, indicator: str, aggregate: str, most: int = 3) -> tuple[Publications, ...]:
    """The first publications of every month of an aggregate, at most so many of each; months in order.

    Counted over the deliveries that were sent, as ``Vintages.publication`` does: a month that is older than all of them
    is left out, since its first publications are not known.
    """
    sent = vintages.sent.get(indicator, ())
    found = []
    for identity in sorted(one for one in vintages.values if one.aggregate == aggregate and one.indicator == indicator):
        start = bisect_left(sent, identity.period)
        months = sent[start : start + most]
        if not months or identity.period < sent[0]:
            continue
        said = [vintages.at(identity, month) for month in months]
        values, statuses = zip(*((one.value, one.status) if one else (None, "") for one in said), strict=True)
        found.append(Publications(identity, months, values, statuses))
    return tuple(found)


def statistics(
    vintages: Vintages, indicator: str, aggregate: str | None = None, alone: int = YEAR
) -> tuple[Statistics, ...]:
    """The revisions of an indicator, by age: of one aggregate, or of all together, where each value counts alike.

    Ages of which there is no revision are left out; what is older than ``alone``, by default a year, comes last.
    """
    pools: dict[int | None, _Pool] = {}
    for old, before, after, times in _by_age(vintages, indicator, aggregate, alone):
        pools.setdefault(old, _Pool()).add(before, after, times)
    in_order = sorted(pools.items(), key=lambda pair: math.inf if pair[0] is None else pair[0])
    return tuple(pool.statistics(old) for old, pool in in_order)


def _by_age(
    vintages: Vintages, indicator: str, aggregate: str | None, alone: int
) -> Iterator[tuple[int | None, int, int, int]]:
    """The revisions of an indicator as (age, None above those that stand alone; before; after; how often)."""
    months = [ordinal(month) for month in vintages.sent.get(indicator, ())]
    for identity, first, last, before, after in vintages.runs(indicator):
        if aggregate not in (None, identity.aggregate):
            continue
        end = ordinal(identity.period)
        for at in range(first, last):
            old = months[at] - end
            if old > alone:
                yield None, before, after, last - at
                break
            yield old, before, after, 1


@dataclass
class _Pool:
    """Revisions of one age, those of 0 only counted."""

    n: int = 0
    relative_n: int = 0
    earlier: int = 0  # sum of the earlier values, without their signs
    changed: list[tuple[int, int]] = field(default_factory=list)

    def add(self, before: int, after: int, times: int) -> None:
        self.n += times
        self.earlier += abs(before) * times
        if before:
            self.relative_n += times
        if before != after:
            self.changed += [(before, after)] * times

    def statistics(self, old: int | None) -> Statistics:
        n, relative_n = self.n, self.relative_n
        sizes = [after - before for before, after in self.changed]
        total, absolute, squares = sum(sizes), sum(map(abs, sizes)), sum(size * size for size in sizes)
        upward = sum(size > 0 for size in sizes)
        relative = [100 * (after - before) / abs(before) for before, after in self.changed if before]
        mean = math.fsum(relative) / relative_n if relative_n else None
        return Statistics(
            age=old,
            n=n,
            changed=len(sizes),
            upward=upward,
            mean=total / n,
            mean_absolute=absolute / n,
            deviation=math.sqrt((n * squares - total * total) / (n * (n - 1))) if n > 1 else None,
            share_upward=upward / n,
            share_upward_of_changed=upward / len(sizes) if sizes else None,
            relative_n=relative_n,
            mean_relative=mean,
            mean_absolute_relative=math.fsum(map(abs, relative)) / relative_n if relative_n else None,
            deviation_relative=_deviation(relative, relative_n, mean),
            relative_mean_absolute=100 * absolute / self.earlier if self.earlier else None,
        )


def _deviation(changed: list[float], n: int, mean: float | None) -> float | None:
    """The sample standard deviation of n numbers of which those not given are 0."""
    if mean is None or n < 2:
        return None
    squares = math.fsum((one - mean) ** 2 for one in changed) + (n - len(changed)) * mean * mean
    return math.sqrt(squares / (n - 1))
