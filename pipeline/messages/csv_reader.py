"""SDMX-CSV 1.0, 2.0 and 2.1, read row by row, with line and column of every cell.

A row with a fault of form (ragged, quotes) is reported and left out, and reading goes on with the next *line*, so that a
quote that never closes costs one row and not the rest of the file. What stands in the cells is for the rules.

Sources: RFC 4180; SDMX-CSV data message field guide 1.0 and 2.0 (column headers, column content, multi-valued components,
``labels``); 2.1 adds the action ``M``.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter

from pipeline.errors import quoted
from pipeline.events import Cells, DataSet, DataSetHead, Listener, Value
from pipeline.findings import Finding

LONGEST = 1 << 20
"""No row may have more characters than this, line ends inside quotes included."""
MOST_RAGGED = 50_000
MOST_COLUMNS = 1_000
MOST_DATA_SETS = 1_000
"""No file may name more pairs of structure and action than this."""

_FORMAT = "SDMX-CSV"
_MOST_TRIES = 100  # quoted cells over several lines that turned out to be faults: bounds what is read twice
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_KINDS = {"dataflow": "Dataflow", "datastructure": "DataStructure", "dataprovision": "ProvisionAgreement"}
_ACTIONS = {"I": "Information", "A": "Append", "R": "Replace", "D": "Delete", "M": "Merge"}
_KEYS = {"ACTION", "SERIES_KEY", "OBS_KEY"}

_FIRST = re.compile(r'"?(?:DATAFLOW|STRUCTURE(?:\[[^\]]*\])?)"?([,;\t|])')
_VERSION_1 = re.compile(r'("?)DATAFLOW\1(?=[,;\t|\r\n]|$)')
_VERSION_2 = re.compile(r'("?)STRUCTURE(?:\[[^\]]*\])?\1([,;\t|])("?)STRUCTURE_ID\3(?=\2|[\r\n]|$)')
_REFERENCE = re.compile(r"[A-Za-z][\w.\-]*:[\w@$\-]+(\([^()]*\))?(: .*)?", re.DOTALL)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_LABELLED = re.compile(r"(\S+?): ")
_CELL = r'(?<![^,])(?:"[^"]*(?:""[^"]*)*"|[^",]*)(?![^,])'
_INSIDE = re.compile(r'[^"]*(?:""[^"]*)*')


def recognised(first_line: str) -> str | None:
    """Which SDMX-CSV this is, from its header row: ``SDMX-CSV 1.0``, ``SDMX-CSV 2.0``, or None when it is none.

    The header row of 2.1 is that of 2.0.
    """
    if _VERSION_1.match(first_line):
        return f"{_FORMAT} 1.0"
    if _VERSION_2.match(first_line):
        return f"{_FORMAT} 2.0"
    return None


def read(blocks: Iterable[str], listener: Listener) -> None:
    """Tell what stands in an SDMX-CSV file, row by row; ``blocks`` are its text, line ends as they are.

    Each structure and action that rows name is one data set, wherever its rows stand. Every row with components is an
    observation: which columns are dimensions is not known here. An empty cell is a component that is not there. The
    place of a data set is that of its first row; there ``where`` gives the place of a component's name in the header row.

    Findings: ``csv-header``, ``csv-columns``, ``csv-ragged``, ``csv-quote``, ``limit`` (then reading ends).
    """
    rows = _Rows(blocks, listener.found)
    stream = iter(rows)
    header = next(stream, None)
    if header is None or rows.line != 1:  # without a header row; a fault of its quotes or length is told already
        listener.message(_FORMAT)
        if not rows.last:
            listener.found(Finding("csv-header", "the header row is empty.", line=1, column=1))
        return
    names = [_BRACKETS.sub("", text.partition(": ")[0]) for text in header]
    version_2 = bool({"STRUCTURE", "STRUCTURE_ID"} & set(names))
    listener.message(f"{_FORMAT} 2.0" if version_2 else f"{_FORMAT} 1.0" if "DATAFLOW" in names else _FORMAT)
    columns = _columns(header, names, version_2, rows, listener.found)
    if columns is not None:
        _Reading(rows, columns, listener).go_on(stream)


# --- the rows -----------------------------------------------------------------------------------------------------


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    """The lines with their ends (LF, CR LF, CR); after one that is longer than any row, nothing more."""
    pieces: list[str] = []
    size, half = 0, False
    for block in blocks:
        if not block:
            continue
        pieces.append(block)
        size += len(block)
        if not half and "\n" not in block and "\r" not in block:
            if size > LONGEST:
                break
            continue
        lines = list(io.StringIO("".join(pieces), newline=""))
        pieces = [] if lines[-1].endswith("\n") else [lines.pop()]  # a line end "\r" may be the half of "\r\n"
        size = len(pieces[0]) if pieces else 0
        half = bool(pieces) and pieces[0].endswith("\r")
        yield from lines
    if pieces:
        yield "".join(pieces)


class _Rows:
    """The rows of a file as lists of cells; ``line`` is the row's first line, ``last`` the line that was read last."""

    def __init__(self, blocks: Iterable[str], found: Callable[[Finding], None]) -> None:
        self.line = self.last = 0
        self.separator = ","
        self.broken = False
        self._raw: list[str] = []  # the cells of the current row with their quotes
        self._places: list[tuple[int, int]] = []  # where they begin, if the row has more than one line
        self._found = found
        self._again: deque[str] = deque()
        self._lines = self._with_returned(blocks)
        self._tries = 0

    def _with_returned(self, blocks: Iterable[str]) -> Iterator[str]:
        """The lines, those that were given back before those that follow; at the end empty texts."""
        for line in _lines(blocks):
            yield line
            while self._again:
                yield self._again.popleft()
        while True:
            yield self._again.popleft() if self._again else ""

    def place(self, column: int) -> tuple[int, int]:
        """Where the first character of a cell of the current row stands; behind the quote, if it has one."""
        if self._places:
            return self._places[column]
        return self.line, 1 + column + sum(map(len, self._raw[:column])) + self._raw[column].startswith('"')

    def __iter__(self) -> Iterator[list[str]]:
        first = next(self._lines)
        self.separator = _separator(first)
        self._again.append(first)
        cell = re.compile(_CELL.replace(",", re.escape(self.separator)))
        for whole in self._lines:
            if not whole:
                return
            self.last += 1
            self.line = self.last
            if len(whole) > LONGEST:
                words = f"the row has more than {LONGEST:,} characters, the longest that is read; reading ends here."
                self._found(Finding("limit", words, line=self.line, column=1))
                self.broken = True
                return
            line = whole.rstrip("\r\n")
            self._places = []
            if '"' not in line:
                self._raw = line.split(self.separator)
                yield self._raw
                continue
            self._raw = cell.findall(line)
            if self.separator.join(self._raw) == line:
                yield [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in self._raw]
            elif cells := self._quoted(whole):
                yield cells

    def _quoted(self, line: str) -> list[str] | None:
        """A row whose cells go on over lines, or with a fault, which is reported: then None."""
        cells: list[str] = []
        places: list[tuple[int, int]] = []
        further: list[str] = []
        spanning: tuple[int, int] | None = None  # the first quote that closes on a later line
        start, size = 0, len(line)
        end = len(line.rstrip("\r\n"))
        while True:
            if line.startswith('"', start):
                opened = self.last, start + 1
                places.append((self.last, start + 2))
                start += 1
                pieces = []
                while (close := _closing(line, start)) == len(line):
                    pieces.append(line[start:])
                    spanning = spanning or opened
                    line = next(self._lines) if self._tries < _MOST_TRIES else ""
                    further += [line] if line else []
                    start, size, end = 0, size + len(line), len(line.rstrip("\r\n"))
                    if not line or size > LONGEST:
                        self._fault("the quote that opens here does not close.", opened, "", further)
                        return None
                    self.last += 1
                pieces.append(line[start:close])
                cells.append("".join(pieces).replace('""', '"'))
                start = close + 1
                if start < end and not line.startswith(self.separator, start):
                    words = "text follows the quote that closes a cell."
                    self._fault(words, (self.last, start + 1), line[start:end], further, spanning)
                    return None
            else:
                stop = line.find(self.separator, start, end)
                stop = end if stop < 0 else stop
                text = line[start:stop]
                if '"' in text:
                    words = f"a quote stands inside the cell {quoted(text)}, which does not begin with one."
                    at = self.last, start + 1 + text.index('"')
                    self._fault(words, at, text, further, spanning)
                    return None
                cells.append(text)
                places.append((self.last, start + 1))
                start = stop
            if start >= end:
                self._places = places
                return cells
            start += 1  # behind the separator

    def _fault(
        self,
        message: str,
        at: tuple[int, int],
        value: str,
        further: Sequence[str],
        spanning: tuple[int, int] | None = None,
    ) -> None:
        """Report a quote, and give back the lines behind the row's first; the first quote over lines is the culprit."""
        if further:
            self._again.extendleft(reversed(further))
            self.last = self.line
            self._tries += 1
        if spanning:
            message = f"the quote that opens here does not close on its line, and at line {at[0]} {message}"
            at = spanning
        hint = "Close the quote; a quote that belongs to the text is doubled, in a cell that stands in quotes."
        self._found(Finding("csv-quote", message, hint, line=at[0], column=at[1], value=value[:200]))


