"""The door: exit statuses, what is said and where, what is left behind. Real processes, as a user starts them."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from delivery_support import COUNTRIES, MINI, REGISTRATIONS, ROOT, everything, names, runner

import pipeline
from pipeline.cli import app
from pipeline.console import plain
from pipeline.deliver import Request, deliver
from pipeline.facts import Facts

Run = Callable[..., "subprocess.CompletedProcess[str]"]
EXIT = {"fine": 0, "findings": 1, "usage": 2, "input": 3, "facts": 3, "machine": 4}
unix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINI, tmp_path / "inputs"))


def answered(done: subprocess.CompletedProcess[str], kind: str) -> str:
    """What was said in all, after the promises that hold for every run were looked at."""
    text = done.stdout + done.stderr
    assert done.returncode == EXIT[kind], text
    assert "Traceback" not in text
    assert "Error:" not in done.stdout
    controls = {c for c in text if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n"}
    assert not controls
    if kind in ("usage", "input", "facts", "machine"):
        assert done.stdout == ""
        assert f"{kind}: " in done.stderr or kind == "usage"
    return text


# --- deliver, by what comes of it ---------------------------------------------------------------------------------


def test_fine_and_the_same_again(ebs: Run, tmp_path: Path) -> None:
    done = ebs("deliver", MINI)
    answered(done, "fine")
    folder = Path("outputs") / "FR" / "2024-05_01"
    lines = done.stdout.splitlines()
    assert lines[0] == f"{REGISTRATIONS}: 9 series, 18 observations, 2024-04 to 2024-05"
    assert lines[-1].startswith(f"{folder / 'upload'}: 2 files to send by 2024-07-10; ")
    assert "warnings to look at: index-base" in lines[-1]
    assert "not confirmed by Eurostat: " in lines[-1]
    assert lines[-1].endswith("; send as a test first")
    assert (tmp_path / folder / "upload" / REGISTRATIONS).is_file()
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01"]
    again = ebs("deliver", MINI)
    answered(again, "fine")
    assert again.stdout.startswith("Nothing has changed")
    assert again.stdout.splitlines()[1:] == lines
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01"]


def test_what_became_of_an_earlier_draft_is_said(ebs: Run, tmp_path: Path) -> None:
    answered(ebs("deliver", MINI), "fine")
    for name in ("counts.csv", "factors.csv", "findings.json", "observations.csv"):
        (tmp_path / "outputs" / "FR" / "2024-05_01" / name).unlink()
    done = ebs("deliver", MINI)
    answered(done, "fine")
    folder = Path("outputs") / "FR" / "2024-05_01"
    assert (
        f"note: {folder} no longer matches its SHA256SUMS (counts.csv, factors.csv, findings.json, …); it was left as "
        "it is and a new draft was made."
    ) in done.stderr.splitlines()
    assert "2024-05_02" in done.stdout.splitlines()[-1]


def test_one_file_and_after_the_day_it_was_due(ebs: Run) -> None:
    done = ebs("deliver", MINI, "--only", "registrations", "--prepared", "2024-07-10T23:00:00+02:00")
    assert ": 1 file to send by 2024-07-10" in done.stdout.splitlines()[-1]
    done = ebs("deliver", MINI, "--prepared", "2024-07-11T01:00:00+02:00")
    assert ": 2 files to send, due since 2024-07-10" in done.stdout.splitlines()[-1]


def test_findings_of_severity_error(ebs: Run, tmp_path: Path, inputs: Path) -> None:
    """The words of a cell reach the terminal as text, whatever control characters they hold."""
    file = inputs / "registrations.csv"
    file.write_bytes(file.read_bytes().replace(b"2024-05;96;micro", b"2024-05;9\x1b[31m6;micro"))
    done = ebs("deliver", inputs)
    if done.returncode == 3:  # refused by the reader is as good
        assert "input-control-character" in answered(done, "input")
        return
    text = answered(done, "findings")
    assert "9\\x1b[31m6" in text
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"{Path('outputs') / 'FR' / '2024-05_01'}: a draft with 1 error; ")
    assert "nothing is in upload/" in last
    assert not (tmp_path / "outputs" / "FR" / "2024-05_01" / "upload").exists()


def test_a_draft_with_errors(ebs: Run, tmp_path: Path, inputs: Path) -> None:
    file = inputs / "registrations.csv"
    file.write_text(file.read_text("utf-8").replace("2024-05;96;micro", "2024-05;04;micro"), "utf-8")
    done = ebs("deliver", inputs, "--out", tmp_path / "sortie d'été")
    text = answered(done, "findings")
    assert "ERROR unmapped" in done.stderr
    assert "registrations.csv line 44: " in done.stderr
    assert "sortie d'été" in done.stdout.splitlines()[-1]
    assert "a draft with " in done.stdout.splitlines()[-1]
    folder = tmp_path / "sortie d'été" / "FR" / "2024-05_01"
    assert (folder / "findings.json").is_file()
    assert not (folder / "upload").exists()
    assert "files to send" not in text
    assert done.stdout.startswith("STSRB_REG_M, not packed: 9 series, ")
    assert REGISTRATIONS not in done.stdout
    assert "send as a test" not in text
    assert "not confirmed" not in text


def test_a_strange_folder_and_strange_names(ebs: Run, tmp_path: Path, inputs: Path) -> None:
    """Spaces and accents in paths, control characters in the name of a file that nobody reads."""
    if os.name != "nt":
        (inputs / "\x1b[2Jnotes\rok\n.txt").write_text("-")
    strange = inputs.rename(tmp_path / "données de mai (copie)")
    done = ebs("deliver", strange.name, "--out", "à envoyer")
    answered(done, "fine")
    assert (tmp_path / "à envoyer" / "FR" / "2024-05_01" / "SHA256SUMS").is_file()
    if os.name != "nt":
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("not read: "))
        assert line.startswith("not read: \\x1b[2Jnotes\\rok\\n.txt: ")


def test_facts_from_the_environment(ebs: Run, tmp_path: Path) -> None:
    done = ebs("deliver", COUNTRIES / "inputs", EBS_FACTS=str(COUNTRIES))
    answered(done, "fine")
    assert names(tmp_path / "outputs" / "EL" / "2024-05_01" / "upload") == ["STSRB_REG_M_EL_2024_0005.xml"]


# --- what cannot be done ------------------------------------------------------------------------------------------


def invoked(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same door in this process: many requests that are refused early, without starting Python for each."""
    done = runner().invoke(app, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["--month", "2024-13"], "usage", "'2024-13' has no month 13"),
        (["--month", "2024-Q1"], "usage", "is not a month"),
        (["--month", "9999-12"], "usage", "the input ends in 2024-05"),
        (["--prepared", "2024-07-05T09:00:00"], "usage", "has no offset"),
        (["--prepared", "2024-07-05"], "usage", "has no offset"),
        (["--prepared", "tomorrow"], "usage", "is not a date and time"),
        (["--prepared", "0001-01-01T00:00:00+02:00"], "usage", "no header can carry"),
        (["--only", "creations"], "usage", "Known: registrations, bankruptcies"),
        (["--country", "Frankreich"], "facts", "no facts about country 'Frankreich'"),
        (["--country", "../FR"], "facts", "did you mean 'FR'"),
        (["--facts", "nowhere"], "facts", "nowhere"),
        (["--facts", "."], "facts", "neither codelists/ nor dsd/"),
        (["--mont", "2024-05"], "usage", "--month"),
        (["another"], "usage", "another"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_request_that_cannot_be_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], kind: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = answered(invoked(tmp_path, "deliver", MINI, *arguments), kind)
    assert words in text
    assert names(tmp_path) == []


