"""Rich text: one form of several that say the same, its plain text, which links may be, what is no prose in Markdown."""

from __future__ import annotations

import pytest

from pipeline.rich_text import Aside, Element, Node, asides, canonical, may_link, paragraph, plain


def el(tag: str, *children: Node, **attributes: str) -> Element:
    return Element(tag, children, tuple(attributes.items()))


def cells(tag: str, *texts: str) -> Element:
    return el("tr", *(el(tag, text) if text else el(tag) for text in texts))


@pytest.mark.parametrize(
    ("given", "form"),
    [
        (["  a \n b\t"], [el("p", "a b")]),
        ([el("p", "a", el("em", " b "), "c")], [el("p", "a ", el("em", "b"), " c")]),
        ([el("p", "a", el("em", " "), "c")], [el("p", "a c")]),
        ([el("p", el("em", "a"), el("em", "b"))], [el("p", el("em", "ab"))]),
        ([el("p", el("em", "a", el("strong", el("em", "b"))))], [el("p", el("em", "a", el("strong", "b")))]),
        ([el("p", "\xa0", el("br"), "a ", el("br"), " b", el("br"))], [el("p", "a", el("br"), "b")]),
        ([el("p", "\xa0")], []),
        ([el("p", "a", el("ul", el("li", "b")))], [el("p", "a"), el("ul", el("li", "b"))]),
        ([el("ul", el("li", el("p", "a"), el("ul", el("li", "b"))))], [el("ul", el("li", "a", el("ul", el("li", "b"))))]),
        (
            [el("ul", el("li", el("p", "a"), el("p", "b")), "c", el("li"))],
            [el("ul", el("li", el("p", "a"), el("p", "b")), el("li", "c"))],
        ),
        ([el("ol", el("li", "a"), start="01")], [el("ol", el("li", "a"))]),
        ([el("ol", el("li", "a"), start="3")], [el("ol", el("li", "a"), start="3")]),
        ([el("p", el("a", "x", href="javascript:alert(1)"), "y")], [el("p", "xy")]),
        ([el("p", el("a", "x", onclick="f()", href="#A"))], [el("p", el("a", "x", href="#A"))]),
        ([el("pre", "\n  a  \r\n\r\n b\n")], [el("pre", "  a\n\n b")]),
        ([el("p", "a\x00\x1b\ufffeb")], [el("p", "ab")]),
        ([el("td", el("p", "a")), el("hr"), el("blockquote", "q")], [el("p", "a"), el("hr"), el("blockquote", el("p", "q"))]),
    ],
)  # fmt: skip
def test_one_form(given: list[Node], form: list[Node]) -> None:
    assert canonical(given) == tuple(form)
    assert canonical(form) == tuple(form)


def test_a_table_has_headings_once_rows_of_one_length_and_columns_on_one_side() -> None:
    number = el("td", "1", align="RIGHT", width="3")
    table = el("table", cells("th", "a", "b"), cells("td"), el("tr", el("td", el("p", "x"), el("p", "y")), number))
    row = el("tr", el("td", "x", el("br"), "y"), el("td", "1", align="right"))
    head = el("tr", el("th", "a"), el("th", "b", align="right"))
    assert canonical([table]) == (el("table", el("thead", head), el("tbody", row)),)


def test_a_table_without_headings_has_none() -> None:
    table = el("table", el("thead", cells("th", "", "")), el("tbody", cells("td", "a"), cells("th", "b", "c")))
    assert canonical([table]) == (el("table", el("tbody", cells("td", "a", ""), cells("td", "b", "c"))),)


@pytest.mark.parametrize("address", ["https://a.b/c?d#e", "HTTP://a.b", "mailto:a@b.c", "#STAT_PRES"])
def test_links_that_may_be(address: str) -> None:
    assert may_link(address)


@pytest.mark.parametrize(
    "address",
    ["javascript:f()", "java\tscript:f()", " https://a.b", "https://a b", "//a.b", "a.html", "", "data:x", "http://[", "\0"],
)  # fmt: skip
def test_links_that_may_not(address: str) -> None:
    assert not may_link(address)


def test_plain_text_line_by_line() -> None:
    nested = el("ul", el("li", "b", el("ol", el("li", "c"), el("li", "d"), start="4")))
    table = el("table", el("tbody", cells("td", "1", "2")))
    rich = canonical([el("h4", "H"), el("p", "a", el("br"), "b"), nested, table, el("blockquote", "q"), el("hr")])
    assert plain(rich).split("\n") == ["H", "a", "b", "- b", "  4. c", "  5. d", "1 | 2", "> q", "---"]
    assert paragraph(" a  b ") == (el("p", "a b"),)


def test_code_and_comments_are_asides() -> None:
    lines = ["a `b` \\`c` <!-- d", "e --> f", "```x", "<!-- -->", "```", "<!-- g", "  - ~~~", "`` h`i ``"]
    assert asides(lines) == (
        (Aside(2, 5, "code"), Aside(11, 17, "comment")),
        (Aside(0, 5, "comment"),),
        *[(Aside(0, len(line), "code"),) for line in lines[2:5]],
        (),
        (),
        (Aside(0, 9, "code"),),
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n\n    b `c` <!-- d -->\n\te", [3, 4]),
        ("a\n    b", []),
        ("    a", [1]),
        ("# a\n    b", [2]),
        ("    ```\na\n    ```", [1]),
        ("- a\n\n    b\n\n      c", [5]),
        ("- a\n    b\n\nc\n\n    d", [6]),
        ("10. a\n\n       b\n\n        c", [5]),
        ("-     a\n-\n\n    b", [1, 4]),
        ("- a\n  - b\n\n      c\n\n        d", [6]),
        (">     a\n> b\n>     c", [1]),
        ("<!-- a -->\n    b", [2]),
        ("a <!-- b -->\n    c", []),
        ("a <!-- b\n c -->\n    d", [3]),
        ("***\n    a", [2]),
    ],
)
def test_what_is_code_by_the_blanks_before_it(text: str, lines: list[int]) -> None:
    found = asides(text.split("\n"))
    assert [number for number, apart in enumerate(found, 1) if any(one.kind == "indented" for one in apart)] == lines


@pytest.mark.parametrize(
    "tags", [["blockquote"], ["ul", "li"], ["ol", "li", "p"], ["em"], ["div"], ["sub", "strong", "em"]]
)
def test_what_is_too_deep_keeps_its_text(tags: list[str]) -> None:
    node: Node = "a"
    for depth in range(250):
        node = el(tags[depth % len(tags)], "b ", node)
    form = canonical([node])
    assert canonical(form) == form
    assert plain(form).count("b") == 250
