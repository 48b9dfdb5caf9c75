"""`ebs deliver`: the whole way from national files to the draft, judged from outside."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pysdmx.io
import pytest
import sdmx
from delivery_support import (
    ADDED,
    BANKRUPTCIES,
    BEFORE,
    COMMON,
    EXAMPLE,
    KEY,
    MESSAGE,
    MINI,
    REGISTRATIONS,
    ROOT,
    SPANS,
    SPECIFIC,
    TOTAL,
    Cell,
    added_up,
    bankruptcies,
    everything,
    header,
    names,
    observations,
    refused,
    registrations,
    said,
    table,
    values,
)
from lxml import etree

from pipeline import archive
from pipeline.deliver import Delivered, Request, deliver
from pipeline.errors import EbsError, FactsError, InputError, UsageError
from pipeline.facts import Facts, load
from pipeline.messages import readback, schema

UPLOADS = [REGISTRATIONS, BANKRUPTCIES]
PREVIEWS = ["plain_M", "plain_Q", "weighted_M", "weighted_Q"]
TABLES = ["counts.csv", "factors.csv", "observations.csv"]
INPUTS = ["bankruptcies.xlsx", "delivery.toml", "registrations.csv"]
Make = Callable[..., Delivered]
Sums = dict[str, dict[tuple[str, str], int]]


@pytest.fixture(scope="module")
def cells() -> dict[str, list[Cell]]:
    """The cells of the example, by our own reading of it."""
    return {REGISTRATIONS: list(registrations(EXAMPLE)), BANKRUPTCIES: list(bankruptcies(EXAMPLE))}


@pytest.fixture(scope="module")
def sums(cells: dict[str, list[Cell]]) -> Sums:
    """What the example adds up to."""
    return {REGISTRATIONS: added_up(cells[REGISTRATIONS], {"FR"}), BANKRUPTCIES: added_up(cells[BANKRUPTCIES], ADDED)}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A copy of the small inputs that a test may spoil."""
    return Path(shutil.copytree(MINI, tmp_path / "inputs"))


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8", newline="")


# --- the folder ---------------------------------------------------------------------------------------------------


def test_the_folder_holds_what_was_designed(example: Delivered) -> None:
    assert (example.folder.parent.name, example.folder.name) == ("FR", "2024-05_01")
    found = set(everything(example.folder))
    facts = {name for name in found if name.startswith("inputs/facts/")}
    assert found - facts == {
        *(f"upload/{name}" for name in UPLOADS),
        *(f"index/{name}.xml" for name in PREVIEWS),
        *(f"inputs/{name}" for name in INPUTS),
        *(f"esms/sts_tot_rb_esms_fr{ending}" for ending in (".html", ".fr.html", "_2.1.xml", "_3.0.xml")),
        *TABLES,
        "report.html", "findings.json", "findings.csv", "findings.junit.xml",
        "manifest.json", "SHA256SUMS", "environment.json",
    }  # fmt: skip


def test_the_inputs_are_kept_as_received(example: Delivered) -> None:
    kept = everything(example.folder / "inputs")
    for name in INPUTS:
        assert kept[name] == (EXAMPLE / name).read_bytes()
    facts = [name for name in kept if name.startswith("facts/")]
    assert sorted(name.removeprefix("facts/") for name in facts) == sorted(example.manifest["request"]["facts"])
    for name in facts:
        assert kept[name] == (ROOT / name.removeprefix("facts/")).read_bytes()


def test_the_sums_cover_everything_but_themselves_and_the_environment(example: Delivered) -> None:
    lines = (example.folder / "SHA256SUMS").read_text("ascii").splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    there = everything(example.folder)
    assert list(listed) == sorted(set(there) - {"SHA256SUMS", "environment.json"})
    assert listed == {name: hashlib.sha256(there[name]).hexdigest() for name in listed}
    environment = json.loads(there["environment.json"])
    assert {"python", "platform", "ebs"} <= set(environment)
    assert {"lxml", "pandas", "sdmx1"} <= set(environment["libraries"])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs the program sha256sum (coreutils)")
def test_sha256sum_agrees(example: Delivered) -> None:
    done = subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=example.folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_manifest_says_what_was_asked_and_made(example: Delivered) -> None:
    manifest = json.loads((example.folder / "manifest.json").read_bytes())
    assert manifest == example.manifest
    asked = manifest["request"]
    assert (asked["country"], asked["month"], asked["test"]) == ("FR", "2024-05", False)
    assert asked["indicators"] == ["registrations", "bankruptcies"]
    assert asked["prepared"] == manifest["prepared"] == "2024-07-05T09:00:00+02:00"
    assert asked["history"] == []
    assert asked["inputs"] == {
        name: hashlib.sha256((EXAMPLE / name).read_bytes()).hexdigest() for name in INPUTS if name != "delivery.toml"
    }
    assert manifest["due"] == "2024-07-10"  # 31 May and 40 days
    assert manifest["not_read"] == {}
    there = everything(example.folder)
    assert manifest["files"] == {
        name: hashlib.sha256(there[name]).hexdigest()
        for name in sorted(set(there) - {"manifest.json", "SHA256SUMS", "environment.json"})
    }
    first, second = manifest["data_sets"]
    assert [first["data_set"], second["data_set"]] == ["STSRB_REG_M", "STSRB_BKRT_M"]
    for data_set, begin in ((first, "2012-01"), (second, "2015-01")):
        assert data_set["structure"] == "ESTAT:STSALL(2.1)"
        assert (data_set["first"], data_set["last"]) == (begin, "2024-05")
        assert data_set["series"] == 9
        assert data_set["observations"] == len(observations(example.folder / "upload" / data_set["file"]))
        assert data_set["sha256"] == manifest["files"][f"upload/{data_set['file']}"]
    said = " ".join(manifest["not_confirmed"])
    for word in ("STSRB_REG_M", "STSRB_BKRT_M", "BURE", "BUBA", "PTSXS94", "ESTAT:STSALL(2.1)"):
        assert word in said


