"""The bytes of a data file as clean UTF-8, block by block; what is wrong with the bytes becomes a finding.

Nothing stops the reading that can be read at all: a file in another encoding is decoded, a control character is replaced
by a blank, and each is reported with its place, so that the faults behind it are found in the same run.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

from pipeline.findings import Finding

BLOCK = 1 << 18
LARGEST = 2 << 30  # bytes of a data file
MOST_CONTROLS = 200  # control characters of a file that are told one by one

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_BLANKED = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_UTF_8 = {"utf-8", "ascii"}
_WINDOWS = "ebs.windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """A byte that is not UTF-8, read as Windows-1252 has it."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_WINDOWS, _as_windows)


class _Place:
    """Line and column at the start of a block, carried from block to block."""

    def __init__(self) -> None:
        self.line = 1
        self.column = 1

    def of(self, before: str) -> tuple[int, int]:
        """The place after these characters of the block."""
        lines = _lines(before)
        if not lines:
            return self.line, self.column + len(before)
        return self.line + lines, len(before) - max(before.rfind("\n"), before.rfind("\r"))

    def after(self, block: str) -> None:
        """Go to the end of the block."""
        self.line, self.column = self.of(block)


def _lines(text: str) -> int:
    """Line ends: LF, CR LF, or CR alone."""
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


def blocks(stream: BinaryIO, found: Callable[[Finding], None], largest: int = LARGEST) -> Iterator[bytes]:
    """The file as UTF-8 without byte order mark and control characters.

    Findings: ``file-empty``, ``encoding``, ``byte-order-mark``, ``control-character``, ``limit`` (then the blocks end).
    """
    block, size, told = _next(stream), 0, 0
    if not block:
        found(Finding("file-empty", "the file is empty (0 bytes).", line=1, column=1))
        return
    codec, block = _encoding(block, found)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    place, reported, carry = _Place(), codec != "utf-8", b""
    while block or carry:
        size += len(block)
        if size > largest:
            words = f"the file has more than {largest:,} bytes, the largest that is read."
            found(Finding("limit", words, line=place.line, column=place.column, value=str(size)))
            return
        last = not block
        if codec == "utf-8":
            data = carry + block
            if not reported:
                try:
                    text, used = codecs.utf_8_decode(data, "strict", last)
                except UnicodeDecodeError as error:
                    found(_not_utf_8(data, error, place))
                    reported = True
            if reported:
                text, used = codecs.utf_8_decode(data, _WINDOWS, last)
                clean = text.encode("utf-8", "replace")
            else:
                clean = data[:used] if used != len(data) else data
            carry = data[used:]
        else:
            text = decoder.decode(block, last)
            clean = text.encode("utf-8", "replace")
        if len(clean.translate(None, _CONTROLS)) != len(clean):
            for finding in islice(_controls(clean, place), MOST_CONTROLS - told):
                found(finding)
                told += 1
            clean = clean.translate(_BLANKED)
        if clean:
            yield clean
            place.after(text)
        if last:
            return
        block = _next(stream)


def _next(stream: BinaryIO) -> bytes:
    """The next block; CR LF is never cut in two."""
    block = stream.read(BLOCK)
    return block + stream.read(1) if block.endswith(b"\r") else block


def _encoding(first: bytes, found: Callable[[Finding], None]) -> tuple[str, bytes]:
    """The codec to read with, and the first block without its mark; what is not UTF-8 is reported."""
    for mark, codec in ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")):
        if first.startswith(mark):
            found(_other_encoding("UTF-32", "its first bytes say so"))
            return codec, first[4:]
    if first.startswith(codecs.BOM_UTF8):
        words = "the file begins with a byte order mark (UTF-8 with BOM), which is refused at upload."
        found(Finding("byte-order-mark", words, line=1, column=1, value="EF BB BF"))
        return "utf-8", first[3:]
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            found(_other_encoding("UTF-16", "its first bytes say so"))
            return codec, first[2:]
    for start, codec in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if first.startswith(start):
            found(_other_encoding("UTF-16", "every second byte is zero"))
            return codec, first
    declared = _DECLARED.match(first)
    if declared is None:
        return "utf-8", first
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if codec in _UTF_8:
        return "utf-8", first
    line, column = _Place().of(first[: declared.start(1)].decode("utf-8", "replace"))
    found(
        Finding(
            "encoding",
            f"the file declares the encoding {name!r}; SDMX files are UTF-8.",
            line=line,
            column=column,
            value=name,
            expected="UTF-8",
        )
    )
    single = codec.startswith(("iso8859", "cp125", "koi8", "mac-")) or codec == "latin-1"
    return (codec if single else "utf-8"), first


def _other_encoding(name: str, why: str) -> Finding:
    return Finding("encoding", f"the file is {name} ({why}).", line=1, column=1, value=name, expected="UTF-8")


def _not_utf_8(data: bytes, error: UnicodeDecodeError, place: _Place) -> Finding:
    byte = data[error.start]
    shown = bytes([byte]).decode("cp1252", "replace")
    line, column = place.of(data[: error.start].decode("utf-8"))
    which = f"byte 0x{byte:02X}" + (f" ({shown!r})" if shown.isprintable() and shown != "�" else "")
    words = f"{which} line {line} col {column} is not UTF-8; the file is probably Windows-1252."
    return Finding("encoding", words, line=line, column=column, value=f"0x{byte:02X}", expected="UTF-8")


def _controls(clean: bytes, place: _Place) -> Iterator[Finding]:
    for match in _CONTROL.finditer(clean):
        line, column = place.of(clean[: match.start()].decode("utf-8"))
        words = f"the control character U+{match[0][0]:04X} stands in the file; only tab and line ends are allowed."
        yield Finding("control-character", words, line=line, column=column, value=f"U+{match[0][0]:04X}")
