"""Another country, another classification, another base year: data alone, no change of code.

`tests/countries` is an overlay with an invented country: sections only, one indicator, another sender, another form of
file. Division 94 is inside its section S, so two aggregates are approximate, and its bridge says so.
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from delivery_support import COUNTRIES, EXAMPLE, MESSAGE, ROOT, header, names, observations, said, table

from pipeline.deliver import Delivered, Request, deliver
from pipeline.errors import FactsError, InputError
from pipeline.facts import load
from pipeline.rebuild import rebuild

INPUTS = COUNTRIES / "inputs"
FILE = "STSRB_REG_M_EL_2024_0005.xml"
SECTIONS = {
    "BTE": "BCDE", "F": "F", "G": "G", "H": "H", "I": "I", "J": "J", "KTN": "KLMN", "PTSXS94": "PQRS",
    "BTSXO_S94": "BCDEFGHIJKLMNPQRS",
}  # fmt: skip
ROUGH = {"PTSXS94", "BTSXO_S94"}  # they have division 94 in S
Change = Callable[[str], str]


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A copy of the overlay that a test may change."""
    return Path(shutil.copytree(COUNTRIES / "codelists", tmp_path / "facts" / "codelists").parent)


def counts() -> dict[tuple[str, str], int]:
    with (INPUTS / "registrations.csv").open(encoding="utf-8", newline="") as lines:
        return {
            (r["Section"], "-".join(r["Month"].split("/")[::-1])): int(r["Registrations"])
            for r in csv.DictReader(lines)
        }


def expected() -> dict[tuple[str, str], int]:
    cells = counts()
    months = {month for _, month in cells}
    return {(code, m): sum(cells[section, m] for section in s) for code, s in SECTIONS.items() for m in months}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    return deliver(Request(INPUTS, country="EL", out=tmp_path_factory.mktemp("el")), load(COUNTRIES))


def edited(overlay: Path, path: str, change: Change) -> None:
    """A fact file of the overlay, taken from the shipped ones where it has none, with one change."""
    file = overlay / path
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, file)
    old = file.read_text("utf-8")
    new = change(old)
    assert new != old
    file.write_text(new, "utf-8", newline="")


def test_the_values_are_the_sums_of_its_sections(delivered: Delivered) -> None:
    assert delivered.ok
    assert names(delivered.folder / "upload") == [FILE]
    rows = observations(delivered.folder / "upload" / FILE)
    assert {(row["ACTIVITY"], row["TIME_PERIOD"]): int(row["OBS_VALUE"]) for row in rows} == expected()
    assert {row["REF_AREA"] for row in rows} == {"EL"}


def test_what_is_approximate_is_sent_as_estimated(delivered: Delivered) -> None:
    for row in observations(delivered.folder / "upload" / FILE):
        last = row["TIME_PERIOD"] == "2024-05"
        if row["ACTIVITY"] in ROUGH:
            assert row["OBS_STATUS"] == "E"
            assert ("P: " in row.get("COMMENT_OBS", "")) is last
        else:
            assert row["OBS_STATUS"] == ("P" if last else "A")
            assert "COMMENT_OBS" not in row
    told = [f for f in delivered.report["findings"] if f["rule"] == "approximate"]
    assert {f["series"] for f in told} == {"P-S_X_94", "TOTAL"}
    assert all("94" in f["message"] for f in told)


def test_a_confidential_cell_makes_its_aggregates_confidential(delivered: Delivered) -> None:
    rows = observations(delivered.folder / "upload" / FILE)
    secret = {(row["ACTIVITY"], row["TIME_PERIOD"]) for row in rows if row["CONF_STATUS"] == "C"}
    assert secret == {("H", "2024-02"), ("BTSXO_S94", "2024-02")}
    assert {row["CONF_STATUS"] for row in rows} == {"C", "F"}


def test_the_sender_is_its_own(delivered: Delivered) -> None:
    head = header(delivered.folder / "upload" / FILE)
    assert head.find(f"{MESSAGE}Sender").get("id") == "XX9"
    assert said(head, "Source") == "An office that does not exist"
    assert said(head, "Prepared") == "2024-07-05T10:00:00+03:00"
    assert said(head, "ReportingBegin") == "2023-01"
    assert any("XX9" in words for words in delivered.manifest["not_confirmed"])  # it is inferred, so it is named


def test_its_delivery_keeps_its_facts_and_not_those_of_others(delivered: Delivered) -> None:
    assert (delivered.folder.parent.name, delivered.folder.name) == ("EL", "2024-05_01")
    kept = delivered.folder / "inputs" / "facts" / "codelists" / "countries"
    assert names(kept) == ["EL"]
    for name in ("country.toml", "sources.toml", "bridge.csv"):
        assert (kept / "EL" / name).read_bytes() == (COUNTRIES / "codelists/countries/EL" / name).read_bytes()


