"""A table as it stands in its file: a header row, rows beneath it, and where each cell is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import InputError, Problems, nearest
from pipeline.facts.models import Layout
from pipeline.sources.numbers import shown


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as text (csv) or as values (xlsx, None where empty); every row is as long as the header."""

    file: str
    sheet: str  # "" in a text file
    header: tuple[object, ...]
    header_at: int
    rows: Sequence[Sequence[object]]
    at: Sequence[int]  # the line, or the row of the sheet, where each of the rows stands
    letters: tuple[str, ...] = ()  # of the columns of a sheet
    uncalculated: frozenset[tuple[int, int]] = frozenset()  # (row, column) of formulas without a result
    date_system: int = 1900

    def cell(self, at: int, column: int) -> str:
        """The cell as COUNTS names it: ``C7`` in a sheet, ``line 12`` in a text file."""
        return f"{self.letters[column]}{at}" if self.sheet else f"line {at}"

    def where(self, at: int, column: int) -> str:
        """The cell as a problem names it: ``failures!C7``, ``line 12, column value``."""
        if self.sheet:
            return f"{self.file} {self.sheet}!{self.cell(at, column)}"
        return f"{self.file} line {at}, column {word(self.header[column]) or column + 1}"


def word(cell: object) -> str:
    """The text of a cell without the blanks around it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def named(layout: Layout) -> dict[str, str]:
    """The columns that a layout names: role → name in the header row."""
    return {role: name for role, name in layout.columns if name}


def locate(header: Sequence[object], layout: Layout, where: str) -> dict[str, int]:
    """Where the named columns stand: role → place in the header row.

    Raises InputError naming every column that is missing or stands there twice.
    """
    problems = Problems(InputError)
    words = [word(cell) for cell in header]
    have = [w for w in words if w]
    for name in named(layout).values():
        if name not in words:
            row = "; ".join(have[:12]) + (" …" if len(have) > 12 else "")
            hint = f"The header row is: {row}." if have else "The header row is empty."
            others = [mark for mark in ";,\t|" if len(have) == 1 and name in map(str.strip, have[0].split(mark))]
            if others:
                hint += (
                    f" Its cells are separated by {others[0]!r}; layout {layout.id!r} declares {layout.separator!r}."
                )
            problems.add(
                where,
                f"the column {name!r} of layout {layout.id!r} is missing{nearest(name, have) or '.'}",
                hint,
                "input-columns",
            )
    for name in dict.fromkeys(have if layout.shape != "long" else named(layout).values()):
        if words.count(name) > 1:
            places = ", ".join(str(i) for i, w in enumerate(words, 1) if w == name)
            hint = "Keep the one that is meant."
            problems.add(
                where, f"the column {shown(name)} stands there twice (columns {places}).", hint, "input-columns"
            )
    problems.done()
    return {role: words.index(name) for role, name in named(layout).items()}
