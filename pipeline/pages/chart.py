"""A chart: figures drawn to scale, told in a sentence, and the same figures as a table.

``small`` turns series of figures into a ``Chart`` whose coordinates are ready; the macro ``chart`` of ``chart.html``
writes it, ``chart.css`` says how it looks. The same figures give the same bytes: places are whole tenths of a unit,
reckoned with whole numbers and fractions alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from itertools import groupby, pairwise
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline.pages.rich import clean

if TYPE_CHECKING:
    from markupsafe import Markup

Value: TypeAlias = int | float | Decimal | Fraction
Values: TypeAlias = tuple[Value | None, ...]
Exact: TypeAlias = int | Fraction
Format: TypeAlias = Callable[[Value], str]
Point: TypeAlias = tuple[int, int]

NORMAL = 400
"""The width up to which a chart shrinks with its column; a broader one is moved within it, so that it can be read."""
LETTER, NARROW, LINE = 75, 42, 130
"""Tenths: the width of a digit or letter, of a comma or blank, and the height of a line of text."""
LEFT, RIGHT, TOP, BOTTOM = 500, 460, 100, 220
"""Tenths: the margins at the least, so that the plots of charts below one another are aligned."""
GAP, SAMPLE = 60, 190
"""Tenths: from the plot to words, and to the name of a part with its colour between them."""
_PERIOD = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2]|Q[1-4])")
_ORDER = ("behind", "plain", "second", "main")


# ------------------------------------------------------------------------------------------------------ what is drawn


@dataclass(frozen=True)
class Line:
    """A series as a line, broken where there is no value; ``behind`` is what was known before, thin and dashed."""

    name: str
    values: Values
    style: Literal["main", "behind", "second", "plain"] = "main"

    @cached_property
    def exact(self) -> tuple[Exact | None, ...]:
        """The values as they are, without rounding; none where there is no number."""
        return tuple(map(_exact, self.values))


@dataclass(frozen=True)
class Bars:
    """A series as bars from zero, up or down."""

    name: str
    values: Values
    style: Literal["main", "second"] = "main"

    @cached_property
    def exact(self) -> tuple[Exact | None, ...]:
        """The values as they are, without rounding; none where there is no number."""
        return tuple(map(_exact, self.values))


@dataclass(frozen=True)
class Stack:
    """The parts of a total, the first at the bottom, as areas; a part without a value adds nothing to that period."""

    parts: tuple[Line, ...]

    @cached_property
    def heights(self) -> tuple[tuple[Exact | None, ...], ...]:
        """How high each part reaches on those below it; none in periods for which no part has a value."""
        periods = list(zip(*(part.exact for part in self.parts), strict=True))
        columns = []
        for values in periods:
            height: Exact = 0
            known = any(value is not None for value in values)
            columns.append([(height := height + (value or 0)) if known else None for value in values])
        return tuple(zip(*columns, strict=True)) if columns else ((),) * len(self.parts)

    @property
    def total(self) -> tuple[Exact | None, ...]:
        """The sum of the parts."""
        return self.heights[-1] if self.parts else ()


Layer: TypeAlias = Line | Bars | Stack


@dataclass(frozen=True)
class Text:
    """Words at a place of the chart; ``look``: what they belong to."""

    x: str
    y: str
    words: str
    look: str = ""


@dataclass(frozen=True)
class Shape:
    """A path of SVG; ``look``: its classes · ``width``: of its stroke where that is reckoned."""

    look: str
    path: str
    width: str = ""


@dataclass(frozen=True)
class Key:
    """What a look of the chart stands for: the same shapes, small, and a name."""

    shapes: tuple[Shape, ...]
    name: str


@dataclass(frozen=True)
class Chart:
    """A chart that only needs writing: shapes from the bottom to the top, words with their places, and the table.

    ``scale``: beside the gridlines · ``axis``: below · ``words``: inside · ``head``, ``rows``, ``note``: of the table.
    """

    id: str
    title: str
    unit: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    scale: tuple[Text, ...]
    axis: tuple[Text, ...]
    words: tuple[Text, ...]
    keys: tuple[Key, ...]
    head: tuple[str, ...]
    rows: Markup
    note: str

    @property
    def broad(self) -> bool:
        """Whether it is too broad to be read when it shrinks to a narrow column."""
        return self.width > NORMAL


def small(
    id: str,  # noqa: A002
    title: str,
    description: str,
    periods: Sequence[str],
    layers: Sequence[Layer],
    *,
    number: Format,
    period: Callable[[str], str],
    tick: Format | None = None,
    marked: Sequence[bool] = (),
    mark_name: str = "provisional",
    events: Sequence[tuple[str, str]] = (),
    unit: str = "",
    column: str = "Period",
    width: int = 320,
    height: int = 150,
    legend: bool = True,
) -> Chart:
    """A chart of one or more series over the same periods, or over categories.

    ``periods`` are months (``2024-05``) or quarters (``2024-Q1``), shown by ``period``; when one is anything else, all are
    categories, shown as they are. ``number``, ``tick``: how values and the numbers of the scale are written, the same
    when there is no ``tick`` · ``marked``: the periods that are ``mark_name``, whose first letter is the sign in the
    table · ``events``: (period, what happened) · ``column``: what heads the periods in the table. A value that is no
    number (NaN, infinite) counts as none. Width and height are in units of the drawing; up to 400 wide it shrinks with
    its column. ValueError: an id with a blank, or a series or marks that are not as long as the periods.
    """
    _confront(id, periods, layers, marked)
    timed = all(map(_PERIOD.fullmatch, periods))
    data = _Data(
        periods=tuple(periods),
        labels=tuple(clean(period(one) if _PERIOD.fullmatch(one) else one) for one in periods),
        layers=tuple(layers),
        marks=tuple(marked) or (False,) * len(periods),
        mark_name=mark_name,
        happened=tuple(sorted((periods.index(at), what) for at, what in events if at in periods)),
        number=number,
        timed=timed,
    )
    plot = _plot(data, tick or number, width * 10, height * 10)
    return Chart(
        id=id,
        title=title,
        unit=unit,
        description=" ".join(filter(None, (description, *_told(data)))),
        width=width,
        height=height,
        shapes=tuple(_shapes(plot, data)),
        scale=tuple(Text(_short(plot.left - GAP), _short(plot.y(at) + 40), label) for at, label in plot.scale.ticks),
        axis=tuple(_axis(plot, data)),
        words=tuple(_words(plot, data)),
        keys=tuple(_keys(data)) if legend else (),
        head=(column, *(series.name for series in data.series)),
        rows=_rows(data),
        note=_note(data),
    )


@dataclass(frozen=True)
class _Data:
    """What is drawn, told and tabled. ``timed``: over periods, not categories · ``happened``: (place, what)."""

    periods: tuple[str, ...]
    labels: tuple[str, ...]
    layers: tuple[Layer, ...]
    marks: tuple[bool, ...]
    mark_name: str
    happened: tuple[tuple[int, str], ...]
    number: Format
    timed: bool

    @cached_property
    def series(self) -> tuple[Line | Bars, ...]:
        """The series one by one, the parts of a total as well."""
        return tuple(_series(self.layers))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines, what is most important last."""
        found = (layer for layer in self.layers if isinstance(layer, Line))
        return tuple(sorted(found, key=lambda line: _ORDER.index(line.style)))

    @cached_property
    def bars(self) -> tuple[Bars, ...]:
        """The series that are bars."""
        return tuple(layer for layer in self.layers if isinstance(layer, Bars))

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """The totals that are shown as their parts."""
        return tuple(layer for layer in self.layers if isinstance(layer, Stack))

    @cached_property
    def years(self) -> tuple[tuple[int, str], ...]:
        """Where years begin: (place, year); the first period begins one only when it is the first of its year."""
        if not self.timed:
            return ()
        years = [one[:4] for one in self.periods]
        first = [(0, year) for year in years[:1] if self.periods[0].endswith(("-01", "-Q1"))]
        return (*first, *((at, b) for at, (a, b) in enumerate(pairwise(years), 1) if a != b))

    @cached_property
    def newest(self) -> tuple[int, Exact, str] | None:
        """The newest value of what is shown first: (place, value, as it is written)."""
        singles: tuple[Line | Bars, ...] = (*self.lines, *self.bars)
        for one in singles:
            if one.style == "main" and (places := [at for at, value in enumerate(one.exact) if value is not None]):
                value, exact = one.values[places[-1]], one.exact[places[-1]]
                if value is not None and exact is not None:
                    return places[-1], exact, self.number(value)
        return None


