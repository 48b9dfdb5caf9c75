"""Delivery folders written by hand, for what only reads them. Nothing here uses `pipeline`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

IDENTITY = ("indicator", "area", "adjustment", "frequency", "aggregate", "period", "measure")
COMPONENTS = {"key": ["ACTIVITY"], "value": "OBS_VALUE", "status": "OBS_STATUS"}

Cell = tuple[str, str, str, str, str, str, str]
Said = tuple[str, str]  # value and status, as text


def cell(aggregate: str, period: str, indicator: str = "births", measure: str = "count", frequency: str = "M") -> Cell:
    return indicator, "XX", "N", frequency, aggregate, period, measure


def write_delivery(
    folder: Path,
    month: str,
    cells: Mapping[Cell, Said],
    *,
    indicators: Sequence[str] | None = None,
    country: str = "XX",
    components: Mapping[str, Any] = COMPONENTS,
    code: str = "",
    comment: str = "",
    earlier: Mapping[tuple[Cell, str], Said] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """A delivery folder as `ebs deliver` leaves it, as far as it is read here.

    ``earlier``: (cell, month of the delivery) → what was sent; ``history``: the deliveries, as the request names them.
    """
    folder.mkdir(parents=True)
    columns = [*IDENTITY, "ACTIVITY", components["value"]]
    columns += [components["status"]] if "status" in components else []
    rows = []
    for identity, (value, status) in cells.items():
        rows.append([*identity, code or identity[4], value, *([status] if "status" in components else []), comment])
    files = {"observations.csv": _csv([*columns, "COMMENT"], rows)}
    if history:
        said = [[*identity, at, *those] for (identity, at), those in (earlier or {}).items()]
        files["inputs/earlier/observations.csv"] = _csv([*IDENTITY, "published", "value", "status"], sorted(said))
    named = sorted({identity[0] for identity in cells}) if indicators is None else list(indicators)
    manifest = {
        "request": {"country": country, "month": month, "indicators": named, "history": list(history)},
        "components": components,
        "index": {},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    return lines.getvalue().encode("utf-8")
