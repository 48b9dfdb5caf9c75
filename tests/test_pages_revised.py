"""Revisions on the report's page: what this delivery revises, the triangle, the revisions by age, the largest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
from draft_support import INDICATORS, MONTH, PARTS, TOTAL, draft, identity, observations, sent_before, value
from lxml import html

from pipeline.facts import load
from pipeline.pages import revised
from pipeline.pages.draft import Draft, Observation
from pipeline.pages.html import templates
from pipeline.vintages import Vintages

BEFORE = ("2024-02", "2024-03", "2024-04", "2024-05")


def part(of: Draft) -> html.HtmlElement:
    text = templates().get_template("report/revised.html").render(revised=revised.view(of))
    return html.fragment_fromstring(text.strip())


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def rows(page: html.HtmlElement, label: str) -> list[list[str]]:
    (table,) = page.xpath(f'.//div[@role="region"][@aria-label="{label}"]/table')
    return [[words(cell) for cell in row] for row in table.xpath("./tbody/tr")]


def sentences(page: html.HtmlElement, place: int = 0) -> list[str]:
    return [words(one) for one in page.find_class("revised")[place].xpath("./p")]


def history(said: Mapping[str, Mapping[tuple[str, str], int | None]], status: str = "A") -> Vintages:
    """Deliveries by their months: what each said otherwise than this one, by aggregate and month, of births."""
    found = Vintages()
    for published, other in said.items():
        values: dict[Any, Any] = {
            one: (int(it.value), status) for one, it in observations().items() if one.period <= published
        }
        values |= {identity("births", *cell): (number, status) for cell, number in other.items()}
        found = found.then(published, [one.id for one in INDICATORS], values)
    return found


def cells(month: str, *values: int, aggregate: str = "A1") -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Input cells of births in a month, each of an activity of its own, and their factors."""
    cell = {"indicator": "births", "area": "XX", "kind": "total", "classification": "NACE"}
    counts = [
        cell
        | {"activity": f"{place:02}", "period": month, "value": str(number), "state": "number"}
        | {"file": "in.xlsx", "sheet": "s", "cell": f"C{place}"}
        for place, number in enumerate(values, 1)
    ]
    factors = [
        cell | {"activity": one["activity"], "target": "aggregate", "aggregate": aggregate, "factor": factor}
        for one, factor in zip(counts, ["-1", *["1"] * len(counts)], strict=False)
    ]
    return counts, factors


# --- against the last delivery ------------------------------------------------------------------------------------


def test_without_a_history_there_is_nothing_to_compare_with() -> None:
    assert words(part(draft())) == "Revisions Nothing was sent for an earlier month: there is nothing to compare with."


def test_an_indicator_that_was_never_sent_says_so_beside_one_that_was() -> None:
    said = {one: (int(it.value), it.status) for one, it in observations().items() if one.indicator == "deaths"}
    page = part(draft(vintages=Vintages().then("2024-05", ["deaths"], said)))
    assert sentences(page) == [
        "Nothing of this indicator was sent for an earlier month: there is nothing to compare with."
    ]
    assert sentences(page, 1)[0].startswith("None of the 120 values of the delivery of May 2024 is revised.")


def test_a_sentence_says_how_many_values_are_revised_and_the_largest() -> None:
    before = history({"2024-05": {("A1", "2024-04"): 1000, ("T", "2024-04"): 6057, ("B2", "2023-01"): 2013}})
    page = part(draft(vintages=before))
    assert (value("births", "A1", "2024-04"), value("births", "T", "2024-04")) == (1027, 6081)
    assert sentences(page)[0] == (
        "Against the delivery of May 2024, 3 of 116 values are revised (2.6 %); "
        "the total most in April 2024: 6,057 → 6,081 (+24, +0.4 %); "
        "of its parts most Farms (A1) in April 2024: 1,000 → 1,027 (+27, +2.7 %)."
    )
    assert sentences(page, 1)[0] == "None of the 116 values of the delivery of May 2024 is revised."


