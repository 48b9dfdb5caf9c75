"""A delivery in which more than thirty rules are violated at once, made as an office would make it: on top of what was
sent before, from files that are damaged in many places. Whoever changes the page looks at it with this delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import two_years_support as diary
from delivery_support import ROOT
from two_years_support import BKRT, REG, SECTORS

from pipeline.accept import accept
from pipeline.deliver import Delivered, Request, deliver
from pipeline.facts import Facts, load
from pipeline.sent import record

MONTH = "2024-05"
SENT = {"2024-02": "2024-04-08", "2024-03": "2024-05-06"}  # month → day; that of April was skipped
PREPARED = "2024-08-20"  # after the deadline of May, and of June
TODAY = dt.date(2024, 9, 2)
FIRST = "2019-12"
OF_THE_REGISTER = {
    "territory": "Overseas follows with the annual revision.",
    "before-start": "The file of the register begins earlier than what is sent.",
    "unmapped": "The register recodes these units in autumn.",
}

_LAYOUTS = """
[[layout]]
id = "registrations"
indicator = "registrations"
format = "csv"
shape = "long"
thousands = [" "]
columns = { period = "month", activity = "division", kind = "kind", value = "count", status = "status" }
periods = ["YYYY-MM"]
classification = "NACE_R2"
levels = ["division"]
area = "FR"
kinds = { micro = "micro", other = "other", all = "total" }
statuses = { p = "P" }
add_kinds = ["micro", "other"]
absent_rows = "zero"
[layout.control]
kind = ["total"]