def test_its_page_is_made_again_from_what_the_delivery_keeps(overlay: Path, tmp_path: Path) -> None:
    """Numbers as the overlay writes them, in the page and in the one made again; facts used twice are used alike."""
    edited(overlay, "codelists/languages/en.toml", lambda text: text.replace('thousands = ","', 'thousands = "."'))
    facts = load(overlay)
    first = deliver(Request(INPUTS, country="EL", out=tmp_path / "one"), facts)
    second = deliver(Request(INPUTS, country="EL", out=tmp_path / "two"), facts)
    assert "codelists/languages/en.toml" in first.manifest["request"]["facts"]
    assert second.manifest["identity"] == first.manifest["identity"]
    assert rebuild(second.folder, check=True).ok
    assert re.search(r"[0-9]\.[0-9]{3}\b", (first.folder / "report.html").read_text("utf-8"))


def test_the_books_balance(delivered: Delivered) -> None:
    books = delivered.manifest["balance"]["registrations"]
    cells = counts()
    assert books["read"] == sum(cells.values()) == sum(n for what, n in books.items() if what != "read")
    assert books["out of scope"] == sum(n for (section, _), n in cells.items() if section in "AOTU")


def test_without_the_declaration_nothing_is_sent(overlay: Path, tmp_path: Path) -> None:
    (overlay / "codelists/countries/EL/bridge.csv").unlink()
    done = deliver(Request(INPUTS, out=tmp_path / "out"), load(overlay))
    assert not done.ok
    assert not (done.folder / "upload").exists()
    errors = [f for f in done.report["findings"] if f["severity"] == "error"]
    assert {(f["rule"], f["series"].split(".")[4]) for f in errors} == {("not-computed", code) for code in ROUGH}
    for finding in errors:
        assert "94" in finding["message"]
        assert "bridge.csv" in finding["hint"]
    for row in table(done.folder / "observations.csv"):
        assert (row["OBS_VALUE"] == "") is (row["ACTIVITY"] in ROUGH)
        assert (row["OBS_STATUS"] == "O") is (row["ACTIVITY"] in ROUGH)
    books = done.manifest["balance"]["registrations"]
    assert books["sent"] == 0
    assert books["read"] == sum(n for what, n in books.items() if what != "read")


def test_a_flag_that_nobody_declared_is_not_taken_for_free(overlay: Path, tmp_path: Path) -> None:
    """`c` without a meaning must not travel as a free value."""
    edited(
        overlay,
        "codelists/countries/EL/sources.toml",
        lambda text: text.replace('confidentialities = { c = "C" }\n', ""),
    )
    with pytest.raises(InputError, match="'c'"):
        deliver(Request(INPUTS, out=tmp_path / "out"), load(overlay))
    assert names(tmp_path / "out" / "EL") in ([], [".lock"])


def test_another_base_year_is_a_dated_line(overlay: Path, tmp_path: Path) -> None:
    """The index of the example's structure on the base 2023, which no code knows."""
    edited(overlay, "codelists/regulation/transmission.toml", lambda text: text.replace("year = 2021", "year = 2023"))
    edited(
        overlay,
        "codelists/sdmx/CL_BASE_PER.xml",
        lambda text: text.replace('id="2021"', 'id="2023"').replace("CL_BASE_PER.2021", "CL_BASE_PER.2023"),
    )
    digest = hashlib.sha256((overlay / "codelists/sdmx/CL_BASE_PER.xml").read_bytes()).hexdigest()
    edited(
        overlay,
        "dsd/index.toml",
        lambda text: re.sub(r'("codelists/sdmx/CL_BASE_PER.xml" = )"[0-9a-f]{64}"', rf'\1"{digest}"', text),
    )
    done = deliver(Request(INPUTS, out=tmp_path / "out"), load(overlay))
    assert done.ok
    assert done.manifest["index"]["base_year"] == 2023
    assert names(done.folder / "index") == ["plain_M.xml", "plain_Q.xml"]
    sums = expected()
    for row in observations(done.folder / "index" / "plain_M.xml"):
        assert row["BASE_PER"] == "2023"
        mean = Fraction(sum(sums[row["ACTIVITY"], f"2023-{m:02d}"] for m in range(1, 13)), 12)
        exact = 100 * sums[row["ACTIVITY"], row["TIME_PERIOD"]] / mean
        assert abs(Fraction(row["OBS_VALUE"]) - exact) <= Fraction(1, 20)


@pytest.mark.parametrize("pattern", ["{dataset}.xml", "../{data_set}.xml", "{data_set", "{data_set}", "{}.xml"])
def test_a_pattern_that_gives_no_file_name(overlay: Path, tmp_path: Path, pattern: str) -> None:
    whole = "{data_set}_{country}_{year:04d}_{period:04d}.xml"
    edited(overlay, "codelists/regulation/transmission.toml", lambda text: text.replace(whole, pattern))
    with pytest.raises(FactsError, match=r"file_name\.pattern"):
        deliver(Request(INPUTS, out=tmp_path / "out"), load(overlay))
    assert names(tmp_path / "out" / "EL") == [".lock"]


