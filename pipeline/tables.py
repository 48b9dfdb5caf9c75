"""The tables of the house: their columns, types, key and order. pandas is imported late.

COUNTS        what the country said: one row per input cell, with its origin
FACTORS       which cell goes where: one row per kind of cell and aggregate, factor +1, 0 or -1; no month, no value
OBSERVATIONS  what Eurostat receives: counts joined with factors, summed; beside the identity stand the components
              of the data structure, whatever they are
VINTAGES      what was sent before: one row per value and delivery that published it anew or otherwise than before
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Places = np.ndarray[tuple[int], np.dtype[np.int64]]

TEXT, WHOLE = "object", "Int64"


@dataclass(frozen=True)
class Table:
    """Columns with their type, and the key that no two rows share; rows stand in the order of the key."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    open: bool = False  # further text columns may follow (the components of a data structure)


#: Cells of one class share these; FACTORS knows nothing else of a cell.
CELL = ("indicator", "area", "kind", "classification", "activity")

#: Kinds of legal unit that together make the kind "total".
PART_KINDS = frozenset({"micro", "other"})

COUNTS = Table(
    "counts",
    {
        **dict.fromkeys(CELL, TEXT),
        "period": TEXT,
        "value": WHOLE,  # empty where the cell has no number; then `state` says why
        "state": TEXT,  # "number", "empty" or "not available"
        "status": TEXT,  # code of the observation status that the country gave, or ""
        "confidentiality": TEXT,  # code of the confidentiality status that the country gave, or ""
        "layout": TEXT,
        "file": TEXT,
        "sheet": TEXT,
        "cell": TEXT,  # "C7" in a sheet, "line 12" in a text file
    },
    key=(*CELL, "period", "file", "sheet", "cell"),
)

FACTORS = Table(
    "factors",
    {
        **dict.fromkeys(CELL, TEXT),
        "target": TEXT,  # "aggregate", "stratum" (a part of the weighted index) or "" where the cells go nowhere
        "aggregate": TEXT,
        "factor": WHOLE,
        "role": TEXT,  # "sent", "out of scope", "unknown", "control", "withheld"
        "precision": TEXT,  # "exact" or "approximate"
        "why": TEXT,
    },
    key=(*CELL, "target", "aggregate"),
)


class Identity(NamedTuple):
    """What a value *is*, whatever codes it is transmitted under. History, comparison and trace join on it."""

    indicator: str
    area: str
    adjustment: str
    frequency: str
    aggregate: str
    period: str
    measure: str  # count, index_ratio or index_weighted


IDENTITY = Identity._fields

OBSERVATIONS = Table("observations", dict.fromkeys(IDENTITY, TEXT), key=IDENTITY, open=True)

