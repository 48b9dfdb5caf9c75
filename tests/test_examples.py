"""The examples are what their script makes, and meet the published yearly figures."""

from __future__ import annotations

import importlib.util
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import load_workbook

EXAMPLES = Path(__file__).parents[1] / "examples"
DELIVERIES = ("FR-2024-04", "FR-2024-05")
FILES = ("bankruptcies.xlsx", "delivery.toml", "registrations.csv")
NEAR = 50  # published in thousands with one decimal

DIVISIONS = [f"{n:02}" for n in range(1, 100) if n not in {4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89}]
SECTORS = {
    "ensemble": range(5, 97),
    "industrie": range(5, 40),
    "construction": range(41, 44),
    "commerce": range(45, 48),
    "hebergement-restauration": range(55, 57),
    "enseignement-sante": range(84, 89),
}

Registrations = dict[tuple[str, str, str], int]
Bankruptcies = dict[tuple[str, str, str], int]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("examples_make", EXAMPLES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("examples")
    script.make(root)
    return root


def read_registrations(delivery: str) -> Registrations:
    """(month, division, type) → number, in the order of the file."""
    header, *lines = (
        (EXAMPLES / delivery / "registrations.csv").read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    )
    assert header == "periode;division;type;creations"
    cells = [line.split(";") for line in lines]
    numbers = {(month, division, kind): int(number) for month, division, kind, number in cells}
    assert len(numbers) == len(cells)
    return numbers


def read_bankruptcies(delivery: str) -> Bankruptcies:
    """(month, division, territory) → number, control rows included."""
    book = load_workbook(EXAMPLES / delivery / "bankruptcies.xlsx", read_only=True)
    rows: Iterator[tuple[object, ...]] = book["defaillances"].iter_rows(min_row=4, values_only=True)
    division, territory, *dates = next(rows)
    assert (division, territory) == ("division", "territoire")
    assert all(isinstance(date, datetime) and date.day == 1 for date in dates)
    numbers: Bankruptcies = {}
    for division, territory, *cells in rows:
        assert isinstance(division, str)
        assert isinstance(territory, str)
        for date, cell in zip(dates, cells, strict=True):
            assert isinstance(date, datetime)
            assert type(cell) is int
            numbers[f"{date:%Y-%m}", division, territory] = cell
    book.close()
    return numbers


@pytest.fixture(scope="module")
def registrations() -> dict[str, Registrations]:
    return {delivery: read_registrations(delivery) for delivery in DELIVERIES}


@pytest.fixture(scope="module")
def bankruptcies() -> dict[str, Bankruptcies]:
    return {delivery: read_bankruptcies(delivery) for delivery in DELIVERIES}


def months(first: int, last: str) -> list[str]:
    return [m for y in range(first, 2025) for m in (f"{y}-{i:02}" for i in range(1, 13)) if m <= last]


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_script_makes_exactly_the_committed_files(made: Path, delivery: str) -> None:
    assert sorted(path.name for path in (EXAMPLES / delivery).iterdir()) == sorted(FILES)
    for name in ("delivery.toml", "registrations.csv"):
        assert (made / delivery / name).read_bytes() == (EXAMPLES / delivery / name).read_bytes(), name

    def parts(root: Path) -> list[tuple[str, tuple[int, ...], bytes]]:
        # Not the packed bytes: zlib's builds pack differently.
        with zipfile.ZipFile(root / delivery / "bankruptcies.xlsx") as archive:
            return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]

    assert parts(made) == parts(EXAMPLES)
    assert {date for _, date, _ in parts(EXAMPLES)} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_files_are_small(delivery: str) -> None:
    for name in FILES:
        assert (EXAMPLES / delivery / name).stat().st_size < 700_000, name


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_delivery_names_its_files(delivery: str) -> None:
    with (EXAMPLES / delivery / "delivery.toml").open("rb") as file:
        request = tomllib.load(file)
    assert (request["country"], request["month"]) == ("FR", delivery.removeprefix("FR-"))
    assert request["prepared"].utcoffset() is not None
    assert [entry["path"] for entry in request["file"]] == ["registrations.csv", "bankruptcies.xlsx"]


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_cell_is_there_once_and_in_order(
    registrations: dict[str, Registrations], bankruptcies: dict[str, Bankruptcies], delivery: str
) -> None:
    last = delivery.removeprefix("FR-")
    wanted = [(m, d, t) for m in months(2012, last) for d in DIVISIONS for t in ("micro", "autre")]
    assert list(registrations[delivery]) == wanted
    territories = ("FRM", "971", "972", "973", "974", "976", "975", "978")
    rows = {(d, t) for _, d, t in bankruptcies[delivery]}
    assert set(bankruptcies[delivery]) == {(m, d, t) for d, t in rows for m in months(2015, last)}
    assert {(d, t) for d in (*DIVISIONS, "TOTAL") for t in territories} >= rows
    assert rows >= {*((d, "FRM") for d in DIVISIONS), *(("TOTAL", t) for t in territories)}
    for d, t in rows:
        assert t == "FRM" or any(bankruptcies[delivery][m, d, t] for m in months(2015, last)), "a row of zeros"
    assert min(*registrations[delivery].values(), *bankruptcies[delivery].values()) == 0


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_registrations_meet_the_published_years(
    script: ModuleType, registrations: dict[str, Registrations], delivery: str
) -> None:
    sums: Counter[tuple[str, int]] = Counter()
    for (month, division, kind), number in registrations[delivery].items():
        for sector, divisions in SECTORS.items():
            if int(division) in divisions:
                sums[sector, int(month[:4])] += number
        if kind == "autre" and int(division) in SECTORS["ensemble"]:
            sums["hors-micro", int(month[:4])] += number
    assert set(script.CREATIONS) == {*SECTORS, "hors-micro"}
    for sector, thousands in script.CREATIONS.items():
        for year, published in zip(script.CREATIONS_YEARS, thousands, strict=True):
            if year < 2024:
                assert abs(sums[sector, year] - 1000 * published) <= NEAR, (sector, year)


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_bankruptcies_meet_the_published_years(
    script: ModuleType, bankruptcies: dict[str, Bankruptcies], delivery: str
) -> None:
    sums: Counter[int] = Counter()
    for (month, division, territory), number in bankruptcies[delivery].items():
        if division != "TOTAL" and territory != "978":
            sums[int(month[:4])] += number
    for year, published in zip(script.FAILURES_YEARS, script.FAILURES, strict=True):
        if year < 2024:
            assert abs(sums[year] - 1000 * published) <= NEAR, year


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_control_rows_add_up(bankruptcies: dict[str, Bankruptcies], delivery: str) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    controls: Counter[tuple[str, str]] = Counter()
    for (month, division, territory), number in bankruptcies[delivery].items():
        (controls if division == "TOTAL" else sums)[month, territory] += number
    assert controls == sums