def _closing(line: str, start: int) -> int:
    """Where the quote stands that closes a cell, or the length of the line."""
    inside = _INSIDE.match(line, start)
    return len(line) if inside is None else inside.end()


def _separator(line: str) -> str:
    """What separates the cells: what follows the first header, else what the header row has."""
    if match := _FIRST.match(line):
        return match[1]
    return next((separator for separator in _SEPARATORS if separator in line), ",")


# --- the header row -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the header row says: where what stands; ``places`` are those of the components' names in it."""

    width: int
    kind: int | None
    ref: int | None
    action: int | None
    components: dict[str, int]
    technical: dict[str, int]
    several: frozenset[str]
    between: str
    labelled: bool
    always: str = ""
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


def _columns(
    header: list[str], names: list[str], version_2: bool, rows: _Rows, found: Callable[[Finding], None]
) -> _Columns | None:
    """The header row understood; what is wrong with it is reported. None when it is none: then nothing can be read."""

    def wrong(rule: str, message: str, column: int = 0, hint: str = "", expected: str = "") -> None:
        line, at = rows.place(column)
        found(Finding(rule, message, hint, line=line, column=at, value=header[column][:200], expected=expected))

    if len(header) > MOST_COLUMNS:
        line, at = rows.place(0)
        words = f"the header row has {len(header):,} columns; at most {MOST_COLUMNS:,} are read."
        found(Finding("limit", words, line=line, column=at, value=str(len(header))))
        return None
    if not any(text.strip() for text in header):
        wrong("csv-header", "the header row is empty.")
        return None
    said = header[1] if header[0] in _KINDS and len(header) > 1 else header[0]
    if _REFERENCE.fullmatch(said):
        wrong("csv-header", f"the header row is missing: the first row begins with {quoted(header[0])}, a value.")
        return None
    if (
        rows.separator != "," and not version_2
    ):  # SDMX-CSV 2.0 leaves the separator open (field guide, design principles)
        words = _SEPARATORS[rows.separator]
        hint = f"The file is separated by {words}; save it with commas between the cells."
        wrong("csv-header", f"the cells are separated by {words}, not by commas.", hint=hint, expected=",")
    required: tuple[str, ...]
    if version_2:
        required, technical = ("STRUCTURE", "STRUCTURE_ID"), {"STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", *_KEYS}
    else:
        required, technical = ("DATAFLOW",), {"DATAFLOW", *_KEYS}
    places: dict[str, int] = {}
    components: dict[str, int] = {}
    is_label = False  # with labels=name, the label of a component stands in a column behind it
    for column, name in enumerate(names):
        known = places if name in technical else components
        if is_label and known is components:
            is_label = False
            continue
        is_label = known is components and "STRUCTURE_NAME" in names
        if not name.strip():
            wrong("csv-columns", f"column {column + 1} has no name.", column)
        elif name in known:
            words = f"the column {quoted(name)} stands twice, as column {known[name] + 1} and {column + 1}."
            wrong("csv-columns", words, column)
        else:
            known[name] = column
    for column, name in enumerate(required):
        if not set(required) & set(places):
            words = "the header row lacks the column that names the structure of the data."
            wrong("csv-header", words, expected="DATAFLOW, or STRUCTURE and STRUCTURE_ID")
            break
        if name not in places:
            wrong("csv-header", f"the header row lacks the column {name}.", expected=name)
        elif places[name] != column:
            words = f"{name} is column {places[name] + 1} of the header row; expected as column {column + 1}."
            wrong("csv-header", words, places[name], expected=name)
    said_between = (re.search(r"\[([^\]])\]", text) for text in (header[places.get("STRUCTURE", 0)], header[0]))
    between = next((match[1] for match in said_between if match), "")
    several = frozenset(name for name, column in components.items() if header[column].partition(": ")[0].endswith("[]"))
    if several and not between:
        name = min(several, key=components.__getitem__)
        words = f"the column {name}[] has several values, but the header row does not say what separates them."
        if not version_2 or "STRUCTURE" in places:
            wrong("csv-header", words, components[name], expected="STRUCTURE[;]")
        between = ";"
    return _Columns(
        width=len(header),
        kind=places.get("STRUCTURE"),
        ref=places.get(required[-1]),
        action=places.get("ACTION"),
        components=components,
        technical=places,
        several=several,
        between=between,
        labelled=any(": " in text for text in header),
        always="Dataflow" if required == ("DATAFLOW",) and "DATAFLOW" in places else "",
        places={name: rows.place(column) for name, column in components.items()},
    )


