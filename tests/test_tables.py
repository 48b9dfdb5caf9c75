"""Tables: the columns and their types, a key that nobody shares, CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.tables import (
    CELL,
    COUNTS,
    FACTORS,
    OBSERVATIONS,
    Table,
    conform,
    frame_csv,
    guarded,
    part_csv,
    read_csv,
    unguarded,
    write_csv,
)

SMALL = Table("small", {"b": "object", "a": "object", "n": "Int64"}, key=("a", "b"))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
TRICKY = st.one_of(TEXT, st.text("=+-@'\t\r\n\",; ab", max_size=5))


def small(*rows: tuple[str, str, int | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["a", "b", "n"])


def test_conform_gives_columns_types_and_order() -> None:
    frame = conform(small(("y", "1", 3), ("x", "2", None), ("x", "1", 1)), SMALL)
    assert list(frame.columns) == ["b", "a", "n"]
    assert next(frame.itertuples(index=False, name=None)) == ("1", "x", 1)
    assert frame["a"].tolist() == ["x", "x", "y"]
    assert frame["b"].tolist() == ["1", "2", "1"]
    assert frame["n"].dtype == "Int64"
    assert frame["n"].isna().tolist() == [False, True, False]
    assert frame.index.tolist() == [0, 1, 2]


@given(st.lists(st.tuples(TEXT, TEXT, st.integers(0, 9)), unique_by=lambda row: row[:2], max_size=8), st.randoms())
def test_the_order_of_the_rows_that_come_does_not_matter(rows: list[tuple[str, str, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = conform(small(*rows), SMALL), conform(small(*shuffled), SMALL)
    assert one.equals(other)
    assert list(zip(one["a"], one["b"], strict=True)) == sorted(row[:2] for row in rows)


def test_a_key_stands_once() -> None:
    with pytest.raises(ValueError, match=r"small: the key is not unique, for example .*'a': 'x'"):
        conform(small(("x", "1", 1), ("y", "1", 1), ("x", "1", 2)), SMALL)


def test_columns_are_exactly_those_declared() -> None:
    with pytest.raises(ValueError, match=r"columns missing \['n'\], unexpected \['m'\]"):
        conform(small(("x", "1", 1)).rename(columns={"n": "m"}), SMALL)


def test_an_open_table_takes_the_components_of_a_structure() -> None:
    frame = pd.DataFrame([{**dict.fromkeys(OBSERVATIONS.columns, "x"), "OBS_VALUE": "1"}])
    assert conform(frame, OBSERVATIONS).columns[-1] == "OBS_VALUE"


def test_an_empty_table_conforms() -> None:
    for table in (COUNTS, FACTORS, OBSERVATIONS):
        empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in table.columns.items()})
        assert list(conform(empty, table).columns) == list(table.columns)
    assert set(CELL) <= set(COUNTS.columns) & set(FACTORS.columns)


@given(TRICKY)
@example("=1+1")
@example("'=1")
@example("'")
@example("''-")
def test_guarded_text_comes_back_and_is_no_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_are_not_guarded() -> None:
    assert write_csv(["n"], [[-5], ["-5"]]) == b"n\n-5\n'-5\n"


@given(st.lists(st.tuples(TRICKY, TRICKY), max_size=5))
@example([("a\rb", "")])
@example([("a\r\nb", "x,y")])
def test_what_is_written_as_csv_is_read(rows: list[tuple[str, str]]) -> None:
    data = write_csv(["one", "two"], rows)
    assert [tuple(row.values()) for row in read_csv(data)] == rows


@given(st.lists(st.tuples(TRICKY, TRICKY), max_size=5))
@example([("a", "x"), ("b\nc", 'q"'), ("a", "y,z")])
def test_rows_parted_by_a_column_are_the_rows(rows: list[tuple[str, str]]) -> None:
    parted = part_csv(write_csv(["one", "two"], rows), "one")
    assert {value: len(lines) for value, lines in parted.lines.items()} == Counter(one for one, _ in rows)
    for value in {one for one, _ in rows}:
        assert [row["two"] for row in parted.rows([value])] == [two for one, two in rows if one == value]


@given(st.lists(st.tuples(TRICKY, TRICKY, st.none() | st.integers(-9, 9)), max_size=5))
@example([("a\rb", "a\nb", 1)])
def test_a_frame_is_written_as_its_rows(rows: list[tuple[str, str, int | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["one", "two", "n"]).astype({"one": object, "two": object, "n": "Int64"})
    cells = [(one, two, "" if n is None else n) for one, two, n in rows]
    assert frame_csv(frame) == write_csv(["one", "two", "n"], cells)
    read = list(csv.reader(io.StringIO(frame_csv(frame).decode(), newline="")))
    assert read[1:] == [[guarded(one), guarded(two), str(n)] for one, two, n in cells]
