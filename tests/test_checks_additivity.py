"""The total is the sum of its parts; a control row is the sum of the rows it stands beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cases_support import country_of, counts_of

from pipeline.checks.additivity import additivity, control_rows
from pipeline.compile import aggregate
from pipeline.compile.observe import controls
from pipeline.facts import Facts
from pipeline.findings import Verdict

KEYS = {("reg", "T"): "M.FR.T"}


def values(total: int | None, a: int | None, b: int | None, month: str = "2024-05") -> dict[Any, int | None]:
    return {("reg", "T", month): total, ("reg", "A", month): a, ("reg", "B", month): b}


def test_the_total_holds() -> None:
    verdict = additivity(values(5, 2, 3) | values(0, 0, 0, "2024-04"), "T", ["A", "B"], KEYS)
    assert (verdict.outcome, verdict.checked) == ("holds", 2)


def test_the_total_differs_by_one() -> None:
    verdict = additivity(values(1006, 2, 1003) | values(5, 2, 3, "2024-04"), "T", ["A", "B"], KEYS)
    assert (verdict.outcome, verdict.checked) == ("violated", 2)
    (finding,) = verdict.findings
    assert finding.message == "reg 2024-05: the total is 1,006, its 2 parts make 1,005; the difference is +1."
    assert (finding.series, finding.period, finding.value, finding.expected) == ("M.FR.T", "2024-05", "1006", "1005")


@pytest.mark.parametrize("cells", [values(None, 2, 3), values(5, None, 3)])
def test_without_the_total_or_a_part_nothing_is_claimed(cells: dict[Any, int | None]) -> None:
    verdict = additivity(cells, "T", ["A", "B"], KEYS)
    assert (verdict.outcome, verdict.unchecked) == ("unchecked", "1 periods lack the total or a part")
    assert additivity(cells | values(5, 2, 3, "2024-04"), "T", ["A", "B"], KEYS).outcome == "holds"
    assert additivity({}, "T", ["A", "B"], KEYS).outcome == "unchecked"


def test_a_part_that_is_absent_is_no_zero() -> None:
    cells = values(2, 2, 3)
    del cells["reg", "B", "2024-05"]
    assert additivity(cells, "T", ["A", "B"], KEYS).outcome == "unchecked"


# --- control rows -------------------------------------------------------------------------------------------------


def confronted(case: dict[str, Any], folder: Path, shipped: Facts) -> Verdict:
    facts, country = country_of(case, folder, shipped)
    counts = counts_of(case, country)
    layouts = list(country.layouts.values())
    factors = aggregate.factors(counts, facts, country, layouts, None)
    return control_rows(controls(counts, factors, layouts))


BY_ACTIVITY = """
activity area  2024-04 2024-05
41       M          10      11
84       M           1       1
S99      M           2       2
ALL      M          13      {}
41       971       100     100
"""
BY_KIND = """
activity kind   2024-04 2024-05
41       micro       10      11
41       other        5       6
42       micro        1       1
41       total       15      {}
42       total        1       1
"""
BY_AREA = """
activity area  2024-04 2024-05
41       M          10      11
41       971         5       6
42       971         5       6
41       W          15      {}
"""
BY_BOTH = """
activity kind   2024-04 2024-05
41       micro       10      11
41       other        5       6
42       micro        1       1
41       total       15      17
ALL      total       16      {}
ALL      micro       11      12
"""
KINDS = ["micro", "other"]


@pytest.mark.parametrize(
    ("table", "layout", "right", "where", "checked"),
    [
        (BY_ACTIVITY, {"control": {"activity": ["ALL"]}}, 14, "M.total.ALL", 2),
        (BY_KIND, {"control": {"kind": ["total"]}, "add_kinds": KINDS}, 17, "W.total.41", 4),
        (BY_AREA, {"control": {"area": ["W"]}}, 17, "W.total.41", 2),
        (BY_BOTH, {"control": {"kind": ["total"], "activity": ["ALL"]}, "add_kinds": KINDS}, 18, "W.total.ALL", 6),
    ],
    ids=["by activity", "by kind", "by area", "by kind and activity"],
)
def test_control_rows(
    table: str, layout: dict[str, Any], right: int, where: str, checked: int, tmp_path: Path, facts: Facts
) -> None:
    def verdict(number: int) -> Verdict:
        case = {"given": {"registrations": table.format(number)}, "layout": layout}
        return confronted(case, tmp_path / str(number), facts)

    good, bad = verdict(right), verdict(right + 1000)
    assert (good.outcome, good.checked) == ("holds", checked)
    assert (bad.outcome, bad.checked) == ("violated", checked)
    (finding,) = bad.findings
    assert f"registrations 2024-05, {where}: the control row says {right + 1000:,}, its " in finding.message
    assert f"parts make {right:,}; the difference is +1,000." in finding.message
    assert (finding.series, finding.period) == (where, "2024-05")
    assert (finding.value, finding.expected) == (str(right + 1000), str(right))


def test_a_control_row_without_parts(tmp_path: Path, facts: Facts) -> None:
    table = """
    activity area  2024-05
    41       M          10
    ALL      971         7
    """
    case = {"given": {"registrations": table}, "layout": {"control": {"activity": ["ALL"]}}}
    (finding,) = confronted(case, tmp_path, facts).findings
    assert "971.total.ALL: the control row says 7, its 0 parts make 0" in finding.message


def test_without_control_rows_nothing_is_claimed(tmp_path: Path, facts: Facts) -> None:
    verdict = confronted({"given": {"registrations": "activity 2024-05\n41 1"}}, tmp_path, facts)
    assert (verdict.outcome, verdict.unchecked) == ("unchecked", "the input has no control rows")
