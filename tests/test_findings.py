"""Findings: errors first, ids that survive an inserted line, a report that counts what it lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.findings import Finding, Findings, Place, Rule, Verdict, finding_ids

RULES = {
    "wrong": Rule("wrong", "Wrong", "error", "It is wrong.", "Mend it.", struval="150/029", fmr="007"),
    "odd": Rule("odd", "Odd", "warning", "It is odd.", "Look at it."),
    "said": Rule("said", "Said", "information", "For your information.", ""),
}
FINDING = Finding(
    "wrong", "no.", data_set="D", series="M.FR", period="2024-05", component="OBS_VALUE", line=7, column=3
)


def findings(*verdicts: Verdict) -> Findings:
    return Findings(verdicts, RULES, ({"file": "a.xml"},))


def test_a_verdict_says_its_outcome() -> None:
    assert Verdict("wrong").outcome == "holds"
    assert Verdict("wrong", unchecked="no base").outcome == "unchecked"
    assert Verdict("wrong", findings=(FINDING,), unchecked="partly").outcome == "violated"


@pytest.mark.parametrize("moved", [{"line": 8}, {"column": 9}, {"value": "4"}, {"message": "yes."}, {"file": "b.xml"}])
def test_an_id_survives_an_inserted_line_and_another_value(moved: dict[str, object]) -> None:
    assert finding_ids([replace(FINDING, **moved)]) == finding_ids([FINDING])


@pytest.mark.parametrize("name", ["rule", "data_set", "series", "period", "component"])
def test_an_id_tells_what_is_wrong(name: str) -> None:
    assert finding_ids([replace(FINDING, **{name: "other"})]) != finding_ids([FINDING])


def test_ids_of_equal_findings_differ_by_their_ordinal() -> None:
    first, second = finding_ids([FINDING, FINDING])
    assert first != second
    assert finding_ids([FINDING, replace(FINDING, period="x"), FINDING])[::2] == [first, second]
    assert len(first) == 12


def test_errors_come_first_in_a_fixed_order() -> None:
    late, early = replace(FINDING, line=9), replace(FINDING, line=2)
    said, odd = Finding("said", "so."), Finding("odd", "so.")
    one = findings(
        Verdict("said", findings=(said,)), Verdict("wrong", findings=(late, early)), Verdict("odd", findings=(odd,))
    )
    assert one.all == [early, late, odd, said]
    assert [one.count(s) for s in ("error", "warning", "information")] == [2, 1, 1]
    assert not one.ok
    assert findings(Verdict("odd", findings=(odd,)), Verdict("wrong")).ok


def test_the_report_lists_every_rule_and_finding() -> None:
    place = Place(4, 2, "x")
    found = replace(FINDING, related=(place,), value="1", expected="2")
    report = findings(
        Verdict("wrong", "b.xml", 10, (found,)), Verdict("odd", "a.xml", 5), Verdict("said", unchecked="no weights")
    ).document({"name": "ebs", "version": "0"})
    assert report["schema"] == 1
    assert (report["ok"], report["error"], report["files"]) == (False, None, [{"file": "a.xml"}])
    assert report["counts"] == {"error": 1, "warning": 0, "information": 0}
    assert [(r["rule"], r["outcome"], r["checked"], r["violations"], r["why"]) for r in report["rules"]] == [
        ("odd", "holds", 5, 0, ""),
        ("said", "unchecked", 0, 0, "no weights"),
        ("wrong", "violated", 10, 1, ""),
    ]
    (entry,) = report["findings"]
    assert list(entry) == [
        *("id", "rule", "name", "severity", "struval", "fmr", "file", "line", "column", "cell", "series", "period"),
        *("component", "value", "expected", "message", "hint", "related", "accepted"),
    ]
    assert (entry["severity"], entry["struval"], entry["fmr"], entry["hint"]) == ("error", "150/029", "007", "Mend it.")
    assert entry["related"] == [{"line": 4, "column": 2, "value": "x"}]
    assert entry["id"] == finding_ids([FINDING])[0]


def test_a_hint_of_the_finding_wins_over_that_of_the_rule() -> None:
    report = findings(Verdict("wrong", findings=(replace(FINDING, hint="Do this."),))).document({})
    assert report["findings"][0]["hint"] == "Do this."
