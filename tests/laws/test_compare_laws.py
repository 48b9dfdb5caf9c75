"""Laws of history and comparison, against an opinion of our own: a plain dictionary of everything ever sent."""

from __future__ import annotations

import json
import math
import statistics as own
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from compare_support import Cell, Said, cell, write_delivery
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archive import history
from pipeline.compare import Change, Comparison, compare, document
from pipeline.pages import comparison as pages
from pipeline.revisions import statistics, triangle
from pipeline.tables import Identity
from pipeline.vintages import Vintages

MONTHS = [f"{2023 + at // 12}-{at % 12 + 1:02d}" for at in range(15)]
PERIODS = ["2021-06", "2022-01", "2022-12", *MONTHS]  # revisions of every age, above a year and below
INDICATORS = ("births", "deaths")
NUMBERS = st.integers(-3, 40)
SAID = st.tuples(st.one_of(NUMBERS, NUMBERS, NUMBERS, st.none()), st.sampled_from("AP"))

Sent = tuple[str, list[str], dict[Identity, tuple[int | None, str]]]  # month, indicators, what it said


def months_between(earlier: str, later: str) -> int:
    """Months from one to the other, by their digits."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


@st.composite
def deliveries(draw: st.DrawFn) -> list[Sent]:
    """Months in order, some skipped, some of one indicator alone; values that stay, change, go and come back."""
    found: list[Sent] = []
    for month in sorted(draw(st.sets(st.sampled_from(MONTHS), max_size=7))):
        indicators = sorted(draw(st.sets(st.sampled_from(INDICATORS), min_size=1)))
        cells = st.tuples(
            st.sampled_from(indicators), st.sampled_from("TF"), st.sampled_from([p for p in PERIODS if p <= month])
        )
        said = {
            Identity(indicator, "XX", "N", "M", aggregate, period, "count"): value
            for (indicator, aggregate, period), value in draw(st.dictionaries(cells, SAID, max_size=12)).items()
        }
        if found and draw(st.booleans()):  # most of what the delivery before said
            said = {i: v for i, v in found[-1][2].items() if i.indicator in indicators} | said
        found.append((month, indicators, said))
    return found


def versions(sent: Sequence[Sent], indicator: str) -> dict[str, dict[Identity, tuple[int | None, str]]]:
    """All that each delivery of an indicator said of it, whole: month → what it said."""
    return {
        month: {identity: said for identity, said in cells.items() if identity.indicator == indicator}
        for month, indicators, cells in sent
        if indicator in indicators
    }


def every(sent: Sequence[Sent]) -> list[Identity]:
    return sorted({identity for _, _, cells in sent for identity in cells})


# --- vintages -------------------------------------------------------------------------------------------------------


@given(deliveries(), st.sampled_from(PERIODS))
def test_what_was_known_is_what_the_last_delivery_before_said(sent: list[Sent], month: str) -> None:
    vintages = Vintages.of(sent)
    for identity in every(sent):
        before = [said for at, said in versions(sent, identity.indicator).items() if at <= month]
        expected = before[-1].get(identity) if before else None
        known = vintages.at(identity, month)
        assert (known and known[1:]) == expected


@given(deliveries())
def test_the_last_is_the_last_delivery_whole(sent: list[Sent]) -> None:
    vintages = Vintages.of(sent)
    for indicator in INDICATORS:
        whole = list(versions(sent, indicator).values())
        assert {i: v[1:] for i, v in vintages.last(indicator).items()} == (whole[-1] if whole else {})


@given(deliveries(), st.sampled_from(PERIODS), st.sampled_from(PERIODS))
def test_a_publication_is_its_place_among_the_months_sent(sent: list[Sent], period: str, month: str) -> None:
    vintages = Vintages.of(sent)
    for indicator in INDICATORS:
        months = list(versions(sent, indicator))
        since = [one for one in months if period <= one]
        known = months and months[0] <= period
        expected = sorted({*since, month}).index(month) + 1 if known and period <= month else None
        if period <= month:
            assert vintages.publication(indicator, period, month) == expected


def pairs(sent: Sequence[Sent], indicator: str) -> Iterator[tuple[Identity, str, int, int, int]]:
    """Every value that two deliveries in a row have: identity, month of the later, age, before, after."""
    whole = list(versions(sent, indicator).items())
    for (_, before), (month, after) in pairwise(whole):
        for identity, (value, _) in after.items():
            earlier = before.get(identity, (None, ""))[0]
            if value is not None and earlier is not None:
                yield identity, month, months_between(identity.period, month), earlier, value


@given(deliveries())
def test_revisions_are_between_deliveries_in_a_row(sent: list[Sent]) -> None:
    vintages = Vintages.of(sent)
    for indicator in INDICATORS:
        assert Counter(map(tuple, vintages.revisions(indicator))) == Counter(pairs(sent, indicator))


@given(deliveries())
def test_what_a_delivery_keeps_is_what_was_sent(sent: list[Sent]) -> None:
    vintages = Vintages.of(sent)
    used = [{"month": month, "indicators": indicators} for month, indicators, _ in sent]
    assert history.from_csv(history.to_csv(vintages), used) == vintages


@given(deliveries())
def test_one_more_delivery_is_all_of_them_at_once(sent: list[Sent]) -> None:
    if sent:
        *before, last = sent
        assert Vintages.of(before).then(*last) == Vintages.of(sent)


# --- statistics and triangle ----------------------------------------------------------------------------------------


@given(deliveries())
def test_statistics_are_those_of_the_statistics_module(sent: list[Sent]) -> None:
    vintages = Vintages.of(sent)
    for indicator in INDICATORS:
        for aggregate in (None, "T", "F"):
            by_age: dict[float, list[tuple[int, int]]] = {}
            for identity, _, age, before, after in pairs(sent, indicator):
                if aggregate in (None, identity.aggregate):
                    by_age.setdefault(age if age <= 12 else math.inf, []).append((before, after))
            found = statistics(vintages, indicator, aggregate)
            assert [math.inf if one.age is None else one.age for one in found] == sorted(by_age)
            for one, (_, those) in zip(found, sorted(by_age.items()), strict=True):
                sizes = [Fraction(after - before) for before, after in those]
                relative = [Fraction(100 * (after - before), abs(before)) for before, after in those if before]
                upward = sum(size > 0 for size in sizes)
                changed = sum(size != 0 for size in sizes)
                assert (one.n, one.changed, one.upward) == (len(sizes), changed, upward)
                assert one.relative_n == len(relative)
                figures = {
                    one.mean: own.mean(sizes),
                    one.mean_absolute: own.mean(map(abs, sizes)),
                    one.share_upward: Fraction(upward, len(sizes)),
                }
                assert all(got == pytest.approx(float(expected), abs=1e-9) for got, expected in figures.items())
                for got, numbers, figure in (
                    (one.deviation, sizes, own.stdev),
                    (one.deviation_relative, relative, own.stdev),
                    (one.mean_relative, relative, own.mean),
                    (one.mean_absolute_relative, [abs(number) for number in relative], own.mean),
                ):
                    if len(numbers) < (2 if figure is own.stdev else 1):
                        assert got is None
                    else:
                        assert got == pytest.approx(float(figure(numbers)), abs=1e-9)
                assert one.share_upward_of_changed == (pytest.approx(upward / changed) if changed else None)
                earlier = sum(abs(before) for before, _ in those)
                weighted = 100 * sum(map(abs, sizes)) / earlier if earlier else None
                assert one.relative_mean_absolute == (None if weighted is None else pytest.approx(float(weighted)))


@given(deliveries(), st.integers(1, 4))
def test_the_triangle_reads_the_publications_one_after_the_other(sent: list[Sent], most: int) -> None:
    vintages = Vintages.of(sent)
    for indicator in INDICATORS:
        whole = versions(sent, indicator)
        rows = triangle(vintages, indicator, "T", most)
        expected = [
            one
            for one in every(sent)
            if (one.indicator, one.aggregate) == (indicator, "T") and min(whole) <= one.period <= max(whole)
        ]
        assert [row.identity for row in rows] == expected
        for row in rows:
            months = [month for month in whole if row.identity.period <= month][:most]
            assert list(row.months) == months
            assert list(row.values) == [whole[month].get(row.identity, (None, ""))[0] for month in months]
            numbers = [vintages.publication(indicator, row.identity.period, month) for month in months]
            assert numbers == list(range(1, len(months) + 1))


# --- comparison -----------------------------------------------------------------------------------------------------

CELLS = st.builds(cell, st.sampled_from("TF"), st.sampled_from(PERIODS[:4]), st.sampled_from(INDICATORS)) | st.builds(
    cell, st.just("T"), st.sampled_from(PERIODS[:4]), measure=st.just("index_ratio")
)
TEXTS = st.tuples(st.one_of(st.integers(0, 99).map(str), st.just("")), st.sampled_from(["A", "P", ""]))
TABLES = st.dictionaries(CELLS, TEXTS, max_size=10)


def compared(*tables: dict[Cell, Said], of: Sequence[tuple[int, int]]) -> list[Comparison]:
    """Deliveries with these cells, month after month, compared in these pairs."""
    with tempfile.TemporaryDirectory() as work:
        folders = [
            write_delivery(Path(work) / str(at), f"2024-{at + 1:02d}", cells, indicators=INDICATORS)
            for at, cells in enumerate(tables)
        ]
        return [compare(folders[a], folders[b]) for a, b in of]


@given(TABLES)
@settings(max_examples=40)
def test_nothing_changed_against_itself(cells: dict[Cell, Said]) -> None:
    (found,) = compared(cells, of=[(0, 0)])
    assert found.changes == ()
    assert sum(found.both.values()) == len(cells)
    assert all(not group["revised"] and group["largest"] is None for group in document(found)["groups"])


def mirrored(change: Change, other: Change) -> bool:
    kinds = {"new": "gone", "gone": "new"}
    return (
        change.identity == other.identity
        and other.kind == kinds.get(change.kind, change.kind)
        and (change.before, change.after) == (other.after, other.before)
        and (change.status_before, change.status_after) == (other.status_after, other.status_before)
        and (change.difference is None) == (other.difference is None)
        and (change.difference or 0) == -(other.difference or 0)
    )


@given(TABLES, TABLES)
@settings(max_examples=60)
def test_there_and_back_are_mirror_images(one: dict[Cell, Said], other: dict[Cell, Said]) -> None:
    there, back = compared(one, other, of=[(0, 1), (1, 0)])
    assert len(there.changes) == len(back.changes)
    assert all(mirrored(a, b) for a, b in zip(there.changes, back.changes, strict=True))
    assert there.both == back.both
    a, b = document(there)["counts"], document(back)["counts"]
    assert (a["new"], a["gone"], a["revised"], a["statuses"]) == (b["gone"], b["new"], b["revised"], b["statuses"])
    assert {one.age - two.age for one, two in zip(there.changes, back.changes, strict=True)} <= {1}  # a month between


@given(TABLES, TABLES)
@settings(max_examples=60)
def test_every_cell_is_told_once_or_is_as_it_was(one: dict[Cell, Said], other: dict[Cell, Said]) -> None:
    (found,) = compared(one, other, of=[(0, 1)])
    told = {tuple(change.identity): change.kind for change in found.changes}
    assert len(told) == len(found.changes)
    for which in {*one, *other}:
        expected = (
            "new" if which not in one
            else "gone" if which not in other
            else "revised" if one[which][0] != other[which][0]
            else "status" if one[which][1] != other[which][1]
            else None
        )  # fmt: skip
        assert told.get(which) == expected


@given(st.lists(TABLES, min_size=3, max_size=4))
@settings(max_examples=40)
def test_revisions_along_a_chain_add_up(tables: list[dict[Cell, Said]]) -> None:
    last = len(tables) - 1
    *steps, whole = compared(*tables, of=[*((at, at + 1) for at in range(last)), (0, last)])
    always = [which for which in tables[0] if all(cells.get(which, ("",))[0] for cells in tables)]
    for which in always:
        along = [c.difference or 0 for step in steps for c in step.changes if tuple(c.identity) == which]
        at_once = [c.difference or 0 for c in whole.changes if tuple(c.identity) == which]
        assert sum(along) == sum(at_once) == int(tables[last][which][0]) - int(tables[0][which][0])


@given(TABLES, TABLES)
@settings(max_examples=40)
def test_it_can_always_be_told(one: dict[Cell, Said], other: dict[Cell, Said]) -> None:
    (found,) = compared(one, other, of=[(0, 1)])
    told = document(found)
    assert json.loads(json.dumps(told)) == told
    assert pages.table(told).count(b"\n") == 1 + len(found.changes)
    assert all(len(line) <= 100 for line in list(pages.lines(told))[1:])
