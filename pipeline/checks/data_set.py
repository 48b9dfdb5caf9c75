"""The form of one data set: each element at its level, each value in its list or format, each key once.

Everything is derived from the structure; nothing is known here of a domain. What is the same twice is judged once: the
attributes of observations, periods, and cells are remembered with their verdict. Sources: SDMX 2.1, Section 3A; SDMX 3.0,
Section 6.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import partial
from typing import NamedTuple

from pipeline.checks import cells as cell_rules
from pipeline.checks import periods
from pipeline.checks.consistency import decimals, gap, reporting_range
from pipeline.checks.layout import MEMORY, YEAR_START, Layout, absent, renamed, text_of
from pipeline.errors import ended, nearest, quoted
from pipeline.events import Cells, DataSetHead, Spot, Value, Where
from pipeline.facts.constraints import Refusal, refusals
from pipeline.facts.structure import FLAT, Attribute, Component, Group, Measure, Structure
from pipeline.findings import Confrontation, Finding, Place, held_up
from pipeline.period import Moment, Period
from pipeline.period import moment as read_moment

NOT_READ = ("unexpected-element", "csv-ragged", "csv-quote", "encoding", "control-character")
ABSENT = ("dimension-missing", "attribute-missing", "value-missing", "time-missing")
OF_CSV = ("STRUCTURE", "STRUCTURE_ID", "DATAFLOW", "ACTION")
COUNTABLE = "ASTQMW"  # kinds of period of which a gap can be named


@dataclass(frozen=True)
class Meaning:
    """Which components of the structure play the roles that rules of form need, and what their codes mean."""

    status: str = ""
    missing: frozenset[str] = frozenset()
    frequency: str = ""
    time_format: str = ""
    decimals: str = ""
    code_of_kind: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, structure: Structure, role: Mapping[str, str], missing: Iterable[str], code_of_kind: Mapping[str, str]
    ) -> Meaning:
        """The roles of ``concepts.toml`` that this structure has: by the component's id, else by its concept."""
        by_concept = {component.concept: component.id for component in structure.components if component.concept}

        def find(name: str) -> str:
            concept = role.get(name, "")
            return concept if structure.component(concept) else by_concept.get(concept, "")

        return cls(
            find("status"),
            frozenset(missing),
            find("frequency"),
            find("time_format"),
            find("decimals"),
            dict(code_of_kind),
        )


class Row(NamedTuple):
    """An observation with everything that holds for it, for rules that look at the whole file."""

    key: tuple[str, ...]
    cells: Mapping[str, Value]  # of the series and of the observation, without time and measure
    period: str
    value: str | None
    at: Spot


@dataclass(slots=True)
class _Period:
    ident: object
    findings: tuple[Finding, ...]
    moment: Moment | None


@dataclass(slots=True)
class Tail:
    """The verdict on the cells of an observation besides its period and value."""

    findings: tuple[Finding, ...]
    missing: bool  # the status says that there is no value
    decimals: str
    key: tuple[str, ...] = ()
    key_sound: bool = True
    shared: tuple[tuple[str, str, Value], ...] = ()  # attributes of a higher level, said on the row


class Series:
    """A series while its observations are read."""

    __slots__ = (
        "at",
        "cells",
        "code_dates",
        "context",
        "decimals",
        "doubted",
        "key",
        "key_known",
        "name",
        "periods",
        "said",
        "seen",
        "shared",
        "sound",
    )

    def __init__(self, key: tuple[str, ...], cells: Cells, at: Spot, sound: bool) -> None:
        self.key = key
        self.name = ".".join(key)
        self.cells = cells
        self.at = at
        self.sound = sound
        self.seen: dict[object, tuple[Spot, str | None]] = {}
        self.periods: dict[str | None, _Period] = {}
        self.decimals = ""
        self.code_dates: tuple[tuple[Component, str], ...] = ()
        self.key_known = sound
        self.said: frozenset[str] = frozenset()  # attributes of observations that stand on the series instead
        self.doubted = 0
        self.context: tuple[str, ...] = ("", "")  # frequency and time format


