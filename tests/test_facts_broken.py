"""One mistake in a fact file each: the officer reads the file, the place in it and what was probably meant."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import FactsError, Problem
from pipeline.facts import load

ROOT = Path(__file__).parent.parent
CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "broken" / "facts.toml").read_text(encoding="utf-8")
)["broken"]


def put(overlay: Path, case: Mapping[str, Any]) -> None:
    """The file of a case, with its mistake, into the overlay."""
    place = overlay / case["file"]
    place.parent.mkdir(parents=True, exist_ok=True)
    if "hex" in case:
        place.write_bytes(bytes.fromhex(case["hex"]))
        return
    source = overlay / case["file"]
    source = source if source.exists() else ROOT / case.get("from", case["file"])
    text = case["text"] if "text" in case else source.read_text(encoding="utf-8")
    for old, new in case.get("replace", ()):
        assert old in text, f"{case['file']} has no {old!r} any more"
        text = text.replace(old, new, 1)
    place.write_text(text, encoding="utf-8")


def problems(overlay: Path, country: str | None) -> tuple[Problem, ...]:
    """What reading the facts raises."""
    try:
        facts = load(overlay)
        if country is not None:
            facts.country(country)
    except FactsError as error:
        return error.problems
    pytest.fail("no mistake was found")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_is_refused(case: dict[str, Any], tmp_path: Path) -> None:
    put(tmp_path, case)
    country = case.get("country", "FR" if "countries" in case["file"] else None)
    found = problems(tmp_path, country)
    assert any(all(word in str(problem) for word in case["words"]) for problem in found), list(map(str, found))
    assert len(found) == case.get("problems", 1), list(map(str, found))
    assert all(problem.where and problem.message.endswith((".", "?")) for problem in found)


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)


def named(*ids: str) -> list[dict[str, Any]]:
    return [case for case in CASES if case["id"] in ids]


@pytest.mark.parametrize(
    ("ids", "country"),
    [
        (
            ["not TOML", "unknown key", "unknown key of a rule", "missing key of a rule", "classification not UTF-8"],
            None,
        ),
        (["gap between dates", "aggregate twice", "rule silences an unknown rule", "structure with other bytes"], None),
        (
            ["overlapping strata", "missing stratum", "bridge covers an unknown code", "layout with an unknown level"],
            "FR",
        ),
        (["zero weight", "bridge with a wrong factor", "unknown form of months"], "FR"),
    ],
)
def test_mistakes_in_several_files_are_told_in_one_run(ids: list[str], country: str | None, tmp_path: Path) -> None:
    for case in named(*ids):
        put(tmp_path, case)
    told = "\n".join(map(str, problems(tmp_path, country)))
    for case in named(*ids):
        for word in case["words"]:
            assert word in told, case["id"]


def test_the_shipped_facts_have_no_problem() -> None:
    facts = load()
    for country in facts.country_ids:
        facts.country(country)


def test_an_overlay_must_be_a_folder_of_facts(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"has neither codelists/ nor dsd/"):
        load(tmp_path)
    with pytest.raises(FactsError, match=r"is not there"):
        load(tmp_path / "nothing")