def test_registrations_of_the_last_two_months_were_revised(registrations: dict[str, Registrations]) -> None:
    before, after = (registrations[delivery] for delivery in DELIVERIES)
    assert {month for (month, d, t), n in before.items() if after[month, d, t] != n} == {"2024-03", "2024-04"}


def test_bankruptcies_of_the_newest_month_rose_and_few_others_changed(bankruptcies: dict[str, Bankruptcies]) -> None:
    before, after = (bankruptcies[delivery] for delivery in DELIVERIES)
    for codes in (["TOTAL"], ["41", "42", "43"]):
        first, second = (sum(file["2024-04", d, "FRM"] for d in codes) for file in (before, after))
        assert 0.85 < first / second < 0.97
    changed = {k: after[k] - n for k, n in before.items() if k[0] < "2024-04" and k[1] != "TOTAL" and after[k] != n}
    assert 5 <= len(changed) <= 25
    assert {month[:4] for month, _, _ in changed} == {"2023", "2024"}
    assert {month for month, _, _ in changed if month.startswith("2024")} == {"2024-03"}
    assert all(abs(change) <= 2 for change in changed.values())


def test_the_year_has_its_season_and_2020_its_fall(registrations: dict[str, Registrations]) -> None:
    total: Counter[str] = Counter()
    for (month, division, _), number in registrations["FR-2024-05"].items():
        if int(division) in SECTORS["ensemble"]:
            total[month] += number
    for year in (*range(2012, 2020), *range(2021, 2024)):
        of_year = {i: total[f"{year}-{i:02}"] for i in range(1, 13)}
        assert min(of_year, key=of_year.__getitem__) == 8
        assert max(of_year, key=of_year.__getitem__) in (9, 10)
    assert total["2020-04"] < 0.7 * total["2019-04"]
    assert all(0.5 < after / before < 1.8 for before, after in pairwise(total.values()))
