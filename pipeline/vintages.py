"""What was sent before: every value as each delivery published it, kept where it changed.

A *vintage* is what one delivery said of a value; it holds until a later delivery says otherwise. A publication is a
delivery that was sent; several sent for one month (a correction) are one publication, the last of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from pipeline.period import Period
from pipeline.tables import Identity


class Vintage(NamedTuple):
    """What the delivery of a month said: the value, None where the observation was gone; the code of its status."""

    published: str
    value: int | None
    status: str


class Run(NamedTuple):
    """What one value became in deliveries in a row, all of them alike.

    ``first`` and ``last``: places among the months sent, of the first of these deliveries and of the one after them;
    each says ``after``, and the delivery before it said ``before``. Only of a single delivery are the two different.
    """

    identity: Identity
    first: int
    last: int
    before: int
    after: int


class Revision(NamedTuple):
    """A value in one delivery and in the next; ``age``: months from the period to the later delivery's month."""

    identity: Identity
    published: str
    age: int
    before: int
    after: int


GONE: tuple[int | None, str] = (None, "")  # what a delivery says of an observation that it no longer has


@lru_cache(maxsize=2**13)
def ordinal(period: str) -> int:
    """The place of the last month of a period among all months."""
    return Period.parse(period).months[-1].ordinal


def age(period: str, month: str) -> int:
    """Months from the end of a period to the month of a delivery: 0 where it is the period's last month."""
    return ordinal(month) - ordinal(period)


#: What one delivery says: identity → (value, status).
Published = Mapping[Identity, tuple[int | None, str]]


@dataclass(frozen=True)
class Vintages:
    """The deliveries that were sent, and what they said.

    ``sent``: indicator → the months of its deliveries, in order (``2024-04``; months compare as text) · ``values``:
    identity → its vintages in order of publication, one for each delivery that said something new.
    """

    sent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[Identity, tuple[Vintage, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Iterable[tuple[str, Iterable[str], Published]]) -> Vintages:
        """From what was sent: (month of the delivery, its indicators, what it said), in the order of the months."""
        found = cls()
        for delivery in deliveries:
            found = found.then(*delivery)
        return found

    def then(self, month: str, indicators: Iterable[str], published: Published) -> Vintages:
        """These and one more delivery, later than all of them: (its month, its indicators, what it said)."""
        delivered = frozenset(indicators)
        sent = {**self.sent, **{indicator: (*self.sent.get(indicator, ()), month) for indicator in delivered}}
        values = dict(self.values)
        for identity, said in published.items():
            known = values.get(identity, ())
            if not known or known[-1][1:] != said:
                values[identity] = (*known, Vintage(month, *said))
        for identity, known in self.values.items():
            if identity.indicator in delivered and identity not in published and known[-1][1:] != GONE:
                values[identity] = (*known, Vintage(month, *GONE))
        return Vintages(dict(sorted(sent.items())), values)

    def at(self, identity: Identity, month: str) -> Vintage | None:
        """What the delivery of a month, or the last one before it, said; None where the value was not there."""
        known = self.values.get(identity, ())
        place = bisect_right(known, month, key=lambda vintage: vintage.published)
        found = known[place - 1] if place else None
        return None if found is None or found[1:] == GONE else found

    def last(self, indicator: str) -> dict[Identity, Vintage]:
        """What the last delivery of an indicator said; nothing where none was sent."""
        months = self.sent.get(indicator)
        if not months:
            return {}
        found = {identity: self.at(identity, months[-1]) for identity in self.values if identity.indicator == indicator}
        return {identity: vintage for identity, vintage in found.items() if vintage is not None}

    def publication(self, indicator: str, period: str, month: str) -> int | None:
        """Which publication of a period the delivery of ``month`` is: 1 for the first.

        Counted over distinct months sent before it. None where the deliveries that are known do not reach back to the
        period: its first publications may be older than they are.
        """
        months = self.sent.get(indicator, ())
        if not months or period < months[0]:
            return None
        return 1 + max(0, bisect_left(months, month) - bisect_left(months, period))

    def runs(self, indicator: str) -> Iterator[Run]:
        """Every value of an indicator beside what the delivery before had said of it; those that stayed, run by run."""
        sent = self.sent.get(indicator, ())
        for identity, known in self.values.items():
            if identity.indicator != indicator:
                continue
            starts = [bisect_left(sent, vintage.published) for vintage in known]
            before = None
            for vintage, start, end in zip(known, starts, [*starts[1:], len(sent)], strict=True):
                if start == end:  # of no delivery that is known as sent
                    continue
                value = vintage.value
                if before is not None and value is not None:
                    yield Run(identity, start, start + 1, before, value)
                if value is not None and start + 1 < end:
                    yield Run(identity, start + 1, end, value, value)
                before = value

    def revisions(self, indicator: str) -> Iterator[Revision]:
        """The same, one by one, each with its age."""
        sent = self.sent.get(indicator, ())
        for identity, first, last, before, after in self.runs(indicator):
            for month in sent[first:last]:
                yield Revision(identity, month, age(identity.period, month), before, after)
