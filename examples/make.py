"""Write the example inputs: national counts whose yearly sums are published and whose cells are made.

    python examples/make.py

writes ``FR-2024-04/`` and ``FR-2024-05/`` beside this file, the same bytes at every run: every "random" draw is a hash
of what it is for, every split of a total is exact, and there is no clock. ``README.md`` says what is published.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from math import isqrt
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import canonicalize

from openpyxl import Workbook

Counts = dict[tuple[str, str], dict[str, int]]  # (division, type or territory) → month → number

# ---- Published ---------------------------------------------------------------------------------------------------

# INSEE, Banque de données macroéconomiques (BDM), business creations, method of 2022, raw monthly series summed by
# year, thousands, 2012 to 2024; market activities without agriculture. Licence etalab-2.0.
CREATIONS = {
    "ensemble": (567.3, 566.8, 582.7, 564.7, 603.5, 657.6, 749.3, 864.6, 900.2, 1050.5, 1062.0, 1051.5, 1111.2),
    "hors-micro": (264.0, 295.0, 301.3, 288.3, 318.3, 340.1, 350.1, 365.8, 351.9, 411.7, 414.9, 384.0, 395.0),
    "industrie": (28.0, 28.7, 31.2, 26.5, 26.0, 26.7, 28.8, 38.3, 40.9, 51.5, 60.0, 63.1, 70.7),
    "construction": (85.4, 79.9, 77.5, 66.1, 64.5, 65.6, 70.7, 82.7, 83.5, 92.6, 95.9, 88.3, 89.0),
    "commerce": (115.3, 121.4, 120.1, 116.4, 126.1, 136.7, 145.6, 153.6, 175.2, 173.5, 147.8, 146.6, 155.3),
    "hebergement-restauration": (26.1, 27.4, 30.3, 28.9, 31.3, 32.7, 32.5, 37.6, 38.9, 39.7, 37.3, 39.5, 44.4),
    "enseignement-sante": (61.3, 65.3, 68.5, 70.3, 73.3, 76.3, 80.3, 88.2, 82.4, 101.0, 107.4, 100.9, 103.8),
}
CREATIONS_YEARS = range(2012, 2025)

# INSEE, BDM series 001656164, business failures by date of judgment, raw quarterly series summed by year, thousands,
# 2015 to 2024; all activities, agriculture included. Licence etalab-2.0.
FAILURES = (63.1, 58.2, 54.6, 54.0, 51.1, 31.2, 27.6, 41.2, 56.3, 66.1)
FAILURES_YEARS = range(2015, 2025)

# Banque de France, Stat info on business failures, June 2026 issue: mean of the yearly numbers 2010-2019, and the
# twelve months to June 2025. Used as shares: the first up to 2019, the second from 2024, a line between them.
FAILURES_BY_SECTOR = {
    "AZ": (1359, 1530), "BE": (4442, 4273), "FZ": (14684, 14720), "G": (13071, 13713), "H": (1902, 3154),
    "I": (7374, 9012), "JZ": (1480, 2099), "KZ": (1150, 1653), "LZ": (1984, 2514), "MN": (6379, 8251),
    "PS": (5311, 6352),
}  # fmt: skip

# ---- Made --------------------------------------------------------------------------------------------------------


class Section(NamedTuple):
    sector: str  # the published sector of creations that it belongs to
    from_2012: int  # its weight there in 2012; for "outside", its yearly number
    to_2024: int  # the same in 2024, on a line between them
    other: int  # share of registrations that are not micro, per mille
    failures: str  # the Banque de France sector that it belongs to
    divisions: str  # code:registrations:failures, weights inside the section and inside the Banque de France sector


SECTIONS = {
    "A": Section("outside", 15600, 21600, 800, "AZ", "01:86:84 02:11:13 03:3:3"),
    "B": Section("industrie", 5, 3, 450, "BE", "05:1:0 06:2:0 07:2:0 08:85:9 09:10:1"),
    "C": Section("industrie", 850, 800, 350, "BE", "10:90:300 11:40:14 12:1:0 13:40:16 14:120:24 15:25:8 16:45:42 "
                 "17:5:6 18:40:42 19:1:0 20:35:12 21:2:1 22:12:16 23:40:22 24:4:5 25:50:98 26:12:12 27:10:10 "
                 "28:12:24 29:6:8 30:8:5 31:45:32 32:190:46 33:167:72"),
    "D": Section("industrie", 95, 130, 700, "BE", "35:1:18"),
    "E": Section("industrie", 50, 67, 450, "BE", "36:4:1 37:8:4 38:82:24 39:6:3"),
    "F": Section("construction", 1, 1, 480, "FZ", "41:12:16 42:2:2 43:86:82"),
    "G": Section("commerce", 1, 1, 420, "G", "45:15:17 46:17:24 47:68:59"),
    "H": Section("others", 16, 112, 250, "H", "49:38:78 50:1:1 51:1:0 52:5:9 53:55:12"),
    "I": Section("hebergement-restauration", 1, 1, 600, "I", "55:22:9 56:78:91"),
    "J": Section("others", 27, 63, 350, "JZ", "58:8:10 59:20:24 60:1:1 61:2:4 62:50:52 63:19:9"),
    "K": Section("others", 11, 24, 680, "KZ", "64:66:70 65:2:1 66:32:29"),
    "L": Section("others", 19, 46, 720, "LZ", "68:1:1"),
    "M": Section("others", 82, 188, 380, "MN", "69:8:3 70:32:22 71:15:12 72:2:2 73:14:9 74:28:9 75:1:1"),
    "N": Section("others", 38, 86, 330, "MN", "77:9:7 78:3:4 79:5:4 80:6:6 81:38:17 82:39:9"),
    "O": Section("enseignement-sante", 3, 2, 700, "PS", "84:1:0"),
    "P": Section("enseignement-sante", 430, 420, 150, "PS", "85:1:19"),
    "Q": Section("enseignement-sante", 567, 578, 480, "PS", "86:88:12 87:2:3 88:10:8"),
    "R": Section("others", 23, 41, 250, "PS", "90:56:7 91:1:1 92:1:1 93:42:13"),
    "S": Section("others", 35, 63, 250, "PS", "94:2:3 95:14:6 96:84:31"),
    "T": Section("outside", 36, 48, 900, "", "97:1:0 98:0:0"),
    "U": Section("outside", 0, 0, 900, "", "99:0:0"),
}  # fmt: skip

DIVISIONS: dict[str, str] = {}  # division → section
REGISTERED: dict[str, dict[str, int]] = {}  # section → division → weight
FAILED: dict[str, dict[str, int]] = {}  # Banque de France sector → division → weight
for letter, section in SECTIONS.items():
    for code, registered, failed in (division.split(":") for division in section.divisions.split()):
        DIVISIONS[code] = letter
        REGISTERED.setdefault(letter, {})[code] = int(registered)
        FAILED.setdefault(section.failures, {})[code] = int(failed)

# Failures by territory, in 100,000. 978 (Saint-Martin) comes on top: one case there for 1,600 in France.
TERRITORIES = {"FRM": 97400, "971": 560, "972": 540, "973": 220, "974": 1230, "976": 45, "975": 5}
OUTSIDE, OUTSIDE_RATIO = "978", 1600

SEASON = {  # weights of the twelve months
    "registrations": (109, 97, 102, 94, 90, 97, 95, 73, 113, 117, 104, 98),
    "P": (100, 88, 92, 84, 80, 86, 92, 88, 168, 135, 100, 86),
    "I": (100, 98, 112, 112, 108, 108, 92, 66, 94, 98, 92, 88),
    "failures": (107, 99, 108, 97, 90, 103, 104, 48, 96, 114, 108, 102),
}
SHOCK_YEAR = 2020  # weights of its months beside the season, per mille
SHOCK = {
    "registrations": (1020, 1010, 740, 540, 720, 1000, 1110, 1050, 1080, 1120, 1090, 1080),
    "failures": (1650, 1600, 800, 480, 620, 900, 900, 800, 850, 850, 840, 850),
}


DELIVERY = """\
# What this folder holds: the inputs of one monthly delivery, and how each file is to be read.
# The counts are illustrative; see ../README.md.
country = "FR"
month = "{month}"
prepared = {prepared}+02:00

