"""Facts put into an overlay: below its folder, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import FactsError
from pipeline.facts.store import put


@pytest.mark.parametrize(
    "path",
    [
        "../pwned",
        "codelists/countries/FR/esms.x/../../../../../pwned.md",
        "/tmp/pwned",
        "..\\pwned",
        "C:pwned",
        "\\\\host\\pwned",
        "codelists/\0",
        "",
        ".",
    ],
)
def test_no_path_leads_out_of_the_overlay(tmp_path: Path, path: str) -> None:
    overlay = tmp_path / "facts"
    with pytest.raises(FactsError, match="this is no path below the folder of facts; nothing was written"):
        put(overlay, {"codelists/a.toml": b"", path: b"pwned"})
    assert list(tmp_path.iterdir()) == []


def test_what_lies_below_is_written(tmp_path: Path) -> None:
    put(tmp_path / "facts", {"codelists/countries/FR/esms.en-GB.md": b"text"})
    assert (tmp_path / "facts/codelists/countries/FR/esms.en-GB.md").read_bytes() == b"text"
