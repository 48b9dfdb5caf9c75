"""The same request gives the same bytes: on another machine, in another country, at another time, by other paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from delivery_support import EXAMPLE, everything

from pipeline.deliver import Delivered

#: the second machine has no pyarrow, which pandas would use for its texts where it is there
WITHOUT_PYARROW = "import sys; sys.modules['pyarrow'] = None; from pipeline.cli import main; main()"
RUN = "from pipeline.cli import main; main()"


def started(
    code: str, arguments: list[str], cwd: Path, umask: int, **environment: str
) -> tuple[Path, subprocess.Popen[bytes]]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP")}
    home = cwd / "home"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", code, "deliver", *arguments],
        cwd=cwd,
        env={**kept, "HOME": str(home), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        umask=umask,
    )
    return cwd, process


@pytest.mark.skipif(os.name == "nt", reason="needs a umask")
def test_two_machines_write_the_same_bytes(tmp_path: Path, example: Delivered) -> None:
    here, there = tmp_path / "here", tmp_path / "là bas"
    here.mkdir()
    there.mkdir()
    inputs = shutil.copytree(EXAMPLE, there / "données mai")
    for file in inputs.iterdir():
        os.utime(file, (0, 0))
        file.chmod(0o444)
    runs = [
        started(
            RUN, [str(EXAMPLE), "--out", "out"], here, 0o022,
            PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", LANG="C", COLUMNS="40", NO_COLOR="1",
        ),
        started(
            WITHOUT_PYARROW, ["données mai", "--out", str(there / "out")], there, 0o077,
            PYTHONHASHSEED="271828", TZ="Pacific/Auckland", LC_ALL="fr_FR.UTF-8", LANG="tr_TR.UTF-8",
            PYTHONUTF8="1", PYTHONOPTIMIZE="1", USER="x", LOGNAME="x",
        ),
    ]  # fmt: skip
    folders = []
    for cwd, process in runs:
        said, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        assert b"2 files to send" in said
        folders.append(everything(cwd / "out" / "FR" / "2024-05_01"))
    one, two = folders
    in_this_process = everything(example.folder)
    assert one.keys() == two.keys() == in_this_process.keys()
    different = {name for name in one if not one[name] == two[name] == in_this_process[name]}
    assert different <= {"environment.json"}
    for name, data in one.items():
        for trace in (str(tmp_path), "Pacific/Auckland"):
            assert trace.encode() not in data, name
