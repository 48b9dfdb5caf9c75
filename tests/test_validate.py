"""`ebs validate` as a user runs it: broken and hostile files, what is said, where, and with which exit status."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT, Run

from pipeline.deliver import Delivered, Request, deliver
from pipeline.facts import Facts
from pipeline.findings import Findings
from pipeline.validate import Asked, Candidate, validate

GOLDEN = ROOT / "tests" / "golden" / "delivery" / "upload" / "STSRB_REG_M_FR_2024_0005.xml"
DATA = GOLDEN.read_bytes()
TODAY = dt.date(2026, 11, 22)


def judged(facts: Facts, data: bytes, name: str = GOLDEN.name, **asked: object) -> Findings:
    return validate([Candidate(name, lambda: io.BytesIO(data))], facts, Asked(TODAY, **asked))  # type: ignore[arg-type]


def worst(found: Findings) -> list[tuple[str, int | None, int | None, str]]:
    """Errors and warnings: rule, line, column, message."""
    return [(f.rule, f.line, f.column, f.message) for f in found.all if found.rules[f.rule].severity != "information"]


def replaced(old: str, new: str, data: bytes = DATA, count: int = 1) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), count)


def place(data: bytes, text: bytes, start: bytes = b"") -> tuple[int, int]:
    """Line and column of the first occurrence of a text (after another one)."""
    at = data.index(text, data.index(start))
    before = data[:at].decode("utf-8", "replace")
    return before.count("\n") + 1, at - data.rfind(b"\n", 0, at)


# --- files that cannot be read, or not to the end -----------------------------------------------------------------

BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(b'<!ENTITY lol%d "%s">' % (i, b"&lol%d;" % (i - 1) * 10) for i in range(1, 10))
    + b"]><lolz>&lol9;</lolz>"
)
CASES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "file-empty", "the file is empty (0 bytes)"),
    "blanks": (lambda: b" \n\n", "file-empty", "nothing but blanks"),
    "gzip": (lambda: b"\x1f\x8b\x08" + DATA, "compressed", "compressed (gzip); unpack it first"),
    "UTF-16": (lambda: DATA.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"), "encoding", "UTF-16"),
    "BOM": (lambda: b"\xef\xbb\xbf" + DATA, "byte-order-mark", "refused at upload"),
    "Windows-1252": (lambda: DATA.replace(b"INSEE", b"INS\xe9E"), "encoding", "byte 0xE9 ('é')"),
    "declared Latin-1": (lambda: replaced("UTF-8", "ISO-8859-1"), "encoding", "declares the encoding 'ISO-8859-1'"),
    "declared UTF-7": (lambda: replaced("UTF-8", "UTF-7"), "encoding", "declares the encoding 'UTF-7'"),
    "DOCTYPE": (lambda: replaced("?>\n", "?>\n<!DOCTYPE x>\n"), "document-type", "DTD not allowed; possible attack"),
    "external entity": (
        lambda: replaced("?>\n", '?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n'),
        "document-type",
        "nothing was read",
    ),
    "billion laughs": (lambda: BILLION, "document-type", "possible attack"),
    "tag names": (lambda: replaced("</Series>", "</Serie>"), "not-well-formed", "'Series' is open and 'Serie' is closed"),
    "truncated": (lambda: DATA[: DATA.rindex(b"OBS_VALUE") + 4], "truncated", "in the middle of <Obs …> after"),
    "truncated between": (lambda: DATA[: DATA.rindex(b"</Series>")], "truncated", "in the middle of <Series …>"),
    "junk after": (lambda: DATA + b"<x/>", "not-well-formed", "after the end of the message"),
    "NUL": (lambda: DATA.replace(b"INSEE", b"INS\0E"), "control-character", "U+0000"),
    "DEL": (lambda: DATA.replace(b"INSEE", b"INS\x7fE"), "control-character", "U+007F"),
    "NUL reference": (lambda: DATA.replace(b"INSEE", b"INS&#0;E"), "control-character", "'&#0;' stands for"),
    "doubled attribute": (
        lambda: replaced('TIME_PERIOD="2024-04"', 'TIME_PERIOD="2024-04" TIME_PERIOD="2024-04"'),
        "not-well-formed",
        "'TIME_PERIOD' stands twice",
    ),
    "ampersand": (lambda: DATA.replace(b"INSEE", b"IN & SEE"), "not-well-formed", "must be written as &amp;"),
    "entity": (lambda: DATA.replace(b"INSEE", b"IN&nbsp;SEE"), "not-well-formed", "'&nbsp;' is not defined"),
    "depth": (lambda: replaced("<Series ", "<a>" * 60 + "<Series "), "limit", "deep"),
    "attributes": (
        lambda: replaced("<Series ", "<Series " + " ".join(f'a{i}="1"' for i in range(1200)) + " "),
        "limit",
        "attributes; at most",
    ),
    "one long tag": (lambda: replaced("INSEE", "I" * (9 << 20)), "limit", "longer than"),
    "web page": (
        lambda: b"<!DOCTYPE html><html><head><title>503 Service unavailable</title></head></html>",
        "not-sdmx",
        "this is a web page (503 Service unavailable), not SDMX",
    ),
    "JSON": (lambda: b'{"data": []}', "not-sdmx", "a JSON file"),
    "PDF": (lambda: b"%PDF-1.7\n", "not-sdmx", "a PDF file"),
    "old Office": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1", "not-sdmx", "an old Office document"),
    "a table": (lambda: b"month;value\n2024-05;12\n", "not-sdmx", "a table whose header row is not that of SDMX-CSV"),
    "text": (lambda: b"hello\n", "not-sdmx", "neither XML nor SDMX-CSV"),
    "other XML": (lambda: b"<note>hello</note>", "not-sdmx", "its root is 'note'"),
    "a structure": (lambda: (ROOT / "dsd" / "STSALL.xml").read_bytes(), "not-sdmx", "not a data message"),
    "SDMX 2.0": (
        lambda: b'<CompactData xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"/>',
        "sdmx-version",
        "an SDMX 2.0 message (CompactData)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_files_that_cannot_be_read_as_they_are(facts: Facts, case: str) -> None:
    make, rule, words = CASES[case]
    data = make()
    found = judged(facts, data)
    rules = [(f.rule, f.message) for f in found.all]
    assert (rule, True) in [(r, words in message) for r, message in rules], rules
    first = next(f for f in found.all if f.rule == rule)
    assert first.line is not None
    assert first.column is not None
    assert 1 <= first.line <= data.count(b"\n") + 1
    if case not in ("BOM", "Windows-1252", "NUL", "DEL", "UTF-16", "declared Latin-1", "declared UTF-7"):
        assert not found.files[0]["complete"] or case == "attributes"


@pytest.mark.parametrize("case", ["BOM", "Windows-1252", "NUL", "DEL", "UTF-16", "declared Latin-1", "declared UTF-7"])
def test_wrong_bytes_do_not_hide_what_is_behind_them(facts: Facts, case: str) -> None:
    """The file is read on, so that the next fault is told in the same run."""
    make, rule, _ = CASES[case]
    codec = "utf-16" if case == "UTF-16" else "latin-1"
    data = make().decode(codec).replace('OBS_STATUS="P"', 'OBS_STATUS="x"', 1).encode(codec)
    found = judged(facts, data)
    assert {r for r, *_ in worst(found)} == {rule, "code"}
    assert found.files[0]["observations"] == 18


def test_a_windows_byte_has_its_place(facts: Facts) -> None:
    data = DATA.replace(b"INSEE", b"INS\xe9E")
    ((rule, line, column, message),) = worst(judged(facts, data))
    assert (rule, (line, column)) == ("encoding", place(data, b"\xe9"))
    assert f"line {line} col {column} is not UTF-8; the file is probably Windows-1252" in message


@pytest.mark.parametrize("case", [c for c in CASES if c not in ("one long tag",)])
def test_hostile_files_are_refused_within_time_and_memory(facts: Facts, case: str) -> None:
    facts.structures  # noqa: B018  (read before anything is measured)
    data = CASES[case][0]()
    tracemalloc.start()
    try:
        judged(facts, data)
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


# --- single faults, exactly where ---------------------------------------------------------------------------------

SECOND_SERIES = b'ACTIVITY="BTSXO_S94"'
FAULTS: list[tuple[str, str, str, bytes, str]] = [
    # old, new, rule, the text at the place, component
    ('OBS_STATUS="P"', 'OBS_STATUS="p"', "code", b'p" CONF', "OBS_STATUS"),
    ('OBS_VALUE="16"', 'OBS_VALUE="1 6"', "number-syntax", b'1 6"', "OBS_VALUE"),
    ('OBS_VALUE="16"', 'OBS_VALUE="16,0"', "number-syntax", b'16,0"', "OBS_VALUE"),
    (' OBS_VALUE="16"', "", "value-missing", b'<Obs TIME_PERIOD="2024-04" OBS_STATUS', "OBS_VALUE"),
    ('TIME_PERIOD="2024-04"', 'TIME_PERIOD="2024-13"', "period", b"2024-13", "TIME_PERIOD"),
    ('TIME_PERIOD="2024-04"', 'TIME_PERIOD="2024-Q2"', "period-frequency", b"2024-Q2", "TIME_PERIOD"),
    (' TIME_FORMAT="P1M"', "", "attribute-missing", b"<Series", "TIME_FORMAT"),
    (' REF_AREA="FR"', "", "dimension-missing", b"<Series", "REF_AREA"),
    ('REF_AREA="FR"', 'REF_ARE="FR"', "concept-unknown", b'FR" SEASONAL', "REF_ARE"),
    ('<Obs TIME_PERIOD="2024-05"', '<Obs TIME_PERIOD="2024-04"', "contradictory-observation", b"<Obs", "OBS_VALUE"),
    ('id="FR1"', 'id="FR2"', "sender", b"FR2", ""),
    ("<message:Test>false", "<message:Test>no", "header-value", b"no<", "Test"),
    ('ss:action="Replace"', 'ss:action="Replaced"', "action", b"Replaced", ""),
    ('id="STSRB_REG_M" version="1.0"', 'id="STSRB_REG_M" version="9.0"', "structure-version", b"STSRB_REG_M", ""),
]


@pytest.mark.parametrize(("old", "new", "rule", "_at", "component"), FAULTS)
def test_a_single_fault_and_nothing_else(
    facts: Facts, old: str, new: str, rule: str, _at: bytes, component: str
) -> None:
    found = worst(judged(facts, replaced(old, new)))
    assert [r for r, *_ in found] == [rule], found
    if component:
        assert judged(facts, replaced(old, new)).all[0].component in (component, "")


def test_a_clean_file_is_silent_in_a_zip_too(facts: Facts) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(GOLDEN.name, DATA)
        archive.writestr("__MACOSX/._x", b"\0")
    found = judged(facts, packed.getvalue(), "sent.zip")
    assert worst(found) == []
    assert [(f["file"], f["observations"]) for f in found.files] == [(f"sent.zip/{GOLDEN.name}", 18)]


def zipped(*names: str, data: bytes = DATA) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: zipped(), "the archive is empty"),
        (lambda: zipped("../a.xml"), "leads out of the archive"),
        (lambda: zipped("/etc/a.xml"), "leads out of the archive"),
        (lambda: zipped(*(f"{i}.xml" for i in range(1001)), data=b"x"), "1,001 files"),
        (lambda: zipped("a.xml", data=b" " * (65 << 20)), "possible attack"),
        (lambda: zipped("a.zip", data=zipped("a.xml")), "an archive stands inside the archive"),
        (lambda: zipped("a.xml")[:200], "no archive that can be opened"),
    ],
)  # fmt: skip
def test_archives_that_are_not_opened(facts: Facts, data: Callable[[], bytes], words: str) -> None:
    found = judged(facts, data(), "sent.zip")
    assert {f.rule for f in found.all} == {"archive"}
    assert any(words in f.message for f in found.all), [f.message for f in found.all]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_archives_are_findings(facts: Facts, method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.xml", DATA)
    for at in range(0, len(packed.getvalue()), 7):
        data = bytearray(packed.getvalue())
        data[at] ^= 0xFF
        judged(facts, bytes(data), "sent.zip")  # never anything but findings


def test_a_damaged_member_is_a_finding(facts: Facts) -> None:
    data = bytearray(zipped("a.xml"))
    data[100] ^= 0xFF
    found = judged(facts, bytes(data), "sent.zip")
    assert not found.ok
    assert "archive" in {f.rule for f in found.all} | {"not-well-formed"}


# --- the command --------------------------------------------------------------------------------------------------


def test_a_clean_file(ebs: Run) -> None:
    done = ebs("validate", GOLDEN)
    assert done.returncode == 0, done.stdout
    assert (
        done.stdout.splitlines()[0].startswith(f"{GOLDEN}: valid, 9 series, 18 observations")
        or GOLDEN.name in done.stdout
    )
    assert "may be uploaded" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1].startswith("not confirmed by Eurostat")


def test_a_faulty_file(ebs: Run, tmp_path: Path) -> None:
    file = tmp_path / GOLDEN.name
    file.write_bytes(replaced('OBS_STATUS="P"', 'OBS_STATUS="p"'))
    done = ebs("validate", file)
    assert done.returncode == 1
    line, column = place(file.read_bytes(), b'p" CONF')
    assert "1 error: correct and validate again" in done.stdout.splitlines()[0]
    assert "STRUVAL 150/029" in done.stdout
    assert f"{line}:{column}" in done.stdout
    assert "did you mean 'P'?" in done.stdout


@pytest.mark.parametrize("format_", ["json", "junit", "ess"])
def test_the_report_is_one_document(ebs: Run, tmp_path: Path, format_: str) -> None:
    file = tmp_path / GOLDEN.name
    file.write_bytes(replaced('OBS_STATUS="P"', 'OBS_STATUS="p"'))
    done = ebs("validate", file, "--format", format_)
    assert done.returncode == 1
    if format_ == "junit":
        assert done.stdout.startswith("<?xml")
        return
    document = json.loads(done.stdout)
    if format_ == "json":
        assert set(document) == {"schema", "tool", "ok", "error", "files", "counts", "rules", "findings"}
        entry = document["findings"][0]
        assert (entry["rule"], entry["struval"], entry["fmr"]) == ("code", "150/029", "007")
        assert (entry["line"], entry["column"]) == place(file.read_bytes(), b'p" CONF')
        assert (entry["series"], entry["period"]) == ("M.FR.N.BURE.BTE._Z", "2024-04")
        assert {rule["outcome"] for rule in document["rules"]} == {"holds", "violated", "unchecked"}
        assert all(rule["why"] for rule in document["rules"] if rule["outcome"] == "unchecked")


def test_page_and_table_beside_the_report(ebs: Run, tmp_path: Path) -> None:
    file = tmp_path / GOLDEN.name
    file.write_bytes(replaced('OBS_STATUS="P"', 'OBS_STATUS="=1+1"', count=3))
    done = ebs("validate", file, "--html", "r.html", "--csv", "r.csv", "--max-findings", "1")
    assert done.returncode == 1
    assert "3 errors" in done.stdout.splitlines()[0]
    rows = (tmp_path / "r.csv").read_text("utf-8").splitlines()
    assert len([row for row in rows if ",code," in row]) == 3
    assert "'=1+1" in rows[1]
    assert "<h1" in (tmp_path / "r.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nothing.xml"], 3, "there is no such file"),
        (["."], 2, "not a delivery folder"),
        ([GOLDEN, "--format", "pdf"], 2, "none of text, json, junit, ess"),
        ([GOLDEN, "--dataset", "STSRB_REG"], 2, "is no data set of the regulation"),
        ([GOLDEN, "--structure", "nothing.xml"], 3, "no such structure file"),
        ([GOLDEN, "--structure", "ESTAT:NOTHING(1.0)"], 3, "is not at hand"),
        ([GOLDEN, "--structure", ROOT / "codelists" / "sdmx" / "CL_FREQ.xml"], 3, "holds no data structure"),
        ([GOLDEN, "--previous", ROOT / "README.md"], 3, "no data set of the regulation"),
    ],
)
def test_what_cannot_be_judged(ebs: Run, arguments: list[str | Path], status: int, words: str) -> None:
    done = ebs("validate", *arguments)
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    if status == 3:
        again = ebs("validate", *arguments, "--format", "json")
        document = json.loads(again.stdout)
        assert (again.returncode, document["ok"]) == (3, False)
        assert words in document["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["f.xml", "--html", "f.xml"], "written over a file that is read"),
        (["f.xml", "--csv", "./f.xml"], "written over a file that is read"),
        (["f.xml", "--csv", "r", "--html", "r"], "two reports"),
        (["f.xml", "--html", "nowhere/r.html"], "there is no folder nowhere"),
        (["f.xml", "--csv", "."], "this is a folder"),
        (["f.xml", "--structure", ""], "no structure is named"),
    ],
)
def test_a_report_is_never_written_over_what_is_read(
    ebs: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "f.xml").write_bytes(DATA)
    done = ebs("validate", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert (tmp_path / "f.xml").read_bytes() == DATA


@pytest.mark.skipif(os.name == "nt", reason="needs pipes and links")
@pytest.mark.parametrize("option", ["--html", "--csv"])
def test_a_report_takes_the_place_of_nothing_but_a_report(ebs: Run, tmp_path: Path, option: str) -> None:
    """Not of a pipe, of a file that is something else, of anything in a sealed delivery; of an older report it does."""
    (tmp_path / "f.xml").write_bytes(DATA)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "history.toml").write_text("# what was sent\n")
    sealed = tmp_path / "2024-05_01"
    sealed.mkdir()
    for name in ("manifest.json", "SHA256SUMS"):
        (sealed / name).write_text("{}")
    for target, words in (
        ("pipe", "a device or a pipe"),
        ("loop", "leads to itself"),
        ("history.toml", "something else"),
        ("2024-05_01/r", "inside a delivery"),
    ):
        done = ebs("validate", "f.xml", option, target)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert words in done.stderr
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "history.toml").read_text() == "# what was sent\n"
    assert sorted(path.name for path in sealed.iterdir()) == ["SHA256SUMS", "manifest.json"]
    first, again = (ebs("validate", "f.xml", option, "r").returncode for _ in range(2))
    assert first == again < 2


@pytest.mark.skipif(os.name == "nt", reason="needs /dev/stdin")
def test_a_pipe_is_read_once() -> None:
    command = [sys.executable, "-m", "pipeline", "validate", "/dev/stdin", "--format", "json"]
    done = subprocess.run(command, input=DATA, capture_output=True, cwd=ROOT, check=False)
    assert json.loads(done.stdout)["files"][0]["observations"] == 18


HISTORY = [f"{2012 + i // 12}-{i % 12 + 1:02d}" for i in range(149)]


@pytest.mark.parametrize("cell", ['OBS_VALUE="0" ', 'OBS_VALUE="NaN" ', ""])
def test_a_hole_a_year_before_the_newest_month_is_judged(example: Delivered, facts: Facts, cell: str) -> None:
    """A month without a value, or a zero, has no rate of change."""
    data = (example.folder / "upload" / GOLDEN.name).read_bytes()
    at = data.index(b'<Obs TIME_PERIOD="2023-05" ') + len(b'<Obs TIME_PERIOD="2023-05" ')
    status = data.index(b"OBS_STATUS", at)
    changed = data[:at] + cell.encode() + (data[status:] if "0" in cell else data[status:].replace(b'"A"', b'"O"', 1))
    assert judged(facts, changed).files[0]["complete"]


@pytest.mark.parametrize("value", ["1e999999999", "-1E+999999999", "1" * 5000, "0." + "1" * 5000])
def test_numbers_beyond_all_measure_are_judged(facts: Facts, value: str) -> None:
    assert judged(facts, replaced('OBS_VALUE="16"', f'OBS_VALUE="{value}"')).files[0]["complete"]


def test_one_wrong_code_does_not_hide_another_fault(facts: Facts) -> None:
    data = replaced('OBS_STATUS="P"', 'OBS_STATUS="ZZZ"', replaced('id="FR1"', 'id="ZZ"'))
    assert {rule for rule, *_ in worst(judged(facts, data))} == {"code", "sender"}


def test_two_faults_of_one_observation_are_both_told(facts: Facts) -> None:
    data = replaced('OBS_VALUE="16" OBS_STATUS="P" CONF_STATUS="F"', 'OBS_STATUS="P" CONF_STATUS="ZZ"')
    assert [(rule, f.component) for rule, f in ((f.rule, f) for f in judged(facts, data).all[:2])] == [
        ("code", "CONF_STATUS"),
        ("value-missing", "OBS_VALUE"),
    ]


def test_what_was_not_read_hides_nothing_of_the_next_series(facts: Facts) -> None:
    first = DATA.index(b"</Series>")
    data = DATA[:first] + b"<Foo/>" + DATA[first:].replace(b' OBS_VALUE="', b' OBS_VALUES="', 1)
    assert {rule for rule, *_ in worst(judged(facts, data))} == {"unexpected-element", "concept-unknown"}
    gone = DATA[:first] + b"<Foo/>" + DATA[first:].replace(b' TIME_FORMAT="P1M"', b"", 1)
    assert {rule for rule, *_ in worst(judged(facts, gone))} == {"unexpected-element", "attribute-missing"}


def test_the_namespace_is_that_of_the_reference(facts: Facts) -> None:
    data = DATA.replace(b"Dataflow=ESTAT:STSRB_REG_M", b"Dataflow=ESTAT:STSRB_BKRT_M")
    assert [rule for rule, *_ in worst(judged(facts, data))] == ["structure-disagrees"]


def test_a_partial_update_has_no_gaps(example: Delivered, facts: Facts) -> None:
    data = (example.folder / "upload" / GOLDEN.name).read_bytes()
    lines = [line for line in data.split(b"\n") if b'TIME_PERIOD="2023-05"' not in line]
    assert "gap" in {f.rule for f in judged(facts, b"\n".join(lines)).all}
    update = b"\n".join(lines).replace(b'ss:action="Replace"', b'ss:action="Append"')
    found = judged(facts, update)
    assert "gap" not in {f.rule for f in found.all}
    (verdict,) = [v for v in found.verdicts if v.rule == "gap"]
    assert (verdict.outcome, verdict.unchecked) == ("unchecked", "the data set may be a partial update")


@pytest.mark.parametrize("data", [b"", b"<html></html>", DATA[:3000]])
def test_every_rule_that_could_not_run_says_so(facts: Facts, data: bytes) -> None:
    outcomes = {v.rule: v for v in judged(facts, data).verdicts}
    for rule in ("code", "gap", "value-missing", "duplicate-series", "coverage"):
        assert outcomes[rule].outcome == "unchecked", rule
        assert outcomes[rule].unchecked


def test_ids_are_the_same_in_table_and_report(ebs: Run, tmp_path: Path) -> None:
    for name in ("za.xml", "aa.xml"):
        (tmp_path / name).write_bytes(replaced('OBS_STATUS="P"', 'OBS_STATUS="p"', count=2))
    done = ebs("validate", "za.xml", "aa.xml", "--csv", "f.csv", "--format", "json")
    told = {(f["file"], f["line"], f["rule"]): f["id"] for f in json.loads(done.stdout)["findings"]}
    rows = list(csv.DictReader(io.StringIO((tmp_path / "f.csv").read_text("utf-8"), newline="")))
    for row in rows:
        if row["rule"] == "code":
            assert told[row["file"], int(row["line"]), "code"] == row["id"]


def test_a_delivery_folder_with_its_cells(example: Delivered, ebs: Run) -> None:
    done = ebs("validate", example.folder, "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"], document["counts"]["warning"]) == (0, True, 0)
    assert len(document["files"]) == 2
    ran = {rule["rule"]: rule["outcome"] for rule in document["rules"] if rule["outcome"] != "unchecked"}
    assert ran["members"] == "holds"


@pytest.mark.parametrize("message", ["2.1", "3.0", "csv"])
def test_what_is_delivered_is_silent_in_every_format(facts: Facts, tmp_path: Path, message: str) -> None:
    done = deliver(Request(ROOT / "examples" / "FR-2024-05", out=tmp_path, message=message), facts)
    files = [*done.folder.glob("upload/*"), *done.folder.glob("index/*")]
    assert len(files) == 6
    found = validate([Candidate(file.name, partial(file.open, "rb")) for file in files], facts, Asked(TODAY))
    assert worst(found) == []
    assert all(entry["complete"] and entry["observations"] for entry in found.files)


def test_the_same_file_as_the_month_before(example: Delivered, ebs: Run) -> None:
    done = ebs("validate", example.folder, "--previous", example.folder)
    assert "same-file" in done.stdout


def test_neither_pandas_nor_sdmx_is_imported() -> None:
    code = (
        "import sys; from pipeline.cli import main; sys.argv = ['ebs', 'validate', sys.argv[1]]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'numpy', 'sdmx', 'jinja2', 'openpyxl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, GOLDEN], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may not read everything")
def test_a_file_that_may_not_be_read(ebs: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(DATA)
    file.chmod(0)
    done = ebs("validate", file)
    assert done.returncode == 3
    assert "may not be read" in done.stderr
