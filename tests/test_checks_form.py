"""The files themselves, and the base that an index needs."""

from __future__ import annotations

from typing import get_args

from pipeline.checks.form import index_base, read_back, schema
from pipeline.facts import Facts
from pipeline.findings import Severity


def test_the_schema() -> None:
    assert schema("a.xml", "D", [], 9) == schema("a.xml", "D", (), 9)
    assert (schema("a.xml", "D", [], 9).outcome, schema("a.xml", "D", [], 9).checked) == ("holds", 9)
    (finding,) = schema("a.xml", "D", [(7, "The value is wrong.")], 9).findings
    assert (finding.file, finding.line, finding.data_set, finding.message) == ("a.xml", 7, "D", "The value is wrong.")


def test_what_another_library_reads() -> None:
    assert read_back("a.xml", "D", [], "", 9).outcome == "holds"
    verdict = read_back("a.xml", "D", ["M.FR.F 2024-05 OBS_VALUE: 5 is read as 6"], "", 9)
    assert (verdict.outcome, verdict.file, verdict.checked) == ("violated", "a.xml", 9)
    assert verdict.findings[0].message == "M.FR.F 2024-05 OBS_VALUE: 5 is read as 6."


def test_an_index_without_a_base() -> None:
    failed = [
        ("bkrt", "", "index_weighted", "there are no weights for base year 2015"),
        ("reg", "", "index_weighted", "there are no weights for base year 2015"),
        ("reg", "F", "index_ratio", "the base year 2015 lacks 2015-01"),
    ]
    base, weights = index_base(failed, 100)
    assert (base.rule, base.outcome, base.checked) == ("index-base", "violated", 100)
    (finding,) = base.findings
    assert finding.message == "reg: no index_ratio of F: the base year 2015 lacks 2015-01."
    assert (finding.data_set, finding.series, finding.component) == ("reg", "F", "index_ratio")
    assert (weights.file, weights.outcome) == ("index_weighted", "unchecked")
    assert (
        weights.unchecked
        == "bkrt: there are no weights for base year 2015; reg: there are no weights for base year 2015"
    )


def test_every_index_has_a_base() -> None:
    (verdict,) = index_base([], 100)
    assert (verdict.outcome, verdict.checked) == ("holds", 100)


def test_every_rule_of_the_checks_is_in_the_law(facts: Facts) -> None:
    ids = {"additivity", "control-rows", "balance", "unmapped", "coverage", "not-computed", "starts-later", "territory"}
    ids |= {"before-start", "ends-elsewhere", "future-month", "approximate", "schema", "read-back", "index-base"}
    assert ids | {"never-seen"} <= set(facts.rules)
    for rule in facts.rules.values():
        assert rule.severity in get_args(Severity)
        assert rule.name
        assert rule.means.endswith("."), rule.id
        assert rule.mend, rule.id
        assert not rule.acceptable or rule.severity == "error", f"{rule.id}: only an error is accepted"
