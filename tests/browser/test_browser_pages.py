"""The pages that people look at in a real browser: the reports of the example and of a delivery with thirty findings,
and the validations of a foreign file, damaged and whole. Each is used as a person would: with the eyes, the mouse, the
keyboard alone, without the script, on a phone, and on paper.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

import mutation as kit
import pytest
from delivery_support import runner
from thirty_support import thirty_findings

from browser.support import OpenPage, darkness, heads_left_out, paper, printed, rows_on_paper, small, violations
from pipeline.cli import app
from pipeline.deliver import Delivered

if TYPE_CHECKING:
    from playwright.sync_api import Page

EXAMPLE, THIRTY, FOREIGN, VALID = "the example", "thirty findings", "a foreign file", "a valid file"
NAMES = (EXAMPLE, THIRTY, FOREIGN, VALID)
MONTH = "2024-05"

#: what can be clicked; a link inside a sentence may be as high as its line
CONTROLS = "button, select, input[type=search], summary, label, nav a, .button, .skip:focus"

UNFOLD = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"

#: unfolds, and leaves one of each kind of chart, of rule, of folded part and of row: there are hundreds made alike
SAMPLE = """() => {
  const seen = new Set()
  const alike = (one, ...kind) => {
    const key = [one.localName, one.className, one.parentElement.className, ...kind].join(' ')
    return seen.has(key) || !seen.add(key)
  }
  for (const one of document.querySelectorAll('.multiple')) if (alike(one, one.closest('section').id)) one.remove()
  const looks = all => [...new Set([...all.querySelectorAll('*')].map(one => one.localName + one.className))].sort()
  for (const one of document.querySelectorAll('.rule'))
    if (alike(one, one.dataset.severity, looks(one))) one.remove()
  for (const one of document.querySelectorAll('details'))
    if (alike(one, one.closest('section').id)) [...one.children].slice(1).forEach(child => child.remove())
    else one.open = true
  for (const row of document.querySelectorAll('tbody tr:not(:has([rowspan]), [class=behind])'))
    if (alike(row, [...document.querySelectorAll('table')].indexOf(row.closest('table')), looks(row))) row.remove()
}"""


# ------------------------------------------------------------------------------------------------------------- the pages


def damaged(text: str) -> str:
    """A file in which much is wrong: values, codes, periods, attributes, the header, and a mark before its beginning."""
    faults = (
        lambda obs: obs.replace('OBS_STATUS="A"', 'OBS_STATUS="ZZ"'),
        lambda obs: re.sub(r'OBS_VALUE="[^"]*"', 'OBS_VALUE="1,5"', obs),
        lambda obs: re.sub(r'RELEASED="[^"]*"', 'RELEASED="yesterday &lt;b&gt;"', obs),
        lambda obs: re.sub(r'TIME_PERIOD="[^"]*"', 'TIME_PERIOD="2020-13"', obs),
        lambda obs: obs + obs,
        lambda obs: obs.replace('OBS_STATUS="A"', ""),
        lambda obs: obs.replace("OBS_STATUS", f'{"SURPRISE" * 12}="x" OBS_STATUS'),
        lambda obs: re.sub(r'OBS_VALUE="[^"]*"', 'OBS_VALUE=""', obs),
    )
    whole = re.split(r"(<Obs [^>]*/>)", text)
    whole[1::2] = [faults[n % len(faults)](obs) if n % 3 else obs for n, obs in enumerate(whole[1::2])]
    for before, after in (
        ('OFFICE="XYZ-27"', 'OFFICE="no office"'),
        ('DECIMALS="3"', 'DECIMALS="many"'),
        ("<message:Test>false", "<message:Test>perhaps"),
    ):
        assert before in text
        whole = ["".join(whole).replace(before, after, 1)]
    return "\ufeff" + whole[0]


@pytest.fixture(scope="module")
def files(example: Delivered, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The four pages, as the commands write them."""
    folder = tmp_path_factory.mktemp("pages")
    _, structure, given = kit.structures_of("rich")
    formats = {one.name: one for one in kit.formats(structure)}
    text = kit.Document(kit.make(structure, given, series=12, length=12), formats["specific-2.1-time"]).write()
    for name, said in ((FOREIGN, damaged(text)), (VALID, text)):
        file = folder / f"{name}.xml"
        file.write_text(said, "utf-8")
        asked = ["validate", file, "--structure", kit.FOLDER / "rich_21.xml"]
        done = runner().invoke(
            app, [*map(str, asked), "--html", f"{folder / name}.html", "--csv", f"{folder / name}.csv"]
        )
        assert done.exit_code == (name == FOREIGN), done.output
    return {
        EXAMPLE: example.folder / "report.html",
        THIRTY: thirty_findings(folder / "thirty") / "report.html",
        FOREIGN: folder / f"{FOREIGN}.html",
        VALID: folder / f"{VALID}.html",
    }


