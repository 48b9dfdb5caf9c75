"""A country made of a few lines, and tables of counts that a statistician can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.compile import aggregate, observe, rebase
from pipeline.compile.observe import Sum
from pipeline.facts import CountryFacts, Facts
from pipeline.facts.models import Layout
from pipeline.facts.store import Store
from pipeline.period import Period
from pipeline.tables import COUNTS, conform
from pipeline.vintages import Vintages

ID = "XX"
KNOWN = 'reference = "made for a test"\nevidence = "inferred"\nchecked = 2026-01-01\n'
TERRITORY = {"registrations": ["W", "M", "971"], "bankruptcies": ["W", "M", "971", "975"]}
PROVISIONAL = {"registrations": 2, "bankruptcies": 1}


def country_toml(case: Mapping[str, Any]) -> str:
    """country.toml of a case: areas W (the whole), M, 971 and 975, two indicators."""
    territory = TERRITORY | case.get("territory", {})
    provisional = PROVISIONAL | case.get("provisional", {})
    first = case.get("first", "1990-01")
    lines = [f'id = "{ID}"\nname = {{ en = "Test" }}\nref_area = "LU"\nedamis = "LU"\n{KNOWN}']
    lines += [f'[{name}]\nid = "LU1"\nname = "Test"\n{KNOWN}' for name in ("sender", "receiver")]
    for area in ("W", "M", "971", "975"):
        lines.append(f'[[area]]\nid = "{area}"\nname = "{area}"\nwhole = {str(area == "W").lower()}\n{KNOWN}')
    for indicator in case.get("indicators", territory):
        lines.append(
            f'[[indicator]]\nid = "{indicator}"\nproducer = "Test"\nterritory = {json.dumps(territory[indicator])}\n'
            f'first_period = "{first}"\naccepted_from = "{first}"\n{KNOWN}'
            f"[[indicator.revision]]\nprovisional_publications = {provisional[indicator]}\n{KNOWN}"
        )
    for declared in case.get("breaks", ()):
        lines.append("[[break]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in declared.items()) + KNOWN)
    if "weights" in case:
        lines.append(
            f'[[weights]]\nfile = "weights.csv"\nbase_year = {case.get("weights_base", 2021)}\nyear = 2021\n'
            f'unit = "enterprises"\nclassification = "NACE_R2"\nstatus = "illustrative"\nsource = "test"\n{KNOWN}'
        )
    return "\n".join(lines)


def sources_toml(case: Mapping[str, Any]) -> str:
    """sources.toml of a case: one layout for each entry of ``layout``, by default divisions of NACE."""
    base = {
        "format": "csv",
        "shape": "long",
        "classification": "NACE_R2",
        "levels": ["division"],
        "periods": ["YYYY-MM"],
        "absent_rows": "zero",
        "area": "W",
    }
    lines = []
    for id_, own in layouts_of(case).items():
        told = {"id": id_, "indicator": id_.partition("/")[0], **base, **own}
        control = told.pop("control", {})
        lines.append("[[layout]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in told.items()))
        lines.append('columns = { activity = "activity", period = "month", value = "count" }\n')
        lines.append("[layout.control]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in control.items()))
    return "\n".join(lines)


def layouts_of(case: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Layout id → what it says; ``layout`` for all of them, ``layouts`` for each."""
    names = list(case["given"])
    return {name: {**case.get("layout", {}), **case.get("layouts", {}).get(name, {})} for name in names}


