"""Markdown and rich text: what an officer writes, and what a message says written for an officer."""

from __future__ import annotations

import pytest

from pipeline.rich_text import Element, Node, plain
from pipeline.texts.markdown import to_markdown, to_rich


def el(tag: str, *children: Node, **attributes: str) -> Element:
    return Element(tag, children, tuple(attributes.items()))


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("One line\nand another.\n\nA *second* __paragraph__.", [
            el("p", "One line and another."), el("p", "A ", el("em", "second"), " ", el("strong", "paragraph"), "."),
        ]),
        ("- a\n- b\n  1. c\n  2. d", [
            el("ul", el("li", "a"), el("li", "b", el("ol", el("li", "c"), el("li", "d")))),
        ]),
        ("0. a", [el("ol", el("li", "a"), start="0")]),
        ("m<sup>2</sup> H<sub>2</sub>O<br>x<br/>y", [
            el("p", "m", el("sup", "2"), " H", el("sub", "2"), "O", el("br"), "x", el("br"), "y"),
        ]),
        ("<sub>a", [el("p", "<sub>a")]),
        ("<b>a</b> <script>f()</script>", [el("p", "<b>a</b> <script>f()</script>")]),
        ("<div>\n\n*a*\n\n</div>", [el("p", "<div>"), el("p", el("em", "a")), el("p", "</div>")]),
        ("[a *b*](https://c.d 'e') <https://f.g> <h@i.j>", [
            el("p", el("a", "a ", el("em", "b"), href="https://c.d", title="e"), " ",
               el("a", "https://f.g", href="https://f.g"), " ", el("a", "h@i.j", href="mailto:h@i.j")),
        ]),
        ("[a](javascript:f()) [b](c.html) ![an *image*](https://d.e/f.png)", [el("p", "a b an image")]),
        ("https://a.b is no link", [el("p", "https://a.b is no link")]),
        ("# a\n\nb\n---\n\n#### c", [el("h4", "a"), el("h4", "b"), el("h4", "c")]),
        ("```python\n  a\n```\n\n> b\n\n***", [el("pre", "  a"), el("blockquote", el("p", "b")), el("hr")]),
        ("| a | b |\n|---|--:|\n| 1 \\| 2<br>3 | |", [
            el("table", el("thead", el("tr", el("th", "a"), el("th", "b", align="right"))),
               el("tbody", el("tr", el("td", "1 | 2", el("br"), "3"), el("td", align="right")))),
        ]),
        ("&eacute; &#8217; \\* snake_case_word", [el("p", "é ’ * snake_case_word")]),
        ("", []),
    ],
)  # fmt: skip
def test_markdown_is_read(markdown: str, said: list[Element]) -> None:
    assert to_rich(markdown) == tuple(said)


@pytest.mark.parametrize(
    "markdown",
    [
        "A _word_ and **another** in a sentence; snake_case_words stay.",
        "\\# 3 is no heading",
        "2024\\. A year.\\\n\\- no item\\\n\\> no quotation\\\n\\| - | - |",
        "- a\n- b\n  - c\n\n    ```\n    d\n    ```\n- e",
        "- a\n\n+ another list",
        "3. a\n\n   b\n4. c",
        "- a\n\n  3. b",
        "| a | b |\n| --- | :---: |\n| 1 \\| 2 | x<br>y |",
        "|  |\n| --- |\n| a |",
        "[a](https://b.c/d_\\(e\\)?f=1&g=2 \"h \\\"i\\\"\") <https://b.c/d> <e@f.g>",
        "m<sup>2</sup> H<sub>2</sub>O",
        "``a`b`` and `` `a `` and `{{`",
        "> a\n>\n> - b\n>\n> ```\n> c\n>\n> d\n> ```",
        "***",
        "#### 1 A heading in a text {\\#X} \\#",
        "« _mot_ », \\*, \\_, \\[x\\], \\<b>, \\&amp; & < 3",
    ],
)  # fmt: skip
def test_what_is_written_is_read_and_written_alike(markdown: str) -> None:
    assert to_markdown(to_rich(markdown)) == markdown


def test_emphasis_within_a_word_is_written_with_a_reference_beside_it() -> None:
    rich = (el("p", "re", el("em", "mark"), "able"),)
    assert to_markdown(rich) == "r&#101;_mark_&#97;ble"
    assert to_rich(to_markdown(rich)) == rich
    assert to_markdown((el("p", "re", el("strong", "mark"), "able"),)) == "re**mark**able"


def test_paragraphs_that_begin_like_something_else_stay_paragraphs() -> None:
    for text in ["# a", "- a", "+", "1. a", "1)", "> a", "---", "===", "~~~", "| a |", "* a", "[a]: b", "<!-- a -->"]:
        rich = (el("p", "x", el("br"), text), el("p", text))
        assert to_rich(to_markdown(rich)) == rich


def test_what_is_deep_is_read_and_written_alike() -> None:
    quoted = to_rich("> " * 90 + "a")
    assert plain(quoted) == "> " * 20 + "a"
    for markdown in (
        "> " * 300 + "a",
        "- " * 300 + "a",
        "[" * 300 + "a" + "](#b)" * 300,
        "<sub>" * 300 + "a" + "</sub>" * 300,
    ):
        rich = to_rich(markdown)
        assert to_rich(to_markdown(rich)) == rich
