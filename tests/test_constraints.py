"""What content constraints refuse: values, keys and periods, by SDMX 2.1 and 3.0."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.facts.constraints import (
    Constraint,
    CubeRegion,
    KeySet,
    MemberSelection,
    MemberValue,
    Refusal,
    TimeRange,
    refusals,
)
from pipeline.facts.structure import Code, CodeList, Dimension, Structure

#: T over B and F; F over F41 and F42; J alone
ACTIVITY = CodeList(
    "X",
    "CL_ACT",
    "1.0",
    {c: Code(c, parent=p) for c, p in (("T", ""), ("B", "T"), ("F", "T"), ("F41", "F"), ("F42", "F"), ("J", ""))},
)
FREQ = CodeList("X", "CL_FREQ", "1.0", {c: Code(c) for c in "AMQ"})
STRUCTURE = Structure(
    agency="X",
    id="S",
    version="1.0",
    dimensions=(
        Dimension(id="FREQ", position=1, codelist=FREQ, codelist_ref=FREQ.ref),
        Dimension(id="ACT", position=2, codelist=ACTIVITY, codelist_ref=ACTIVITY.ref),
        Dimension(id="AREA", position=3),
    ),
    time=Dimension(id="TIME_PERIOD", position=4, kind="time"),
)


def member(component: str, *values: str | MemberValue, include: bool = True) -> MemberSelection:
    return MemberSelection(
        component, include, tuple(v if isinstance(v, MemberValue) else MemberValue(v) for v in values)
    )


def region(*members: MemberSelection, include: bool = True) -> CubeRegion:
    return CubeRegion(include, members)


def limit(*parts: CubeRegion | KeySet, kind: str = "allowed", **more: Any) -> Constraint:
    regions = tuple(part for part in parts if isinstance(part, CubeRegion))
    keys = tuple(part for part in parts if isinstance(part, KeySet))
    return Constraint("X:C(1.0)", kind, cube_regions=regions, key_sets=keys, **more)


def refused(constraint: Constraint, structure: Structure | None = STRUCTURE, **cells: str) -> list[str]:
    """``ACT=J`` for each refusal, or the words of a key."""
    found = refusals([constraint], cells, structure)
    return [f"{one.component}={one.value}" if one.component else one.value for one in found]


# --- regions ------------------------------------------------------------------------------------------------------


def test_a_value_that_is_not_included_is_refused_with_what_would_be_allowed() -> None:
    only = limit(region(member("FREQ", "M"), member("ACT", "B", "F")))
    assert refusals([only], {"FREQ": "M", "ACT": "F"}) == ()
    assert refusals([only], {"FREQ": "M", "ACT": "J"}) == (Refusal("X:C(1.0)", "ACT", "J", "value", ("B", "F")),)
    assert refused(only, FREQ="A", ACT="J") == ["FREQ=A", "ACT=J"]


def test_what_is_absent_is_not_judged() -> None:
    assert refused(limit(region(member("FREQ", "M"), member("ACT", "B"))), FREQ="M") == []
    assert refused(limit(region(member("FREQ", "M"))), ACT="J", AREA="FR") == []


@pytest.mark.parametrize("kind", ["actual", "attachment", ""])
def test_only_what_is_allowed_limits(kind: str) -> None:
    assert refused(limit(region(member("FREQ", "M")), kind=kind), FREQ="A") == []


def test_a_row_fits_one_of_several_regions_as_a_whole() -> None:
    months = region(member("FREQ", "M"), member("ACT", "B"), member("AREA", "FR"))
    years = region(member("FREQ", "A"), member("ACT", "F"), member("AREA", "FR"))
    both = limit(months, years)
    assert refused(both, FREQ="M", ACT="B", AREA="FR") == []
    assert refused(both, FREQ="A", ACT="F", AREA="FR") == []
    assert refused(both, FREQ="A", ACT="B", AREA="FR") == ["FREQ=A"]  # as near to the first as to the second
    assert refused(both, FREQ="A", ACT="J", AREA="FR") == ["ACT=J"]  # the nearest region is the second


def test_an_excluded_region_refuses_what_fits_all_of_it() -> None:
    without = limit(region(member("FREQ", "A"), member("ACT", "J"), include=False))
    assert refused(without, FREQ="A", ACT="J") == ["FREQ=A, ACT=J"]
    assert refused(without, FREQ="A", ACT="B") == []
    assert refused(without, FREQ="A") == []  # not known whether it fits
    (one,) = refusals([limit(region(member("ACT", "J"), include=False))], {"ACT": "J"}, STRUCTURE)
    assert (one.component, one.kind, one.allowed) == ("ACT", "value", ("T", "B", "F", "F41", "F42"))


def test_included_and_excluded_regions_together() -> None:
    both = limit(region(member("ACT", "B", "F")), region(member("ACT", "F"), member("AREA", "MC"), include=False))
    assert refused(both, ACT="F", AREA="FR") == []
    assert refused(both, ACT="F", AREA="MC") == ["ACT=F, AREA=MC"]
    assert refused(both, ACT="J", AREA="MC") == ["ACT=J"]


def test_a_selection_that_excludes() -> None:
    but = limit(region(member("ACT", "J", include=False)))
    assert refused(but, ACT="B") == []
    (one,) = refusals([but], {"ACT": "J"}, STRUCTURE)
    assert one.allowed == ("T", "B", "F", "F41", "F42")
    all_but = limit(region(member("ACT", "B", include=False), include=False))  # whatever is not B is excluded
    assert refused(all_but, ACT="B") == []
    assert refused(all_but, ACT="J") == ["ACT=J"]


def test_presence_and_absence() -> None:
    wanted, unwanted = limit(region(member("NOTE"))), limit(region(member("NOTE", include=False)))
    assert refused(wanted, NOTE="text") == refused(unwanted, NOTE="") == refused(wanted) == refused(unwanted) == []
    assert refused(wanted, NOTE="") == ["NOTE="]
    assert refused(unwanted, NOTE="text") == ["NOTE=text"]
    assert refused(limit(region(member("NOTE"), include=False)), NOTE="text") == ["NOTE=text"]
    assert refused(limit(region(member("NOTE", "a"))), NOTE="") == []  # without value: no value to judge


# --- cascading, wildcards -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cascade", "allowed"),
    [("false", ["F"]), ("true", ["F", "F41", "F42"]), ("excluderoot", ["F41", "F42"])],
)
def test_values_cascade_through_the_list(cascade: str, allowed: list[str]) -> None:
    below = limit(region(member("ACT", MemberValue("F", cascade))))
    assert [code for code in ACTIVITY.codes if not refused(below, ACT=code)] == allowed
    (one,) = refusals([below], {"ACT": "J"}, STRUCTURE)
    assert one.allowed == tuple(allowed)
    outside = limit(region(member("ACT", MemberValue("F", cascade), include=False)))
    assert [code for code in ACTIVITY.codes if refused(outside, ACT=code)] == allowed


def test_values_cascade_over_generations() -> None:
    assert refused(limit(region(member("ACT", MemberValue("T", "true")))), ACT="F41") == []


def test_cascading_without_a_list_is_not_judged() -> None:
    below = limit(region(member("ACT", MemberValue("F", "true"))))
    assert refused(below, None, ACT="F") == refused(below, None, ACT="J") == []
    part = replace(ACTIVITY, codes={"J": Code("J")}, partial=True)
    dimensions = (replace(STRUCTURE.dimensions[1], codelist=part),)
    assert refused(below, replace(STRUCTURE, dimensions=dimensions), ACT="F41") == []
    assert refused(below, replace(STRUCTURE, dimensions=dimensions), ACT="J") == ["ACT=J"]


def test_a_list_that_goes_in_circles_ends() -> None:
    circle = replace(ACTIVITY, codes={"A": Code("A", parent="B"), "B": Code("B", parent="A")})
    structure = replace(STRUCTURE, dimensions=(replace(STRUCTURE.dimensions[1], codelist=circle),))
    assert refused(limit(region(member("ACT", MemberValue("F", "true")))), structure, ACT="A") == ["ACT=A"]


def test_wildcards() -> None:
    some = limit(region(member("ACT", "F4%", "B")))
    assert [code for code in ACTIVITY.codes if not refused(some, ACT=code)] == ["B", "F41", "F42"]
    assert refused(limit(region(member("ACT", "%1"))), ACT="F41") == []
    assert refused(limit(region(member("ACT", "F.%"))), ACT="F41") == ["ACT=F41"]  # a dot is a dot
    below = limit(region(member("ACT", MemberValue("F%", "excluderoot"))))
    assert [code for code in ACTIVITY.codes if not refused(below, ACT=code)] == ["F41", "F42"]


# --- time ---------------------------------------------------------------------------------------------------------


def during(start: str = "", end: str = "", *, include: bool = True, inclusive: bool = True) -> Constraint:
    limits = TimeRange(start, end, inclusive, inclusive)
    return limit(region(MemberSelection("TIME_PERIOD", include, (), limits)))


@pytest.mark.parametrize(
    ("start", "end", "inclusive", "period", "fits"),
    [
        ("2012-01", "", True, "2012-01", True),
        ("2012-01", "", True, "2011-12", False),
        ("2012-01", "", False, "2012-01", False),
        ("2012-01", "", False, "2012-02", True),
        ("", "2024-05", True, "2024-05", True),
        ("", "2024-05", True, "2024-M06", False),
        ("", "2024-05", False, "2024-M05", False),
        ("", "2024-05", False, "2024-M04", True),
        ("2012", "2024", True, "2024-Q4", True),
        ("2012", "2024", True, "2025-Q1", False),
        ("2012-02", "", True, "2012", False),  # a year that begins before
        ("2012-01-01T00:00:00", "2024-12-31T23:59:59", True, "2024-12", True),
        ("2012-01-01T00:00:00", "2024-12-31T23:59:59", True, "2025", False),
        ("2012-01-01Z", "", True, "2011-12-31", False),
        ("2012", "", True, "2011-W51", False),
        ("2012", "", True, "2011/12", True),  # no period of SDMX is placed in the calendar: not judged
        ("2012/13", "", True, "2011-12", True),
        ("2012", "", True, "2024-02-30", True),
    ],
)
def test_ranges_of_time(start: str, end: str, inclusive: bool, period: str, fits: bool) -> None:
    assert refused(during(start, end, inclusive=inclusive), TIME_PERIOD=period) == (
        [] if fits else [f"TIME_PERIOD={period}"]
    )


def test_a_range_says_what_it_allows() -> None:
    (one,) = refusals([during("2012-01", "2024", inclusive=False)], {"TIME_PERIOD": "2011"})
    assert (one.kind, one.allowed) == ("period", ("after 2012-01", "before 2024"))
    assert refused(during("2020-03", "2020-05", include=False), TIME_PERIOD="2020-04") == ["TIME_PERIOD=2020-04"]
    assert refused(during("2020-03", "2020-05", include=False), TIME_PERIOD="2020-06") == []


def test_periods_by_value_in_both_spellings() -> None:
    two = limit(region(member("TIME_PERIOD", "2024-05", "2023")))
    assert refused(two, TIME_PERIOD="2024-M05") == refused(two, TIME_PERIOD="2023-A1") == []
    assert refused(two, TIME_PERIOD="2024-M06") == ["TIME_PERIOD=2024-M06"]


def test_the_reference_period() -> None:
    dated = limit(reference_start="2012-01-01T00:00:00", reference_end="2024-12-31T00:00:00")
    assert refused(dated, TIME_PERIOD="2012-01") == refused(dated, TIME_PERIOD="2024-12") == refused(dated) == []
    (one,) = refusals([dated], {"TIME_PERIOD": "2025-01"})
    assert one == Refusal(
        "X:C(1.0)", "TIME_PERIOD", "2025-01", "period", ("from 2012-01-01T00:00:00", "to 2024-12-31T00:00:00")
    )


# --- keys ---------------------------------------------------------------------------------------------------------


def test_the_key_is_among_those_included() -> None:
    keys = limit(KeySet(True, ({"FREQ": "M", "ACT": "B"}, {"FREQ": "A", "ACT": "F"}, {"AREA": "MC"})))
    assert refused(keys, FREQ="M", ACT="B", AREA="FR") == []
    assert refused(keys, FREQ="M", ACT="F", AREA="MC") == []  # a dimension that is not named takes every value
    (one,) = refusals([keys], {"FREQ": "M", "ACT": "F", "AREA": "FR", "OBS_STATUS": "A"})
    assert (one.component, one.kind, one.value) == ("", "key", "FREQ=M, ACT=F, AREA=FR")
    assert one.allowed == ("FREQ=M, ACT=B", "FREQ=A, ACT=F", "AREA=MC")
    assert refused(keys, FREQ="Q", ACT="B", AREA="FR") == ["FREQ=Q, ACT=B, AREA=FR"]
    assert refused(limit(KeySet(True, ({"FREQ": "M", "ACT": "B"},))), FREQ="Q") == ["FREQ=Q"]
    assert refused(limit(KeySet(True, ({"FREQ": "M", "ACT": "B"},))), ACT="B") == []


def test_a_key_that_is_excluded() -> None:
    keys = limit(KeySet(False, ({"FREQ": "M", "ACT": "B"}, {"AREA": "M%"})))
    assert refused(keys, FREQ="M", ACT="F", AREA="FR") == refused(keys, FREQ="M") == []
    assert refused(keys, FREQ="M", ACT="B", AREA="FR") == ["FREQ=M, ACT=B"]
    assert refused(keys, FREQ="M", ACT="F", AREA="MC") == ["AREA=MC"]


def test_keys_with_wildcards() -> None:
    keys = limit(KeySet(True, ({"ACT": "F%", "FREQ": "M"},)))
    assert refused(keys, ACT="F41", FREQ="M") == refused(keys, ACT="F41") == []
    assert refused(keys, ACT="B", FREQ="M") == ["ACT=B, FREQ=M"]


# --- several constraints, what is not known -----------------------------------------------------------------------


def test_every_constraint_must_allow() -> None:
    one, two = limit(region(member("FREQ", "M"))), limit(region(member("ACT", "B")))
    found = refusals([one, two], {"FREQ": "A", "ACT": "J"}, STRUCTURE)
    assert [refusal.component for refusal in found] == ["FREQ", "ACT"]
    assert refusals([], {"FREQ": "A"}) == ()


def test_an_exclusion_that_is_not_understood_refuses_nobody() -> None:
    parts = region(member("ACT", "J"), include=False), KeySet(False, ({"ACT": "J"},))
    assert refused(limit(*parts, unread=("Key/Component",)), ACT="J") == []
    assert refused(limit(*parts), ACT="J") == ["ACT=J", "ACT=J"]
    dated = limit(region(member("ACT", MemberValue("J", valid_to="2024"), MemberValue("B")), include=False))
    assert refused(dated, ACT="J") == []
    assert refused(dated, ACT="B") == ["ACT=B"]
    assert refused(limit(region(member("ACT", MemberValue("J", valid_to="2024")))), ACT="J") == []


def test_a_hundred_thousand_keys_are_judged_quickly() -> None:
    many = tuple(MemberValue(f"C{i}") for i in range(12_000))
    keys = KeySet(True, tuple({"FREQ": "M", "ACT": f"C{i}"} for i in range(12_000)))
    both = limit(CubeRegion(True, (MemberSelection("ACT", True, many), member("FREQ", "M"))), keys)
    start = time.perf_counter()
    assert not any(refusals([both], {"FREQ": "M", "ACT": f"C{i % 12_000}"}, STRUCTURE) for i in range(100_000))
    assert time.perf_counter() - start < 10  # a twentieth of that where nothing else runs


NAMES = st.sampled_from(["FREQ", "ACT", "AREA"])
VALUES = st.sampled_from(["A", "M", "B", "F", "F41", "J", "%", "F%"])
REGIONS = st.dictionaries(NAMES, st.lists(st.builds(MemberValue, VALUES), min_size=1, max_size=4), min_size=1)


@given(st.lists(REGIONS, min_size=1, max_size=3), st.data())
def test_a_row_made_of_one_regions_values_is_not_refused_by_it(
    regions: list[dict[str, list[MemberValue]]], data: st.DataObject
) -> None:
    constraint = limit(*(region(*(member(c, *values) for c, values in one.items())) for one in regions))
    chosen = data.draw(st.sampled_from(regions))
    row = {c: data.draw(st.sampled_from(values)).value.replace("%", "1") for c, values in chosen.items()}
    assert refusals([constraint], row, STRUCTURE) == ()
    excluded = limit(*(replace(one, include=False) for one in constraint.cube_regions))
    assert refusals([excluded], row, STRUCTURE)  # and whoever excludes the region refuses the row


@given(REGIONS, st.dictionaries(NAMES, VALUES), NAMES)
def test_a_part_of_a_row_is_refused_no_more_than_the_row(
    one: dict[str, list[MemberValue]], row: dict[str, str], name: str
) -> None:
    constraint = limit(region(*(member(c, *values) for c, values in one.items())))
    part = {c: v for c, v in row.items() if c != name}
    whole = {r.component for r in refusals([constraint], row, STRUCTURE)}
    assert {r.component for r in refusals([constraint], part, STRUCTURE)} <= whole
