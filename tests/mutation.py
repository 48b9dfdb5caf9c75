"""A mutation kit: valid data sets of any structure in every format, and every single fault of the catalogue in them.

Nothing is taken from the readers and rules that are tested: messages are written here anew. Where the finding must stand
is marked in the message itself: ``MARK`` is put before the offending value (or its tag) when the fault is made, and is
taken out when its line and column are known.
"""

from __future__ import annotations

import copy
import itertools
import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.facts.constraints import refusals
from pipeline.facts.structure import FLAT, Attribute, Component, Dimension, Measure, Structure, Structures
from pipeline.facts.structure_messages import read_structures

FOLDER = Path(__file__).parent / "structures"
MARK = "\ue000"
SERIES, PERIODS = 5, 10
MISSING = ("O", "M", "L", "H", "Q")  # codes of OBS_STATUS that say there is no value

Text = str | tuple[str, ...]


# ------------------------------------------------------------------------------------------------------ valid values

#: what no generator can know: how texts with a pattern, or of a list that is elsewhere, are written
SPECIMENS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "groups": ("groups_21.xml", {"TITLE": ["Autre", "Avec é\U0001f642 <&>"], "PRODUCT": ["A1", "B22", "CCC"]}),
    "flat": ("flat_21.xml", {"SIZE": ["1", "50", "700", "9000", "30000", "3"]}),
    "levels": ("levels_21.xml", {"TIME_FORMAT": ["P1M"]}),
    "rich": ("rich_21.xml", {"OFFICE": ["ABC-1", "XYZ-27"]}),
    "measures": ("measures_30.xml", {"STAFF": ["1", "2", "30"], "TURNOVER": ["10.5", "0.1", "7"]}),
}

_TEXTS = {
    "Alpha": ["EUR", "USD"],
    "AlphaNumeric": ["A1", "B2", "C3"],
    "Numeric": ["12", "34"],
    "BigInteger": ["10", "200"],
    "Count": ["1", "2"],
    "Integer": ["1", "2"],
    "Long": ["10", "20"],
    "Short": ["1", "2", "3"],
    "Decimal": ["10.5", "7", "120.25"],
    "Float": ["1.5"],
    "Double": ["1.5", "20", "0.7"],
    "InclusiveValueRange": ["12.5", "50"],
    "ExclusiveValueRange": ["12.5", "50"],
    "URI": ["https://example.org/a?b=1", "https://example.org/é"],
    "DateTime": ["2024-05-31T10:00:00", "2024-06-30T10:00:00Z"],
    "MonthDay": ["--01-01"],
    "GregorianYear": ["2024"],
    "Duration": ["P1M"],
    "Boolean": ["true", "false"],
}
_FORMATS_OF_TIME = {"M": "P1M", "Q": "P3M", "A": "P1Y"}


def values(component: Component, given: dict[str, list[str]]) -> list[str]:
    """Some texts that the component may have."""
    if component.id in given:
        return given[component.id]
    if component.codelist is not None:
        codes = component.codelist.codes.values()
        return [code.id for code in codes if not (code.valid_to or code.valid_from)][:40]
    if component.codelist_ref:
        return ["ONE", "TWO", "THREE"]
    if component.text_format is None:
        return ["1"] if isinstance(component, Measure) else ["Texte é\U0001f642 < & > \"'", "Text"]
    return _TEXTS.get(component.text_format.type, ["Texte é\U0001f642 & \"<'", "Other text"])


def _pick(texts: list[str], *what: object) -> str:
    return texts[zlib.crc32("\x1f".join(map(str, what)).encode()) % len(texts)]


def periods(frequency: str, number: int, start: int = 2020) -> list[str]:
    """So many periods, one after the other."""
    if frequency == "A":
        return [f"{start + 1 + i}" for i in range(number)]
    if frequency == "Q":
        return [f"{start + i // 4}-Q{i % 4 + 1}" for i in range(number)]
    return [f"{start + i // 12}-{i % 12 + 1:02d}" for i in range(number)]


@dataclass
class Data:
    """A valid data set: what holds for all of it, for each group, and for each observation."""

    structure: Structure
    of_set: dict[str, Text]
    groups: list[tuple[str, dict[str, Text]]]
    rows: list[dict[str, Text]]


def make(
    structure: Structure, given: dict[str, list[str]], seed: int = 1, series: int = SERIES, length: int = PERIODS
) -> Data:
    """A valid data set of the structure: a handful of series, a dozen periods, every attribute at its level."""
    rng = random.Random(seed)
    time = structure.time
    limits = structure.constraints
    frequencies = ["M"]
    if time is not None and (time.text_format is None or "Month" not in time.text_format.type):
        frequencies = ["M", "M", "M", "Q", "A"]
    keys: list[dict[str, Text]] = []
    for _ in range(500):
        key: dict[str, Text] = {d.id: rng.choice(values(d, given)) for d in structure.dimensions}
        if "FREQ" in key:
            known = structure.component("FREQ").codelist.codes
            key["FREQ"] = next(f for f in [rng.choice(frequencies), "M"] if f in known)
        if key not in keys and not refusals(limits, {n: str(v) for n, v in key.items()}, structure):
            keys.append(key)
        if len(keys) == (series if time is not None else series * length):
            break
    if "FREQ" in keys[0]:
        keys.sort(key=lambda k: k["FREQ"] != "M")  # the first two are monthly, whatever was drawn
        for key in keys[:2]:
            key["FREQ"] = "M"
    keys = [key for i, key in enumerate(keys) if key not in keys[:i]]
    rows = []
    for key in keys:
        moments = periods(str(key.get("FREQ", "M")), length) if time is not None else [""]
        for moment in moments:
            row = dict(key)
            if time is not None:
                row[time.id] = moment
            rows.append(row)
    for i, row in enumerate(rows):
        for measure in structure.measures:
            row[measure.id] = _measured(measure, given, i)
        for attribute in structure.attributes:
            if not attribute.groups and structure.level(attribute, FLAT) == "observation":
                row[attribute.id] = _said(structure, attribute, row, given, i)
    status = structure.component("OBS_STATUS")
    if status is not None and status.codelist is not None and any(code in status.codelist.codes for code in MISSING):
        row = rows[5]
        row["OBS_STATUS"] = next(code for code in MISSING if code in status.codelist.codes)
        del row[structure.measures[0].id]
    of_set = {a.id: _pick(values(a, given), a.id) for a in structure.reported("dataset")}
    return Data(structure, of_set, list(_groups(structure, keys, given)), rows)


def _measured(measure: Measure, given: dict[str, list[str]], i: int) -> Text:
    if measure.max_occurs != 1:
        return ("1", "2", "3")[: 1 + i % 3]
    text = values(measure, given)
    whole = measure.text_format is not None and measure.text_format.type in ("BigInteger", "Integer", "Long", "Count")
    return str(100 + 7 * i) if whole else _pick([str(100 + i), f"{50 + i}.5", *text[:1]], measure.id, i)


def _said(
    structure: Structure, attribute: Attribute, row: dict[str, Text], given: dict[str, list[str]], i: int
) -> Text:
    if attribute.id == "TIME_FORMAT":
        return _FORMATS_OF_TIME[str(row["FREQ"])]
    if attribute.id == "DECIMALS":
        return "3"
    if attribute.id == "OBS_STATUS":
        return "A"
    if attribute.id == "EMBARGO_TIME":
        return "2024-07-01T10:00:00"
    depends = attribute.dimensions if attribute.relationship == "dimensions" else ("",)
    text = _pick(values(attribute, given), attribute.id, *(row.get(name, i) for name in depends))
    if attribute.max_occurs != 1:
        return tuple(values(attribute, given)[: 1 + i % (attribute.max_occurs or 3)])
    return text


def _groups(
    structure: Structure, keys: list[dict[str, Text]], given: dict[str, list[str]]
) -> Iterator[tuple[str, dict[str, Text]]]:
    for group in structure.groups:
        own = [a for a in structure.attributes if group.id in a.groups]
        seen = set()
        for key in keys:
            part = {d.id: key[d.id] for d in structure.dimensions if d.id in group.dimensions}
            if own and tuple(part.values()) not in seen:
                seen.add(tuple(part.values()))
                cells: dict[str, Text] = dict(part)
                for attribute in own:
                    depends = attribute.dimensions or group.dimensions
                    text = _pick(values(attribute, given), attribute.id, *(part.get(name) for name in depends))
                    cells[attribute.id] = (text, "deux") if attribute.max_occurs != 1 else text
                yield group.id, cells


# ------------------------------------------------------------------------------------------------------ the document


@dataclass
class Item:
    """An element of a data set, or a row: its cells, and what a fault does to its writing."""

    what: str
    cells: dict[str, Text] = field(default_factory=dict)
    id: str = ""
    inside: list[Item] = field(default_factory=list)
    mark: bool = False  # its tag is where the finding must stand
    tag: str = ""  # another name of the element
    extra: str = ""  # XML attributes beside the cells
    before: str = ""  # XML before it
    text: str = ""  # XML at its start
    moved: set[str] = field(default_factory=set)  # generic: cells that stand in the other part
    raw: str | None = None  # the row as it is


@dataclass
class Part:
    """A series: what carries its key (the element, or all of its rows), and its observations."""

    heads: list[Item]
    observations: list[Item]


@dataclass(frozen=True)
class Format:
    """How a message is written."""

    name: str
    family: str  # specific, generic, csv
    version: str
    root: str
    at: str

    @property
    def flat(self) -> bool:
        """Whether every observation carries its whole key."""
        return self.at == FLAT or self.family == "csv"


def formats(structure: Structure) -> list[Format]:
    """The formats in which data of the structure can be written."""
    time = structure.time.id if structure.time is not None else ""
    several = any(getattr(c, "max_occurs", 1) != 1 for c in structure.components) or len(structure.measures) > 1
    other = structure.dimensions[1].id
    found = []
    for at in dict.fromkeys((time or other, FLAT, other)):
        short = {time: "time", FLAT: "flat"}.get(at, "other")
        if not several:
            found.append(Format(f"specific-2.1-{short}", "specific", "2.1", "StructureSpecificData", at))
            found.append(Format(f"generic-2.1-{short}", "generic", "2.1", "GenericData", at))
        found.append(Format(f"specific-3.0-{short}", "specific", "3.0", "StructureSpecificData", at))
    if not several and time:
        found.append(Format("specific-2.1-ts", "specific", "2.1", "StructureSpecificTimeSeriesData", time))
        found.append(Format("generic-2.1-ts", "generic", "2.1", "GenericTimeSeriesData", time))
    if not several:
        found.append(Format("csv-1.0", "csv", "1.0", "", FLAT))
    found.append(Format("csv-2.0", "csv", "2.0", "", FLAT))
    return found


