"""Whatever fails while a country's folder is written, it shows the old state or the new one, whole.

Each operation on the disk fails in turn, in every way that a disk, a full disk, a right or a kill can make it fail:
n = 1, 2, 3, … until a run passes without meeting the fault. A state is every visible file with its bytes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from delivery_support import everything
from fault_support import KILLED, Disk, in_a_child, watched

from pipeline import archive
from pipeline.archive import decisions, history
from pipeline.errors import MachineError, machine_error
from pipeline.facts import load

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and POSIX locks")

State = dict[str, bytes]
COUNTRY = Path("outputs", "XX")

RULES = load().rules
SENT = history.Sent(
    delivery="2024-05_01",
    month="2024-05",
    at=dt.datetime(2024, 7, 5, 9, tzinfo=dt.UTC),
    indicators=("births",),
    manifest="0" * 64,
    receipt="receipts/2024-05_01/receipt.eml",
)
DECISION = decisions.Decision(
    finding="0123456789ab",
    rule=next(id_ for id_, rule in RULES.items() if rule.may_be_accepted),
    reason="checked with the register",
    by="an officer",
    at=dt.date(2024, 7, 5),
    since="2024-05",
    until="2024-07",
)


def stored(folder: Path, identity: str, month: str = "2024-05") -> None:
    """Answer a request as `ebs deliver` does: with the draft that is there, or a new one."""
    files = {"upload/births.xml": identity.encode() * 50, "inputs/facts/a.toml": b"", "counts.csv": b"1;2\n" * 9}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files["manifest.json"] = json.dumps({"identity": identity, "files": sums}).encode()
    with archive.one_at_a_time(folder):
        if archive.same_request(folder, month, identity)[0] is None:
            archive.store(folder, month, files, {"python": "3"})


def sent(folder: Path, entry: history.Sent = SENT) -> None:
    """Record a delivery as sent, once, with its receipt."""
    with archive.one_at_a_time(folder):
        if entry.delivery not in [one.delivery for one in history.read(folder)]:
            history.keep_receipt(folder, entry.delivery, "receipt.eml", b"received\n" * 9)
            history.record(folder, entry)


def accepted(folder: Path, decision: decisions.Decision = DECISION) -> None:
    """Record a decision, once."""
    with archive.one_at_a_time(folder):
        if decision.finding not in [one.finding for one in decisions.read(folder, RULES)]:
            decisions.record(folder, decision, RULES)


def nothing(folder: Path) -> None:
    """No folder yet."""


def much(folder: Path) -> None:
    """Another draft, another entry, another decision; and what a run has left that was killed."""
    stored(folder, "another")
    sent(folder, SENT.model_copy(update={"delivery": "2024-04_01", "month": "2024-04"}))
    accepted(folder, DECISION.model_copy(update={"finding": "ba9876543210"}))
    half = folder / ".2024-03_04.partial" / "upload"
    half.mkdir(parents=True)
    (half / "births.xml").write_bytes(b"<")
    (folder / ".history.toml.new").write_bytes(b"[[se")
    (folder / ".lock.holder").write_bytes(b"process 1 on elsewhere, since yesterday\n")


@dataclass(frozen=True)
class Job:
    before: Callable[[Path], None]
    work: Callable[[Path], None]
    between: tuple[str, ...] = ()  # files that may be there before the new state is: they say nothing by themselves


RECEIPT = (SENT.receipt,)
JOBS = {
    "the first draft": Job(nothing, lambda folder: stored(folder, "this")),
    "a draft beside others": Job(much, lambda folder: stored(folder, "this")),
    "the first delivery sent": Job(nothing, sent, RECEIPT),
    "one more delivery sent": Job(much, sent, RECEIPT),
    "one more decision": Job(much, accepted),
}
ONCE = ("ENOSPC", "EIO", "EACCES", "short")
DEADLY = ("killed", "killed half-way", "EIO for good", "ENOSPC for good")


def visible(folder: Path) -> State:
    """What a user sees: every file, and its bytes, that is neither hidden nor in a hidden folder."""
    return {name: data for name, data in everything(folder).items() if not re.search(r"(^|/)\.", name)}


def hidden(folder: Path) -> set[str]:
    """The hidden names, at any depth."""
    paths = folder.rglob(".*") if folder.is_dir() else ()
    return {path.relative_to(folder).as_posix() for path in paths}


class Case:
    """A job with its old and its new state; each fault finds the old one on a disk of its own."""

    def __init__(self, job: Job, tmp_path: Path) -> None:
        self.job, self.tmp_path, self.template = job, tmp_path, tmp_path / "template"
        self.template.mkdir()
        with watched(Disk(self.template)):
            job.before(self.template / COUNTRY)
        self.old, self.left = visible(self.template / COUNTRY), hidden(self.template / COUNTRY)
        twin = self.disk("twin", 0, "")
        with watched(twin):
            job.work(twin.folder / COUNTRY)
        self.new = visible(twin.folder / COUNTRY)
        assert self.new != self.old

    def disk(self, name: str, at: int, how: str) -> Disk:
        return Disk(Path(shutil.copytree(self.template, self.tmp_path / name)), at, how)

    def look(self, disk: Disk) -> State:
        """The state after the fault; AssertionError when it is neither the old nor the new one."""
        state = visible(disk.folder / COUNTRY)
        there = {name: self.new[name] for name in self.job.between if name in state}
        assert state in (self.old, self.new, {**self.old, **there}), (
            f"{disk.how} at {disk.at}, {disk.fired or disk.done[-1:]}: neither the old nor the new state"
        )
        return state

    def again(self, disk: Disk) -> None:
        """The run after the fault: it succeeds, and nothing is left of the one before it."""
        with watched(Disk(disk.folder)):
            self.job.work(disk.folder / COUNTRY)
        assert visible(disk.folder / COUNTRY) == self.new, f"{disk.how} at {disk.at}: the next run does not mend it"
        assert hidden(disk.folder / COUNTRY) == {".lock"}, f"{disk.how} at {disk.at}: debris"
        shutil.rmtree(disk.folder)


@pytest.fixture(params=JOBS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return Case(JOBS[request.param], tmp_path)


@pytest.mark.parametrize("how", ONCE)
def test_each_operation_that_fails(case: Case, how: str) -> None:
    """Refused with a sentence and the old state; or done, because the new state was there already."""
    refused = 0
    for at in range(1, 1000):
        disk = case.disk(str(at), at, how)
        said = ""
        with watched(disk):
            try:
                case.job.work(disk.folder / COUNTRY)
            except MachineError as error:
                said, status = str(error), error.exit_status
        state = case.look(disk)
        if said:
            refused += 1
            assert state != case.new, f"{disk.fired}: it was done, but {said!r}"
            assert status == 4
            assert re.fullmatch(r"\S.*: .+\.( .+\.)", said), said
            if not disk.fired.startswith("lock"):  # an older filelock takes any error of the lock for one that is held
                assert {"ENOSPC": "disk is full", "short": "disk is full", "EIO": "input/output"}.get(how, "") in said
            left = case.left | {".lock", ".lock.holder"} if disk.fired.startswith("unlink") else case.left | {".lock"}
            assert {name for name in hidden(disk.folder / COUNTRY) if name not in left} == set(), disk.fired
        else:
            assert state == case.new, f"{disk.fired}: no error, but nothing was done"
        case.again(disk)
        if not disk.fired:
            break
    assert refused


@pytest.mark.parametrize("how", DEADLY)
def test_each_moment_of_death(case: Case, how: str) -> None:
    """Killed before the operation or in the middle of it; or the disk fails from then on, cleaning up included."""
    ends = set()
    for at in range(1, 1000):
        disk = case.disk(str(at), at, how)
        status, said = in_a_child(disk, lambda folder=disk.folder: case.job.work(folder / COUNTRY), MachineError)
        assert status in (0, 4, KILLED), said
        state = case.look(disk)
        assert status == KILLED or (state == case.new) == (status == 0), (disk.at, said)
        case.again(disk)
        ends.add(status)
        if status == 0 and not said:
            break
    assert KILLED in ends if how.startswith("killed") else 4 in ends


def test_each_moment_of_a_signal(case: Case) -> None:
    """SIGINT and SIGTERM are exceptions: what was begun is cleared away at once, whenever they come."""
    for at in range(1, 1000):
        disk = case.disk(str(at), at, "signal")
        with watched(disk), contextlib.suppress(SystemExit):
            case.job.work(disk.folder / COUNTRY)
        case.look(disk)
        left = hidden(disk.folder / COUNTRY) - case.left - {".lock"}
        assert left <= ({".lock.holder"} if disk.fired.startswith(("unlink .lock", "unlink outputs")) else set()), (
            disk.fired
        )
        case.again(disk)
        if not disk.fired:
            break
    assert at > 10


def test_the_states_are_what_they_are_taken_for(tmp_path: Path) -> None:
    """The loops compare bytes; here is what these bytes say."""
    folder = tmp_path / COUNTRY
    much(folder)
    for work in (job.work for name, job in JOBS.items() if "first" not in name):
        work(folder)
    for draft in ("2024-05_01", "2024-05_02"):
        for line in (folder / draft / "SHA256SUMS").read_text().splitlines():
            expected, name = line.split("  ")
            assert hashlib.sha256((folder / draft / name).read_bytes()).hexdigest() == expected
    assert [one.delivery for one in history.read(folder)] == ["2024-04_01", "2024-05_01"]
    assert (folder / SENT.receipt).is_file()
    assert (folder / "decisions.toml").read_text().count("[[decision]]") == 2


KINDS = {"lock", "unlock", "create", "open", "read", "write", "close", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir", "scandir"}  # fmt: skip


def test_the_disk_sees_every_kind_of_operation(tmp_path: Path) -> None:
    """A loop that watches nothing would find nothing."""
    much(tmp_path / COUNTRY)
    with watched(Disk(tmp_path)) as disk:
        for name, job in JOBS.items():
            if "first" not in name:
                job.work(tmp_path / COUNTRY)
    assert {what for what, _ in disk.done} >= KINDS


@pytest.mark.parametrize("how", ["short", "killed", "EIO"])
def test_the_loop_finds_a_file_that_is_written_in_place(tmp_path: Path, how: str) -> None:
    def careless(folder: Path) -> None:
        with archive.one_at_a_time(folder):
            try:
                (folder / "history.toml").write_bytes(b"# new\n" * 9)
            except OSError as error:
                raise machine_error("history.toml", error) from error

    case = Case(Job(sent, careless), tmp_path)
    with pytest.raises(AssertionError, match="neither the old nor the new state"):
        (test_each_moment_of_death if how == "killed" else test_each_operation_that_fails)(case, how)


@pytest.mark.parametrize("name", JOBS)
def test_what_gets_its_name_is_on_the_disk(tmp_path: Path, name: str) -> None:
    """After a loss of power a file has its bytes only if they were synced before the name, and the name after it."""
    JOBS[name].before(tmp_path / COUNTRY)
    with watched(Disk(tmp_path)) as disk:
        JOBS[name].work(tmp_path / COUNTRY)
    visible_names = [n for n, (what, _) in enumerate(disk.done) if what in ("rename", "replace")]
    assert visible_names
    for n in visible_names:
        aside = disk.done[n][1]
        before, after = disk.done[:n], disk.done[n + 1 :]
        inside = {place for what, place in before if what == "write" and f"{place}/".startswith(f"{aside}/")}
        assert inside
        for place in inside:
            written = max(i for i, step in enumerate(before) if step == ("write", place))
            assert ("fsync", place) in before[written:], f"{place} is not synced"
        for place in {str(Path(place).parent) for place in inside if place != aside}:
            assert ("fsync", place) in before, f"the names in {place} are not synced"
        parent = str(Path(aside).parent)
        assert ("fsync", parent) in after, f"the new name in {parent} is not synced"
    if name == "the first draft":  # whatever else is written finds a folder with a draft
        assert ("fsync", str(COUNTRY.parent)) in disk.done, f"the name of {COUNTRY} is not synced"


def test_the_message_of_a_full_disk_says_what_is_needed_and_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_500_000))
    files = {"counts.csv": b"x" * 12_345_000}
    (tmp_path / "small").mkdir()
    for work, needs in (
        (lambda: archive.store(tmp_path, "2024-05", files, {}), "12 MB, 1,500 kB are free."),
        (lambda: archive.store(tmp_path / "small", "2024-05", {"a": b"x" * 900_000}, {}), "909 kB, 1,500 kB are free."),
        (
            lambda: archive.store(tmp_path / "small", "2024-05", {"a": b"x"}, {}),
            "12 kB, 1,500 kB are free, but it takes no more files.",
        ),
    ):
        with watched(Disk(tmp_path, 1, "short")), pytest.raises(MachineError) as caught:
            work()
        assert f"the disk is full: the delivery needs {needs} Free some space" in str(caught.value)
        assert "nothing was lost" in str(caught.value)


def test_the_disk_does_not_even_say_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", broken)
    with watched(Disk(tmp_path, 1, "short")), pytest.raises(MachineError, match=r"the delivery needs \d+ kB\. Free"):
        archive.store(tmp_path, "2024-05", {"counts.csv": b"x" * 10_000}, {})
    assert list(tmp_path.iterdir()) == []
