"""Classifications: positions, the leaves they stand for, and leaves said in the fewest positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FactsError
from pipeline.facts import Facts, load
from pipeline.facts.classification import Classification, read_classification

TREE = (
    b"code,level,parent,name_en,name_fr\nA,section,,Farming,\n01,division,A,Crops,\n02,division,A,,\n"
    b"01.1,group,01,,\n01.2,group,01,,\nB,section,,Mining,Mines\n05,division,B,,\n"
)
NACE = load().classifications["NACE_R2"]
CODES = list(NACE.positions)


@pytest.fixture
def tree() -> Classification:
    return read_classification("tree.csv", TREE, "T", "Tree")


def test_leaves_levels_and_names(tree: Classification) -> None:
    assert tree.leaves(["A"]) == {"01.1", "01.2", "02"}
    assert tree.leaves(["05", "01.1"]) == {"05", "01.1"}
    assert tree.leaves([]) == frozenset()
    assert tree.of_level(["division", "section"]) == ["A", "01", "02", "B", "05"]
    assert tree.positions["B"].name == {"en": "Mining", "fr": "Mines"}
    assert tree.positions["02"].name == {}
    with pytest.raises(KeyError):
        tree.leaves(["C"])


@pytest.mark.parametrize(
    ("leaves", "said"),
    [
        (["02", "01.1", "01.2"], "A"),
        (["01.2", "01.1"], "01"),
        (["05"], "B"),
        (["05", "02", "01.2"], "01.2, 02, B"),
        ([], ""),
    ],
)
def test_leaves_are_said_in_the_fewest_positions(tree: Classification, leaves: list[str], said: str) -> None:
    assert set(tree.describe(leaves).split(", ")) == set(said.split(", "))


@given(st.lists(st.sampled_from(CODES), max_size=6))
def test_what_is_said_stands_for_the_same_leaves(codes: list[str]) -> None:
    leaves = NACE.leaves(codes)
    said = [code for code in NACE.describe(leaves).split(", ") if code]
    assert NACE.leaves(said) == leaves
    assert sum(len(NACE.leaves([code])) for code in said) == len(leaves), "no leaf is said twice"


def test_a_byte_order_mark_is_no_code() -> None:
    assert next(iter(read_classification("t.csv", b"\xef\xbb\xbf" + TREE, "T", "Tree").positions)) == "A"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("03,division,Z,,", ["line 9, column parent", "'Z' is not a position above"]),
        ("01,division,A,,", ["line 9, column code", "'01' stands here for the second time"]),
        ("C,,,,", ["line 9", "needs a code and a level"]),
        (",section,,,", ["line 9", "needs a code and a level"]),
        ("C,section", ["line 9", "does not have 5 cells"]),
    ],
)
def test_what_a_file_cannot_say(line: str, words: list[str]) -> None:
    with pytest.raises(FactsError) as caught:
        read_classification("t.csv", TREE + line.encode(), "T", "Tree")
    for word in words:
        assert word in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        read_classification("t.csv", TREE + b"C,,,,\n03,division,Z,,\n", "T", "Tree")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(("id_", "numbers"), [("NACE_R2", (21, 88, 272, 615, 732)), ("NACE_R21", (22, 87, 0, 0, 0))])
def test_the_shipped_classifications_are_whole(facts: Facts, id_: str, numbers: tuple[int, ...]) -> None:
    nace = facts.classifications[id_]
    levels = ("section", "division", "group", "class", "subclass")
    assert tuple(len(nace.of_level([level])) for level in levels) == numbers
    for code, position in nace.positions.items():
        assert bool(position.parent) == (position.level != "section"), code
        if position.parent:
            above = nace.positions[position.parent].level
            assert levels.index(above) == levels.index(position.level) - 1, code


def test_the_scope_of_the_regulation(facts: Facts) -> None:
    """INSEE, ESMS of this domain, 3.3: outside are A, O, 94, T and U; the total is B to S without O and 94."""
    nace = facts.base_classification
    total = facts.members(facts.total, nace.id)
    outside = nace.leaves(nace.of_level(["section"])) - total
    assert nace.describe(outside) == "A, O, 94, T, U"
    assert [aggregate.id for aggregate in facts.parts] == ["B-E", "F", "G", "H", "I", "J", "K-N", "P-S_X_94"]
