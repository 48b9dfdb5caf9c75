"""What is installed: the facts travel with the package, and a checkout uses its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from delivery_support import ROOT, everything

import pipeline
from pipeline.facts.store import FOLDERS, shipped

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_a_checkout_uses_its_own_facts() -> None:
    assert Path(pipeline.__file__).parent == ROOT / "pipeline"
    assert shipped() == ROOT
    assert not (ROOT / "pipeline" / "_facts").exists()


def test_every_fact_has_a_place_in_the_wheel() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["only-include"]) == {"pipeline", *FOLDERS}
    assert wheel["sources"] == {folder: f"pipeline/_facts/{folder}" for folder in FOLDERS}


def test_the_wheel_holds_every_fact_and_the_code(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="needs hatchling to build the wheel (`.ci/run` builds one in any case)")
    code = "import sys; from hatchling.builders.wheel import WheelBuilder as W; print(*W(sys.argv[1]).build(directory=sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(tmp_path)], check=True, capture_output=True)
    (file,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        inside = {name: wheel.read(name) for name in wheel.namelist()}
    expected = {
        f"pipeline/_facts/{folder}/{name}": data
        for folder in FOLDERS
        for name, data in everything(ROOT / folder).items()
    }
    expected |= {
        f"pipeline/{name}": data
        for name, data in everything(ROOT / "pipeline").items()
        if "__pycache__" not in name and not name.startswith(".")
    }
    found = {name: data for name, data in inside.items() if ".dist-info/" not in name}
    assert sorted(found) == sorted(expected)
    assert found == expected
    (entry,) = (data for name, data in inside.items() if name.endswith("entry_points.txt"))
    assert f"ebs = {PROJECT['project']['scripts']['ebs']}" in entry.decode()
    assert any(name.endswith("licenses/LICENSE") for name in inside)


def test_the_command_leads_to_the_door() -> None:
    module, _, function = PROJECT["project"]["scripts"]["ebs"].partition(":")
    assert callable(getattr(__import__(module, fromlist=[function]), function))