def test_a_single_revision_is_told_as_one() -> None:
    page = part(draft(vintages=history({"2024-05": {("B2", "2023-01"): 2013}})))
    assert sentences(page)[0] == (
        "Against the delivery of May 2024, 1 of 116 values is revised (0.9 %); "
        "of its parts most Mines (B2) in January 2023: 2,013 → 2,012 (−1, −0.05 %)."
    )


def test_observations_that_appear_or_vanish_are_counted_in_words() -> None:
    before = history({"2024-05": {("A1", "2024-04"): None, ("Z9", "2024-03"): 5, ("Z9", "2024-05"): 5}})
    now = observations()
    now[identity("births", "B2", "2022-01")] = Observation("", "A", "F", "", "k")
    page = part(draft(vintages=before, observations=now))
    assert sentences(page)[0] == "None of the 114 values of the delivery of May 2024 is revised."
    assert sentences(page)[1] == (
        "4 observations are new (June 2024); 2 observations are gone (May 2024, March 2024); "
        "1 observation had no value and has one now (April 2024); "
        "1 observation had a value and has none now (January 2022). No status changed."
    )


def test_statuses_that_changed_are_counted_with_their_names() -> None:
    before = history({"2024-05": {}}, status="P")
    now = observations()
    now[identity("births", "B2", "2022-01")] = Observation("2000", "", "F", "", "k")
    assert sentences(part(draft(vintages=before, observations=now)))[1] == (
        "4 observations are new (June 2024). "
        "Statuses changed: 115 from Provisional value (P) to Normal value (A); 1 from Provisional value (P) to none."
    )


# --- the largest --------------------------------------------------------------------------------------------------

LARGEST = "Largest revisions: Births of enterprises (births)"


def test_the_largest_ten_are_in_the_order_of_their_size_without_the_total() -> None:
    other = {
        ("A1", f"2023-{month:02}"): value("births", "A1", f"2023-{month:02}") - 10 * month for month in range(1, 13)
    }
    other |= {("T", month): value("births", "T", month) - 500 for _, month in list(other)}
    found = rows(part(draft(vintages=history({"2024-05": other}))), LARGEST)[::2]
    assert [row[:2] for row in found] == [["Farms (A1)", f"{name} 2023"] for name in (
        "December", "November", "October", "September", "August", "July", "June", "May", "April", "March",
    )]  # fmt: skip
    assert found[0][2:] == ["903", "1,023", "+120", "+13.3 %", "6 months"]


def test_the_total_is_listed_where_none_of_its_parts_is_revised() -> None:
    other = {("T", "2023-01"): 6000, ("T", "2023-02"): 6000, ("A1", "2023-02"): 1000}
    found = rows(part(draft(vintages=history({"2024-05": other}))), LARGEST)[::2]
    assert [row[:2] for row in found] == [["All activities (T)", "January 2023"], ["Farms (A1)", "February 2023"]]


def test_a_revision_from_0_has_no_percentage() -> None:
    found = rows(part(draft(vintages=history({"2024-05": {("A1", "2024-04"): 0}}))), LARGEST)
    assert found[0][2:6] == ["0", "1,027", "+1,027", "from 0"]


def test_the_cells_behind_a_revised_value_are_listed_the_largest_first() -> None:
    counts, factors = cells("2024-04", 300, 20, 5, 1000, 1, 301)
    of = draft(
        vintages=history({"2024-05": {("A1", "2024-04"): 1000}}),
        counts=counts,
        factors=factors,
        traced=("2024-04", MONTH),
    )
    page = part(of)
    (behind,) = page.xpath('.//tr[@class="behind"]/td/details')
    assert words(behind.find("summary")) == "6 cells behind 1,027 (Farms (A1), April 2024)"
    assert [words(one) for one in behind.xpath("./ul/li")] == [
        "+1 × 1,000: activity 04, area XX, total in.xlsx s!C4",
        "+1 × 301: activity 06, area XX, total in.xlsx s!C6",
        "−1 × 300: activity 01, area XX, total in.xlsx s!C1",
        "+1 × 20: activity 02, area XX, total in.xlsx s!C2",
        "+1 × 5: activity 03, area XX, total in.xlsx s!C3",
    ]
    assert behind.xpath(".//a/@href") == ["#provenance"]