VINTAGES = Table(
    "vintages",
    {
        **dict.fromkeys(IDENTITY, TEXT),
        "published": TEXT,  # month of the delivery
        "value": TEXT,  # empty where the observation was gone, or had none
        "status": TEXT,  # code of the observation status; empty where the observation was gone
    },
    key=(*IDENTITY, "published"),
)


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with the table's columns and types, its rows in the order of its key; each stage ends with it.

    Raises ValueError when columns are missing or the key is not unique: a defect of ours, never of the input.
    """
    import numpy as np

    missing = [column for column in table.columns if column not in frame.columns]
    extra = [column for column in frame.columns if column not in table.columns]
    if missing or (extra and not table.open):
        raise ValueError(f"{table.name}: columns missing {missing}, unexpected {extra}")
    types = {**table.columns, **dict.fromkeys(extra, TEXT)}
    frame = frame[[*table.columns, *extra]].astype(types)
    place = _places(frame, table.key)
    at = np.argsort(place, kind="stable")
    if len(place) and (np.diff(place[at]) == 0).any():
        row = frame.iloc[at[1:][np.diff(place[at]) == 0][0]].to_dict()
        raise ValueError(f"{table.name}: the key is not unique, for example {row}")
    return frame.take(at).reset_index(drop=True)


def _places(frame: pd.DataFrame, columns: Iterable[str]) -> Places:
    """One number for each row, in the order of these columns; equal where all of them are equal."""
    import numpy as np
    import pandas as pd

    place, size = np.zeros(len(frame), dtype=np.int64), 1
    for name in columns:
        codes, distinct = pd.factorize(frame[name], sort=True)
        if size * max(len(distinct), 1) >= 2**62:  # number anew what there is, before it grows too large
            _, place = np.unique(place, return_inverse=True)
            size = int(place.max(initial=0)) + 1
        place, size = place * len(distinct) + codes, size * max(len(distinct), 1)
    return place


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before ``= + - @``."""
    return "'" + text if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """The text before ``guarded``."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def write_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file as bytes: UTF-8, comma, LF; text is guarded against formulas, numbers stay numbers."""
    lines = [",".join(map(_cell, row)) for row in (header, *rows)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def read_csv(data: bytes) -> Iterator[dict[str, str]]:
    """The rows of a file that ``write_csv`` wrote, every cell as text."""
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    header = next(rows, [])
    guards = b"'" in data
    for row in rows:
        yield dict(zip(header, map(unguarded, row) if guards else row, strict=True))


@dataclass(frozen=True)
class Parted:
    """A file that ``write_csv`` wrote, its rows parted by one column and not read yet: much of it is not wanted."""

    header: bytes
    lines: Mapping[str, Sequence[bytes]]

    def rows(self, values: Iterable[str]) -> Iterator[dict[str, str]]:
        """The rows that have one of these values in the column, every cell as text."""
        return read_csv(b"\n".join([self.header, *(line for value in values for line in self.lines.get(value, ()))]))


def part_csv(data: bytes, column: str) -> Parted:
    """Part the rows of a file by one of its columns; ValueError where it has no such column."""
    header, *lines = data.removesuffix(b"\n").split(b"\n")
    at = next(csv.reader([header.decode("utf-8")])).index(column)
    parts: dict[bytes, list[bytes]] = {}
    for line in _whole(lines) if b'"' in data else lines:
        cell = (
            next(csv.reader(io.StringIO(line.decode("utf-8"), newline="")))[at].encode("utf-8")
            if b'"' in line
            else line.split(b",", at + 1)[at]
        )
        parts.setdefault(cell, []).append(line)
    return Parted(header, {unguarded(cell.decode("utf-8")): those for cell, those in parts.items()})


def _whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Rows from lines: a quoted cell may go over several."""
    open_: list[bytes] = []
    for line in lines:
        open_.append(line)
        if sum(one.count(b'"') for one in open_) % 2 == 0:
            yield b"\n".join(open_)
            open_ = []


def frame_csv(frame: pd.DataFrame) -> bytes:
    """A table as CSV, as ``write_csv`` writes it; each distinct text is guarded and quoted once."""
    import numpy as np
    import pandas as pd

    columns = []
    for name in frame.columns:
        places, distinct = pd.factorize(frame[name])
        cells = _cells(distinct.tolist())
        columns.append(np.array([*cells, ""], dtype=object)[places])
    header = ",".join(_cell(name) for name in frame.columns)
    lines = map(",".join, zip(*columns, strict=True))
    return ("\n".join([header, *lines]) + "\n").encode("utf-8")


_QUOTED = re.compile(r'[",\r\n]')
_SPECIAL = re.compile(r"""[",\r\n]|(?:^|\0)[=+\-@\t']""")


def _cells(values: list[object]) -> list[str]:
    """Many cells at once: texts that need neither quotes nor a guard stay as they are."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == len(values) and not _SPECIAL.search("\0".join(texts)):
        return texts
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    """One cell as the csv module writes it; a carriage return is quoted as well, or the row would end there."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = guarded(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
