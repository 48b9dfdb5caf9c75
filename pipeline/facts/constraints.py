"""What content constraints allow: regions of the cube, sets of keys, ranges of time; and which rows they refuse.

Sources: SDMX 2.1 section 3A and SDMXStructureConstraint.xsd; SDMX 3.0 section 2 and its technical notes (cascading
values, ``%`` wildcards). ``structure_messages.py`` reads constraints, ``structure.py`` says what they are attached to.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from pipeline.period import moment

if TYPE_CHECKING:
    from pipeline.facts.structure import CodeList, Structure

HINTS = 20
"""How many allowed values a refusal names at most."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of periods, open where a bound is empty."""

    start: str = ""
    end: str = ""
    start_inclusive: bool = True
    end_inclusive: bool = True


@dataclass(frozen=True, slots=True)
class MemberValue:
    """One value of a selection; ``cascade`` is ``false``, ``true`` or ``excluderoot``, ``%`` a wildcard in 3.0."""

    value: str
    cascade: str = "false"
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class MemberSelection:
    """The values a region includes or excludes for one component; without values: its presence or absence."""

    component: str
    include: bool = True
    values: tuple[MemberValue, ...] = ()
    time_range: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class CubeRegion:
    """A part of the cube that is allowed (``include``) or not; an unnamed dimension takes every value."""

    include: bool
    members: tuple[MemberSelection, ...]


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys that are allowed (``include``) or not; an unnamed dimension takes every value."""

    include: bool
    keys: tuple[Mapping[str, str], ...] = field(hash=False)


@dataclass(frozen=True)
class Constraint:
    """Which values or keys are ``allowed`` in, or ``actual`` content of, what it is attached to.

    ``attached_to`` holds ``Dataflow=AGENCY:ID(VERSION)`` and the like; ``unread`` names what was not understood.
    """

    ref: str
    kind: str
    attached_to: tuple[str, ...] = ()
    cube_regions: tuple[CubeRegion, ...] = ()
    key_sets: tuple[KeySet, ...] = ()
    reference_start: str = ""
    reference_end: str = ""
    valid_from: str = ""
    valid_to: str = ""
    name: str = ""
    unread: tuple[str, ...] = ()

    @cached_property
    def _limits(self) -> _Limits:
        return _limits(self)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row, or one value of it, that a constraint does not allow.

    ``component`` is empty when a combination is refused (a key set, an excluded region of several components): ``value``
    then names its parts, as ``FREQ=M, ACTIVITY=F``. ``allowed`` holds some of what would be allowed, for hints.
    """

    constraint: str
    component: str
    value: str
    kind: Literal["value", "key", "period"]
    allowed: tuple[str, ...] = ()


def refusals(
    constraints: Sequence[Constraint], cells: Mapping[str, str], structure: Structure | None = None
) -> tuple[Refusal, ...]:
    """What the constraints refuse in a row; nothing when all of them allow it.

    ``cells`` maps components to values and may be a part of a row: what is absent is not judged, an empty text says that
    the component is reported without value. ``structure`` has the lists through which values cascade; without one, and
    where a list is not at hand, a value that could be allowed or excluded by cascading is not judged. Nor are periods
    that cannot be placed in the calendar, and exclusions of which a part was not understood or that hold for some dates.
    Whether a constraint itself is valid at a date is the caller's question. Cheap for many rows: every constraint is
    prepared once.
    """
    found: list[Refusal] = []
    for constraint in constraints:
        if constraint.kind == "allowed":
            found.extend(_refused(constraint.ref, constraint._limits, cells, structure))
    return tuple(found)


def _refused(ref: str, limits: _Limits, cells: Mapping[str, str], structure: Structure | None) -> Iterator[Refusal]:
    time = structure.time.id if structure is not None and structure.time is not None else "TIME_PERIOD"
    if limits.reference is not None and time in cells and _within(cells[time], limits.reference) is False:
        yield Refusal(ref, time, cells[time], "period", in_words(limits.reference))
    nearest: list[_Member] = []
    for i, region in enumerate(limits.included):
        outside = [m for m in region if m.fits(cells, structure, time) is False]
        if not outside:
            nearest = []
            break
        if i == 0 or len(outside) < len(nearest):
            nearest = outside
    for member in nearest:
        yield member.refusal(ref, cells, structure, time)
    for region in limits.excluded:
        if region and all(m.fits(cells, structure, time) for m in region):
            if len(region) == 1:
                yield region[0].refusal(ref, cells, structure, time, inverse=True)
            else:
                yield Refusal(ref, "", _parts({m.component: cells[m.component] for m in region}), "key")
    if limits.keys and not any(group.fits(cells) for group in limits.keys):
        named = {component for group in limits.keys for component in group.components}
        listed = (_parts(dict(zip(g.components, key, strict=True))) for g in limits.keys for key in g.keys)
        yield Refusal(ref, "", _parts({c: v for c, v in cells.items() if c in named}), "key", _some(listed))
    for group in limits.no_keys:
        if group.components and all(c in cells for c in group.components) and group.fits(cells):
            yield Refusal(ref, "", _parts({c: cells[c] for c in group.components}), "key")


