"""What several tests share: no network, the shipped facts, the example delivered once, ways to deliver and to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "no_network"))
import no_network

no_network.install()  # before anything of ours is imported: an import asks for nothing either

from pipeline.deliver import Delivered, Request, deliver  # noqa: E402
from pipeline.facts import Facts, load  # noqa: E402

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "FR-2024-05"
MINI = Path(__file__).parent / "golden" / "inputs"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-golden", action="store_true", help="write the golden files anew instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """One file for all processes of the run: what they tried to ask the network for."""
    if no_network.TRIED not in os.environ:
        folder = tempfile.mkdtemp(prefix="ebs-tests-")
        os.environ[no_network.TRIED] = str(Path(folder) / "tried")
        config.add_cleanup(lambda: shutil.rmtree(folder))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run fails when anything has asked for the network, whatever became of it."""
    if tried() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Who asked for what."""
    if found := tried():
        terminalreporter.section("the network was asked for", red=True)
        for line in found:
            terminalreporter.line(line)


def tried() -> list[str]:
    """What was asked for so far, a line each, with the test."""
    file = Path(os.environ[no_network.TRIED])
    return file.read_text("utf-8").splitlines() if file.exists() else []


@pytest.fixture(scope="session")
def facts() -> Facts:
    return load()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """The example of the README, delivered once for the whole suite."""
    return deliver(Request(EXAMPLE, out=tmp_path_factory.mktemp("outputs")), load())


@pytest.fixture
def make(tmp_path: Path, facts: Facts) -> Callable[..., Delivered]:
    """Deliver the small inputs into `out` of the test's own folder."""

    def run(inputs: Path = MINI, facts: Facts = facts, **asked: Any) -> Delivered:
        return deliver(Request(inputs, **{"out": tmp_path / "out", **asked}), facts)

    return run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the small inputs in it."""
    shutil.copytree(MINI, tmp_path / "inputs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ebs(tmp_path: Path) -> Run:
    """Run `ebs` as a user does: a process of its own, in an empty folder."""

    def run(*arguments: str | Path, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run
