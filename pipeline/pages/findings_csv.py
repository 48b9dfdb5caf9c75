"""All findings as a table: RFC 4180, one line per finding, to be written as UTF-8 and opened anywhere.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return for a formula; such a
cell gets a leading apostrophe (so a found value ``-5`` reads ``'-5``; the JSON report has it unchanged). Control
characters, line breaks included, are shown as escapes, so that a finding is always one line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from pipeline.pages.summary import Document, Entry
from pipeline.pages.visible import visible

#: The keys of a finding in the JSON report, in its order; ``related`` as "line:column value; …"; not ``accepted``.
COLUMNS = (
    "id", "rule", "name", "severity", "struval", "fmr", "file", "line", "column", "cell", "series", "period",
    "component", "value", "expected", "message", "hint", "related",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # the wide ones count in East Asian spreadsheets


def header() -> str:
    """The names of the columns, as the first line."""
    return _line(COLUMNS)


def table(document: Document) -> str:
    """All findings of a JSON report."""
    return header() + "".join(row(finding) for finding in document["findings"])


def row(finding: Entry) -> str:
    """One finding of the JSON report as a line, its end included."""
    cells = {**finding, "related": "; ".join(_place(place) for place in finding["related"])}
    return _line(_cell(cells[column]) for column in COLUMNS)


def _place(place: Entry) -> str:
    at = ":".join(str(place[key]) for key in ("line", "column") if place[key] is not None)
    return f"{at} {place['value']}".strip(" ")


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{visible(text)}" if text.startswith(FORMULA) else visible(text)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