class Document:
    """A data set as it stands in a message of one format; faults are made here, then it is written."""

    def __init__(self, data: Data, format_: Format) -> None:
        self.structure, self.format = data.structure, format_
        self.time = data.structure.time.id if data.structure.time is not None else ""
        self.set = Item("DataSet", dict(data.of_set))
        self.groups = [Item("Group", dict(cells), id_) for id_, cells in data.groups]
        self.parts: list[Part] = []
        self.items: list[Item] = []
        self.columns: list[str] = []
        self.edits: list[tuple[str, str, int]] = []
        structure, at = data.structure, format_.at
        keys = [d.id for d in structure.dimensions] + ([self.time] if self.time else [])
        if format_.flat:
            by: dict[tuple[Text, ...], Part] = {}
            for row in data.rows:
                cells = {**{k: row[k] for k in keys}, **{k: v for k, v in row.items() if k not in keys}}
                if format_.family == "csv":
                    cells |= data.of_set
                    for _, group in data.groups:
                        if all(row.get(d) == group[d] for d in keys if d in group):
                            cells |= {k: v for k, v in group.items() if k not in keys}
                item = Item("Obs", cells)
                self.items.append(item)
                part = by.setdefault(tuple(row[d.id] for d in structure.dimensions), Part([], []))
                part.heads.append(item)
                part.observations.append(item)
            self.parts = list(by.values())
            self.columns = list(dict.fromkeys(n for item in self.items for n in item.cells))
        else:
            of_series = {a.id for a in structure.reported("series", at)}
            series: dict[tuple[Text, ...], Item] = {}
            for row in data.rows:
                key = {k: row[k] for k in keys if k != at}
                head = series.get(tuple(key.values()))
                if head is None:
                    head = Item("Series", {**key, **{k: v for k, v in row.items() if k in of_series}})
                    series[tuple(key.values())] = head
                    self.items.append(head)
                    self.parts.append(Part([head], head.inside))
                cells = {k: v for k, v in row.items() if k not in key and k not in of_series}
                head.inside.append(Item("Obs", {at: cells.pop(at), **cells}))

    # --------------------------------------------------------------------------------------------- asking

    def series(self, part: Part) -> str:
        """The dotted key of a series as a finding must name it."""
        names = [d.id for d in self.structure.dimensions] + ([self.time] if self.time else [])
        drop = {self.time} if self.format.flat else {self.format.at}
        cells = part.heads[0].cells
        return ".".join(_plain(cells.get(n, "")) for n in names if n not in drop)

    def period(self, item: Item) -> str:
        """What a finding about an observation must name as its period."""
        return _plain(item.cells.get(self.time if self.format.flat else self.format.at, ""))

    def level(self, name: str) -> str:
        """Where a component stands: set, group, series, observation."""
        component = self.structure.component(name)
        if self.format.family == "csv" and isinstance(component, Attribute):
            return {"dataset": "rows", "group": "rows"}.get(
                self.structure.level(component), self.structure.level(component)
            )
        if isinstance(component, Attribute):
            level = self.structure.level(component, self.format.at)
            if level == "observation" and self.format.flat:
                return self.structure.level(component, self.time or FLAT) if self.time else "observation"
            return level
        if isinstance(component, Dimension):
            at = self.time if self.format.flat else self.format.at
            return "observation" if name == at else "series"
        return "observation"

    # --------------------------------------------------------------------------------------------- writing

    def edit(self, old: str, new: str, nth: int = 0) -> Document:
        """Replace a piece of the written message."""
        self.edits.append((old, new, nth))
        return self

    def write(self) -> str:
        """The message, with the mark in it."""
        text = self._csv() if self.format.family == "csv" else self._xml()
        for old, new, nth in self.edits:
            at = -1
            for _ in range(nth + 1):
                at = text.index(old, at + 1)
            text = text[:at] + new + text[at + len(old) :]
        return text

    @property
    def urn(self) -> str:
        return self.structure.urn

    def _xml(self) -> str:
        format_ = self.format
        sdmx = f"http://www.sdmx.org/resources/sdmxml/schemas/v{format_.version.replace('.', '_')}/"
        space = f"{self.urn}:ObsLevelDim:{format_.at}"
        if format_.family == "specific":
            own = f' xmlns:ss="{sdmx}data/structurespecific" xmlns:ns1="{space}"'
            names, use = f' namespace="{space}"', 'ss:structureRef="S1" xsi:type="ns1:DataSetType"'
            use += (
                ' ss:dataScope="DataStructure" ss:action="Replace"'
                if format_.version == "2.1"
                else ' ss:action="Replace"'
            )
        else:
            own, names = f' xmlns:generic="{sdmx}data/generic"', ""
            use = 'structureRef="S1" action="Replace"'
        s = self.structure
        ref = f'<Ref agencyID="{s.agency}" id="{s.id}" version="{s.version}" class="DataStructure"/>'
        if format_.version != "2.1":
            ref = self.urn
        header = f"""<?xml version="1.0" encoding="UTF-8"?>
<message:{format_.root} xmlns:message="{sdmx}message" xmlns:common="{sdmx}common"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"{own}>
  <message:Header>
    <message:ID>KIT-1</message:ID>
    <message:Test>false</message:Test>
    <message:Prepared>2026-11-01T09:00:00Z</message:Prepared>
    <message:Sender id="T1"/>
    <message:Receiver id="R1"/>
    <message:Structure structureID="S1"{names} dimensionAtObservation="{format_.at}">
      <common:Structure>{ref}</common:Structure>
    </message:Structure>
    <message:DataSetAction>Replace</message:DataSetAction>
    <message:DataSetID>KIT</message:DataSetID>
    <message:Extracted>2026-11-01T09:00:00Z</message:Extracted>
    <message:ReportingBegin>1990-01</message:ReportingBegin>
    <message:ReportingEnd>2040-12</message:ReportingEnd>
    <message:Source xml:lang="fr">Été \U0001f642</message:Source>
  </message:Header>
"""
        lines: list[str] = []
        write = self._specific if format_.family == "specific" else self._generic
        cells = {} if format_.version != "2.1" or format_.family == "generic" else self.set.cells
        opening = self._opening("message:DataSet", use, cells)
        lines.append(f"{self.set.before}  {MARK if self.set.mark else ''}{opening}{self.set.extra}>{self.set.text}\n")
        if format_.family == "generic" and self.set.cells:
            lines.append(self._values("Attributes", self.set.cells, 4))
        elif format_.version != "2.1" and self.set.cells:
            lines.append(write(Item("Atts", self.set.cells), 4))
        for item in (*self.groups, *self.items):
            lines.append(write(item, 4))
        lines.append("  </message:DataSet>\n")
        return f"{header}{''.join(lines)}</message:{format_.root}>\n"

    def _opening(self, tag: str, first: str, cells: dict[str, Text]) -> str:
        """A tag without its end; every fourth attribute begins a new line."""
        words = [first] if first else []
        words += [f'{name}="{_escaped(_joined(value))}"' for name, value in cells.items()]
        pieces = [f"\n        {word}" if i % 4 == 3 else f" {word}" for i, word in enumerate(words)]
        return f"<{tag}{''.join(pieces)}"

    def _specific(self, item: Item, indent: int) -> str:
        pad = " " * indent
        nested = {n: v for n, v in item.cells.items() if isinstance(v, tuple) and self.format.version != "2.1"}
        plain = {n: v for n, v in item.cells.items() if n not in nested}
        first = f'xsi:type="ns1:{item.id}"' if item.what == "Group" else ""
        tag = item.tag or item.what
        inner = "".join(
            f'{pad}  <Comp id="{n}">{"".join(f"<Value>{_escaped(one)}</Value>" for one in v)}</Comp>\n'
            for n, v in nested.items()
        )
        inner += "".join(self._specific(one, indent + 2) for one in item.inside)
        opening = f"{item.before}{pad}{MARK if item.mark else ''}{self._opening(tag, first, plain)}{item.extra}"
        if not inner and not item.text:
            return f"{opening}/>\n"
        return f"{opening}>{item.text}\n{inner}{pad}</{tag}>\n"

    def _values(self, name: str, cells: dict[str, Text], indent: int) -> str:
        pad = " " * indent
        if not cells:
            return ""
        inner = "".join(f'{pad}  <generic:Value id="{n}" value="{_escaped(_joined(v))}"/>\n' for n, v in cells.items())
        return f"{pad}<generic:{name}>\n{inner}{pad}</generic:{name}>\n"

    def _generic(self, item: Item, indent: int) -> str:
        pad = " " * indent
        structure = self.structure

        def in_key(name: str) -> bool:
            return isinstance(structure.component(name), Dimension) != (name in item.moved)

        measure = structure.measures[0].id
        key = {n: v for n, v in item.cells.items() if in_key(n)}
        own = {n: v for n, v in item.cells.items() if not in_key(n) and n != measure}
        tag = f"generic:{item.tag or item.what}"
        kind = f' type="{item.id}"' if item.what == "Group" else ""
        out = f"{item.before}{pad}{MARK if item.mark else ''}<{tag}{kind}{item.extra}>{item.text}\n"
        if item.what == "Obs":
            if self.format.flat:
                out += self._values("ObsKey", key, indent + 2)
            elif self.format.at in key:
                at = self.format.at
                id_ = "" if self.format.root == "GenericTimeSeriesData" else f' id="{at}"'
                out += f'{pad}  <generic:ObsDimension{id_} value="{_escaped(_joined(key.pop(at)))}"/>\n'
                own = {**key, **own}
            else:
                own = {**key, **own}
            if measure in item.cells:
                out += f'{pad}  <generic:ObsValue value="{_escaped(_joined(item.cells[measure]))}"/>\n'
        else:
            out += self._values("GroupKey" if item.what == "Group" else "SeriesKey", key, indent + 2)
            if item.what == "Series" and measure in item.cells:
                own[measure] = item.cells[measure]
        out += self._values("Attributes", own, indent + 2)
        out += "".join(self._generic(one, indent + 2) for one in item.inside)
        return f"{out}{pad}</{tag}>\n"

    def _csv(self) -> str:
        structure = self.structure
        several = {c.id for c in structure.components if getattr(c, "max_occurs", 1) != 1}
        if self.format.version == "1.0":
            lead, first = ["DATAFLOW"], [f"{structure.agency}:FLOW_OF_{structure.id}(1.0)"]
        else:
            lead = ["STRUCTURE[;]" if several else "STRUCTURE", "STRUCTURE_ID", "ACTION"]
            first = ["datastructure", structure.ref, "R"]
        lines = [",".join([*lead, *(f"{c}[]" if c in several else c for c in self.columns)])]
        for item in self.items:
            if item.raw is not None:
                lines.append(item.raw)
                continue
            cells = [*first, *(_joined(item.cells.get(c, ""), ";") for c in self.columns)]
            cells[0] = (MARK if item.mark else "") + cells[0]
            lines.append(",".join(map(_quoted, cells)))
        return "\r\n".join(lines) + "\r\n"


