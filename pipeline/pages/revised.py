"""What this delivery revises, and how values were revised before: the triangle, the revisions by age, the largest.

The delivery counts as the newest publication, whether or not it is sent. Statistics are those of ``pipeline.revisions``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from pipeline.facts.wording import month, number
from pipeline.pages.chart import Bars, Chart, Value, small
from pipeline.pages.draft import COUNT, UNNAMED, Draft, Named
from pipeline.pages.lookup import address
from pipeline.period import Period
from pipeline.provenance import TracedCell, by_class, cells
from pipeline.revisions import YEAR, Publications, Statistics, per_cent, statistics, triangle
from pipeline.tables import Identity
from pipeline.vintages import Vintages, age

MONTHS = 13  # of the triangle, the newest
PUBLICATIONS = 6  # of a month that are shown, beside what is said now
LARGEST = 10  # revisions that are listed
CELLS = 5  # input cells that are listed, of each
PERIODS = 3  # periods that are named in a sentence
FINEST = 4  # decimals of a percentage at the most


class Change(NamedTuple):
    """A value that the last delivery and this one do not say alike; None where there is none."""

    identity: Identity
    before: int | None
    after: int | None
    status_before: str
    status_after: str

    @property
    def difference(self) -> int:
        """By how much; 0 where a value came or went."""
        return 0 if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Against:
    """What one delivery says otherwise than the one before.

    ``both``: values that both have · ``revised``: those of them that differ · ``came``, ``went``: observations of both that
    got a value, or lost it · ``new``, ``gone``: observations of one of them alone · ``statuses``: (before, after) → how many.
    """

    both: int
    revised: tuple[Change, ...]
    came: tuple[Change, ...]
    went: tuple[Change, ...]
    new: tuple[Identity, ...]
    gone: tuple[Identity, ...]
    statuses: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Said:
    """What a publication says of a month: the value, and by how much it differs from the one before; empty if it stayed."""

    value: str
    change: str = ""
    there: bool = True


@dataclass(frozen=True)
class Row:
    """A month of the triangle: what was said of it, None for publications it does not have; now; and since the first."""

    month: str
    said: Sequence[Said | None]
    now: Said
    since: str


@dataclass(frozen=True)
class Triangle:
    """The newest months of an aggregate. ``places``: names of the publications, 1st, 2nd …"""

    name: str
    places: Sequence[str]
    rows: Sequence[Row]
    cut: bool


@dataclass(frozen=True)
class Age:
    """The revisions of one age, all aggregates together."""

    age: str
    n: str
    changed: str
    mean: str
    mean_absolute: str
    upward: str


@dataclass(frozen=True)
class InputCell:
    """A cell of the input: what it adds, of what it is, and where it stands."""

    factor: str
    units: str
    what: str
    place: str


@dataclass(frozen=True)
class Moved:
    """A revision: what was said, what is said now, and by how much they differ."""

    aggregate: str
    month: str
    before: str
    after: str
    difference: str
    relative: str


@dataclass(frozen=True)
class Largest:
    """A revision and the cells behind the value now.

    ``cells``: how many there are, empty where this page does not hold them · ``trace``: the command that lists them ·
    ``address``: of the value in the look-up.
    """

    moved: Moved
    age: str
    cells: str
    listed: Sequence[InputCell]
    trace: str
    address: str


@dataclass(frozen=True)
class Revisions:
    """An indicator: what this delivery revises (texts, empty where there is none), and what is known of its revisions.

    ``last``: the month of the delivery before, empty where nothing was sent · ``most``: the largest revision of a part,
    ``most_of_total``: of the total · ``totals``: the total is among the largest.
    """

    name: str
    last: str
    deliveries: str
    both: str
    revised: str
    verb: str
    share: str
    most: Moved | None
    most_of_total: Moved | None
    others_moved: Sequence[str]
    statuses: Sequence[str]
    total: Triangle | None
    others: Sequence[Triangle]
    chart: Chart | None
    ages: Sequence[Age]
    largest: Sequence[Largest]
    totals: bool


@dataclass(frozen=True)
class Revised:
    """The part of the page; ``known``: something was sent before."""

    known: bool
    indicators: Sequence[Revisions]


def view(draft: Draft) -> Revised:
    """The delivery beside what was sent before."""
    said = {
        identity: (int(one.value) if one.value else None, one.status)
        for identity, one in draft.observations.items()
        if identity.measure == COUNT
    }
    known = draft.vintages.then(draft.month, [one.id for one in draft.indicators], said)
    return Revised(
        known=any(draft.vintages.sent.get(one.id) for one in draft.indicators),
        indicators=tuple(_indicator(draft, known, one, place) for place, one in enumerate(draft.indicators, 1)),
    )


def _indicator(draft: Draft, known: Vintages, indicator: Named, place: int) -> Revisions:
    name, sent = indicator.title, draft.vintages.sent.get(indicator.id, ())
    if not sent:
        return Revisions(name, "", "", "", "", "", "", None, None, (), (), None, (), None, (), (), totals=False)
    found = against(draft, indicator.id)
    language = draft.language
    listed = _listed(draft, found.revised)
    history = _recent(draft, known, indicator.id)
    by_age = statistics(known, indicator.id)
    return Revisions(
        name=name,
        last=month(language, sent[-1]),
        deliveries=draft.counted(len(sent), "delivery", "deliveries"),
        both=draft.counted(found.both, "value"),
        revised=number(language, len(found.revised)) if found.revised else "",
        verb="is" if len(found.revised) == 1 else "are",
        share=_unsigned(draft, 100 * len(found.revised) / found.both if found.both else 0),
        most=_most(draft, found.revised, {one.id for one in draft.parts}),
        most_of_total=_most(draft, found.revised, {draft.total.id}),
        others_moved=tuple(_moved(draft, found)),
        statuses=tuple(_statuses(draft, found.statuses)),
        total=_triangle(draft, history, indicator.id, draft.total),
        others=tuple(one for part in draft.parts if (one := _triangle(draft, history, indicator.id, part)) is not None),
        chart=_chart(draft, by_age, name, place),
        ages=tuple(_age(draft, one) for one in by_age),
        largest=_largest(draft, listed),
        totals=any(one.identity.aggregate == draft.total.id for one in listed),
    )


# ----------------------------------------------------------------------------------------- against the last delivery


def against(draft: Draft, indicator: str) -> Against:
    """The counts of an indicator beside those of the last delivery; identities in order."""
    last = draft.vintages.last(indicator)
    now = {one: said for one, said in draft.observations.items() if (one.indicator, one.measure) == (indicator, COUNT)}
    both, changes, statuses = 0, [], Counter[tuple[str, str]]()
    for identity in sorted(last.keys() & now.keys()):
        was, said = last[identity], now[identity]
        after = int(said.value) if said.value else None
        both += was.value is not None and after is not None
        if was.value != after:
            changes.append(Change(identity, was.value, after, was.status, said.status))
        if was.status != said.status:
            statuses[was.status, said.status] += 1
    return Against(
        both=both,
        revised=tuple(one for one in changes if one.before is not None and one.after is not None),
        came=tuple(one for one in changes if one.before is None),
        went=tuple(one for one in changes if one.after is None),
        new=tuple(sorted(now.keys() - last.keys())),
        gone=tuple(sorted(last.keys() - now.keys())),
        statuses=statuses,
    )


def _moved(draft: Draft, found: Against) -> Iterable[str]:
    """What appeared and what vanished, in words: 9 values are new (May 2024)."""
    kinds = (
        ("is new", "are new", found.new),
        ("is gone", "are gone", found.gone),
        ("had no value and has one now", "had no value and have one now", [one.identity for one in found.came]),
        ("had a value and has none now", "had a value and have none now", [one.identity for one in found.went]),
    )
    for one, many, those in kinds:
        if those:
            words = draft.counted(len(those), "observation")
            yield f"{words} {one if len(those) == 1 else many} ({_periods(draft, those)})"


def _periods(draft: Draft, those: Iterable[Identity]) -> str:
    """The newest months of some observations; of more how many there are."""
    periods = sorted({one.period for one in those}, reverse=True)
    words = [month(draft.language, one) for one in periods[:PERIODS]]
    more = [f"{number(draft.language, len(periods) - PERIODS)} more"] if len(periods) > PERIODS else []
    return ", ".join([*words, *more])


def _statuses(draft: Draft, changed: Mapping[tuple[str, str], int]) -> Iterable[str]:
    """The statuses that changed, the most frequent first: 18 from Provisional value (P) to Normal value (A)."""
    for (before, after), many in sorted(changed.items(), key=lambda one: (-one[1], one[0])):
        yield f"{number(draft.language, many)} from {draft.status(before)} to {draft.status(after)}"


def _listed(draft: Draft, revised: Iterable[Change]) -> list[Change]:
    """The largest revisions; the total's only in a month in which none of its parts was revised."""
    those = [one for one in revised if one.difference]
    told = {one.identity.period for one in those if one.identity.aggregate != draft.total.id}
    of = [one for one in those if one.identity.aggregate != draft.total.id or one.identity.period not in told]
    return sorted(of, key=_by_size)[:LARGEST]