# ------------------------------------------------------------------------------------------------------------- for all


@pytest.mark.parametrize("name", NAMES)
def test_everybody_can_use_the_page(open_page: OpenPage, files: dict[str, Path], name: str) -> None:
    page = open_page(files[name])
    page.evaluate(UNFOLD)
    assert small(page, CONTROLS) == []
    regions = page.locator("[role=region], section[aria-label]").evaluate_all(
        "those => those.map(one => one.ariaLabel)"
    )
    assert len(regions) == len(set(regions)), "each region has a name of its own"
    for width, dark, colours in ((1440, False, None), (1440, True, True), (820, False, False), (390, False, False)):
        page = open_page(files[name], width=width, dark=dark)
        if page.locator("#look-up").count():
            page.get_by_role("button", name="Show its cells").click()
        page.evaluate(SAMPLE)
        assert (width, dark, violations(page, colours=colours)) == (width, dark, [])
    assert small(page, CONTROLS) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_never_wider_than_its_window(open_page: OpenPage, files: dict[str, Path], name: str) -> None:
    wide = "document.scrollingElement.scrollWidth"
    for width in (320, 390):
        page = open_page(files[name], width=width)
        page.evaluate(UNFOLD)
        assert page.evaluate(wide) == width
    page = open_page(files[name], width=1440)
    page.evaluate(UNFOLD)
    for width in (1440, 820, 720):  # 720: 1440 when everything is twice as large
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(wide) == width
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")  # only the text is twice as large
    assert page.evaluate(wide) == 1440


@pytest.mark.parametrize("name", NAMES)
def test_without_the_script_everything_can_be_read(open_page: OpenPage, files: dict[str, Path], name: str) -> None:
    page, scripted = open_page(files[name], script=False), open_page(files[name])
    assert page.locator(":is(button, input, select, form, fieldset):visible").count() == 0
    parts = page.locator("main > section").evaluate_all(
        "those => those.map(one => [one.id, one.innerText.trim() !== ''])"
    )
    assert len(parts) >= 5
    assert all(filled for _, filled in parts)
    rules = scripted.locator("[data-rule]").evaluate_all("those => those.map(one => one.id)")
    assert page.locator("[data-rule]:visible").evaluate_all("those => those.map(one => one.id)") == rules
    told = "() => [...document.querySelectorAll('main :is(td, p:not(#filter *, #look-up *, .unseen))')]"
    told += ".filter(one => one.checkVisibility()).map(one => one.innerText)"
    assert page.evaluate(told) == scripted.evaluate(told)
    folded = page.locator("details").first
    if folded.count():
        folded.locator("summary").first.click()
        assert folded.locator(":scope > :not(summary)").first.is_visible()


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_nothing_is_cut(open_page: OpenPage, files: dict[str, Path], name: str) -> None:
    page = open_page(files[name], dark=True)
    page.evaluate(
        "document.querySelector('main p').insertAdjacentHTML('afterend', '<p><a href=\"https://example.org/é\">x</a></p>')"
    )
    page.evaluate(UNFOLD)
    pdf = paper(page, background=True)
    sheets, rows = printed(pdf), rows_on_paper(page, pdf)
    assert [row.text for row in rows if not row.sheets] == [], "every row is whole on one sheet"
    missing, long = heads_left_out(rows)
    assert missing == []
    assert long > 0 or name in (EXAMPLE, VALID), "some table goes on on another sheet"
    assert [sheet.split()[-1] for sheet in sheets] == [f"{n}/{len(sheets)}" for n in range(1, len(sheets) + 1)]
    assert "(https://example.org/é)" in "".join(sheets), "where a link leads to is said"
    assert not re.search(r"Skip to|Contents|Show its cells", "".join(sheets))
    assert max(darkness(pdf)) < 0.3, "the paper is white"


