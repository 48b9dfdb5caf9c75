"""Report formats: each is parsed again; whatever a file contains can neither break out of it nor hide in it."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from delivery_support import ROOT
from lxml import etree, html

from pipeline.findings import Finding, Findings, Group, Place, Rule, Verdict, held_up
from pipeline.pages import findings_csv
from pipeline.pages.ess import ess
from pipeline.pages.junit import junit
from pipeline.pages.summary import gates, place, violations
from pipeline.pages.text import lines
from pipeline.pages.validation import page, standing
from pipeline.pages.visible import short, visible

RULES = {
    rule.id: rule
    for rule in (
        Rule("code", "Not in its list", "error", "The code is unknown.", "Use a code of the list.", struval="150/029"),
        Rule("double", "Twice", "error", "It stands there twice.", "Remove one.", acceptable=True, fmr="039"),
        Rule("late", "Late", "warning", "It is late.", "Send it.", parameters={"days": 40}),
        Rule("said", "Said", "information", "It is said.", "Nothing."),
        Rule("sum", "Sum", "error", "The sum is wrong.", "Add again."),
    )
}
A = {"file": "a.xml", "sha256": "ab" * 32, "format": "StructureSpecificData 2.1", "structure": "X:Y(1.0)", "series": 9, "observations": 1341, "findings": 0, "complete": True}  # fmt: skip
B = {**A, "file": "b.xml", "series": 1, "observations": 1, "complete": False}
TOOL = {"name": "ebs", "version": "1"}
WHEN = dt.datetime(2024, 7, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
CODE = Finding(
    "code", "no such code.", "", "a.xml", 12, 7, None, "D", "M.FR.N", "2024-05", "ACTIVITY", "BTX", "a code of CL"
)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "]]> --> &amp; &#27;",
    "=cmd|' /C calc'!A0",
    "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
    "\x1b[2J\x1b]0;owned\x07",
    "a\x00b", "a\nb\r\nc", "\u202edesrever\u2066", "\ud800", "\uffff\ufffe", "\x85\u2028\u200b\ufeff",
    'quote " and , and ; and \'',
    "x" * 10_000,
]  # fmt: skip
HIDDEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)


def document(*verdicts: Verdict, files: tuple[dict[str, Any], ...] = (A,)) -> dict[str, Any]:
    return Findings(verdicts, RULES, files).document(TOOL)


def document_of(rules: dict[str, Rule], *verdicts: Verdict) -> dict[str, Any]:
    return Findings(verdicts, rules, (A,)).document(TOOL)


def hostile(text: str) -> dict[str, Any]:
    """A report in which everything that a file or its name can say is this text."""
    key = text.replace("\ud800", "?")  # only the name of a file can hold what is not UTF-8
    related = (Place(3, 4, text), Place(5, 6, text))
    finding = Finding("code", text, text, text, 1, 2, None, "D", key, key, key, text, text, related)
    cell = replace(finding, cell=text, line=None, column=None)
    late = replace(finding, rule="late")
    return document(
        Verdict("code", text, 5, (finding, cell), more=3),
        Verdict("late", text, 5, (late,)),
        Verdict("sum", text, unchecked=text),
        Verdict("double", text, 5),
        files=({**A, "file": text, "format": text, "structure": text},),
    )


@pytest.fixture
def clean() -> dict[str, Any]:
    return document(Verdict("code", "a.xml", 9), Verdict("sum", "a.xml", 9))


@pytest.fixture
def wrong() -> dict[str, Any]:
    """Seven places of one rule and 210 without details, a double that shows the other place, and what is not an error."""
    codes = tuple(replace(CODE, line=line) for line in range(12, 19))
    double = replace(CODE, rule="double", message="twice.", value="", expected="", related=(Place(3, 1, "5"),))
    late = Finding("late", "late.", file="a.xml")
    said = Finding("said", "so.", file="a.xml")
    return document(
        Verdict("code", "a.xml", 900, codes, more=210),
        Verdict("double", "a.xml", 900, (double,)),
        Verdict("late", "a.xml", 1, (late,)),
        Verdict("said", "a.xml", 1, (said, said)),
        Verdict("sum", "a.xml", unchecked="not a data set of this regulation"),
    )


# --- a value that is shown ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_visible_hides_nothing(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown
    assert "\n" not in shown
    assert len(short(text)) <= 150


def test_a_long_value_says_how_long_it_is() -> None:
    assert short("x" * 10_000, 5) == "xxxxx… (10,000 characters)"
    assert short("x" * 5, 5) == "xxxxx"


# --- text ---------------------------------------------------------------------------------------------------------


def test_valid_is_said_in_one_line(clean: dict[str, Any]) -> None:
    assert list(lines(clean, "may be uploaded")) == [
        "a.xml: valid, 9 series, 1,341 observations; may be uploaded",
    ]
    assert list(lines(clean, "")) == ["a.xml: valid, 9 series, 1,341 observations"]


def test_the_verdict_then_errors_then_warnings_then_what_was_not_checked(wrong: dict[str, Any]) -> None:
    place = "series M.FR.N, period 2024-05, ACTIVITY"
    expected = [
        "a.xml: 218 errors, 1 warning: correct and validate again",
        "ERROR code: Not in its list (217; STRUVAL 150/029)",
        *(f"    a.xml:{n}:7 {place}, found 'BTX', expected a code of CL: no such code." for n in range(12, 17)),
        "    and 212 more",
        "    Use a code of the list.",
        "ERROR double: Twice (1; FMR 039)",
        f"    a.xml:12:7 {place}, see also 3:1 '5': twice.",
        "    Remove one.",
        "WARNING late: Late (1)",
        "    a.xml: late.",
        "    Send it.",
        "2 for information: said (2)",
        "not checked, 1 rule: not a data set of this regulation: sum",
    ]
    assert list(lines(wrong, "correct and validate again")) == expected


def test_warnings_do_not_make_it_invalid_and_information_is_shown_when_there_is_nothing_else() -> None:
    late, said = Finding("late", "late.", file="a.xml"), Finding("said", "so.", file="a.xml", cell="s!B2")
    warned = list(lines(document(Verdict("late", "a.xml", 1, (late,))), "look"))
    assert warned[0] == "a.xml: valid, 1 warning, 9 series, 1,341 observations; look"
    told = list(lines(document(Verdict("said", "a.xml", 1, (said,))), "look"))
    assert told == [
        "a.xml: valid, 9 series, 1,341 observations; look",
        "INFORMATION said: Said (1)",
        "    a.xml s!B2: so.",
        "    Nothing.",
    ]


def test_several_files_have_a_line_each_and_a_reason_names_its_file() -> None:
    one = document(
        Verdict("code", "a.xml", 1, (CODE,)),
        Verdict("code", "b.xml", 1, (replace(CODE, file="b.xml"),)),
        Verdict("sum", "b.xml", unchecked="no total."),
        Verdict("late", "a.xml", unchecked="no date"),
        Verdict("late", "b.xml", unchecked="no date"),
        files=(A, B),
    )
    said = list(lines(one, "correct"))
    assert said[:4] == [
        "2 files: 2 errors: correct",
        "  a.xml: StructureSpecificData 2.1, X:Y(1.0), 9 series, 1,341 observations, 0 findings",
        "  b.xml: StructureSpecificData 2.1, X:Y(1.0), 1 series, 1 observation, 0 findings, read in part",
        "ERROR code: Not in its list (2; STRUVAL 150/029)",
    ]
    assert said[-2:] == ["not checked, 1 rule: no date: late", "not checked, 1 rule: no total: sum (b.xml)"]


def test_a_rule_of_which_no_detail_was_kept_is_still_told() -> None:
    cut = document(Verdict("late", "a.xml", 9, more=4), Verdict("code", "a.xml", 9, (CODE,)))
    assert "WARNING late: Late (4)" in list(lines(cut, "", RULES))
    assert list(lines(cut, "", RULES))[-2:] == ["    4 places, not listed", "    Send it."]
    assert "ERROR late (4)" in list(lines(cut, ""))
    assert [one.rule for one in violations(cut, RULES)] == ["code", "late"]


def test_what_was_accepted_says_by_whom() -> None:
    one = document(Verdict("code", "a.xml", 1, (CODE,)))
    one["findings"][0]["accepted"] = {"by": "me", "reason": "known", "until": "2024-12"}
    one["ok"] = True
    said = list(lines(one, "may be uploaded"))
    assert said[0] == "a.xml: valid, 1 error accepted, 9 series, 1,341 observations; may be uploaded"
    assert said[2].endswith("no such code. [accepted by me until 2024-12: known]")
    assert not list(tree(junit(one)).iter("failure"))
    assert json.loads(ess(one, RULES, WHEN, "me"))[0]["rule"]["status"] == "accepted by me until 2024-12: known"


def test_a_run_without_a_result_says_why() -> None:
    one = {**document(), "ok": False, "error": {"kind": "input", "message": "a.xml: there is no such file."}}
    assert list(lines(one, "")) == ["a.xml: could not be validated (a.xml: there is no such file.)"]
    assert tree(junit(one)).get("errors") == "1"
    assert "It could not be validated." in page(one, RULES)
    assert "Nothing is known of it: a.xml: there is no such file." in page(one, RULES)
    nothing = {**one, "files": []}
    assert list(lines(nothing, "try again")) == [
        "could not be validated (a.xml: there is no such file.): try again",
    ]
    assert "Nothing was validated" in page(nothing, RULES)
    assert json.loads(ess(one, RULES, WHEN, "me")) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_steers_the_terminal(text: str) -> None:
    for line in lines(hostile(text), text, RULES):
        assert line.isprintable()
        assert len(line) < 3_000


# --- junit --------------------------------------------------------------------------------------------------------


def tree(text: str) -> etree._Element:
    return etree.fromstring(text.encode("utf-8"))


def test_junit_has_a_suite_per_file_and_a_case_per_rule(wrong: dict[str, Any]) -> None:
    root = tree(junit(wrong, RULES))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "2", "errors": "0", "skipped": "1"
    }  # fmt: skip
    (suite,) = root
    assert suite.get("name") == "a.xml"
    cases = {str(case.get("name")): case for case in suite}
    assert {case.get("classname") for case in cases.values()} == {"a.xml"}
    children = {name: [child.tag for child in case] for name, case in cases.items()}
    assert children == {
        "code": ["failure"], "double": ["failure"], "late": ["system-out"], "said": ["system-out"], "sum": ["skipped"]
    }  # fmt: skip
    failure, skipped = cases["code"][0], cases["sum"][0]
    assert failure.get("message") == "Not in its list (217 places)"
    said = str(failure.text).splitlines()
    assert said[0] == "error: STRUVAL 150/029: Not in its list (217 places)"
    assert len([line for line in said if line.startswith("a.xml:")]) == 7
    assert said[-2:] == ["and 210 more", "Use a code of the list."]
    assert skipped.get("message") == "not a data set of this regulation"


def test_junit_lists_twenty_places_and_keeps_files_apart() -> None:
    many = tuple(replace(CODE, line=line) for line in range(1, 31))
    root = tree(
        junit(document(Verdict("code", "a.xml", 9, many), Verdict("code", "b.xml", 9), Verdict("sum"), files=(A, B)))
    )
    assert [suite.get("name") for suite in root] == ["a.xml", "b.xml", "all files"]
    assert [suite.get("failures") for suite in root] == ["1", "0", "0"]
    said = str(root[0][0][0].text).splitlines()
    assert len(said) == 1 + 20 + 1 + 1
    assert said[21] == "and 10 more"
    assert len(root[1][0]) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_well_formed_whatever_is_said(text: str) -> None:
    root = tree(junit(hostile(text), RULES))
    assert [element.tag for element in root.iter()] == [
        "testsuites", "testsuite", "testcase", "failure", "testcase", "testcase", "system-out", "testcase", "skipped"
    ]  # fmt: skip
    said = [*root.itertext(), *(value for element in root.iter() for value in element.attrib.values())]
    assert not [value for value in said if HIDDEN.search(str(value))]
    failure = root.find(".//failure")
    assert failure is not None
    assert visible(short(text, 500)) in str(failure.text)


# --- ess ----------------------------------------------------------------------------------------------------------


def conforms(report: Any) -> None:
    """The JSON schema of the ESS report, version 1.0.1, and what its text asks for besides."""
    assert isinstance(report, list)
    for one in report:
        assert set(one) == {"id", "type", "event", "rule", "data", "value"}
        assert one["type"] == "validation"
        assert one["value"] in ("0", "1", "NA")
        event, rule, data = one["event"], one["rule"], one["data"]
        assert set(event) == {"time", "actor", "agent", "trigger"}
        assert dt.datetime.fromisoformat(event["time"]).tzinfo is not None
        assert set(rule) == {"language", "expression", "severity", "description", "status"}
        assert rule["severity"] in ("information", "warning", "error")
        assert set(data) == {"source", "target", "description"}
        for keys in (data["source"], data["target"]):
            assert keys
            assert all(isinstance(key, list) and [type(part) for part in key] == [str] * 4 for key in keys)
        texts = (one["id"], *event.values(), *rule.values(), data["description"])
        assert all(isinstance(text, str) for text in texts)
    ids = [one["id"] for one in report]
    assert len(set(ids)) == len(ids)


def test_ess_says_who_validated_what_by_which_rule(wrong: dict[str, Any]) -> None:
    report = json.loads(ess(wrong, RULES, WHEN, "office"))
    conforms(report)
    first = report[0]
    assert first["event"] == {"time": "2024-07-05T09:00:00+02:00", "actor": "office", "agent": "ebs 1", "trigger": ""}
    assert first["rule"] == {
        "language": "ebs 1 rules.toml",
        "expression": "code()",
        "severity": "error",
        "description": "Not in its list: The code is unknown.",
        "status": "",
    }
    assert first["data"]["target"] == first["data"]["source"] == [["a.xml", "2024-05", "M.FR.N", "ACTIVITY"]]
    assert first["data"]["description"] == "a.xml:12:7; found 'BTX'; expected a code of CL; no such code."
    assert [one["value"] for one in report] == ["0"] * 8 + ["0", "0", "0", "0", "NA"]
    assert report[7]["data"] == {
        "source": [["a.xml", "", "", ""]], "target": [["a.xml", "", "", ""]], "description": "210 places more, not listed"
    }  # fmt: skip
    assert [one["rule"]["expression"] for one in report[8:11]] == ["double()", "late(days = 40)", "said()"]
    assert report[-1]["data"]["description"] == "not checked: not a data set of this regulation"


def test_ess_of_a_rule_that_holds_names_the_file_and_its_hash() -> None:
    report = json.loads(
        ess(document(Verdict("code", "a.xml", 1341), Verdict("sum", "", 2), files=(A, B)), RULES, WHEN, "me")
    )
    conforms(report)
    assert [one["value"] for one in report] == ["1", "1"]
    assert report[0]["data"]["description"] == f"1,341 checked; sha256 {A['sha256']}"
    assert report[1]["data"]["source"] == [["a.xml", "", "", ""], ["b.xml", "", "", ""]]


def test_ess_ids_depend_on_what_is_said_alone(wrong: dict[str, Any]) -> None:
    once, again = ess(wrong, RULES, WHEN, "me"), ess(wrong, RULES, WHEN, "me")
    assert once == again
    later = json.loads(ess(wrong, RULES, WHEN + dt.timedelta(days=1), "me"))
    assert not {one["id"] for one in later} & {one["id"] for one in json.loads(once)}


@pytest.mark.parametrize("text", HOSTILE)
def test_ess_carries_hostile_text_as_text(text: str) -> None:
    said = ess(hostile(text), RULES, WHEN, text)
    assert said.isascii()
    report = json.loads(said)
    conforms(report)
    assert visible(text) in report[0]["data"]["description"]
    assert not HIDDEN.search("".join(json.dumps(report, ensure_ascii=False)))


# --- csv ----------------------------------------------------------------------------------------------------------


def table(report: dict[str, Any]) -> list[dict[str, str]]:
    text = findings_csv.header() + "".join(map(findings_csv.row, report["findings"]))
    assert text.count("\r\n") == text.count("\n") == len(report["findings"]) + 1
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_has_the_keys_of_a_finding(wrong: dict[str, Any]) -> None:
    rows = table(wrong)
    assert [*rows[0], "accepted"] == list(wrong["findings"][0])
    first = {name: "" if value is None else str(value) for name, value in wrong["findings"][0].items()}
    assert rows[0] == {**{name: text for name, text in first.items() if name != "accepted"}, "related": ""}
    assert [row["related"] for row in rows if row["rule"] == "double"] == ["3:1 5"]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_has_no_formula_and_no_control_character(text: str) -> None:
    rows = table(hostile(text))
    assert len(rows) == 3
    for row in rows:
        assert None not in row
        assert not [
            cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
        ]
        assert all(cell.isprintable() for cell in row.values())
        assert row["value"].removeprefix("'") == visible(text)
        assert row["related"] == f"3:4 {visible(text)}; 5:6 {visible(text)}"


def test_csv_keeps_a_place_without_line_apart_from_a_formula() -> None:
    finding = replace(CODE, related=(Place(value="=1"), Place(2, 3)), line=None)
    (row,) = table(document(Verdict("code", "a.xml", 1, (finding,))))
    assert (row["related"], row["line"]) == ("'=1; 2:3", "")


# --- html ---------------------------------------------------------------------------------------------------------


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def cells(table: html.HtmlElement) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in table.iter("tr")]


def test_the_first_screen_says_in_words_that_it_must_not_be_sent(wrong: dict[str, Any]) -> None:
    root = parsed(page(wrong, RULES))
    assert words(root.xpath("//title")[0]) == "Validation: a.xml: 218 errors, 1 warning"
    assert words(root.xpath("//h1")[0]) == "a.xml"
    banner = words(root.xpath("//header")[0])
    assert "StructureX:Y(1.0)" in banner
    assert "Observations1,341" in banner
    (verdict,) = root.find_class("verdict")
    said = [words(one) for one in verdict.iter("p")]
    assert said == [
        "Not valid: 218 errors and 1 warning.",
        "It must not be sent: mend the errors, then validate again.",
    ]
    assert words(verdict.getnext()) == "1 rule could not run: why."
    assert verdict.getparent().getparent().tag == "main"
    assert verdict.getparent().getprevious() is None  # nothing stands before it


@pytest.mark.parametrize(
    ("number", "accepted", "kind", "sentence", "detail"),
    [
        ((0, 0), 0, "holds", "Valid by all rules that could be run.", "It may be sent."),
        ((0, 1), 0, "warning", "Valid by all rules that could be run, with 1 warning.", "It may be sent when somebody has looked at the warning."),
        ((0, 1200), 0, "warning", "Valid by all rules that could be run, with 1,200 warnings.", "It may be sent when somebody has looked at the warnings."),
        ((2, 0), 2, "accepted", "Valid by all rules that could be run, with 2 errors accepted.", "It may be sent."),
        ((1, 2), 1, "warning", "Valid by all rules that could be run, with 1 error accepted and 2 warnings.", "It may be sent when somebody has looked at the warnings."),
        ((1, 0), 0, "error", "Not valid: 1 error.", "It must not be sent: mend the error, then validate again."),
    ],
)  # fmt: skip
def test_the_verdict_never_says_more_than_is_known(
    clean: dict[str, Any], number: tuple[int, int], accepted: int, kind: str, sentence: str, detail: str
) -> None:
    errors, warnings = number
    one = {**clean, "ok": errors == accepted, "counts": {"error": errors, "warning": warnings, "information": 0}}
    found = standing(one)
    assert (found.kind, found.sentence, found.detail) == (kind, sentence, detail)


def test_a_warning_that_was_accepted_is_not_to_be_looked_at_again(clean: dict[str, Any]) -> None:
    decided = {"severity": "warning", "accepted": {"by": "me"}}
    one = {**clean, "findings": [decided], "counts": {"error": 1, "warning": 2, "information": 0}}
    found = standing(one)
    sentence = "Valid by all rules that could be run, with 1 error and 1 warning accepted and 1 warning."
    assert (found.kind, found.sentence) == ("warning", sentence)
    found = standing({**one, "counts": {"error": 0, "warning": 1, "information": 0}})
    assert (found.kind, found.detail) == ("accepted", "It may be sent.")


def test_what_is_not_official_is_sent_as_a_test_first(clean: dict[str, Any]) -> None:
    said = standing(clean, "structure X:Y(1.0) (a reconstruction)").detail
    assert (
        said
        == "It may be sent. Send it as a test first: structure X:Y(1.0) (a reconstruction) is not confirmed by Eurostat."
    )
    assert "Send them" in standing({**clean, "files": [A, B]}, "structure X:Y(1.0)").detail
    wrong = {**clean, "ok": False, "counts": {"error": 1, "warning": 0, "information": 0}}
    assert "test first" not in standing(wrong, "structure X:Y(1.0)").detail


def test_a_group_with_a_rule_that_another_one_holds_up_has_not_passed() -> None:
    """It would say that all is there of what was not looked at."""
    rules = {id_: replace(rule, group="g") for id_, rule in RULES.items()}
    group = Group("g", "Group", "All of it.")
    for why, outcome in ((held_up("code"), "checked in part"), ("it is no SDMX-CSV", "passed")):
        told = document(Verdict("late", checked=1), Verdict("double", checked=1), Verdict("sum", unchecked=why))
        (gate,) = gates(told, rules, [group])
        assert (gate.outcome[1], gate.holds, gate.unchecked) == (outcome, 2, 1)


def test_the_page_says_the_files_the_findings_and_what_was_not_checked(wrong: dict[str, Any]) -> None:
    root = parsed(page(wrong, RULES))
    assert [words(heading) for heading in root.iter("h3")] == [
        "✕error: Not in its list", "✕error: Twice", "▲warning: Late", "ℹinformation: Said"
    ]  # fmt: skip
    files, _, codes, more, twice, _, said, unchecked = root.xpath("//main//table")
    assert cells(files)[1] == [
        f"a.xmlSHA-256 {'ab' * 32}", "StructureSpecificData 2.1", "X:Y(1.0)", "9", "1,341", "0"
    ]  # fmt: skip
    assert cells(codes)[:2] == [
        ["Place", "What is wrong", "Series", "Period", "Component", "Found", "Expected"],
        ["line 12, column 7", "no such code.", "M.FR.N", "2024-05", "ACTIVITY", "BTX", "a code of CL"],
    ]
    assert [len(cells(one)) - 1 for one in (codes, more)] == [5, 2]
    assert words(codes[0]) == "the first 5 of 217 places"
    assert cells(twice)[1][1] == "twice. See also 3:1 '5'."
    assert cells(said)[0] == ["File", "What is told"]  # nothing else is said of it
    assert cells(unchecked)[-1] == ["not a data set of this regulation", "1", "sum"]


def test_a_rule_says_its_numbers_what_it_means_and_how_to_mend(wrong: dict[str, Any]) -> None:
    (one,) = parsed(page(wrong, RULES)).xpath("//section[@id='rule-code']")
    assert (one.get("data-rule"), one.get("data-severity"), one.get("data-accepted")) == ("code", "error", None)
    assert [words(line) for line in one.xpath("./p | ./div/p")] == [
        "217 places", "code · STRUVAL 150/029", "The code is unknown.", "To mend: Use a code of the list.",
    ]  # fmt: skip
    (rest,) = one.iter("details")
    assert rest.get("open") is None
    assert words(rest[0]) == "and 212 more of Not in its list (code)"
    assert words(rest[-1]) == "210 places more, not listed here."


def test_what_was_accepted_is_not_to_be_mended_and_says_by_whom_and_until_when() -> None:
    one = document(Verdict("double", "a.xml", 1, (replace(CODE, rule="double"),)))
    one["findings"][0]["accepted"] = {"by": "me", "reason": "known", "until": "2024-12"}
    one["ok"] = True
    (rule,) = parsed(page(one, RULES)).xpath("//section[@data-rule='double']")
    assert rule.get("data-accepted") is not None
    assert [words(mark) for mark in rule.find_class("mark")] == ["✕error", "☑accepted"]
    (table,) = rule.iter("table")
    assert cells(table)[0][-1] == "Accepted"
    assert cells(table)[1][-1] == "accepted by me until 2024-12: known"
    assert "To mend" not in words(rule)


def test_places_in_several_files_name_the_file() -> None:
    both = tuple(replace(CODE, file=name, line=None, column=None, cell="s!B2") for name in ("a.xml", "b.xml"))
    root = parsed(page(document(Verdict("code", "", 2, both), files=(A, B)), RULES))
    assert words(root.xpath("//h1")[0]) == "2 files"
    (table,) = root.xpath("//section[@id='rule-code']//table")
    assert [row[:2] for row in cells(table)] == [["File", "Place"], ["a.xml", "s!B2"], ["b.xml", "s!B2"]]


def test_two_rules_of_one_name_are_told_apart() -> None:
    rules = {**RULES, "double": replace(RULES["double"], name="Not in its list")}
    both = (Verdict("code", "a.xml", 1, (CODE,)), Verdict("double", "a.xml", 1, (replace(CODE, rule="double"),)))
    root = parsed(page(document_of(rules, *both), rules))
    regions = [region.get("aria-label") for region in root.xpath("//section[@data-rule]//div[@role='region']")]
    assert regions == ["Places of Not in its list (code)", "Places of Not in its list (double)"]


def test_a_place_in_words() -> None:
    assert place({"cell": None, "line": 1079, "column": 7}) == "line 1079, column 7"
    assert place({"cell": None, "line": 3, "column": None}) == "line 3"
    assert place({"cell": "counts!C7", "line": 3, "column": None}) == "counts!C7"
    assert place({"cell": None, "line": None, "column": None}) == ""


GROUPS = (
    Group("lists", "Lists", "Codes are in their lists."),
    Group("time", "Time", "It comes in time."),
    Group("never", "Never", "No rule of it was confronted."),
)
GROUPED = {
    id_: replace(rule, group={"code": "lists", "double": "lists", "late": "time", "said": "time"}.get(id_, ""))
    for id_, rule in RULES.items()
}


def test_groups_of_rules_say_what_is_required_and_what_came_of_it(wrong: dict[str, Any]) -> None:
    (table,) = parsed(page(wrong, GROUPED, groups=GROUPS)).find_class("gates")
    assert cells(table) == [
        ["Rules", "Outcome", "Hold", "Violated", "Information", "Not run"],
        ["ListsCodes are in their lists.Look at: Not in its list, Twice", "✕not passed", "0", "2", "0", "0"],
        ["TimeIt comes in time.Look at: Late, Said", "▲passed with warnings", "0", "1", "1", "0"],
        ["Other rules", "○not checked", "0", "0", "0", "1"],
    ]
    assert table.xpath(".//a/@href") == ["#rule-code", "#rule-double", "#rule-late", "#rule-said"]


def test_of_many_violated_rules_a_group_names_the_first() -> None:
    rules = {f"r{n}": Rule(f"r{n}", f"Rule {n}", "error", "Means.", "Mend.", group="lists") for n in range(1, 8)}
    many = document_of(rules, *(Verdict(id_, "a.xml", 1, more=1) for id_ in rules))
    (table,) = parsed(page(many, rules, groups=GROUPS)).find_class("gates")
    assert cells(table)[1][0].endswith("Look at: Rule 1, Rule 2, Rule 3, Rule 4, Rule 5 and 2 more")


def test_a_group_has_passed_when_most_of_its_rules_ran_and_hold() -> None:
    def outcome(*verdicts: Verdict) -> tuple[str, str]:
        (gate, *_) = gates(document(*verdicts), GROUPED, GROUPS)
        return gate.outcome

    holds, unchecked = Verdict("code", "a.xml", 9), Verdict("double", "a.xml", unchecked="no.")
    assert outcome(holds, unchecked) == ("holds", "passed")
    assert outcome(unchecked) == ("unknown", "not checked")
    assert outcome(holds, Verdict("code", "b.xml", unchecked="no."), unchecked) == ("holds", "passed")
    assert outcome(holds, Verdict("late", "a.xml", 9, more=1)) == ("holds", "passed")
    assert outcome(Verdict("late", "a.xml", 9, more=1)) == ("warning", "passed with warnings")
    three = {**GROUPED, "sum": replace(RULES["sum"], group="lists")}
    (gate,) = gates(document(holds, unchecked, Verdict("sum", unchecked="no.")), three, GROUPS)
    assert gate.outcome == ("unknown", "checked in part")
    one = document(Verdict("double", "a.xml", 1, (replace(CODE, rule="double"),)))
    one["findings"][0]["accepted"] = {"by": "me", "reason": "known", "until": "2024-12"}
    assert gates(one, GROUPED, GROUPS)[0].outcome == ("accepted", "passed, as accepted")


def test_a_hint_of_its_own_stands_beside_its_place() -> None:
    codes = (replace(CODE, hint="Try BTE."), replace(CODE, hint="Try BTN."))
    root = parsed(page(document(Verdict("code", "a.xml", 2, codes)), RULES))
    (table,) = root.xpath("//section[@id='rule-code']//table")
    assert [row[1] for row in cells(table)[1:]] == ["no such code. Try BTE.", "no such code. Try BTN."]
    assert "To mend" not in root.text_content()


def test_a_clean_page_says_valid(clean: dict[str, Any]) -> None:
    root = parsed(page(clean, RULES))
    assert words(root.find_class("sentence")[0]) == "Valid by all rules that could be run."
    assert "2 of 2 checks hold. Made by ebs 1." in words(root)
    assert words(root.xpath("//section[@id='findings']")[0]) == "Findings None."
    assert root.find_class("note") == []


def test_twins_are_linked(clean: dict[str, Any]) -> None:
    twins = (("findings.csv", "a b.csv", "every finding as a table"),)
    (link,) = parsed(page(clean, RULES, twins=twins)).xpath("//section[@id='twins']//a")
    assert (link.get("href"), words(link.getparent())) == ("a b.csv", "findings.csv every finding as a table")
    assert not parsed(page(clean, RULES)).xpath("//section[@id='twins']")


def test_the_page_can_be_read_by_everybody(wrong: dict[str, Any]) -> None:
    text = page(wrong, GROUPED, groups=GROUPS)
    assert text.startswith("<!DOCTYPE html>")
    root = parsed(text)
    assert root.get("lang") == "en"
    assert [len(list(root.iter(tag))) for tag in ("h1", "main", "header", "footer", "nav", "title")] == [1] * 6
    levels = [int(heading.tag[1]) for heading in root.iter("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    links = [str(link.get("href")) for link in root.iter("a")]
    assert links[0] == "#page.content"
    assert {link.removeprefix("#") for link in links} <= set(ids)
    contents = root.xpath("//nav//ol//a/@href")
    assert [f"#{id_}" for id_ in root.xpath("//main//section/@id")] == contents
    for one in root.iter("table"):
        assert one[0].tag == "caption"
        assert words(one[0])
    assert all(cell.get("scope") in ("row", "col") for cell in root.iter("th"))
    regions = [region.get("aria-label") for region in root.find_class("wide")]
    assert all(regions)
    assert len(set(regions)) == len(regions)
    assert all(region.get("tabindex") == "0" for region in root.find_class("wide"))
    signs = root.find_class("sign")
    assert all(sign.get("aria-hidden") == "true" for sign in signs)  # each beside its word


def test_the_page_needs_nothing_and_runs_its_own_script_alone(wrong: dict[str, Any]) -> None:
    root = parsed(page(wrong, RULES))
    (policy,) = [meta.get("content") for meta in root.iter("meta") if meta.get("http-equiv")]
    (style,), (script,) = root.iter("style"), root.iter("script")
    style_hash, script_hash = (
        f"'sha256-{b64encode(hashlib.sha256(str(one.text).encode()).digest()).decode()}'" for one in (style, script)
    )
    allowed = f"script-src {script_hash}; style-src {style_hash}"
    assert policy == f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    assert harmless(root)
    assert not re.search(r"url\(|@import|https?:", page(wrong, RULES).replace('[href^="http"]', ""))
    assert "prefers-color-scheme: dark" in str(style.text)
    assert "@media print" in str(style.text)


def harmless(root: html.HtmlElement) -> bool:
    """Only elements of the template and one script, no handler, no style of their own, no link that leaves the page."""
    if len(list(root.iter("script"))) != 1:
        return False
    known = {
        "html", "head", "meta", "title", "style", "body", "a", "header", "h1", "nav", "ol", "li", "main", "p", "strong",
        "h2", "h3", "section", "span", "code", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "footer",
        "dl", "dt", "dd", "br", "details", "summary", "script",
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.attrib}
    return {element.tag for element in root.iter()} <= known and attributes <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "tabindex", "role", "aria-label",
        "aria-labelledby", "aria-hidden", "scope", "data-rule", "data-severity", "hidden",
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_shows_hostile_text_as_text(text: str) -> None:
    said = page(hostile(text), RULES)
    root = parsed(said)
    assert harmless(root)
    assert not HIDDEN.search(said)
    assert visible(short(text, 2000)) in [cell.text_content() for cell in root.iter("td")]
    assert len(said) < 100_000


def test_a_hostile_rule_is_text_too() -> None:
    """An overlay may hold rules of other hands."""
    rule = Rule("<b>", "<script>", "error", "<i>", "<u>")
    one = Findings((Verdict("<b>", "a.xml", 1, (replace(CODE, rule="<b>"),)),), {"<b>": rule}, (A,)).document(TOOL)
    assert harmless(parsed(page(one, {"<b>": rule})))
    assert tree(junit(one))[0][0].get("name") == "<b>"


def test_jinja2_is_there_only_when_a_page_is_made() -> None:
    modules = "validation, text, junit, ess, findings_csv"
    code = f"import sys; from pipeline.pages import {modules}; print(sorted({{'jinja2', 'lxml', 'pandas'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
