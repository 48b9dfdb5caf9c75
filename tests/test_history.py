"""What was sent, and what a delivery knows of it: `ebs sent`, history.toml, statuses and drafts with a history."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from delivery_support import MINI, everything, header, names, observations, refused, said, table

from pipeline import archive
from pipeline.archive import history
from pipeline.deliver import Delivered
from pipeline.errors import FactsError, InputError, MachineError, UsageError
from pipeline.sent import record
from pipeline.verify import verify

Make = Callable[..., Delivered]
NOW = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)
APRIL = dt.datetime.fromisoformat("2024-07-06T10:00:00+02:00")


# --- recording that a delivery was sent -----------------------------------------------------------------------------


def test_what_was_sent_is_written_down(make: Make) -> None:
    done = make()
    recorded = record(done.folder, NOW, APRIL)
    assert recorded.new
    assert recorded.corrects is None
    file = done.folder.parent / "history.toml"
    assert tomllib.loads(file.read_text("utf-8")) == {
        "sent": [
            {
                "delivery": "2024-05_01",
                "month": "2024-05",
                "at": APRIL,
                "indicators": ["registrations", "bankruptcies"],
                "manifest": archive.digest((done.folder / "manifest.json").read_bytes()),
            }
        ]
    }
    assert file.read_text("utf-8").startswith("# What was sent")


def test_without_a_time_it_is_now_to_the_second(make: Make) -> None:
    entry = record(make().folder, NOW.replace(microsecond=5)).entry
    assert entry.at == NOW


def test_a_delivery_is_sent_once(make: Make) -> None:
    done = make()
    record(done.folder, NOW, APRIL)
    before = (done.folder.parent / "history.toml").read_bytes()
    assert not record(done.folder, NOW).new
    assert not record(done.folder, NOW, APRIL).new
    words_said = refused(UsageError, lambda: record(done.folder, NOW, APRIL + dt.timedelta(hours=1)))
    assert "was recorded as sent on 2024-07-06T10:00:00+02:00" in words_said
    assert "edit" in words_said
    assert (done.folder.parent / "history.toml").read_bytes() == before


def test_the_folder_that_was_sent_stays_as_it_was(make: Make) -> None:
    done = make()
    before = everything(done.folder)
    record(done.folder, NOW, APRIL, ("receipt.txt", b"received"))
    assert everything(done.folder) == before


def test_a_receipt_is_kept(make: Make) -> None:
    done = make()
    entry = record(done.folder, NOW, APRIL, ("EDAMIS 12.eml", b"received")).entry
    assert entry.receipt == "receipts/2024-05_01/EDAMIS 12.eml"
    assert (done.folder.parent / entry.receipt).read_bytes() == b"received"
    assert history.read(done.folder.parent) == (entry,)
    assert entry.receipt_sha256 == archive.digest(b"received")
    assert verify(done.folder).ok
    (done.folder.parent / entry.receipt).write_bytes(b"forged")
    assert not verify(done.folder).ok


def test_a_receipt_that_comes_later_is_added(make: Make) -> None:
    done = make()
    record(done.folder, NOW, APRIL)
    assert record(done.folder, NOW, receipt=("r.eml", b"1")).entry.receipt == "receipts/2024-05_01/r.eml"
    assert history.read(done.folder.parent) == (record(done.folder, NOW, receipt=("r.eml", b"1")).entry,)
    assert "the receipt of this delivery is" in refused(
        UsageError, lambda: record(done.folder, NOW, receipt=("r.eml", b"2"))
    )
    assert "the receipt of this delivery is" in refused(
        UsageError, lambda: record(done.folder, NOW, receipt=("other.eml", b"2"))
    )


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW + dt.timedelta(seconds=1), "is in the future"),
        (dt.datetime.fromisoformat("2024-07-05T08:59:59+02:00"), "is before 2024-07-05T09:00:00+02:00, when"),
    ],
)
def test_a_time_that_cannot_be(make: Make, at: dt.datetime, words: str) -> None:
    done = make()
    assert words in refused(UsageError, lambda: record(done.folder, NOW, at))
    assert not (done.folder.parent / "history.toml").exists()


def test_what_cannot_have_been_sent(make: Make, tmp_path: Path) -> None:
    test = make(test=True)
    assert "this is a test" in refused(UsageError, lambda: record(test.folder, NOW))
    copy = Path(shutil.copytree(test.folder, tmp_path / "copy"))
    assert "is not that of a draft of 2024-05" in refused(UsageError, lambda: record(copy, NOW))
    assert "not a delivery folder" in refused(UsageError, lambda: record(tmp_path, NOW))
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    file = inputs / "registrations.csv"
    file.write_text(file.read_text("utf-8").replace("2024-05;01;micro", "2024-05;S99;micro"), "utf-8", newline="")
    wrong = make(inputs)
    assert "nothing is packed for upload" in refused(InputError, lambda: record(wrong.folder, NOW))
    spoilt = make()
    (spoilt.folder / "counts.csv").write_bytes(b"")
    assert "no longer what was stored: counts.csv" in refused(InputError, lambda: record(spoilt.folder, NOW))
    assert not (test.folder.parent / "history.toml").exists()


def test_what_people_write_into_the_file_stays(make: Make) -> None:
    done, second = make(month="2024-04"), make()
    record(done.folder, NOW, APRIL)
    file = done.folder.parent / "history.toml"
    mine = file.read_text("utf-8").replace("[[sent]]", "# Sent by Ms Durand, é\n[[sent]]") + "# no line end"
    file.write_text(mine, "utf-8", newline="")
    record(second.folder, NOW)
    assert file.read_text("utf-8").startswith(mine + "\n")
    assert [one.delivery for one in history.read(done.folder.parent)] == ["2024-04_01", "2024-05_01"]


ENTRY = {
    "delivery": '"2024-04_01"',
    "month": '"2024-04"',
    "at": "2024-06-05T09:00:00+02:00",
    "indicators": '["registrations"]',
    "manifest": f'"{"0" * 64}"',
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": "2024-06-05T09:00:00"}, "has no offset"),
        ({"at": "2024-06-05"}, "has no offset"),
        ({"at": '"yesterday"'}, "sent[0].at"),
        ({"at": "1720000000"}, "1720000000 is not a date and time"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "there is no calendar of that year"),
        ({"at": "[" * 2000}, "nested too deeply"),
        ({"month": '"2024-05"'}, "2024-04_01 is no delivery of 2024-05"),
        ({"manifest": '"abc"'}, "sent[0].manifest"),
        ({"delivery": '"april"'}, "sent[0].delivery"),
        ({"receit": '"x"'}, "unknown key 'receit'; did you mean 'receipt'"),
        ({"indicators": None}, "sent[0].indicators: this key is missing"),
    ],
)
def test_a_fault_in_the_file_is_named(make: Make, tmp_path: Path, change: dict[str, str | None], words: str) -> None:
    place = tmp_path / "out" / "FR"
    place.mkdir(parents=True)
    entry = {name: value for name, value in {**ENTRY, **change}.items() if value is not None}
    (place / "history.toml").write_text("[[sent]]\n" + "".join(f"{k} = {v}\n" for k, v in entry.items()), "utf-8")
    words_said = refused(FactsError, make)
    assert "history.toml" in words_said
    assert words in words_said
    assert names(place) == [".lock", "history.toml"]


def test_one_delivery_stands_there_once(tmp_path: Path) -> None:
    block = "[[sent]]\n" + "".join(f"{k} = {v}\n" for k, v in ENTRY.items())
    (tmp_path / "history.toml").write_text(block * 2, "utf-8")
    assert "2024-04_01 is recorded more than once" in refused(FactsError, lambda: history.read(tmp_path))


# --- a delivery that knows what was sent before it -------------------------------------------------------------------


def test_the_history_is_in_the_request_and_in_the_inputs(make: Make) -> None:
    april = make(month="2024-04")
    record(april.folder, NOW, APRIL)
    may = make()
    assert may.manifest["request"]["history"] == [
        {
            "delivery": "2024-04_01",
            "month": "2024-04",
            "indicators": ["registrations", "bankruptcies"],
            "at": "2024-07-06T10:00:00+02:00",
            "sha256": archive.digest((april.folder / "manifest.json").read_bytes()),
        }
    ]
    kept = table(may.folder / "inputs" / "earlier" / "observations.csv")
    then = [row for row in table(april.folder / "observations.csv") if row["measure"] == "count"]
    assert {(r["indicator"], r["aggregate"], r["period"], r["value"], r["status"]) for r in kept} == {
        (r["indicator"], r["aggregate"], r["period"], r["OBS_VALUE"], r["OBS_STATUS"]) for r in then
    }
    assert {row["published"] for row in kept} == {"2024-04"}
    assert archive.damaged(may.folder) == []


def test_the_same_request_with_the_same_history_has_the_same_answer(make: Make) -> None:
    trial = make()
    april = make(month="2024-04")
    record(april.folder, NOW, APRIL)
    first = make()
    assert not first.existed
    assert first.folder.name == "2024-05_02"
    again = make()
    assert (again.existed, again.folder) == (True, first.folder)
    assert everything(trial.folder)  # and the trial is still there


def test_a_draft_that_was_not_sent_is_no_history(make: Make) -> None:
    make(month="2024-04")
    may = make()
    assert may.manifest["request"]["history"] == []
    assert "inputs/earlier/observations.csv" not in everything(may.folder)


def test_the_same_month_and_later_ones_are_no_history(make: Make) -> None:
    may = make()
    record(may.folder, NOW, APRIL)
    assert make().existed
    april = make(month="2024-04")
    assert april.manifest["request"]["history"] == []


def test_of_several_sent_for_a_month_the_last_counts(make: Make) -> None:
    first, second = make(month="2024-04"), make(month="2024-04", prepared=APRIL)
    record(second.folder, NOW, APRIL + dt.timedelta(hours=1))
    earlier = record(first.folder, NOW, APRIL)
    assert earlier.corrects is None
    assert earlier.corrected_by is not None
    assert earlier.corrected_by.delivery == "2024-04_02"
    used = make().manifest["request"]["history"]
    assert [one["delivery"] for one in used] == ["2024-04_02"]


def test_indicators_sent_alone_make_one_month(make: Make) -> None:
    both = make(month="2024-04")
    record(both.folder, NOW, APRIL)
    alone = make(month="2024-04", only="bankruptcies")
    record(alone.folder, NOW, APRIL + dt.timedelta(days=1))
    used = make().manifest["request"]["history"]
    assert [(one["delivery"], one["indicators"]) for one in used] == [
        ("2024-04_01", ["registrations"]),
        ("2024-04_02", ["bankruptcies"]),
    ]
    only = make(only="bankruptcies").manifest["request"]["history"]
    assert [(one["delivery"], one["indicators"]) for one in only] == [("2024-04_02", ["bankruptcies"])]


def test_a_correction_has_the_name_of_what_it_corrects(make: Make, tmp_path: Path) -> None:
    first = make()
    record(first.folder, NOW, APRIL)
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    file = inputs / "registrations.csv"
    file.write_text(file.read_text("utf-8").replace("2024-05;01;micro;", "2024-05;01;micro;1"), "utf-8", newline="")
    second = make(inputs)
    assert second.corrects is not None
    assert second.corrects.delivery == "2024-05_01"
    assert names(second.folder / "upload") == names(first.folder / "upload")
    for file in (second.folder / "upload").iterdir():
        assert said(header(file), "DataSetAction") == "Replace"


def test_a_correction_is_not_judged_by_the_deadline(make: Make, tmp_path: Path) -> None:
    late = dt.datetime.fromisoformat("2024-07-20T09:00:00+02:00")
    alone = make(prepared=late, out=tmp_path / "alone")
    assert "deadline" in {finding["rule"] for finding in alone.report["findings"]}
    first = make()
    record(first.folder, NOW, APRIL)
    second = make(prepared=late)
    assert second.manifest["request"]["corrects"] == {"delivery": "2024-05_01", "at": APRIL.isoformat()}
    outcomes = {(one["outcome"], one["why"]) for one in second.report["rules"] if one["rule"] == "deadline"}
    assert outcomes == {("unchecked", f"this corrects 2024-05_01, which was sent on {APRIL.isoformat()}")}
    assert make().folder == first.folder
    assert make(prepared=late).folder == second.folder
    record(second.folder, NOW, late)
    assert (make().folder, make(prepared=late).folder) == (first.folder, second.folder)
    third = make(prepared=late + dt.timedelta(days=1))
    assert third.manifest["request"]["corrects"]["delivery"] == "2024-05_01"


def test_what_corrects_what(make: Make) -> None:
    """One indicator completes the other; it corrects nothing. Of two sendings the later one corrects the earlier one."""
    alone = make(only="registrations")
    record(alone.folder, NOW, APRIL)
    other = make(only="bankruptcies")
    assert other.corrects is None
    assert "corrects" not in other.manifest["request"]
    assert record(other.folder, NOW, APRIL + dt.timedelta(hours=1)).corrects is None
    assert record(alone.folder, NOW).corrected_by is None
    third = make(only="registrations", prepared=APRIL - dt.timedelta(hours=1))
    assert third.corrects is not None
    assert third.corrects.delivery == alone.folder.name
    assert make(only="registrations", test=True).corrects is None
    early = record(third.folder, NOW, APRIL - dt.timedelta(minutes=1))
    assert early.corrects is None
    assert early.corrected_by is not None
    assert early.corrected_by.delivery == alone.folder.name


def test_a_block_is_not_added_to_a_file_that_would_break(make: Make) -> None:
    done = make()
    file = done.folder.parent / "history.toml"
    file.write_text("sent = []\n", "utf-8")
    assert "a new block cannot be added" in refused(FactsError, lambda: record(done.folder, NOW))
    assert file.read_text("utf-8") == "sent = []\n"


def test_an_entry_that_does_not_fit_its_delivery(make: Make, tmp_path: Path) -> None:
    """A misspelt indicator would take the month out of the history without a word."""
    april = make(month="2024-04")
    record(april.folder, NOW, APRIL)
    file = april.folder.parent / "history.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('["registrations", ', '["registration", '), "utf-8", newline="")
    words = "2024-04_01 has registrations, bankruptcies; its entry says registration, bankruptcies."
    assert words in refused(InputError, make)
    file.write_text(text.replace('["registrations", "bankruptcies"]', "[]"), "utf-8", newline="")
    assert "sent[0].indicators" in refused(FactsError, make)


def test_the_history_of_another_country_is_none(make: Make, tmp_path: Path) -> None:
    april = make(month="2024-04")
    manifest = json.loads((april.folder / "manifest.json").read_bytes())
    manifest["request"]["country"] = "DE"
    (april.folder / "manifest.json").write_bytes(archive.ordered(manifest))
    digest = archive.digest((april.folder / "manifest.json").read_bytes())
    entry = {**ENTRY, "indicators": '["registrations", "bankruptcies"]', "manifest": f'"{digest}"'}
    text = "[[sent]]\n" + "".join(f"{k} = {v}\n" for k, v in entry.items())
    (april.folder.parent / "history.toml").write_text(text, "utf-8")
    assert "this is a delivery of DE, not of FR." in refused(InputError, make)


def test_a_refused_receipt_is_not_kept(make: Make) -> None:
    done = make()
    record(done.folder, NOW, APRIL, ("r.eml", b"1"))
    refused(UsageError, lambda: record(done.folder, NOW, receipt=("other.eml", b"2")))
    assert names(done.folder.parent / "receipts" / "2024-05_01") == ["r.eml"]
    other = make(prepared=APRIL)
    assert "begins with a dot" in refused(UsageError, lambda: record(other.folder, NOW, receipt=(".r.new", b"2")))
    assert [one.delivery for one in history.read(done.folder.parent)] == [done.folder.name]


@pytest.mark.parametrize("change", [("manifest = ", 'receipt = ""\nmanifest = '), ("", "")])
def test_a_receipt_never_breaks_the_file(make: Make, change: tuple[str, str]) -> None:
    done = make()
    record(done.folder, NOW, APRIL)
    file = done.folder.parent / "history.toml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith(("delivery", "#"))]
    text = "\n".join([*lines, 'delivery = "2024-05_01"']).replace(*change, 1)  # its last line has no end
    file.write_text(text, "utf-8", newline="")
    if change[1]:
        assert "the receipt cannot be added" in refused(
            FactsError, lambda: record(done.folder, NOW, receipt=("r.eml", b"1"))
        )
        assert file.read_text("utf-8") == text
    else:
        record(done.folder, NOW, receipt=("r.eml", b"1"))
        assert history.read(done.folder.parent)[0].receipt == "receipts/2024-05_01/r.eml"


def test_a_link_stays_a_link(make: Make, tmp_path: Path) -> None:
    april, may = make(month="2024-04"), make()
    record(april.folder, NOW, APRIL)
    file = april.folder.parent / "history.toml"
    file.rename(tmp_path / "shared.toml")
    file.symlink_to(tmp_path / "shared.toml")
    record(may.folder, NOW, APRIL)
    assert file.is_symlink()
    assert len(history.read(may.folder.parent)) == 2
    (tmp_path / "shared.toml").unlink()
    assert "this link leads nowhere" in refused(MachineError, make)


def test_a_copy_elsewhere_is_not_recorded(make: Make, tmp_path: Path) -> None:
    done = make()
    copy = Path(shutil.copytree(done.folder, tmp_path / "elsewhere" / done.folder.name))
    assert "not in the folder 'FR'" in refused(UsageError, lambda: record(copy, NOW))
    assert names(tmp_path / "elsewhere") == [done.folder.name]


def test_a_name_that_is_taken_is_no_hindrance(make: Make, tmp_path: Path) -> None:
    place = tmp_path / "out" / "FR"
    place.mkdir(parents=True)
    (place / "2024-05_01").write_text("a file")
    assert make().folder.name == "2024-05_02"


@pytest.mark.parametrize("name", ["facts", "earlier"])
def test_a_name_that_a_delivery_needs_for_itself(make: Make, tmp_path: Path, name: str) -> None:
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    (inputs / "registrations.csv").rename(inputs / name)
    with (inputs / "delivery.toml").open("a", encoding="utf-8") as file:
        file.write(f'[[file]]\npath = "{name}"\nlayout = "registrations-by-division"\n')
    assert f"{name}: a delivery keeps other things under this name." in refused(InputError, lambda: make(inputs))


def test_files_of_people_are_never_swept_away(make: Make) -> None:
    done = make()
    for name in (".profile.new", ".vimrc.new"):
        (done.folder.parent / name).write_text("mine")
    (done.folder.parent / ".2024-05_01.rebuilt.partial").mkdir()
    record(done.folder, NOW, APRIL)
    assert names(done.folder.parent) == [".lock", ".profile.new", ".vimrc.new", "2024-05_01", "history.toml"]


def test_a_history_that_lies_elsewhere(make: Make, tmp_path: Path) -> None:
    april = make(month="2024-04")
    record(april.folder, NOW, APRIL)
    there = [make(out=tmp_path / f"new{i}", history=tmp_path / where) for i, where in enumerate(("out", "out/FR"))]
    here = make()
    assert {done.manifest["identity"] for done in there} == {here.manifest["identity"]}
    assert everything(there[0].folder)["SHA256SUMS"] == everything(here.folder)["SHA256SUMS"]
    words_said = refused(UsageError, lambda: make(history=tmp_path / "elsewhere"))
    assert "neither this folder nor FR in it has a history.toml" in words_said


@pytest.mark.parametrize("damage", ["gone", "manifest", "table"])
def test_what_was_sent_and_is_no_longer_there_is_said(make: Make, damage: str) -> None:
    april = make(month="2024-04")
    record(april.folder, NOW, APRIL)
    if damage == "gone":
        shutil.rmtree(april.folder)
    elif damage == "manifest":
        file = april.folder / "manifest.json"
        file.write_text(json.dumps(json.loads(file.read_text("utf-8"))), "utf-8")
    else:
        file = april.folder / "observations.csv"
        file.write_text(file.read_text("utf-8").replace(",P,", ",A,", 1), "utf-8", newline="")
    words_said = refused(InputError, make)
    words = {"gone": "was sent and is gone", "manifest": "no longer the delivery that was sent", "table": "its hash"}
    assert words[damage] in words_said
    assert "2024-04_01" in words_said
    assert "2024-05_01" not in names(april.folder.parent)


def test_the_number_of_what_was_sent_is_never_used_again(make: Make) -> None:
    may = make()
    record(may.folder, NOW, APRIL)
    shutil.rmtree(may.folder)
    assert make().folder.name == "2024-05_02"


def test_history_reaches_the_status(make: Make, tmp_path: Path) -> None:
    """March is sent, April is not: in May the value of March is in its second publication."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    rows = list(csv.reader(io.StringIO((MINI / "registrations.csv").read_text("utf-8")), delimiter=";"))
    text = [";".join(rows[0])]
    text += [
        ";".join((month, *row[1:]))
        for month in ("2024-02", "2024-03", "2024-04", "2024-05")
        for row in rows
        if row[0] == "2024-05"
    ]
    (inputs / "registrations.csv").write_text("\n".join(text) + "\n", "utf-8")
    asked = {"only": "registrations", "country": "FR", "prepared": dt.datetime(2024, 7, 5, 9, tzinfo=dt.UTC)}
    statuses = {}
    for month in ("2024-03", "2024-05"):
        done = make(inputs, month=month, **asked)
        record(done.folder, NOW)
        file = next((done.folder / "upload").iterdir())
        statuses[month] = {row["TIME_PERIOD"]: row["OBS_STATUS"] for row in observations(file)}
    assert statuses == {
        "2024-03": {"2024-02": "P", "2024-03": "P"},
        "2024-05": {"2024-02": "A", "2024-03": "P", "2024-04": "P", "2024-05": "P"},
    }
