"""Writing SDMX-ML structure-specific data, 2.1 and 3.0, streaming (Section 3A; SDMXDataStructureSpecific.xsd of both).

Each distinct text of a column is escaped and formatted once per chunk; the pieces of all lines are then joined in one
go, so that the cost is close to joining ready strings. Columns may be categories: the cheapest way to hold codes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.facts.structure import Attribute, Component, Structure
from pipeline.messages.header import Header
from pipeline.messages.names import ML_21, XSI, Dialect, clean, escaped, said

if TYPE_CHECKING:
    import pandas as pd

    Texts = np.ndarray[tuple[int], np.dtype[np.object_]]
    Places = np.ndarray[tuple[int], np.dtype[np.intp]]
    Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

CHUNK = 1 << 16  # rows formatted at a time: bounds the memory above the frame


def write(
    stream: BinaryIO, frame: pd.DataFrame, structure: Structure, header: Header, dialect: Dialect = ML_21
) -> None:
    """Write one data set: group attributes, then a series for each key, its observations by time.

    ``frame`` has a text column for each component that occurs; an empty text (or a missing value) is not written.
    Several values of a component, where its structure allows them (SDMX 3.0), are a tuple of texts.
    Columns that are no component of the structure are ignored. Rows may come in any order.
    Raises ValueError when an attribute of a data set, group or series has two values there, or a component several
    values where it can have one: a defect of ours, never of the input; InputError for a character that cannot be sent.
    """
    keys = [d.id for d in structure.dimensions if d.id != header.at]
    levels = levels_of(frame, structure, header.at)
    measures = [measure for measure in structure.measures if measure.id in frame.columns]
    frame = in_order(frame, keys, header.at)
    starts = changes(frame, keys)
    one_value_each(frame, structure, levels, starts)
    stream.write(_opening(frame, header, levels["dataset"], dialect).encode("utf-8"))
    for line in _groups(frame, structure, levels["group"], dialect):
        stream.write(line.encode("utf-8"))
    cells = [*measures, *levels["observation"]]
    for text in _series(frame, keys, starts, levels["series"], cells, header.at, dialect):
        stream.write(text.encode("utf-8"))
    stream.write(b"  </message:DataSet>\n</message:StructureSpecificData>\n")


def levels_of(frame: pd.DataFrame, structure: Structure, at: str) -> dict[str, list[Attribute]]:
    """The attributes that occur, by the level at which they are reported."""
    levels: dict[str, list[Attribute]] = {"dataset": [], "group": [], "series": [], "observation": []}
    for attribute in structure.attributes:
        if attribute.id in frame.columns:
            levels[structure.level(attribute, at)].append(attribute)
    return levels


def one_value_each(
    frame: pd.DataFrame, structure: Structure, levels: dict[str, list[Attribute]], starts: Flags
) -> None:
    """ValueError when an attribute of a data set, a group or a series has two values there.

    ``starts``: where a series begins, in rows that stand by series.
    """
    for attribute in levels["dataset"]:
        values = [value for value in frame[attribute.id].unique() if said(value)]
        if len(values) > 1:
            raise ValueError(f"{attribute.id} is an attribute of the data set and has {len(values)} values")
    for group in structure.groups:
        dimensions, own = _of_group(structure, group.id, levels["group"])
        names = [*dimensions, *(attribute.id for attribute in own)]
        if own and frame[names].drop_duplicates().duplicated(dimensions).any():
            raise ValueError(f"an attribute of the group {group.id} has two values for one group key")
    if any((changes(frame, [attribute.id]) & ~starts).any() for attribute in levels["series"]):
        raise ValueError("an attribute of a series has two values in one series")


def _of_group(structure: Structure, id_: str, attributes: Sequence[Attribute]) -> tuple[list[str], list[Attribute]]:
    """The dimensions of a group, in the structure's order, and those of the attributes that are reported in it."""
    (group,) = (group for group in structure.groups if group.id == id_)
    return (
        [d.id for d in structure.dimensions if d.id in group.dimensions],
        [attribute for attribute in attributes if id_ in attribute.groups],
    )


def _opening(frame: pd.DataFrame, header: Header, attributes: Sequence[Attribute], dialect: Dialect) -> str:
    """Everything before the first group or series."""
    reference = header.reference
    row = [next((value for value in frame[attribute.id] if said(value)), None) for attribute in attributes]
    own, inner = _split(attributes, row, "      ", dialect)
    scope = "" if dialect.by_urn else f' ss:dataScope="{reference.scope}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<message:StructureSpecificData xmlns:message="{dialect.message}" xmlns:common="{dialect.common}"'
        f' xmlns:ss="{dialect.specific}" xmlns:xsi="{XSI}" xmlns:ns1="{escaped(reference.namespace(header.at))}">\n'
        f"{header.xml(dialect)}"
        f'  <message:DataSet ss:structureRef="S1" xsi:type="ns1:DataSetType"{scope}'
        f' ss:action="{escaped(header.action)}"{"" if dialect.nested else own}>\n'
        f"{_element('    ', 'Atts', own, inner) if dialect.nested and (own or inner) else ''}"
    )