[[layout]]
id = "bankruptcies"
indicator = "bankruptcies"
format = "csv"
shape = "long"
columns = { period = "month", activity = "division", area = "territory", value = "count", confidentiality = "secret" }
periods = ["YYYY-MM"]
classification = "NACE_R2"
levels = ["division"]
confidentialities = { c = "C" }
absent_rows = "zero"
"""
Cells = dict[tuple[str, str, str], str]  # month, division, kind or territory → what the cell says


def thirty_findings(folder: Path) -> Path:
    """The delivery of May 2024, with its history and its facts beside it."""
    facts = load(_overlay(folder / "facts"))
    for month, day in SENT.items():
        made = _deliver(folder, facts, month, day)
        if not made.ok:
            _accept(made.folder, facts, OF_THE_REGISTER, "2024-12")
            made = _deliver(folder, facts, month, day)
        at = dt.datetime.fromisoformat(f"{day}T14:30:00+00:00")
        record(made.folder, dt.datetime.combine(TODAY, dt.time(), dt.UTC), at)
    made = _deliver(folder, facts, MONTH, PREPARED)
    _accept(made.folder, facts, {"count-ceiling": "A portal was opened to all; the register has confirmed it."}, MONTH)
    return _deliver(folder, facts, MONTH, PREPARED).folder


def _deliver(folder: Path, facts: Facts, month: str, day: str) -> Delivered:
    inputs = folder / "inputs" / month
    if not inputs.exists():
        _write(inputs, month)
    at = dt.datetime.fromisoformat(f"{day}T08:00:00+00:00")
    return deliver(Request(inputs, "FR", month, None, folder / "outputs", at), facts)


def _accept(delivery: Path, facts: Facts, reasons: Mapping[str, str], until: str) -> None:
    """Accept all that these rules found."""
    for rule, reason in reasons.items():
        accept(delivery, [rule], facts.rules, reason=reason, by="Ada", today=TODAY, until=until)


# ------------------------------------------------------------------------------------------------------------ the facts


def _overlay(folder: Path) -> Path:
    """The facts of France with smaller files, a confidentiality, and a metadata report that cannot be made."""
    shipped, here = ROOT / "codelists" / "countries" / "FR", folder / "codelists" / "countries" / "FR"
    here.mkdir(parents=True)
    for path in shipped.iterdir():
        (here / path.name).write_bytes(path.read_bytes())
    (here / "sources.toml").write_text(_LAYOUTS, "utf-8")
    country = (here / "country.toml").read_text("utf-8")
    country = _once(country, 'first_period = "2012-01"', 'first_period = "2020-01"\nconfidentiality = "F"')
    country = _once(country, 'accepted_from = "2000-01"', 'accepted_from = "2020-01"')
    country = _once(country, 'first_period = "1990-01"', 'first_period = "1990-01"\nconfidentiality = "F"')
    (here / "country.toml").write_text(country, "utf-8")
    text = (here / "esms.md").read_text("utf-8")
    (here / "esms.md").write_text(text + "\nOf {{nobody.knows}}.\n", "utf-8")
    (folder / "dsd").mkdir()
    index = (ROOT / "dsd" / "index.toml").read_text("utf-8")
    (folder / "dsd" / "index.toml").write_text(
        index.replace("valid_from = 2024-01-01", "valid_from = 2025-01-01"), "utf-8"
    )
    return folder


def _once(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


# ------------------------------------------------------------------------------------------------------------ the files


def _write(folder: Path, month: str) -> None:
    """The national files for a month; those of the last one are damaged."""
    folder.mkdir(parents=True)
    last = month == MONTH
    months = diary.months(FIRST if last else "2019-10", "2024-06" if last else month)
    registered, failed = _registered(months, month), _failed(months, month)
    more: list[str] = []
    if last:
        more = _damage_registered(registered)
        _damage_failed(failed)
    status = {("2022-01", "41", "other"): "p"} if last else {}
    secret = {("2024-05", "46", "FRM"): "c"} if last else {}
    lines = [f"{';'.join(key)};{cell};{status.get(key, '')}" for key, cell in registered.items()]
    (folder / "registrations.csv").write_text(
        "\n".join(["month;division;kind;count;status", *lines, *more]) + "\n", "utf-8"
    )
    lines = [f"{';'.join(key)};{cell};{secret.get(key, '')}" for key, cell in failed.items()]
    (folder / "bankruptcies.csv").write_text(
        "\n".join(["month;division;territory;count;secret", *lines]) + "\n", "utf-8"
    )


def _registered(months: list[str], delivery: str) -> Cells:
    """Registrations by division and kind, with the sum of the kinds as control."""
    cells: Cells = {}
    for month in months:
        for sector, (_, _, divisions) in SECTORS.items():
            units = diary.sector_count(REG, sector, month, delivery) // len(divisions)
            for division in divisions:
                micro = units * 6 // 10
                for kind, number in (("micro", micro), ("other", units - micro), ("all", units)):
                    cells[month, division, kind] = str(number)
    cells["2024-01", "4Z", "micro"] = "37" if delivery == MONTH else "12"  # nobody knows the division
    return cells


def _failed(months: list[str], delivery: str) -> Cells:
    """Bankruptcies by division, of Metropolitan France alone."""
    return {
        (month, division, "FRM"): str(diary.sector_count(BKRT, sector, month, delivery) // len(divisions))
        for month in months[:-1] + ([] if delivery == MONTH else [delivery])
        for sector, (_, _, divisions) in SECTORS.items()
        for division in divisions
    }


def _damage_registered(cells: Cells) -> list[str]:
    """One fault of each kind; answers with lines that stand there in addition."""
    cells["2022-03", "64", "micro"] = ""  # blank
    cells["2021-05", "85", "other"] = ""  # blank, in the base year of the index
    cells["2024-06", "43", "micro"] = ""  # blank, in a month that is not delivered
    cells["2022-06", "43", "micro"] = "-12"
    cells["2022-09", "70", "other"] = "1500000"
    cells["2022-12", "46", "all"] = "9"  # the control does not hold
    cells["2022-11", "25", "micro"] = "9000"  # definitive, and revised
    for kind in ("micro", "other", "all"):
        del cells[MONTH, "53", kind]  # gone, though it was there the month before
        _times(cells, [MONTH], "41", kind, 4)  # against the month before
        _times(cells, [MONTH], "43", kind, 4)
        for division in SECTORS["G"][2]:  # against a year before
            _times(cells, ["2024-04", MONTH], division, kind, 2)
        for division in SECTORS["I"][2]:  # against the forecast
            _times(cells, ["2024-03", "2024-04", MONTH], division, kind, 1.36)
        for division in SECTORS["J"][2]:
            cells[MONTH, division, kind] = "0"
        _times(cells, ["2024-03"], "68", kind, 1.5)  # provisional, and revised by more than usual
    cells[MONTH, "49", "micro"] = "4 512"  # with a separator
    return ["2022-05;86;micro;77;"]  # a cell that was given already


def _damage_failed(cells: Cells) -> None:
    """Everything grew by the same factor."""
    for key in [key for key in cells if key[0] == MONTH]:
        cells[key] = str(int(cells[key]) * 17 // 10)


def _times(cells: Cells, months: list[str], division: str, kind: str, factor: float) -> None:
    for month in months:
        cells[month, division, kind] = str(round(int(cells[month, division, kind]) * factor))