def _most(draft: Draft, revised: Iterable[Change], aggregates: Collection[str]) -> Moved | None:
    """The largest revision of one of these aggregates."""
    those = [one for one in revised if one.identity.aggregate in aggregates]
    return _told(draft, min(those, key=_by_size)) if those else None


def _by_size(one: Change) -> tuple[int, Identity]:
    return -abs(one.difference), one.identity


def _told(draft: Draft, one: Change) -> Moved:
    aggregate = next(
        (it for it in draft.aggregates if it.id == one.identity.aggregate), Named(one.identity.aggregate, "")
    )
    return Moved(
        aggregate=aggregate.title,
        month=month(draft.language, one.identity.period),
        before=_value(draft, one.before),
        after=_value(draft, one.after),
        difference=draft.signed(one.difference),
        relative=_relative(draft, one.before, one.after),
    )


def _largest(draft: Draft, changes: Sequence[Change]) -> tuple[Largest, ...]:
    """The revisions with the cells behind the values that are said now."""
    wanted = {one.identity.period for one in changes} & set(draft.traced)
    rows = [row for row in draft.counts if row["period"] in wanted]
    of = by_class(rows, changes[0].identity.indicator) if changes else {}
    used = {name for row in of for name in row[3:]}
    factors = [row for row in draft.factors if row["activity"] in used]
    found = []
    for one in changes:
        identity = one.identity
        traced = identity.period in wanted
        behind = list(cells(factors, of, "aggregate", {identity.aggregate: 1}, [identity.period])) if traced else []
        found.append(
            Largest(
                moved=_told(draft, one),
                age=draft.counted(age(identity.period, draft.month), "month"),
                cells=draft.counted(len(behind), "cell") if behind else "",
                listed=tuple(_cell(draft, cell) for cell in sorted(behind, key=_size)[:CELLS]),
                address=address(identity.indicator, identity.aggregate, identity.period),
                trace=f"ebs trace {UNNAMED} {draft.observations[identity].key}:{identity.period}",
            )
        )
    return tuple(found)