# --- another classification: the sectors that INSEE publishes, mapped by the country's bridge ----------------------

SECTORS = {
    "BE": "BTE", "FZ": "F", "GZ": "G", "HZ": "H", "IZ": "I", "JZ": "J", "KZ": "KTN", "LZ": "KTN", "MN": "KTN",
    "OQ": "PTSXS94", "RU": "PTSXS94",
}  # fmt: skip


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Registrations by published sector: months down, sectors across."""
    folder = tmp_path / "published"
    folder.mkdir()
    lines = [";".join(["periode", *SECTORS, "ENSEMBLE"])]
    for number, month in enumerate(("mars-24", "avril-24", "mai-24")):
        cells = [100 * place + 7 * number for place in range(1, len(SECTORS) + 1)]
        lines.append(";".join(map(str, [month, *cells, sum(cells)])))
    (folder / "creations.csv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def sectors(published: Path, tmp_path: Path, facts: Any) -> Delivered:
    return deliver(Request(published, only="registrations", out=tmp_path / "out"), facts)


def test_published_sectors_give_what_they_make_exactly_and_nothing_else(published: Path, tmp_path: Path) -> None:
    done = sectors(published, tmp_path, load())
    assert not done.ok
    rows = [row for row in table(done.folder / "observations.csv") if row["measure"] == "count"]
    assert {row["ACTIVITY"] for row in rows if not row["OBS_VALUE"]} == ROUGH
    found = {(row["ACTIVITY"], row["period"]): row["OBS_VALUE"] for row in rows}
    assert found["BTE", "2024-03"] == "100"
    assert found["KTN", "2024-05"] == str(700 + 800 + 900 + 3 * 14)


def test_declared_approximate_they_are_sent_as_estimated(published: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "facts"
    rows = "".join(
        f"FR_SECTORS,{sector},,{target},1,approximate,declared by a test\n"
        for target, chosen in (("P-S_X_94", ("OQ", "RU")), ("TOTAL", ("OQ", "RU")))
        for sector in chosen
    )
    edited(overlay, "codelists/countries/FR/bridge.csv", lambda text: text.rstrip("\n") + "\n" + rows)
    done = sectors(published, tmp_path, load(overlay))
    assert done.ok
    sent = observations(done.folder / "upload" / "STSRB_REG_M_FR_2024_0005.xml")
    found = {(row["ACTIVITY"], row["TIME_PERIOD"]): row for row in sent}
    assert found["PTSXS94", "2024-05"]["OBS_VALUE"] == str(1000 + 1100 + 2 * 14)
    assert found["BTSXO_S94", "2024-05"]["OBS_VALUE"] == str(sum(range(100, 1200, 100)) + 11 * 14)
    assert {row["OBS_STATUS"] for row in sent if row["ACTIVITY"] in ROUGH} == {"E"}
    assert "E" not in {row["OBS_STATUS"] for row in sent if row["ACTIVITY"] not in ROUGH}


# --- what a new country gets wrong --------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, Change, str]] = {
    "indicator": ("country.toml", lambda t: t.replace('id = "registrations"', 'id = "registration"'), "did you mean 'registrations'"),
    "area": ("country.toml", lambda t: t.replace('ref_area = "EL"', 'ref_area = "GR"'), "'GR'"),
    "key": ("country.toml", lambda t: t.replace("producer", "produces"), "did you mean 'producer'"),
    "level": ("sources.toml", lambda t: t.replace('["section"]', '["sections"]'), "did you mean 'section'"),
    "classification": ("sources.toml", lambda t: t.replace('"NACE_R2"', '"NACE2"'), "did you mean 'NACE_R2'"),
    "aggregate": ("bridge.csv", lambda t: t.replace("P-S_X_94", "P-S_X_S94"), "did you mean 'P-S_X_94'"),
    "precision": ("bridge.csv", lambda t: t.replace("approximate", "rough"), "column precision"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_its_facts_is_named_with_its_place(overlay: Path, tmp_path: Path, mistake: str) -> None:
    file, change, words = MISTAKES[mistake]
    edited(overlay, f"codelists/countries/EL/{file}", change)
    with pytest.raises(FactsError) as caught:
        deliver(Request(INPUTS, out=tmp_path / "out"), load(overlay))
    assert f"countries/EL/{file}" in str(caught.value)
    assert words in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_example_does_not_notice_the_new_country(tmp_path: Path, example: Delivered) -> None:
    """Facts about others are no part of a request: with the overlay, the same question has the same answer."""
    again = deliver(Request(EXAMPLE, out=example.folder.parent.parent), load(COUNTRIES))
    assert again.existed
    assert again.folder == example.folder
