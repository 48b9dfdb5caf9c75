"""`ebs compare`: what a delivery says otherwise than another, and how the values of its history were revised.

Cells are joined on their identity, never on codes: a corrected transmission code makes no cell new. Counts, which are
sent, and the index, which is a preview of what they imply, are told apart. Whether a delivery was sent does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pipeline import __version__, archive
from pipeline.archive import history
from pipeline.errors import InputError, Problem, Problems, UsageError
from pipeline.revisions import Publications, per_cent, statistics, triangle
from pipeline.tables import Identity
from pipeline.vintages import Vintage, Vintages, age

Number = int | Decimal
Kind = Literal["revised", "new", "gone", "status"]


@dataclass(frozen=True)
class Side:
    """One of the two deliveries: its folder, country, month and indicators."""

    delivery: str
    country: str
    month: str
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that the two deliveries do not say alike.

    ``kind``: its value differs (revised), only the newer delivery has it (new), only the older one (gone), or its status
    alone differs · ``before`` and ``after``: None where there is no value · statuses: empty where there is no cell ·
    ``age``: months from its period to the month of the newer delivery.
    """

    identity: Identity
    kind: Kind
    before: Number | None
    after: Number | None
    status_before: str
    status_after: str
    age: int

    @property
    def difference(self) -> Number | None:
        """By how much; None where a value is missing."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def relative(self) -> float | None:
        """The difference in per cent of the value before; None where there is none, or it is 0."""
        return None if self.before is None or self.after is None else per_cent(float(self.before), float(self.after))


Group = tuple[str, str, str, str]  # indicator, measure, frequency, aggregate


@dataclass(frozen=True)
class Comparison:
    """The changes from one delivery to another, in the order of their identities.

    ``both``: how many cells of a group both have · ``aggregates``: indicator → its aggregates, the largest first, so
    that the one which holds all others leads · ``vintages``: all that the newer delivery knows of what was sent before
    it, and itself. Cells of an indicator that only one of them delivers are neither new nor gone.
    """

    old: Side
    new: Side
    changes: tuple[Change, ...]
    both: Mapping[Group, int]
    aggregates: Mapping[str, tuple[str, ...]]
    vintages: Vintages

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    @property
    def statuses(self) -> tuple[Change, ...]:
        """The cells of both whose status differs, whether or not their value does."""
        return tuple(one for one in self.changes if one.status_before != one.status_after and _in_both(one))


def compare(old: Path, new: Path) -> Comparison:
    """Compare two delivery folders of one country, in this direction.

    Raises UsageError where a path is no delivery or they are of two countries, InputError where a table is not what was
    stored.
    """
    problems, read = Problems(InputError), []
    for delivery in (old, new):
        with problems.gather():
            read.append(_read(delivery))
    problems.done()
    (before, was), (after, now) = read
    if before.country != after.country:
        words = f"{old} is a delivery of {before.country}, {new} of {after.country}."
        raise UsageError(Problem("", words, "Compare deliveries of one country."))
    shared = set(before.indicators) & set(after.indicators)
    changes, both = [], Counter[Group]()
    for identity in sorted({*was, *now}):
        if identity.indicator not in shared:
            continue
        a, b = was.get(identity), now.get(identity)
        if a is not None and b is not None:
            both[identity.indicator, identity.measure, identity.frequency, identity.aggregate] += 1
        if a != b and (change := _change(identity, a, b, after.month)):
            changes.append(change)
    return Comparison(before, after, tuple(changes), both, _aggregates(was, now), history.with_its_own(new))


def _read(delivery: Path) -> tuple[Side, dict[Identity, tuple[str, str]]]:
    """What a delivery is, and everything it holds."""
    manifest = archive.open_delivery(delivery)
    asked = manifest["request"]
    side = Side(str(delivery), asked["country"], asked["month"], tuple(asked["indicators"]))
    return side, history.observed(delivery, manifest)


def _change(identity: Identity, a: tuple[str, str] | None, b: tuple[str, str] | None, month: str) -> Change | None:
    """How a cell changed; None where only the writing of its value did (100.0 and 100)."""
    before, after = _number(identity, a), _number(identity, b)
    kind: Kind = "new" if a is None else "gone" if b is None else "revised" if before != after else "status"
    statuses = a[1] if a else "", b[1] if b else ""
    if kind == "status" and statuses[0] == statuses[1]:
        return None
    return Change(identity, kind, before, after, *statuses, age(identity.period, month))


def _number(identity: Identity, said: tuple[str, str] | None) -> Number | None:
    if said is None or not said[0]:
        return None
    return int(said[0]) if identity.measure == history.COUNT else Decimal(said[0])


def _group(identity: Identity) -> Group:
    return identity.indicator, identity.measure, identity.frequency, identity.aggregate


def _in_both(change: Change) -> bool:
    return change.kind in ("revised", "status")


def _aggregates(*sides: Mapping[Identity, tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The aggregates of each indicator, by all that they count."""
    size: dict[str, Counter[str]] = {}
    for said in sides:
        for identity, (value, _) in said.items():
            if value and identity.measure == history.COUNT:
                size.setdefault(identity.indicator, Counter())[identity.aggregate] += int(value)
            elif identity.aggregate not in size.setdefault(identity.indicator, Counter()):
                size[identity.indicator][identity.aggregate] = 0
    return {
        indicator: tuple(sorted(counted, key=lambda one: (-counted[one], one)))
        for indicator, counted in sorted(size.items())
    }


