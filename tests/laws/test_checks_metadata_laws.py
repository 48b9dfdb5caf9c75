"""Laws of the linter: a finding moves with its line and in no other way; the same text gives the same findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint_support import BROKEN, filled, found, report

from pipeline.checks.prose import characters, passages
from pipeline.checks.spelling import distance
from pipeline.facts import Facts
from pipeline.findings import Finding
from pipeline.metadata_set import Line
from pipeline.rich_text import Node
from pipeline.texts.markdown import to_rich

TEXTS = sorted(path for path in BROKEN.glob("*.md") if not path.name.endswith(".fr.md"))
PIECES = [
    *"ab (){}[]<>*_`\\|#-\n!.:/\"«»„“”'1é",
    "https://",
    "{{",
    "}}",
    "[a](",
    "quaterly ",
    "<!--",
    "-->",
    "- ",
    "```\n",
]
SIGNS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def moved(finding: Finding, lines: int) -> Finding:
    related = tuple(replace(place, line=(place.line or 0) + lines) for place in finding.related)
    return replace(finding, line=(finding.line or 0) + lines, related=related)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
@settings(max_examples=5, deadline=None)  # the first example compiles the patterns
@given(lines=st.integers(1, 9))
def test_blank_lines_above_move_findings_and_change_nothing_else(facts: Facts, path: object, lines: int) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    assert found(facts, "\n" * lines + text) == [moved(finding, lines) for finding in found(facts, text)]


@settings(max_examples=60)
@given(text=SIGNS)
def test_any_text_can_be_read_and_gives_the_same_findings_twice(facts: Facts, text: str) -> None:
    whole = report(DATA_DESCR=text)
    findings = found(facts, whole)
    assert findings == found(facts, whole)
    lines = whole.split("\n")
    for finding in findings:
        assert 1 <= (finding.line or 0) <= len(lines)
        assert 1 <= (finding.column or 0) <= len(lines[(finding.line or 0) - 1]) + 1


@given(text=SIGNS)
def test_every_character_of_a_passage_stands_where_it_says(text: str) -> None:
    source = report(DATA_DESCR=text)
    lines = source.split("\n")
    for passage in passages(filled(source)):
        assert len(passage.text) == len(passage.places)
        for char, (line, column, typed) in zip(passage.text, passage.places, strict=True):
            if typed and not char.isspace():
                assert lines[line - 1][column - 1] == char


@given(st.text("ab{}\\ ", max_size=12))
def test_a_line_without_expressions_is_what_is_written(text: str) -> None:
    if "{{" not in text:
        assert "".join(char for char, _ in characters(Line(1, text, text))) == text


@given(*[st.text("abcd", max_size=7)] * 3)
def test_a_distance_is_symmetric_and_no_longer_than_the_longer_word(one: str, other: str, third: str) -> None:
    assert distance(one, other) == distance(other, one) <= max(len(one), len(other))
    assert (distance(one, other) == 0) == (one == other)
    assert abs(len(one) - len(third)) <= distance(one, third)


MARKS = [
    "[",
    "]",
    "]:",
    "|",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "    ",
    "|---|---|\n",
    "`",
    "```\n",
    "<",
    ">",
    "(",
    ")",
    '"',
    "#",
    "*",
    "&",
    "\\",
    " ",
    "{{",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(MARKS), st.just("")), max_size=30))
def test_no_word_vanishes_in_silence(facts: Facts, marks: list[str]) -> None:
    """Words between signs of Markdown: each is in the rich text, or something is found that is not in order."""
    words = [mark or f"qx{place:02d}z" for place, mark in enumerate(marks)]
    text = report(DATA_DESCR="".join(words))
    section = filled(text).section("DATA_DESCR")
    assert section is not None
    told = "".join(everything(to_rich(section.markdown)))
    lost = [word for word in words if word.startswith("qx") and word not in told]
    rules = {one.rule for one in found(facts, text)}
    assert not lost or rules & {"metadata-lost", "metadata-heading", "metadata-link"}, (lost, rules)


def everything(nodes: Iterable[Node]) -> Iterator[str]:
    """The text and the attributes of rich text."""
    for node in nodes:
        if isinstance(node, str):
            yield node
        else:
            yield from (value for _, value in node.attributes)
            yield from everything(node.children)
