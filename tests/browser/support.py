"""What the browser tests ask of a page: what axe-core finds, what the keyboard reaches, what the printer puts on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: WCAG 2.2 A and AA, and what axe-core thinks good practice beyond them
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

#: what depends on the colours alone; it takes most of the time
COLOURS = ("color-contrast", "link-in-text-block")

#: without gradients: axe-core judges the contrast of text above a plain ground only
PLAIN = """() => {
  const plain = new CSSStyleSheet()
  plain.replaceSync('*, ::before, ::after { background-image: none !important }')
  document.adoptedStyleSheets.push(plain)
}"""

#: every row of a table that can be seen: its table, whether it is of the head, the runs of its text (those that stand in
#: their place, and those in positioned cells, which are painted later), and whether the style adds some of its own
ROWS = """() => [...document.querySelectorAll('tr')].filter(row => row.checkVisibility()).map(row => {
  const runs = [[], []], walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT)
  const moved = (e, row) => e !== row && (getComputedStyle(e).position !== 'static' || moved(e.parentElement, row))
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, box = e.getBoundingClientRect()
    if (walker.currentNode.data.trim() && box.width > 1 && box.height > 1)
      runs[Number(moved(e, row))].push(walker.currentNode.data)
  }
  const adds = e => ['::before', '::after'].some(p => !['none', 'normal'].includes(getComputedStyle(e, p).content))
  const table = row.closest('table')
  return [[...document.querySelectorAll('table')].indexOf(table), table.tHead?.contains(row) ?? false, runs,
    [...row.querySelectorAll('*')].some(adds)]
})"""


class OpenPage(Protocol):
    """Open a file in a window of its own; a narrow one is a phone's."""

    def __call__(
        self, file: Path, *, width: int = 1440, height: int = 900, dark: bool = False, script: bool = True
    ) -> Page: ...


def violations(page: Page, *, colours: bool | None = None) -> list[str]:
    """What axe-core finds wrong with the page as it stands: the rule, the place, and what would mend it, a line each.

    ``colours``: true to judge the colours alone, false to judge all but the colours.
    """
    return _judged(page, "violations", colours)


def undecided(page: Page) -> list[str]:
    """What axe-core cannot judge by itself, such as the contrast of text above a picture: for a person to look at."""
    return _judged(page, "incomplete")


def _judged(page: Page, outcome: str, colours: bool | None = None) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    run = {"type": "rule", "values": COLOURS} if colours else {"type": "tag", "values": STANDARD}
    rules = {rule: {"enabled": colours is not False} for rule in COLOURS}
    options = {"runOnly": run, "rules": rules, "resultTypes": ["violations", "incomplete"]}
    page.evaluate(PLAIN)
    found = Axe().run(page, options=options).response[outcome]
    page.evaluate("document.adoptedStyleSheets.pop()")
    return [
        f"{rule['id']}: {rule['help']}: {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for rule in found
        for node in rule["nodes"]
    ]


def small(page: Page, controls: str) -> list[str]:
    """The controls in sight that are less than 24 pixels high or wide (WCAG 2.5.8, without its exceptions)."""
    found: list[str] = page.evaluate(
        """controls => [...document.querySelectorAll(controls)].filter(e => e.checkVisibility())
          .filter(e => Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width) < 24)
          .map(e => e.textContent.trim() || e.outerHTML)""",
        controls,
    )
    return found


def focused(page: Page) -> str:
    """The text of what has the focus; where it has none, its class."""
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.className"))


def press_until(page: Page, name: str) -> None:
    """Tab to something that has this text or class."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def click_in_place(page: Page, selector: str) -> None:
    """Click where an element is in the window; playwright's own click may scroll a sticky one to where it would rest."""
    box = page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box, f"{selector} is not shown"
    assert size
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert 0 <= across < size["width"], f"{selector} is beside the window"
    assert 0 <= down < size["height"], f"{selector} is above or below the window"
    page.mouse.click(across, down)


