"""A person decides: `ebs accept`, decisions.toml, and what the next delivery makes of it."""

from __future__ import annotations

import datetime as dt
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delivery_support import MINI, everything, names, refused, table

from pipeline.accept import accept
from pipeline.archive import decisions
from pipeline.deliver import Delivered, Request, deliver
from pipeline.errors import FactsError, InputError, UsageError
from pipeline.facts import Facts

Make = Callable[..., Delivered]
TODAY = dt.date(2024, 7, 5)
UNITS = 5 + 11  # of the division that nobody knows


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """The small inputs, with units of April in a division S99 that nobody knows."""
    folder = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    with (folder / "registrations.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("2024-04;S99;micro;5\n2024-04;S99;autre;11\n")
    return folder


@pytest.fixture
def make(tmp_path: Path, facts: Facts, inputs: Path) -> Make:
    def run(inputs: Path = inputs, **asked: Any) -> Delivered:
        return deliver(Request(inputs, **{"out": tmp_path / "out", **asked}), facts)

    return run


def decide(done: Delivered, facts: Facts, *wanted: str, **said: Any) -> tuple[decisions.Decision, ...]:
    words = {"reason": "Out of scope: an embassy.", "by": "A. Durand", "today": TODAY} | said
    return accept(done.folder, wanted, facts.rules, **words).taken


def found(done: Delivered, rule: str) -> list[dict[str, Any]]:
    return [entry for entry in done.report["findings"] if entry["rule"] == rule]


def test_a_finding_stays_until_it_is_accepted(make: Make, facts: Facts) -> None:
    before = make()
    assert not before.ok
    assert not (before.folder / "upload").exists()
    assert before.manifest["balance"]["registrations"]["unknown"] == UNITS
    entries = found(before, "unmapped")
    assert {entry["value"] for entry in entries} == {"S99: 5", "S99: 11"}
    decide(before, facts, "unmapped")
    after = make()
    assert not after.existed
    assert after.ok
    assert len(names(after.folder / "upload")) == 2
    accepted = {"by": "A. Durand", "reason": "Out of scope: an embassy.", "until": "2024-05", "at": "2024-07-05"}
    assert [entry["accepted"] for entry in found(after, "unmapped")] == [
        accepted | {"about": entry["message"]} for entry in entries
    ]
    assert [entry["id"] for entry in found(after, "unmapped")] == [entry["id"] for entry in entries]
    assert after.report["counts"] == before.report["counts"]
    balance = after.manifest["balance"]["registrations"]
    assert (balance["unknown"], balance["left out by decision"]) == (0, UNITS)
    assert balance["read"] == sum(number for name, number in balance.items() if name != "read")
    assert make().folder == after.folder


def test_the_rows_that_go_nowhere_are_listed_with_origin_and_cause(make: Make, facts: Facts) -> None:
    before = make()
    rows = table(before.folder / "unmapped.csv")
    last = len((MINI / "registrations.csv").read_text("utf-8").splitlines())
    assert [(r["activity"], r["kind"], r["period"], r["value"], r["file"], r["cell"]) for r in rows] == [
        ("S99", "micro", "2024-04", "5", "registrations.csv", f"line {last + 1}"),
        ("S99", "other", "2024-04", "11", "registrations.csv", f"line {last + 2}"),
    ]
    assert all("S99" in row["why"] for row in rows)
    assert {row["decision"] for row in rows} == {""}
    decide(before, facts, found(before, "unmapped")[0]["id"])
    half = make()
    assert not half.ok
    assert sorted(row["decision"] for row in table(half.folder / "unmapped.csv")) == ["", "Out of scope: an embassy."]
    assert "unmapped.csv" not in everything(make(MINI).folder)


def test_what_is_written_can_be_read_by_people(make: Make, facts: Facts) -> None:
    done = make()
    entry = found(done, "unmapped")[0]
    decide(done, facts, entry["id"], until="2024-12", reason='It says "x" \\ é\n')
    file = done.folder.parent / "decisions.toml"
    assert file.read_text("utf-8").startswith("# Findings that were accepted")
    assert tomllib.loads(file.read_text("utf-8")) == {
        "decision": [
            {
                "finding": entry["id"],
                "rule": "unmapped",
                "value": "S99: 5",
                "about": entry["message"],
                "reason": 'It says "x" \\ é',
                "by": "A. Durand",
                "at": TODAY,
                "since": "2024-05",
                "until": "2024-12",
            }
        ]
    }
    assert (
        decide(done, facts, entry["id"], until="2024-12", reason='It says "x" \\ é', today=TODAY.replace(day=9)) == ()
    )


def test_a_decision_is_for_its_own_months(make: Make, facts: Facts) -> None:
    """Taken for May it does not reach back to April, nor beyond its last month."""
    decide(make(), facts, "unmapped", until="2024-06")
    assert not make(month="2024-04").ok
    assert make().ok
    taken = decisions.read(make().folder.parent, facts.rules)
    assert [len(decisions.in_force(taken, month)) for month in ("2024-04", "2024-05", "2024-06", "2024-07")] == [
        0,
        2,
        2,
        0,
    ]


def test_a_decision_that_is_not_in_force_changes_no_delivery(make: Make, facts: Facts) -> None:
    april = make(month="2024-04")
    may = make()
    decide(may, facts, "unmapped")
    again = make(month="2024-04")
    assert (again.existed, again.folder) == (True, april.folder)


def test_another_value_is_another_doubt(make: Make, facts: Facts, inputs: Path) -> None:
    """The same finding about another value comes back: it was not what the person looked at."""
    done = make()
    decide(done, facts, "unmapped")
    file = done.folder.parent / "decisions.toml"
    file.write_text(file.read_text("utf-8").replace('value = "S99: ', 'value = "S98: '), "utf-8", newline="")
    after = make()
    assert not after.ok
    assert {entry["accepted"] for entry in found(after, "unmapped")} == {None}


def test_other_units_of_an_accepted_code_are_another_doubt(make: Make, facts: Facts, inputs: Path) -> None:
    """What was accepted were five units: the same code with 700 comes back under the same id."""
    decide(make(), facts, "unmapped")
    first = found(make(), "unmapped")
    file = inputs / "registrations.csv"
    file.write_text(
        file.read_text("utf-8").replace("2024-04;S99;micro;5", "2024-05;S99;micro;700"), "utf-8", newline=""
    )
    after = make()
    assert not after.ok
    assert not (after.folder / "upload").exists()
    balance = after.manifest["balance"]["registrations"]
    assert (balance["unknown"], balance["left out by decision"]) == (700, 11)
    again = found(after, "unmapped")
    assert {entry["id"] for entry in again} == {entry["id"] for entry in first}
    assert {entry["value"]: entry["accepted"] is not None for entry in again} == {"S99: 700": False, "S99: 11": True}


def test_of_two_decisions_about_one_finding_the_last_counts(make: Make, facts: Facts) -> None:
    done = make()
    decide(done, facts, "unmapped", reason="zz: first words", until="2024-06")
    again = accept(
        done.folder, ["unmapped"], facts.rules, reason="aa: better words", by="B. Martin", today=TODAY, until="2024-06"
    )
    assert [other.reason for other in again.others] == ["zz: first words"] * 2
    assert {entry["accepted"]["by"] for entry in found(make(), "unmapped")} == {"B. Martin"}


def test_information_needs_no_decision(make: Make, facts: Facts) -> None:
    done = make()
    assert found(done, "starts-later")
    assert "needs no decision" in refused(UsageError, lambda: decide(done, facts, "starts-later"))


@pytest.mark.parametrize("option", ["reason", "by"])
def test_what_is_no_text_is_refused(make: Make, facts: Facts, option: str) -> None:
    done = make()
    assert f"--{option}: this is not text" in refused(
        UsageError, lambda: decide(done, facts, "unmapped", **{option: "caf\udce9"})
    )


@pytest.mark.parametrize("data", [b"{", b"{}"])
def test_a_report_that_was_changed_is_not_believed(make: Make, facts: Facts, data: bytes) -> None:
    done = make()
    (done.folder / "findings.json").write_bytes(data)
    said = refused(InputError, lambda: decide(done, facts, "unmapped"))
    assert "findings.json" in said
    assert "ebs rebuild" in said


def test_a_block_is_not_added_to_a_file_that_would_break(make: Make, facts: Facts) -> None:
    done = make()
    file = done.folder.parent / "decisions.toml"
    file.write_text("decision = []\n", "utf-8")
    assert "a new block cannot be added" in refused(FactsError, lambda: decide(done, facts, "unmapped"))
    assert file.read_text("utf-8") == "decision = []\n"


def test_taking_it_back_brings_the_finding_back(make: Make, facts: Facts) -> None:
    before = make()
    decide(before, facts, "unmapped")
    after = make()
    (before.folder.parent / "decisions.toml").unlink()
    again = make()
    assert (again.existed, again.folder) == (True, before.folder)
    assert after.ok


def test_a_warning_may_be_given_its_reason(make: Make, facts: Facts) -> None:
    done = make(MINI)
    assert done.ok
    decide(done, facts, "index-base", reason="The example has no 2021.")
    after = make(MINI)
    assert {entry["accepted"]["reason"] for entry in found(after, "index-base")} == {"The example has no 2021."}


@pytest.mark.parametrize(
    ("wanted", "said", "words"),
    [
        ("unmaped", {}, "the delivery has no such finding; did you mean 'unmapped'"),
        ("abc", {}, "no such finding"),
        ("unmapped", {"reason": " "}, "--reason: nothing is said"),
        ("unmapped", {"by": ""}, "--by: nothing is said"),
        ("unmapped", {"until": "2024-04"}, "2024-04 is before 2024-05"),
        ("unmapped", {"until": "2024-Q3"}, "is not a month"),
        ("unmapped", {"until": "soon"}, "'soon' is not a period"),
    ],
)
def test_what_cannot_be_accepted(make: Make, facts: Facts, wanted: str, said: dict[str, str], words: str) -> None:
    done = make()
    assert words in refused(UsageError, lambda: decide(done, facts, wanted, **said))
    assert not (done.folder.parent / "decisions.toml").exists()


def test_an_error_that_nobody_may_accept(make: Make, facts: Facts, inputs: Path) -> None:
    file = inputs / "registrations.csv"
    file.write_text(file.read_text("utf-8").replace("2024-05;01;micro;", "2024-05;01;micro;-"), "utf-8", newline="")
    done = make()
    rule = "count-negative"
    assert found(done, rule)
    assert not facts.rules[rule].may_be_accepted
    assert "cannot be accepted" in refused(UsageError, lambda: decide(done, facts, rule))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('rule = "unmapped"', 'rule = "balance"', "decision[0].rule: a finding of 'balance' cannot be accepted."),
        ('rule = "unmapped"', 'rule = "unmaped"', "'unmaped' is no rule; did you mean 'unmapped'"),
        ('until = "2024-05"', 'until = "2024-04"', "until 2024-04 is before since 2024-05"),
        ('reason = "Out of scope: an embassy."', 'reason = " "', "decision[0].reason"),
        ('by = "A. Durand"', "", "decision[0].by: this key is missing"),
        ('by = "A. Durand"', 'by = "A. Durand"\nbecause = "x"', "unknown key 'because'"),
    ],
)
def test_a_fault_of_the_hand_is_named(make: Make, facts: Facts, old: str, new: str, words: str) -> None:
    done = make()
    decide(done, facts, found(done, "unmapped")[0]["id"])
    file = done.folder.parent / "decisions.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8", newline="")
    said = refused(FactsError, make)
    assert "decisions.toml" in said
    assert words in said


def test_decisions_are_kept_with_the_delivery(make: Make, facts: Facts) -> None:
    decide(make(), facts, "unmapped", until="2024-06")
    done = make()
    kept = (done.folder / "inputs" / "earlier" / "decisions.toml").read_bytes()
    taken = decisions.parse("decisions.toml", kept, facts.rules)
    assert taken == decisions.in_force(decisions.read(done.folder.parent, facts.rules), "2024-05")
    assert [one["finding"] for one in done.manifest["request"]["decisions"]] == [one.finding for one in taken]