def _confront(name: str, periods: Sequence[str], layers: Sequence[Layer], marked: Sequence[bool]) -> None:
    """Say what cannot be drawn because it does not fit together."""
    if not name or re.search(r"\s", name):
        raise ValueError(f"{name!r} is not an id: it is empty or has a blank")
    for series in _series(layers):
        if len(series.values) != len(periods):
            raise ValueError(f"{series.name!r} has {len(series.values)} values for {len(periods)} periods")
    if marked and len(marked) != len(periods):
        raise ValueError(f"there are {len(marked)} marks for {len(periods)} periods")


def _series(layers: Iterable[Layer]) -> Iterator[Line | Bars]:
    for layer in layers:
        if isinstance(layer, Stack):
            yield from layer.parts
        else:
            yield layer


def _exact(value: Value | None) -> Exact | None:
    if value is None or isinstance(value, int | Fraction):
        return value
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() else None
    return Fraction(value) if isfinite(value) else None


# ------------------------------------------------------------------------------------------------------------ places


@cache
def _short(tenths: int) -> str:
    """Tenths of a unit as the shortest decimal: 12.3, .5, -4."""
    whole, part = divmod(abs(tenths), 10)
    text = f"{whole or ''}.{part}" if part else str(whole)
    return f"-{text}" if tenths < 0 else text


