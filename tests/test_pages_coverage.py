"""Coverage on the report's page: how each month of each aggregate stands, and where every unit of the input went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from draft_support import MONTH, MONTHS, PARTS, TOTAL, draft, identity, manifest, observations, sent_before
from lxml import html

from pipeline.facts import load
from pipeline.pages import coverage
from pipeline.pages.draft import Draft, Named, Observation
from pipeline.pages.html import templates

AGGREGATES = (*PARTS, TOTAL)
STATUSES = {"A": "Normal value", "P": "Provisional value", "M": "Missing value", "B": "Break"}


def part(of: Draft) -> html.HtmlElement:
    text = templates().get_template("report/coverage.html").render(coverage=coverage.view(of))
    return html.fragment_fromstring(text.strip())


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def table(of: html.HtmlElement, label: str) -> html.HtmlElement:
    (found,) = of.xpath(f'.//div[@role="region"][@aria-label="{label}"]/table')
    return found


def changed(changes: Mapping[tuple[str, str], Observation | None], indicator: str = "births") -> Draft:
    """The delivery with other observations of an indicator, by aggregate and month; None where there is none."""
    said: dict[Any, Any] = {
        **observations(),
        **{identity(indicator, aggregate, month): one for (aggregate, month), one in changes.items()},
    }
    return draft(observations={one: it for one, it in said.items() if it is not None}, statuses=STATUSES)


def said(
    of: html.HtmlElement, label: str = "Coverage by month: Births of enterprises (births)"
) -> dict[str, list[str]]:
    """Aggregate → what a reader who does not see the table is told of each of its months."""
    rows = table(of, label).xpath("./tbody/tr")
    return {words(row.find("th")): row.xpath("./td/i/@aria-label") for row in rows}


def legend(of: html.HtmlElement, place: int = 0) -> dict[str, str]:
    lists = of.xpath('.//ul[@class="legend"]')
    return {" ".join(one.xpath("./text()")).strip(): words(one.find("span[@class='number']")) for one in lists[place]}


# --- month by month -----------------------------------------------------------------------------------------------


def test_a_whole_delivery_is_told_in_a_sentence_and_the_older_months_are_folded() -> None:
    page = part(draft())
    first = page.find_class("coverage")[0]
    assert words(first.find("p")) == "120 values: every aggregate in every month from January 2022 to June 2024."
    assert "No value is confidential: the status of each is F." in words(first)
    (older,) = first.xpath("./details")
    assert "open" not in older.attrib
    assert words(older.find("summary")).startswith("The months before July 2022, year by year: every one has a value")


def test_the_newest_two_years_stand_month_by_month_below_their_years() -> None:
    months = table(part(draft()), "Coverage by month: Births of enterprises (births)")
    years, heads = months.xpath("./thead/tr")
    spans = [(words(one), one.get("colspan")) for one in years.xpath('./th[@scope="colgroup"]')]
    assert spans == [("2022", "6"), ("2023", "12"), ("2024", "6")]
    assert words(heads[0]) == "7 July 2022"
    assert words(heads[-1]) == "6 June 2024"
    assert len(heads) == 24
    assert {len(row.xpath("./td")) for row in months.xpath("./tbody/tr")} == {24}


def test_aggregates_are_named_with_their_id_and_the_total_comes_last() -> None:
    names = list(said(part(draft())))
    assert names == ["Farms (A1)", "Mines (B2)", "Works (C3)", "All activities (T)"]


def test_every_cell_says_in_words_how_it_stands_and_the_legend_counts_them() -> None:
    one = Observation("5", "B", "F", "", "k")
    page = part(
        changed(
            {
                ("A1", "2024-06"): Observation("", "M", "F", "not computed: no number", "k"),
                ("A1", "2024-05"): None,
                ("B2", "2024-01"): one,
                ("C3", "2024-02"): one._replace(status="A", confidentiality="C"),
                ("C3", "2024-03"): one._replace(status=""),
            }
        )
    )
    told = said(page)
    assert told["Farms (A1)"][-2:] == ["not delivered", "without a value, not computed: no number"]
    assert told["Mines (B2)"][-6:] == ["Break (B)", *["Normal value (A)"] * 4, "Provisional value (P)"]
    assert told["Works (C3)"][-5:-3] == ["Normal value (A), confidentiality C", "without a status"]
    assert legend(page) == {
        "Normal value (A)": "113",
        "Provisional value (P)": "3",
        "Break (B)": "1",
        "not delivered": "1",
        "without a value": "1",
        "without a status": "1",
        "confidential: status C, of the others F": "1",
    }
    assert "118 of 120 months of aggregates have a value" in words(page.find_class("coverage")[0])


def test_no_state_is_told_by_its_colour_alone() -> None:
    """Cells that stand otherwise have another sign."""
    page = part(changed({("A1", "2024-05"): None, ("B2", "2024-05"): Observation("", "M", "", "", "k")}))
    cells = table(page, "Coverage by month: Births of enterprises (births)").xpath("./tbody/tr/td")
    signs = {(cell.get("class"), cell.find("i").text) for cell in cells}
    assert len(signs) == len({look for look, _ in signs}) == len({sign for _, sign in signs}) == 4


def test_months_without_a_value_are_listed_with_their_reason() -> None:
    nothing = Observation("", "M", "F", "not computed: <b>late</b>\u202e", "k")
    page = part(
        changed(
            {
                **{("A1", month): nothing for month in MONTHS[-5:]},
                **{("B2", month): nothing._replace(comment="") for month in MONTHS[-2:]},
                ("C3", MONTH): None,
            }
        )
    )
    assert [words(one) for one in page.xpath('.//div[@class="note"]/ul/li')] == [
        "Farms (A1), 5 months from February 2024 to June 2024: not computed: <b>late</b>\\u202e",
        "Mines (B2), May 2024 and June 2024: Missing value (M)",
        "Works (C3), June 2024: not delivered",
    ]
    assert not page.xpath(".//div[@class='note']//b")


def test_many_reasons_are_counted() -> None:
    reasons = {("A1", month): Observation("", "M", "F", f"why {month}", "k") for month in MONTHS[:15]}
    listed = [words(one) for one in part(changed(reasons)).xpath('.//div[@class="note"]/ul/li')]
    assert len(listed) == 13
    assert listed[-1] == "3 more reasons"


def test_what_was_revised_since_the_last_delivery_is_marked() -> None:
    page = part(draft(vintages=sent_before("2024-04", "2024-05", **{"births_A1_2024-04": 7, "births_B2_2022-02": 1})))
    told = said(page)
    assert told["Farms (A1)"][-3] == "Normal value (A), revised since the delivery of May 2024"
    assert legend(page)["revised since the delivery of May 2024"] == "2"
    assert "revised since the delivery of May 2024" not in legend(page, 1)
    older = table(page, "Coverage by year: Births of enterprises (births)")
    assert [words(one) for one in older.xpath("./tbody/tr/td")] == ["6 of 6", "6 of 6 ▲1", "6 of 6", "6 of 6"]
    assert older.xpath("./tbody/tr/td/small/@aria-label") == ["1 revised"]
    assert not older.xpath("ancestor::details")
    assert len(page.xpath(".//details")) == 1  # that of the other indicator


def test_a_value_that_came_or_went_is_no_revision() -> None:
    before = sent_before("2024-05")
    came, went = identity("births", "A1", "2024-04"), identity("births", "B2", "2024-04")
    values = {**before.values, came: (before.values[came][0]._replace(value=None),)}
    now = {**observations(), went: Observation("", "M", "F", "", "k")}
    page = part(draft(vintages=replace(before, values=values), observations=now))
    assert said(page)["Farms (A1)"][-3] == "Normal value (A)"
    assert said(page)["Mines (B2)"][-3] == "without a value, Missing value (M)"
    assert not [means for means in legend(page) if "revised" in means]


def test_values_without_a_confidentiality_status_are_not_called_free() -> None:
    without = {one: it._replace(confidentiality="") for one, it in observations().items()}
    assert "confidential" not in words(part(draft(observations=without)))


def test_an_older_year_counts_its_months_and_its_flags() -> None:
    broken = Observation("5", "B", "F", "", "k")
    page = part(changed({("A1", "2022-03"): None, ("A1", "2022-04"): broken, ("C3", "2022-04"): broken}))
    older = table(page, "Coverage by year: Births of enterprises (births)")
    cells = [(one.get("class"), words(one)) for one in older.xpath("./tbody/tr/td")]
    assert cells == [("partly", "5 of 6 B1"), ("there", "6 of 6"), ("there", "6 of 6 B1"), ("there", "6 of 6")]


def test_a_month_that_no_aggregate_has_is_a_column_all_the_same() -> None:
    page = part(changed({(one.id, "2024-02"): None for one in AGGREGATES}))
    assert {cells[-5] for cells in said(page).values()} == {"not delivered"}
    assert {len(cells) for cells in said(page).values()} == {24}


def test_an_indicator_without_any_observation_says_so() -> None:
    page = part(draft(observations={one: it for one, it in observations().items() if one.indicator == "deaths"}))
    first, second = page.find_class("coverage")
    assert words(first) == "Births of enterprises (births) The delivery has no observation of this indicator."
    assert "120 values" in words(second)


def test_one_month_of_data_is_one_column() -> None:
    page = part(draft(observations={one: it for one, it in observations().items() if one.period == MONTH}))
    assert said(page) == {one.title: ["Provisional value (P)"] for one in AGGREGATES}
    assert not page.xpath(".//details")


def test_an_indicator_whose_name_is_html_is_shown_as_text() -> None:
    page = part(draft(indicators=(Named("births", '<script>"&'),)))
    assert words(page.find_class("coverage")[0].find("h3")) == '<script>"& (births)'
    assert not page.xpath(".//script")


# --- the balance --------------------------------------------------------------------------------------------------


def balanced(**units: int) -> html.HtmlElement:
    document = {name.replace("_", " "): number for name, number in units.items()}
    return part(draft(manifest=manifest(balance={"births": document})))


def rows(page: html.HtmlElement, body: str = "tbody") -> list[list[str]]:
    return [
        [words(cell) for cell in row]
        for row in table(page, "Balance of Births of enterprises (births)").xpath(f"./{body}/tr")
    ]


def test_the_parts_that_are_not_zero_are_shown_with_what_they_are() -> None:
    page = balanced(read=20_000, sent=15_000, out_of_scope=4_999, unknown=1, control_rows=0)
    assert rows(page) == [
        ["sent", "15,000", "75.0 %", "in the total of a month that has a value"],
        ["out of scope", "4,999", "25.0 %", coverage.PARTS["out of scope"]],
        ["unknown ✕ error", "1", "< 0.1 %", "of an activity, area or kind that is declared nowhere: an error"],
    ]
    assert rows(page, "tfoot") == [["together", "20,000", "", "✓ all that was read"]]
    assert words(table(page, "Balance of Births of enterprises (births)").find("caption")) == "20,000 units were read"


@pytest.mark.parametrize(("sent", "told"), [(98, "✕ 2 units missing"), (101, "✕ 1 unit too many")])
def test_a_balance_that_does_not_hold_says_by_how_much(sent: int, told: str) -> None:
    assert rows(balanced(read=100, sent=sent), "tfoot")[0][-1] == told


def test_the_bar_is_as_wide_as_its_parts() -> None:
    page = balanced(read=1000, sent=600, out_of_scope=399, unknown=1)
    bars = page.xpath('.//svg[@role="img"]/rect')
    widths = [float(one.get("width").rstrip("%")) for one in bars]
    starts = [float(one.get("x").rstrip("%")) for one in bars]
    assert sum(widths) == pytest.approx(100, abs=0.02)
    assert widths[0] == pytest.approx(60, abs=0.5)
    assert widths[2] > 0.3  # it can be seen
    assert starts == pytest.approx([0, widths[0], widths[0] + widths[1]], abs=0.02)
    assert page.xpath('.//svg[@role="img"]//text/text()') == ["sent", "out of scope"]
    (title,) = page.xpath('.//svg[@role="img"]/title/text()')
    assert title == "Births of enterprises (births): sent 60.0 %, out of scope 39.9 %, unknown 0.1 %"


def test_an_input_without_units_has_no_bar() -> None:
    page = balanced(read=0, sent=0)
    assert "0 units were read." in words(page)
    assert not page.xpath(".//svg")


def test_a_negative_part_has_no_bar_but_a_row() -> None:
    page = balanced(read=100, sent=110, withheld=-10)
    assert not page.xpath(".//svg")
    assert [row[:3] for row in rows(page)] == [["sent", "110", "110.0 %"], ["withheld", "−10", "−10.0 %"]]


def test_cells_that_go_nowhere_are_linked_where_they_are_kept() -> None:
    assert not part(draft()).xpath(".//a")
    files = {**manifest()["files"], "unmapped.csv": "f" * 64}
    page = part(draft(folder="2024-06_01/", manifest=manifest(files=files)))
    assert page.xpath(".//a/@href") == ["2024-06_01/unmapped.csv"]


# --- the form -----------------------------------------------------------------------------------------------------


def test_every_table_has_a_caption_scopes_and_a_region_of_its_own() -> None:
    page = part(draft())
    assert page.get("aria-labelledby") == page.find("h2").get("id")
    assert len(page.xpath(".//table")) == len(page.xpath('.//div[@role="region"][@tabindex="0"]/table[caption]')) == 6
    labels = page.xpath('.//div[@role="region"]/@aria-label')
    assert len(labels) == len(set(labels))
    assert not page.xpath(".//th[not(@scope)]")
    ids = page.xpath("..//@id")
    assert len(ids) == len(set(ids))
    assert not page.xpath(".//@style")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    french = load().languages["fr"]
    page = part(draft(language=french, manifest=manifest(balance={"births": {"read": 20_000, "sent": 20_000}})))
    assert f"20{french.thousands}000 units were read" in "".join(page.itertext())
    assert "100,0 %" in words(page)
    assert "janvier 2022" in words(page)