def test_the_books_balance_to_the_unit(example: Delivered, sums: Sums, cells: dict[str, list[Cell]]) -> None:
    read = {
        "registrations": sum(cell[3] for cell in cells[REGISTRATIONS]),
        # the control rows stand beside their parts: everything is there twice
        "bankruptcies": 2 * sum(cell[3] for cell in cells[BANKRUPTCIES]),
    }
    for indicator, file in (("registrations", REGISTRATIONS), ("bankruptcies", BANKRUPTCIES)):
        books = dict(example.manifest["balance"][indicator])
        assert books["read"] == read[indicator]
        assert books["sent"] == sum(value for (code, _), value in sums[file].items() if code == TOTAL)
        assert books.pop("read") == sum(books.values())
        assert books["unknown"] == books["withheld"] == books["outside the months delivered"] == 0
    assert example.manifest["balance"]["bankruptcies"]["control rows"] == read["bankruptcies"] // 2


def test_the_report_holds_no_error(example: Delivered) -> None:
    report = json.loads((example.folder / "findings.json").read_bytes())
    assert report == example.report
    assert report["ok"] is True
    assert report["counts"]["error"] == report["counts"]["warning"] == 0
    outcomes = {(rule["rule"], rule["file"]): rule for rule in report["rules"]}
    for name in UPLOADS:
        for rule in ("schema", "read-back"):
            assert outcomes[rule, name]["outcome"] == "holds"
            assert outcomes[rule, name]["checked"] == len(observations(example.folder / "upload" / name))
    for file in report["files"]:
        assert file["sha256"] == example.manifest["files"][f"upload/{file['file']}"]


# --- the figures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", UPLOADS)
def test_every_observation_is_the_sum_of_its_cells(example: Delivered, sums: Sums, file: str) -> None:
    assert values(example.folder / "upload" / file) == sums[file]


def test_saint_pierre_counts_for_bankruptcies_and_saint_martin_never(
    example: Delivered, cells: dict[str, list[Cell]]
) -> None:
    found = values(example.folder / "upload" / BANKRUPTCIES)
    without = added_up(cells[BANKRUPTCIES], ADDED - {"975"})
    more = added_up(cells[BANKRUPTCIES], ADDED | {"978"})
    assert sum(without.values()) < sum(found.values()) < sum(more.values())
    for row in table(example.folder / "factors.csv"):
        if row["area"] == "978":
            assert row["factor"] == "0"
        if row["area"] == "975" and row["role"] == "sent":
            assert row["indicator"] == "bankruptcies"


@pytest.mark.parametrize(
    ("file", "provisional"), [(REGISTRATIONS, {"2024-04", "2024-05"}), (BANKRUPTCIES, {"2024-05"})]
)
def test_the_latest_months_are_provisional(example: Delivered, file: str, provisional: set[str]) -> None:
    """Registrations are definitive at their third publication, of bankruptcies only the latest month is provisional."""
    rows = observations(example.folder / "upload" / file)
    assert {row["TIME_PERIOD"] for row in rows if row["OBS_STATUS"] == "P"} == provisional
    assert {row["OBS_STATUS"] for row in rows if row["TIME_PERIOD"] not in provisional} == {"A"}
    assert {row["CONF_STATUS"] for row in rows} == {"F"}


@pytest.mark.parametrize(("file", "indicator"), [(REGISTRATIONS, "BURE"), (BANKRUPTCIES, "BUBA")])
def test_the_series_carry_the_codes_of_a_raw_monthly_count(example: Delivered, file: str, indicator: str) -> None:
    rows = observations(example.folder / "upload" / file)
    assert {row["ACTIVITY"] for row in rows} == {*SPANS, TOTAL}
    fixed = {
        "FREQ": "M", "REF_AREA": "FR", "SEASONAL_ADJUST": "N", "INDICATOR": indicator, "BASE_PER": "_Z",
        "TRANSFORMATION": "N", "DECIMALS": "0", "UNIT_MULT": "0", "UNIT_MEASURE": "PN", "TIME_FORMAT": "P1M",
    }  # fmt: skip
    for name, code in fixed.items():
        assert {row[name] for row in rows} == {code}
    assert {"COMMENT_DSET", "PRE_BREAK_VALUE", "EMBARGO_TIME"}.isdisjoint({name for row in rows for name in row})


# --- the files, by others' eyes -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def structure_message(facts: Facts) -> bytes:
    """Data structure, lists, concepts and dataflows in one message, as foreign readers want them."""
    flows = [entry.files[0] for entry in facts.structure_index if entry.kind == "dataflow"]
    entry = facts.entry("ESTAT:STSALL(2.1)")
    assert entry is not None
    parts = [facts.store.read(file) for file in (*entry.files, *flows)]
    return readback.merged(parts)


def test_the_files_are_valid_by_the_schema_of_their_structure(example: Delivered, facts: Facts) -> None:
    structure = facts.structure("ESTAT:STSALL(2.1)")
    for name in [*(f"upload/{name}" for name in UPLOADS), *(f"index/{name}.xml" for name in PREVIEWS)]:
        head = header(example.folder / name)
        namespace = head.find(f"{MESSAGE}Structure").get("namespace")
        judge = schema.compile_schema(schema.schema_xml(structure, namespace=namespace))
        data = (example.folder / name).read_bytes()
        assert schema.validate(judge, data) == []
        assert schema.validate(judge, data.replace(b'OBS_STATUS="A"', b'OBS_STATUS="?"', 1))


