"""Where `ebs deliver` runs: a small disk, a read-only one, inputs that move, no home, strange languages and names."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from delivery_support import MINI, ROOT, everything, names, runner

from pipeline.cli import app
from pipeline.sources import snapshot

Done = subprocess.CompletedProcess[str]

unix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX rights and environments")


# --- disks: a file system of its own, mounted where nobody else sees it --------------------------------------------

ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
#: the answer's status, and what is below `out` while it is mounted
DELIVER = '"$EBS" -m pipeline deliver "$INPUTS" --out out; echo "status=$?"; (cd out; find . | sort)'


@pytest.fixture
def mounted(tmp_path: Path) -> Callable[[str], Done]:
    """Runs lines of a shell in which `mount` works, in an empty folder with the empty folder `out`."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    (tmp_path / "out").mkdir()

    def run(lines: str) -> Done:
        environment = {**os.environ, "EBS": sys.executable, "INPUTS": str(MINI)}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
        return subprocess.run(
            [*ALONE, "sh", "-c", lines], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    if run("mount -t tmpfs none out").returncode:
        pytest.skip("this machine does not allow a user to mount a file system in a namespace")
    return run


def runs(done: Done) -> Iterator[tuple[int, list[str]]]:
    """The status of each run and the paths that it has left."""
    for part in done.stdout.split("status=")[1:]:
        status, *paths = part.splitlines()
        yield int(status), [path for path in paths if path.startswith("./")]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("size=16k", ("needs ", " kB, ", " kB are free.")),
        ("size=300k", ("needs ", " kB, ", " kB are free.")),
        ("nr_inodes=30", ("needs ", ", but it takes no more files.")),
    ],
    ids=["no room", "some room", "no more names"],
)
def test_a_disk_that_gets_full(mounted: Callable[[str], Done], size: str, words: tuple[str, ...]) -> None:
    done = mounted(f"mount -t tmpfs -o {size} none out; {DELIVER}")
    ((status, left),) = runs(done)
    assert status == 4
    assert [path for path in left if path.count("/") > 1] == ["./FR/.lock"]
    said = next(line for line in done.stderr.splitlines() if line.startswith("machine: "))
    assert "the disk is full: the delivery " in said
    assert all(word in said for word in words), said
    assert said.endswith("Free some space and run again; nothing was lost.")
    assert "Traceback" not in done.stderr


def test_a_disk_that_has_room_again(mounted: Callable[[str], Done]) -> None:
    grown = "mount -t tmpfs -o remount,size=0 none out"  # no limit
    done = mounted(f"mount -t tmpfs -o size=300k none out; {DELIVER}; {grown}; {DELIVER}")
    (full, _), (fine, there) = runs(done)
    assert (full, fine) == (4, 0)
    assert "./FR/2024-05_01/SHA256SUMS" in there
    assert not [path for path in there if ".partial" in path or ".holder" in path]


def test_a_disk_on_which_nothing_at_all_fits(mounted: Callable[[str], Done]) -> None:
    done = mounted(f"mount -t tmpfs -o nr_inodes=1 none out; {DELIVER}")
    assert list(runs(done)) == [(4, [])]
    assert "machine: out/FR: the disk is full. Free some space and run again; nothing was lost." in done.stderr


def test_another_file_system_than_that_of_the_inputs(mounted: Callable[[str], Done]) -> None:
    done = mounted(
        f"mount -t tmpfs none out; {DELIVER}; (cd out/FR/2024-05_01; sha256sum --quiet -c SHA256SUMS; echo sums $?)"
    )
    ((status, _),) = runs(done)
    assert status == 0, done.stderr
    assert done.stdout.endswith("sums 0\n")


