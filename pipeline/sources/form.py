"""What a file is, judged from its bytes; its name is no evidence."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Literal

from pipeline.errors import InputError, Problem

Form = Literal["csv", "xlsx"]
CALLED = {"csv": "a text file", "xlsx": "an Excel workbook"}

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_OTHER = {
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "an RTF document",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_CONTENT = "[Content_Types].xml"
_INSIDE = (_CONTENT, "_rels/.rels", "docProps/", "xl/work")


def form(data: bytes) -> Form:
    """``xlsx`` for an Excel workbook, ``csv`` for anything that may be text.

    Raises InputError (its place is the caller's to say) for what no layout can describe: an empty file, a compressed
    one, a protected or damaged workbook, another kind of document.
    """
    if not data.strip():
        size = f"{len(data)} bytes" if not data else f"{len(data)} bytes, all blank"
        raise _refused("input-empty", f"the file is empty ({size}).", "Ask for it again.")
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            raise _refused("input-compressed", f"the file is compressed ({name}).", "Unpack it first.")
    for magic, name in _OTHER.items():
        if data.startswith(magic):
            raise _refused("input-not-a-table", f"this is {name}, not a table.", "Save the table as .xlsx or .csv.")
    if data.startswith(_OLE):
        raise _ole(data)
    if data.startswith(_ZIP):
        return _zip(data)
    return "csv"


def not_text(text: str) -> InputError | None:
    """The reason why this text is not a table at all: a web page, XML, JSON. None when it may be one."""
    head = text[:4096].lstrip("\ufeff \t\r\n")
    low = head.lower()
    if low.startswith(("<!doctype html", "<html", "<head", "<body")) or (low.startswith("<") and "<html" in low):
        title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", head, re.DOTALL | re.IGNORECASE)
        said = f" ({' '.join(title[1].split())[:80]})" if title and title[1] else ""
        return _refused(
            "input-not-a-table", f"this is a web page{said}, not a table.", "Download the file itself again."
        )
    if low.startswith(("<?xml", "<!", "<")):
        return _refused("input-not-a-table", "this is XML, not a table.", "Save the table as .csv or .xlsx.")
    if re.match(r'[{\[]\s*(?:["{\[\]}]|-?[0-9])', head):
        return _refused("input-not-a-table", "this is JSON, not a table.", "Save the table as .csv or .xlsx.")
    return None


def _ole(data: bytes) -> InputError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _refused("input-protected", "the workbook is protected by a password.", "Save it without a password.")
    return _refused(
        "input-not-a-table", "this is a document of an old Office format (.xls, .doc).", "Save it as .xlsx."
    )


def _zip(data: bytes) -> Form:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            locked = any(info.flag_bits & 1 for info in archive.infolist())
            kind = archive.read("mimetype")[:80].decode("latin-1") if "mimetype" in names and not locked else ""
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        if any(name.encode() in data for name in _INSIDE):
            raise _refused(
                "input-broken", "the workbook is damaged or cut off.", "Open and save it in Excel, or ask for it again."
            ) from error
        raise _refused(
            "input-compressed", "the file is compressed (zip), and damaged.", "Ask for it again, unpacked."
        ) from error
    if "opendocument" in kind:
        raise _refused("input-not-a-table", "this is a document of LibreOffice (.ods, .odt).", "Save it as .xlsx.")
    if _CONTENT not in names:
        inside = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        raise _refused(
            "input-compressed", f"the file is compressed (zip with: {inside or 'nothing'}).", "Unpack it first."
        )
    if locked:
        raise _refused("input-protected", "the workbook is protected by a password.", "Save it without a password.")
    if "xl/workbook.bin" in names:
        raise _refused("input-not-a-table", "this is a binary workbook (.xlsb).", "Save it as .xlsx.")
    if not any(name.startswith("xl/") for name in names):
        raise _refused(
            "input-not-a-table", "this is an Office document, but not a workbook.", "Save the table as .xlsx."
        )
    return "xlsx"


def _refused(rule: str, message: str, hint: str) -> InputError:
    return InputError(Problem("", message, hint, rule))
