"""`ebs deliver` killed at any moment: the old state or the new one is there, whole; the next run answers."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from delivery_support import MINI, ROOT, everything, names

from pipeline.deliver import Request, deliver
from pipeline.facts import Facts

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

STORING = "ebs: storing\n"


@contextmanager
def started(cwd: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`ebs` as a process whose standard error is read line by line; killed when the block ends."""
    command = [sys.executable, "-m", "pipeline", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody kills: the country's folder before and after it, and how long it takes."""

    before: Path
    old: dict[str, bytes]
    new: dict[str, bytes]
    to_storing: float
    to_end: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> Undisturbed:
    before = tmp_path_factory.mktemp("before")
    deliver(Request(MINI, out=before / "outputs", test=True), facts)
    after = Path(shutil.copytree(before, tmp_path_factory.mktemp("after") / "twin"))
    begin = time.monotonic()
    with started(after, "deliver", str(MINI)) as process:
        assert process.stderr is not None
        assert STORING in iter(process.stderr.readline, "")
        storing = time.monotonic() - begin
        process.stderr.read()
        assert process.wait() == 0
    old, new = everything(before / "outputs"), everything(after / "outputs")
    assert {name.split("/")[1] for name in new.keys() - old.keys()} == {"2024-05_02"}
    return Undisturbed(before, old, new, storing, time.monotonic() - begin)


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_a_random_moment(tmp_path: Path, undisturbed: Undisturbed, facts: Facts, seed: int) -> None:
    """Every third run at any moment, the others from the moment on in which the first file is written."""
    chance = random.Random(seed)
    shutil.copytree(undisturbed.before, tmp_path, dirs_exist_ok=True)
    with started(tmp_path, "deliver", str(MINI)) as process:
        if seed % 3:
            assert process.stderr is not None
            assert STORING in iter(process.stderr.readline, "")
            time.sleep(chance.uniform(0, undisturbed.to_end - undisturbed.to_storing))
        else:
            time.sleep(chance.uniform(0, undisturbed.to_storing))
        process.kill()
    assert process.returncode in (-signal.SIGKILL, 0)

    outputs = tmp_path / "outputs"
    shown = {name: data for name, data in everything(outputs).items() if "/." not in name}
    old, new = ({n: d for n, d in state.items() if "/." not in n} for state in (undisturbed.old, undisturbed.new))
    assert shown in (old, new)

    again = deliver(Request(MINI, out=outputs), facts)
    assert again.existed is (shown == new)
    assert again.folder == outputs / "FR" / "2024-05_02"
    assert everything(outputs) == undisturbed.new
    assert names(outputs / "FR") == [".lock", "2024-05_01", "2024-05_02"]


HOLD = """
import sys, time
from pathlib import Path
from pipeline.archive import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holding(folder: Path) -> Iterator[int]:
    """A process that writes into a country's folder; killed when the block ends. Answers with its number."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as one:
        try:
            assert one.stdout is not None
            assert one.stdout.readline() == "held\n"
            yield one.pid
        finally:
            one.kill()


@pytest.mark.parametrize("command", ["deliver", "sent"])
def test_who_holds_the_folder_is_named_not_who_was_killed(tmp_path: Path, facts: Facts, command: str) -> None:
    done = deliver(Request(MINI, out=tmp_path / "outputs"), facts)
    arguments = {"deliver": str(MINI), "sent": str(done.folder)}
    with holding(done.folder.parent) as killed:
        pass
    with holding(done.folder.parent) as holder, started(tmp_path, command, arguments[command]) as second:
        assert second.stderr is not None
        said = second.stderr.read()
        assert second.wait() == 4
    assert f"another run is writing here: process {holder} on {socket.gethostname()}, since 20" in said
    assert " UTC. Wait until it has ended, then run again." in said
    assert f"process {killed} " not in said
    assert names(done.folder.parent) == [".lock", ".lock.holder", "2024-05_01"]
    with started(tmp_path, command, arguments[command]) as third:  # free at once, though nobody has cleaned up
        assert third.stderr is not None
        third.stderr.read()
        assert third.wait() == 0
    assert ".lock.holder" not in names(done.folder.parent)
