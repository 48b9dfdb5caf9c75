"""One mistake per file: the officer reads the rule, the place and what to do; nothing comes out."""

import tomllib
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.facts.models import Layout
from pipeline.sources import Snapshot, read

FOLDER = Path(__file__).parent / "broken"
CASES = tomllib.loads((FOLDER / "inputs.toml").read_text(encoding="utf-8"))
LAYOUTS = {id_: Layout.model_validate({"id": id_, **table}) for id_, table in CASES["layout"].items()}


def test_every_specimen_has_an_entry():
    files = sorted(path.name for path in (FOLDER / "inputs").iterdir() if not path.name.startswith("."))
    assert files == sorted(case["file"] for case in CASES["broken"])


@pytest.mark.parametrize("case", CASES["broken"], ids=lambda case: case["file"])
def test_is_refused(case):
    snapshot = Snapshot(case["file"], (FOLDER / "inputs" / case["file"]).read_bytes())
    with pytest.raises(InputError) as caught:
        read([(snapshot, LAYOUTS[case["layout"]])])
    problem = caught.value.problems[0]
    assert (problem.rule, problem.where) == (case["rule"], case["where"])
    for word in case["words"]:
        assert word in f"{problem.message} {problem.hint}"
    assert {p.rule for p in caught.value.problems} == {case["rule"]}, "one mistake, one rule"
