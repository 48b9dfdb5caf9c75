"""The looking itself: a page with known faults, of which each must be noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.support import OpenPage, cut_rows, darkness, paper, printed, small, undecided, violations

POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src-elem 'unsafe-inline'\">"
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>{head}
<meta name="viewport" content="width=device-width"><style>@page {{ size: A4 }} {style}</style></head>
<body><main><h1>A page</h1>{body}</main></body></html>"""


@pytest.fixture
def made(tmp_path: Path, open_page: OpenPage):
    def one(body: str, style: str = "", head: str = "", **window: object):
        file = tmp_path / "a page é.html"
        file.write_text(PAGE.format(head=head, style=style, body=body), encoding="utf-8")
        return open_page(file, **window)

    return one


def test_a_plain_page_is_quiet(made, noticed: list[str]) -> None:
    page = made("<p>A text, and <a href='#'>a link</a>.</p>")
    assert violations(page) == []
    assert noticed == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>console.log('here')</script>", "console, log: here"),
        ("<script>throw new Error('no')</script>", "error: no"),
        ("<img src='https://example.org/x.png' alt='x'>", "request: https://example.org/x.png"),
        ("<link rel='stylesheet' href='other.css'>", "other.css"),
        ("<script>alert('stop')</script>", "dialog: stop"),
        ("<script>fetch('https://example.org/').catch(() => 0)</script>", "request: https://example.org/"),
        ("<script>open('about:blank')</script>", "another window"),
    ],
)
def test_what_a_page_says_and_asks_for_is_noticed(made, noticed: list[str], body: str, said: str) -> None:
    page = made(body)
    page.wait_for_timeout(50)
    assert any(said in one for one in noticed), noticed
    noticed.clear()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<p style='color: red'>x</p>", "Applying inline style"),
        ("<p onclick='0'>x</p>", "Executing inline event handler"),
        ("<img src='x.png' alt='x'>", "Loading the image"),
    ],
)
def test_what_the_policy_of_a_page_refuses_is_noticed(made, noticed: list[str], body: str, said: str) -> None:
    made(body, head=POLICY)
    assert [one for one in noticed if one.startswith(f"console, error: {said}")], noticed
    noticed.clear()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<img src='data:,'>", "image-alt"),
        ("<p class='pale'>A text that cannot be read.</p>", "color-contrast"),
        ("<h4>A step left out</h4>", "heading-order"),
        ("</main><p>Outside</p>", "region"),
        ("<button class='tiny'>a</button><button class='tiny'>b</button>", "target-size"),
    ],
)
def test_axe_finds_what_is_wrong(made, body: str, rule: str) -> None:
    style = ".pale { color: #bbb } .tiny { font-size: 8px; padding: 0; border: 0; width: 9px; height: 9px; margin: 0 }"
    found = violations(made(body, style))
    assert [one.split(":")[0] for one in found][:1] == [rule]


def test_axe_judges_the_colours_that_are_in_force(made) -> None:
    style = "@media (prefers-color-scheme: dark) { html { background: #111 } p { color: #333 } h1 { color: #fff } }"
    assert violations(made("<p>A text</p>", style)) == []
    assert [one.split(":")[0] for one in violations(made("<p>A text</p>", style, dark=True))] == ["color-contrast"]


def test_axe_judges_text_above_a_gradient_by_its_plain_ground(made) -> None:
    style = "p { color: #bbb; background: linear-gradient(90deg, #fff, transparent) no-repeat }"
    page = made("<p>A text</p>", style, head=POLICY)
    assert [one.split(":")[0] for one in violations(page)] == ["color-contrast"]
    assert "gradient" in page.evaluate("getComputedStyle(document.querySelector('p')).backgroundImage")


def test_what_axe_cannot_judge_is_told(made) -> None:
    style = "p { position: relative } b { position: absolute; inset: 0; background: #ccc }"
    page = made("<p>A text<b></b></p>", style)
    assert violations(page) == []
    assert [one.split(":")[0] for one in undecided(page)] == ["color-contrast"]


def test_a_page_can_be_read_as_if_it_had_no_script(made) -> None:
    body = "<p id='x'>as written</p><script>document.getElementById('x').textContent = 'as made'</script>"
    assert made(body).locator("#x").inner_text() == "as made"
    assert made(body, script=False).locator("#x").inner_text() == "as written"


def test_controls_that_are_too_small_are_named(made) -> None:
    style = "button { width: 60px; height: 30px } .low { height: 20px } .thin { width: 20px } .gone { display: none }"
    body = "".join(f"<button class='{name}'>{name}</button>" for name in ("good", "low", "thin", "low gone"))
    assert small(made(body, style), "button") == ["low", "thin"]


def table(rows: int, *cells: str) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell} {n}</td>' for cell in cells)}</tr>" for n in range(rows))
    return f"<div><table>{lines}</table></div>"


def test_a_table_that_fits_the_paper_is_whole(made) -> None:
    style = "tr { break-inside: avoid } a::after { content: ' (' attr(href) ')' } .gone { display: none }"
    body = table(80, "first", "a long cell with words " * 8, "<a href='#'>a link</a>", "<span class='gone'>x</span>")
    page = made(body, style)
    assert len(printed(paper(page))) == 3
    assert cut_rows(page) == []
    assert page.evaluate("matchMedia('screen').matches")


@pytest.mark.parametrize(
    "style",
    ["div { overflow-x: auto; width: 300px } td { white-space: nowrap }", "div { height: 20px; overflow: hidden }"],
)
def test_a_table_that_is_cut_is_named_by_its_rows(made, style: str) -> None:
    cut = cut_rows(made(table(3, "first", "a cell that has more to say than others do", "last"), style))
    assert cut[-1] == "first 2 | a cell that has more to say than others do 2 | last 2"


def test_a_row_on_two_sheets_is_cut(made) -> None:
    style = "td { width: 4em }"
    assert cut_rows(made(table(1, "one word after the other " * 100), style)) != []


def test_dark_paper_is_told_from_white(made) -> None:
    white, black = (darkness(paper(made("x", style), background=True)) for style in ("", "html { background: #000 }"))
    assert white[0] < 0.1
    assert black[0] > 0.7