@cache
def _next(tenths: int) -> str:
    """A number that follows another in a path: with a blank between them unless its sign separates them already."""
    return _short(tenths) if tenths < 0 else f" {_short(tenths)}"


def _at(x: int, y: int) -> str:
    """The beginning of a path."""
    return f"M{_short(x)}{_next(y)}"


def _line(points: Sequence[Point]) -> str:
    """The path from point to point."""
    steps = (f"{_short(c - a)}{_next(d - b)}" for (a, b), (c, d) in pairwise(points))
    return f"{_at(*points[0])}l{' '.join(steps)}"


def _dots(points: Iterable[Point]) -> str:
    """A path of lines without length: their round ends are dots."""
    return "".join(f"{_at(x, y)}h0" for x, y in points)


def _breadth(text: str) -> int:
    """About how much room a text needs."""
    return sum(NARROW if one in " .,:;'’|il1-−\u202f\u00a0" else LETTER for one in text)


@dataclass(frozen=True)
class _Plot:
    """Where values and periods lie, in tenths of a unit. ``edges``: the first and last period lie on the edges."""

    left: int
    right: int
    top: int
    bottom: int
    width: int
    count: int
    scale: _Scale
    edges: bool

    @property
    def across(self) -> int:
        """The width of the plot itself."""
        return self.right - self.left

    @property
    def zero(self) -> bool:
        """Whether the scale contains zero."""
        return self.scale.low <= 0 <= self.scale.high

    @cached_property
    def _scaling(self) -> tuple[int, int, int, int]:
        """The top of the scale and the height of one unit as fractions: (numerator, denominator) twice."""
        high = self.scale.high
        unit = Fraction(self.bottom - self.top) / (high - self.scale.low)
        return high.numerator, high.denominator, unit.numerator, unit.denominator

    def x(self, place: int) -> int:
        """The middle of a period."""
        if self.edges:
            return self.left + place * self.across // (self.count - 1)
        return self.left + (2 * place + 1) * self.across // (2 * self.count)

    def start(self, place: int) -> int:
        """Where a period begins; the one after the last begins where that ends."""
        if self.edges:
            half = (2 * place - 1) * self.across // (2 * self.count - 2)
            return self.left + min(max(half, 0), self.across)
        return self.left + place * self.across // self.count

    def y(self, value: Exact) -> int:
        """The height of a value, rounded half up; whole numbers all the way, because there are thousands of them."""
        high, of, unit, per = self._scaling
        down, under = (high * value.denominator - value.numerator * of) * unit, of * value.denominator * per
        return self.top + (2 * down + under) // (2 * under)

    def runs(self, values: Iterable[Exact | None]) -> Iterator[list[Point]]:
        """The points of a series, one list for each stretch without a gap."""
        for _, group in groupby(enumerate(values), key=lambda one: one[1] is None):
            if run := [(self.x(at), self.y(value)) for at, value in group if value is not None]:
                yield run


