"""Grids → COUNTS: every cell becomes one row with its origin, or the whole input is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, get_args

from pipeline.errors import InputError, Problem, Problems, nearest
from pipeline.facts.models import Kind, Layout
from pipeline.findings import Finding, Place
from pipeline.sources.form import CALLED, form
from pipeline.sources.grid import Grid, locate, word
from pipeline.sources.layouts import header_place
from pipeline.sources.months import parse_month
from pipeline.sources.numbers import count_of, shown
from pipeline.sources.sheet import sheet_grid
from pipeline.sources.snapshot import Snapshot
from pipeline.sources.text import text_grid
from pipeline.tables import COUNTS, conform

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
MOST_PER_RULE = 20

Columns = dict[str, list[object]]


@dataclass(frozen=True)
class Reading:
    """What the national files say.

    ``tally`` is the sum of all numbers per indicator, added up while they were read, apart from the frame: the books
    must balance against it. ``cells`` is the number of cells read per file.
    """

    counts: pd.DataFrame
    findings: tuple[Finding, ...]
    tally: Mapping[str, int]
    cells: Mapping[str, int]


@dataclass(slots=True)
class _Table:
    """The cells of one table in the order of the file, as columns of equal length."""

    grid: Grid
    layout: Layout
    problems: Problems
    areas: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    activities: list[str] = field(default_factory=list)
    periods: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    confidentialities: list[str] = field(default_factory=list)
    raw: list[object] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # the column of each cell, from 0


@dataclass(frozen=True, slots=True)
class _Number:
    """What a cell says: a number, nothing, or that there is none."""

    value: int | None
    state: str
    grouped: bool = False


def read(files: Sequence[tuple[Snapshot, Layout]]) -> Reading:
    """All cells of all files as COUNTS, with findings for what is doubtful: blank, negative, too high, twice.

    Raises one InputError with every problem of every file when anything cannot be read; then there is no COUNTS.
    """
    import pandas as pd

    problems = Problems(InputError)
    columns: Columns = {name: [] for name in COUNTS.columns}
    findings: list[Finding] = []
    tally: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    for snapshot, layout in files:
        with problems.gather():
            table = _table(snapshot, layout)
            numbers = _numbers(table)
            _done(table.problems)
            findings += _doubts(table, numbers)
            tally[layout.indicator] += sum(number.value for number in numbers if number.value is not None)
            cells[snapshot.name] += len(numbers)
            _append(columns, table, numbers)
    problems.done()
    findings += _duplicates(columns)
    frame = pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in COUNTS.columns.items()})
    return Reading(conform(frame, COUNTS), tuple(findings), dict(tally), dict(cells))


# --- a file as a table --------------------------------------------------------------------------------------------


def _table(snapshot: Snapshot, layout: Layout) -> _Table:
    problems = Problems(InputError)
    grid = _grid(snapshot, layout, problems)
    columns = locate(grid.header, layout, header_place(snapshot.name, layout))
    if not grid.rows and not problems.found:
        hint = "Ask for the file again." if layout.format == "csv" else f"Is {layout.sheet!r} the sheet with the data?"
        raise InputError(Problem(snapshot.name, "there is a header row and no data beneath it.", hint, "input-empty"))
    table = _Table(grid, layout, problems)
    if layout.shape == "long":
        _long(table, columns)
    else:
        _across(table, columns)
    return table


def _grid(snapshot: Snapshot, layout: Layout, problems: Problems) -> Grid:
    try:
        found = form(snapshot.data)
    except InputError as error:
        raise InputError([replace(problem, where=snapshot.name) for problem in error.problems]) from error
    if found != layout.format:
        message = f"this is {CALLED[found]}; layout {layout.id!r} is for {CALLED[layout.format]}."
        raise InputError(Problem(snapshot.name, message, "Name another layout, or save the file so.", "input-layout"))
    return text_grid(snapshot, layout, problems) if found == "csv" else sheet_grid(snapshot, layout)


def _long(table: _Table, columns: Mapping[str, int]) -> None:
    """One cell per row."""
    grid = table.grid
    _refuse_uncalculated(table, columns.values())
    lists = list(zip(*grid.rows, strict=True)) or [()] * len(grid.header)
    _keys(table, columns, lists)
    table.periods = _period_cells(table, lists[columns["period"]], grid.at, columns["period"])
    table.raw = list(lists[columns["value"]])
    table.at = list(grid.at)
    table.places = [columns["value"]] * len(grid.rows)


def _across(table: _Table, columns: Mapping[str, int]) -> None:
    """One cell per row and column that the layout does not name; their heads are months, or activities."""
    grid, layout = table.grid, table.layout
    lists = list(zip(*grid.rows, strict=True)) or [()] * len(grid.header)
    _keys(table, columns, lists)
    places = [i for i in range(len(grid.header)) if i not in columns.values() and _headed(table, i, lists[i])]
    heads = [grid.header[i] for i in places]
    _refuse_uncalculated(table, [*columns.values(), *places])
    if not places:
        message = f"no column beside {', '.join(repr(word(grid.header[i])) for i in columns.values())}."
        table.problems.add(header_place(grid.file, layout), message, "Is it the right header row?", "input-columns")
    count = len(places)
    if layout.shape == "months across":
        months = _heads(table, heads, places, lambda cell: _month(table, cell))
        _refuse_twins(table, months, places)
        table.activities = [a for a in table.activities for _ in range(count)]
        table.periods = months * len(grid.rows)
    else:
        activities = _heads(table, heads, places, _activity)
        periods = _period_cells(table, lists[columns["period"]], grid.at, columns["period"])
        table.activities = activities * len(grid.rows)
        table.periods = [p for p in periods for _ in range(count)]
    for name in ("areas", "kinds", "statuses", "confidentialities"):
        setattr(table, name, [cell for cell in getattr(table, name) for _ in range(count)])
    table.raw = [row[i] for row in grid.rows for i in places]
    table.at = [at for at in grid.at for _ in range(count)]
    table.places = places * len(grid.rows)


def _headed(table: _Table, place: int, cells: Sequence[object]) -> bool:
    """Whether a column has a head; one without may be empty, but not hold anything."""
    grid = table.grid
    if word(grid.header[place]):
        return True
    if (grid.header_at, place) in grid.uncalculated:
        _refuse_uncalculated(table, (place,))
        return False
    for at, cell in zip(grid.at, cells, strict=True):
        if word(cell):
            message = f"{shown(word(cell))} stands in a column without a name."
            hint = "Name the column in the header row, or empty it."
            table.problems.add(grid.where(at, place), message, hint, "input-ragged")
            break
    return False


def _heads(table: _Table, heads: Sequence[object], places: Sequence[int], parse: Callable[[object], str]) -> list[str]:
    found = []
    for cell, place in zip(heads, places, strict=True):
        try:
            found.append(parse(cell))
        except InputError as error:
            where = table.grid.where(table.grid.header_at, place)
            table.problems.found += [replace(problem, where=where) for problem in error.problems]
            found.append("")
    return found


def _refuse_twins(table: _Table, months: Sequence[str], places: Sequence[int]) -> None:
    first: dict[str, int] = {}
    for month, place in zip(months, places, strict=True):
        if month and month in first:
            earlier = table.grid.where(table.grid.header_at, first[month])
            message = f"the month {month} stands there twice, first at {earlier}."
            table.problems.add(
                table.grid.where(table.grid.header_at, place), message, "Keep the one that is meant.", "input-columns"
            )
        first.setdefault(month, place)


# --- the words beside the numbers ---------------------------------------------------------------------------------


def _keys(table: _Table, columns: Mapping[str, int], lists: Sequence[Sequence[object]]) -> None:
    """Area, kind, activity and flags of every row, through the mappings of the layout."""
    layout, size = table.layout, len(table.grid.rows)

    def column(role: str, parse: Callable[[object], str], otherwise: str) -> list[str]:
        if role not in columns:
            return [otherwise] * size
        return _each(table, lists[columns[role]], table.grid.at, columns[role], parse, "")

    kinds = layout.kinds or {kind: kind for kind in get_args(Kind)}
    table.areas = column("area", lambda cell: _area(cell, layout), layout.area)
    table.kinds = column("kind", lambda cell: _mapped(cell, kinds, "kind"), layout.kind)
    table.activities = column("activity", _activity, "")
    table.statuses = column("status", lambda cell: _flag(cell, layout.statuses, "status"), "")
    table.confidentialities = column(
        "confidentiality", lambda cell: _flag(cell, layout.confidentialities, "confidentiality"), ""
    )


def _activity(cell: object) -> str:
    said = word(cell)
    if not said:
        raise _refused("input-key", "the activity is empty.", "Every row with counts names its activity.")
    if not isinstance(cell, str):
        message = f"the activity is the number {said}: leading zeros may have been lost."
        raise _refused("input-code", message, "Format the column as text and write the code in full.")
    return said


def _area(cell: object, layout: Layout) -> str:
    said = word(cell)
    if said in layout.areas:
        return layout.areas[said]
    if not said:
        raise _refused("input-key", "the area is empty.", "Every row with counts names its area.")
    if not isinstance(cell, str):
        message = f"the area is the number {said}: leading zeros may have been lost."
        raise _refused("input-code", message, "Format the column as text, or declare the number in the layout's areas.")
    return said


def _mapped(cell: object, words: Mapping[str, str], what: str) -> str:
    said = word(cell)
    if said not in words:
        accepted = ", ".join(repr(w) for w in words)
        message = f"the {what} {shown(said)} is not a word of the layout{nearest(said, words) or '.'}"
        raise _refused("input-word", message, f"It declares: {accepted}.")
    return words[said]


def _flag(cell: object, words: Mapping[str, str], what: str) -> str:
    said = word(cell)
    return _mapped(cell, words, what) if words and (said or "" in words) else said


def _month(table: _Table, cell: object) -> str:
    return parse_month(
        cell if cell is not None else "", table.layout.periods, table.layout.month_names, table.grid.date_system
    )


def _period_cells(table: _Table, cells: Sequence[object], at: Sequence[int], place: int) -> list[str]:
    return _each(table, cells, at, place, lambda cell: _month(table, cell), "")


def _each(
    table: _Table,
    cells: Sequence[object],
    at: Sequence[int],
    places: int | Sequence[int],
    parse: Callable[[object], T],
    otherwise: T,
) -> list[T]:
    """Every cell parsed, every distinct one once; what is refused goes to the problems with its place."""
    # 1, 1.0 and True are equal, their types are not
    plain = set(map(type, cells)) <= {str, int, type(None)}
    keys: Sequence[Hashable] = cells if plain else list(zip(map(type, cells), cells, strict=True))
    known: dict[Hashable, T] = {}
    refused: dict[Hashable, tuple[Problem, ...]] = {}
    for key, cell in dict(zip(keys, cells, strict=True)).items():
        try:
            known[key] = parse(cell)
        except InputError as error:
            known[key], refused[key] = otherwise, error.problems
    if refused:
        for i, key in enumerate(keys):
            if key in refused:
                place = places if isinstance(places, int) else places[i]
                if (at[i], place) not in table.grid.uncalculated:
                    where = table.grid.where(at[i], place)
                    table.problems.found += [replace(problem, where=where) for problem in refused[key]]
    return list(map(known.__getitem__, keys))


# --- the numbers --------------------------------------------------------------------------------------------------


def _numbers(table: _Table) -> list[_Number]:
    layout = table.layout
    words = {w.strip() for w in layout.not_available}
    thousands, decimal = layout.thousands, layout.decimal

    def parse(cell: object) -> _Number:
        said = word(cell)
        if said in words:
            return _Number(None, "not available")
        if not said:
            return _Number(None, "empty")
        value = count_of(cell, thousands, decimal)
        return _Number(value, "number", isinstance(cell, str) and said != str(value))

    return _each(table, table.raw, table.at, table.places, parse, _Number(None, "refused"))


def _refuse_uncalculated(table: _Table, places: Iterable[int]) -> None:
    """Cells that are read and hold a formula without a result."""
    needed = set(places)
    for at, place in sorted(table.grid.uncalculated):
        if place in needed and at >= table.grid.header_at:
            message = "the formula has no result: it was never calculated, or gives an empty text."
            hint = "Open the workbook in Excel and save it; in place of an empty text leave the cell empty."
            table.problems.add(table.grid.where(at, place), message, hint, "number-formula")


def _refused(rule: str, message: str, hint: str) -> InputError:
    return InputError(Problem("", message, hint, rule))


def _done(problems: Problems) -> None:
    """Raise what was found, of each rule the first few: ten thousand cells with one cause are one mistake."""
    seen: Counter[str] = Counter()
    told, last = [], {}
    for problem in problems.found:
        seen[problem.rule] += 1
        last[problem.rule] = problem
        if seen[problem.rule] <= MOST_PER_RULE:
            told.append(problem)
    for rule, count in seen.items():
        if count > MOST_PER_RULE:
            message = f"and {count - MOST_PER_RULE:,} more such problems; this is the last."
            told.append(Problem(last[rule].where, message, "", rule))
    if told:
        raise InputError(told)


# --- what is doubtful ---------------------------------------------------------------------------------------------


def _doubts(table: _Table, numbers: Sequence[_Number]) -> Iterable[Finding]:
    """Findings of single cells: blank without a status, negative, above the ceiling; thousands separators, once."""
    ceiling = table.layout.ceiling
    doubtful = [i for i, n in enumerate(numbers) if n.value is None or not 0 <= n.value <= ceiling]
    for i in doubtful:
        value = numbers[i].value
        if value is None:
            if numbers[i].state == "empty" and not table.statuses[i]:
                message = "the cell is empty and no status says why."
                yield _finding(table, i, "input-blank", message, expected="a whole number, or a status")
        elif value < 0:
            yield _finding(table, i, "count-negative", f"{value} is negative.", expected="0 or more")
        else:
            message = f"{value:,} is above the ceiling of {ceiling:,} that layout {table.layout.id!r} declares."
            yield _finding(table, i, "count-ceiling", message, expected=f"at most {ceiling}")
    grouped = [i for i, number in enumerate(numbers) if number.grouped]
    if grouped:
        raw, read_as = word(table.raw[grouped[0]]), numbers[grouped[0]].value
        message = f"{shown(raw)} is read as {read_as}; {len(grouped):,} numbers of this file have thousands separators."
        yield _finding(table, grouped[0], "thousands-read", message)


def _finding(table: _Table, i: int, rule: str, message: str, expected: str = "") -> Finding:
    grid, at = table.grid, table.at[i]
    return Finding(
        rule=rule,
        message=message,
        file=grid.file,
        line=None if grid.sheet else at,
        cell=f"{grid.sheet}!{grid.cell(at, table.places[i])}" if grid.sheet else None,
        series=f"{table.layout.indicator}.{table.areas[i]}.{table.kinds[i]}.{table.activities[i]}",
        period=table.periods[i],
        value=word(table.raw[i]),
        expected=expected,
    )


def _duplicates(columns: Columns) -> Iterable[Finding]:
    """One finding for each further place of a cell that was already there, in the same file or another."""
    names = ("indicator", "area", "kind", "activity", "period")
    keys = list(zip(*(columns[name] for name in names), strict=True))
    if len(set(keys)) == len(keys):
        return
    first: dict[tuple[object, ...], int] = {}
    for i, key in enumerate(keys):
        if key not in first:
            first[key] = i
            continue
        here, there = _origin(columns, i), _origin(columns, first[key])
        now, before = columns["value"][i], columns["value"][first[key]]
        same = now == before and columns["state"][i] == columns["state"][first[key]]
        told = f"the same value {_said(now)}" if same else f"contradictory: {_said(now)} here, {_said(before)} there"
        yield Finding(
            rule="input-duplicate",
            message=f"this cell ({here[0]}) stands already at {there[0]}: {told}.",
            file=str(columns["file"][i]),
            line=None if columns["sheet"][i] else here[1],
            cell=f"{columns['sheet'][i]}!{columns['cell'][i]}" if columns["sheet"][i] else None,
            series=".".join(str(part) for part in key[:-1]),
            period=str(key[-1]),
            value=_said(now),
            expected="each cell once",
            related=tuple(Place(line=place[1], value=_said(value)) for place, value in ((there, before), (here, now))),
        )


def _origin(columns: Columns, i: int) -> tuple[str, int | None]:
    sheet, cell = columns["sheet"][i], str(columns["cell"][i])
    row = re.search(r"[0-9]+", cell)
    place = f"{sheet}!{cell}" if sheet else cell
    return f"{columns['file'][i]} {place}", int(row[0]) if row else None


def _said(value: object) -> str:
    return "no number" if value is None else str(value)


# --- the rows of COUNTS -------------------------------------------------------------------------------------------


def _append(columns: Columns, table: _Table, numbers: Sequence[_Number]) -> None:
    grid, layout, size = table.grid, table.layout, len(numbers)
    if grid.sheet:
        letters = grid.letters
        cells = [f"{letters[place]}{at}" for place, at in zip(table.places, table.at, strict=True)]
    else:
        cells = [f"line {at}" for at in table.at]
    columns["indicator"] += [layout.indicator] * size
    columns["area"] += table.areas
    columns["kind"] += table.kinds
    columns["classification"] += [layout.classification] * size
    columns["activity"] += table.activities
    columns["period"] += table.periods
    columns["value"] += [number.value for number in numbers]
    columns["state"] += [number.state for number in numbers]
    columns["status"] += table.statuses
    columns["confidentiality"] += table.confidentialities
    columns["layout"] += [layout.id] * size
    columns["file"] += [grid.file] * size
    columns["sheet"] += [grid.sheet] * size
    columns["cell"] += cells
