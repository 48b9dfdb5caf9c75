"""`ebs trace`: the cells behind a value make the value, exactly."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from delivery_support import KEY as KEY_PARTS
from delivery_support import MINI, SPANS, TOTAL, code_of, table

from pipeline.deliver import Delivered, Request, deliver
from pipeline.errors import InputError, UsageError
from pipeline.facts import Facts
from pipeline.trace import Trace, lines, trace

CODES = [*SPANS, TOTAL]
DIVISIONS = ["08", "25", "35", "38", "43", "47", "49", "56", "62", "66", "68", "70", "81", "85", "88", "93", "94", "96"]
INDICATORS = ["BURE", "BUBA"]
KEY = "M.FR.N.BURE.F._Z"


def half_up(value: Fraction) -> str:
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def recomputed(one: Trace) -> str:
    """The value as its cells give it, by arithmetic of our own."""
    months = {f"{m}" for m in one.months}

    def total(stratum: str, periods: set[str]) -> int:
        return sum(c.factor * (c.value or 0) for c in one.cells if c.stratum == stratum and c.period in periods)

    if one.base_year is None:
        return str(total("", months))
    year = {f"{one.base_year}-{m:02d}" for m in range(1, 13)}
    weights = {c.stratum: c.weight or 1 for c in one.cells}
    indices = {s: Fraction(100 * total(s, months) * 12, total(s, year) * len(months)) for s in weights}
    return half_up(sum((weights[s] * index for s, index in indices.items()), Fraction()) / sum(weights.values()))


def the(delivery: Delivered, key: str, measure: str = "count") -> Trace:
    (one,) = trace(delivery.folder, key, measure)
    return one


# --- the law ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> Delivered:
    """Registrations of a few divisions from the base year on, zeros elsewhere: all that an index needs."""
    empty = [division for division in facts.base_classification.of_level(["division"]) if division not in DIVISIONS]
    folder = tmp_path_factory.mktemp("years")
    months = [f"{year}-{month:02d}" for year in range(2021, 2025) for month in range(1, 13)][:41]
    lines = ["periode;division;type;creations"]
    for i, month in enumerate(months):
        for j, division in enumerate(DIVISIONS):
            for k, kind in enumerate(("micro", "autre")):
                lines.append(f"{month};{division};{kind};{(j + 3) * (17 + 5 * k) + (i * (j + 7)) % 23}")
        lines += [f"{month};{division};{kind};0" for division in empty for kind in ("micro", "autre")]
    (folder / "registrations.csv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return deliver(Request(folder, month="2024-05", only="registrations", out=folder / "out"), facts)


@pytest.mark.parametrize(("measure", "base"), [("count", "_Z"), ("index_ratio", "2021"), ("index_weighted", "2021")])
def test_the_cells_give_every_value_of_every_series(years: Delivered, measure: str, base: str) -> None:
    rows = [row for row in table(years.folder / "observations.csv") if row["measure"] == measure]
    keys = sorted({".".join(row[name] for name in KEY_PARTS) for row in rows})
    assert len(keys) == len(CODES) * (1 if measure == "count" else 2)
    found = {(key, one.identity["period"]): one for key in keys for one in trace(years.folder, key, measure)}
    assert {at: one.value for at, one in found.items()} == {
        (".".join(row[name] for name in KEY_PARTS), row["period"]): row["OBS_VALUE"] for row in rows
    }
    for one in found.values():
        assert one.value == recomputed(one)


@pytest.mark.parametrize(
    ("key", "measure"),
    [
        ("M.FR.N.BURE.BTSXO_S94._Z:2020-04", "count"),
        ("M.FR.N.BUBA.PTSXS94._Z:2015-01", "count"),
        ("Q.FR.N.BUBA.BTSXO_S94.2021:2024-Q1", "index_weighted"),
    ],
)
def test_so_do_those_of_the_example(example: Delivered, key: str, measure: str) -> None:
    one = the(example, key, measure)
    assert one.value == recomputed(one)


def test_the_cells_are_those_of_the_input(example: Delivered) -> None:
    """Each cell is named with its place; what stands there is what is said."""
    one = the(example, "M.FR.N.BURE.F._Z:2024-05")
    raw = (example.folder / "inputs" / "registrations.csv").read_text("utf-8").splitlines()
    assert len(one.cells) == 6  # three divisions, two kinds
    for cell in one.cells:
        place = re.fullmatch(r"registrations\.csv line (\d+)", cell.origin)
        assert place
        period, division, _, count = raw[int(place[1]) - 1].split(";")
        assert (period, division, int(count)) == (cell.period, cell.activity, cell.value)
        assert code_of(division) == "F"


def test_a_control_row_and_a_territory_outside_are_never_behind_a_value(example: Delivered) -> None:
    one = the(example, f"M.FR.N.BUBA.{TOTAL}._Z:2024-05")
    assert {cell.area for cell in one.cells} == {"FRM", "971", "972", "973", "974", "975", "976"}
    assert "TOTAL" not in {cell.activity for cell in one.cells}
    assert "94" not in {cell.activity for cell in one.cells}
    assert {cell.factor for cell in one.cells} == {1}


# --- what it says -------------------------------------------------------------------------------------------------


def test_a_count_in_words(example: Delivered) -> None:
    one = the(example, "M.FR.N.BURE.F._Z:2024-05")
    words = list(lines([one]))
    assert words[0] == f"M.FR.N.BURE.F._Z:2024-05  count = {one.value}"
    assert "status P" in words[1]
    assert words[3].strip() == f"6 cells add up to {int(one.value):,}."
    assert len([line for line in words if "registrations.csv line" in line]) == 6


def test_cells_of_0_are_counted_and_not_listed(example: Delivered) -> None:
    one = the(example, "M.FR.N.BUBA.F._Z:2024-05")
    zeros = sum(cell.value == 0 for cell in one.cells)
    words = list(lines([one]))
    assert zeros
    assert words[-1].strip() == f"and {zeros} cells of 0"
    assert len([line for line in words if "bankruptcies.xlsx" in line]) == len(one.cells) - zeros


def test_an_index_in_words(years: Delivered) -> None:
    one = the(years, "M.FR.N.BURE.KTN.2021:2024-05", "index_weighted")
    text = "\n".join(lines([one]))
    for stratum in "KLMN":
        assert re.search(rf"^ +{stratum} +weight", text, re.MULTILINE)
    assert "2021 = 100" in text
    assert text.index(f"rounded once, half up: {one.value}.") < text.index("registrations.csv line")
    plain = the(years, "M.FR.N.BURE.KTN.2021:2024-05", "index_ratio")
    assert list(lines([plain]))[3].strip().startswith("100 × ")


def test_a_series_in_words(years: Delivered) -> None:
    words = list(lines(trace(years.folder, KEY)))
    assert len(words) == 41 + 1
    assert words[-1] == "Add :PERIOD to the key to see the cells of one value."


def test_the_index_is_found_under_the_key_of_the_count(years: Delivered) -> None:
    by_count = the(years, f"{KEY}:2024-05", "index_ratio")
    by_index = the(years, "M.FR.N.BURE.F.2021:2024-05", "index_ratio")
    assert (by_count.value, by_count.cells) == (by_index.value, by_index.cells)


def test_a_key_says_which_measure_is_meant(years: Delivered) -> None:
    (count,) = trace(years.folder, f"{KEY}:2024-05")
    (index,) = trace(years.folder, "M.FR.N.BURE.F.2021:2024-05")
    assert (count.identity["measure"], index.identity["measure"]) == ("count", "index_ratio")


def test_a_quarter_is_found_under_the_key_that_its_count_would_have(years: Delivered) -> None:
    for measure in (None, "index_ratio", "index_weighted"):
        (by_count,) = trace(years.folder, "Q.FR.N.BURE.F._Z:2024-Q1", measure)
        (by_index,) = trace(years.folder, "Q.FR.N.BURE.F.2021:2024-Q1", measure)
        assert (by_count.value, by_count.cells) == (by_index.value, by_index.cells)
        assert by_count.value


def test_a_value_that_could_not_be_computed(tmp_path: Path, facts: Facts) -> None:
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    text = (inputs / "registrations.csv").read_text("utf-8")
    (inputs / "registrations.csv").write_text(text.replace("2024-05;41;micro;34", "2024-05;41;micro;"), "utf-8")
    done = deliver(Request(inputs, out=tmp_path / "out"), facts)
    one = the(done, "M.FR.N.BURE.F._Z:2024-05")
    assert (one.value, one.status) == ("", "O")
    assert [cell.value for cell in one.cells if cell.origin == "registrations.csv line 28"] == [None]
    text = "\n".join(lines([one]))
    assert "no value" in text
    assert "registrations.csv line 28" in text
    assert "add up to" not in text
    assert "  Not computed: " in text
    assert text.count(one.comment.rpartition("not computed: ")[2]) == 1


# --- what there is not --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "measure", "words"),
    [
        ("M.FR.N.BURE.FF._Z", "count", ["no such series", "did you mean", KEY, "FREQ.REF_AREA"]),
        ("Q.FR.N.BURE.F.XX", "index_ratio", ["no such series", "did you mean"]),
        ("Q.FR.N.BURE.F._Z:2024-Q1", "count", ["no count of this series", "index_ratio"]),
        ("M.FR.N.BURE.F", "count", ["no such series", "A key has 6 parts"]),
        ("", "count", ["no such series", "A key has 6 parts"]),
        (f"{KEY}:2020-12", "count", ["no such period", "from 2021-01 to 2024-05"]),
        (f"{KEY}:2024-5", "count", ["no such period"]),
        (f"{KEY}:2024-Q1", "count", ["no such period"]),
        (f"{KEY}:2024-05", "counts", ["'counts' is not a measure", "did you mean 'count'", "index_ratio"]),
        ("Q.FR.N.BURE.F.2021:2024-Q1", "count", ["no count of this series", "index_ratio"]),
        ("Q.FR.N.BURE.F.2021:2024-Q2", "index_ratio", ["no such period", "to 2024-Q1"]),
    ],
)
def test_what_the_delivery_has_not_is_said(years: Delivered, key: str, measure: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        trace(years.folder, key, measure)
    for word in words:
        assert word in str(caught.value)


def test_a_folder_that_is_no_delivery(years: Delivered, tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path, years.folder.parent, years.folder / "manifest.json"):
        with pytest.raises(UsageError):
            trace(folder, KEY)
    for strange in ("[]", '{"request": {}}'):
        (tmp_path / "manifest.json").write_text(strange)
        with pytest.raises(UsageError, match="not the manifest"):
            trace(tmp_path, KEY)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(UsageError, match="not the manifest"):
        trace(tmp_path, KEY)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UsageError, match="JSON"):
        trace(tmp_path, KEY)


def test_a_delivery_whose_tables_are_not_what_was_stored(tmp_path: Path, facts: Facts) -> None:
    """A table that a spreadsheet saved anew, or that is gone: no answer is better than a wrong one."""
    done = deliver(Request(MINI, out=tmp_path), facts)
    (done.folder / "counts.csv").unlink()
    table = done.folder / "observations.csv"
    table.write_bytes(table.read_bytes().replace(b",", b";"))
    with pytest.raises(InputError) as caught:
        trace(done.folder, KEY)
    gone, changed = caught.value.problems
    assert "counts.csv" in gone.where
    assert "observations.csv" in changed.where
    assert "no longer the file that was stored" in changed.message


def test_every_count_of_a_small_delivery(tmp_path: Path, facts: Facts) -> None:
    done = deliver(Request(MINI, out=tmp_path), facts)
    rows = table(done.folder / "observations.csv")
    found = {
        (key, one.identity["period"]): recomputed(one)
        for indicator in INDICATORS
        for code in CODES
        for key in [f"M.FR.N.{indicator}.{code}._Z"]
        for one in trace(done.folder, key)
    }
    assert found == {
        (f"M.FR.N.{row['INDICATOR']}.{row['ACTIVITY']}._Z", row["period"]): row["OBS_VALUE"] for row in rows
    }
