"""Documents → metadata set: nested as the structure, each concept in the form of its representation."""

from __future__ import annotations

from dataclasses import replace

from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import TextFormat
from pipeline.metadata_set import Document, MetadataSet, ReportedAttribute
from pipeline.rich_text import Element, paragraph
from pipeline.texts import document
from pipeline.texts.report import report


def concept(id_: str, number: str, kind: str, *below: MetadataAttribute, **more: bool) -> MetadataAttribute:
    return MetadataAttribute(id_, number, text_format=TextFormat(kind) if kind else None, children=below, **more)


STRUCTURE = MetadataStructure(
    "XX",
    "MSD",
    "1.0",
    (
        concept("GROUP", "1", "", concept("RICH", "1.1", "XHTML"), concept("HIDDEN", "1.2", "", restricted=True)),
        concept("ABOVE", "2", "XHTML", concept("DAY", "2.1", "GregorianDay"), concept("CODED", "2.2", "")),
        concept("LONELY", "3", "XHTML", concept("BELOW", "3.1", "XHTML")),
    ),
)
STRUCTURE = replace(
    STRUCTURE,
    attributes=(
        replace(STRUCTURE.attributes[0], presentational=True),
        replace(
            STRUCTURE.attributes[1],
            children=(STRUCTURE.attributes[1].children[0], replace(STRUCTURE.attributes[1].children[1], codelist_ref="A:B(1)")),
        ),
        STRUCTURE.attributes[2],
    ),
)  # fmt: skip
FRAME = MetadataSet("XX", "SET", "1.0", (("en", "A set"),), (), targets=("urn:x",))


def read(language: str, text: str) -> Document:
    return document.fill(document.read(f"esms.{language}.md", text.encode(), language), {"today": "2024-06-14"})


ENGLISH = read(
    "en", "# 1 {#GROUP}\nnot reported\n\n## {#DAY}\n{{ today }}\n## {#CODED}\n\nA_B\n\n## {#RICH}\n**a**\n## {#WHO}\nx"
)
FRENCH = read("fr", "# {#RICH}\nb\n# {#DAY}\n2020-01-01\n# {#HIDDEN}\n**c** d\n\ne")


def test_each_concept_in_its_form_and_place() -> None:
    found = report([ENGLISH, FRENCH], STRUCTURE, FRAME)
    assert replace(found, attributes=()) == FRAME
    bold = (Element("p", (Element("strong", ("a",)),)),)
    assert found.attributes == (
        ReportedAttribute("GROUP", (), (
            ReportedAttribute("RICH", (("en", bold), ("fr", paragraph("b")))),
            ReportedAttribute("HIDDEN", (("fr", "c d\ne"),), restricted=True),
        )),
        ReportedAttribute("ABOVE", (), (
            ReportedAttribute("DAY", (("", "2024-06-14"),)), ReportedAttribute("CODED", (("", "A_B"),)),
        )),
    )  # fmt: skip


def test_values_are_those_of_the_first_document() -> None:
    found = report([FRENCH, ENGLISH], STRUCTURE, FRAME)
    day = found.attribute("DAY")
    assert day is not None
    assert day.content == (("", "2020-01-01"),)
    assert found.attribute("CODED") is None


def test_a_concept_stands_above_what_is_said_below() -> None:
    assert report([read("en", "# {#LONELY}\n\n# {#BELOW}\nx")], STRUCTURE, FRAME).attributes == (
        ReportedAttribute("LONELY", (), (ReportedAttribute("BELOW", (("en", paragraph("x")),)),)),
    )
    assert report([read("en", "")], STRUCTURE, FRAME).attributes == ()