def _parts(cells: Mapping[str, str]) -> str:
    return ", ".join(f"{component}={value}" for component, value in cells.items())


def _some(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(values, HINTS))


# ---------------------------------------------------------------------------------- a constraint, prepared


class _Limits(NamedTuple):
    """A constraint as it is asked: regions and keys that a row must, or must not, fit."""

    included: tuple[tuple[_Member, ...], ...]
    excluded: tuple[tuple[_Member, ...], ...]
    keys: tuple[_Keys, ...]
    no_keys: tuple[_Keys, ...]
    reference: TimeRange | None


def _limits(constraint: Constraint) -> _Limits:
    sides: dict[bool, list[tuple[_Member, ...]]] = {True: [], False: []}
    for region in constraint.cube_regions:
        sides[region.include].append(tuple(_Member.of(member, region.include) for member in region.members))
    keys: dict[bool, list[Mapping[str, str]]] = {True: [], False: []}
    for key_set in constraint.key_sets:
        keys[key_set.include].extend(key_set.keys)
    # what was not understood may narrow an exclusion: then nobody is refused by it
    whole = not constraint.unread
    start, end = constraint.reference_start, constraint.reference_end
    return _Limits(
        tuple(sides[True]),
        tuple(sides[False]) if whole else (),
        _keys(keys[True]),
        _keys(keys[False]) if whole else (),
        TimeRange(start, end) if start or end else None,
    )


@dataclass(frozen=True, slots=True)
class _Member:
    """A selection as it is asked: ``exact`` values and ``patterns``, and those under ``roots``, themselves excepted."""

    component: str
    include: bool
    stated: tuple[str, ...]
    presence: bool
    exact: frozenset[str]
    patterns: re.Pattern[str] | None
    roots: frozenset[str]
    root_patterns: re.Pattern[str] | None
    time_range: TimeRange | None

    @classmethod
    def of(cls, selection: MemberSelection, region: bool) -> _Member:
        # a value that is excluded for some dates only is not judged
        values = [v for v in selection.values if selection.include == region or not (v.valid_from or v.valid_to)]
        direct = [v.value for v in values if v.cascade != "excluderoot"]
        above = [v.value for v in values if v.cascade != "false"]
        return cls(
            selection.component,
            selection.include,
            tuple(dict.fromkeys(v.value for v in values)),
            not selection.values and selection.time_range is None,
            frozenset(direct),
            _wildcards(direct),
            frozenset(above),
            _wildcards(above),
            selection.time_range,
        )

    def fits(self, cells: Mapping[str, str], structure: Structure | None, time: str) -> bool | None:
        """Whether the row has what is selected; ``None`` when that is not judged."""
        value = cells.get(self.component)
        if value is None:
            return None
        if self.presence:
            return bool(value) == self.include
        if not value:
            return None
        if self.time_range is not None:
            named = _within(value, self.time_range)
        elif value in self.exact:
            named = True
        else:
            named = self._named(value, structure, time)
        return None if named is None else named == self.include

    def _named(self, value: str, structure: Structure | None, time: str) -> bool | None:
        """Whether the value is meant by a wildcard, another spelling of a period, or a code above it."""
        if self.patterns is not None and self.patterns.fullmatch(value):
            return True
        if self.component == time and (span := _span(value)) is not None:
            return any(_span(other) == span for other in self.exact)
        if not self.roots:
            return False
        codelist = _list_of(self.component, structure)
        if codelist is None:
            return None
        seen, code = {value}, codelist.codes.get(value)
        while code is not None and code.parent and code.parent not in seen:
            seen.add(code.parent)
            if code.parent in self.roots or (self.root_patterns and self.root_patterns.fullmatch(code.parent)):
                return True
            code = codelist.codes.get(code.parent)
        return None if code is None and codelist.partial else False

    def refusal(
        self, ref: str, cells: Mapping[str, str], structure: Structure | None, time: str, inverse: bool = False
    ) -> Refusal:
        """The refusal of the row's value; ``inverse``: because it is what an excluded region selects."""
        value = cells[self.component]
        if self.time_range is not None:
            allowed = in_words(self.time_range) if self.include != inverse else ()
            return Refusal(ref, self.component, value, "period", allowed)
        return Refusal(ref, self.component, value, "value", _some(self._allowed(structure, time, inverse)))

    def _allowed(self, structure: Structure | None, time: str, inverse: bool) -> Iterator[str]:
        codelist = _list_of(self.component, structure)
        if self.include != inverse and not self.roots:
            yield from (code for code in self.stated if codelist is None or "%" in code or code in codelist.codes)
        elif codelist is not None and not self.presence:
            cells = ({self.component: code} for code in codelist.codes)
            yield from (one[self.component] for one in cells if bool(self.fits(one, structure, time)) != inverse)
        elif self.include != inverse:
            yield from self.stated