class DataSetForm:
    """Listens to one data set and says what is wrong with its form.

    ``at`` is the dimension at the observation that the message announces (``AllDimensions`` for flat; empty where the
    format announces none, as SDMX-CSV). ``data_set`` is what findings name it. ``row`` is told every observation.
    ``parts``: attributes may be said of a part of the key (SDMX 3.0) · ``named_groups``: each group says which it is.
    """

    def __init__(
        self,
        structure: Structure,
        head: DataSetHead,
        confrontation: Confrontation,
        *,
        at: str = "TIME_PERIOD",
        meaning: Meaning | None = None,
        data_set: str = "",
        begin: str = "",
        end: str = "",
        row: Callable[[Row], None] | None = None,
        parts: bool = False,
        named_groups: bool = False,
    ) -> None:
        self.structure = structure
        self.confrontation = confrontation
        self.meaning = meaning or Meaning()
        self.data_set = data_set
        self.begin, self.end_ = _span(begin)[0], _span(end)[1]
        if self.begin and self.end_ and self.begin > self.end_:
            self.begin = self.end_ = None  # that they contradict each other has been said
        self.row = row
        self.parts, self.named_groups = parts, named_groups
        self.announced = at
        if at not in ("", FLAT) and structure.component(at) is None:
            at = structure.time.id if structure.time else FLAT  # that it announces something else is said once
        self.deletes = head.action == "Delete"
        self.partial = head.action in ("Append", "Merge", "Information")  # what is sent may be a part of a series
        self._read_as(at)
        self.measure = structure.measures[0].id if structure.measures else "OBS_VALUE"
        self.series_count = self.observation_count = 0
        self._parts: dict[str, set[tuple[str, ...]]] = {}
        #: groups whose key stands partly on observations: (id, key) → where, and in which series
        self.across: dict[tuple[str, tuple[str, ...]], tuple[Spot, tuple[str, ...]]] = {}
        self.unsound_groups = 0
        self.said_above: dict[tuple[str, ...], tuple[Value, Spot]] = {}  # on rows: attributes of what is above them
        self._of_some = [
            a
            for a in structure.attributes
            if a.relationship == "dimensions"
            and not a.groups
            and len(a.dimensions) < len(structure.dimensions)
            and a.id != self.meaning.time_format  # it is held against the periods
        ]
        self._perhaps_missing: list[tuple[Finding, Spot, str]] = []
        self.contradicted: set[tuple[str, ...]] = set()  # told once for what it is about
        self.unsound = 0  # series of which the key cannot be trusted
        self.keys: dict[tuple[str, ...], Spot] = {}
        self.group_keys: dict[tuple[str, tuple[str, ...]], tuple[Spot, Cells]] = {}
        self.set_attributes: dict[str, tuple[Value, Spot]] = {}
        self.unknown_at_set: list[str] = []  # names at the data set that are no components
        self.said_elsewhere: set[str] = set()  # attributes that stand where they do not belong, which has been said
        self.given_apart: set[str] = set()  # attributes said in Atts of a part of the key (3.0)
        self.series_: Series | None = None
        self.rows_of: dict[tuple[str, ...], Series] = {}  # flat layouts: every series stays open
        self.head_at = head.where("")
        self.plain_number = _plain_number(structure.measures[0] if structure.measures else None)
        self._fast = re.compile(self.plain_number).fullmatch if self.plain_number else None
        self._values: dict[str, tuple[Finding, ...]] = {}
        self._decimals: dict[str, re.Pattern[str] | None] = {}
        self._dated = [c for c in structure.dimensions if c.codelist is not None and _has_dates(c)]
        self._alone = _Period((), (), None)
        self._wants_layout = True
        self._doubted = self._at_start = self._unread()
        self.set_doubted = False  # something of the data set itself could not be read
        self._settled = self._doubts()  # at the end of the series before
        self._head(head)

    # --------------------------------------------------------------------------------------- the data set

    def _read_as(self, at: str) -> None:
        """Judge by this dimension at the observation: as announced, or as the data set turns out to be."""
        self.layout = Layout(self.structure, at, deletes=self.deletes)
        self._across = [] if self.layout.flat else [g for g in self.structure.groups if at in g.dimensions]
        self._tails: dict[object, Tail] = {}
        self._periods: dict[tuple[str, ...], dict[str | None, _Period]] = {}

    def _head(self, head: DataSetHead) -> None:
        if self.layout.table:
            self._columns(head)
            return
        parts, self.parts = self.parts, False
        self.attributes(head.cells, head.where)
        self.parts = parts
        if self.announced != FLAT and self.structure.component(self.announced) is None:
            near = nearest(self.announced, [*self.layout.series_ids, self.layout.at, FLAT])
            words = f"the dimension at the observation is {quoted(self.announced)}, which {self.structure.ref} does not have{near}"
            self._say([Finding("at-observation", ended(words), value=self.announced)], lambda _: self.head_at)
            self._wants_layout = False

    def _columns(self, head: DataSetHead) -> None:
        found, misspelt = [], self.confrontation.violated("csv-header")
        for name in head.columns:
            if misspelt and any(SequenceMatcher(None, name.upper(), own).ratio() > 0.7 for own in OF_CSV):
                continue  # a column of the format itself, which has been said
            if self.structure.component(name) is None and name != YEAR_START:
                near = nearest(name, [c.id for c in self.structure.components])
                words = f"the column {quoted(name)} is no component of {self.structure.ref}{near}"
                found.append(Finding("csv-columns", ended(words), component=name, value=name))
        there = set(head.columns)
        unknown = [finding.component for finding in found]
        wanted: list[Component] = [*self.structure.dimensions]
        if self.structure.time:
            wanted.append(self.structure.time)
        measures = self.structure.measures
        wanted += [] if self.deletes else [m for m in measures if m.mandatory or len(measures) == 1]
        for component in renamed([c for c in wanted if c.id not in there], unknown):
            words = f"the header row lacks the column {component.id} ({component.name or 'a component of the key'})."
            found.append(Finding("csv-header", words, component=component.id, expected=component.id))
        columns = [a for a in self.structure.attributes if a.mandatory and not (self.deletes or self.partial)]
        gone = renamed([a for a in columns if a.id not in there], unknown)
        found += [absent(attribute, "the header row") for attribute in gone if isinstance(attribute, Attribute)]
        self.lacking = {a.id for a in columns if a.id not in there} | {
            c.id for c in (*wanted, *self.structure.measures) if c.id not in there
        }
        for finding in found:
            self._say([finding], head.where)

    def attributes(self, cells: Cells, where: Where) -> None:
        """Attributes of the data set, or of a part of the key (SDMX 3.0)."""
        partial = [name for name in cells if name in self.layout.key_ids] if self.parts else []
        level = "part" if partial else "dataset"
        findings = self.layout.cells(cells, level)
        for name, value in cells.items():
            component = self.structure.component(name)
            if isinstance(component, Attribute):
                if partial:
                    self.given_apart.add(name)
                elif name in self.set_attributes and self.set_attributes[name][0] != value:
                    findings.append(self._contradiction(name, value, self.set_attributes[name], "the data set"))
                else:
                    self.set_attributes.setdefault(name, (value, where(name)))
            elif component is None and level == "dataset":
                self.unknown_at_set.append(name)
        self._say(findings, where)

    def group(self, id: str, cells: Cells, where: Where) -> None:  # noqa: A002
        """A group: its id, its key, its attributes, once."""
        groups = {group.id: group for group in self.structure.groups}
        group = groups.get(id) or (None if id or self.named_groups else self._group_like(cells))
        if group is None:
            near = nearest(id, groups)
            has = f"{self.structure.ref} has {', '.join(groups)}" if groups else f"{self.structure.ref} has no group"
            words = f"the group {quoted(id)} is unknown; {has}{near}"
            self._say([Finding("group-unknown", ended(words), value=id)], where)
            self.unsound_groups += 1
            return
        findings = self.layout.cells(cells, f"group {group.id}")
        unknown = [f.component for f in findings if f.rule == "concept-unknown"]
        lacking = [d for d in self.structure.dimensions if d.id in group.dimensions and not cells.get(d.id)]
        for dimension in renamed(lacking, unknown):
            words = f"the group {group.id} lacks {dimension.id}; its key is {', '.join(group.dimensions)}."
            findings.append(Finding("group-key", words, component=dimension.id, expected=dimension.id))
        key = (
            group.id,
            tuple(text_of(cells.get(name, "")) for name in self.layout.key_ids if name in group.dimensions),
        )
        if not findings:
            findings += self._refused({name: text_of(v) for name, v in cells.items() if v})
        if not findings and key in self.group_keys:
            (line, column), before = self.group_keys[key]
            differs = [name for name in {**before, **cells} if before.get(name) != cells.get(name)]
            words = f"the group {group.id} with the key {'.'.join(key[1])} stands twice, first in line {line}."
            if differs:
                words = f"the group {group.id} with the key {'.'.join(key[1])} says of {', '.join(differs)} something else than in line {line}."
            related = (_place(line, column, text_of(before.get(differs[0], "")) if differs else ""),)
            rule = "attribute-contradicts" if differs else "duplicate-group"
            component = differs[0] if differs else ""
            findings.append(
                Finding(
                    rule,
                    words,
                    component=component,
                    value=text_of(cells.get(component, "")),
                    series=".".join(key[1]),
                    related=related,
                )
            )
        if any(finding.component in self.layout.key_ids for finding in findings):
            self.unsound_groups += 1
        else:
            self.group_keys.setdefault(key, (where(""), cells))
        self._say(findings, where)

    def _group_like(self, cells: Cells) -> Group | None:
        """The group meant by an element that does not name it: the one whose key it has."""
        dimensions = {name for name in cells if name in self.layout.key_ids}
        return next((group for group in self.structure.groups if set(group.dimensions) == dimensions), None)

    # ------------------------------------------------------------------------------------------- a series

    def series(self, cells: Cells, where: Where) -> None:
        """A series begins: its key, its attributes, once in the file."""
        self.series_count += 1
        if self.series_count == 1:
            self.set_doubted = self._unread() != self._at_start
        if self.layout.flat and not self.layout.table and self._wants_layout:
            words = "a series stands in a data set that announces observations without series (AllDimensions)."
            self._say([Finding("layout-series", words, expected="Obs")], where)
            self._wants_layout = False
        if self.layout.flat or (self.announced != self.layout.at and not self.series_count > 1):
            self._read_as(self.layout.left_out(cells))
        findings = self.layout.cells(cells, "series")
        unknown = [f.component for f in findings if f.rule == "concept-unknown"]
        misplaced = [f for f in findings if f.rule == "dimension-misplaced"]
        findings += self.layout.lacking(cells, "series", unknown, self.given_apart)
        key = tuple(text_of(cells.get(name, "")) for name in self.layout.series_ids)
        in_key = {f.component for f in findings} & set(self.layout.series_ids)
        at = where("")
        sound = not in_key and not unknown and not misplaced
        if sound:
            findings += self._refused({name: text_of(value) for name, value in cells.items() if value})
            if key in self.keys:
                first = self.keys[key]
                words = f"the series {'.'.join(key)} stands twice; it is first in line {first[0]}."
                findings.append(Finding("duplicate-series", words, value=".".join(key), related=(_place(*first),)))
            else:
                self.keys[key] = at
        self.unsound += not sound
        series = self.series_ = Series(key, cells, at, sound)
        series.doubted = self._settled
        series.said = frozenset(finding.component for finding in findings if finding.rule == "attribute-misplaced")
        self.said_elsewhere |= series.said
        self._contexts(series, {finding.component for finding in findings})
        if sound:
            findings += self._of_some_dimensions(cells, where, {finding.component for finding in findings})
        if self.parts:  # attributes of a part of the key may still follow
            late = [f for f in findings if f.rule == "attribute-missing"]
            self._perhaps_missing += [(f, at, series.name) for f in late]
            findings = [f for f in findings if f.rule != "attribute-missing"]
        if self.layout.in_cell != self.layout.time and isinstance(text := cells.get(self.layout.time), str):
            findings += self._on_series(text, series)
        self._say(findings, where, series.name)

    def _of_some_dimensions(self, cells: Cells, where: Where, doubted: Container[str]) -> Iterator[Finding]:
        """An attribute that depends on some dimensions of the series has one value for them."""
        for attribute in self._of_some:
            if attribute.id in cells and attribute.id not in doubted:
                key = (attribute.id, *(text_of(cells.get(name, "")) for name in attribute.dimensions))
                value, before = cells[attribute.id], self.said_above.get(key)
                if before is None:
                    self.said_above[key] = (value, where(attribute.id))
                elif before[0] != value and key not in self.contradicted:
                    self.contradicted.add(key)
                    yield self._contradiction(attribute.id, value, before, ".".join(key[1:]))

    def _on_series(self, text: str, series: Series) -> Iterator[Finding]:
        """The period of a series, where another dimension stands at the observation."""
        try:
            yield from self._fits(read_moment(text), text, series)
        except ValueError:
            return  # that it is no period has been said

    def _excused(self, level: str) -> Container[str]:
        """What need not be said at this level: it is said elsewhere, or its whole column is lacking."""
        return self.given_apart if level != "row" else {*self.given_apart, *self.set_attributes, *self.lacking}

    def _contexts(self, series: Series, doubted: Iterable[str]) -> None:
        """What of a series its observations depend on; a code that is doubted itself is not used to doubt others."""
        get, meaning = series.cells.get, self.meaning
        names = ("" if name in doubted else name for name in (meaning.frequency, meaning.time_format))
        context = tuple(text_of(get(name, "")) for name in names)
        series.context = context
        series.periods = self._periods.setdefault(context, {})
        series.decimals = text_of(get(meaning.decimals, ""))
        series.code_dates = tuple((c, text_of(get(c.id, ""))) for c in self._dated)

    def end_series(self) -> None:
        """A series ends: something stands in it, and no period between its first and last is missing."""
        series, self.series_ = self.series_, None
        if series is not None:
            self._close(series)
        self._settled, self._doubted = self._doubts(), self._unread()

    def _doubts(self) -> int:
        """Faults after which an observation may not be counted in its series: an element or row that was not read."""
        return self._unread() + (self.unsound if self.layout.flat else 0)

    def _unread(self) -> int:
        """How much of the file could not be read as it stands."""
        return sum(map(self.confrontation.number, NOT_READ))

    def _close(self, series: Series) -> None:
        """A series ends: something stood in it, and no period between its first and last is missing."""
        if not series.seen and not self.deletes and series.doubted == self._doubts():
            words = f"the series {series.name} has no observation."
            self._say([Finding("no-data", words)], lambda _: series.at, series.name)
        if (
            self.deletes
            or self.partial
            or self.layout.in_cell != self.layout.time
            or not series.sound
            or series.doubted != self._doubts()
        ):
            return
        if self.series_ is None and self.layout.flat and "gap" in self.confrontation.consequences:
            why = self.confrontation.consequences["gap"]
            self.confrontation.unchecked(("gap",), held_up(why))
            return  # a faulty row is missing from its series
        if re.fullmatch(r"[A-Z][0-9]+|[BD]", text_of(series.cells.get(self.meaning.frequency, ""))):
            return  # every second month, business days
        if set(map(type, series.seen)) != {tuple}:
            return  # one that cannot be counted may be the one that seems to be missing
        idents: list[tuple[str, int, str]] = list(series.seen)  # type: ignore[arg-type]
        kinds = {ident[:1] for ident in idents}
        kind = "".join(*kinds) if len(kinds) == 1 else ""
        if not kind or kind not in COUNTABLE:
            return
        ordinals = [ident[1] for ident in idents]
        if max(ordinals) - min(ordinals) + 1 != len(ordinals):
            found = gap(series.name, sorted(ordinals), partial(_named, kind), *series.at)
            if found:
                self._say([found], lambda _: series.at, series.name)

    # -------------------------------------------------------------------------------------- an observation

    def observation(self, cells: Cells, where: Where) -> None:
        """An observation: its place in the series or its whole key, its value, its attributes, once."""
        self.observation_count += 1
        series = self.series_
        if series is None and not self.layout.flat:
            self._outside(where)
        period_text = cells.pop(self.layout.in_cell, None)
        value = cells.pop(self.measure, None)
        rest = tuple(cells.items())
        tail = self._tails.get(rest)
        if tail is None:
            tail = self._tail(rest, cells, within=series is not None)
        if series is None:
            series = self._of_row(tail, cells, where)
        period = series.periods.get(period_text)  # type: ignore[arg-type]
        if period is None:
            period = self._period(series, period_text)
        seen, ident = series.seen, period.ident
        if (
            ident in seen
            or tail.findings
            or tail.missing
            or period.findings
            or value is None
            or series.code_dates
            or self._fast is None
            or self._fast(value) is None  # type: ignore[arg-type]
            or ("." in value and self._too_long(value, tail.decimals or series.decimals))  # type: ignore[arg-type]
        ):
            self._judge(series, tail, period, period_text, value, where)
        if ident not in seen:
            seen[ident] = (where(""), value)  # type: ignore[assignment]
        if self._across and series.sound and isinstance(period_text, str) and not period.findings:
            self._group_across(series, period_text, where)
        if self.row is not None and period_text is not None:
            self.row(Row(series.key, {**series.cells, **cells}, text_of(period_text), value, where("")))  # type: ignore[arg-type]

    def _outside(self, where: Where) -> None:
        """An observation outside a series, where series are announced: from here on the data set is read as flat."""
        if self._wants_layout:
            words = f"an observation stands outside a series; the message announces series by {self.layout.at}."
            self._say([Finding("layout-flat", words, expected="Series")], where)
            self._wants_layout = False
        self._read_as(FLAT)

    def _group_across(self, series: Series, value: str, where: Where) -> None:
        """Remember the groups of an observation whose dimension is part of their key."""
        cells = {**series.cells, self.layout.at: value}
        for group in self._across:
            key = tuple(text_of(cells.get(name, "")) for name in self.layout.key_ids if name in group.dimensions)
            if (group.id, key) not in self.across:
                self.across[group.id, key] = (where(""), series.key)

    def _of_row(self, tail: Tail, cells: Cells, where: Where) -> Series:
        """The series that a row of a flat layout belongs to."""
        series = self.rows_of.get(tail.key)
        if series is None:
            own = {name: value for name, value in cells.items() if name in self.layout.key_ids}
            own |= {name: value for level, name, value in tail.shared if level == "series"}
            series = self.rows_of[tail.key] = Series(tail.key, own, where(""), tail.key_sound)
            series.doubted = self._doubts()
            self.series_count += 1
            if tail.key_sound:
                self.keys.setdefault(tail.key, series.at)
            else:
                self.unsound += 1
            doubted = {finding.component for finding in tail.findings}
            names = ("" if name in doubted else name for name in (self.meaning.frequency, self.meaning.time_format))
            series.context = tuple(text_of(cells.get(name, "")) for name in names)
            series.periods = self._periods.setdefault(series.context, {})
            series.code_dates = tuple((c, text_of(cells.get(c.id, ""))) for c in self._dated)
        findings = []
        for level, name, said in tail.shared:
            key, of = self._holder(series, level, name)
            before = self.said_above.get(key)
            if before is None:
                self.said_above[key] = (said, where(name))
            elif before[0] != said and key not in self.contradicted:
                self.contradicted.add(key)
                findings.append(self._contradiction(name, said, before, of))
        if self.confrontation.violated("control-character"):
            findings = []  # two texts may differ in what stands for the character
        if findings:
            self._say(findings, where, series.name)
        return series

    def _holder(self, series: Series, level: str, name: str) -> tuple[tuple[str, ...], str]:
        """What an attribute of a row is about, when it is not the observation: its identity, and in words."""
        if level == "dataset":
            return (name,), "the data set"
        attribute = self.structure.component(name)
        if level != "group" or not isinstance(attribute, Attribute):
            return (name, *series.key), f"the series {series.name}"
        group = next(g for g in self.structure.groups if g.id == attribute.group)
        part = tuple(series.key[i] for i in self.layout.places(group.dimensions))
        return (name, group.id, *part), f"the group {group.id} with the key {'.'.join(part)}"

    def _tail(self, rest: tuple[tuple[str, Value], ...], cells: Cells, *, within: bool) -> Tail:
        """Judge the cells of an observation besides period and value, once for all that have the same."""
        level = "observation" if within else "row" if self.layout.table else "flat"
        findings = self.layout.cells(cells, level)
        unknown = [f.component for f in findings if f.rule == "concept-unknown"]
        findings += self.layout.lacking(cells, level, unknown, self._excused(level))
        status = cells.get(self.meaning.status, "") if self.meaning.status else ""
        tail = Tail((), status in self.meaning.missing, text_of(cells.get(self.meaning.decimals, "")))
        if within:
            said = {name: text_of(value) for name, value in cells.items() if value}
            if not findings and said:
                findings += self._refused(said)
        else:
            tail.key = tuple(text_of(cells.get(name, "")) for name in self.layout.key_ids)
            in_key = {f.component for f in findings} & set(self.layout.key_ids)
            tail.key_sound = (
                not in_key and not unknown and not (self.layout.table and self.lacking & set(self.layout.key_ids))
            )
            if tail.key_sound:
                findings += self._refused({name: text_of(value) for name, value in cells.items() if value})
            shared = []
            for name, value in cells.items():
                component = self.structure.component(name)
                if isinstance(component, Attribute):
                    upper = self.structure.level(component)
                    doubted = any(finding.component == name for finding in findings)
                    if not doubted and (upper == "series" or (self.layout.table and upper != "observation")):
                        shared.append((upper, name, value))
            tail.shared = tuple(shared)
        tail.findings = tuple(findings)
        if len(self._tails) >= MEMORY:
            self._tails.clear()
        self._tails[rest] = tail
        return tail

    def _period(self, series: Series, text: Value | None) -> _Period:
        """Judge a period (or the value of another dimension at the observation), once for all series of its kind."""
        if not self.layout.in_cell:
            return self._alone  # the key says it all
        if text is None:  # not remembered: each observation without period is its own
            return _Period(object(), self._no_period(), None)
        findings: list[Finding] = []
        moment: Moment | None = None
        ident: object = text
        component = self.structure.component(self.layout.in_cell)
        if component is None:
            pass
        elif self.layout.in_cell != self.layout.time or isinstance(text, tuple) or not text.strip():
            findings += self.layout.cell(self.layout.in_cell, text, "observation")
        else:
            findings += periods.judge_period(component, text)
            try:
                moment = read_moment(text)
            except ValueError:
                moment = None
            if moment is not None:
                ident = moment.identity
                findings += self._fits(moment, text, series)
            if not findings:
                findings += self._refused({self.layout.time: text})
        verdict = _Period(ident, tuple(findings), moment)
        if len(series.periods) >= MEMORY:
            series.periods.clear()
        series.periods[text] = verdict  # type: ignore[index]
        return verdict

    def _no_period(self) -> tuple[Finding, ...]:
        if not self.layout.in_cell or self.deletes or (self.layout.table and self.layout.in_cell in self.lacking):
            return ()
        rule = "time-missing" if self.layout.in_cell == self.layout.time else "dimension-missing"
        words = f"the observation has no {self.layout.in_cell}."
        return (Finding(rule, words, component=self.layout.in_cell, expected=self.layout.in_cell),)

    def _fits(self, moment: Moment, text: str, series: Series) -> Iterator[Finding]:
        """A period against frequency, time format and the reporting range of the header."""
        frequency, code = series.context
        dimension = self.structure.component(self.meaning.frequency)
        known = dimension is None or dimension.codelist is None or frequency in dimension.codelist.codes
        if frequency and known and (found := periods.fits_frequency(moment, frequency, text)):
            yield replace(found, component=self.layout.time)
        if code and (found := periods.fits_time_format(moment, code, self.meaning.code_of_kind)):
            yield replace(found, component=self.layout.time)
        if found := reporting_range(moment.first, moment.last, text, self.begin, self.end_):
            yield replace(found, component=self.layout.time)

    def _judge(
        self,
        series: Series,
        tail: Tail,
        period: _Period,
        text: Value | None,
        value: Value | None,
        where: Where,
    ) -> None:
        """The slow way: an observation that is not plainly right."""
        findings = [*tail.findings, *period.findings]
        renamed = {f.component for f in tail.findings if f.rule in ("concept-unknown", "csv-columns")}
        if renamed and text is None:  # one unknown attribute instead of the period, or of the value
            findings = [f for f in findings if f.rule not in ("time-missing", "dimension-missing")]
        if series.said:
            findings = [f for f in findings if f.rule != "attribute-missing" or f.component not in series.said]
        if self.meaning.status in {finding.component for finding in tail.findings}:
            excused = True  # a status that is none says nothing about the value
        else:
            excused = bool(renamed) and text is not None
        findings += self._value(value, tail, series, excused=excused)
        when = period.moment or (self._moment_of(series) if series.code_dates else None)
        if when is not None:
            for component, of_series in series.code_dates:
                code = text_of(text or "") if component.id == self.layout.in_cell else of_series
                retired = cell_rules.retired(component, code, when.first, when.last)
                if retired:
                    findings.append(replace(retired, component=component.id))
        if period.ident in series.seen and (series.key_known or not self.layout.flat):
            findings.append(self._doubled(series, period.ident, text, value))
        if findings:
            self._say(findings, where, series.name, text_of(text or ""))
        if period.findings:
            series.sound = False  # which periods it has cannot be said

    def _moment_of(self, series: Series) -> Moment | None:
        """The period of a series, where another dimension stands at the observation."""
        try:
            return read_moment(text_of(series.cells.get(self.layout.time, "")))
        except ValueError:
            return None

    def _value(self, value: Value | None, tail: Tail, series: Series, *, excused: bool) -> Iterator[Finding]:
        measure = self.structure.component(self.measure)
        if isinstance(value, tuple):
            yield from self.layout.cell(self.measure, value, "observation")
            return
        absent = value is None or (value.lower() == "nan" and not _coded(measure))
        if absent and not tail.missing and not self.deletes:
            if excused or (value is None and self.partial):
                return
            if self.layout.table and self.measure in self.lacking:
                return
            how = "there is no value" if value is None else "the value is NaN"
            why = (
                f"{how} and {self.meaning.status} does not say that it is missing."
                if self.meaning.status
                else f"{how}."
            )
            yield Finding("value-missing", why, component=self.measure, value=value or "", expected="a value")
        elif not absent and value is not None:
            if tail.missing and value.strip():
                words = f"there is a value ({quoted(value)}) and {self.meaning.status} says that it is missing."
                yield Finding("value-with-missing-status", words, component=self.measure, value=value)
            found = self._values.get(value)
            if found is None:
                if measure is None:
                    found = ()
                else:
                    found = tuple(cell_rules.compiled(measure, measure=True)(value))
                if len(self._values) >= MEMORY:
                    self._values.clear()
                self._values[value] = found
            yield from found
            code = tail.decimals or series.decimals
            if code and not found and (wrong := decimals(value, code)):
                yield replace(wrong, component=self.measure)

    def _too_long(self, numbers: str, declared: str) -> bool:
        """Whether one of these plain numbers has more decimals than are declared."""
        if declared not in self._decimals:
            first = next((n for n in range(1, 16) if decimals("0." + "0" * n, declared)), 0)
            self._decimals[declared] = re.compile(rf"\.[0-9]{{{first}}}") if first else None
        pattern = self._decimals[declared]
        return pattern is not None and pattern.search(numbers) is not None

    def _doubled(self, series: Series, ident: object, text: Value | None, value: Value | None) -> Finding:
        (line, column), before = series.seen[ident]
        same = _equal(before, value)
        rule = "duplicate-observation" if same else "contradictory-observation"
        what = f"{series.name} {text_of(text or '')} stands twice"
        how = (
            f"with the same value ({quoted(text_of(value or ''))})"
            if same
            else f"with {quoted(text_of(before or ''))} and {quoted(text_of(value or ''))}"
        )
        words = f"{what}, {how}; the first is in line {line}."
        return Finding(
            rule,
            words,
            component=self.measure,
            value=text_of(value or ""),
            expected="" if same else text_of(before or ""),
            related=(_place(line, column, text_of(before or "")),),
        )

    @property
    def provable(self) -> bool:
        """Whether whole series can be proven: in series, by themselves, and where not each observation is wanted."""
        return not (self.layout.flat or self._across or self.row is not None)

    # -------------------------------------------------------------------------------------------- the end

    def end(self) -> None:
        """The data set ends: something stood in it, and every mandatory attribute was said."""
        for series in self.rows_of.values():
            self._close(series)
        if not self.series_count and not self.observation_count and not (self.group_keys or self.deletes):
            self._say([Finding("no-data", "the data set has no series and no observation.")], lambda _: self.head_at)
        for finding, at, name in self._perhaps_missing:
            if finding.component not in self.given_apart:
                self._say([finding], lambda _, at=at: at, name)  # type: ignore[misc]
        if not self.deletes:
            self._say_missing_at_the_end()
        if not (self.unsound or self.unsound_groups or self.confrontation.violated("unexpected-element")):
            for (group, key), (at, _) in self.group_keys.items():
                self._without_series(group, key, at)
        self._count()

    def _say_missing_at_the_end(self) -> None:
        if not (self.layout.table or self.partial or self.set_doubted):
            wanted = [a for a in self.structure.reported("dataset", self.layout.at) if a.mandatory]
            lacking = [a for a in wanted if a.id not in {*self.set_attributes, *self.said_elsewhere}]
            for attribute in renamed(lacking, self.unknown_at_set):
                self._say([absent(attribute, "the data set")], lambda _: self.head_at)
        for group in self.structure.groups:
            mandatory = [a for a in self.structure.attributes if a.mandatory and group.id in a.groups]
            if (
                not mandatory
                or self.partial
                or self.layout.table
                or self.unsound_groups
                or (self.layout.flat and self.unsound)
            ):
                continue
            told: set[tuple[str, ...]] = set()
            for part, key, at in self._keys_of(group):
                if part in told:
                    continue
                told.add(part)
                said = self.group_keys.get((group.id, part), ((0, 0), {}))[1]
                unknown = [name for name in said if self.structure.component(name) is None]
                for attribute in renamed([a for a in mandatory if a.id not in said], unknown):
                    if (
                        attribute.id not in self.said_elsewhere
                        and attribute in mandatory
                        and len(attribute.groups) == 1
                    ):
                        finding = absent(attribute, f"the group {group.id} with the key {'.'.join(part)}")
                        self._say([finding], lambda _, at=at: at, ".".join(key))  # type: ignore[misc]

    def _without_series(self, group: str, key: tuple[str, ...], at: Spot) -> None:
        parts = self._parts_of(group)
        if parts and key not in parts:
            words = f"the group {group} with the key {'.'.join(key)} belongs to no series of the data set."
            self._say([Finding("group-without-series", words, value=".".join(key))], lambda _: at)

    def _keys_of(self, group: Group) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Spot]]:
        """The keys of a group that the series (or observations) of the data set have, each with one of them."""
        if group in self._across:
            yield from ((part, key, at) for (id_, part), (at, key) in self.across.items() if id_ == group.id)
            return
        places = self.layout.places(group.dimensions)
        for key, at in self.keys.items():
            yield tuple(key[i] for i in places if i < len(key)), key, at

    def _parts_of(self, id_: str) -> set[tuple[str, ...]]:
        if id_ not in self._parts:
            group = next(g for g in self.structure.groups if g.id == id_)
            self._parts[id_] = {part for part, _, _ in self._keys_of(group)}
        return self._parts[id_]

    def _count(self) -> None:
        """How often each rule was asked, and what could not be judged and why."""
        note, why = self.confrontation, self._not_judged()
        series, observations = self.series_count, self.observation_count
        asked = dict.fromkeys(PER_SERIES, series) | dict.fromkeys(PER_OBSERVATION, observations)
        asked |= dict.fromkeys(PER_CELL, series + observations) | dict.fromkeys(PER_DATA_SET, 1)
        asked |= dict.fromkeys(OF_GROUPS, len(self.group_keys)) | dict.fromkeys(OF_CONSTRAINTS, series)
        for rule, number in asked.items():
            if rule in why:
                note.unchecked((rule,), why[rule])
            else:
                note.checked[rule] += number
        structure = self.structure
        no_list = [c.id for c in structure.components if c.codelist_ref and c.codelist is None]
        partial = [c.id for c in structure.components if c.codelist is not None and c.codelist.partial]
        words = [f"values of {', '.join(no_list)} are not judged: their lists are not at hand"] if no_list else []
        words += [f"codes of {', '.join(partial)} that a partial list lacks are not judged"] if partial else []
        if words:
            note.unchecked(("code", "code-retired"), "; ".join(words))

    def _not_judged(self) -> dict[str, str]:
        """The rules that cannot be judged by this structure, or of this data set, and why."""
        structure, meaning = self.structure, self.meaning
        why: dict[str, str] = {}
        if not structure.time:
            why |= dict.fromkeys((*OF_TIME, "gap"), f"{structure.ref} has no time dimension")
        for rule, component, name in (
            ("period-frequency", meaning.frequency, "frequency"),
            ("period-time-format", meaning.time_format, "time format"),
            ("decimals", meaning.decimals, "decimals"),
            ("value-with-missing-status", meaning.status, "observation status"),
        ):
            if not component:
                why.setdefault(rule, f"{structure.ref} has no {name}")
        if not structure.groups:
            why |= dict.fromkeys(OF_GROUPS, f"{structure.ref} has no groups")
        if not any(limit.kind == "allowed" for limit in structure.constraints):
            of = structure.dataflow or structure.ref
            why |= dict.fromkeys(OF_CONSTRAINTS, f"no content constraint of {of} is at hand")
        if not any(c.codelist is not None for c in structure.components):
            why["code"] = why["code-retired"] = f"no code list of {structure.ref} is at hand"
        if not (self.begin or self.end_):
            why.setdefault("reporting-range", "the header has no ReportingBegin or ReportingEnd")
        if self.deletes or self.partial:
            said = "the data set deletes" if self.deletes else "the data set may be a partial update"
            why |= dict.fromkeys(("gap", "value-missing"), said)
        return why

    # --------------------------------------------------------------------------------------------- cells

    def _contradiction(self, name: str, value: Value, before: tuple[Value, Spot], of: str) -> Finding:
        said, (line, column) = before
        words = f"{name} of {of} is {quoted(text_of(value))} here and {quoted(text_of(said))} in line {line}; it has one value."
        return Finding(
            "attribute-contradicts",
            words,
            component=name,
            value=text_of(value),
            expected=text_of(said),
            related=(_place(line, column, text_of(said)),),
        )

    def _refused(self, cells: Mapping[str, str]) -> Iterator[Finding]:
        """What the content constraints of the structure and its dataflow refuse."""
        limits = self.structure.constraints
        if not limits:
            return
        for refusal in refusals(limits, cells, self.structure):
            yield _refusal(refusal)

    def _say(self, findings: Sequence[Finding], where: Where, series: str = "", period: str = "") -> None:
        """Give the findings their place and hand them over together."""
        if not findings:
            return
        note = self.confrontation
        if len(findings) == 1 and not note.wanted(findings[0].rule):
            note.more(findings[0].rule)
            return
        unread = self._unread()
        if unread != self._doubted:  # what was not read just before may be what is missing here
            self._doubted = unread
            findings = [finding for finding in findings if finding.rule not in ABSENT]
        placed = []
        for finding in findings:
            line, column = finding.line, finding.column
            if line is None and note.wanted(finding.rule):
                line, column = where(finding.component)
            placed.append(
                replace(
                    finding,
                    line=line,
                    column=column,
                    series=finding.series or series,
                    period=finding.period or period,
                    data_set=self.data_set,
                )
            )
        note.found(placed)


