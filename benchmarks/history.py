"""Ten years of monthly deliveries beside the floor of reading their bytes, as ratios.

    python benchmarks/history.py [deliveries]        default: 120

Made here, in a temporary folder: deliveries of two indicators, 18 series that grow from 142 to 261 months, counts and
the index that they imply, tables as `ebs deliver` writes them; the last two months are revised each time, and all
months of a year once. Each figure is the best of several runs, in seconds of the processor; the floors are measured in
the same run.

csv        floor: `csv.reader` over the same tables, nothing looked at, nothing kept
pandas     floor: `pandas.read_csv` of the same tables
earlier    what a delivery rests on: every delivery sent before it, hashes compared, values kept where they changed
compare    any two deliveries, the triangle and statistics of the newer one's history included
statistics every indicator, aggregate and age, from vintages in memory
ebs        the same and its report as a whole process, imports included
"""

from __future__ import annotations

import csv
import datetime as dt
import gc
import io
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline import archive
from pipeline.archive import history
from pipeline.compare import compare
from pipeline.period import Period
from pipeline.revisions import statistics, triangle
from pipeline.tables import IDENTITY, Identity
from pipeline.vintages import Published, Vintages

ROOT = Path(__file__).resolve().parent.parent
REPEAT = 3
FIRST_PERIOD, FIRST_DELIVERY = Period.parse("2003-01"), Period.parse("2014-10")
BASE = "2010"
INDICATORS = {"registrations": "REG", "bankruptcies": "BKR"}
AGGREGATES = ("B-E", "F", "G", "H", "I", "J", "K-N", "P-S_X_94", "TOTAL")
MEASURES = {
    "index_ratio": "Preview of the index that the transmitted counts imply; not transmitted.",
    "index_weighted": '"Preview of the index that the transmitted counts imply; not transmitted. Weights: made, 2010."',
}
NOTE = (
    "A law of this year extended collective proceedings to self-employed professionals:"
    " compare periods before and after it with caution."
)
COMPONENTS = {
    "key": ["FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "BASE_PER"],
    "value": "OBS_VALUE",
    "status": "OBS_STATUS",
    "confidentiality": "CONF_STATUS",
    "comment": "COMMENT_OBS",
}
COLUMNS = (
    *IDENTITY, *COMPONENTS["key"], "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "PRE_BREAK_VALUE",
    "EMBARGO_TIME", "COMMENT_OBS", "COMMENT_DSET", "TRANSFORMATION", "DECIMALS", "UNIT_MULT", "UNIT_MEASURE",
    "TIME_FORMAT", "COMMENT_TS",
)  # fmt: skip

Counts = dict[tuple[str, str, str], int]  # indicator, aggregate, month


def observations(counts: Counts, month: Period) -> bytes:
    """The table of a delivery: counts, then both indices by month and quarter."""
    months = [str(period) for period in FIRST_PERIOD.to(month)]
    quarters = {str(p.within("Q")): [str(m) for m in p.within("Q").months] for p in FIRST_PERIOD.to(month + -2)}
    spans = {"M": {m: [m] for m in months}, "Q": quarters}
    lines = [",".join(COLUMNS)]
    for measure, comment in (("count", ""), *MEASURES.items()):
        index = measure != "count"
        unit = "1,0,IX" if index else "0,0,PN"
        for indicator, code in INDICATORS.items():
            for frequency in ("M", "Q") if index else ("M",):
                for aggregate in AGGREGATES:
                    base = sum(counts[indicator, aggregate, f"{BASE}-{m:02d}"] for m in range(1, 13)) / 12
                    start = f"{indicator},XX,N,{frequency},{aggregate}"
                    codes = f"{measure},{frequency},XX,N,{code},{aggregate.replace('-', 'T')},{BASE if index else '_Z'}"
                    for period, inside in spans[frequency].items():
                        value = sum(counts[indicator, aggregate, m] for m in inside) / len(inside)
                        text = f"{100 * value / base:.1f}" if index else str(int(value))
                        status = "P" if inside[-1] >= months[-2] else "A"
                        end = f"F,,,{comment},,N,{unit},P1M,{NOTE}"
                        lines.append(f"{start},{period},{codes},{period},{text},{status},{end}")
    return ("\n".join(lines) + "\n").encode()


def revise(counts: Counts, month: Period, chance: random.Random) -> None:
    """A new month, its two predecessors as they settle, and once a year the whole year before."""
    settling = [(month + -back, 0.02) for back in (1, 2)]
    if month.number == 3:
        settling += [(month + -back, 0.001) for back in range(3, 15)]
    for indicator in INDICATORS:
        for period, size in settling:
            for aggregate in AGGREGATES[:-1]:
                counts[indicator, aggregate, str(period)] += round(chance.gauss(0, size) * 1000)
        for aggregate in AGGREGATES[:-1]:
            counts[indicator, aggregate, str(month)] = chance.randrange(900, 1100)
        for period, _ in [(month, 0.0), *settling]:
            parts = [counts[indicator, aggregate, str(period)] for aggregate in AGGREGATES[:-1]]
            counts[indicator, AGGREGATES[-1], str(period)] = sum(parts)


def make(folder: Path, number: int) -> list[Path]:
    """So many deliveries, each sent, each with what was sent before it."""
    chance, counts, vintages = random.Random(4), Counts(), Vintages()
    used: list[dict[str, Any]] = []
    found = []
    for period in FIRST_PERIOD.to(FIRST_DELIVERY + -1):
        first(counts, period, chance)
    for month in FIRST_DELIVERY.to(FIRST_DELIVERY + (number - 1)):
        revise(counts, month, chance)
        files = {history.TABLE: observations(counts, month), history.STORED: history.to_csv(vintages)}
        request = {"country": "XX", "month": str(month), "indicators": list(INDICATORS), "history": list(used)}
        sums = {name: archive.digest(data) for name, data in files.items()}
        manifest = archive.canonical(
            {"request": request, "components": COMPONENTS, "index": {"base_year": int(BASE)}, "files": sums}
        )
        delivery = archive.store(folder, str(month), {**files, archive.MANIFEST: manifest}, {})
        at = dt.datetime.combine(month.last_day + dt.timedelta(days=35), dt.time(9), dt.UTC)
        entry = {"delivery": delivery.name, "month": str(month), "indicators": list(INDICATORS)}
        history.record(folder, history.Sent(**entry, at=at, manifest=archive.digest(manifest)))
        used.append({**entry, "at": at.isoformat(), "sha256": archive.digest(manifest)})
        vintages = vintages.then(str(month), INDICATORS, said(counts, month))
        found.append(delivery)
    return found


def first(counts: Counts, period: Period, chance: random.Random) -> None:
    """A month that is older than the first delivery."""
    for indicator in INDICATORS:
        parts = {aggregate: chance.randrange(900, 1100) for aggregate in AGGREGATES[:-1]}
        for aggregate, value in {**parts, AGGREGATES[-1]: sum(parts.values())}.items():
            counts[indicator, aggregate, str(period)] = value


def said(counts: Counts, month: Period) -> Published:
    """What a delivery publishes, without going through its files."""
    provisional = str(month + -1)
    return {
        Identity(indicator, "XX", "N", "M", aggregate, period, "count"): (value, "P" if period >= provisional else "A")
        for (indicator, aggregate, period), value in counts.items()
    }


# ----------------------------------------------------------------------------------------------------- measuring


def best(work: Callable[[], object]) -> float:
    """Seconds of the processor; the caches of the process are those of a first run."""
    times = []
    for _ in range(REPEAT):
        history._parsed.cache_clear()
        gc.collect()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def whole(*arguments: str | Path) -> float:
    """Seconds of the processor for `ebs compare` as a whole process."""
    command = [sys.executable, "-m", "pipeline", "compare", *map(str, arguments)]
    times = []
    for _ in range(REPEAT):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def by_csv(tables: Iterable[Path]) -> None:
    for path in tables:
        for _ in csv.reader(io.StringIO(path.read_bytes().decode(), newline="")):
            pass


def by_pandas(tables: Iterable[Path]) -> None:
    import pandas as pd

    for path in tables:
        pd.read_csv(path, dtype=str, keep_default_na=False)


def figures(vintages: Vintages) -> None:
    for indicator in INDICATORS:
        for aggregate in (None, *AGGREGATES):
            statistics(vintages, indicator, aggregate)
        for aggregate in AGGREGATES:
            triangle(vintages, indicator, aggregate)


def main(number: int) -> None:
    gc.disable()  # as the command does
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "XX"
        *before, newest = make(folder, number)
        first_one, last = before[0], before[-1]
        month = newest.name[:7]
        tables = [path / history.TABLE for path in before]
        size, rows = newest / history.TABLE, len((newest / history.TABLE).read_bytes().splitlines()) - 1
        print(f"{number} deliveries; the newest: {rows:,} rows, {size.stat().st_size / 1e6:.1f} MB")
        print(f"{'all but the newest':44} {'seconds':>8} {'× csv':>7}")
        floor = best(lambda: by_csv(tables))
        for name, seconds in (
            ("floor: csv.reader", floor),
            ("floor: pandas.read_csv", best(lambda: by_pandas(tables))),
            ("earlier", best(lambda: history.earlier(folder, "XX", month, list(INDICATORS)))),
        ):
            print(f"  {name:42} {seconds:8.2f} {seconds / floor:7.2f}")
        vintages = history.earlier(folder, "XX", month, list(INDICATORS)).vintages
        print(
            f"  {'statistics and triangle of everything':42} {(t := best(lambda: figures(vintages))):8.2f} {t / floor:7.2f}"
        )
        for name, old in (("the last two", last), ("the first and the last", first_one)):
            pair = [old / history.TABLE, newest / history.TABLE]
            print(f"{name:44} {'seconds':>8} {'× csv':>7}")
            floor_ = best(lambda pair=pair: by_csv(pair))
            for what, seconds in (
                ("floor: csv.reader", floor_),
                ("floor: pandas.read_csv", best(lambda pair=pair: by_pandas(pair))),
                ("compare", best(lambda old=old: compare(old, newest))),
                ("ebs compare", whole(old, newest)),
                ("ebs compare --format json", whole(old, newest, "--format", "json")),
            ):
                print(f"  {what:42} {seconds:8.2f} {seconds / floor_:7.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 120)