def shown(page: Page, id_: str) -> bool:
    """Whether the element with this id is rendered; it need not be in the window."""
    return bool(page.evaluate("id => document.getElementById(id).checkVisibility()", id_))


def paper(page: Page, *, background: bool = False) -> bytes:
    """The page as PDF, on A4 where its style asks for no other paper."""
    return page.pdf(format="A4", prefer_css_page_size=True, print_background=background)


def printed(pdf: bytes) -> list[str]:
    """The text of a PDF as it is laid out, sheet by sheet."""
    return _poppler("pdftotext", "-layout", "-", "-", pdf=pdf).decode("utf-8").removesuffix("\f").split("\f")


def darkness(pdf: bytes) -> list[float]:
    """The share of each sheet of a PDF that is darker than half: some hundredths for text on white."""
    pictures, found = _poppler("pdftoppm", "-r", "36", "-gray", "-", pdf=pdf), []
    while pictures:
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", pictures)
        assert head, pictures[:20]
        end = head.end() + int(head[1]) * int(head[2])
        dots, pictures = pictures[head.end() : end], pictures[end:]
        found.append(sum(dot < 128 for dot in dots) / len(dots))
    return found


@dataclass(frozen=True)
class Row:
    """A row of a table on paper: its table, whether it is of the head, its text, sheet → how often it is whole there."""

    table: int
    head: bool
    text: str
    sheets: dict[int, int]


def rows_on_paper(page: Page, pdf: bytes) -> list[Row]:
    """Every row of a table that is printed, and where it stands in the PDF of the page."""
    page.emulate_media(media="print")
    rows = page.evaluate(ROWS)
    page.emulate_media(media="null")
    sheets = [_bare(sheet) for sheet in _poppler("pdftotext", "-raw", "-", "-", pdf=pdf).decode().split("\f")]
    found = []
    for table, head, layers, style_adds in rows:
        between = ".{0,400}?" if style_adds else ""
        texts = [re.compile(between.join(re.escape(_bare(run)) for run in layer)) for layer in layers if layer]
        if texts:
            times = {n: min(len(text.findall(sheet)) for text in texts) for n, sheet in enumerate(sheets)}
            said = " | ".join(" ".join(run.split()) for layer in layers for run in layer)
            found.append(Row(table, head, said, {sheet: number for sheet, number in times.items() if number}))
    return found


def cut_rows(page: Page, pdf: bytes | None = None) -> list[str]:
    """The rows of tables that are not whole on one sheet of paper: off its edge, cut by a box, or on two sheets."""
    return [row.text for row in rows_on_paper(page, pdf or paper(page)) if not row.sheets]


def heads_left_out(rows: list[Row]) -> tuple[list[str], int]:
    """The heads that do not stand again on a sheet on which their table goes on; how many tables go on on another sheet."""
    sheets: dict[int, set[int]] = {}  # table → the sheets that it is on, as far as rows stand nowhere else
    for row in rows:
        if not row.head and len(row.sheets) == 1:
            sheets.setdefault(row.table, set()).update(row.sheets)
    heads = [row for row in rows if row.head]
    wanted = Counter((head.text, sheet) for head in heads for sheet in sheets.get(head.table, ()))
    there = {(head.text, sheet): number for head in heads for sheet, number in head.sheets.items()}
    missing = [f"{text}: sheet {sheet + 1}" for (text, sheet), n in wanted.items() if there.get((text, sheet), 0) < n]
    return missing, sum(len(on) > 1 for on in sheets.values())


def _bare(text: str) -> str:
    """A text without what the line breaking of a printer changes: spaces, hyphens, ligatures, capitals."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", plain)


def _poppler(program: str, *arguments: str, pdf: bytes) -> bytes:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed: apt-get install poppler-utils")
    return subprocess.run([found, *arguments], input=pdf, capture_output=True, check=True).stdout