def _size(cell: TracedCell) -> tuple[int, str, str, str, str]:
    return -abs(cell.factor * (cell.value or 0)), cell.activity, cell.area, cell.kind, cell.origin


def _cell(draft: Draft, cell: TracedCell) -> InputCell:
    what = f"activity {cell.activity}, area {cell.area}, {cell.kind}"
    units = number(draft.language, cell.value) if cell.value is not None else "no number"
    return InputCell(draft.signed(cell.factor), units, what, cell.origin)


# ------------------------------------------------------------------------------------------------------- the triangle


def _recent(draft: Draft, known: Vintages, indicator: str) -> Vintages:
    """What was said of the newest months of an indicator."""
    newest = Period.parse(draft.month)
    months = {str(newest + -back) for back in range(MONTHS)}
    values = {
        identity: said
        for identity, said in known.values.items()
        if identity.indicator == indicator and identity.period in months and identity.frequency == newest.frequency
    }
    return Vintages(known.sent, values)


def _triangle(draft: Draft, known: Vintages, indicator: str, aggregate: Named) -> Triangle | None:
    """The triangle of an aggregate; None where no month of it was ever sent before."""
    published = triangle(known, indicator, aggregate.id, most=len(known.sent[indicator]))
    columns = min(PUBLICATIONS, max((len(one.months) - 1 for one in published), default=0))
    if not columns:
        return None
    return Triangle(
        name=aggregate.title,
        places=[_nth(place) for place in range(1, columns + 1)],
        rows=[_row(draft, one, columns) for one in published],
        cut=any(len(one.months) - 1 > columns for one in published),
    )


