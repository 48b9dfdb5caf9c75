"""What the script of the pages does: it sorts, filters, looks values up, and unfolds what an address or a printer asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from draft_support import MONTH
from traced_support import TRACED, counts, traced

from browser.support import OpenPage, paper, printed, small, violations
from pipeline.pages import lookup
from pipeline.pages.html import render, templates

if TYPE_CHECKING:
    from playwright.sync_api import Page

FRAME = """{% extends "base.html" %}{% import "parts.html" as parts %}
{% block title %}T{% endblock %}{% block heading %}H{% endblock %}
{% block entries %}<ol><li><a href="#page.content">C</a></li></ol>{% endblock %}
{% block main %}<h2>Part</h2>{{ body | safe }}{% if lookup %}{% include "report/lookup.html" %}{% endif %}{% endblock %}"""

Made = Callable[..., "Page"]


@pytest.fixture
def made(tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A page of this body, with the script; ``lookup``: and with that part."""
    from jinja2 import ChoiceLoader, DictLoader

    ours = DictLoader({"script_test.html": FRAME})
    monkeypatch.setattr(templates(), "loader", ChoiceLoader([ours, templates().loader]))  # type: ignore[list-item]

    def one(body: str = "", lookup: lookup.Lookup | None = None, **window: object) -> Page:
        file = tmp_path / "page.html"
        styles = ("report_lookup.css",)
        text = render("script_test.html", styles=styles, script="page.js", body=body, lookup=lookup)
        file.write_text(text, encoding="utf-8")
        page = open_page(file, **window)
        page.set_default_timeout(5_000)
        return page

    return one


def table(rows: str, more: str = "") -> str:
    return f"""<table class="sortable" {more}><caption>Words</caption><thead><tr><th scope="col">Word</th>
<th scope="col" class="number">Much</th><th scope="col">When</th></tr></thead><tbody>{rows}</tbody></table>"""


ROWS = "".join(
    f'<tr><th scope="row">{word}</th><td class="number">{much}</td><td data-value="{when}">{said}</td></tr>'
    for word, much, when, said in (
        ("b10", "1,200", "2024-02", "February"),
        ("b9", "−3.5 %", "2024-01", "January"),
        ("a", "–", "2023-12", "December"),
        ("c", "+70", "2024-02", "February"),
        ("d", "", "2024-03", "March"),
    )
)


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"tbody tr:visible > :nth-child({place})").all_inner_texts()


# --------------------------------------------------------------------------------------------------------------- sorting


def test_a_table_is_sorted_as_numbers_as_text_and_by_what_stands_behind_the_text(made: Made) -> None:
    page = made(table(ROWS))
    page.get_by_role("button", name="Much").click()
    assert column(page, 2) == ["−3.5 %", "+70", "1,200", "–", ""]
    assert page.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Much").click()
    assert column(page, 2) == ["1,200", "+70", "−3.5 %", "–", ""], "what is empty stays last"
    assert page.locator("[aria-sort]").count() == 1
    page.get_by_role("button", name="Word").click()
    assert column(page, 1) == ["a", "b9", "b10", "c", "d"]
    assert page.locator("[aria-sort]").all_inner_texts()[0].startswith("Word")
    page.get_by_role("button", name="When").click()
    assert column(page, 3) == ["December", "January", "February", "February", "March"]
    assert column(page, 1)[2:4] == ["b10", "c"], "what is equal keeps its order"
    page.get_by_role("button", name="When").click()
    assert column(page, 1) == ["d", "b10", "c", "b9", "a"]


def test_numbers_are_read_as_the_page_writes_them(made: Made) -> None:
    rows = "".join(f"<tr><td>x</td><td>{much}</td><td>y</td></tr>" for much in ("1.000,5", "90", "1.000.000", "−2,25"))
    page = made(table(rows, 'data-thousands="." data-decimal=","'))
    page.get_by_role("button", name="Much").click()
    assert column(page, 2) == ["−2,25", "90", "1.000,5", "1.000.000"]
    narrow = made(table(rows.replace(".", "\u202f"), 'data-thousands="\u202f" data-decimal=","'))
    narrow.get_by_role("button", name="Much").click()
    assert column(narrow, 2) == ["−2,25", "90", "1\u202f000,5", "1\u202f000\u202f000"]


def test_sorting_is_told_and_works_with_the_keyboard(made: Made) -> None:
    page = made(table(ROWS))
    assert page.get_by_role("columnheader", name="Much").count() == 1
    page.get_by_role("button", name="Much").focus()
    page.keyboard.press("Enter")
    assert page.locator("[role=status]").last.text_content() == "Sorted by Much, ascending."
    assert violations(page) == []
    assert small(page, "button") == []