[[file]]
path = "registrations.csv"
layout = "registrations-by-division"

[[file]]
path = "bankruptcies.xlsx"
layout = "bankruptcies-by-division-and-territory"
"""


def draw(key: str, n: int) -> int:
    """A number from 0 to n - 1 that belongs to the key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % n


def apportion(total: int, weights: Mapping[str, int], key: str) -> dict[str, int]:
    """Split a total in proportion to weights, exactly: running sums, rounded down from a start that the key draws."""
    if not total:
        return dict.fromkeys(weights, 0)
    whole = sum(weights.values())
    running, given, parts = draw(key, whole), 0, {}
    for name, weight in weights.items():
        running += total * weight
        parts[name] = running // whole - given
        given += parts[name]
    return parts


def by_month(years: dict[int, int], season: Sequence[int], shock: Sequence[int], key: str) -> dict[str, int]:
    """Yearly numbers as monthly ones: a line through the years, times the season, times the noise that counts have."""
    months: dict[str, int] = {}
    for year, total in years.items():
        before, after = (total if SHOCK_YEAR in (year, y) else years.get(y, total) for y in (year - 1, year + 1))
        noise = min(600, 25 + 1700 // max(1, isqrt(total // 12)))
        weights = {}
        for i, weight in enumerate(season):
            x = 2 * i + 1  # the middle of the month, in twenty-fourths of the year
            near, far = (before, 12 - x) if x < 12 else (after, x - 12)
            level = 2 * total * (12 - far) + (total + near) * far
            drawn = 1000 - noise + draw(f"{key} {year} {i}", 2 * noise + 1)
            special = shock[i] if year == SHOCK_YEAR else 1000
            weights[f"{year}-{i + 1:02}"] = weight * level * special * drawn
        months |= apportion(total, weights, f"{key} {year}")
    return months


def units(thousands: float) -> int:
    return round(thousands * 1000)


def line(first: int, last: int, start: int, end: int, year: int) -> int:
    """Where the line from `first` in `start` to `last` in `end` stands in a year, times its length in years."""
    year = min(max(year, start), end)
    return first * (end - year) + last * (year - start)


def registrations() -> Counts:
    """(division, type) → month → registrations."""
    years: dict[tuple[str, str], dict[int, int]] = {}
    for i, year in enumerate(CREATIONS_YEARS):
        totals = {sector: units(numbers[i]) for sector, numbers in CREATIONS.items()}
        everything, other = totals.pop("ensemble"), totals.pop("hors-micro")
        totals["others"] = everything - sum(totals.values())
        weights = {s: line(row.from_2012, row.to_2024, 2012, 2024, year) for s, row in SECTIONS.items()}
        totals["outside"] = sum(weights[s] for s, row in SECTIONS.items() if row.sector == "outside") // 12
        number: dict[str, int] = {}  # by division
        for sector, total in totals.items():
            members = {s: weights[s] for s, row in SECTIONS.items() if row.sector == sector}
            for s, part in apportion(total, members, f"{sector} {year}").items():
                number |= apportion(part, REGISTERED[s], f"{s} {year}")
        wished = {d: n * SECTIONS[DIVISIONS[d]].other for d, n in number.items()}
        inside = {d: wish for d, wish in wished.items() if SECTIONS[DIVISIONS[d]].sector != "outside"}
        others = {d: wish // 1000 for d, wish in wished.items()} | apportion(other, inside, f"hors-micro {year}")
        for d, n in number.items():
            years.setdefault((d, "micro"), {})[year] = n - others[d]
            years.setdefault((d, "autre"), {})[year] = others[d]
    season = {d: SEASON.get(section, SEASON["registrations"]) for d, section in DIVISIONS.items()}
    return {(d, t): by_month(n, season[d], SHOCK["registrations"], d + t) for (d, t), n in years.items()}


def bankruptcies() -> Counts:
    """(division, territory) → month → failures."""
    years: dict[tuple[str, str], dict[int, int]] = {}
    mean, recent = (sum(column) for column in zip(*FAILURES_BY_SECTOR.values(), strict=True))
    for i, year in enumerate(FAILURES_YEARS):
        total = units(FAILURES[i])
        # each column times the other's sum, so that both weigh as shares
        shares = {s: line(a * recent, b * mean, 2019, 2024, year) for s, (a, b) in FAILURES_BY_SECTOR.items()}
        sectors = apportion(total, shares, f"failures {year}")
        above = apportion(total // OUTSIDE_RATIO, shares, f"{OUTSIDE} {year}")
        for sector, weights in FAILED.items():
            for d, n in apportion(sectors.get(sector, 0), weights, f"{sector} {year}").items():
                for t, part in apportion(n, TERRITORIES, f"{d} {year}").items():
                    years.setdefault((d, t), {})[year] = part
            for d, n in apportion(above.get(sector, 0), weights, f"{OUTSIDE} {sector} {year}").items():
                years.setdefault((d, OUTSIDE), {})[year] = n
    return {(d, t): by_month(n, SEASON["failures"], SHOCK["failures"], d + t) for (d, t), n in years.items()}


def short(n: int, per_mille: int, key: str) -> int:
    """A number with so much of it still to come; what is not whole is drawn."""
    return n - (n * per_mille + draw(key, 1000)) // 1000


def registrations_in_april(final: Counts) -> Counts:
    """As first known: April without its last 1.5 %, March without its last 0.5 %; older months are the same."""
    missing = {"2024-03": 5, "2024-04": 15}
    return {k: {m: short(n, missing.get(m, 0), f"{k} {m}") for m, n in months.items()} for k, months in final.items()}


def bankruptcies_known(final: Counts, newest: str) -> Counts:
    """As first known: the newest month without its last 8 %; in April also a few other cells, by a case or two."""

    def known(key: tuple[str, str], month: str, n: int) -> int:
        chance = draw(f"court {key} {month}", 120)
        if month == newest:
            return short(n, 80, f"{key} {month}")
        if newest == "2024-04" and key[1] == "FRM" and n >= 5:
            if month == "2024-03" and chance < 15:
                return n - 1 - chance % 2
            if month.startswith("2023") and chance < 2:
                return n - 1 + 2 * chance
        return n

    return {key: {month: known(key, month, n) for month, n in months.items()} for key, months in final.items()}


def registrations_csv(counts: Counts, newest: str) -> bytes:
    """One line for each month, division and type."""
    months = [month for month in counts["01", "micro"] if month <= newest]
    rows = (f"{m};{d};{t};{counts[d, t][m]}\n" for m in months for d in DIVISIONS for t in ("micro", "autre"))
    return ("periode;division;type;creations\n" + "".join(rows)).encode()


def bankruptcies_xlsx(counts: Counts, newest: str, written: datetime) -> bytes:
    """A workbook with nothing in it that depends on when or where it was written."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "defaillances"
    sheet.freeze_panes = "C5"
    sheet.append(["Défaillances d'entreprises par division NAF rév. 2 et territoire, nombres mensuels bruts"])
    sheet.append(["Source: illustrative; yearly totals as published by INSEE, the rest made by examples/make.py"])
    sheet.append([f"Months to {newest}; the newest month is provisional"])
    months = [month for month in counts["01", "FRM"] if month <= newest]
    sheet.append(["division", "territoire", *(datetime.fromisoformat(f"{month}-01") for month in months)])
    for cell in sheet[4][2:]:
        cell.number_format = "mmm-yy"
    for t in (*TERRITORIES, OUTSIDE):
        for d in DIVISIONS:
            row = [counts[d, t][month] for month in months]
            if any(row) or t == "FRM":  # elsewhere a division without any failure has no row
                sheet.append([d, t, *row])
        sheet.append(["TOTAL", t, *(sum(counts[d, t][month] for d in DIVISIONS) for month in months)])
    book.properties.creator, book.properties.created = "examples/make.py", written
    saved, out = BytesIO(), BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
            content = canonicalize(old.read(name))  # one spelling, with lxml or without
            if name.startswith("docProps/"):  # openpyxl writes its version and the time of saving
                content = re.sub(r"<Application>.*</AppVersion>", "<Application>openpyxl</Application>", content)
                content = re.sub(r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{written.isoformat()}Z", content)
            new.writestr(info, content.encode(), compresslevel=9)
    return out.getvalue()


def make(root: Path) -> None:
    """Write both examples under a folder."""
    created, failed = registrations(), bankruptcies()
    for newest, registered, prepared in (
        ("2024-04", registrations_in_april(created), datetime(2024, 6, 5, 9)),
        ("2024-05", created, datetime(2024, 7, 5, 9)),
    ):
        folder = root / f"FR-{newest}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "registrations.csv").write_bytes(registrations_csv(registered, newest))
        known = bankruptcies_known(failed, newest)
        (folder / "bankruptcies.xlsx").write_bytes(bankruptcies_xlsx(known, newest, prepared))
        (folder / "delivery.toml").write_bytes(DELIVERY.format(month=newest, prepared=prepared.isoformat()).encode())


if __name__ == "__main__":
    make(Path(__file__).resolve().parent)