def test_a_read_only_disk(mounted: Callable[[str], Done]) -> None:
    """From the beginning; and an archive that was written before: nothing is added, nothing is taken away."""
    done = mounted(
        f"mount -t tmpfs -o ro none out; {DELIVER}; umount out; mount -t tmpfs none out; {DELIVER};"
        f'mount -t tmpfs -o remount,ro none out; {DELIVER}; "$EBS" -m pipeline trace out/FR/2024-05_01 M.FR.N.BURE.F._Z:2024-05'
    )
    (never, nothing), (before, there), (after, still) = runs(done)
    assert (never, before, after) == (4, 0, 4)
    assert nothing == []
    assert still == there
    said = [line for line in done.stderr.splitlines() if line.startswith("machine: ")]
    assert said == ["machine: out/FR: the file system is read-only. Choose another place with --out."] * 2
    assert "Traceback" not in done.stderr
    assert done.returncode == 0  # reading a delivery needs no right to write
    assert "M.FR.N.BURE.F._Z" in done.stdout.split("status=")[-1]


# --- inputs that move ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["grows", "is replaced", "vanishes when it is opened", "vanishes when it was listed"])
def test_an_input_that_moves_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(MINI, "inputs")
    moving = Path("inputs", "registrations.csv")
    read, listed = snapshot._bytes, snapshot._files

    def meanwhile(path: Path) -> bytes:
        if path.name != moving.name:
            return read(path)
        if how.startswith("vanishes"):
            path.unlink()
        data = read(path)
        if how == "grows":
            with path.open("ab") as stream:
                stream.write(b"2024-05;41;micro;1\n")
        else:  # by another one of the same size and the same time
            new, times = path.with_suffix(".new"), path.stat()
            new.write_bytes(data)
            os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
            new.replace(path)
        return data

    def gone(folder: Path) -> list[Path]:
        found = listed(folder)
        moving.unlink()
        return found

    if how.endswith("listed"):
        monkeypatch.setattr(snapshot, "_files", gone)
    else:
        monkeypatch.setattr(snapshot, "_bytes", meanwhile)
    done = runner().invoke(app, ["deliver", "inputs"])
    assert done.exit_code == 3
    if how.startswith("vanishes"):
        said = "input: input-missing: registrations.csv: the file is not there (a link that leads nowhere, or removed a moment ago). Put the file itself into the folder."
    else:
        said = "input: input-changed: registrations.csv: the file changed while it was being read. Wait until it is written completely, then run again."
    assert said in done.stderr.splitlines()
    assert done.stdout == ""
    assert names(tmp_path) == ["inputs"]


# --- who and where -------------------------------------------------------------------------------------------------