def test_a_table_is_not_touched_without_the_script_or_the_class(made: Made) -> None:
    assert made(table(ROWS), script=False).locator("thead button").count() == 0
    assert made(table(ROWS).replace("sortable", "other")).locator("thead button").count() == 0


# --------------------------------------------------------------------------------------------------------------- filter

RULES = '<div id="filter" hidden></div>' + "".join(
    f"""<section class="part"><h3>{part}</h3>{
        "".join(
            f'<section id="{id_}" data-rule="{id_}" data-severity="{severity}"><h4>{id_}</h4><p>{text}</p>'
            f'<details><summary>More of {id_}</summary><p id="{id_}-more">more</p></details></section>'
            for id_, severity, text in rules
        )
    }</section>"""
    for part, rules in (
        ("New", (("sum", "error", "The sum is wrong."), ("late", "warning", "Sent late."))),
        ("Remaining", (("total", "error", "The total is not the sum."), ("told", "information", "Told."))),
    )
)


def seen(page: Page) -> list[str]:
    return page.locator("[data-rule]:visible").evaluate_all("those => those.map(one => one.id)")


def test_findings_are_filtered_by_severity_and_by_words(made: Made) -> None:
    page = made(RULES)
    count = page.locator("#filter [role=status]")
    assert count.inner_text() == "4 of 4 rules shown"
    page.get_by_label("warning").uncheck()
    page.get_by_label("information").uncheck()
    assert seen(page) == ["sum", "total"]
    page.get_by_label("Find").fill("SUM  total")
    assert seen(page) == ["total"]
    assert count.inner_text() == "1 of 4 rules shown"
    assert page.locator("h3:visible").all_inner_texts() == ["Remaining"], "no heading stays without a rule"
    assert violations(page) == []
    assert small(page, "#filter :is(label, input[type=search])") == []


def test_a_link_to_a_rule_that_is_filtered_away_brings_it_back(made: Made) -> None:
    page = made(RULES + '<p><a href="#told-more">There</a></p>')
    page.get_by_label("Find").fill("nothing of the kind")
    assert seen(page) == []
    page.get_by_role("link", name="There").click()
    page.locator("#told-more").wait_for()
    assert len(seen(page)) == 4
    assert page.get_by_label("Find").input_value() == ""


def test_the_filter_is_printed_only_where_it_hides_something(made: Made) -> None:
    page = made(RULES)
    assert "rules shown" not in "".join(printed(paper(page)))
    page.get_by_label("error").uncheck()
    sheets = "".join(printed(paper(page)))
    assert "2 of 4 rules shown" in sheets
    assert "Find" not in sheets


def test_there_is_no_filter_without_the_script_or_for_one_rule(made: Made) -> None:
    assert not made(RULES, script=False).locator("#filter").is_visible()
    one = '<div id="filter" hidden></div><section data-rule="a" data-severity="error"><h3>a</h3></section>'
    assert not made(one).locator("#filter").is_visible()


# -------------------------------------------------------------------------------------------------------------- look-up


def look_up(made: Made, body: str = "", **more: object) -> Page:
    changes = {name: more.pop(name) for name in ("counts", "language", "observations") if name in more}
    return made(body, lookup.view(traced(**changes)), **more)


def choose(page: Page, *values: str) -> None:
    for name, value in zip(("Indicator", "Aggregate", "Month"), values, strict=True):
        page.get_by_role("combobox", name=name, exact=True).select_option(value)


def answer(page: Page) -> str:
    return page.locator("#looked-up [role=status]").inner_text()


def test_a_value_is_looked_up_with_all_its_cells(made: Made) -> None:
    page = look_up(made)
    assert not page.locator("#looked-up table").is_visible()
    choose(page, "births", "B2", TRACED[0])
    page.get_by_role("button", name="Show its cells").click()
    assert page.locator("#looked-up h4").inner_text() == "Births of enterprises (births), Mines (B2), March 2024"
    assert answer(page) == "Value 2,026, status Normal value (A). 8 cells add up to 2,026: they agree."
    rows = page.locator("#looked-up tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    mine = {
        (row["activity"], row["area"], "all", f"births.csv {row['cell']}", f"{int(row['value']):,}")
        for row in counts([TRACED[0]])
        if row["indicator"] == "births" and (row["activity"].startswith("2") or row["activity"] == "90")
    }
    assert {tuple(row[:5]) for row in rows} == mine
    assert rows[-1][4:] == ["5", "−1", "−5"], "the smallest last"
    assert page.locator("#looked-up code").inner_text() == "ebs trace DELIVERY M.XX.N.births.B2:2024-03"
    assert violations(page) == []
    assert small(page, "#look-up :is(button, select, input)") == []


