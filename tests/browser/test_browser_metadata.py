"""The page of the metadata report in a real browser: widths, light and dark, paper, and the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from metadata_page_support import html_page, report

from browser.support import (
    OpenPage,
    click_in_place,
    cut_rows,
    darkness,
    focused,
    paper,
    press_until,
    printed,
    shown,
    small,
    violations,
)
from pipeline.rich_text import Element, RichText, paragraph

LONG: RichText = tuple(
    Element("p", ("A business is counted in the month in which it starts. " * 20,)) for _ in range(12)
)
WIDE: RichText = (
    Element("table", (
        Element("thead", (Element("tr", tuple(Element("th", (f"Column{n}",)) for n in range(14))),)),
        Element("tbody", (Element("tr", tuple(Element("td", (f"{n},000",)) for n in range(14))),)),
    )),
    Element("p", ("https://example.org/" + "a-very-long-address-without-a-space/" * 8,)),
)  # fmt: skip

REFERENCE: RichText = (Element("p", ("Counted as in ", Element("a", ("4",), (("href", "#UNIT"),)), " below.")),)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    new = report(DESCRIPTION=LONG, UNIT=WIDE, COMMENT=LONG, SECTORS=REFERENCE)
    old = report(DESCRIPTION=paragraph("Businesses that began."), UNIT=WIDE, COMMENT=LONG)
    path.write_text(html_page(new, old), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
def test_the_page_fits_every_width_and_asks_for_nothing(
    open_page: OpenPage, noticed: list[str], file: Path, width: int
) -> None:
    page = open_page(file, width=width)
    assert page.evaluate("document.scrollingElement.scrollWidth") == width
    assert noticed == []  # nothing but the file was asked for, and the policy was not violated
    assert small(page, "nav a, header a, button, label, summary") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_page_can_be_used_by_everybody(open_page: OpenPage, file: Path, width: int, dark: bool) -> None:
    page = open_page(file, width=width, dark=dark)
    assert violations(page) == []
    page.locator("#DESCRIPTION .changed a").click()
    assert shown(page, "page.changes.DESCRIPTION")
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_open_contents_and_the_short_form_can_be_used_by_everybody(
    open_page: OpenPage, file: Path, dark: bool
) -> None:
    page = open_page(file, width=390, height=844, dark=dark)
    page.locator(".pick-short").check()
    assert violations(page) == []
    click_in_place(page, ".bar .button")
    assert shown(page, "page.contents")
    assert violations(page) == []


def test_lines_of_text_have_a_measure_that_can_be_read(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=1440)
    line = "(() => { const p = document.querySelector('#DESCRIPTION .text p'), r = document.createRange();"
    line += "let n = 0, top; for (const t = p.firstChild; n < t.length; n++) { r.setStart(t, n); r.setEnd(t, n + 1);"
    line += "const y = r.getBoundingClientRect().top; top ??= y; if (y > top + 4) break } return n })()"
    assert 60 <= page.evaluate(line) <= 80


def test_the_contents_stay_at_hand_beside_the_text(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=1440)
    page.evaluate("document.getElementById('COMMENT').scrollIntoView()")
    assert 0 <= page.evaluate("document.querySelector('nav a').getBoundingClientRect().top") < 300
    assert not page.evaluate("document.querySelector('.bar .button').checkVisibility()")


def test_on_a_phone_the_contents_open_from_the_bar_with_the_keyboard(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=390, height=844)
    assert not shown(page, "page.contents")
    press_until(page, "Contents")
    page.keyboard.press("Enter")
    assert shown(page, "page.contents")
    assert page.evaluate("document.activeElement.id") == "page.contents"
    assert page.evaluate("scrollY") == 0
    press_until(page, "4 Unit")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#UNIT"
    assert not shown(page, "page.contents")
    top = page.evaluate("document.querySelector('#UNIT h2').getBoundingClientRect().top")
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().bottom") <= top < 422
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().top") == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('section').id") == "UNIT"


@pytest.mark.parametrize("way", ["the button", "one step back"])
def test_on_a_phone_the_contents_close_without_a_choice(open_page: OpenPage, file: Path, way: str) -> None:
    page = open_page(file, width=360, height=740)
    page.evaluate("document.getElementById('UNIT').scrollIntoView()")
    place = page.evaluate("scrollY")
    assert place > 0
    click_in_place(page, ".bar .button")
    assert shown(page, "page.contents")
    if way == "the button":
        click_in_place(page, ".close")
    else:
        page.go_back()
    page.wait_for_timeout(300)  # whatever scrolls has scrolled
    assert not shown(page, "page.contents")
    assert page.evaluate("scrollY") == place


def test_on_a_phone_the_focus_is_at_the_bar_when_the_contents_have_closed(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=360, height=740)
    page.evaluate("document.getElementById('UNIT').scrollIntoView()")
    click_in_place(page, ".bar .button")
    click_in_place(page, ".close")
    page.keyboard.press("Tab")
    assert focused(page) == "Contents"
    click_in_place(page, ".bar .button")
    assert shown(page, "page.contents")
    page.mouse.click(180, 30)  # beside the sheet, on the shade
    assert not shown(page, "page.contents")


def test_on_a_phone_the_contents_do_not_cover_what_has_the_focus(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=360, height=740)
    click_in_place(page, ".bar .button")
    press_until(page, "Annexes")
    assert shown(page, "page.contents")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert not shown(page, "page.contents")


def test_the_first_key_skips_to_the_report(open_page: OpenPage, file: Path) -> None:
    page = open_page(file)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the report"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page.content"


def test_short_and_full_by_keyboard_and_an_address_still_leads_to_its_place(open_page: OpenPage, file: Path) -> None:
    page = open_page(file)
    assert all(shown(page, id_) for id_ in ("ORGANISATION", "DESCRIPTION", "UNIT", "page.annexes"))
    press_until(page, "pick-full")
    page.keyboard.press("ArrowLeft")
    assert [id_ for id_ in ("ORGANISATION", "DESCRIPTION", "SECTORS", "UNIT") if shown(page, id_)] == [
        "ORGANISATION",
        "SECTORS",
    ]
    page.evaluate("location.hash = 'UNIT'")
    assert shown(page, "UNIT")
    page.locator(".pick-full").click()
    assert shown(page, "DESCRIPTION")


def test_a_reference_leads_into_what_the_short_form_hides(open_page: OpenPage, file: Path) -> None:
    page = open_page(file)
    page.locator(".pick-short").click()
    assert not shown(page, "UNIT")
    page.locator("#SECTORS .text a").click()
    assert shown(page, "UNIT")
    assert 0 <= page.evaluate("document.querySelector('#UNIT h2').getBoundingClientRect().top") < 450


def test_a_wide_table_scrolls_by_itself_with_the_keyboard(open_page: OpenPage, file: Path) -> None:
    page = open_page(file, width=390, height=844)
    page.locator("#UNIT .wide").focus()
    assert page.evaluate("document.activeElement.scrollWidth > document.activeElement.clientWidth")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0", timeout=5000)


def test_a_mark_at_the_heading_opens_what_changed(open_page: OpenPage, file: Path) -> None:
    page = open_page(file)
    place = "page.changes.DESCRIPTION"
    assert not shown(page, place)
    page.locator("#DESCRIPTION .changed a").click()
    assert shown(page, place)


def test_dark_is_dark_and_light_is_light(open_page: OpenPage, file: Path) -> None:
    found = [
        open_page(file, dark=dark).evaluate("getComputedStyle(document.body).backgroundColor") for dark in (False, True)
    ]
    assert found == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]


def test_on_paper_there_are_page_numbers_and_no_controls(open_page: OpenPage, file: Path) -> None:
    page = open_page(file)
    page.emulate_media(media="print")
    hidden = "['.side', '.skip', '.links', '.anchor'].filter(s => document.querySelector(s).checkVisibility())"
    assert page.evaluate(hidden) == []
    page.emulate_media(media="null")
    text = printed(paper(page))
    assert len(text) > 3
    assert [sheet.split()[-1] for sheet in text] == [f"{n}/{len(text)}" for n in range(1, len(text) + 1)]
    assert all("report_x" in sheet for sheet in text)
    whole = " ".join(" ".join(text).split())
    assert "Before and now Before: Businesses that began. Now: A business" in whole
    assert "as in 4 below" in whole
    page.locator(".pick-short").click()
    short = " ".join(printed(paper(page)))
    assert "Sectors" in short
    assert "Description" not in short


def test_on_paper_no_row_of_a_table_is_cut(open_page: OpenPage, file: Path) -> None:
    assert cut_rows(open_page(file)) == []


@pytest.mark.parametrize("background", [False, True])
def test_paper_is_white_in_the_dark_too(open_page: OpenPage, file: Path, background: bool) -> None:
    sheets = darkness(paper(open_page(file, dark=True), background=background))
    assert len(sheets) > 3
    assert max(sheets) < 0.3
