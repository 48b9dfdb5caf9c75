"""Where the values come from: the sums of the newest month in words, and the cells of several months to look values up.

The look-up is made by the script of the page from one block of data (``_data``); without the script the page says of
each value of the newest month what adds up to it, and how ``ebs trace`` tells of every other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from pipeline.facts.wording import month, number
from pipeline.pages.draft import UNNAMED, Draft, Named, Observation
from pipeline.pages.visible import shown, visible
from pipeline.provenance import Row, TracedCell, by_class, cells, origin
from pipeline.tables import CELL

TARGET = "aggregate"  # what a factor adds to: of the counts, not of the index
LISTED = 5  # cells of a value that are shown without the script
DIGITS = 16  # as many has the first whole number that JavaScript may not hold exactly
TRACE = f"ebs trace {UNNAMED}"  # the command that tells where a value comes from, up to the value


@dataclass(frozen=True)
class Cell:
    """An input cell as it is shown: what it says, its factor, what it adds; no number: empty."""

    activity: str
    area: str
    kind: str
    place: str
    value: str
    factor: str
    adds: str


@dataclass(frozen=True)
class Value:
    """A value of the newest month, and the cells that add up to it: the largest, and the sum of the others.

    ``others``: how many cells are not listed, and what they add, in words; empty where all are listed.
    """

    name: str
    value: str
    status: str
    count: str
    sum: str
    words: str
    largest: tuple[Cell, ...]
    others: tuple[str, str] | None
    command: str


@dataclass(frozen=True)
class Indicator:
    """The values of one indicator, the total last."""

    id: str
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Lookup:
    """What the part shows.

    ``aggregates``, ``months``: ids and names of what can be looked up, the newest month first · ``trace``: the command that
    tells of it · ``data``: for the script.
    """

    month: str
    indicators: tuple[Indicator, ...]
    aggregates: tuple[tuple[str, str], ...]
    months: tuple[tuple[str, str], ...]
    trace: str
    data: Mapping[str, Any]


def view(draft: Draft) -> Lookup:
    """What the page tells of the cells behind its values."""
    language = draft.language
    this = draft.month
    newest = [row for row in draft.counts if row["period"] == this]
    return Lookup(
        month=month(language, this),
        indicators=tuple(_indicator(draft, one, newest) for one in draft.indicators),
        aggregates=tuple((one.id, one.title) for one in draft.aggregates),
        months=tuple((period, month(language, period)) for period in reversed(draft.traced)),
        trace=TRACE,
        data=_data(draft),
    )


def address(indicator: str, aggregate: str, period: str) -> str:
    """A value as the look-up is asked for it: ``bankruptcies/F/2024-05``.

    A part that leads to it writes ``<a href="#provenance" data-look-up="{{ address }}">``: without the script the link
    goes to this part, with it to the cells of the value.
    """
    return "/".join(quote(one, safe="") for one in (indicator, aggregate, period))


# ---------------------------------------------------------------------------------------------------- the newest month


def _indicator(draft: Draft, indicator: Named, newest: Iterable[Row]) -> Indicator:
    of = by_class(newest, indicator.id)
    factors = [row for row in draft.factors if row["indicator"] == indicator.id and row["factor"] != "0"]
    values = []
    for aggregate in draft.aggregates:
        observation = draft.series(indicator.id, aggregate.id).get(draft.month)
        behind = list(cells(factors, of, TARGET, {aggregate.id: 0}, [draft.month]))
        values.append(_value(draft, aggregate, observation, behind))
    return Indicator(indicator.id, indicator.title, tuple(values))


def _value(draft: Draft, aggregate: Named, observation: Observation | None, behind: Sequence[TracedCell]) -> Value:
    by_size = sorted(behind, key=lambda cell: -abs(_adds(cell)))
    largest, others = by_size[:LISTED], by_size[LISTED:]
    together = sum(map(_adds, behind))
    said = observation.value if observation is not None else ""
    return Value(
        name=aggregate.title,
        value=number(draft.language, int(said)) if said else "",
        status=draft.status(observation.status) if observation is not None else "",
        count=draft.counted(len(behind), "cell"),
        sum=number(draft.language, together) if behind else "",
        words=_words(draft, observation, len(behind), together),
        largest=tuple(_cell(draft, cell) for cell in largest),
        others=(draft.counted(len(others), "cell"), number(draft.language, sum(map(_adds, others))))
        if others
        else None,
        command=f"{TRACE} {observation.key}:{draft.month}" if observation is not None else "",
    )


def _words(draft: Draft, observation: Observation | None, count: int, together: int) -> str:
    """How the value follows from its cells, in a sentence without its full stop."""
    if observation is None:
        return "the delivery has no such value"
    if not observation.value:
        return f"not computed: {_reason(observation)}"
    if not count:
        return f"no cell of the input belongs to it: {number(draft.language, int(observation.value))}"
    words = f"{draft.counted(count, 'cell')} {'adds' if count == 1 else 'add'} up to {number(draft.language, together)}"
    if int(observation.value) == together:
        return words
    return f"{words}, but the value is {number(draft.language, int(observation.value))}"


def _cell(draft: Draft, cell: TracedCell) -> Cell:
    return Cell(
        activity=cell.activity,
        area=cell.area,
        kind=cell.kind,
        place=cell.origin,
        value="" if cell.value is None else number(draft.language, cell.value),
        factor=draft.signed(cell.factor),
        adds="" if cell.value is None else number(draft.language, _adds(cell)),
    )


def _adds(cell: TracedCell) -> int:
    """What a cell adds to a value; one without a number adds nothing."""
    return cell.factor * (cell.value or 0)


def _reason(observation: Observation) -> str:
    """Why there is no value, as its comment says it."""
    said = observation.comment.rpartition("not computed: ")[2].removesuffix(".")
    return said or "the delivery does not say why"


# ------------------------------------------------------------------------------------------------- data for the script


_Cell = tuple[int | None, str]  # its number, and its place in the file or sheet


@dataclass(frozen=True)
class _Line:
    """The cells of one class in one file or sheet, month by month; None where there is none."""

    of: tuple[str, ...]  # as CELL
    file: str
    cells: tuple[_Cell | None, ...]


class _Listed(dict[Any, int]):
    """Things that stand in a list once, and are named by their place in it."""

    def at(self, thing: Any) -> int:
        """The place of a thing; a new one is the next."""
        return self.setdefault(thing, len(self))


def _data(draft: Draft) -> Mapping[str, Any]:
    """Every cell of the months that are traced which adds to a value of them, as JSON has it, each thing said once.

    months, aggregates: ids · statuses: code → name
    indicators: id → {values: for each aggregate [key of its series, for each month the value or why there is none,
                for each month the code of its status], lines: cells of one class in one file, for each
                [area, kind, activity, place in uses, place in files, place in heads, place in steps, first number,
                for each month the value or null]}
    uses: [place in aggregates, factor] for each aggregate that a line adds to · files: file and sheet
    heads: for each month what the place of a cell begins with, null where there is no cell
    steps: for each month what is added to the first number to have the one that the place ends with, null where it has none
    The place of a cell is file + head + number: ``bankruptcies.xlsx counts!`` ``CP`` ``97``.
    """
    uses, files, heads, steps = _Listed(), _Listed(), _Listed(), _Listed()
    used = _uses(draft)
    several = len({row["classification"] for row in draft.counts}) > 1
    lines: dict[str, list[list[Any]]] = {one.id: [] for one in draft.indicators}
    for line in _lines(draft, used):
        indicator, area, kind, classification, activity = line.of
        begins, ends, first = _places(line)
        values = [None if cell is None else cell[0] for cell in line.cells]
        what = f"{activity} ({classification})" if several else activity
        places = uses.at(used[line.of]), files.at(shown(line.file)), heads.at(begins), steps.at(ends), first
        lines[indicator].append([shown(area), shown(kind), shown(what), *places, values])
    series = {one.id: [_series(draft, one, other) for other in draft.aggregates] for one in draft.indicators}
    return {
        "months": draft.traced,
        "aggregates": [one.id for one in draft.aggregates],
        "statuses": {code: draft.status(code) for code in _codes(series)},
        "uses": list(uses),
        "files": list(files),
        "heads": list(heads),
        "steps": list(steps),
        "indicators": {one.id: {"values": series[one.id], "lines": lines[one.id]} for one in draft.indicators},
    }


def _uses(draft: Draft) -> Mapping[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """What the cells of each class add to: (place of the aggregate, factor); classes that add to nothing are left out."""
    place = {one.id: at for at, one in enumerate(draft.aggregates)}
    found: dict[tuple[str, ...], tuple[tuple[int, int], ...]] = {}
    of = itemgetter(*CELL)
    for row in draft.factors:
        if row["target"] == TARGET and row["factor"] != "0" and row["aggregate"] in place:
            found[of(row)] = (*found.get(of(row), ()), (place[row["aggregate"]], int(row["factor"])))
    return found


def _lines(draft: Draft, used: Mapping[tuple[str, ...], Any]) -> Iterator[_Line]:
    """The cells in lines, in the order of the input; where a class stands twice in a file and month, in several."""
    of, where = itemgetter(*CELL), itemgetter("file", "sheet")
    place = {period: at for at, period in enumerate(draft.traced)}
    indicators = {one.id for one in draft.indicators}
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[list[_Cell | None]]] = {}
    for row in draft.counts:
        if row["indicator"] not in indicators or row["period"] not in place or of(row) not in used:
            continue
        at = place[row["period"]]
        lines = found.setdefault((of(row), where(row)), [])
        free = next((line for line in lines if line[at] is None), None)
        if free is None:
            free = [None] * len(place)
            lines.append(free)
        free[at] = int(row["value"]) if row["value"] else None, row["cell"]
    for (class_, (file, sheet)), several in found.items():
        begins = origin({"file": file, "sheet": sheet, "cell": ""})
        yield from (_Line(class_, begins, tuple(line)) for line in several)


def _places(line: _Line) -> tuple[tuple[str | None, ...], tuple[int | None, ...], int]:
    """What the places of a line begin with, and how the numbers at their end go on from the first, and that one."""
    heads: list[str | None] = []
    tails: list[int | None] = []
    for cell in line.cells:
        head, tail = _parted(cell[1]) if cell is not None else (None, None)
        heads.append(head)
        tails.append(tail)
    first = next((tail for tail in tails if tail is not None), 0)
    return tuple(heads), tuple(None if tail is None else tail - first for tail in tails), first


def _parted(place: str) -> tuple[str, int | None]:
    """A place and the number that it ends with: CP, 97; None where that would not be written so, or no script can hold it."""
    head = place.rstrip("0123456789")
    tail = place[len(head) :]
    if not 0 < len(tail) < DIGITS or (tail.startswith("0") and tail != "0"):
        return visible(place), None
    return visible(head), int(tail)


def _codes(series: Mapping[str, Sequence[Sequence[Any]]]) -> Iterable[str]:
    """The codes of status that these values have."""
    return sorted({code for those in series.values() for _, _, codes in those for code in codes if code})


def _series(draft: Draft, indicator: Named, aggregate: Named) -> list[Any]:
    """The values of a series in the months that are traced."""
    series = draft.series(indicator.id, aggregate.id)
    those = [series.get(period) for period in draft.traced]
    key = next((one.key for one in series.values()), "")
    return [
        key,
        ["" if one is None else int(one.value) if one.value else _reason(one) for one in those],
        ["" if one is None else one.status for one in those],
    ]
