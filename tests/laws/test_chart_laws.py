"""Laws of a chart: what holds whatever the figures are."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import isfinite

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pages.chart import Bars, Chart, Line, Stack, Value, small

WHOLE = st.integers(-(10**12), 10**12)
NUMBERS = st.one_of(
    WHOLE,
    st.fractions(-1000, 1000, max_denominator=1000),
    st.decimals(-1000, 1000, places=2),
    st.floats(allow_nan=True, allow_infinity=True),
)
VALUES = st.lists(st.none() | NUMBERS, max_size=30).map(tuple)
STEP = re.compile(r"([MlLhHvVz])|(-?(?:\d+\.?\d?|\.\d))")


def number(value: Value) -> str:
    return f"{Decimal(value.numerator) / value.denominator if isinstance(value, int | Fraction) else value:.6g}"


def chart(*layers: Line | Bars | Stack, count: int, height: int = 150) -> Chart:
    periods = [f"{2019 + at // 12}-{at % 12 + 1:02}" for at in range(count)]
    marked = [at % 3 == 2 for at in range(count)]
    return small("c", "t", "", periods, layers, number=number, period=str, marked=marked, height=height)


def points(path: str) -> list[tuple[float, float]]:
    """Where a path goes; what it holds beside letters and short decimals fails."""
    assert STEP.sub("", path).strip() == "", path
    found, command, numbers = [(0.0, 0.0)], "", []
    for letter, digits in STEP.findall(path):
        if letter:
            command, numbers = letter, []
            continue
        x, y = found[-1]
        numbers.append(float(digits))
        if command in "hHvV":
            place = {"h": (x + numbers[0], y), "H": (numbers[0], y), "v": (x, y + numbers[0]), "V": (x, numbers[0])}[
                command
            ]
        elif len(numbers) == 2:
            place, numbers = (x + numbers[0], y + numbers[1]) if command == "l" else (numbers[0], numbers[1]), []
        else:
            continue
        found.append(place)
    return found[1:]


def assert_inside(drawn: Chart) -> None:
    for shape in drawn.shapes:
        assert "-0 " not in f"{shape.path} "
        for x, y in points(shape.path):
            assert -0.01 <= x <= drawn.width + 0.01, shape
            assert -0.01 <= y <= drawn.height + 0.01, shape


@given(VALUES, st.sampled_from([60, 85, 150, 300]))
def test_whatever_the_figures_all_is_drawn_inside(values: tuple[Value | None, ...], height: int) -> None:
    for kind in (Line, Bars):
        drawn = chart(kind("x", values), count=len(values), height=height)
        assert_inside(drawn)
        assert drawn.rows.count("<tr>") == len(values)
        some = any(value is not None and isfinite(value) for value in values)
        assert bool(drawn.scale) == some
        assert ("No value" in [text.words for text in drawn.words]) != some


@given(st.lists(st.lists(st.none() | st.integers(0, 10**9), min_size=5, max_size=5).map(tuple), max_size=9))
def test_a_stack_is_drawn_inside_and_its_names_do_not_overlap(parts: list[tuple[int | None, ...]]) -> None:
    drawn = chart(Stack(tuple(Line(f"part {at}", values) for at, values in enumerate(parts))), count=5)
    assert_inside(drawn)
    heights = [float(text.y) for text in drawn.words if text.look == "part"]
    assert all(below - above >= 12 for above, below in pairwise(heights))


@settings(max_examples=60)
@given(st.lists(WHOLE, min_size=2, max_size=30).map(tuple))
def test_what_is_more_is_higher(values: tuple[int, ...]) -> None:
    drawn = chart(Line("x", values), count=len(values))
    (path,) = (shape.path for shape in drawn.shapes if shape.look == "main")
    heights = [y for _, y in points(path)]
    assert len(heights) == len(values)
    by_value = [y for _, y in sorted(zip(values, heights, strict=True), key=lambda one: (one[0], -one[1]))]
    assert all(a >= b - 0.001 for a, b in pairwise(by_value))


@given(st.lists(WHOLE, min_size=1, max_size=30).map(tuple))
def test_a_scale_has_two_to_five_round_numbers_equally_far_apart(values: tuple[int, ...]) -> None:
    drawn = small(
        "c", "t", "", [str(at) for at in range(len(values))], [Line("x", values)], number=str, period=str
    )  # fmt: skip
    ticks = [int(text.words) for text in drawn.scale]
    (step,) = {b - a for a, b in pairwise(ticks)}
    assert 2 <= len(ticks) <= 5
    assert str(step).rstrip("0") in ("1", "2", "5")
    assert all(tick % step == 0 for tick in ticks)
