"""How a data set is laid out: where each component may stand, what must stand there, and how its cells are judged.

Levels: ``dataset``, ``group ID``, ``series``, ``observation`` (of a series), ``flat`` (an observation with its whole key),
``row`` (of a table: everything stands there), ``part`` (attributes of a part of the key, SDMX 3.0).
Source: SDMX 2.1, Section 3A; SDMX 3.0, Section 6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from pipeline.checks import cells as cell_rules
from pipeline.checks import periods
from pipeline.errors import ended, nearest, quoted
from pipeline.events import Cells, Value
from pipeline.facts.structure import FLAT, Attribute, Component, Dimension, Measure, Structure
from pipeline.findings import Finding

MOST_HINTS = 300  # distinct wrong values of a component for which the code that was meant is looked for
MEMORY = 20_000  # verdicts that are remembered before they are forgotten
_TYPES = {"series": "SeriesType", "observation": "ObsType", "flat": "ObsType"}
XSI_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"  # a type may be named on any element
YEAR_START = "REPORTING_YEAR_START_DAY"  # SDMX's own attribute: it may stand at any level without being declared

LEVELS = {
    "dataset": "the data set", "group": "a group", "series": "a series", "observation": "an observation",
    "flat": "an observation", "row": "the row", "part": "a part of the key",
}  # fmt: skip


class Layout:
    """A structure laid out with a dimension at the observation (empty for a table); what is the same is judged once."""

    def __init__(self, structure: Structure, at: str, *, deletes: bool = False) -> None:
        self.structure, self.at, self.deletes = structure, at, deletes
        self.table = not at
        self.flat = self.table or at == FLAT
        self.time = structure.time.id if structure.time else ""
        self.key_ids = [d.id for d in structure.dimensions]
        self.whole = [*self.key_ids, *((self.time,) if self.time else ())]
        self.series_ids = [name for name in self.whole if name != at and not (self.flat and name == self.time)]
        self.in_cell = self.time if self.flat else at  # what an observation carries besides values
        self._judged: dict[tuple[str, str, Value], tuple[Finding, ...]] = {}
        self._hinted: Counter[str] = Counter()
        self._mandatory_of: dict[str, list[Attribute]] = {}

    def left_out(self, cells: Cells) -> str:
        """The dimension that a series leaves to its observations, where the message does not announce it rightly."""
        absent = [name for name in self.whole if name not in cells]
        return absent[0] if len(absent) == 1 else self.time or self.at

    def places(self, dimensions: Iterable[str]) -> list[int]:
        """Where the dimensions of a group stand in the keys of series."""
        return [i for i, name in enumerate(self.series_ids) if name in dimensions]

    def cells(self, cells: Cells, level: str) -> list[Finding]:
        """Each cell: known, at its level, in its list or format."""
        found: list[Finding] = []
        judged = self._judged
        for name, value in cells.items():
            known = judged.get((level, name, value))
            if known is None:
                known = self.cell(name, value, level)
            if known:
                found.extend(known)
        return found

    def cell(self, name: str, value: Value, level: str) -> tuple[Finding, ...]:
        """One cell: known, at its level, in its list or format."""
        component = self.structure.component(name)
        misplaced = self._misplaced(name, component, level) or self._of_another_type(name, value, level)
        if misplaced is not None:
            found: tuple[Finding, ...] = (replace(misplaced, component=name, value=misplaced.value or text_of(value)),)
        elif component is None:
            found = ()
        else:
            found = tuple(self._judged_values(component, value))
        if len(self._judged) >= MEMORY:
            self._judged.clear()
        self._judged[level, name, value] = found
        return found

    def _judged_values(self, component: Component, value: Value) -> Iterator[Finding]:
        values = (value,) if isinstance(value, str) else value
        least, most = occurs(component)
        if isinstance(value, tuple) and len(values) < least:
            words = f"{component.id} has {len(values)} value{'s' if len(values) != 1 else ''}; it has at least {least}."
            yield Finding("too-few", words, component=component.id, value=str(len(values)), expected=str(least))
        if most is not None and len(values) > most:
            words = f"{component.id} has {len(values)} values; it has at most {most}."
            yield Finding("too-many", words, component=component.id, value=str(len(values)), expected=str(most))
        hints = self._hinted[component.id] < MOST_HINTS
        judge = cell_rules.compiled(component, measure=isinstance(component, Measure), hints=hints)
        for one in values:
            if component.id == self.time and one.strip():
                yield from periods.judge_period(component, one)
            else:
                found = judge(one)
                self._hinted[component.id] += bool(found)
                yield from found

    def _misplaced(self, name: str, component: Component | None, level: str) -> Finding | None:
        """Why a component has no place at this level, if it has none."""
        structure = self.structure
        if component is None:
            if name == YEAR_START:
                return None
            if name == XSI_TYPE:
                return None
            if " " in name and not self.table:
                words = f"the attribute {quoted(name.rpartition(' ')[2])} of another namespace has no place there."
                return Finding("unexpected-attribute", words, value=name)
            if self.table and level == "row":
                return None  # said of the header row
            ids = [c.id for c in structure.components]
            near = nearest(name, ids) or nearest(name.upper(), ids)
            return Finding(
                "concept-unknown", ended(f"{structure.ref} has no component {quoted(name)}{near}"), value=name
            )
        if isinstance(component, Dimension):
            return self._dimension_misplaced(component, level)
        if isinstance(component, Measure):
            if level in ("observation", "flat", "row"):
                return None
            return Finding(
                "attribute-misplaced",
                f"the measure {name} stands on {LEVELS[level.split()[0]]}; it belongs to observations.",
            )
        assert isinstance(component, Attribute)
        own = structure.level(component, FLAT if level == "flat" else (self.at or "TIME_PERIOD"))
        if level == "row" or (level == "part" and own != "observation"):
            return None
        where = "observation" if level == "flat" else level.split()[0]
        if where == "group":
            if level.split()[1] in component.groups or (
                not component.groups and own == "series" and self._partial(component, level.split()[1])
            ):
                return None
            rule = "group-attribute"
        elif where == own or (where == "series" and component.groups and component.relationship == "dimensions"):
            return None
        else:
            rule = "attribute-misplaced"
        said = LEVELS[own] if own != "group" else f"the group {' or '.join(component.groups)}"
        words = f"the attribute {name} stands on {LEVELS[where]}; {structure.ref} has it on {said}."
        return Finding(rule, words, expected=said)

    def _of_another_type(self, name: str, value: Value, level: str) -> Finding | None:
        """An element that says to be of the type of another one; a code names an explicit measure."""
        said = text_of(value).rpartition(":")[2]
        if name != XSI_TYPE or not said.endswith("Type") or said == _TYPES.get(level):
            return None
        words = f"{LEVELS[level.split()[0]]} says to be of the type {quoted(said)}."
        return Finding("unexpected-attribute", words, value=said, expected=_TYPES.get(level, ""))

    def _partial(self, attribute: Attribute, group: str) -> bool:
        """Whether an attribute of some dimensions may be said in the group of just these."""
        dimensions = next((g.dimensions for g in self.structure.groups if g.id == group), ())
        return bool(attribute.dimensions) and set(attribute.dimensions) == set(dimensions)

    def _dimension_misplaced(self, dimension: Dimension, level: str) -> Finding | None:
        name, where = dimension.id, level.split()[0]
        if where in ("flat", "row", "part"):
            return None
        if where == "series":
            if name in self.series_ids:
                return None
            said = "observations"
        elif where == "group":
            group = next(g for g in self.structure.groups if g.id == level.split()[1])
            if name in group.dimensions or not group.dimensions:
                return None
            words = f"{name} is no part of the key of the group {group.id}: {', '.join(group.dimensions)}."
            return Finding("group-key", words)
        elif where == "observation" and name == self.in_cell:
            return None
        else:
            said = "the series" if name in self.series_ids else "observations"
        return Finding(
            "dimension-misplaced",
            f"the dimension {name} stands on {LEVELS[where]}; it belongs to {said}.",
            expected=said,
        )

    def lacking(self, cells: Cells, level: str, unknown: Sequence[str], excused: Container[str] = ()) -> list[Finding]:
        """Dimensions of the key, mandatory attributes and measures that are not there.

        One that stands there under a misspelt name (``unknown``) was told as such; ``excused`` are said elsewhere.
        """
        dimensions = self.series_ids if level in ("series", "flat", "row") and not self.deletes else ()
        wanted: list[Component | None] = [self.structure.component(name) for name in dimensions]
        if not self.deletes:
            wanted += self._mandatory(level)
            if level in ("observation", "flat", "row"):
                wanted += [measure for measure in self.structure.measures[1:] if measure.mandatory]
        lacking = [c for c in wanted if c is not None and c.id not in cells and c.id not in excused]
        found = []
        for component in renamed(lacking, unknown):
            if isinstance(component, Attribute):
                found.append(absent(component, LEVELS[level]))
            elif isinstance(component, Measure):
                found.append(
                    Finding("value-missing", f"the observation has no {component.id}.", component=component.id)
                )
            else:
                words = f"the dimension {component.id} is missing from {'the series' if level == 'series' else 'the observation'}."
                found.append(Finding("dimension-missing", words, component=component.id, expected=component.id))
        return found

    def _mandatory(self, level: str) -> list[Attribute]:
        memory = self._mandatory_of
        if level not in memory:
            at = FLAT if level == "flat" else (self.at or "TIME_PERIOD")
            wanted = [
                a
                for a in self.structure.attributes
                if a.mandatory
                and (level == "row" or self.structure.level(a, at) == ("observation" if level == "flat" else level))
            ]
            memory[level] = wanted
        return memory[level]


def renamed(lacking: Sequence[Component], unknown: Sequence[str]) -> list[Component]:
    """Those that are really missing: a component that stands there under a misspelt name was reported as unknown."""
    rest, odd = list(lacking), list(unknown)
    for name in odd:
        close = sorted(rest, key=lambda c: -SequenceMatcher(None, name.upper(), c.id).ratio())
        if close and (
            len(unknown) == len(lacking) == 1 or SequenceMatcher(None, name.upper(), close[0].id).ratio() > 0.6
        ):
            rest.remove(close[0])
    return rest


def absent(attribute: Component, where: str) -> Finding:
    """A mandatory attribute is not said where it belongs."""
    words = f"the mandatory attribute {attribute.id} is missing from {where}."
    return Finding("attribute-missing", words, component=attribute.id, expected=attribute.id)


def occurs(component: Component) -> tuple[int, int | None]:
    """How often a value of it may stand at one place: at least, at most."""
    if isinstance(component, Attribute | Measure):
        return component.min_occurs, component.max_occurs
    return 1, 1


def text_of(value: Value) -> str:
    """A value as one text; several are joined by blanks."""
    return value if isinstance(value, str) else " ".join(value)
