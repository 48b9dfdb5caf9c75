"""Laws of the sums: every transmitted value is a ±1 sum of input cells, whatever comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cases_support import Made, compiled, country_of, previewed
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.balance import balance, balances
from pipeline.compile import aggregate
from pipeline.compile.observe import controls, units
from pipeline.facts import BridgeRow, CountryFacts, Facts
from pipeline.facts.models import Layout
from pipeline.period import Period
from pipeline.tables import COUNTS, FACTORS, conform

FEW = settings(max_examples=8, deadline=None)
MONTH = "2024-05"
MONTHS = ["2024-03", "2024-04", "2024-05"]
DIVISIONS = ["01", "05", "10", "41", "45", "49", "55", "58", "64", "68", "84", "85", "94", "95", "96", "97"]

Country = tuple[Facts, CountryFacts]


@pytest.fixture(scope="module")
def divisions(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Country:
    return country_of({"given": {"registrations": ""}}, tmp_path_factory.mktemp("divisions"), facts)


@pytest.fixture(scope="module")
def signed(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Country:
    """A source by groups of sections where 94 is taken away from S; area 975 is outside, a row TOTAL is a control."""
    case = {
        "given": {"registrations": "", "bankruptcies": ""},
        "layout": {"classification": "N", "levels": ["national"], "control": {"activity": ["ALL"]}},
        "bridge": [
            *("N,BF,B C D E,,,", "N,FN,F G H I J K L M N,,,", "N,PR,P Q R,,,", "N,S,S,,,", "N,s94,94,,,", "N,O,O,,,"),
            *("N,S,,P-S_X_94,1,exact", "N,s94,,P-S_X_94,-1,exact", "N,S,,TOTAL,1,exact", "N,s94,,TOTAL,-1,exact"),
        ],
    }
    return country_of(case, tmp_path_factory.mktemp("signed"), facts)


def counts(cells: dict[tuple[str, ...], Any], classification: str = "NACE_R2") -> pd.DataFrame:
    """COUNTS from (indicator, area, activity, period) → number."""
    rows = [
        {
            **dict(zip(("indicator", "area", "activity", "period"), key, strict=False)),
            "kind": "total",
            "classification": classification,
            "value": value,
            "state": "empty" if value is None else "number",
            "status": "",
            "confidentiality": "",
            "layout": key[0],
            "file": f"{key[0]}.csv",
            "sheet": "",
            "cell": f"line {number}",
        }
        for number, (key, value) in enumerate(cells.items(), start=2)
    ]
    return conform(pd.DataFrame(rows), COUNTS)


CELLS = st.dictionaries(
    st.tuples(
        st.just("registrations"), st.sampled_from(["M", "971"]), st.sampled_from(DIVISIONS), st.sampled_from(MONTHS)
    ),
    st.integers(0, 10**6),
    min_size=1,
    max_size=40,
)


def values(made: Made) -> dict[tuple[str, str], int | None]:
    return {
        (row.aggregate, row.period): int(row.OBS_VALUE) if row.OBS_VALUE else None
        for row in made.observations.itertuples()
    }


@FEW
@given(cells=CELLS)
def test_the_aggregates_partition_the_total(divisions: Country, cells: dict[tuple[str, ...], int]) -> None:
    facts, country = divisions
    found = values(compiled(counts(cells), facts, country, MONTH))
    inside = facts.members(facts.total, "NACE_R2")
    leaves = facts.base_classification.leaves
    for month in {period for _, period in found}:
        total = found[facts.total.id, month]
        parts = [found[part.id, month] for part in facts.parts]
        assert total is None or total == sum(part or 0 for part in parts)
        direct = sum(n for (_, _, code, p), n in cells.items() if p == month and leaves([code]) <= inside)
        assert total in (None, direct)
        here = {area for _, area, code, p in cells if p == month and leaves([code]) <= inside}
        before = {area for _, area, code, p in cells if p <= month and leaves([code]) <= inside}
        assert (total is None) == (not here or here != before), "an area that was there before is missed"


@FEW
@given(cells=CELLS, data=st.data())
def test_counts_are_linear(divisions: Country, cells: dict[tuple[str, ...], int], data: st.DataObject) -> None:
    other = {key: data.draw(st.integers(0, 10**6)) for key in cells}
    one, two, both = (
        values(compiled(counts(table), *divisions, MONTH))
        for table in (cells, other, {key: cells[key] + other[key] for key in cells})
    )
    assert both == {key: None if n is None else n + (two[key] or 0) for key, n in one.items()}


@FEW
@given(cells=CELLS, random=st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_observations(
    divisions: Country, cells: dict[tuple[str, ...], int], random: Any
) -> None:
    facts, country = divisions
    straight = counts(cells)
    order = list(range(len(straight)))
    random.shuffle(order)
    shuffled = straight.iloc[order].reset_index(drop=True)
    one, other = compiled(straight, facts, country, MONTH), compiled(shuffled, facts, country, MONTH)
    pd.testing.assert_frame_equal(one.observations, other.observations)
    pd.testing.assert_frame_equal(one.factors, other.factors)


@settings(max_examples=5, deadline=None)
@given(
    numbers=st.lists(st.integers(1, 10**4), min_size=14, max_size=14),
    scale=st.integers(2, 1000),
)
def test_scaled_counts_give_the_same_index(divisions: Country, numbers: list[int], scale: int) -> None:
    facts, country = divisions
    months = [*(f"2021-{m:02}" for m in range(1, 13)), "2022-01", "2022-02"]
    cells = {
        ("registrations", "M", code, month): number + place
        for place, code in enumerate(("41", "55"))
        for month, number in zip(months, numbers, strict=True)
    }
    one, _ = previewed(compiled(counts(cells), facts, country, MONTH), facts, country, MONTH)
    scaled = counts({key: scale * number for key, number in cells.items()})
    other, _ = previewed(compiled(scaled, facts, country, MONTH), facts, country, MONTH)
    pd.testing.assert_frame_equal(one, other)


# --- the books balance --------------------------------------------------------------------------------------------

ANY = st.dictionaries(
    st.tuples(
        st.sampled_from(["registrations", "bankruptcies"]),
        st.sampled_from(["M", "971", "975", "999"]),
        st.sampled_from(["BF", "FN", "PR", "S", "s94", "O", "ALL", "S99"]),
        st.sampled_from([*MONTHS, "2024-06"]),
        st.sampled_from(["", "again"]),
    ),
    st.none() | st.integers(-5, 10**6),
    min_size=1,
    max_size=50,
)


@settings(max_examples=12, deadline=None)
@given(cells=ANY)
def test_every_unit_is_accounted_for(signed: Country, cells: dict[tuple[str, ...], int | None]) -> None:
    facts, country = signed
    frame = counts(cells, "N")
    made = compiled(frame, facts, country, MONTH)
    tally: Counter[str] = Counter(dict.fromkeys({key[0] for key in cells}, 0))
    for key, value in cells.items():
        tally[key[0]] += value or 0
    rows, sent = units(frame, made.factors, made.observations, facts, country, Period.parse(MONTH))
    books = balances(rows, sent, tally)
    assert balance(books).outcome == "holds", books
    for indicator, book in books.items():
        known = {"BF", "FN", "PR", "S", "s94", "O"}
        of = [(key, value or 0) for key, value in cells.items() if key[0] == indicator]
        assert book.control == sum(v for k, v in of if k[2] == "ALL")
        assert book.unknown == sum(v for k, v in of if k[2] == "S99" or (k[1] == "999" and k[2] != "ALL"))
        outside = [(k, v) for k, v in of if k[2] in known and k[1] != "999"]
        outside = [(k, v) for k, v in outside if k[2] == "O" or (k[1] == "975" and indicator == "registrations")]
        assert book.out_of_scope == sum(v for _, v in outside)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["sent", "withheld", "unknown", "control", "out of scope"]),
            st.sampled_from([-1, 0, 1]),
            st.booleans(),
            st.booleans(),
            st.integers(-100, 10**6),
        ),
        max_size=20,
    ),
    st.integers(-3, 3).filter(bool),
)
def test_the_books_close_to_the_unit_and_a_lost_one_is_found(rows: list[Any], lost: int) -> None:
    tally: Counter[str] = Counter({"a": 0, "b": 0})
    sent: Counter[str] = Counter()
    for indicator, role, factor, delivered, computed, number in rows:
        tally[indicator] += number
        if role in ("sent", "withheld") and delivered and computed and factor:
            sent[indicator] += factor * number
    assert balance(balances(rows, sent, tally)).outcome == "holds"
    found = balance(balances(rows, {**sent, "a": sent["a"] - lost}, tally))
    (finding,) = found.findings
    assert f"{abs(lost)} are {'missing' if lost > 0 else 'too many'}" in finding.message


# --- the proof of exactness ---------------------------------------------------------------------------------------


def layout(classification: str) -> Layout:
    return Layout.model_validate(
        {
            "id": "source",
            "indicator": "registrations",
            "format": "csv",
            "shape": "long",
            "classification": classification,
            "levels": ["national"],
            "columns": {"activity": "a", "period": "p", "value": "v"},
            "periods": ["YYYY-MM"],
            "absent_rows": "zero",
            "area": "FR",
        }
    )


def source(facts: Facts, covers: list[list[str]], explicit: dict[int, int], aggregate_id: str) -> CountryFacts:
    rows = [BridgeRow("N", f"n{i}", tuple(codes), "", 0, "", "") for i, codes in enumerate(covers)]
    rows += [BridgeRow("N", f"n{i}", (), aggregate_id, factor, "exact", "") for i, factor in explicit.items()]
    return CountryFacts(facts.country("FR").country, {}, tuple(rows), {})


def divisions_below(facts: Facts, codes: list[str]) -> Iterator[str]:
    """Every division that these codes stand for, as often as they do: an opinion apart from the leaves."""
    positions = facts.base_classification.positions
    for code in codes:
        if positions[code].level == "division":
            yield code
        else:
            yield from (c for c, position in positions.items() if position.parent == code)


SECTIONS = list("ABCDEFGHIJKLMNOPQRSTU")


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_an_aggregate_is_exact_when_its_codes_tile_it_and_only_then(facts: Facts, data: st.DataObject) -> None:
    nace = facts.base_classification
    chosen = data.draw(st.sampled_from(facts.aggregates))
    members = next(m.codes for m in chosen.members if m.classification == nace.id)
    wanted = set(divisions_below(facts, list(members)))
    # cut the aggregate's divisions into a few codes, then perhaps lose, double or add something
    pool = data.draw(st.permutations(sorted(wanted)))
    pieces = data.draw(st.integers(1, 4))
    covers = [list(pool[i::pieces]) for i in range(pieces) if pool[i::pieces]]
    covers += data.draw(st.lists(st.lists(st.sampled_from([*SECTIONS, *pool[:3]]), min_size=1, max_size=2), max_size=2))
    if data.draw(st.booleans()):
        covers.pop(0)
    if not covers:
        return
    made = aggregate.uses(facts, source(facts, covers, {}, chosen.id), layout("N"), None)
    below = [set(divisions_below(facts, codes)) for codes in covers]
    inside = [divisions for divisions in below if divisions <= wanted]
    tiled = Counter(division for divisions in inside for division in divisions) == Counter(wanted)
    uses = [(i, use) for i in range(len(covers)) for use in made[f"n{i}"] if use.target.id == chosen.id]
    assert bool(uses and all(use.role == "sent" for _, use in uses)) == tiled
    if tiled:
        assert [i for i, _ in uses] == [i for i, divisions in enumerate(below) if divisions <= wanted]
        assert all((use.factor, use.precision, use.why) == (1, "exact", "") for _, use in uses)
    else:
        assert all((use.factor, use.role) == (0, "withheld") and use.why for _, use in uses)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_explicit_factors_are_exact_when_they_add_up_and_only_then(facts: Facts, data: st.DataObject) -> None:
    """P to S without 94, from codes that cover any of P, Q, R, S, 94, 95, 96 and O, with factors 1, 0 and -1."""
    chosen = next(a for a in facts.parts if len(divisions := list(a.members[0].codes)) and "95" in divisions)
    wanted = Counter(divisions_below(facts, list(chosen.members[0].codes)))
    piece = st.lists(st.sampled_from(["P", "Q", "R", "S", "94", "95", "96", "O"]), min_size=1, max_size=3, unique=True)
    right = data.draw(st.sampled_from([[["P", "Q", "R"], ["S"], ["94"]], [["P", "Q", "R", "S"], ["94", "O"], ["O"]]]))
    covers = [*right, *data.draw(st.lists(piece, max_size=1))]
    suggested = [1, 1, -1] if right[1] == ["S"] else [1, -1, 1]
    factors = [data.draw(st.sampled_from([f, f, f, -1, 0, 1])) for f in [*suggested, 0][: len(covers)]]
    made = aggregate.uses(facts, source(facts, covers, dict(enumerate(factors)), chosen.id), layout("N"), None)
    hits: Counter[str] = Counter()
    for codes, factor in zip(covers, factors, strict=True):
        for division in set(divisions_below(facts, codes)):
            hits[division] += factor
    exact = {division: times for division, times in hits.items() if times} == dict(wanted)
    uses = [use for i in range(len(covers)) for use in made[f"n{i}"] if use.target.id == chosen.id]
    assert bool(uses and all(use.role == "sent" for use in uses)) == exact
    assert [use.factor for use in uses if use.factor] == ([f for f in factors if f] if exact else [])


# --- controls -----------------------------------------------------------------------------------------------------


@FEW
@given(numbers=st.lists(st.integers(0, 100), min_size=4, max_size=4), wrong=st.integers(0, 2))
def test_a_control_row_equals_its_parts(signed: Country, numbers: list[int], wrong: int) -> None:
    facts, country = signed
    codes = ["BF", "FN", "O", "S99"]
    cells = {("registrations", "M", code, "2024-03"): n for code, n in zip(codes, numbers, strict=True)}
    cells["registrations", "971", "BF", "2024-03"] = 1000
    cells["registrations", "M", "ALL", "2024-03"] = sum(numbers) + wrong
    frame = counts(cells, "N")
    layouts = [country.layouts["registrations"]]
    factors = aggregate.factors(frame, facts, country, layouts, None)
    assert list(controls(frame, factors, layouts)) == [
        ("registrations", "M.total.ALL", "2024-03", sum(numbers) + wrong, sum(numbers), 4)
    ]


def test_factors_know_no_month_and_no_value() -> None:
    assert not {"period", "value", "status"} & set(FACTORS.columns)


def test_the_folder_of_a_case_is_an_overlay(tmp_path: Path, facts: Facts) -> None:
    read, country = country_of({"given": {"registrations": ""}}, tmp_path, facts)
    assert read.country_ids == ["FR", "XX"]
    assert list(country.layouts) == ["registrations"]