@lru_cache(maxsize=10_000)
def _escaped(text: str) -> str:
    return escape(text, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def _joined(value: Text, between: str = " ") -> str:
    return value if isinstance(value, str) else between.join(value)


def _plain(value: Text) -> str:
    return _joined(value).replace(MARK, "")


def _quoted(text: str) -> str:
    if not re.search(r'[",\r\n]', text):
        return text
    return '"' + text.replace('"', '""') + '"'


# ---------------------------------------------------------------------------------------------------------- mutants


@dataclass(frozen=True)
class Mutant:
    """A message with one fault, and the finding that must be the only one."""

    name: str
    data: bytes
    rule: str
    line: int | None
    column: int | None
    component: str | None = ""
    series: str | None = ""
    period: str | None = ""


def place(text: str) -> tuple[int | None, int | None]:
    """Line and column of the mark."""
    at = text.find(MARK)
    if at < 0:
        return None, None
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def mutant(
    name: str, text: str, rule: str, component: str | None = "", series: str | None = "", period: str | None = ""
) -> Mutant:
    """The mutant of a marked text."""
    line, column = place(text)
    return Mutant(name, text.replace(MARK, "").encode(), rule, line, column, component, series, period)


Fresh = Callable[[], Document]


def structures_of(name: str) -> tuple[Structures, Structure, dict[str, list[str]]]:
    """A specimen: its message, its structure, and the values that it wants."""
    file, given = SPECIMENS[name]
    read = read_structures([(file, (FOLDER / file).read_bytes())])
    return read, next(iter(read.structures.values())), given


def fresh(data: Data, format_: Format) -> Fresh:
    """A new document each time."""
    return lambda: Document(data, format_)


# -------------------------------------------------------------------------------------------------------- the faults


class Faults:
    """Every single fault of the catalogue that a document of this structure and format can have."""

    def __init__(self, new: Fresh) -> None:
        self.new = new
        document = new()
        self.structure, self.format = document.structure, document.format
        self.csv, self.xml = document.format.family == "csv", document.format.family != "csv"
        self.specific, self.generic = document.format.family == "specific", document.format.family == "generic"
        self.old = document.format.version == "2.1"
        self.flat, self.time = document.format.flat, document.time
        self.by_time = not self.flat and document.format.at == self.time
        self.measure = self.structure.measures[0].id
        counts = [len(part.observations) for part in document.parts]
        monthly = [i for i, part in enumerate(document.parts) if part.heads[0].cells.get("FREQ", "M") == "M"]
        longest = [i for i in monthly if counts[i] == max(counts[n] for n in monthly)]
        self.number = longest[min(1, len(longest) - 1)]  # the first has an observation without value
        self.at = min(4, len(document.parts[self.number].observations) - 1)

    def all(self) -> Iterator[Mutant]:
        """All of them."""
        for faults in (
            self.of_bytes, self.of_header, self.of_references, self.of_frame, self.of_elements, self.of_csv, self.of_keys,
            self.of_levels, self.of_groups, self.of_doubles, self.of_values, self.of_codes, self.of_formats, self.of_periods,
            self.of_constraints, self.of_several,
        ):  # fmt: skip
            yield from faults()

    # --------------------------------------------------------------------------------------------- helpers

    def start(self) -> tuple[Document, Part, Item]:
        """A new document, the series and the observation in which faults are made."""
        document = self.new()
        part = document.parts[self.number]
        return document, part, part.observations[self.at]

    def put(self, name: str, text: str, *, one: bool = False) -> tuple[Document, str, str]:
        """Another value for a component, where it stands; the series and period that the finding must name."""
        document, part, item = self.start()
        level, component = document.level(name), self.structure.component(name)
        if level == "dataset":
            document.set.cells[name] = MARK + text
            return document, "", ""
        if level == "group":
            group = next(g for g in document.groups if name in g.cells)
            group.cells[name] = MARK + text
            return document, "", ""
        if level == "observation":
            value = item.cells.get(name)
            item.cells[name] = (MARK + text, *value[1:]) if isinstance(value, tuple) else MARK + text
            return document, document.series(part), document.period(item)
        heads = part.heads
        if level == "rows":
            dimensions = component.dimensions if isinstance(component, Attribute) else ()
            key = {n: heads[0].cells.get(n) for n in dimensions}
            heads = [i for i in document.items if all(i.cells.get(n) == v for n, v in key.items())]
            part = next(p for p in document.parts if heads[0] in p.heads)
        if one:
            heads = [item]
        for i, head in enumerate(heads):
            head.cells[name] = text if i else MARK + text
        series = document.series(Part(heads, []))
        return document, series, document.period(heads[0]) if self.flat else ""

    def lose(self, item: Item, name: str) -> None:
        """Take a component away; the finding stands at the tag, or at the empty cell."""
        item.mark = item.mark or not self.csv
        if self.csv:
            item.cells[name] = MARK
        else:
            del item.cells[name]

    def cell(self, label: str, name: str, text: str, rule: str, *, one: bool = False) -> Mutant:
        """The mutant of one value."""
        document, series, period = self.put(name, text, one=one)
        return mutant(
            f"{rule} {name} {label}{' in one row' if one else ''}", document.write(), rule, name, series, period
        )

    def edited(self, name: str, rule: str, *edits: tuple[str, str], component: str | None = "", nth: int = 0) -> Mutant:
        """The mutant of a piece of text."""
        document = self.new()
        for old, new in edits:
            document.edit(old, new, nth)
        return mutant(f"{rule} {name}", document.write(), rule, component)

    # ----------------------------------------------------------------------------------------------- bytes

    def of_bytes(self) -> Iterator[Mutant]:
        whole = self.new().write()
        data = whole.encode()

        def raw(name: str, content: bytes, rule: str, line: int | None = 1, column: int | None = 1) -> Mutant:
            return Mutant(f"{rule} {name}", content, rule, line, column, None, None, None)

        yield raw("nothing", b"", "file-empty")
        yield raw("blanks", b" \r\n \t\n", "file-empty")
        yield raw("mark", b"\xef\xbb\xbf" + data, "byte-order-mark")
        yield raw("UTF-16", whole.encode("utf-16"), "encoding")
        if self.xml:
            yield raw("UTF-16 without mark", whole.encode("utf-16-le"), "encoding")
            at = whole.index("Été")
            old = data.replace("Été".encode(), b"\xc9t\xe9", 1)
            line, column = place(whole[:at] + MARK + whole[at:])
            yield raw("Windows-1252", old, "encoding", line, column)
            for name in ("ISO-8859-1", "windows-1252", "UTF-7", "nonsense"):
                marked = whole.replace('encoding="UTF-8"', f'encoding="{MARK}{name}"', 1)
                if name in ("ISO-8859-1", "windows-1252"):
                    plain = re.sub(r"[^\x00-\x7f" + MARK + "]", "e", marked)
                    yield mutant(f"encoding declared {name}", plain, "encoding")
                else:
                    yield mutant(f"encoding declared {name}", marked, "encoding")
            yield self.edited("raw", "control-character", ("KIT-1<", f"KIT-1{MARK}\x01<"))
            yield self.edited("delete", "control-character", ("\U0001f642<", f"{MARK}\x7f<"))
            yield from self._of_xml(whole, data, raw)
        else:
            if "Texte" in whole:
                text = whole.replace("Texte", f"Te{MARK}\x02te", 1)
                yield mutant("control-character raw", text, "control-character", None, None, None)
            if "é" in whole:
                line, column = place(whole.replace("é", f"{MARK}é", 1))
                yield raw("Windows-1252", data.replace("é".encode(), b"\xe9", 1), "encoding", line, column)
            yield raw(
                "a row without end", whole.encode()[:-2] + b"x" * (1 << 20) + b"\r\n", "limit", whole.count("\n"), 1
            )
        import bz2
        import gzip
        import lzma

        for name, packed in (("gzip", gzip.compress(data)), ("bzip2", bz2.compress(data)), ("xz", lzma.compress(data))):
            yield raw(name, packed, "compressed")
        for name, content in (
            ("web page", b"<!DOCTYPE html><html><head><title>503</title></head></html>"),
            ("html", b"<html><body/></html>"),
            ("JSON", b'{"data": []}'),
            ("PDF", b"%PDF-1.7\n"),
            ("text", b"Good morning"),
            ("table", b"month;value\r\n2024-01;3\r\n"),
            ("Excel", b"PK\x03\x04[Content_Types].xml xl/workbook.xml"),
            ("other XML", b"<?xml version='1.0'?><a xmlns='urn:b'/>"),
        ):
            yield raw(name, content, "not-sdmx", None if name == "other XML" else 1, None if name == "other XML" else 1)

    def _of_xml(self, whole: str, data: bytes, raw: Callable[..., Mutant]) -> Iterator[Mutant]:
        document = self.new()
        root, version = document.format.root, document.format.version.replace(".", "_")
        for share in (0.2, 0.5, 0.9):
            yield raw(f"at {share:.0%}", whole[: int(len(whole) * share)].encode(), "truncated", None, None)
        end = whole.index("</message:Header>")
        yield raw("between elements", whole[:end].encode(), "truncated", None, None)
        yield raw("without the end of the root", whole[: whole.rindex("</")].encode(), "truncated", None, None)
        yield self.edited("another end", "not-well-formed", ("</message:ID>", f"{MARK}</message:IDD>"), component=None)
        yield self.edited("ampersand", "not-well-formed", ("KIT-1", f"KIT{MARK}& 1"), component=None)
        bracket = self.edited("bracket", "not-well-formed", ("KIT-1", f"KIT{MARK}< 1"), component=None)
        yield replace(bracket, column=None)  # the parser goes on to what follows
        yield self.edited("entity", "not-well-formed", ("KIT-1", f"{MARK}&nbsp;1"), component=None)
        yield mutant("not-well-formed rest", f"{whole}{MARK}<more/>", "not-well-formed", None)
        yield mutant("not-well-formed text behind", f"{whole}{MARK}more", "not-well-formed", None)
        twice = self.edited(
            "attribute twice",
            "not-well-formed",
            ('<message:Sender id="T1"', f'<message:Sender id="T1" {MARK}id="T1"'),
            component="id",
        )
        yield Mutant(twice.name, twice.data, twice.rule, None, None, "id")
        yield self.edited(
            "unquoted", "not-well-formed", ('<message:Sender id="T1"', f"<message:Sender id={MARK}T1"), component=None
        )
        yield self.edited("reference", "control-character", ("KIT-1", f"{MARK}&#1;"), component=None)
        declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield self.edited("document type", "document-type", (declared, f"{declared}{MARK}<!DOCTYPE a>\n"))
        laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>\n'
        yield self.edited("entities", "document-type", (declared, f"{declared}{MARK}{laughs}"))
        yield self.edited(
            "XML 1.1", "not-well-formed", ('<?xml version="1.0"', f'{MARK}<?xml version="1.1"'), component=None
        )
        for name, space in (("2.0", "v2_0"), ("1.0", "v1_0"), ("9.9", "v9_9")):
            text = whole.replace(f"/v{version}/", f"/{space}/").replace("<message:", f"{MARK}<message:", 1)
            yield mutant(f"sdmx-version {name}", text, "sdmx-version")
        text = whole.replace(f":{root}", ":Structure").replace("<message:Str", f"{MARK}<message:Str", 1)
        yield mutant("not-sdmx structure message", text, "not-sdmx")
        text = whole.replace(f":{root}", ":Foo").replace("<message:Foo", f"{MARK}<message:Foo", 1)
        yield mutant("not-sdmx root", text, "not-sdmx")
        text = whole.replace("www.sdmx.org", "www.example.org").replace("<message:", f"{MARK}<message:", 1)
        yield mutant("not-sdmx namespace", text, "not-sdmx")
        if self.generic:
            text = whole.replace("/v2_1/", "/v3_0/").replace("<message:", f"{MARK}<message:", 1)
            yield mutant("sdmx-version generic 3.0", text, "sdmx-version")
        deep = "<a>" * 39 + "</a>" * 39
        yield raw("depth", whole.replace("KIT-1", deep).encode(), "limit", None, None)
        many = " ".join(f'a{i}="1"' for i in range(1001))
        yield raw("attributes", whole.replace("<message:ID>", f"<message:ID {many}>").encode(), "limit", None, None)

    # ---------------------------------------------------------------------------------------------- header

    def of_header(self) -> Iterator[Mutant]:
        if self.csv:
            return
        header = ("<message:Header>", f"{MARK}<message:Header>")
        for name, line in (
            ("ID", "    <message:ID>KIT-1</message:ID>\n"),
            ("Test", "    <message:Test>false</message:Test>\n"),
            ("Prepared", "    <message:Prepared>2026-11-01T09:00:00Z</message:Prepared>\n"),
            ("Sender", '    <message:Sender id="T1"/>\n'),
        ):
            yield self.edited(f"without {name}", "header-incomplete", (line, ""), header, component=name)
        sender = ('<message:Sender id="T1"/>', f"{MARK}<message:Sender/>")
        yield self.edited("Sender without id", "header-incomplete", sender, component="Sender")
        for name, old, new in (
            ("ID", "<message:ID>KIT-1", "<message:ID>§KIT 1"),
            ("Test", "<message:Test>false", "<message:Test>§no"),
            ("Prepared", "<message:Prepared>2026-11-01T09:00:00Z", "<message:Prepared>§1 November 2026"),
            ("Prepared", "<message:Prepared>2026-11-01T09:00:00Z", "<message:Prepared>§2026-11-31T09:00:00"),
            ("Prepared", "<message:Prepared>2026-11-01T09:00:00Z", "<message:Prepared>§2026-11-01T25:00:00"),
            ("Sender", '<message:Sender id="T1"', '<message:Sender id="§T 1"'),
            ("Receiver", '<message:Receiver id="R1"', '<message:Receiver id="§R/1"'),
            ("DataSetID", "<message:DataSetID>KIT", "<message:DataSetID>§K T"),
            ("Extracted", "<message:Extracted>2026-11-01T09:00:00Z", "<message:Extracted>\n  §yesterday"),
            ("ReportingBegin", "<message:ReportingBegin>1990-01", "<message:ReportingBegin>§1990-13"),
            ("ReportingEnd", "<message:ReportingEnd>2040-12", "<message:ReportingEnd>§1989-12"),
        ):
            yield self.edited(f"{name} {new[-12:]}", "header-value", (old, new.replace("§", MARK)), component=name)
        empty = ("<message:ID>KIT-1</message:ID>", f"{MARK}<message:ID/>")
        yield self.edited("ID empty", "header-value", empty, component="ID")
        future = ("<message:Prepared>2026-11-01T", f"<message:Prepared>{MARK}2027-01-01T")
        yield self.edited("Prepared", "prepared-future", future, component="Prepared")
        action = ("<message:DataSetAction>Replace", f"<message:DataSetAction>{MARK}Update")
        yield self.edited("in the header", "action", action, component="DataSetAction")
        for name, old, new in (
            ("unknown", "    <message:Test>", "    §<message:Tester>1</message:Tester>\n    <message:Test>"),
            ("misspelt", '<message:Sender id="T1"/>', '§<message:Sendr id="T1"/>'),
            ("twice", "    <message:Test>", "    §<message:ID>B</message:ID>\n    <message:Test>"),
            ("in Sender", '<message:Sender id="T1"/>', '<message:Sender id="T1">§<message:Foo/></message:Sender>'),
            ("of another namespace", "<message:Test>false</message:Test>", "§<common:Test>false</common:Test>"),
            ("in ID", "KIT-1", "KIT-1§<common:b/>"),
            ("Structure misspelt", "<common:Structure>", "§<common:Structur>"),
        ):
            edits = [(old, new.replace("§", MARK))]
            if name == "Structure misspelt":
                edits.append(("</common:Structure>", "</common:Structur>"))
            yield self.edited(f"header {name}", "unexpected-element", *edits)
        yield self.edited(
            "header", "unexpected-attribute", ("<message:ID>", f'<message:ID lang="{MARK}en">'), component="lang"
        )
        sent = ('<message:Sender id="T1"', f'<message:Sender id="T1" name="{MARK}x"')
        yield self.edited("Sender", "unexpected-attribute", sent, component="name")
        yield self.edited("header", "stray-text", ("    <message:Test>", f"    {MARK}text <message:Test>"))
        yield self.edited("root", "stray-text", ("  <message:Header>", f"  {MARK}text\n  <message:Header>"))
        yield self.edited(
            "Sender", "stray-text", ('<message:Sender id="T1"/>', f'<message:Sender id="T1">{MARK}T</message:Sender>')
        )
        swap = (
            "    <message:ID>KIT-1</message:ID>\n    <message:Test>false</message:Test>\n",
            f"    <message:Test>false</message:Test>\n    {MARK}<message:ID>KIT-1</message:ID>\n",
        )
        yield self.edited("header", "element-order", swap)
        late = ("  </message:Header>\n", f"    {MARK}<message:DataSetID>B</message:DataSetID>\n  </message:Header>\n")
        yield self.edited("DataSetID behind Source", "element-order", late)

    # ------------------------------------------------------------------------------------------ references

    def of_references(self) -> Iterator[Mutant]:
        if self.csv:
            return
        s = self.structure
        ref = f'<Ref agencyID="{s.agency}" id="{s.id}" version="{s.version}" class="DataStructure"/>'
        part, of_set = ("ss:" if self.specific else ""), "<message:DataSet "
        tag = (of_set, f"{MARK}{of_set}")
        yield self.edited("no structureRef", "structure-reference", (f' {part}structureRef="S1"', ""), tag)
        yield self.edited(
            "structureRef", "structure-disagrees", (f'{part}structureRef="S1"', f'{part}structureRef="{MARK}S2"')
        )
        structure = ("<message:Structure ", f"{MARK}<message:Structure ")
        yield self.edited(
            "no structureID", "structure-reference", (' structureID="S1"', ""), structure, component="structureID"
        )
        if self.specific:
            space = re.search(r' namespace="[^"]*"', self.new().write())
            assert space
            yield self.edited("no namespace", "structure-reference", (space[0], ""), structure, component="namespace")
            if self.by_time:
                at = f' dimensionAtObservation="{self.format.at}"'
                yield self.edited(
                    "no dimension", "structure-reference", (at, ""), structure, component="dimensionAtObservation"
                )
            other = (space[0], space[0].replace(s.id, "OTHER", 1))
            type_ = ('xsi:type="ns1:Data', f'xsi:type="{MARK}ns1:Data')
            yield self.edited("namespace", "structure-disagrees", other, type_)
            yield self.edited("type", "structure-disagrees", ('"ns1:DataSetType"', f'"{MARK}ns1:DataSet"'))
            yield self.edited("prefix", "structure-disagrees", ('"ns1:DataSetType"', f'"{MARK}nsX:DataSetType"'))
            yield self.edited("no type", "structure-disagrees", (' xsi:type="ns1:DataSetType"', ""), tag)
            if self.old:
                scope = 'ss:dataScope="DataStructure"'
                yield self.edited("scope", "structure-disagrees", (scope, f'ss:dataScope="{MARK}Dataflow"'))
                yield self.edited("no such scope", "structure-disagrees", (scope, f'ss:dataScope="{MARK}Data"'))
                yield self.edited("no scope", "structure-disagrees", (f" {scope}", ""), tag)
        yield self.edited("of the data set", "action", (f'{part}action="Replace"', f'{part}action="{MARK}Update"'))
        if not self.old:
            yield self.edited(
                "no URN", "structure-reference", (f"<common:Structure>{s.urn}", f"<common:Structure>{MARK}{s.id}")
            )
            newer = s.urn.replace(f"({s.version})", "(9.9.9)")
            yield self.edited("version", "structure-version", (f">{s.urn}", f">{MARK}{newer}"))
            other = s.urn.replace(f":{s.id}(", ":OTHER(")
            yield self.edited("another", "structure-disagrees", (f">{s.urn}", f">{MARK}{other}"))
            return
        for name in ("agencyID", "id"):
            value = s.agency if name == "agencyID" else s.id
            less = ref.replace(f' {name}="{value}"', "")
            yield self.edited(f"no {name}", "structure-reference", (ref, MARK + less), component=name)
        yield self.edited(
            "no Ref", "structure-reference", (ref, ""), ("<common:Structure>", f"{MARK}<common:Structure>")
        )
        newer = ref.replace(f'version="{s.version}"', 'version="9.9"').replace(' id="', f' id="{MARK}')
        yield self.edited("version", "structure-version", (ref, newer))
        yield self.edited("another", "structure-disagrees", (ref, ref.replace(f' id="{s.id}"', f' id="{MARK}OTHER"')))
        kind = ref.replace('class="DataStructure"', f'class="{MARK}Dataflow"')
        yield self.edited("class", "structure-kind", (ref, kind))

    # ----------------------------------------------------------------------------------------------- frame

    def of_frame(self) -> Iterator[Mutant]:
        if self.csv:
            return
        document = self.new()
        whole = document.write()
        head = whole[whole.index("  <message:Header>") : whole.index("  <message:DataSet ")]
        data_set = whole[whole.index("  <message:DataSet ") : whole.index(f"</message:{self.format.root}>")]
        tag = data_set.replace("<message:DataSet", f"{MARK}<message:DataSet", 1)
        if self.by_time:
            yield mutant("header-missing", whole.replace(head + data_set, tag), "header-missing")
            late = whole.replace(head + data_set, data_set + head.replace("<message:Header", f"{MARK}<message:Header"))
            yield mutant("element-order header behind", late, "element-order")
        again = head.replace("<message:Header>", f"{MARK}<message:Header>")
        yield mutant("unexpected-element second header", whole.replace(head, head + again), "unexpected-element")
        empty = whole.replace(data_set, "").replace("<message:Header", f"{MARK}<message:Header")
        yield mutant("no-data-set", empty, "no-data-set")
        yield mutant("data-set-twice", whole.replace(data_set, data_set + tag), "data-set-twice")
        yield mutant(
            "unexpected-element in the root",
            whole.replace(data_set, f"  {MARK}<message:Foo/>\n{data_set}"),
            "unexpected-element",
        )
        other = data_set.replace("message:DataSet", "message:Dataset").replace("<message:D", f"{MARK}<message:D", 1)
        yield mutant("unexpected-element Dataset", whole.replace(data_set, other), "unexpected-element")
        root = f"<message:{self.format.root} "
        yield self.edited("root", "unexpected-attribute", (root, f'{root}lang="{MARK}en" '), component="lang")
        document = self.new()
        document.items.clear()
        document.groups.clear()
        document.set.mark = True
        yield mutant("no-data data set", document.write(), "no-data")
        if not self.flat:
            document, part, _ = self.start()
            part.observations.clear()
            part.heads[0].mark = True
            yield mutant("no-data series", document.write(), "no-data", "", document.series(part))
            document = self.new().edit('dimensionAtObservation="', f'dimensionAtObservation="{FLAT}" x="')
            document.items[0].mark = True
            text = re.sub(r' x="[^"]*"', "", document.write())
            yield mutant("layout-series", text, "layout-series", None, None, None)
        elif self.time:
            document = self.new().edit(f'dimensionAtObservation="{FLAT}"', f'dimensionAtObservation="{self.time}"')
            document.items[0].mark = True
            yield mutant("layout-flat", document.write(), "layout-flat", None, None, None)
        document = self.new().edit(f'dimensionAtObservation="{self.format.at}"', 'dimensionAtObservation="NOWHERE"')
        document.set.mark = True
        yield mutant("at-observation unknown", document.write(), "at-observation")

    # -------------------------------------------------------------------------------------------- elements

    def of_elements(self) -> Iterator[Mutant]:
        if self.csv:
            return
        prefix = "generic:" if self.generic else ""
        document, part, item = self.start()
        document.set.text = f"{MARK}<{prefix}Foo/>"
        yield mutant("unexpected-element in the data set", document.write(), "unexpected-element")
        document, part, item = self.start()
        document.set.text = f"{MARK}text"
        yield mutant("stray-text in the data set", document.write(), "stray-text")
        for label in ("Series", "Obs") if not self.flat else ("Obs",):
            document, part, item = self.start()
            target = part.heads[0] if label == "Series" else item
            target.text = f"{MARK}<{prefix}Foo/>"
            yield mutant(f"unexpected-element in {label}", document.write(), "unexpected-element")
            document, part, item = self.start()
            target = part.heads[0] if label == "Series" else item
            target.text = f"\n   {MARK}text"
            yield mutant(f"stray-text in {label}", document.write(), "stray-text")
            document, part, item = self.start()
            target = part.heads[0] if label == "Series" else item
            target.extra = f' xmlns:f="urn:f" f:foo="{MARK}1"'
            yield mutant(f"unexpected-attribute on {label}", document.write(), "unexpected-attribute", None, None, None)
            document, part, item = self.start()
            target = part.heads[0] if label == "Series" else item
            target.tag, target.mark = "Ob" if label == "Obs" else "Serie", True
            yield mutant(f"unexpected-element misspelt {label}", document.write(), "unexpected-element")
        document, part, item = self.start()
        document.set.extra = f' xmlns:f="urn:f" f:foo="{MARK}1"'
        yield mutant("unexpected-attribute on the data set", document.write(), "unexpected-attribute", "foo")
        if self.structure.groups and self.old and len(document.groups) > 1:
            document = self.new()
            group = document.groups.pop()
            group.mark = True
            document.items.append(group)
            yield mutant("element-order group", document.write(), "element-order")
        if self.structure.groups:
            document = self.new()
            document.groups[0].text = f"{MARK}<{prefix}Foo/>"
            yield mutant("unexpected-element in Group", document.write(), "unexpected-element")
        if self.generic:
            text = self.new().write()
            first = re.search(
                r" +<generic:Obs>\n( +)(<generic:Obs(?:Dimension [^>]*/>|Key>(?:.|\n)*?</generic:ObsKey>)\n)( +<generic:ObsValue [^>]*/>\n)",
                text,
            )
            assert first
            moved = text[: first.start(1)] + first[3] + first[1] + MARK + first[2] + text[first.end() :]
            yield mutant("element-order in Obs", moved, "element-order")
            double = text[: first.end()] + first[3].replace("<", f"{MARK}<", 1) + text[first.end() :]
            yield mutant("unexpected-element ObsValue twice", double, "unexpected-element", None, None, None)
            no_id = re.sub(r'<generic:Value id="[^"]*"', f"{MARK}<generic:Value", text, count=1)
            yield mutant("unexpected-element Value without id", no_id, "unexpected-element", None, None, None)

    # ------------------------------------------------------------------------------------------------- csv

    def of_csv(self) -> Iterator[Mutant]:
        if not self.csv:
            return
        document = self.new()
        whole = document.write()
        head, rest = whole.split("\r\n", 1)
        names = head.split(",")
        lead = len(names) - len(document.columns)

        def header(name: str, new: list[str], rule: str, component: str | None = "", rows: str = rest) -> Mutant:
            return mutant(f"{rule} {name}", ",".join(new) + "\r\n" + rows, rule, component, None, None)

        yield mutant("no-data-set only the header row", MARK + head + "\r\n", "no-data-set")
        yield Mutant("not-sdmx no header row", rest.encode(), "not-sdmx", 1, 1, None, None, None)
        yield mutant(
            "csv-header first column",
            MARK + head.replace(names[0], "STRUKTUR" if lead > 1 else "DATAFLW", 1) + "\r\n" + rest,
            "csv-header",
            None,
            None,
            None,
        )
        if lead > 1:
            yield header("without STRUCTURE_ID", [MARK + "STRUCTURE", "STRUKTUR_ID", *names[2:]], "csv-header", None)
        semi = whole.replace(",", ";") if '"' not in whole else ""
        if semi and lead == 1:  # SDMX-CSV 2.0 leaves the separator open
            yield mutant("csv-header semicolons", MARK + semi, "csv-header", None, None, None)
        key = self.structure.dimensions[0].id
        at = names.index(key)
        without = [",".join(_cells(row)[:at] + _cells(row)[at + 1 :]) for row in whole.split("\r\n")[:-1]]
        yield mutant(f"csv-header without {key}", MARK + "\r\n".join(without) + "\r\n", "csv-header", key, None, None)
        if self.time:
            at = names.index(self.time)
            without = [",".join(_cells(row)[:at] + _cells(row)[at + 1 :]) for row in whole.split("\r\n")[:-1]]
            yield mutant(
                "csv-header without time", MARK + "\r\n".join(without) + "\r\n", "csv-header", self.time, None, None
            )
        last = names[-1]
        rows = "".join(f"{row},1\r\n" for row in rest.split("\r\n")[:-1])
        yield header("twice", [*names, MARK + last], "csv-columns", None, rows)
        yield header("unknown", [*names, MARK + "FOO"], "csv-columns", "FOO", rows)
        yield header("without name", [*names, MARK], "csv-columns", None, rows)
        for name in dict.fromkeys((key, self.measure, last.replace("[]", ""))):
            i = next(i for i, one in enumerate(names) if one.replace("[]", "") == name)
            new = [*names[:i], f"{MARK}{name[:-1]}{'[]' if names[i].endswith(']') else ''}", *names[i + 1 :]]
            yield header(f"misspelt {name}", new, "csv-columns", name[:-1])
        lines = whole.split("\r\n")
        middle = 4
        for name, row, rule in (
            ("one cell more", lines[middle] + f",{MARK}x", "csv-ragged"),
            ("one cell less", MARK + ",".join(_cells(lines[middle])[:-1]), "csv-ragged"),
            ("empty line", MARK, "csv-ragged"),
            ("a quote that opens", lines[middle] + f',{MARK}"x', "csv-quote"),
            (
                "text behind a quote",
                f'"{_cells(lines[middle])[0]}"{MARK}x' + lines[middle][lines[middle].index(",") :],
                "csv-quote",
            ),
        ):
            before = [] if name != "empty line" else [lines[middle]]
            new = "\r\n".join([*lines[:middle], *before[:0], row, *before, *lines[middle + 1 :]])
            yield mutant(f"{rule} {name}", new, rule, None, None, None)
        inside = lines[middle].split(",")
        inside[0] = inside[0][:2] + MARK + '"' + inside[0][2:]
        yield mutant(
            "csv-quote inside",
            "\r\n".join([*lines[:middle], ",".join(inside), *lines[middle + 1 :]]),
            "csv-quote",
            None,
            None,
            None,
        )
        s = self.structure
        if lead > 1:
            yield mutant(
                "action", whole.replace(",R,", f",{MARK}U,", 1).replace(",R,", ",U,"), "action", None, None, None
            )
            first = whole.replace(s.ref, f"{MARK}{s.agency}:{s.id}(9.9)", 1)
            yield mutant(
                "structure-version",
                first.replace(s.ref, f"{s.agency}:{s.id}(9.9)"),
                "structure-version",
                None,
                None,
                None,
            )
            first = whole.replace(s.ref, f"{MARK}{s.agency}:OTHER(1.0)", 1)
            yield mutant(
                "structure-disagrees",
                first.replace(s.ref, f"{s.agency}:OTHER(1.0)"),
                "structure-disagrees",
                None,
                None,
                None,
            )

    # ------------------------------------------------------------------------------------------------ keys

    def of_keys(self) -> Iterator[Mutant]:
        for dimension in self.structure.dimensions:
            name = dimension.id
            document, part, item = self.start()
            if document.level(name) == "series":
                self.lose(part.heads[0], name)
                for head in part.heads[1:]:
                    del head.cells[name]
                period = document.period(part.heads[0]) if self.flat else ""
                yield mutant(
                    f"dimension-missing {name}",
                    document.write(),
                    "dimension-missing",
                    name,
                    document.series(part),
                    period,
                )
                if self.flat:
                    document, part, item = self.start()
                    self.lose(item, name)
                    series = document.series(Part([item], []))
                    yield mutant(
                        f"dimension-missing {name} in one row",
                        document.write(),
                        "dimension-missing",
                        name,
                        series,
                        document.period(item),
                    )
            else:
                self.lose(item, name)
                yield mutant(
                    f"dimension-missing {name} of an observation",
                    document.write(),
                    "dimension-missing",
                    name,
                    document.series(part),
                    "",
                )
            if self.xml:
                document, part, item = self.start()
                holder = part.heads if document.level(name) == "series" else [item]
                for i, one in enumerate(holder):
                    value = _plain(one.cells[name])
                    one.cells = {
                        (k + "S" if k == name else k): (v if k != name or i else MARK + value)
                        for k, v in one.cells.items()
                    }
                    one.moved = {name + "S"}
                series = document.series(part)
                period = "" if holder[0].what == "Series" else None
                yield mutant(
                    f"concept-unknown {name} misspelt", document.write(), "concept-unknown", name + "S", series, period
                )
        if self.time:
            document, part, item = self.start()
            if document.level(self.time) == "observation":
                self.lose(item, self.time)
                yield mutant("time-missing", document.write(), "time-missing", self.time, document.series(part))
            elif not self.flat:
                del part.heads[0].cells[self.time]
                part.heads[0].mark = True
                yield mutant(
                    "dimension-missing time", document.write(), "dimension-missing", self.time, document.series(part)
                )
        if self.csv:
            return
        if not self.flat:
            at = self.format.at
            document, part, item = self.start()
            part.heads[0].cells[at] = MARK + _plain(item.cells[at])
            yield mutant(
                "dimension-misplaced on the series", document.write(), "dimension-misplaced", at, document.series(part)
            )
            name = next(d.id for d in self.structure.dimensions if d.id != at)
            document, part, item = self.start()
            item.cells[name] = MARK + _plain(part.heads[0].cells[name])
            yield mutant(
                "dimension-misplaced on the observation",
                document.write(),
                "dimension-misplaced",
                name,
                document.series(part),
                document.period(item),
            )
            document, part, item = self.start()
            if self.generic and name in part.heads[0].cells:
                part.heads[0].moved = {name}
                part.heads[0].cells[name] = MARK + _plain(part.heads[0].cells[name])
                yield mutant(
                    "dimension-misplaced among the attributes", document.write(), "dimension-misplaced", name, None
                )
        name = self.structure.dimensions[-1].id
        document, part, item = self.start()
        document.set.cells[name] = MARK + _plain(part.heads[0].cells.get(name, item.cells.get(name, "")))
        if self.old:
            yield mutant("dimension-misplaced on the data set", document.write(), "dimension-misplaced", name)

    # ---------------------------------------------------------------------------------------------- levels

    def of_levels(self) -> Iterator[Mutant]:
        s = self.structure
        if self.xml:
            for label in ("set", "group", "series", "observation"):
                document, part, item = self.start()
                target = {
                    "set": document.set,
                    "series": part.heads[0],
                    "observation": item,
                    "group": (document.groups or [None])[0],
                }[label]
                if (
                    target is None
                    or (label == "series" and self.flat)
                    or (label == "set" and not self.old and not document.set.cells)
                ):
                    continue
                target.cells["FOO"] = MARK + "1"
                rule = "concept-unknown"
                series = document.series(part) if label in ("series", "observation") else ""
                yield mutant(
                    f"{rule} on the {label}",
                    document.write(),
                    rule,
                    "FOO",
                    series,
                    document.period(item) if label == "observation" else "",
                )
            yield from self._misplaced()
        for attribute in s.attributes:
            if attribute.mandatory:
                yield from self._absent(attribute)
        if self.flat:
            yield from self._contradicting()

    def _misplaced(self) -> Iterator[Mutant]:
        s, at = self.structure, self.format.at
        for attribute in s.attributes:
            level = s.level(attribute, at)
            sample = next((_plain(i.cells[attribute.id]) for i in self._everything() if attribute.id in i.cells), None)
            if sample is None or attribute.max_occurs != 1:
                continue
            for label in ("dataset", "series", "observation"):
                if (
                    label == level
                    or (label == "series" and self.flat)
                    or (label == "series" and attribute.groups and attribute.relationship == "dimensions")
                ):
                    continue
                document, part, item = self.start()
                target = {"dataset": document.set, "series": part.heads[0], "observation": item}[label]
                target.cells[attribute.id] = MARK + sample
                series = document.series(part) if label != "dataset" else ""
                yield mutant(
                    f"attribute-misplaced {attribute.id} also on the {label}",
                    document.write(),
                    "attribute-misplaced",
                    attribute.id,
                    series,
                    document.period(item) if label == "observation" else "",
                )
                if level == "observation" and label == "series":
                    document, part, item = self.start()
                    for one in part.observations:
                        one.cells.pop(attribute.id, None)
                    part.heads[0].cells[attribute.id] = MARK + sample
                    yield mutant(
                        f"attribute-misplaced {attribute.id} moved to the series",
                        document.write(),
                        "attribute-misplaced",
                        attribute.id,
                        document.series(part),
                    )
        if not self.flat:
            document, part, item = self.start()
            part.heads[0].cells[self.measure] = MARK + "1"
            yield mutant(
                "attribute-misplaced measure on the series",
                document.write(),
                "attribute-misplaced",
                self.measure,
                document.series(part),
            )

    def _everything(self) -> Iterator[Item]:
        document = self.new()
        yield document.set
        yield from document.groups
        for item in document.items:
            yield item
            yield from item.inside

    def _absent(self, attribute: Attribute) -> Iterator[Mutant]:
        name = attribute.id
        document, part, item = self.start()
        level = document.level(name)
        if level == "dataset":
            del document.set.cells[name]
            document.set.mark = True
            yield mutant(f"attribute-missing {name}", document.write(), "attribute-missing", name)
        elif level == "group":
            group = next(g for g in document.groups if name in g.cells)
            del group.cells[name]
            keys = {k: v for k, v in group.cells.items() if isinstance(self.structure.component(k), Dimension)}
            found = None
            for one in document.items:
                for candidate in [one, *one.inside]:
                    cells = {**one.cells, **candidate.cells}
                    if found is None and all(cells.get(k) == v for k, v in keys.items()):
                        found = one if all(k in one.cells for k in keys) else candidate
            assert found is not None
            found.mark = True
            owner = next(p for p in document.parts if found in p.heads or found in p.observations)
            bare = not any(isinstance(self.structure.component(k), Attribute) for k in group.cells)
            if not (self.generic and bare):  # there, a group has attributes
                yield mutant(
                    f"attribute-missing {name}",
                    document.write(),
                    "attribute-missing",
                    name,
                    document.series(owner),
                    None,
                )
            if len(attribute.groups) == 1 and bare:
                document.groups.remove(group)
                yield mutant(
                    f"attribute-missing {name} with its group",
                    document.write(),
                    "attribute-missing",
                    name,
                    document.series(owner),
                    None,
                )
        elif level == "observation":
            self.lose(item, name)
            yield mutant(
                f"attribute-missing {name}",
                document.write(),
                "attribute-missing",
                name,
                document.series(part),
                document.period(item),
            )
        else:
            self.lose(part.heads[0], name)
            for head in part.heads[1:]:
                head.cells.pop(name, None)
            period = document.period(part.heads[0]) if self.flat else ""
            yield mutant(
                f"attribute-missing {name}", document.write(), "attribute-missing", name, document.series(part), period
            )

    def _contradicting(self) -> Iterator[Mutant]:
        for attribute in self.structure.attributes:
            if attribute.max_occurs != 1:
                continue
            document, part, item = self.start()
            level = document.level(attribute.id)
            if level not in ("series", "rows") or (level == "series" and attribute.id == "TIME_FORMAT"):
                continue
            before = _plain(item.cells.get(attribute.id, ""))
            other = {"DECIMALS": "5"}.get(attribute.id) or next(
                (v for v in self._others(attribute) if v != before), None
            )
            if other is None:
                continue
            item.cells[attribute.id] = MARK + other
            yield mutant(
                f"attribute-contradicts {attribute.id}",
                document.write(),
                "attribute-contradicts",
                attribute.id,
                document.series(part),
                None,
            )

    def _values_of(self, name: str) -> list[str]:
        component = self.structure.component(name)
        assert component is not None
        given = {one: more for _, wanted in SPECIMENS.values() for one, more in wanted.items()}
        found = [v for v in values(component, given) if not (self.structure.id == "RICH" and v in ("US", "YU"))]
        return [*found, "ZZ"] if component.codelist is None else found

    def _others(self, attribute: Attribute) -> list[str]:
        given = {name: more for _, wanted in SPECIMENS.values() for name, more in wanted.items()}
        return values(attribute, given)

    # ---------------------------------------------------------------------------------------------- groups

    def of_groups(self) -> Iterator[Mutant]:
        document = self.new()
        if self.csv or not document.groups:
            return
        document.groups[0].id, document.groups[0].mark = "Nowhere", True
        yield mutant("group-unknown", document.write(), "group-unknown")
        document = self.new()
        group = document.groups[0]
        keys = next(g.dimensions for g in self.structure.groups if g.id == group.id)
        del group.cells[keys[0]]
        group.mark = True
        yield mutant("group-key without a dimension", document.write(), "group-key", keys[0])
        document = self.new()
        group = document.groups[0]
        more = next(d.id for d in self.structure.dimensions if d.id not in keys)
        group.cells[more] = MARK + _plain(
            document.parts[0].heads[0].cells.get(more, document.parts[0].observations[0].cells.get(more, ""))
        )
        yield mutant("group-key with another dimension", document.write(), "group-key", more)
        for attribute in self.structure.attributes:
            if group.id in attribute.groups or attribute.max_occurs != 1 or set(attribute.dimensions) == set(keys):
                continue
            sample = next((_plain(i.cells[attribute.id]) for i in self._everything() if attribute.id in i.cells), None)
            if sample is not None:
                document = self.new()
                document.groups[0].cells[attribute.id] = MARK + sample
                yield mutant(f"group-attribute {attribute.id}", document.write(), "group-attribute", attribute.id)
        document = self.new()
        again = copy.deepcopy(document.groups[0])
        again.mark = True
        document.groups.insert(1, again)
        key = ".".join(_plain(again.cells[d.id]) for d in self.structure.dimensions if d.id in keys)
        yield mutant("duplicate-group", document.write(), "duplicate-group", "", key)
        document = self.new()
        lone = copy.deepcopy(document.groups[0])
        used = [
            {**head.cells, **one.cells} for part in document.parts for head in part.heads for one in part.observations
        ]
        for other in itertools.product(*(self._values_of(name) for name in keys)):
            if not any(all(cells.get(n) == v for n, v in zip(keys, other, strict=True)) for cells in used):
                lone.cells |= dict(zip(keys, other, strict=True))
                lone.mark = True
                document.groups.append(lone)
                yield mutant("group-without-series", document.write(), "group-without-series", None, None)
                break
        own = next((n for n in again.cells if n not in keys and not isinstance(again.cells[n], tuple)), None)
        if own is not None:
            document = self.new()
            again = copy.deepcopy(document.groups[0])
            other = next(v for v in self._others(self.structure.component(own)) if v != again.cells[own])  # type: ignore[arg-type]
            again.cells[own] = MARK + other
            document.groups.insert(1, again)
            yield mutant("attribute-contradicts group", document.write(), "attribute-contradicts", own, key)

    # --------------------------------------------------------------------------------------------- doubles

    def of_doubles(self) -> Iterator[Mutant]:
        if not self.flat:
            document, part, _ = self.start()
            again = copy.deepcopy(part.heads[0])
            again.mark = True
            document.items.append(again)
            yield mutant("duplicate-series", document.write(), "duplicate-series", "", document.series(part))
            if len(part.observations) > 3:
                document, part, _ = self.start()
                again = copy.deepcopy(part.heads[0])
                again.mark = True
                again.inside = part.observations[2:]
                del part.heads[0].inside[2:]
                document.items.append(again)
                yield mutant(
                    "duplicate-series in two halves", document.write(), "duplicate-series", "", document.series(part)
                )
        for label, other in (("same", ""), ("other", "1")):
            document, part, item = self.start()
            again = copy.deepcopy(item)
            again.cells[self.measure] = MARK + (other or _plain(item.cells[self.measure]))
            (document.items if self.flat else part.heads[0].inside).append(again)
            rule = "contradictory-observation" if other else "duplicate-observation"
            yield mutant(
                f"{rule} {label}", document.write(), rule, self.measure, document.series(part), document.period(item)
            )
        component = self.structure.component(self.time) if self.time else None
        if (
            self.time
            and (self.flat or self.by_time)
            and component
            and component.text_format
            and component.text_format.type in ("ObservationalTimePeriod", "StandardTimePeriod")
        ):
            document, part, item = self.start()
            again = copy.deepcopy(item)
            again.cells[self.time] = _plain(item.cells[self.time]).replace("-", "-M")
            again.cells[self.measure] = MARK + _plain(item.cells[self.measure])
            (document.items if self.flat else part.heads[0].inside).append(again)
            yield mutant(
                "duplicate-observation written otherwise",
                document.write(),
                "duplicate-observation",
                self.measure,
                document.series(part),
                document.period(again),
            )

    # ---------------------------------------------------------------------------------------------- values

    def of_values(self) -> Iterator[Mutant]:
        document, part, item = self.start()
        self.lose(item, self.measure)
        yield mutant(
            "value-missing",
            document.write(),
            "value-missing",
            self.measure,
            document.series(part),
            document.period(item),
        )
        component = self.structure.component(self.measure)
        assert component is not None
        if not component.codelist_ref:
            yield self.cell("NaN", self.measure, "NaN", "value-missing")
        if len(self.structure.measures) > 1:
            for one in self.structure.measures[1:]:
                if one.mandatory:
                    document, part, item = self.start()
                    self.lose(item, one.id)
                    yield mutant(
                        f"value-missing {one.id}",
                        document.write(),
                        "value-missing",
                        one.id,
                        document.series(part),
                        document.period(item),
                    )
        status = self.structure.component("OBS_STATUS")
        codes = [
            c for c in MISSING if status is not None and status.codelist is not None and c in status.codelist.codes
        ]
        if codes:
            document, part, item = self.start()
            item.cells["OBS_STATUS"] = codes[0]
            item.cells[self.measure] = MARK + _plain(item.cells[self.measure])
            yield mutant(
                "value-with-missing-status",
                document.write(),
                "value-with-missing-status",
                self.measure,
                document.series(part),
                document.period(item),
            )
        if self.structure.component("DECIMALS") is not None and not _whole(component):
            document, part, item = self.start()
            for head in part.heads:
                head.cells["DECIMALS"] = "1"
            for one in part.observations:
                if self.measure in one.cells:
                    one.cells[self.measure] = "10"
            if document.level("DECIMALS") == "series":
                item.cells[self.measure] = MARK + "10.25"
                yield mutant(
                    "decimals", document.write(), "decimals", self.measure, document.series(part), document.period(item)
                )
        if self.time and (self.flat or self.by_time):
            document, part, item = self.start()
            gone = part.observations[self.at]
            (document.items if self.flat else part.heads[0].inside).remove(gone)
            part.heads[0].mark = True
            yield mutant("gap", document.write(), "gap", self.time, document.series(part), document.period(gone))

    # ----------------------------------------------------------------------------------------------- codes

    def of_codes(self) -> Iterator[Mutant]:
        for component in self.structure.components:
            name, codelist = component.id, component.codelist
            there = any(name in item.cells for item in self._everything())
            if not there:
                continue
            if codelist is not None and not codelist.partial:
                code = _plain(next(item.cells[name] for item in self._everything() if name in item.cells))
                for label, text in (("unknown", "ZZ9"), ("case", code.swapcase()), ("blank", f"{code} ")):
                    if text not in codelist.codes:
                        yield self.cell(label, name, text, "code")
                        if self.flat and self.new().level(name) == "series" and label == "unknown":
                            yield self.cell(label, name, text, "code", one=True)
            several = getattr(component, "max_occurs", 1) != 1  # blanks in an element: their place is a matter of taste
            for label, text in (("empty", ""), ("blanks", "  ")):
                if text or (self.xml and not isinstance(component, Measure)):
                    one = self.cell(label, name, text, "empty-value")
                    yield replace(one, line=None, column=None) if several else one

    def of_formats(self) -> Iterator[Mutant]:
        for component in self.structure.components:
            there = any(component.id in item.cells for item in self._everything())
            if there and component.id != self.time and component.text_format is not None and not component.codelist_ref:
                for text, rule in wrong(component):
                    yield self.cell(repr(text[:12]), component.id, text, rule)
            elif (
                there
                and isinstance(component, Measure)
                and component.text_format is None
                and not component.codelist_ref
            ):
                yield self.cell("word", component.id, "abc", "number-syntax")

    # --------------------------------------------------------------------------------------------- periods

    def of_periods(self) -> Iterator[Mutant]:
        if not self.time:
            return
        component = self.structure.component(self.time)
        assert component is not None
        type_ = component.text_format.type if component.text_format is not None else ""
        for text in ("2020-13", "2020-5", "05/2020", "202005", "2020-Q5", "may 2020", "2020-02-30", "٢٠٢٠-٠٥"):
            yield self.cell(repr(text), self.time, text, "period")
        for text in ("2020-Q3", "2020-05-01", "2020"):
            rule = "text-format" if type_ == "GregorianYearMonth" else "period-frequency"
            if self.structure.component("FREQ") is not None:
                yield self.cell(repr(text), self.time, text, rule)
        if self.structure.component("TIME_FORMAT") is not None:
            yield self._time_format()
        if not (self.flat or self.by_time):
            return
        document, part, _ = self.start()
        rule = {"StandardTimePeriod": "text-format"}.get(type_, "constraint-period")
        if rule == "text-format" or any(
            c.kind == "allowed" for c in self.structure.constraints
        ):  # of the format, or of a constraint: both end before 2060
            part.observations[-1].cells[self.time] = MARK + "2060-01"
            if self.xml:
                document.edit("2040-12", "2070-12")
            yield mutant(f"{rule} last period", document.write(), rule, self.time, document.series(part), "2060-01")
        elif self.xml:
            part.observations[-1].cells[self.time] = MARK + "2060-01"
            yield mutant(
                "reporting-range last period",
                document.write(),
                "reporting-range",
                self.time,
                document.series(part),
                "2060-01",
            )
        if self.xml and type_ != "StandardTimePeriod":
            document, part, _ = self.start()
            last = _plain(part.observations[6].cells[self.time])
            document.edit("<message:ReportingEnd>2040-12", f"<message:ReportingEnd>{last}")
            for one in document.parts:
                if one is not part:
                    for other in one.observations:
                        if _plain(other.cells[self.time])[:4] > last[:4] or _plain(other.cells[self.time]) > last:
                            other.cells["__gone"] = "1"
            document.items = [i for i in document.items if "__gone" not in i.cells]
            for one in document.items:
                one.inside = [o for o in one.inside if "__gone" not in o.cells]
            document.items = [i for i in document.items if self.flat or i.inside]
            target = part.observations[7]
            target.cells[self.time] = MARK + _plain(target.cells[self.time])
            if not self.structure.groups:
                yield mutant(
                    "reporting-range of the header",
                    document.write(),
                    "reporting-range",
                    self.time,
                    document.series(part),
                    document.period(target),
                )

    def _time_format(self) -> Mutant:
        document, part, _item = self.start()
        for head in part.heads:
            head.cells["TIME_FORMAT"] = "P3M"
        if document.level("TIME_FORMAT") == "series" and not self.flat and not self.by_time:
            target = part.heads[0]
            period = ""
        else:
            target, period = part.observations[0], document.period(part.observations[0])
        target.cells[self.time] = MARK + _plain(target.cells[self.time])
        return mutant(
            "period-time-format", document.write(), "period-time-format", self.time, document.series(part), period
        )

    # ----------------------------------------------------------------------------------------- constraints

    def of_constraints(self) -> Iterator[Mutant]:
        if self.structure.id != "RICH":
            return
        yield self.cell("status", "OBS_STATUS", "X", "constraint")
        for code, rule in (("US", "constraint"), ("YU", "code-retired")):
            document = self.new()
            was = _plain(
                document.parts[0].heads[0].cells.get("PLACE", document.parts[0].observations[0].cells.get("PLACE", ""))
            )
            found = None
            for one in self._in(document):
                if one.cells.get("PLACE") == was:
                    one.cells["PLACE"] = code
                    if found is None and rule == "constraint":
                        found = one
                        one.cells["PLACE"] = MARK + code
            if rule == "code-retired":
                found = next(
                    o
                    for p in document.parts
                    if _plain(p.heads[0].cells.get("PLACE", p.observations[0].cells.get("PLACE", ""))) == code
                    for o in p.observations
                )
                if "PLACE" in found.cells:
                    found.cells["PLACE"] = MARK + code
                else:
                    found.mark = True
            yield mutant(f"{rule} {code}", document.write(), rule, "PLACE", None, None)
        if self.flat or self.by_time:
            document, part, _item = self.start()
            for head in part.heads:
                head.cells |= {"PLACE": "LU", "KIND": "K3"}
                if self.csv:
                    head.cells.pop("LINK", None)
                    head.cells["OFFICE"] = "ABC-1"
            for one in self._in(document):
                if self.csv and one.cells.get("PLACE") == "LU":
                    one.cells["OFFICE"] = "ABC-1"
            if self.xml and not any(g.id == "ByPlace" and g.cells["PLACE"] == "LU" for g in document.groups):
                document.groups.append(Item("Group", {"PLACE": "LU", "OFFICE": "ABC-1"}, "ByPlace"))
            used = [{**p.heads[0].cells} for p in document.parts]
            document.groups = [
                g for g in document.groups
                if any(all(u.get(d) == v for d, v in g.cells.items() if d in ("PLACE", "KIND")) for u in used)
                and (g.cells.get("PLACE"), g.cells.get("KIND")) != ("LU", "K3")
            ]  # fmt: skip
            part.heads[0].mark = True
            yield mutant(
                "constraint-key",
                document.write(),
                "constraint-key",
                "",
                document.series(part),
                document.period(part.heads[0]) if self.flat else "",
            )

    def _in(self, document: Document) -> Iterator[Item]:
        yield from document.groups
        for item in document.items:
            yield item
            yield from item.inside

    # --------------------------------------------------------------------------------------------- several

    def of_several(self) -> Iterator[Mutant]:
        if self.structure.id != "MEASURES":
            return
        document, part, item = self.start()
        item.cells["STATUS"] = (MARK + "A", "A", "<5", "A")
        yield mutant(
            "too-many STATUS", document.write(), "too-many", "STATUS", document.series(part), document.period(item)
        )
        if self.xml:
            document, part, item = self.start()
            item.cells = {(MARK + k if k == "STATUS" else k): v for k, v in item.cells.items()}
            item.cells[MARK + "STATUS"] = ()
            yield mutant(
                "too-few STATUS", document.write(), "too-few", "STATUS", document.series(part), document.period(item)
            )
        document, part, item = self.start()
        item.cells["STATUS"] = (MARK + "A", "B")  # the place is that of the component, its first value
        yield mutant(
            "code second value", document.write(), "code", "STATUS", document.series(part), document.period(item)
        )


def _whole(component: Component) -> bool:
    return component.text_format is not None and component.text_format.type in (
        "BigInteger",
        "Integer",
        "Long",
        "Short",
        "Count",
    )


def _cells(row: str) -> list[str]:
    """The cells of a row, with their quotes."""
    return re.findall(r'(?:^|(?<=,))(?:"(?:[^"]|"")*"|[^,]*)(?=,|$)', row)


def wrong(component: Component) -> Iterator[tuple[str, str]]:
    """Texts that the component may not have, and the rule that says so."""
    format_ = component.text_format
    assert format_ is not None
    type_ = format_.type
    whole = type_ in ("BigInteger", "Integer", "Long", "Short", "Count")
    if whole or type_ in ("Decimal", "Double", "Float", "InclusiveValueRange", "ExclusiveValueRange"):
        for text in ("1 234", "10,5", "1.234,5", "٤٢", "n.d.", "-", "12 "):
            if text not in format_.sentinels:
                yield text, "number-syntax"
        yield "#DIV/0!", "number-syntax"
        yield ("1e400" if type_ in ("Double", "Float") else "1e3"), "number-syntax"
        yield "INF" if type_ != "Double" or isinstance(component, Measure) else "Infinity", "number-syntax"
        if whole:
            yield "1.5", "text-format"
        if type_ in ("Integer", "Long", "Short"):
            yield "99999999999999999999", "text-format"
        if format_.min_value is not None:
            yield str(int(format_.min_value) - 1), "text-format"
        if format_.max_value is not None:
            yield str(int(format_.max_value) + 1), "text-format"
        if format_.decimals is not None and not whole:
            yield "1." + "1" * (format_.decimals + 1), "text-format"
        return
    for text in {
        "Alpha": ["E1R", "EU€"],
        "AlphaNumeric": ["A-1", "A 1", "Aé"],
        "DateTime": ["2024-05-31", "2024-05-31T25:00:00", "31/05/2024"],
        "URI": ["http://a b/%zz"],
        "MonthDay": ["01-01", "--13-01"],
        "GregorianYear": ["24", "2024-01"],
        "Duration": ["1M", "P"],
        "Boolean": ["yes"],
    }.get(type_, []):
        yield text, "text-format"
    if format_.max_length is not None:
        yield "A" * (format_.max_length + 1), "text-format"
    if format_.min_length:
        yield "A" * (format_.min_length - 1) or "", "text-format"
    if format_.pattern:
        yield "ä 1", "text-format"


# ------------------------------------------------------------------------------------------ the regulation's content

REGISTRATIONS = "STSRB_REG_M_FR_2024_0005.xml"
Counts = dict[tuple[str, str], object]  # (transmission code, month) → value
TOTAL = "BTSXO_S94"


def regulation(
    counts: Counts, indicator: str = "BURE", data_set: str = "STSRB_REG_M", prepared: str = "2024-07-05T09:00:00+02:00"
) -> str:
    """A message of monthly counts of France, as the golden deliveries are: the two newest months are provisional."""
    months = sorted({month for _, month in counts})
    sdmx = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
    space = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ESTAT:{data_set}(1.0):ObsLevelDim:TIME_PERIOD"
    lines = [
        f"""<?xml version="1.0" encoding="UTF-8"?>
<message:StructureSpecificData xmlns:message="{sdmx}message" xmlns:common="{sdmx}common" xmlns:ss="{sdmx}data/structurespecific" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="{space}">
  <message:Header>
    <message:ID>KIT</message:ID>
    <message:Test>false</message:Test>
    <message:Prepared>{prepared}</message:Prepared>
    <message:Sender id="FR1"/>
    <message:Receiver id="4D0"/>
    <message:Structure structureID="S1" namespace="{space}" dimensionAtObservation="TIME_PERIOD">
      <common:StructureUsage>
        <Ref agencyID="ESTAT" id="{data_set}" version="1.0" class="Dataflow"/>
      </common:StructureUsage>
    </message:Structure>
    <message:DataSetAction>Replace</message:DataSetAction>
    <message:DataSetID>{data_set}</message:DataSetID>
    <message:ReportingBegin>{months[0]}</message:ReportingBegin>
    <message:ReportingEnd>{months[-1]}</message:ReportingEnd>
  </message:Header>
  <message:DataSet ss:structureRef="S1" xsi:type="ns1:DataSetType" ss:dataScope="Dataflow" ss:action="Replace">
"""
    ]
    for code in dict.fromkeys(code for code, _ in counts):
        lines.append(
            f'    <Series FREQ="M" REF_AREA="FR" SEASONAL_ADJUST="N" INDICATOR="{indicator}" ACTIVITY="{code}" BASE_PER="_Z" '
            'TRANSFORMATION="N" DECIMALS="0" UNIT_MULT="0" UNIT_MEASURE="PN" TIME_FORMAT="P1M">\n'
        )
        lines += [
            f'      <Obs TIME_PERIOD="{month}" OBS_VALUE="{counts[code, month]}" '
            f'OBS_STATUS="{"P" if month in months[-2:] else "A"}" CONF_STATUS="F"/>\n'
            for month in months
            if (code, month) in counts
        ]
        lines.append("    </Series>\n")
    return "".join([*lines, "  </message:DataSet>\n</message:StructureSpecificData>\n"])


@dataclass(frozen=True)
class ContentMutant(Mutant):
    """A mutant of a regulation's file, with its name and what it is compared with."""

    file: str = REGISTRATIONS
    previous: bytes | None = None


def steady() -> Counts:
    """A clean history under its transmission codes."""
    from content_support import LEVELS
    from content_support import steady as history

    codes = dict(zip(LEVELS, ("BTE", "F", "G", "H", "I", "J", "KTN", "PTSXS94"), strict=True)) | {"TOTAL": TOTAL}
    return {(codes[a], month): int(value or 0) for (a, month), value in history().items()}


def content_mutants() -> Iterator[ContentMutant]:
    """Every fault of content that a bare file, with or without the one before, can have."""
    parts = ("BTE", "F", "G", "H", "I", "J", "KTN", "PTSXS94")
    newest, before = "2024-05", "2024-04"
    clean = steady()

    def summed(counts: Counts) -> Counts:
        for _, month in [*counts]:
            if all((part, month) in counts for part in parts):
                counts[TOTAL, month] = sum(int(str(counts[part, month])) for part in parts)
        return counts

    def made(
        rule: str,
        counts: Counts,
        component: str | None = None,
        series: str | None = None,
        period: str | None = None,
        *,
        name: str = "",
        edits: tuple[tuple[str, str], ...] = (),
        file: str = REGISTRATIONS,
        previous: Counts | None = None,
    ) -> ContentMutant:
        text = regulation(counts)
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        one = mutant(f"{rule} {name}", text, rule, component, series, period)
        was = None if previous is None else regulation(previous, prepared="2024-06-05T09:00:00+02:00").encode()
        return ContentMutant(
            one.name, one.data, one.rule, one.line, one.column, one.component, one.series, one.period, file, was
        )

    def at(counts: Counts, code: str, month: str, **more: str) -> tuple[str, str]:
        """The observation with a mark before it, and with other attributes."""
        old = f'OBS_VALUE="{counts[code, month]}"'
        assert old
        head = regulation(counts)
        start = head.index(f'ACTIVITY="{code}"')
        begin = head.index(f'<Obs TIME_PERIOD="{month}"', start)
        end = head.index("/>", begin)
        tag = head[begin:end]
        new = tag
        for name, value in more.items():
            new = re.sub(f' {name}="[^"]*"', "", new) + f' {name}="{value}"'
        rest = head[end : end + 60]
        return tag + rest, MARK + new + rest

    key = "M.FR.N.BURE.J._Z"
    yield made(
        "embargo",
        clean,
        "CONF_STATUS",
        key,
        newest,
        edits=(at(clean, "J", newest, EMBARGO_TIME="2024-08-01T10:00:00"),),
    )
    yield made(
        "sender", clean, "Sender", "", "", edits=(('<message:Sender id="FR1"', f'<message:Sender id="{MARK}FR9"'),)
    )
    yield made(
        "sender",
        clean,
        "REF_AREA",
        key.replace("FR", "BE"),
        name="area",
        edits=(
            (
                'REF_AREA="FR" SEASONAL_ADJUST="N" INDICATOR="BURE" ACTIVITY="J"',
                'REF_AREA="BE" SEASONAL_ADJUST="N" INDICATOR="BURE" ACTIVITY="J"',
            ),
        ),
    )
    yield made("file-name", clean, file="registrations.xml")
    yield made("file-name", clean, name="month", file="STSRB_REG_M_FR_2024_0004.xml")
    yield made("test-flag", clean, "Test", edits=(("<message:Test>false", f"<message:Test>{MARK}true"),))
    yield made("unit-multiplier", clean, "UNIT_MULT", edits=(('UNIT_MULT="0"', 'UNIT_MULT="3"'),))
    big = dict(clean)
    for part in parts:
        big[part, newest] = round(int(str(clean[part, newest])) / 1000)
    yield made("unit-multiplier", summed(big), name="a thousandth")
    for rule, old, new, component in (
        ("mixed-indicators", "BURE", "BUBA", "INDICATOR"),
        ("adjustment", 'SEASONAL_ADJUST="N"', 'SEASONAL_ADJUST="S"', "SEASONAL_ADJUST"),
    ):
        text = regulation(clean)
        start = text.index('ACTIVITY="J"')
        begin = text.rindex("<Series", 0, start)
        tag = text[begin:start]
        yield made(rule, clean, component, edits=((tag + 'ACTIVITY="J"', tag.replace(old, new) + 'ACTIVITY="J"'),))
    quarter = 'FREQ="M" REF_AREA="FR" SEASONAL_ADJUST="N" INDICATOR="BURE" ACTIVITY="J"'
    yield made("frequency", clean, "FREQ", edits=((quarter, quarter.replace('"M"', '"Q"', 1)),))
    late = dict(clean)
    for code in (*parts, TOTAL):
        late[code, "2024-06"], late[code, "2024-07"] = clean[code, "2022-06"], clean[code, "2022-07"]
    yield made("future-month", late, None, None, "2024-07", file=REGISTRATIONS.replace("0005", "0006"))
    early = {
        **{
            (code, f"{year}-{month:02d}"): clean[code, f"2019-{month:02d}"]
            for code in (*parts, TOTAL)
            for year in range(1999, 2018)
            for month in range(1, 13)
        },
        **clean,
    }
    yield made("before-start", early, name="1999")
    short = {cell: value for cell, value in clean.items() if cell[1] != newest and cell[1] != before}
    yield made(
        "latest-month",
        short,
        "",
        None,
        None,
        edits=(
            ("<message:Prepared>", f"<message:Prepared>{MARK}"),
            (
                "    <message:ReportingEnd>2024-03</message:ReportingEnd>\n",
                "",
            ),  # which would say that it is late on purpose
        ),
        file=REGISTRATIONS.replace("0005", "0003"),
    )
    yield made("coverage", {cell: value for cell, value in clean.items() if cell[0] != "J"}, name="a series")
    yield made(
        "coverage",
        {cell: value for cell, value in clean.items() if cell[0] != "J" or cell[1] > "2018-03"},
        name="first months",
    )
    yield made("coverage", {cell: value for cell, value in clean.items() if cell != ("J", newest)}, name="newest month")
    more = {**clean, **{("O", month): value for (code, month), value in clean.items() if code == "J"}}
    yield made("unexpected-series", more, "ACTIVITY", key.replace(".J.", ".O."))
    wrong = {**clean, (TOTAL, newest): int(str(clean[TOTAL, newest])) + 1}
    yield made("additivity", wrong, None, None, newest, edits=(at(wrong, TOTAL, newest),))
    wrong = {**clean, ("J", "2020-03"): int(str(clean["J", "2020-03"])) + 7}
    yield made("additivity", wrong, None, None, "2020-03", name="long ago", edits=(at(wrong, TOTAL, "2020-03"),))
    for rule, value in (("value-negative", "-5"), ("value-fraction", "10.5"), ("value-ceiling", "4000000")):
        odd: Counts = {**clean, ("J", "2020-03"): value}
        if rule != "value-fraction":
            odd[TOTAL, "2020-03"] = sum(int(str(odd[part, "2020-03"])) for part in parts)
        if rule == "value-ceiling":
            odd[TOTAL, "2020-03"] = clean[TOTAL, "2020-03"]
        series = 'ACTIVITY="J" BASE_PER="_Z" TRANSFORMATION="N" DECIMALS="{}"'  # with 0, it is another rule's
        edits = (at(odd, "J", "2020-03"), (series.format(0), series.format(1)))
        yield made(rule, odd, "OBS_VALUE", key, "2020-03", edits=edits[: 1 + (rule == "value-fraction")])
    yield made("zero-value", summed({**clean, ("J", newest): 0}), "OBS_VALUE", key, newest)
    yield made(
        "month-on-month", summed({**clean, ("J", newest): 3 * int(str(clean["J", newest]))}), "OBS_VALUE", key, newest
    )
    twice = {**clean, **{("J", month): 2 * int(str(clean["J", month])) for month in (before, newest)}}
    yield made("year-on-year", summed(twice), "OBS_VALUE", key, newest)
    back = {
        **clean,
        **{
            ("J", f"2024-{2 + n:02d}"): round(int(str(clean["J", f"2024-{2 + n:02d}"])) * share)
            for n, share in enumerate((0.68, 0.68, 0.85))
        },
    }
    back["J", "2024-01"] = round(int(str(clean["J", "2024-01"])) * 0.68)
    yield made("forecast", summed(back), "OBS_VALUE", key, None)
    factor = {**clean, **{(part, newest): 2 * int(str(clean[part, newest])) for part in parts}}
    yield made("same-factor", summed(factor))
    shifted = {**clean, **{(part, newest): clean[parts[i - 1], newest] for i, part in enumerate(parts)}}
    yield made("shifted-columns", summed(shifted))
    again = {**clean, **{(code, newest): clean[code, before] for code in (*parts, TOTAL)}}
    yield made("repeated-month", again)
    last_year = {cell: value for cell, value in clean.items() if cell[1] <= "2023-05"}
    yield made("same-file", clean, previous=clean)
    old_name = REGISTRATIONS.replace("2024_0005", "2023_0005")
    yield made("old-file", last_year, previous=clean, file=old_name)
    small = {cell: int(str(value)) // 20 for cell, value in clean.items() if cell[0] != TOTAL}
    yield made("indicators-swapped", clean, previous=summed({**small, **{(TOTAL, m): 0 for _, m in small}}))
    april = {cell: value for cell, value in clean.items() if cell[1] <= before}
    yield made("series-new", clean, "", key, "", previous={c: v for c, v in april.items() if c[0] != "J"})
    yield made("series-gone", clean, previous={**april, **{("O", m): 7 for _, m in april}})
    late_start = {cell: value for cell, value in clean.items() if cell[1] >= "2019-01"}
    yield made("history-shorter", late_start, previous=april)
    blank = at(clean, "J", "2020-03", OBS_STATUS="O")
    empty = (blank[0], re.sub(r' OBS_VALUE="[0-9]+"', "", blank[1], count=1))
    yield made("vanished-cell", clean, "OBS_VALUE", key, "2020-03", name="blank", edits=(empty,), previous=april)
    other = summed({**april, ("J", "2020-03"): int(str(clean["J", "2020-03"])) + 9})
    march = {cell: value for cell, value in clean.items() if cell[1] < before}
    yield made(
        "vanished-cell",
        march,
        name="the newest",
        file=REGISTRATIONS.replace("0005", "0003"),
        edits=(("2024-07-05", "2024-05-08"),),
        previous=summed({**april, ("J", "2024-03"): int(str(clean["J", "2024-03"])) + 9}),
    )
    edit = at(clean, "J", "2020-03")
    yield made("definitive-revised", clean, "OBS_VALUE", key, "2020-03", edits=(edit,), previous=other)
    edit = at(clean, "J", newest, OBS_STATUS="A")
    yield made("status-policy", clean, "OBS_STATUS", key, newest, edits=(edit,))
    edit = at(clean, "J", "2020-03", OBS_STATUS="P")
    yield made("status-policy", clean, "OBS_STATUS", key, "2020-03", name="still", edits=(edit,))
    late = (("<message:Prepared>2024-07-05", f"<message:Prepared>{MARK}2024-06-11"),)  # 9 June was a Sunday
    yield made("deadline", april, "Prepared", edits=late, file=REGISTRATIONS.replace("0005", "0004"))


# ---------------------------------------------------------------------------------------------------- random mutants


def random_mutants(text: str, csv: bool, number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many messages with one random change, by what was done."""
    rng = random.Random(seed)
    changes = _ROW_CHANGES if csv else _NODE_CHANGES
    for _ in range(number):
        if rng.random() < 0.4:
            name, change = rng.choice(_BYTE_CHANGES)
            data = change(rng, text.encode())
        else:
            name, node_change = rng.choice(changes)
            data = node_change(rng, text)
        if data != text.encode():
            yield name, data


def _flip(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _digit(rng: random.Random, data: bytes) -> bytes:
    at = rng.choice([m.start() for m in re.finditer(rb"[0-9]", data)])
    return data[:at] + rng.choice([b"%d" % n for n in range(10) if b"%d" % n != data[at : at + 1]]) + data[at + 1 :]


def _letter(rng: random.Random, data: bytes) -> bytes:
    at = rng.choice([m.start() for m in re.finditer(rb"[A-Za-z]", data)])
    return data[:at] + bytes([rng.choice(b"ABCXYZabcxyz019_ ")]) + data[at + 1 :]


def _drop(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + 1 :]


def _again(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[: at + 1] + data[at:]


def _cut_off(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


_BYTE_CHANGES = [
    ("bit flipped", _flip),
    ("digit changed", _digit),
    ("letter changed", _letter),
    ("character gone", _drop),
    ("character doubled", _again),
    ("cut off", _cut_off),
]


def _tree(change: Callable[[random.Random, list], object]) -> Callable[[random.Random, str], bytes]:
    def changed(rng: random.Random, text: str) -> bytes:
        from lxml import etree

        root = etree.fromstring(text.encode())
        change(rng, [node for node in root.iter() if node is not root])
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    return changed


def _gone(rng: random.Random, nodes: list) -> None:
    node = rng.choice(nodes)
    node.getparent().remove(node)


def _doubled(rng: random.Random, nodes: list) -> None:
    node = rng.choice(nodes)
    node.addnext(copy.deepcopy(node))


def _moved(rng: random.Random, nodes: list) -> None:
    node = rng.choice(nodes)
    below = set(node.iter())
    target = rng.choice([other for other in nodes if other not in below])
    if rng.random() < 0.5:
        target.append(node)
    else:
        target.addnext(node)


def _renamed(rng: random.Random, nodes: list) -> None:
    node = rng.choice(nodes)
    node.tag += rng.choice(["x", "s", "_"])


def _attributes(nodes: list) -> list:
    return [(node, name) for node in nodes for name in node.attrib]


def _attribute_gone(rng: random.Random, nodes: list) -> None:
    node, name = rng.choice(_attributes(nodes))
    del node.attrib[name]


def _attribute_renamed(rng: random.Random, nodes: list) -> None:
    node, name = rng.choice(_attributes(nodes))
    node.set(name + rng.choice(["x", "S", "_1"]), node.attrib.pop(name))


def _attribute_moved(rng: random.Random, nodes: list) -> None:
    node, name = rng.choice(_attributes(nodes))
    rng.choice(nodes).set(name, node.attrib.pop(name))


def _attribute_copied(rng: random.Random, nodes: list) -> None:
    node, name = rng.choice(_attributes(nodes))
    rng.choice(nodes).set(name, node.get(name))


def _attribute_emptied(rng: random.Random, nodes: list) -> None:
    node, name = rng.choice(_attributes(nodes))
    node.set(name, "")


def _values_swapped(rng: random.Random, nodes: list) -> None:
    (one, a), (two, b) = rng.sample(_attributes(nodes), 2)
    x, y = one.get(a), two.get(b)
    one.set(a, y)
    two.set(b, x)


def _text_added(rng: random.Random, nodes: list) -> None:
    rng.choice(nodes).text = rng.choice(["x", "1", "\N{BULLET}"])


_NODE_CHANGES = [
    ("node gone", _tree(_gone)),
    ("node doubled", _tree(_doubled)),
    ("node moved", _tree(_moved)),
    ("node renamed", _tree(_renamed)),
    ("attribute gone", _tree(_attribute_gone)),
    ("attribute renamed", _tree(_attribute_renamed)),
    ("attribute moved", _tree(_attribute_moved)),
    ("attribute copied", _tree(_attribute_copied)),
    ("attribute emptied", _tree(_attribute_emptied)),
    ("values swapped", _tree(_values_swapped)),
    ("text added", _tree(_text_added)),
]


def _rows(change: Callable[[random.Random, list[list[str]]], object]) -> Callable[[random.Random, str], bytes]:
    def changed(rng: random.Random, text: str) -> bytes:
        rows = [_cells(row) for row in text.split("\r\n")[:-1]]
        change(rng, rows)
        return ("\r\n".join(map(",".join, rows)) + "\r\n").encode()

    return changed


def _row_gone(rng: random.Random, rows: list[list[str]]) -> None:
    del rows[rng.randrange(len(rows))]


def _row_doubled(rng: random.Random, rows: list[list[str]]) -> None:
    at = rng.randrange(1, len(rows))
    rows.insert(rng.randrange(1, len(rows)), [*rows[at]])


def _row_moved(rng: random.Random, rows: list[list[str]]) -> None:
    rows.insert(rng.randrange(len(rows)), rows.pop(rng.randrange(len(rows))))


def _cell_gone(rng: random.Random, rows: list[list[str]]) -> None:
    row = rng.choice(rows)
    del row[rng.randrange(len(row))]


def _cell_emptied(rng: random.Random, rows: list[list[str]]) -> None:
    row = rng.choice(rows)
    row[rng.randrange(len(row))] = ""


def _cell_doubled(rng: random.Random, rows: list[list[str]]) -> None:
    row = rng.choice(rows)
    at = rng.randrange(len(row))
    row.insert(at, row[at])


def _cells_swapped(rng: random.Random, rows: list[list[str]]) -> None:
    one, two = rng.choice(rows), rng.choice(rows)
    a, b = rng.randrange(len(one)), rng.randrange(len(two))
    one[a], two[b] = two[b], one[a]


def _column_renamed(rng: random.Random, rows: list[list[str]]) -> None:
    rows[0][rng.randrange(len(rows[0]))] += rng.choice(["x", "S", "_1"])


_ROW_CHANGES = [
    ("row gone", _rows(_row_gone)),
    ("row doubled", _rows(_row_doubled)),
    ("row moved", _rows(_row_moved)),
    ("cell gone", _rows(_cell_gone)),
    ("cell emptied", _rows(_cell_emptied)),
    ("cell doubled", _rows(_cell_doubled)),
    ("cells swapped", _rows(_cells_swapped)),
    ("column renamed", _rows(_column_renamed)),
]


# ------------------------------------------------------------------------------------- what a mutant that survives says


def survivor(structure: Structure, format_: Format, text: str, data: bytes) -> str:
    """What is different in a message in which nothing was found; empty where it should have been found."""
    before, after = _said_by(structure, format_, text.encode()), _said_by(structure, format_, data)
    if before is None or after is None:
        return ""
    if before == after:
        return "says the same"
    if before[1] == after[1]:
        return (
            "says the same in another order" if before[0] == after[0] else "header: another text that may stand there"
        )
    if before[0] != after[0]:
        return ""
    (heads, rows), (new_heads, new_rows) = before[1], after[1]
    if heads != new_heads:
        gone, come = _difference(heads, new_heads)
        return _told(structure, gone, come, "of a data set or group")
    gone, come = _difference(rows, new_rows)
    if gone and not come:
        return "observations gone that nothing asks for" if _still_whole(structure, format_, new_rows) else ""
    if come and not gone:
        return ""
    return _told(structure, gone, come, "") if _still_whole(structure, format_, new_rows) else ""


Cell = tuple[tuple[str, str], ...]
Content = tuple[list[Cell], list[Cell]]  # of data set and groups; of observations with their series


def _difference(before: list[Cell], after: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    from collections import Counter

    return list((Counter(before) - Counter(after)).elements()), list((Counter(after) - Counter(before)).elements())


def _told(structure: Structure, gone: list[Cell], come: list[Cell], of: str) -> str:
    """What has changed from cells to cells, if all of it may be so."""
    if len(gone) < len(come) or not come:
        return f"optional parts {of} gone" if not come else ""
    kinds = {"parts gone that nothing asks for"} if len(gone) > len(come) else set()
    keys = {d.id for d in structure.dimensions} | ({structure.time.id} if structure.time is not None else set())
    left = sorted(gone)
    for new in sorted(come):
        best = max(left, key=lambda one: (len(set(one) & set(new)), one))
        left.remove(best)
        was, now = dict(best), dict(new)
        for name in was.keys() | now.keys():
            if was.get(name) == now.get(name):
                continue
            component = structure.component(name)
            if component is None:
                return ""
            if name not in now:
                if name in keys or getattr(component, "mandatory", False):
                    return ""
                kinds.add("optional attribute gone")
            elif name not in was:
                kinds.add("optional attribute more")
            elif not _may(component, now[name]):
                return ""
            elif name in keys:
                kinds.add("another valid key")
            elif isinstance(component, Measure):
                kinds.add("another valid number")
            elif component.codelist_ref:
                kinds.add("another valid code")
            else:
                kinds.add("another valid text")
    return " and ".join(sorted(kinds)) + (f" {of}" if of else "")


def _may(component: Component, text: str) -> bool:
    """Whether a value is right, in a few words."""
    if component.codelist is not None and not component.codelist.partial:
        return all(one in component.codelist.codes for one in text.split("\x1f"))
    type_ = component.text_format.type if component.text_format is not None else ""
    if _whole(component):
        return all(re.fullmatch(r"[+-]?[0-9]+", one) for one in text.split("\x1f"))
    if type_ in ("Decimal", "Double", "Float", "InclusiveValueRange", "ExclusiveValueRange"):
        return re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|NaN", text) is not None
    return text.strip() != ""


def _still_whole(structure: Structure, format_: Format, rows: list[Cell]) -> bool:
    """Whether no series has a hole or says a period twice."""
    if structure.time is None or (format_.family != "csv" and format_.at not in (FLAT, structure.time.id)):
        return True
    series: dict[Cell, list[int]] = {}
    for row in rows:
        cells = dict(row)
        period = cells.get(structure.time.id, "")
        match = re.fullmatch(r"([0-9]{4})(?:-(Q?)M?([0-9]{1,2}))?", period)
        if not match:
            return False
        year, quarter, number = int(match[1]), match[2], int(match[3] or 1)
        ordinal = year if not match[3] else year * (4 if quarter else 12) + number
        key = tuple((d.id, cells.get(d.id, "")) for d in structure.dimensions)
        series.setdefault(key, []).append(ordinal)
    return all(len(set(p)) == len(p) == max(p) - min(p) + 1 for p in series.values())


def _said_by(structure: Structure, format_: Format, data: bytes) -> tuple[list, Content] | None:
    """What a message says, whatever its order and white space: what stands around the data, and the data."""
    return _said_in_rows(data) if format_.family == "csv" else _said_in_nodes(structure, format_, data)


def _said_in_rows(data: bytes) -> tuple[list, Content] | None:
    import csv
    import io

    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        return None
    rows = [row for row in rows if row]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    names = [name.replace("[]", "") for name in rows[0]]
    lead = next(
        (i for i, name in enumerate(names) if name not in ("DATAFLOW", "ACTION") and not name.startswith("STRUCTURE")),
        0,
    )
    around = sorted({tuple(zip(names[:lead], row[:lead], strict=False)) for row in rows[1:]})
    several = {name.replace("[]", "") for name in rows[0] if name.endswith("[]")}
    cells = [
        tuple(
            sorted(
                (n, v.replace(";", "\x1f") if n in several else v)
                for n, v in zip(names[lead:], row[lead:], strict=True)
                if v
            )
        )
        for row in rows[1:]
    ]
    return around, ([], sorted(cells))


def _said_in_nodes(structure: Structure, format_: Format, data: bytes) -> tuple[list, Content] | None:
    from lxml import etree

    try:
        root = etree.fromstring(data)
    except etree.XMLSyntaxError:
        return None
    around, heads, rows = [], [], []
    local = etree.QName

    def own(node: etree._Element) -> dict[str, str]:
        """The cells of an element, without those of series and observations in it."""
        cells: dict[str, str] = {}
        if format_.family == "specific":
            cells = {n: v for n, v in node.attrib.items() if not n.startswith("{")}
            for comp in node.findall("Comp"):
                cells[comp.get("id", "")] = "\x1f".join(v.text or "" for v in comp.findall("Value"))
        else:
            for one in node.iterchildren():
                name = local(one).localname if isinstance(one.tag, str) else ""
                if name == "ObsValue":
                    cells[structure.measures[0].id] = one.get("value", "")
                elif name == "ObsDimension":
                    cells[one.get("id", format_.at)] = one.get("value", "")
                elif name not in ("Series", "Obs", "Group"):
                    for value in one:
                        cells[value.get("id", "")] = value.get("value", "")
        return cells

    def inside(node: etree._Element, key: dict[str, str]) -> None:
        for one in node:
            name = local(one).localname if isinstance(one.tag, str) else ""
            if name == "Series":
                inside(one, own(one))
            elif name == "Obs":
                rows.append(tuple(sorted({**key, **own(one)}.items())))
            elif name in ("Group", "Atts"):
                kind = one.get("type") or one.get("{http://www.w3.org/2001/XMLSchema-instance}type") or ""
                heads.append((("", f"{name} {kind}"), *sorted(own(one).items())))

    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        name = local(node).localname
        if name == "DataSet":
            heads.append((("", "DataSet"), *sorted(own(node).items())))
            inside(node, {})
            around.append(sorted((n, v) for n, v in node.attrib.items() if n.startswith("{")))
        elif not any(local(a).localname == "DataSet" for a in node.iterancestors()):
            around.append((name, (node.text or "").strip(), sorted(node.attrib.items())))
    return around, (sorted(heads), sorted(rows))
