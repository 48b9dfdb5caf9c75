"""Deliveries that were looked at once and must not change by themselves.

`pytest --refresh-golden` writes the files anew; look at their difference before you commit it. Copies of the facts,
and what is only a hash of them, stay out: a fact may change without a figure changing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from delivery_support import MINI, everything

from pipeline.deliver import Delivered, Request, deliver
from pipeline.facts import Facts

HERE = Path(__file__).parent / "golden"
DELIVERY, SUMS = HERE / "delivery", HERE / "example.sha256"
#: a long table is there as its hash
LONG = 16_000


def judged(file: Path, data: bytes, refresh: bool) -> None:
    if refresh:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    assert file.read_bytes() == data, f"{file.name} is another one; if that is meant: pytest --refresh-golden"


def sums(files: dict[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def without_facts(files: dict[str, bytes]) -> dict[str, bytes]:
    """A delivery without what changes with every edit of a fact file: one line for a finding, no hash of a fact."""
    kept = {name: data for name, data in files.items() if not name.startswith("inputs/facts/")}
    for name in ("environment.json", "SHA256SUMS"):
        del kept[name]
    manifest: dict[str, Any] = json.loads(kept["manifest.json"])
    del manifest["identity"], manifest["request"]["facts"], manifest["request"]["tool"]
    for name in ("report.html", "findings.csv", "findings.junit.xml"):  # they tell what the rules say
        del kept[name]
    manifest["files"] = {name: digest for name, digest in manifest["files"].items() if name in kept}
    del manifest["files"]["findings.json"]
    kept["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    report = json.loads(kept.pop("findings.json"))
    names = ("severity", "rule", "file", "cell", "series", "period", "message")
    lines = ["; ".join(str(finding[name] or "") for name in names) for finding in report["findings"]]
    kept["findings.txt"] = "".join(f"{line}\n" for line in lines).encode()
    return kept


def test_a_small_delivery_byte_for_byte(tmp_path: Path, facts: Facts, pytestconfig: pytest.Config) -> None:
    refresh = pytestconfig.getoption("refresh_golden")
    done = deliver(Request(MINI, out=tmp_path), facts)
    files = without_facts(everything(done.folder))
    for name in everything(MINI):
        assert files.pop(f"inputs/{name}") == (MINI / name).read_bytes()
    long = {name: files.pop(name) for name in list(files) if len(files[name]) > LONG}
    files["long.sha256"] = sums(long)
    for name, data in files.items():
        judged(DELIVERY / name, data, refresh)
    if refresh:
        for name in everything(DELIVERY).keys() - files.keys():
            (DELIVERY / name).unlink()
    assert everything(DELIVERY).keys() == files.keys()
    assert sum(map(len, everything(HERE).values())) < 60_000


def test_the_example_by_its_sums(example: Delivered, pytestconfig: pytest.Config) -> None:
    files = everything(example.folder)
    chosen = {
        name: data for name, data in files.items() if name.startswith(("upload/", "index/")) or name.endswith(".csv")
    }
    chosen = {name: data for name, data in chosen.items() if not name.startswith(("inputs/", "findings"))}
    judged(SUMS, sums(chosen), pytestconfig.getoption("refresh_golden"))