def test_cells_of_a_month_that_the_page_does_not_hold_are_asked_for_with_a_command() -> None:
    before = history({"2024-05": {("A1", "2024-04"): 1000}})
    assert rows(part(draft(vintages=before)), LARGEST)[1] == [
        "The cells behind 1,027: ebs trace DELIVERY M.XX.N.births.A1:2024-04"
    ]


def test_a_file_whose_name_is_html_is_shown_as_text() -> None:
    counts, factors = cells("2024-04", 5)
    counts[0]["file"] = "<img src=x>\u202e.csv"
    before = history({"2024-05": {("A1", "2024-04"): 1000}})
    page = part(draft(vintages=before, counts=counts, factors=factors, traced=("2024-04", MONTH)))
    assert "<img src=x>\\u202e.csv s!C1" in words(page)
    assert not page.xpath(".//img")


# --- the triangle -------------------------------------------------------------------------------------------------

TRIANGLE = "Revision triangle: Births of enterprises (births), All activities (T)"


def test_the_triangle_shows_every_publication_of_the_newest_months() -> None:
    first, then = {("T", "2024-03"): 6000}, {("T", "2024-03"): 6060, ("T", "2024-04"): 6084}
    page = part(draft(vintages=history({"2024-03": first, "2024-04": then, "2024-05": {("T", "2024-05"): None}})))
    assert rows(page, TRIANGLE) == [
        ["March 2024", "6,000", "6,060 +1.0 %", "6,078 +0.3 %", "6,078", "+1.3 %"],
        ["April 2024", "6,084", "6,081 −0.05 %", "", "6,081", "−0.05 %"],
        ["May 2024", "–", "", "", "6,084", "–"],
        ["June 2024", "", "", "", "6,087", ""],
    ]
    (head,) = page.xpath(f'.//div[@aria-label="{TRIANGLE}"]/table/thead/tr')
    assert [words(one) for one in head] == ["Month", "1st", "2nd", "3rd", "this delivery", "since the 1st"]
    others = page.xpath('.//details[@class="rest"]//table/caption/text()')
    assert others[: len(PARTS)] == ["Farms (A1)", "Mines (B2)", "Works (C3)"]


def test_a_month_that_never_had_a_value_has_no_change_since_the_first() -> None:
    now = observations()
    now[identity("births", "T", "2024-04")] = Observation("", "M", "F", "", "k")
    nothing = {("T", "2024-04"): None}
    page = part(draft(vintages=history({"2024-04": nothing, "2024-05": nothing}), observations=now))
    assert rows(page, TRIANGLE)[0] == ["April 2024", "–", "–", "–", "–"]


def test_of_many_publications_the_first_are_shown_and_now() -> None:
    months = [f"2023-{month:02}" for month in range(3, 13)] + ["2024-01", *BEFORE]
    found = history({at: {("T", "2023-06"): 6000 + place} for place, at in enumerate(months) if at >= "2023-06"})
    page = part(draft(vintages=found))
    triangle = {row[0]: row[1:] for row in rows(page, TRIANGLE)}
    assert len(triangle) == 13
    june = triangle["June 2023"]
    assert june[0] == "6,003"
    assert [cell.split()[0] for cell in june[:6]] == ["6,003", "6,004", "6,005", "6,006", "6,007", "6,008"]
    assert june[6].split()[0] == "6,051"
    assert june[7] == "+0.8 %"
    assert "the first 6 publications" in words(page)


def test_months_that_were_never_sent_have_no_triangle() -> None:
    """What was sent is older than the newest months: their first publication is this one."""
    page = part(draft(vintages=history({"2022-12": {}})))
    assert "No publication of the newest months is known" in words(page)
    assert not page.find_class("triangle")