def _groups(
    frame: pd.DataFrame, structure: Structure, attributes: Sequence[Attribute], dialect: Dialect
) -> Iterator[str]:
    """One ``Group`` element for each group key that has an attribute; groups in the order of the structure."""
    for group in structure.groups:
        dimensions, own = _of_group(structure, group.id, attributes)
        if not own:
            continue
        rows = frame[[*dimensions, *(attribute.id for attribute in own)]].drop_duplicates()
        for row in rows.sort_values(dimensions).itertuples(index=False, name=None):
            texts, inner = _split(own, row[len(dimensions) :], "      ", dialect)
            if texts or inner:
                key = "".join(_attribute(name, value) for name, value in zip(dimensions, row, strict=False))
                yield _element("    ", "Group", f' xsi:type="ns1:{escaped(group.id)}"{key}{texts}', inner)


def _series(
    frame: pd.DataFrame,
    keys: list[str],
    starts: Flags,
    attributes: Sequence[Attribute],
    cells: Sequence[Component],
    at: str,
    dialect: Dialect,
) -> Iterator[str]:
    """The series and their observations, some ten thousand rows of text at a time; ``cells``: measures, attributes."""
    first = np.flatnonzero(starts)
    opening: Texts = np.full(len(first), "    <Series", dtype=object)
    for name in [*keys, *(attribute.id for attribute in attributes if not dialect.nests(attribute))]:
        opening = opening + _texts(frame[name].iloc[first])
    opening = opening + ">\n"
    for attribute in attributes:
        if dialect.nests(attribute):
            opening = opening + _inner(frame[attribute.id].iloc[first], attribute, "      ")
    measures = [c.id for c in cells if not isinstance(c, Attribute) and not dialect.nests(c)]
    rest = [c for c in cells if c.id not in measures]
    for begin in range(0, len(frame), CHUNK):
        part = frame.iloc[begin : begin + CHUNK]
        low, high = np.searchsorted(first, [begin, begin + len(part)])
        places = first[low:high] - begin
        close = np.full(len(places), "    </Series>\n", dtype=object)
        close[: int(low == 0)] = ""
        values, bare = _values(part, measures)
        before, after = (f' {measures[0]}="', '"') if bare else ("", "")
        head = _texts(part[at], "      <Obs", before)
        head[places] = close + opening[low:high] + head[places]
        pieces = [head, *values, _tails(part, rest, after, dialect)]
        yield "".join(np.stack(pieces, axis=1).ravel().tolist())
    yield "    </Series>\n" if len(frame) else ""


def in_order(frame: pd.DataFrame, keys: list[str], at: str) -> pd.DataFrame:
    """The rows by series key and period; a frame that stands so already is not sorted again."""
    starts = changes(frame, keys)
    times = frame[at].to_numpy(dtype=object)
    rising = bool((starts[1:] | (times[1:] >= times[:-1])).all())
    if rising:
        series = list(frame.loc[starts, keys].itertuples(index=False, name=None))
        rising = all(before < after for before, after in pairwise(series))
    return (
        frame
        if rising
        else frame.astype(dict.fromkeys([*keys, at], object)).sort_values([*keys, at], kind="stable", ignore_index=True)
    )


def changes(frame: pd.DataFrame, columns: Sequence[str]) -> Flags:
    """True where a row differs from the one before in one of the columns, and at the first row."""
    changed = np.zeros(len(frame), dtype=bool)
    changed[:1] = True
    for name in columns:
        column = frame[name]
        values = column.cat.codes.to_numpy() if column.dtype == "category" else column.to_numpy(dtype=object)
        changed[1:] |= values[1:] != values[:-1]
    return changed


def distinct_of(column: pd.Series) -> tuple[Places, list[object]]:
    """For each row the place of its value among the distinct values; -1 where there is none."""
    import pandas as pd

    if column.dtype == "category":
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    places, values = pd.factorize(column.to_numpy(dtype=object))
    return places, list(values)


def _texts(column: pd.Series, before: str = "", after: str = "") -> Texts:
    """`` NAME="value"`` for each row, nothing where there is no value; each distinct value is formatted once."""
    places, distinct = distinct_of(column)
    name = str(column.name)
    ready = [before + _attribute(name, value) + after for value in distinct]
    return np.array([*ready, before + after], dtype=object)[places]


