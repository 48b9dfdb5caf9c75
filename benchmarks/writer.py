"""The writer beside its floor and its peer, in one process run, as ratios.

    python benchmarks/writer.py [observations …]        default: 10000 100000 1000000

floor    joining ready strings from the same frame: every attribute already formatted, nothing escaped or looked up
writer   `pipeline.messages.structure_specific.write` from the same frame
schema   the generated schema over the written file (lxml), beside parsing it
sdmx1    writing the same data set, up to PEER observations (it needs 80 microseconds for each)
Memory is what the process grew by above the frame (peak resident size), each size in a process of its own.
"""

from __future__ import annotations

import datetime as dt
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.facts import load
from pipeline.facts.structure import Structure
from pipeline.messages import readback, schema
from pipeline.messages.header import Follows, Header
from pipeline.messages.structure_specific import write

PEER = 100_000
REPEAT = 3
MONTHS = 120


def frame_of(structure: Structure, observations: int, *, categories: bool) -> pd.DataFrame:
    """So many observations of series of ten years; codes as categories or as plain texts, values that differ."""
    n_series = -(-observations // MONTHS)
    areas = list(structure.component("REF_AREA").codelist.codes)  # type: ignore[union-attr]
    activities = list(structure.component("ACTIVITY").codelist.codes)  # type: ignore[union-attr]
    indicators = list(structure.component("INDICATOR").codelist.codes)  # type: ignore[union-attr]
    bases = list(structure.component("BASE_PER").codelist.codes)  # type: ignore[union-attr]
    at = np.arange(n_series)
    keys = pd.DataFrame(
        {
            "FREQ": "M",
            "REF_AREA": np.array(areas, dtype=object)[at % len(areas)],
            "SEASONAL_ADJUST": "N",
            "ACTIVITY": np.array(activities, dtype=object)[at // len(areas) % len(activities)],
            "INDICATOR": np.array(indicators, dtype=object)[at // (len(areas) * len(activities)) % len(indicators)],
            "BASE_PER": np.array(bases, dtype=object)[
                at // (len(areas) * len(activities) * len(indicators)) % len(bases)
            ],
            "TRANSFORMATION": "N",
            "DECIMALS": "0",
            "UNIT_MULT": "0",
            "UNIT_MEASURE": "PN",
            "TIME_FORMAT": "P1M",
        }
    )
    frame = keys.loc[np.repeat(at, MONTHS)].reset_index(drop=True).iloc[:observations]
    months = [f"{2014 + i // 12}-{i % 12 + 1:02d}" for i in range(MONTHS)]
    number = np.arange(observations)
    frame["TIME_PERIOD"] = np.array(months, dtype=object)[number % MONTHS]
    frame["OBS_VALUE"] = ((number * 7919) % 99_991).astype(str).astype(object)
    frame["OBS_STATUS"] = np.array(["A", "A", "A", "P"], dtype=object)[number % 4]
    frame["CONF_STATUS"] = "F"
    frame = frame.sort_values(
        ["FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "BASE_PER", "TIME_PERIOD"],
        ignore_index=True,
    )  # as each stage leaves it
    texts = {name: "category" for name in frame.columns if name != "OBS_VALUE"} if categories else object
    return frame.astype(texts)


def ready_strings(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as the floor wants it: what an observation's line consists of, formatted beforehand."""
    names = ["TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"]
    return pd.DataFrame({name: [f' {name}="{value}"' for value in frame[name]] for name in names})


def floor(ready: pd.DataFrame) -> bytes:
    """Join the ready strings of each row into one text."""
    columns = [ready[name].tolist() for name in ready.columns]
    return "".join(["      <Obs" + a + b + c + d + "/>\n" for a, b, c, d in zip(*columns, strict=True)]).encode()


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEAT):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


class Null(io.RawIOBase):
    """Takes bytes and counts them."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        return len(data)


def measure(observations: int) -> None:
    facts = load()
    structure = facts.structure(facts.transmission.preview.structure)
    reference = Follows.to_structure(structure)
    header = Header("BENCH", dt.datetime(2024, 7, 5, tzinfo=dt.UTC), "FR1", "4D0", reference, "Replace")
    frame = frame_of(structure, observations, categories=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stream = Null()
    write(stream, frame, structure, header)  # type: ignore[arg-type]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    ready = ready_strings(frame)
    floor_time = best(lambda: floor(ready))
    write_time = best(lambda: write(Null(), frame, structure, header))  # type: ignore[arg-type]
    print(
        f"{observations:>9,} observations, {stream.size / 1e6:6.1f} MB: floor {floor_time:.3f} s, writer {write_time:.3f} s"
        f" = {write_time / floor_time:.2f} × floor, {grown:.0f} MB above the frame"
    )
    del frame
    frame = frame_of(structure, observations, categories=False)
    text_time = best(lambda: write(Null(), frame, structure, header))  # type: ignore[arg-type]
    print(
        f"          codes as plain texts, not as categories: {text_time:.3f} s = {text_time / floor_time:.2f} × floor"
    )
    if observations <= PEER:
        data = io.BytesIO()
        write(data, frame, structure, header)
        compiled = schema.compile_schema(schema.schema_xml(structure))
        from lxml import etree

        parse = best(lambda: etree.fromstring(data.getvalue()))
        judge = best(lambda: schema.validate(compiled, data.getvalue()))
        print(f"          schema {judge:.3f} s = {judge / parse:.1f} × parsing alone ({parse:.3f} s)")
        entry = facts.entry(structure.ref)
        message = readback.merged([facts.store.read(file) for file in entry.files])  # type: ignore[union-attr]
        peer(data.getvalue(), structure, message, write_time)


def peer(data: bytes, structure: Structure, message: bytes, ours: float) -> None:
    """sdmx1 reads the file once (not timed) and writes it."""
    import contextlib

    import sdmx

    with contextlib.redirect_stdout(io.StringIO()):
        dsd = sdmx.read_sdmx(io.BytesIO(message)).structure[structure.id]
        read = sdmx.read_sdmx(io.BytesIO(data), structure=dsd)
        start = time.perf_counter()
        sdmx.to_xml(read)
        theirs = time.perf_counter() - start
    print(f"          sdmx1 writes the same in {theirs:.2f} s = {theirs / ours:.0f} × the writer")


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    if len(sizes) == 1:
        measure(sizes[0])
    else:
        for size in sizes:
            subprocess.run([sys.executable, __file__, str(size)], check=True)