@pytest.mark.parametrize("file", UPLOADS)
def test_sdmx1_reads_every_cell_and_attribute_as_it_was_meant(
    example: Delivered, structure_message: bytes, file: str
) -> None:
    structure = sdmx.read_sdmx(io.BytesIO(structure_message)).structure["STSALL"]
    message = sdmx.read_sdmx(io.BytesIO((example.folder / "upload" / file).read_bytes()), structure=structure)
    (data_set,) = message.data
    read = {}
    for obs in data_set.obs:
        row = {name: str(value.value) for name, value in obs.series_key.attrib.items()}
        row |= {name: str(value.value) for name, value in obs.attached_attribute.items()}
        row |= {name: str(value.value) for name, value in obs.key.values.items()}
        read[row["ACTIVITY"], row["TIME_PERIOD"]] = {**row, "OBS_VALUE": str(obs.value)}
    indicator = "registrations" if file == REGISTRATIONS else "bankruptcies"
    components = [component.id for part in (structure.dimensions, structure.attributes) for component in part]
    meant = {
        (row["ACTIVITY"], row["TIME_PERIOD"]): {name: row[name] for name in (*components, "OBS_VALUE") if row[name]}
        for row in table(example.folder / "observations.csv")
        if row["indicator"] == indicator and row["measure"] == "count"
    }
    assert len(read) == len(data_set.obs)
    assert read == meant


@pytest.mark.parametrize("file", UPLOADS)
def test_pysdmx_reads_every_value_key_and_status_as_they_were_meant(
    example: Delivered, structure_message: bytes, file: str
) -> None:
    pytest.importorskip("pyarrow", reason="pysdmx reads data with its extra `data` (pyarrow)")
    (data_set,) = pysdmx.io.get_datasets(example.folder / "upload" / file, io.BytesIO(structure_message))
    assert data_set.structure.id == file.removesuffix("_FR_2024_0005.xml")
    wanted = [*KEY, "TIME_PERIOD", "OBS_STATUS", "CONF_STATUS"]
    rows = observations(example.folder / "upload" / file)
    assert list(data_set.data["OBS_VALUE"].map(float)) == [float(row["OBS_VALUE"]) for row in rows]
    read = list(data_set.data[wanted].itertuples(index=False, name=None))
    assert read == [tuple(row[name] for name in wanted) for row in rows]


@pytest.mark.parametrize(
    ("file", "begin", "source"),
    [(REGISTRATIONS, "2012-01", "INSEE"), (BANKRUPTCIES, "2015-01", "Banque de France")],
)
def test_the_header_is_complete_and_in_order(example: Delivered, file: str, begin: str, source: str) -> None:
    head = header(example.folder / "upload" / file)
    assert [etree.QName(child).localname for child in head] == [
        "ID", "Test", "Prepared", "Sender", "Receiver", "Structure", "DataSetAction", "DataSetID", "Extracted",
        "ReportingBegin", "ReportingEnd", "Source",
    ]  # fmt: skip
    stem, data_set = file.removesuffix(".xml"), file.removesuffix("_FR_2024_0005.xml")
    texts = {
        "ID": f"{stem}-20240705T070000Z",
        "Test": "false",
        "Prepared": "2024-07-05T09:00:00+02:00",
        "DataSetAction": "Replace",
        "DataSetID": data_set,
        "Extracted": "2024-07-05T09:00:00+02:00",
        "ReportingBegin": begin,
        "ReportingEnd": "2024-05",
        "Source": source,
    }
    assert {name: said(head, name) for name in texts} == texts
    assert [head.find(f"{MESSAGE}{who}").get("id") for who in ("Sender", "Receiver")] == ["FR1", "4D0"]
    named = head.find(f"{MESSAGE}Structure/{COMMON}StructureUsage/Ref")
    assert (named.get("class"), named.get("agencyID"), named.get("id")) == ("Dataflow", "ESTAT", data_set)
    body = etree.parse(example.folder / "upload" / file).getroot().find(f"{MESSAGE}DataSet")
    assert body.get(f"{SPECIFIC}dataScope") == "Dataflow"
    assert body.get(f"{SPECIFIC}action") == "Replace"
    raw = (example.folder / "upload" / file).read_bytes()
    assert raw.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<message:StructureSpecificData')
    assert b"\r" not in raw
    assert raw.decode("utf-8").isprintable() is False  # line feeds, and nothing else that cannot be printed
    assert raw.decode("utf-8").replace("\n", "").isprintable()


# --- the index ----------------------------------------------------------------------------------------------------


def half_up(value: Fraction) -> str:
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def by_key(file: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["INDICATOR"], row["ACTIVITY"], row["TIME_PERIOD"]): row for row in observations(file)}


def test_the_plain_index_is_100_times_the_count_over_the_mean_of_2021(example: Delivered, sums: Sums) -> None:
    monthly, quarterly = (by_key(example.folder / f"index/plain_{f}.xml") for f in "MQ")
    expected, in_quarters = {}, {}
    for indicator, file in (("BURE", REGISTRATIONS), ("BUBA", BANKRUPTCIES)):
        for code in (*SPANS, TOTAL):
            own = {month: n for (c, month), n in sums[file].items() if c == code}
            mean = Fraction(sum(n for month, n in own.items() if month[:4] == "2021"), 12)
            quarters: dict[str, list[int]] = {}
            for month, n in own.items():
                expected[indicator, code, month] = half_up(100 * n / mean)
                quarters.setdefault(f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}", []).append(n)
            for quarter, three in quarters.items():
                if len(three) == 3:
                    in_quarters[indicator, code, quarter] = half_up(Fraction(100 * sum(three), 3) / mean)
    assert {key: row["OBS_VALUE"] for key, row in monthly.items()} == expected
    assert {key: row["OBS_VALUE"] for key, row in quarterly.items()} == in_quarters
    assert max(quarter for *_, quarter in quarterly) == "2024-Q1"  # April and May make no quarter


def test_the_base_years_mean_is_100(example: Delivered) -> None:
    for name in ("plain_M", "weighted_M"):
        rows = by_key(example.folder / f"index/{name}.xml")
        for indicator in ("BURE", "BUBA"):
            for code in (*SPANS, TOTAL):
                year = [Fraction(rows[indicator, code, f"2021-{m:02d}"]["OBS_VALUE"]) for m in range(1, 13)]
                assert abs(sum(year) / 12 - 100) <= Fraction(1, 20)