def _list_of(component: str, structure: Structure | None) -> CodeList | None:
    found = structure.component(component) if structure is not None else None
    return found.codelist if found is not None else None


def _wildcards(values: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all values that have a ``%``, which stands for any number of characters."""
    patterns = [".*".join(map(re.escape, value.split("%"))) for value in values if "%" in value]
    return re.compile("|".join(patterns), re.DOTALL) if patterns else None


@dataclass(frozen=True, slots=True)
class _Keys:
    """Keys that name the same components, and what they look like from a row that has only some of them."""

    components: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    seen_from: dict[tuple[bool, ...], tuple[frozenset[tuple[str, ...]], tuple[tuple[re.Pattern[str], ...], ...]]]

    def fits(self, cells: Mapping[str, str]) -> bool:
        """Whether the row's part of the key is that of one of these."""
        there = tuple(component in cells for component in self.components)
        if there not in self.seen_from:
            parts = {tuple(v for v, known in zip(key, there, strict=True) if known) for key in self.keys}
            wild = sorted(part for part in parts if any("%" in value for value in part))
            patterns = tuple(tuple(_wildcards([v]) or re.compile(re.escape(v)) for v in part) for part in wild)
            self.seen_from[there] = frozenset(parts), patterns
        exact, patterns = self.seen_from[there]
        part = tuple(cells[component] for component, known in zip(self.components, there, strict=True) if known)
        return part in exact or any(all(p.fullmatch(v) for p, v in zip(one, part, strict=True)) for one in patterns)


def _keys(keys: Iterable[Mapping[str, str]]) -> tuple[_Keys, ...]:
    alike: dict[frozenset[str], tuple[tuple[str, ...], dict[tuple[str, ...], None]]] = {}
    for key in keys:
        components, values = alike.setdefault(frozenset(key), (tuple(key), {}))
        values[tuple(key[c] for c in components)] = None
    return tuple(_Keys(components, tuple(values), {}) for components, values in alike.values())


# ------------------------------------------------------------------------------------------------- periods


def _within(period: str, limits: TimeRange) -> bool | None:
    """Whether a period lies wholly in a range; ``None`` when it, or a bound that matters, is not in the calendar."""
    span = _span(period)
    if span is None:
        return None
    first, last = span
    unknown = False
    if limits.start:
        start = _span(limits.start)
        if start is not None and (first < start[0] if limits.start_inclusive else first <= start[1]):
            return False
        unknown = start is None
    if limits.end:
        end = _span(limits.end)
        if end is not None and (last > end[1] if limits.end_inclusive else last >= end[0]):
            return False
        unknown = unknown or end is None
    return None if unknown else True


@lru_cache(maxsize=8192)
def _span(text: str) -> tuple[dt.date, dt.date] | None:
    """The first and last day of a period or a date, with or without a time of day."""
    try:
        when = moment(text)
    except ValueError:
        return None
    return when.first, when.last


def in_words(limits: TimeRange) -> tuple[str, ...]:
    """``from 2012-01`` and ``before 2030-01``."""
    words = []
    if limits.start:
        words.append(f"{'from' if limits.start_inclusive else 'after'} {limits.start}")
    if limits.end:
        words.append(f"{'to' if limits.end_inclusive else 'before'} {limits.end}")
    return tuple(words)