def _plot(data: _Data, tick: Format, width: int, height: int) -> _Plot:
    """The plot with margins as wide as its words need, and a scale of round numbers."""
    above = bool(data.happened) or bool(_bar_labels(data))
    top, bottom = TOP + (LINE if above else 0), height - BOTTOM
    scale = _scale(data, tick, most=min(max((bottom - top) // 200, 2), 4) + 1)
    if data.stacks:
        names = (_breadth(part.name) + SAMPLE for stack in data.stacks for part in stack.parts)
        right = min(max([RIGHT, *names]), width * 2 // 5)
    elif data.timed:
        right = max(RIGHT, _breadth(data.newest[2]) + GAP + 20 if data.newest else 0)
    else:
        right = GAP
    return _Plot(
        left=max([LEFT, *(_breadth(label) + GAP + 20 for _, label in scale.ticks)]),
        right=width - right,
        top=top,
        bottom=bottom,
        width=width,
        count=len(data.periods),
        scale=scale,
        edges=bool(data.stacks) and data.timed and len(data.periods) > 1,
    )


# ------------------------------------------------------------------------------------------------------------- scale


@dataclass(frozen=True)
class _Scale:
    """The lowest and the highest number that the height of a plot stands for, and round ones between them, as written."""

    low: Exact
    high: Exact
    ticks: tuple[tuple[Exact, str], ...] = ()


def _scale(data: _Data, tick: Format, most: int) -> _Scale:
    """A scale that holds all values, with round numbers, at most so many; without values it has none."""
    singles = (layer.exact for layer in data.layers if not isinstance(layer, Stack))
    reached = [*singles, *(heights for stack in data.stacks for heights in stack.heights)]
    values = [value for series in reached for value in series if value is not None]
    if not values:
        return _Scale(0, 1)
    low, high = min(values), max(values)
    near = 0 <= 2 * low <= high or low <= 2 * high <= 0
    if near or low == high or data.bars or data.stacks:
        low, high = min(low, 0), max(high, 0)
    if low == high:
        high = 1
    whole = all(isinstance(value, int) for value in values)
    scale = _Scale(low, high)
    for low_end, high_end, numbers in _round(low, high, whole, most):
        written = [(one, clean(tick(one if isinstance(one, int) else _decimal(one)))) for one in numbers]
        seen = {label: at for at, label in reversed(written)}
        scale = _Scale(low_end, high_end, tuple((at, label) for at, label in written if seen[label] == at))
        if len(seen) == len(written):  # else it is too fine for how numbers are written
            break
    return scale


def _round(low: Exact, high: Exact, whole: bool, most: int) -> Iterator[tuple[Exact, Exact, list[Exact]]]:
    """Scales around two values: (lowest, highest, the round numbers between them), that with most numbers first.

    The numbers are 1, 2 or 5 and noughts apart. A scale ends at such a number where that is near, else a little beyond
    the value. ``whole``: no fractions, as for counts · ``most``: numbers, three or more; where there is no such scale
    with two at least, the next finer ones follow, which have two more at most: 5 is two and a half times 2.
    """
    span = Fraction(high) - Fraction(low)
    size = (span.numerator.bit_length() - span.denominator.bit_length()) * 30103 // 100000  # log10, within one
    found: list[tuple[int, Exact, int, int, Exact, Exact]] = []
    for power in range(max(size - 2, 0) if whole else size - 2, size + 4):
        unit = 10**power if power >= 0 else Fraction(1, 10**-power)
        for step in (unit, 2 * unit, 5 * unit):
            first, last = low // step, -(-high // step)
            low_end, high_end = first * step, last * step
            if 7 * (low - low_end) > span:
                first, low_end = first + 1, low - span / 25
            if 7 * (high_end - high) > span:
                last, high_end = last - 1, high + span / 25
            if 2 <= (count := last - first + 1) <= most + 2:
                found.append((count if count > most else -count, step, first, last, low_end, high_end))
    for _, step, first, last, low_end, high_end in sorted(found):
        yield low_end, high_end, [_plain(place * step) for place in range(first, last + 1)]


def _plain(value: Exact) -> Exact:
    return value.numerator if value.denominator == 1 else value


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


# ------------------------------------------------------------------------------------------------------------ shapes


def _shapes(plot: _Plot, data: _Data) -> Iterator[Shape]:
    """All that is drawn, from the bottom to the top."""
    if any(data.marks):
        yield Shape("band", "".join(_block(plot, a, b) for a, b in _stretches(data.marks)))
    across = f"h{_short(plot.across)}"
    rows = dict.fromkeys([*(plot.y(at) for at, _ in plot.scale.ticks if at), *([] if plot.zero else [plot.bottom])])
    if rows:
        yield Shape("grid", "".join(f"{_at(plot.left, y)}{across}" for y in rows))
    for stack in data.stacks:
        yield from _areas(plot, stack)
        yield from _samples(plot, stack)
    if data.stacks and any(data.marks):  # the areas hide the ground
        seams = (at for stretch in _stretches(data.marks) for at in stretch if at < plot.count)
        yield Shape("seam", "".join(f"{_at(plot.start(at), plot.top)}V{_short(plot.bottom)}" for at in seams))
    yield from _columns(plot, data)
    if plot.zero:
        yield Shape("base", f"{_at(plot.left, plot.y(0))}{across}")
    if data.years:
        yield Shape("tick", "".join(f"{_at(plot.start(at), plot.bottom)}v5" for at, _ in data.years))
    if data.happened:
        path = "".join(f"{_at(plot.x(at), plot.top)}V{_short(plot.bottom)}" for at, _ in data.happened)
        yield Shape("event", path)
    for line in data.lines:
        yield from _drawn(plot, line, data.marks)


def _stretches(marks: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """The stretches that are marked: (first place, the place after the last)."""
    for is_marked, group in groupby(enumerate(marks), key=lambda one: one[1]):
        places = [at for at, _ in group]
        if is_marked:
            yield places[0], places[-1] + 1


def _block(plot: _Plot, first: int, after: int) -> str:
    """The ground behind some periods."""
    x, end = plot.start(first), plot.start(after)
    return f"{_at(x, plot.top)}H{_short(end)}V{_short(plot.bottom)}H{_short(x)}z"


def _drawn(plot: _Plot, line: Line, marks: Sequence[bool]) -> Iterator[Shape]:
    """A line; a value between two gaps is a dot, one of the main line that is marked a hollow dot."""
    runs = list(plot.runs(line.exact))
    if path := "".join(_line(run) for run in runs if len(run) > 1):
        yield Shape(line.style, path)
    if alone := _dots(run[0] for run in runs if len(run) == 1):
        yield Shape(f"{line.style} dots", alone)
    if line.style == "main":
        known = ((at, value) for at, value in enumerate(line.exact) if marks[at])
        if hollow := _dots((plot.x(at), plot.y(value)) for at, value in known if value is not None):
            yield Shape("main dots", hollow)
            yield Shape("hollow", hollow)


def _areas(plot: _Plot, stack: Stack) -> Iterator[Shape]:
    """The areas of the parts: each reaches down to zero, and the next lower one is drawn over it."""
    zero = _short(plot.y(0))
    for place in reversed(range(len(stack.parts))):
        path = ""
        for run in plot.runs(stack.heights[place]):
            (first, y), (last, _) = run[0], run[-1]
            if first == last:  # one period between two gaps: a narrow column
                first, last = first - 10, last + 10
                run = [(first, y), (last, y)]
            path += f"{_line(run)}V{zero}H{_short(first)}z"
        if path:
            yield Shape(_colour(place), path)


def _samples(plot: _Plot, stack: Stack) -> Iterator[Shape]:
    """A sample of each part's colour, before its name."""
    for _, place, y in _beside(plot, stack):
        yield Shape(_colour(place), f"{_at(plot.right + GAP, y - 45)}h8v9h-8z")


def _colour(place: int) -> str:
    return f"s{place % 8 + 1}"


def _columns(plot: _Plot, data: _Data) -> Iterator[Shape]:
    """Bars, those of several series side by side; those that are marked are hollow."""
    if not data.bars or not plot.count:
        return
    zero = plot.y(0)
    width = max(min(plot.across * 7 // (10 * plot.count * len(data.bars)), 280), 6)
    half = max(width // 2 - 5, 1)
    for place, series in enumerate(data.bars):
        full, hollow = "", ""
        for at, value in enumerate(series.exact):
            if value is None:
                continue
            x, y = plot.x(at) + (2 * place + 1 - len(data.bars)) * width // 2, plot.y(value)
            if data.marks[at]:
                hollow += f"{_at(x - half, zero)}V{_short(y)}h{_short(2 * half)}V{_short(zero)}z"
            else:
                full += f"{_at(x, zero)}V{_short(y)}"
        if full:
            yield Shape(f"bars-{series.style}", full, _short(width))
        if hollow:
            yield Shape(f"open-{series.style}", hollow)


# ------------------------------------------------------------------------------------------------------------- words


def _axis(plot: _Plot, data: _Data) -> Iterator[Text]:
    """The words below the plot: years where they begin, or first and last period, or categories; none over another."""
    if not data.labels:
        return
    y = _short(plot.bottom + 165)
    if not data.timed:
        slot = Fraction(plot.across, plot.count)
        each = max(1, -(-(max(map(_breadth, data.labels)) + GAP) // slot))
        yield from (Text(_short(plot.x(at)), y, data.labels[at]) for at in range(0, plot.count, each))
    elif len(data.years) > 1:
        yield from _year_names(plot, data, y)
    else:
        yield Text(_short(plot.left), y, data.labels[0], "start")
        first, last = _breadth(data.labels[0]) + GAP, _breadth(data.labels[-1]) + GAP
        if plot.count > 1 and first + last < plot.across:
            yield Text(_short(plot.right), y, data.labels[-1], "end")
            for x, year in ((plot.start(at), year) for at, year in data.years):
                if plot.left + first <= x <= plot.right - last - 4 * LETTER - GAP:
                    yield Text(_short(x), y, year, "start")


def _year_names(plot: _Plot, data: _Data, y: str) -> Iterator[Text]:
    """The years from where they begin, every second, fifth … where there is no room for all."""
    room = 4 * LETTER + 45
    starts = [(plot.start(at), year) for at, year in data.years]
    step = min(b - a for (a, _), (b, _) in pairwise(starts))
    each = next((each for each in (1, 2, 5, 10, 20, 50) if each * step >= room), 100)
    if each == 1 and starts[0][0] - plot.left >= room:  # the year that the first period lies in
        starts.insert(0, (plot.left, data.periods[0][:4]))
    free = plot.left
    for x, year in starts:
        if int(year) % each == 0 and free <= x <= plot.width - room:
            free = x + room
            yield Text(_short(x), y, year, "start")


def _words(plot: _Plot, data: _Data) -> Iterator[Text]:
    """The words inside the chart: values, parts, what happened, or that there is nothing."""
    if not plot.scale.ticks:
        yield Text(_short((plot.left + plot.right) // 2), _short((plot.top + plot.bottom) // 2), "No value", "none")
    for at, exact, label in _bar_labels(data):
        y = plot.y(exact) + (LINE if exact < 0 else -45)
        yield Text(_short(plot.x(at)), _short(y), label, "value")
    if data.timed and data.newest and not data.stacks:
        at, exact, label = data.newest
        y = min(max(plot.y(exact) + 40, plot.top + 40), plot.bottom)
        yield Text(_short(plot.start(at + 1) + GAP), _short(y), label, "newest")
    for stack in data.stacks:
        yield from _part_names(plot, stack)
    yield from _event_names(plot, data)


def _bar_labels(data: _Data) -> list[tuple[int, Exact, str]]:
    """The values that stand at the bars of a few categories: (place, value, as it is written)."""
    if data.timed or len(data.layers) != 1 or not data.bars or len(data.periods) > 8:
        return []
    pairs = enumerate(zip(data.bars[0].values, data.bars[0].exact, strict=True))
    found = [(at, e, data.number(v)) for at, (v, e) in pairs if v is not None and e is not None]
    room = 10 * LETTER * 4 // max(len(data.periods), 1)
    return found if all(_breadth(label) <= room for *_, label in found) else []


def _beside(plot: _Plot, stack: Stack) -> list[tuple[str, int, int]]:
    """Where the parts are named, from the top down: (name, place, height), beside their areas and never overlapping."""
    last = next((at for at in reversed(range(plot.count)) if stack.total and stack.total[at] is not None), None)
    if last is None:
        return []
    tops = [plot.y(heights[last] or 0) for heights in stack.heights]
    middles = [(a + b) // 2 for a, b in pairwise([plot.y(0), *tops])]
    places = reversed(range(len(stack.parts)))
    heights = _apart(middles[::-1], plot.top, plot.bottom)
    return [(stack.parts[place].name, place, y) for place, y in zip(places, heights, strict=True)]


def _apart(wanted: Sequence[int], top: int, bottom: int) -> list[int]:
    """The places from top to bottom, at least a line apart where there is room, each near its own."""
    apart = min(LINE, (bottom - top) // max(len(wanted) - 1, 1))
    places: list[int] = []
    for place in wanted:
        places.append(max(place, places[-1] + apart if places else top))
    limit = bottom
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - apart
    return places


def _part_names(plot: _Plot, stack: Stack) -> Iterator[Text]:
    """The names of the parts, shortened to the room there is."""
    most = plot.width - plot.right - SAMPLE
    for name, _, y in _beside(plot, stack):
        words = name
        while len(words) > 2 and _breadth(words) > most:
            words = words.removesuffix("…")[:-1].rstrip() + "…"
        yield Text(_short(plot.right + SAMPLE), _short(y + 40), words, "part")


def _event_names(plot: _Plot, data: _Data) -> Iterator[Text]:
    """What happened, above the plot; a name that would lie over another stands in the description and the table alone."""
    free = 0
    for at, name in data.happened:
        half = _breadth(name) // 2
        x = min(max(plot.x(at), half), plot.width - half)
        if x - half >= free:
            free = x + half + GAP
            yield Text(_short(x), _short(plot.top - 50), name)


def _keys(data: _Data) -> Iterator[Key]:
    """The legend: nothing for one series without marks; the parts of a total are named beside their areas."""
    if len(data.layers) > 1:
        for layer in data.layers:
            if isinstance(layer, Line):
                yield Key((Shape(layer.style, "M0 5h22"),), layer.name)
            elif isinstance(layer, Bars):
                yield Key((Shape(f"bars-{layer.style}", "M11-1v12", "12"),), layer.name)
    if any(data.marks):
        band = Shape("band", "M0-2h22v14h-22z")
        if any(line.style == "main" for line in data.lines):
            yield Key((band, Shape("main dots", "M11 5h0"), Shape("hollow", "M11 5h0")), data.mark_name)
        elif data.bars:
            yield Key((band, Shape("open-main", "M7 10V0h8v10z")), data.mark_name)
        else:
            yield Key((band,), data.mark_name)


# ----------------------------------------------------------------------------------------- the sentence and the table


def _told(data: _Data) -> Iterator[str]:
    """What the chart shows, for those who do not see it: the newest, lowest and highest value, marks and events."""
    name, known = _spoken(data)
    if not known:
        yield "No value."
        return
    lowest, highest = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    newest, least, most = (f"{data.number(v)} ({data.labels[at]})" for v, _, at in (known[-1], lowest, highest))
    if data.timed:
        yield f"{' to '.join(dict.fromkeys((data.labels[0], data.labels[-1])))}."
    yield f"{name}: {f'newest value {newest}, ' if data.timed else ''}lowest {least}, highest {most}."
    if places := [at for at, is_marked in enumerate(data.marks) if is_marked]:
        more = f", {len(places)} in all" if len(places) > 1 else ""
        yield f"{data.mark_name[:1].upper()}{data.mark_name[1:]}: from {data.labels[places[0]]} on{more}."
    yield from (f"{data.labels[at]}: {what}." for at, what in data.happened)


def _spoken(data: _Data) -> tuple[str, list[tuple[Value, Exact, int]]]:
    """The series that is told in words, and what is known of it: (value, as it is, place)."""
    for layer in sorted(data.layers, key=lambda one: not isinstance(one, Stack) and one.style != "main"):
        if isinstance(layer, Stack):
            known: list[tuple[Value, Exact, int]] = [(e, e, at) for at, e in enumerate(layer.total) if e is not None]
            name = "Sum of the parts"
        else:
            pairs = enumerate(zip(layer.values, layer.exact, strict=True))
            known = [(v, e, at) for at, (v, e) in pairs if v is not None and e is not None]
            name = layer.name
        if known:
            return name, known
    return "", []


def _note(data: _Data) -> str:
    """What the caption of the table explains beside its title."""
    signs = [f"{data.mark_name[:1]} = {data.mark_name}"] if any(data.marks) else []
    return "; ".join([*signs, *(f"{data.labels[at]}: {what}" for at, what in data.happened)])


def _rows(data: _Data) -> Markup:
    """The table row by row, as short as HTML allows: a chart of five years has sixty of them."""
    from markupsafe import Markup, escape

    mark = f" <i>{escape(data.mark_name[:1])}</i>"
    texts = _escaped(data.labels)
    first = [text + mark if is_marked else text for text, is_marked in zip(texts, data.marks, strict=True)]
    columns = [
        _escaped([_cell(*pair, data.number) for pair in zip(s.values, s.exact, strict=True)]) for s in data.series
    ]
    rows = (f"<tr><th scope=row>{'<td>'.join(cells)}\n" for cells in zip(first, *columns, strict=True))
    return Markup("".join(rows))


def _cell(value: Value | None, exact: Exact | None, number: Format) -> str:
    return "–" if value is None or exact is None else number(value)


def _escaped(texts: Iterable[str]) -> list[str]:
    """Texts for a cell each; all are escaped at once, because there are thousands of them."""
    from markupsafe import escape

    joined = str(escape("\n".join([clean(text.replace("\n", " ")) for text in texts])))
    return joined.split("\n") if joined else []