def test_the_index_is_marked_as_what_it_is(example: Delivered) -> None:
    for name in PREVIEWS:
        file = example.folder / f"index/{name}.xml"
        head, frequency = header(file), name[-1]
        assert said(head, "DataSetID") == ""
        assert head.find(f"{MESSAGE}Structure/{COMMON}StructureUsage") is None
        named = head.find(f"{MESSAGE}Structure/{COMMON}Structure/Ref")
        assert (named.get("class"), named.get("id")) == ("DataStructure", "STSALL")
        rows = observations(file)
        comments = {row["COMMENT_DSET"] for row in rows}
        assert len(comments) == 1
        assert "not transmitted" in next(iter(comments))
        assert ("illustrative" in next(iter(comments))) is name.startswith("weighted")
        assert {row["FREQ"] for row in rows} == {frequency}
        for component, code in (("BASE_PER", "2021"), ("UNIT_MEASURE", "IX"), ("DECIMALS", "1")):
            assert {row[component] for row in rows} == {code}
        assert {row["TIME_FORMAT"] for row in rows} == {"P1M" if frequency == "M" else "P3M"}
    assert example.manifest["index"]["base_year"] == 2021
    assert example.manifest["index"]["weights"]["status"] == "illustrative"


def test_the_two_weightings_differ_and_never_share_a_file(example: Delivered) -> None:
    plain, weighted = (by_key(example.folder / f"index/{name}_M.xml") for name in ("plain", "weighted"))
    assert plain.keys() == weighted.keys()
    same = {code for (_, code, _), row in plain.items() if code in ("F", "G", "H", "I", "J")}
    for key, row in plain.items():
        if key[1] in same:  # an aggregate of one section has nothing to weight
            assert row["OBS_VALUE"] == weighted[key]["OBS_VALUE"]
    assert any(row["OBS_VALUE"] != weighted[key]["OBS_VALUE"] for key, row in plain.items() if key[1] == TOTAL)


# --- other months, other requests ---------------------------------------------------------------------------------


def test_the_delivery_of_the_month_before(tmp_path: Path, facts: Facts) -> None:
    done = deliver(Request(BEFORE, out=tmp_path), facts)
    assert done.ok
    assert done.folder == tmp_path / "FR" / "2024-04_01"
    assert names(done.folder / "upload") == ["STSRB_BKRT_M_FR_2024_0004.xml", "STSRB_REG_M_FR_2024_0004.xml"]
    sent = done.folder / "upload"
    assert values(sent / "STSRB_REG_M_FR_2024_0004.xml") == added_up(registrations(BEFORE), {"FR"})
    assert values(sent / "STSRB_BKRT_M_FR_2024_0004.xml") == added_up(bankruptcies(BEFORE), ADDED)
    rows = observations(sent / "STSRB_REG_M_FR_2024_0004.xml")
    assert {row["TIME_PERIOD"] for row in rows if row["OBS_STATUS"] == "P"} == {"2024-03", "2024-04"}
    assert done.manifest["due"] == "2024-06-09"


def test_an_older_month_sends_nothing_later(tmp_path: Path, facts: Facts, sums: Sums) -> None:
    done = deliver(Request(EXAMPLE, month="2023-12", out=tmp_path), facts)
    assert done.ok
    assert done.folder.name == "2023-12_01"
    for name in UPLOADS:
        expected = {key: n for key, n in sums[name].items() if key[1] <= "2023-12"}
        assert values(done.folder / "upload" / name.replace("2024_0005", "2023_0012")) == expected
    found = [finding for finding in done.report["findings"] if finding["rule"] == "ends-elsewhere"]
    assert {finding["severity"] for finding in found} == {"warning"}
    assert [(finding["period"], finding["expected"]) for finding in found] == [("2024-05", "2023-12")] * 2
    for books in done.manifest["balance"].values():
        assert books["outside the months delivered"] > 0
        assert books["read"] == sum(n for what, n in books.items() if what != "read")
    # until the end of 2023 the base is 2015, over the whole series; for it there are no weights
    assert names(done.folder / "index") == ["plain_M.xml", "plain_Q.xml"]
    assert {row["BASE_PER"] for row in observations(done.folder / "index" / "plain_M.xml")} == {"2015"}
    unchecked = [rule for rule in done.report["rules"] if rule["outcome"] == "unchecked"]
    assert any("weights" in rule["why"] for rule in unchecked)


def test_one_indicator_alone(make: Make) -> None:
    done = make(only="registrations")
    assert done.ok
    assert names(done.folder / "upload") == [REGISTRATIONS]
    assert list(done.manifest["balance"]) == ["registrations"]
    assert {row["indicator"] for row in table(done.folder / "observations.csv")} == {"registrations"}
    assert names(done.folder / "inputs") == ["delivery.toml", "facts", "registrations.csv"]


def test_a_test_is_named_and_marked(make: Make) -> None:
    done = make(test=True)
    assert names(done.folder / "upload") == [f"V{name}" for name in sorted(UPLOADS)]
    for name in UPLOADS:
        head = header(done.folder / "upload" / f"V{name}")
        assert said(head, "Test") == "true"
        assert said(head, "DataSetID") == "V" + name.removesuffix("_FR_2024_0005.xml")
        assert said(head, "ID").startswith("V" + name.removesuffix(".xml"))


def test_the_small_delivery_adds_up_as_well(make: Make) -> None:
    done = make()
    assert done.ok
    assert values(done.folder / "upload" / REGISTRATIONS) == added_up(registrations(MINI), {"FR"})
    assert values(done.folder / "upload" / BANKRUPTCIES) == added_up(bankruptcies(MINI), ADDED)
    assert not (done.folder / "index").exists()  # the base year is not in the input
    (finding,) = (f for f in done.report["findings"] if f["rule"] == "thousands-read")
    assert "1208" in finding["message"]


# --- the same again, and something else ---------------------------------------------------------------------------


