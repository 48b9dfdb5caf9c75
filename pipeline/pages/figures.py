"""The figures of a delivery, drawn: counts with what was sent before, the change on the year, the index that they imply.

Months are the newest sixty, fewer where the data begin later. A figure is a whole number of its last decimal (84.3 is
843 tenths) until it is written: differences are exact, and changes are rounded once, half up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise

from pipeline.facts.wording import month, number
from pipeline.pages.chart import Bars, Chart, Layer, Line, Stack, Value, small
from pipeline.pages.draft import COUNT, Draft, Named, Observation
from pipeline.pages.lookup import address
from pipeline.period import PER_YEAR, Period

MONTHS, QUARTERS = 60, 8  # the newest that are shown; the quarters of the table
PLAIN, WEIGHTED = "index_ratio", "index_weighted"
NAMES = {PLAIN: "plain", WEIGHTED: "weighted"}  # as the files below index/ are called
NO_INDEX = "index-base"  # the rule that says why an index could not be made
YEAR = PER_YEAR["M"]
LARGE, SMALL = 370, 320  # widths of a drawing

Figure = int | None
Units = Mapping[str, Figure]  # period → figure in units of the last decimal


@dataclass(frozen=True)
class Fact:
    """A figure in the head of a card: what it is, and the figure as it is read."""

    name: str
    figure: str


@dataclass(frozen=True)
class Card:
    """An aggregate: its newest figures, its charts, each with what it shows, and what is to be known of them.

    ``address``: of the newest value in the look-up, empty where it has none.
    """

    aggregate: Named
    address: str
    facts: tuple[Fact, ...]
    charts: tuple[tuple[str, Chart], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """The counts of an indicator: a card for each aggregate, the total first, and the total as the sum of its parts.

    ``first``, ``last``: the months shown, in words · ``sent``: that of the last delivery sent before, empty without one ·
    ``stack``: None where no part has a value, or there is one month alone.
    """

    indicator: Named
    first: str
    last: str
    sent: str
    cards: tuple[Card, ...]
    stack: Chart | None


@dataclass(frozen=True)
class Row:
    """The quarters of one index of an aggregate: figures as they are read, with whether they are provisional."""

    weighting: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Quarters:
    """The index as quarters: aggregates with their rows, and the total as a chart."""

    periods: tuple[str, ...]
    total: Named
    aggregates: tuple[tuple[Named, tuple[Row, ...]], ...]
    chart: Chart | None

    @property
    def provisional(self) -> bool:
        """A figure of the table is provisional."""
        return any(mark for _, rows in self.aggregates for row in rows for _, mark in row.cells)


@dataclass(frozen=True)
class Indexed:
    """The index of an indicator, up to a month; ``missing``: why some of it could not be made."""

    indicator: Named
    month: str
    cards: tuple[Card, ...]
    quarters: Quarters | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Weights:
    """What the index is weighted with: active units of a year; ``source`` only of weights that are not official."""

    unit: str
    year: int
    status: str
    source: str


@dataclass(frozen=True)
class Figures:
    """Counts and index of a delivery, as its report shows them.

    ``data``: the address of the table of all values · ``weights``: None where there are none.
    """

    data: str
    counts: tuple[Counted, ...]
    index: tuple[Indexed, ...]
    base_year: int
    weights: Weights | None
    months: int = MONTHS


def view(draft: Draft) -> Figures:
    """The figures of a delivery: number, change on the year, parts, index in both weightings, quarters."""
    index = draft.manifest["index"]
    indicators = [_Indicator(draft, named, place) for place, named in enumerate(draft.indicators, 1)]
    return Figures(
        data=draft.address("observations.csv"),
        counts=tuple(map(_counted, indicators)),
        index=tuple(map(_indexed, indicators)),
        base_year=index["base_year"],
        weights=_weights(index["weights"]) if index["weights"] else None,
    )


def _weights(said: Mapping[str, object]) -> Weights:
    source = "" if said["status"] == "official" else str(said["source"])
    return Weights(str(said["unit"]), int(str(said["year"])), str(said["status"]), source)


@dataclass(frozen=True)
class _Indicator:
    """An indicator of a delivery, and how its figures are written; ``place``: among the indicators, from 1."""

    draft: Draft
    named: Named
    place: int

    @cached_property
    def name(self) -> str:
        return self.named.title

    @cached_property
    def aggregates(self) -> tuple[Named, ...]:
        """The total, then the parts."""
        return (self.draft.total, *self.draft.parts)

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The newest months, from the first that any aggregate has; the delivery's own is the last."""
        last = Period.parse(self.draft.month)
        begins = [next(iter(found)) for part in self.aggregates if (found := self.series(part))]
        first = max(Period.parse(min(begins)), last + (1 - MONTHS)) if begins else last
        return tuple(map(str, first.to(last)))

    @cached_property
    def sent(self) -> str:
        """The month of the last delivery sent for an earlier month; empty without one."""
        return next(reversed(self.draft.vintages.sent.get(self.named.id, ("",))))

    @cached_property
    def last_sent(self) -> Mapping[str, Units]:
        """What that delivery said of the counts: aggregate → month → count."""
        found: dict[str, dict[str, Figure]] = {}
        for identity, vintage in self.draft.vintages.last(self.named.id).items():
            if identity.measure == COUNT and identity.frequency == "M":
                found.setdefault(identity.aggregate, {})[identity.period] = vintage.value
        return found

    def series(self, aggregate: Named, measure: str = COUNT, frequency: str = "M") -> Mapping[str, Observation]:
        return self.draft.series(self.named.id, aggregate.id, measure, frequency)

    def marks(
        self, aggregate: Named, periods: Iterable[str], measure: str = COUNT, frequency: str = "M"
    ) -> tuple[bool, ...]:
        """Which of these periods are provisional."""
        found = self.series(aggregate, measure, frequency)
        return tuple(period in found and found[period].status == self.draft.provisional for period in periods)

    def breaks(self, aggregate: Named) -> list[tuple[str, str]]:
        """The declared breaks of a series that lie in the months shown, each with its word."""
        return [
            (one.period, "break")
            for one in self.draft.breaks
            if one.indicator == self.named.id
            and (not one.aggregates or aggregate.id in one.aggregates)
            and one.period in self.months
        ]

    @cached_property
    def _words(self) -> dict[object, str]:
        return {}

    def period(self, text: str) -> str:
        """A month in words; a quarter as it is."""
        if text not in self._words:
            self._words[text] = month(self.draft.language, text) if text[5:].isdecimal() else text
        return self._words[text]

    def number(self, decimals: int) -> Callable[[Value], str]:
        """How figures in units of so many decimals are written."""

        def written(units: Value) -> str:
            if (units, decimals) not in self._words:
                value = Fraction(units) / 10**decimals if decimals else units
                self._words[units, decimals] = number(self.draft.language, value, decimals)
            return self._words[units, decimals]

        return written

    def tick(self, decimals: int) -> Callable[[Value], str]:
        """How the numbers of their scale are written: with decimals where they have any."""
        whole, exact = self.number(0), self.number(decimals)
        return lambda units: exact(units) if units % 10**decimals else whole(units // 10**decimals)

    def id(self, *parts: object) -> str:
        """The id of a chart, whatever indicators and aggregates are called."""
        return "-".join(("figures", str(self.place), *map(str, parts)))


def _units(*series: Mapping[str, Observation]) -> tuple[int, list[Units]]:
    """The decimals with which these series are written, and the series in units of them; None where no value is."""
    read = [{period: _value(one.value) for period, one in those.items()} for those in series]
    exponents = [value.as_tuple().exponent for those in read for value in those.values() if value is not None]
    decimals = max([0, *(-one for one in exponents if isinstance(one, int))])
    return decimals, [
        {period: None if value is None else int(value.scaleb(decimals)) for period, value in those.items()}
        for those in read
    ]


def _value(text: str) -> Decimal | None:
    """A value as it is written; None where there is none."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        return None
    return value if value.is_finite() else None


def _signed(write: Callable[[Value], str]) -> Callable[[Value], str]:
    """How differences are written: a plus before those above zero."""
    return lambda units: f"{'+' if units > 0 else ''}{write(units)}"


def _or_dash(write: Callable[[Value], str], figure: Figure) -> str:
    return "–" if figure is None else write(figure)


# ------------------------------------------------------------------------------------------------------------- counts


def _counted(one: _Indicator) -> Counted:
    return Counted(
        indicator=one.named,
        first=one.period(one.months[0]),
        last=one.period(one.months[-1]),
        sent=one.period(one.sent) if one.sent else "",
        cards=tuple(_count_card(one, aggregate, place) for place, aggregate in enumerate(one.aggregates)),
        stack=_stack(one),
    )


def _count_card(one: _Indicator, aggregate: Named, place: int) -> Card:
    """A series: the newest value, the change on the year, both drawn."""
    decimals, (values,) = _units(one.series(aggregate))
    title, breaks = f"{one.name}, {aggregate.title}", one.breaks(aggregate)
    drawn = partial(
        small,
        periods=one.months,
        period=one.period,
        marked=one.marks(aggregate, one.months),
        events=breaks,
        column="Month",
        width=LARGE if aggregate.total else SMALL,
    )
    number_ = drawn(
        one.id("number", place),
        f"{title}: number per month",
        "",
        layers=_count_lines(one, aggregate, values, decimals),
        number=one.number(decimals),
        tick=one.tick(decimals),
        height=190 if aggregate.total else 140,
        legend=aggregate.total,
    )
    charts = [("Number per month", number_)]
    changes = tuple(on_the_year(values, at) for at in one.months)
    if any(change is not None for change in changes):
        change_ = drawn(
            one.id("change", place),
            f"{title}: change on the same month of the year before",
            "",
            layers=[Bars("change", changes)],
            number=_signed(one.number(1)),
            tick=_signed(one.tick(1)),
            unit="%",
            height=190 if aggregate.total else 105,
            legend=aggregate.total,
        )
        charts.append(("Change on the year, %", change_))
    facts = tuple(_count_facts(one, aggregate, values, decimals))
    known = values.get(one.months[-1]) is not None
    where = address(one.named.id, aggregate.id, one.months[-1]) if known else ""
    return Card(aggregate, where, facts, tuple(charts), tuple(_break_remarks(one, breaks)))


def _count_lines(one: _Indicator, aggregate: Named, values: Units, decimals: int) -> list[Layer]:
    """The counts, and behind them what was sent last."""
    lines: list[Layer] = [Line("this delivery", tuple(map(values.get, one.months)))]
    if one.sent:
        before = one.last_sent.get(aggregate.id, {})
        figures = [before.get(at) for at in one.months]
        sent = tuple(None if figure is None else figure * 10**decimals for figure in figures)
        lines.insert(0, Line(f"sent with {one.period(one.sent)}", sent, "behind"))
    return lines


def on_the_year(values: Units, at: str) -> Figure:
    """The change on the same month of the year before in tenths of a per cent; None where that has no value, or 0."""
    now, before = values.get(at), values.get(year_before(at))
    if now is None or not before:
        return None
    tenths = (2000 * abs(now - before) + abs(before)) // (2 * abs(before))
    return tenths if (now > before) == (before > 0) else -tenths


def year_before(at: str) -> str:
    """The same month of the year before."""
    return str(Period.parse(at) + -YEAR)


def _count_facts(one: _Indicator, aggregate: Named, values: Units, decimals: int) -> Iterator[Fact]:
    """The newest value with its month, and the change on the year with the month that it is measured by."""
    newest = one.months[-1]
    earlier, found = year_before(newest), one.series(aggregate).get(newest)
    value, change = values.get(newest), on_the_year(values, newest)
    if found is None or value is None:
        status = "not delivered" if found is None else one.draft.statuses.get(found.status, found.status)
        yield Fact(f"{one.period(newest)}, {status}", "no value")
        return
    late = ", provisional" if found.status == one.draft.provisional else ""
    yield Fact(f"{one.period(newest)}{late}", one.number(decimals)(value))
    if change is not None:
        yield Fact(f"on {one.period(earlier)}", f"{_signed(one.number(1))(change)}\N{NO-BREAK SPACE}%")
    elif earlier in values:
        yield Fact(f"on {one.period(earlier)}, which {'has no value' if values[earlier] is None else 'is 0'}", "–")


def _break_remarks(one: _Indicator, breaks: Iterable[tuple[str, str]]) -> Iterator[str]:
    for at, _ in breaks:
        yield f"Break in {one.period(at)}: not comparable with what came before."


def _stack(one: _Indicator) -> Chart | None:
    """The total as the sum of its parts; None where no part has a value, or there is one month alone."""
    decimals, found = _units(*map(one.series, one.draft.parts))
    parts = [
        Line(f"{part.id} {part.name}", values)
        for part, figures in zip(one.draft.parts, found, strict=True)
        if set(values := tuple(map(figures.get, one.months))) - {None}
    ]
    if not parts or len(one.months) < 2:
        return None
    return small(
        one.id("parts"),
        f"{one.name}: {one.draft.total.title} as the sum of its parts",
        "",
        one.months,
        [Stack(tuple(parts))],
        number=one.number(decimals),
        tick=one.tick(decimals),
        period=one.period,
        marked=one.marks(one.draft.total, one.months),
        events=one.breaks(one.draft.total),
        column="Month",
        width=760,
        height=280,
    )


# -------------------------------------------------------------------------------------------------------------- index


def _indexed(one: _Indicator) -> Indexed:
    cards = [_index_card(one, aggregate, place) for place, aggregate in enumerate(one.aggregates)]
    messages = [str(found["message"]) for found in one.draft.findings["findings"] if found["rule"] == NO_INDEX]
    return Indexed(
        indicator=one.named,
        month=one.period(one.months[-1]),
        cards=tuple(card for card in cards if card is not None),
        quarters=_quarters(one),
        missing=tuple(message for message in messages if message.startswith(f"{one.named.id}: ")),
    )


def _indices(one: _Indicator, aggregate: Named, frequency: str) -> tuple[int, dict[str, Units]]:
    """The decimals of an aggregate's indices, and each that there is: measure → period → index."""
    found = {measure: those for measure in NAMES if (those := one.series(aggregate, measure, frequency))}
    decimals, units = _units(*found.values())
    return decimals, dict(zip(found, units, strict=True))


def _index_card(one: _Indicator, aggregate: Named, place: int) -> Card | None:
    """The index of a series in both weightings, and by how much they differ; None where neither could be made."""
    decimals, found = _indices(one, aggregate, "M")
    if not found:
        return None
    lines = {measure: tuple(map(values.get, one.months)) for measure, values in found.items()}
    differences = tuple(_differences(lines.values()))
    same, breaks = _same(differences), one.breaks(aggregate)
    title = f"{one.name}, {aggregate.title}: index"
    drawn = partial(
        small,
        periods=one.months,
        period=one.period,
        marked=one.marks(aggregate, one.months, next(iter(lines))),
        events=breaks,
        column="Month",
        width=LARGE if aggregate.total else SMALL,
    )
    index = drawn(
        one.id("index", place),
        title,
        "",
        layers=_index_lines(lines, same=same),
        number=one.number(decimals),
        tick=one.tick(decimals),
        height=190 if aggregate.total else 140,
        legend=aggregate.total or not any(one.series(one.draft.total, measure) for measure in NAMES),
    )
    charts = [("Index by month", index)]
    if differences and not same:
        difference = drawn(
            one.id("difference", place),
            f"{title}, weighted less plain",
            "",
            layers=[Bars("difference", differences)],
            number=_signed(one.number(decimals)),
            tick=_signed(one.tick(decimals)),
            unit="points",
            height=190 if aggregate.total else 95,
            legend=aggregate.total,
        )
        charts.append(("Weighted less plain, points", difference))
    remarks = (*_same_remarks(one, aggregate, same), *_absent_remarks(one, lines), *_break_remarks(one, breaks))
    facts = tuple(_index_facts(one, lines, differences, decimals))
    return Card(aggregate, "", facts, tuple(charts), remarks)


def _differences(lines: Iterable[Sequence[Figure]]) -> Iterator[Figure]:
    """By how much the weighted index lies above the plain one, as both are written; nothing of one alone."""
    for plain, weighted in pairwise(lines):
        for one, other in zip(plain, weighted, strict=True):
            yield None if one is None or other is None else other - one


def _same(differences: Sequence[Figure]) -> bool:
    return bool(differences) and not any(differences)


def _index_lines(lines: Mapping[str, Sequence[Figure]], *, same: bool) -> list[Layer]:
    """A line for each weighting; one for both where they are the same."""
    first, *_ = lines
    if same:
        return [Line(" and ".join(NAMES.values()), tuple(lines[first]))]
    return [Line(NAMES[one], tuple(line), "main" if one == first else "second") for one, line in lines.items()]


def _index_facts(
    one: _Indicator, lines: Mapping[str, Sequence[Figure]], differences: Sequence[Figure], decimals: int
) -> Iterator[Fact]:
    """The newest of each weighting, and their difference."""
    for measure, line in lines.items():
        yield Fact(NAMES[measure], _or_dash(one.number(decimals), line[-1]))
    if differences:
        yield Fact("difference", _or_dash(_signed(one.number(decimals)), differences[-1]))


def _same_remarks(one: _Indicator, aggregate: Named, same: bool) -> Iterator[str]:
    """Why nothing differs."""
    if same:
        strata = one.draft.manifest["index"]["strata"].get(aggregate.id, {})
        yield f"Both are the same{': a single weight applies' if len(strata) == 1 else ' in these months'}."


def _absent_remarks(one: _Indicator, lines: Iterable[str]) -> Iterator[str]:
    """Which weighting could not be made of this aggregate, where there could be one."""
    for measure, name in NAMES.items():
        if measure not in lines and (measure == PLAIN or one.draft.manifest["index"]["weights"]):
            yield f"The {name} index could not be made."


# ----------------------------------------------------------------------------------------------------------- quarters


def _quarters(one: _Indicator) -> Quarters | None:
    """The quarters as means of their months: those of the newest two years as a table, the total's of five as a chart."""
    found = {aggregate: _indices(one, aggregate, "Q") for aggregate in one.aggregates}
    known = sorted({quarter for _, indices in found.values() for values in indices.values() for quarter in values})
    if not known:
        return None
    shown = tuple(known[-QUARTERS:])
    aggregates = [
        (aggregate, tuple(_rows(one, aggregate, indices, decimals, shown)))
        for aggregate, (decimals, indices) in found.items()
        if indices
    ]
    return Quarters(shown, one.draft.total, tuple(aggregates), _quarter_chart(one, *found[one.draft.total]))


def _rows(
    one: _Indicator, aggregate: Named, indices: Mapping[str, Units], decimals: int, shown: Sequence[str]
) -> Iterator[Row]:
    for measure, values in indices.items():
        figures = [_or_dash(one.number(decimals), values.get(quarter)) for quarter in shown]
        yield Row(NAMES[measure], tuple(zip(figures, one.marks(aggregate, shown, measure, "Q"), strict=True)))


def _quarter_chart(one: _Indicator, decimals: int, indices: Mapping[str, Units]) -> Chart | None:
    """The total by quarter, over as many years as the months."""
    if not indices:
        return None
    quarters = sorted({quarter for values in indices.values() for quarter in values})[-MONTHS // 3 :]
    lines = {measure: tuple(map(values.get, quarters)) for measure, values in indices.items()}
    return small(
        one.id("quarters"),
        f"{one.name}, {one.draft.total.title}: index by quarter",
        "",
        quarters,
        _index_lines(lines, same=_same(tuple(_differences(lines.values())))),
        number=one.number(decimals),
        tick=one.tick(decimals),
        period=one.period,
        marked=one.marks(one.draft.total, quarters, next(iter(lines)), "Q"),
        column="Quarter",
        width=LARGE,
        height=180,
    )
