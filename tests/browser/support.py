"""What the browser tests ask of a page: what axe-core finds, what the keyboard reaches, what the printer puts on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: WCAG 2.2 A and AA, and what axe-core thinks good practice beyond them
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

#: without gradients: axe-core judges the contrast of text above a plain ground only
PLAIN = """() => {
  const plain = new CSSStyleSheet()
  plain.replaceSync('*, ::before, ::after { background-image: none !important }')
  document.adoptedStyleSheets.push(plain)
}"""

#: every row of a table that can be seen: the runs of its text, and whether the style adds some of its own
ROWS = """() => [...document.querySelectorAll('tr')].filter(row => row.checkVisibility()).map(row => {
  const runs = [], walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const box = walker.currentNode.parentElement.getBoundingClientRect()
    if (walker.currentNode.data.trim() && box.width > 1 && box.height > 1) runs.push(walker.currentNode.data)
  }
  const adds = e => ['::before', '::after'].some(p => !['none', 'normal'].includes(getComputedStyle(e, p).content))
  return [runs, [...row.querySelectorAll('*')].some(adds)]
})"""


class OpenPage(Protocol):
    """Open a file in a window of its own; a narrow one is a phone's."""

    def __call__(
        self, file: Path, *, width: int = 1440, height: int = 900, dark: bool = False, script: bool = True
    ) -> Page: ...


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands: the rule, the place, and what would mend it, a line each."""
    return _judged(page, "violations")


def undecided(page: Page) -> list[str]:
    """What axe-core cannot judge by itself, such as the contrast of text above a picture: for a person to look at."""
    return _judged(page, "incomplete")


def _judged(page: Page, outcome: str) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": STANDARD}, "resultTypes": ["violations", "incomplete"]}
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
    """The page as PDF, on the paper that its style asks for."""
    return page.pdf(prefer_css_page_size=True, print_background=background)


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


def cut_rows(page: Page) -> list[str]:
    """The rows of tables that are not whole on one sheet of paper: off its edge, cut by a box, or on two sheets."""
    page.emulate_media(media="print")
    rows = page.evaluate(ROWS)
    page.emulate_media(media="null")
    sheets = [_bare(sheet) for sheet in _poppler("pdftotext", "-raw", "-", "-", pdf=paper(page)).decode().split("\f")]
    missing = []
    for runs, style_adds in rows:
        between = ".{0,400}?" if style_adds else ""
        row = re.compile(between.join(re.escape(_bare(run)) for run in runs))
        if not any(row.search(sheet) for sheet in sheets):
            missing.append(" | ".join(" ".join(run.split()) for run in runs))
    return missing


def _bare(text: str) -> str:
    """A text without what the line breaking of a printer changes: spaces, hyphens, ligatures, capitals."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", plain)


def _poppler(program: str, *arguments: str, pdf: bytes) -> bytes:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed: apt-get install poppler-utils")
    return subprocess.run([found, *arguments], input=pdf, capture_output=True, check=True).stdout
