"""The first screen of a report, what the delivery is, and what was found: said as a person would say it, never wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from draft_support import (
    INDICATORS,
    MONTH,
    NOW,
    RULES,
    TOTAL,
    document,
    draft,
    identity,
    manifest,
    observations,
    select,
    sent_before,
    value,
    violated,
)
from lxml import html

from pipeline.findings import Acceptance, Finding, Verdict, finding_ids
from pipeline.pages import answer
from pipeline.pages.delivered import last_line
from pipeline.pages.draft import Draft
from pipeline.pages.report import page

TWO = dt.timezone(dt.timedelta(hours=2))


def tree(of: Draft) -> html.HtmlElement:
    return html.document_fromstring(page(of))


def text(element: html.HtmlElement) -> str:
    said = element.xpath(".//text() | .//br")  # a new line is a blank
    return " ".join("".join(one if isinstance(one, str) else " " for one in said).split())


def asked(**changes: Any) -> dict[str, Any]:
    """A manifest whose request differs."""
    return manifest(request={**manifest()["request"], **changes})


def acceptance(verdict: Verdict, place: int = 0, **of: Any) -> Acceptance:
    """A decision about a place of a violated rule."""
    finding = verdict.findings[place]
    said = {
        "by": "Ada",
        "reason": "Asked the register.",
        "until": "2024-09",
        "at": "2024-07-01",
        "about": finding.message,
    }
    id_ = finding_ids(verdict.findings)[place]
    return Acceptance(id_, finding.rule, finding.value, **{**said, **of})


ERRORS = (violated("wrong", 2), violated("lost"))
ODD = violated("odd", 4)


# ------------------------------------------------------------------------------------------------------- the verdict


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({}, "holds", "May be sent."),
        ({"findings": document(violated("told", 9))}, "holds", "May be sent."),
        ({"findings": document(*ERRORS)}, "error", "Must not be sent yet: 3 errors in 2 rules."),
        ({"findings": document(violated("wrong"), ODD)}, "error", "Must not be sent yet: 1 error in 1 rule."),
        ({"findings": document(ODD)}, "warning", "May be sent after someone has looked at 4 warnings."),
        ({"findings": document(violated("odd"))}, "warning", "May be sent after someone has looked at 1 warning."),
        ({"sent": NOW + dt.timedelta(days=1)}, "holds", "Was sent on 2 August 2024."),
        ({"manifest": asked(test=True)}, "information", "A test: may be sent as a test."),
        (
            {"manifest": asked(test=True), "findings": document(*ERRORS)},
            "error",
            "A test that must not be sent yet: 3 errors in 2 rules.",
        ),
        (
            {"findings": document(violated("wrong", 2100), ODD)},
            "error",
            "Must not be sent yet: 2,100 errors in 1 rule.",
        ),
    ],
)
def test_the_verdict_is_a_sentence(changes: dict[str, Any], kind: str, sentence: str) -> None:
    view = answer.view(draft(**changes))
    assert (view.kind, view.sentence) == (kind, sentence)


def test_what_was_accepted_blocks_nothing_and_is_said() -> None:
    lost = violated("lost")
    accepted = document(lost, ODD, accepted=[acceptance(lost), *(acceptance(ODD, place) for place in range(4))])
    view = answer.view(draft(findings=accepted))
    assert (view.kind, view.sentence) == ("accepted", "May be sent.")
    assert view.detail == "1 error and 4 warnings were accepted with a reason."
    partly = document(lost, ODD, accepted=[acceptance(lost), acceptance(ODD)])
    assert answer.view(draft(findings=partly)).sentence == "May be sent after someone has looked at 3 warnings."


def test_what_was_not_listed_counts_as_well() -> None:
    cut = document(replace(violated("wrong", 2), more=5))
    assert answer.view(draft(findings=cut)).sentence == "Must not be sent yet: 7 errors in 1 rule."


@pytest.mark.parametrize(
    ("now", "left", "late"),
    [
        ("2024-08-01T09:00:00+02:00", "4 days left", False),
        ("2024-08-04T23:00:00+00:00", "today is the last day", False),  # the 5th has begun in Luxembourg
        ("2024-08-04T21:00:00+00:00", "1 day left", False),
        ("2024-08-05T21:59:00+00:00", "today is the last day", False),
        ("2024-08-05T22:01:00+00:00", "1 day late", True),
        ("2024-09-05T09:00:00+02:00", "31 days late", True),
    ],
)
def test_days_are_counted_to_the_working_day(now: str, left: str, late: bool) -> None:
    due = answer.view(draft(now=dt.datetime.fromisoformat(now))).due
    assert due is not None
    assert (due.day, due.left, due.late) == ("5 August 2024", left, late)
    assert due.moved == "the working day after 4 August 2024"


def test_the_first_screen_says_until_when_and_from_which_day_that_is_counted() -> None:
    said = text(tree(draft()).get_element_by_id("verdict"))
    due = "Due on 5 August 2024 (the working day after 4 August 2024): 4 days left, counted on 1 August 2024."
    assert due in said


def test_a_correction_and_what_was_sent_have_no_deadline() -> None:
    corrects = {"delivery": "2024-06_01", "at": "2024-08-02T10:00:00+02:00"}
    view = answer.view(draft(manifest=asked(corrects=corrects)))
    assert view.due is None
    assert view.detail == "It corrects what was sent for this month: first 2024-06_01, on 2 August 2024."
    assert [step.command for step in view.steps] == ["ebs compare OUTPUTS/2024-06_01 DELIVERY", "", "ebs sent DELIVERY"]
    view = answer.view(draft(sent=NOW))
    assert view.due is None
    assert view.detail == "That is 32 days after the end of June 2024, 4 days before it is due."


def test_a_draft_that_another_delivery_has_overtaken_is_not_to_be_sent() -> None:
    view = answer.view(draft(instead="2024-06_02", manifest=manifest(not_confirmed=["names of the data sets"])))
    sentence = "Must not be sent any more: 2024-06_02 was sent for this month after this was prepared."
    assert (view.kind, view.sentence, view.due, view.test_first) == ("error", sentence, None, False)
    assert [step.command for step in view.steps] == ["ebs deliver INPUTS"]


@pytest.mark.parametrize(
    ("test", "sent", "first"),
    [(False, None, "; send as a test first"), (True, None, ""), (False, NOW, "")],
)
def test_the_last_line_asks_for_a_test_where_one_makes_sense(test: bool, sent: Any, first: str) -> None:
    made = {**asked(test=test), "not_confirmed": ["names"]}
    line = last_line(Path("out"), made, document(), RULES, NOW, sent)
    assert line.endswith(f"; not confirmed by Eurostat: names{first}")


# ------------------------------------------------------------------------------------------------------ what to do next


def steps(of: Draft) -> list[str]:
    return [f"{step.words} {step.command}".strip() for step in answer.view(of).steps]


def test_files_are_sent_each_for_its_data_set_and_recorded() -> None:
    assert steps(draft()) == [
        "Send the 2 files, each for its data set:",
        "Record that this was done: ebs sent DELIVERY",
    ]
    verdict = tree(draft(folder="2024-06_01/", name="2024-06_01")).get_element_by_id("verdict")
    assert [link.get("href") for link in select(verdict, ".files a")] == [
        "2024-06_01/upload/births.xml",
        "2024-06_01/upload/deaths.xml",
    ]
    assert [text(item) for item in select(verdict, ".files li")] == [
        "SET_BIRTHS births.xml 20.5 kB",
        "SET_DEATHS deaths.xml 512 bytes",
    ]
    assert "DELIVERY: the folder of this delivery, 2024-06_01" in text(verdict)


def test_a_single_file_is_sent_for_its_data_set() -> None:
    single = {**manifest(), "data_sets": manifest()["data_sets"][:1]}
    assert steps(draft(manifest=single))[0] == "Send the file, for its data set:"
    test = {**single, "request": {**single["request"], "test": True}}
    assert steps(draft(manifest=test)) == [
        "Send the file as a test, for its data set:",
        "When Eurostat has taken it, make the delivery itself, without --test: ebs deliver INPUTS",
    ]
    assert "INPUTS: the folder of the national files, and the options of this delivery" in text(
        tree(draft(manifest=test)).get_element_by_id("verdict")
    )


def test_what_is_not_confirmed_is_sent_as_a_test_first() -> None:
    of = draft(manifest=manifest(not_confirmed=["names of the data sets"]))
    assert steps(of)[0] == "Send a test first: not everything is confirmed by Eurostat: ebs deliver INPUTS --test"
    page_ = tree(of)
    assert "names of the data sets" in text(page_.get_element_by_id("not-confirmed"))
    assert select(page_, ".steps a[href='#not-confirmed']")
    assert not select(tree(draft()), "#not-confirmed")


@pytest.mark.parametrize(
    ("found", "accept"),
    [
        (violated("wrong"), ""),
        (violated("lost"), "Or accept with a reason what may stay, then deliver again:"),
        (ERRORS, "Or accept with a reason what may stay (1 of them may be accepted), then deliver again:"),
    ],
)
def test_errors_are_mended_or_accepted_where_that_is_possible(found: Any, accept: str) -> None:
    of = draft(findings=document(*(found if isinstance(found, tuple) else (found,))), sizes={})
    said = steps(of)
    assert said[0] == "Look at what is wrong:"
    assert said[1] == "Correct the input, then deliver again: ebs deliver INPUTS"
    assert said[2:] == ([f'{accept} ebs accept DELIVERY ID --reason "…"'] if accept else [])
    assert "Nothing is packed" in text(tree(of).get_element_by_id("verdict"))


def test_the_rules_to_look_at_are_named_and_linked() -> None:
    page_ = tree(draft(findings=document(*ERRORS, ODD)))
    links = select(page_, ".steps > li:first-child a")
    assert [(text(link), link.get("href")) for link in links] == [
        ("Cells are lost", "#rule-lost"),
        ("A number is wrong", "#rule-wrong"),
    ]
    assert answer.view(draft(findings=document(ODD))).steps[0].links == (("Out of the ordinary", "#rule-odd"),)


# ----------------------------------------------------------------------------------------------------- the newest month


def test_the_newest_month_in_figures() -> None:
    births, deaths = answer.view(draft()).headlines
    now, then = value("births", TOTAL.id, MONTH), value("births", TOTAL.id, "2023-06")
    assert (births.indicator.id, births.month, births.total) == ("births", "June 2024", f"{now:,}")
    assert births.status == "Provisional value"
    assert births.change == f"+{round(1000 * (now - then) / then) / 10} %"
    assert births.against == "on June 2023"
    assert (deaths.revised, deaths.since) == ("", "nothing was sent for an earlier month")


def with_values(**values: str) -> Draft:
    """The draft with other values of the total of births: ``m2024_06="5"``."""
    made = observations()
    for month, said in values.items():
        one = identity("births", TOTAL.id, month[1:].replace("_", "-"))
        made[one] = made[one]._replace(value=said)
    return draft(observations=made)


@pytest.mark.parametrize(
    ("values", "total", "change", "against"),
    [
        ({"m2024_06": "90", "m2023_06": "120"}, "90", "−25.0 %", "on June 2023"),
        ({"m2024_06": "120", "m2023_06": "120"}, "120", "0.0 %", "on June 2023"),
        ({"m2024_06": "100001", "m2023_06": "100000"}, "100,001", "0.0 %", "on June 2023"),
        ({"m2024_06": "0", "m2023_06": "4"}, "0", "−100.0 %", "on June 2023"),
        ({"m2024_06": "5", "m2023_06": "0"}, "5", "", "no change can be told: June 2023 is 0"),
        ({"m2024_06": "5", "m2023_06": ""}, "5", "", "no value for June 2023"),
        ({"m2024_06": "", "m2023_06": "4"}, "no value", "", "no value for June 2024"),
    ],
)
def test_a_change_is_told_where_there_is_one(values: dict[str, str], total: str, change: str, against: str) -> None:
    births = answer.view(with_values(**values)).headlines[0]
    assert (births.total, births.change, births.against) == (total, change, against)


def test_a_newest_month_that_is_not_delivered_is_not_told_of_another_one() -> None:
    made = {one: said for one, said in observations().items() if (one.aggregate, one.period) != (TOTAL.id, MONTH)}
    births = answer.view(draft(observations=made)).headlines[0]
    assert (births.month, births.total, births.status) == ("June 2024", "no value", "not delivered")
    assert (births.change, births.against) == ("", "no value for June 2024")


def test_the_values_that_were_revised_are_counted() -> None:
    before = sent_before(
        "2024-03", "2024-05", **{"births_A1_2024-04": 7, "births_T_2024-04": 7, "deaths_B2_2022-01": 1}
    )
    births, deaths = answer.view(draft(vintages=before)).headlines
    months = 29  # January 2022 to May 2024, of three parts and their total
    assert (births.revised, births.since) == ("2", f"of {4 * months} values in the delivery of May 2024")
    assert deaths.revised == "1"


def test_one_month_of_one_indicator_is_enough() -> None:
    one = {key: said for key, said in observations().items() if key.indicator == "births" and key.period == MONTH}
    of = draft(observations=one, indicators=INDICATORS[:1], manifest=asked(indicators=["births"]))
    assert [(head.total, head.change) for head in answer.view(of).headlines] == [("6,087", "")]
    assert "Indicator Births of enterprises" in " ".join(select(tree(of), "header")[0].itertext()).replace("\n", "")


# -------------------------------------------------------------------------------------------------------- what it is


def facts(of: Draft) -> dict[str, str]:
    lists = select(tree(of), "#identity > dl.facts > div")
    return {text(pair[0]): text(pair[1]) for pair in lists}


def test_the_identity_names_what_the_delivery_rests_on() -> None:
    said = facts(draft())
    assert said["Country"] == "Nowhere (XX)"
    assert said["Reference month"] == "June 2024 (2024-06)"
    assert said["Indicators"] == "Births of enterprises (births) and Deaths of enterprises (deaths)"
    assert said["Request"] == "0123456789ab"
    assert said["Prepared"] == "1 August 2024, 09:00 +02:00"
    assert said["Made by"] == f"ebs 0.1.0, {len(RULES)} rules (rules.toml, SHA-256 {'c' * 64})"
    assert said["History used"] == "none: nothing was sent for an earlier month"
    used = [
        {"delivery": f"2024-0{month}_01", "month": f"2024-0{month}", "at": f"2024-0{month + 1}-09T10:00:00+02:00"}
        for month in (3, 5)
    ]
    said = facts(draft(name="2024-06_01", previous=(), manifest=asked(history=used)))
    assert said["Draft"] == "2024-06_01"
    assert said["History used"] == "2 deliveries, the last 2024-05_01, sent on 9 June 2024, 10:00 +02:00"


def test_files_have_size_and_hash_and_lead_to_themselves() -> None:
    page_ = tree(draft(folder="there/"))
    rows = page_.xpath("//section[@id='identity']//table[contains(., 'Data set')]/tbody/tr")
    assert [text(cell) for cell in rows[0]] == [
        f"births.xml SHA-256 {'0' * 64}", "SET_BIRTHS", "ORG:SET(1.0)", "4", "120", "2022-01 to 2024-06", "20.5 kB",
    ]  # fmt: skip
    assert select(rows[0], "a")[0].get("href") == "there/upload/births.xml"
    inputs = page_.xpath("//section[@id='identity']//table[contains(., 'Layout')]//a/@href")
    assert inputs == ["there/inputs/births.csv", "there/inputs/deaths.csv"]


def test_what_is_not_packed_has_no_address() -> None:
    files = {name: sha256 for name, sha256 in manifest()["files"].items() if not name.startswith("upload/")}
    page_ = tree(draft(findings=document(*ERRORS), sizes={}, manifest=manifest(files=files)))
    rows = page_.xpath("//section[@id='identity']//table[contains(., 'Data set')]/tbody/tr")
    assert "births.xml (not packed)" in text(rows[0])
    assert not select(rows[0], "a")
    assert not page_.xpath("//a[contains(@href, 'upload/')]")


def test_a_name_that_is_no_address_is_written_as_one() -> None:
    name = 'a b#?%"<é>.csv'
    request = asked(inputs={name: "a" * 64}, layouts=[[name, "x"]])
    files = {**manifest()["files"], f"inputs/{name}": "a" * 64}
    page_ = tree(draft(manifest={**request, "files": files, "not_read": {"<b>.txt": "no layout <i>"}}))
    assert "inputs/a%20b%23%3F%25%22%3C%C3%A9%3E.csv" in page_.xpath("//section[@id='identity']//a/@href")
    assert name in text(page_.get_element_by_id("identity"))
    assert "<b>.txt: no layout <i>" in text(page_.get_element_by_id("identity"))


# ------------------------------------------------------------------------------------------------------ groups of rules


def test_groups_of_rules_say_what_came_of_them() -> None:
    page_ = tree(draft(findings=document(*ERRORS, Verdict("late", unchecked="nothing was sent"), violated("told"))))
    rows = {text(row[0].find("strong")): [text(cell) for cell in row] for row in select(page_, "table.gates tbody tr")}
    assert "not passed" in rows["What comes in"][1]
    assert "Every cell is read." in rows["What comes in"][0]
    assert "passed" in rows["What goes out"][1]
    assert "not passed" not in rows["What goes out"][1]
    assert "Told" in rows["What goes out"][0]
    reasons = page_.xpath("//section[@id='gates']//table[contains(., 'Reason')]/tbody/tr")
    assert [[text(cell) for cell in row] for row in reasons] == [["nothing was sent", "1", "late"]]


def test_a_rule_that_ran_on_what_is_sent_is_no_gap_where_it_does_not_fit_the_index() -> None:
    index = {"base_year": 2022, "weights": None, "strata": {}, "files": ["plain.xml"]}
    verdicts = (Verdict("late", "births.xml", 5), Verdict("late", "plain.xml", unchecked="not of this regulation"))
    of = draft(findings=document(*verdicts), manifest=manifest(index=index))
    assert not answer.view(of).not_run
    nowhere = draft(findings=document(verdicts[1]), manifest=manifest(index=index))
    assert list(answer.view(nowhere).not_run) == ["not of this regulation"]


# --------------------------------------------------------------------------------------------------------- the findings


def parts(of: Draft) -> dict[str, list[tuple[str, str]]]:
    """Heading of a part → its rules, each with how many places."""
    found = {}
    for part in select(tree(of), "#findings .part"):
        rules = select(part, ".rule")
        found[text(part.find("h3"))] = [(one.get("data-rule"), text(select(one, ".heading > p")[0])) for one in rules]
    return found


USED = [{"delivery": "2024-05_01", "month": "2024-05", "at": "2024-07-09T10:00:00+02:00"}]


def test_without_a_delivery_before_everything_is_found() -> None:
    of = draft(findings=document(*ERRORS, ODD))
    assert parts(of) == {"Found": [("lost", "1 place"), ("wrong", "2 places"), ("odd", "4 places")]}
    assert "Nothing was sent for an earlier month: there is nothing to compare with" in text(
        tree(of).get_element_by_id("findings")
    )
    assert parts(draft()) == {"Found": []}
    assert "No rule found anything." in text(tree(draft()).get_element_by_id("findings"))


def test_new_remaining_accepted_and_gone_are_told_apart() -> None:
    wrong, odd, lost = violated("wrong", 2), ODD, violated("lost", 2)
    report = document(wrong, odd, lost, accepted=[acceptance(lost, 1)])
    ids = {(one["rule"], one["series"]): one["id"] for one in report["findings"]}
    late = {**document(violated("late", 5))["findings"][0], "id": "f" * 12, "series": "GONE", "period": "2024-04"}
    before = [{**late, "id": str(place) * 12} for place in range(2)]
    before += [
        one for one in report["findings"] if one["id"] in (ids["odd", "S1"], ids["odd", "S2"], ids["lost", "S2"])
    ]
    of = draft(findings=report, previous=before, manifest=asked(history=USED))
    told = parts(of)
    assert told == {
        "New since the delivery of May 2024": [("lost", "1 place"), ("wrong", "2 places"), ("odd", "2 places")],
        "Remaining": [("odd", "2 places")],
        "Accepted": [("lost", "1 place")],
        "No longer found": [],
    }
    assert "Late late: 2 (GONE 2024-04)" in text(tree(of).get_element_by_id("gone"))


def test_nothing_new_is_said() -> None:
    report = document(ODD)
    of = draft(findings=report, previous=report["findings"], manifest=asked(history=USED))
    assert list(parts(of)) == ["New since the delivery of May 2024", "Remaining"]
    remaining = text(tree(of).get_element_by_id("remaining"))
    assert "4 warnings that the delivery of May 2024 had as well." in remaining
    assert "No rule found anything new." in text(tree(of).get_element_by_id("new"))


def test_a_rule_shows_five_places_and_leads_to_all_of_them() -> None:
    page_ = tree(draft(findings=document(violated("odd", 1200), violated("late", 2)), folder="there/"))
    odd = page_.get_element_by_id("rule-odd")
    rows = select(odd, "tbody tr")
    assert len(rows) == 5
    head = [text(cell) for cell in select(odd, "thead th")]
    assert head == ["Place", "What is wrong", "Series", "Period", "Found", "Id"]
    first = [text(cell) for cell in rows[0]]
    assert first[:5] == ["the whole delivery", "odd: place 1.", "S1", MONTH, "1"]
    assert first[5] == document(violated("odd", 1200))["findings"][0]["id"]
    assert text(select(odd, ".more")[0]) == "and 1,195 more in findings.csv"
    assert select(odd, ".more a")[0].get("href") == "there/findings.csv"
    assert (odd.get("data-severity"), odd.get("data-rule")) == ("warning", "odd")
    assert not select(page_.get_element_by_id("rule-late"), ".more")
    assert select(page_, "#findings > #filter[hidden]")


def test_a_rule_says_what_it_means_and_how_to_mend_it_once() -> None:
    report = document(ODD)
    of = draft(findings=report, previous=report["findings"][:2], manifest=asked(history=USED))
    page_ = tree(of)
    assert "To mend: Ask who counts." in text(page_.get_element_by_id("rule-odd"))
    explained = page_.get_element_by_id("explain-odd")
    assert explained.tag == "details"
    said = {text(pair[0]): text(pair[1]) for pair in select(explained, "dl > div")}
    assert said["Means"] == "It has never been so."
    assert said["Decision"] == "A person may accept what it finds, with a reason."
    assert said["Group"] == "What goes out"
    assert len(select(page_, "details.explained")) == 1
    assert select(page_, "#remaining-odd a[href='#explain-odd']")


def test_what_was_accepted_says_who_why_until_when_and_what_it_was_then() -> None:
    lost = violated("lost", 2)
    decided = [acceptance(lost), acceptance(lost, 1, about="It was 7 then.", reason="<b>Because</b>", by="Eve & Ada")]
    page_ = tree(draft(findings=document(lost, accepted=decided)))
    rows = select(page_, "#accepted tbody tr")
    assert [text(cell) for cell in rows[0]][:4] == [
        "lost: place 1.", "Asked the register.", "1 July 2024 by Ada", "September 2024",
    ]  # fmt: skip
    assert "Accepted when it was: It was 7 then." in text(rows[1])
    assert "<b>Because</b>" in text(rows[1])
    assert "Eve & Ada" in text(rows[1])


def test_days_left_of_another_day_are_not_told() -> None:
    rules = {**RULES, "days-left": replace(RULES["told"], id="days-left", name="Days left")}
    left = Finding("days-left", "4 days left.", period=MONTH, value="4")
    report = document(Verdict("days-left", checked=1, findings=(left,)), rules=rules)
    assert parts(draft(findings=report, rules=rules)) == {"Found": [("days-left", "1 place")]}
    later = draft(findings=report, rules=rules, now=NOW + dt.timedelta(days=3))
    assert parts(later) == {"Found": []}
    gone = draft(previous=report["findings"], rules=rules, manifest=asked(history=USED))
    assert "No longer found" not in parts(gone)


HOSTILE = "<script>alert(1)</script>\"'&\u202e\x1b{{ 7 * 7 }}"


def test_what_a_file_says_can_neither_act_nor_hide() -> None:
    verdict = Verdict(
        "odd",
        HOSTILE,
        1,
        (Finding("odd", HOSTILE, HOSTILE, HOSTILE, 1, 2, series=HOSTILE, period=HOSTILE, value=HOSTILE),),
    )
    decided = acceptance(verdict, reason=HOSTILE, by=HOSTILE, about="before " + HOSTILE, at=HOSTILE)
    for report in (document(verdict), document(verdict, accepted=[decided])):
        made = page(draft(findings=report))
        assert "<script>alert" not in made
        assert "\u202e" not in made
        assert "\x1b" not in made
        assert "<script>alert(1)</script>" in text(html.document_fromstring(made).get_element_by_id("findings"))
        assert "{{ 7 * 7 }}" in made


# ------------------------------------------------------------------------------------------------------ the same as data


def test_the_files_for_machines_are_linked_where_they_are() -> None:
    files = dict.fromkeys(("findings.json", "findings.csv", "esms/a.html", "index/plain.xml", "inputs/x"), "0" * 64)
    links = select(tree(draft(manifest=manifest(files=files), folder="there/")), "#twins a")
    assert [link.get("href") for link in links] == [
        "there/findings.json", "there/findings.csv", "there/manifest.json", "there/SHA256SUMS",
        "there/index/plain.xml", "there/esms/a.html",
    ]  # fmt: skip


def test_a_late_delivery_says_so_in_its_verdict() -> None:
    """Not in plain words below a green sign; of a correction no day is counted."""
    late = NOW + dt.timedelta(days=30)
    view = answer.view(draft(now=late))
    assert (view.kind, view.sentence) == ("warning", "May be sent, though it is late.")
    request = {**manifest()["request"], "corrects": {"delivery": "2024-06_01", "at": NOW.isoformat()}}
    assert answer.view(draft(now=late, manifest=manifest(request=request))).sentence == "May be sent."


def test_the_receipt_is_asked_for_until_it_is_kept() -> None:
    steps = [step.command for step in answer.view(draft(sent=NOW)).steps]
    assert "ebs sent DELIVERY --receipt FILE" in steps
    kept = [step.command for step in answer.view(draft(sent=NOW, receipt=True)).steps]
    assert kept == [step for step in steps if "--receipt" not in step]


def test_rules_that_had_nothing_to_look_at_are_counted() -> None:
    """The groups tell of those alone that left an outcome."""
    assert answer.view(draft()).confronted == ""
    some = {**document(), "rules": document()["rules"][:3]}
    assert answer.view(draft(findings=some)).confronted.startswith("3 of 5 rules were confronted with this delivery.")
