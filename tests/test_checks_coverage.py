"""Everything that the regulation asks for is there, or is told with its place."""

from __future__ import annotations

import pytest

from pipeline.checks.coverage import (
    approximate,
    coverage,
    ends_elsewhere,
    first_period,
    future,
    never_seen,
    not_computed,
    territory,
)

MONTHS = [f"2023-{m:02}" for m in range(1, 13)]
KEYS = {("reg", "F"): "M.FR.F"}


def test_every_aggregate_and_month() -> None:
    present = [("reg", a, m) for a in ("F", "G") for m in MONTHS]
    verdict = coverage(present, ["F", "G"], {"reg": MONTHS}, KEYS)
    assert (verdict.outcome, verdict.checked) == ("holds", 24)


def test_missing_months_are_named() -> None:
    present = [("reg", "F", m) for m in MONTHS if m not in ("2023-03", "2023-05")]
    first, second = coverage(present, ["F", "G"], {"reg": MONTHS}, KEYS).findings
    assert first.message == "reg, F: 2 of 12 months are missing: 2023-03, 2023-05."
    assert (first.series, first.period, first.expected) == ("M.FR.F", "2023-03", "2023-01 to 2023-12")
    assert second.message == ("reg, G: 12 of 12 months are missing: 2023-01, 2023-02, 2023-03 … 2023-12 (12 in all).")
    assert second.series == "G"


def test_an_indicator_without_a_month_asks_for_nothing() -> None:
    assert coverage([], ["F"], {"reg": []}, KEYS).outcome == "holds"


def test_observations_without_a_value() -> None:
    def row(period: str, value: str, why: str = "") -> dict[str, str]:
        return {"data_set": "reg", "series": "M.F", "aggregate": "F", "period": period, "value": value, "why": why}

    assert not_computed([row("2023-01", "5"), row("2023-02", "0")]).outcome == "holds"
    gone = "a cell is empty"
    verdict = not_computed(
        [row("2023-01", "", gone), row("2023-02", "1"), row("2023-03", "", gone), row("2023-04", "", "x")]
    )
    assert verdict.checked == 4
    assert [f.message for f in verdict.findings] == [
        "reg, F: no value for 2023-01, 2023-03: a cell is empty.",
        "reg, F: no value for 2023-04: x.",
    ]
    assert [(f.series, f.period) for f in verdict.findings] == [("M.F", "2023-01"), ("M.F", "2023-04")]


@pytest.mark.parametrize(
    ("start", "outcomes", "words"),
    [
        ("2012-01", ("holds", "holds"), ""),
        ("2000-01", ("holds", "holds"), ""),
        ("2012-02", ("violated", "holds"), "reg: the series starts in 2012-02; declared is 2012-01."),
        ("1999-12", ("holds", "violated"), "starts in 1999-12, before 2000-01, the first period accepted"),
    ],
)
def test_the_first_period(start: str, outcomes: tuple[str, str], words: str) -> None:
    later, before = first_period({"reg": start}, {"reg": "2012-01"}, {"reg": "2000-01"})
    assert (later.rule, before.rule) == ("starts-later", "before-start")
    assert (later.outcome, before.outcome) == outcomes
    for finding in (*later.findings, *before.findings):
        assert words in finding.message
        assert finding.period == start


@pytest.mark.parametrize(
    ("end", "words"),
    [("2024-06", "its later months are not sent"), ("2024-03", "the months up to it have no value")],
)
def test_an_indicator_ends_elsewhere(end: str, words: str) -> None:
    verdict = ends_elsewhere({"reg": "2024-05", "bkrt": end}, "2024-05")
    (finding,) = verdict.findings
    assert (verdict.checked, finding.data_set, finding.period, finding.expected) == (2, "bkrt", end, "2024-05")
    assert f"bkrt: the input ends in {end}, the delivery is for 2024-05; {words}" in finding.message
    assert ends_elsewhere({"reg": "2024-05"}, "2024-05").outcome == "holds"


@pytest.mark.parametrize(
    ("now", "outcome"), [("2024-06", "holds"), ("2025-01", "holds"), ("2024-05", "violated"), ("2024-04", "violated")]
)
def test_a_month_that_is_not_over(now: str, outcome: str) -> None:
    verdict = future("2024-05", {"reg": "2024-05"}, now)
    assert (verdict.outcome, verdict.checked) == (outcome, 2)
    for finding in verdict.findings:
        assert finding.message == f"the month 2024-05 was not over in {now}, when this was prepared."


def test_cells_of_a_month_that_is_not_over() -> None:
    (finding,) = future("2024-05", {"reg": "2024-05", "bkrt": "9999-12"}, "2024-07").findings
    assert finding.message == "bkrt: the input goes to 9999-12, which was not over in 2024-07, when this was prepared."


WHOLE = frozenset({"FR"})
DECLARED = {"reg": ["FR", "FRM", "971", "972"]}


@pytest.mark.parametrize(
    ("areas", "gone"),
    [
        (["FR"], ""),
        (["FRM", "971", "972"], ""),
        (["FRM", "972"], "971 and the input has no cell for it"),
        (["FRM"], "971, 972 and the input has no cell for them"),
    ],
)
def test_the_territory(areas: list[str], gone: str) -> None:
    verdict = territory({"reg": areas}, DECLARED, WHOLE)
    assert (verdict.outcome, verdict.checked) == ("violated" if gone else "holds", 1)
    for finding in verdict.findings:
        assert f"reg: the territory includes {gone}." in finding.message
        assert finding.expected == "FRM, 971, 972"


def test_activities_that_never_come() -> None:
    verdict = never_seen({"reg": ["05", "06", "07"]}, {"reg": ["05", "99"]})
    (finding,) = verdict.findings
    assert verdict.checked == 3
    assert finding.message == "reg: no cell for 06, 07 in any month; counted as zero."
    assert never_seen({"reg": ["05"]}, {"reg": ["05"]}).outcome == "holds"


def test_what_is_only_approximate_is_told_once() -> None:
    use = ("reg", "P-S_X_94", "counts too much of 94")
    verdict = approximate([use, use, ("reg", "TOTAL", "lacks 95")])
    assert [f.message for f in verdict.findings] == [
        "reg, P-S_X_94: declared approximate in bridge.csv; the input counts too much of 94.",
        "reg, TOTAL: declared approximate in bridge.csv; the input lacks 95.",
    ]
    assert approximate([]).outcome == "holds"