def _inner(column: pd.Series, component: Component, indent: str) -> Texts:
    """The ``Comp`` element of each row, nothing where there is no value; each distinct value is formatted once."""
    places, distinct = distinct_of(column)
    return np.array([*(_component(component, value, indent) for value in distinct), ""], dtype=object)[places]


def _values(part: pd.DataFrame, measures: list[str]) -> tuple[list[Texts], bool]:
    """The measures of each row; bare texts when there is one measure and each row has one that needs no escape.

    Values are mostly distinct: they are looked at together, in one search, instead of one by one.
    """
    if len(measures) == 1:
        column = part[measures[0]].to_numpy(dtype=object)
        try:
            together = "\n".join(column)
        except TypeError:  # numbers, or rows without a value
            together = "\n\n"
        if "\n\n" not in f"\n{together}\n" and clean(together, but="\n") and together.count("\n") == len(part) - 1:
            return [column], True
    return [_texts(part[name]) for name in measures], False


def _tails(part: pd.DataFrame, cells: Sequence[Component], before: str, dialect: Dialect) -> Texts:
    """What follows the value of each observation: attributes, elements, the end; each combination is formatted once."""
    outside = [c for c in cells if not dialect.nests(c)]
    columns = []
    for component in outside:
        places, distinct = distinct_of(part[component.id])
        columns.append((places, ["", *(_attribute(component.id, value) for value in distinct)]))
    for component in cells:
        if dialect.nests(component):
            places, distinct = distinct_of(part[component.id])
            columns.append((places, ["", *(_component(component, value, "        ") for value in distinct)]))
    places, combinations = combined(len(part), columns)
    ready = []
    for texts in combinations:
        inner = "".join(texts[len(outside) :])
        end = f">\n{inner}      </Obs>\n" if inner else "/>\n"
        ready.append(before + "".join(texts[: len(outside)]) + end)
    tails: Texts = np.array(ready, dtype=object)[places]
    return tails


def combined(rows: int, columns: Sequence[tuple[Places, list[str]]]) -> tuple[Places, list[list[str]]]:
    """For each row the place of its combination of texts, and the texts of each combination that occurs.

    ``columns``: for each row the place of its text, -1 for the first one; the texts, the first for "none".
    """
    import pandas as pd

    many = math.prod(len(texts) for _, texts in columns) >= 1 << 63
    numbers = np.zeros(rows, dtype=object if many else np.int64)
    for places, texts in columns:
        numbers = numbers * len(texts) + places.astype(numbers.dtype) + 1
    places, distinct = pd.factorize(numbers)
    combinations = []
    for number in distinct.tolist():
        chosen = []
        for _, texts in reversed(columns):
            number, place = divmod(number, len(texts))
            chosen.append(texts[place])
        chosen.reverse()
        combinations.append(chosen)
    return places, combinations


def _split(components: Sequence[Component], values: Sequence[object], indent: str, dialect: Dialect) -> tuple[str, str]:
    """What is said of one thing: the components that are XML attributes, and those that are elements."""
    pairs = list(zip(components, values, strict=True))
    return (
        "".join(_attribute(c.id, value) for c, value in pairs if not dialect.nests(c)),
        "".join(_component(c, value, indent) for c, value in pairs if dialect.nests(c)),
    )


def _attribute(name: str, value: object) -> str:
    """`` NAME="value"``; nothing where there is no value."""
    if isinstance(value, tuple) and len(value) > 1:
        raise ValueError(f"{name} has {len(value)} values, and there is place for one")
    value = value[0] if isinstance(value, tuple) and value else value
    return f' {name}="{escaped(str(value), name)}"' if said(value) else ""


def _component(component: Component, value: object, indent: str) -> str:
    """The element of a component that may have several values; texts in languages are in SDMX's default one."""
    values = [text for text in (value if isinstance(value, tuple) else (value,)) if said(text)]
    if not values:
        return ""
    in_language = component.text_format is not None and component.text_format.multilingual
    open_, close = ("<common:Text>", "</common:Text>") if in_language else ("", "")
    lines = "".join(f"{indent}  <Value>{open_}{escaped(str(text), component.id)}{close}</Value>\n" for text in values)
    return _element(indent, "Comp", f' id="{component.id}" xsi:type="ns1:Comp.{component.id}"', lines)


def _element(indent: str, name: str, attributes: str, inner: str) -> str:
    """An element on lines of its own, closed at once when there is nothing inside."""
    return f"{indent}<{name}{attributes}" + (f">\n{inner}{indent}</{name}>\n" if inner else "/>\n")
