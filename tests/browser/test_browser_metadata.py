"""The page of the metadata report in a real browser: widths, light and dark, paper, and the keyboard alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, Browser, browser
from metadata_page_support import html_page, report

from pipeline.rich_text import Element, RichText, paragraph

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
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


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("home")) as one:
        yield one


def focused(tab: Browser) -> str:
    return str(tab.ask("document.activeElement.textContent.trim() || document.activeElement.className"))


def press_until(tab: Browser, name: str) -> None:
    """Tab to something that has this text or class."""
    for _ in range(60):
        tab.press("Tab")
        if focused(tab) == name:
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def shown(tab: Browser, id_: str) -> bool:
    return bool(tab.ask(f"document.getElementById('{id_}').checkVisibility()"))


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
def test_the_page_fits_every_width_and_asks_for_nothing(tab: Browser, file: Path, width: int) -> None:
    tab.open(file, width=width)
    assert tab.ask("document.scrollingElement.scrollWidth") == width
    asked = [one["params"]["request"]["url"] for one in tab.seen if one.get("method") == "Network.requestWillBeSent"]
    assert asked == [file.as_uri()]
    assert [one for one in tab.seen if one.get("method") == "Log.entryAdded"] == []  # the policy was not violated
    small = "[...document.querySelectorAll('nav a, header a, button, label, summary')].filter(e => e.checkVisibility()"
    assert tab.ask(f"{small} && e.getBoundingClientRect().height < 24).map(e => e.textContent)") == []


def test_lines_of_text_have_a_measure_that_can_be_read(tab: Browser, file: Path) -> None:
    tab.open(file, width=1440)
    line = "(() => { const p = document.querySelector('#DESCRIPTION .text p'), r = document.createRange();"
    line += "let n = 0, top; for (const t = p.firstChild; n < t.length; n++) { r.setStart(t, n); r.setEnd(t, n + 1);"
    line += "const y = r.getBoundingClientRect().top; top ??= y; if (y > top + 4) break } return n })()"
    assert 60 <= tab.ask(line) <= 80


def test_the_contents_stay_at_hand_beside_the_text(tab: Browser, file: Path) -> None:
    tab.open(file, width=1440)
    tab.ask("document.getElementById('COMMENT').scrollIntoView()")
    assert 0 <= tab.ask("document.querySelector('nav a').getBoundingClientRect().top") < 300
    assert not tab.ask("document.querySelector('.bar .button').checkVisibility()")


def test_on_a_phone_the_contents_open_from_the_bar_with_the_keyboard(tab: Browser, file: Path) -> None:
    tab.open(file, width=390, height=844)
    assert not shown(tab, "page.contents")
    press_until(tab, "Contents")
    tab.press("Enter")
    assert shown(tab, "page.contents")
    assert tab.ask("document.activeElement.id") == "page.contents"
    assert tab.ask("scrollY") == 0
    press_until(tab, "4 Unit")
    assert tab.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.press("Enter")
    assert tab.ask("location.hash") == "#UNIT"
    assert not shown(tab, "page.contents")
    top = tab.ask("document.querySelector('#UNIT h2').getBoundingClientRect().top")
    assert tab.ask("document.querySelector('.bar').getBoundingClientRect().bottom") <= top < 422
    assert tab.ask("document.querySelector('.bar').getBoundingClientRect().top") == 0
    tab.press("Tab")
    assert tab.ask("document.activeElement.closest('section').id") == "UNIT"


def test_on_a_phone_the_contents_close_without_a_choice(tab: Browser, file: Path) -> None:
    tab.open(file, width=360, height=740)
    tab.ask("document.getElementById('UNIT').scrollIntoView()")
    place = tab.ask("scrollY")
    for close in ("document.querySelector('.close').click()", "history.back()"):
        tab.ask("document.querySelector('.bar .button').click()")
        assert shown(tab, "page.contents")
        tab.ask(f"{close}; new Promise(done => setTimeout(done, 300))", wait=True)
        assert not shown(tab, "page.contents")
        assert tab.ask("scrollY") == place
    tab.ask("document.querySelector('.bar .button').click()")
    tab.ask("document.querySelector('.close').click()")
    tab.press("Tab")
    assert focused(tab) == "Contents"
    tab.ask("document.querySelector('.bar .button').click()")
    tab.click(180, 30)  # beside the sheet, on the shade
    assert not shown(tab, "page.contents")


def test_on_a_phone_the_contents_do_not_cover_what_has_the_focus(tab: Browser, file: Path) -> None:
    tab.open(file, width=360, height=740)
    tab.ask("document.querySelector('.bar .button').click()")
    press_until(tab, "Annexes")
    assert shown(tab, "page.contents")
    tab.press("Tab")
    assert tab.ask("document.activeElement.closest('main') !== null")
    assert not shown(tab, "page.contents")


def test_the_first_key_skips_to_the_report(tab: Browser, file: Path) -> None:
    tab.open(file)
    tab.press("Tab")
    assert focused(tab) == "Skip to the report"
    assert tab.ask("document.activeElement.getBoundingClientRect().left") >= 0
    tab.press("Enter")
    assert tab.ask("document.activeElement.id") == "page.content"


def test_short_and_full_by_keyboard_and_an_address_still_leads_to_its_place(tab: Browser, file: Path) -> None:
    tab.open(file)
    assert all(shown(tab, id_) for id_ in ("ORGANISATION", "DESCRIPTION", "UNIT", "page.annexes"))
    press_until(tab, "pick-full")
    tab.press("ArrowLeft")
    assert [id_ for id_ in ("ORGANISATION", "DESCRIPTION", "SECTORS", "UNIT") if shown(tab, id_)] == [
        "ORGANISATION",
        "SECTORS",
    ]
    tab.ask("location.hash = 'UNIT'")
    assert shown(tab, "UNIT")
    tab.ask("document.querySelector('.pick-full').click()")
    assert shown(tab, "DESCRIPTION")


def test_a_reference_leads_into_what_the_short_form_hides(tab: Browser, file: Path) -> None:
    tab.open(file)
    tab.ask("document.querySelector('.pick-short').click()")
    assert not shown(tab, "UNIT")
    tab.ask("document.querySelector('#SECTORS .text a').click()")
    assert shown(tab, "UNIT")
    assert 0 <= tab.ask("document.querySelector('#UNIT h2').getBoundingClientRect().top") < 450


def test_a_wide_table_scrolls_by_itself_with_the_keyboard(tab: Browser, file: Path) -> None:
    tab.open(file, width=390, height=844)
    tab.ask("document.querySelector('#UNIT .wide').focus()")
    assert tab.ask("document.activeElement.scrollWidth > document.activeElement.clientWidth")
    assert tab.ask("document.activeElement.getAttribute('role')") == "region"


def test_a_mark_at_the_heading_opens_what_changed(tab: Browser, file: Path) -> None:
    tab.open(file)
    place = "page.changes.DESCRIPTION"
    assert not shown(tab, place)
    tab.ask("document.querySelector('#DESCRIPTION .changed a').click()")
    assert shown(tab, place)


def test_dark_is_dark_and_light_is_light(tab: Browser, file: Path) -> None:
    found = []
    for dark in (False, True):
        tab.open(file, dark=dark)
        found.append(tab.ask("getComputedStyle(document.body).backgroundColor"))
    assert found == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]


def test_on_paper_there_are_page_numbers_and_no_controls(tab: Browser, file: Path) -> None:
    tab.open(file)
    tab.media("print")
    hidden = "['.side', '.skip', '.links', '.anchor'].filter(s => document.querySelector(s).checkVisibility())"
    assert tab.ask(hidden) == []
    tab.media("")
    text = printed(tab.paper())
    assert len(text) > 3
    assert [page.split()[-1] for page in text] == [f"{n}/{len(text)}" for n in range(1, len(text) + 1)]
    assert all("report_x" in page for page in text)
    whole = " ".join(" ".join(text).split())
    assert "Before and now Before: Businesses that began. Now: A business" in whole
    assert "as in 4 below" in whole
    tab.ask("document.querySelector('.pick-short').click()")
    short = " ".join(printed(tab.paper()))
    assert "Sectors" in short
    assert "Description" not in short


def printed(pdf: bytes) -> list[str]:
    """The text of a PDF, page by page."""
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    done = subprocess.run([reader, "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode("utf-8").removesuffix("\f").split("\f")
