"""The one parser of counts: it takes whole numbers as written, and nothing else."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources import parse_count
from pipeline.sources.numbers import LARGEST, count_of

SPACES = [" ", "\u00a0", "\u202f", "\u2009"]
EXACT = st.integers(-LARGEST, LARGEST)


def rule_of(cell, *declared):
    with pytest.raises(InputError) as caught:
        count_of(cell, *declared)
    (problem,) = caught.value.problems
    assert problem.message.endswith((".", "?"))
    return problem.rule


@given(EXACT)
def test_what_is_written_is_read(number):
    assert parse_count(str(number)) == number
    assert count_of(number) == number
    assert parse_count(f" {number}\u00a0") == number


@given(EXACT, st.sampled_from([*SPACES, "'", "."]))
def test_declared_thousands_are_read(number, mark):
    assert parse_count(f"{number:,}".replace(",", mark), [mark]) == number


@given(EXACT.filter(lambda n: abs(n) > 999), st.sampled_from([*SPACES, "'", ".", ","]))
def test_undeclared_thousands_are_refused(number, mark):
    text = f"{number:,}".replace(",", mark)
    assert rule_of(text) == ("number-ambiguous" if mark == "." and abs(number) < 10**6 else "number-grouping")


@given(st.text(), st.lists(st.sampled_from([*SPACES, ".", ","]), max_size=2))
def test_any_text_is_read_exactly_or_refused_by_design(text, marks):
    try:
        number = parse_count(text, marks)
    except InputError as error:
        assert error.problems[0].rule.startswith("number-")  # noqa: PT017
    else:
        plain = re.sub("[" + re.escape("".join(marks)) + "]", "", text.strip()) if marks else text.strip()
        assert plain == str(number)


@given(st.from_regex(r"[-+]?[0-9 .,'_eE+\u00a0\u202f#/]{1,12}", fullmatch=True))
def test_anything_like_a_number_is_read_exactly_or_refused_by_design(text):
    test_any_text_is_read_exactly_or_refused_by_design.hypothesis.inner_test(text, [" "])


@given(st.floats())
def test_a_float_is_whole_or_refused(value):
    if value.is_integer() and abs(value) <= LARGEST:
        assert count_of(value) == value
    else:
        assert rule_of(value) in {"number-fraction", "number-float", "number-not-finite", "number-too-large"}


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (True, "number-boolean"),
        (1234.5, "number-fraction"),
        (27799.999999999996, "number-float"),
        (float("nan"), "number-not-finite"),
        (2**53, "number-too-large"),
        (float(2**53), "number-too-large"),
        ("9" * 5000, "number-too-large"),
        (dt.datetime(2026, 9, 1), "number-date"),
        (dt.time(1), "number-date"),
        (dt.timedelta(1), "number-date"),
        (b"12", "number-text"),
        ("-0", "number-digits"),
        ("1,5", "number-decimal-comma"),
        ("0,123", "number-decimal-comma"),
        ("1234,567", "number-decimal-comma"),
        ("27800,0", "number-float"),
        ("27800.0", "number-float"),
        ("1 234,5", "number-decimal-comma"),
        ("1.234,50", "number-decimal-comma"),
        ("1,234.50", "number-fraction"),
        ("1,234,567", "number-grouping"),
        ("1.234.567", "number-grouping"),
        ("1'234", "number-grouping"),
        ("#N/D", "number-error-value"),
        ("#NOM?", "number-error-value"),
        ("1.#INF", "number-not-finite"),
        ("1E5", "number-exponent"),
        ("--5", "number-text"),
        ("5-", "number-text"),
        ("=1+1", "number-text"),
        ("12²", "number-digits"),
    ],
)
def test_refused(cell, rule):
    assert rule_of(cell) == rule


def test_a_decimal_mark_never_separates_thousands():
    assert rule_of("10,037", [","], ",") == "number-grouping"
    assert parse_count("10,037", [","], ".") == 10037


def test_says_what_was_probably_meant():
    with pytest.raises(InputError, match="probably 27800 was meant"):
        count_of(27799.999999999996)
