"""`ebs trace`: the input cells behind one value, with their factors. Needs nothing but the delivery's own tables.

A count is the sum of its cells, each times its factor. An index value also lists the cells of the base year, because
it is divided by their mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import archive
from pipeline.errors import Problem, UsageError, nearest
from pipeline.period import Period
from pipeline.provenance import ByClass, Row, TracedCell, by_class
from pipeline.provenance import cells as joined
from pipeline.tables import IDENTITY

TABLES = ("counts.csv", "factors.csv", "observations.csv")
MEASURES = ("count", "index_ratio", "index_weighted")


@dataclass(frozen=True)
class Trace:
    """One value and the cells behind it."""

    key: str
    identity: Mapping[str, str]
    value: str
    status: str
    confidentiality: str
    comment: str
    cells: tuple[TracedCell, ...]
    base_year: int | None = None

    @property
    def months(self) -> frozenset[str]:
        """The months of the period."""
        return frozenset(str(month) for month in Period.parse(self.identity["period"]).months)

    def sum(self, stratum: str | None = None) -> int:
        """What the cells of the period add up to, over all or one stratum."""
        return self._sum(self.months, stratum)

    def base_sum(self, stratum: str | None = None) -> int:
        """What the cells of the base year add up to, over all or one stratum."""
        return self._sum(frozenset(f"{self.base_year}-{month:02d}" for month in range(1, 13)), stratum)

    def _sum(self, months: frozenset[str], stratum: str | None) -> int:
        return sum(
            cell.factor * (cell.value or 0)
            for cell in self.cells
            if cell.period in months and (stratum is None or cell.stratum == stratum)
        )


def trace(delivery: Path, key: str, measure: str | None = None) -> list[Trace]:
    """The value of a series key and period (``KEY:PERIOD``), or every period of the series (``KEY``), traced.

    ``key`` is the dotted series key in the order of the data structure, as the counts or as the index have it; without
    a measure, it is the count where the key is that of a count, else the plain index.
    Raises UsageError when the delivery has no such series, period or measure, InputError when one of its tables is
    not what was stored.
    """
    manifest = archive.open_delivery(delivery)
    if measure is not None and measure not in MEASURES:
        raise UsageError(
            Problem(
                "--measure",
                f"{measure!r} is not a measure{nearest(measure, MEASURES)}",
                f"Known: {', '.join(MEASURES)}.",
            )
        )
    archive.unchanged(delivery, manifest, TABLES)
    dotted, _, period = key.partition(":")
    found = _rows(
        list(archive.table(delivery, "observations.csv")), manifest["components"]["key"], dotted, period, measure
    )
    wanted = {month for row in found for month in _months(row, manifest)}
    cells = by_class(archive.parted(delivery, "counts.csv", "period").rows(sorted(wanted)), found[0]["indicator"])
    factors = [row for row in archive.table(delivery, "factors.csv") if row["indicator"] == found[0]["indicator"]]
    return [_trace(row, dotted, cells, factors, manifest) for row in found]


def _rows(rows: Sequence[Row], dimensions: Sequence[str], key: str, period: str, measure: str | None) -> list[Row]:
    """The rows of the series and period under the measure asked for, or under the first that the key has."""
    named = [row for row in rows if ".".join(row[name] for name in dimensions) == key]
    named = named or _nearly_named(rows, dimensions, key)
    if not named:
        keys = {".".join(row[name] for name in dimensions) for row in rows}
        hint = f"A key has {len(dimensions)} parts: {'.'.join(dimensions)}."
        raise UsageError(Problem(key, f"the delivery has no such series{nearest(key, keys) or '.'}", hint))
    measure = measure or min({row["measure"] for row in named}, key=MEASURES.index)
    same = [name for name in IDENTITY if name not in ("period", "measure")]
    series = {tuple(row[name] for name in same) for row in named}
    of_measure = [row for row in rows if row["measure"] == measure and tuple(row[name] for name in same) in series]
    if not of_measure:
        hint = f"It has {', '.join(sorted({row['measure'] for row in named}))}."
        raise UsageError(Problem(key, f"the delivery has no {measure} of this series.", hint))
    chosen = [row for row in of_measure if period in ("", row["period"])]
    if not chosen:
        periods = [row["period"] for row in of_measure]
        hint = f"It goes from {min(periods)} to {max(periods)}."
        raise UsageError(Problem(f"{key}:{period}", "the series has no such period.", hint))
    return chosen


def _nearly_named(rows: Sequence[Row], dimensions: Sequence[str], key: str) -> list[Row]:
    """The rows of the index under the key that their counts would have: a quarter has an index, but no count."""
    parts = key.split(".")
    count, index = (
        {name: {row[name] for row in rows if (row["measure"] == "count") is counted} for name in dimensions}
        for counted in (True, False)
    )
    apart = {name for name in dimensions if index[name] and count[name].isdisjoint(index[name])}
    if len(parts) != len(dimensions) or not apart:
        return []
    asked = list(zip(dimensions, parts, strict=True))
    return [
        row
        for row in rows
        if row["measure"] != "count"
        and all(part in count[name] if name in apart else part == row[name] for name, part in asked)
    ]


def _months(row: Row, manifest: Mapping[str, Any]) -> list[str]:
    """The months whose cells the value depends on: its own, and those of the base year for an index."""
    months = {str(month) for month in Period.parse(row["period"]).months}
    if row["measure"] != "count":
        months |= {f"{manifest['index']['base_year']}-{month:02d}" for month in range(1, 13)}
    return sorted(months)


def _trace(
    row: Row,
    key: str,
    cells: ByClass,
    factors: Sequence[Row],
    manifest: Mapping[str, Any],
) -> Trace:
    names, index = manifest["components"], manifest["index"]
    base_year = None if row["measure"] == "count" else int(index["base_year"])
    if row["measure"] == "index_weighted":
        weights: Mapping[str, int] = index["strata"][row["aggregate"]]
        target = "stratum"
    else:
        weights, target = {row["aggregate"]: 0}, "aggregate"
    return Trace(
        key=key,
        identity={name: row[name] for name in IDENTITY},
        value=row[names["value"]],
        status=row[names["status"]],
        confidentiality=row[names["confidentiality"]],
        comment=row[names["comment"]],
        cells=tuple(joined(factors, cells, target, weights, _months(row, manifest))),
        base_year=base_year,
    )


def lines(traced: Sequence[Trace]) -> Iterator[str]:
    """A trace in words: one period with all its cells, several periods as a line each."""
    if len(traced) > 1:
        for one in traced:
            yield f"{one.key}:{one.identity['period']}  {one.value or '-':>12}  {one.status}  {len(one.cells):>5} {'cell' if len(one.cells) == 1 else 'cells'}"
        yield "Add :PERIOD to the key to see the cells of one value."
        return
    (one,) = traced
    identity = one.identity
    yield f"{one.key}:{identity['period']}  {identity['measure']} = {one.value or 'no value'}"
    yield f"  {identity['indicator']}, {identity['aggregate']}, {identity['period']}; status {one.status}, confidentiality {one.confidentiality}"
    if one.comment and one.value:
        yield f"  {one.comment}"
    yield ""
    yield from _arithmetic(one)
    shown = [cell for cell in one.cells if cell.value != 0]
    zeros = len(one.cells) - len(shown)
    if one.cells:
        yield ""
    if shown:
        yield f"  {'factor':>6}  {'value':>9}  {'period':7}  {'area':6} {'kind':6} {'activity':8}  where"
    for cell in shown:
        value = "-" if cell.value is None else f"{cell.value:,}"
        stratum = f"  stratum {cell.stratum}" if cell.stratum else ""
        yield f"  {cell.factor:>+6}  {value:>9}  {cell.period:7}  {cell.area:6} {cell.kind:6} {cell.activity:8}  {cell.origin}{stratum}"
    if zeros:
        yield f"  {'and ' if shown else ''}{_cells_in_words(zeros)} of 0"


def _arithmetic(one: Trace) -> Iterator[str]:
    """How the value follows from the cells."""
    inside = sum(cell.period in one.months for cell in one.cells)
    if not one.value:
        reason = one.comment.rpartition("not computed: ")[2] or "the delivery does not say why"
        yield f"  Not computed: {reason.removesuffix('.')}."
    elif one.base_year is None and not inside:
        yield f"  No cell of the input belongs to it: {one.value}."
    elif one.base_year is None:
        yield f"  {_cells_in_words(inside)} {'adds' if inside == 1 else 'add'} up to {one.sum():,}."
    elif one.identity["measure"] == "index_ratio":
        yield (
            f"  100 × {one.sum():,} / {len(one.months)} over {one.base_sum():,} / 12, the monthly mean of {one.base_year},"
            f" is {one.value}."
        )
    else:
        yield f"  Weighted mean of the strata's indices, {one.base_year} = 100:"
        weights = {cell.stratum: cell.weight for cell in one.cells}
        for stratum, weight in weights.items():
            yield (
                f"    {stratum:6} weight {weight:>9,}: 100 × {one.sum(stratum):,} / {len(one.months)}"
                f" over {one.base_sum(stratum):,} / 12"
            )
        yield f"  rounded once, half up: {one.value}."


def _cells_in_words(number: int) -> str:
    return f"{number:,} cell{'' if number == 1 else 's'}"