# --- by age -------------------------------------------------------------------------------------------------------


def test_revisions_by_age_are_the_means_of_what_was_published() -> None:
    said: dict[str, dict[tuple[str, str], int | None]] = {
        "2024-03": {("A1", "2024-03"): 1000, ("B2", "2024-03"): 2100},
        "2024-04": {("A1", "2024-03"): 1010, ("A1", "2024-04"): 1020},
        "2024-05": {("A1", "2024-04"): 1020, ("A1", "2024-05"): 1030},
    }
    page = part(draft(vintages=history(said)))
    found = {row[0]: row[1:] for row in rows(page, "Revisions by age: Births of enterprises (births)")}
    one_month = [100 * 10 / 1000, 100 * (2026 - 2100) / 2100, 0, 0, 100 * (1028 - 1030) / 1030, *[0] * 7]
    assert found["1"] == [
        "12",
        "3",
        f"−{abs(fmean(one_month)):.1f} %",
        f"{fmean(map(abs, one_month)):.1f} %",
        "8 %",
    ]
    two_months = [100 * (1026 - 1010) / 1010, 100 * (1027 - 1020) / 1020, *[0] * 10]
    assert found["2"] == ["12", "2", f"+{fmean(two_months):.1f} %", f"{fmean(two_months):.1f} %", "17 %"]
    assert found["3"] == ["12", "0", "0 %", "0 %", "0 %"]
    assert list(found)[-1] == "over 12"


def test_the_bars_have_the_same_figures_as_the_table() -> None:
    page = part(draft(vintages=sent_before(*BEFORE, **{"births_A1_2024-04": 27})))
    (figure, *_) = page.xpath(".//figure")
    ages = rows(page, "Revisions by age: Births of enterprises (births)")
    drawn = [[words(cell) for cell in row] for row in figure.xpath(".//tbody/tr")]
    assert [row[0] for row in drawn] == [row[0] for row in ages]
    assert [f"{row[1]} %" for row in drawn] == [row[4] for row in ages]


# --- the form -----------------------------------------------------------------------------------------------------


def test_every_table_has_a_caption_scopes_and_a_region_of_its_own() -> None:
    page = part(draft(vintages=sent_before(*BEFORE, **{"births_A1_2024-04": 27, "deaths_B2_2023-04": 3})))
    assert page.get("aria-labelledby") == page.find("h2").get("id")
    assert len(page.xpath(".//table")) == len(page.xpath('.//div[@role="region"][@tabindex="0"]/table[caption]'))
    labels = page.xpath('.//div[@role="region"]/@aria-label')
    assert len(labels) == len(set(labels))
    assert not page.xpath(".//th[not(@scope)]")
    ids: Sequence[str] = page.xpath("..//@id")
    assert len(ids) == len(set(ids))
    assert not page.xpath(".//@style")
    levels = [int(one.tag[1]) for one in page.xpath(".//h2 | .//h3 | .//h4")]
    assert levels[0] == 2
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_numbers_are_written_as_the_language_writes_them() -> None:
    french = load().languages["fr"]
    page = part(draft(language=french, vintages=sent_before("2024-05", **{"births_A1_2024-04": 27})))
    assert f"1{french.thousands}000 → 1{french.thousands}027" in "".join(page.itertext())
    assert "avril 2024" in sentences(page)[0]
    assert "+2,7 %" in sentences(page)[0]


@pytest.mark.parametrize("gone", [TOTAL.id, PARTS[0].id])
def test_an_aggregate_that_the_delivery_no_longer_has_is_no_fault_of_the_page(gone: str) -> None:
    there = {one: it for one, it in observations().items() if one.aggregate != gone}
    page = part(replace(draft(vintages=sent_before("2024-04", "2024-05")), observations=there))
    assert "29 observations are gone (May 2024, April 2024, March 2024, 26 more)" in sentences(page)[1]
