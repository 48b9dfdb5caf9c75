"""Text files → grid: the declared encoding and separator, nothing else."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from pipeline.errors import InputError, Problem, Problems
from pipeline.facts.models import Layout
from pipeline.sources.form import not_text
from pipeline.sources.grid import Grid
from pipeline.sources.snapshot import Snapshot

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8",
}


def text_grid(snapshot: Snapshot, layout: Layout, problems: Problems) -> Grid:
    """The table of a text file; ragged rows go to ``problems``, a file that cannot be read at all is an InputError."""
    text = _decoded(snapshot, layout)
    if wrong := not_text(text):
        raise InputError(
            Problem(snapshot.name, wrong.problems[0].message, wrong.problems[0].hint, wrong.problems[0].rule)
        )
    if match := _CONTROL.search(text):
        message = f"control character U+{ord(match[0]):04X} in the text."
        hint = "A table holds none: ask for the file again, or save it anew."
        raise InputError(
            Problem(f"{snapshot.name} {_place(text[: match.start()])}", message, hint, "input-control-character")
        )
    header: tuple[str, ...] = ()
    rows, at = [], []
    for line, row in _rows(text, layout, snapshot.name):
        if line > layout.header_row:
            if len(row) == len(header):
                if row[0].strip() or any(map(str.strip, row)):
                    rows.append(row)
                    at.append(line)
            elif row:
                message = f"{len(row)} cells; the header row has {len(header)}."
                hint = "Is a separator missing, or one too many? Text that contains the separator stands in quotes."
                problems.add(f"{snapshot.name} line {line}", message, hint, "input-ragged")
        elif line == layout.header_row:
            header = tuple(row)
    return Grid(snapshot.name, "", header, layout.header_row, rows, at)


def text_header(snapshot: Snapshot, layout: Layout) -> tuple[str, ...]:
    """The header row, read leniently: to recognise a file that may be wrong in other ways."""
    head = snapshot.data[: 1 << 20]
    mark = _mark(snapshot.data)
    try:
        text = head.decode(mark or layout.encoding, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        text = head.decode("utf-8", "replace")
    if wrong := not_text(text):
        raise wrong
    try:
        for line, row in _rows(text, layout, snapshot.name):
            if line >= layout.header_row:
                return tuple(row) if line == layout.header_row else ()
    except InputError:
        pass
    return ()


def _rows(text: str, layout: Layout, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts on; a line feed inside quotes does not end a row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator, strict=True)
    if '"' not in text:
        yield from enumerate(reader, 1)
        return
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        where = f"{name} line {line}"
        if "expected after" in str(error):
            message = f"a quote ends in the middle of a cell, in the row that starts on line {line}."
        else:
            message = f"a quote opens in the row that starts on line {line} and does not close."
        hint = 'A quote inside quoted text is doubled: "".'
        raise InputError(Problem(where, message, hint, "input-quote")) from error


def _decoded(snapshot: Snapshot, layout: Layout) -> str:
    data, declared, name = snapshot.data, layout.encoding, snapshot.name
    try:
        encoding = codecs.lookup(declared).name.removesuffix("-sig")
        "".encode(encoding)
    except LookupError as error:
        message = f"layout {layout.id!r} declares the encoding {declared!r}, which does not exist."
        raise InputError(Problem(name, message, "Correct the layout.", "input-encoding")) from error
    mark = _mark(data)
    if mark and not encoding.startswith(mark):
        message = f"the file is {mark.upper()}; layout {layout.id!r} declares {declared}."
        raise InputError(Problem(name, message, f"Save it as {declared.upper()}.", "input-encoding"))
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(_undecodable(snapshot, layout, encoding, error)) from error
    if not encoding.startswith("utf") and not data.isascii() and _is_utf8(data):
        message = f"the file is UTF-8; layout {layout.id!r} declares {declared}."
        raise InputError(
            Problem(name, message, 'Correct the layout (encoding = "utf-8"), or save the file so.', "input-encoding")
        )
    return text


def _mark(data: bytes) -> str:
    """The encoding that the first bytes betray, or nothing."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    head = data[:200]
    for zeros, others, encoding in ((head[1::2], head[::2], "utf-16-le"), (head[::2], head[1::2], "utf-16-be")):
        if len(head) > 3 and zeros and not any(zeros) and all(others):
            return encoding
    return ""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(snapshot: Snapshot, layout: Layout, encoding: str, error: UnicodeDecodeError) -> Problem:
    byte = snapshot.data[error.start]
    place = _place(snapshot.data[: error.start].decode(encoding, "replace"))
    message = f"byte 0x{byte:02X}"
    hint = "Ask for the file again."
    if encoding == "utf-8":
        char = bytes([byte]).decode("cp1252", "ignore")
        message += f" ({char!r})" if char else ""
        message += f" {place} is not UTF-8, which layout {layout.id!r} declares; the file is probably Windows-1252."
        hint = 'Save it as UTF-8, or declare encoding = "cp1252" in the layout.'
    else:
        message += f" {place} does not exist in {layout.encoding}, which layout {layout.id!r} declares."
    return Problem(f"{snapshot.name} {place}", message, hint, "input-encoding")


def _place(before: str) -> str:
    """Line and column of the character that follows this text."""
    lines = re.split(r"\r\n|\r|\n", before)
    return f"line {len(lines)} col {len(lines[-1]) + 1}"
