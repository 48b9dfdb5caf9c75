"""The document: its sections with their lines, its expressions, and a metadata set written as one."""

from __future__ import annotations

import pytest

from pipeline.errors import FactsError
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import TextFormat
from pipeline.metadata_set import Content, Hole, Line, MetadataSet, ReportedAttribute
from pipeline.rich_text import Element, paragraph
from pipeline.texts import document

TEXT = """\
<!-- For editors:
# 9 No heading {#NONE}
{{ nothing }} -->

# 3 Statistical presentation {#STAT_PRES}
## 3.1. Data description {#DATA_DESCR} ##

First {{ first }}.
#### A heading in the text

```
## 4 Not here {#CODE}
```

###### 3.2 Deep {#DEEP}
## Without an id
 # indented {#INDENTED}
#hash
####### seven
"""


def read(text: str) -> document.Document:
    return document.read("esms.md", text.encode(), "en")


def test_sections_and_lines_are_where_they_stand() -> None:
    found = document.read("esms.md", b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), "en")
    assert [(s.concept, s.number, s.name, s.level, s.line) for s in found.sections] == [
        ("STAT_PRES", "3", "Statistical presentation", 1, 5),
        ("DATA_DESCR", "3.1", "Data description", 2, 6),
        ("DEEP", "3.2", "Deep", 6, 15),
        ("", "", "Without an id", 2, 16),
    ]
    assert [line.number for line in found.before] == [1, 2, 3, 4]
    section = found.section("DATA_DESCR")
    assert section is not None
    assert section.lines[1] == Line(8, "First {{ first }}.")
    assert section.source.startswith("First {{ first }}.\n#### A heading in the text\n\n```\n## 4 Not here")
    assert [line.source for line in found.sections[-1].lines] == [" # indented {#INDENTED}", "#hash", "####### seven"]
    assert (found.file, found.language, found.holes) == ("esms.md", "en", ())


def test_a_fence_that_nothing_closes_hides_no_heading() -> None:
    assert [s.concept for s in read("# A {#A}\n```\nx\n# B {#B}\n").sections] == ["A", "B"]


@pytest.mark.parametrize(("text", "number", "name"), [
    ("# 19 {#A}", "19", ""), ("# {#A}", "", ""), ("# 2nd part {#A}", "", "2nd part"), ("#\t3.1.2\tA b {#A}", "3.1.2", "A b"),
])  # fmt: skip
def test_number_and_name_of_a_heading(text: str, number: str, name: str) -> None:
    assert [(s.concept, s.number, s.name) for s in read(text).sections] == [("A", number, name)]


def test_what_is_no_text_is_refused_with_its_place() -> None:
    with pytest.raises(FactsError, match=r"esms\.md line 2: byte 5 is not UTF-8"):
        document.read("esms.md", b"# A\nx\xa9", "en")
    with pytest.raises(FactsError, match=r"esms\.md line 2, column 2: the character '\\x00' is no text") as raised:
        document.read("esms.md", b"a\nb\0\nc\x1b", "en")
    assert len(raised.value.problems) == 2


VALUES = {"first": "January 2012", "a.b_c-1": "x", "table": "| a |\n| - |\n\n| b |", "braces": "{{ first }}"}


def filled(text: str) -> tuple[str, tuple[Hole, ...]]:
    found = document.fill(read(f"# {{#A}}\n{text}"), VALUES)
    return found.sections[0].markdown, found.holes


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("From {{ first }} on, {{a.b_c-1}}.", "From January 2012 on, x."),
        ("\\{{ first }} and `\\{{`", "{{ first }} and `{{`"),
        ("`{{ first }}` {{ braces }}", "`January 2012` {{ first }}"),
        ("- a\n\n  {{ table }}  \n\n- b", "- a\n\n  | a |\n  | - |\n\n  | b |  \n\n- b"),
        ("a <!-- {{ unknown }} --> b", "a  b"),
        ("a\n<!-- {{ x\n\ny --> b", "a\n\n\n b"),
        ("`<!-- a -->` \\<!-- b --> <!-- {{ first }}", "`<!-- a -->` \\<!-- b --> <!-- January 2012"),
        ("```\n<!-- {{ first }} -->\n```", "```\n<!-- January 2012 -->\n```"),
    ],
)
def test_values_take_the_place_of_expressions(text: str, result: str) -> None:
    assert filled(text) == (result, ())


