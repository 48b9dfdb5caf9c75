"""The bytes of a file: whatever they are, what is read is clean UTF-8, and each fault has its place."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.findings import Finding
from pipeline.messages import octets

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read(data: bytes, largest: int = octets.LARGEST) -> tuple[str, list[Finding]]:
    found: list[Finding] = []
    return b"".join(octets.blocks(io.BytesIO(data), found.append, largest)).decode("utf-8"), found


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(bool))
def test_clean_text_comes_through_unchanged(text: str) -> None:
    if not text.startswith("\ufeff"):
        assert read(text.encode()) == (text, [])


@given(st.binary(min_size=1) | st.binary(min_size=1).map(lambda b: b"<?xml version='1.0' encoding='cp1252'?>" + b))
def test_any_bytes_become_clean_text(data: bytes) -> None:
    text, found = read(data)
    assert not CONTROLS.search(text)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for finding in found:
        assert finding.line is not None
        assert finding.column is not None
        assert 1 <= finding.line <= lines or finding.value == "UTF-16"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, size: int, end: str) -> None:
    monkeypatch.setattr(octets, "BLOCK", size)
    data = f"ab{end}cé{end}{end}€𝄞".encode() + b"\xe9" + f"x{end}y\0".encode()
    text, found = read(data)
    assert text == f"ab{end}cé{end}{end}€𝄞éx{end}y "
    assert [(f.rule, f.line, f.column) for f in found] == [("encoding", 4, 3), ("control-character", 5, 2)]


def test_one_finding_for_all_bytes_that_are_not_utf_8() -> None:
    assert [f.rule for f in read(b"\xe9\xe8\xff")[1]] == ["encoding"]


def test_a_file_that_is_too_large_ends_there() -> None:
    text, found = read(b"x" * (3 * octets.BLOCK), largest=octets.BLOCK)
    assert len(text) == octets.BLOCK
    assert [f.rule for f in found] == ["limit"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_on(codec: str) -> None:
    text, found = read("<a>é€</a>".encode(codec))
    assert text == "<a>é€</a>"
    assert [(f.rule, f.value) for f in found] == [("encoding", "UTF-16")]