PER_SERIES = ("dimension-missing", "dimension-misplaced", "duplicate-series", "gap", "layout-series", "layout-flat")
OF_TIME = ("time-missing", "period", "period-frequency", "period-time-format", "reporting-range")
PER_OBSERVATION = (
    *OF_TIME, "duplicate-observation", "contradictory-observation", "value-missing", "value-with-missing-status",
    "number-syntax", "decimals",
)  # fmt: skip
PER_CELL = (
    "concept-unknown", "attribute-misplaced", "attribute-missing", "attribute-contradicts", "code", "code-retired",
    "empty-value", "text-format", "too-few", "too-many",
)  # fmt: skip
PER_DATA_SET = ("no-data", "at-observation")
OF_GROUPS = ("group-unknown", "group-key", "group-attribute", "group-without-series", "duplicate-group")
OF_CONSTRAINTS = ("constraint", "constraint-key", "constraint-period")
OF_STRUCTURE = tuple(
    dict.fromkeys((*PER_SERIES, *PER_OBSERVATION, *PER_CELL, *PER_DATA_SET, *OF_GROUPS, *OF_CONSTRAINTS))
)
"""Every rule that needs a structure; without one they are unchecked."""


def _refusal(refusal: Refusal) -> Finding:
    allowed = ", ".join(refusal.allowed[:8]) + (", …" if len(refusal.allowed) > 8 else "")
    if refusal.kind == "key":
        words = f"the key is not among those that {refusal.constraint} allows."
        return Finding("constraint-key", words, value=refusal.value)
    rule = "constraint-period" if refusal.kind == "period" else "constraint"
    words = f"{refusal.component} {quoted(refusal.value)} is not allowed by {refusal.constraint}."
    hint = f"Allowed: {allowed}." if allowed else ""
    return Finding(rule, words, hint, component=refusal.component, value=refusal.value, expected=allowed)


