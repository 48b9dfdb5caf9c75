"""An opinion of our own about deliveries: what the inputs add up to, what a file says, what stands on the disk.

Nothing of `pipeline` is used here for that: the divisions of each aggregate, the territories and the readers are written
anew.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from pipeline.errors import EbsError

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "FR-2024-05"
BEFORE = ROOT / "examples" / "FR-2024-04"
MINI = Path(__file__).parent / "golden" / "inputs"
COUNTRIES = Path(__file__).parent / "countries"

REGISTRATIONS, BANKRUPTCIES = "STSRB_REG_M_FR_2024_0005.xml", "STSRB_BKRT_M_FR_2024_0005.xml"

#: first and last division of what each transmission code stands for (NACE Rev. 2)
SPANS = {
    "BTE": [(5, 39)],
    "F": [(41, 43)],
    "G": [(45, 47)],
    "H": [(49, 53)],
    "I": [(55, 56)],
    "J": [(58, 63)],
    "KTN": [(64, 82)],
    "PTSXS94": [(85, 93), (95, 96)],
}
TOTAL = "BTSXO_S94"
KEY = ("FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "BASE_PER")
ADDED = {"FRM", "971", "972", "973", "974", "976", "975"}  # of the territories in the file of bankruptcies

SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
MESSAGE, COMMON, SPECIFIC = f"{{{SDMX}message}}", f"{{{SDMX}common}}", f"{{{SDMX}data/structurespecific}}"

Cell = tuple[str, str, str, int]  # territory, division, month, count


def registrations(folder: Path) -> Iterator[Cell]:
    """The cells of registrations.csv; one space or another may group the digits."""
    with (folder / "registrations.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            if row["type"] in ("micro", "autre"):
                yield "FR", row["division"], row["periode"], int("".join(row["creations"].split()))


def bankruptcies(folder: Path) -> Iterator[Cell]:
    """The cells of bankruptcies.xlsx without the control rows; from row 5, months from column C."""
    book = openpyxl.load_workbook(folder / "bankruptcies.xlsx", read_only=True)
    rows = book["defaillances"].iter_rows(min_row=4, values_only=True)
    months = [f"{cell:%Y-%m}" for cell in next(rows)[2:]]
    for division, territory, *counts in rows:
        if division != "TOTAL":
            yield from ((str(territory), division, month, n) for month, n in zip(months, counts, strict=True))
    book.close()


def code_of(division: str) -> str | None:
    """The transmission code of the aggregate that a division belongs to; None outside the scope."""
    number = int(division)
    return next((code for code, spans in SPANS.items() if any(a <= number <= z for a, z in spans)), None)


def added_up(cells: Iterable[Cell], territories: set[str]) -> dict[tuple[str, str], int]:
    """(transmission code, month) → count, the total included; every month has every code."""
    sums: Counter[tuple[str, str]] = Counter()
    months = set()
    for territory, division, month, count in cells:
        months.add(month)
        if territory in territories and (code := code_of(division)):
            sums[code, month] += count
            sums[TOTAL, month] += count
    return {(code, month): sums[code, month] for code in (*SPANS, TOTAL) for month in months}


def observations(file: Path) -> list[dict[str, str]]:
    """Every observation of a file as written: the attributes of data set, group, series and observation together."""
    root = etree.parse(file).getroot()
    data_set = root.find(f"{MESSAGE}DataSet")
    assert data_set is not None
    common = {name: value for name, value in data_set.attrib.items() if not name.startswith("{")}
    assert not data_set.findall("Group")
    return [{**common, **series.attrib, **obs.attrib} for series in data_set.iter("Series") for obs in series]


def values(file: Path) -> dict[tuple[str, str], int]:
    """(transmission code, month) → count, as the file says."""
    rows = observations(file)
    found = {(row["ACTIVITY"], row["TIME_PERIOD"]): int(row["OBS_VALUE"]) for row in rows}
    assert len(found) == len(rows)
    return found


def header(file: Path) -> etree._Element:
    """The header of a message."""
    found = etree.parse(file).getroot().find(f"{MESSAGE}Header")
    assert found is not None
    return found


def said(element: etree._Element, name: str) -> str:
    """The text of a header element."""
    return element.findtext(f"{MESSAGE}{name}") or ""


def table(file: Path) -> list[dict[str, str]]:
    """The rows of one of the delivery's tables."""
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder: path → bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def names(folder: Path) -> list[str]:
    """What a folder holds, hidden files too."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def runner() -> CliRunner:
    """A runner of commands that keeps standard error apart, as newer versions do without being asked."""
    try:
        return CliRunner(mix_stderr=False)  # type: ignore[call-arg]
    except TypeError:
        return CliRunner()


def ebs(*arguments: str, status: int = 0) -> Result:
    """Run `ebs` in this process, where its exit status is known; what it refuses has no answer but JSON."""
    from pipeline.cli import app

    done = runner().invoke(app, arguments)
    assert done.exit_code == status, done.output
    assert "Traceback" not in done.stdout + done.stderr
    if status > 1:
        assert done.stdout == "" or done.stdout.startswith('{"schema": 1, ')
    return done


def refused(kind: type[EbsError], attempt: Callable[[], object]) -> str:
    """What an attempt is refused with: all that is said; the error is of this very kind."""
    with pytest.raises(EbsError) as caught:
        attempt()
    assert type(caught.value) is kind
    return str(caught.value)
