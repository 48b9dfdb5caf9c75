"""`ebs deliver` of the example and the small commands, as whole processes, beside what Python alone needs.

    python benchmarks/deliver.py [runs]         default: 5, the median of each

floor    a process that only imports what a delivery needs (pandas, sdmx1, openpyxl, lxml, pydantic)
page     what report.html adds to a delivery: made once in a process of its own from the bytes of one, its modules imported and its
         templates compiled within the time, as in a delivery
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = "import pandas, sdmx, openpyxl, lxml.etree, pydantic, typer"


def seconds(command: list[str], cwd: Path) -> tuple[float, int]:
    """Wall time of a process in seconds, and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss // 1024


PAGE = """
import sys, time
from pathlib import Path
from pipeline import archive, deliver
from pipeline.archive import history
from pipeline.facts import load
delivery, facts = Path(sys.argv[1]), load()
manifest, country = archive.open_delivery(delivery), facts.country("FR")
files = {name: (delivery / name).read_bytes() for name in manifest["files"]}
_ = facts.structures, facts.languages
start = time.perf_counter()
from pipeline.report import of_delivery
page = of_delivery(files, manifest, facts, history.Earlier())
print(time.perf_counter() - start, len(page))
"""


def page(delivery: str, work: Path) -> tuple[float, int]:
    """Seconds that the page takes, and its size in bytes."""
    done = subprocess.run([sys.executable, "-c", PAGE, delivery], cwd=work, capture_output=True, text=True, check=True)
    took, size = done.stdout.split()
    return float(took), int(size)


def main(runs: int) -> None:
    ebs = [sys.executable, "-m", "pipeline"]
    example = str(ROOT / "examples" / "FR-2024-05")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        delivery = str(work / "out0" / "FR" / "2024-05_01")
        commands = {
            "floor: imports alone": lambda _: [sys.executable, "-c", FLOOR],
            "ebs deliver examples/FR-2024-05": lambda i: [*ebs, "deliver", example, "--out", f"out{i}"],
            "the same again (existing folder)": lambda _: [*ebs, "deliver", example, "--out", "out0"],
            "ebs trace of a count": lambda _: [*ebs, "trace", delivery, "M.FR.N.BURE.F._Z:2024-05"],
            "ebs --help": lambda _: [*ebs, "--help"],
        }
        floor = 0.0
        for name, command in commands.items():
            measured = [seconds(command(i), work) for i in range(runs)]
            median, memory = statistics.median(t for t, _ in measured), max(m for _, m in measured)
            floor = floor or median
            print(f"{name:36} {median:5.2f} s = {median / floor:4.2f} × floor, {memory:4d} MB")
        pages = [page(delivery, work) for _ in range(runs)]
        median = statistics.median(took for took, _ in pages)
        print(
            f"{'page: report.html of it':36} {median:5.2f} s = {median / floor:4.2f} × floor, {pages[0][1] // 1000:4d} kB"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
