"""Month by month at the command line: what the README shows, with its exit statuses and what is said where."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tomllib
from pathlib import Path

import pytest
from delivery_support import ebs, names
from typer.testing import Result

APRIL, MAY = "out/FR/2024-04_01", "out/FR/2024-05_01"


def delivered(month: str, status: int = 0) -> Result:
    return ebs("deliver", "inputs", "--out", "out", "--month", month, status=status)


@pytest.fixture
def two(place: Path) -> Path:
    """April delivered and sent, May delivered."""
    delivered("2024-04")
    ebs("sent", APRIL, "--at", "2024-07-05T10:00:00+02:00")
    delivered("2024-05")
    return place


def test_a_delivery_is_recorded_as_sent(two: Path) -> None:
    (two / "receipt 12.eml").write_text("received")
    done = ebs("sent", MAY, "--at", "2024-07-09T23:59:00+02:00", "--receipt", "receipt 12.eml")
    assert done.stdout.splitlines() == [
        "2024-05_01: recorded as sent on 2024-07-09 23:59+02:00, 39 days after the end of 2024-05, 1 day before it is due.",
        f"receipt: {Path('out/FR/receipts/2024-05_01/receipt 12.eml')}",
    ]
    again = ebs("sent", MAY)
    assert "nothing has changed: it was recorded as sent on 2024-07-09 23:59+02:00" in again.stdout
    assert len(tomllib.loads((two / "out/FR/history.toml").read_text("utf-8"))["sent"]) == 2


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2024-07-10T09:00:00+02:00", "40 days after the end of 2024-05, the day it is due."),
        ("2024-07-10T22:30:00+00:00", "41 days after the end of 2024-05, 1 day after it was due."),
        ("2024-07-12T09:00:00+02:00", "42 days after the end of 2024-05, 2 days after it was due."),
    ],
)
def test_how_late_it_was_is_said(two: Path, at: str, words: str) -> None:
    assert words in ebs("sent", MAY, "--at", at).stdout


def test_a_correction_is_named_as_one(two: Path) -> None:
    ebs("sent", MAY, "--at", "2024-07-09T09:00:00+02:00")
    done = ebs("deliver", "inputs", "--out", "out", "--month", "2024-05", "--prepared", "2024-07-11T09:00:00+02:00")
    assert "note: 2024-05_01 was sent on 2024-07-09 09:00+02:00; this draft would correct it." in done.stderr
    assert "upload: 2 files to send, correcting 2024-05_01;" in done.stdout
    same = ebs("deliver", "inputs", "--out", "out", "--month", "2024-04")
    assert "out/FR/2024-04_01/upload: 2 files, sent on 2024-07-05 10:00+02:00" in same.stdout
    sent = ebs("sent", "out/FR/2024-05_02")
    assert "note: 2024-05_01 was sent for 2024-05 on 2024-07-09 09:00+02:00; this corrects it." in sent.stderr


def test_a_doubt_is_accepted_and_the_next_draft_is_packed(place: Path) -> None:
    with (place / "inputs" / "registrations.csv").open("a", encoding="utf-8") as file:
        file.write("2024-05;S99;micro;5\n")
    wrong = delivered("2024-05", status=1)
    assert "accept with a reason what may stay (`ebs accept" in wrong.stdout
    id_ = next(line.split()[0] for line in wrong.stderr.splitlines() if "S99" in line)
    done = ebs("accept", MAY, id_, "--reason", "Test units", "--by", "A. Durand", "--until", "2024-06")
    assert done.stdout.startswith(f"accepted until 2024-06: {id_} unmapped: activity 'S99' is no division of")
    right = delivered("2024-05")
    assert "accepted ERROR unmapped" in right.stderr
    assert "by A. Durand, until 2024-06: Test units" in right.stderr
    assert "left out by decision 5" in right.stdout
    assert names(place / "out/FR/2024-05_02/upload")
    report = json.loads(ebs("validate", "out/FR/2024-05_02", "--format", "json").stdout)
    assert report["ok"]
    again = ebs("accept", MAY, id_, "--reason", "Test units", "--by", "A. Durand", "--until", "2024-06")
    assert again.stdout.startswith("Nothing has changed")


def test_who_accepts_is_the_user_unless_it_is_said(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "durand")
    ebs("accept", MAY, "index-base", "--reason", "2021 is not in the example")
    assert {one["by"] for one in tomllib.loads((two / "out/FR/decisions.toml").read_text("utf-8"))["decision"]} == {
        "durand"
    }


def test_two_deliveries_are_compared(two: Path) -> None:
    text = ebs("compare", APRIL, MAY).stdout
    assert "18 new" in text
    document = json.loads(ebs("compare", APRIL, MAY, "--format", "json").stdout)
    assert document["schema"] == 1
    rows = list(csv.DictReader(io.StringIO(ebs("compare", APRIL, MAY, "--format", "csv").stdout)))
    assert len([row for row in rows if row["period"] == "2024-05"]) >= 18
    assert ebs("compare", MAY, MAY, "--format", "csv").stdout.count("\n") == 1


def test_the_calendar_knows_what_was_sent(two: Path) -> None:
    document = json.loads(ebs("calendar", "--out", "out", "--year", "2024", "--format", "json").stdout)
    assert (document["schema"], document["country"]) == (1, "FR")
    april = document["months"][3]
    assert (april["month"], april["due"], april["effective"]) == ("2024-04", "2024-06-09", "2024-06-10")
    text = ebs("calendar", "--out", "out", "--year", "2024").stdout
    assert "sent 2024-07-05" in text


def test_what_was_stored_is_verified_and_made_again(two: Path) -> None:
    assert "as it was stored, sent on 2024-07-05 10:00+02:00" in ebs("verify", APRIL, MAY).stdout
    assert "came out the same, byte for byte" in ebs("rebuild", APRIL, "--check").stdout
    assert names(two / "out" / "FR") == [".lock", "2024-04_01", "2024-05_01", "history.toml"]
    ebs("rebuild", MAY, "--out", "again")
    assert names(two / "again" / "upload") == names(two / MAY / "upload")
    (two / MAY / "counts.csv").write_text("")
    (two / MAY / "findings.json").unlink()
    done = ebs("verify", APRIL, MAY, status=1)
    assert f"changed: {Path(MAY) / 'counts.csv'}" in done.stderr
    assert f"missing: {Path(MAY) / 'findings.json'}" in done.stderr
    assert "NOT as it was stored" in done.stdout
    differs = ebs("rebuild", MAY, "--check", status=1)
    assert "counts.csv has other bytes" in differs.stderr


def test_a_delivery_is_validated_against_its_own_past(two: Path) -> None:
    """April was sent with other numbers than May has for it: the folder alone knows that."""
    file = two / "inputs" / "registrations.csv"
    text = file.read_text("utf-8")
    assert "2024-04;10;micro;5\n" in text
    file.write_text(text.replace("2024-04;10;micro;5\n", "2024-04;10;micro;6\n"), "utf-8", newline="")
    delivered("2024-05")
    shutil.move(two / "out", two / "elsewhere")
    report = json.loads(ebs("validate", "elsewhere/FR/2024-05_02", "--format", "json").stdout)
    revised = [finding for finding in report["findings"] if finding["rule"] == "revised"]
    assert [(one["period"], Path(one["file"]).name[:11]) for one in revised] == [("2024-04", "STSRB_REG_M")]
    file = "elsewhere/FR/2024-05_02/upload/STSRB_REG_M_FR_2024_0005.xml"
    alone = json.loads(ebs("validate", file, "--format", "json").stdout)
    assert {r["outcome"] for r in alone["rules"] if r["rule"] == "revised"} == {"unchecked"}
    beside = json.loads(ebs("validate", file, "--previous", "elsewhere/FR/2024-04_01", "--format", "json").stdout)
    assert [one["period"] for one in beside["findings"] if one["rule"] == "revised"] == ["2024-04"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["sent", "inputs"], 2, "not a delivery folder"),
        (["sent", MAY, "--at", "yesterday"], 2, "--at: 'yesterday' is not a date and time"),
        (["sent", MAY, "--at", "2024-07-09T09:00:00"], 2, "--at: '2024-07-09T09:00:00' has no offset"),
        (["sent", MAY, "--receipt", "none.eml"], 3, "none.eml: there is no such file"),
        (["accept", MAY, "none-such", "--reason", "x"], 2, "the delivery has no such finding"),
        (["accept", MAY, "index-base", "--reason", ""], 2, "--reason: nothing is said"),
        (["accept", MAY, "index-base"], 2, "Missing option '--reason'"),
        (["compare", APRIL, "inputs"], 2, "not a delivery folder"),
        (["compare", APRIL, MAY, "--format", "xml"], 2, "'xml' is none of text, json, csv"),
        (["calendar", "--country", "XX"], 3, "there are no facts about country 'XX'"),
        (["calendar", "--country", "XX", "--format", "json"], 3, "there are no facts about country 'XX'"),
        (["rebuild", "inputs"], 2, "not a delivery folder"),
        (["rebuild", MAY, "--check", "--out", "x"], 2, "with --check nothing is written"),
        (["rebuild", MAY, "--out", "inputs"], 2, "nothing is ever overwritten"),
        (["verify", "inputs"], 2, "not a delivery folder"),
        (["deliver", "inputs", "--history", "inputs"], 2, "neither this folder nor FR in it has a history.toml"),
    ],
)
def test_what_cannot_be_done_is_said(two: Path, arguments: list[str], status: int, words: str) -> None:
    before = names(two / "out" / "FR")
    done = ebs(*arguments, status=status)
    assert words in " ".join(done.stderr.split())
    if "json" in arguments:
        assert json.loads(done.stdout)["error"]["kind"] == "facts"
    assert names(two / "out" / "FR") == before
