"""Reports of a few lines, and what is found in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby

from delivery_support import ROOT

from pipeline.checks.metadata import lint
from pipeline.facts import Facts
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import TextFormat
from pipeline.findings import Finding
from pipeline.metadata_set import Document
from pipeline.texts import document

BROKEN = ROOT / "tests" / "broken" / "metadata"
TODAY = dt.date(2024, 7, 5)

Names = tuple[str, str]


def concept(id_: str, number: str, names: Names, *below: MetadataAttribute, **more: object) -> MetadataAttribute:
    text = TextFormat("GregorianDay" if more.pop("day", False) else "XHTML")
    said = {"en": names[0], "fr": names[1]}
    return MetadataAttribute(id_, number, names=said, children=below, text_format=text, **more)  # type: ignore[arg-type]


#: a small structure: two texts that must be there below headings that only group, a date, one that is restricted
SMALL = MetadataStructure(
    "ESTAT",
    "SMALL",
    "1.0",
    (
        concept(
            *("CONTACT", "1", ("Contact", "Contact")),
            concept("CONTACT_ORGANISATION", "1.1", ("Contact organisation", "Organisme")),
            concept("CONTACT_EMAIL", "1.2", ("Contact email address", "Adresse électronique"), restricted=True),
            presentational=True,
        ),
        concept(
            *("META_UPDATE", "2", ("Metadata update", "Mise à jour")),
            concept("META_CERTIFIED", "2.1", ("Metadata last certified", "Dernière certification"), day=True),
            presentational=True,
        ),
        concept(
            *("STAT_PRES", "3", ("Statistical presentation", "Présentation statistique")),
            concept("DATA_DESCR", "3.1", ("Data description", "Description des données")),
            concept("COVERAGE_SECTOR", "3.2", ("Coverage - sector", "Champ")),
            presentational=True,
        ),
        concept("FREQ_DISS", "4", ("Frequency of dissemination", "Fréquence de diffusion")),
        concept("COMMENT_DSET", "5", ("Comment", "Commentaire"), min_occurs=0),
    ),
)
TEXTS = {
    "CONTACT": "",
    "CONTACT_ORGANISATION": "The national institute.",
    "META_UPDATE": "",
    "META_CERTIFIED": "2024-06-14",
    "STAT_PRES": "",
    "DATA_DESCR": "Monthly counts.",
    "COVERAGE_SECTOR": "Industry and services.",
    "FREQ_DISS": "Monthly.",
}


def written(texts: Mapping[str, str], structure: MetadataStructure = SMALL, language: str = "en") -> str:
    """A document with a heading for each concept that has a text, even an empty one."""
    lines = []
    for one in structure.all:
        if one.id in texts:
            lines += [f"{'#' * one.level} {one.number} {one.name_in(language)} {{#{one.id}}}", "", texts[one.id], ""]
    return "\n".join(lines)


def report(**changed: str) -> str:
    """A document in which nothing is wrong, but for what is changed."""
    return written(TEXTS | changed)


def filled(text: str, language: str = "en", values: Mapping[str, str] | None = None, name: str = "esms.md") -> Document:
    return document.fill(document.read(name, text.encode("utf-8"), language), values or {})


def found_in(
    facts: Facts, *documents: Document, structure: MetadataStructure = SMALL, today: dt.date = TODAY
) -> list[Finding]:
    verdicts = lint(documents, structure, facts, facts.country("FR"), today)
    return [finding for verdict in verdicts for finding in verdict.findings]


def found(facts: Facts, text: str, **more: object) -> list[Finding]:
    """What is found in an English text by itself."""
    return found_in(facts, filled(text), **more)  # type: ignore[arg-type]


def line_of(text: str, words: str) -> tuple[int, int]:
    """Line and column where words stand in a text for the first time."""
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def by_rule(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    ordered = sorted(findings, key=lambda one: one.rule)
    return {rule: list(some) for rule, some in groupby(ordered, key=lambda one: one.rule)}