def test_what_has_no_value_is_a_hole_and_stays() -> None:
    text = "a {{ frist }} {{ first }}\n{{}} {{  }}\nb {{ first }\n- {{ table }}\n{{ zz }}"
    result, holes = filled(text)
    assert result == "a {{ frist }} January 2012\n{{}} {{  }}\nb {{ first }\n- {{ table }}\n{{ zz }}"
    assert [(h.concept, h.line, h.column, h.expression) for h in holes] == [
        ("A", 2, 3, "frist"), ("A", 3, 1, ""), ("A", 3, 6, ""), ("A", 4, 3, "first }"), ("A", 5, 3, "table"), ("A", 6, 1, "zz"),
    ]  # fmt: skip
    assert [h.why for h in holes] == [
        "there is no value 'frist'; did you mean 'first'?",
        "the braces are empty.",
        "the braces are empty.",
        "the braces are not closed: }} is missing on this line.",
        "the value of 'table' has several lines: the expression must stand alone on its line.",
        "there is no value 'zz'.",
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a\n{{ table }}", "above"),
        ("{{ table }}\nNational publications go further.", "below"),
        ("- one\n{{ table }}\n\n- two", "above"),
        ("a\n{{ table }}\nb", "above and below"),
        ("#### Rows\n{{ table }}", "above"),
        ("{{ first }}\n{{ table }}", "above"),
    ],
)
def test_a_value_of_several_lines_takes_in_no_neighbour(text: str, where: str) -> None:
    result, (hole,) = filled(text)
    assert hole.why == f"the value of 'table' has several lines: a blank line is needed {where} it."
    assert "{{ table }}" in result


@pytest.mark.parametrize(
    "text", ["{{ table }}", "\n{{ table }}\n \nb", "a\n<!-- c -->\n{{ table }}\n\nb", "a\n{{ first }}\nb"]
)
def test_a_value_between_blank_lines_or_of_one_line(text: str) -> None:
    assert filled(text)[1] == ()


def test_code_that_is_indented_keeps_what_looks_like_a_comment() -> None:
    assert filled("x\n\n    a <!-- x --> b\n\ny <!-- z -->") == ("x\n\n    a <!-- x --> b\n\ny ", ())


def test_a_line_keeps_its_number_and_its_source() -> None:
    found = document.fill(read("\n# {#A}\n\n{{ table }}"), VALUES)
    assert found.sections[0].lines[1] == Line(4, "{{ table }}", VALUES["table"])


# --- written from a metadata set ------------------------------------------------------------------------------------


def concept(
    id_: str, number: str, kind: str, *below: MetadataAttribute, presentational: bool = False
) -> MetadataAttribute:
    names = {"en": f"The {id_.lower()}", "fr": f"Le {id_.lower()}"}
    format_ = TextFormat(kind)
    return MetadataAttribute(
        id_, number, names=names, text_format=format_, children=below, presentational=presentational
    )


STRUCTURE = MetadataStructure(
    "XX",
    "MSD",
    "1.0",
    (
        concept(
            "A", "1", "String", concept("RICH", "1.1", "XHTML"), concept("TEXT", "1.2", "String"), presentational=True
        ),
        concept("B", "2", "XHTML", concept("DAY", "2.1", "GregorianDay")),
    ),
)


def reported(id_: str, *content: tuple[str, Content], below: tuple[ReportedAttribute, ...] = ()) -> ReportedAttribute:
    return ReportedAttribute(id_, content, below)


def write(*attributes: ReportedAttribute, language: str = "en") -> tuple[str, tuple[str, ...]]:
    return document.write(MetadataSet("XX", "SET", "1.0", (), attributes), STRUCTURE, language)


def test_a_set_is_written_under_the_names_of_the_language() -> None:
    bold = (Element("p", (Element("strong", ("a",)), " {{ b }}")),)
    rich = reported("RICH", ("en", bold), ("fr", paragraph("c")))
    attributes = (reported("A", below=(rich,)), reported("B", below=(reported("DAY", ("", "2024-06-14")),)))
    assert write(*attributes) == (
        "# 1 The a {#A}\n\n## 1.1 The rich {#RICH}\n\n**a** \\{{ b }}\n\n# 2 The b {#B}\n\n## 2.1 The day {#DAY}\n\n2024-06-14\n",
        (),
    )
    assert write(*attributes, language="fr") == ("# 1 Le a {#A}\n\n## 1.1 Le rich {#RICH}\n\nc\n", ())
    assert write() == ("", ())


def test_what_the_document_does_not_say_is_named() -> None:
    listed = (Element("ul", (Element("li", ("a",)),)),)
    text, lost = write(
        reported("A", ("en", "grouped"), below=(
            reported("TEXT", ("en", listed)), reported("RICH", ("", "unspoken")), reported("DAY", ("en", "1"), ("fr", "2")),
        )),
        reported("NEW", ("en", "# 1"), below=(ReportedAttribute("B", (("en", "x  y"),), restricted=True),)),
        reported("RICH", ("en", "again")),
    )  # fmt: skip
    assert text.endswith("### NEW {#NEW}\n\n\\# 1\n")
    assert "unspoken\n\nagain" in text
    assert lost == (
        "A: it only groups other concepts, so that its text is not reported.",
        "RICH: it is reported 2 times; its texts are one below the other.",
        "RICH: its text has no language; it is written as 'en'.",
        "TEXT: the structure has plain text there: the form of its text is not kept.",
        "B: it is restricted from publication in the message alone, not in the structure.",
        "B: its spaces, empty lines or characters that are no text are not kept.",
        "DAY: it has one value in every language, and here 2.",
        "DAY: it stands below A, in the structure below B.",
        "B: it stands below NEW, in the structure below nothing.",
        "RICH: it stands below nothing, in the structure below A.",
        "NEW: the structure XX:MSD(1.0) does not know it.",
    )
