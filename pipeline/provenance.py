"""Where a value comes from: its input cells, each with its factor. The join is made on demand, on plain rows.

Rows are those of the tables COUNTS and FACTORS with every cell as text, as a delivery keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.tables import CELL

Row = Mapping[str, str]
ByClass = Mapping[tuple[str, ...], Mapping[str, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class TracedCell:
    """One input cell and what it adds; ``stratum`` and ``weight`` for the weighted index only."""

    stratum: str
    weight: int
    factor: int
    period: str
    value: int | None
    area: str
    kind: str
    activity: str
    origin: str


def by_class(rows: Iterable[Row], indicator: str) -> ByClass:
    """The cells of an indicator by class (what FACTORS knows of a cell) and period."""
    found: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        if row["indicator"] == indicator:
            found.setdefault(tuple(row[name] for name in CELL), {}).setdefault(row["period"], []).append(row)
    return found


def cells(
    factors: Iterable[Row], of: ByClass, target: str, weights: Mapping[str, int], periods: Sequence[str]
) -> Iterator[TracedCell]:
    """Factors joined with the cells of an indicator: what adds to these aggregates (or strata) in these months.

    ``target``: ``aggregate`` or ``stratum`` · ``weights``: of each aggregate or stratum that is wanted; 0 where it has none.
    """
    for use in factors:
        if use["target"] != target or use["aggregate"] not in weights or use["factor"] == "0":
            continue
        by_period = of.get(tuple(use[name] for name in CELL), {})
        for period in periods:
            for cell in by_period.get(period, ()):
                yield TracedCell(
                    stratum=use["aggregate"] if target == "stratum" else "",
                    weight=weights[use["aggregate"]],
                    factor=int(use["factor"]),
                    period=period,
                    value=int(cell["value"]) if cell["value"] else None,
                    area=cell["area"],
                    kind=cell["kind"],
                    activity=cell["activity"],
                    origin=origin(cell),
                )


def origin(cell: Row) -> str:
    """The file and the place in it: ``counts.xlsx sheet!C7``, ``counts.csv line 12``."""
    return f"{cell['file']} {cell['sheet'] + '!' if cell['sheet'] else ''}{cell['cell']}"
