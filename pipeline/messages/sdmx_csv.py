"""Writing SDMX-CSV 2.0, streaming: one line per observation, the whole key and every attribute on it.

Sources: SDMX-CSV Data Message Field Guide 2.0 (github.com/sdmx-twg/sdmx-csv, "Columns", "Column headers", "Column
content", "Multi-valued components"): ``STRUCTURE``, ``STRUCTURE_ID``, ``ACTION``, then dimensions, measures and
attributes in the order of the structure. The guide leaves lines and quotes to RFC 4180: lines end in CR LF, a field
with a comma, a quote or a line break stands in quotes, a quote inside is doubled, spaces belong to the field. UTF-8
without a mark. A text is data whatever it begins with: nothing is put before ``=``, ``+``, ``-`` or ``@``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.facts.structure import Attribute, Component, Dimension, Structure
from pipeline.messages.header import Header
from pipeline.messages.names import said, sendable, several
from pipeline.messages.structure_specific import (
    changes,
    combined,
    distinct_of,
    in_order,
    levels_of,
    one_value_each,
)

if TYPE_CHECKING:
    import pandas as pd

    Texts = np.ndarray[tuple[int], np.dtype[np.object_]]

CHUNK = 1 << 16  # rows formatted at a time: bounds the memory above the frame
SEPARATORS = ";|~^!"  # between several values of a component: the first that stands in none of them
END = "\r\n"
_QUOTED = re.compile(r'[",\r\n]')


def write(stream: BinaryIO, frame: pd.DataFrame, structure: Structure, header: Header) -> None:
    """Write one data set, by series key and period; what is said of a series or a data set is repeated on each line.

    ``frame`` is as the SDMX-ML writer takes it: a text column for each component that occurs, a tuple of texts for
    several values; rows in any order, other columns ignored. A missing value is an empty field.
    Raises ValueError and InputError where that writer does.
    """
    keys = [d.id for d in structure.dimensions if d.id != header.at]
    frame = in_order(frame, keys, header.at)
    one_value_each(frame, structure, levels_of(frame, structure, header.at), changes(frame, keys))
    components = [c for c in structure.components if c.id in frame.columns]
    separator = _separator(frame, components)
    titles = [f"STRUCTURE[{separator}]" if separator else "STRUCTURE", "STRUCTURE_ID", "ACTION"]
    titles += [f"{c.id}[]" if several(c) else c.id for c in components]
    stream.write((",".join(map(_field, titles)) + END).encode("utf-8"))
    for text in _lines(frame, components, ",".join(map(_field, _named(header))), separator):
        stream.write(text.encode("utf-8"))


def differences(data: bytes, meant: Header) -> list[tuple[str, str, str]]:
    """Where the lines of a file do not name what was meant: (column, meant, found).

    An SDMX-CSV file has no header: sender, receiver and times are in none of it. Read by the csv module, apart from
    the writer.
    """
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    titles = next(rows, [])
    wanted = dict(zip(("STRUCTURE", "STRUCTURE_ID", "ACTION"), _named(meant), strict=True))
    there = [re.sub(r"\[.\]$", "", title) for title in titles[:3]]
    if there != list(wanted):
        return [("columns", ",".join(wanted), ",".join(titles[:3]))]
    try:
        lines = dict.fromkeys(tuple(row[:3]) for row in rows)
    except csv.Error as error:  # a text longer than the module takes
        return [("lines", "lines that can be read", str(error))]
    others = (
        (name, text, next((found for line in lines if (found := "".join(line[place : place + 1])) != text), text))
        for place, (name, text) in enumerate(wanted.items())
    )
    return [(name, text, found) for name, text, found in others if found != text]


def _named(header: Header) -> tuple[str, str, str]:
    """What every line begins with: the kind of artefact, its reference, the action as one letter."""
    return header.reference.scope.lower(), header.reference.ref, header.action[:1]


def _lines(frame: pd.DataFrame, components: Sequence[Component], first: str, separator: str) -> Iterator[str]:
    """The lines, some ten thousand at a time; each combination of a key's codes, or of attributes, is formatted once."""
    keys = [c for c in components if isinstance(c, Dimension) and c.kind != "time"]
    attributes = [c for c in components if isinstance(c, Attribute)]
    between = components[len(keys) : len(components) - len(attributes)]  # the period and the measures
    for begin in range(0, len(frame), CHUNK):
        part = frame.iloc[begin : begin + CHUNK]
        pieces = [_together(part, keys, separator, before=first)]
        for component in between:
            pieces += _fields(part[component.id], component, separator)
        pieces.append(_together(part, attributes, separator, after=END))
        yield "".join(np.stack(pieces, axis=1).ravel().tolist())


def _together(
    part: pd.DataFrame, components: Sequence[Component], separator: str, before: str = "", after: str = ""
) -> Texts:
    """A comma and the field, for each of the components, in one text for each row."""
    columns = []
    for component in components:
        places, distinct = distinct_of(part[component.id])
        columns.append((places, [",", *_ready(distinct, component, separator)]))
    places, combinations = combined(len(part), columns)
    texts: Texts = np.array([before + "".join(texts) + after for texts in combinations], dtype=object)[places]
    return texts


def _fields(column: pd.Series, component: Component, separator: str) -> list[Texts]:
    """A comma and the field, for each row; values that are mostly distinct are looked at together, in one search."""
    places, distinct = distinct_of(column)
    texts = [value for value in distinct if isinstance(value, str)] if len(distinct) * 2 > len(column) else []
    if len(texts) == len(distinct) and (places >= 0).all():
        together = sendable("".join(texts), component.id)
        if not _QUOTED.search(together):
            return [np.full(len(column), ",", dtype=object), column.to_numpy(dtype=object)]
    return [np.array([*_ready(distinct, component, separator), ","], dtype=object)[places]]


def _ready(distinct: Sequence[object], component: Component, separator: str) -> list[str]:
    return ["," + _field(_text(value, component, separator), component.id) for value in distinct]


def _text(value: object, component: Component, separator: str) -> str:
    """The field before it is quoted: nothing, a text, or several texts with the separator between them."""
    if isinstance(value, tuple):
        if len(value) > 1 and not several(component):
            raise ValueError(f"{component.id} has {len(value)} values, and there is place for one")
        return separator.join(map(str, value))
    return str(value) if said(value) else ""


def _field(text: str, where: str = "") -> str:
    """A field as RFC 4180 has it."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(sendable(text, where)) else text


def _separator(frame: pd.DataFrame, components: Sequence[Component]) -> str:
    """What stands between several values of one component; empty where no component that occurs may have several."""
    arrays = [c for c in components if several(c)]
    if not arrays:
        return ""
    texts = [
        str(text)
        for c in arrays
        for value in distinct_of(frame[c.id])[1]
        for text in (value if isinstance(value, tuple) else (value,))
    ]
    for separator in SEPARATORS:
        if not any(separator in text for text in texts):
            return separator
    names = ", ".join(c.id for c in arrays)
    raise ValueError(f"no separator is left for the values of {names}: all of {SEPARATORS} stand in them")