def test_the_same_request_has_the_same_answer(make: Make) -> None:
    first, there = make(), None
    there = everything(first.folder.parent)
    stamps = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = make()
    assert again.existed
    assert (again.folder, again.manifest, again.report) == (first.folder, first.manifest, first.report)
    assert everything(first.folder.parent) == there
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == stamps


def test_the_answer_without_a_given_time_is_found_again(make: Make, inputs: Path) -> None:
    replaced(inputs / "delivery.toml", "prepared = 2024-07-05T09:00:00+02:00\n", "")
    first = make(inputs)
    made = dt.datetime.fromisoformat(first.manifest["prepared"])
    assert abs(dt.datetime.now(dt.UTC) - made) < dt.timedelta(minutes=5)
    assert make(inputs).folder == first.folder
    assert first.manifest["request"]["prepared"] is None


def other_input(make: Make, inputs: Path) -> Delivered:
    replaced(inputs / "registrations.csv", "2024-05;96;autre", "2024-05;95;autre")
    return make(inputs)


def other_facts(make: Make, inputs: Path) -> Delivered:
    overlay = inputs.parent / "overlay" / "codelists" / "countries" / "FR"
    overlay.mkdir(parents=True)
    text = (ROOT / "codelists/countries/FR/country.toml").read_text("utf-8")
    (overlay / "country.toml").write_text(text.replace('id = "FR1"', 'id = "FR2"'), "utf-8")
    return make(facts=load(inputs.parent / "overlay"))


