"""The cases of ``tests/cases``: given these counts, and a country like this, these values are sent."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cases_support import compiled, country_of, counts_of, previewed

from pipeline.errors import EbsError
from pipeline.facts import Facts

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['id']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
KEYS = {"id", "month", "given", "layout", "layouts", "territory", "provisional", "breaks", "bridge", "weights"}
KEYS |= {
    "weights_base",
    "first",
    "note",
    "expect",
    "index",
    "no_index",
    "index_confidentiality",
    "refused",
    "roles",
    "sent",
}


def lines(text: str, columns: int) -> Iterator[list[str]]:
    """The rows of an expectation: so many words, then the comment."""
    for line in text.strip().splitlines()[1:]:
        words = line.split(maxsplit=columns)
        assert len(words) >= columns, f"this line has too few words: {line}"
        yield words if len(words) > columns else [*words, ""]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Mapping[str, Any], facts: Facts, tmp_path: Path) -> None:
    assert set(case) <= KEYS, "a key that no case has"
    assert set(case) & {"expect", "index", "refused", "roles"}, "a case expects something"
    facts, country = country_of(case, tmp_path, facts)
    counts, month = counts_of(case, country), case["month"]
    if "refused" in case:
        with pytest.raises(EbsError) as caught:
            compiled(counts, facts, country, month)
        assert len(caught.value.problems) == 1
        for word in case["refused"]:
            assert word in str(caught.value)
        return
    made, role = compiled(counts, facts, country, month, case.get("sent")), facts.concepts.role
    sent = {(r["indicator"], r["aggregate"], r["period"]): r for r in made.observations.to_dict("records")}
    for indicator, text in case.get("expect", {}).items():
        for aggregate, period, value, status, confidentiality, comment in lines(text, 5):
            row = sent[indicator, aggregate, period]
            found = (row["OBS_VALUE"] or "-", row[role.status], row[role.confidentiality])
            assert found == (value, status, confidentiality), (aggregate, period, row[role.comment_observation])
            said = row[role.comment_observation]
            assert comment in said if comment else not said, (aggregate, period, said)
    if "roles" in case:
        there = {(row.activity, row.area, row.kind): (row.role, row.why) for row in made.factors.itertuples()}
        for activity, area, kind, words in case["roles"]:
            assert words in ": ".join(there[activity, area, kind])
    if "index" in case:
        index, failed = previewed(made, facts, country, month)
        shown = {(r["indicator"], r["aggregate"], r["period"], r["measure"]): r for r in index.to_dict("records")}
        for aggregate, period, measure, value, status, base, comment in lines(case["index"], 6):
            row = shown["registrations", aggregate, period, f"index_{measure}"]
            assert (row["OBS_VALUE"] or "-", row[role.status], row[role.base]) == (value, status, base), (
                aggregate,
                period,
            )
            said = row[role.comment_observation]
            assert comment in said if comment else not said, (aggregate, period, said)
        for which, code in case.get("index_confidentiality", {}).items():
            row = shown["registrations", *which.split(), "index_ratio"]
            assert row[role.confidentiality] == code, which
        told = {".".join(key): why for key, why in failed.items()}
        for key, words in case.get("no_index", {}).items():
            assert words in told[key]
        assert bool(told) == bool(case.get("no_index")), told
