"""The network is blocked in the suite and in the processes that it starts; who asks for it makes the run fail."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import no_network
import pytest
from delivery_support import MINI, everything

from pipeline.deliver import Request, deliver
from pipeline.facts import Facts

#: each a way to ask another machine; the addresses are those of documentation (RFC 5737), the name is none (RFC 2606)
WAYS: dict[str, Callable[[socket.socket], object]] = {
    "connect": lambda s: s.connect(("192.0.2.1", 80)),
    "connect_ex": lambda s: s.connect_ex(("192.0.2.1", 80)),
    "sendto": lambda s: s.sendto(b"x", ("192.0.2.1", 53)),
    "create_connection": lambda _: socket.create_connection(("registry.invalid", 443), timeout=1),
    "getaddrinfo": lambda _: socket.getaddrinfo("registry.invalid", 443),
    "gethostbyname": lambda _: socket.gethostbyname("registry.invalid"),
    "getfqdn": lambda _: socket.gethostbyaddr("192.0.2.1"),
}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tries are remembered during this test: they are meant, and do not fail the run."""
    monkeypatch.setenv(no_network.TRIED, str(tmp_path / "tried"))
    return tmp_path / "tried"


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_out(book: Path, way: str) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection,
        pytest.raises(OSError, match="the tests have no network: socket"),
    ):
        WAYS[way](connection)
    assert f"test_no_way_leads_out[{way}]" in book.read_text()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets between processes")
def test_processes_of_this_machine_may_talk(book: Path) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"x")
        assert other.recv(1) == b"x"
    assert not book.exists()


ASK = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"


@pytest.mark.parametrize("handed", ["environment", "paths"])
def test_a_process_of_a_test_has_none_either(book: Path, handed: str) -> None:
    """Tests hand the environment on, or make PYTHONPATH of their own path."""
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)} if handed == "paths" else {}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={**os.environ, **paths}, capture_output=True, text=True, check=False
    )
    assert "the tests have no network: socket.getaddrinfo '192.0.2.1'" in done.stderr
    assert done.returncode == 1
    assert book.read_text().startswith("socket.getaddrinfo '192.0.2.1' in tests/test_no_network.py::")


SECRET = """
import socket
def test_asks_and_tells_nobody():
    try:
        socket.create_connection(("192.0.2.1", 80))
    except OSError:
        pass
"""


def test_a_run_that_asked_fails(tmp_path: Path) -> None:
    """A library may take the refusal for a machine without network and go on: the run fails all the same."""
    (tmp_path / "test_secret.py").write_text(SECRET)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    kept = {name: value for name, value in os.environ.items() if name != no_network.TRIED}
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"],
        cwd=tmp_path, env={**kept, "PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "socket.getaddrinfo '192.0.2.1' in test_secret.py::test_asks_and_tells_nobody (call)" in done.stdout
    assert done.returncode == pytest.ExitCode.TESTS_FAILED


EVERY_COMMAND = """
set -e
"$0" -m pipeline deliver "$1"
"$0" -m pipeline validate outputs/FR/2024-05_01 >validated
"$0" -m pipeline trace outputs/FR/2024-05_01 M.FR.N.BURE.F._Z:2024-05 >traced
"$0" -m pipeline structure import "$2" --facts overlay
"$0" -m pipeline doctor
"""
STRUCTURE = Path(__file__).parent.parent / "dsd" / "STSALL.xml"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
def test_a_machine_without_any_network(tmp_path: Path, facts: Facts) -> None:
    """The libraries written in C ask no audit hook: here the system has no network device to give them."""
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a user to make a network namespace")
    done = subprocess.run(
        [*alone, "sh", "-c", EVERY_COMMAND, sys.executable, str(MINI), str(STRUCTURE)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    here = deliver(Request(MINI, out=tmp_path / "here"), facts)
    assert everything(tmp_path / "outputs" / "FR" / "2024-05_01") == everything(here.folder)