# --- the content --------------------------------------------------------------------------------------------------


class _Reading:
    """The rows below the header row, told to a listener."""

    def __init__(self, rows: _Rows, columns: _Columns, listener: Listener) -> None:
        self.rows = rows
        self.columns = columns
        self.listener = listener
        self.data_sets: dict[tuple[str, str, str], DataSet] = {}
        self.index = {**columns.technical, **columns.components}
        self.blank = 0  # the first of the empty lines since the last row

    def go_on(self, stream: Iterator[list[str]]) -> None:
        """Tell every row; then every data set ends, unless reading broke off."""
        columns, where = self.columns, self.where
        of_a_data_set = [column for column in (columns.kind, columns.ref, columns.action) if column is not None]
        said_of: Callable[[list[str]], object] = itemgetter(*of_a_data_set) if of_a_data_set else lambda _: ""
        of_a_component = frozenset(columns.components.values())
        taken = [column in of_a_component for column in range(columns.width)]
        names, width = list(columns.components), columns.width
        plain = not (columns.several or columns.labelled)
        last: object = None
        data_set: DataSet | None = None
        ragged = 0
        for cells in stream:
            if len(cells) != width or self.blank:
                if cells == [""]:
                    self.blank = self.blank or self.rows.line
                    continue
                if self.blank:
                    self._blank()
                if len(cells) != width:
                    self._ragged(cells)
                    ragged += 1
                    if ragged > MOST_RAGGED:
                        words = f"more than {MOST_RAGGED:,} rows do not fit the header row; the rest is not read."
                        self.listener.found(Finding("limit", words, line=self.rows.line, column=1))
                        return
                    continue
            said = said_of(cells)
            if said != last or data_set is None:
                data_set, last = self._data_set(cells), said
                if data_set is None:
                    return
            told: Cells = dict(zip(names, compress(cells, taken), strict=False))
            if "" in cells:
                told = {name: text for name, text in told.items() if text}
            if not plain:
                told = {name: self._value(name, str(text)) for name, text in told.items()}
            data_set.observation(told, where)
        if not self.rows.broken:
            for data_set in self.data_sets.values():
                data_set.end()

    def where(self, component: str) -> tuple[int, int]:
        """The place of a cell of the current row; of the row, for what has no column."""
        column = self.index.get(component)
        return (self.rows.line, 1) if column is None else self.rows.place(column)

    def _where_in_header(self, component: str) -> tuple[int, int]:
        """What says which data set this is, in the current row; the names of components in the header row."""
        if not component or component in self.columns.technical:
            return self.where(component)
        return self.columns.places.get(component, (1, 1))

    def _data_set(self, cells: list[str]) -> DataSet | None:
        """Who listens to this row; None, reported, when there are too many of them."""
        kind, ref, action = (
            "" if column is None else cells[column]
            for column in (self.columns.kind, self.columns.ref, self.columns.action)
        )
        kind = _KINDS.get(kind.lower(), kind) or self.columns.always
        ref = ref.partition(": ")[0]
        action = _ACTIONS.get(action, action)
        data_set = self.data_sets.get((kind, ref, action))
        if data_set is not None:
            return data_set
        if len(self.data_sets) == MOST_DATA_SETS:
            words = f"the rows name more than {MOST_DATA_SETS:,} structures, the most that are read; reading ends here."
            self.listener.found(Finding("limit", words, line=self.rows.line, column=1, value=ref[:200]))
            return None
        head = DataSetHead(
            refers=ref,
            kind=kind,
            action=action,
            columns=tuple(self.columns.components),
            where=self._where_in_header,
        )
        data_set = self.data_sets[kind, ref, action] = self.listener.data_set(head)
        return data_set

    def _value(self, name: str, text: str) -> Value:
        """The text of a cell, without its label, or the several values that it holds."""
        if name in self.columns.several:
            return tuple(self._unlabelled(part) for part in _parts(text, self.columns.between))
        return self._unlabelled(text)

    def _unlabelled(self, text: str) -> str:
        match = _LABELLED.match(text) if self.columns.labelled else None
        return match[1] if match else text

    def _ragged(self, cells: list[str]) -> None:
        """Report a row that has more or fewer cells than the header row."""
        have, want = len(cells), self.columns.width
        counted = "1 cell" if have == 1 else f"{have:,} cells"
        message, hint, value = f"the row has {counted}, the header row {want:,}.", "", ""
        line, column = self.rows.line, 1
        if have > want:
            line, column = self.rows.place(want)
            value = cells[want][:200]
            hint = "A text that contains the separator must stand in quotes; the decimal separator is a point."
        self.listener.found(
            Finding("csv-ragged", message, hint, line=line, column=column, value=value, expected=f"{want} cells")
        )

    def _blank(self) -> None:
        """Report empty lines between rows, once for those that stand together; at the end of the file they are none."""
        self.listener.found(Finding("csv-ragged", "an empty line stands between the rows.", line=self.blank, column=1))
        self.blank = 0


def _parts(text: str, between: str) -> tuple[str, ...]:
    """The values that a cell holds; one of them may stand in quotes of its own."""
    if not between:
        return (text,)
    if '"' not in text:
        return tuple(text.split(between))
    parts, inside, start = [], False, 0
    for at, character in enumerate(text):
        if character == '"':
            inside = not inside
        elif character == between and not inside:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return tuple(
        part[1:-1].replace('""', '"') if len(part) > 1 and part[0] == part[-1] == '"' else part for part in parts
    )