CHANGES: dict[str, Callable[[Make, Path], Delivered]] = {
    "input": other_input,
    "facts": other_facts,
    "test": lambda make, _: make(test=True),
    "only": lambda make, _: make(only="registrations"),
    "prepared": lambda make, _: make(prepared=dt.datetime(2024, 7, 6, 9, tzinfo=dt.UTC)),
    "month": lambda make, _: make(month="2024-04"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_anything_else_is_a_new_draft_and_overwrites_nothing(make: Make, inputs: Path, what: str) -> None:
    first = make()
    before = everything(first.folder)
    other = CHANGES[what](make, inputs)
    assert not other.existed
    assert other.folder.name == ("2024-04_01" if what == "month" else "2024-05_02")
    assert other.manifest["identity"] != first.manifest["identity"]
    assert everything(first.folder) == before
    assert make().folder == first.folder  # the first is still the answer to the first request


@pytest.mark.parametrize("damage", ["changed", "gone", "manifest", "sums"])
def test_a_damaged_folder_is_no_answer_and_stays_as_it_is(make: Make, damage: str) -> None:
    first = make()
    file = first.folder / "upload" / REGISTRATIONS
    if damage == "changed":
        file.write_bytes(file.read_bytes().replace(b'OBS_VALUE="16"', b'OBS_VALUE="17"'))
    elif damage == "gone":
        file.unlink()
    elif damage == "manifest":
        (first.folder / "manifest.json").write_text("{")
    else:
        (first.folder / "SHA256SUMS").unlink()
    spoilt = everything(first.folder)
    again = make()
    assert (again.folder.name, again.existed) == ("2024-05_02", False)
    assert everything(first.folder) == spoilt
    named = {"manifest": "manifest.json", "sums": "SHA256SUMS"}.get(damage, f"upload/{REGISTRATIONS}")
    assert again.damaged == {str(first.folder): [named]}
    third = make()
    assert (third.folder, third.existed, third.damaged) == (again.folder, True, {})


def test_what_somebody_put_beside_the_files_is_no_damage(make: Make) -> None:
    first = make()
    (first.folder / "upload" / "notes.txt").write_text("mine")
    again = make()
    assert (again.folder, again.existed, again.damaged) == (first.folder, True, {})


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs the program sha256sum (coreutils)")
def test_sha256sum_agrees_about_strange_names(tmp_path: Path) -> None:
    files = {"a\nb.csv": b"1", "a\\nb.csv": b"2", "c\u2028d é.csv": b"3", "plain.csv": b"4", "manifest.json": b"{}"}
    draft = archive.store(tmp_path, "2024-05", files, {})
    done = subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=draft, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert archive.damaged(draft) == []
    (draft / "a\nb.csv").write_bytes(b"2")
    (draft / "a\\nb.csv").unlink()
    assert archive.damaged(draft) == ["a\nb.csv", "a\\nb.csv"]


def test_a_draft_stands_when_only_the_folder_above_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    tried: list[int] = []

    def fsync(handle: int) -> None:
        if (tmp_path / "FR" / "2024-05_01").is_dir():
            tried.append(handle)
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "FR").mkdir()
    draft = archive.store(tmp_path / "FR", "2024-05", {"a.csv": b"1"}, {})
    assert archive.damaged(draft) == []
    assert os.name == "nt" or len(tried) == 3


def test_a_draft_number_is_never_used_again(make: Make) -> None:
    first = make()
    make(test=True)
    shutil.rmtree(first.folder)
    assert make().folder.name == "2024-05_03"


def test_an_interrupted_draft_is_cleared_away(make: Make, tmp_path: Path) -> None:
    debris = tmp_path / "out" / "FR" / ".2024-05_01.partial" / "upload"
    debris.mkdir(parents=True)
    (debris / "half.xml").write_text("<")
    done = make()
    assert done.folder.name == "2024-05_01"
    assert names(done.folder.parent) == [".lock", "2024-05_01"]


# --- what is wrong with the data: a draft, nothing to upload ------------------------------------------------------


def spoilt(make: Make, inputs: Path, old: str, new: str) -> tuple[Delivered, list[str]]:
    replaced(inputs / "registrations.csv", old, new)
    done = make(inputs)
    assert not done.ok
    assert not (done.folder / "upload").exists()
    return done, sorted({f["rule"] for f in done.report["findings"] if f["severity"] == "error"})


def test_an_activity_that_nobody_knows(make: Make, inputs: Path) -> None:
    done, rules = spoilt(make, inputs, "2024-05;96;micro", "2024-05;04;micro")
    assert rules == ["not-computed", "unmapped"], "the cell it should be is missing, too"
    (finding,) = (f for f in done.report["findings"] if f["rule"] == "unmapped")
    assert (finding["file"], finding["line"], finding["value"]) == ("registrations.csv", 44, "04: 25")
    assert done.manifest["balance"]["registrations"]["unknown"] == 25
    for name in ("counts.csv", "factors.csv", "observations.csv", "manifest.json", "inputs/registrations.csv"):
        assert (done.folder / name).is_file()


def test_an_empty_cell_is_not_a_zero(make: Make, inputs: Path) -> None:
    done, rules = spoilt(make, inputs, "2024-05;41;micro;34", "2024-05;41;micro;")
    assert rules == ["input-blank", "not-computed"]
    lacking = [
        row
        for row in table(done.folder / "observations.csv")
        if row["indicator"] == "registrations" and not row["OBS_VALUE"]
    ]
    assert {(row["ACTIVITY"], row["period"], row["OBS_STATUS"]) for row in lacking} == {
        ("F", "2024-05", "O"),
        (TOTAL, "2024-05", "O"),
    }
    assert all("registrations.csv line 28" in row["COMMENT_OBS"] for row in lacking)
    books = done.manifest["balance"]["registrations"]
    assert books["withheld"] > 0
    assert books["read"] == sum(n for what, n in books.items() if what != "read")


def test_a_cell_that_stands_twice_is_not_added_twice(make: Make, inputs: Path) -> None:
    _, rules = spoilt(make, inputs, "2024-05;41;micro;34\n", "2024-05;41;micro;34\n2024-05;41;micro;35\n")
    assert rules == ["input-duplicate", "not-computed"]


def test_a_negative_count(make: Make, inputs: Path) -> None:
    _, rules = spoilt(make, inputs, "2024-05;41;micro;34", "2024-05;41;micro;-34")
    assert rules == ["count-negative"]


def test_a_month_that_is_not_over(make: Make) -> None:
    done = make(prepared=dt.datetime(2024, 5, 20, tzinfo=dt.UTC))
    assert [f["rule"] for f in done.report["findings"] if f["severity"] == "error"] == ["future-month"]


def test_a_month_that_one_indicator_lacks(make: Make, inputs: Path) -> None:
    lines = (inputs / "registrations.csv").read_text("utf-8").splitlines(keepends=True)
    (inputs / "registrations.csv").write_text("".join(line for line in lines if "2024-05" not in line), "utf-8")
    done = make(inputs)
    assert not done.ok
    ends = [f for f in done.report["findings"] if f["rule"] == "ends-elsewhere"]
    assert [(f["period"], f["expected"]) for f in ends] == [("2024-04", "2024-05")]
    replaced(inputs / "delivery.toml", 'month = "2024-05"\n', "")  # then the newest that both have
    done = make(inputs)
    assert done.ok
    assert done.folder.name == "2024-04_01"


# --- what cannot be delivered at all ------------------------------------------------------------------------------


def nothing_written(tmp_path: Path) -> bool:
    return not (tmp_path / "out").exists()


def test_an_indicator_without_a_file(make: Make, inputs: Path, tmp_path: Path) -> None:
    (inputs / "bankruptcies.xlsx").unlink()
    words = refused(InputError, lambda: make(inputs))
    assert "bankruptcies" in words
    assert "--only" in words
    assert nothing_written(tmp_path)
    assert make(inputs, only="registrations").ok


def test_a_country_that_nobody_knows(make: Make, tmp_path: Path) -> None:
    words = refused(FactsError, lambda: make(country="FRA"))
    assert "'FRA'" in words
    assert "did you mean 'FR'" in words
    for strange in ("../FR", "FR/", ".", ""):
        if strange:
            refused(FactsError, lambda strange=strange: make(country=strange))
    assert nothing_written(tmp_path)


def test_an_indicator_that_nobody_knows(make: Make, tmp_path: Path) -> None:
    words = refused(UsageError, lambda: make(only="registration"))
    assert "did you mean 'registrations'" in words
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("place", [".", ".."])
def test_the_output_is_not_the_folder_of_inputs(make: Make, inputs: Path, place: str) -> None:
    inputs = inputs.rename(inputs.parent / "FR")  # a delivery goes to OUT/FR
    assert "inputs" in refused(UsageError, lambda: make(inputs, out=inputs / place))
    assert names(inputs) == INPUTS


def test_an_output_below_the_inputs_never_becomes_an_input(make: Make, inputs: Path) -> None:
    done = make(inputs, out=inputs / "outputs")
    assert done.ok
    assert make(inputs, out=inputs / "outputs").folder == done.folder


@pytest.mark.parametrize(
    ("month", "words"),
    [
        ("2024-13", "2024-13"),
        ("2024-Q1", "is not a month"),
        ("2024", "is not a month"),
        ("mai", "is not a period"),
        ("", "is not a period"),
        ("2012-01", "2024-04"),  # before the input starts
        ("9999-12", "2024-05"),  # a slip of the finger: the input ends long before
        ("2204-05", "2024-05"),
    ],
)
def test_a_month_that_cannot_be_delivered(make: Make, tmp_path: Path, month: str, words: str) -> None:
    assert words in refused(UsageError, lambda: make(month=month))
    assert nothing_written(tmp_path)


def test_a_month_before_one_of_the_indicators_starts(make: Make, inputs: Path, tmp_path: Path) -> None:
    """Bankruptcies start later than registrations: a month between the two has no bankruptcies at all."""
    text = (inputs / "registrations.csv").read_text("utf-8")
    (inputs / "registrations.csv").write_text(
        text + "".join(line.replace("2024-04", "2024-03", 1) + "\n" for line in text.splitlines() if "2024-04" in line),
        "utf-8",
    )
    words = refused(UsageError, lambda: make(inputs, month="2024-03"))
    assert "bankruptcies" in words
    assert "2024-04" in words
    assert nothing_written(tmp_path)
    assert make(inputs, month="2024-03", only="registrations").ok


@pytest.mark.parametrize(
    "when",
    [
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))),
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=2))),
        dt.datetime(2024, 7, 5, tzinfo=dt.timezone(dt.timedelta(hours=23))),  # no XML date has such an offset
        dt.datetime(2024, 7, 5, tzinfo=dt.timezone(dt.timedelta(hours=2, seconds=30))),
    ],
    ids=["before the calendar", "after the calendar", "23 hours", "seconds"],
)
def test_a_time_that_no_header_can_carry(make: Make, tmp_path: Path, when: dt.datetime) -> None:
    assert "prepared" in refused(UsageError, lambda: make(prepared=when))
    assert nothing_written(tmp_path)