def _plain_number(measure: Measure | None) -> str:
    """An expression for plain numbers of this measure; empty where each value must be judged."""
    whole = r"-?(?:0|[1-9][0-9]{0,14})"
    if measure is None or measure.codelist_ref:
        return ""
    text_format = measure.text_format
    if text_format is None:
        return whole + r"(?:\.[0-9]{1,15})?"
    facets = (
        text_format.min_length, text_format.max_length, text_format.min_value, text_format.max_value,
        text_format.decimals, text_format.pattern, text_format.interval, text_format.start_value, text_format.end_value,
    )  # fmt: skip
    if text_format.is_sequence or text_format.sentinels or any(facet is not None for facet in facets):
        return ""
    if text_format.type in ("Double", "Float", "Decimal"):
        return whole + r"(?:\.[0-9]{1,15})?"
    return whole if text_format.type in ("Long", "Integer", "BigInteger") else ""


def _span(text: str) -> tuple[dt.date | None, dt.date | None]:
    """First and last day of a period of the header; nothing when it says none that can be read."""
    try:
        read = read_moment(text)
    except ValueError:
        return None, None
    return read.first, read.last


def _named(kind: str, ordinal: int) -> str:
    """How the period of this kind and ordinal is written."""
    if kind != "W":
        return str(Period(kind, ordinal))
    year, week, _ = dt.date.fromordinal(ordinal * 7 + 1).isocalendar()
    return f"{year}-W{week:02d}"


def _has_dates(component: Component) -> bool:
    codelist = component.codelist
    if codelist is None:
        return False
    return bool(codelist.valid_from or codelist.valid_to) or any(
        code.valid_from or code.valid_to for code in codelist.codes.values()
    )


def _coded(component: Component | None) -> bool:
    return component is not None and bool(component.codelist_ref)


def _equal(a: str | None, b: Value | None) -> bool:
    if a == b or a is None or b is None or isinstance(b, tuple):
        return a == b
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def _place(line: int, column: int, value: str = "") -> Place:
    return Place(line, column, value)