def run(cwd: Path, *arguments: str, umask: int = -1, **environment: str) -> Done:
    """`ebs` with nothing in the environment but what is given, and the way to the tool."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "EBS_TESTS_NETWORK_TRIED")}
    kept["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], cwd=cwd, env={**kept, **environment}, umask=umask,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@unix
@pytest.mark.parametrize(
    "environment",
    [{}, {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "TMPDIR": "/nonexistent"}],
    ids=["no environment", "a home and a place for temporary files that are not there"],
)
def test_no_home(tmp_path: Path, environment: dict[str, str]) -> None:
    done = run(tmp_path, "deliver", str(MINI), **environment)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == ["outputs"]
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01"]


LANGUAGES = {
    "C": {"LANG": "C", "LC_ALL": "C"},
    "one that is not there": {"LANG": "xx_XX.ISO-8859-1", "LC_ALL": "xx_XX.ISO-8859-1"},
}


@unix
@pytest.mark.parametrize("language", LANGUAGES)
def test_spaces_and_accents_in_paths_in_any_language(tmp_path: Path, language: str) -> None:
    """A delivery and a refusal: the paths are written, and said, as they are."""
    here = tmp_path / "créations d'été"
    here.mkdir()
    shutil.copytree(MINI, here / "données de mai")
    (here / "données de mai" / "à lire – 覚え書き.txt").write_text("a note")
    done = run(here, "deliver", "données de mai", "--out", "envoyé à Eurostat", **LANGUAGES[language])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("envoyé à Eurostat/FR/2024-05_01/upload: 2 files to send")
    assert "not read: à lire – 覚え書き.txt" in done.stdout
    assert names(here) == ["données de mai", "envoyé à Eurostat"]
    (here / "données de mai" / "bankruptcies.xlsx").unlink()
    (here / "données de mai" / "registrations.csv").rename(here / "données de mai" / "créations.csv")
    (here / "données de mai" / "créations.csv").write_bytes(b"")
    done = run(here, "deliver", "données de mai", "--out", "envoyé à Eurostat", **LANGUAGES[language])
    assert done.returncode == 3
    assert "créations.csv" in done.stderr
    assert "Traceback" not in done.stderr


#: Python takes C for UTF-8 unless it is told not to
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@unix
def test_names_where_the_environment_knows_only_ascii(tmp_path: Path) -> None:
    """Folders may have any name; a file whose name would be written down wrongly is refused, and the way out said."""
    here = tmp_path / "créations d'été"
    here.mkdir()
    shutil.copytree(MINI, here / "données")
    done = run(here, "deliver", "données", "--out", "envoyé", **ASCII)
    assert done.returncode == 0, done.stderr
    assert everything(here / "envoyé" / "FR" / "2024-05_01")
    shutil.copy(here / "données" / "registrations.csv", here / "données" / "créations.csv")
    done = run(here, "deliver", "données", "--out", "envoyé", **ASCII)
    assert done.returncode == 3
    assert "input: input-encoding: créations.csv: the name of this file is not " in done.stderr
    assert "Set LC_ALL=C.UTF-8" in done.stderr


@unix
def test_a_folder_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    """A name of an older system: the bytes stay, what is said of them can be read."""
    if sys.platform == "darwin":
        pytest.skip("this system refuses such names")
    old = os.fsdecode(os.fsencode(tmp_path) + b"/donn\xe9es")
    shutil.copytree(MINI, old)
    done = run(tmp_path, "deliver", old, "--out", f"{old}-out", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "donn\\udce9es-out/FR/2024-05_01/upload: 2 files to send" in done.stdout
    assert os.path.isdir(os.fsencode(tmp_path) + b"/donn\xe9es-out/FR/2024-05_01")  # noqa: PTH112


def modes(folder: Path) -> set[tuple[str, str]]:
    """(file or folder, its rights) of all below a folder, the empty file of the lock apart."""
    below = [folder, *(path for path in folder.rglob("*") if path.name != ".lock")]
    return {("folder" if path.is_dir() else "file", f"{stat.S_IMODE(path.stat().st_mode):o}") for path in below}


@unix
@pytest.mark.parametrize(
    ("umask", "expected"),
    [
        (0o077, {("folder", "700"), ("file", "600")}),
        (0o002, {("folder", "775"), ("file", "664")}),
    ],
    ids=["for the owner only", "shared by a group"],
)
def test_the_rights_are_those_that_the_user_gives(tmp_path: Path, umask: int, expected: set[tuple[str, str]]) -> None:
    """What was counted may be confidential: nobody gets a right that the umask denies, nor loses one that it gives."""
    done = run(tmp_path, "deliver", str(MINI), umask=umask)
    assert done.returncode == 0, done.stderr
    done = run(tmp_path, "sent", "outputs/FR/2024-05_01", umask=umask)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "outputs" / "FR") == [".lock", "2024-05_01", "history.toml"]
    assert modes(tmp_path / "outputs") == expected


@unix
def test_a_file_that_a_group_shares_stays_shared(tmp_path: Path) -> None:
    """The history is written anew at each `ebs sent`; who adds to it with a strict umask locks nobody out."""
    assert run(tmp_path, "deliver", str(MINI)).returncode == 0
    history = tmp_path / "outputs" / "FR" / "history.toml"
    history.write_text("# ours\n")
    history.chmod(0o660)
    assert run(tmp_path, "sent", "outputs/FR/2024-05_01", umask=0o077).returncode == 0
    assert history.read_text().startswith("# ours\n\n[[sent]]\n")
    assert stat.S_IMODE(history.stat().st_mode) == 0o660


@unix
def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f'rmdir "{gone}"; exec "{sys.executable}" -m pipeline deliver "{MINI}"'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(
        ["sh", "-c", line], cwd=gone, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert everything(tmp_path) == {}
