"""Excel workbooks → grid: the declared sheet, values only; nothing in the file is executed or fetched."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import InputError, Problem, nearest
from pipeline.facts.models import Layout
from pipeline.sources.grid import Grid
from pipeline.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from openpyxl import Workbook

UNPACKED = 512 * 1024**2
RATIO, SMALL = 200, 32 * 1024**2
_ROWS = 1_048_576
_NO_RESULT = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)")
_TYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))

Row = tuple[object, ...]


def sheet_grid(snapshot: Snapshot, layout: Layout) -> Grid:
    """The table of a sheet; InputError when the workbook cannot be read or has no such sheet."""
    uncalculated_somewhere = _inspected(snapshot)
    with _opened(snapshot) as book:
        rows = [_trimmed(row) for row in _rows(book, snapshot.name, layout.sheet)]
        system = 1904 if book.epoch.year == 1904 else 1900
    formulas: list[Row] = []
    if uncalculated_somewhere:  # a second pass, to tell such a formula from an empty cell
        with _opened(snapshot, values=False) as book:
            formulas = [_trimmed(row) for row in _rows(book, snapshot.name, layout.sheet)]
    width = max((len(row) for row in rows + formulas), default=0)
    rows += [()] * (len(formulas) - len(rows))
    formulas += [()] * (len(rows) - len(formulas))
    uncalculated = set()
    kept, at = [], []
    for number, (row, formula) in enumerate(zip(rows, formulas, strict=True), 1):
        full = row + (None,) * (width - len(row))
        uncalculated |= {(number, i) for i, cell in enumerate(formula) if cell is not None and full[i] is None}
        if number > layout.header_row and (row or formula):
            kept.append(full)
            at.append(number)
    header = rows[layout.header_row - 1] if len(rows) >= layout.header_row else ()
    header += (None,) * (width - len(header))
    return Grid(
        snapshot.name,
        layout.sheet,
        header,
        layout.header_row,
        kept,
        at,
        _letters(width),
        frozenset(uncalculated),
        system,
    )


@contextmanager
def sheets(snapshot: Snapshot) -> Iterator[Workbook]:
    """The workbook, checked and open, to look at its sheets and header rows."""
    _inspected(snapshot)
    with _opened(snapshot) as book:
        yield book


def sheet_header(book: Workbook, name: str, sheet: str, header_row: int) -> Row:
    """The cells of the header row of a sheet; InputError when there is no such sheet."""
    for number, row in enumerate(_rows(book, name, sheet), 1):
        if number == header_row:
            return _trimmed(row)
    return ()


def _rows(book: Workbook, name: str, sheet: str) -> Iterator[Row]:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    if sheet not in book.sheetnames:
        have = ", ".join(repr(title) for title in book.sheetnames)
        message = f"the sheet {sheet!r} is missing{nearest(sheet, book.sheetnames) or '.'}"
        raise InputError(Problem(name, message, f"The workbook has: {have}.", "input-layout"))
    table = book[sheet]
    if not isinstance(table, ReadOnlyWorksheet):
        raise InputError(Problem(name, f"the sheet {sheet!r} is a chart, not a table.", "", "input-layout"))
    table.reset_dimensions()  # many programs write a wrong one
    for number, row in enumerate(table.iter_rows(values_only=True), 1):
        if number > _ROWS:
            raise InputError(Problem(name, f"more than {_ROWS:,} rows in the sheet {sheet!r}.", "", "input-too-large"))
        yield row


def _trimmed(row: Row) -> Row:
    """The row without empty cells at its end; blank text is empty."""
    cells = [None if cell.__class__ is str and not cell.strip() else cell for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)


def _letters(width: int) -> tuple[str, ...]:
    from openpyxl.utils import get_column_letter

    return tuple(get_column_letter(i) for i in range(1, width + 1))


@contextmanager
def _opened(snapshot: Snapshot, *, values: bool = True) -> Iterator[Workbook]:
    """The workbook, read-only. Whatever openpyxl stumbles over is one sentence: the file is broken."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which nobody reads here
        try:
            book = openpyxl.load_workbook(io.BytesIO(snapshot.data), read_only=True, data_only=values)
            try:
                yield book
            finally:
                book.close()
        except (InputError, MemoryError):
            raise
        except Exception as error:  # a damaged workbook fails in openpyxl in any way there is
            message = f"the workbook cannot be read ({error.__class__.__name__}: {str(error)[:120]})."
            hint = "Open it in Excel, save it as .xlsx, and try again."
            raise InputError(Problem(snapshot.name, message, hint, "input-broken")) from error


def _inspected(snapshot: Snapshot) -> bool:
    """Refuse what is dangerous before openpyxl sees it: bombs, document types, encodings that hide them.

    Returns whether some formula of the workbook has no result.
    """
    data, name = snapshot.data, snapshot.name
    uncalculated = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            size = sum(info.file_size for info in infos)
            if size > UNPACKED or (size > SMALL and size > RATIO * len(data)):
                message = f"the workbook unpacks to {size:,} bytes from {len(data):,}: nothing was read."
                hint = f"At most {UNPACKED:,} bytes, and {RATIO} times its size. Save only the sheet that is needed."
                raise InputError(Problem(name, message, hint, "input-too-large"))
            for info in infos:
                if info.filename.endswith((".xml", ".rels")):
                    part = archive.read(info)
                    _safe(part, info.filename, name)
                    uncalculated = uncalculated or ("worksheets/" in info.filename and bool(_NO_RESULT.search(part)))
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error) as error:
        message = f"the workbook is damaged ({error})."
        raise InputError(
            Problem(name, message, "Open and save it in Excel, or ask for it again.", "input-broken")
        ) from error
    return uncalculated


def _safe(part: bytes, part_name: str, name: str) -> None:
    if any(mark in part for mark in _TYPES):
        message = f"DTD not allowed in {part_name}; possible attack; nothing was read."
        raise InputError(Problem(name, message, "Excel writes none: ask who made the file.", "input-entities"))
    declared = _DECLARED.match(part[:400].lstrip(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"utf-16", b"us-ascii", b"ascii"}:
        said = declared[1].decode("latin-1")
        message = f"{part_name} declares the encoding {said!r}; nothing was read."
        raise InputError(Problem(name, message, "Open and save it in Excel.", "input-entities"))
    if part_name == "xl/workbook.xml" and b"http://purl.oclc.org/ooxml" in part:
        message = "this is a 'Strict Open XML' workbook."
        raise InputError(Problem(name, message, "Save it as 'Excel Workbook (.xlsx)'.", "input-broken"))
