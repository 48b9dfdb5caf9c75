"""What several tests share: the shipped facts, the example delivered once, and a way to run the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.deliver import Delivered, Request, deliver
from pipeline.facts import Facts, load

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "FR-2024-05"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture(scope="session")
def facts() -> Facts:
    return load()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """The example of the README, delivered once for the whole suite."""
    return deliver(Request(EXAMPLE, out=tmp_path_factory.mktemp("outputs")), load())


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
