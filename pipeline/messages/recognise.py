"""What a file is, from its first bytes and never from its name."""

from __future__ import annotations

import html
import re

from pipeline.findings import Finding
from pipeline.messages import csv_reader

PEEK = 1 << 16

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_OTHER = {
    b"%PDF": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old Office document (.xls, .doc)",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "an RTF document",
}


def kind(first: bytes) -> str | Finding:
    """``xml``, ``csv`` or ``zip``, or the finding that says what the file is instead."""
    if not first:
        return Finding("file-empty", "the file is empty (0 bytes).", line=1, column=1)
    for signature, name in _COMPRESSED.items():
        if first.startswith(signature):
            words = f"the file is compressed ({name}); unpack it first."
            return Finding("compressed", words, line=1, column=1, value=name, expected="SDMX-ML or SDMX-CSV")
    if first.startswith(b"PK"):
        return _not_sdmx("an Excel workbook (.xlsx)") if b"[Content_Types].xml" in first or b"xl/" in first else "zip"
    for signature, name in _OTHER.items():
        if first.startswith(signature):
            return _not_sdmx(name)
    text = first.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"<\0", b"\0<")):
        return "xml" if b"<" in text[:8] else "csv"
    start = text.lstrip(b" \t\r\n\0")
    if not start:
        return Finding("file-empty", f"the file holds nothing but blanks ({len(first):,} bytes).", line=1, column=1)
    low = start[:4096].lower()
    if low.startswith((b"<!doctype html", b"<html")) or re.match(rb"<\?xml[^>]*\?>\s*(<!doctype\s+html|<html)", low):
        return _not_sdmx(_web_page(start))
    if low.startswith(b"<"):
        return "xml"
    if low.startswith((b"{", b"[")):
        return _not_sdmx("a JSON file")
    row = re.split(rb"[\r\n]", start[:8192], maxsplit=1)[0].decode("utf-8", "replace")
    if csv_reader.recognised(row) or _like_sdmx_csv(row):
        return "csv"
    if re.search(r"[;,\t|]", row):
        return _not_sdmx("a table whose header row is not that of SDMX-CSV")
    return _not_sdmx("text that is neither XML nor SDMX-CSV")


def _like_sdmx_csv(row: str) -> bool:
    """A header row that means to be SDMX-CSV: it has SDMX's own names among its columns."""
    names = {part.strip().strip('"').partition(":")[0].upper() for part in re.split(r"[;,\t|]", row)}
    return len(names) > 1 and bool(names & {"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "TIME_PERIOD", "OBS_VALUE"})


def _web_page(start: bytes) -> str:
    title = re.search(rb"<title[^>]*>(.*?)</title>", start, re.IGNORECASE | re.DOTALL)
    words = " ".join(html.unescape(title[1].decode("utf-8", "replace")).split()) if title else ""
    return f"a web page ({words[:80]})" if words else "a web page"


def _not_sdmx(what: str) -> Finding:
    words = f"this is {what}, not SDMX."
    return Finding("not-sdmx", words, line=1, column=1, expected="SDMX-ML 2.1 or 3.0, or SDMX-CSV")