# ------------------------------------------------------------------------------------------------------ as it is told


def document(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON (schema 1).

    ``counts``: of the cells that are sent · ``groups``: by indicator, measure and frequency, first all aggregates
    together (``aggregate`` null, without a sum: what holds an aggregate would be counted twice), then each · ``cells``:
    every change · ``history``: for each indicator the months that were sent, the newer delivery's own last; statistics
    of all aggregates together and of each, by age (null: above a year); the triangle. Relative figures are in per cent
    of the earlier value, shares from 0 to 1.
    """
    return {
        "schema": 1,
        "tool": {"name": "ebs", "version": __version__},
        "old": _side(found.old),
        "new": _side(found.new),
        "only_old": sorted(set(found.old.indicators) - set(found.new.indicators)),
        "only_new": sorted(set(found.new.indicators) - set(found.old.indicators)),
        "aggregates": {indicator: list(those) for indicator, those in found.aggregates.items()},
        "counts": _counts(found),
        "groups": _groups(found),
        "cells": [_cell(change) for change in found.changes],
        "history": _history(found),
    }


def _side(side: Side) -> dict[str, Any]:
    return {**vars(side), "indicators": list(side.indicators)}


def _counts(found: Comparison) -> dict[str, int]:
    sent = [change for change in found.changes if change.identity.measure == history.COUNT]
    by_kind = Counter(change.kind for change in sent)
    return {
        "compared": sum(number for (_, measure, *_), number in found.both.items() if measure == history.COUNT),
        **{kind: by_kind[kind] for kind in ("revised", "new", "gone")},
        "statuses": sum(one.identity.measure == history.COUNT for one in found.statuses),
    }


def _groups(found: Comparison) -> list[dict[str, Any]]:
    """What changed, by indicator, measure and frequency: all aggregates together, then each."""
    by_group: dict[Group, list[Change]] = {group: [] for group in found.both}
    for change in found.changes:
        by_group.setdefault(_group(change.identity), []).append(change)
    order = {
        (indicator, aggregate): at
        for indicator, those in found.aggregates.items()
        for at, aggregate in enumerate(those)
    }
    entries = []
    for head in sorted({group[:3] for group in by_group}, key=lambda head: (head[0], head[1] != history.COUNT, *head)):
        of = sorted((group for group in by_group if group[:3] == head), key=lambda group: order[group[0], group[3]])
        together = [change for group in of for change in by_group[group]]
        entries.append(_entry((*head, None), sum(found.both.get(group, 0) for group in of), together))
        entries += [_entry(group, found.both.get(group, 0), by_group[group]) for group in of]
    return entries


def _entry(group: tuple[str, str, str, str | None], both: int, changes: Sequence[Change]) -> dict[str, Any]:
    """One group: how many cells of each kind, the sum of their differences, the mean and the largest of them."""
    revised = [change for change in changes if change.kind == "revised"]
    differences = [change.difference for change in revised if change.difference is not None]
    relative = [change.relative for change in revised if change.relative is not None]
    by_kind = Counter(change.kind for change in changes)
    statuses = Counter(
        (c.status_before, c.status_after) for c in changes if _in_both(c) and c.status_before != c.status_after
    )
    return {
        **dict(zip(("indicator", "measure", "frequency", "aggregate"), group, strict=True)),
        "compared": both,
        **{kind: by_kind[kind] for kind in ("revised", "new", "gone")},
        "statuses": [{"before": a, "after": b, "cells": number} for (a, b), number in sorted(statuses.items())],
        "sum": None if group[3] is None else _plain(sum(differences, 0)),
        "mean_relative": _mean(relative),
        "mean_absolute_relative": _mean(map(abs, relative)),
        "largest": _cell(max(revised, key=_size)) if revised else None,
    }


def _size(change: Change) -> tuple[Decimal, bool]:
    """The larger the difference, the larger; where there is none, a value that came or went leads those of 0."""
    difference = change.difference
    return (Decimal(0), True) if difference is None else (abs(Decimal(difference)), False)


def _mean(numbers: Iterable[float]) -> float | None:
    those = list(numbers)
    return sum(those) / len(those) if those else None


def _plain(number: Number | None) -> int | float | None:
    return float(number) if isinstance(number, Decimal) else number


def _cell(change: Change) -> dict[str, Any]:
    return {
        **change.identity._asdict(),
        "change": change.kind,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "difference": _plain(change.difference),
        "relative": change.relative,
        "status_before": change.status_before,
        "status_after": change.status_after,
        "age": change.age,
    }


def _history(found: Comparison) -> dict[str, Any]:
    """Of what the newer delivery delivers: the months sent, the statistics of the revisions, the triangle."""
    vintages, indicators = found.vintages, sorted(found.new.indicators)
    parts: dict[tuple[str, str], dict[Identity, tuple[Vintage, ...]]] = {}
    for identity, known in vintages.values.items():  # so that each aggregate is looked for once
        parts.setdefault((identity.indicator, identity.aggregate), {})[identity] = known
    figures, rows = [], []
    for indicator in indicators:
        whose: dict[str, str | None] = {"indicator": indicator, "aggregate": None}
        figures += [{**whose, **vars(one)} for one in statistics(vintages, indicator)]
        for aggregate in found.aggregates.get(indicator, ()):
            part = Vintages(vintages.sent, parts.get((indicator, aggregate), {}))
            whose = {"indicator": indicator, "aggregate": aggregate}
            figures += [{**whose, **vars(one)} for one in statistics(part, indicator)]
            rows += [_row(row) for row in triangle(part, indicator, aggregate)]
    sent = {indicator: list(vintages.sent.get(indicator, ())) for indicator in indicators}
    return {"sent": sent, "statistics": figures, "triangle": rows}


def _row(row: Publications) -> dict[str, Any]:
    said = zip(row.months, row.values, row.statuses, strict=True)
    steps = zip(row.revisions, row.relative, strict=True)
    return {
        **row.identity._asdict(),
        "publications": [{"month": month, "value": value, "status": status} for month, value, status in said],
        "revisions": [{"difference": difference, "relative": relative} for difference, relative in steps],
    }
