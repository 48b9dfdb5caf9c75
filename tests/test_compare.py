"""`ebs compare`: two delivery folders that can be read by eye, and what is said of them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from compare_support import COMPONENTS, Cell, Said, cell, write_delivery

from pipeline.compare import Change, Comparison, compare, document
from pipeline.deliver import Delivered
from pipeline.errors import InputError, UsageError
from pipeline.pages import comparison as pages
from pipeline.tables import Identity


def as_text(found: Comparison) -> str:
    return "\n".join(pages.lines(document(found)))


def as_csv(found: Comparison) -> bytes:
    return pages.table(document(found))


APRIL: dict[Cell, Said] = {
    cell("T", "2024-03"): ("1000", "A"),
    cell("T", "2024-04"): ("500", "P"),
    cell("F", "2024-02"): ("7", "A"),
    cell("F", "2024-03"): ("100", "A"),
    cell("F", "2024-04"): ("0", "P"),
    cell("G", "2024-03"): ("", "O"),
    cell("G", "2024-04"): ("5", "P"),
}
MAY: dict[Cell, Said] = {
    cell("T", "2024-03"): ("1000", "A"),  # as it was
    cell("T", "2024-04"): ("510", "A"),  # revised, and its status with it
    cell("T", "2024-05"): ("600", "P"),  # new
    # F of February is gone
    cell("F", "2024-03"): ("100", "E"),  # the status alone
    cell("F", "2024-04"): ("3", "P"),  # revised from 0
    cell("G", "2024-03"): ("40", "A"),  # had no value
    cell("G", "2024-04"): ("", "O"),  # has none any more
}


@pytest.fixture
def found(tmp_path: Path) -> Comparison:
    return compare(write_delivery(tmp_path / "4", "2024-04", APRIL), write_delivery(tmp_path / "5", "2024-05", MAY))


def test_every_change_and_nothing_else(found: Comparison) -> None:
    def change(what: Cell, *rest: Any) -> Change:
        return Change(Identity(*what), *rest)

    assert list(found.changes) == [
        change(cell("F", "2024-02"), "gone", 7, None, "A", "", 3),
        change(cell("F", "2024-03"), "status", 100, 100, "A", "E", 2),
        change(cell("F", "2024-04"), "revised", 0, 3, "P", "P", 1),
        change(cell("G", "2024-03"), "revised", None, 40, "O", "A", 2),
        change(cell("G", "2024-04"), "revised", 5, None, "P", "O", 1),
        change(cell("T", "2024-04"), "revised", 500, 510, "P", "A", 1),
        change(cell("T", "2024-05"), "new", None, 600, "", "P", 0),
    ]
    assert {(one.difference, one.relative) for one in found.of("revised")} == {(3, None), (None, None), (10, 2.0)}
    assert [(one.identity.aggregate, one.identity.period) for one in found.statuses] == [
        ("F", "2024-03"),
        ("G", "2024-03"),
        ("G", "2024-04"),
        ("T", "2024-04"),
    ]


def test_the_figures_by_aggregate(found: Comparison) -> None:
    said = document(found)
    assert said["counts"] == {"compared": 6, "revised": 4, "new": 1, "gone": 1, "statuses": 4}
    assert said["aggregates"] == {"births": ["T", "F", "G"]}  # the largest first
    groups = {entry["aggregate"]: entry for entry in said["groups"]}
    assert list(groups) == [None, "T", "F", "G"]
    total, f, g, everything = groups["T"], groups["F"], groups["G"], groups[None]
    assert (total["compared"], total["revised"], total["sum"], total["mean_relative"]) == (2, 1, 10, 2.0)
    assert (f["sum"], f["mean_relative"], f["largest"]["difference"]) == (3, None, 3)  # from 0 there is no per cent
    assert (g["revised"], g["sum"], g["largest"]["difference"]) == (2, 0, None)
    assert f["statuses"] == [{"before": "A", "after": "E", "cells": 1}]
    assert (everything["compared"], everything["revised"], everything["sum"]) == (6, 4, None)
    assert everything["largest"]["aggregate"] == "T"


def test_a_delivery_is_like_itself(tmp_path: Path) -> None:
    one = write_delivery(tmp_path / "4", "2024-04", APRIL)
    found = compare(one, one)
    assert found.changes == ()
    assert "births: no difference" in as_text(found)
    assert as_csv(found).count(b"\n") == 1  # its header


def test_another_code_makes_no_cell_new(tmp_path: Path) -> None:
    """Codes and names of components belong to the transmission; a value is what it is."""
    old = write_delivery(tmp_path / "4", "2024-04", APRIL, code="BTE")
    renamed = {**COMPONENTS, "value": "VALUE", "status": "STATUS"}
    new = write_delivery(tmp_path / "4b", "2024-04", APRIL, code="B-E", components=renamed)
    assert compare(old, new).changes == ()


def test_an_old_delivery_without_a_status(tmp_path: Path) -> None:
    without = {name: word for name, word in COMPONENTS.items() if name != "status"}
    old = write_delivery(tmp_path / "4", "2024-04", APRIL, components=without)
    new = write_delivery(tmp_path / "5", "2024-05", APRIL)
    found = compare(old, new)
    assert {(one.kind, one.status_before) for one in found.changes} == {("status", "")}
    assert "none → A 3" in as_text(found)


def test_an_indicator_that_only_one_delivers_is_neither_new_nor_gone(tmp_path: Path) -> None:
    deaths = {cell("T", "2024-03", "deaths"): ("9", "A")}
    both = write_delivery(tmp_path / "4", "2024-04", {**APRIL, **deaths})
    alone = write_delivery(tmp_path / "5", "2024-05", APRIL)
    fewer, more = compare(both, alone), compare(alone, both)
    assert fewer.changes == more.changes == ()
    assert (document(fewer)["only_old"], document(more)["only_new"]) == (["deaths"], ["deaths"])
    assert "only in the first, not compared: deaths" in as_text(fewer)
    assert "only in the second, not compared: deaths" in as_text(more)


def test_the_index_is_told_apart_and_exactly(tmp_path: Path) -> None:
    def index(march: str, quarter: str) -> dict[Cell, Said]:
        return {
            cell("T", "2024-03"): ("1000", "A"),
            cell("T", "2024-03", measure="index_ratio"): (march, "A"),
            cell("T", "2024-Q1", measure="index_ratio", frequency="Q"): (quarter, "A"),
        }

    old = write_delivery(tmp_path / "4", "2024-04", index("100.0", "99.9"))
    new = write_delivery(tmp_path / "5", "2024-05", index("100.00", "100.2"))
    found = compare(old, new)
    (one,) = found.changes  # 100.00 is 100.0
    assert (one.identity.period, one.difference, one.age) == ("2024-Q1", Decimal("0.3"), 2)
    assert document(found)["counts"]["revised"] == 0  # only what is sent
    assert "index_ratio (preview): 1 of 2 revised; largest: births T 2024-Q1, 99.9 → 100.2" in as_text(found)


@pytest.mark.parametrize("comment", ['a "quoted" word, a comma', "two\nlines, ,count,", "a carriage\rreturn", "=1+1"])
def test_texts_beside_the_values_do_not_matter(tmp_path: Path, comment: str) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    new = write_delivery(tmp_path / "4b", "2024-04", APRIL, comment=comment)
    found = compare(old, new)
    assert found.changes == ()
    assert sum(found.both.values()) == len(APRIL)


def test_a_value_that_was_guarded_against_spreadsheets(tmp_path: Path) -> None:
    """A faulty draft can hold a negative count; as text it stands in the table behind an apostrophe."""
    old = write_delivery(tmp_path / "4", "2024-04", {cell("T", "2024-04"): ("'-5", "P")})
    new = write_delivery(tmp_path / "5", "2024-05", {cell("T", "2024-04"): ("5", "P")})
    (one,) = compare(old, new).changes
    assert (one.before, one.after, one.difference, one.relative) == (-5, 5, 10, 200.0)


# --- what cannot be compared ----------------------------------------------------------------------------------------


def test_deliveries_of_two_countries(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    new = write_delivery(tmp_path / "5", "2024-05", APRIL, country="YY")
    with pytest.raises(UsageError, match=r"4 is a delivery of XX, .*5 of YY\. Compare deliveries of one country"):
        compare(old, new)


def test_a_folder_that_is_no_delivery(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    with pytest.raises(UsageError, match="this is not a delivery folder"):
        compare(old, tmp_path)
    manifest = json.loads((old / "manifest.json").read_text("utf-8"))
    for request in ({}, [], {"country": "XX", "month": "May", "indicators": []}):
        (old / "manifest.json").write_text(json.dumps({**manifest, "request": request}), "utf-8")
        with pytest.raises(UsageError, match="this is not the manifest of a delivery"):
            compare(old, old)


def test_damaged_tables_are_named_all_of_them(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    new = write_delivery(tmp_path / "5", "2024-05", MAY)
    table = old / "observations.csv"
    table.write_bytes(table.read_bytes().replace(b"1000", b"1001"))
    (new / "observations.csv").unlink()
    with pytest.raises(InputError) as error:
        compare(old, new)
    assert [problem.where for problem in error.value.problems] == [str(table), str(new / "observations.csv")]
    assert "its hash differs from the manifest's" in str(error.value)
    assert "is gone" in str(error.value)


def test_a_table_without_the_value(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    manifest = json.loads((old / "manifest.json").read_text("utf-8"))
    manifest["components"]["value"] = "MEASURE"
    (old / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(InputError, match="has no column MEASURE"):
        compare(old, old)


# --- the history of the newer one -----------------------------------------------------------------------------------


@pytest.fixture
def with_history(tmp_path: Path) -> Comparison:
    """2024-03 and 2024-04 were sent; T of 2024-03: 990, 1000, 1000; of 2024-04: 500, 510."""
    first = {cell("T", "2024-03"): ("990", "P"), cell("F", "2024-03"): ("100", "P")}
    earlier = {(one, "2024-03"): said for one, said in first.items()}
    earlier |= {(one, "2024-04"): said for one, said in APRIL.items() if said[0] and first.get(one) != said}
    history = [
        {"delivery": f"{month}_01", "month": month, "indicators": ["births"], "sha256": "0" * 64}
        for month in ("2024-03", "2024-04")
    ]
    old = write_delivery(tmp_path / "4", "2024-04", APRIL)
    return compare(old, write_delivery(tmp_path / "5", "2024-05", MAY, history=history, earlier=earlier))


def test_triangle_and_statistics_come_from_the_newer_ones_own_folder(with_history: Comparison) -> None:
    told = document(with_history)["history"]
    assert told["sent"] == {"births": ["2024-03", "2024-04", "2024-05"]}
    march, april, may = [row for row in told["triangle"] if row["aggregate"] == "T"]
    assert [one["value"] for one in march["publications"]] == [990, 1000, 1000]
    assert [one["difference"] for one in march["revisions"]] == [10, 0]
    assert march["revisions"][0]["relative"] == pytest.approx(100 / 99)
    assert april["publications"] == [
        {"month": "2024-04", "value": 500, "status": "P"},
        {"month": "2024-05", "value": 510, "status": "A"},
    ]
    assert (len(may["publications"]), may["revisions"]) == (1, [])
    of_total = {one["age"]: one for one in told["statistics"] if one["aggregate"] == "T"}
    assert {old: (one["n"], one["mean"]) for old, one in of_total.items()} == {1: (2, 10.0), 2: (1, 0.0)}


def test_a_damaged_history_of_the_newer_one(tmp_path: Path, with_history: Comparison) -> None:
    (tmp_path / "5" / "inputs" / "earlier" / "observations.csv").write_text("", "utf-8")
    with pytest.raises(InputError, match="no longer the file"):
        compare(tmp_path / "4", tmp_path / "5")
    assert compare(tmp_path / "5", tmp_path / "4").changes  # the older one's history is not asked


# --- as it is told --------------------------------------------------------------------------------------------------


def test_the_text(tmp_path: Path, with_history: Comparison) -> None:
    text = as_text(with_history).replace(f"{tmp_path}/", "")
    assert text.splitlines() == [
        "4 → 5",
        "6 counts in both: 1 gone, 4 revised, 1 new, 4 with another status",
        "births: 1 gone (2024-02); 4 of 6 revised (2024-04, 2024-03); 1 new (2024-05); status A → E 1, O → A",
        "    1, P → A 1, P → O 1",
        "  GONE F 2024-02",
        "  aggregate  revised        sum     mean  largest",
        "  T                1        +10   +2.0 %  2024-04: 500 → 510 (+10, +2.0 %), 1 month old",
        "  F                1         +3        -  2024-04: 0 → 3 (+3), 1 month old",
        "  G                2          0        -  2024-03: no value → 40, 2 months old",
        "history of births T: 2 deliveries sent since 2024-03, and that of 2024-05",
        "    age      n      mean  absolute   st.dev.  upward   mean % absolute % st.dev. %",
        "      1      2     +10.0      10.0       0.0   100 %    +1.51       1.51      0.70",
        "  age 2: never revised (n = 1)",
        "  month        first                      second                       third",
        "  2024-03        990         1,000 (+10, +1.0 %)                       1,000",
        "  2024-04        500           510 (+10, +2.0 %)",
        "  2024-05        600",
    ]


def test_without_history_the_text_says_so(found: Comparison) -> None:
    assert "history of births: nothing was sent before 2024-05, so no revision is known" in as_text(found)


def test_a_normal_month_is_read_at_a_glance(tmp_path: Path) -> None:
    """Two indicators of nine aggregates, two months revised in each, three years of history."""
    names, months = "TFGHIJKLM", [f"{year}-{m:02d}" for year in (2021, 2022, 2023) for m in range(1, 13)]

    def said(until: int) -> dict[Cell, Said]:
        return {
            cell(name, period, indicator): (str(1000 * (9 - at) + until - max(place, until - 2)), "A")
            for indicator in ("births", "deaths")
            for at, name in enumerate(names)
            for place, period in enumerate(months[: until + 1])
        }

    history = [{"month": month, "indicators": ["births", "deaths"]} for month in months[:-1]]
    earlier = {(one, months[at]): value for at in range(len(months) - 1) for one, value in said(at).items()}
    old = write_delivery(tmp_path / "a", months[-2], said(34))
    new = write_delivery(tmp_path / "b", months[-1], said(35), history=history, earlier=earlier)
    lines = as_text(compare(old, new)).splitlines()
    assert len(lines) <= 46
    assert max(map(len, lines[1:])) <= 100
    assert [line.split()[0] for line in lines[5:13]] == list("MLKJIHGF")  # each by 1: the smallest by most per cent
    assert sum(line.startswith("  age 3 to 12, older: never revised") for line in lines) == 2


def test_the_first_ages_revised_have_a_line_the_others_share_one(tmp_path: Path) -> None:
    """2024-01, sent each month to July: revised by 8, 4, 2, 1, 0, 1."""
    values = (100, 108, 112, 114, 115, 115, 116)
    earlier = {(cell("T", "2024-01"), f"2024-{at:02d}"): (str(n), "A") for at, n in enumerate(values[:-1], 1)}
    history = [{"month": f"2024-{at:02d}", "indicators": ["births"]} for at in range(1, 7)]
    cells = {cell("T", "2024-01"): ("116", "A")}
    new = write_delivery(tmp_path / "7", "2024-07", cells, history=history, earlier=earlier)
    lines = as_text(compare(new, new)).splitlines()
    start = next(at for at, line in enumerate(lines) if line.split()[:2] == ["age", "n"])
    assert [line.split()[:3] for line in lines[start + 1 : start + 4]] == [
        ["1", "1", "+8.0"],
        ["2", "1", "+4.0"],
        ["3", "1", "+2.0"],
    ]
    assert lines[start + 4 : start + 6] == [
        "  age 4, 6: 2 of 2 revised, mean absolute 1.0",
        "  age 5: never revised (n = 1)",
    ]


def test_one_revision_among_many_values_is_not_rounded_away(tmp_path: Path) -> None:
    """Three months revised by 1 at the ages 1 to 3; of a hundred old months one, by 1."""
    old = [f"{2010 + at // 12}-{at % 12 + 1:02d}" for at in range(100)]
    recent = ["2023-10", "2023-11", "2023-12"]
    before = {cell("T", period): ("50", "A") for period in [*old, *recent]}
    after = {cell("T", period): ("51" if period in (*recent, old[7]) else "50", "A") for period in [*old, *recent]}
    history = [{"month": "2023-12", "indicators": ["births"]}]
    earlier = {(one, "2023-12"): said for one, said in before.items()}
    new = write_delivery(tmp_path / "1", "2024-01", after, history=history, earlier=earlier)
    lines = as_text(compare(new, new)).splitlines()
    assert "  older than 12 months: 1 of 100 revised, mean absolute 0.01" in lines


def test_the_largest_relative_revision_is_told_first(tmp_path: Path) -> None:
    """T holds the others; then C, which was 0; B, by a tenth; A, by a two-hundredth; D, which had no value."""
    before = {"T": ("90000", "10"), "A": ("1000", "10"), "B": ("10000", "10"), "C": ("0", "10"), "D": ("", "10")}
    after = {"T": ("90001", "10"), "A": ("1005", "10"), "B": ("10050", "11"), "C": ("3", "10"), "D": ("40", "10")}
    sides = [
        {cell(name, f"2024-0{at}"): (value, "A") for name, values in said.items() for at, value in enumerate(values, 3)}
        for said in (before, after)
    ]
    old, new = (write_delivery(tmp_path / str(at), f"2024-0{at}", side) for at, side in enumerate(sides, 4))
    lines = as_text(compare(old, new)).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("  aggregate"))) + 1
    assert [line.split()[0] for line in lines[start : start + 5]] == list("TCBAD")
    assert lines[start + 2].endswith("  2024-04: 10 → 11 (+1, +10.0 %), 1 month old")


def test_no_larger_relative_revision_is_left_out(tmp_path: Path) -> None:
    """Eleven aggregates, Z the total; a is revised by the least per cent, b by the next."""
    sizes = {name: 1000 * (20 - at) for at, name in enumerate("abcdefghij")}
    sides = [{cell("Z", "2024-04"): (str(400_000 + by), "A")} for by in (0, 9)]
    for by, side in enumerate(sides):
        side.update({cell(name, "2024-04"): (str(size + by), "A") for name, size in sizes.items()})
    old, new = (write_delivery(tmp_path / str(at), "2024-05", side) for at, side in enumerate(sides))
    lines = as_text(compare(old, new)).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("  aggregate"))) + 1
    assert [line.split()[0] for line in lines[start : start + 9]] == [*"Zjihgfedc"]
    assert lines[start + 9] == "  and 2 more aggregates, none with a larger relative revision"


def test_what_stands_in_a_folder_cannot_steer_the_terminal(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", {cell("T\x1b[2J", "2024-04"): ("5", "\x1bA")})
    new = write_delivery(tmp_path / "5", "2024-05", {cell("T\x1b[2J", "2024-04"): ("6", "P")})
    text = as_text(compare(old, new))
    assert text.replace("\n", "").isprintable()
    assert r"T\x1b[2J" in text


def test_the_table_has_one_row_for_each_changed_cell(found: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(found).decode("utf-8"), newline="")))
    assert [(row["aggregate"], row["period"], row["change"]) for row in rows] == [
        (one.identity.aggregate, one.identity.period, one.kind) for one in found.changes
    ]
    total = next(row for row in rows if (row["aggregate"], row["change"]) == ("T", "revised"))
    assert {name: total[name] for name in pages.COLUMNS[-7:]} == {
        "before": "500",
        "after": "510",
        "difference": "10",
        "relative": "2.0",
        "status_before": "P",
        "status_after": "A",
        "age": "1",
    }


def test_the_table_is_guarded_against_formulas(tmp_path: Path) -> None:
    old = write_delivery(tmp_path / "4", "2024-04", {cell("'=1+1", "2024-04"): ("5", "P")})
    new = write_delivery(tmp_path / "5", "2024-05", {cell("'=1+1", "2024-04"): ("3", "P")})
    assert b",'=1+1,2024-04,count,revised,5,3,-2,-40.0,P,P,1\n" in as_csv(compare(old, new))


def test_the_json_document(found: Comparison) -> None:
    told = document(found)
    assert json.loads(json.dumps(told)) == told  # nothing in it that JSON has not
    assert (told["schema"], told["old"]["month"], told["new"]["month"]) == (1, "2024-04", "2024-05")
    assert list(told) == [
        "schema", "tool", "old", "new", "only_old", "only_new", "aggregates", "counts", "groups", "cells", "history",
    ]  # fmt: skip
    assert told["cells"][-1] == {
        "indicator": "births", "area": "XX", "adjustment": "N", "frequency": "M", "aggregate": "T",
        "period": "2024-05", "measure": "count", "change": "new", "before": None, "after": 600, "difference": None,
        "relative": None, "status_before": "", "status_after": "P", "age": 0,
    }  # fmt: skip


# --- a folder that `ebs deliver` wrote ------------------------------------------------------------------------------


def test_a_real_delivery(example: Delivered) -> None:
    with (example.folder / "observations.csv").open(encoding="utf-8", newline="") as lines:
        rows = sum(1 for _ in csv.DictReader(lines))
    found = compare(example.folder, example.folder)
    assert found.changes == ()
    assert sum(found.both.values()) == rows > 0


def test_neither_pandas_nor_sdmx_is_imported() -> None:
    code = "import sys, pipeline.compare; print({'pandas', 'numpy', 'sdmx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
