"""The cells behind the values of the small delivery: lines of a text file for one indicator, a sheet for the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from draft_support import INDICATORS, MONTHS, PARTS, TOTAL, draft, value

from pipeline.pages.draft import Draft

TRACED = MONTHS[-4:]
TAKEN = "90"  # an activity that is taken away from the second part, and from the total
CONTROL = "00"  # one that adds to nothing


def of(indicator: str, activity: str, area: str) -> dict[str, str]:
    """The class of a cell."""
    return {"indicator": indicator, "area": area, "kind": "all", "classification": "LIST", "activity": activity}


def cell(indicator: str, activity: str, area: str, month: str, number: int | None, **more: str) -> dict[str, str]:
    """A cell of the input: of the first indicator a line of a text file, of the second a cell of a sheet."""
    row = (MONTHS.index(month), int(activity), area)
    line = {"file": "births.csv", "sheet": "", "cell": f"line {100 * row[0] + row[1] + (area == 'south')}"}
    sheet = {"file": "deaths.xlsx", "sheet": "Sheet 1", "cell": f"{chr(ord('A') + row[0] % 26)}{row[1]}"}
    place = line if indicator == INDICATORS[0].id else sheet
    return {
        **of(indicator, activity, area),
        "period": month,
        "value": "" if number is None else str(number),
        "state": "empty" if number is None else "number",
        **place,
        **more,
    }


def parts_of(number: int, how_many: int) -> list[int]:
    """A number cut into others, none like the other."""
    first = [number // (how_many + at) for at in range(1, how_many)]
    return [*first, number - sum(first)]


def counts(months: Sequence[str] = TRACED) -> list[dict[str, str]]:
    """Seven cells for each part (the second has an eighth, which is taken away), and a control."""
    rows = []
    for indicator in (one.id for one in INDICATORS):
        for month in months:
            for place, part in enumerate(PARTS):
                taken = 5 if place == 1 else 0
                for at, number in enumerate(parts_of(value(indicator, part.id, month) + taken, 7)):
                    rows.append(
                        cell(indicator, f"{10 * (place + 1) + at}", "south" if at % 2 else "north", month, number)
                    )
            rows.append(cell(indicator, TAKEN, "north", month, 5))
            rows.append(cell(indicator, CONTROL, "north", month, 999_999))
    return sorted(rows, key=lambda row: (row["indicator"], row["area"], row["activity"], row["period"]))


def factors() -> list[dict[str, str]]:
    """Where the cells go."""
    rows = []
    for indicator in (one.id for one in INDICATORS):
        for place, part in enumerate(PARTS):
            own = [(f"{10 * (place + 1) + at}", "south" if at % 2 else "north", "1") for at in range(7)]
            for activity, area, factor in [*own, *([(TAKEN, "north", "-1")] if place == 1 else [])]:
                for aggregate in (part.id, TOTAL.id):
                    rows.append(
                        {
                            **of(indicator, activity, area),
                            "target": "aggregate",
                            "aggregate": aggregate,
                            "factor": factor,
                        }
                    )
                rows.append(
                    {**of(indicator, activity, area), "target": "stratum", "aggregate": part.id, "factor": factor}
                )
        nowhere = {"target": "aggregate", "aggregate": TOTAL.id, "factor": "0"}
        rows.append({**of(indicator, CONTROL, "north"), **nowhere})
    return rows


def traced(**changes: Any) -> Draft:
    """The delivery with its cells, of four months."""
    return draft(**{"counts": counts(), "factors": factors(), "traced": TRACED, **changes})


def place(row: Mapping[str, str]) -> str:
    """A place of the input in words."""
    return f"{row['file']} {row['sheet'] + '!' if row['sheet'] else ''}{row['cell']}"
