"""`ebs rebuild` and `ebs verify`: any delivery can be made again from its own folder, and judged against its sums."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delivery_support import MINI, everything, names, refused

from pipeline import archive
from pipeline.accept import accept
from pipeline.deliver import Delivered
from pipeline.errors import FactsError, InputError, UsageError
from pipeline.facts import Facts, load
from pipeline.rebuild import rebuild
from pipeline.sent import record
from pipeline.verify import verify

Make = Callable[..., Delivered]
NOW = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)


# --- made again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", [{}, {"message": "3.0"}, {"message": "csv"}, {"test": True}, {"only": "bankruptcies"}]
)
def test_a_delivery_comes_out_the_same(make: Make, asked: dict[str, Any]) -> None:
    done = make(**asked)
    again = rebuild(done.folder, check=True)
    assert again.ok, again.differs
    assert again.files == verify(done.folder).state.files  # all but the sums and environment.json
    assert names(done.folder.parent) == [".lock", "2024-05_01"]


def test_with_all_that_was_known_before(make: Make, facts: Facts, tmp_path: Path) -> None:
    """A history, decisions, a file that is not read, no time of preparation given: from the folder alone."""
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    (inputs / "notes.txt").write_text("not a table")
    (inputs / "delivery.toml").unlink()
    with (inputs / "registrations.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("2024-05;S99;micro;5\n")
    april = make(month="2024-04")
    record(april.folder, NOW)
    accept(make(inputs).folder, ["unmapped"], facts.rules, reason="none", by="me", today=NOW.date())
    done = make(inputs)
    assert done.ok
    assert {"inputs/earlier/observations.csv", "inputs/earlier/decisions.toml"} <= everything(done.folder).keys()
    assert done.manifest["not_read"]
    elsewhere = Path(shutil.copytree(done.folder, tmp_path / "a copy" / "2024-05_07"))
    shutil.rmtree(tmp_path / "out")
    shutil.rmtree(inputs)
    again = rebuild(elsewhere, check=True)
    assert again.ok, again.differs


def test_it_needs_no_facts_but_its_own(make: Make, tmp_path: Path) -> None:
    """Made with an overlay that is gone since; the shipped facts say otherwise."""
    place = tmp_path / "overlay" / "codelists" / "regulation"
    place.mkdir(parents=True)
    shipped = Path(__file__).parent.parent / "codelists" / "regulation" / "transmission.toml"
    text = shipped.read_text("utf-8")
    assert "days_after_end = 40" in text
    (place / "transmission.toml").write_text(text.replace("days_after_end = 40", "days_after_end = 30"), "utf-8")
    done = make(facts=load(tmp_path / "overlay"))
    assert done.manifest["due"] == "2024-06-30"
    shutil.rmtree(tmp_path / "overlay")
    assert rebuild(done.folder, check=True).ok


def test_the_new_folder_stands_beside_the_old_one(make: Make, tmp_path: Path) -> None:
    done = make()
    again = rebuild(done.folder)
    assert again.folder == done.folder.with_name("2024-05_01.rebuilt")
    old, new = everything(done.folder), everything(again.folder)
    assert {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)} <= {"environment.json"}
    assert "nothing is ever overwritten" in refused(UsageError, lambda: rebuild(done.folder))
    assert rebuild(done.folder, tmp_path / "elsewhere é").folder == tmp_path / "elsewhere é"
    assert make().folder == done.folder  # a rebuilt folder is no draft


def test_what_differs_is_named(make: Make) -> None:
    done = make()
    file = done.folder / "observations.csv"
    file.write_bytes(file.read_bytes().replace(b",P,", b",A,", 1))
    (done.folder / "findings.json").unlink()
    again = rebuild(done.folder, check=True)
    assert again.differs == {"findings.json": "is not there", "observations.csv": "has other bytes"}
    assert not again.ok


def test_another_version_of_the_tool_is_said(make: Make) -> None:
    done = make()
    file = done.folder / "manifest.json"
    manifest = json.loads(file.read_bytes())
    manifest["request"]["tool"] = "0.0.1"
    old, new = archive.digest(file.read_bytes()), archive.ordered(manifest)
    file.write_bytes(new)
    sums = done.folder / "SHA256SUMS"
    sums.write_text(sums.read_text("utf-8").replace(old, archive.digest(new)), "utf-8", newline="")
    again = rebuild(done.folder, check=True)
    assert (again.made_by, again.same_version) == ("0.0.1", False)


@pytest.mark.parametrize("name", ["registrations.csv", "facts/codelists/regulation/aggregates.toml"])
def test_inputs_that_are_not_what_was_stored(make: Make, name: str) -> None:
    done = make()
    (done.folder / "inputs" / name).write_bytes(b"")
    assert name in refused(InputError, lambda: rebuild(done.folder, check=True))
    (done.folder / "inputs" / name).unlink()
    assert name in refused(InputError, lambda: rebuild(done.folder, check=True))


def test_a_manifest_that_was_changed(make: Make) -> None:
    done = make()
    file = done.folder / "manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"schema": 1', b'"schema": 2'))
    assert "manifest.json: this is no longer the manifest" in refused(InputError, lambda: rebuild(done.folder))


def test_what_was_put_beside_the_inputs(make: Make) -> None:
    """A file among the inputs is left alone; one among the facts would be taken for a fact."""
    done = make()
    (done.folder / "inputs" / "notes.txt").write_text("mine")
    assert rebuild(done.folder, check=True).ok
    (done.folder / "inputs" / "facts" / "codelists" / "countries" / "FR" / "notes.txt").write_text("mine")
    assert "notes.txt: this is not of the delivery" in refused(InputError, lambda: rebuild(done.folder, check=True))


def test_facts_of_another_version_are_named_as_such(make: Make) -> None:
    done = make()
    file, sums, manifest = (
        done.folder / "inputs/facts/codelists/regulation/concepts.toml",
        "SHA256SUMS",
        "manifest.json",
    )
    old, new = file.read_bytes(), file.read_bytes() + b"\n[new]\nkey = 1\n"
    file.write_bytes(new)
    for name in (manifest, sums):  # as a version would have stored it that knows this key
        text = (done.folder / name).read_text("utf-8")
        before = archive.digest((done.folder / manifest).read_bytes())
        (done.folder / name).write_text(text.replace(archive.digest(old), archive.digest(new)), "utf-8", newline="")
        if name == manifest:
            after = archive.digest((done.folder / manifest).read_bytes())
            all_ = (done.folder / sums).read_text("utf-8").replace(before, after)
            (done.folder / sums).write_text(all_, "utf-8", newline="")
    said = refused(FactsError, lambda: rebuild(done.folder, check=True))
    assert "cannot use the facts that the delivery keeps" in said
    assert "It was made by ebs" in said


def test_nothing_is_touched_beside_a_folder_elsewhere(make: Make, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".history.toml.new").write_text("mine")
    rebuild(make().folder, tmp_path / "home" / "again")
    assert names(tmp_path / "home") == [".history.toml.new", "again"]


def test_what_is_no_delivery(tmp_path: Path) -> None:
    assert "not a delivery folder" in refused(UsageError, lambda: rebuild(tmp_path))
    assert "not a delivery folder" in refused(UsageError, lambda: verify(tmp_path))


# --- verified -------------------------------------------------------------------------------------------------------


def test_a_whole_delivery(make: Make) -> None:
    done = make()
    found = verify(done.folder)
    assert found.ok
    assert found.state.files == len(everything(done.folder)) - 2  # all but the sums and environment.json
    assert found.sent is None


def test_every_file_is_looked_at(make: Make) -> None:
    done = make()
    for name in everything(done.folder).keys() - {"environment.json", "SHA256SUMS"}:
        file = done.folder / name
        data = file.read_bytes()
        file.write_bytes(data + b" ")
        assert verify(done.folder).state.changed == (name,)
        file.unlink()
        assert verify(done.folder).state.missing == (name,)
        file.write_bytes(data)
    assert verify(done.folder).ok


def test_a_sum_that_was_changed_with_its_file(make: Make) -> None:
    done = make()
    file, sums = done.folder / "counts.csv", done.folder / "SHA256SUMS"
    old = archive.digest(file.read_bytes())
    file.write_bytes(file.read_bytes() + b"\n")
    sums.write_text(sums.read_text("utf-8").replace(old, archive.digest(file.read_bytes())), "utf-8", newline="")
    found = verify(done.folder)
    assert not found.ok
    assert found.state.changed == ("SHA256SUMS",)


@pytest.mark.parametrize("data", [None, b"nonsense\n", b"\xff\xfe"])
def test_sums_that_are_gone_or_none(make: Make, data: bytes | None) -> None:
    done = make()
    sums = done.folder / "SHA256SUMS"
    sums.unlink()
    if data is not None:
        sums.write_bytes(data)
    found = verify(done.folder).state
    assert {*found.changed, *found.missing} == {"SHA256SUMS"}


def test_what_was_put_beside_the_files_is_no_damage(make: Make) -> None:
    done = make()
    (done.folder / "notes").mkdir()
    (done.folder / "notes" / "mine.txt").write_text("x")
    found = verify(done.folder)
    assert found.ok
    assert found.state.added == ("notes/mine.txt",)


def test_a_whole_delivery_that_is_not_what_was_sent(make: Make) -> None:
    """Someone made the month anew under the name of what was sent: the sums agree, the history does not."""
    first, second = make(), make(prepared=NOW)
    record(first.folder, NOW)
    shutil.rmtree(first.folder)
    second.folder.rename(first.folder)
    found = verify(first.folder)
    assert not found.ok
    assert not found.as_sent
    assert found.state.changed == found.state.missing == ()