def test_nothing_asked_and_nothing_known(ebs: Run) -> None:
    nothing = ebs()
    assert "deliver" in nothing.stdout + nothing.stderr
    assert nothing.returncode in (0, 2), "the help: an answer for older versions of typer, a usage error for newer ones"
    assert "delivr" in answered(ebs("delivr"), "usage")


def with_bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return spoil


UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (with_bytes("registrations.csv", lambda _: b""), "registrations.csv"),
    "cut": (with_bytes("bankruptcies.xlsx", lambda data: data[: len(data) // 2]), "bankruptcies.xlsx"),
    "windows": (with_bytes("registrations.csv", lambda data: data.replace(b"autre", b"autr\xe9")), "byte 0xE9"),
    "web page": (with_bytes("registrations.csv", lambda _: b"<!DOCTYPE html><html><title>503</title>"), "web page"),
    "ambiguous": (with_bytes("registrations.csv", lambda data: data.replace(b";41;micro;34", b";41;micro;1.234")), "1.234"),
    "words": (with_bytes("registrations.csv", lambda data: data.replace(b";41;micro;34", b";41;micro;n.d.")), "line 28"),
    "escape": (with_bytes("registrations.csv", lambda data: data.replace(b"creations", b"cr\x1b]0;x\x07ations")), "registrations.csv"),
    "date": (with_bytes("registrations.csv", lambda data: data.replace(b"2024-05;41", b"05/06/2024;41")), "line 28"),
    "gone": (lambda folder: (folder / "bankruptcies.xlsx").unlink(), "bankruptcies"),
    "layout": (with_bytes("delivery.toml", lambda data: data + b'[[file]]\npath = "registrations.csv"\nlayout = "registration-by-division"\n'), "did you mean 'registrations-by-division'"),
    "toml": (with_bytes("delivery.toml", lambda _: b"month = 2024-05-\n"), "delivery.toml"),
}  # fmt: skip


@pytest.mark.parametrize("why", UNREADABLE)
def test_an_input_that_cannot_be_read(tmp_path: Path, inputs: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    monkeypatch.chdir(tmp_path)
    spoil, words = UNREADABLE[why]
    spoil(inputs)
    before = everything(inputs)
    done = invoked(tmp_path, "deliver", "inputs")
    text = answered(done, "facts" if "facts: " in done.stderr else "input")
    assert words in text
    assert names(tmp_path) == ["inputs"]
    assert everything(inputs) == before


def test_an_input_that_cannot_be_read_in_a_process(ebs: Run, tmp_path: Path, inputs: Path) -> None:
    """Both files are wrong: one run says both; an earlier delivery is not touched."""
    answered(ebs("deliver", MINI), "fine")
    before = everything(tmp_path / "outputs")
    with_bytes("registrations.csv", lambda data: data.replace(b";41;micro;34", b";41;micro;1.234"))(inputs)
    book = openpyxl.load_workbook(inputs / "bankruptcies.xlsx")
    book["defaillances"]["C7"] = "n.d."
    book.save(inputs / "bankruptcies.xlsx")
    text = answered(ebs("deliver", inputs), "input")
    assert "registrations.csv" in text
    assert "bankruptcies.xlsx defaillances!C7" in text
    assert everything(tmp_path / "outputs") == before


def test_a_folder_that_is_not_there_or_is_none(ebs: Run, tmp_path: Path) -> None:
    assert "does not exist" in answered(ebs("deliver", "nowhere"), "input")
    assert "a file, not a folder" in answered(ebs("deliver", MINI / "delivery.toml"), "input")
    assert names(tmp_path) == []


def test_an_output_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/below"):
        text = answered(invoked(tmp_path, "deliver", MINI, "--out", out), "machine")
        assert "file" in text
        assert "--out" in text
    assert (tmp_path / "file").read_text() == "mine"
    assert names(tmp_path) == ["file"]


def test_a_draft_that_cannot_be_stored_is_not_there(
    tmp_path: Path, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at the fifth file: nothing is left, and the message says what to do."""
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 5:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = answered(invoked(tmp_path, "deliver", MINI, "--out", tmp_path / "out"), "machine")
    assert "disk is full" in text
    assert names(tmp_path / "out" / "FR") == [".lock"]


# --- one at a time ------------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from pipeline.archive import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that writes into outputs/FR, for as long as the test wants."""
    arguments = [sys.executable, "-c", HOLD, str(tmp_path / "outputs" / "FR")]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_is_first(holder: subprocess.Popen[str], ebs: Run, tmp_path: Path) -> None:
    done = ebs("deliver", MINI)
    text = answered(done, "machine")
    assert f"process {holder.pid} on {socket.gethostname()}, since 20" in text
    assert "Wait until it has ended" in text
    holder.kill()  # no time to clean up: the lock is free all the same
    holder.wait()
    answered(ebs("deliver", MINI), "fine")
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01"]


# --- signals ------------------------------------------------------------------------------------------------------

SLOW_DISK = """
import os, sys, time
real = os.fsync
def fsync(handle):
    print("storing", flush=True)
    time.sleep(30 if os.environ["WHEN"] == "storing" else 0)
    real(handle)
os.fsync = fsync
from pipeline.cli import main
main()
"""


@unix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_draft_is_written_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_DISK, "deliver", str(MINI)],
        cwd=tmp_path,
        env={**os.environ, "WHEN": "storing", "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "storing\n"
    time.sleep(0.1)
    process.send_signal(number)
    said, errors = process.communicate(timeout=20)
    assert process.returncode == status
    assert "Traceback" not in errors
    assert said == ""
    assert names(tmp_path / "outputs" / "FR") == [".lock"]


AT_IMPORT = """
import os, signal, sys
name, number, swallowed = sys.argv.pop(1), int(sys.argv.pop(1)), sys.argv.pop(1)
class Door:
    def find_spec(self, wanted, *_):
        if wanted == name:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), number)
            except BaseException:
                if not swallowed:
                    raise
sys.meta_path.insert(0, Door())
from pipeline.__main__ import run
run()
"""


@unix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("name", "swallowed"),
    [("typer", ""), ("pipeline.deliver", ""), ("sdmx", "swallowed")],
    ids=["before the command line is there", "at the start of the command", "in a library that takes it for an error"],
)
def test_a_signal_at_any_time_ends_the_run(tmp_path: Path, number: int, name: str, swallowed: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, name, str(int(number)), swallowed, "deliver", str(MINI)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode in (128 + number, -number), process.stderr
    assert "Traceback" not in process.stderr
    assert ("nothing half-done was left behind" in process.stderr) is (name != "typer")
    assert process.stdout == ""
    assert names(tmp_path) in ([], ["outputs"])
    assert names(tmp_path / "outputs" / "FR") in ([], [".lock"])


@unix
def test_a_reader_that_closes_early_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m pipeline facts | head -n 1', shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.stdout.startswith("inferred (")
    assert done.stderr == ""


def shell(tmp_path: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell with `ebs` for the command; its own status goes to the file `status`."""
    line = f'ebs() {{ "{sys.executable}" -m pipeline "$@"; }}; ' + line
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    return subprocess.run(
        line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip


@unix
@pytest.mark.parametrize(
    "line",
    [
        f"ebs deliver '{MINI}' 2>&-; echo $? >status",
        f"ebs deliver '{MINI}' >&-; echo $? >status",
        f"ebs deliver '{MINI}' >&- 2>&- <&-; echo $? >status",
        f"ebs deliver '{MINI}' 2>/dev/full; echo $? >status",
        f"(ebs deliver '{MINI}'; echo $? >status) | true",
    ],
    ids=["no stderr", "no stdout", "nothing", "full stderr", "no reader"],
)
def test_a_stream_that_is_gone_does_not_stop_the_work(tmp_path: Path, line: str) -> None:
    done = shell(tmp_path, line)
    assert (tmp_path / "status").read_text() == "0\n"
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01"]
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@unix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["--version", "--help", "structure list", f"deliver '{MINI}'"])
def test_an_answer_that_cannot_be_written(tmp_path: Path, arguments: str) -> None:
    done = shell(tmp_path, f"ebs {arguments} >/dev/full")
    assert done.returncode == EXIT["machine"]
    assert done.stderr.splitlines()[-1].startswith("machine: standard output: cannot be written (no space left")
    assert "Traceback" not in done.stderr
    assert "the disk is full" not in done.stderr


# --- the fast path ------------------------------------------------------------------------------------------------

IMPORTED = """
import sys
sys.argv = ["ebs", *sys.argv[1:]]
from pipeline.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("\\n".join(sorted(name for name in sys.modules if "." not in name)), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_and_trace_import_nothing_heavy(tmp_path: Path, facts: Facts) -> None:
    done = deliver(Request(MINI, out=tmp_path), facts)
    heavy = {"pandas", "sdmx", "numpy"}
    assert heavy.isdisjoint(imported("trace", str(done.folder), "M.FR.N.BURE.F._Z:2024-05"))
    for arguments in (["--help"], ["deliver", "--help"]):
        assert (heavy | {"lxml", "openpyxl", "filelock"}).isdisjoint(imported(*arguments))


# --- the small commands -------------------------------------------------------------------------------------------


def test_the_version() -> None:
    done = runner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"ebs {pipeline.__version__}\n")


def test_trace_in_a_process(ebs: Run, tmp_path: Path, facts: Facts) -> None:
    done = deliver(Request(MINI, out=tmp_path), facts)
    text = answered(ebs("trace", done.folder, "M.FR.N.BURE.F._Z:2024-05"), "fine")
    assert text.splitlines()[0] == "M.FR.N.BURE.F._Z:2024-05  count = 52"
    assert text.splitlines()[3] == "  6 cells add up to 52."


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["trace", "nowhere", "KEY"], "usage", "manifest.json"),
        (["structure", "show", "ESTAT:STSAL(2.1)"], "facts", "STSALL"),
        (["structure", "show", "delivery.toml"], "facts", ""),
        (["structure", "show", "nofile.xml"], "usage", "nofile.xml: there is no such file"),
        (["structure", "show", "."], "usage", "a folder"),
        (
            ["structure", "show", "ESTAT:CR_STSRB_REG_M(1.0)"],
            "facts",
            "a constraint. It is shown with ESTAT:STSRB_REG_M(1.0)",
        ),
        (["structure", "show", "CL_FREQ"], "facts", "a code list. Show a structure that uses it: ESTAT:STSALL(2.1)"),
        (["structure", "show", str(ROOT / "codelists/sdmx/CL_FREQ.xml")], "facts", "or show ESTAT:STSALL(2.1)"),
        (["structure", "show", str(ROOT / "dsd/CR_STSRB_REG_M.xml")], "facts", "or show ESTAT:STSRB_REG_M(1.0)"),
        (["structure", "show", str(ROOT / "dsd/STSRB_REG_M.xml")], "facts", "or show ESTAT:STSRB_REG_M(1.0)"),
        (["facts", "--country", "XX"], "facts", "'XX'"),
        (["facts", "--facts", "nowhere"], "facts", "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_other_commands_refuse_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], kind: str, words: str
) -> None:
    monkeypatch.chdir(MINI)
    assert words in answered(invoked(tmp_path, *arguments), kind)


def test_the_other_commands_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = answered(invoked(tmp_path, "facts", "--country", "FR"), "fine")
    assert text.splitlines()[-1].endswith("No fact file has a problem.")
    text = answered(invoked(tmp_path, "facts", "--facts", COUNTRIES), "fine")
    assert text.splitlines()[-1].endswith(f"The files of {COUNTRIES} win over the shipped ones.")
    assert "ESTAT:STSALL(2.1)" in answered(invoked(tmp_path, "structure", "list"), "fine")
    assert "PTSXS94" in answered(invoked(tmp_path, "structure", "show", "ESTAT:STSRB_REG_M(1.0)"), "fine")
    assert answered(invoked(tmp_path, "structure", "show", str(ROOT / "dsd" / "STSRB_REG_M.xml")), "facts")
    text = answered(invoked(tmp_path, "doctor"), "fine")
    assert "PROBLEM" not in text
    assert text.splitlines()[-1] == "This installation can do its work."
    assert names(tmp_path) == []


def test_doctor_names_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    overlay = Path(shutil.copytree(COUNTRIES / "codelists", tmp_path / "facts" / "codelists"))
    (overlay / "countries" / "EL" / "country.toml").write_text("id = ")
    done = invoked(tmp_path, "doctor", "--facts", "facts")
    assert done.returncode == 4
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("PROBLEM"))
    assert "countries/EL/country.toml" in line


def test_doctor_wants_a_folder_for_outputs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/below"):
        done = invoked(tmp_path, "doctor", "--out", tmp_path / out)
        assert done.returncode == 4
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("PROBLEM"))
        assert "is a file, not a folder" in line


def test_text_cannot_steer_a_terminal() -> None:
    assert (
        plain("a\x1b[2Jb\r\x07\x7f\x9b1m\u202e\u2028c\ud800") == "a\\x1b[2Jb\\r\\x07\\x7f\\x9b1m\\u202e\\u2028c\\ud800"
    )
    assert plain("une ligne\nune autre") == "une ligne\\nune autre"
    assert plain("créées – 27 800 ≠ …") == "créées – 27 800 ≠ …"