def test_a_time_without_offset_in_the_request_file(make: Make, inputs: Path, tmp_path: Path) -> None:
    replaced(inputs / "delivery.toml", "+02:00", "")
    assert "offset" in refused(InputError, lambda: make(inputs))
    assert nothing_written(tmp_path)


def test_a_key_that_the_request_file_does_not_know(make: Make, inputs: Path, tmp_path: Path) -> None:
    replaced(inputs / "delivery.toml", "prepared", "prepare")
    with pytest.raises(EbsError) as caught:
        make(inputs)
    assert caught.value.exit_status == 3
    assert "delivery.toml prepare" in str(caught.value)
    assert "did you mean 'prepared'" in str(caught.value)
    assert nothing_written(tmp_path)


def test_a_file_that_nobody_reads_is_named(make: Make, inputs: Path) -> None:
    (inputs / "notes.txt").write_text("Bonjour", "utf-8")
    done = make(inputs)
    assert list(done.manifest["not_read"]) == ["notes.txt"]
    assert not (done.folder / "inputs" / "notes.txt").exists()


def test_a_file_cut_short_is_refused(make: Make, inputs: Path) -> None:
    """The rows of most divisions are gone in the newest month: no zero is made of them."""
    path = inputs / "registrations.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("2024-05;4")) + "\n", "utf-8")
    done = make(inputs)
    assert not done.ok
    assert not (done.folder / "upload").exists()
    (finding,) = (f for f in done.report["findings"] if f["rule"] == "not-computed" and ".G." in f["series"])
    assert "no row for area FR, kind" in finding["message"]
    assert "counts an absent row as missing" in finding["message"]


def test_the_header_is_read_back(example: Delivered) -> None:
    """One mutation per field: each is seen."""
    from pipeline.messages import header

    meant = header.Header(
        id="STSRB_REG_M_FR_2024_0005-20240705T070000Z",
        prepared=dt.datetime.fromisoformat("2024-07-05T09:00:00+02:00"),
        sender="FR1",
        receiver="4D0",
        reference=header.Follows.to_dataflow("ESTAT:STSRB_REG_M(1.0)"),
        action="Replace",
        data_set_id="STSRB_REG_M",
        extracted=dt.datetime.fromisoformat("2024-07-05T09:00:00+02:00"),
        begin="2012-01",
        end="2024-05",
        source="INSEE",
    )
    data = (example.folder / "upload" / REGISTRATIONS).read_bytes()
    assert header.differences(data, meant) == []
    mutations = {
        "Sender": (b'Sender id="FR1"', b'Sender id="FR2"'),
        "Receiver": (b'Receiver id="4D0"', b'Receiver id="4D1"'),
        "Test": (b"<message:Test>false", b"<message:Test>true"),
        "Prepared": (b"<message:Prepared>2024-07-05", b"<message:Prepared>2024-07-06"),
        "action": (b'ss:action="Replace"', b'ss:action="Delete"'),
        "DataSetAction": (b"DataSetAction>Replace", b"DataSetAction>Delete"),
        "DataSetID": (b"DataSetID>STSRB_REG_M", b"DataSetID>STSRB_BKRT_M"),
        "Structure": (b'Ref agencyID="ESTAT" id="STSRB_REG_M"', b'Ref agencyID="ESTAT" id="STSRB_BKRT_M"'),
        "dataScope": (b'dataScope="Dataflow"', b'dataScope="DataStructure"'),
        "structureRef": (b'structureRef="S1"', b'structureRef="S2"'),
        "ReportingEnd": (b"ReportingEnd>2024-05", b"ReportingEnd>2024-04"),
        "Source": (b">INSEE<", b">INSEF<"),
    }
    for what, (old, new) in mutations.items():
        assert old in data, what
        assert [name for name, _, _ in header.differences(data.replace(old, new, 1), meant)] == [what]


# --- the formats of messages --------------------------------------------------------------------------------------

FORMATS = {"2.1": "StructureSpecificData 2.1", "3.0": "StructureSpecificData 3.0", "csv": "SDMX-CSV 2.0"}


@pytest.fixture(scope="module")
def in_formats(tmp_path_factory: pytest.TempPathFactory, facts: Facts, example: Delivered) -> dict[str, Delivered]:
    """The example in each format."""
    out = tmp_path_factory.mktemp("formats")
    others = {name: deliver(Request(EXAMPLE, out=out / name, message=name), facts) for name in ("3.0", "csv")}
    return {"2.1": example, **others}


def lines_of(file: Path) -> list[dict[str, str]]:
    """Every observation of a file, whatever its format; only what is said."""
    rows = table(file) if file.suffix == ".csv" else data_rows(file)
    return [{name: text for name, text in row.items() if text and name[:6] not in ("STRUCT", "ACTION")} for row in rows]


def data_rows(file: Path) -> list[dict[str, str]]:
    """The attributes of data set, series and observation together, in SDMX-ML of any version."""
    data_set = etree.parse(file).getroot()[1]
    common = {name: value for name, value in data_set.attrib.items() if not name.startswith("{")}
    common |= {name: value for atts in data_set.findall("Atts") for name, value in atts.attrib.items()}
    return [{**common, **series.attrib, **obs.attrib} for series in data_set.iter("Series") for obs in series]


