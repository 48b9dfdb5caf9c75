"""A classification of activities: positions in a tree, and the leaves that a position stands for.

Exactness is arithmetic on leaves: a position belongs to an aggregate when all its leaves do, an aggregate is exact
when its cells add up to each of its leaves once and to no other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.errors import FactsError, Problem, nearest


@dataclass(frozen=True, slots=True)
class Position:
    """One heading of a classification."""

    code: str
    level: str
    parent: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Classification:
    """The positions of one revision of a classification, by code, in the file's order."""

    id: str
    name: str
    positions: Mapping[str, Position]

    @cached_property
    def _leaves(self) -> dict[str, frozenset[str]]:
        below: dict[str, set[str]] = {code: set() for code in self.positions}
        parents = {position.parent for position in self.positions.values()}
        for code in self.positions:
            if code not in parents:
                up = code
                while up:
                    below[up].add(code)
                    up = self.positions[up].parent
        return {code: frozenset(leaves) for code, leaves in below.items()}

    def leaves(self, codes: Iterable[str]) -> frozenset[str]:
        """The finest positions below these codes; KeyError for a code that is not in the classification."""
        return frozenset().union(*(self._leaves[code] for code in codes))

    def of_level(self, levels: Iterable[str]) -> list[str]:
        """The codes of these levels, in order."""
        wanted = set(levels)
        return [code for code, position in self.positions.items() if position.level in wanted]

    def describe(self, leaves: Iterable[str]) -> str:
        """The fewest positions that stand for exactly these leaves, coarsest first: ``O, 94``."""
        left = set(leaves)
        said = []
        for code, below in self._coarsest_first:
            if below <= left:
                said.append(code)
                left -= below
                if not left:
                    break
        order = {code: i for i, code in enumerate(self.positions)}
        return ", ".join(sorted(said, key=order.__getitem__))

    @cached_property
    def _coarsest_first(self) -> list[tuple[str, frozenset[str]]]:
        """The positions that have leaves, those with the most of them first."""
        return sorted(((code, below) for code, below in self._leaves.items() if below), key=lambda item: -len(item[1]))


def fact_text(file: str, data: bytes) -> str:
    """The text of a fact file; FactsError naming the byte that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactsError(Problem(file, f"byte {error.start} is not UTF-8.", "Save the file as UTF-8.")) from error


def read_classification(file: str, data: bytes, id_: str, name: str) -> Classification:
    """Read a file of ``codelists/nace``: columns code, level, parent, name_en, name_fr; parents come first.

    Raises FactsError naming file, line and column.
    """
    problems: list[Problem] = []
    positions: dict[str, Position] = {}
    reader = csv.DictReader(io.StringIO(fact_text(file, data), newline=""))
    header = reader.fieldnames or ()
    missing = [name for name in ("code", "level", "parent") if name not in header]
    if missing:
        raise FactsError(
            [
                Problem(f"{file} line 1", f"the column {name!r} is missing{nearest(name, header) or '.'}")
                for name in missing
            ]
        )
    for row in reader:
        where = f"{file} line {reader.line_num}"
        code, parent = row.get("code") or "", row.get("parent") or ""
        if None in row or None in row.values():
            problems.append(Problem(where, f"this row does not have {len(header)} cells."))
        elif not code or not row.get("level"):
            problems.append(Problem(where, "a position needs a code and a level."))
        elif code in positions:
            problems.append(Problem(f"{where}, column code", f"{code!r} stands here for the second time."))
        elif parent and parent not in positions:
            problems.append(
                Problem(
                    f"{where}, column parent", f"{parent!r} is not a position above{nearest(parent, positions) or '.'}"
                )
            )
        else:
            names = {key[5:]: value for key, value in row.items() if key and key.startswith("name_") and value}
            positions[code] = Position(code, row["level"], parent, names)
    if problems:
        raise FactsError(problems)
    return Classification(id_, name, positions)