def _row(draft: Draft, of: Publications, columns: int) -> Row:
    before = (None, *of.values[:-1])
    said = [
        _said(draft, was, is_, first=not place) for place, (was, is_) in enumerate(zip(before, of.values, strict=True))
    ]
    *earlier, now = said
    first, last = of.values[0], of.values[-1]
    since = "" if not earlier else "0 %" if first == last and last is not None else _relative(draft, first, last)
    return Row(
        month=month(draft.language, of.identity.period),
        said=[*earlier[:columns], *(None for _ in range(columns - len(earlier)))],
        now=now,
        since=since,
    )


def _said(draft: Draft, was: int | None, is_: int | None, *, first: bool) -> Said:
    if is_ is None:
        return Said("–", there=False)
    if first or was is None or was == is_:
        return Said(_value(draft, is_))
    return Said(_value(draft, is_), _relative(draft, was, is_))


def _nth(place: int) -> str:
    """1st, 2nd, 3rd, 4th …, as the words of the page are English."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{place}{'th' if 10 < place % 100 < 14 else ends.get(place % 10, 'th')}"


# ------------------------------------------------------------------------------------------------ the revisions by age


def _age(draft: Draft, one: Statistics) -> Age:
    language = draft.language
    return Age(
        age=_months_old(one),
        n=number(language, one.n),
        changed=number(language, one.changed),
        mean="–" if one.mean_relative is None else _percentage(draft, one.mean_relative),
        mean_absolute="–" if one.mean_absolute_relative is None else _unsigned(draft, one.mean_absolute_relative),
        upward=f"{number(language, 100 * one.share_upward)} %",
    )


def _months_old(one: Statistics) -> str:
    return f"over {YEAR}" if one.age is None else str(one.age)


def _chart(draft: Draft, by_age: Sequence[Statistics], name: str, place: int) -> Chart | None:
    """The mean absolute revision of each age in per cent, as bars."""
    if not by_age:
        return None

    def written(value: Value) -> str:
        return _unsigned(draft, float(value)).removesuffix(" %")

    return small(
        f"revised.{place}",
        f"{name}: mean absolute revision by age",
        "All aggregates together, by the age of the value in months.",
        [_months_old(one) for one in by_age],
        [Bars("Mean absolute revision", tuple(one.mean_absolute_relative for one in by_age))],
        number=written,
        period=str,
        unit="per cent",
        column="Age in months",
        width=400,
        height=170,
    )


# --------------------------------------------------------------------------------------------------------- the numbers


def _value(draft: Draft, value: int | None) -> str:
    return "no value" if value is None else number(draft.language, value)


def _relative(draft: Draft, before: int | None, after: int | None) -> str:
    """A revision in per cent of the value before; in words where that is 0 or there is none."""
    if before is None or after is None:
        return "–"
    relative = per_cent(before, after)
    return "from 0" if relative is None else _percentage(draft, relative)


def _percentage(draft: Draft, value: float) -> str:
    """A percentage with its sign: +1.3 %, −0.04 %."""
    return f"+{_unsigned(draft, value)}" if value > 0 else _unsigned(draft, value)


def _unsigned(draft: Draft, value: float) -> str:
    """A percentage with one decimal, or as many as it needs not to look like nothing."""
    decimals = 1
    while decimals < FINEST and 0 < abs(value) * 10**decimals < 1:
        decimals += 1
    return f"{number(draft.language, Fraction(value).limit_denominator(10**9), decimals if value else 0)} %"