@pytest.mark.parametrize("message", FORMATS)
def test_each_format_delivers_the_example(in_formats: dict[str, Delivered], example: Delivered, message: str) -> None:
    done, ending = in_formats[message], ".csv" if message == "csv" else ".xml"
    assert done.ok
    files = [name.replace(".xml", ending) for name in UPLOADS]
    assert names(done.folder / "upload") == sorted(files)
    assert names(done.folder / "index") == [f"{name}{ending}" for name in PREVIEWS]
    assert {file["format"] for file in done.report["files"]} == {FORMATS[message]}
    for file in [*(f"upload/{name}" for name in UPLOADS), *(f"index/{name}.xml" for name in PREVIEWS)]:
        there = lines_of(done.folder / file.replace(".xml", ending))
        assert there == lines_of(example.folder / file), file
    tables = [everything(one.folder)["observations.csv"] for one in (done, example)]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("message", FORMATS)
def test_each_format_is_judged(in_formats: dict[str, Delivered], message: str) -> None:
    """By its schema, or else by reading it back; the previews as well."""
    outcomes = {
        (rule["rule"], rule["file"]): rule["outcome"]
        for rule in in_formats[message].report["rules"]
        if rule["rule"] in ("schema", "header", "read-back", "not-read-back")
    }
    ending = ".csv" if message == "csv" else ".xml"
    uploads, previews = [name.replace(".xml", ending) for name in UPLOADS], [f"{name}{ending}" for name in PREVIEWS]
    assert {outcomes["schema", name] for name in uploads + previews} == {"unchecked" if message == "csv" else "holds"}
    assert {outcomes["header", name] for name in uploads + previews} == {"holds"}
    read = uploads + (previews if message == "csv" else [])
    assert {outcomes[rule, name] for rule in ("read-back", "not-read-back") for name in read} == {"holds"}


@pytest.mark.parametrize("message", FORMATS)
@pytest.mark.parametrize("file", UPLOADS)
def test_sdmx1_reads_each_format_alike(
    in_formats: dict[str, Delivered], facts: Facts, structure_message: bytes, file: str, message: str
) -> None:
    structure = facts.structure("ESTAT:STSALL(2.1)")
    path = in_formats[message].folder / "upload" / file.replace(".xml", ".csv" if message == "csv" else ".xml")
    read = readback.read_csv_by_sdmx1 if message == "csv" else readback.read_by_sdmx1
    meant = lines_of(in_formats["2.1"].folder / "upload" / file)
    assert readback.differences(meant, read(path.read_bytes(), structure, structure_message), structure) == []


@pytest.mark.parametrize("message", FORMATS)
@pytest.mark.parametrize("file", UPLOADS)
def test_pysdmx_reads_each_format_alike(
    in_formats: dict[str, Delivered], facts: Facts, file: str, message: str
) -> None:
    pytest.importorskip("pyarrow", reason="pysdmx reads data with its extra `data` (pyarrow)")
    path = in_formats[message].folder / "upload" / file.replace(".xml", ".csv" if message == "csv" else ".xml")
    (data_set,) = pysdmx.io.read_sdmx(path).data
    assert data_set.structure == f"Dataflow=ESTAT:{file.removesuffix('_FR_2024_0005.xml')}(1.0)"
    assert data_set.action.value == "Replace"
    read = data_set.data.fillna("").astype(str).to_dict("records")
    meant = lines_of(in_formats["2.1"].folder / "upload" / file)
    assert readback.differences(meant, read, facts.structure("ESTAT:STSALL(2.1)")) == []


@pytest.mark.parametrize("message", ["3.0", "csv"])
def test_each_format_is_the_same_every_time_and_a_request_of_its_own(make: Make, tmp_path: Path, message: str) -> None:
    """Another format is another draft, never an answer to the first request; the default is not written down."""
    plain, first = make(), make(message=message)
    assert [plain.folder.name, first.folder.name] == ["2024-05_01", "2024-05_02"]
    assert (plain.manifest["request"].get("message"), first.manifest["request"]["message"]) == (None, message)
    assert make(message=message).existed
    again = make(message=message, out=tmp_path / "again")
    assert not again.existed
    assert {n: d for n, d in everything(again.folder).items() if n != "environment.json"} == {
        n: d for n, d in everything(first.folder).items() if n != "environment.json"
    }


def test_a_format_that_nobody_writes(make: Make, tmp_path: Path) -> None:
    said_ = refused(UsageError, lambda: make(message="2.0"))
    assert "--message" in said_
    assert all(words in said_ for words in ("2.1 (", "3.0 (", "csv ("))
    assert nothing_written(tmp_path)


def test_a_csv_file_that_another_library_misreads_is_not_packed(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no schema to judge it: a wrong value must be found by reading it back."""
    from pipeline.messages import sdmx_csv

    honest = sdmx_csv.write

    def wrong(stream: io.BytesIO, *rest: Any) -> None:
        own = io.BytesIO()
        honest(own, *rest)
        stream.write(own.getvalue().replace(b",2024-05,1", b",2024-05,2"))

    monkeypatch.setattr(sdmx_csv, "write", wrong)
    done = make(message="csv")
    assert not done.ok
    assert not (done.folder / "upload").exists()
    assert "read-back" in {finding["rule"] for finding in done.report["findings"]}


def test_empty_months_after_the_one_delivered_block_nothing(make: Make, inputs: Path) -> None:
    path = inputs / "registrations.csv"
    path.write_text(path.read_text("utf-8") + "2024-06;41;micro;\n2024-06;41;autre;\n", "utf-8")
    done = make(inputs)
    assert done.manifest["request"]["month"] == "2024-05"
    assert done.ok
    (finding,) = (f for f in done.report["findings"] if f["rule"] == "not-this-month")
    assert finding["message"].startswith("2 doubtful cells")


def test_one_indicator_alone_does_not_mind_the_others_file(make: Make, inputs: Path) -> None:
    (inputs / "bankruptcies.xlsx").write_bytes(b"PK\x03\x04 broken")
    assert make(inputs, only="registrations").ok