def test_the_cells_looked_up_are_sorted_and_searched(made: Made) -> None:
    page = look_up(made)
    choose(page, "deaths", "T", MONTH)
    page.locator("#looked-up").get_by_role("button", name="Activity").click()
    found = page.locator("#looked-up tbody tr:visible > :first-child").all_inner_texts()
    assert found == sorted(found)
    assert len(found) == 22
    page.get_by_label("Find among its cells").fill("south Sheet")
    south = [row for row in counts([MONTH]) if row["indicator"] == "deaths" and row["area"] == "south"]
    total = f"{sum(int(row['value']) for row in south):,}"
    assert page.locator("#looked-up output").inner_text() == f"{len(south)} of 22 cells shown: {total}"
    choose(page, "deaths", "A1", MONTH)
    assert page.locator("#looked-up [aria-sort]").count() == 0
    assert page.locator("#looked-up output").inner_text() == ""


LINKS = """<p><a href="#provenance" data-look-up="deaths/C3/2024-04">One</a>
<a href="#provenance" data-look-up="births/A1/2022-01">Old</a>
<a href="#provenance" data-look-up="nobody/A1/2024-04">Unknown</a></p>"""


def test_a_link_leads_to_the_cells_of_a_value(made: Made) -> None:
    page = look_up(made, LINKS)
    page.get_by_role("link", name="One").click()
    assert page.evaluate("document.activeElement.id") == "looked-up"
    assert page.locator("#looked-up h4").inner_text() == "Deaths of enterprises (deaths), Works (C3), April 2024"
    assert answer(page).endswith("7 cells add up to 327: they agree.")
    assert page.get_by_role("combobox", name="Aggregate").input_value() == "C3"
    page.get_by_role("link", name="Old").click()
    assert answer(page) == "This page does not hold the cells of this month."
    assert page.locator("#looked-up code").inner_text() == "ebs trace DELIVERY M.XX.N.births.A1:2022-01"
    page.get_by_role("link", name="Unknown").click()
    assert answer(page) == "The delivery has no such value."
    page.go_back()
    page.go_back()
    assert answer(page).endswith("7 cells add up to 327: they agree.")
    choose(page, "births", "A1", MONTH)
    page.get_by_role("link", name="One").click()
    assert answer(page).endswith("7 cells add up to 327: they agree."), "a link to where one is already"
    page.reload()
    assert answer(page).endswith("7 cells add up to 327: they agree."), "an address that was kept"


def test_an_id_may_have_any_sign(made: Made) -> None:
    at = lookup.address("nobody", "A/1 +%2F&x=<b>", MONTH)
    page = look_up(made, f'<a href="#provenance" data-look-up="{at}">Odd</a>')
    page.get_by_role("link", name="Odd").click()
    assert page.locator("#looked-up h4").inner_text() == "nobody, A/1 +%2F&x=<b>, June 2024"


def test_a_link_leads_to_the_part_without_the_script(made: Made) -> None:
    page = look_up(made, LINKS, script=False)
    assert not page.locator("#look-up").is_visible()
    page.get_by_role("link", name="One").click()
    assert page.url.endswith("#provenance")


def test_cells_that_do_not_add_up_are_told(made: Made) -> None:
    rows = [{**row, "value": ""} if row["activity"] == "10" else row for row in counts()]
    page = look_up(made, counts=rows)
    choose(page, "births", "A1", MONTH)
    assert "they do not agree" in answer(page)
    assert "no number" in page.locator("#looked-up tbody").inner_text()


# --------------------------------------------------------------------------------------------------- folded and printed


def test_an_address_unfolds_what_it_names(made: Made) -> None:
    nested = "<details><summary>A</summary><details><summary>B</summary><p id='deep'>Deep</p></details></details>"
    page = made(nested + "<p><a href='#deep'>There</a></p>")
    assert not page.locator("#deep").is_visible()
    page.get_by_role("link", name="There").click()
    page.locator("#deep").wait_for()
    page.locator("summary").first.click()
    assert not page.locator("#deep").is_visible()
    page.get_by_role("link", name="There").click()
    page.locator("#deep").wait_for()


def test_paper_has_what_is_folded_and_the_screen_is_as_before(made: Made) -> None:
    page = made("<details><summary>More</summary><p>Folded away</p></details>")
    assert "Folded away" in "".join(printed(paper(page)))
    assert page.locator("details[open]").count() == 0


def test_paper_has_the_values_and_not_the_cells_behind_each(made: Made) -> None:
    """A sheet for each value would bury the rest: the terminal tells them."""
    sheets = "".join(printed(paper(look_up(made))))
    assert "Where it comes from" in sheets
    assert "cells more" not in sheets
    assert "Look up a value" not in sheets


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("dark", [False, True])
def test_the_part_can_be_used_in_any_window(made: Made, width: int, dark: bool) -> None:
    page = look_up(made, width=width, dark=dark)
    choose(page, "births", "T", MONTH)
    page.locator("summary").first.click()
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