# ------------------------------------------------------------------------------------------------------------- keyboard


def reach(page: Page, what: str, most: int = 80) -> None:
    """Tab until what has the focus is called this (a pattern), and check that one sees where it is."""
    name = """() => { const one = document.activeElement
      return (one.labels?.[0]?.firstChild.data ?? one.labels?.[0]?.innerText ?? one.textContent).trim() }"""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.fullmatch(what, page.evaluate(name)):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            box = page.evaluate(
                "(box => [box.top, box.bottom, innerHeight])(document.activeElement.getBoundingClientRect())"
            )
            assert -1 <= box[0] <= box[1] <= box[2] + 1, f"{what} is in the window when it has the focus"
            return
    raise AssertionError(f"{what} cannot be reached with the keyboard")


def test_the_report_is_used_with_the_keyboard_alone(open_page: OpenPage, files: dict[str, Path]) -> None:
    page = open_page(files[THIRTY])
    reach(page, "Skip to the content", 1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page.content"

    page.reload()
    reach(page, "Findings")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#findings"
    assert 0 <= page.locator("#findings h2").bounding_box()["y"] < 300

    reach(page, "warning", 3)
    page.keyboard.press("Space")
    assert page.locator("[data-rule][data-severity=warning]:visible").count() == 0
    reach(page, "Find", 2)
    page.keyboard.type("MONTH")
    left = page.locator("[data-rule]:visible")
    assert 0 < left.count() < page.locator("[data-rule]:not([data-severity=warning])").count()
    assert all("month" in text.lower() for text in left.evaluate_all("those => those.map(one => one.textContent)"))
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")

    reach(page, "Place")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('th').ariaSort") == "ascending"
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.closest('th').ariaSort") == "descending"

    page.evaluate("location.hash = 'provenance'")
    reach(page, "Indicator", 2)
    page.keyboard.press("End")
    reach(page, "Aggregate", 1)
    page.keyboard.press("Home")
    reach(page, "Show its cells", 2)
    page.keyboard.press("Enter")
    chosen = page.locator("#look-up select").evaluate_all("those => those.map(one => one.selectedOptions[0].text)")
    assert page.locator("#looked-up h4").inner_text() == ", ".join(chosen)
    assert "they agree" in page.locator("#looked-up [role=status]").inner_text()
    reach(page, "Find among its cells", 1)
    reach(page, "Activity", 2)
    page.keyboard.press("Enter")
    activities = page.locator("#looked-up tbody th").all_inner_texts()
    assert activities == sorted(activities)


def test_on_a_phone_the_contents_lead_to_a_rule_with_the_keyboard(open_page: OpenPage, files: dict[str, Path]) -> None:
    page = open_page(files[FOREIGN], width=390, height=844)
    reach(page, "Contents", 2)
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()
    reach(page, r"✕error: Unknown code\d+")
    page.keyboard.press("Enter")
    assert not page.locator("nav").is_visible()
    top = page.locator("#rule-code h3").bounding_box()["y"]
    assert page.locator(".bar").bounding_box()["height"] <= top < 422, "the heading is below the bar"
    reach(page, "Place", 2)
    page.keyboard.press("Enter")
    assert page.locator("#rule-code [aria-sort=ascending]").count() == 1


# ------------------------------------------------------------------------------------------------- what the script does


def column(page: Page, table: str, place: int) -> list[str]:
    return page.locator(f"{table} tbody tr > :nth-child({place})").all_inner_texts()


def test_the_places_of_a_rule_are_sorted_by_their_lines(open_page: OpenPage, files: dict[str, Path]) -> None:
    page = open_page(files[FOREIGN])
    page.evaluate(UNFOLD)
    first = "#rule-code > .wide table"
    places = [list(map(int, re.findall(r"\d+", place))) for place in column(page, first, 1)]
    assert len({len(str(line)) for line, _ in places}) > 1, "as text, they would be in another order"
    head = page.locator(f"{first} thead").get_by_role("button", name="Place")
    for falling in (False, True):
        head.click()
        found = [list(map(int, re.findall(r"\d+", place))) for place in column(page, first, 1)]
        assert found == sorted(places, reverse=falling)
    assert page.locator("#rule-code [aria-sort]").count() == 1, "the other table of the rule is as it was"


def test_rules_are_filtered_and_an_address_brings_them_back(open_page: OpenPage, files: dict[str, Path]) -> None:
    page = open_page(files[THIRTY])
    rules = page.locator("[data-rule]")
    everything = rules.evaluate_all("those => those.map(one => one.dataset.severity)")
    count, shown = page.locator("#filter [role=status]"), page.locator("[data-rule]:visible")
    assert len(everything) >= 30
    assert count.inner_text() == f"{len(everything)} of {len(everything)} rules shown"
    for severity in ("error", "information"):
        page.get_by_label(severity, exact=True).uncheck()
    warnings = everything.count("warning")
    assert 0 < warnings < len(everything)
    assert count.inner_text() == f"{warnings} of {len(everything)} rules shown"
    assert set(shown.evaluate_all("those => those.map(one => one.dataset.severity)")) == {"warning"}
    page.get_by_role("searchbox", name="Find", exact=True).fill("nothing of the kind")
    assert (shown.count(), count.inner_text()) == (0, f"0 of {len(everything)} rules shown")
    assert page.locator("#findings .part > h3:visible").all_inner_texts() in ([], ["No longer found"])
    page.locator("#gates a[href^='#rule-']").first.click()
    page.locator(":target").wait_for()
    assert shown.count() == len(everything)
    assert page.locator("#filter input:checked").count() == len(set(everything))


def test_a_value_is_looked_up_and_its_cells_add_up_to_what_is_sent(
    open_page: OpenPage, files: dict[str, Path], example: Delivered
) -> None:
    with (example.folder / "observations.csv").open(encoding="utf-8", newline="") as lines:
        sent = {
            (row["indicator"], row["aggregate"]): int(row["OBS_VALUE"])
            for row in csv.DictReader(lines)
            if (row["period"], row["measure"], row["adjustment"]) == (MONTH, "count", "N")
        }
    page = open_page(files[EXAMPLE])
    page.get_by_role("combobox", name="Month", exact=True).select_option(MONTH)
    for indicator, aggregate in (("registrations", "B-E"), ("bankruptcies", "TOTAL")):
        page.get_by_role("combobox", name="Indicator", exact=True).select_option(indicator)
        page.get_by_role("combobox", name="Aggregate", exact=True).select_option(aggregate)
        adds = [int(re.sub(r"[,+]", "", one).replace("−", "-")) for one in column(page, "#looked-up", 7)]
        assert sum(adds) == sent[indicator, aggregate]
        assert f"Value {sum(adds):,}," in page.locator("#looked-up [role=status]").inner_text()
        assert len(adds) > 30
    page.locator("#looked-up thead").get_by_role("button", name="Value").click()
    numbers = [int(one.replace(",", "")) for one in column(page, "#looked-up", 5)]
    assert numbers == sorted(numbers)
    assert [*map(str, numbers)] != sorted(map(str, numbers)), "as text, they would be in another order"


def test_a_link_leads_to_the_cells_of_a_figure_and_back(open_page: OpenPage, files: dict[str, Path]) -> None:
    page = open_page(files[EXAMPLE])
    link = page.get_by_role("link", name="Cells behind it").nth(2)
    name = link.evaluate("one => one.closest('.multiple').querySelector('h5').innerText")
    link.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    link.click()
    page.locator("#looked-up h4").wait_for()
    assert page.evaluate("document.activeElement.id") == "looked-up"
    assert name in page.locator("#looked-up h4").inner_text()
    assert "they agree" in page.locator("#looked-up [role=status]").inner_text()
    assert 0 <= page.locator("#looked-up h4").bounding_box()["y"] < 900
    page.go_back()
    page.wait_for_function("before => Math.abs(scrollY - before) < 200", arg=before, timeout=5_000)
