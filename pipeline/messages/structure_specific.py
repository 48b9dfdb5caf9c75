"""Writing SDMX-ML 2.1 structure-specific data, streaming (SDMX 2.1, Section 3A; SDMXDataStructureSpecific.xsd).

Each distinct text of a column is escaped and formatted once per chunk; the pieces of all lines are then joined in one
go, so that the cost is close to joining ready strings. Columns may be categories: the cheapest way to hold codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.facts.structure import Structure
from pipeline.messages.header import Header
from pipeline.messages.names import COMMON, MESSAGE, SPECIFIC, XSI, clean, escaped

if TYPE_CHECKING:
    import pandas as pd

    Texts = np.ndarray[tuple[int], np.dtype[np.object_]]
    Places = np.ndarray[tuple[int], np.dtype[np.intp]]
    Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

CHUNK = 1 << 16  # rows formatted at a time: bounds the memory above the frame


def write(stream: BinaryIO, frame: pd.DataFrame, structure: Structure, header: Header) -> None:
    """Write one data set: group attributes, then a series for each key, its observations by time.

    ``frame`` has a text column for each component that occurs; an empty text (or a missing value) is not written.
    Columns that are no component of the structure are ignored. Rows may come in any order.
    Raises ValueError when an attribute of a data set, group or series has two values there: a defect of ours, never
    of the input; InputError for a character that cannot be sent.
    """
    keys = [d.id for d in structure.dimensions if d.id != header.at]
    levels: dict[str, list[str]] = {"dataset": [], "group": [], "series": [], "observation": []}
    for attribute in structure.attributes:
        if attribute.id in frame.columns:
            levels[structure.level(attribute, header.at)].append(attribute.id)
    measures = [measure.id for measure in structure.measures if measure.id in frame.columns]
    frame = _in_order(frame, keys, header.at)
    stream.write(_opening(frame, header, levels["dataset"]).encode("utf-8"))
    for line in _groups(frame, structure, levels["group"]):
        stream.write(line.encode("utf-8"))
    for text in _series(frame, keys, levels["series"], measures, levels["observation"], header.at):
        stream.write(text.encode("utf-8"))
    stream.write(b"  </message:DataSet>\n</message:StructureSpecificData>\n")


def _opening(frame: pd.DataFrame, header: Header, dataset: list[str]) -> str:
    """Everything before the first group or series."""
    reference = header.reference
    attributes = []
    for name in dataset:
        values = [value for value in frame[name].unique() if _said(value)]
        if len(values) > 1:
            raise ValueError(f"{name} is an attribute of the data set and has {len(values)} values")
        attributes += [_attribute(name, value) for value in values]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<message:StructureSpecificData xmlns:message="{MESSAGE}" xmlns:common="{COMMON}" xmlns:ss="{SPECIFIC}"'
        f' xmlns:xsi="{XSI}" xmlns:ns1="{escaped(reference.namespace(header.at))}">\n'
        f"{header.xml()}"
        f'  <message:DataSet ss:structureRef="S1" xsi:type="ns1:DataSetType" ss:dataScope="{reference.scope}"'
        f' ss:action="{escaped(header.action)}"{"".join(attributes)}>\n'
    )


def _groups(frame: pd.DataFrame, structure: Structure, attributes: list[str]) -> Iterator[str]:
    """One ``Group`` element for each group key that has an attribute; groups in the order of the structure."""
    for group in structure.groups:
        own = [a.id for a in structure.attributes if a.id in attributes and group.id in a.groups]
        if not own:
            continue
        dimensions = [d.id for d in structure.dimensions if d.id in group.dimensions]
        rows = frame[[*dimensions, *own]].drop_duplicates()
        if rows.duplicated(dimensions).any():
            raise ValueError(f"an attribute of the group {group.id} has two values for one group key")
        for row in rows.sort_values(dimensions).itertuples(index=False, name=None):
            said = [
                _attribute(name, value) for name, value in zip(own, row[len(dimensions) :], strict=True) if _said(value)
            ]
            if said:
                key = [_attribute(name, value) for name, value in zip(dimensions, row, strict=False)]
                yield f'    <Group xsi:type="ns1:{escaped(group.id)}"{"".join(key)}{"".join(said)}/>\n'


def _series(
    frame: pd.DataFrame, keys: list[str], attributes: list[str], measures: list[str], cells: list[str], at: str
) -> Iterator[str]:
    """The series and their observations, some ten thousand rows of text at a time."""
    starts = _changes(frame, keys)
    if any((_changes(frame, [name]) & ~starts).any() for name in attributes):
        raise ValueError("an attribute of a series has two values in one series")
    first = np.flatnonzero(starts)
    opening: Texts = np.full(len(first), "    <Series", dtype=object)
    for name in [*keys, *attributes]:
        opening = opening + _texts(frame[name].iloc[first])
    opening = opening + ">\n"
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
        pieces = [head, *values, _tails(part, cells, after)]
        yield "".join(np.stack(pieces, axis=1).ravel().tolist())
    yield "    </Series>\n" if len(frame) else ""


def _in_order(frame: pd.DataFrame, keys: list[str], at: str) -> pd.DataFrame:
    """The rows by series key and period; a frame that stands so already is not sorted again."""
    starts = _changes(frame, keys)
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


def _changes(frame: pd.DataFrame, columns: list[str]) -> Flags:
    """True where a row differs from the one before in one of the columns, and at the first row."""
    changed = np.zeros(len(frame), dtype=bool)
    changed[:1] = True
    for name in columns:
        column = frame[name]
        values = column.cat.codes.to_numpy() if column.dtype == "category" else column.to_numpy(dtype=object)
        changed[1:] |= values[1:] != values[:-1]
    return changed


def _distinct(column: pd.Series) -> tuple[Places, list[object]]:
    """For each row the place of its value among the distinct values; -1 where there is none."""
    import pandas as pd

    if column.dtype == "category":
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    places, values = pd.factorize(column.to_numpy(dtype=object))
    return places, list(values)


def _texts(column: pd.Series, before: str = "", after: str = "") -> Texts:
    """`` NAME="value"`` for each row, nothing where there is no value; each distinct value is formatted once."""
    places, distinct = _distinct(column)
    name = str(column.name)
    ready = [before + (_attribute(name, value) if _said(value) else "") + after for value in distinct]
    return np.array([*ready, before + after], dtype=object)[places]


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


def _tails(part: pd.DataFrame, cells: list[str], before: str) -> Texts:
    """The attributes of each observation and the end of its element; each combination is formatted once."""
    import pandas as pd

    combined = np.zeros(len(part), dtype=np.int64)
    texts = []
    for name in cells:
        places, distinct = _distinct(part[name])
        combined = combined * (len(distinct) + 1) + places + 1
        texts.append(["", *(_attribute(name, value) if _said(value) else "" for value in distinct)])
    places, combinations = pd.factorize(combined)
    ready = []
    for number in combinations.tolist():
        tail = "/>\n"
        for options in reversed(texts):
            number, place = divmod(number, len(options))
            tail = options[place] + tail
        ready.append(before + tail)
    tails: Texts = np.array(ready, dtype=object)[places]
    return tails


def _attribute(name: str, value: object) -> str:
    return f' {name}="{escaped(str(value), name)}"'


def _said(value: object) -> bool:
    return value is not None and value != "" and value == value