def country_of(case: Mapping[str, Any], folder: Path, shipped: Facts) -> tuple[Facts, CountryFacts]:
    """The shipped facts with the country of a case, in an overlay below ``folder``."""
    place = folder / "codelists" / "countries" / ID
    place.mkdir(parents=True)
    (place / "country.toml").write_text(country_toml(case), encoding="utf-8")
    (place / "sources.toml").write_text(sources_toml(case), encoding="utf-8")
    if "bridge" in case:
        rows = [f"{row},test" for row in case["bridge"]]
        header = "classification,activity,covers,aggregate,factor,precision,reference"
        (place / "bridge.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    if "weights" in case:
        rows = [f"{stratum},{covers},{weight}" for stratum, covers, weight in case["weights"]]
        (place / "weights.csv").write_text("\n".join(["stratum,covers,weight", *rows]) + "\n", encoding="utf-8")
    facts = replace(shipped, store=Store(folder), _countries={})
    vars(facts)["structures"] = shipped.structures  # read once for all cases
    return facts, facts.country(ID)


# --- the tables of a case -----------------------------------------------------------------------------------------

_CELL = re.compile(r"(?P<value>-?\d+|\?|n/a)(?::(?P<status>[A-Z]*))?(?::(?P<confidentiality>[A-Z]*))?")


def months(head: str) -> list[str]:
    """``2021-01..2021-12`` is twelve months, anything else one."""
    first, _, last = head.partition("..")
    return [str(period) for period in Period.parse(first).to(Period.parse(last or first))]


def rows(name: str, text: str, layout: Layout) -> Iterator[dict[str, Any]]:
    """One row of COUNTS per cell.

    A cell is ``12``, ``12:P`` (status), ``12::C`` (confidentiality), ``?`` (empty), ``n/a`` (not available), ``-`` (no
    such row) or ``12|12`` (stands twice). Under ``2021-01..2021-12`` one cell stands for each month, or ``1,2,…``.
    The file of a cell is the table's name, its line counts the cells.
    """
    head, *lines = [line.split() for line in text.strip().splitlines()]
    keys = [word for word in head if word in ("activity", "area", "kind")]
    number = 0
    for line in lines:
        key = dict(zip(keys, line, strict=False))
        for column, said in zip(head[len(keys) :], line[len(keys) :], strict=True):
            covered = months(column)
            cells = said.split(",") if "," in said else [said] * len(covered)
            for month, cell in zip(covered, cells, strict=True):
                for one in [] if cell == "-" else cell.split("|"):
                    number += 1
                    match = _CELL.fullmatch(one)
                    assert match, one
                    value = match["value"]
                    yield {
                        "indicator": layout.indicator,
                        "area": key.get("area", layout.area),
                        "kind": key.get("kind", layout.kind),
                        "classification": layout.classification,
                        "activity": key["activity"],
                        "period": month,
                        "value": None if value in ("?", "n/a") else int(value),
                        "state": {"?": "empty", "n/a": "not available"}.get(value, "number"),
                        "status": match["status"] or "",
                        "confidentiality": match["confidentiality"] or "",
                        "layout": layout.id,
                        "file": f"{name}.csv",
                        "sheet": "",
                        "cell": f"line {number}",
                    }


def counts_of(case: Mapping[str, Any], country: CountryFacts) -> pd.DataFrame:
    """COUNTS of the tables of a case."""
    found = [row for name, text in case["given"].items() for row in rows(name, text, country.layouts[name])]
    return conform(pd.DataFrame(found), COUNTS)


@dataclass(frozen=True)
class Made:
    """Everything between COUNTS and OBSERVATIONS."""

    counts: pd.DataFrame
    factors: pd.DataFrame
    sums: Mapping[tuple[str, str, str, Period], Sum]
    observations: pd.DataFrame


def compiled(
    counts: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    month: str,
    sent: Mapping[str, Sequence[str]] | None = None,
) -> Made:
    """COUNTS → FACTORS → sums → OBSERVATIONS; ``sent``: the months of the deliveries sent before."""
    used = set(counts["layout"])
    layouts = [layout for layout in country.layouts.values() if layout.id in used]
    factors = aggregate.factors(counts, facts, country, layouts, facts.base_year(month))
    sums = observe.sums(
        counts,
        factors,
        facts,
        country,
        layouts,
        Period.parse(month),
        Vintages({i: tuple(m) for i, m in (sent or {}).items()}),
    )
    return Made(counts, factors, sums, observe.observe(sums, facts, country))


def previewed(made: Made, facts: Facts, country: CountryFacts, month: str) -> tuple[pd.DataFrame, dict[Any, str]]:
    """The index of what was compiled."""
    return rebase.preview(made.sums, facts, country, Period.parse(month))
