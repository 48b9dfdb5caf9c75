"""Layouts, text files and workbooks for the tests of ``pipeline/sources``."""

import io
import re
import zipfile

import openpyxl
import pytest

from pipeline.errors import InputError, Problem
from pipeline.facts.models import Layout
from pipeline.sources import Snapshot, read

COLUMNS = {"activity": "activity", "period": "month", "value": "count", "area": "area", "kind": "kind"}
HEADER = list(COLUMNS.values())


def layout(**said) -> Layout:
    """A long layout with all that is not said."""
    base = {
        "id": "long",
        "indicator": "registrations",
        "format": "csv",
        "shape": "long",
        "classification": "NACE2",
        "levels": ["division"],
        "columns": COLUMNS,
        "periods": ["YYYY-MM"],
        "absent_rows": "zero",
    }
    return Layout.model_validate(base | said)


def sheet(**said) -> Layout:
    """A long layout of the sheet ``counts``."""
    return layout(**({"id": "sheet", "format": "xlsx", "sheet": "counts"} | said))


def table(*rows, name="counts.csv", header=HEADER, enc="utf-8") -> Snapshot:
    """A text file with these rows."""
    lines = [";".join(map(str, row)) for row in (header, *rows)]
    return Snapshot(name, "".join(line + "\n" for line in lines).encode(enc))


def saved(book, name="counts.xlsx") -> Snapshot:
    """The workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return Snapshot(name, out.getvalue())


def workbook(*rows, name="counts.xlsx", header=HEADER, title="counts", edit=None) -> Snapshot:
    """A workbook with these rows; ``edit`` may change the sheet before it is saved."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in (header, *rows):
        book.active.append(row)
    if edit:
        edit(book.active)
    return saved(book, name)


def patched(snapshot: Snapshot, part: str, change) -> Snapshot:
    """The workbook with one of its parts changed."""
    out, missing = io.BytesIO(), {part}
    with zipfile.ZipFile(io.BytesIO(snapshot.data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            missing.discard(info.filename)
            new.writestr(info.filename, change(data) if info.filename == part else data)
    assert not missing
    return Snapshot(snapshot.name, out.getvalue())


def shared(snapshot: Snapshot) -> Snapshot:
    """The workbook with its texts in a table of shared strings, as Excel writes them."""
    texts: list[bytes] = []

    def index(match):
        texts.append(match[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    inline = rb't="inlineStr"><is><t>(.*?)</t></is>'
    snapshot = patched(snapshot, "xl/worksheets/sheet1.xml", lambda xml: re.sub(inline, index, xml))
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    snapshot = patched(snapshot, "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", part))
    out = io.BytesIO(snapshot.data)
    with zipfile.ZipFile(out, "a") as archive:
        table = b"".join(b"<si><t>" + text + b"</t></si>" for text in texts)
        space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", b'<sst xmlns="' + space + b'">' + table + b"</sst>")
    return Snapshot(snapshot.name, out.getvalue())


def refused(*files) -> list[Problem]:
    """The problems that reading these files raises."""
    with pytest.raises(InputError) as caught:
        read(files)
    return list(caught.value.problems)
